"""Self-repellent random walk: from neighbour to neighbour, away from where it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import count
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.declared_costs import GRAPH_TEXT
from ..wishes import Wish

_PATIENCE = 200  # steps without a new row after which the walk starts again
_CHUNK = 1_024  # random numbers drawn at once


@dataclass(frozen=True)
class Chain:
    """A Markov chain on a neighbour graph, as rows of a sparse matrix; stands still where moves are refused.

    Args:
        starts: Where each row's part begins, int64 (n + 1,).
        ends: Rows that can be reached, the row itself among them, int32.
        chance: Chance of each of these moves; those of a row sum to 1.
        part: Connected part of the graph that each row lies in, int32 (n,).
    """

    starts: Rows
    ends: NDArray[np.int32]
    chance: NDArray[np.float64]
    part: NDArray[np.int32]


@declare(
    id="self-repellent-walk",
    version=1,
    label="Self-repellent walk",
    sentence="Walks from neighbour to neighbour, away from where it has been, and takes rows on its way.",
    family="probability",
    needs={Need.FEATURES},
    promises=Promises(nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {"scan": 9000.0 * n, "steps": 15_000.0 * k, "keyed": n},
        memory=lambda n, d, k: 5000.0 * n + 2**24,
        text=f"O(n·neighbours) time and memory and O(neighbours) per step, beside {GRAPH_TEXT}; at "
        "least 50 steps per row wanted, more where the repulsion is weak or most rows are wanted",
        graph=0,
    ),
    when="Rows should be spread as the whole is, more evenly than by chance, wherever neighbours lead.",
    when_not="Clusters lie far apart and few rows are wanted (it sees what it can reach), or weights matter.",
    answers={Wish.RESEMBLES},
    paper=Reference(
        "V. Doshi, J. Hu, D. Y. Eun",
        2023,
        "Self-repellent random walks on general graphs: achieving minimal sampling variance via nonlinear "
        "Markov chains",
        "ICML 2023",
        "",
        "The graph is that of nearest neighbours in either direction and the base chain Metropolis–Hastings "
        "with a uniform goal. The paper averages over all steps of the walk; here distinct rows are taken, "
        "some steps apart (every=1 takes each at its first visit), and so carry no weight. The walk starts "
        f"again at a row not yet taken where a connected part is used up or {_PATIENCE} steps beyond the "
        "wait bring nothing new. Visits start at one for each row.",
    ),
)
def self_repellent_walk(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    repulsion: Annotated[
        float, Par("How strongly the walk avoids rows it has visited (α); 0 is a plain walk.", 0, 20, 0.5)
    ] = 5.0,
    neighbours: Annotated[
        int, Par("Nearest neighbours that a row is linked with.", 1, 50, 1, advanced=True)
    ] = 15,
    every: Annotated[
        int, Par("Steps between one row taken and the next, at least; 1 takes every new row.", 1, 100, 1)
    ] = 50,
) -> Picks:
    """P(i→j) ∝ P_ij·(x_j/π_j)^−α with visit frequencies x; distinct rows, `every` steps apart."""
    n, rows = inputs.n, inputs.pins.tolist()
    graph = inputs.neighbours(min(neighbours, n - 1), progress.part(0, 0.8))
    chain = metropolis(graph.indices)
    progress = progress.part(0.8, 1)
    counts, repel = np.ones(n), np.ones(n)
    new = np.ones(n, bool)
    left = np.bincount(chain.part)
    for row in rows:
        visit(counts, repel, row, repulsion)
        new[row] = False
        left[chain.part[row]] -= 1
    waiting = iter(np.argsort(draws.uniforms("start"), kind="stable").tolist())
    generator = draws.generator("walk")
    numbers: list[float] = []
    row, idle = (rows[-1], 1 - every) if rows else (-1, 0)
    used_up = lost = 0
    while len(rows) < budget:
        progress(len(rows), budget, "walking")
        if row < 0 or not left[chain.part[row]] or idle >= _PATIENCE:
            if row >= 0:
                lost += bool(left[chain.part[row]])
                used_up += not left[chain.part[row]]
            row, idle = next(row for row in waiting if new[row]), 0
        else:
            if not numbers:
                numbers = generator.random(_CHUNK)[::-1].tolist()
            row = step(chain, repel, row, numbers.pop())
        visit(counts, repel, row, repulsion)
        idle += 1
        if idle > 0 and new[row]:
            new[row] = False
            left[chain.part[row]] -= 1
            rows.append(row)
            idle = 1 - every
    notes: tuple[str, ...] = ()
    steps = int(counts.sum()) - n - len(inputs.pins)
    if steps:
        notes += (f"The walk took {count(steps, 'step')}.",)
    if used_up:
        notes += (f"Connected parts used up, so that the walk started again elsewhere: {used_up:,}.",)
    if lost:
        notes += (f"New starts after {_PATIENCE} steps without a new row: {lost:,}.",)
    return Picks(np.array(rows, np.int64), notes=notes)


def metropolis(indices: NDArray[np.int32]) -> Chain:
    """The Metropolis–Hastings chain on a neighbour graph in either direction that visits rows equally often.

    A neighbour is proposed at random and accepted with chance min(1, own links / its links), which gives
    P_ij = min(1/links_i, 1/links_j) and a chance of staying that makes up the rest.

    Args:
        indices: Neighbours of each row, shape (n, k).

    Example:
        >>> metropolis(np.array([[1], [0], [1]], np.int32)).chance.tolist()
        [0.5, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5]
    """
    from scipy.sparse import csr_array, eye_array
    from scipy.sparse.csgraph import connected_components

    n, k = indices.shape
    begin = np.arange(0, n * k + 1, k, dtype=np.int32) if k else np.zeros(n + 1, np.int32)
    there = csr_array((np.ones(n * k, np.float32), indices.ravel(), begin), shape=(n, n))
    both = csr_array(there + there.T + eye_array(n, format="csr", dtype=np.float32))
    both.sort_indices()
    starts, ends = both.indptr.astype(np.int64), both.indices.astype(np.int32)
    part = connected_components(both, directed=False)[1].astype(np.int32)
    size = np.diff(starts)
    own = np.repeat(np.arange(n, dtype=np.int32), size)
    inverse = 1.0 / np.maximum(size - 1, 1)
    chance = np.minimum(inverse[own], inverse[ends])
    stays = np.flatnonzero(own == ends)
    chance[stays] = 0.0
    chance[stays] = np.maximum(1.0 - np.add.reduceat(chance, starts[:-1]), 0.0)
    return Chain(starts, ends, chance, part)


def moves(
    chain: Chain, repel: NDArray[np.float64], row: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Rows that can be reached from one, and their chances up to a constant: P_ij times how each repels."""
    here = slice(chain.starts[row], chain.starts[row + 1])
    near = chain.ends[here]
    return near, chain.chance[here] * repel[near]


def step(chain: Chain, repel: NDArray[np.float64], row: int, u: float) -> int:
    """The row after this one, by one uniform number."""
    near, weight = moves(chain, repel, row)
    total = weight.cumsum()
    at = total.searchsorted(u * total[-1], side="right")
    return int(near[min(int(at), len(near) - 1)])


def visit(counts: NDArray[np.float64], repel: NDArray[np.float64], row: int, alpha: float) -> None:
    """Count a visit: (x/π)^−α is the count to the power −α, up to a constant, where π is uniform."""
    counts[row] += 1.0
    repel[row] = counts[row] ** -alpha
