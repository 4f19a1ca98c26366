"""Determinantal point process of fixed size: chance subsets that hold unlike rows."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.distances import BLOCK, squared_lengths
from ...foundation.errors import BudgetError
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import clause, count
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.declared_costs import together
from ..parts.dpp import eigenvectors, project, project_memory, project_work
from ..parts.kernels import factor, factor_memory, factor_work
from ..parts.shared_parameters import Distance, Kernel
from ..parts.spectrum import FLAT, basis_memory, gram, product
from ..variance import AVOIDING
from ..wishes import Wish

_LEAST, _EXTRA, _CAP = 512, 256, 2_048

Double = NDArray[np.float64]


def _landmarks(n: int, budget: int) -> int:
    """Landmarks where none are given: at least 512, up to twice the budget, at most 256 more than it."""
    return min(n, _CAP, max(_LEAST, min(2 * budget, budget + _EXTRA)))


@declare(
    id="k-dpp",
    version=2,
    label="k-DPP",
    sentence="Draws unlike rows together: a subset's chance grows with the volume that its rows span.",
    family="probability",
    needs={Need.FEATURES},
    promises=Promises(limit="the rank of the kernel"),
    weight=Weight.DESIGN,
    variance=AVOIDING,
    cost=Cost(
        work=lambda n, d, k: together(
            factor_work(n, d, _landmarks(n, k)),
            {"gemm": 5.0 * n * _landmarks(n, k) * (_landmarks(n, k) + k) + 40.0 * _landmarks(n, k) ** 3},
            {"scan": 100.0 * k * _landmarks(n, k)},
            project_work(n, k),
        ),
        memory=lambda n, d, k: (
            factor_memory(n, _landmarks(n, k))
            + basis_memory(n, _landmarks(n, k), k)
            + 16.0 * k * _landmarks(n, k)
            + project_memory(n, k)
        ),
        text="O(n·m·(d + m + k)) time and O(n·m) memory with m landmarks; m = d for a linear kernel",
    ),
    when="A subset should be diverse and still carry design weights, or several diverse subsets are needed.",
    when_not="The budget is a large part of the data: the law then hardly differs from uniform chance.",
    answers={Wish.DIVERSE},
    paper=Reference(
        "A. Kulesza, B. Taskar",
        2011,
        "k-DPPs: Fixed-Size Determinantal Point Processes",
        "International Conference on Machine Learning",
        "",
        "The kernel is known through a factor (Nyström's for a Gaussian one), and the law is exact for the "
        "kernel of that factor. Rows of the projection are drawn by proposals and rejections (Barthelmé, "
        "Tremblay, Amblard, 2023).",
    ),
)
@single_blas()
def k_dpp(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    kernel: Kernel = "gaussian",
    metric: Distance = "auto",
    landmarks: Annotated[
        int | None,
        Par(
            "Rows that a Gaussian kernel is measured by; left empty, enough for the budget.",
            16,
            8_192,
            16,
            advanced=True,
            enabled_if=("kernel", "gaussian"),
        ),
    ] = None,
) -> Picks:
    """P(S) ∝ det(B_S·B_Sᵀ) over subsets of the budget's size that hold the pins; π in closed form."""
    pins, n = inputs.pins, inputs.n
    size = budget - len(pins)
    progress(0, 1, "kernel")
    if not size:
        return Picks(pins, inclusion=np.ones(len(pins)))
    x = np.asarray(inputs.matrix(metric), np.float32)
    most = min(n, _CAP if landmarks is None else landmarks)
    m = most if landmarks is not None else _landmarks(n, budget)
    b, values, vectors, held = _spectrum(x, kernel, m, pins, progress.part(0, 0.3))
    if len(values) < size and kernel == "gaussian" and m < most:  # more landmarks may give more rank
        m = most
        b, values, vectors, held = _spectrum(x, kernel, m, pins, progress.part(0.3, 0.5))
    if len(values) < size:
        # Landmarks limit the rank only where nearly all of them count.
        few = m < n and len(values) + len(pins) >= 0.9 * m
        raise _refusal(budget, len(pins), len(values), kernel, few)
    rng = draws.generator("rows")
    chosen, chance = eigenvectors(np.log(values), size, rng)
    turn = vectors / np.sqrt(values)
    q = product(b, turn[:, chosen], progress.part(0.5, 0.7))
    q[pins] = 0.0
    rows = project(q, rng, progress.part(0.7, 1))
    squares = (b[rows].astype(np.float64) @ turn) ** 2
    inclusion = np.minimum(1.0, squares @ chance)
    unreached, notes = _without_chance(b, held, pins, progress)
    if kernel == "gaussian" and m < n:
        by = count(m, "landmark row")
        notes += (f"The kernel was measured by {by}, and the law is exact for that kernel.",)
    return Picks(
        np.concatenate([pins, rows]),
        inclusion=np.concatenate([np.ones(len(pins)), inclusion]),
        notes=notes,
        unreached=unreached,
    )


