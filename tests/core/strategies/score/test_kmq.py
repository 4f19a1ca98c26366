"""kMQ: quotas of the three variants, the law of the draw, and unbiased weights with replacement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.foundation.errors import BudgetError, ParameterError
from core.model.derived import Groups
from core.model.inputs import Inputs
from core.strategies.parts.allocation import allocate
from core.strategies.running.select import select


def made(sizes: tuple[int, ...] = (40, 30, 20, 10), seed: int = 0) -> Inputs:
    """Groups of given sizes with scores from 0.1 to 1."""
    n = sum(sizes)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 14:] = np.arange(n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    scores = np.random.default_rng(seed).uniform(0.1, 1, n)
    return Inputs(keys=keys, groups=Groups(codes, tuple("abcdefgh"[: len(sizes)])), scores=scores)


@pytest.mark.parametrize("budget", [1, 3, 10, 37, 99, 100])
def test_ours_returns_exactly_the_budget(budget: int) -> None:
    inputs = made()
    found = select("kmq", inputs, budget)
    assert len(found) == budget
    assert inputs.groups is not None
    got = np.bincount(inputs.groups.codes[found.rows], minlength=4)
    assert got.tolist() == allocate([40, 30, 20, 10], budget).tolist()


def test_constant_scores_are_uniform_inside_a_group() -> None:
    inputs = replace(made((20, 10)), scores=np.full(30, 0.4))
    came = np.zeros(30)
    for seed in range(300):
        came[select("kmq", inputs, 9, seed=seed).rows] += 1
    error = np.sqrt(0.3 * 0.7 / 300)
    assert (np.abs(came / 300 - 0.3) < 5 * error).all()


def test_one_group_is_a_successive_weighted_draw() -> None:
    inputs = replace(made((5,)), scores=np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    first = np.bincount([select("kmq", inputs, 1, seed=seed).rows[0] for seed in range(800)], minlength=5)
    law = np.exp(np.arange(5.0)) / np.exp(np.arange(5.0)).sum()
    assert (np.abs(first / 800 - law) < 5 * np.sqrt(law * (1 - law) / 800) + 1e-3).all()


def test_temperature_moves_between_best_and_uniform() -> None:
    inputs = made((100,))
    assert inputs.scores is not None
    cold = select("kmq", inputs, 10, params={"temperature": 0.01}).rows
    hot = select("kmq", inputs, 10, params={"temperature": 100}).rows
    assert inputs.scores[cold].mean() > 0.9
    assert inputs.scores[hot].mean() < 0.8


def test_paper_weights_are_unbiased() -> None:
    inputs = made()
    assert inputs.scores is not None
    y = 3 * inputs.scores + np.arange(100) / 50
    totals = []
    for seed in range(400):
        found = select("kmq", inputs, 20, seed=seed, params={"variant": "paper"})
        assert found.multiplicity is not None
        assert found.weight is not None
        assert found.multiplicity.sum() == 20
        totals.append((y[found.rows] * found.weight).sum())
    error = np.std(totals, ddof=1) / 20
    assert abs(np.mean(totals) - y.sum()) < 4 * error


def test_code_variant_has_equal_quotas_and_hands_nothing_on() -> None:
    found = select("kmq", made((40, 30, 3, 10)), 22, params={"variant": "code"})
    assert dict(found.quota or {}) == {"a": 5, "b": 5, "c": 3, "d": 5}
    assert len(found) == 18
    assert "18 of 22" in found.notes[-1]


def test_code_variant_can_give_no_row_at_all() -> None:
    found = select("kmq", made(), 3, params={"variant": "code"})
    assert len(found) == 0
    assert "0 of 3" in found.notes[-1]


def test_rows_without_a_score_are_told_and_left_out() -> None:
    inputs = made()
    assert inputs.scores is not None
    scores = inputs.scores.copy()
    scores[:15] = np.nan
    inputs = replace(inputs, scores=scores)
    for variant in ("aliquot", "paper", "code"):
        found = select("kmq", inputs, 20, params={"variant": variant})
        assert found.rows.min() >= 15
        assert "15 rows without a score" in found.notes[0]
    with pytest.raises(BudgetError, match="only 85 rows have a score"):
        select("kmq", inputs, 86)
    assert 2 in select("kmq", replace(inputs, pins=np.array([2])), 20).rows


def test_negative_scores_cannot_be_shares() -> None:
    inputs = made()
    assert inputs.scores is not None
    with pytest.raises(ParameterError, match="negative"):
        select("kmq", replace(inputs, scores=inputs.scores - 1), 5, params={"variant": "paper"})


def test_scores_of_zero_have_no_chance_as_in_the_paper_and_are_told() -> None:
    inputs = made()
    assert inputs.scores is not None
    scores = np.where(np.arange(len(inputs.scores)) < 4, 0.0, 1.0 + inputs.scores)
    found = select("kmq", replace(inputs, scores=scores), 20, params={"variant": "paper"})
    assert "4 rows of score 0 had no chance" in found.notes[-1]
