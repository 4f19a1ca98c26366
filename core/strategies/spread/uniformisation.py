"""Uniformisation: draws that undo the density of the rows, measured on principal components."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays import any_size_graph as graphs
from ...foundation.arrays.array_types import Graph
from ...foundation.arrays.distances import squared_lengths
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
from ..parts.column_parameters import components
from ..parts.declared_costs import together
from ..parts.shared_parameters import Distance
from ..parts.similarity import by_metric, squared_chords
from ..parts.weighted_draws import successive
from ..wishes import Wish

_CODE = 5  # the sixth row where the row itself counts as the first
_MOST = graphs.LADDER[-1]
_ZERO = 1e-6  # distances below this share of the rows' spread are rounding
_DIMENSIONS = 25


@declare(
    id="uniformisation",
    version=1,
    label="Uniformisation",
    sentence="Rows with more empty space around them get a larger chance, so that density evens out.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            graphs.graph_work(n, min(d, _DIMENSIONS)),
            {
                "gemm": 8.0 * n * d * d + 50.0 * d**3,
                "scan": 1.5 * n * n + 8.0 * n * d + 300.0 * n,
                "keyed": n,
            },
        ),
        memory=lambda n, d, k: (
            graphs.graph_memory(n, min(d, _DIMENSIONS)) + 12.0 * n * d + 800.0 * n + 24.0 * d * d + 2**27
        ),
        text="O(n·d²) for components, O(n²) for a neighbour graph of its own in up to 25 of them (the shared "
        "one where the features have no more), O(n) memory; about O(n^1.5) above 200,000 rows, by an "
        "approximate search",
    ),
    when="The subset should show the range of what there is, each kind about as often as any other.",
    when_not="Shares must hold, weights are needed, or sparse rows are errors (then drop some of them).",
    answers={Wish.DIVERSE},
    paper=Reference(
        "N. Cohen, H. Manor, Y. Bahat, T. Michaeli",
        2024,
        "From posterior sampling to meaningful diversity in image restoration",
        "ICLR 2024",
        "arXiv:2310.16047",
        "variant=paper lets the number of neighbours grow with n by the paper's rule, at most 50; code "
        "always takes the fifth, as the published code does. Rows that lie on copies count as the densest "
        "place seen, where the formula would never draw them. Principal components of any features.",
    ),
)
def uniformisation(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    metric: Distance = "auto",
    # The rule is the default: r^d of the fifth neighbour is off by some 45 %, and by less the more there are.
    variant: Annotated[
        Literal["paper", "code"],
        Par("paper: the number of neighbours grows with the rows; code: always the fifth neighbour."),
    ] = "paper",
    drop: Annotated[float, Par("Share of the most isolated rows that are left out.", 0, 0.5, 0.01)] = 0.0,
    dimensions: Annotated[
        int, Par("Principal components that distance is measured on.", 1, 50, 1, advanced=True)
    ] = _DIMENSIONS,
) -> Picks:
    """p ∝ r^m, with r the distance to the k-th neighbour in m dimensions, drawn without replacement."""
    free, pins = inputs.free, inputs.pins
    log_weight, notes = log_weights(inputs, metric, variant, dimensions, progress.part(0, 0.95))
    progress(19, 20, "drawing")
    out = np.zeros(inputs.n, bool)
    if drop > 0:
        order = np.argsort(-log_weight[free], kind="stable")[: int(drop * inputs.n)]
        out[free[order]] = True
    kept, count = free[~out[free]], budget - len(pins)
    rows = kept[successive(draws.of(kept).uniforms(), log_weight[kept], min(count, len(kept)))]
    if drop > 0:
        left = np.flatnonzero(out)
        back = left[np.argsort(log_weight[left], kind="stable")][: count - len(rows)]
        notes += (f"{len(left) - len(back):,} of the most isolated rows were left out.",)
        rows = np.concatenate([rows, back])
    return Picks(np.concatenate([pins, rows]).astype(np.int64), notes=notes)


def rule(n: int, m: int) -> int:
    """Neighbours by the paper's rule, n^(2/(m+2)) · (ln n)^(m/(m+2)), at least 1.

    Example:
        >>> rule(1000, 25), rule(1000, 2)
        (10, 83)
    """
    return max(1, round(math.pow(n, 2 / (m + 2)) * math.pow(math.log(max(n, 2)), m / (m + 2))))


def log_weights(
    inputs: Inputs, metric: str, variant: str, dimensions: int, progress: Progress
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Logarithm of each row's weight, m·ln r, up to a constant, shape (n,), and notes."""
    inputs, x, _ = by_metric(inputs, metric)
    n, d = x.shape
    progress(0, 1, "principal components")
    with single_blas():
        z = components(x, min(dimensions, d))
    m = z.shape[1]
    if not m or n < 2:
        return np.zeros(n), ("All rows lie on top of each other, so every row had the same chance.",)
    wanted = rule(n, m) if variant == "paper" else _CODE
    k = min(wanted, _MOST, n - 1)
    graph = _graph(inputs, z, d <= dimensions, k, progress.part(0.1, 1))
    spread = float(np.einsum("ij,ij->", z, z)) / n
    total = float(squared_lengths(x, x.mean(axis=0, dtype=np.float64)).mean())
    radius = np.sqrt(squared_chords(graph)[:, k - 1].astype(np.float64))
    zero = radius <= _ZERO * math.sqrt(spread)
    notes: tuple[str, ...] = (
        f"Space was measured by neighbour {k} on {m} principal components that hold "
        f"{100 * min(1.0, spread / total):.0f} % of the variance.",
    )
    if wanted > _MOST:
        notes += (f"The paper's rule asks for {count(wanted, 'neighbour')}; used: {k}.",)
    if graph.note:
        notes += (graph.note,)
    if zero.all():
        return np.zeros(n), (*notes, "All rows have copies enough, so every row had the same chance.")
    if zero.any():
        radius[zero] = radius[~zero].min()
        notes += (
            f"{clause(int(zero.sum()), 'row', 'has', 'have')} {k} exact copies; the densest place seen "
            "stands for such.",
        )
    return m * np.log(radius), notes


def _graph(inputs: Inputs, z: NDArray[np.float64], shared: bool, k: int, progress: Progress) -> Graph:
    """Neighbours on components: the shared graph where nothing was left out, else one made here."""
    if shared:
        return inputs.neighbours(k, progress)
    return graphs.neighbour_graph(z.astype(np.float32), k, "euclidean", progress=progress)
