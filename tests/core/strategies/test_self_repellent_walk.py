"""The self-repellent walk: its base chain, its fixed point, and how evenly it visits."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from core.neighbours import knn_graph
from core.select import select
from core.strategies import self_repellent_walk as module
from core.strategies.self_repellent_walk import Chain, base_chain, repelled, walk
from tests.core.strategies.test_k_center import rows_of


def rows(n: int = 80, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)


def dense(chain: Chain, visits: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """The kernel at given visits as a matrix of probabilities."""
    starts, ends, value = chain
    n = len(starts) - 1
    out = np.zeros((n, n))
    for row in range(n):
        part = slice(starts[row], starts[row + 1])
        out[row, ends[part]] = repelled(value[part], visits[ends[part]], alpha)
    return out / out.sum(axis=1, keepdims=True)


def small() -> Chain:
    """Four rows on a line, linked to one neighbour each and back."""
    return base_chain(knn_graph(np.array([[0.0], [1.0], [2.1], [3.3]], np.float32), 1, "euclidean"))


def test_base_chain_is_metropolis_hastings_on_the_joined_graph() -> None:
    x = rows()
    graph = knn_graph(x, 4, "euclidean")
    linked = np.zeros((80, 80), bool)
    linked[np.arange(80)[:, None], graph.indices] = True
    linked |= linked.T
    degree = linked.sum(axis=1)
    want = np.where(linked, np.minimum(1 / degree[:, None], 1 / degree[None, :]), 0.0)
    want[np.diag_indices(80)] = 1 - want.sum(axis=1)
    got = dense(base_chain(graph), np.ones(80), 0.0)
    assert np.allclose(got, want)
    assert np.allclose(got, got.T), "reversible with a uniform law"
    assert degree.max() > degree.min()


@pytest.mark.parametrize("alpha", [0.0, 1.0, 5.0, 20.0])
def test_the_uniform_law_is_a_fixed_point(alpha: float) -> None:
    chain = base_chain(knn_graph(rows(), 4, "euclidean"))
    for visits in (1.0, 17.0):
        kernel = dense(chain, np.full(80, visits), alpha)
        assert np.abs(np.full(80, 1 / 80) @ kernel - 1 / 80).max() < 1e-15


def test_without_repulsion_visits_do_not_matter() -> None:
    chain = small()
    visits = np.array([1.0, 9.0, 4.0, 2.0])
    assert np.array_equal(dense(chain, visits, 0.0), dense(chain, np.ones(4), 0.0))
    pushed = dense(chain, visits, 5.0)
    # From row 1, linked to 0 and 2: chances are P·visits^(−5).
    base = dense(chain, np.ones(4), 0.0)[1] * visits**-5.0
    assert np.allclose(pushed[1], base / base.sum())


def test_repulsion_visits_more_evenly() -> None:
    def distance(alpha: float, seed: int) -> float:
        visits = np.ones(4)
        steps = np.fromiter(islice(walk(small(), alpha, 0, visits, np.random.default_rng(seed)), 3000), int)
        assert np.array_equal(visits - 1, np.bincount(steps, minlength=4))
        return float(np.abs(np.bincount(steps, minlength=4) / 3000 - 0.25).sum() / 2)

    plain = [distance(0.0, seed) for seed in range(10)]
    shy = [distance(5.0, seed) for seed in range(10)]
    assert np.mean(shy) < 0.5 * np.mean(plain)


def test_strong_repulsion_does_not_underflow() -> None:
    chance = repelled(np.array([0.2, 0.3, 0.5]), np.array([1e18, 1e18, 2e18]), 20.0)
    assert chance[0] == 0.2
    assert (chance > 0).all()


def test_every_step_follows_a_link_and_rows_come_in_the_order_met() -> None:
    x = rows()
    found = select("self-repellent-walk", rows_of(x), 30, params={"neighbours": 4})
    linked = dense(base_chain(knn_graph(x, 4, "euclidean")), np.ones(80), 0.0) > 0
    for at in range(1, 30):
        assert linked[found.rows[at], found.rows[:at]].any(), "met from a row met before"
    assert found.notes == ()
    assert found.weight is None


def test_on_the_whole_every_row_is_as_likely() -> None:
    inputs = rows_of(rows(40, seed=3))
    came = np.zeros(40)
    for seed in range(400):
        came[select("self-repellent-walk", inputs, 20, seed=seed, params={"neighbours": 6}).rows] += 1
    assert came.mean() == 200
    assert came.std() / came.mean() < 0.2


def test_starts_anew_only_where_a_part_is_used_up() -> None:
    x = np.concatenate([rows(10), rows(10) + 100, rows(10) + 200]).astype(np.float32)
    found = select("self-repellent-walk", rows_of(x), 25, params={"neighbours": 3})
    parts = found.rows // 10
    assert len(set(parts[:10].tolist())) == 1
    assert len(set(parts[10:20].tolist())) == 1
    assert "started anew 2 times, where a connected part" in found.notes[0]
    one = select("self-repellent-walk", rows_of(x), 10, params={"neighbours": 3})
    assert one.notes == ()


def test_a_walk_that_gets_nowhere_is_taken_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STALLED", 3)
    line = np.arange(60, dtype=np.float32)[:, None]
    found = select("self-repellent-walk", rows_of(line), 60, params={"repulsion": 0.0, "neighbours": 2})
    assert sorted(found.rows.tolist()) == list(range(60))
    assert "after 3 steps" in " ".join(found.notes)


def test_pins_are_visited_already_and_the_walk_starts_there() -> None:
    x = np.concatenate([rows(10), rows(10) + 100]).astype(np.float32)
    inputs = replace(rows_of(x), pins=np.array([11, 14]))
    for seed in range(5):
        found = select("self-repellent-walk", inputs, 8, seed=seed, params={"neighbours": 3})
        assert found.rows[:2].tolist() == [11, 14]
        assert (found.rows >= 10).all()
    smaller = select("self-repellent-walk", inputs, 5, params={"neighbours": 3})
    larger = select("self-repellent-walk", inputs, 20, params={"neighbours": 3})
    assert larger.rows[:5].tolist() == smaller.rows.tolist()


def test_one_row() -> None:
    assert select("self-repellent-walk", rows_of(np.ones((1, 2), np.float32)), 1).rows.tolist() == [0]
