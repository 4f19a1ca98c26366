"""Maps of groups over and under their share: what is coloured, crossed, named and told."""

from __future__ import annotations

import numpy as np
import pytest

from core.report.charts.composition import chance_shares
from core.report.charts.share_maps import (
    Held,
    group_facts,
    group_labels,
    heading,
    level_colours,
    levels,
    ratios,
    share_alt,
)
from core.report.charts.theme import DARK, LIGHT, Slot, Theme, contrast

NAMES = ("common", "middle", "<b>rare</b>")
SIZES = np.array([700, 280, 20])
SHARES = SIZES / SIZES.sum()


def held(slot: int, *counts: int) -> Held:
    low, high = chance_shares(SIZES, sum(counts))
    return Held(Slot(slot, "one"), np.array(counts), low * sum(counts), high * sum(counts))


PICKED = [held(0, 70, 28, 2), held(1, 40, 40, 20), held(2, 20, 80, 0), held(3, 100, 0, 0)]


def test_what_chance_holds_as_well_is_grey() -> None:
    found = [levels(one, SHARES).tolist() for one in PICKED]
    assert found[0] == [2, 2, 2]
    assert found[1] == [1, 3, 4]  # 0.57, 1.43 and 10 times its share
    assert found[2] == [0, 4, 2]  # none of twenty rows in a hundred is what luck gives, too
    assert found[3] == [3, 0, 2]


def test_a_missing_group_is_crossed_and_named_before_any_number() -> None:
    written = [[words for _, words in group_labels(one, NAMES, SHARES)] for one in PICKED]
    assert written == [
        [],
        ["×10", "×0.6", "×1.4"],
        ["✕ none: <b>rare</b>", "×0.3", "×2.9"],
        ["✕ none: middle", "✕ none: <b>rare</b>", "×1.4"],
    ]
    heads = [heading(one, SHARES, "running…") for one in PICKED]
    assert heads == ["no group beyond luck", "3 beyond luck", "1 missing", "2 missing"]


def test_numbers_are_said_of_the_group_that_is_pointed_at() -> None:
    said = group_facts(PICKED[0], NAMES, SHARES)
    assert said[0].splitlines()[0] == "common"
    assert "70 of 100 rows" in said[0]
    assert "random subsets: " in said[0]
    assert said[2].splitlines()[0] == "<b>rare</b>", "the map shows it as text"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_both_sides_differ_from_the_paper_and_from_each_other(theme: Theme) -> None:
    colours = level_colours(theme)
    assert len(set(colours)) == 5
    assert all(contrast(colour, theme.paper) >= 3 for at, colour in enumerate(colours) if at != 2)


def test_of_many_groups_the_furthest_from_their_share_are_written() -> None:
    many = Held(Slot(0, "a"), np.arange(12) * 5, np.full(12, 24.0), np.full(12, 26.0))
    written = group_labels(many, [f"group {at}" for at in range(12)], np.full(12, 1 / 12))
    assert written[0] == (0, "✕ none: group 0")
    assert len(written) == 1 + 7
    assert [code for code, _ in written[1:3]] == [1, 2]


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
    assert heading(waiting, SHARES, "running…") == "running…"
    assert levels(waiting, SHARES).tolist() == [2, 2, 2]
    assert group_labels(waiting, NAMES, SHARES) == []
    assert group_facts(waiting, NAMES, SHARES) == list(NAMES)
