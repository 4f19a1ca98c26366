"""Colours of categories, where names stand, what a screen reader gets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.report.charts.colouring import HUES, by_category, hues_of
from core.report.charts.maps import centres, explore_alt
from core.report.charts.theme import DARK, LIGHT, Theme, contrast


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


def test_categories_without_rows_are_not_shown() -> None:
    found = by_category("kind", np.array([2, 2]), ["a", "b", "c"], LIGHT)
    assert found.names == ("c",)


def test_a_name_stands_on_rows_of_its_group() -> None:
    # Two patches left and right, another group between them.
    xy = np.array([[-5, 0]] * 10 + [[5, 0]] * 9 + [[0, 0]] * 5, np.float32)
    codes = np.array([0] * 19 + [1] * 5)
    found = {name: (x, y) for x, y, name in centres(xy, codes, ["split", "between"])}
    assert found == {"split": (-5.0, 0.0), "between": (0.0, 0.0)}


def test_the_sentence_says_what_is_drawn() -> None:
    colours = by_category("topic", np.array([0]), ["a"], LIGHT)
    told = explore_alt(1_000_000, "umap", colours, [f"g{at}" for at in range(12)])
    assert "1,000,000 rows" in told
    assert "and 4 more" in told
