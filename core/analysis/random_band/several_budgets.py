"""The random band at several budgets at once: one permutation each, cut to every budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import BAND, replicates, smallest
from ...foundation.progress import SILENT, Progress
from ...metrics.measure import CHUNK, measure_many
from ...metrics.pool import Pool
from ...model.inputs import Inputs
from .means import means_of
from .measure import Band


def prefixes(
    inputs: Inputs, budgets: Sequence[int], start: int, stop: int, *, seed: int
) -> Iterator[list[Rows]]:
    """Random subsets number `start` … `stop`-1 of the band, each at every budget.

    Each is one permutation by the permanent random numbers of the stream ``band``, cut to each budget: the
    subset at a budget is the one that `core.analysis.random_band.draw.band_subsets` draws there. O(n ·
    stop) keyed draws.

    Example:
        >>> keys = np.arange(160, dtype=np.uint8).reshape(10, 16)
        >>> [[len(rows) for rows in one] for one in prefixes(Inputs(keys=keys), (2, 5), 0, 2, seed=1)]
        [[2, 5], [2, 5]]
    """
    free, pins = inputs.free, inputs.pins
    wanted = max(budgets) - len(pins)
    for number, u in enumerate(replicates(inputs.keys[free], seed, BAND, stop)):
        if number >= start:
            longest = np.concatenate([pins, free[smallest(u, wanted)]]).astype(np.int64)
            yield [longest[:budget] for budget in budgets]


def band_at(
    pool: Pool,
    budgets: Sequence[int],
    *,
    size: int,
    seeds: int = 1,
    seed: int = 0,
    metrics: Sequence[str],
    progress: Progress = SILENT,
    known: Sequence[Band] = (),
) -> tuple[Band, ...]:
    """The random band at several budgets, from one set of draws; metrics of rows held only.

    Args:
        pool: The prepared population.
        budgets: Rows, pins included.
        size: R.
        seeds: M; where it is above 1, R means of M subsets are made besides the R single ones.
        seed: The recipe's seed.
        metrics: Ids.
        progress: May cancel.
        known: The same with a smaller size: its single values are reused.
    """
    total = size * seeds
    kept = [dict(one.singles) for one in known] or [{} for _ in budgets]
    done = min((len(values) for values in kept[0].values()), default=0)
    each = max(1, CHUNK // len(budgets))
    source = prefixes(pool.inputs, budgets, done, total, seed=seed)
    found: list[dict[str, NDArray[np.float64]]] = []
    for start in range(done, total, each):
        share = [(at - done) / (total - done) for at in (start, min(start + each, total))]
        part = progress.part(*share)
        part(0, 1, "random subsets")
        block = [next(source) for _ in range(start, min(start + each, total))]
        flat = [rows for one in block for rows in one]
        found.append(measure_many(pool, flat, metrics=metrics, progress=part.part(0.1, 1)))
    out = []
    for step, budget in enumerate(budgets):
        singles = {
            name: np.concatenate(
                [kept[step].get(name, np.empty(0)), *(part[name][step :: len(budgets)] for part in found)]
            )
            for name in metrics
        }
        out.append(Band(budget, size, means_of(singles, size, seeds), singles))
    return tuple(out)
