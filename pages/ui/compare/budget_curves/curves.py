"""The view Budget curves: metrics of each strategy against the budget, with thresholds and a slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.analysis.budget_curves.result import Curves
from core.analysis.budget_curves.run import budget_grid
from core.analysis.budget_curves.smallest_budget import Goal
from core.analysis.budget_curves.unmeasured import of_curves
from core.analysis.random_band.measure import FULL
from core.foundation.arrays.knee import RULE
from core.foundation.errors import Cancelled
from core.foundation.number_format import number
from core.foundation.progress import Progress
from core.foundation.wording import count, listed
from core.metrics.declaration import METRICS
from core.report.charts import curves as drawn
from core.report.charts.curve_panels import panels_of
from core.report.charts.theme import Slot
from core.study.budget_curves import curves_study
from core.study.expected_work import curves_seconds
from core.study.study import Study
from pages.ui.compare.choices import missing_needs
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache, jobs
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.tables import csv_button

from .slider import slide
from .smallest_budget_view import AT_ONCE, pick_goals, show_answers

BANDS = {39: "39, quick", FULL: f"{FULL}, full"}


@dataclass(frozen=True)
class CurveRequest:
    """The curves that a run asks for.

    Args:
        name: Key of the work.
        study: The study of the run, under its own recipe.
        budgets: Rows to measure at.
        band: Random subsets.
        seconds: What it should take.
    """

    name: str
    study: Study
    budgets: tuple[int, ...]
    band: int
    seconds: float


def show(view: RunView) -> None:
    """Curves of the strategies of this run, thresholds, and the slider."""
    band = choose(
        st.segmented_control,
        "Random subsets at each budget",
        list(BANDS),
        format_func=lambda size: BANDS[size],
        first=min(BANDS),
        required=True,
        key="cmp_curves_band",
        persist_state="session",
        help="39 give a coarse strip; 199 the strip that comparisons use.",
    )
    asked = request_of(view, band)
    found = background_work.offer(
        asked.name,
        f"Measuring {len(asked.budgets)} budgets",
        f"Measure {len(asked.budgets)} budgets",
        "budget curves",
        asked.seconds,
        lambda progress: _make(view, asked, progress),
        where="cmp_curves",
        blocked="Wait until the comparison has ended." if view.live else "",
        at_once=AT_ONCE,
    )
    if found is None:
        found = cache.results().get(_so_far(asked.name))
        _await_more(asked.name, 0 if found is None else len(found.curves))
        if found is None:
            st.caption(
                f"Every strategy at {_listed(asked.budgets)} rows, beside {band} random subsets at each. "
                "A strategy whose ranking holds every smaller subset as its first rows runs once."
            )
            return
    if not found.curves:
        return
    names = _pick_metrics(found)
    goals = pick_goals(names)
    show_curves(view, asked.name, found, names, goals)
    if found.partial:
        st.caption(
            f"{len(found.curves)} of {count(len(view.slots), 'strategy', 'strategies')} measured. Thresholds "
            "and the slider come when all are."
        )
        return
    if goals:
        show_answers(view, asked.name, found, goals)
    slide(view, asked.name, found, names)


def request_of(view: RunView, band: int) -> CurveRequest:
    """What a run's curves rest on, and what they should take."""
    recipe, study = view.run.recipe, view.study
    n, asked = view.comparison.population, view.comparison.budget
    pins = len(recipe.pins)
    budgets = budget_grid(n, asked, pins)
    choices = [one for one in recipe.strategies if not missing_needs.lacking(one, study)]
    ready = n == len(study.data) and view.maps.graph_ready()
    d = view.maps.features().matrix.shape[1]
    seconds = curves_seconds(study, choices, n, d, budgets, seeds=recipe.seeds, band=band, graph_ready=ready)
    return CurveRequest(cache.name_of("curves", [view.run.key, budgets, band]), study, budgets, band, seconds)


def _so_far(name: str) -> str:
    return f"{name}/so-far"


def _make(view: RunView, request: CurveRequest, progress: Progress) -> Curves:
    """The curves; what is done when somebody stops it stays beside them."""
    recipe, kept = view.run.recipe, cache.results()
    made = curves_study(
        request.study,
        recipe.strategies,
        recipe.budget,
        [str(budget) for budget in request.budgets],
        seeds=recipe.seeds,
        band=request.band,
        progress=progress,
        on_result=lambda so_far: kept.put(_so_far(request.name), so_far),
    )
    if made.partial:
        kept.put(_so_far(request.name), made)
        raise Cancelled
    kept.put(_so_far(request.name), None)  # lets go of it
    return made


def _await_more(name: str, drawn_now: int) -> None:
    """Redraw the page when another strategy has been measured."""

    @st.fragment(run_every=jobs.poll_seconds())
    def look() -> None:
        found = cache.results().get(_so_far(name))
        if found is not None and len(found.curves) != drawn_now:
            st.rerun()

    job = cache.runner().get(name)
    if job is not None and job.live:
        look()


