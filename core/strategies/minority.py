"""Minority score, reduced: how much of a row a denoiser that knows only the common shape takes away."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ..declare import Need, Par, Reference, Weight
from ..distances import single_blas
from ..draws import Draws
from ..progress import Progress
from ..types import Inputs, Picks, Rows
from ._cost import graph_memory
from ._declare import Cost, Promises, declare
from ._questions import Wish
from ._scores import design, gram, lengths
from ._weighted import successive
from .density import _radii

CLASSES = 100


@declare(
    id="minority",
    version=1,
    label="Minority score (reduced)",
    sentence="Rows that a smoothing of the data would change most come first, or get the larger chance.",
    family="quality",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {"gemm": 10.0 * n * d * d + 80.0 * d**3, "scan": 15.0 * n * d, "keyed": n},
        memory=lambda n, d, k: graph_memory(n) + 64.0 * d * d + 2**26,
        text="O(n·d² + d³) time, O(n + d²) memory; the density score takes the neighbour graph instead",
    ),
    when="Unusual rows are wanted on purpose: reviews, stress tests, data to generate more of.",
    when_not="Unusual means wrong, or the subset should resemble the whole.",
    answers={Wish.RARE},
    paper=Reference(
        "S. Um, S. Lee, J. C. Ye",
        2024,
        "Don't Play Favorites: Minority Guidance for Diffusion Models",
        "ICLR",
        "arXiv:2301.12334",
        "Its form with a diffusion model and the LPIPS distance is not available here. 'residual': the "
        "denoiser is that of a Gaussian with the features' mean and covariance, distance is Euclidean, and "
        "the mean over all noise is taken in closed form; 'density': distance to the k-th neighbour. The "
        "paper steers a generator by the hundred classes; here rows are drawn by them.",
    ),
)
def minority(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    score: Annotated[
        Literal["residual", "density"],
        Par("What a denoiser takes away; or the distance to the nearest neighbours."),
    ] = "residual",
    draw: Annotated[
        Literal["successive", "top"], Par("By chance, one after the other; or the highest scores.")
    ] = "successive",
    strength: Annotated[
        float,
        Par(
            "Chance grows with the class of the score (1 to 100) to this power; 0 is uniform.",
            0,
            10,
            0.5,
            enabled_if=("draw", "successive"),
        ),
    ] = 2.0,
    noise: Annotated[
        float,
        Par(
            "Variance of the noise, as a multiple of the features' mean variance.",
            0.01,
            100,
            log=True,
            advanced=True,
            enabled_if=("score", "residual"),
        ),
    ] = 1.0,
    neighbours: Annotated[
        int, Par("Neighbours for the density.", 1, 50, 1, advanced=True, enabled_if=("score", "density"))
    ] = 15,
) -> Picks:
    """Scores cut into a hundred classes of equal size; draws by class, or the top."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    part = progress.part(0, 0.95)
    if score == "density":
        value, notes = _density(inputs, neighbours, part)
    else:
        x = np.asarray(inputs.matrix(), np.float32)
        with single_blas():
            value = residuals(x, noise, part)
        notes = ("The score is the mean squared change by a Gaussian denoiser, over all noise.",)
    progress(95, 100, "drawing")
    if value.max() <= value.min():
        notes += ("All rows have the same score.",)
    if draw == "top":
        chosen = np.argsort(-value[free], kind="stable")[:count]
    else:
        log_weight = np.zeros(len(free))
        if value.max() > value.min():
            log_weight = strength * np.log((classes(value)[free] + 1) / CLASSES)
        chosen = successive(draws.of(free).uniforms(), log_weight, count)
    return Picks(np.concatenate([pins, free[chosen]]), notes=notes)


def residuals(x: NDArray[np.float32], noise: float, progress: Progress) -> NDArray[np.float64]:
    """Mean squared denoising residual of each row under a Gaussian, up to a constant, (n,).

    With x_t = x + σz and x̂₀ = μ + B(x_t − μ), B = Σ(Σ + σ²I)⁻¹, the residual is (I − B)(x − μ) − σBz. Its
    mean square over z is ‖(I − B)(x − μ)‖² + σ²·tr(B²); the second part is the same for every row and left
    out. I − B = σ²(Σ + σ²I)⁻¹.

    Args:
        x: Shape (n, d).
        noise: σ² as a multiple of the mean variance.
        progress: Called once a block; may cancel.

    Returns:
        In units of the mean variance. O(n·d² + d³) time.

    Example:
        >>> x = np.array([[-2.0], [0.0], [2.0]], np.float32)
        >>> residuals(x, 1.0, Progress()).round(3).tolist()
        [0.375, 0.0, 0.375]
    """
    made = design(x, True, False, True, progress.part(0, 0.1))
    square = gram(made, None, progress.part(0.1, 0.5)) / len(x)
    values, vectors = np.linalg.eigh(square)
    return lengths(made, vectors * (noise / (np.maximum(values, 0.0) + noise)), progress.part(0.5, 1))


def classes(value: NDArray[np.float64]) -> Rows:
    """Quantile class of each score, 0 … 99, sizes equal but for one; ties in canonical order.

    Example:
        >>> classes(np.array([3.0, 1.0, 2.0, 9.0])).tolist()
        [50, 0, 25, 75]
    """
    rank = np.empty(len(value), np.int64)
    rank[np.argsort(value, kind="stable")] = np.arange(len(value))
    return rank * CLASSES // max(1, len(value))


def _density(
    inputs: Inputs, neighbours: int, progress: Progress
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Distance to the k-th neighbour, (n,)."""
    k = min(neighbours, inputs.n - 1)
    if k < 1:
        return np.zeros(inputs.n), ()
    return _radii(inputs.neighbours(k, progress), k)[0], (f"The score is the distance to neighbour {k}.",)
