"""Uniformisation: flat where rows are evenly spaced, flatter than chance where they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.arrays import any_size_graph
from core.foundation.progress import SILENT
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.running.select import select
from core.strategies.spread.uniformisation import log_weights, rule


def rows_of(x: NDArray[np.floating], metric: str = "euclidean") -> Inputs:
    """Inputs around given features."""
    x = np.asarray(x, np.float32)
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    return Inputs(keys=keys, features=Features(x, metric, "made", "made"))  # type: ignore[arg-type]


def blobs(seed: int) -> NDArray[np.float32]:
    """900 rows spread evenly over one square and 100 over another of the same size."""
    x = np.random.default_rng(seed).random((1_000, 2)).astype(np.float32)
    x[900:, 0] += 5
    return x


@pytest.mark.parametrize("variant", ["paper", "code"])
@pytest.mark.parametrize("dimensions", [1, 2, 25])
def test_an_evenly_spaced_circle_is_uniform(variant: str, dimensions: int) -> None:
    angle = np.arange(60) * (2 * np.pi / 60)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    found, notes = log_weights(rows_of(circle), "auto", variant, dimensions, SILENT)
    assert "principal components" in notes[0]
    if dimensions > 1:
        assert np.ptp(found) < 1e-4
    else:  # on one component the circle is not evenly spaced
        assert np.ptp(found) > 0.1


def test_weights_are_the_power_of_the_radius() -> None:
    """Against distances of all pairs and an independent singular value decomposition."""
    x = np.random.default_rng(3).normal(size=(120, 30)) * np.linspace(1, 3, 30)
    for dimensions in (4, 30):
        centred = x - x.mean(axis=0)
        left, values, _ = np.linalg.svd(centred, full_matrices=False)
        z = (left * values)[:, :dimensions]
        gap = np.sort(np.linalg.norm(z[:, None] - z[None], axis=2), axis=1)
        for variant, k in (("code", 5), ("paper", rule(120, dimensions))):
            want = dimensions * np.log(gap[:, k])  # column 0 is the row itself
            found, _ = log_weights(rows_of(x), "auto", variant, dimensions, SILENT)
            assert found - found.mean() == pytest.approx(want - want.mean(), abs=1e-3)


def test_cosine_features_are_measured_by_chords() -> None:
    x = np.random.default_rng(4).normal(size=(80, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    one, _ = log_weights(rows_of(x, "cosine"), "auto", "code", 25, SILENT)  # through the shared graph
    other, _ = log_weights(rows_of(x), "auto", "code", 25, SILENT)
    third, _ = log_weights(rows_of(x * 3), "cosine", "code", 25, SILENT)
    assert one - one.mean() == pytest.approx(other - other.mean(), abs=1e-3)
    assert one - one.mean() == pytest.approx(third - third.mean(), abs=1e-3)


def test_flatter_than_chance_over_blobs_of_unequal_density() -> None:
    shares: dict[str, list[float]] = {"uniformisation": [], "random": []}
    for seed in range(20):
        for name, found in shares.items():
            found.append(float((select(name, rows_of(blobs(seed)), 50, seed=seed).rows >= 900).mean()))
    assert abs(np.mean(shares["random"]) - 0.1) < 0.05
    # Half of the area; edges and the draw without replacement leave a little room.
    assert abs(np.mean(shares["uniformisation"]) - 0.5) < 0.1


def test_copies_count_as_the_densest_place_and_can_be_drawn() -> None:
    x = np.random.default_rng(5).normal(size=(60, 3))
    x[:20] = x[0]
    found, notes = log_weights(rows_of(x), "auto", "code", 25, SILENT)
    assert np.isfinite(found).all()
    assert found[:20] == pytest.approx(found[20:].min())
    assert "20 rows have 5 exact copies" in notes[-1]
    wide = np.concatenate([x, x, x], axis=1)  # the same on components made here
    other, notes = log_weights(rows_of(wide), "auto", "code", 3, SILENT)
    assert "20 rows have 5 exact copies" in notes[-1]
    assert other - other.mean() == pytest.approx(found - found.mean(), abs=1e-3)
    assert len(select("uniformisation", rows_of(x), 60)) == 60


def test_all_copies_are_equal() -> None:
    pairs = np.repeat(np.random.default_rng(6).normal(size=(5, 3)), 8, axis=0)
    found, notes = log_weights(rows_of(pairs), "auto", "code", 25, SILENT)
    assert (found == 0).all()
    assert "same chance" in notes[-1]


def test_drop_leaves_the_most_isolated_out_until_they_are_needed() -> None:
    x = np.random.default_rng(7).normal(size=(100, 2))
    x[[11, 42]] = [[60.0, 0.0], [0.0, 90.0]]
    assert {11, 42} <= set(select("uniformisation", rows_of(x), 10).rows.tolist())
    dropped = select("uniformisation", rows_of(x), 10, params={"drop": 0.02})
    assert not {11, 42} & set(dropped.rows.tolist())
    assert "2 of the most isolated rows" in dropped.notes[-1]
    everything = select("uniformisation", rows_of(x), 100, params={"drop": 0.02})
    assert everything.rows[-2:].tolist() == [11, 42]  # back at last, the less isolated first
    assert everything.rows[:10].tolist() == dropped.rows.tolist()
    pinned = select("uniformisation", replace(rows_of(x), pins=np.array([42])), 10, params={"drop": 0.02})
    assert pinned.rows[0] == 42
    assert 11 not in pinned.rows


def test_the_rule_is_capped_and_says_so() -> None:
    assert rule(1_000, 2) > 50
    _, notes = log_weights(rows_of(blobs(0)), "auto", "paper", 25, SILENT)
    assert "neighbour 50" in notes[0]
    assert "asks for 83 neighbours" in notes[1]
    assert [rule(n, 25) for n in (2_000, 64_000)] == [11, 21]


def test_many_rows_are_searched_approximately(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(8).normal(size=(2_500, 9))
    want, notes = log_weights(rows_of(x), "auto", "code", 6, SILENT)
    assert not any("approximate" in note for note in notes)
    monkeypatch.setattr(any_size_graph, "EXACT_UP_TO", 2_000)
    found, notes = log_weights(rows_of(x), "auto", "code", 6, SILENT)
    assert np.isclose(found, want).mean() > 0.9
    assert any("approximate search" in note for note in notes)