# ---- choices -----------------------------------------------------------------------------------------


def _pick_metrics(curves: Curves) -> list[str]:
    chosen = st.multiselect(
        "Metrics",
        list(curves.metrics),
        default=list(curves.headlines or curves.metrics[:4]),
        format_func=lambda name: METRICS[name].label,
        key="cmp_curves_metrics",
        persist_state="session",
    )
    return [name for name in curves.metrics if name in chosen]


# ---- curves ------------------------------------------------------------------------------------------


def show_curves(
    view: RunView, name: str, curves: Curves, names: Sequence[str], goals: Sequence[Goal]
) -> None:
    """The curves, how to read them, their knees and gaps, and the table."""
    if not names:
        st.info("Choose at least one metric.", icon=":material/show_chart:")
        return
    items = panels_of(curves, view.slots, names, goals)
    chart(
        drawn.curves(items, curves.budgets, curves.asked, theme=theme()),
        key="cmp_curves_figure",
        alt=drawn.curves_alt(items, curves.budgets, curves.asked),
        table="“As a table” below",
    )
    several = max((curve.runs for curve in curves.curves), default=1)
    size = curves.band[0].size
    coarse = " With so few the strip is coarse, and nothing is called beyond it." if curves.preview else ""
    narrow = f" Stronger: where means of {several} of them lie." if several > 1 else ""
    nested = [one.letter for one, curve in zip(view.slots, curves.curves, strict=False) if curve.nested]
    st.caption(
        f"Strip: where 95 in 100 of {size} random subsets of that size lie.{narrow}{coarse} Upright line: "
        f"the {count(curves.asked, 'row')} asked for. ◇ knee. Weights play no part here: the values are of "
        f"the rows held. {_ran_once(nested)}"
    )
    bends = knees(curves, view.slots, names)
    for line in [*bends, *gaps(curves, view.slots), *map(plain, of_curves(curves, names))]:
        st.markdown(f"- {line}")
    st.caption(plain(RULE if bends else f"No knee is marked here. {RULE}", 800))
    with st.expander("As a table", key="cmp_curves_table"):
        table = cache.share(cache.name_of("curves-table", [name, len(curves.curves)]), curves.table)
        part = table[table.metric.isin(names)]
        st.dataframe(
            part[
                [
                    "strategy",
                    "rows",
                    "budget",
                    "label",
                    "mean",
                    "lowest",
                    "highest",
                    "band_low",
                    "band_high",
                    "knee",
                ]
            ],
            hide_index=True,
            key="cmp_curves_frame",
            alt="Each strategy's metrics at each budget, beside the random band.",
        )
        csv_button(table, "curves.csv", "cmp_curves_csv", "All metrics, budgets and strategies.")


def _ran_once(letters: Sequence[str]) -> str:
    if not letters:
        return "Each of these strategies ran again at every budget."
    return f"{', '.join(letters)} ran once, at the largest budget: smaller ones are the first rows of it."


def knees(curves: Curves, slots: Sequence[Slot], names: Sequence[str]) -> list[str]:
    """Pronounced bends, one line per metric; whether random subsets bend there too."""
    lines = []
    for name in names:
        luck = curves.chance_knee(name)
        told = []
        for at, one in enumerate(slots[: len(curves.curves)]):
            bend = curves.knee(at, name)
            if bend is None:
                continue
            too = luck is not None and luck.low <= bend.budget <= luck.high
            told.append(
                f"{one.letter} between {bend.low:,} and {count(bend.high, 'row')}"
                + (", where random subsets bend too" if too else "")
            )
        if told:
            lines.append(f"**Knee of {plain(METRICS[name].label)}**: {'; '.join(told)}.")
    return lines


def gaps(curves: Curves, slots: Sequence[Slot]) -> list[str]:
    """Budgets that a strategy refused, with its reason; strategies that hold fewer rows than asked."""
    lines = []
    for one, curve in zip(slots, curves.curves, strict=False):
        name = f"**{one.letter} · {plain(one.label)}**"
        if curve.reason:
            lines.append(f"{name} has no curve: {plain(curve.reason, 300).rstrip('.')}.")
            continue
        missing = [budget for budget, why in zip(curves.budgets, curve.reasons, strict=True) if why]
        if missing:
            why = next(why for why in curve.reasons if why)
            lines.append(f"{name} has a gap at {_listed(missing)} rows: {plain(why, 300).rstrip('.')}.")
        held = curve.held.mean(axis=1)
        fewer = [step for step, budget in enumerate(curves.budgets) if held[step] and held[step] != budget]
        if fewer:
            said = ", ".join(
                f"{number(float(held[step]))} at {curves.budgets[step]:,}" for step in fewer[-3:]
            )
            lines.append(f"{name} does not hold exactly the budget: {said}.")
    return lines


def _listed(budgets: Sequence[int]) -> str:
    if len(budgets) > 4:
        return f"{budgets[0]:,} to {budgets[-1]:,}"
    return listed([f"{budget:,}" for budget in budgets])
