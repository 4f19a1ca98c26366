"""Downstream numbers never score rows that the selection has seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from core.analysis.comparison.run import compare
from core.analysis.held_out import probes
from core.analysis.held_out.learning_curve import curve_band, learning_curve
from core.analysis.held_out.probes import predict
from core.analysis.held_out.scores import probe_band, probe_values, score_many
from core.analysis.held_out.split import Probe, holdout, split_rows
from core.foundation.progress import SILENT
from core.metrics.pool import prepare
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice


def keys(n):
    out = np.zeros((n, 16), np.uint8)
    out[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return out


def population(n=400, seed=0, noise=False):
    """Three classes in 8 dimensions; with `noise` the labels mean nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 8)).astype(np.float32)
    if not noise:
        x[np.arange(n), labels] += 4
    return Inputs(
        keys=keys(n),
        features=Features(x, "euclidean", "k", "l"),
        labels=labels,
        groups=Groups(rng.integers(0, 2, n), ("a", "b")),
    )


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=80), st.integers(0, 1000))
def test_units_leave_together_and_a_fifth_is_not_exceeded_by_much(units, seed):
    units = np.array(units)
    rows = holdout(keys(len(units)), units, seed=seed)
    left = np.setdiff1d(np.arange(len(units)), rows)
    assert not set(units[rows]) & set(units[left])
    wanted = 0.2 * len(units)
    assert len(rows) <= max(2 * wanted, 1)


def test_single_rows_leave_at_a_fifth_and_uniformly():
    n = 100
    counts = np.zeros(n)
    for seed in range(400):
        rows = holdout(keys(n), np.arange(n), seed=seed)
        assert len(rows) == 20
        counts[rows] += 1
    low, high = binom.ppf([0.00001, 0.99999], 400, 0.2)
    assert ((counts >= low) & (counts <= high)).all()


def test_the_split_keeps_entities_and_near_duplicates_together():
    inputs = population(200)
    x = inputs.features.matrix.copy()
    x[100:150] = x[0:50]  # copies
    inputs = replace(inputs, features=replace(inputs.features, matrix=x))
    entity = [f"customer {row // 4}" if row >= 60 else None for row in range(200)]
    split = split_rows(prepare(inputs), 20, Probe(entity=entity), seed=1)
    train, test = set(split.train_rows), set(split.test_rows)
    assert not train & test
    for row in range(50):
        assert (row in train) == (row + 100 in train)
    for start in range(60, 200, 4):
        assert len({row in train for row in range(start, start + 4)}) == 1


def test_the_same_fraction_is_chosen_from_the_rest():
    split = split_rows(prepare(population(400)), 40, Probe(), seed=0)
    assert len(split.train_rows) == 320
    assert split.budget == 32
    assert "80 of 400" in split.described


