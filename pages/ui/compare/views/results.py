"""A comparison on the screen: strips, table, overlap, gains, notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from core.analysis.comparison.leader import AHEAD
from core.analysis.comparison.measurements import Result
from core.analysis.comparison.result import Comparison
from core.analysis.comparison.unmeasured import LACKING, in_words
from core.foundation.durations import show_took
from core.metrics.declaration import METRICS, QUESTIONS, WEIGHTED, Metric
from core.metrics.predictions import STRATA
from core.report.charts import figures
from core.report.charts.figures import Shown, number
from core.strategies.declaration import STRATEGIES
from pages.ui.compare.choices import question
from pages.ui.compare.run.view import Seen
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.safe_words import apart, count, listed, plain

from .row import distance_words

ACROSS = 4
MARKS = {True: "▲", False: "▼", None: "◆"}


def metric_of(name: str) -> Metric:
    """The metric behind a name, its weighted form included."""
    return METRICS[name.removesuffix(WEIGHTED)]


def label_of(name: str) -> str:
    """A metric's label; the weighted form says so."""
    return metric_of(name).label + (" (weighted)" if name.endswith(WEIGHTED) else "")


# ---- sentences ---------------------------------------------------------------------------------------


def sentence(found: Comparison, at: int) -> str:
    """One plain sentence on a subset, safe for Markdown; a number and its % stay on one line.

    The arrow says that the further metrics stand elsewhere: in the view “All metrics”.
    """
    said = plain(found.sentence(at), 500).replace(" %", "\u00a0%")
    return re.sub(r"(\d further metrics?)", r"\1 →", said, count=1)


# ---- strips ------------------------------------------------------------------------------------------


def strips(
    found: Comparison, slots: Sequence[Shown], metrics: Sequence[str], where: str, *, labels: float = 0.3
) -> None:
    """Metrics under the question they answer, and a line on those that could not be measured."""
    made = {name: figures.strip_of(found, slots, name) for name in metrics}
    here = [strip for strip in made.values() if strip is not None]
    if here:
        figure = figures.strips(here, theme=theme(), labels=labels)
        chart(figure, key=f"cmp_strips_{where}", alt=figures.strips_alt(here))
    asides(found, metrics)


def asides(found: Comparison, metrics: Sequence[str]) -> None:
    """Which of these metrics look at some of the groups only, and which were not measured, and why."""
    lines = in_words(found, metrics)
    if lines:
        st.caption("  \n".join(plain(line, 400) for line in lines))


def legend(found: Comparison) -> str:
    """How to read the strips, as one line."""
    if found.preview:
        return (
            f"Preview beside {found.band.size} random subsets: values only, no verdicts. "
            "Strip: where 95 in 100 random subsets lie. Right is better." + figures.own_size_words(found)
        )
    one = f"{found.band.size} {found.beside}"
    several = f" The stronger strip is for means of {found.seeds[-1]} seeds." if len(found.seeds) > 1 else ""
    return (
        f"Strip: where 95 in 100 of {one} lie.{several}{figures.own_size_words(found)} Right is better. "
        "Filled: beyond what luck reaches, all metrics and strategies considered. Hollow: "
        f"{found.band.nothing}; also beyond its strip, since among so many dots luck puts some there."
    )


def by_question(metrics: Sequence[str]) -> list[str]:
    """Metrics under the question that they answer, otherwise in their order."""
    asked = list(QUESTIONS)
    return sorted(metrics, key=lambda name: asked.index(metric_of(name).question))


def only(found: Comparison, at: int, seed: int) -> Comparison:
    """The same comparison with one subset left in it.

    Of a strategy with several seeds it is the subset of this one, with its own values and no verdicts:
    those are about the mean, and a subset picked from several would need others.
    """
    result, verdicts = found.results[at], found.verdicts[at]
    if len(result.selections) > 1:
        mine = [place for place, chosen in enumerate(result.selections) if chosen.seed == seed]
        result = replace(
            result,
            selections=tuple(result.selections[place] for place in mine),
            metrics=tuple(result.metrics[place] for place in mine),
            band=None if result.band is None else result.band.alone(mine[0]),
        )
        verdicts = {}
    return replace(found, results=(result,), verdicts=(verdicts,), best={})


