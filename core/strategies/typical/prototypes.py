"""Prototypes: the most typical rows of each group."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import exact_squared, nearest
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
from ..parts.allocation import allocate, group_luck
from ..parts.kmeans import k_means
from ..parts.weighted_draws import interleave, pins_first
from ..wishes import Wish


@declare(
    id="prototypes",
    version=2,
    label="Prototypes of groups",
    sentence="Cuts each group into as many clusters as its quota and takes the most central row of each.",
    family="geometry",
    needs={Need.FEATURES, Need.GROUPS},
    promises=Promises(),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {
            "gemm": 4.0 * n * d * k,
            "scan": 15.0 * n * d + 3.0 * n * k,
            "steps": 1000.0 * k,
        },
        memory=lambda n, d, k: 16.0 * n * d + 100.0 * n + 2**27,
        text="O(n·d·k / groups) time per pass, at most 25 passes, O(n·d) memory",
    ),
    when="People will read the subset to understand what each group is about.",
    when_not="Edge cases or shares matter: everything unusual is left out.",
    answers={Wish.TYPICAL, Wish.SHARES},
    paper=Reference(
        "S. P. Lloyd",
        1982,
        "Least squares quantization in PCM",
        "IEEE Transactions on Information Theory 28",
        "doi:10.1109/TIT.1982.1056489",
        "Clusters inside existing groups, started by k-means++; the nearest member instead of the centre.",
    ),
)
def prototypes(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    allocation: Annotated[
        Literal["proportional", "equal"], Par("How the budget is split over groups.")
    ] = "proportional",
    passes: Annotated[int, Par("Passes of k-means inside a group, at most.", 1, 100, 1, advanced=True)] = 25,
) -> Picks:
    """Seeded Lloyd iterations per group; a pinned row is a centre that does not move."""
    assert inputs.groups is not None
    x, groups = inputs.matrix(), inputs.groups
    sizes = groups.sizes
    pinned = np.bincount(groups.codes[inputs.pins], minlength=len(sizes))
    shares = sizes if allocation == "proportional" else (sizes > 0).astype(np.float64)
    luck = group_luck(draws, groups.codes, len(sizes))
    quota = allocate(sizes, budget, shares, taken=pinned, luck=luck)
    is_pin = np.zeros(inputs.n, bool)
    is_pin[inputs.pins] = True
    parts: list[Rows] = []
    stands: list[NDArray[np.float64]] = []
    used = np.flatnonzero(quota)
    with single_blas():
        for at, group in enumerate(used):
            rows = np.flatnonzero(groups.codes == group)
            part = progress.part(at / len(used), (at + 1) / len(used))
            rng = draws.generator(f"centres/{groups.names[group]}")
            fixed = np.flatnonzero(is_pin[rows])
            chosen, size = _centres(x[rows], int(quota[group]), fixed, rng, passes, part)
            parts.append(rows[chosen])
            stands.append(size)
    picked = np.concatenate(parts)
    order = interleave([len(part) for part in parts])
    order = order[pins_first(picked[order], inputs.pins)]
    return Picks(
        picked[order],
        represents=np.concatenate(stands)[order],
        quota={groups.names[group]: int(quota[group]) for group in np.flatnonzero(sizes)},
    )


def _centres(
    x: NDArray[np.float32], k: int, fixed: Rows, rng: np.random.Generator, passes: int, progress: Progress
) -> tuple[Rows, NDArray[np.float64]]:
    """k distinct rows (`fixed` first, then by cluster size), and the rows that each one stands for."""
    n, held = len(x), len(fixed)
    if k == n:
        free = np.setdiff1d(np.arange(n), fixed)
        return np.concatenate([fixed, free]), np.ones(n)
    codes, centres = k_means(x, k, rng, passes, progress, fixed)
    gap = np.einsum("ij,ij->i", x - centres[codes], x - centres[codes], dtype=np.float64)
    count = np.bincount(codes, minlength=k)
    order = np.lexsort((np.arange(n), gap, codes))
    order = order[~np.isin(order, fixed)]
    first = order[np.unique(codes[order], return_index=True)[1]]
    first = first[codes[first] >= held]
    first = first[np.argsort(-count[codes[first]], kind="stable")]
    picked = np.concatenate([fixed, first])
    if len(picked) < k:  # empty clusters (copies): rows closest to the group's mean fill up
        centre = x.mean(axis=0, dtype=np.float64).astype(np.float32)
        near = np.argsort(exact_squared(x, centre), kind="stable")
        picked = np.concatenate([picked, near[~np.isin(near, picked)][: k - len(picked)]])
    owner = nearest(x, x[picked])[1]
    owner[picked] = np.arange(k)
    return picked.astype(np.int64), np.bincount(owner, minlength=k).astype(np.float64)