def _spectrum(
    x: NDArray[np.float32],
    kernel: Literal["gaussian", "linear"],
    landmarks: int,
    pins: NDArray[np.int64],
    progress: Progress,
) -> tuple[NDArray[np.float32], Double, Double, Double | None]:
    """The factor B, positive eigenvalues with eigenvectors of BᵀB outside the span of pinned rows, and it.

    Given that the pins are in, the rest is a k-DPP again, with each b_i replaced by its part outside the
    span of the pinned rows (the Schur complement, in the factor's terms).
    """
    b = factor(x, kernel, landmarks, progress.part(0, 0.5))
    table = gram(b, progress.part(0.5, 1))
    smallest = FLAT * float(np.trace(table))
    along = None
    if len(pins):
        size, along = np.linalg.svd(b[pins].astype(np.float64), full_matrices=False)[1:]
        along = along[size > 1e-7 * max(float(size[0]), 1e-300)]
        outside = np.eye(len(table)) - along.T @ along
        table = outside @ table @ outside
        table = (table + table.T) / 2
    progress.check()
    values, vectors = np.linalg.eigh(table)
    keep = values > smallest
    return b, values[keep], vectors[:, keep], along


def _without_chance(
    b: NDArray[np.float32], held: Double | None, pins: NDArray[np.int64], progress: Progress
) -> tuple[int, tuple[str, ...]]:
    """How many rows have no chance, and what is said of them.

    Their part outside the span of the pinned rows is too small for any direction.

    Zero rows of a linear kernel, rows far from every landmark, and copies of pinned rows are such.
    """
    rest = squared_lengths(b)
    least = FLAT * float(rest.sum())
    if held is not None:
        step = max(64, BLOCK // b.shape[1])
        for at in range(0, len(b), step):
            progress.check()
            part = b[at : at + step].astype(np.float64) @ held.T
            rest[at : at + step] -= np.einsum("ij,ij->i", part, part)
    rest[pins] = np.inf
    unreached = int((rest <= least).sum())
    if not unreached:
        return 0, ()
    beside = " beside the pinned rows" if len(pins) else ""
    return unreached, (
        f"{clause(unreached, 'row', 'has', 'have')} no part in the kernel{beside}: a π of 0 but for "
        "rounding, so whole-population totals are refused.",
    )


def _refusal(budget: int, pinned: int, rank: int, kernel: str, few: bool) -> BudgetError:
    """The largest budget that works, in words."""
    most = pinned + rank
    why = f"the {kernel} kernel of these rows has rank {rank:,}"
    if pinned:
        why += f" beside the {count(pinned, 'pinned row')}"
    if not most:
        return BudgetError("No row can be drawn", f"{why}: all features are 0", "choose the Gaussian kernel")
    other = "raise landmarks, or " if kernel == "gaussian" and few else ""
    other = "choose the Gaussian kernel, or " if kernel == "linear" else other
    return BudgetError(
        f"A budget of {count(budget, 'row')} cannot be drawn",
        why,
        f"{other}ask for at most {count(most, 'row')}",
    )
