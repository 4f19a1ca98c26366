"""Metrics of a selection: the band's own verdicts, and none for what made the selection."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.analysis.contrast.metrics_beside_band import ROW_SET_METRICS, contrast_metrics
from core.analysis.contrast.origin import SelectionOrigin
from core.analysis.contrast.result import ContrastVerdict
from core.analysis.random_band.judge import judge
from core.analysis.random_band.measure import NOTHING, measure_band
from core.metrics.measure import measure_many
from core.metrics.pool import Pool, prepare
from core.model.derived import Features, Groups
from core.model.inputs import Inputs


@pytest.fixture(scope="module")
def pool() -> Pool:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(150, 3)), 6 + rng.normal(size=(50, 3))]).astype(np.float32)
    keys = np.sort(rng.integers(0, 2**62, (200, 2)).view(np.uint8).reshape(200, 16).view("S16").ravel())
    codes = np.repeat([0, 1], [150, 50])
    return prepare(
        Inputs(
            keys=np.frombuffer(keys.tobytes(), np.uint8).reshape(200, 16),
            features=Features(x, "euclidean", "k", "l"),
            groups=Groups(codes, ("a", "b")),
        )
    )


def test_values_and_verdicts_are_those_of_the_band(pool):
    rows = np.arange(100, 130)  # of the first blob alone
    found = contrast_metrics(pool, rows, origin=SelectionOrigin())
    assert [one.metric for one in found] == list(ROW_SET_METRICS)
    band = measure_band(pool, 30, metrics=ROW_SET_METRICS)
    values = {name: value[0] for name, value in measure_many(pool, [rows], metrics=ROW_SET_METRICS).items()}
    said = judge(values, band, seeds=1, strategies=1)
    for one in found:
        assert one.value == pytest.approx(values[one.metric])
        assert (one.low, one.high) == band.limits(one.metric)
        assert one.p == said[one.metric].p
        assert (one.verdict is ContrastVerdict.DIFFERS) == said[one.metric].marked
        assert one.reason == said[one.metric].words
    verdicts = {one.metric: one.verdict for one in found}
    assert verdicts["coverage-radius"] is verdicts["group-shares"] is ContrastVerdict.DIFFERS
    chance = contrast_metrics(pool, np.arange(0, 200, 7), origin=SelectionOrigin())
    assert {one.reason for one in chance} == {NOTHING}
    json.dumps([one.to_json() for one in found], allow_nan=False)


def test_what_made_a_selection_has_a_value_and_no_verdict(pool):
    rows = np.arange(30)
    lasso = contrast_metrics(pool, rows, origin=SelectionOrigin(groups=True, features=True))
    assert {one.verdict for one in lasso} == {ContrastVerdict.ORIGIN}
    assert all(one.value is not None and one.p is None for one in lasso)
    by_group = contrast_metrics(pool, rows, origin=SelectionOrigin(groups=True))
    made = {one.metric for one in by_group if one.verdict is ContrastVerdict.ORIGIN}
    assert made == {"group-shares"}


def test_few_random_row_sets_give_no_verdict(pool):
    found = contrast_metrics(pool, np.arange(30), origin=SelectionOrigin(), size=19)
    assert {one.verdict for one in found} == {ContrastVerdict.CANNOT}
    assert all(one.low is not None and one.reason.startswith("too few") for one in found)
