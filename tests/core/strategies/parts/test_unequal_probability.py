"""Draws with given inclusion probabilities: exact first order, the law of Sampford, gaps of lists."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chi2

from core.foundation.permanent_random import uniforms
from core.foundation.progress import SILENT
from core.strategies.parts import unequal_probability as designs
from core.strategies.parts.unequal_probability import evenly, halves, pivotal, random_order, sampford
from core.strategies.parts.weighted_draws import capped_shares

FIVE = 2 / 15 * np.arange(1.0, 6.0)


def came(rows: list[NDArray[np.int64]], n: int) -> NDArray[np.float64]:
    """How often each row came."""
    return np.bincount(np.concatenate(rows), minlength=n) / len(rows)


def law_of(share: NDArray[np.float64], size: int) -> dict[tuple[int, ...], float]:
    """Sampford's definition: the first row with π/n, the others with λ, kept where all are distinct."""
    odds = share / (1 - share)
    law = {
        rows: sum(share[one] * np.prod([odds[other] for other in rows if other != one]) for one in rows)
        for rows in combinations(range(len(share)), size)
    }
    total = sum(law.values())
    return {rows: float(chance / total) for rows, chance in law.items()}


@pytest.mark.parametrize("seed", [0, 1])
def test_sampford_has_the_law_of_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, size, runs = 6, 2 + seed, 6_000
    share = capped_shares(rng.normal(size=n) * 0.7, size)
    assert share.max() < 1
    law = law_of(share, size)
    first = [sum(chance for rows, chance in law.items() if at in rows) for at in range(n)]
    assert np.allclose(first, share)
    seen = Counter(tuple(sorted(sampford(share, rng).tolist())) for _ in range(runs))
    fit = sum((seen[rows] - runs * chance) ** 2 / (runs * chance) for rows, chance in law.items())
    assert fit < chi2.ppf(1 - 1e-4, len(law) - 1)
    # The plain conditional Poisson law with the same odds is another one, and is told apart.
    poisson = {rows: np.prod((share / (1 - share))[list(rows)]) for rows in law}
    scale = runs / sum(poisson.values())
    assert (
        sum((seen[rows] - scale * value) ** 2 / (scale * value) for rows, value in poisson.items()) > 2 * fit
    )


def test_sampford_pairs() -> None:
    rng = np.random.default_rng(3)
    law = law_of(FIVE, 2)
    runs = 6_000
    seen = Counter(tuple(sorted(sampford(FIVE, rng).tolist())) for _ in range(runs))
    for rows, chance in law.items():
        assert (
            0 < chance < FIVE[list(rows)].prod()
        )  # Sen–Yates–Grundy: the variance estimate is never negative
        assert abs(seen[rows] / runs - chance) < 4.5 * np.sqrt(chance * (1 - chance) / runs)


@pytest.mark.parametrize("direct", [2, 17])
def test_tables_are_exact_however_they_are_multiplied(monkeypatch: pytest.MonkeyPatch, direct: int) -> None:
    monkeypatch.setattr(designs, "_DIRECT", direct)
    share = capped_shares(np.random.default_rng(0).normal(size=200), 60)
    share = share[share < 1]
    plain, marked = designs._join(*designs._tables(share, len(share), SILENT)[-1], len(share))
    poly, with_mark = np.ones(1), np.zeros(1)
    for chance in share:  # one row after the other
        own = np.array([1 - chance, chance])
        with_mark = np.convolve(with_mark, own) + np.convolve(poly, [0, chance * (1 - chance)])
        poly = np.convolve(poly, own)
    assert np.allclose(plain[0, : len(poly)], poly, rtol=1e-9, atol=1e-13)
    assert np.allclose(marked[0, : len(poly)], with_mark, rtol=1e-9, atol=1e-13)


def test_sampford_of_many_rows_has_its_frequencies() -> None:
    rng = np.random.default_rng(1)
    share = capped_shares(rng.normal(size=300), 90)
    runs = 1_500
    rows = [sampford(share, rng) for _ in range(runs)]
    assert all(len(set(one.tolist())) == 90 for one in rows)
    error = np.sqrt(share * (1 - share) / runs)
    assert (np.abs(came(rows, 300) - share) <= 4.8 * error).all()


