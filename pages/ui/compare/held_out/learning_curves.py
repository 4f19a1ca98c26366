"""Held-out accuracy against the rows learned from, and whether a probe knows when it is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.analysis.held_out.learning_curve import BAND as FEW
from core.analysis.held_out.learning_curve import FRACTIONS, nearest_size
from core.analysis.held_out.learning_result import Learning
from core.foundation.wording import count
from core.metrics.declaration import METRICS
from core.model.open_registry import edition
from core.report.charts import held_out as drawn
from core.report.charts import reliability
from core.report.charts.curves import Line, Panel, curves_alt
from core.study.expected_work import learning_seconds
from core.study.held_out import learn_study
from core.study.study import Study
from pages.ui.compare.choices import missing_needs
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import background_work, cache
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.tables import csv_button

AT_ONCE = 3.0


def name_of(run: str) -> str:
    """Where the learning curves of a run are kept."""
    return cache.name_of("learned", [run, FRACTIONS, FEW, [edition(m) for m in METRICS]])


def curves(view: RunView, probe: str) -> None:
    """Held-out accuracy against the rows learned from, made on request."""
    study, recipe = view.study, view.run.recipe
    made = background_work.offer(
        name_of(view.run.key),
        "Drawing learning curves",
        f"Learn from {len(FRACTIONS)} sizes",
        "learning curves",
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
    able = [one for one in recipe.strategies if not missing_needs.lacking(one, study)]
    n, d = view.comparison.population, int(view.maps.features().matrix.shape[1])
    return learning_seconds(study, able, n, d, view.comparison.budget, seeds=recipe.seeds)


def show_curves(view: RunView, learning: Learning, probe: str) -> None:
    """The curves, how to read them, reliability, and the table."""
    assert learning.band is not None
    names = [
        metric.id
        for metric in METRICS
        if metric.probe == probe
        and any(np.isfinite(curve.values[metric.id]).any() for curve in learning.curves if curve is not None)
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
        panels, around = panels_of(view, learning, chosen)
        sizes = [int(size) for size in learning.band.sizes]
        chart(
            drawn.learned(panels, around, sizes, learning.asked, theme=theme()),
            key="cmp_learned_figure",
            alt=curves_alt(panels, sizes, learning.asked),
            table="“Learning curves as a table” below",
        )
    else:
        st.info("Choose at least one metric.", icon=":material/show_chart:")
    st.caption(how_to_read(view, learning))
    for one, reason in zip(view.slots, learning.reasons, strict=False):
        if reason:
            st.markdown(
                f"- **{one.letter} · {plain(one.label)}** has no curve: {plain(reason, 300).rstrip('.')}."
            )
    items = calibrations_of(view, learning, probe)
    if items:
        st.markdown("#### Does the probe know when it is right?")
        chart(
            reliability.calibrations(items, theme=theme()),
            key="cmp_learned_calibration",
            alt=reliability.calibrations_alt(items),
        )
        st.caption(
            f"Models of the first seeds, which learned from {count(_own_size(learning)[1], 'row')} as for "
            "the numbers above: the budget's share of the rows not held out. Held-out rows in 15 bins of "
            "confidence. On the dashed line a model is right as often as it claims; below it claims "
            "too much. Calibration error: how far the two lie apart on average; 0.05 is 5 points of 100, "
            "0 is best."
        )
    with st.expander("Learning curves as a table", key="cmp_learned_table"):
        table = learning.table()
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
    view: RunView, learning: Learning, names: Sequence[str]
) -> tuple[list[Panel], list[list[tuple[drawn.Floats, drawn.Floats]]]]:
    """The metrics as figures show them, and the interval over seeds of each line."""
    assert learning.band is not None
    panels, around = [], []
    several = max((curve.seeds for curve in learning.curves if curve is not None), default=1)
    for name in names:
        metric, lines, ends = METRICS[name], [], []
        for one, curve in zip(view.slots, learning.curves, strict=False):
            if curve is None:
                continue
            values = curve.values[name]
            lines.append(
                Line(one, curve.means(name), values.min(axis=0), values.max(axis=0), curve.held.mean(axis=0))
            )
            ends.append(curve.interval(name))
        low, high = learning.band.limits(name)
        means = learning.band.limits(name, several) if several > 1 else None
        panels.append(Panel(metric.label, metric.direction, low, high, tuple(lines), metric.unit, means))
        around.append(ends)
    return panels, around


def calibrations_of(view: RunView, learning: Learning, probe: str) -> list[reliability.Calibration]:
    """Reliability of each subset's probe at the size that the comparison learned from."""
    step, _ = _own_size(learning)
    name = "probe-calibration" if probe == "logistic" else "knn-calibration"
    return [
        reliability.Calibration(one, *curve.reliability[probe], float(curve.values[name][0, step]))
        for one, curve in zip(view.slots, learning.curves, strict=False)
        if curve is not None
    ]


def _own_size(learning: Learning) -> tuple[int, int]:
    """Which size of the curves is the comparison's own, and its rows."""
    assert learning.band is not None
    step = nearest_size(learning.band.sizes, learning.asked)
    return step, int(learning.band.sizes[step])


def how_to_read(view: RunView, learning: Learning) -> str:
    """The conventions of the curves, as one paragraph."""
    assert learning.band is not None
    here = [
        (one, curve) for one, curve in zip(view.slots, learning.curves, strict=False) if curve is not None
    ]
    several = max((curve.seeds for _, curve in here), default=1)
    nested = [one.letter for one, curve in here if curve.nested]
    words = [
        f"Strip: where 95 in 100 of {learning.band.size} random subsets of that size lie"
        + (f", the stronger one for means of {several} seeds." if several > 1 else ".")
        + " With so few it is coarse, and nothing is called beyond it.",
        "Whiskers: 95 % interval for the mean over seeds."
        if several > 1
        else "One seed: there is no interval over seeds.",
        f"Upright line: the {count(learning.asked, 'row')} that the numbers above learned from.",
    ]
    if nested:
        words.append(f"{', '.join(nested)} ran once: smaller sizes are the first rows of the largest.")
    return " ".join(words)