def test_the_split_names_only_what_kept_rows_together():
    inputs = population(200)
    copied = inputs.features.matrix.copy()
    copied[100:150] = copied[0:50]
    copies = replace(inputs, features=replace(inputs.features, matrix=copied))
    entity = [row // 2 for row in range(200)]
    for made, probe, words in (
        (inputs, Probe(), "held out at random before"),
        (inputs, Probe(entity=entity), "held out at random, rows of one entity together, before"),
        (copies, Probe(), "held out at random, near-duplicates together, before"),
        (copies, Probe(entity=entity), "random, rows of one entity and near-duplicates together, before"),
    ):
        assert words in split_rows(prepare(made), 20, probe, seed=1).described


def test_rebuilt_inputs_see_the_training_rows_only():
    inputs = population(100)
    seen = []

    def rebuild(rows):
        seen.append(rows)
        return inputs.take(rows)

    split = split_rows(prepare(inputs), 20, Probe(rebuild), seed=0)
    assert np.array_equal(seen[0], split.train_rows)
    assert split.train.n == 80
    with pytest.raises(AssertionError, match="other rows"):
        split_rows(prepare(inputs), 20, Probe(lambda rows: inputs), seed=0)


def test_pins_stay_with_their_rows():
    inputs = replace(population(100), pins=np.arange(10))

    def rebuild(rows):
        return replace(inputs.take(rows), pins=rows[:0])

    split = split_rows(prepare(inputs), 20, Probe(rebuild), seed=0)
    assert set(split.train_rows[split.train.pins]) == set(range(10)) & set(split.train_rows)
    found = probe_band(split, 3, seeds=1, seed=0)
    assert len(found[1]["probe-accuracy"]) == 3


@pytest.mark.parametrize(
    "change",
    [{"labels": None}, {"features": None}, {"labels": np.zeros(100, np.int64)}, {"labels": np.arange(100)}],
)
def test_what_cannot_be_probed_says_why(change):
    split = split_rows(prepare(replace(population(100), **change)), 20, Probe(), seed=0)
    assert split.reason.startswith("no downstream numbers")


def test_labels_that_can_be_learned_are_learned():
    split = split_rows(prepare(population(400)), 60, Probe(), seed=0)
    found = probe_values(split, Choice("random"), seeds=2, seed=0).values
    assert len(found) == 2
    assert all(values["probe-accuracy"] > 0.9 for values in found)
    assert all(values["probe-worst-group"] <= values["probe-accuracy"] for values in found)


def leak_into_logistic(monkeypatch, split):
    def leaking(x, y, unseen, classes):
        both, labels = np.concatenate([x, split.x_test]), np.concatenate([y, split.y_test])
        nearest = ((unseen[:, None] - both[None]) ** 2).sum(axis=2).argmin(axis=1)
        return labels[nearest], np.eye(len(classes))[np.searchsorted(classes, labels[nearest])]

    monkeypatch.setattr(probes, "logistic", leaking)


def leak_into_neighbours(monkeypatch, split):
    honest = probes.nearest_codes

    def leaking(x, codes, subsets, unseen, progress=SILENT):
        seen = np.searchsorted(split.classes, split.y_test).astype(np.uint8)
        there = np.arange(len(x), len(x) + len(seen))
        return honest(
            np.concatenate([x, split.x_test]),
            np.concatenate([codes, seen]),
            [np.concatenate([rows, there]) for rows in subsets],
            unseen,
            progress,
        )

    monkeypatch.setattr(probes, "nearest_codes", leaking)


LEAKS = {"probe-accuracy": leak_into_logistic, "knn-accuracy": leak_into_neighbours}


@pytest.mark.parametrize("metric", LEAKS)
def test_a_probe_that_sees_its_test_rows_is_found_out(monkeypatch, metric):
    """On labels without meaning an honest probe is at chance; one that sees its test rows is not."""
    split = split_rows(prepare(population(1_600, noise=True)), 200, Probe(), seed=0)
    limit = binom.ppf(0.9999, len(split.test_rows), 0.45) / len(split.test_rows)
    assert score_many(split, [np.arange(160)])[0][metric] < limit
    honest = learning_curve(split, Choice("random"), fractions=(0.5, 1), seeds=2)
    assert (honest.values[metric] < limit).all()
    LEAKS[metric](monkeypatch, split)
    assert score_many(split, [np.arange(160)])[0][metric] > limit
    leaking = learning_curve(split, Choice("random"), fractions=(0.5, 1), seeds=2)
    assert (leaking.values[metric] > limit).all()
    assert (curve_band(split, fractions=(0.5, 1), size=3).values[1][metric] > limit).all()


def test_test_rows_never_reach_the_model(monkeypatch):
    inputs = population(300)
    split = split_rows(prepare(inputs), 90, Probe(), seed=0)
    held = {row.tobytes() for row in inputs.features.matrix[split.test_rows]}
    fitted, voted = [], []
    fit, vote_among = probes.logistic, probes.nearest_codes

    def watching_fit(x, y, unseen, classes):
        fitted.extend(row.tobytes() for row in x)
        return fit(x, y, unseen, classes)

    def watching_votes(x, codes, subsets, unseen, progress=SILENT):
        voted.extend(row.tobytes() for rows in subsets for row in x[rows])
        return vote_among(x, codes, subsets, unseen, progress)

    monkeypatch.setattr(probes, "logistic", watching_fit)
    monkeypatch.setattr(probes, "nearest_codes", watching_votes)
    probe_values(split, Choice("random"), seeds=2, seed=0)
    probe_band(split, 3, seeds=1, seed=0)
    learning_curve(split, Choice("random"), fractions=(0.5, 1))
    curve_band(split, fractions=(0.5, 1), size=2)
    assert fitted
    assert voted
    assert not held & (set(fitted) | set(voted))


def test_one_class_among_the_chosen_rows_is_predicted_everywhere():
    x = np.eye(3, dtype=np.float32)
    assert predict(x, np.array([2, 2, 2]), x).tolist() == [2, 2, 2]
    assert predict(x[:0], np.empty(0, np.int64), x).tolist() == [-1, -1, -1]


def test_rows_without_a_label_are_neither_learned_nor_scored():
    inputs = population(200)
    labels = inputs.labels.copy()
    labels[::2] = -1
    split = split_rows(prepare(replace(inputs, labels=labels)), 100, Probe(), seed=0)
    assert (split.y_test >= 0).all()
    assert score_many(split, [np.arange(80)])[0]["probe-accuracy"] > 0.5


def test_compare_shows_probe_values_beside_their_band():
    result = compare(population(200), [Choice("random")], 40, band=9, seeds=2, probe=Probe())
    found = result.results[0].means["probe-accuracy"]
    assert 0.5 < found <= 1
    assert len(result.band.of(1)["probe-accuracy"]) == 9
    assert len(result.band.of(2)["probe-accuracy"]) == 9
    assert np.isfinite(result.verdicts[0]["probe-accuracy"].standing)
    assert "held out" in result.evaluation["downstream"]
    assert result.headlines[-1] == "probe-accuracy"


def test_a_random_strategy_stands_inside_its_probe_band():
    standings = [
        compare(population(150, seed=seed), [Choice("random")], 20, band=19, seed=seed, probe=Probe())
        .verdicts[0]["probe-accuracy"]
        .standing
        for seed in range(12)
    ]
    assert 0.2 < np.mean(standings) < 0.8