# ---- table -------------------------------------------------------------------------------------------


def table(found: Comparison, slots: Sequence[Shown], metrics: Sequence[str]) -> None:
    """The same as text: what lies within reach of chance is grey."""
    rows = []
    of = found.seeds[0] if len(found.seeds) == 1 else 1
    for name in metrics:
        strip = figures.strip_of(found, slots, name)
        metric = metric_of(name)
        if strip is None:
            continue
        row = {
            "Question": QUESTIONS[metric.question],
            "Metric": f"{label_of(name)} {metric.arrow or '↔'}",
            f"95 % of {found.beside}": figures.reach_words(found.reach(name), metric.unit, of),
        }
        for at, one in enumerate(slots):
            row[f"{one.letter} {plain(one.label, 30)}"] = _cell(found, at, name)
        rows.append(row)
    st.table(
        rows,
        hide_index=True,
        alt=f"Metrics of {len(slots)} subsets beside the random band; the strips above in numbers.",
    )
    if found.preview:
        st.caption("Preview: no cell is grey and none is marked until the full band is drawn.")
    else:
        st.caption(
            f"Grey: {found.band.nothing}. ▲ better and ▼ worse than luck "
            f"reaches, ◆ beyond it where neither way is better, ★ {AHEAD}. ↑ higher is better, "
            "↓ lower is better, ↔ neither."
        )
    asides(found, metrics)


def table_view(seen: Seen) -> None:
    """The metrics that are shown first, as text."""
    table(seen.found, seen.slots, question.headlines(seen.found))


def all_metrics(seen: Seen) -> None:
    """Every metric under the question it answers, as strips and as text."""
    names = by_question(seen.found.metrics)
    strips(seen.found, seen.slots, names, "all")
    with st.expander("As a table", key="cmp_all_table"):
        table(seen.found, seen.slots, names)


def _cell(found: Comparison, at: int, name: str) -> str:
    if at >= len(found.results) or name not in found.results[at].means:
        return "–"
    value = number(found.results[at].means[name])
    own = figures.own_words(found, name, at)
    verdict = found.verdicts[at].get(name)
    if found.preview or verdict is None:
        return value + own
    if not verdict.marked:
        return f":gray[{value}{own}]"
    star = " ★" if found.best.get(name) == at else ""
    return f"**{value}** {MARKS[verdict.better]}{star}{own}"


# ---- overlap, gains, notes -------------------------------------------------------------------------


def overlap(seen: Seen) -> None:
    """Shared rows of pairs of subsets."""
    found, slots = seen.found, seen.slots
    here = [at for at, result in enumerate(found.results) if result.selections]
    if len(here) < 2:
        st.info("Overlap needs two subsets.", icon=":material/join_inner:")
        return
    part = np.ix_(here, here)
    chosen = [slots[at] for at in here]
    chart(
        figures.overlap(found.overlap[part], found.overlap_chance[part], chosen, theme=theme()),
        key="cmp_overlap",
        alt=figures.overlap_alt(found.overlap[part], chosen),
    )
    st.caption(
        "Rows in both as a share of rows in either (Jaccard), first seeds; below it what two random subsets "
        "of these sizes share."
    )


def gains(seen: Seen) -> None:
    """What each further row added, for strategies that say so."""
    found, slots = seen.found, seen.slots
    items, none = [], []
    means: dict[str, list[str]] = {}
    for one, result in zip(slots, found.results, strict=False):
        if not result.selections:
            continue
        values = result.selections[0].gains
        if values is not None and np.isfinite(values).any():
            items.append((one, np.where(np.isfinite(values), values, np.nan)))
            means.setdefault(STRATEGIES[result.selections[0].strategy].gain, []).append(one.letter)
        else:
            none.append(one.letter)
    without = _without_gains(none)
    if not items:
        st.info(f"No strategy here has a gain per row. {without}", icon=":material/show_chart:")
        return
    chart(figures.gains(items, theme=theme()), key="cmp_gains", alt=figures.gains_alt(items))
    st.markdown("\n".join(f"- **{listed(letters)}** · {plain(said, 400)}" for said, letters in means.items()))
    st.caption(
        f"Gain: what each further row added, as its strategy counts it. {without} The scales differ between "
        "strategies and must not be compared."
    )


