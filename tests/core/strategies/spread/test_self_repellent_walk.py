"""Self-repellent walk: fixed point, stationary law and gain over the plain walk, as the paper has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.permanent_random import Draws
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.running.select import select
from core.strategies.spread.self_repellent_walk import Chain, metropolis, moves, step, visit

GRAPH = np.array([[1, 2], [0, 2], [1, 3], [2, 2]], np.int32)  # a triangle with a tail: links 2, 2, 3, 1


def rows_of(x: NDArray[np.floating]) -> Inputs:
    """Inputs around given features."""
    x = np.asarray(x, np.float32)
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(keys=keys, features=Features(x, "euclidean", "made", "made"))


def kernel(chain: Chain, repel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix of the walk's chances, by the module's own moves."""
    n = len(chain.starts) - 1
    out = np.zeros((n, n))
    for row in range(n):
        near, weight = moves(chain, repel, row)
        out[row, near] = weight / weight.sum()
    return out


def test_base_chain_by_hand() -> None:
    third, half = 1 / 3, 1 / 2
    want = np.array(
        [
            [1 - half - third, half, third, 0],
            [half, 1 - half - third, third, 0],
            [third, third, 0, third],
            [0, 0, third, 1 - third],
        ]
    )
    base = kernel(metropolis(GRAPH), np.ones(4))
    assert base == pytest.approx(want)
    assert base == pytest.approx(base.T)  # reversible for the uniform law


@pytest.mark.parametrize("alpha", [0.0, 1.0, 5.0, 20.0])
def test_the_uniform_law_is_a_fixed_point(alpha: float) -> None:
    chain = metropolis(GRAPH)
    counts, repel = np.full(4, 1.0), np.full(4, 1.0)
    for row in range(4):  # every row visited equally often
        for _ in range(9):
            visit(counts, repel, row, alpha)
    matrix = kernel(chain, repel)
    pi = np.full(4, 0.25)
    assert pi @ matrix == pytest.approx(pi, abs=1e-15)
    assert matrix == pytest.approx(kernel(chain, np.ones(4)), abs=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 2.0, 5.0])
def test_the_stationary_law_is_the_papers(alpha: float) -> None:
    """π_i[x] ∝ Σ_j P_ij (x_i/π_i)^−α (x_j/π_j)^−α; with α = 0 the base chain's, whatever was visited."""
    chain = metropolis(GRAPH)
    counts, repel = np.ones(4), np.ones(4)
    for row in (0, 1, 1, 2, 2, 2, 0):
        visit(counts, repel, row, alpha)
    base, matrix = kernel(chain, np.ones(4)), kernel(chain, repel)
    away = (counts / counts.sum() / 0.25) ** -alpha
    law = (base * away[:, None] * away[None]).sum(axis=1)
    law /= law.sum()
    assert law @ matrix == pytest.approx(law)
    if alpha == 0:
        assert matrix == pytest.approx(base)
    else:
        assert law[3] > 0.25  # the row never visited draws the walk


def test_steps_follow_the_chances() -> None:
    chain = metropolis(GRAPH)
    counts, repel = np.ones(4), np.ones(4)
    visit(counts, repel, 0, 1.0)
    u = (np.arange(60_000) + 0.5) / 60_000
    for row in range(4):
        found = np.bincount([step(chain, repel, row, value) for value in u], minlength=4) / len(u)
        assert found == pytest.approx(kernel(chain, repel)[row], abs=1e-4)


def test_repulsion_brings_visits_closer_to_uniform() -> None:
    chain = metropolis(GRAPH)
    away = {}
    for alpha in (0.0, 5.0):
        gaps = []
        for seed in range(12):
            counts, repel, row = np.ones(4), np.ones(4), 0
            for u in np.random.default_rng(seed).random(3_000):
                row = step(chain, repel, row, float(u))
                visit(counts, repel, row, alpha)
            gaps.append(np.abs(counts / counts.sum() - 0.25).sum() / 2)
        away[alpha] = np.mean(gaps)
    assert away[5.0] < 0.6 * away[0.0]


def test_walks_from_neighbour_to_neighbour() -> None:
    x = np.random.default_rng(0).random((300, 2))
    inputs = rows_of(x)
    found = select("self-repellent-walk", inputs, 60, params={"neighbours": 4, "every": 1})
    chain = metropolis(inputs.neighbours(4).indices)
    seen = {int(found.rows[0])}
    for row in found.rows[1:].tolist():  # every new row is linked with one before it
        assert seen & set(moves(chain, np.ones(300), row)[0].tolist())
        seen.add(row)


