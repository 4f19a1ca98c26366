"""The picture of a story and its running chart."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from core.report.charts.story_panels import story, story_alt
from core.report.charts.story_repeats import repeats, repeats_alt
from core.report.charts.story_trace import running, running_alt, together
from core.report.charts.theme import DARK, LIGHT, Theme, hue
from core.stories.catalogue import STORIES
from core.stories.scene import Scene


def scene_of(name: str, broken: bool = False) -> Scene:
    one = STORIES[name]
    return one.run(1, broken, one.budget)


EVERY = [(*one, theme) for one in product(STORIES, (False, True)) for theme in (LIGHT, DARK)]


@pytest.mark.parametrize(
    ("name", "broken", "theme"),
    EVERY,
    ids=lambda value: value.name if isinstance(value, Theme) else str(value),
)
def test_every_story_is_drawn_at_its_ends(name: str, broken: bool, theme: Theme) -> None:
    scene = scene_of(name, broken)
    for step in (1, scene.steps):
        figure = story(scene, step, theme=theme).to_dict()
        titles = [note["text"] for note in figure["layout"]["annotations"]]
        for panel in scene.panels:
            assert any(panel.label in text for text in titles)
            assert any(panel.captions[step - 1] in text for text in titles)
        chart = running(scene, step, theme=theme).to_dict()
        ends = [note["text"] for note in chart["layout"]["annotations"]]
        assert len(ends) == len(scene.trace.lines) + 1
        assert all(line.name in "".join(ends) for line in scene.trace.lines)


@pytest.mark.parametrize("name", STORIES)
def test_the_description_changes_with_the_step(name: str) -> None:
    scene = scene_of(name)
    said = [story_alt(scene, step) for step in range(1, scene.steps + 1)]
    assert len(set(said)) == scene.steps
    assert f"{len(scene.xy)} points" in said[0]
    charted = [running_alt(scene, step) for step in range(1, scene.steps + 1)]
    assert len(set(charted)) == scene.steps
    assert ("95 % of random subsets" in charted[-1]) == (scene.trace.low is not None)


def test_only_the_newest_picks_are_numbered_and_the_last_stands_out() -> None:
    scene = scene_of("rare")
    figure = story(scene, 7, theme=LIGHT)
    picks = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert len(picks) == 2
    for slot, trace in enumerate(picks):
        assert list(trace.text) == ["", "", "", "", "5", "6", "7"]
        assert np.allclose(np.c_[trace.x, trace.y], scene.xy[scene.panels[slot].rows[:7]])
        assert trace.marker.color == hue(slot, LIGHT)
        assert max(trace.marker.size[:4]) < min(trace.marker.size[4:])
        assert trace.marker.size[-1] == max(trace.marker.size)
        assert trace.marker.line.color[-1] == LIGHT.text
        assert set(trace.marker.line.color[:-1]) == {LIGHT.paper}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("step", [1, 2, 9])
def test_no_picture_numbers_more_than_the_newest(name: str, step: int) -> None:
    scene = scene_of(name)
    for trace in story(scene, step, theme=DARK).data:
        if trace.mode == "markers+text":
            told = [text for text in trace.text if text]
            assert len(told) <= 3
            assert all(int(text) > step - 3 for text in told)


def test_a_strip_holds_the_picks_of_its_group_in_lanes() -> None:
    scene = scene_of("allocation")
    figure = story(scene, scene.steps, theme=LIGHT)
    assert figure.layout.xaxis.title.text == "height"
    assert figure.layout.xaxis.visible is not False, "an axis that can be read"
    assert figure.layout.yaxis.scaleanchor is None
    seen = {}
    for slot, trace in enumerate(trace for trace in figure.data if trace.mode == "markers+text"):
        rows = scene.panels[slot].rows
        assert np.allclose(trace.x, scene.xy[rows, 0])
        y = np.array(trace.y)
        assert np.array_equal(np.rint(y), 2 - scene.codes[rows]), "the strip of its group"
        for code in range(3):
            seen[slot, code] = y[scene.codes[rows] == code]
        held = [note.text for note in figure.layout.annotations if note.text.startswith(f"<b>{'ABC'[slot]} ")]
        counts = np.bincount(scene.codes[rows])
        assert [re.sub(r"\D", "", text) for text in held if "·" not in text] == [str(n) for n in counts]
    for code in range(3):
        assert seen[0, code].min() > seen[1, code].max()
        assert seen[1, code].min() > seen[2, code].max()


@pytest.mark.parametrize("broken", [False, True])
def test_a_dot_per_draw_is_full_where_the_story_came_true(broken: bool) -> None:
    scene = scene_of("allocation", broken)
    assert scene.repeats is not None
    found = scene.repeats()
    figure = repeats(scene, 24, theme=LIGHT)
    dots = [trace for trace in figure.data if len(trace.x) == 200]
    large = [trace for trace in figure.data if len(trace.x) == 1]
    assert len(dots) == len(large) == 3
    for slot, trace in enumerate(dots):
        colour = hue(slot, LIGHT)
        assert np.allclose(trace.x, found.values[slot])
        full = found.came if slot == found.slot else np.ones(200, bool)
        assert [one == colour for one in trace.marker.color] == full.tolist()
        assert np.isclose(large[slot].x[0], scene.trace.lines[slot].values[-1])
        assert large[slot].y[0] == 2 - slot
    times = f"{int(found.came.sum())} of 200"
    assert sum(times in note.text for note in figure.layout.annotations) == 1
    assert times in repeats_alt(scene, 24)
    early = repeats(scene, 1, theme=LIGHT)
    assert len(early.data) == 3, "no mean before every group has a pick"
    assert len({repeats_alt(scene, step) for step in range(8, 25)}) == 17


def test_lines_that_coincide_are_both_seen() -> None:
    scene = scene_of("weights")
    same = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0])
    apart = np.array([1.0, 1.0, 2.0, 5.0, 3.0, 3.0])
    lines = tuple(
        replace(line, values=values) for line, values in zip(scene.trace.lines, (same, apart), strict=True)
    )
    trace = replace(scene.trace, lines=lines, low=None, high=None, truth=float("nan"))
    made = replace(scene, trace=trace, steps=6)
    assert together(made, 6) == [(0, 2, (0, 1)), (4, 5, (0, 1))]
    assert together(made, 4) == [(0, 2, (0, 1))]
    assert together(made, 1) == []
    figure = running(made, 6, theme=LIGHT)
    striped = [one for one in figure.data if one.line.dash and "px" in one.line.dash]
    assert [one.line.color for one in striped] == [hue(0, LIGHT), hue(1, LIGHT)] * 2
    assert striped[0].line.dash != striped[1].line.dash, "they take turns"
    ends = [one for one in figure.data if one.mode == "markers"]
    assert ends[0].marker.size > ends[1].marker.size, "a ring around the upper one"
    assert "A and B coincide" in running_alt(made, 6)
    assert "coincide" not in running_alt(made, 4)
    lone = [one for one in running(made, 4, theme=LIGHT).data if one.mode == "markers"]
    assert lone[0].marker.size == lone[1].marker.size


def test_a_line_without_values_coincides_with_none() -> None:
    scene = scene_of("allocation")
    none = np.full(scene.steps, np.nan)
    lines = (*(replace(line, values=none) for line in scene.trace.lines[:2]), scene.trace.lines[2])
    assert together(replace(scene, trace=replace(scene.trace, lines=lines)), scene.steps) == []


def test_pictures_share_their_axes_and_circles_are_round() -> None:
    scene = scene_of("outlier")
    figure = story(scene, 3, theme=LIGHT)
    layout = figure.layout
    assert layout.xaxis.range == layout.xaxis2.range
    assert layout.yaxis.range == layout.yaxis2.range
    assert layout.yaxis.scaleanchor == "x"
    assert layout.yaxis2.scaleanchor == "x2"
    circles = [shape for shape in layout.shapes if shape.type == "circle"]
    assert len(circles) == 6
    for at, shape in enumerate(circles):
        panel = scene.panels[at // 3]
        assert panel.radius is not None
        assert shape.x1 - shape.x0 == pytest.approx(2 * panel.radius[2])
        assert shape.y1 - shape.y0 == pytest.approx(2 * panel.radius[2])


def test_marks_grow_with_the_weight_in_area() -> None:
    scene = scene_of("weights")
    figure = story(scene, scene.steps, theme=LIGHT)
    plain, weighted = (trace for trace in figure.data if trace.mode == "markers+text")
    weight = scene.panels[1].weight
    assert weight is not None
    size = np.array(weighted.marker.size)[:-1]
    free = (size > 6) & (size < 30)
    ratio = size[free] ** 2 / weight[:-1][free]
    assert np.allclose(ratio, ratio[0])
    assert len(set(plain.marker.size[:-3])) == 1, "but for the newest, which carry numbers"


def test_the_strip_is_drawn_where_there_is_one() -> None:
    scene = scene_of("chance")
    strip = running(scene, 5, theme=DARK).data[0]
    assert strip.fillcolor == DARK.band
    assert scene.trace.high is not None
    assert np.allclose(strip.y[: scene.steps], scene.trace.high)
    assert all(trace.fill is None for trace in running(scene_of("holdout"), 5, theme=DARK).data)


def test_labels_at_the_end_never_cover_each_other() -> None:
    scene = scene_of("allocation")
    figure = running(scene, scene.steps, theme=LIGHT)
    places = sorted(note.y for note in figure.layout.annotations if note.yref == "y")
    low, high = figure.layout.yaxis.range
    assert min(np.diff(places)) >= 0.18 * (high - low)
