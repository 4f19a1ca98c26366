"""What can be learned from each subset: two probes on held-out rows, their intervals and learning curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.comparison.held_out_table import downstream_table
from core.analysis.held_out.learning_curve import BAND as FEW
from core.analysis.held_out.learning_curve import FRACTIONS, curve_seconds, nearest_size
from core.analysis.held_out.learning_result import Learning
from core.analysis.held_out.split import CLASSES
from core.metrics.declaration import METRICS
from core.metrics.useful import STRATUM_ROWS
from core.model.dataset import Kind
from core.report.charts import held_out as drawn
from core.report.charts.curves import Line, Panel, curves_alt
from core.report.charts.figures import Shown, number
from core.study.held_out import learn_study
from core.study.study import Study
from pages.ui.compare.choices import missing_needs
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.pickers import choose
from pages.ui.shared.safe_words import count, plain
from pages.ui.shared.tables import csv_button

PROBES = {"logistic": "Logistic regression", "neighbours": "Nearest neighbours"}
ABOUT = {
    "logistic": "A logistic regression is trained on the rows that a subset holds.",
    "neighbours": "The five rows of a subset that are nearest to a held-out row vote on its label.",
}
AT_ONCE = 3.0
_AGREE = 1e-9  # intervals narrower than this come from seeds that agree


def show(view: RunView) -> None:
    """Both probes of every subset, with what is held out, intervals, and learning curves on request."""
    if not can_probe(view):
        return
    table = downstream_table(view.found)
    held = str(view.found.evaluation.get("downstream", ""))
    if table.empty:
        reason = held if held.startswith("no downstream") else ""
        if reason:
            st.info(f"{plain(reason[0].upper() + reason[1:], 400)}.", icon=":material/school:")
        elif view.live:
            st.info("Held-out rows are scored after all metrics are measured.", icon=":material/schedule:")
        else:
            st.info("This run ended before held-out rows were scored.", icon=":material/school:")
        for line in lost(view):
            st.markdown(f"- {line}")
        return
    probe = choose(
        st.segmented_control,
        "Probe",
        list(PROBES),
        format_func=PROBES.__getitem__,
        first="logistic",
        required=True,
        key="cmp_probe_model",
        persist_state="session",
        help="A probe is a simple model: how well it does tells what the rows hold, not how good it is.",
    )
    st.caption(f"{ABOUT[probe]} {said_held(held)}")
    st.caption(
        "The rows scored here were drawn again from the rows that were left. The subset that you export is "
        "another draw, from all rows: these numbers stand for how it is made, not for that very subset."
    )
    forests(view, table[table.probe == probe])
    for line in lost(view):
        st.markdown(f"- {line}")
    with st.expander("As a table", key="cmp_probe_table"):
        show_table(table, view.slots)
    st.markdown("##### Learning curve")
    curves(view, probe)


def can_probe(view: RunView) -> bool:
    """Whether there are labels and features; says what is missing and where to give it."""
    labels = view.study.labels()
    if labels is None:
        several = len(view.study.data.columns(Kind.LABEL)) > 1
        st.info(
            "Held-out accuracy needs one label column"
            + ("; several columns have that role." if several else "; no column has that role."),
            icon=":material/school:",
        )
        st.page_link("data.py", label="Give a column the role label", icon=":material/arrow_back:")
        return False
    if not view.maps.has("features"):
        st.info("Held-out accuracy needs features.", icon=":material/school:")
        st.page_link("explore.py", label="Choose features", icon=":material/arrow_back:")
        return False
    if len(labels[1]) > CLASSES and not downstream_told(view):
        st.info(
            f"The label has {count(len(labels[1]), 'value')}. A probe takes at most {CLASSES} that have "
            "rows.",
            icon=":material/school:",
        )
    return True


def downstream_told(view: RunView) -> bool:
    """Whether the run itself already says something about held-out rows."""
    return bool(view.found.evaluation.get("downstream"))


def said_held(held: str) -> str:
    """What was held out, as a sentence."""
    return f"{plain(held[0].upper() + held[1:], 400)}." if held else ""


def lost(view: RunView) -> list[str]:
    """Strategies that could not be run again on the rows that were left, with their reason."""
    return [
        f"**{one.letter} · {plain(one.label)}** has no downstream values: {why(result.probe_reason)}"
        for one, result in zip(view.slots, view.found.results, strict=False)
        if result.probe_reason
    ]


def why(reason: str) -> str:
    """A reason as the end of a sentence."""
    return plain(reason, 300).rstrip(".") + "."


# ---- forest and table --------------------------------------------------------------------------------


def forests(view: RunView, table: pd.DataFrame) -> None:
    """The metrics of one probe with both intervals, and how to read them."""
    known = table.groupby("metric").filter(lambda part: bool(part["mean"].notna().any()))
    for name in dict.fromkeys(table.metric):
        if name not in set(known.metric):
            st.caption(_not_shown(view, str(name)))
    items = forests_of(view, known)
    chart(drawn.forest(items, theme=theme()), key="cmp_probe_forest", alt=drawn.forest_alt(items))
    found, seeds = view.found, sorted({int(many) for many in table.seeds})
    most = seeds[-1]
    lines = [
        f"**Thick bar**: 95 % interval for the mean over {most} seeds, of re-running the strategy on the "
        "same rows (Student’s t)."
        if most > 1
        else "One seed: there is no interval over seeds.",
        f"**Thin bar** (accuracy): 95 % interval for the first seed, for other held-out rows such as these "
        f"{int(table.rows.max()):,} (Wilson). Neither bar holds the other’s uncertainty.",
    ]
    if most > 1 and seeds[0] == 1:
        lines.append("A strategy without chance runs once and has no thick bar.")
    if ((known.seeds > 1) & (known.high - known.low < _AGREE)).any():
        lines.append("Where all seeds agree, the thick bar has no length.")
    strip = f"Strip: where 95 in 100 of {found.band.size} random subsets lie"
    if not len(view.found.band.of().get("probe-accuracy", ())):
        strip = "The random subsets are still being probed: no strip yet"
    elif most > 1:
        strip += f"; the stronger one is for means of {most}"
    lines.append(
        f"{strip}. "
        + ("Preview: no verdicts." if found.preview else "Filled: beyond what luck reaches; hollow: not.")
    )
    st.caption(" ".join(lines))


def _not_shown(view: RunView, name: str) -> str:
    """Why a metric has no value for any subset, as a sentence."""
    one, many = ("label class", "label classes") if view.maps.group_spec is None else ("group", "groups")
    few = {"worst-group": f"no {one} has", "-gap": f"fewer than two {many} have"}
    why = next((words for end, words in few.items() if name.endswith(end)), "")
    held = f": {why} {STRATUM_ROWS} held-out rows or more" if why else " for these rows"
    return f"{METRICS[name].label} is not defined{held}."


def forests_of(view: RunView, table: pd.DataFrame) -> list[drawn.Forest]:
    """The rows of a probe's table as figures show them, one item per metric."""
    found, items = view.found, []
    several = int(table.seeds.max())
    for name, part in table.groupby("metric", sort=False):
        metric = METRICS[str(name)]
        reaches = []
        for row in part.itertuples():
            verdict = found.verdicts[row.slot].get(metric.id)
            reaches.append(
                drawn.Reach(
                    view.slots[row.slot],
                    row.mean,
                    row.low,
                    row.high,
                    (row.test_low, row.test_high),
                    None if found.preview or verdict is None else verdict.marked,
                    row.words,
                )
            )
        low, high = found.band.limits(metric.id)
        means = found.band.limits(metric.id, several) if several > 1 else None
        items.append(drawn.Forest(metric.label, metric.direction, low, high, tuple(reaches), means))
    return items


