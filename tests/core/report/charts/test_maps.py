"""The map figure: what is drawn, how much travels, what a screen reader gets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.report.charts.colouring import HUES, by_category, by_highlight, by_value, hues_of
from core.report.charts.maps import (
    OVER_DENSITY,
    POINTS,
    centres,
    drawn,
    explore_alt,
    explore_map,
    rows_drawn,
)
from core.report.charts.theme import DARK, LIGHT, Theme, contrast


def points(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_hues_are_told_apart_from_the_paper(theme: Theme) -> None:
    hues = hues_of(theme)
    assert len(set(hues)) == HUES
    assert min(contrast(hue, theme.paper) for hue in hues) >= 3


def test_the_smallest_ten_get_a_hue_and_the_largest_share_the_grey() -> None:
    codes = np.repeat(np.arange(13), np.arange(13, 0, -1))
    found = by_category("kind", np.append(codes, -1), [f"k{at}" for at in range(13)], LIGHT)
    assert found.names[:HUES] == tuple(f"k{at}" for at in range(3, 13))
    assert found.names[HUES:] == ("the 3 largest", "missing")
    assert found.codes is not None
    assert found.codes[-1] == 11
    assert set(found.codes[: codes.searchsorted(3)].tolist()) == {10} == {found.behind}
    assert found.colours[10] == LIGHT.grey


@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=30).filter(any),
    theme=st.sampled_from([LIGHT, DARK]),
)
def test_no_value_with_a_colour_is_larger_than_one_without(sizes: list[int], theme: Theme) -> None:
    codes = np.repeat(np.arange(len(sizes)), sizes)
    found = by_category("kind", codes, [f"k{at}" for at in range(len(sizes))], theme)
    assert found.codes is not None
    grey = {int(code) for code in codes[found.codes == (-1 if found.behind is None else found.behind)]}
    coloured = {int(code) for code in codes} - grey
    assert len(coloured) == min(HUES, len({int(code) for code in codes}))
    assert max(sizes[code] for code in coloured) <= min((sizes[code] for code in grey), default=99)


def test_what_has_a_colour_is_drawn_over_the_grey() -> None:
    codes = np.array([0, 1, 0, 0, 1, 0])
    found = by_highlight("kind", codes, "rare", 1, LIGHT)
    trace = explore_map(points(6), found, theme=LIGHT, hover=[f"row {at}" for at in range(6)]).data[0]
    assert trace.marker.color.tolist() == [1, 1, 1, 1, 0, 0]
    assert list(trace.text) == ["row 0", "row 2", "row 3", "row 5", "row 1", "row 4"]


def test_a_highlighted_row_is_drawn_however_many_rows_there_are() -> None:
    n = POINTS + 10
    codes = np.zeros(n, np.int64)
    codes[-3:] = 1
    rows = np.arange(n)
    found = by_highlight("kind", codes, "rare", 1, LIGHT)
    assert rows_drawn(rows, n, found).tolist()[-3:] == [n - 3, n - 2, n - 1]
    assert len(rows_drawn(rows, n, by_category("kind", codes, ["a", "b"], LIGHT))) == OVER_DENSITY
    xy = np.concatenate([points(1_000)] * 51)[:n]
    traces = [one for one in explore_map(xy, found, theme=LIGHT).data if one.type == "scattergl"]
    assert (np.asarray(traces[-1].marker.color) == 0).sum() == 3


def test_categories_without_rows_are_not_shown() -> None:
    found = by_category("kind", np.array([2, 2]), ["a", "b", "c"], LIGHT)
    assert found.names == ("c",)


def test_every_row_is_one_point_up_to_the_limit() -> None:
    xy = points(300)
    figure = explore_map(xy, by_category("g", np.zeros(300, np.int64), ["all"], LIGHT), theme=LIGHT)
    trace = figure.data[0]
    assert (len(trace.x), trace.x.dtype, trace.marker.color.dtype) == (300, np.float32, np.int8)
    assert figure.layout.dragmode == "lasso"


def test_a_million_rows_travel_in_two_megabytes() -> None:
    n = 1_000_000
    codes = np.arange(n) % 7
    xy = points(n)
    figure = explore_map(
        xy,
        by_category("g", codes, list("abcdefg"), LIGHT),
        theme=LIGHT,
        picked=np.arange(0, n, 2),
        names=centres(xy[:1000], codes[:1000], list("abcdefg")),
    )
    assert drawn(n) == OVER_DENSITY
    assert len(figure.to_json()) < 2_000_000
    assert figure.data[0].type == "heatmap"
    assert any(trace.type == "scatter" and trace.marker.opacity == 0 for trace in figure.data)
    assert max(len(trace.x) for trace in figure.data if trace.type == "scattergl") <= POINTS


def test_the_selection_keeps_its_colours_and_the_rest_turns_grey() -> None:
    colours = by_category("g", np.arange(50) % 2, ["a", "b"], LIGHT)
    figure = explore_map(points(50), colours, theme=LIGHT, picked=np.array([3, 4]))
    rest, chosen = [trace for trace in figure.data if trace.type == "scattergl"]
    assert rest.marker.color == LIGHT.grey
    assert chosen.marker.color.tolist() == colours.codes[[3, 4]].tolist()  # type: ignore[index]


def test_numbers_get_a_scale_and_missing_ones_a_place() -> None:
    values = np.array([1.0, np.nan, 3.0, 3.0])
    figure = explore_map(points(4), by_value("price", values), theme=DARK)
    marker = figure.data[0].marker
    assert np.isfinite(marker.color).all()
    assert marker.cmin < marker.cmax
    constant = explore_map(points(2), by_value("price", np.array([5.0, 5.0])), theme=DARK)
    assert constant.data[0].marker.cmin < constant.data[0].marker.cmax


def test_what_people_wrote_is_never_markup() -> None:
    nasty = "<b onclick=x>&amp;"
    figure = explore_map(
        points(2),
        by_category("g", np.array([0, 1]), [nasty, "b"], LIGHT),
        theme=LIGHT,
        names=[(0.0, 0.0, nasty)],
        hover=[nasty, "b"],
    )
    assert "<b onclick" not in figure.to_json()


def test_names_near_an_edge_grow_inwards() -> None:
    xy = np.array([[0, 0], [10, 10]], np.float32)
    names = [(0.0, 0.0, "left"), (10.0, 10.0, "right"), (5.0, 5.0, "middle")]
    figure = explore_map(xy, by_category("g", np.zeros(2, np.int64), ["g"], LIGHT), theme=LIGHT, names=names)
    assert [note.xanchor for note in figure.layout.annotations] == ["left", "right", "center"]


def test_a_name_stands_on_rows_of_its_group() -> None:
    # Two patches left and right, another group between them.
    xy = np.array([[-5, 0]] * 10 + [[5, 0]] * 9 + [[0, 0]] * 5, np.float32)
    codes = np.array([0] * 19 + [1] * 5)
    found = {name: (x, y) for x, y, name in centres(xy, codes, ["split", "between"])}
    assert found == {"split": (-5.0, 0.0), "between": (0.0, 0.0)}


@pytest.mark.parametrize("n", [1, 2])
def test_hardly_any_rows(n: int) -> None:
    xy = np.zeros((n, 2), np.float32)
    figure = explore_map(xy, by_category("g", np.zeros(n, np.int64), ["g"], LIGHT), theme=LIGHT)
    low, high = figure.layout.xaxis.range
    assert low < 0 < high


def test_the_sentence_says_what_is_drawn() -> None:
    colours = by_category("topic", np.array([0]), ["a"], LIGHT)
    told = explore_alt(1_000_000, "umap", colours, [f"g{at}" for at in range(12)])
    assert "1,000,000 rows" in told
    assert "20,000 of them drawn" in told
    assert "and 4 more" in told
