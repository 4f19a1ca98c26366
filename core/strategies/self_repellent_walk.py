"""A self-repellent random walk over the neighbour graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..declare import Need, Par, Reference, Weight
from ..draws import Draws
from ..progress import Progress
from ..types import Graph, Inputs, Picks, Rows
from ._cost import GRAPH_TEXT, graph_memory, graph_work, together
from ._declare import Cost, Promises, declare
from ._questions import Wish

_STALLED = 10_000  # steps without a new row after which the walk is taken elsewhere
_AHEAD = 4_096  # random numbers made at once

Values = NDArray[np.float64]


@declare(
    id="self-repellent-walk",
    version=1,
    label="Self-repellent walk",
    sentence="Walks from neighbour to neighbour, shy of rows it has seen, and keeps each row it meets.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(graph_work(n, d), {"scan": 500.0 * n, "steps": 600.0 * k}),
        memory=lambda n, d, k: graph_memory(n) + 2000.0 * n + 200.0 * k,
        text=f"{GRAPH_TEXT}; O(n) to join it in both directions, O(neighbours) a step",
    ),
    when="Rows should be met by following likeness: crawls, or a pool that grows from pinned rows.",
    when_not="The data falls into separate clusters and the budget is small: the walk stays where it starts.",
    answers={Wish.RESEMBLES},
    paper=Reference(
        "V. Doshi, J. Hu, D. Y. Eun",
        2023,
        "Self-Repellent Random Walks on General Graphs: Achieving Minimal Sampling Variance via Nonlinear "
        "Markov Chains",
        "ICML",
        "arXiv:2305.05097",
        "On the graph of nearest neighbours, joined in both directions, with a Metropolis–Hastings chain "
        "whose target is uniform. Distinct rows are kept until the budget is met, so there are no weights. "
        f"The walk starts anew where a connected part is used up, or after {_STALLED:,} steps without a new "
        "row.",
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
        float, Par("How shy the walk is of rows that it has seen (α); 0 is a plain walk.", 0, 20, 0.5)
    ] = 5.0,
    neighbours: Annotated[int, Par("Neighbours that a row is linked to.", 2, 50, 1, advanced=True)] = 15,
) -> Picks:
    """P_α(i→j) ∝ P_ij·x_j^(−α), x the visits so far, one given to every row beforehand."""
    n, pins = inputs.n, inputs.pins
    if len(pins) == budget:
        progress(1, 1, "walking")
        return Picks(pins)
    first = np.argsort(draws.uniforms("starts"), kind="stable")
    if n == 1:
        progress(1, 1, "walking")
        return Picks(first.astype(np.int64))
    graph = inputs.neighbours(min(neighbours, n - 1), progress.part(0, 0.7))
    chain = base_chain(graph)
    part, left = _parts(chain)
    counts = np.ones(n)
    counts[pins] += 1
    seen = np.zeros(n, bool)
    seen[pins] = True
    np.subtract.at(left, part[pins], 1)
    found = pins.tolist()
    starts = iter(first.tolist())
    rng = draws.generator("steps")
    at = int(first[seen[first]][0]) if len(pins) else next(starts)
    used, stalled, finish = 0, 0, progress.part(0.7, 1)
    finish(0, budget, "walking")
    while len(found) < budget:
        if found and not left[part[at]]:  # this part is used up: on to a row not seen yet
            at = next(row for row in starts if not seen[row])
            used += 1
        since = 0
        for row in walk(chain, repulsion, at, counts, rng):
            if not seen[row]:
                seen[row] = True
                left[part[row]] -= 1
                found.append(row)
                since = 0
                finish(len(found), budget, "walking")
                if len(found) == budget or not left[part[row]]:
                    at = row
                    break
            since += 1
            if since % 256 == 0:
                finish.check()
            if since > _STALLED:
                at = next(row for row in starts if not seen[row])
                stalled += 1
                break
    notes: tuple[str, ...] = () if graph.exact else ("Neighbours are approximate.",)
    if used:
        notes += (f"The walk started anew {used:,} times, where a connected part of the graph was used up.",)
    if stalled:
        notes += (f"The walk started anew {stalled:,} times after {_STALLED:,} steps without a new row.",)
    return Picks(np.array(found, np.int64), notes=notes)


Chain = tuple[Rows, Rows, Values]


def base_chain(graph: Graph) -> Chain:
    """A random walk on the joined neighbour graph whose stationary law is uniform.

    Metropolis–Hastings on a walk to a random neighbour: P_ij = min(1/deg_i, 1/deg_j), and P_ii the rest.

    Returns:
        Starts of the rows' entries, where each leads (the row itself last), and its probability.

    Source: Metropolis and others, 1953; Hastings, 1970.
    """
    from scipy.sparse import csr_array

    n, k = graph.indices.shape
    starts = np.arange(0, n * k + 1, k, dtype=np.int64)
    there = csr_array((np.ones(n * k, np.float32), graph.indices.ravel().astype(np.int64), starts), (n, n))
    both = csr_array(there + there.T)
    both.sort_indices()
    degree = np.diff(both.indptr)
    own = np.repeat(np.arange(n), degree)
    chance = 1.0 / np.maximum(degree[own], degree[both.indices])
    ends = np.empty(len(chance) + n, np.int64)
    value = np.empty(len(chance) + n)
    place = np.arange(len(chance)) + own
    ends[place], value[place] = both.indices, chance
    at = both.indptr.astype(np.int64) + np.arange(n + 1)
    ends[at[1:] - 1] = np.arange(n)
    value[at[1:] - 1] = np.maximum(0.0, 1.0 - np.bincount(own, chance, minlength=n))
    return at, ends, value


def _parts(chain: Chain) -> tuple[Rows, Rows]:
    """Connected part of each row, and the rows in each part."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    starts, ends, value = chain
    n = len(starts) - 1
    links = csr_array((np.ones(len(value), np.int8), ends, starts), (n, n))
    part = connected_components(links, directed=False)[1].astype(np.int64)
    return part, np.bincount(part).astype(np.int64)


def walk(chain: Chain, alpha: float, start: int, counts: Values, rng: np.random.Generator) -> Iterator[int]:
    """Rows visited, `start` first, without end; `counts` grows by one at each visit.

    Args:
        chain: A base chain whose stationary law is uniform.
        alpha: Strength of the repulsion.
        start: Where the walk begins.
        counts: Visits so far, all positive, (n,).
        rng: Randomness.

    Source: Doshi, Hu and Eun, 2023.
    """
    starts, ends, value = chain
    at, u, used = start, rng.random(_AHEAD), 0
    while True:
        counts[at] += 1.0
        yield at
        low, high = starts[at], starts[at + 1]
        near = ends[low:high]
        chance = repelled(value[low:high], counts[near], alpha).cumsum()
        if used == _AHEAD:
            u, used = rng.random(_AHEAD), 0
        at = int(near[min(int(chance.searchsorted(u[used] * chance[-1], "right")), len(near) - 1)])
        used += 1


def repelled(chance: Values, visits: Values, alpha: float) -> Values:
    """Chances of the next step, not normalised: base chances times visits^(−α), from the least visited."""
    least = visits.min()
    pushed: Values = chance * (visits / least) ** -alpha
    return pushed
