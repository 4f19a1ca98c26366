"""Of panels of random selections at most one in twenty carries a verdict, whatever the columns."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.contrast.contrast import contrast_rows, contrast_selections
from core.analysis.contrast.population import population_of
from tests.core.analysis.contrast.toy import dataset, groups

N, SIZES = 200, (5, 12, 30, 60, 100)
MOST = 0.066
"""5 % and what 1,000 panels leave to luck: 2.3 standard errors."""


@pytest.fixture(scope="module")
def data():
    return dataset(N, 7)


def test_random_selections_against_the_rest(data):
    population = population_of(data, groups=groups(N))
    rng = np.random.default_rng(1)
    marked, small = 0, dict.fromkeys(("normal", "lognormal", "amount", "holes"), 0)
    for at in range(1_000):
        found = contrast_rows(population, rng.permutation(N)[: SIZES[at % len(SIZES)]], seed=at)
        marked += bool(found.differing)
        for one in found.entries:
            if one.column in small and one.quantity.value == "mean" and one.p is not None:
                small[one.column] += one.p <= 0.05
    assert 0.002 <= marked / 1_000 <= MOST  # none at all would be a test that says nothing
    for name, count in small.items():  # nor is a single p-value too small, or far too large
        assert 0.02 <= count / 1_000 <= MOST, name


def test_pairs_of_random_selections(data):
    rng = np.random.default_rng(2)
    marked = panels = 0
    while panels < 1_000:
        first, second = (rng.permutation(N)[: rng.choice(SIZES)] for _ in range(2))
        if np.isin(first, second).all() or np.isin(second, first).all():
            continue  # one holds the other
        found = contrast_selections(data, first, second, groups=groups(N), seed=panels)
        marked, panels = marked + bool(found.differing), panels + 1
    assert 0.001 <= marked / panels <= MOST
