"""Figures of density, of two subsets on one map, of seeds, and the rows behind clicks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from core.report.charts import composition, density, pair_map
from core.report.charts.density import tenth_name
from core.report.charts.theme import DARK, LIGHT, Slot

EVIL = '<a href="javascript:alert(1)">x</a>&$\\alpha$'
EVEN, NONE = np.full(10, 40), np.zeros(10, np.int64)


def test_chance_in_tenths_is_hypergeometric_with_the_pins_kept():
    pinned = np.array([3, *[0] * 9])
    counts = np.array([[8, *[4] * 7, 0, 4]])
    made = density.Tenths.of(Slot(0, "x"), counts, EVEN, pinned)
    drawn = int(counts.sum()) - 3
    for at in range(10):
        free = 40 - int(pinned[at])
        for level, ends in ((0.05, (made.low, made.high)), (0.005, (made.lowest, made.highest))):
            wanted = hypergeom.ppf((level / 2, 1 - level / 2), 397, free, drawn) + pinned[at]
            got = [float(end[at]) * counts.sum() for end in ends]
            assert got == pytest.approx(wanted.tolist())
    assert made.expected.tolist() == [0.1] * 10


def test_seeds_are_put_together():
    counts = np.array([[10, *[0] * 8, 10], [4, *[0] * 8, 16]])
    made = density.Tenths.of(Slot(1, "x"), counts, EVEN, NONE)
    assert (made.shares[0], made.least[0], made.most[0], made.seeds) == (0.35, 0.2, 0.5, 2)
    figure = density.density_figure([made], theme=LIGHT)
    trace = figure.data[0]
    assert trace.y[0] == pytest.approx(35)
    assert (trace.error_y.array[0], trace.error_y.arrayminus[0]) == pytest.approx((15, 15))


def test_the_sentence_names_the_tenth_only_beyond_chance():
    flat = density.Tenths.of(Slot(0, "x"), np.array([[4] * 10]), EVEN, NONE)
    assert density.density_sentence(flat) == "A stays within what chance gives in all ten tenths"
    none = density.Tenths.of(Slot(1, "x"), np.array([[*[9] * 9, 0]]), np.full(10, 40), NONE)
    assert density.density_sentence(none).startswith(
        "B takes 0 % of its rows from the densest tenth; chance gives"
    )
    assert density.density_sentence(flat) in density.density_alt([flat, none])
    assert [tenth_name(at) for at in (0, 1, 4, 5, 9)] == [
        "sparsest tenth",
        "2nd sparsest tenth",
        "5th sparsest tenth",
        "5th densest tenth",
        "densest tenth",
    ]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_eight_panels_of_density_share_a_scale(theme):
    items = [density.Tenths.of(Slot(at, EVIL), np.array([[4] * 10]), EVEN, NONE) for at in range(8)]
    figure = density.density_figure(items, theme=theme)
    assert len(figure.data) == 8
    assert len({figure.layout[f"yaxis{at or ''}"].range for at in (0, 2, 3, 4, 5, 6, 7, 8)}) == 1
    assert len([shape for shape in figure.layout.shapes if shape.type == "rect"]) == 80
    assert "<a" not in figure.to_json().replace("\\u003c", "<")
    assert density.density_figure([], theme=theme).data == ()


def test_a_pair_is_drawn_in_both_hues():
    xy = np.arange(40, dtype=np.float32).reshape(20, 2)
    a, b, both = np.array([1, 2]), np.array([5, 6, 7]), np.array([9])
    sides = ((Slot(0, EVIL), a), (Slot(2, "two"), b))
    figure = pair_map.pair_map(xy, sides, both, theme=DARK, ring=3)
    grey, shared, one, other, ring = figure.data
    assert len(grey.x) == 20
    assert list(shared.x) == [18]
    assert list(one.x) == [2, 4]
    assert list(other.y) == [11, 13, 15]
    assert list(ring.x) == [6]
    assert (one.marker.color, other.marker.color) == (DARK.hues[0], DARK.hues[2])
    assert one.marker.symbol != other.marker.symbol
    assert "<a" not in figure.to_json().replace("\\u003c", "<")
    assert pair_map.pair_alt(((Slot(0, "one"), a), (Slot(2, "two"), b)), both).endswith(
        "2 rows only in A one, 3 rows only in C two, 1 row in both."
    )


def test_composition_draws_the_spread_over_seeds():
    parts = [composition.Part("big", 0.9, 0.8, 1.0), composition.Part("rare", 0.1, 0.0, 0.2)]
    several = composition.Shares.of(Slot(0, "a"), [np.array([0.8, 0.2]), np.array([0.5, 0.5])])
    alone = composition.Shares.of(Slot(1, "b"), [np.array([0.9, 0.1])])
    figure = composition.composition(parts, [several, alone], theme=LIGHT)
    first, second = figure.data
    assert list(first.x) == pytest.approx([65, 35])
    assert list(first.error_x.array) == pytest.approx([15, 15])
    assert list(first.error_x.arrayminus) == pytest.approx([15, 15])
    assert second.error_x.array is None
    assert "over seeds 50 % to 80 %" in first.hovertext[0]
