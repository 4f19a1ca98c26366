"""Greedy MAP of a determinantal point process: always the row that adds most volume."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...foundation.arrays.distances import squared_lengths
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
from ..parts.kernels import factor, factor_memory, factor_work
from ..parts.log_determinant import GRAIN, greedy_logdet, greedy_memory, greedy_work, working
from ..parts.shared_parameters import Distance, Kernel
from ..wishes import Wish

_LANDMARKS = 1_024


@declare(
    id="greedy-dpp",
    version=2,
    label="Greedy DPP",
    sentence="Always takes the row least explained by those taken, so that the subset spans most volume.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        deterministic=True,
        nested=True,
        bound="log det(I + L_S / ridge) at least 63 % (1 − 1/e) of the best for as many rows, without pins; "
        "not so for the determinant of L_S itself",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(factor_work(n, d, _LANDMARKS), greedy_work(n, min(n, _LANDMARKS), k)),
        memory=lambda n, d, k: (
            factor_memory(n, _LANDMARKS) + greedy_memory(n, min(n, _LANDMARKS)) + 12.0 * n * d + 64.0 * k
        ),
        text="O(n·m·(d + m)) time for the kernel and at most O(n·m) per pick, O(n·m) memory, m landmarks",
    ),
    when="The subset should be as diverse as can be, the same each time, and cut off anywhere.",
    when_not="The data holds junk, which is unlike everything else, or shares matter.",
    answers={Wish.DIVERSE},
    gain="Natural logarithm of the part of the row, as a squared length, that the rows before it do not "
    "explain. Zero means nothing here: the lower, the more it is like a mixture of the rows before "
    "it.",
    paper=Reference(
        "L. Chen, G. Zhang, E. Zhou",
        2018,
        "Fast greedy MAP inference for determinantal point process to improve recommendation diversity",
        "Advances in Neural Information Processing Systems 31",
        "arXiv:1709.05135",
        "A ridge is added to the kernel, so that budgets beyond its rank work; residuals are brought up to "
        "date through a factor of the kernel (Nyström's for a Gaussian one) instead of a growing Cholesky "
        "factor.",
    ),
)
@single_blas()
def greedy_dpp(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    kernel: Kernel = "gaussian",
    metric: Distance = "auto",
    ridge: Annotated[
        float,
        Par("Added to the kernel's diagonal, as a share of its mean.", 1e-6, 1, log=True, advanced=True),
    ] = 1e-3,
    landmarks: Annotated[
        int,
        Par(
            "Rows that a Gaussian kernel is measured by.",
            16,
            8_192,
            16,
            advanced=True,
            enabled_if=("kernel", "gaussian"),
        ),
    ] = _LANDMARKS,
) -> Picks:
    """Greedy maximisation of log det(ridge·I + B_S·B_Sᵀ); gains are logarithms of residuals."""
    x = np.asarray(inputs.matrix(metric), np.float32)
    b = factor(x, kernel, landmarks, progress.part(0, 0.3))
    base = ridge * float(squared_lengths(b).mean())
    # Features that are all 0 leave nothing to compare; any positive number then keeps the order.
    base = base if base > 0 else 1.0
    allowed = np.ones(inputs.n, bool)
    grain = GRAIN if kernel == "gaussian" else 0.0
    rows, residual = greedy_logdet(
        working(b), inputs.pins, budget, allowed, base, progress.part(0.3, 1), grain
    )
    notes: tuple[str, ...] = ()
    if kernel == "gaussian" and landmarks < inputs.n:
        notes = (f"The kernel was measured by {count(landmarks, 'landmark row')}.",)
    return Picks(rows, gains=np.log(residual), notes=notes)
