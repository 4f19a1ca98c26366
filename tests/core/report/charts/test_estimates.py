"""The forest plot: truth, dots, intervals, and subsets without a claim."""

from __future__ import annotations

import numpy as np
import pytest

from core.report.charts.estimates import EstimatePanel, SubsetEstimate, estimates, estimates_alt
from core.report.charts.theme import DARK, LIGHT, Slot

NAN = float("nan")
EVIL = "<script>x</script>"
ITEMS = [
    EstimatePanel(
        f"mean {EVIL}",
        12.0,
        (
            SubsetEstimate(Slot(0, "random"), 12.5, 11.0, 14.0, "t"),
            SubsetEstimate(Slot(1, "stratified"), 9.0, 8.0, 10.0),
            SubsetEstimate(Slot(2, "systematic"), 12.2, NAN, NAN, "no interval"),
            SubsetEstimate(Slot(3, EVIL), NAN, NAN, NAN, "it has no inclusion probabilities"),
        ),
    ),
    EstimatePanel(
        "share of rows with c = x", 0.25, (SubsetEstimate(Slot(0, "random"), 0.2, 0.1, 0.4),), True
    ),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_dots_are_filled_where_the_interval_holds_the_truth(theme):
    figure = estimates(ITEMS, theme=theme)
    fills = [trace.marker.color for trace in figure.data]
    assert fills[:3] == [theme.hues[0], theme.paper, theme.paper]
    words = " ".join(note.text for note in figure.layout.annotations)
    assert "no claim" in words
    assert "truth 12" in words
    assert "truth 25 %" in words
    bars = [s for s in figure.layout.shapes if s.line.color in theme.hues]
    assert len(bars) == 3
    assert "<script" not in figure.to_json()


def test_the_order_on_the_line_is_the_order_of_the_numbers():
    figure = estimates(ITEMS[:1], theme=LIGHT)
    x = [trace.x[0] for trace in figure.data[:3]]
    assert x[1] < x[2] < x[0]


def test_a_perfect_estimate_and_an_undefined_truth_are_drawn():
    exact = EstimatePanel("total", 7.0, (SubsetEstimate(Slot(0, "all"), 7.0, 7.0, 7.0),))
    nothing = EstimatePanel("mean", NAN, (SubsetEstimate(Slot(0, "all"), NAN, NAN, NAN, "no value"),))
    for item in (exact, nothing):
        figure = estimates([item], theme=LIGHT)
        assert len(figure.data) == 1
    assert estimates([exact], theme=LIGHT).data[0].marker.color == LIGHT.hues[0]


def test_the_words_say_what_is_seen():
    alt = estimates_alt(ITEMS)
    assert "A holds the truth" in alt
    assert "B misses the truth" in alt
    assert "C has no interval" in alt
    assert "D makes no claim" in alt
    assert np.char.count(alt, "truth") >= 3
