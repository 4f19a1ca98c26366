"""Paired tests re-run what they test, on rows that the scored ones never touch."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from core.analysis.held_out.probes import predict
from core.analysis.held_out.split import Probe, split_rows, units_of
from core.analysis.paired_tests import parts
from core.analysis.paired_tests.parts import PairedTestData, halves
from core.analysis.paired_tests.result import KINDS, PairedResult, PairResult, p_words
from core.analysis.paired_tests.run import pairs_of, run_paired_test
from core.data.load import load
from core.data.samples import SAMPLES
from core.foundation.arrays.paired_statistics import five_by_two, mcnemar, no_information, plus632
from core.foundation.artifact_store import Store
from core.foundation.errors import Cancelled, NeedError, ParameterError
from core.foundation.progress import Progress
from core.metrics.pool import prepare
from core.model.budget import Budget
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice, Recipe
from core.strategies.running import run_seeds
from core.strategies.running.select import select
from core.study.expected_work import paired_seconds
from core.study.paired_tests import missing, paired_test_study
from core.study.study import Study

TESTS = list(KINDS)


def keys(n):
    out = np.zeros((n, 16), np.uint8)
    out[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return out


def population(n=200, seed=0, apart=2.0, classes=2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    x[np.arange(n), labels] += apart
    return Inputs(
        keys=keys(n),
        features=Features(x, "euclidean", "k", "l"),
        labels=labels,
        groups=Groups(rng.integers(0, 2, n), ("a", "b")),
    )


TWO = (Choice("random"), Choice("stratified"))


@pytest.fixture
def useless(monkeypatch):
    """Makes "stratified" choose rows of one class, from which nothing can be learned."""

    def chosen(strategy, inputs, budget, **asked):
        made = select(strategy, inputs, budget, **asked)
        if strategy != "stratified":
            return made
        return replace(made, rows=np.flatnonzero(inputs.labels == 1)[:budget])

    monkeypatch.setattr(run_seeds, "select", chosen)


# ---- parts -------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=80), st.integers(0, 99), st.integers(0, 4))
def test_halves_are_whole_units_and_all_rows(units, seed, repetition):
    units = np.array(units)
    one, other = halves(keys(len(units)), units, seed=seed, repetition=repetition)
    assert np.array_equal(np.sort(np.concatenate([one, other])), np.arange(len(units)))
    assert not set(units[one]) & set(units[other])
    largest = np.bincount(units).max()
    assert abs(len(one) - len(other)) <= max(largest, 1)


def test_halvings_differ_and_are_uniform():
    n, times = 40, 300
    counts = np.zeros(n)
    seen = set()
    for seed in range(times // 5):
        for repetition in range(5):
            one, other = halves(keys(n), np.arange(n), seed=seed, repetition=repetition)
            assert len(one) == len(other) == n // 2
            counts[one] += 1
            seen.add(one.tobytes())
    assert len(seen) == times
    low, high = binom.ppf([0.00001, 0.99999], times, 0.5)
    assert ((counts >= low) & (counts <= high)).all()


def test_units_join_entities_and_near_duplicates():
    inputs = population(120)
    x = inputs.features.matrix.copy()
    x[60:80] = x[0:20]
    inputs = replace(inputs, features=replace(inputs.features, matrix=x))
    entity = [row // 3 if row >= 80 else None for row in range(120)]
    units = units_of(prepare(inputs), entity)
    assert (units[60:80] == units[0:20]).all()
    assert all(len(set(units[row : row + 3])) == 1 for row in range(81, 117, 3))
    assert len(np.unique(units)) > 40
    split = split_rows(prepare(inputs), 12, Probe(entity=entity), seed=0)
    assert not set(units[split.train_rows]) & set(units[split.test_rows]), "the same units as downstream"


@pytest.mark.parametrize("test", TESTS)
def test_no_row_is_scored_that_its_selection_has_seen(monkeypatch, test):
    inputs = replace(population(150), pins=np.arange(0, 150, 30))
    rebuilt, scored = [], []
    x = inputs.features.matrix
    where = {x[row].tobytes(): row for row in range(150)}

    def rebuild(rows):
        rebuilt.append(set(rows.tolist()))
        return replace(inputs.take(rows), pins=rows[:0])

    def watched(own, y, unseen):
        chosen = {where[row.tobytes()] for row in own}
        others = {where[row.tobytes()] for row in unseen}
        scored.append((chosen, others))
        return predict(own, y, unseen)

    monkeypatch.setattr(parts, "predict", watched)
    entity = [row // 5 for row in range(150)]
    made = run_paired_test(prepare(inputs), TWO, 30, test, probe=Probe(rebuild, entity), samples=10)
    apparent = 2 if test == "632+" else 0
    fits = scored[: len(scored) - apparent]
    assert len(rebuilt) == {"5x2cv": 10, "632+": 10}.get(test, 1)
    assert len(fits) == 2 * len(rebuilt)
    for at, (chosen, others) in enumerate(fits):
        seen = rebuilt[at // 2]
        assert chosen <= seen
        assert not others & seen, "a scored row was seen"
        assert not {row // 5 for row in others} & {row // 5 for row in seen}, "an entity was on both sides"
        assert {pin for pin in range(0, 150, 30) if pin in seen} <= chosen
    assert all(len(others) == 150 for _, others in scored[len(fits) :])
    assert made.redone


def test_inputs_of_other_rows_are_a_defect():
    inputs = population(60)
    with pytest.raises(AssertionError, match="other rows"):
        run_paired_test(prepare(inputs), TWO, 12, probe=Probe(lambda rows: inputs))


# ---- against the same by hand ------------------------------------------------------------------------


def test_five_by_two_is_ten_selections_and_fits():
    inputs = population(120, apart=1.0)
    pool = prepare(inputs)
    units, x, y = units_of(pool, None), inputs.features.matrix, inputs.labels
    differences = np.zeros((5, 2))
    for repetition in range(5):
        both = halves(inputs.keys, units, seed=3, repetition=repetition)
        for fold in range(2):
            rows, others = both[fold], both[1 - fold]
            budget = int(24 / 120 * len(rows) + 0.5)
            right = []
            for choice in TWO:
                own = rows[select(choice.id, inputs.take(rows), budget, seed=3 + 2 * repetition + fold).rows]
                right.append((predict(x[own], y[own], x[others]) == y[others]).mean())
            differences[repetition, fold] = right[1] - right[0]
    expected = five_by_two(differences)
    found = run_paired_test(pool, TWO, 24, seed=3)
    assert found.pairs[0].p == expected.p == found.pairs[0].adjusted
    assert found.pairs[0].points == tuple(differences.ravel())
    assert found.pairs[0].difference == pytest.approx(found.accuracy[1] - found.accuracy[0])
    assert run_paired_test(pool, TWO, 24, seed=3).pairs == found.pairs


def test_mcnemar_takes_the_models_of_the_downstream_numbers():
    inputs = population(300, apart=1.0)
    pool = prepare(inputs)
    split = split_rows(pool, 30, Probe(), seed=2)
    right = []
    for choice in TWO:
        chosen = select(choice.id, split.train, split.budget, seed=2).rows
        right.append(predict(split.x_train[chosen], split.y_train[chosen], split.x_test) == split.y_test)
    expected = mcnemar(*right)
    found = run_paired_test(pool, TWO, 30, "mcnemar", seed=2)
    assert found.pairs[0].p == expected.p
    assert found.pairs[0].difference == pytest.approx(expected.difference)
    assert (found.pairs[0].low, found.pairs[0].high) == expected.interval
    both = run_paired_test(pool, TWO, 30, "cochran", seed=2)
    b, c = expected.second_only, expected.first_only
    assert both.overall_detail.startswith(f"Q = {(b - c) ** 2 / (b + c):.2f}")


def test_632_by_hand(monkeypatch):
    """Every model says 0: outside, apparent and blind error are all the share of ones."""
    inputs = population(100)
    monkeypatch.setattr(parts, "predict", lambda x, y, unseen: np.zeros(len(unseen), np.int64))
    found = run_paired_test(prepare(inputs), TWO, 20, "632+", samples=40)
    ones = float(inputs.labels.mean())
    assert no_information(inputs.labels, np.zeros(100, np.int64)) == pytest.approx(ones)
    assert found.accuracy[0] == pytest.approx(1 - plus632(ones, ones, ones).error, abs=0.01)
    assert found.pairs[0].difference == 0
    assert found.pairs[0].p == 1


# ---- what is found -----------------------------------------------------------------------------------


@pytest.mark.parametrize("test", TESTS)
def test_a_useless_strategy_is_found_out(useless, test):
    found = run_paired_test(prepare(population(300, apart=4.0)), TWO, 30, test, samples=15)
    pair = found.pairs[0]
    assert pair.significant
    assert pair.difference < -0.2
    assert found.accuracy[1] < 0.75 < found.accuracy[0]
    owner = "Random's model predicts" if test in ("mcnemar", "cochran") else "Random predicts"
    assert found.words(pair).startswith(f"{owner} better than")
    turned = run_paired_test(
        prepare(population(300, apart=4.0)), TWO, 30, test, baseline=1, samples=15
    ).pairs[0]
    assert (turned.first, turned.second) == (1, 0)
    assert turned.difference == pytest.approx(-pair.difference)
    assert turned.p == pytest.approx(pair.p)


def test_every_pair_is_adjusted_for_all(useless):
    choices = (*TWO, Choice("systematic"))
    found = run_paired_test(prepare(population(300, apart=4.0)), choices, 30, "mcnemar", baseline=None)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]
    smallest = min(found.pairs, key=lambda pair: pair.p)
    assert smallest.adjusted == pytest.approx(min(1, 3 * smallest.p))
    assert pairs_of([0, 2], 1) == []


def test_null_five_by_two_rejects_at_most_its_level():
    """Random against random: the F test is a little conservative."""
    runs, rejected = 60, 0
    for run in range(runs):
        pool = prepare(population(60, seed=run, apart=1.0))
        found = run_paired_test(
            pool, (Choice("random"), Choice("random")), 12, seed=run, seeds=(run, 10_000 + run)
        )
        assert found.pairs[0].p <= 1
        rejected += found.pairs[0].significant
    assert rejected <= binom.ppf(0.999, runs, 0.05)


def test_null_fixed_models_and_bootstrap_reject_at_most_their_level():
    runs = 40
    rejected = {"mcnemar": 0, "632+": 0}
    for run in range(runs):
        pool = prepare(population(60, seed=run, apart=1.0))
        for test in rejected:
            two = (Choice("random"), Choice("random"))
            found = run_paired_test(pool, two, 12, test, seeds=(run, 10_000 + run), samples=10)
            rejected[test] += found.pairs[0].significant
    assert all(count <= binom.ppf(0.999, runs, 0.05) for count in rejected.values()), rejected


# ---- what can go wrong -------------------------------------------------------------------------------


def test_what_cannot_run_is_left_out_with_its_reason():
    choices = (Choice("random"), Choice("dsir"), Choice("stratified"))
    found = run_paired_test(prepare(population(100)), choices, 20)
    assert found.reasons[0] == found.reasons[2] == ""
    assert "target" in found.reasons[1]
    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 2)]
    assert math.isnan(found.accuracy[1])
    json.dumps(found.to_json(), allow_nan=False)
    lost = run_paired_test(prepare(population(100)), choices, 20, baseline=1)
    assert lost.pairs == ()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"test": "t"}, ParameterError),
        ({"choices": TWO[:1]}, ParameterError),
        ({"baseline": 2}, ParameterError),
        ({"samples": 5}, ParameterError),
    ],
)
def test_wrong_questions_are_refused(change, error):
    asked = {"choices": TWO, "test": "5x2cv", **change}
    with pytest.raises(error):
        run_paired_test(prepare(population(40)), asked.pop("choices"), 8, asked.pop("test"), **asked)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    "change",
    [
        {"labels": None},
        {"labels": np.zeros(100, np.int64)},
        {"labels": np.arange(100)},
        {"features": None},
    ],
)
def test_rows_that_teach_nothing_say_so(test, change):
    with pytest.raises(NeedError):
        run_paired_test(prepare(replace(population(100), **change)), TWO, 20, test)


def test_rows_that_cannot_be_halved_say_so():
    with pytest.raises(NeedError, match="halved"):
        run_paired_test(prepare(population(100)), TWO, 20, probe=Probe(entity=["one"] * 90 + list(range(10))))


@pytest.mark.parametrize("test", TESTS)
def test_a_cancel_is_heard(test):
    stop = Event()
    told = []

    def report(share, text):
        told.append(share)
        stop.set()

    with pytest.raises(Cancelled):
        run_paired_test(prepare(population(100)), TWO, 20, test, progress=Progress(report, stop, every=0))
    assert told


def test_dependent_rows_are_told_of():
    entity = [row // 4 for row in range(200)]
    found = run_paired_test(prepare(population(200)), TWO, 40, "mcnemar", probe=Probe(entity=entity))
    assert "independent" in found.notes[0]
    assert run_paired_test(prepare(population(200)), TWO, 40, "mcnemar").notes == ()


def test_words():
    found = PairedResult("5x2cv", ("A", "B"), ("", ""), (0.5, 0.531), (), "")
    pair = PairResult(0, 1, 0.031, 0.0, 0.06, 0.006, 0.012)
    assert found.words(pair) == "B predicts better than A (difference 3.1 points, Holm p = .012)."
    turned = replace(pair, difference=-0.031)
    assert found.words(turned, ("x", "y")).startswith("x predicts better than y")
    unsure = found.words(replace(pair, adjusted=0.2))
    assert unsure == "B against A: no difference can be shown (difference +3.1 points, Holm p = .200)."
    assert "not judged" in found.words(replace(pair, p=math.nan, adjusted=math.nan))
    assert p_words(math.nan) == "p not defined"


# ---- studies -----------------------------------------------------------------------------------------


def test_a_study_is_tested_under_its_filter(tmp_path):
    known = SAMPLES["wine"]
    recipe = Recipe(
        features=known.features, groups="kmeans:3", label=known.label_column, where="alcohol > 12.5"
    )
    study = Study(load("sample:wine"), recipe, store=Store(tmp_path))
    choices = (Choice("random"), Choice("stratified"))
    n = len(study.eligible())
    assert paired_seconds(study, choices, "5x2cv", 20, n) > 0
    found = paired_test_study(study, choices, "mcnemar", "20")
    assert found.reasons == ("", "")
    assert 0.5 < found.accuracy[0] <= 1
    assert not missing(study)


def test_a_study_without_labels_says_so(tmp_path):
    data = load(b"id,a,b\n1,2,3\n2,3,4\n3,1,1\n", name="plain.csv")
    study = Study(data, Recipe(features="table", groups=""), store=Store(tmp_path))
    assert missing(study)
    with pytest.raises(NeedError, match="label"):
        paired_test_study(study, (Choice("random"), Choice("k-center")), "mcnemar", "2")


def test_ground_keeps_the_fraction():
    inputs = population(100)
    made = PairedTestData(prepare(inputs), TWO, (0, 0), 10, Probe(), 0, ["", ""])
    part, budget = made.part(np.arange(50))
    assert (part.n, budget) == (50, 5)


def test_what_cannot_be_judged_is_said_in_the_words_of_its_test():
    pair = PairResult(0, 1, 0.0, math.nan, math.nan, math.nan, math.nan)
    for test, words in (("5x2cv", "fold to fold"), ("632+", "sample to sample")):
        assert words in PairedResult(test, ("A", "B"), ("", ""), (0.5, 0.5), (pair,), "").words(pair)


@pytest.mark.parametrize("test", TESTS)
def test_every_part_spends_its_share_of_a_cost_budget(monkeypatch, test):
    """Not as many rows as the budget is thought to buy: those of one part can cost more than its share."""
    inputs = replace(
        population(150),
        costs=np.where(np.arange(150) % 5, 1.0, 30.0),
        cost_column="tokens",
        pins=np.arange(2),
    )
    spent = []

    def watched(strategy, part, budget, **asked):
        made = select(strategy, part, budget, **asked)
        share = 300 * part.costs.sum() / inputs.costs.sum()
        spent.append(float(part.costs[made.rows].sum()) / share)
        return made

    monkeypatch.setattr(run_seeds, "select", watched)
    found = run_paired_test(prepare(inputs), TWO, Budget.parse("300 tokens"), test, samples=10)
    assert max(spent) <= 1 + 1e-9
    assert min(spent) > 0.5
    assert all(np.isfinite(found.accuracy))
    assert ("tokens" in found.redone) == (test in ("mcnemar", "cochran"))
    assert ("about" in found.redone) == (test in ("5x2cv", "632+"))