def test_sampford_never_stalls() -> None:
    # Rows all but certain, and many all but impossible: rejection would need thousands of attempts.
    share = np.concatenate([np.full(1_000, 1 - 1e-6), np.full(99_000, 1e-3 / 99_000)])
    rows = sampford(share, np.random.default_rng(0))
    assert len(set(rows.tolist())) == 1_000
    assert len(set(sampford(np.full(100_000, 0.01), np.random.default_rng(0)).tolist())) == 1_000


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(0, 10_000), st.booleans())
@settings(max_examples=200)
def test_pivotal_has_a_fixed_size(given_share: list[float], seed: int, listed: bool) -> None:
    share = np.array(given_share)
    u = np.random.default_rng(seed).random(len(share))
    rows = pivotal(share, u, np.arange(len(share)) if listed else None)
    total = share.sum()
    assert np.floor(total - 1e-6) <= len(rows) <= np.ceil(total + 1e-6)
    assert len(set(rows.tolist())) == len(rows)
    assert np.isin(np.flatnonzero(share >= 1), rows).all()
    assert (share[rows] > 0).all()


@given(st.integers(0, 2**32), st.integers(1, 60), st.floats(0, 1))
@settings(max_examples=60)
def test_keyed_draws_follow_the_rows(seed: int, n: int, part: float) -> None:
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, 256, (n, 16)).astype(np.uint8)
    share = capped_shares(rng.normal(size=n), round(part * n))
    turned = rng.permutation(n)
    u = uniforms(keys, seed, "t")
    assert np.array_equal(u[turned], uniforms(np.ascontiguousarray(keys[turned]), seed, "t"))
    want = set(pivotal(share, u).tolist())
    assert set(turned[pivotal(share[turned], u[turned])].tolist()) == want
    assert len(want) == round(part * n)


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("share", [FIVE, np.array([0.3, 0.9, 0.05, 0.6, 0.75, 1.0, 0.0])])
def test_pivotal_frequencies(share: NDArray[np.float64], listed: bool) -> None:
    rng = np.random.default_rng(5)
    runs, n = 6_000, len(share)
    order = np.arange(n) if listed else None
    rows = [pivotal(share, rng.random(n), order) for _ in range(runs)]
    assert (np.abs(came(rows, n) - share) <= 4.5 * np.sqrt(share * (1 - share) / runs)).all()


def test_pivotal_pairs() -> None:
    # Neighbours of chance ½ meet: never both. In random order any pair can come.
    rng = np.random.default_rng(6)
    half, order = np.full(4, 0.5), np.arange(4)
    listed = Counter(tuple(sorted(pivotal(half, rng.random(4), order).tolist())) for _ in range(400))
    assert set(listed) == {(0, 2), (0, 3), (1, 2), (1, 3)}
    runs = 3_000
    mixed = Counter(tuple(sorted(pivotal(half, rng.random(4)).tolist())) for _ in range(runs))
    assert all(abs(mixed[pair] / runs - 1 / 6) < 0.035 for pair in combinations(range(4), 2))


def test_halves_are_independent_uniforms() -> None:
    u = np.random.default_rng(7).random(40_000)
    first, second = halves(u)
    assert np.abs(first - u).max() < 2.0**-25
    for part in (first, second):
        assert ((part >= 0) & (part < 1)).all()
        assert abs(part.mean() - 0.5) < 4.5 / np.sqrt(12 * 40_000)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.5 / 200
    order, luck = random_order(u)
    assert (np.diff(first[order]) >= 0).all()
    assert np.array_equal(luck, second)


@given(st.integers(1, 3_000), st.floats(0, 1), st.floats(0, 0.999999))
@settings(max_examples=200)
def test_gaps_of_lists(n: int, part: float, start: float) -> None:
    count = max(1, round(part * n))
    at = evenly(n, count, start)
    assert len(at) == count
    assert at[0] >= 0
    assert at[-1] < n
    gaps = set(np.diff(at).tolist()) | {int(at[0] + n - at[-1])}
    assert gaps <= {n // count, -(-n // count)}


def test_chances_on_lists_are_equal() -> None:
    starts = (np.arange(7_000) + 0.5) / 7_000
    seen = np.bincount(np.concatenate([evenly(10, 7, start) for start in starts]), minlength=10)
    assert np.abs(seen / 7_000 - 0.7).max() < 2e-3
