"""What may be said of a value beside the random band: standings, marks and words by exact definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...metrics.declaration import METRICS, WEIGHTED
from .measure import NOTHING, TIE, Band

_UNJUDGED = "effective-size" + WEIGHTED
_ONE_IN = 20  # marked at 5 %, in whole numbers, so that no rounding decides
STEP = 4.0
"""The most standard deviations that one step of a count may be."""


def direction_of(name: str) -> str:
    """Direction of a metric or of its weighted form."""
    return METRICS[name.removesuffix(WEIGHTED)].direction


def standing(value: float, values: NDArray[np.float64], direction: str) -> float:
    """Where a value stands among those of the band: (worse + ½ equal) / R.

    Args:
        value: The strategy's (mean) value.
        values: The band's, (R,).
        direction: "higher" or "lower" is better; with "none" the share of the band that is *lower*.

    Returns:
        0 … 1, or NaN where either side has no value. 1 means that every random subset is worse.

    Example:
        >>> standing(2.0, np.array([1.0, 2.0, 3.0, 4.0]), "lower")
        0.625
    """
    if np.isnan(value) or not len(values) or np.isnan(values).any():
        return float("nan")
    close = np.abs(values - value) <= TIE * abs(value) + 1e-12
    worse = (values > value if direction == "lower" else values < value) & ~close
    return float((worse.sum() + 0.5 * close.sum()) / len(values))


def printed(share: float, size: int) -> str:
    """A standing in per cent, on the grid of 1/(R+1) and never beyond what R subsets can show.

    Example:
        >>> printed(1.0, 199), printed(0.9623, 199), printed(0.5, 39)
        ('99.5 %', '96 %', '50 %')
    """
    steps = min(size, max(1, round(share * (size + 1))))
    return f"{100 * steps / (size + 1):.1f}".removesuffix(".0") + " %"


@dataclass(frozen=True)
class Verdict:
    """What the band says about one metric of one strategy.

    Args:
        standing: See `standing`.
        p: Chance of a deviation this large anywhere among the metrics of a random subset; NaN in a preview.
        marked: Beyond the band. Never in a preview.
        better: Marked on the good side; None where unmarked or without direction.
        words: What may be said, or "" in a preview.
    """

    standing: float
    p: float = float("nan")
    marked: bool = False
    better: bool | None = None
    words: str = ""


def judge(values: Mapping[str, float], band: Band, *, seeds: int, strategies: int) -> dict[str, Verdict]:
    """Standings and beyond-the-band marks of one strategy.

    z-scores are taken over the R+1 subsets, metrics constant among them left out. In a count that hardly
    ever changes (near-duplicates, groups hit) the first step away from the usual value would stand a dozen
    standard deviations off, in the one random subset that took it as well, and hide every other finding; one
    step of a count therefore never is more than four standard deviations. The largest |z| of each
    random subset is what chance reaches somewhere in the table, so
    p = (1 + #{T_r ≥ |z|}) / (R + 1) holds for all metrics at once (Westfall and Young 1993, max-T); it is
    marked where p × number of strategies ≤ 0.05 (Bonferroni over strategies). The effective sample size of
    the design weights is not judged: every random subset has that of its rows, which is no matter of luck.
    Nor is a weighted form that only repeats the unweighted one, as it does where all weights are equal: it
    has no verdict of its own.

    Args:
        values: Metric → mean over the strategy's seeds.
        band: The random band.
        seeds: M of this strategy (1 for a deterministic one).
        strategies: How many strategies stand in the table.
    """
    around = band.of(seeds)
    values = {name: value for name, value in values.items() if not repeats(name, values)}
    usable = [
        name
        for name, value in values.items()
        if name != _UNJUDGED and np.isfinite(value) and name in around and np.isfinite(around[name]).all()
    ]
    p = dict.fromkeys(usable, float("nan"))
    marked = dict.fromkeys(usable, False)
    if usable and not band.preview:
        table = np.column_stack([np.append(around[name], values[name]) for name in usable])
        spread = table.std(axis=0)
        varies = spread > TIE * np.abs(table).max(axis=0) + 1e-12
        spread = np.maximum(spread, [_grain(name, band.least) / seeds / STEP for name in usable])
        z = np.zeros_like(table)
        z[:, varies] = np.abs(table - table.mean(axis=0))[:, varies] / spread[varies]
        largest = z[:-1].max(axis=1)
        for column, name in enumerate(usable):
            if varies[column]:
                reached = int((largest >= z[-1, column] * (1 - TIE)).sum())
                p[name] = (1 + reached) / (band.size + 1)
                marked[name] = _ONE_IN * (1 + reached) * strategies <= band.size + 1
    out = {}
    for name, value in values.items():
        at = standing(value, around[name], direction_of(name)) if name in around else float("nan")
        better = None
        if marked.get(name, False) and direction_of(name) != "none":
            better = at > 0.5
        out[name] = Verdict(
            at,
            p.get(name, float("nan")),
            marked.get(name, False),
            better,
            _said(at, name, marked[name], band, seeds) if name in marked and not band.preview else "",
        )
    return out


def repeats(name: str, values: Mapping[str, float]) -> bool:
    """Whether a weighted form is the unweighted one again, as under equal weights.

    Example:
        >>> repeats("energy.weighted", {"energy": 0.5, "energy.weighted": 0.5}), repeats("energy", {})
        (True, False)
    """
    plain = values.get(name.removesuffix(WEIGHTED)) if name.endswith(WEIGHTED) else None
    return plain is not None and abs(values[name] - plain) <= TIE * abs(plain) + 1e-9


def _grain(name: str, budget: int) -> float:
    """The least step of a count; 0 for other metrics."""
    return METRICS[name.removesuffix(WEIGHTED)].step(budget)


def _said(at: float, name: str, marked: bool, band: Band, seeds: int) -> str:
    return words(at, direction_of(name), marked, band.size, seeds) if marked else band.nothing


def words(share: float, direction: str, marked: bool, size: int, seeds: int = 1) -> str:
    """What may be said of a standing; a mean of several seeds stands among means of as many subsets.

    Example:
        >>> words(0.96, "lower", True, 199)
        'better than 96 % of random subsets'
        >>> words(0.96, "lower", False, 199)
        'not distinguishable from a random subset of this size'
        >>> words(0.96, "lower", True, 199, seeds=3)
        'better than 96 % of means of 3 random subsets'
    """
    if not marked:
        return NOTHING
    if direction == "none":
        word, share = ("higher", share) if share > 0.5 else ("lower", 1 - share)
    else:
        word, share = ("better", share) if share > 0.5 else ("worse", 1 - share)
    return f"{word} than {printed(share, size)} of {beside(seeds)}"


def beside(seeds: int) -> str:
    """What a mean of several seeds stands among, in words.

    Example:
        >>> beside(1), beside(3)
        ('random subsets', 'means of 3 random subsets')
    """
    return "random subsets" if seeds == 1 else f"means of {seeds} random subsets"
