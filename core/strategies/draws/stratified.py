"""Stratified sampling: a grouping, an allocation, and any strategy inside each group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import BudgetError, ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import count as counted
from ...foundation.wording import some
from ...model.binning import MANY
from ...model.inputs import Inputs
from ...model.parameters import Par, StrategyChoice
from ...model.promises import Size, Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import STRATEGIES, Cost, Promises, declare
from ..parts.allocation import UNTOLD, group_luck, split, told_ties
from ..parts.column_parameters import grouping, numbers, tamed
from ..parts.population_inclusion import joined
from ..parts.weighted_draws import interleave, pins_first
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish


def _spread(params: Mapping[str, Any]) -> VarianceEstimator:
    inner = STRATEGIES[params["within"]["id"]]
    found = inner.variance_estimator(params["within"]["params"])
    if found.kind is VarianceMethod.SRS:
        return VarianceEstimator(VarianceMethod.STRATIFIED)
    return VarianceEstimator(found.kind, f"inside groups, {inner.label}: {found.why}" if found.why else "")


@declare(
    id="stratified",
    version=3,
    label="Stratified",
    sentence="Splits the budget over groups by a stated rule, then chooses inside each group.",
    family="probability",
    needs=set(),
    promises=Promises(),
    weight=Weight.PARAMETER,
    variance=_spread,
    cost=Cost(
        work=lambda n, d, k: {"keyed": n, "scan": 20.0 * n},
        memory=lambda n, d, k: 12.0 * n * d + 300.0 * n + 2**24,
        text="O(n) beside the strategy within, which runs once per group",
    ),
    when="Every group must be there in a known share, or estimates should vary less.",
    when_not="The groups mean nothing for the question, or there are more groups than rows to draw.",
    answers={Wish.ESTIMATES, Wish.SHARES, Wish.RARE},
    paper=Reference(
        "J. Neyman",
        1934,
        "On the two different aspects of the representative method",
        "Journal of the Royal Statistical Society 97",
        "doi:10.2307/2342192",
        "Rounded by largest remainders, ties by chance, capped at group size.",
    ),
)
def stratified(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    by: Annotated[
        str, Par("What makes the groups: groups, or a column.", column=("any",), special=("groups",))
    ] = "groups",
    allocation: Annotated[
        Literal["proportional", "equal", "neyman", "power"],
        Par("Shares by size, equal, by size × spread of a column, or by size to a power."),
    ] = "proportional",
    spread: Annotated[
        str | None,
        Par(
            "Number column whose spread Neyman allocation uses.",
            column=("number", "score"),
            enabled_if=("allocation", "neyman"),
        ),
    ] = None,
    exponent: Annotated[
        float,
        Par(
            "Power of the group size: 1 proportional, 0 equal.",
            0,
            1,
            0.05,
            enabled_if=("allocation", "power"),
        ),
    ] = 0.5,
    within: Annotated[StrategyChoice, Par("Strategy inside each group.", strategy=True)] = "random",
    minimum: Annotated[int, Par("Rows that each group gets at least.", 0, 1_000_000, 1, advanced=True)] = 0,
    bins: Annotated[
        int,
        Par(f"Quantile bins for a number or time with more than {MANY} values.", 2, 100, 1, advanced=True),
    ] = 5,
) -> Picks:
    """Quotas by `allocate`, pins charged to their group; π comes from the design within."""
    from ..running.body import run_body

    assert not isinstance(within, str)
    inner = STRATEGIES[within["id"]]
    if inner.id == "stratified":
        raise ParameterError(
            "Stratified cannot run within stratified", "it goes one level deep", "choose another"
        )
    if inner.promises.size is Size.RANDOM:
        # To keep only draws that happen to have the right size would change every row's chance.
        raise ParameterError(
            f"{inner.label} cannot run within groups",
            "how many rows it draws is left to chance",
            "choose another",
        )
    params = inner.check(within["params"])
    codes, names, notes = grouping(inputs, by, bins)
    sizes = np.bincount(codes, minlength=len(names))
    pinned = np.bincount(codes[inputs.pins], minlength=len(names))
    low = np.where(sizes > 0, minimum, 0)
    if (low > sizes).any():
        at = int(np.argmax(low > sizes))
        raise BudgetError(
            f"Group {names[at]!r} cannot give its minimum of {counted(minimum, 'row')}",
            f"it has {sizes[at]:,}",
            "lower the minimum or leave the group out",
        )
    shares, more = _shares(inputs, allocation, spread, exponent, codes, sizes)
    notes += more
    made = split(sizes, budget, shares, low, taken=pinned, luck=group_luck(draws, codes, len(names)))
    quota, over = made.quota, made.passed_over(pinned)
    parts: list[Rows] = []
    inclusion: list[NDArray[np.float64] | None] = []
    represents: list[NDArray[np.float64]] = []
    drawn: list[DesignFacts | None] = []
    done: list[tuple[Rows, Picks]] = []
    unreached = int((sizes - pinned)[made.expected == pinned].sum())
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(sizes)
    used = np.flatnonzero(quota)
    used = used[np.argsort(order[ends[used] - sizes[used]])]  # by their first row, whatever their codes are
    for at, group in enumerate(used):
        progress(at, len(used), "groups")
        rows = order[ends[group] - sizes[group] : ends[group]]
        part = progress.part(at / len(used), (at + 1) / len(used))
        step = f"{inner.id}/{inner.version}"
        # Strata are drawn independently of each other: one start for all would make their errors add up.
        own = draws.of(rows, step, f"group {inputs.keys[rows[0]].tobytes().hex()}")
        try:
            picks = run_body(inner, inputs.take(rows), int(quota[group]), own, params, part)
        except BudgetError as error:  # which speaks of the group's rows as if they were the whole budget
            raise BudgetError(
                f"Group {names[group]!r} cannot give its {counted(quota[group], 'row')} by {inner.label}",
                error.why,
                "lower the budget, or choose another allocation or strategy within",
            ) from error
        if picks.multiplicity is not None or len(picks.rows) != quota[group]:
            raise ParameterError(
                f"{inner.label} cannot run within groups as it is set",
                "it may draw a row twice, or fewer rows than asked",
                "choose other parameters or another strategy",
            )
        parts.append(rows[picks.rows])
        chance = picks.inclusion
        if over.any() and chance is not None and quota[group] > pinned[group]:
            got, sure, room = (int(one[group] - pinned[group]) for one in (quota, made.sure, sizes))
            mean = float(made.expected[group] - pinned[group])
            chance = _over_ties(chance, ~np.isin(rows[picks.rows], inputs.pins), got, sure, room, mean)
        inclusion.append(chance)
        drawn.append(picks.drawn)
        done.append((rows, picks))
        unreached += picks.unreached if quota[group] > pinned[group] else 0
        even = np.full(len(picks.rows), sizes[group] / quota[group])
        represents.append(even if picks.represents is None else picks.represents)
        notes += tuple(f"{names[group]}: {note}" for note in picks.notes)
    chosen = np.concatenate(parts)
    mixed = interleave([len(part) for part in parts])
    mixed = mixed[pins_first(chosen[mixed], inputs.pins)]
    known = [part for part in inclusion if part is not None]
    never = (made.expected == pinned) & (sizes > pinned)
    for what, these in (
        ("got no row", never & (quota == 0)),
        ("got pinned rows only", never & (quota > 0)),
    ):
        empty = [names[group] for group in np.flatnonzero(these)]
        if empty:
            listed = some(empty, 5)
            whose = "their π" if quota[these].max() == 0 else "the π of their other rows"
            notes += (
                f"{counted(len(empty), 'group')} {what} ({listed}): "
                f"{whose} is 0, so whole-population totals are refused.",
            )
    called = [names[group] for group in used]
    untold = ""
    if over.any():
        untold = UNTOLD
        notes += (told_ties(names, over, quota == pinned, len(known) == len(parts)),)
    return Picks(
        chosen[mixed],
        inclusion=np.concatenate(known)[mixed] if len(known) == len(parts) else None,
        represents=np.concatenate(represents)[mixed],
        quota={names[group]: int(quota[group]) for group in np.flatnonzero(sizes)},
        notes=notes,
        drawn=joined(_joined(drawn, [len(part) for part in parts], called, mixed, untold), inputs.n, done),
        unreached=unreached,
    )


def _over_ties(
    inclusion: NDArray[np.float64], free: NDArray[np.bool_], got: int, sure: int, room: int, mean: float
) -> NDArray[np.float64]:
    """π of a group's rows over the ways in which ties fall, from the π that go with the number it got.

    Equal chances become those of the mean number, E[n_h]/N_h, and rows of a group that could get none have
    their chance times that of the group. Unequal chances of a group that is sure of a row stay those that go
    with its number: their weights are right however ties fall.

    Args:
        inclusion: π given the number of rows, shape (k,).
        free: Which of the rows are not pinned.
        got: Rows the group got beyond pinned ones.
        sure: The same at least, however ties fall.
        room: Its rows beyond pinned ones.
        mean: Rows it gets beyond pinned ones on average over ties.
    """
    if got == mean or (sure and not np.allclose(inclusion[free], got / room, rtol=1e-12)):
        return inclusion
    return np.where(free, inclusion * (mean / got), inclusion)


def _joined(
    drawn: list[DesignFacts | None], counts: list[int], names: list[str], order: Rows, untold: str
) -> DesignFacts:
    """What the variances inside groups must know, put together; parts inside a group keep apart."""
    codes: list[Rows] = []
    called: list[str] = []
    missed: list[NDArray[np.float64]] = []
    width = max(
        (0 if one is None or one.balance is None else one.balance.shape[1] for one in drawn), default=0
    )
    balance = np.zeros((sum(counts), width))
    for one, count, name, end in zip(drawn, counts, names, np.cumsum(counts), strict=True):
        inner = None if one is None else one.strata
        codes.append(len(called) + (np.zeros(count, np.int64) if inner is None else inner))
        called += [name] if one is None or inner is None else [f"{name}, {part}" for part in one.names]
        gap = np.zeros((1, width)) if one is None or inner is None else np.zeros((len(one.names), width))
        if one is not None and one.balance is not None:
            balance[end - count : end, : one.balance.shape[1]] = one.balance
            if one.missed is not None:
                gap[:, : one.missed.shape[1]] = one.missed
        missed.append(gap)
    return DesignFacts(
        strata=np.concatenate(codes)[order],
        names=tuple(called),
        balance=balance[order] if width else None,
        missed=np.concatenate(missed) if width else None,
        untold=untold or next((one.untold for one in drawn if one is not None and one.untold), ""),
    )


def _shares(
    inputs: Inputs, allocation: str, spread: str | None, exponent: float, codes: Rows, sizes: Rows
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """What each group should get, in any unit, and notes."""
    size = sizes.astype(np.float64)
    if allocation == "equal":
        return (size > 0).astype(np.float64), ()
    if allocation == "power":
        return np.where(size > 0, size**exponent, 0.0), ()
    if allocation == "proportional":
        return size, ()
    if spread is None:
        raise ParameterError(
            "Neyman allocation needs a column", "no spread column is named", "name a number column"
        )
    values = tamed(numbers(inputs, spread))
    here = np.isfinite(values)
    count = np.bincount(codes[here], minlength=len(size)).astype(np.float64)
    centre = np.bincount(codes[here], values[here], len(size)) / np.maximum(count, 1)
    square = np.bincount(codes[here], (values[here] - centre[codes[here]]) ** 2, len(size))
    deviation = np.sqrt(square / np.maximum(count - 1, 1))
    notes: tuple[str, ...] = ()
    if not here.all():
        notes = (f"Rows without {spread} were left out of its spread: {int((~here).sum()):,}.",)
    if not (deviation > 0).any():
        return size, (*notes, f"{spread} does not vary within any group, so the allocation is proportional.")
    return size * deviation, notes
