"""What one subset has and another lacks: sets, counts, tests and examples against plain counting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, fisher_exact

from core.analysis.comparison.measurements import StrategyResult
from core.analysis.explain.differences import EXAMPLES, differences
from core.data.load import load
from core.foundation.arrays.paired_statistics import holm
from core.foundation.artifact_store import Store
from core.foundation.errors import ParameterError
from core.model.recipe import Choice
from core.model.selection import Selection
from core.study.explain import setting_of, study_density
from core.study.study import Study


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    rng = np.random.default_rng(11)
    kind = np.repeat(["a", "b", "c"], [100, 60, 40])
    frame = pd.DataFrame(
        {
            "id": [f"r{at:03d}" for at in range(200)],
            "x": rng.normal(size=200).round(3) + (kind == "b") * 4,
            "y": rng.normal(size=200).round(3) * np.where(kind == "c", 5, 1),
            "kind": kind,
            "score": rng.random(200).round(2),
        }
    )
    data = load(frame, name="toy", roles={"kind": "label", "score": "score"})
    return Study(data, store=Store(tmp_path_factory.mktemp("store"))).embed("table").group("kind")


@pytest.fixture(scope="module")
def found(study):
    return study.compare(["random"], 20, seeds=1, band=9, probe=False)


def pair(found, a, b):
    made = [
        StrategyResult(
            Choice("random"), (Selection(np.asarray(rows), "random", 1, {}, 0, len(rows), "", 200),)
        )
        for rows in (a, b)
    ]
    return replace(found, results=tuple(made))


def kinds_of(study) -> np.ndarray:
    return study.data.frame["kind"].to_numpy(str)


def test_sets_counts_tests_and_examples(study, found):
    rng = np.random.default_rng(2)
    a, b = rng.permutation(120)[:40], np.sort(rng.permutation(np.arange(60, 200))[:50])
    dense = study_density(study)
    told = differences(pair(found, a, b), setting_of(study), 0, 1, density=dense)
    only_a, only_b = sorted(set(a) - set(b)), sorted(set(b) - set(a))
    assert told.first.rows.tolist() == only_a
    assert told.second.rows.tolist() == only_b
    assert told.both.tolist() == sorted(set(a) & set(b))
    kinds = kinds_of(study)
    raw = {}
    for group in told.groups:
        assert group.first == (kinds[only_a] == group.name).sum()
        assert group.second == (kinds[only_b] == group.name).sum()
        assert group.both == (kinds[told.both] == group.name).sum()
        assert group.size == (kinds == group.name).sum()
        table = [
            [group.first, len(only_a) - group.first],
            [group.second, len(only_b) - group.second],
        ]
        raw[group.name] = fisher_exact(np.array(table)).pvalue
    gaps = [abs(g.first / len(only_a) - g.second / len(only_b)) for g in told.groups]
    assert gaps == sorted(gaps, reverse=True)
    # Density and score: how often one side leads, counted pair by pair.
    values = {"density": dense.percent, "score": study.scores()}
    for shift in told.shifts:
        one, other = values[shift.name][only_a], values[shift.name][only_b]
        more = (one[:, None] > other[None, :]) + 0.5 * (one[:, None] == other[None, :])
        assert shift.leads == pytest.approx(more.mean())
        assert (shift.first, shift.second) == (np.median(one), np.median(other))
    assert told.tests == len(told.groups) + 2
    smallest = min(raw, key=raw.get)
    corrected = {group.name: group.p for group in told.groups}
    assert corrected[smallest] >= raw[smallest]
    assert all(corrected[name] <= min(1, told.tests * p) + 1e-12 for name, p in raw.items())
    # Examples: farthest from any row of the other subset, from all pairs.
    x = study.features().matrix.astype(np.float64)
    for side, mine, theirs in ((told.first, only_a, b), (told.second, only_b, a)):
        gaps = np.linalg.norm(x[mine][:, None] - x[theirs][None], axis=2)
        nearest = gaps.min(axis=1)
        assert side.middle == pytest.approx(np.median(nearest), rel=1e-5)
        assert [e.distance for e in side.examples] == pytest.approx(
            np.sort(nearest)[::-1][:EXAMPLES], rel=1e-5
        )
        for e in side.examples:
            assert e.row in mine
            assert np.linalg.norm(x[e.row] - x[e.nearest]) == pytest.approx(e.distance, rel=1e-5)
            assert e.nearest in theirs


def test_a_planted_difference_is_told_and_an_equal_split_is_not(study, found):
    in_a, in_b = (np.flatnonzero(kinds_of(study) == kind) for kind in "ab")
    told = differences(pair(found, in_a[:40], in_b[:40]), setting_of(study), 0, 1)
    apart = {group.name: group.apart for group in told.groups}
    assert apart == {"a": True, "b": True}
    same = differences(pair(found, in_a[:40], in_a[40:80]), setting_of(study), 0, 1)
    assert [(group.name, group.p, group.apart) for group in same.groups] == [("a", 1.0, False)]


def test_rows_dealt_at_random_rarely_differ(study, found):
    setting, dense = setting_of(study), study_density(study)
    rng = np.random.default_rng(9)
    rounds, hits = 150, 0
    for _ in range(rounds):
        rows = rng.permutation(200)[:60]
        told = differences(pair(found, rows[:30], rows[30:]), setting, 0, 1, density=dense)
        hits += any(one.apart for one in (*told.groups, *told.shifts))
    assert hits <= binom.ppf(0.999, rounds, 0.05)


def test_equal_and_nested_subsets(study, found):
    same = differences(pair(found, np.arange(9), np.arange(9)), setting_of(study), 0, 1)
    assert len(same.first.rows) == len(same.second.rows) == 0
    assert same.groups == same.shifts == ()
    inner = differences(
        pair(found, np.arange(9), np.arange(5)), setting_of(study), 0, 1, density=study_density(study)
    )
    assert inner.first.rows.tolist() == [5, 6, 7, 8]
    assert inner.second.rows.tolist() == []
    assert inner.second.middle is None
    assert sum(group.first for group in inner.groups) == 4
    assert {(group.second, group.p) for group in inner.groups} == {(0, None)}
    assert inner.shifts == ()


def test_the_order_of_a_pair_only_swaps_sides(study, found):
    rng = np.random.default_rng(4)
    both = pair(found, rng.permutation(200)[:30], rng.permutation(200)[:45])
    one, other = differences(both, setting_of(study), 0, 1), differences(both, setting_of(study), 1, 0)
    assert one.first.rows.tolist() == other.second.rows.tolist()
    assert one.first.examples == other.second.examples
    assert {g.name: (g.first, g.second) for g in one.groups} == {
        g.name: (g.second, g.first) for g in other.groups
    }
    assert {g.name: g.p for g in one.groups} == pytest.approx({g.name: g.p for g in other.groups})


def test_a_strategy_without_a_subset_is_refused(study, found):
    broken = replace(
        found, results=(found.results[0], StrategyResult(Choice("dsir"), reason="it needs a target"))
    )
    with pytest.raises(ParameterError, match="no subset"):
        differences(broken, study, 0, 1)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_the_smallest_level_at_which_stepping_down_rejects(ps):
    corrected = holm(ps)
    for at, level in enumerate(corrected):
        assert ps[at] <= level <= 1
        if level < 1:
            # Step down by hand at this level: everything up to this one is rejected, but not just below.
            order = sorted(range(len(ps)), key=lambda i: ps[i])
            place = order.index(at)
            assert all(ps[order[i]] * (len(ps) - i) <= level + 1e-12 for i in range(place + 1))
            assert any(ps[order[i]] * (len(ps) - i) >= level - 1e-12 for i in range(place + 1))