def _without_gains(letters: Sequence[str]) -> str:
    """Why some subsets have no line, as a sentence; "" where all have one."""
    if not letters:
        return ""
    own = "has no line: it does" if len(letters) == 1 else "have no line: they do"
    return f"{listed(letters)} {own} not add one row after another by what each would gain."


def notes(seen: Seen) -> None:
    """What each strategy says about its result, its time, and how things were measured."""
    found, slots = seen.found, seen.slots
    for one, result in zip(slots, found.results, strict=False):
        if not result.selections:
            st.markdown(f"**{one.letter} · {plain(one.label)}** did not run: {plain(result.reason, 400)}")
            continue
        first = result.selections[0]
        weights = "with design weights" if first.weight is not None else "without design weights"
        said = [*first.notes, *([result.probe_reason] if result.probe_reason else [])]
        said = [*beside_words(result), *said]
        st.markdown(
            f"**{one.letter} · {plain(one.label)}** {first.size}, {weights}, "
            f"{count(len(result.selections), 'run')} in {show_took(result.seconds, result.estimated)}"
            + "".join(f"  \n{plain(note, 400)}" for note in said)
        )
    st.markdown("**How it was measured**")
    for line in measured(found):
        st.markdown(f"- {plain(line, 600)}")


def beside_words(result: Result) -> list[str]:
    """What random subsets beside a strategy hold, where that is not the budget; one sentence each."""
    lines = []
    if result.band is not None and result.band.held:
        lines.append(f"It is judged beside random subsets of its own size, {result.band.size_words}.")
    if result.learned and result.selections[0].cost is None:
        low, high = (int(pick(result.learned)) for pick in (min, max))
        rows = count(low, "row") if low == high else f"{low:,} to {count(high, 'row')}"
        lines.append(f"Its probes learned from {rows}, and stand beside those of random subsets as large.")
    return lines


def measured(found: Comparison) -> list[str]:
    """The conventions of a comparison, one sentence each."""
    told = {name: value for name, value in found.evaluation.items() if name not in (LACKING, STRATA)}
    lines = []
    if "rows" in told and "of" in told:
        rows, of = told.pop("rows"), told.pop("of")
        told.pop("stream", None), told.pop("seed", None)
        part = (
            "all rows"
            if rows == of
            else f"{rows:,} of {count(of, 'row')}, drawn once, the same for every subset"
        )
        lines.append(f"{str(told.pop('serves', 'metrics')).capitalize()} measure how far it is to {part}.")
    metric = told.pop("metric", None)
    if metric is not None:
        lines.append(f"Distances are {distance_words(str(metric))}.")
    if "epsilon" in told:
        nearest = told.pop("epsilon_neighbour", 10)
        far = number(float(str(told.pop("epsilon"))))
        lines.append(
            f"ε is {far}, the median distance of a row to its {nearest}th nearest other row, copies left out."
        )
    if "bandwidth" in told:
        wide = number(float(str(told.pop("bandwidth"))))
        lines.append(f"The Gaussian kernel of MMD² is {wide} wide, the median distance of rows that differ.")
    columns = told.pop("columns", None)
    if isinstance(columns, dict) and columns:
        kinds = zip(apart(columns), columns.values(), strict=True)
        lines.append(
            f"Column shifts are taken over: {', '.join(f'{name} as {kind}' for name, kind in kinds)}."
        )
    for name, value in told.items():
        shown = number(value) if isinstance(value, float) else str(value)
        lines.append(f"{name.replace('_', ' ').capitalize()}: {shown}.")
    return [*lines, *in_words(found)]
