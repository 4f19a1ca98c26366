"""Figures of what can be learned: forest, learning curves, reliability."""

from __future__ import annotations

import numpy as np
import pytest

from core.report.charts.curves import Line, Panel
from core.report.charts.held_out import Forest, ProbeStrip, forest, forest_alt, learned
from core.report.charts.reliability import Calibration, calibrations, calibrations_alt
from core.report.charts.theme import DARK, LIGHT, Slot, hue

NAN = float("nan")
NASTY = "<script>$x$</script>"


def reaches():
    return (
        ProbeStrip(
            Slot(0, NASTY), 0.8, 0.75, 0.85, (0.7, 0.88), True, "better than 99.5 % of random subsets"
        ),
        ProbeStrip(Slot(1, "k-center"), 0.6, NAN, NAN, (0.5, 0.7), False),
        ProbeStrip(Slot(2, "no value"), NAN),
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_forest_draws_both_intervals_and_the_band(theme):
    items = [
        Forest("Probe accuracy", "higher", 0.55, 0.7, reaches(), (0.6, 0.66)),
        Forest("Probe, gap", "lower", NAN, NAN, reaches()[:1]),
    ]
    figure = forest(items, theme=theme)
    named = {trace.name: trace for trace in figure.data if trace.xaxis == "x"}
    thick, thin = named["A mean, other seeds"], named["A first seed, other held-out rows"]
    assert tuple(thick.x) == (0.75, 0.85)
    assert tuple(thin.x) == (0.7, 0.88)
    assert thick.line.width > thin.line.width
    assert "B mean, other seeds" not in named  # one seed has no interval over seeds
    assert tuple(named["B first seed, other held-out rows"].x) == (0.5, 0.7)
    dots = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert [trace.x[0] for trace in dots] == [0.8, 0.6, 0.8]  # nothing is drawn where there is no value
    assert dots[0].marker.color == hue(0, theme)
    assert dots[1].marker.color == theme.paper
    strips = [(shape.x0, shape.x1) for shape in figure.layout.shapes]
    assert strips == [(0.55, 0.7), (0.6, 0.66)]  # the second metric has no band
    assert "<script>" not in figure.to_json()
    low, high = figure.layout.xaxis.range
    assert low < 0.5
    assert high > 0.88
    assert forest([], theme=theme).data == ()
    said = forest_alt(items)
    assert "A 0.800, better than chance; B 0.600, within reach of chance" in said
    assert said.endswith("A 0.800, beyond chance.")  # no band, no side


def panel(lines=2):
    values = np.array([0.4, 0.5, 0.6])
    made = tuple(
        Line(Slot(at, f"s{at}"), values + 0.1 * at, values, values, np.array([5.0, 10, 20]))
        for at in range(lines)
    )
    return Panel("Probe accuracy", "higher", values - 0.1, values + 0.1, made)


def test_learning_curves_have_whiskers_where_there_are_seeds():
    values = np.array([0.4, 0.5, 0.6])
    none = np.full(3, NAN)
    figure = learned(
        [panel(), panel()],
        [[(values - 0.3, values + 0.4), (none, none)], [(none, none), (none, none)]],
        [5, 10, 20],
        10,
        theme=LIGHT,
    )
    drawn = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert len(drawn) == 4
    assert drawn[0].error_y.array == pytest.approx([0.4] * 3)
    assert drawn[0].error_y.arrayminus == pytest.approx([0.3] * 3)
    assert [trace.error_y.array for trace in drawn[1:]] == [None] * 3
    assert figure.layout.yaxis.range[1] > 1.0  # whiskers fit
    assert figure.layout.yaxis2.range[1] < 0.9


def test_reliability_leaves_empty_bins_out():
    rows = np.zeros(15, np.int64)
    rows[[8, 13]] = 5, 10
    sure, right = np.full(15, NAN), np.full(15, NAN)
    sure[[8, 13]], right[[8, 13]] = (0.6, 0.9), (1.0, 0.8)
    items = [Calibration(Slot(at, NASTY), rows, sure, right, 0.2) for at in range(5)]
    figure = calibrations(items, theme=DARK)
    assert len(figure.data) == 5
    assert list(figure.data[0].x) == [0.6, 0.9]
    assert list(figure.data[0].y) == [1.0, 0.8]
    sizes = figure.data[0].marker.size
    assert sizes[1] > sizes[0]
    low, high = figure.layout.xaxis.range
    assert min(-low, high - 1) / (high - low) * 165 > 27 / 2, "the largest dot fits beside 0 and 1"
    assert "10 held-out rows" in figure.data[0].hovertext[1]
    assert "<script>" not in figure.to_json()
    assert "E 0.200" in calibrations_alt(items)
