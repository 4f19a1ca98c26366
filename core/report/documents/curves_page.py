"""Metrics against the budget as one HTML file that needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..charts.theme import LIGHT, Slot
from .rendering import render

if TYPE_CHECKING:
    from ...analysis.budget_curves.result import Curves


def curves_page(found: Curves, name: str) -> str:
    """The headline curves as one page.

    Args:
        found: The curves.
        name: Of the data set.
    """
    import plotly.io

    from ..charts.curve_panels import panels_of
    from ..charts.curves import curves, curves_alt

    shown = [Slot(at, curve.name) for at, curve in enumerate(found.curves)]
    panels = panels_of(found, shown, found.headlines)
    figure = curves(panels, found.budgets, found.asked, theme=LIGHT)
    look = {"displayModeBar": False}
    return render(
        "curves_page.html",
        title=f"{name}: metrics against the budget",
        strategies=shown,
        band=found.band[0].size,
        asked=found.asked,
        alt=curves_alt(panels, found.budgets, found.asked),
        # Named, for plotly makes a name up at random.
        chart=plotly.io.to_html(figure, config=look, include_plotlyjs=True, full_html=False, div_id="curves"),
    )
