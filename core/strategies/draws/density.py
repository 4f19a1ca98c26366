"""Draws weighted by a power of the estimated density."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Graph
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import clause
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.declared_costs import GRAPH_TEXT
from ..parts.population_inclusion import compact
from ..parts.weighted_draws import capped_shares, successive, systematic
from ..variance import NO_CHANCES, VarianceEstimator, random_systematic
from ..wishes import Wish

_ZERO = 1e-6  # cosine distances below this are rounding


def _variance_estimator(params: Mapping[str, Any]) -> VarianceEstimator:
    return random_systematic("it") if params["draw"] == "pps" else NO_CHANCES


@declare(
    id="density",
    version=2,
    label="Density-weighted",
    sentence="Rows in sparse regions get a larger chance (or dense ones, if the power is positive).",
    family="probability",
    needs={Need.FEATURES},
    promises=Promises(nested_if=lambda params: params["draw"] == "successive"),
    weight=Weight.PARAMETER,
    variance=_variance_estimator,
    cost=Cost(
        work=lambda n, d, k: {"scan": 300.0 * n, "keyed": n},
        memory=lambda n, d, k: 1200.0 * n + 2**24,
        text=f"O(n) beside {GRAPH_TEXT}",
        graph=0,
    ),
    when="The map should be covered evenly by chance, with weights if pps is chosen.",
    when_not="Sparse rows are errors or junk, or the features have hundreds of noisy dimensions.",
    answers={Wish.RARE},
    paper=Reference(
        "P. S. Efraimidis, P. G. Spirakis",
        2006,
        "Weighted random sampling with a reservoir",
        "Information Processing Letters 97",
        "doi:10.1016/j.ipl.2005.11.003",
        "Weights are a power of a k-nearest-neighbour density in the estimated intrinsic dimension "
        "(Levina and Bickel, 2004); pps draws by random-order systematic sampling (Hartley and Rao, 1962).",
    ),
)
def density(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    power: Annotated[
        float,
        Par(
            "Chance grows with density to this power: −1 evens out, 0 is uniform, 1 doubles down.", -3, 3, 0.1
        ),
    ] = -1.0,
    draw: Annotated[
        Literal["successive", "pps"],
        Par("One after the other, without design weights; or pps, with exact inclusion probabilities."),
    ] = "successive",
    neighbours: Annotated[int, Par("Neighbours that density is measured by.", 2, 50, 1, advanced=True)] = 15,
    dimension: Annotated[
        Literal["intrinsic", "features"],
        Par("Dimension in the density: estimated from the data, or the number of features.", advanced=True),
    ] = "intrinsic",
) -> Picks:
    """ln p̂ = −m·ln r_k + const, with r_k the distance to the k-th neighbour and m the dimension."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    log_weight, notes = log_weights(inputs, power, neighbours, dimension, progress.part(0, 0.9))
    progress(9, 10, "drawing")
    own = draws.of(free)
    if draw == "successive":
        rows = free[successive(own.uniforms(), log_weight[free], count)]
        return Picks(np.concatenate([pins, rows]), notes=notes)
    share = capped_shares(log_weight[free], count)
    start = float(draws.generator("start").random())
    at = systematic(share, own.uniforms(), start, count)
    inclusion = np.concatenate([np.ones(len(pins)), share[at]])
    whole = np.ones(inputs.n)
    whole[free] = share
    drawn = DesignFacts(all_chances=compact(whole))
    return Picks(np.concatenate([pins, free[at]]), inclusion=inclusion, notes=notes, drawn=drawn)


def log_weights(
    inputs: Inputs, power: float, neighbours: int, dimension: str, progress: Progress
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Logarithm of each row's weight, up to a constant, shape (n,), and notes."""
    flat = np.zeros(inputs.n)
    k = min(neighbours, inputs.n - 1)
    if power == 0 or k < 1:
        return flat, ()
    radius, near, zero = _radii(inputs.neighbours(k, progress), k)
    if zero == inputs.n:
        return flat, ("All rows lie on top of each other, so every row had the same chance.",)
    m = float(inputs.d) if dimension == "features" else _intrinsic(near, inputs.d)
    notes: tuple[str, ...] = (f"Density was measured by {k} neighbours in {m:.1f} dimensions.",)
    if zero:
        notes += (
            f"{clause(zero, 'row', 'has', 'have')} {k} exact copies, which count as the densest place seen.",
        )
    return -power * m * np.log(radius), notes


def _radii(graph: Graph, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Distance to the k-th neighbour (zeros raised to the smallest positive one), all distances, zeros."""
    near = graph.distances[:, :k].astype(np.float64)
    if graph.metric == "cosine":  # 1 − cos to the chord, which is Euclidean
        near[near < _ZERO] = 0.0
        near = np.sqrt(2.0 * near)
    radius = near[:, -1].copy()
    zero = radius <= 0
    if not zero.all():
        radius[zero] = radius[~zero].min()
    return radius, near, int(zero.sum())


def _intrinsic(near: NDArray[np.float64], d: int) -> float:
    """Levina–Bickel estimate with inverses averaged (MacKay and Ghahramani), within 1 … d."""
    k = near.shape[1]
    good = near[:, 0] > 0
    if k < 3 or not good.any():
        return float(max(1, d)) if k < 3 else 1.0
    inverse = np.log(near[good, -1:] / near[good, :-1]).sum(axis=1).mean() / (k - 2)
    return float(np.clip(1.0 / inverse if inverse > 0 else d, 1.0, max(1, d)))
