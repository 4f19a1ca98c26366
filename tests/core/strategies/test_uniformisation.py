"""Uniformisation: equal chances where rows are evenly spread, and more where they are sparse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core import neighbours
from core.draws import uniforms
from core.neighbours import approximate_work, knn_graph
from core.progress import SILENT, Progress
from core.select import select
from core.strategies.uniformisation import neighbours_by_rule, radii
from core.types import Graph
from tests.core.strategies.test_k_center import rows_of


def circle(n: int) -> NDArray[np.float32]:
    angle = np.arange(n) * 2 * np.pi / n
    return np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_uniform_on_an_equispaced_circle(variant: str) -> None:
    radius, d, _ = radii(rows_of(circle(60)), variant, 25, SILENT)
    assert d == 2
    assert np.allclose(radius, 1, rtol=1e-5)


def test_dense_and_sparse_regions_are_drawn_alike() -> None:
    """On a line with a density of 1 to 9, half of the rows drawn come from each half."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.random(900), 1 + rng.random(100)]).astype(np.float32)[:, None]
    inputs = rows_of(x)
    share = [(x[select("uniformisation", inputs, 20, seed=seed).rows, 0] > 1).mean() for seed in range(60)]
    assert 0.4 < np.mean(share) < 0.6
    plain = [(x[select("random", inputs, 20, seed=seed).rows, 0] > 1).mean() for seed in range(60)]
    assert np.mean(plain) < 0.2


def test_draws_follow_the_radius_to_the_power_of_the_dimension() -> None:
    """The smallest −ln(u)/r^d come in, r the sixth smallest distance, the row itself included."""
    x = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    inputs = rows_of(x)
    gap = np.sort(np.linalg.norm(x[:, None].astype(np.float64) - x[None], axis=2), axis=1)[:, 5]
    for seed in range(5):
        u = uniforms(inputs.keys, seed, "uniformisation/1")
        want = np.argsort(-np.log(u) / gap**3)
        found = select("uniformisation", inputs, 12, seed=seed).rows
        assert found.tolist() == want[:12].tolist()
        assert found.tolist() != np.argsort(-np.log(u) / gap)[:12].tolist()


def test_components_stand_for_many_features() -> None:
    rng = np.random.default_rng(2)
    x = (rng.normal(size=(80, 40)) * np.linspace(3, 0.1, 40)).astype(np.float32)
    radius, d, notes = radii(rows_of(x), "code", 25, SILENT)
    assert d == 25
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    reduced = u[:, :25] * s[:25]
    gap = np.sort(np.linalg.norm(reduced[:, None] - reduced[None], axis=2), axis=1)[:, 5]
    assert np.allclose(radius, gap / gap.max(), rtol=1e-4)
    assert "5 neighbours in 25 dimensions" in notes[0]


def test_the_shared_graph_serves_few_features() -> None:
    x = np.random.default_rng(3).normal(size=(50, 4)).astype(np.float32)
    asked = []

    def shared(k: int, progress: Progress) -> Graph:
        asked.append(k)
        return knn_graph(x, k, "euclidean")

    inputs = replace(rows_of(x), graph=shared)
    assert np.array_equal(
        select("uniformisation", inputs, 9).rows, select("uniformisation", rows_of(x), 9).rows
    )
    assert asked == [5]
    select("uniformisation", inputs, 9, params={"dimensions": 3})
    assert asked == [5]


def test_the_papers_rule_and_its_limit() -> None:
    assert [neighbours_by_rule(n, d) for n, d in ((1, 3), (100, 2), (1000, 25))] == [0, 22, 10]
    inputs = rows_of(circle(100))
    assert "by 22 neighbours" in radii(inputs, "paper", 25, SILENT)[2][0]
    assert "by 5 neighbours" in radii(inputs, "code", 25, SILENT)[2][0]
    wide = rows_of(np.random.default_rng(4).random((3000, 1)).astype(np.float32))
    asks = neighbours_by_rule(3000, 1)
    assert asks > 100
    notes = radii(wide, "paper", 25, SILENT)[2]
    assert "by 100 neighbours" in notes[0]
    assert f"asks for {asks}" in notes[1]


def test_copies_keep_a_chance() -> None:
    x = np.random.default_rng(5).normal(size=(60, 3)).astype(np.float32)
    x[:20] = x[0]
    radius, _, notes = radii(rows_of(x), "code", 25, SILENT)
    assert np.allclose(radius[:20], radius[20:].min())
    assert "20 rows have 5 exact copies" in " ".join(notes)
    assert len(select("uniformisation", rows_of(x), 60)) == 60
    flat = radii(rows_of(np.ones((9, 30), np.float32)), "code", 25, SILENT)
    assert flat[0].tolist() == [1.0] * 9
    assert "same chance" in flat[2][0]


def test_units_change_no_chance() -> None:
    x = np.random.default_rng(6).normal(size=(70, 30)).astype(np.float32)
    want = radii(rows_of(x), "code", 25, SILENT)[0]
    assert np.allclose(radii(rows_of(x * np.float32(37)), "code", 25, SILENT)[0], want, rtol=1e-4)
    assert np.array_equal(radii(rows_of(x * np.float32(2**-20)), "code", 25, SILENT)[0], want)


def test_drop_leaves_the_loneliest_out_unless_they_are_needed() -> None:
    x = np.random.default_rng(7).normal(size=(100, 2)).astype(np.float32)
    x[13] = 40.0
    radius = radii(rows_of(x), "code", 25, SILENT)[0]
    lonely = set(np.argsort(-radius)[:10].tolist())
    assert 13 in lonely
    found = select("uniformisation", rows_of(x), 90, params={"drop": 0.1})
    assert not lonely & set(found.rows.tolist())
    assert "10 of the loneliest" in " ".join(found.notes)
    more = select("uniformisation", rows_of(x), 95, params={"drop": 0.1})
    assert lonely & set(more.rows.tolist()) == set(np.argsort(-radius)[5:10].tolist())
    pinned = replace(rows_of(x), pins=np.array([13]))
    assert 13 in select("uniformisation", pinned, 5, params={"drop": 0.1}).rows


def test_very_many_rows_get_an_approximate_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    def here(work: str, arrays: Any, config: Any, progress: Progress) -> Any:
        assert work == "core.neighbours:approximate_work"
        assert approximate_work is neighbours.approximate_work
        graph = knn_graph(arrays["x"], config["k"], config["metric"])
        return {"indices": graph.indices, "distances": graph.distances}, {}

    x = np.random.default_rng(8).normal(size=(90, 30)).astype(np.float32)
    want = select("uniformisation", rows_of(x), 9)
    monkeypatch.setattr(neighbours, "APPROXIMATE_ABOVE", 80)
    monkeypatch.setattr("core.child.run_child", here)
    found = select("uniformisation", rows_of(x), 9)
    assert found.rows.tolist() == want.rows.tolist()
    assert "Neighbours are approximate." in found.notes
