"""Boxes and lassos against a slow oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.foundation.arrays.lasso import inside_box, inside_lasso
from core.foundation.errors import ParameterError

COORDINATE = some.floats(-10, 10, width=32)


def turns(point: tuple[float, float], xs: list[float], ys: list[float]) -> int:
    """How often an outline winds around a point, by summing angles: an independent definition."""
    angles = np.arctan2(np.array(ys) - point[1], np.array(xs) - point[0])
    steps = np.diff(np.append(angles, angles[0]))
    return round(float(((steps + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi)))


@settings(max_examples=60)
@given(some.integers(0, 10_000), some.integers(3, 30))
def test_lasso_agrees_with_winding_on_star_shapes(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = rng.uniform(0.5, 3, corners)
    xs, ys = (reach * np.cos(angle)).tolist(), (reach * np.sin(angle)).tolist()
    points = rng.uniform(-3.5, 3.5, (40, 2)).astype(np.float32)
    found = inside_lasso(points, xs, ys)
    for point, inside in zip(points.astype(np.float64), found, strict=True):
        assert inside == (turns((point[0], point[1]), xs, ys) % 2 != 0)


@given(some.lists(some.tuples(COORDINATE, COORDINATE), min_size=1, max_size=20))
def test_a_rectangle_drawn_as_a_lasso_is_a_box(points: list[tuple[float, float]]) -> None:
    xy = np.array(points, np.float32)
    box = inside_box(xy, (-5.05, 5.05), (4.05, -4.05))
    lasso = inside_lasso(xy, [-5.05, 5.05, 5.05, -5.05], [-4.05, -4.05, 4.05, 4.05])
    assert np.array_equal(box, lasso)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    xy = np.random.default_rng(0).normal(size=(1_000, 2)).astype(np.float32)
    xs, ys = [-1, 1, 0], [-1, -1, 1]
    whole = inside_lasso(xy, xs, ys)
    monkeypatch.setattr("core.foundation.arrays.lasso._BLOCK", 7)
    assert np.array_equal(inside_lasso(xy, xs, ys), whole)
    assert 0 < whole.sum() < len(xy)


@pytest.mark.parametrize(
    ("xs", "ys"),
    [
        ([], []),
        ([0, 1], [0, 1]),
        ([0, 1, 2], [0, 1]),
        ([0, 1, float("nan")], [0, 1, 2]),
        ([0.0] * 20_000,) * 2,
    ],
)
def test_unusable_lassos_are_refused(xs: list[float], ys: list[float]) -> None:
    with pytest.raises(ParameterError):
        inside_lasso(np.zeros((2, 2), np.float32), xs, ys)


@pytest.mark.parametrize(("xs", "ys"), [([], []), ([0, float("inf")], [0, 1])])
def test_unusable_boxes_are_refused(xs: list[float], ys: list[float]) -> None:
    with pytest.raises(ParameterError):
        inside_box(np.zeros((2, 2), np.float32), xs, ys)
