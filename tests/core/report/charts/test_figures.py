"""Figures say what the arrays say: places, fills, bands, escapes, contrasts, sizes."""

from __future__ import annotations

import json
from dataclasses import replace
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.comparison.measurements import Reach
from core.analysis.random_band.measure import FULL, Band
from core.foundation.number_format import number, share
from core.report.charts import (
    composition,
    gains,
    held_and_estimated,
    map_panels,
    overlap,
    planted_picture,
    strips,
)
from core.report.charts.composition import chance_shares, largest
from core.report.charts.map_panels import MAP_LIMIT
from core.report.charts.strips import Dot, Strip
from core.report.charts.strips_of_result import reach_words
from core.report.charts.theme import DARK, LIGHT, Slot, contrast, ink_on, mix, safe

THEMES = [LIGHT, DARK]
EVIL = '<a href="javascript:alert(1)">x</a>&$\\alpha$'


def shown(count: int) -> list[Slot]:
    return [
        Slot(slot, name)
        for slot, name in enumerate(["random", "kmq", "k-center", "dpp", "e", "f", "g", "h"][:count])
    ]


def strip(values: list[float], *, direction="lower", low=0.4, high=0.6, beyond=None) -> Strip:
    marks = beyond or [False] * len(values)
    dots = tuple(
        Dot(one, value, mark) for one, value, mark in zip(shown(len(values)), values, marks, strict=True)
    )
    return Strip("Coverage radius", "Largest gap.", direction, low, high, dots, "units")


def dots_of(figure) -> dict[str, tuple[float, float, str]]:
    """Letter → place, height and fill of each dot."""
    return {
        trace.text[0].strip("<>b/"): (trace.x[0], trace.y[0], trace.marker.color)
        for trace in figure.data
        if trace.mode == "markers+text"
    }


def boxes(figure, colour: str) -> list:
    return [shape for shape in figure.layout.shapes if shape.fillcolor == colour]


# ---- colours and text --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_marks_and_text_are_legible(theme):
    assert min(contrast(hue, theme.paper) for hue in theme.hues) >= 3
    assert contrast(theme.text, theme.paper) >= 4.5
    assert contrast(theme.muted, theme.paper) >= 4.5
    assert contrast(theme.muted, theme.band) >= 3
    assert contrast(theme.grey, theme.paper) >= 3
    assert len(set(theme.hues)) == 8
    assert min(contrast(ink_on(hue), hue) for hue in theme.hues) >= 4.5


@given(st.text(max_size=200))
def test_text_of_people_never_is_markup(text):
    out = safe(text)
    assert "<" not in out
    assert ">" not in out
    assert "$" not in out
    assert "\n" not in out


def test_numbers_have_units_and_three_digits():
    assert number(12.3456, "rows") == "12.3 rows"
    assert number(-0.5) == "−0.500"
    assert number(1e-6) == "1.0e−06"
    assert number(float("inf")) == "∞"
    assert share(1 / 3) == "33.3 %"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_buttons_of_a_chart_have_no_ground_and_can_be_seen(theme):
    bar = strips.strips([strip([0.5])], theme=theme).layout.modebar
    assert bar.bgcolor == "rgba(0,0,0,0)"
    assert contrast(bar.color, theme.paper) >= 4.5


# ---- maps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8])
def test_maps_are_one_figure_on_the_same_axes(count):
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(500, 2)).astype(np.float32)
    rows = [rng.choice(500, 30, replace=False) for _ in range(count)]
    figure = map_panels.maps(xy, list(zip(shown(count), rows, strict=True)), theme=LIGHT)
    assert len(figure.data) == 2 * count
    assert {trace.type for trace in figure.data} == {"scattergl"}
    for at, picked in enumerate(rows):
        base, top = figure.data[2 * at], figure.data[2 * at + 1]
        assert len(base.x) == 500
        np.testing.assert_array_equal(np.c_[top.x, top.y], xy[picked])
        assert top.marker.color == LIGHT.hues[at]
        axis = figure.layout["xaxis" + ("" if at == 0 else str(at + 1))]
        assert axis.matches == (None if at == 0 else "x")
        other = figure.layout["yaxis" + ("" if at == 0 else str(at + 1))]
        assert 0 <= axis.domain[0] < axis.domain[1] <= 1 + 1e-9
        assert -1e-9 <= other.domain[0] < other.domain[1] <= 1
    titles = [note.text for note in figure.layout.annotations]
    assert [title[3] for title in titles[::2]] == list("ABCDEFGH"[:count])
    assert titles[1::2] == ["30 rows"] * count


