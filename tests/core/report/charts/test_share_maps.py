"""Maps of groups over and under their share: what is coloured, crossed, named and told."""

from __future__ import annotations

import numpy as np
import pytest

from core.report.charts.composition import chance_shares
from core.report.charts.share_maps import Held, ratios, share_alt, share_maps
from core.report.charts.theme import DARK, LIGHT, Slot, Theme, contrast

NAMES = ("common", "middle", "<b>rare</b>")
SIZES = np.array([700, 280, 20])
CODES = np.repeat(np.arange(3), SIZES)
SHARES = SIZES / SIZES.sum()
XY = (np.random.default_rng(0).normal(size=(1_000, 2)) + 9 * CODES[:, None]).astype(np.float32)


def held(slot: int, *counts: int) -> Held:
    low, high = chance_shares(SIZES, sum(counts))
    return Held(Slot(slot, "one"), np.array(counts), low * sum(counts), high * sum(counts))


PICKED = [held(0, 70, 28, 2), held(1, 40, 40, 20), held(2, 20, 80, 0), held(3, 100, 0, 0)]


def figure(theme: Theme = LIGHT, subsets=PICKED):
    return share_maps(XY, CODES, NAMES, SHARES, subsets, theme=theme, waiting="running…")


def test_what_chance_holds_as_well_is_grey() -> None:
    clouds = [trace for trace in figure().data if trace.type == "scattergl"]
    levels = [dict(zip(CODES.tolist(), trace.marker.color.tolist(), strict=True)) for trace in clouds]
    assert levels[0] == {0: 2, 1: 2, 2: 2}
    assert levels[1] == {0: 1, 1: 3, 2: 4}  # 0.57, 1.43 and 10 times its share
    assert levels[2] == {0: 0, 1: 4, 2: 2}  # none of twenty rows in a hundred is what luck gives, too
    assert levels[3] == {0: 3, 1: 0, 2: 2}


def test_a_missing_group_is_crossed_and_named() -> None:
    made = figure()
    crosses = [trace for trace in made.data if trace.name == "missing"]
    assert [len(trace.x) for trace in crosses] == [1, 2]
    notes = [note.text for note in made.layout.annotations]
    assert [text for text in notes if "none:" in text] == [
        "<b>none: &lt;b&gt;rare&lt;/b&gt;</b>",
        "<b>none: middle</b>",
        "<b>none: &lt;b&gt;rare&lt;/b&gt;</b>",
    ]
    assert "<b>1 missing</b>" in notes
    assert "<b>2 missing</b>" in notes
    assert "no group beyond luck" in notes


def test_numbers_stand_beside_colours_and_names_on_hover() -> None:
    made = figure()
    notes = [note.text for note in made.layout.annotations if "×" in note.text]
    assert notes == ["<b>×10</b>", "<b>×0.6</b>", "<b>×1.4</b>", "<b>×0.3</b>", "<b>×2.9</b>", "<b>×1.4</b>"]
    told = next(trace for trace in made.data if trace.hovertext is not None).hovertext
    assert "70 of 100 rows" in told[0]
    assert "<b>&lt;b&gt;rare" in told[2]
    assert "<b>rare" not in made.to_json()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_both_sides_differ_from_the_paper_and_from_each_other(theme: Theme) -> None:
    scale = figure(theme).data[0].marker.colorscale
    colours = [colour for _, colour in scale][::2]
    assert len(set(colours)) == 5
    assert all(contrast(colour, theme.paper) >= 3 for at, colour in enumerate(colours) if at != 2)


def test_labels_of_one_map_do_not_cover_each_other() -> None:
    names = [f"group {at}" for at in range(12)]
    codes = np.arange(1_200) % 12
    shares = np.full(12, 1 / 12)
    xy = np.random.default_rng(1).normal(size=(1_200, 2)).astype(np.float32)  # all groups in one place
    many = Held(Slot(0, "a"), np.arange(12) * 5, np.full(12, 24.0), np.full(12, 26.0))
    made = share_maps(xy, codes, names, shares, [many], theme=LIGHT)
    spots = sorted(note.y for note in made.layout.annotations if note.yref == "y")
    assert len(spots) == 1 + 7
    assert len(set(spots)) == len(spots)


def test_the_words_say_the_same() -> None:
    told = share_alt(NAMES, SHARES, [*PICKED, Held(Slot(4, "late"), None, SHARES, SHARES)])
    assert "A one: every group within what random subsets hold" in told
    assert "B one: over on <b>rare</b> at 10 times its share" in told
    assert "C one: holds no row of <b>rare</b>" in told
    assert "E late: no rows yet" in told


def test_times_its_share_is_what_it_says() -> None:
    assert ratios(PICKED[1], SHARES).round(3).tolist() == [0.571, 1.429, 10.0]
    assert np.isnan(ratios(PICKED[1], np.array([0.7, 0.3, 0.0]))[2])


def test_a_subset_that_still_runs_keeps_its_place() -> None:
    waiting = Held(Slot(0, "a"), None, SHARES, SHARES)
    made = figure(subsets=[waiting, PICKED[0]])
    assert "running…" in [note.text for note in made.layout.annotations]
    assert len([trace for trace in made.data if trace.type == "scattergl"]) == 2