def show_table(table: pd.DataFrame, slots: Sequence[Shown]) -> None:
    """Every number, both probes."""
    rows = [
        {
            "Subset": f"{slots[row.slot].letter} {plain(slots[row.slot].label, 30)}",
            "Metric": row.label,
            "Mean": number(row.mean),
            "Seeds": row.seeds,
            "95 %, over seeds": _between(row.low, row.high, "one seed" if row.seeds == 1 else "–"),
            "95 %, over held-out rows": _between(row.test_low, row.test_high, "–"),
            "Random subsets": _between(row.band_low, row.band_high, "–"),
            "Verdict": row.words or "–",
        }
        for row in table.itertuples()
    ]
    st.dataframe(
        rows,
        hide_index=True,
        key="cmp_probe_frame",
        alt="Downstream metrics of each subset with both intervals, beside random subsets.",
    )
    csv_button(table, "downstream.csv", "cmp_probe_csv")


def _between(low: float, high: float, otherwise: str) -> str:
    return otherwise if pd.isna(low) or pd.isna(high) else f"{number(low)} to {number(high)}"


# ---- learning curves ---------------------------------------------------------------------------------


def name_of(run: str) -> str:
    """Where the learning curves of a run are kept."""
    return cache.name_of("learned", [run, FRACTIONS, FEW, [m.version for m in METRICS]])