@pytest.mark.parametrize(("count", "longest"), [(4, 21), (2, 42)])
def test_names_above_maps_leave_room_for_the_number_of_rows(count, longest):
    subsets = [(Slot(at, "name" * 30), np.array([at])) for at in range(count)]
    figure = map_panels.maps(np.random.default_rng(0).random((9, 2), np.float32), subsets, theme=LIGHT)
    names = [note.text for note in figure.layout.annotations if note.text.startswith("<b>")]
    assert len(names) == count
    assert all(len(name) == longest + len("<b>A · </b>") for name in names)


def test_maps_keep_the_place_of_what_has_no_rows_yet():
    xy = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    one, other = shown(2)
    figure = map_panels.maps(xy, [(one, None), (other, np.array([1, 2]))], theme=DARK, waiting="running…")
    assert [trace.xaxis for trace in figure.data] == ["x", "x2", "x2"]
    assert figure.layout.annotations[1].text == "running…"
    assert map_panels.maps_alt(50, [(one, None)]).startswith("Map of 1 subset over the data set of 50 rows: ")
    assert "A random (no rows yet)" in map_panels.maps_alt(50, [(one, None)])


def test_maps_of_many_rows_stay_small_and_keep_every_pick():
    rng = np.random.default_rng(1)
    xy = rng.normal(size=(200_000, 2)).astype(np.float32)
    rows = np.arange(199_000, 200_000)
    figure = map_panels.maps(xy, [(one, rows) for one in shown(4)], theme=DARK)
    grey = sum(len(trace.x) for trace in figure.data if trace.name == "data set")
    assert grey <= MAP_LIMIT
    assert grey == 4 * map_panels.grey_shown(200_000, 4)
    assert all(len(trace.x) == 1000 for trace in figure.data if trace.name != "data set")
    assert len(figure.to_json()) < 2 * 2**20
    assert figure.data[0].x.dtype == np.float32


def test_maps_show_everything_that_lies_outside_the_grey_sample():
    xy = np.zeros((MAP_LIMIT + 1, 2), np.float32)
    xy[-1] = 100.0
    figure = map_panels.maps(xy, [(shown(1)[0], np.array([MAP_LIMIT]))], theme=LIGHT)
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 100


def test_maps_escape_names():
    figure = map_panels.maps(np.zeros((3, 2), np.float32), [(Slot(0, EVIL), np.array([0]))], theme=LIGHT)
    assert "<a" not in figure.to_json().replace("\\u003c", "<")


# ---- strips ------------------------------------------------------------------------------------------


@given(
    st.lists(st.floats(-50, 50, allow_nan=False), min_size=1, max_size=6),
    st.floats(-5, 5),
    st.floats(0.001, 3),
    st.sampled_from(["higher", "lower", None]),
)
@settings(max_examples=60)
def test_strips_are_linear_centred_on_the_band_and_right_is_better(values, low, width, direction):
    high = low + width
    figure = strips.strips([strip(values, direction=direction, low=low, high=high)], theme=LIGHT)
    placed = dots_of(figure)
    (band,) = boxes(figure, LIGHT.band)
    centre, half = (band.x0 + band.x1) / 2, (band.x1 - band.x0) / 2
    assert centre == pytest.approx(0.65)
    assert all(0.3 <= x <= 1.0 for x, _, _ in placed.values())
    sign = -1 if direction == "lower" else 1
    by_value = sorted(zip(values, "ABCDEF", strict=False), key=lambda pair: sign * pair[0])
    places = [placed[name][0] for _, name in by_value]
    assert places == sorted(places)
    if half > 0.003:  # drawn to scale: a dot is as many half-widths away as its value is
        for value, name in zip(values, "ABCDEF", strict=False):
            away = sign * (value - (low + high) / 2) / (width / 2)
            assert (placed[name][0] - centre) / half == pytest.approx(away, rel=1e-6, abs=1e-6)


