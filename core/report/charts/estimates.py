"""Estimates of subsets beside the truth, with their intervals: a forest plot per number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...foundation.number_format import number, share
from ...foundation.wording import listed, verb
from .theme import Slot, Theme, blank, hue, lettered, note, rule, safe, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LEFT = 0.26  # of the width, for names
_ROW = 30  # pixels of a subset
_HEAD = 1.5  # rows that the heading of a number takes


@dataclass(frozen=True)
class SubsetEstimate:
    """What one subset says of a number.

    Args:
        subset: The subset.
        value: The estimate, NaN where no claim can be made.
        low, high: Its interval, NaN where there is none.
        words: Shown in place of a dot where no claim can be made; on hover elsewhere.
    """

    subset: Slot
    value: float
    low: float
    high: float
    words: str = ""

    @property
    def interval(self) -> bool:
        """Whether there is an interval."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


@dataclass(frozen=True)
class EstimatePanel:
    """A number that subsets estimate.

    Args:
        label: Its name.
        truth: Its value over all rows.
        guesses: One per subset.
        shares: Whether it is a share, to be written in per cent.
    """

    label: str
    truth: float
    guesses: tuple[SubsetEstimate, ...]
    shares: bool = False

    def written(self, value: float) -> str:
        """A value with its unit."""
        return share(value) if self.shares and np.isfinite(value) else number(value)


def estimates(items: Sequence[EstimatePanel], *, theme: Theme) -> go.Figure:
    """One block per number: the truth as a line, a lettered dot with its interval per subset.

    Each block has a scale of its own, centred on the truth. A dot is filled where its interval holds the
    truth and hollow where it does not or where there is none; a subset without a claim says so.

    Args:
        items: The numbers, in the order shown.
        theme: Colours.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    height = sum(_HEAD + len(item.guesses) for item in items) + 0.2
    layout = blank(theme, round(height * _ROW), hovermode="closest", dragmode=False)
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    top = height
    for item in items:
        place, step = _scale(item)
        first, last = top - _HEAD - 0.05, top - _HEAD - len(item.guesses) + 0.05
        notes.append(note(f"<b>{safe(item.label, 60)}</b>", 0, top - 0.5, theme.text, "left", 14))
        centre = place(item.truth)
        if np.isfinite(centre):
            shapes.append(rule((centre, centre), (last, first), theme.grey, 2))
            notes.append(
                note(f"truth {item.written(item.truth)}", centre, top - 1.15, theme.muted, "center", 12)
            )
        for side in (-1, 1):
            value = item.truth + side * step
            if np.isfinite(value):
                notes.append(note(item.written(value), place(value), top - 1.15, theme.muted, "center", 12))
        for at, guess in enumerate(item.guesses):
            y = top - _HEAD - at - 0.5
            if np.isfinite(guess.value):
                shapes.append(rule((_LEFT, 1.0), (y, y), theme.band, 1))
            notes.append(note(guess.subset.title, 0, y, theme.text, "left", 13))
            _add(figure, shapes, notes, item, guess, place, y, theme)
        top -= _HEAD + len(item.guesses)
    layout["xaxis"] = {"visible": False, "range": [-0.004, 1.03], "fixedrange": True}
    layout["yaxis"] = {"visible": False, "range": [0, height], "fixedrange": True}
    figure.update_layout(**layout, shapes=shapes, annotations=notes)
    return figure


def _scale(item: EstimatePanel) -> tuple[Any, float]:
    """Values to places right of the names, the truth in the middle; and a round step for two more ticks."""
    ends = [
        value
        for guess in item.guesses
        for value in (guess.value, guess.low, guess.high)
        if np.isfinite(value)
    ]
    centre = item.truth if np.isfinite(item.truth) else 0.0
    reach = max([abs(value - centre) for value in ends], default=0.0)
    if reach <= 1e-12 * abs(centre):
        reach = abs(centre) or 1.0
    middle, half = (1 + _LEFT) / 2, (1 - _LEFT) * 0.46

    def place(value: float) -> float:
        return float(middle + (value - centre) / reach * half)

    power = 10.0 ** np.floor(np.log10(reach))
    step = max(part * power for part in (1, 2, 5) if part * power <= reach)
    return place, float(step if step > 0.35 * reach else reach)


def _add(
    figure: go.Figure,
    shapes: list[dict[str, Any]],
    notes: list[dict[str, Any]],
    item: EstimatePanel,
    guess: SubsetEstimate,
    place: Any,
    y: float,
    theme: Theme,
) -> None:
    if not np.isfinite(guess.value):
        x = (1 + _LEFT) / 2
        notes.append(note("no claim", x + 0.02, y, theme.muted, "left", 12))
        hover = [f"<b>{guess.subset.title}</b>", wrapped(guess.words)]
        unseen = {"size": 19, "opacity": 0}
        figure.add_scatter(**lettered(guess.subset, x, y, hover, False, theme, mode="markers", marker=unseen))
        return
    holds = guess.interval and guess.low <= item.truth <= guess.high
    if guess.interval:
        colour = hue(guess.subset.slot, theme)
        shapes.append(rule((place(guess.low), place(guess.high)), (y, y), colour, 3))
    told = f"{item.written(guess.low)} to {item.written(guess.high)}" if guess.interval else "none"
    hover = [
        f"<b>{guess.subset.title}</b>",
        f"{safe(item.label)}: {item.written(guess.value)}; truth {item.written(item.truth)}",
        f"interval: {told}",
        *([wrapped(guess.words)] if guess.words else []),
    ]
    figure.add_scatter(**lettered(guess.subset, place(guess.value), y, hover, bool(holds), theme))


def estimates_alt(items: Sequence[EstimatePanel]) -> str:
    """What `estimates` shows, in words; the sentences and the table say it in full."""
    said = []
    for item in items:
        here = [guess for guess in item.guesses if np.isfinite(guess.value)]
        holds = [one.subset.letter for one in here if one.interval and one.low <= item.truth <= one.high]
        fails = [one.subset.letter for one in here if one.interval and not one.low <= item.truth <= one.high]
        bare = [one.subset.letter for one in here if not one.interval]
        none = [one.subset.letter for one in item.guesses if not np.isfinite(one.value)]
        parts = [
            f"{listed(letters)} {verb(len(letters), one, many)}"
            for letters, one, many in (
                (holds, "holds the truth in its interval", "hold the truth in their interval"),
                (fails, "misses the truth", "miss the truth"),
                (bare, "has no interval", "have no interval"),
                (none, "makes no claim", "make no claim"),
            )
            if letters
        ]
        values = ", ".join(f"{one.subset.letter} {item.written(one.value)}" for one in here)
        told = "; ".join([*([values] if values else []), *parts])
        said.append(f"{item.label}, truth {item.written(item.truth)}: {told or 'no subset'}")
    return f"Estimates beside the truth. {'. '.join(said)}."
