"""The variance of whole entities against sums that are written out."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.estimates.entity_variance import entity_variance
from core.model.selection import DesignFacts, Selection

UNITS = np.array([0, 1, 1, 2, 2, 2, 3])
Y = np.array([4.0, 1.0, 2.5, 3.0, 0.5, 6.0, 2.0])
WEIGHT = np.full(7, 2.0)


def drawn(population: int) -> Selection:
    """Four entities of 1, 2, 3 and 1 rows, each with a chance of one half."""
    chance = np.full(7, 0.5)
    return Selection(
        np.arange(7), "entities", 2, {}, 0, 7, "", population,
        inclusion=chance, weight=WEIGHT, drawn=DesignFacts(units=UNITS),
    )  # fmt: skip


def between(totals: list[float]) -> float:
    """m/(m − 1) · Σ (1 − π)(t − t̄)² over entities of equal chances."""
    mean = sum(totals) / len(totals)
    return len(totals) / (len(totals) - 1) * sum(0.5 * (one - mean) ** 2 for one in totals)


def totals(values: np.ndarray, stretched: bool) -> list[float]:
    found = []
    for unit in range(4):
        mine = unit == UNITS
        share = WEIGHT[mine].sum() / WEIGHT.sum()
        total = float((WEIGHT[mine] * values[mine]).sum())
        found.append(total / (1 - min(share, 0.5)) if stretched else total)
    return found


def test_residuals_vary_between_entities_by_the_jackknife_of_a_ratio() -> None:
    residual = Y - WEIGHT @ Y / WEIGHT.sum()
    found = entity_variance(residual[:, None], WEIGHT, drawn(13), plain=False)
    assert found.variance[0] == pytest.approx(between(totals(residual, True)), rel=1e-12)
    assert found.variance[0] > between(totals(residual, False))


@pytest.mark.parametrize("population", [13, 14, 15, 40])
def test_a_sum_is_the_fitted_one_and_the_miss_or_the_plain_one_where_that_is_smaller(population: int) -> None:
    mean = WEIGHT @ Y / WEIGHT.sum()
    fitted = between(totals(Y - mean, True))
    miss = abs(mean * (WEIGHT.sum() - population))
    plain = between(totals(Y, False))
    found = entity_variance(Y[:, None], WEIGHT, drawn(population), plain=True)
    assert found.variance[0] == pytest.approx(min((fitted**0.5 + miss) ** 2, plain), rel=1e-12)
    assert found.fitted is not None
    assert bool(found.fitted[0]) == ((fitted**0.5 + miss) ** 2 < plain)


def test_without_entities_every_row_is_one() -> None:
    rows = Selection(
        np.arange(7),
        "entities",
        2,
        {},
        0,
        7,
        "",
        14,
        inclusion=np.full(7, 0.5),
        weight=WEIGHT,
        drawn=DesignFacts(),
    )
    residual = Y - Y.mean()
    found = entity_variance(residual[:, None], WEIGHT, rows, plain=False)
    stretched = (2 * residual / (1 - 1 / 7)).tolist()
    assert found.variance[0] == pytest.approx(between(stretched), rel=1e-12)


def test_of_two_equal_variances_the_plain_one_is_taken() -> None:
    found = entity_variance(np.zeros((7, 1)), WEIGHT, drawn(14), plain=True)
    assert found.variance.tolist() == [0.0]
    assert found.fitted is not None
    assert found.fitted.tolist() == [False]