def test_strips_fill_only_what_is_marked():
    figure = strips.strips([strip([0.5, 0.1, 0.39], beyond=[False, True, False])], theme=DARK)
    placed = dots_of(figure)
    assert placed["B"][2] == DARK.hues[1]
    assert placed["A"][2] == placed["C"][2] == DARK.paper  # outside the strip, yet not marked: hollow


def test_strips_draw_the_narrower_strip_of_means_inside():
    one = strip([0.5])
    both = Strip(**{**one.__dict__, "means": (0.45, 0.55)})
    figure = strips.strips([both], theme=LIGHT)
    (wide,), narrow = boxes(figure, LIGHT.band), boxes(figure, LIGHT.edge)[-1]
    assert (narrow.x1 - narrow.x0) == pytest.approx((wide.x1 - wide.x0) / 2)


def test_strips_of_a_preview_pass_no_verdict():
    one = strip([0.1])
    preview = Strip(**{**one.__dict__, "dots": (Dot(shown(1)[0], 0.1, None),)})
    figure = strips.strips([preview], theme=LIGHT)
    assert dots_of(figure)["A"][2] == LIGHT.paper
    assert "beyond" not in figure.to_json()
    assert strips.strips_alt([preview]).endswith(": A 0.100, no verdict.")
    some = replace(one, dots=(Dot(shown(2)[0], 0.1, True), Dot(shown(2)[1], 0.5, None)))
    said = strips.strips_alt([some])  # one without a verdict takes none of the others away
    assert "A 0.100, better than chance; B 0.500, no verdict." in said


def test_strips_keep_equal_values_apart_and_leave_out_undefined_ones():
    figure = strips.strips([strip([0.5, 0.5, 0.5, float("nan")])], theme=LIGHT)
    placed = dots_of(figure)
    assert set(placed) == {"A", "B", "C"}
    assert len({y for _, y, _ in placed.values()}) == 3


@pytest.mark.parametrize(
    "values", [[0.5] * 8, [0.5 + at / 500 for at in range(8)], [0.4, 0.41, 0.41, 0.42, 0.5, 0.6, 0.605, 0.9]]
)
def test_no_letter_of_eight_covers_another(values):
    height = 58
    figure = strips.strips([strip(values), strip([0.1])], theme=LIGHT, row_height=height)
    low, high = figure.layout.yaxis.range
    tall = figure.layout.height / (high - low)  # pixels of a unit
    assert tall == pytest.approx(height, rel=0.01)
    wide = 700  # pixels, on a narrow screen
    dots = [(trace.x[0], trace.y[0]) for trace in figure.data if trace.mode == "markers+text"]
    for at, one in enumerate(dots):
        assert low * tall + 10 <= one[1] * tall <= high * tall - 10
        for other in dots[:at]:
            assert abs(one[0] - other[0]) * wide >= 19 or abs(one[1] - other[1]) * tall >= 19
    labels = [note for note in figure.layout.annotations if note.text.startswith("<b>Coverage")]
    middle = [note.y for note in labels]
    assert (middle[0] - middle[1]) * height >= height  # the names stand apart as well