def curves(view: RunView, probe: str) -> None:
    """Held-out accuracy against the rows learned from, made on request."""
    study, recipe = view.study, view.run.recipe
    made = background_work.offer(
        name_of(view.run.key),
        "Drawing learning curves",
        f"Learn from {len(FRACTIONS)} sizes",
        seconds_of(view, study),
        lambda progress: learn_study(
            study, recipe.strategies, recipe.budget, seeds=recipe.seeds, band=FEW, progress=progress
        ),
        where="cmp_learned",
        blocked="Wait until the comparison has ended." if view.live else "",
        at_once=AT_ONCE,
    )
    if made is None:
        st.caption(
            "Would more rows help? Every strategy at ⅛, ¼, ½, 1 and 2 times its budget, scored on the same "
            f"held-out rows, beside {FEW} random subsets of each size."
        )
        return
    if made.reason:
        st.info(f"{plain(made.reason[0].upper() + made.reason[1:], 400)}.", icon=":material/school:")
        return
    show_curves(view, made, probe)


def seconds_of(view: RunView, study: Study) -> float:
    """What learning curves of this run should take."""
    recipe = view.run.recipe
    labels = study.labels()
    return curve_seconds(
        view.found.population,
        int(view.maps.features().matrix.shape[1]),
        min(CLASSES, len(labels[1]) if labels else 1),
        view.found.budget,
        [(one.id, one.params) for one in recipe.strategies if not missing_needs.lacking(one, study)],
        seeds=recipe.seeds,
    )


