"""What is told apart without colour, and what keeps its contrast."""

from __future__ import annotations

import numpy as np
import pytest

from core.report.charts import map_panels, planted_picture
from core.report.charts.theme import DARK, LIGHT, Slot, contrast, hue, ink_on, shape, stroke

THEMES = [LIGHT, DARK]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_lines_differ_without_colour_and_letters_on_their_discs_can_be_read(theme):
    lines = [stroke(slot, theme, 2)["dash"] for slot in range(8)]
    assert len(set(lines)) == len({shape(slot) for slot in range(8)}) == 8
    assert all(contrast(hue(slot, theme), ink_on(hue(slot, theme))) >= 4.5 for slot in range(8))


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_data_set_keeps_its_contrast_on_every_map(theme):
    """Grey at part of its opacity would fall below 3 : 1."""
    xy = np.random.Generator(np.random.PCG64(1)).normal(size=(200, 2)).astype(np.float32)
    one = Slot(0, "random")
    rows = np.arange(5)
    figures = [
        map_panels.maps(xy, [(one, rows)], theme=theme),
        planted_picture.picture(xy, rows, theme=theme),
    ]
    for figure in figures:
        grey = [trace.marker for trace in figure.data if str(trace.marker.color) == theme.grey]
        assert grey
        assert all(mark.opacity in (None, 1) for mark in grey)
    assert contrast(theme.grey, theme.paper) >= 3