def test_what_has_no_better_side_stands_apart_and_is_not_called_better():
    density = replace(strip([0.1, 0.9], direction=None, beyond=[True, True]), label="Density", heading="C")
    other = replace(strip([0.5, 0.1]), heading="Covers?")
    figure = strips.strips([density, other], theme=LIGHT)
    at = {note.text: note.y for note in figure.layout.annotations}
    assert at["◂ worse than chance"] > at["<b>Coverage radius</b> ↓"] > at["Neither way is better"]
    assert at["◂ lower than chance"] == at["higher than chance ▸"] == at["Neither way is better"]
    assert at["Neither way is better"] > at["<b>Density</b> ↔"]
    assert "C" not in at
    said = strips.strips_alt([density, other])
    assert "Density, neither way is better, chance 0.400 to 0.600 units: A 0.100, lower than chance; " in said
    assert "B 0.900, higher than chance." in said
    assert "better than" not in said.partition("Density")[2]
    alone = [note.text for note in strips.strips([density], theme=LIGHT).layout.annotations]
    assert not any("worse" in text or text.startswith("better") for text in alone)


@given(
    st.floats(-1e3, 1e3),
    st.floats(0, 5),
    st.floats(0, 50),
    st.floats(0, 50),
    st.lists(st.floats(-50, 50), min_size=1, max_size=4),
    st.sampled_from(["higher", "lower", None]),
)
def test_nothing_of_a_strip_lies_over_its_name(low, width, under, over, values, direction):
    """Of a count the means reach further than a band without width does."""
    one = strip([low + value for value in values], direction=direction, low=low, high=low + width)
    both = replace(one, means=(low - under, low + over), own=((shown(1)[0], low - over, low + under),))
    figure = strips.strips([both], theme=LIGHT)
    drawn = [end for shape in figure.layout.shapes for end in (shape.x0, shape.x1)]
    drawn += [x for x, _, _ in dots_of(figure).values()]
    assert len(boxes(figure, LIGHT.edge)) == 2  # the line and the means
    assert all(0.3 - 1e-9 <= x <= 1 + 1e-9 for x in drawn)


def test_a_band_of_one_value_says_always_only_where_all_random_subsets_have_it():
    rare = np.zeros(FULL)
    rare[:3] = 1  # 3 of 199: the 97.5th percentile is 0
    few = rare.copy()
    few[:5] = 1 / 3
    band = Band(50, FULL, {1: {"rare": rare, "never": 0 * rare, "none": rare + np.nan}, 3: {"rare": few}})
    assert band.limits("rare") == band.limits("never") == (0, 0)
    assert not band.always("rare")
    assert band.always("never")
    assert not band.always("none")
    assert not band.always("not there")
    reach = Reach(*band.limits("rare"), 1, band.limits("rare", 3), 3, always=band.always("rare"))
    assert reach_words(reach, "rows") == "0 rows in 95 of 100; means of 3: 0 to 0.0167 rows"
    told = reach_words(Reach(0, 0, 1, (0, 0), 3, True, True), "rows")
    assert told == "always 0 rows; means of 3: always 0 rows"
    assert strips.span((0.1231, 0.1232), "") == "0.123 in 95 of 100"  # printed as one number
    assert strips.span((np.nan, 1.0), "") == "not defined"
    hover = strips.strips([replace(strip([0.0], low=0.0, high=0.0), always=True)], theme=LIGHT).to_json()
    assert "always 0" in hover
    assert "95 of 100" not in hover


def test_strips_survive_a_band_without_width():
    figure = strips.strips([strip([1.0, 1.0], low=1.0, high=1.0)], theme=LIGHT)
    assert all(x == pytest.approx(0.65) for x, _, _ in dots_of(figure).values())
    json.loads(figure.to_json())


