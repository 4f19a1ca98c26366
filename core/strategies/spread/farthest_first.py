"""Farthest-first from a drawn start, among some rows only if wished, read as a hierarchy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK, nearest
from ...foundation.caps import MAX_ROWS
from ...foundation.errors import BudgetError
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
from ..parts import farthest
from ..parts.declared_costs import together
from ..wishes import Wish


@declare(
    id="farthest-first",
    version=1,
    label="Farthest-first (levels)",
    sentence="From a drawn first row always takes the farthest one, so that coarse to fine levels nest.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        nested=True,
        bound="coverage radius at most twice the smallest possible (without pins, trimming and first)",
        limit="the rows that may be taken, where first says so",
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: together(
            farthest.farthest_work(n, d, k), {"gemm": 2.0 * n * d * k, "scan": 2.0 * n * k + 30.0 * n * d}
        ),
        memory=lambda n, d, k: farthest.farthest_memory(n, d, k) + 60.0 * n + 20.0 * BLOCK + 8.0 * k * d,
        text="O(n·d·k) time for the rows, as much again for the levels, O(n) memory",
    ),
    when="The subset is read from coarse to fine (1, 4, 16 … rows), or the luck of the start must be seen.",
    when_not="One cover without a seed will do: k-center draws nothing and is faster. Both distort shares.",
    answers={Wish.DIVERSE},
    gain="How far the row was from the nearest row chosen before it, as a distance between features. It "
    "falls as the chosen rows come closer together: near zero only copies are left.",
    paper=Reference(
        "N. Cohen, H. Manor, Y. Bahat, T. Michaeli",
        2024,
        "From Posterior Sampling to Meaningful Diversity in Image Restoration",
        "ICLR",
        "arXiv:2310.16047",
        "The farthest-point method on any features; the first L rows are those in key order, which is "
        "random. Isolated rows (far from their fifth neighbour) are taken last, not never.",
    ),
)
def farthest_first(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    start: Annotated[
        Literal["random", "mean"], Par("The first row: drawn by the seed, or the one nearest to the mean.")
    ] = "random",
    branching: Annotated[
        int | None,
        Par("Each level has this many times the rows of the one above; left empty, no levels.", 2, 64, 1),
    ] = 4,
    first: Annotated[
        int | None,
        Par("Only so many rows, the first in key order, may be taken; left empty, all.", 1, MAX_ROWS, 1),
    ] = None,
    trim: Annotated[
        float,
        Par("Share of the most isolated rows that are taken only when no others are left.", 0, 0.5, 0.01),
    ] = 0.0,
    metric: Annotated[
        Literal["auto", "cosine", "euclidean"],
        Par("How distance is measured; auto follows the features.", advanced=True),
    ] = "auto",
) -> Picks:
    """Farthest-first traversal and, level by level, how far the rest is from it."""
    x, pins = np.asarray(inputs.matrix(metric), np.float32), inputs.pins
    allowed = np.ones(inputs.n, bool)
    if first is not None:
        allowed[first:] = False
        allowed[pins] = True
        if budget > allowed.sum():
            raise BudgetError(
                f"A budget of {count(budget, 'row')} cannot be drawn",
                f"only the first {count(first, 'row')} and pinned ones may be taken",
                f"ask for at most {count(int(allowed.sum()), 'row')}",
            )
    preferred = allowed.copy()
    notes: tuple[str, ...] = ()
    if trim > 0:
        preferred &= ~farthest.isolated(inputs, trim, progress.part(0, 0.3))
        preferred[pins] = True
        if not preferred.any():
            preferred = allowed.copy()
    at = pins
    if not len(pins) and start == "random":
        near = np.flatnonzero(preferred)
        at = near[[int(draws.uniforms("start")[near].argmin())]]
    most = min(budget, int(preferred.sum()))
    part = progress.part(0.3 if trim else 0.0, 0.8 if branching else 1.0)
    rows, gains = farthest.isolated_last(x, at, budget, preferred, allowed, part)
    if trim > 0:
        notes = (f"Of the chosen rows {budget - most:,} are among the isolated ones.",)
    if branching is None:
        return Picks(rows, gains=gains, notes=notes)
    quota: dict[str, int] = {}
    told, last = [], None
    for level in levels(x, rows, branching, progress.part(0.8, 1)):
        quota[f"level {len(quota) + 1} ({count(level.size, 'row')})"] = level.size - (
            last.size if last else 0
        )
        told.append(f"{level.size:,} ({level.radius:.3g})")
        last = level
    assert last is not None
    notes += (
        "The first rows are the coarser levels. Rows in each, and how far any row is from the nearest one at "
        f"most: {', '.join(told)}.",
    )
    owned = np.bincount(last.owner, minlength=budget).astype(np.float64)
    return Picks(rows, represents=owned, gains=gains, quota=quota, notes=notes)


@dataclass(frozen=True)
class Level:
    """The first `size` rows of a traversal as seeds.

    Args:
        size: Seeds.
        radius: Largest distance of any row to its nearest seed.
        owner: For every row the position of its nearest seed among the seeds, int64 (n,); a seed owns itself.
            A seed of the next level hangs below its owner.
    """

    size: int
    radius: float
    owner: Rows


def levels(x: NDArray[np.float32], rows: Rows, branching: int, progress: Progress) -> Iterator[Level]:
    """Levels of 1, g, g² … and at last all rows of a farthest-first traversal.

    Args:
        x: Features, shape (n, d).
        rows: The traversal.
        branching: g, at least 2.
        progress: Called once a block; may cancel.

    Returns:
        Coarse to fine. O(n·d·len(rows)) time for all of them, O(n) memory for each.

    Example:
        >>> x = np.array([[0.0], [1.0], [5.0], [4.5]], np.float32)
        >>> [(level.size, level.radius) for level in levels(x, np.array([0, 2, 1]), 2, Progress())]
        [(1, 5.0), (2, 1.0), (3, 0.5)]
    """
    gap = np.full(len(x), np.inf, np.float32)
    owner = np.zeros(len(x), np.int64)
    done, size, total = 0, 1, len(rows)
    step = max(256, BLOCK // max(1, x.shape[1]))
    while done < total:
        size = min(size, total)
        part, seeds = progress.part(done / total, size / total), x[rows[done:size]]
        for at in range(0, len(x), step):  # few seeds would make blocks of all rows at once
            part(at, len(x), "levels")
            here = slice(at, at + step)
            found, which = nearest(x[here], seeds)
            closer = found < gap[here]
            gap[here][closer], owner[here][closer] = found[closer], which[closer] + done
        own = owner.copy()
        own[rows[:size]] = np.arange(size)  # copies of an earlier seed own themselves all the same
        yield Level(size, float(gap.max()), own)
        done, size = size, size * branching
