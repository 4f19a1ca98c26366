"""Small pictures of maps: few bytes, all dots inside, colours by group."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from core.report.charts.colouring import hues_of
from core.report.charts.theme import LIGHT
from core.report.documents.thumbnail import HIGH, WIDE, map_thumbnail


def test_a_thumbnail_is_small_sound_and_keeps_its_dots_inside() -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(5_000) % 14 - 1
    xy = rng.normal(size=(5_000, 2)).astype(np.float32) + codes[:, None]
    xy[7] = 1e6  # one row far away does not shrink all others to a point
    made = map_thumbnail(xy, codes)
    assert len(made) < 60_000
    dots = ElementTree.fromstring(made).findall("{*}circle")
    assert 500 < len(dots) <= 700
    x, y = ([float(dot.attrib[name]) for dot in dots] for name in ("cx", "cy"))
    assert 0 <= min(x) <= max(x) <= WIDE
    assert 0 <= min(y) <= max(y) <= HIGH
    assert max(y) - min(y) > 0.7 * HIGH
    assert len({dot.attrib["fill"] for dot in dots}) == len(hues_of(LIGHT)) + 1


def test_rows_that_lie_on_one_place_are_drawn() -> None:
    made = map_thumbnail(np.zeros((3, 2), np.float32), np.zeros(3, np.int64)).decode()
    assert len(re.findall("<circle", made)) == 3
    assert "nan" not in made