@pytest.mark.parametrize(
    ("direction", "low", "high"), [("lower", "better", "worse"), ("higher", "worse", "better")]
)
def test_the_words_of_strips_say_value_and_side_of_every_subset(direction, low, high):
    one = strip([0.5, 0.1, 0.9], direction=direction, beyond=[False, True, True])
    assert strips.strips_alt([one]) == (
        f"1 metric beside random subsets. Coverage radius, {direction} is better, "
        "chance 0.400 to 0.600 units: A 0.500, within reach of chance; "
        f"B 0.100, {low} than chance; C 0.900, {high} than chance."
    )
    own = replace(one, own=((one.dots[2].subset, 0.95, 1.0),))  # its own size reaches higher values
    assert f"C 0.900 beside 0.950 to 1 of its own size, {low} than chance." in strips.strips_alt([own])


# ---- composition -------------------------------------------------------------------------------------


def test_chance_shares_agree_with_counting():
    size, rest, budget = 4, 16, 5
    total = comb(size + rest, budget)
    mass = [comb(size, got) * comb(rest, budget - got) / total for got in range(5)]
    up = np.cumsum(mass)
    low, high = chance_shares(np.array([size, rest]), budget)
    assert low[0] * budget == next(got for got in range(5) if up[got] >= 0.025)
    assert high[0] * budget == next(got for got in range(5) if up[got] >= 0.975)


def test_chance_shares_never_fall_below_the_pins():
    low, high = chance_shares(np.array([50, 50]), 10, np.array([10, 0]))
    assert low.tolist() == high.tolist() == [1.0, 0.0]


def test_composition_draws_shares_and_ratios():
    parts = [composition.Part("big", 0.9, 0.8, 1.0), composition.Part("rare", 0.1, 0.0, 0.2)]
    holds = [
        composition.Shares(one, values)
        for one, values in zip(shown(2), np.array([[0.9, 0.1], [0.5, 0.5]]), strict=True)
    ]
    plain = composition.composition(parts, holds, theme=LIGHT)
    assert list(plain.data[1].x) == [50, 50]
    ratio = composition.composition(parts, holds, theme=LIGHT, form="ratio")
    assert list(ratio.data[1].x) == pytest.approx([0.5 / 0.9, 5.0])
    assert list(plain.layout.yaxis.ticktext) == ["rare", "big"]
    assert "B differs most on big: 50 % against 90 %" in composition.composition_alt(parts, holds)
    assert "A holds" in composition.composition_alt(parts, holds)
    comma = [replace(part, name=f"{part.name}, low") for part in parts]
    assert "B differs most on “big, low”: 50 % against 90 %" in composition.composition_alt(comma, holds)
    assert "Shares of 1 of 1 group beside" in composition.composition_alt(parts[:1], [])


def test_long_names_of_groups_stand_in_two_lines():
    name = "low od280_od315_of_diluted_wines, low flavanoids"
    parts = [
        composition.Part(name, 0.6, 0, 1),
        composition.Part("short", 0.3, 0, 1),
        composition.Part(f"{EVIL} " * 9, 0.1, 0, 1),
    ]
    figure = composition.composition(
        parts, [composition.Shares(shown(1)[0], np.array([0.6, 0.3, 0.1]))], theme=LIGHT
    )
    evil, short, long = figure.layout.yaxis.ticktext
    assert long == "low od280_od315_of_diluted_wines,<br>low flavanoids"
    assert short == "short"
    assert evil.count("<br>") == 1
    assert evil.replace("<br>", "").count("<") == 0
    assert evil.endswith("…")


def test_composition_of_many_groups_keeps_the_rarest():
    parts = [composition.Part(f"g{at:02}", (at + 1) / 2000, 0, 1) for at in range(60)]
    kept = largest(parts, 20)
    assert len(kept) == 20
    assert {0, 1, 2, 59, 58} <= set(kept)
    figure = composition.composition(parts, [composition.Shares(shown(1)[0], np.zeros(60))], theme=DARK)
    assert len(figure.layout.yaxis.ticktext) == 20


def test_composition_escapes_names():
    figure = composition.composition(
        [composition.Part(EVIL, 1, 1, 1)],
        [composition.Shares(Slot(0, EVIL), np.ones(1))],
        theme=LIGHT,
    )
    assert "<a" not in figure.to_json().replace("\\u003c", "<")


