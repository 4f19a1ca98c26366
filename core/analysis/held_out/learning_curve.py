"""Learning curves: held-out accuracy against the number of rows to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import ParameterError
from ...foundation.progress import SILENT, Progress
from ...model.recipe import Choice
from ...model.selection import Selection
from ...strategies.declaration import STRATEGIES
from ...strategies.running.run_seeds import run_seeds
from ...strategies.running.select import about_rows
from ..random_band.draw import band_subsets
from ..random_band.means import means_of
from ..random_band.measure import HIGH, LOW
from .intervals import over_seeds
from .scores import reliability, score_many
from .split import Split

FRACTIONS = (0.125, 0.25, 0.5, 1.0, 2.0)
BAND = 39
"""Random subsets at each size of a curve: enough for a strip of 95 %, too few for verdicts."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LearningCurve:
    """One strategy's downstream metrics against the number of training rows.

    Args:
        sizes: Rows asked for, ascending, (s,).
        held: Rows chosen, by seed and size, (M, s): fewer or more than asked where a strategy says so.
        values: Metric → float64 (M, s).
        nested: One run served all sizes, each a beginning of the largest.
        reliability: By probe ("logistic", "neighbours") held-out rows, mean confidence and accuracy in each
            of 15 bins of confidence, for the first seed at the size nearest to the split's own budget; see
            `Predictions.reliability`.
    """

    sizes: Rows
    held: Rows
    values: Mapping[str, Floats]
    nested: bool
    reliability: Mapping[str, tuple[Rows, Floats, Floats]] = field(default_factory=dict)

    @property
    def seeds(self) -> int:
        """M."""
        return len(self.held)

    def means(self, metric: str) -> Floats:
        """Mean over seeds at each size, (s,)."""
        return np.asarray(self.values[metric].mean(axis=0), np.float64)

    def interval(self, metric: str) -> tuple[Floats, Floats]:
        """Interval over seeds at each size, within 0 … 1; NaN with one seed (see `over_seeds`)."""
        low, high = np.clip([over_seeds(column) for column in self.values[metric].T], 0, 1).T
        return low, high


@dataclass(frozen=True)
class CurveBand:
    """Uniform random subsets at the same sizes, each a beginning of the same random order.

    Args:
        sizes: Rows, ascending, (s,).
        values: By M and metric: float64 (R, s), means over M subsets each.
    """

    sizes: Rows
    values: Mapping[int, Mapping[str, Floats]]

    @property
    def size(self) -> int:
        """R."""
        return len(next(iter(self.values[1].values())))

    def limits(self, metric: str, seeds: int = 1) -> tuple[Floats, Floats]:
        """The 2.5 and 97.5 percentiles at each size."""
        low, high = np.percentile(self.values[seeds][metric], [LOW, HIGH], axis=0)
        return low, high


def curve_sizes(split: Split, fractions: Sequence[float] = FRACTIONS) -> Rows:
    """The grid of a learning curve: fractions of the split's budget, in rows, the same for every strategy.

    Args:
        split: Rows to learn from; its pins are in every subset.
        fractions: Of the budget, above 0.

    Returns:
        Distinct, ascending, between the pins (at least 2) and the number of training rows.

    Raises:
        ParameterError: A fraction that is not above 0.
    """
    if not len(fractions) or any(not (np.isfinite(part) and part > 0) for part in fractions):
        raise ParameterError(
            f"The fractions {list(fractions)} make no curve",
            "each must be above 0",
            "give for example 0.5, 1",
        )
    wanted = np.floor(np.asarray(fractions, np.float64) * about_rows(split.budget, split.train) + 0.5).astype(
        np.int64
    )
    most = len(split.train_rows)
    return np.unique(np.clip(wanted, min(most, max(2, len(split.train.pins))), most))


def learning_curve(
    split: Split,
    choice: Choice,
    fractions: Sequence[float] = FRACTIONS,
    *,
    seeds: int = 1,
    seed: int = 0,
    progress: Progress = SILENT,
) -> LearningCurve | str:
    """Held-out metrics of a strategy at several sizes, or why there are none.

    A nested strategy runs once per seed and its beginnings are scored; any other is re-run at each size. A
    deterministic strategy runs with one seed.

    Args:
        split: Rows to learn from and to score on (`split_rows`, `split_study`), without a reason against it.
        choice: What chooses.
        fractions: Of the split's budget; see `curve_sizes`.
        seeds: M; run number s uses `seed` + s.
        seed: The recipe's.
        progress: Told how far the work is; may cancel it.

    Raises:
        ParameterError: A fraction that is not above 0, or parameters of the strategy.
    """
    sizes = curve_sizes(split, fractions)
    nested = STRATEGIES[choice.id].nested(choice.params)
    asked = [int(sizes[-1])] if nested else [int(size) for size in sizes]
    picked: list[tuple[Selection, ...]] = []
    for at, size in enumerate(asked):
        part = progress.part(0.6 * at / len(asked), 0.6 * (at + 1) / len(asked))
        made = run_seeds(choice, split.train, size, seeds=seeds, seed=seed, progress=part)
        if isinstance(made, str):
            return made
        picked.append(made)
    runs = len(picked[0])
    if nested:
        chosen = [one.rows[:end] for one in picked[0] for end in sizes]
    else:
        chosen = [made[run].rows for run in range(runs) for made in picked]
    found = score_many(split, chosen, progress.part(0.6, 1))
    held = np.array([len(rows) for rows in chosen], np.int64).reshape(runs, len(sizes))
    own = nearest_size(sizes, about_rows(split.budget, split.train))
    return LearningCurve(
        sizes, held, _table(found, runs, len(sizes)), nested, reliability(split, chosen[own])
    )


def nearest_size(sizes: Rows, rows: int) -> int:
    """Which of the sizes of a curve is nearest to a number of rows.

    Example:
        >>> nearest_size(np.array([4, 7, 14, 28, 56]), 28)
        3
    """
    return int(np.abs(sizes - rows).argmin())


def curve_band(
    split: Split,
    fractions: Sequence[float] = FRACTIONS,
    *,
    size: int = BAND,
    seeds: int = 1,
    seed: int = 0,
    progress: Progress = SILENT,
) -> CurveBand:
    """The random band of a learning curve, at the same sizes under the same pins.

    Args:
        split: As in `learning_curve`.
        fractions: As there.
        size: R, random subsets (means of M of them, where `seeds` is above 1) at each size.
        seeds: M.
        seed: The recipe's.
        progress: Told how far the work is; may cancel it.

    Returns:
        Values for M = 1, and for M = `seeds`. At the split's own budget they are the first R of the
        comparison's probe band.
    """
    sizes = curve_sizes(split, fractions)
    total = size * seeds
    # The smallest permanent numbers come first, so a smaller random subset is the beginning of a larger one.
    orders = band_subsets(split.train, int(sizes[-1]), 0, total, seed=seed, progress=progress.part(0, 0.1))
    found = score_many(split, [rows[:end] for rows in orders for end in sizes], progress.part(0.1, 1))
    return CurveBand(sizes, means_of(_table(found, total, len(sizes)), size, seeds))


def _table(found: Sequence[Mapping[str, float]], runs: int, sizes: int) -> dict[str, Floats]:
    return {
        name: np.array([values[name] for values in found], np.float64).reshape(runs, sizes)
        for name in found[0]
    }
