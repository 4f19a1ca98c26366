"""Kernel herding: rows whose average stands for the average of all."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK, squared_lengths
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.declared_costs import together
from ..parts.kernels import factor, factor_memory, factor_work
from ..wishes import Wish

LANDMARKS, _MOST = 500, 1_000
_SLACK = 2e-6  # times the root of the rank: more than float32 products of rows met here are off, relative
_TIE = 1e-11  # the same for float64 products


@declare(
    id="herding",
    version=2,
    label="Kernel herding",
    sentence="Always adds the row that brings the subset's average closest to the average of all rows.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(deterministic=True, nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            factor_work(n, d, LANDMARKS), {"stream": 1.6 * n * min(n, LANDMARKS) * k, "scan": 6.0 * n * k}
        ),
        memory=lambda n, d, k: factor_memory(n, _MOST) + 60.0 * n + 12.0 * BLOCK,
        text="O(n·m·k) time and O(n·m) memory with m landmarks of the kernel",
    ),
    when="A small subset must look like the whole in every direction, and each run must give the same rows.",
    when_not="Rare kinds of rows matter: what is typical comes first. Or weights are needed: there are none.",
    answers={Wish.RESEMBLES},
    gain="How much the squared discrepancy (MMD²) between subset and all rows fell. Near zero: the "
    "averages are as close as one more row can bring them; below zero: they moved apart.",
    paper=Reference(
        "Y. Chen, M. Welling, A. Smola",
        2010,
        "Super-Samples from Kernel Herding",
        "UAI",
        "arXiv:1203.3472",
        "Chooses among the rows themselves, each at most once. The Gaussian kernel is one of low rank. The "
        "rule mmd takes the exact step on the discrepancy; where the kernel's diagonal is 1 both are one.",
    ),
)
def herding(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    rule: Annotated[
        Literal["herding", "mmd"],
        Par("As the paper, or the row that leaves the smallest discrepancy (MMD) after it is added."),
    ] = "herding",
    kernel: Annotated[
        Literal["gaussian", "linear"],
        Par("Gaussian: all of the distribution counts; linear: only the average of each feature."),
    ] = "gaussian",
    landmarks: Annotated[
        int, Par("Rows that the Gaussian kernel is built from.", 10, _MOST, 10, advanced=True)
    ] = LANDMARKS,
) -> Picks:
    """argmax ⟨(t+1)·μ − Σ φ(x_s), φ(x)⟩, less ½·k(x, x) for the rule mmd, in a kernel of low rank."""
    x = np.asarray(inputs.matrix(), np.float32)
    b = factor(x, kernel, landmarks, progress.part(0, 0.2))
    rows, gap = herd(b, inputs.pins, budget, rule == "mmd", progress.part(0.2, 1))
    reached = np.sqrt(max(float(gap[-1]), 0.0))
    notes = (
        f"The discrepancy (MMD) between subset and all rows came down to {reached:.3g}, from "
        f"{np.sqrt(max(float(gap[0]), 0.0)):.3g} without any row.",
    )
    return Picks(rows, gains=-np.diff(gap), notes=notes)


def herd(
    b: NDArray[np.float32], start: Rows, count: int, exact: bool, progress: Progress
) -> tuple[Rows, NDArray[np.float64]]:
    """Herding without replacement, with the picks of a float64 rule; ties go to the lower row.

    One float32 product with all rows finds those that may be best; only they are measured again in float64.
    Bounds that would spare the product do not help: a pick changes all values by as much as they differ.

    Args:
        b: Features of the kernel, K = B·Bᵀ, shape (n, m).
        start: Rows that are in already.
        count: Rows wanted, `start` included.
        exact: Whether each step is exact on MMD² (takes ½·k(x, x) off).
        progress: Called once per pick; may cancel.

    Returns:
        Rows in order, and MMD² to all rows before the first and after each, float64 (count + 1,).
        O(n·m) time per pick, O(n) memory.

    Example:
        >>> b = np.array([[0.0, 1.0], [1.0, 1.0], [5.0, 1.0], [6.0, 1.0]], np.float32)
        >>> herd(b, np.empty(0, np.int64), 2, True, Progress())[0].tolist()
        [1, 2]
    """
    n, m = b.shape
    mean = b.mean(axis=0, dtype=np.float64)
    square = squared_lengths(b)
    longest = float(np.sqrt(square.max(initial=0.0)))
    half = (0.5 * square) if exact else np.zeros(n)
    short = half.astype(np.float32)
    free = np.ones(n, bool)
    total = np.zeros(m)
    picked: list[int] = []
    gap = [float(mean @ mean)]

    def take(row: int) -> None:
        np.add(total, b[row], out=total)
        free[row] = False
        picked.append(row)
        away = mean - total / len(picked)
        gap.append(float(away @ away))

    for row in start.tolist():
        take(row)
    with single_blas():
        while len(picked) < count:
            progress(len(picked), count, "herding")
            wish = (len(picked) + 1) * mean - total
            value = b @ wish.astype(np.float32)
            value -= short
            value[~free] = -np.inf
            scale = longest * float(np.sqrt(wish @ wish)) + float(half.max(initial=0.0))
            slack = _SLACK * np.sqrt(max(m, 16)) * scale
            near = np.flatnonzero(value >= value.max() - 2 * slack)
            take(_best(b, near, wish, half, _TIE * scale))
    return np.array(picked, np.int64), np.array(gap)


def _best(
    b: NDArray[np.float32], near: Rows, wish: NDArray[np.float64], half: NDArray[np.float64], tie: float
) -> int:
    """The best of some rows in float64, the lowest among those that only rounding tells apart."""
    value = np.empty(len(near))
    step = max(1, BLOCK // max(1, b.shape[1]))
    for at in range(0, len(near), step):
        part = near[at : at + step]
        value[at : at + step] = b[part].astype(np.float64) @ wish - half[part]
    return int(near[int(np.argmax(value >= value.max() - tie))])