# ---- overlap, gains, picture -------------------------------------------------------------------------


def test_overlap_writes_each_pair_once_with_chance():
    jaccard = np.array([[1, 0.5, 0.25], [0.5, 1, 0.1], [0.25, 0.1, 1]])
    figure = overlap.overlap(jaccard, np.full((3, 3), 0.05), shown(3), theme=DARK)
    said = [note.text for note in figure.layout.annotations]
    assert [text for text in said if "<b>" in text] == ["<b>50 %</b>", "<b>25 %</b>", "<b>10 %</b>"]
    assert said.count("chance 5 %") == 3
    assert overlap.overlap_alt(jaccard, np.full((3, 3), 0.05), shown(3)).endswith(
        ": A and B 50 %, chance 5 %; A and C 25 %, chance 5 %; B and C 10 %, chance 5 %."
    )
    for cell, note in zip(figure.layout.shapes, figure.layout.annotations[::2], strict=True):
        assert contrast(note.font.color, cell.fillcolor) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_overlap_is_readable(theme):
    for at in np.linspace(0, 1, 41):
        fill = mix(theme.low, theme.high, float(at))
        assert max(contrast(theme.text, fill), contrast(theme.paper, fill)) >= 3.5


def test_gains_end_where_the_run_ended():
    values = np.linspace(1, 0, 5000)
    figure = gains.gains([(shown(1)[0], values)], theme=LIGHT)
    (line,) = figure.data
    assert (line.x[0], line.x[-1]) == (1, 5000)
    assert len(line.x) <= 400
    assert "ends at 0" in gains.gains_alt([(shown(1)[0], values)])
    first_unknown = np.array([np.nan, 2.0, 1.0])
    said = gains.gains_alt([(shown(2)[0], first_unknown), (shown(2)[1], np.full(3, np.nan))])
    assert "A starts at 2 and ends at 1, not known for 1 row; B has no gains." in said


def test_picture_keeps_shapes_undistorted():
    xy = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    figure = planted_picture.picture(xy, np.array([3, 1]), theme=LIGHT)
    np.testing.assert_array_equal(figure.data[1].x, xy[[3, 1], 0])
    assert figure.layout.yaxis.scaleanchor == "x"


# ---- held and estimated --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_is_held_is_hollow_and_what_is_estimated_filled_and_right_is_better(theme):
    one, other = shown(2)
    items = [
        held_and_estimated.WeightedPanel(
            "Group shares",
            0.01,
            0.05,
            (
                held_and_estimated.HeldAndEstimated(one, 0.4, 0.02),
                held_and_estimated.HeldAndEstimated(other, 0.1, 0.2),
            ),
        ),
        held_and_estimated.WeightedPanel(
            EVIL, 0.0, 0.0, (held_and_estimated.HeldAndEstimated(one, 0.0, 0.0),)
        ),
    ]
    figure = held_and_estimated.pairs(items, theme=theme)
    marks = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert len(marks) == 3
    first = marks[0]
    assert first.x[2] > first.x[1]  # nearer to 0 with weights
    assert marks[1].x[2] < marks[1].x[1]
    assert first.marker.color[1] == theme.paper
    assert first.marker.color[2] == theme.hues[0]
    assert marks[2].x[1] == marks[2].x[2] == pytest.approx(1.0)  # 0 is the best there is
    assert len(boxes(figure, theme.band)) == 2
    assert "<a" not in json.dumps(figure.to_plotly_json(), default=str)
    said = held_and_estimated.pairs_alt(items)
    assert said.startswith("2 metrics as held and as estimated by weights. Group shares, lower is better: ")
    assert "A 0.400 held, 0.0200 with weights, nearer to the data set; " in said
    assert "B 0.100 held, 0.200 with weights, further from the data set." in said
    assert said.endswith("A 0 held, the same with weights.")