def show_curves(view: RunView, made: Learning, probe: str) -> None:
    """The curves, how to read them, reliability, and the table."""
    assert made.band is not None
    names = [
        metric.id
        for metric in METRICS
        if metric.probe == probe
        and any(np.isfinite(curve.values[metric.id]).any() for curve in made.curves if curve is not None)
    ]
    shown = st.pills(
        "Metrics",
        names,
        default=[name for name in names if name.endswith(("-accuracy", "-worst-group"))],
        selection_mode="multi",
        format_func=lambda name: METRICS[name].label,
        key=f"cmp_learned_metrics_{probe}",
        persist_state="session",
    )
    chosen = [name for name in names if name in shown]
    if chosen:
        panels, around = panels_of(view, made, chosen)
        sizes = [int(size) for size in made.band.sizes]
        chart(
            drawn.learned(panels, around, sizes, made.asked, theme=theme()),
            key="cmp_learned_figure",
            alt=curves_alt(panels, sizes, made.asked),
        )
    else:
        st.info("Choose at least one metric.", icon=":material/show_chart:")
    st.caption(how_to_read(view, made))
    for one, reason in zip(view.slots, made.reasons, strict=False):
        if reason:
            st.markdown(
                f"- **{one.letter} · {plain(one.label)}** has no curve: {plain(reason, 300).rstrip('.')}."
            )
    items = calibrations_of(view, made, probe)
    if items:
        st.markdown("##### Does the probe know when it is right?")
        chart(
            drawn.calibrations(items, theme=theme()),
            key="cmp_learned_calibration",
            alt=drawn.calibrations_alt(items),
        )
        st.caption(
            f"Models of the first seeds, which learned from {count(_own_size(made)[1], 'row')} as for the "
            "numbers above: the budget's share of the rows not held out. Held-out rows in 15 bins of "
            "confidence. On the dashed line a model is right as often as it claims; below it claims too much."
        )
    with st.expander("Learning curves as a table", key="cmp_learned_table"):
        table = made.table()
        st.dataframe(
            table[
                ["strategy", "rows", "held", "label", "mean", "seeds", "low", "high", "band_low", "band_high"]
            ],
            hide_index=True,
            key="cmp_learned_frame",
            alt="Each strategy's downstream metrics at each size, beside random subsets.",
        )
        csv_button(table, "learning_curves.csv", "cmp_learned_csv")


def panels_of(
    view: RunView, made: Learning, names: Sequence[str]
) -> tuple[list[Panel], list[list[tuple[drawn.Floats, drawn.Floats]]]]:
    """The metrics as figures show them, and the interval over seeds of each line."""
    assert made.band is not None
    panels, around = [], []
    several = max((curve.seeds for curve in made.curves if curve is not None), default=1)
    for name in names:
        metric, lines, ends = METRICS[name], [], []
        for one, curve in zip(view.slots, made.curves, strict=False):
            if curve is None:
                continue
            values = curve.values[name]
            lines.append(
                Line(one, curve.means(name), values.min(axis=0), values.max(axis=0), curve.held.mean(axis=0))
            )
            ends.append(curve.interval(name))
        low, high = made.band.limits(name)
        means = made.band.limits(name, several) if several > 1 else None
        panels.append(Panel(metric.label, metric.direction, low, high, tuple(lines), metric.unit, means))
        around.append(ends)
    return panels, around


def calibrations_of(view: RunView, made: Learning, probe: str) -> list[drawn.Calibration]:
    """Reliability of each subset's probe at the size that the comparison learned from."""
    step, _ = _own_size(made)
    name = "probe-calibration" if probe == "logistic" else "knn-calibration"
    return [
        drawn.Calibration(one, *curve.reliability[probe], float(curve.values[name][0, step]))
        for one, curve in zip(view.slots, made.curves, strict=False)
        if curve is not None
    ]


def _own_size(made: Learning) -> tuple[int, int]:
    """Which size of the curves is the comparison's own, and its rows."""
    assert made.band is not None
    step = nearest_size(made.band.sizes, made.asked)
    return step, int(made.band.sizes[step])


def how_to_read(view: RunView, made: Learning) -> str:
    """The conventions of the curves, as one paragraph."""
    assert made.band is not None
    here = [(one, curve) for one, curve in zip(view.slots, made.curves, strict=False) if curve is not None]
    several = max((curve.seeds for _, curve in here), default=1)
    nested = [one.letter for one, curve in here if curve.nested]
    words = [
        f"Strip: where 95 in 100 of {made.band.size} random subsets of that size lie"
        + (f", the stronger one for means of {several} seeds." if several > 1 else ".")
        + " With so few it is coarse, and nothing is called beyond it.",
        "Whiskers: 95 % interval for the mean over seeds."
        if several > 1
        else "One seed: there is no interval over seeds.",
        f"Upright line: the {count(made.asked, 'row')} that the numbers above learned from.",
    ]
    if nested:
        words.append(f"{', '.join(nested)} ran once: smaller sizes are the first rows of the largest.")
    return " ".join(words)
