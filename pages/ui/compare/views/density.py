"""Where the rows of each subset lie between sparse and dense."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.analysis.explain.density import Density
from core.analysis.explain.setting import Setting
from core.foundation.number_format import number, share
from core.report.charts import density as density_chart
from core.report.charts.density import Tenths, tenth_name
from pages.ui.compare.run import row_labels as row_words
from pages.ui.compare.run import run_context
from pages.ui.compare.run.row_labels import distance_words
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.widget_keys import key


def density(view: RunView) -> None:
    """Shares of each subset's rows per tenth of density, beside chance."""
    study = run_context.run_study(view)
    if study is None:
        return
    known = run_context.density_of(study, key("cmp", "dense"))
    if known is None:
        return
    items = tenths(view, known, run_context.setting_of(view, study))
    if not items:
        st.info("None of these strategies has a subset to look at.", icon=":material/blur_on:")
        return
    chart(
        density_chart.density_figure(items, theme=theme()),
        key="cmp_density",
        alt=density_chart.density_alt(items),
        table="“As a table” below",
    )
    for item in items:
        st.markdown(f"- {plain(density_chart.density_sentence(item), 300)}.")
    many = max(item.seeds for item in items)
    dots = f"mean over {many} seeds, line from lowest to highest" if many > 1 else "the subset"
    found = f" {known.note}" if known.note else ""
    nearest = "tenth nearest" if known.k == 10 else f"nearest but {known.k - 1}"
    st.caption(
        f"Density is the distance to the {nearest} row ({distance_words(known.metric)}), in tenths of "
        f"{row_words.relative_to(known.rows, len(study.data))}. Tick: the data set. Strip: what 95 in 100 "
        f"random subsets give, each tenth alone; sentences consider all ten. Dots: {dots}.{found}"
    )
    with st.expander("As a table", key="cmp_density_table"):
        st.dataframe(
            density_table(items),
            hide_index=True,
            key="cmp_density_frame",
            alt="Share of each subset's rows in each tenth of density.",
        )


def tenths(view: RunView, density: Density, setting: Setting) -> list[Tenths]:
    """What the figure shows, for the subsets that are there."""
    pinned = density.counts(np.flatnonzero(setting.pinned))
    return [
        Tenths.of(
            one,
            np.stack([density.counts(chosen.rows) for chosen in result.selections]),
            density.sizes,
            pinned,
        )
        for one, result in zip(view.slots, view.comparison.results, strict=False)
        if result.selections
    ]


def density_table(items: list[Tenths]) -> dict[str, list[str]]:
    """The figure in numbers, sparsest tenth first."""
    made = {
        "tenth": [tenth_name(at) for at in range(10)],
        "data set": [share(float(value)) for value in items[0].expected],
    }
    for item in items:
        made[f"{item.subset.letter} {item.subset.label}"] = [
            f"{share(float(item.shares[at]))} (chance {number(100 * float(item.low[at]))} "
            f"to {share(float(item.high[at]))})"
            for at in range(10)
        ]
    return made
