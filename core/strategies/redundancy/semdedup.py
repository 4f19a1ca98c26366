"""SemDeDup: rows whose features point the same way as a kept row's are left out, cluster by cluster."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import exact_squared
from ...foundation.errors import NeedError
from ...foundation.permanent_random import Draws, smallest
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import clause
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Size, Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.kmeans import k_means
from ..wishes import Wish

_PASSES = 25
_CLUSTER = 2_000  # rows of a cluster by default, on average
_BLOCK = 512  # rows compared at once
_CHUNK = 2_048  # rows that they are compared with at once
_PAIRS = 1 << 21  # elements of the differences taken at once
_ROUNDING = 1e-12  # of a cosine between unit rows, taken by products in double precision


def _clusters(n: int) -> int:
    return max(1, n // _CLUSTER)


@declare(
    id="semdedup",
    version=2,
    label="SemDeDup",
    sentence="Leaves out rows that nearly coincide with a kept row in the features, and draws from the rest "
    "at random.",
    family="redundancy",
    needs={Need.FEATURES},
    promises=Promises(
        size=Size.AT_MOST,
        nested=True,
        bound="every row left out has a kept row within epsilon (when compared with kept rows)",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {
            "keyed": n,
            "gemm": 2.0 * n * d * _clusters(n) * 20 + 3.0 * n * d * (n / _clusters(n)),
            "scan": 4.0 * n * d * _clusters(n) + 15.0 * n * d * 20 + 8.0 * n * (n / _clusters(n)),
            "steps": 300.0 * n,
        },
        memory=lambda n, d, k: 20.0 * n * d + 100.0 * n + 2**27,
        text="O(n·d·clusters) time per pass of k-means, O(n²·d / clusters) to compare rows; O(n·d) memory",
    ),
    when="Embeddings of texts or pictures, where copies differ in wording or pixels but not in meaning.",
    when_not="How often something occurs matters, or the features are a few plain numbers, where rows that "
    "differ in size alone point the same way.",
    answers={Wish.CLEAN},
    paper=Reference(
        "A. Abbas, K. Tirumala, D. Simig, S. Ganguli, A. S. Morcos",
        2023,
        "SemDeDup: Data-efficient learning at web-scale through semantic deduplication",
        "",
        "arXiv:2303.09540",
        "A row is left out for a kept row that it nearly coincides with; the paper's rule lets rows that "
        "were left out themselves count as well (against = earlier). One cluster for about 2,000 rows. The "
        "budget is then drawn at random from the rows that are left. Vectors of length zero (texts of "
        "which nothing is known) stay.",
    ),
)
def semdedup(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    epsilon: Annotated[
        float,
        Par("Rows within this of cosine similarity 1 are copies; 0 for exact copies only.", 0, 0.3, 0.01),
    ] = 0.05,
    keep: Annotated[
        Literal["farthest", "nearest", "scores"],
        Par(
            "Which row of several copies stays: by distance to its cluster's centre, or the best score.",
            special=("scores",),
        ),
    ] = "farthest",
    clusters: Annotated[
        int | None,
        Par("Clusters within which rows are compared; by default one for 2,000 rows.", 1, 100_000, 1),
    ] = None,
    against: Annotated[
        Literal["kept", "earlier"],
        Par("Whether only kept rows make others copies, or rows that were left out as well.", advanced=True),
    ] = "kept",
) -> Picks:
    """k-means on unit rows, the rule inside each cluster, and the smallest permanent random numbers."""
    if keep == "scores" and inputs.scores is None:
        raise NeedError("SemDeDup cannot keep the best", "there are no scores", "choose farthest or nearest")
    x = np.asarray(inputs.matrix("cosine"), np.float32)
    # A text of which nothing is known points nowhere and is no copy of another. Elsewhere zero is a place.
    cosine = inputs.features is None or inputs.features.metric == "cosine"
    known = (x != 0).any(axis=1) if cosine else np.ones(len(x), bool)
    count = min(inputs.n, _clusters(inputs.n) if clusters is None else clusters)
    rng = draws.generator("centres")
    with single_blas():
        codes, centres = k_means(x, count, rng, _PASSES, progress.part(0, 0.5))
        order = _order(inputs, x, codes, centres, keep)
        ends = np.cumsum(np.bincount(codes, minlength=count))
        owner = np.arange(inputs.n)
        for at in range(count):
            start, end = int(ends[at - 1]) if at else 0, int(ends[at])
            rows = order[start:end]
            rows = rows[known[rows]]
            part = progress.part(0.5 + 0.5 * start / inputs.n, 0.5 + 0.5 * end / inputs.n)
            fixed = int(np.isin(rows, inputs.pins).sum())
            owner[rows] = rows[owners(x[rows], epsilon, fixed, against == "earlier", part)]
    left = np.flatnonzero(owner == np.arange(inputs.n))
    free = left[~np.isin(left, inputs.pins)]
    chosen = free[smallest(draws.of(free, "draw").uniforms(), budget - len(inputs.pins))]
    picked = np.concatenate([inputs.pins, chosen]).astype(np.int64)
    notes: tuple[str, ...] = (
        f"{clause(inputs.n - len(left), 'row', 'that nearly coincides', 'that nearly coincide')} with "
        "others: "
        f"left out; {len(left):,} stay.",
    )
    if not known.all():
        blank = inputs.n - int(known.sum())
        notes += (
            f"{clause(blank, 'row', 'points', 'point')} nowhere in the features, cannot be compared, and "
            f"{'stays' if blank == 1 else 'stay'}.",
        )
    if keep == "scores" and inputs.scores is not None and (lost := int(np.isnan(inputs.scores).sum())):
        notes += (
            f"{clause(lost, 'row', 'without a score comes', 'without a score come')} after those with one.",
        )
    if len(picked) < budget:
        notes += (f"That is fewer than the {budget:,} rows that were asked for.",)
    stands = np.bincount(owner, minlength=inputs.n).astype(np.float64)[picked]
    return Picks(picked, represents=stands, notes=notes)


def _order(
    inputs: Inputs, x: NDArray[np.float32], codes: Rows, centres: NDArray[np.float32], keep: str
) -> Rows:
    """Rows by cluster, and in each in the order in which they may stay: pins first, ties by key."""
    gap = np.empty(inputs.n)
    by_code = np.argsort(codes, kind="stable")
    for rows in np.split(by_code, np.flatnonzero(np.diff(codes[by_code])) + 1):
        for at in range(0, len(rows), _CHUNK):
            part = rows[at : at + _CHUNK]
            gap[part] = exact_squared(x[part], centres[codes[part[0]]])
    if keep != "nearest":
        gap = -gap
    loose = np.ones(inputs.n, bool)
    loose[inputs.pins] = False
    if keep == "scores":
        assert inputs.scores is not None
        score = np.where(np.isnan(inputs.scores), -np.inf, inputs.scores)
        return np.lexsort((gap, -score, loose, codes)).astype(np.int64)
    return np.lexsort((gap, loose, codes)).astype(np.int64)


def owners(x: NDArray[np.float32], epsilon: float, fixed: int, earlier: bool, progress: Progress) -> Rows:
    """For each row of one cluster the first kept row within `epsilon` of it, or itself where it stays.

    Cosines are products in double precision; pairs that rounding could put on either side of `epsilon` are
    taken again by difference, so that 0 finds exact copies and nothing else.

    Args:
        x: Rows of length 1 in the order in which they may stay, shape (m, d).
        epsilon: Rows are copies if 1 − cosine is at most this.
        fixed: So many rows from the first on stay in any case.
        earlier: Rows that do not stay make later ones copies too; their owner is passed on.
        progress: Called once a block; may cancel.

    Returns:
        Positions, int64 (m,). O(m²·d) time, O(m + block) memory.

    Example:
        >>> x = np.array([[1, 0], [0.8, 0.6], [0.28, 0.96]], np.float32)
        >>> owners(x, 0.25, 0, False, Progress()).tolist(), owners(x, 0.25, 0, True, Progress()).tolist()
        ([0, 0, 2], [0, 0, 0])
    """
    owner = np.arange(len(x))
    base = np.empty(0, np.int64)  # rows that make others copies
    for start in range(0, len(x), _BLOCK):
        progress(start, len(x), "comparing rows")
        block = np.arange(start, min(start + _BLOCK, len(x)))
        for at in range(0, len(base), _CHUNK):
            progress.check()
            part = base[at : at + _CHUNK]
            open_ = block[(owner[block] == block) & (block >= fixed)]
            near = _within(x, open_, part, epsilon, progress)
            hit = near.any(axis=1)
            owner[open_[hit]] = owner[part[near[hit].argmax(axis=1)]]
        rest = block if earlier else block[owner[block] == block]
        near = _within(x, rest, rest, epsilon, progress)
        for at, row in enumerate(rest.tolist()):
            if owner[row] == row or earlier:
                later = rest[at + 1 :][near[at, at + 1 :]]
                later = later[(owner[later] == later) & (later >= fixed)]
                owner[later] = owner[row]
        base = np.concatenate([base, block if earlier else rest[owner[rest] == rest]])
    return owner


def _within(
    x: NDArray[np.float32], rows: Rows, others: Rows, epsilon: float, progress: Progress
) -> NDArray[np.bool_]:
    """Whether 1 − cosine is at most `epsilon`, shape (rows, others)."""
    left, right = x[rows].astype(np.float64), x[others].astype(np.float64)
    gap = left @ right.T
    gap *= -2.0
    gap += np.einsum("ij,ij->i", left, left)[:, None]
    gap += np.einsum("ij,ij->i", right, right)
    gap *= 0.5  # half the squared chord of unit rows
    near: NDArray[np.bool_] = gap <= epsilon
    one, two = np.nonzero(np.abs(gap - epsilon) <= _ROUNDING)
    step = max(1, _PAIRS // x.shape[1])
    for at in range(0, len(one), step):
        progress.check()
        some, more = one[at : at + step], two[at : at + step]
        apart = left[some] - right[more]
        near[some, more] = 0.5 * np.einsum("ij,ij->i", apart, apart) <= epsilon
    return near
