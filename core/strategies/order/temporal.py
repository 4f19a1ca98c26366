"""Temporal-redundancy quota: windows in time, fewer rows from those in which little changes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import Draws, smallest
from ...foundation.progress import Progress
from ...foundation.wording import clause, count, some, verb
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.allocation import UNTOLD, BudgetSplit, group_luck, split, told_ties
from ..parts.column_parameters import grouping, ordering
from ..parts.kernels import gaussian_width
from ..parts.population_inclusion import compact
from ..parts.similarity import by_metric
from ..parts.weighted_draws import interleave, pins_first
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish

_BLOCK = 1 << 19  # elements of a block of differences


@declare(
    id="temporal",
    version=2,
    label="Temporal redundancy",
    sentence="Splits an ordered table into windows and draws fewer rows from windows in which neighbouring "
    "rows are alike.",
    family="probability",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.DESIGN,
    variance=VarianceEstimator(VarianceMethod.STRATIFIED),
    cost=Cost(
        work=lambda n, d, k: {"keyed": n, "scan": 12.0 * n * d + 60.0 * n + 40.0 * min(n, 1000) ** 2},
        memory=lambda n, d, k: 12.0 * n * d + 300.0 * n + 2**26,
        text="O(n·d + n log n) time, O(n) memory",
    ),
    when="Frames, logs or messages in order of time, where long quiet stretches would fill a random draw.",
    when_not="Neighbours in the order have nothing to do with each other: windows then differ by chance.",
    answers={Wish.TIME},
    paper=Reference(
        "L. Li, H. P. H. Shum, T. P. Breckon",
        2023,
        "Less is More: Reducing Task and Model Complexity for 3D Point Cloud Semantic Segmentation",
        "CVPR 2023",
        "arXiv:2303.11203",
        "ST-RFD-style: similarity of features in place of the structural similarity of camera pictures; no "
        "sampler was published with the paper. A window's share is its rows × (1 − redundancy), which for "
        "windows of equal size is the paper's 1 − redundancy. No window is left without a row where the "
        "budget allows it.",
    ),
)
def temporal(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    by: Annotated[
        str, Par("What orders the rows: order, or a column.", column=("number", "time"), special=("order",))
    ] = "order",
    windows: Annotated[
        int, Par("Windows of equally many rows, at most; fewer where a budget is small.", 1, 10_000, 1)
    ] = 20,
    sequence: Annotated[
        str | None,
        Par(
            "Column whose values are the windows, in place of equal ones.",
            column=("any",),
            special=("groups", "entities"),
        ),
    ] = None,
    minimum: Annotated[
        int, Par("Rows that each window gets at least, where the budget allows it.", 0, 1_000_000, 1)
    ] = 1,
    metric: Annotated[
        Literal["auto", "cosine", "euclidean"],
        Par("How similarity is measured; auto follows the features.", advanced=True),
    ] = "auto",
) -> Picks:
    """Quotas from features and order alone, then random rows inside each window, so that π is known."""
    times = ordering(inputs, by)
    lost = int(np.isnan(times).sum())
    # Windows of one row have no neighbours, and each window needs its minimum.
    most = min(windows, max(1, (inputs.n - lost) // 2))
    if minimum:
        most = min(most, max(1, budget // minimum - (lost > 0)))
    codes, names, timed, notes = _windows(inputs, times, most, sequence)
    if most < windows and sequence is None:
        notes = (
            f"There {verb(most, 'is', 'are')} {count(most, 'window')} in place of {windows:,}, for "
            "want of rows or budget.",
            *notes,
        )
    sizes = np.bincount(codes, minlength=len(names))
    line = np.lexsort((np.arange(inputs.n), times, codes))  # ties in time by key
    rho, single = _redundancy(inputs, metric, line, codes, sizes, progress.part(0, 0.9))
    known = timed & (sizes > 0)
    rho[~timed] = np.average(rho[known], weights=sizes[known]) if known.any() else 0.0
    shares = sizes * (1.0 - rho)
    pinned = np.bincount(codes[inputs.pins], minlength=len(names))
    low, more = _floor(minimum, sizes, pinned, budget)
    luck = group_luck(draws, codes, len(names))
    made = split(sizes, budget, shares if (shares > 0).any() else sizes, low, taken=pinned, luck=luck)
    notes += more
    if single:
        notes += (f"{clause(single, 'window', 'of one row counts', 'of one row count')} as not redundant.",)
    return _draw(inputs, codes, names, sizes, made, pinned, draws, progress.part(0.9, 1), notes)


def _windows(
    inputs: Inputs, times: NDArray[np.float64], count: int, sequence: str | None
) -> tuple[Rows, tuple[str, ...], NDArray[np.bool_], tuple[str, ...]]:
    """Window of each row, names, which windows are ordered, and notes."""
    here = ~np.isnan(times)
    notes: tuple[str, ...] = ()
    if sequence is not None:
        codes, names, notes = grouping(inputs, sequence)
        codes = codes.copy()
    else:
        order = np.argsort(times, kind="stable")[: int(here.sum())]  # NaN comes last, infinite times before
        count = min(count, len(order))
        codes = np.zeros(inputs.n, np.int64)
        codes[order] = np.arange(len(order)) * count // max(1, len(order))
        names = tuple(f"window {at + 1}" for at in range(count))
    timed = np.ones(len(names), bool)
    if not here.all():
        codes[~here] = len(names)
        name = "without time"
        while name in names:
            name = f"({name})"
        names, timed = (*names, name), np.append(timed, False)
        notes += (
            f"{clause(int((~here).sum()), 'row', 'without a time is', 'without a time are')} a window apart, "
            "of average redundancy.",
        )
    return codes, names, timed, notes


def _redundancy(
    inputs: Inputs, metric: str, line: Rows, codes: Rows, sizes: Rows, progress: Progress
) -> tuple[NDArray[np.float64], int]:
    """Mean similarity of neighbours in each window, from 0 to 1, and the number of windows without any."""
    _, x, cosine = by_metric(inputs, metric)
    width = 1.0 if cosine else gaussian_width(x)
    alike = np.zeros(max(0, inputs.n - 1))
    step = max(1, _BLOCK // max(1, x.shape[1]))
    progress(0, 1, "redundancy")
    for at in range(0, len(alike), step):
        progress(at, len(alike), "redundancy")
        part = x[line[at : at + step + 1]].astype(np.float64)
        gap = part[1:] - part[:-1]
        squared = np.einsum("ij,ij->i", gap, gap)
        if cosine:
            length = np.einsum("ij,ij->i", part, part)
            near = np.clip((length[1:] + length[:-1] - squared) / 2.0, 0.0, 1.0)
            near[squared == 0] = 1.0
        else:
            near = np.exp(-squared / width)
        alike[at : at + step] = near
    inside = codes[line[1:]] == codes[line[:-1]]
    total = np.bincount(codes[line[1:]][inside], alike[inside], len(sizes))
    return total / np.maximum(sizes - 1, 1), int((sizes == 1).sum())


def _floor(minimum: int, sizes: Rows, pinned: Rows, budget: int) -> tuple[Rows, tuple[str, ...]]:
    """The minimum of each window, lowered to what the budget can give to all."""
    asked = minimum
    minimum = min(minimum, int(sizes.max(initial=0)))
    while int(np.maximum(np.minimum(minimum, sizes), pinned).sum()) > budget:
        minimum -= 1
    low = np.minimum(minimum, sizes)
    if (low < np.minimum(asked, sizes)).any():
        return low, (
            f"The budget is too small for {count(asked, 'row')} in each window; the minimum is {minimum:,}.",
        )
    return low, ()


def _draw(
    inputs: Inputs,
    codes: Rows,
    names: tuple[str, ...],
    sizes: Rows,
    made: BudgetSplit,
    pinned: Rows,
    draws: Draws,
    progress: Progress,
    notes: tuple[str, ...],
) -> Picks:
    """Random rows of each window, pins charged to it."""
    quota, over = made.quota, made.passed_over(pinned)
    is_pin = np.zeros(inputs.n, bool)
    is_pin[inputs.pins] = True
    u = np.where(is_pin, -1.0, draws.uniforms())
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(sizes)
    used = np.flatnonzero(quota)
    used = used[np.argsort(order[ends[used] - sizes[used]])]  # by their first row, whatever their codes are
    parts = []
    for at, window in enumerate(used):
        progress(at, len(used), "windows")
        rows = order[ends[window] - sizes[window] : ends[window]]
        parts.append(rows[smallest(u[rows], int(quota[window]))])
    chosen = np.concatenate(parts)
    mixed = interleave([len(part) for part in parts])
    mixed = mixed[pins_first(chosen[mixed], inputs.pins)]
    chosen = chosen[mixed]
    chosen = np.concatenate([inputs.pins, chosen[len(inputs.pins) :]]).astype(np.int64)
    # Where ties decide which windows get a row, there is no going by the numbers that came out.
    share = ((made.expected if over.any() else quota) - pinned) / np.maximum(sizes - pinned, 1)
    if over.any():
        notes += (told_ties(names, over, quota == pinned),)
    empty = [names[window] for window in np.flatnonzero((made.expected == pinned) & (sizes > pinned))]
    if empty:
        listed = some(empty, 5)
        notes += (
            f"No row was drawn from {count(len(empty), 'window')} ({listed}): "
            "their π is 0, so whole-population totals are refused.",
        )
    return Picks(
        chosen,
        inclusion=np.where(is_pin[chosen], 1.0, share[codes[chosen]]),
        represents=(sizes / np.maximum(quota, 1))[codes[chosen]],
        quota={names[window]: int(quota[window]) for window in np.flatnonzero(sizes)},
        notes=notes,
        drawn=DesignFacts(
            strata=codes[chosen],
            names=names,
            all_chances=compact(np.where(is_pin, 1.0, share[codes])),
            all_strata=codes.astype(np.int32),
            untold=UNTOLD if over.any() else "",
        ),
        unreached=int((sizes - pinned)[made.expected == pinned].sum()),
    )