def test_prefixes_hold_across_restarts_and_parts() -> None:
    x = np.random.default_rng(1).normal(size=(120, 2))
    x[:40] += 1_000
    x[40:43] -= 1_000
    for pins in ([], [5, 90]):
        inputs = replace(rows_of(x), pins=np.array(pins, np.int64))
        for repulsion, every in ((0, 1), (5, 1), (5, 7), (0, 50)):
            params = {"neighbours": 2, "repulsion": repulsion, "every": every}
            full = select("self-repellent-walk", inputs, 120, seed=3, params=params)
            for budget in (2, 3, 41, 80, 119):
                part = select("self-repellent-walk", inputs, budget, seed=3, params=params)
                assert part.rows.tolist() == full.rows[:budget].tolist()


def test_used_up_parts_and_long_waits_lead_to_a_new_start() -> None:
    x = np.random.default_rng(2).normal(size=(60, 2))
    x[:20] += 1_000
    x[20:40] -= 1_000
    found = select("self-repellent-walk", rows_of(x), 60, params={"neighbours": 15})
    part = np.repeat([0, 1, 2], 20)[found.rows]
    assert (np.diff(part) != 0).sum() == 2  # one part after the other
    assert "walk started again elsewhere: 2." in " ".join(found.notes)
    number = Draws(rows_of(x).keys, 0, "self-repellent-walk/1").uniforms("start")
    for at in (0, 20, 40):  # each part from its row of the smallest permanent random number left
        assert found.rows[at] == found.rows[at:][number[found.rows[at:]].argmin()]
    line = np.arange(900)[:, None] ** 1.0  # a plain walk on a line covers old ground for long
    params = {"neighbours": 2, "every": 1}
    slow = select("self-repellent-walk", rows_of(line), 300, params={**params, "repulsion": 0})
    quick = select("self-repellent-walk", rows_of(line), 300, params={**params, "repulsion": 20})
    assert any("New starts after 200 steps" in note for note in slow.notes)
    assert not any("New starts" in note for note in quick.notes)


def test_starts_at_the_last_pin() -> None:
    x = np.arange(50)[:, None] * 1.0
    pinned = replace(rows_of(x), pins=np.array([3, 30]))
    found = select("self-repellent-walk", pinned, 3, params={"neighbours": 2, "every": 1})
    assert found.rows[:2].tolist() == [3, 30]
    assert abs(int(found.rows[2]) - 30) <= 2
    starts = {int(select("self-repellent-walk", rows_of(x), 1, seed=seed).rows[0]) for seed in range(30)}
    assert len(starts) > 10


def test_rows_are_taken_some_steps_apart() -> None:
    x = np.random.default_rng(4).random((400, 2))
    for every in (1, 10):
        found = select("self-repellent-walk", rows_of(x), 21, params={"every": every})
        steps = int(found.notes[0].split()[3].replace(",", ""))
        assert 20 * every < steps <= 20 * every + 200
    line = np.arange(200)[:, None] * 1.0
    one, ten = (
        select("self-repellent-walk", rows_of(line), 8, params={"neighbours": 2, "every": every}).rows
        for every in (1, 10)
    )
    assert np.abs(np.diff(one)).max() <= 7
    assert np.abs(np.diff(ten)).mean() > np.abs(np.diff(one)).mean()


def test_spread_as_the_whole_more_evenly_than_by_chance() -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 5, 1_500)
    inputs = rows_of(rng.normal(size=(5, 4))[codes] * 1.2 + rng.normal(size=(1_500, 4)))
    whole = np.bincount(codes) / len(codes)
    gaps: dict[str, list[float]] = {"random": [], "near": [], "walk": []}
    for seed in range(30):
        for name, strategy, params in (
            ("random", "random", {}),
            ("near", "self-repellent-walk", {"every": 1}),
            ("walk", "self-repellent-walk", {}),
        ):
            rows = select(strategy, inputs, 60, seed=seed, params=params).rows
            gaps[name].append(float(np.abs(np.bincount(codes[rows], minlength=5) / 60 - whole).sum()))
    assert np.mean(gaps["walk"]) < 0.9 * np.mean(gaps["random"])
    assert np.mean(gaps["near"]) > np.mean(gaps["random"])


def test_one_row_alone() -> None:
    assert select("self-repellent-walk", rows_of(np.ones((1, 2))), 1).rows.tolist() == [0]
