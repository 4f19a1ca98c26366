"""The figure of curves: every line, letter, knee and threshold is in it, and nothing is read as markup."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.report.charts.curves import Line, Panel, curves, curves_alt
from core.report.charts.theme import DARK, LIGHT, Slot, hue

BUDGETS = (10, 20, 40, 80)


def line(slot, values, knee=None, label="Some name"):
    values = np.asarray(values, float)
    return Line(Slot(slot, label), values, values - 0.1, values + 0.1, np.array(BUDGETS, float), knee)


def panel(*lines, **options):
    given = {"label": "Coverage", "direction": "lower", "low": np.full(4, 1.0), "high": np.full(4, 2.0)}
    return Panel(lines=lines, **(given | options))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_everything_is_drawn(theme):
    nan = float("nan")
    panels = [
        panel(line(0, [4, 3, 2, 1], knee=1), line(1, [4, 3, nan, nan]), limits=(2.5,)),
        panel(line(0, [1, 2, 3, 4]), direction="none", unit="rows", means=(np.full(4, 1.2), np.full(4, 1.8))),
        panel(low=np.full(4, nan), high=np.full(4, nan)),
    ]
    figure = curves(panels, BUDGETS, 40, theme=theme).to_dict()
    traces, layout = figure["data"], figure["layout"]
    names = [trace["name"] for trace in traces]
    assert names.count("random subsets") == 1 + 2
    lines = [trace for trace in traces if trace["mode"] == "lines+markers"]
    assert [one["line"]["color"] for one in lines] == [hue(0, theme), hue(1, theme), hue(0, theme)]
    (knee,) = [trace for trace in traces if trace["name"] == "A knee"]
    assert (list(knee["x"]), list(knee["y"])) == ([20.0], [3.0])
    assert [one["line"]["dash"] for one in lines] == ["solid", "dash", "solid"]
    assert [one["marker"]["symbol"] for one in lines] == ["circle", "square", "circle"]
    letters = [trace for trace in traces if trace["name"].endswith(" letter")]
    assert [one["text"][0] for one in letters] == ["<b>B</b>", "<b>A</b>", "<b>A</b>"]
    assert 20 < letters[0]["x"][0] < 40, "a letter stands where its line ends"
    dashed = [shape for shape in layout["shapes"] if shape["line"].get("dash") == "dash"]
    assert [shape["y0"] for shape in dashed] == [2.5]
    upright = [shape for shape in layout["shapes"] if shape not in dashed]
    assert [shape["x0"] for shape in upright] == [40, 40, 40]
    assert layout["xaxis"]["type"] == "log"
    assert 40 in layout["xaxis"]["tickvals"]
    said = [note["text"] for note in layout["annotations"]]
    assert said[:4] == [
        "<b>Coverage</b> ↓",
        "lower is better",
        "<b>Coverage</b> ↔",
        "neither way is better, rows",
    ]


def test_letters_of_lines_that_end_together_do_not_cover_each_other():
    figure = curves([panel(*(line(slot, [3, 2, 1, 1]) for slot in range(8)))], BUDGETS, 20, theme=LIGHT)
    heights = sorted(trace.y[0] for trace in figure.data if trace.name.endswith(" letter"))
    low, high = figure.layout.yaxis.range
    assert np.diff(heights).min() > 0.07 * (high - low)
    assert low <= heights[0] < heights[-1] <= high


def test_one_budget_and_values_that_never_change_have_axes():
    figure = curves(
        [panel(line(0, [0, 0, 0, 0]), low=np.zeros(4), high=np.zeros(4))], BUDGETS, 10, theme=LIGHT
    )
    assert list(figure.layout.yaxis.range) == [-0.05, 1.0]
    one = Line(Slot(0, "x"), *(np.ones(1) for _ in range(4)))
    single = curves([Panel("m", "higher", np.ones(1), np.ones(1), (one,))], (7,), 7, theme=DARK)
    low, high = single.layout.xaxis.range
    assert low < np.log10(7) < high
    assert list(single.layout.xaxis.tickvals) == [7]


def test_text_of_unknown_origin_is_shown_as_it_is():
    bad = "<img src=x> $a$"
    figure = curves([panel(line(0, [1, 2, 3, 4], label=bad), label=bad)], BUDGETS, 20, theme=LIGHT)
    assert "<img" not in figure.to_json()


def test_hover_tells_rows_held_seeds_and_luck():
    held = Line(
        Slot(0, "x"), np.arange(4.0), np.arange(4.0), np.arange(4.0) + 1, np.array([10, 20, 30, 30.0])
    )
    figure = curves([panel(held)], BUDGETS, 20, theme=LIGHT)
    (one,) = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert "held" not in one.hovertext[1]
    assert "at 40 rows (30 rows held)" in one.hovertext[2]
    assert "seeds: 2 to 3" in one.hovertext[2]
    assert "random subsets as large, about: 1 to 2" in one.hovertext[2]


def test_the_words_say_the_same():
    said = curves_alt([panel(line(0, [4, 3, 2, 1], knee=1), line(1, [np.nan] * 4))], BUDGETS, 40)
    assert said == (
        "1 metric against 10 to 80 rows, 40 asked for, beside random subsets. Coverage, lower is better: "
        "A 4 to 1, bending at 20 rows; B has no values."
    )
    far = panel(line(0, [9, 9, 9, 9]), line(1, [0, 0, 0, 0]))
    told = curves_alt([far], BUDGETS, 40)
    assert "A 9 to 9, on the worse side of 95 in 100 random subsets" in told
    assert "B 0 to 0, on the better side of 95 in 100 random subsets" in told
    either = curves_alt([replace(far, direction="none")], BUDGETS, 40)
    assert "A 9 to 9, above 95 in 100 random subsets" in either


def test_the_axis_holds_the_band_of_means_too():
    flat = np.zeros(4)
    one = panel(line(0, flat), low=flat, high=flat, means=(flat, np.array([0.0, 0.1, 0.2, 3.0])))
    figure = curves([one], (10, 20, 40, 80), 20, theme=LIGHT)
    low, high = figure.layout.yaxis.range
    assert low <= 0
    assert high >= 3
    assert "0 in 95 of 100" in figure.to_json()
