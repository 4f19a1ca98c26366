"""Minority score: rows that a plain model of the data cannot restore from noise."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import squared_lengths
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
from ..parts.column_parameters import components
from ..parts.declared_costs import GRAPH_TEXT
from ..parts.shared_parameters import Distance
from ..parts.similarity import by_metric
from ..parts.weighted_draws import successive
from ..wishes import Wish

_CLASSES = 100


@declare(
    id="minority",
    version=2,
    label="Minority score (reduced)",
    sentence="Favours rows that a simple model of the data restores badly after noise was added to them.",
    family="probability",
    needs={Need.FEATURES},
    promises=Promises(nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {
            "gemm": 8.0 * n * d * d + 40.0 * d**3,
            "scan": 12.0 * n * d + 400.0 * n,
            "keyed": n,
        },
        memory=lambda n, d, k: 12.0 * n * d + 2200.0 * n + 24.0 * d * d + 2**27,
        text=f"O(n·d²) time and O(n) memory; score=density asks for {GRAPH_TEXT} instead",
    ),
    when="Rows unlike the bulk should be over-represented: stress tests, more data for rare kinds.",
    when_not="Shares must hold, weights are needed, or unusual rows are errors: they are what it looks for.",
    answers={Wish.RARE},
    paper=Reference(
        "S. Um, S. Lee, J. C. Ye",
        2024,
        "Don't play favorites: minority guidance for diffusion models",
        "ICLR 2024",
        "arXiv:2301.12334",
        "Reduced: the paper's score needs a diffusion model that restores images and a perceptual distance "
        "(LPIPS), which are not available here. residual keeps the idea with the restorer of a Gaussian "
        "(probabilistic principal components) and squared distance, averaged over all noise in closed form; "
        "density is the distance to a neighbour. Classes steer a draw here, not a generator.",
    ),
)
def minority(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    score: Annotated[
        Literal["residual", "density"],
        Par("residual: how badly a row is restored from noise; density: how far its neighbours are."),
    ] = "residual",
    draw: Annotated[
        Literal["successive", "top"],
        Par("By chance, more for a higher class; or always the rows with the highest score."),
    ] = "successive",
    strength: Annotated[
        float,
        Par(
            "How much the highest class is favoured: its rows weigh e to this power times the lowest's.",
            0,
            20,
            0.5,
            enabled_if=("draw", "successive"),
        ),
    ] = 5.0,
    noise: Annotated[
        float,
        Par(
            "Noise added, in typical spreads of a dimension.",
            0.01,
            10,
            0.01,
            log=True,
            advanced=True,
            enabled_if=("score", "residual"),
        ),
    ] = 1.0,
    parts: Annotated[
        int,
        Par(
            "Principal components that the model of the data has.",
            1,
            200,
            1,
            advanced=True,
            enabled_if=("score", "residual"),
        ),
    ] = 50,
    neighbours: Annotated[
        int,
        Par("The neighbour whose distance counts.", 1, 50, 1, advanced=True, enabled_if=("score", "density")),
    ] = 15,
) -> Picks:
    """Scores are cut into 100 equal quantile classes; weights grow with the class."""
    progress(0, 1, "scoring")
    free, pins = inputs.free, inputs.pins
    count, k = budget - len(pins), min(neighbours, inputs.n - 1)
    inputs, x, _ = by_metric(inputs, metric)
    if score == "residual":
        with single_blas():
            value = residuals(x, noise, parts)
    elif k:
        value = inputs.neighbours(k, progress.part(0, 0.9)).distances[:, k - 1].astype(np.float64)
    else:
        value = np.zeros(inputs.n)
    progress(9, 10, "drawing")
    if not np.ptp(value) > 0:
        note = "All rows have the same score, so every row had the same chance."
        flat = np.zeros(len(free))
        return Picks(
            np.concatenate([pins, free[successive(draws.of(free).uniforms(), flat, count)]]), notes=(note,)
        )
    cut = min(_CLASSES, inputs.n)
    classes = quantile_classes(value, cut)
    if draw == "top":
        rows = free[np.argsort(-value[free], kind="stable")[:count]]
    else:
        log_weight = strength * classes[free] / max(cut - 1, 1)
        rows = free[successive(draws.of(free).uniforms(), log_weight, count)]
    high = float((classes[rows] >= cut * 0.9).mean()) if len(rows) else 0.0
    notes = (f"{100 * high:.0f} % of the rows drawn are among the tenth with the highest score.",)
    return Picks(np.concatenate([pins, rows]).astype(np.int64), notes=notes)


def residuals(x: NDArray[np.float32], noise: float, parts: int) -> NDArray[np.float64]:
    """Mean squared error of restoring each row from noise, over all noise, shape (n,).

    The rows are taken for a Gaussian with mean μ and covariance Σ, of which the `parts` leading components
    are kept and the rest is one variance (probabilistic principal components). A row x with noise σ·ε is best
    restored as μ + A(x − μ + σε), where A = Σ(Σ + σ²I)⁻¹. The error is (I − A)(x − μ) − σAε, and its mean
    square ‖(I − A)(x − μ)‖² + σ²‖A‖²: along a direction of variance λ, (σ²/(λ + σ²))² times the square of
    the row's part there, and a constant.

    Args:
        x: Shape (n, d), float32.
        noise: σ in units of the root mean variance of the d dimensions.
        parts: Components kept.

    Example:
        >>> x = np.array([[-3.0], [-1.0], [1.0], [3.0]], np.float32)
        >>> residuals(x, 1.0, 1).tolist()  # λ = σ² = 5, A = ½: (x/2)² + 5/4
        [3.5, 1.5, 1.5, 3.5]
    """
    d = x.shape[1]
    length = squared_lengths(x, x.mean(axis=0, dtype=np.float64))
    total = float(length.mean())
    if not total > 0:
        return np.zeros(len(x))
    z = components(x, min(parts, d))
    squares = np.multiply(z, z, out=z)
    variance = squares.mean(axis=0)
    power = noise * noise * total / d
    rest = d - len(variance)
    # What rounding leaves of nothing is not a variance.
    left = np.maximum(length - squares.sum(axis=1), 0.0) if rest else np.zeros(len(x))
    tail = float(left.mean()) / rest if rest else 0.0
    kept, lost = variance / (variance + power), power / (variance + power)
    outside = power / (tail + power)
    constant = power * (float(kept @ kept) + rest * (1 - outside) ** 2)
    return np.asarray(squares @ (lost * lost) + left * outside**2 + constant)


def quantile_classes(value: NDArray[np.float64], count: int) -> Rows:
    """Class 0 (lowest) … count − 1 of each value: of about equal sizes, equal values in one class.

    Equal values share their middle rank: where most rows coincide, one of them counts as much as another.

    Example:
        >>> quantile_classes(np.array([5.0, 1.0, 3.0, 2.0]), 2).tolist()
        [1, 0, 1, 0]
        >>> quantile_classes(np.array([0.0, 0.0, 0.0, 0.0, 7.0]), 5).tolist()
        [1, 1, 1, 1, 4]
    """
    _, code, size = np.unique(value, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - size + (size - 1) // 2
    return np.asarray(middle[code] * count // max(len(value), 1), np.int64)
