"""Thresholds on metrics, and the smallest budget of each strategy that meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.analysis import expected_work
from core.analysis.budget_curves.result import Curves
from core.analysis.budget_curves.smallest_budget import (
    Goal,
    SmallestBudget,
    SmallestBudgets,
    goal,
    smallest_budget,
)
from core.foundation.errors import AliquotError
from core.foundation.number_format import number
from core.foundation.wording import count
from core.metrics.declaration import METRICS
from core.report.charts.theme import Slot
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache, jobs, number_fields
from pages.ui.shared.drawing import ACROSS
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key

AT_ONCE = 3.0  # seconds; shorter work starts without a click
SIDES = {"higher": ("≥",), "lower": ("≤",), "none": ("≥", "≤")}


def pick_goals(names: Sequence[str]) -> list[Goal]:
    """Thresholds that were typed, one field per metric (two where neither way is better)."""
    sides = [(name, side) for name in names for side in SIDES[METRICS[name].direction]]
    values: dict[str, dict[str, float]] = {}
    with st.expander("Which budget is enough? Set thresholds", key="cmp_curves_ask", icon=":material/flag:"):
        st.caption("The smallest budget at which every threshold holds, there and at all larger ones.")
        for first in range(0, len(sides), ACROSS):
            columns = st.columns(ACROSS, gap="small", vertical_alignment="bottom")
            for column, (name, side) in zip(columns, sides[first : first + ACROSS], strict=False):
                with column:
                    limit = number_fields.field(
                        st.text_input,
                        f"{METRICS[name].label} {side}",
                        None,
                        number_fields.optional(number_fields.decimal(METRICS[name].label)),
                        placeholder="no threshold",
                        key=key("cmp", "curves", "goal", name, "high" if side == "≤" else "low"),
                        help=f"{METRICS[name].sentence} Values: {METRICS[name].range}.",
                    )
                if limit is not None:
                    values.setdefault(name, {})[side] = limit
    goals = []
    for name, given in values.items():
        try:
            if METRICS[name].direction == "none":
                goals.append(goal(name, given.get("≥"), given.get("≤")))
            else:
                goals.append(goal(name, next(iter(given.values()))))
        except AliquotError as error:
            jobs.error_box(error)
    return goals


def show_answers(view: RunView, name: str, curves: Curves, goals: Sequence[Goal]) -> None:
    """The smallest budget of each strategy, in sentences and as a table.

    Args:
        view: The run.
        name: Key of its curves.
        curves: The curves.
        goals: Thresholds, at least one.
    """
    question = cache.name_of("smallest", [name, [[one.metric, one.low, one.high] for one in goals]])
    nested = [curve for curve in curves.curves if curve.nested and curve.values]
    sizes = 2.0 * 64 * curves.budgets[-1] * sum(curve.runs for curve in nested)
    made = background_work.offer(
        question,
        "Finding the smallest budgets",
        "Find the smallest budgets",
        "smallest budget",
        measuring(curves, sizes),
        lambda progress: smallest_budget(curves, goals, progress=progress),
        where="cmp_smallest",
        at_once=AT_ONCE,
    )
    if made is None:
        return
    st.markdown(f"#### Smallest budget with {' and '.join(_goal_words(one) for one in goals)}")
    for one, line in zip(view.slots, made.answers, strict=False):
        st.markdown(f"- **{one.letter} · {plain(one.label)}** {sentence(curves, made, line)}")
    st.markdown(f"- **Luck alone** {luck_sentence(made)}")
    rows = [_answer_row(curves, one, line) for one, line in zip(view.slots, made.answers, strict=False)]
    with st.expander("As a table", key="cmp_smallest_table"):
        st.table(rows, hide_index=True, alt="The smallest budget of each strategy.")


def _goal_words(one: Goal) -> str:
    label = plain(METRICS[one.metric].label)
    sides = (("≥", one.low), ("≤", one.high))
    parts = [f"{sign} {number(limit)}" for sign, limit in sides if limit is not None]
    return f"{label} {' and '.join(part for part in parts if part)}"


def sentence(curves: Curves, answers: SmallestBudgets, line: SmallestBudget) -> str:
    """What one strategy needs."""
    curve = curves.curves[line.strategy]
    if curve.reason:
        return f"has no values: {plain(curve.reason, 300).rstrip('.')}."
    if line.budget is None:
        return f"does not reach it within {count(answers.largest, 'row')}."
    told = f"needs {count(line.budget, 'row')}"
    if line.above is None:
        told += ", the smallest budget measured: fewer may do"
    elif line.step == 1:
        told += f" (with {line.above:,} it misses)"
    elif line.step == 0:
        told += f", or fewer: between {line.above:,} and {line.budget:,} it was not run"
    else:
        told += f" (with {line.above:,} it misses; every {count(line.step, 'row')} were looked at)"
    if round(line.held) != line.budget:
        told += f", of which it holds {number(line.held)}"
    if curve.runs > 1:
        worst = "does not reach it" if line.worst is None else f"needs {line.worst:,}"
        told += f", by the mean of {curve.runs} seeds (the worst, of the budgets measured, {worst})"
    kind = f"means of {curve.runs} random subsets" if curve.runs > 1 else "random subsets"
    return f"{told}. {_share(line.chance, answers.size)} {kind} of this size meet it too."


def _share(value: float, size: int) -> str:
    return f"{round(value * size)} of {size}"


def luck_sentence(answers: SmallestBudgets) -> str:
    """What random subsets need, by how many of those drawn; too few for a percentage."""
    if answers.luck is None:
        return f"does not give it to {answers.most_lucky} within {count(answers.largest, 'row')}."
    first = count(answers.luck, "row")
    return f"gives it to at least {answers.most_lucky}, at each budget measured from {first} on."


def _answer_row(curves: Curves, one: Slot, line: SmallestBudget) -> Mapping[str, str]:
    curve, size = curves.curves[line.strategy], curves.band[0].size
    met = line.budget is not None
    return {
        "Strategy": f"{one.letter} {plain(one.label, 30)}",
        "Smallest budget": f"{line.budget:,}" if line.budget is not None else "not reached",
        "Misses at": f"{line.above:,}" if met and line.above is not None else "–",
        "Seeds": f"{curve.runs}",
        "Worst seed": f"{line.worst:,}" if line.worst is not None else "–",
        "Random subsets that meet it": _share(line.chance, size) if met else "–",
        "Looked at": (
            "every size"
            if line.step == 1
            else f"every {count(line.step, 'row')}"
            if line.step
            else "budgets measured"
        ),
    }


def measuring(curves: Curves, rows: float) -> float:
    """Seconds for measuring subsets of so many rows together.

    Args:
        curves: Their population.
        rows: Rows of all subsets, added up.
    """
    return (
        expected_work.measuring(curves.population, curves.pool.inputs.d, rows)
        * expected_work.measuring_rate()
    )
