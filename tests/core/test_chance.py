"""Chance is not sold as merit, and merit is not lost: whole tables of eight strategies (short forms)."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from tests.chance import tables

HELD = ("energy", "column-shift", "group-shares", "coverage-radius", "vendi", "sliced-wasserstein")


@pytest.fixture(scope="module")
def drawn():
    return list(tables(60))


def test_eight_random_strategies_bear_a_mark_in_few_tables(drawn):
    """At most one table in twenty may hold a mark anywhere; the bound allows for luck in so few tables."""
    found = sum(table.marked for table in drawn)
    assert found <= binom.ppf(0.999, len(drawn), 0.05)


def test_means_of_seeds_are_judged_as_strictly():
    few = list(tables(12, seeds=3, first=500))
    assert sum(table.marked for table in few) <= binom.ppf(0.999, len(few), 0.05)


@pytest.mark.parametrize("metric", HELD)
def test_a_shift_of_eight_standard_deviations_is_marked(drawn, metric):
    """In at least 90 % of tables; the bound allows for luck in so few tables."""
    for sign in (-8, 8):
        found = sum(table.planted(metric, sign) for table in drawn)
        assert found >= binom.ppf(0.001, len(drawn), 0.9)


def test_half_a_standard_deviation_is_not_marked(drawn):
    assert not any(table.planted("energy", 0.5) for table in drawn)
