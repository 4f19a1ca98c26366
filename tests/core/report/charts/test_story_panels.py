"""The picture of a story and its running chart."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from core.report.charts.story_panels import story, story_alt
from core.report.charts.story_trace import running, running_alt
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


def test_picks_are_numbered_in_order_and_the_newest_stands_out() -> None:
    scene = scene_of("rare")
    figure = story(scene, 7, theme=LIGHT)
    picks = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert len(picks) == 2
    for slot, trace in enumerate(picks):
        assert list(trace.text) == [str(at) for at in range(1, 8)]
        assert np.allclose(np.c_[trace.x, trace.y], scene.xy[scene.panels[slot].rows[:7]])
        assert trace.marker.color == hue(slot, LIGHT)
        assert trace.marker.size[-1] == max(trace.marker.size)
        assert trace.marker.line.color[-1] == LIGHT.text
        assert set(trace.marker.line.color[:-1]) == {LIGHT.paper}


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
    assert len(set(plain.marker.size[:-1])) == 1


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
