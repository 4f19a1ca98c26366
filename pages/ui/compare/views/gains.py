"""What each further row of a subset added, as its strategy counts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.foundation.wording import listed
from core.report.charts import gains as gains_chart
from core.strategies.declaration import STRATEGIES
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain


def gains(view: RunView) -> None:
    """What each further row added, for strategies that say so."""
    found, slots = view.comparison, view.slots
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
    chart(gains_chart.gains(items, theme=theme()), key="cmp_gains", alt=gains_chart.gains_alt(items))
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
