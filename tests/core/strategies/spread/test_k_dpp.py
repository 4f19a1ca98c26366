"""k-DPP: the law against all subsets, the closed forms against dppy, conditioning on pins, and the rank."""

from __future__ import annotations

from dataclasses import replace
from inspect import unwrap
from itertools import combinations
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from core.foundation.errors import BudgetError
from core.foundation.permanent_random import Draws
from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.model.selection import Picks
from core.strategies.declaration import STRATEGIES
from core.strategies.parts import dpp
from core.strategies.parts.kernels import factor
from core.strategies.running.select import select
from tests.core.strategies.spread.test_k_center import rows_of

Law = dict[tuple[int, ...], float]


def points(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    """Rows of unequal length, so that chances differ."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) * rng.uniform(0.4, 1.6, (n, 1))).astype(np.float32)


def kernel_of(x: NDArray[np.float32], kernel: str, landmarks: int = 10**6) -> NDArray[np.float64]:
    """The kernel in question, n×n."""
    b = factor(x, kernel, landmarks, SILENT).astype(np.float64)  # type: ignore[arg-type]
    return b @ b.T


def law_of(kernel: NDArray[np.float64], count: int, pins: tuple[int, ...] = ()) -> Law:
    """P(S) ∝ det(L_S) over all subsets of a size that hold the pins."""
    rest = [row for row in range(len(kernel)) if row not in pins]
    sets = [tuple(sorted((*pins, *more))) for more in combinations(rest, count - len(pins))]
    weight = np.array([np.linalg.det(kernel[np.ix_(rows, rows)]) for rows in sets]).clip(0)
    return dict(zip(sets, (weight / weight.sum()).tolist(), strict=True))


def marginals(law: Law, n: int) -> NDArray[np.float64]:
    """Chance of each row under a law over subsets."""
    out = np.zeros(n)
    for rows, chance in law.items():
        out[list(rows)] += chance
    return out


def fits(law: Law, seen: list[tuple[int, ...]]) -> float:
    """p-value of a χ² test; subsets expected less than five times are pooled."""
    sets = list(law)
    where = {rows: at for at, rows in enumerate(sets)}
    counts = np.bincount([where[rows] for rows in seen], minlength=len(sets)).astype(float)
    expected = np.array([law[rows] for rows in sets]) * len(seen)
    rare = expected < 5
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 0
    assert counts[~keep].sum() == 0
    assert keep.sum() > 5
    statistic = ((counts[keep] - expected[keep]) ** 2 / expected[keep]).sum()
    return float(chi2.sf(statistic, keep.sum() - 1))


def picks(strategy: str, inputs: Inputs, count: int, seed: int, **params: object) -> Picks:
    """One draw, without checks and without the limit on threads, which take longer: tests need thousands."""
    known = STRATEGIES[strategy]
    body = unwrap(known.body)
    made: Picks = body(inputs, count, Draws(inputs.keys, seed, strategy), SILENT, **known.check(params))
    return made


def drawn(strategy: str, inputs: Inputs, count: int, runs: int, **params: object) -> list[tuple[int, ...]]:
    """Subsets of many seeds."""
    seeds = range(runs)
    return [tuple(sorted(picks(strategy, inputs, count, seed, **params).rows.tolist())) for seed in seeds]


@pytest.mark.parametrize(("kernel", "d", "count"), [("linear", 4, 3), ("linear", 3, 3), ("gaussian", 2, 3)])
def test_law_of_all_subsets(kernel: str, d: int, count: int) -> None:
    x = points(8, d)
    law = law_of(kernel_of(x, kernel), count)
    assert len(law) == comb(8, count)
    seen = drawn("k-dpp", rows_of(x), count, 1_500, kernel=kernel)
    assert fits(law, seen) > 1e-4
    # The test has power: uniform subsets do not pass.
    uniform = drawn("random", rows_of(x), count, 1_500)
    assert fits(law, uniform) < 1e-6


def test_law_given_pins() -> None:
    x = points(8, 4, seed=3)
    inputs = replace(rows_of(x), pins=np.array([1, 6]))
    law = law_of(kernel_of(x, "linear"), 4, (1, 6))
    assert fits(law, drawn("k-dpp", inputs, 4, 1_500, kernel="linear")) > 1e-4
    claimed = np.full(8, np.nan)
    for seed in range(40):
        found = select("k-dpp", inputs, 4, seed=seed, params={"kernel": "linear"})
        assert found.rows[:2].tolist() == [1, 6]
        assert found.inclusion is not None
        claimed[found.rows] = found.inclusion
    known = ~np.isnan(claimed)
    assert np.allclose(claimed[known], marginals(law, 8)[known], rtol=1e-5)


def test_pins_that_are_copies_still_leave_the_rest() -> None:
    x = points(9, 3)
    x[4] = x[2]
    inputs = replace(rows_of(x), pins=np.array([2, 4]))
    found = select("k-dpp", inputs, 4, params={"kernel": "linear"})
    assert found.rows[:2].tolist() == [2, 4]
    with pytest.raises(BudgetError, match=r"rank 2 beside the 2 pinned rows.*at most 4 rows"):
        select("k-dpp", inputs, 5, params={"kernel": "linear"})


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
def test_inclusion_is_the_marginal_of_the_law(kernel: str) -> None:
    x = points(9, 5, seed=1)
    want = marginals(law_of(kernel_of(x, kernel), 4), 9)
    assert want.sum() == pytest.approx(4)
    got = np.full(9, np.nan)
    for seed in range(60):
        found = select("k-dpp", rows_of(x), 4, seed=seed, params={"kernel": kernel})
        assert found.inclusion is not None
        got[found.rows] = found.inclusion
    assert np.allclose(got, want, rtol=1e-4)


def test_symmetric_polynomials_are_those_of_dppy() -> None:
    from dppy.exact_sampling import elementary_symmetric_polynomials

    values = np.random.default_rng(0).gamma(1.0, size=30)
    theirs = elementary_symmetric_polynomials(values, 12)
    ours = np.exp(dpp.symmetric(np.log(values), 12)).T
    assert np.allclose(ours, theirs, rtol=1e-10)


def test_chances_of_eigenvectors() -> None:
    values = np.random.default_rng(1).gamma(0.5, size=7) * np.logspace(0, 6, 7)
    table = {rows: float(np.prod(values[list(rows)])) for rows in combinations(range(7), 3)}
    total = sum(table.values())
    want = marginals({rows: value / total for rows, value in table.items()}, 7)
    draws = [dpp.eigenvectors(np.log(values), 3, np.random.default_rng(seed)) for seed in range(2_000)]
    assert np.allclose(draws[0][1], want, rtol=1e-10)
    frequency = np.bincount(np.concatenate([rows for rows, _ in draws]), minlength=7) / len(draws)
    assert np.abs(frequency - want).max() < 4 * np.sqrt(0.25 / len(draws))


def test_chances_do_not_overflow() -> None:
    logs = np.linspace(-900.0, 900.0, 400)
    rows, chance = dpp.eigenvectors(logs, 150, np.random.default_rng(0))
    assert len(rows) == 150
    assert chance.sum() == pytest.approx(150, rel=1e-9)
    assert (np.diff(chance) >= -1e-9).all()


def test_same_frequencies_as_dppy() -> None:
    from dppy.finite_dpps import FiniteDPP

    x = points(40, 6, seed=2)
    theirs = FiniteDPP("likelihood", L=kernel_of(x, "linear"))
    rng = np.random.RandomState(0)
    counts = np.zeros((2, 40))
    runs = 1_000
    for seed in range(runs):
        counts[0, theirs.sample_exact_k_dpp(5, random_state=rng)] += 1
        counts[1, picks("k-dpp", rows_of(x), 5, seed, kernel="linear").rows] += 1
    share = counts.mean(axis=0) / runs
    error = np.sqrt(2 * share * (1 - share) / runs)
    assert (np.abs(counts[0] - counts[1]) / runs <= 4.5 * error + 1e-9).all()


def test_many_rows_between_passes_keep_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals by old values and rejections: the law of the projection itself, by all subsets."""
    q = np.linalg.qr(points(8, 4, seed=5).astype(np.float64))[0].astype(np.float32)
    law = law_of((q.astype(np.float64) @ q.T), 4)
    for ahead in (1, 64):
        monkeypatch.setattr(dpp, "_AHEAD", ahead)
        rng = np.random.default_rng(ahead)
        seen = [tuple(sorted(dpp.project(q, rng, SILENT).tolist())) for _ in range(1_500)]
        assert fits(law, seen) > 1e-4


def test_copies_are_never_drawn_together() -> None:
    x = np.repeat(points(5, 3), 4, axis=0)
    for seed in range(200):
        rows = picks("k-dpp", rows_of(x), 3, seed, kernel="linear").rows
        assert len({int(row) // 4 for row in rows}) == 3


def test_rank_is_the_limit() -> None:
    x = points(30, 3)
    assert len(select("k-dpp", rows_of(x), 3, params={"kernel": "linear"})) == 3
    with pytest.raises(BudgetError, match=r"linear kernel of these rows has rank 3.*at most 3 rows"):
        select("k-dpp", rows_of(x), 4, params={"kernel": "linear"})
    flat = np.full((30, 3), 0.1, np.float32)
    for kernel in ("linear", "gaussian"):
        assert len(select("k-dpp", rows_of(flat), 1, params={"kernel": kernel})) == 1
        with pytest.raises(BudgetError, match="at most 1 row"):
            select("k-dpp", rows_of(flat), 2, params={"kernel": kernel})
    with pytest.raises(BudgetError, match="choose the Gaussian kernel"):
        select("k-dpp", rows_of(np.zeros((5, 2), np.float32)), 1, params={"kernel": "linear"})


def test_more_landmarks_are_tried_before_a_budget_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.strategies.spread import k_dpp

    monkeypatch.setattr(k_dpp, "_LEAST", 10)
    monkeypatch.setattr(k_dpp, "_CAP", 60)
    x = points(80, 4)
    x[:20] = x[0]  # the first landmarks are copies
    few = select("k-dpp", rows_of(x), 5)
    assert "60 landmark rows" in few.notes[0]
    with pytest.raises(BudgetError, match="at most 41 rows"):
        select("k-dpp", rows_of(x), 70)
    assert len(select("k-dpp", rows_of(x), 41)) == 41


def test_subsets_are_more_spread_than_uniform_ones() -> None:
    x = points(300, 2)
    kernel = kernel_of(x, "gaussian")

    def volume(strategy: str) -> float:
        rows = [select(strategy, rows_of(x), 8, seed=seed).rows for seed in range(40)]
        return float(np.mean([np.linalg.slogdet(kernel[np.ix_(part, part)])[1] for part in rows]))

    assert volume("k-dpp") > volume("random") + 3


def test_rows_without_a_chance_are_told() -> None:
    x = points(12, 3)
    x[5] = x[2]
    x[[7, 8]] = 0.0

    def told(inputs: Inputs, budget: int, **params: object) -> list[str]:
        return [note for note in select("k-dpp", inputs, budget, params=params).notes if "a π of 0" in note]

    assert not told(rows_of(x), 4)  # zero rows are rows like others to a Gaussian kernel
    assert told(rows_of(x), 2, kernel="linear")[0].startswith("2 rows have no part in the kernel:")
    pinned = replace(rows_of(x), pins=np.array([2]))
    assert told(pinned, 4)[0].startswith("1 row has no part in the kernel beside the pinned rows")
    assert told(pinned, 3, kernel="linear")[0].startswith("3 rows")
    far = points(60, 2)
    far[40:44] += 1e4  # no landmark is near
    assert told(rows_of(far), 4, landmarks=16)[0].startswith("4 rows have no part in the kernel:")
