"""Uniformisation: chances that undo the density, so that the subset is spread evenly over where rows are."""

from __future__ import annotations

from math import ceil, log
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from .. import neighbours as graphs
from ..declare import Need, Par, Reference, Weight
from ..distances import single_blas
from ..draws import Draws
from ..progress import Progress
from ..types import Graph, Inputs, Picks
from ._columns import components
from ._cost import graph_memory, graph_work, together
from ._declare import Cost, Promises, declare
from ._questions import Wish
from ._weighted import successive
from .density import _radii

DIMENSIONS = 25
MOST = 100  # neighbours at most: the paper's rule asks for thousands in few dimensions
_CODE = 5  # the authors' sixth smallest distance counts the row itself


@declare(
    id="uniformisation",
    version=1,
    label="Uniformisation",
    sentence="The lonelier a row, the larger its chance, until dense and sparse regions are drawn alike.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            graph_work(n, min(d, DIMENSIONS)),
            {"gemm": 5.0 * n * d * d + 60.0 * d**3, "scan": 10.0 * n * d, "keyed": n},
        ),
        memory=lambda n, d, k: 18.0 * n * d + 32.0 * d * d + graph_memory(n) + 1500.0 * n,
        text=f"O(n·d² + n²·{DIMENSIONS}) time: components, and a neighbour graph of its own on them (the "
        f"shared one up to {DIMENSIONS} features); O(n·d) memory",
    ),
    when="Everything that occurs should be shown about equally often, however common it is.",
    when_not="Isolated rows are junk (they get the largest chances), or shares must stay as they are.",
    answers={Wish.DIVERSE},
    paper=Reference(
        "N. Cohen, H. Manor, Y. Bahat, T. Michaeli",
        2024,
        "From Posterior Sampling to Meaningful Diversity in Image Restoration",
        "ICLR",
        "",
        "One of its three ways, on rows in place of restorations. 'code': the distance to the fifth "
        f"neighbour, as the authors' code; 'paper': its rule for the number of neighbours, at most {MOST}. "
        "Rows on top of their copies get the smallest positive distance instead of no chance.",
    ),
)
def uniformisation(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    variant: Annotated[
        Literal["code", "paper"],
        Par("Five neighbours, as the authors' code; or the paper's rule, which grows with the rows."),
    ] = "code",
    drop: Annotated[
        float, Par("Share of the loneliest rows that are never drawn.", 0, 0.5, 0.01, advanced=True)
    ] = 0.0,
    dimensions: Annotated[
        int, Par("Leading components in which distances are taken.", 1, 100, 1, advanced=True)
    ] = DIMENSIONS,
) -> Picks:
    """Successive draws with p ∝ r_k^d, r_k the distance to the k-th neighbour, in logarithms."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    radius, d, notes = radii(inputs, variant, dimensions, progress.part(0, 0.95))
    progress(95, 100, "drawing")
    log_weight = d * np.log(radius[free])
    lonely = min(int(drop * len(free)), len(free) - count)  # the budget may need some of them after all
    if lonely > 0:
        log_weight[np.argsort(-radius[free], kind="stable")[:lonely]] = -np.inf
        notes += (f"{lonely:,} of the loneliest rows were left out.",)
    rows = free[successive(draws.of(free).uniforms(), log_weight, count)]
    return Picks(np.concatenate([pins, rows]), notes=notes)


def neighbours_by_rule(n: int, d: int) -> int:
    """The paper's k = n^(2/(d+2))·(ln n)^(d/(d+2)), rounded up.

    Example:
        >>> neighbours_by_rule(1000, 25), neighbours_by_rule(1000, 2)
        (10, 84)
    """
    return ceil(n ** (2 / (d + 2)) * log(n) ** (d / (d + 2))) if n > 1 else 0


def radii(
    inputs: Inputs, variant: str, dimensions: int, progress: Progress
) -> tuple[NDArray[np.float64], int, tuple[str, ...]]:
    """Distance of each row to its k-th neighbour as a share of the largest, (n,); the dimension; notes."""
    n, flat = inputs.n, np.ones(inputs.n)
    progress(0, 10, "components")
    with single_blas():
        reduced = components(np.asarray(inputs.matrix(), np.float32), dimensions)
    d = reduced.shape[1]
    if not d or n < 2:
        return flat, d, ("The features do not vary, so every row had the same chance.",)
    rule = neighbours_by_rule(n, d)
    k = min(_CODE if variant == "code" else min(rule, MOST), n - 1)
    notes: tuple[str, ...] = (f"Density was measured by {k} neighbours in {d} dimensions.",)
    if variant == "paper" and rule > max(k, 1):
        notes += (f"The paper's rule asks for {rule:,} neighbours.",)
    if inputs.d <= dimensions:  # components only turn the features, so distances are theirs
        graph = inputs.neighbours(k, progress.part(0.2, 1))
    else:
        graph = _graph(reduced.astype(np.float32), k, progress.part(0.2, 1))
    if not graph.exact:
        notes += ("Neighbours are approximate.",)
    radius, _, zero = _radii(graph, k)
    if zero == n:
        return flat, d, ("All rows lie on top of each other, so every row had the same chance.",)
    if zero:
        notes += (f"{zero:,} rows have {k} exact copies; they count as the densest place seen.",)
    return radius / radius.max(), d, notes


def _graph(x: NDArray[np.float32], k: int, progress: Progress) -> Graph:
    """The neighbour graph of other features than the shared ones; approximate where that one is too."""
    if len(x) <= graphs.APPROXIMATE_ABOVE:
        return graphs.knn_graph(x, k, "euclidean", progress=progress)
    from ..child import run_child

    config = {"k": k, "metric": "euclidean"}
    made, _ = run_child(f"{graphs.__name__}:approximate_work", {"x": x}, config, progress)
    return Graph(made["indices"], made["distances"], "euclidean", exact=False)
