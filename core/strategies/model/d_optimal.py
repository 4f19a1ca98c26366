"""D-optimal design: the rows from which a linear model is known best."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import count
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.declared_costs import together
from ..parts.exchange import exchange, exchange_work
from ..parts.log_determinant import GRAIN, greedy_logdet, greedy_memory, greedy_work, working
from ..parts.spectrum import basis, basis_memory, basis_work, product
from ..wishes import Wish

_SQUARE = 1.01  # largest coefficient left by MaxVol
_LEAST = 1e-5  # smallest share by which an exchange must raise the determinant
_FLAT = 1e-5  # pinned rows this dependent on each other add no direction


@declare(
    id="d-optimal",
    version=1,
    label="D-optimal design",
    sentence="Chooses rows whose features pin down a linear model best (largest determinant).",
    family="model",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        bound="fedorov: no exchange of one row raises the determinant by more than 0.001 %, unless passes "
        "run out",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            basis_work(n, d, min(d + 1, k)),
            greedy_work(n, min(d + 1, k), k),
            {"gemm": 4.0 * n * min(d + 1, k) ** 2},
            exchange_work(n, min(d + 1, k), k),
        ),
        memory=lambda n, d, k: (
            basis_memory(n, d, min(d + 1, k))
            + greedy_memory(n, min(d + 1, k))
            + 8.0 * n * min(d + 1, k)
            + 4.0 * n * d
            + 64.0 * k
        ),
        text="O(n·d² + passes·n·m·k) time, O(n·m) memory with m directions, at most d + 1",
    ),
    when="A linear model on the features will be fitted to few labels, and it may be trusted.",
    when_not="The model may be wrong: the design sits at the extremes and cannot show it.",
    answers={Wish.FITS},
    paper=Reference(
        "V. V. Fedorov",
        1972,
        "Theory of Optimal Experiments",
        "Academic Press",
        "",
        "Starts greedily; one chosen row at a time is exchanged (Cook and Nachtsheim, 1980), with rows of a "
        "pool between passes over all pairs. MaxVol (Goreinov and others, 2010) exchanges in the same way, "
        "and rows beyond it are added as in rect-maxvol (Mikhalev and Oseledets, 2018).",
    ),
)
@single_blas()
def d_optimal(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    method: Annotated[
        Literal["fedorov", "maxvol"],
        Par("Exchange until nothing improves, or a largest square part with rows added greedily."),
    ] = "fedorov",
    dimension: Annotated[
        int | None,
        Par("Directions of the model; left empty, as many as budget and rank allow.", 1, 4_096, 1),
    ] = None,
    intercept: Annotated[bool, Par("Whether the model has a constant.")] = True,
    metric: Annotated[
        Literal["auto", "cosine", "euclidean"],
        Par("Whether rows count at length 1 (cosine); auto follows the features.", advanced=True),
    ] = "auto",
    passes: Annotated[
        int, Par("Passes of exchanges over all pairs, at most.", 1, 100, 1, advanced=True)
    ] = 10,
) -> Picks:
    """Largest det(F_SᵀF_S) of orthonormal features F: m independent rows, more rows, then exchanges."""
    pins = inputs.pins
    progress(0, 1, "directions")
    if budget == len(pins):
        return Picks(pins)
    x = np.asarray(inputs.matrix(metric), np.float32)
    found = basis(x, dimension, intercept, budget - len(pins), progress.part(0, 0.2))
    m = found.q.shape[1]
    anyone = np.ones(inputs.n, bool)
    anyone[pins] = False
    base = _independent(found.q, pins)
    square = greedy_logdet(working(found.q), base, m, anyone, 0.0, progress.part(0.2, 0.4), GRAIN)[0]
    notes: tuple[str, ...] = ()
    if method == "maxvol":
        part = progress.part(0.4, 0.6)
        turned = _relative(found.q, square, part.part(0, 0.1))
        grown = exchange(turned, square, ~anyone, _SQUARE**2 - 1, passes, part.part(0.1, 1))
        del turned
        square = grown.rows
        notes += _told(grown.swaps, grown.done)
    b = _relative(found.q, square, progress.part(0.6, 0.65))
    rows = square
    if budget > m:
        free = anyone.copy()
        free[square] = False
        # In these terms the square part is the identity, so its residuals are 1 + ‖b_i‖² from the start.
        rest = np.setdiff1d(pins, square)
        more = greedy_logdet(b, rest, budget - m, free, 1.0, progress.part(0.65, 0.75), GRAIN)[0]
        rows = np.concatenate([square, more])
    if method == "fedorov":
        done = exchange(b, rows, ~anyone, _LEAST, passes, progress.part(0.75, 1))
        rows = done.rows
        notes += _told(done.swaps, done.done)
    notes += (
        f"The model has {count(m, 'direction')}, the constant included."
        if found.constant
        else f"The model has {count(m, 'direction')}.",
    )
    return Picks(np.concatenate([pins, rows[~np.isin(rows, pins)]]), notes=notes)


def _independent(q: NDArray[np.float32], pins: Rows) -> Rows:
    """Pinned rows that span what all of them span, largest first."""
    if not len(pins):
        return pins
    from scipy.linalg import qr

    turned, order = qr(q[pins].astype(np.float64).T, mode="r", pivoting=True)
    size = np.abs(np.diag(turned))
    return pins[order[: int((size > _FLAT * size[0]).sum())]]


def _relative(
    q: NDArray[np.float32], rows: Rows, progress: Progress
) -> NDArray[np.float32] | NDArray[np.float64]:
    """Features in terms of m independent rows: Q·Q_S⁻¹."""
    inverse: NDArray[np.float64] = np.linalg.inv(q[rows].astype(np.float64))
    return working(product(q, inverse, progress))


def _told(swaps: int, done: bool) -> tuple[str, ...]:
    end = "until none improved" if done else "and stopped after the passes allowed"
    return (f"{swaps:,} exchange{' was' if swaps == 1 else 's were'} made, {end}.",)
