"""Every metric that has no value says why, and one that looks at some groups only says at how many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.analysis.budget_curves.run import curves
from core.analysis.budget_curves.unmeasured import of_curves
from core.analysis.comparison.run import compare
from core.analysis.comparison.unmeasured import in_words, partly, unmeasured
from core.analysis.held_out.split import Probe
from core.metrics.declaration import METRICS
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.metrics.predictions import Predictions
from core.metrics.stable import stability
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice


def inputs(n=200, groups=20, *, features=True, frame=True, labels=False) -> Inputs:
    rng = np.random.default_rng(5)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    # One large group, the rest small.
    codes = np.where(np.arange(n) < n // 3, 0, np.arange(n) % max(groups, 1)).astype(np.int64)
    return Inputs(
        keys=keys,
        features=Features(rng.normal(size=(n, 3)).astype(np.float32), "euclidean", "k", "l")
        if features
        else None,
        frame=pd.DataFrame({"u": rng.normal(size=n), "same": np.ones(n)}) if frame else None,
        groups=Groups(codes, tuple(f"g{code}" for code in range(groups))) if groups else None,
        labels=(np.arange(n) % 2).astype(np.int64) if labels else None,
    )


def test_every_metric_that_can_come_back_without_a_value_says_why():
    """Degenerate subsets of degenerate data: whatever is not a number has words for it."""
    lost = set()
    for pool in (prepare(inputs()), prepare(inputs(30, 1)), prepare(inputs(12, 12))):
        for rows in ([0], [3, 7], list(range(10))):
            for weights in (None, [np.ones(len(rows))]):
                found = measure_many(pool, [np.array(rows)], weights=weights)
                lost |= {name for name, values in found.items() if np.isnan(values).any()}
    nothing = Predictions(np.array([0, 1]), np.array([-1, -1]), np.zeros((2, 2)), np.zeros(2, np.int64))
    lost |= {m.id for m in METRICS if m.stage == "downstream" and np.isnan(m.body(nothing))}
    lost |= {"stability"} if np.isnan(stability([np.arange(3)])) else set()
    assert {"smallest-ratio", "correlation-shift", "spread", "redundancy", "probe-gap"} <= lost
    assert {name for name in lost if not METRICS[name].undefined} == set()


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("lacks", ["features", "groups", "frame", "labels", "nothing"])
def test_a_comparison_has_each_metric_or_its_reason(lacks, seeds):
    data = inputs(
        features=lacks != "features",
        groups=0 if lacks == "groups" else 20,
        frame=lacks != "frame",
        labels=lacks != "labels",
    )
    found = compare(data, [Choice("random")], 50, seeds=seeds, band=9, probe=Probe())
    gone = unmeasured(found)
    measured = {
        name
        for name in found.metrics
        if np.isfinite(found.reach(name).low) and name in found.results[0].means
    }
    plain = {name.partition(".")[0] for name in measured}
    assert {metric.id for metric in METRICS} == plain | {name.partition(".")[0] for name in gone}
    assert not measured & set(gone)
    assert all(gone.values())
    assert all("has no value here" not in why for why in gone.values())
    said = " ".join(in_words(found))
    assert all(METRICS[name.partition(".")[0]].label in said for name in gone)
    assert set(found.to_json()["not_measured"]) == set(gone)
    if lacks == "labels":  # labels of metrics hold commas too
        assert "“Probe, worst group”, “Probe, gap between groups”" in said


def test_the_smallest_group_of_one_is_not_judged():
    """Only the largest group expects 5 rows: more than its share would have counted as better."""
    found = compare(inputs(), [Choice("random")], 50, band=9)
    assert "smallest-ratio" not in found.verdicts[0] or not found.verdicts[0]["smallest-ratio"].marked
    assert np.isnan(found.reach("smallest-ratio").low)
    assert unmeasured(found)["smallest-ratio"] == (
        "no two groups are expected to have 5 rows in a subset of 50 rows"
    )
    assert "Not measured: Smallest group kept (no two groups are" in " ".join(
        in_words(found, ["smallest-ratio"])
    )
    assert "smallest-ratio" not in partly(found)


@pytest.mark.parametrize(("rows", "wide"), [(50, 2), (120, 3), (130, 4)])
def test_how_many_groups_were_judged_is_told_where_it_is_not_all(rows, wide):
    codes = np.repeat([0, 1, 2, 3], [100, 80, 12, 8])
    found = compare(
        replace(inputs(), groups=Groups(codes, ("a", "b", "c", "d"))), [Choice("random")], rows, band=9
    )
    told = f"over {wide} of 4 groups, those expected to have 5 rows in a subset of {rows} rows"
    assert partly(found).get("smallest-ratio") == (told if wide < 4 else None)
    assert (f"Smallest group kept: {told}." in in_words(found)) == (wide < 4)


def test_the_worst_group_of_a_probe_tells_of_how_many():
    codes = np.repeat([0, 1, 2], [90, 90, 20])
    data = replace(inputs(labels=True), groups=Groups(codes, ("a", "b", "c")))
    found = compare(data, [Choice("random")], 60, band=9, probe=Probe())
    assert partly(found)["probe-worst-group"] == "over 2 of 3 groups, those with 10 held-out rows"
    assert partly(found)["knn-gap"] == "over 2 of 3 groups, those with 10 held-out rows"
    assert "probe-accuracy" not in partly(found)


def test_a_strategy_without_a_value_is_named():
    found = compare(inputs(), [Choice("random"), Choice("k-center", label="Far, apart")], 50, band=9)
    bare = replace(found.results[1], metrics=({**found.results[1].metrics[0], "spread": float("nan")},))
    told = partly(replace(found, results=(found.results[0], bare)))["spread"]
    assert told == "no value for “Far, apart”: a subset of one row has no other row in it"


def test_curves_tell_at_which_budgets_a_metric_has_no_value():
    codes = np.repeat([0, 1], [150, 50])
    data = replace(inputs(), groups=Groups(codes, ("a", "b")))
    found = curves(data, [Choice("random")], 40, (5, 10, 40), band=9)
    assert of_curves(found, ["smallest-ratio", "energy"]) == [
        "Smallest group kept is not measured at 5 to 10 rows: no two groups are expected to have 5 rows in a "
        "subset of 10 rows."
    ]


def test_means_of_other_sizes_than_the_budget_stand_beside_means():
    """Where no strategy holds the budget the range is still one of as many seeds as they ran with."""
    found = compare(inputs(), [Choice("random"), Choice("random", label="Again")], 50, seeds=2, band=9)
    sizes = ((40, 41), (42, 43))
    own = tuple(
        replace(result, band=replace(found.band, held=held))
        for result, held in zip(found.results, sizes, strict=True)
    )
    other = replace(found, results=own)
    assert other.reach("energy").seeds == 2
    assert np.isfinite(other.reach("stability").low)
    assert "stability" not in unmeasured(other)


def test_where_no_strategy_ran_that_is_the_reason():
    found = compare(inputs(features=False), [Choice("k-center")], 50, band=9)
    assert found.results[0].reason
    told = unmeasured(found)
    assert found.metrics
    assert {told[name] for name in found.metrics} == {"no strategy ran"}


@pytest.mark.parametrize(
    ("reason", "told"),
    [("too few rows have a label.", "too few rows have a label"), ("", "the subsets are not scored yet")],
)
def test_subsets_that_are_not_scored_say_so(reason, told):
    found = compare(inputs(labels=True), [Choice("random")], 60, band=9, probe=Probe())
    only = found.results[0]
    bare = {name: value for name, value in only.metrics[0].items() if not name.startswith(("probe", "knn"))}
    later = replace(found, results=(replace(only, metrics=(bare,), probe_reason=reason),))
    assert unmeasured(later)["probe-accuracy"] == told
    assert unmeasured(found).get("probe-accuracy") is None
