"""Projection DPP: as many unlike rows as there are directions, with leverage scores for chances."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import squared_lengths
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import clause
from ...foundation.wording import count as counted
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.declared_costs import together
from ..parts.dpp import project, project_memory, project_work
from ..parts.population_inclusion import compact
from ..parts.spectrum import FLAT, basis, basis_memory, basis_work
from ..variance import AVOIDING
from ..wishes import Wish


@declare(
    id="projection-dpp",
    version=1,
    label="Projection DPP",
    sentence="Draws rows that span the leading directions of the features, each weighted by 1/leverage.",
    family="model",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.HANSEN_HURWITZ,
    variance=AVOIDING,
    cost=Cost(
        work=lambda n, d, k: together(
            basis_work(n, d, min(d + 1, k)), project_work(n, min(d + 1, k)), {"steps": 20.0 * k}
        ),
        memory=lambda n, d, k: (
            basis_memory(n, d, min(d + 1, k)) + project_memory(n, min(d + 1, k)) + 4.0 * n * d
        ),
        text="O(n·d·(d + m) + n·m²) time, O(n·m + d²) memory with m directions, at most d + 1",
    ),
    when="A few labels must fit a linear model of the features, and estimates must stay unbiased.",
    when_not="Every row of the budget must be another one: beyond one row per direction rows can repeat.",
    answers={Wish.FITS},
    paper=Reference(
        "M. Dereziński, M. K. Warmuth, D. Hsu",
        2018,
        "Leveraged volume sampling for linear regression",
        "Advances in Neural Information Processing Systems 31",
        "arXiv:1802.06749",
        "Leading directions of the features in place of all columns; rows are drawn by the projection's "
        "chain rule (Hough and others, 2006) instead of determinantal rejection sampling.",
    ),
)
@single_blas()
def projection_dpp(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    dimension: Annotated[
        int | None,
        Par("Directions that the rows must span; left empty, as many as budget and rank allow.", 1, 4_096, 1),
    ] = None,
    variant: Annotated[
        Literal["volume-rescaled", "repeated"],
        Par("Rows beyond one per direction: independent draws by leverage, or further projection DPPs."),
    ] = "volume-rescaled",
    intercept: Annotated[bool, Par("Whether a constant column is one of the directions.")] = True,
    metric: Annotated[
        Literal["auto", "cosine", "euclidean"],
        Par("Whether rows count at length 1 (cosine); auto follows the features.", advanced=True),
    ] = "auto",
) -> Picks:
    """Kernel QQᵀ of orthonormal features: m rows with π_i = ℓ_i = ‖q_i‖²; beyond m, E[times i] = b·ℓ_i/m."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    progress(0, 1, "directions")
    if not count:
        return Picks(pins, inclusion=np.ones(len(pins)))
    x = np.asarray(inputs.matrix(metric), np.float32)
    found = basis(x[free] if len(pins) else x, dimension, intercept, count, progress.part(0, 0.5))
    q, m = found.q, found.q.shape[1]
    leverage = squared_lengths(q)
    leverage *= m / leverage.sum()
    notes = _notes(leverage, dimension, m, found.constant and not intercept)
    never = int((leverage <= FLAT * m).sum())
    expected = np.zeros(inputs.n)
    expected[free] = leverage * count / m
    whole = DesignFacts(all_chances=compact(expected))
    rng, progress = draws.generator("rows"), progress.part(0.5, 1)
    if count == m:
        rows = project(q, rng, progress)
        inclusion = np.concatenate([np.ones(len(pins)), np.minimum(1.0, leverage[rows])])
        return Picks(
            np.concatenate([pins, free[rows]]), inclusion=inclusion, notes=notes, drawn=whole, unreached=never
        )
    if variant == "volume-rescaled":
        ends = np.cumsum(leverage)
        more = np.searchsorted(ends, rng.random(count - m) * ends[-1], side="right")
        drawn = rng.permutation(np.concatenate([project(q, rng, progress), np.minimum(more, len(q) - 1)]))
    else:
        drawn = _repeated(q, count, rng, progress)
    rows, times = _counted(drawn)
    notes += (f"{counted(count, 'draw')} with repetition chose {counted(len(rows), 'different row')}.",)
    return Picks(
        np.concatenate([pins, free[rows]]),
        weight=np.concatenate([np.ones(len(pins)), times * m / (count * leverage[rows])]),
        multiplicity=np.concatenate([np.ones(len(pins), np.int64), times]),
        notes=notes,
        drawn=whole,
        unreached=never,
    )


def _repeated(q: NDArray[np.float32], count: int, rng: np.random.Generator, progress: Progress) -> Rows:
    """Independent projection DPPs one after the other; the last is cut to a random part of itself.

    A random r of the m rows of one more DPP holds row i with chance r·ℓ_i/m, so the expected number of
    times stays in proportion to leverage and the budget is met exactly.
    """
    m = q.shape[1]
    rounds = -(-count // m)
    parts = []
    for at in range(rounds):
        rows = project(q, rng, progress.part(at / rounds, (at + 1) / rounds))
        parts.append(rng.permutation(rows)[: count - at * m])
    return np.concatenate(parts)


def _counted(drawn: Rows) -> tuple[Rows, Rows]:
    """Different rows in the order in which they first came, and how often each came."""
    rows, first, times = np.unique(drawn, return_index=True, return_counts=True)
    order = np.argsort(first)
    return rows[order].astype(np.int64), times[order].astype(np.int64)


def _notes(leverage: NDArray[np.float64], dimension: int | None, m: int, stand_in: bool) -> tuple[str, ...]:
    out: tuple[str, ...] = ()
    if dimension is not None and dimension > m:
        out += (
            f"{clause(m, 'direction', 'was', 'were')} used: the budget or the rank of the features "
            "allows no more.",
        )
    if stand_in:
        out += ("All features are 0, so a constant column stood in for them.",)
    never = int((leverage <= FLAT * m).sum())  # m is their sum
    if never:
        out += (
            f"{clause(never, 'row', 'has', 'have')} no part in any direction: a π of 0 but for rounding, so "
            "whole-population totals are refused.",
        )
    return out
