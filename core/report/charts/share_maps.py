"""Maps of which groups a subset holds more and less of than chance would, one per subset on the same axes.

Each group's region is grey where random subsets of that size hold as much, and takes a colour where they do
not: blue below its share of the data set, orange above (told apart by every kind of colour vision), stronger
from half or twice the share on. Numbers and names stand beside the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.number_format import number, share
from ...foundation.wording import count, some
from .theme import Slot, Theme, with_letters

STRONG = 2.0
"""From this many times the share on, or this part of it, a colour is the stronger one."""
_NUMBERS = 7  # groups of one map whose number is written; all are told on hover
_NAMED = 3  # missing groups of one map that are named on it
_UNDER = {"light": ("#0B5FA5", "#4A90C2"), "dark": ("#8CCBF5", "#4C8FC4")}
_OVER = {"light": ("#A94700", "#CC7722"), "dark": ("#FFB454", "#C07F2E")}


@dataclass(frozen=True)
class Held:
    """What one subset holds of each group.

    Args:
        subset: Whose it is.
        counts: Rows of each group, int (g,); None where it has none yet.
        low, high: Counts that random subsets of this size stay within, (g,).
    """

    subset: Slot
    counts: NDArray[np.int64] | None
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def missing(self) -> list[int]:
        """Groups of which it holds no row."""
        return [] if self.counts is None else np.flatnonzero(self.counts == 0).tolist()

    def beyond(self) -> list[int]:
        """Groups that it holds more or less of than random subsets do, missing ones among them."""
        if self.counts is None:
            return []
        return np.flatnonzero((self.counts < self.low) | (self.counts > self.high)).tolist()


def ratios(held: Held, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the subset over share of the data set, (g,); NaN for groups without eligible rows."""
    assert held.counts is not None
    own = held.counts / max(int(held.counts.sum()), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shares > 0, own / shares, np.nan)


def share_alt(names: Sequence[str], shares: NDArray[np.float64], subsets: Sequence[Held]) -> str:
    """What the maps show, in words."""
    said = []
    letters = with_letters([held.subset for held in subsets])
    for title, held in zip(letters, subsets, strict=True):
        if held.counts is None:
            said.append(f"{title}: no rows yet")
            continue
        times = ratios(held, shares)
        gone = [names[code] for code in held.missing if shares[code] > 0]
        beyond = [code for code in held.beyond() if held.counts[code] and shares[code] > 0]
        parts = [f"holds no row of {some(gone, 4)}"] if gone else []
        for word, side in (
            ("over", [code for code in beyond if times[code] > 1]),
            ("under", [code for code in beyond if times[code] < 1]),
        ):
            ranked = sorted(side, key=lambda code: -abs(np.log(times[code])))
            if ranked:
                told = [f"{names[code]} at {number(float(times[code]))} times its share" for code in ranked]
                parts.append(f"{word} on {some(told, 4, quoted=True)}")
        said.append(f"{title}: {'; '.join(parts) or 'every group within what random subsets hold'}")
    return f"Maps of groups beside their share of the data set. {'. '.join(said)}."


def levels(held: Held, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Colour of each group: 0 far under, 1 under, 2 within reach of chance, 3 over, 4 far over."""
    found = np.full(len(shares), 2)
    if held.counts is None:
        return found
    times = ratios(held, shares)
    for code in held.beyond():
        if times[code] < 1:
            found[code] = 0 if times[code] <= 1 / STRONG else 1
        elif times[code] > 1:
            found[code] = 4 if times[code] >= STRONG else 3
    return found


def level_colours(theme: Theme) -> tuple[str, ...]:
    """Colour of each of the `levels`."""
    far, near = _UNDER[theme.name]
    most, more = _OVER[theme.name]
    return far, near, theme.edge, more, most


def heading(held: Held, shares: NDArray[np.float64], waiting: str) -> str:
    """What stands below the name of a subset.

    Args:
        held: What it holds.
        shares: Of each group in the rows that may be chosen, (g,).
        waiting: What stands there where it has no rows yet.
    """
    if held.counts is None:
        return waiting
    gone = [code for code in held.missing if shares[code] > 0]
    if gone:
        return f"{len(gone):,} missing"
    many = len([code for code in held.beyond() if shares[code] > 0])
    return f"{many:,} beyond luck" if many else "no group beyond luck"


def group_facts(held: Held, names: Sequence[str], shares: NDArray[np.float64]) -> list[str]:
    """What is said of each group when it is pointed at: its name, and lines with its numbers."""
    if held.counts is None:
        return list(names)
    total, times = int(held.counts.sum()), ratios(held, shares)
    said = []
    for code, name in enumerate(names):
        own = int(held.counts[code])
        low, high = int(held.low[code]), int(held.high[code])
        reach = count(high, "row") if low == high else f"{low:,} to {count(high, 'row')}"
        said.append(
            f"{name}\n{held.subset.letter} · {held.subset.label}: {own:,} of {count(total, 'row')}, "
            f"{number(float(times[code]))} × its share\n"
            f"its share of the data set: {share(float(shares[code]))}\nrandom subsets: {reach}"
        )
    return said


def group_labels(held: Held, names: Sequence[str], shares: NDArray[np.float64]) -> list[tuple[int, str]]:
    """Groups whose number or name is written on the map, most important first: code and words.

    Groups that are missing come first, then those furthest from their share.
    """
    if held.counts is None:
        return []
    times = ratios(held, shares)
    gone = sorted((code for code in held.missing if shares[code] > 0), key=lambda code: -shares[code])
    off = [code for code in held.beyond() if held.counts[code] and shares[code] > 0]
    off.sort(key=lambda code: (-abs(np.log(times[code])), names[code]))
    written = [(code, f"✕ none: {names[code]}" if at < _NAMED else "✕") for at, code in enumerate(gone)]
    return written + [(code, _times(float(times[code]))) for code in off[:_NUMBERS]]


def _times(value: float) -> str:
    """How many times its share, as short as a map needs.

    Example:
        >>> _times(0.4), _times(2.26), _times(14.2)
        ('×0.4', '×2.3', '×14')
    """
    return f"×{value:.0f}" if value >= 10 else f"×{value:.1f}" if value >= 0.1 else f"×{value:.2f}"
