"""What an analysis should take: more to do takes longer, and shares of it are counted once."""

from __future__ import annotations

import pytest

from core.analysis.expected_work import (
    budget_curves_work,
    comparison_work,
    learning_work,
    measuring_rate,
    strategies_work,
)
from core.model.recipe import Choice
from core.strategies.declaration import STRATEGIES
from core.strategies.running.time_and_memory import expected_runs

RANDOM, CENTRES = Choice("random"), Choice("k-center")


def test_curves_run_a_nested_strategy_once() -> None:
    base = {"n": 4_000, "d": 64, "budgets": (50, 400)}
    once = budget_curves_work([CENTRES], **base, band=39).seconds
    assert once < budget_curves_work([CENTRES], **base, band=199).seconds
    fixed = [Choice("saturated-coverage", {"saturation": 0.1})]
    other = [Choice("saturated-coverage")]
    assert budget_curves_work(fixed, **base, band=39).own < budget_curves_work(other, **base, band=39).own


def test_learning_curves_take_longer_with_more_to_do() -> None:
    few = learning_work([RANDOM], 2_000, 20, 100, 5, seeds=1).seconds
    assert 0 < few < learning_work([RANDOM, CENTRES], 2_000, 20, 100, 5, seeds=3).seconds
    assert few < learning_work([RANDOM], 50_000, 384, 2_500, 5, seeds=1).seconds


def test_a_comparison_counts_its_bands_and_probes() -> None:
    base = {"n": 2_000, "d": 20, "budget": 100, "seeds": 3, "band": 199}
    whole = comparison_work([RANDOM, CENTRES], **base)
    assert (whole.bands, whole.probe) == (1.0, 0.0)
    # Where no strategy uses the seed, no means of random subsets are drawn.
    one = comparison_work([CENTRES], **base)
    fixed = 2.0 / measuring_rate()
    assert whole.band - fixed == pytest.approx(3 * (one.band - fixed))
    assert comparison_work([RANDOM, Choice("kmq")], **base).bands == 2  # one at the size that it has
    rest = comparison_work([RANDOM, CENTRES], **base, run=[], left=0.5)
    assert (rest.own, rest.bands) == (0.0, 0.5)
    assert rest.band == whole.band
    probed = comparison_work([RANDOM], **base, classes=4)
    assert probed.probe > comparison_work([RANDOM], **base, classes=4, left=0.0).probe > 0


def test_a_cost_budget_counts_every_run_of_the_search() -> None:
    rows = strategies_work([CENTRES], 2_000, 20, [100])
    spent = strategies_work([CENTRES], 2_000, 20, [100], by_cost=True)
    assert spent.own == pytest.approx(rows.own * expected_runs(STRATEGIES["k-center"]))
    assert strategies_work([RANDOM], 2_000, 20, [100], seeds=3).own == pytest.approx(
        3 * strategies_work([RANDOM], 2_000, 20, [100]).own
    )
