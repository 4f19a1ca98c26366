"""What can be learned from each subset: two probes scored on held-out rows, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.analysis.comparison.held_out_table import downstream_table
from core.analysis.held_out.split import CLASSES
from core.foundation.number_format import number
from core.foundation.wording import count
from core.metrics.declaration import METRICS
from core.metrics.predictions import STRATUM_ROWS
from core.model.dataset import Kind
from core.report.charts import held_out as drawn
from core.report.charts.theme import Slot
from pages.ui.compare.held_out.learning_curves import curves
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import to_page
from pages.ui.shared.pickers import choose
from pages.ui.shared.tables import csv_button

PROBES = {"logistic": "Logistic regression", "neighbours": "Nearest neighbours"}
ABOUT = {
    "logistic": "A logistic regression is trained on the rows that a subset holds.",
    "neighbours": "The five rows of a subset that are nearest to a held-out row vote on its label.",
}
_AGREE = 1e-9  # intervals narrower than this come from seeds that agree


def show(view: RunView) -> None:
    """Both probes of every subset, with what is held out, intervals, and learning curves on request."""
    if not can_probe(view):
        return
    table = downstream_table(view.comparison)
    held = str(view.comparison.evaluation.get("downstream", ""))
    if table.empty:
        reason = held if held.startswith("no downstream") else ""
        if reason:
            st.info(f"{plain(reason[0].upper() + reason[1:], 400)}.", icon=":material/school:")
        elif view.live:
            st.info("Held-out rows are scored after all metrics are measured.", icon=":material/schedule:")
        else:
            st.info("This run ended before held-out rows were scored.", icon=":material/school:")
        for line in without_values(view):
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
    st.caption(f"{ABOUT[probe]} {held_out_words(held)}")
    st.caption(
        "The rows scored here were drawn again from the rows that were left. The subset that you export is "
        "another draw, from all rows: these numbers stand for how it is made, not for that very subset."
    )
    forests(view, table[table.probe == probe])
    for line in without_values(view):
        st.markdown(f"- {line}")
    with st.expander("As a table", key="cmp_probe_table"):
        show_table(table, view.slots)
    st.markdown("#### Learning curve")
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
        to_page("data.py", "Give a column the role label", ":material/arrow_back:")
        return False
    if not view.maps.has("features"):
        st.info("Held-out accuracy needs features.", icon=":material/school:")
        to_page("explore.py", "Choose features", ":material/arrow_back:")
        return False
    if len(labels[1]) > CLASSES and not has_downstream(view):
        st.info(
            f"The label has {count(len(labels[1]), 'value')}. A probe takes at most {CLASSES} that have "
            "rows.",
            icon=":material/school:",
        )
    return True


def has_downstream(view: RunView) -> bool:
    """Whether the run itself already says something about held-out rows."""
    return bool(view.comparison.evaluation.get("downstream"))


def held_out_words(held: str) -> str:
    """What was held out, as a sentence."""
    return f"{plain(held[0].upper() + held[1:], 400)}." if held else ""


def without_values(view: RunView) -> list[str]:
    """Strategies that could not be run again on the rows that were left, with their reason."""
    return [
        f"**{one.letter} · {plain(one.label)}** has no downstream values: {as_ending(result.probe_reason)}"
        for one, result in zip(view.slots, view.comparison.results, strict=False)
        if result.probe_reason
    ]


def as_ending(reason: str) -> str:
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
    chart(
        drawn.forest(items, theme=theme()),
        key="cmp_probe_forest",
        alt=drawn.forest_alt(items),
        table="“As a table” below",
    )
    found, seeds = view.comparison, sorted({int(many) for many in table.seeds})
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
        lines.append("A strategy without random numbers runs once and has no thick bar.")
    if ((known.seeds > 1) & (known.high - known.low < _AGREE)).any():
        lines.append("Where all seeds agree, the thick bar has no length.")
    strip = f"Strip: where 95 in 100 of {found.band.size} random subsets lie"
    if not len(view.comparison.band.of().get("probe-accuracy", ())):
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
    found, items = view.comparison, []
    several = int(table.seeds.max())
    for name, part in table.groupby("metric", sort=False):
        metric = METRICS[str(name)]
        reaches = []
        for row in part.itertuples():
            verdict = found.verdicts[row.slot].get(metric.id)
            reaches.append(
                drawn.ProbeStrip(
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


def show_table(table: pd.DataFrame, slots: Sequence[Slot]) -> None:
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
