"""A strategy run for its seeds: which seeds, and what stands in place of subsets that are not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.budget_curves.run import curves
from core.analysis.comparison.run import compare
from core.analysis.held_out.learning_result import learn
from core.analysis.held_out.scores import probe_values
from core.analysis.held_out.split import Probe, split_rows
from core.analysis.paired_tests.run import run_paired_test
from core.foundation.progress import SILENT, Progress
from core.metrics.pool import prepare
from core.model.derived import Features
from core.model.inputs import Inputs
from core.model.recipe import Choice
from core.strategies.running import run_seeds as module
from core.strategies.running.run_seeds import NO_ROWS, run_seeds


@pytest.fixture
def inputs() -> Inputs:
    rng = np.random.default_rng(5)
    keys = np.zeros((90, 16), np.uint8)
    keys[:, 0] = np.arange(90)
    features = Features(rng.normal(size=(90, 3)).astype(np.float32), "euclidean", "k", "l")
    return Inputs(keys=keys, features=features, labels=np.arange(90) % 2)


def test_runs_have_seeds_in_a_row_and_progress_that_only_grows(inputs: Inputs) -> None:
    told: list[float] = []
    progress = Progress(lambda share, *_: told.append(share))
    found = run_seeds(Choice("random"), inputs, 8, seeds=3, seed=4, described="d", progress=progress)
    assert [(one.seed, one.inputs, len(one)) for one in found] == [(4, "d", 8), (5, "d", 8), (6, "d", 8)]
    assert told == sorted(told)
    assert len(run_seeds(Choice("k-center"), inputs, 8, seeds=3)) == 1


def test_an_error_is_a_reason(inputs: Inputs) -> None:
    assert run_seeds(Choice("kmq"), inputs, 8).startswith("kMQ-style")
    assert "91" in run_seeds(Choice("random"), inputs, 91)


def test_an_empty_subset_is_refused_wherever_one_is_measured(inputs: Inputs, monkeypatch) -> None:
    """Also by the held-out probes, which gave it the accuracy of a model that learned from no row."""
    honest = module.select

    def nothing(*args, **options):
        made = honest(*args, **options)
        return replace(made, rows=made.rows[:0], inclusion=None, weight=None)

    split = split_rows(prepare(inputs), 20, Probe(), seed=0)
    monkeypatch.setattr(module, "select", nothing)
    choice = Choice("k-medoids")
    assert run_seeds(choice, inputs, 20, seeds=2) == NO_ROWS
    assert compare(inputs, [choice], 20, band=9).results[0].reason == NO_ROWS
    assert set(curves(inputs, [choice], 20, [10], band=9).curves[0].reasons) == {NO_ROWS}
    assert probe_values(split, choice, seeds=1, seed=0) == NO_ROWS
    assert learn(split, [choice], (0.5, 1), band=3).reasons == (NO_ROWS,)
    tested = run_paired_test(prepare(inputs), [choice, Choice("random")], 20, "mcnemar", progress=SILENT)
    assert tested.reasons == (NO_ROWS, NO_ROWS)
