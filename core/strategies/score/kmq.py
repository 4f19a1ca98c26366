"""kMQ: clusters first, then draws inside each by quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import BudgetError, ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import clause
from ...foundation.wording import count as counted
from ...model.derived import Groups
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Size, Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.allocation import UNTOLD, group_luck, split, told_ties
from ..parts.population_inclusion import compact
from ..parts.weighted_draws import interleave, pins_first, successive
from ..variance import NO_CHANCES, VarianceEstimator, VarianceMethod
from ..wishes import Wish


def _spread(params: Mapping[str, Any]) -> VarianceEstimator:
    return VarianceEstimator(VarianceMethod.REPLACEMENT) if params["variant"] == "paper" else NO_CHANCES


@declare(
    id="kmq",
    version=2,
    label="kMQ-style (groups × score)",
    sentence="Gives every group its share, and inside each group a better chance to rows with higher scores.",
    family="quality",
    needs={Need.GROUPS, Need.SCORES},
    promises=Promises(size=Size.AT_MOST),
    weight=Weight.PARAMETER,
    variance=_spread,
    cost=Cost(
        work=lambda n, d, k: {"keyed": n, "scan": 40.0 * n},
        memory=lambda n, d, k: 400.0 * n + 2**24,
        text="O(n) time and memory",
    ),
    when="You trust the score, but a plain ranking by it would lose whole topics.",
    when_not="The score is noise, or the subset must estimate something about all rows.",
    answers={Wish.QUALITY},
    paper=Reference(
        "S. Yu, L. Chen, S. Ahmadian, M. Fadaee",
        2024,
        "Diversify and Conquer: Diversity-Centric Data Selection with Iterative Refinement",
        "arXiv",
        "arXiv:2409.11378",
        "No feedback rounds. 'aliquot': the paper's quotas, drawn without replacement by softmax; "
        "'paper': with replacement, in proportion to the score; 'code': equal quotas ⌊b/k⌋, without "
        "replacement by softmax, nothing handed on, so fewer rows than asked.",
    ),
)
def kmq(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    variant: Annotated[
        Literal["aliquot", "paper", "code"],
        Par("Ours (exact size), as the paper says (rows may repeat), or as its code does (may fall short)."),
    ] = "aliquot",
    temperature: Annotated[
        float,
        Par(
            "Softmax of score / temperature: small favours the best, large is uniform.",
            0.01,
            100,
            log=True,
            advanced=True,
        ),
    ] = 1.0,
) -> Picks:
    """Quotas over groups of scored rows, then weighted draws."""
    assert inputs.groups is not None
    assert inputs.scores is not None
    groups, q = inputs.groups, inputs.scores
    progress(0, 1, "drawing")
    scored = np.isfinite(q)
    usable = scored.copy()
    usable[inputs.pins] = True
    notes: tuple[str, ...] = ()
    if not usable.all():
        notes = (
            f"{clause(int((~usable).sum()), 'row', 'without a score was', 'without a score were')} left out.",
        )
    if variant != "code" and int(usable.sum()) < budget and variant == "aliquot":
        raise BudgetError(
            f"A budget of {counted(budget, 'row')} cannot be drawn",
            f"only {clause(int(usable.sum()), 'row', 'has', 'have')} a score",
            "lower the budget or score more rows",
        )
    sizes = np.bincount(groups.codes[usable], minlength=len(groups.names))
    free = usable.copy()
    free[inputs.pins] = False
    if variant == "paper":
        return _paper(inputs, groups, q, free, sizes, budget, draws, notes)
    pinned = np.bincount(groups.codes[inputs.pins], minlength=len(sizes))
    luck = group_luck(draws, groups.codes, len(sizes))
    if variant == "aliquot":
        quota = split(sizes, budget, taken=pinned, luck=luck).quota
    else:
        quota = np.maximum(np.minimum(sizes, budget // max(1, int((sizes > 0).sum()))), pinned)
        over = int(quota.sum()) - budget
        for group in np.lexsort((luck, pinned - quota)):  # pins beyond a quota are paid by the others
            if over <= 0:
                break
            less = min(over, int(quota[group] - pinned[group]))
            quota[group] -= less
            over -= less
        if int(quota.sum()) < budget:
            notes += (
                f"Equal whole quotas give {int(quota.sum()):,} of {counted(budget, 'row')}, as the "
                "authors' code.",
            )
    u = draws.uniforms()
    parts = [inputs.pins]
    for group in np.flatnonzero(quota > pinned):
        rows = np.flatnonzero(free & (groups.codes == group))
        parts.append(rows[successive(u[rows], q[rows] / temperature, int(quota[group] - pinned[group]))])
    order = interleave([len(part) for part in parts if len(part)])
    chosen = np.concatenate(parts)[order]
    chosen = chosen[pins_first(chosen, inputs.pins)].astype(np.int64)
    return Picks(
        chosen,
        quota={groups.names[group]: int(quota[group]) for group in np.flatnonzero(sizes)},
        notes=notes,
    )


def _paper(
    inputs: Inputs,
    groups: Groups,
    q: NDArray[np.float64],
    free: NDArray[np.bool_],
    sizes: Rows,
    budget: int,
    draws: Draws,
    notes: tuple[str, ...],
) -> Picks:
    """Draws with replacement in proportion to the score; pins once each, with weight 1."""
    if (q[free] < 0).any():
        raise ParameterError(
            "kMQ as in the paper cannot use these scores", "some are negative", "choose variant aliquot"
        )
    pinned = np.bincount(groups.codes[inputs.pins], minlength=len(sizes))
    room = np.bincount(groups.codes[free], minlength=len(sizes))
    unscored = inputs.n - int(free.sum()) - len(inputs.pins)
    if not room.any() and budget > len(inputs.pins):
        raise BudgetError("No row can be drawn", "none has a score", "score some rows")
    # With replacement a group may give more draws than it has rows, so only empty groups are capped.
    made = split(
        np.full(len(sizes), budget),
        budget,
        sizes,
        taken=pinned,
        caps=np.where(room > 0, budget, pinned),
        luck=group_luck(draws, groups.codes, len(sizes)),
    )
    quota, over = made.quota, made.passed_over(pinned)
    mean = made.expected if over.any() else quota
    parts, times, weights = [inputs.pins], [np.ones(len(inputs.pins), np.int64)], [np.ones(len(inputs.pins))]
    never = 0
    codes = [groups.codes[inputs.pins]]
    expected = np.zeros(inputs.n)
    for group in np.flatnonzero(quota > pinned):
        rows = np.flatnonzero(free & (groups.codes == group))
        count = int(quota[group] - pinned[group])
        total = float(q[rows].sum())
        if total <= 0:
            notes += (f"All scores of {groups.names[group]} are 0: its rows had equal chances.",)
        else:
            never += int((q[rows] == 0).sum())
        chance = q[rows] / total if total > 0 else np.full(len(rows), 1.0 / len(rows))
        ends = np.cumsum(chance)
        at = np.searchsorted(
            ends / ends[-1], draws.generator(f"draws/{groups.names[group]}").random(count), "right"
        )
        which, first, often = np.unique(at, return_index=True, return_counts=True)
        order = np.argsort(first, kind="stable")
        which, often = which[order], often[order]
        expected[rows] = count * chance
        parts.append(rows[which])
        codes.append(np.full(len(which), group, np.int64))
        times.append(often.astype(np.int64))
        weights.append(often / ((mean[group] - pinned[group]) * chance[which]))
    if never:
        notes += (
            f"{counted(never, 'row')} of score 0 had no chance, so whole-population totals are refused.",
        )
    if over.any():
        notes += (told_ties(groups.names, over, quota == pinned),)
    if ((made.expected == pinned) & (room > 0)).any():
        notes += ("Some groups got no draw, so whole-population totals are refused.",)
    return Picks(
        np.concatenate(parts).astype(np.int64),
        weight=np.concatenate(weights),
        multiplicity=np.concatenate(times),
        quota={groups.names[group]: int(quota[group]) for group in np.flatnonzero(sizes)},
        notes=notes,
        drawn=DesignFacts(
            strata=np.concatenate(codes).astype(np.int64),
            names=groups.names,
            all_chances=compact(expected),
            all_strata=groups.codes.astype(np.int32),
            untold=UNTOLD if over.any() else "",
        ),
        unreached=never + unscored + int(room[made.expected == pinned].sum()),
    )
