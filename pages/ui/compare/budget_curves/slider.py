"""Subsets at any budget on a slider: the first rows of nested rankings, nothing run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core.analysis.budget_curves.result import Curves
from core.analysis.random_band.several_budgets import band_at
from core.foundation.number_format import number
from core.foundation.wording import count, listed
from core.metrics.declaration import METRICS
from core.model.budget import Budget
from core.report.charts import strips
from core.report.charts.theme import Slot
from pages.ui.compare.choices import budget_field
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import cache, state
from pages.ui.shared.drawing import reserved
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.subset_map import subset_maps

from .smallest_budget_view import measuring

_TAKEN = "budget taken from the slider"
QUICK = 1.0  # seconds that moving the slider may take


def slide(view: RunView, name: str, curves: Curves, names: Sequence[str]) -> None:
    """Subsets and their values at any budget, without running anything."""
    st.markdown("#### Move the budget")
    if len(curves.budgets) < 2 or all(curve.reason for curve in curves.curves):
        st.caption("There is only one budget.")
        return

    @st.fragment
    def look() -> None:
        _slide(view, name, curves, names)

    look()


def _slide(view: RunView, name: str, curves: Curves, names: Sequence[str]) -> None:
    if state.transient(_TAKEN, lambda: False):
        # The click ran this part alone, and its button, now disabled, tells nothing: the page is drawn again.
        state.set_transient(_TAKEN, False)
        st.rerun()
    low, high = curves.budgets[0], curves.budgets[-1]
    where = "cmp_curves_slider"
    held = state.widget(where)
    if held is None or not low <= held <= high:
        state.set_widget(where, curves.asked)
    left, right = st.columns([5, 1], gap="medium", vertical_alignment="bottom")
    budget = int(left.slider("Rows", min_value=low, max_value=high, step=1, key=where))
    right.button(
        "Use this budget",
        key="cmp_curves_use",
        icon=":material/check:",
        on_click=use_budget,
        args=(budget,),
        disabled=state.app().recipe.budget == str(budget),
        help="Writes it into the budget above; press Run to compare there.",
    )
    at = [curve.nearest(budget) for curve in curves.curves]
    rows = [
        (one, None if near is None else curves.rows(place, near))
        for place, (one, near) in enumerate(zip(view.slots, at, strict=False))
    ]
    if view.layout is None:
        reserved(260, "The maps of the subsets come here.")
    else:
        subset_maps(view.maps, view.layout, rows, name="curves", waiting="no rows", height=200)
    table, notes = values_at(curves, name, view.slots, at, budget, names)
    st.table(table, hide_index=True, alt=f"Metrics of the subsets at {count(budget, 'row')}.")
    several = any(curve.runs > 1 for curve in curves.curves)
    st.caption(
        " ".join(
            [
                "Nothing is run again: where a strategy ranks rows, a smaller subset is its first rows.",
                *(["Maps are of the first seed, values the mean over seeds."] if several else []),
                *notes,
            ]
        )
    )


def use_budget(rows: int) -> None:
    """Callback: a number of rows into the recipe, and into the widgets that show it."""
    budget_field.take(Budget.parse(rows))
    state.note(f"Set the budget to {count(rows, 'row')}")
    state.set_transient(_TAKEN, True)


def values_at(
    curves: Curves,
    name: str,
    slots: Sequence[Slot],
    at: Sequence[int | None],
    budget: int,
    names: Sequence[str],
) -> tuple[list[dict[str, str]], list[str]]:
    """Metrics of every subset at a budget as a table, and what a reader must know of it.

    A nested strategy is measured there, once per budget; the others show the nearest budget that was run.
    """
    total = sum(curve.runs for curve in curves.curves if curve.nested and curve.values) * float(budget)
    exact = measuring(curves, total) <= QUICK
    columns: dict[str, Mapping[str, float]] = {}
    notes = []
    for place, (one, near) in enumerate(zip(slots, at, strict=False)):
        curve, head = curves.curves[place], f"{one.letter} {plain(one.label, 30)}"
        if near is None:
            columns[head] = {}
            continue
        if curve.nested and exact:
            columns[head] = _measured(curves, name, place, near, names)
        else:
            known = [step for step, why in enumerate(curve.reasons) if not why]
            step = min(known, key=lambda step, near=near: abs(np.log(curves.budgets[step] / near)))
            near = curves.budgets[step]
            columns[head] = {metric: float(curves.means(place, metric)[step]) for metric in names}
        if near != budget:
            why = (
                "shows its nearest measured budget"
                if curve.nested
                else "is chosen again at each budget: nearest budget run"
            )
            notes.append(f"{one.letter} {why}, {count(near, 'row')}.")
        mine = curve.inner(near)
        if mine is not None and len(mine) != near:
            notes.append(f"{one.letter} holds {count(len(mine), 'row')} there; chance is of {near:,}.")
    chance, told = _chance(curves, name, slots, budget, names)
    table = []
    for metric in names:
        arrow = METRICS[metric].arrow or "↔"
        row = {"Metric": f"{METRICS[metric].label} {arrow}"}
        for head, limits in chance.items():
            low, high = limits[metric]
            row[head] = (
                strips.span((low, high), METRICS[metric].unit) if np.isfinite([low, high]).all() else "–"
            )
        for head, values in columns.items():
            row[head] = number(values[metric], METRICS[metric].unit) if metric in values else "–"
        table.append(row)
    return table, [*notes, told]


def _chance(
    curves: Curves, name: str, slots: Sequence[Slot], budget: int, names: Sequence[str]
) -> tuple[dict[str, dict[str, tuple[float, float]]], str]:
    """What random subsets reach at a budget, single ones and means of seeds, and how to read it.

    Measured at that budget where it is quick, else those of the nearest budget that was measured.
    """
    runs = sorted({curve.runs for curve in curves.curves if not curve.reason})
    several, band = runs[-1], min(curves.band, key=lambda one: abs(np.log(one.budget / budget)))
    if band.budget != budget and measuring(curves, float(band.size * several * budget)) <= QUICK:
        parts = [name, budget, list(names), several]
        band = cache.remember(
            cache.name_of("chance-at", parts),
            lambda: band_at(
                curves.pool, [budget], size=band.size, seeds=several, seed=curves.seed, metrics=names
            )[0],
        )
    columns, whose = {}, []
    for many in (many for many in runs if many in band.values):
        head = "95 % of random subsets" if many == 1 else f"95 % of means of {many}"
        columns[head] = {metric: band.limits(metric, many) for metric in names}
        mine = [one.letter for one, curve in zip(slots, curves.curves, strict=False) if curve.runs == many]
        whose.append(f"the {'single ones' if many == 1 else f'means of {many}'} beside {listed(mine)}")
    there = "" if band.budget == budget else f" at {count(band.budget, 'row')}, the nearest measured"
    beside = f": {' and '.join(whose)}" if len(whose) > 1 else ""
    coarse = "; with so few they are coarse" if band.preview else ""
    return columns, f"Chance is of {band.size} random subsets{there}{beside}{coarse}."


def _measured(
    curves: Curves, name: str, place: int, budget: int, names: Sequence[str]
) -> Mapping[str, float]:
    """Means over seeds of a nested strategy's first rows."""

    def make() -> dict[str, float]:
        return {
            metric: float(value.mean()) for metric, value in curves.measure(place, [budget], names).items()
        }

    made: Mapping[str, float] = cache.remember(
        cache.name_of("curve-at", [name, place, budget, list(names)]), make
    )
    return made
