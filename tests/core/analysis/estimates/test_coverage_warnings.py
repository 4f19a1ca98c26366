"""When an interval can be too short, at the edges of each rule."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.analysis.estimates.coverage_warnings import CoverageWarnings
from core.analysis.estimates.estimands import Estimand
from core.analysis.estimates.intervals import Estimate
from core.analysis.estimates.skewness import InclusionProbabilities, Skewness
from core.analysis.estimates.variance import Sampling
from core.strategies.declaration import STRATEGIES
from core.strategies.variance import VarianceMethod

CLAIM = Estimate("x", "", "total", "horvitz-thompson", 5.0, estimate=5.0, error=1.0, low=3.0, high=7.0)
CALM = Skewness(0.0, 20.0, 1000.0, 1.0, False)
DESIGN = InclusionProbabilities(np.linspace(0.1, 0.4, 100), np.zeros(100, np.int64), None, False, True)
Y = np.array([1.0, 0.0, 0.0, 0.0])


def told(
    claim: Estimate = CLAIM,
    tail: Skewness = CALM,
    design: InclusionProbabilities = DESIGN,
    *,
    weight: Any = (1.0,) * 40,
    units: Any = None,
    expanded: Any = None,
    inclusion: Any = None,
    drawn: int = 20,
    y: Any = Y,
    **params: str,
) -> str:
    """The doubt of the second of two sums, without the name of what it is about."""
    drawn_so = None if units is None else SimpleNamespace(units=np.array(units))
    rows = len(weight) if units is None else len(units)
    sure = None if units is None else np.array([0.5] * rows if inclusion is None else inclusion)
    selection: Any = SimpleNamespace(strategy="random", drawn=drawn_so, inclusion=sure, params=params)
    values = np.ones(rows) if expanded is None else np.array(expanded, float)
    sums = np.stack([np.full(rows, 7.0), values], axis=1)
    kind = VarianceMethod.SRS if units is None else VarianceMethod.CLUSTERS
    doubts = CoverageWarnings(selection, np.arange(rows), kind, np.array(weight, float), sums)
    one = Estimand("x", claim.value, claim.what, np.array(y, float), np.ones(len(y), bool))
    sampling = Sampling(np.ones(2), np.ones(2), (), drawn)
    text = doubts.of(claim, one, 1, sampling, tail, design)
    about = f"{STRATEGIES['random'].label}, x{f' = {claim.value}' if claim.value else ''}: "
    assert not text or text.startswith(about)
    return text.removeprefix(about)


# ---- where there is nothing to doubt ----------------------------------------------------------------------


def test_only_an_interval_that_chance_made_is_doubted() -> None:
    few = {"weight": [1.0, 9.0]}
    assert told(**few)
    assert told(replace(CLAIM, value="red"), **few)
    assert not told(replace(CLAIM, low=float("nan"), high=float("nan")), **few)
    assert not told(drawn=0, **few)
    assert told(drawn=1, **few)
    assert not told(replace(CLAIM, error=0.0), **few)
    assert not told()


# ---- rows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1.0] * 10, ""),  # few rows of equal weight speak for themselves
        ([1.0] * 4 + [0.0], ""),  # four fifths
        ([1.0] * 3 + [0.0] * 2, "5 rows are worth only 3 of equal weight; with so few, the interval can be "),
        ([1.0] * 30 + [0.0] * 70, ""),
        ([1.0] * 29 + [0.0] * 71, "100 rows are worth only 29 of equal weight"),
        ([3.0, 1.0], ""),  # 1.6 of 2
        ([4.0, 1.0], "2 rows are worth only 1 of equal weight"),
        ([0.0, 0.0], "2 rows are worth only 0 of equal weight"),
    ],
)
def test_rows_of_unequal_weight_are_worth_fewer(weight: list[float], words: str) -> None:
    found = told(weight=weight)
    assert found.startswith(words)
    assert bool(found) == bool(words)


# ---- entities ---------------------------------------------------------------------------------------------


def test_entities_left_to_chance_are_counted_and_sure_ones_are_not() -> None:
    found = told(units=[0, 0, 1, 1, 2, 2, 3, 3], inclusion=[0.5] * 6 + [1.0] * 2)
    assert found == (
        "3 entities were left to chance, worth only 3 that count equally; with so few, the interval can be "
        "too short."
    )
    assert "worth only 2 that" in told(units=[0, 1, 2], expanded=[4, -4, 0])
    assert "worth only 0 that" in told(units=[0, 1, 2], expanded=[0, 0, 0])
    assert "1 entity was left" in told(units=[0, 0])


@pytest.mark.parametrize(
    ("entities", "worth", "doubted"), [(30, 31, False), (29, 31, True), (31, 30, False), (31, 29.9, True)]
)
def test_thirty_entities_that_count_equally_will_do(entities: int, worth: float, doubted: bool) -> None:
    assert bool(told(tail=replace(CALM, worth=worth), units=range(entities))) == doubted


@pytest.mark.parametrize(
    ("sizes", "worth", "draw", "advised"),
    [
        ((1, 4), 0.9, "random", True),
        ((1, 4), 1.0, "random", False),  # half as many as there are
        ((1, 3), 0.9, "random", False),  # sizes alone would leave four fifths
        ((1, 4), 0.9, "pps", False),
        ((2, 2), 0.9, "random", False),
    ],
)
def test_uneven_entities_are_told_of_a_draw_by_size(
    sizes: tuple[int, int], worth: float, draw: str, advised: bool
) -> None:
    found = told(tail=replace(CALM, worth=worth), units=np.repeat([5, 8], sizes), draw=draw)
    assert found.endswith(' Entities of uneven size count more equally under draw="pps".') == advised


# ---- skewness ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("skewness", "doubted"), [(0.2, False), (-0.2, False), (0.201, True), (-0.201, True)]
)
def test_a_skewness_of_a_fifth_will_do(skewness: float, doubted: bool) -> None:
    assert bool(told(tail=replace(CALM, skewness=skewness))) == doubted


def test_how_many_would_be_needed() -> None:
    tail = replace(CALM, skewness=0.4, units=24.0)
    assert told(tail=tail) == (
        "weighted values are skewed; a 95 % interval would need about 96 rows, and 24 are left to chance, "
        "so it can be too short."
    )
    all_of_them = replace(tail, units=25.0)
    assert "would need more than all 100 rows, and 25 are" in told(tail=all_of_them)
    again = replace(DESIGN, again=True)
    assert "would need about 100 draws" in told(tail=all_of_them, design=again)
    pairs = replace(DESIGN, units=np.repeat(np.arange(50), 2))
    assert "would need about 48 entities" in told(tail=replace(tail, units=12.0), design=pairs)
    assert "would need more than all 50 entities" in told(tail=replace(tail, units=12.5), design=pairs)


@pytest.mark.parametrize(
    ("held", "top", "end"),
    [
        (0.199, 1, "so it can be too short."),
        (0.2, 1, " The one that weighs most makes up 20 % of the variation."),
        (0.5, 2, " The 2 rows that weigh most make up 50 % of the variation."),
    ],
)
def test_few_rows_that_decide_are_named(held: float, top: int, end: str) -> None:
    found = told(tail=replace(CALM, skewness=0.4, held=held, top=top))
    assert found.endswith(end)
    assert found.startswith(
        "a few rows of large weighted value decide it" if top * held >= 0.2 else "weighted"
    )
    pairs = replace(DESIGN, units=np.repeat(np.arange(50), 2))
    named = told(tail=replace(CALM, skewness=0.4, held=held, top=top), design=pairs)
    assert named.endswith(end.replace("rows", "entities"))


@pytest.mark.parametrize(("what", "deviation"), [("share", 0.1), ("count", 0.4)])
def test_what_wilsons_form_allows_for_is_taken_off(what: Any, deviation: float) -> None:
    """A quarter of rows: (1 − 2·¼)·0.1 / (¼·¾) = 0.267."""
    claim = replace(CLAIM, what=what, value="red")
    tail = replace(CALM, deviation=deviation)
    assert not told(claim, replace(tail, skewness=0.466))
    assert told(claim, replace(tail, skewness=0.468))
    assert not told(claim, replace(tail, skewness=0.067))
    assert told(claim, replace(tail, skewness=0.065))
    assert told(replace(claim, what="mean"), replace(tail, skewness=0.466)), (
        "the mean of a number has no such form"
    )
    even = replace(DESIGN, chance=np.full(100, 0.2))
    assert not told(claim, replace(tail, skewness=5.0), even)
    assert told(replace(claim, what="total"), replace(tail, skewness=5.0), even)
    for y in ([0.0] * 4, [1.0] * 4):
        assert told(claim, replace(tail, skewness=0.201), y=y)
        assert not told(claim, replace(tail, skewness=0.2), y=y)
