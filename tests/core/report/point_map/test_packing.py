"""What the map draws as bytes: places, parts, masks, colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.report.charts.colouring import by_category, by_highlight, by_value, ramp, value_steps
from core.report.charts.theme import DARK, LIGHT, Theme
from core.report.point_map.packing import (
    FIRST_PART,
    STEPS,
    extent_of,
    pack_mask,
    pack_places,
    parts_of,
    point_colours,
)

FINITE = st.floats(-1e6, 1e6, width=32)


@given(xy=arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(2)), elements=FINITE))
def test_a_place_is_off_by_half_a_step_at_most(xy: np.ndarray) -> None:
    extent = extent_of(xy)
    x0, x1, y0, y1 = extent
    packed = np.frombuffer(pack_places(xy, extent), "<u2").reshape(-1, 2).astype(np.float64)
    low, wide = np.array([x0, y0]), np.array([x1 - x0, y1 - y0])
    back = low + packed / 65_535 * wide
    rounding = 1e-6 * np.maximum(np.abs(xy).max(), 1)  # of float32
    assert (np.abs(back - xy) <= 0.51 * wide / 65_535 + rounding).all()


@pytest.mark.parametrize("n", [0, 1, 2 * FIRST_PART, 2 * FIRST_PART + 1, 1_000_000])
@pytest.mark.parametrize("width", [1, 4])
def test_parts_are_all_of_it_once_and_the_first_comes_soon(n: int, width: int) -> None:
    parts = parts_of(n, width)
    body = bytes(n * width)
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == len(body)
    if len(parts) > 1:
        assert len(body[parts[0]]) == FIRST_PART * width
    assert 5 * FIRST_PART <= 500_000, "the first picture takes half a megabyte"


@given(n=st.integers(1, 70), seed=st.integers(0, 99))
def test_a_mask_is_what_numpy_unpacks(n: int, seed: int) -> None:
    rows = np.flatnonzero(np.random.default_rng(seed).random(n) < 0.5)
    bits = np.unpackbits(np.frombuffer(pack_mask(rows, n), np.uint8), count=n)
    assert np.flatnonzero(bits).tolist() == rows.tolist()


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=14))
def test_smaller_groups_are_drawn_over_larger_ones(sizes: list[int]) -> None:
    codes = np.repeat(np.arange(len(sizes)), sizes)
    names = [f"k{at}" for at in range(len(sizes))]
    found = point_colours(by_category("kind", codes, names, LIGHT), len(codes), LIGHT)
    assert sorted(found.ranks) == list(range(len(found.names)))
    counts = np.bincount(found.codes, minlength=len(found.names))
    grey = [code for code, name in enumerate(found.names) if "largest" in name]
    ranked = [code for code in np.argsort(found.ranks).tolist() if code not in grey]
    assert [found.ranks[code] for code in grey] in ([], [0])
    assert (np.diff(counts[ranked]) <= 0).all()


def test_a_highlighted_value_is_drawn_last_even_if_it_is_the_larger_one() -> None:
    codes = np.array([0, 0, 0, 1])
    found = point_colours(by_highlight("kind", codes, "common", 0, LIGHT), 4, LIGHT)
    assert found.names == ("common", "all others")
    assert found.ranks == (1, 0)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_numbers_take_steps_of_the_scale_and_missing_ones_a_colour_of_their_own(theme: Theme) -> None:
    values = np.append(np.linspace(0, 1, 101), [np.nan, -50, 50])
    found = point_colours(by_value("price", values), len(values), theme)
    assert (np.diff(found.codes[:101].astype(int)) >= 0).all()
    assert (found.codes[0], found.codes[100], found.codes[101]) == (0, STEPS - 1, STEPS)
    assert (found.codes[102], found.codes[103]) == (0, STEPS - 1), "outliers do not stretch the scale"
    assert len(found.colours) == STEPS + 1 == len(set(found.colours))
    assert found.ranks[STEPS] == 0, "what is missing is drawn below"


@pytest.mark.parametrize("values", [[5.0, 5.0], [np.nan, np.nan], [1.0]])
def test_a_scale_needs_no_two_values(values: list[float]) -> None:
    steps = value_steps(np.array(values, np.float32), STEPS)
    assert (steps <= STEPS).all()


def test_the_scale_gets_lighter_all_the_way() -> None:
    def light(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for theme in (LIGHT, DARK):
        lights = [light(colour) for colour in ramp(theme, STEPS)]
        assert (np.diff(lights) > -0.5).all()
        assert lights[-1] - lights[0] > 100


def test_without_groups_all_rows_are_one_grey() -> None:
    found = point_colours(by_category("nothing", np.zeros(3, np.int64), ["all rows"], LIGHT), 3, LIGHT)
    assert found.codes.tolist() == [0, 0, 0]
    assert extent_of(np.zeros((0, 2), np.float32)) == (0.0, 1.0, 0.0, 1.0)
