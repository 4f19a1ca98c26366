"""Features that are made again: how far they may move, and that the recipe is run from them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features import EMBEDDERS
from core.fingerprint import array_digest
from core.signoff import recheck, verify, write_bundle
from core.signoff.manifest import keys_of
from core.signoff.recheck import APART, TOLERANCE, gaps
from core.store import Store
from core.study import Study

from . import toy
from .toy import failing, told

DATA = toy.csv_of(toy.table())
How = Literal["sample", "all", "none"]


def cloud(rows: int = 200) -> np.ndarray[Any, Any]:
    return np.random.Generator(np.random.PCG64(3)).normal(size=(rows, 8)).astype(np.float32)


def test_every_source_of_features_has_its_tolerance():
    assert set(TOLERANCE) == {*EMBEDDERS.ids(), "vector", "table", "bfloat16"}
    assert all(0 < limit < APART for limit in TOLERANCE.values())


@given(st.sets(st.integers(0, 199), min_size=1, max_size=60), st.floats(0.01, 0.5))
def test_the_rows_that_were_moved_are_those_that_are_named(rows, step):
    """Also where anchors are among them, which would put the blame on every other row."""
    made = cloud()
    held = made.copy()
    held[sorted(rows)] += np.float32(step)
    gap = gaps(made, held, 1e-5)
    assert set(np.flatnonzero(gap > 1e-5)) == rows


def test_turned_coordinates_are_no_alteration_and_rounding_is_none():
    made = cloud()
    turn, _ = np.linalg.qr(np.random.Generator(np.random.PCG64(4)).normal(size=(8, 8)))
    assert gaps(made, (made.astype(np.float64) @ turn).astype(np.float32), 1e-5).max() < TOLERANCE["table"]
    assert gaps(made, made * np.float32(1 + 1e-7), 1e-5).max() < TOLERANCE["table"]
    assert gaps(made, made * np.float32(1.0042), 1e-5).max() > TOLERANCE["table"]


def forged(tmp_path: Path, share: float) -> tuple[Path, set[str]]:
    """A k-center bundle of TF-IDF features moved by some share, its rows and digests to match."""
    one = toy.study(features="text:body", embedder="tfidf", groups="kind")
    features = one.features()
    noise = np.random.Generator(np.random.PCG64(7)).normal(size=features.matrix.shape)
    noise *= share / np.sqrt((noise**2).sum(axis=1).mean())
    moved = (features.matrix + noise).astype(np.float32)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    given = Study(one.data, one.recipe).given(
        features.__class__(**{**vars(features), "matrix": moved, "key": array_digest(moved)})
    )
    honest, made = one.select("k-center", 20), given.select("k-center", 20)
    out = write_bundle(given, made, tmp_path / "forged", csv=False, jsonl=False, report=False)
    return out, set(keys_of(one.data, honest.rows)) ^ set(keys_of(one.data, made.rows))


@pytest.mark.parametrize("how", ["sample", "all"])
def test_slightly_moved_features_are_exposed_with_every_row_they_changed(tmp_path: Path, how: How) -> None:
    out, differing = forged(tmp_path, 0.0042)
    assert differing, "the move must change the subset, or it shows nothing"
    found = verify(out, DATA, features=how)
    assert found.code == 1
    assert failing(found) == {"features", "replay from new features"}
    assert len(found.rows_in) == len(found.rows_out) == len(differing) // 2
    assert found.jaccard is not None
    assert found.jaccard < 1
    assert "from features made anew" in told(found)
    unseen = verify(out, DATA, features="none")
    assert failing(unseen) == set(), "the recorded features alone give the recorded rows"


def test_elsewhere_a_small_move_is_said_and_not_called_an_alteration(tmp_path: Path) -> None:
    out, _ = forged(tmp_path, 0.0042)

    def elsewhere(manifest: dict[str, Any]) -> None:
        manifest["environment"]["libraries"]["scikit-learn"] = "0.1"

    toy.reseal(out, elsewhere)
    found = verify(out, DATA)
    assert found.code == 3
    assert failing(found) == {"features", "replay from new features"}
    assert "cannot be told apart" in told(found)
    assert found.recomputed


def test_within_rounding_other_rows_are_a_difference_here_and_excused_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even features that hold are replayed from: a tie that rounding decides is told by its rows."""
    monkeypatch.setattr(recheck, "TOLERANCE", dict.fromkeys(TOLERANCE, 0.04))
    out, _ = forged(tmp_path, 0.0042)
    found = verify(out, DATA)
    assert found.code == 1
    assert failing(found) == {"replay from new features"}
    toy.reseal(out, lambda manifest: manifest["environment"].update(instructions=[]))
    found = verify(out, DATA)
    assert found.code == 3
    assert failing(found) == {"replay from new features"}


def test_a_strategy_that_looks_at_no_features_is_not_replayed_from_them(tmp_path: Path) -> None:
    one = toy.study(features="text:body", embedder="tfidf", groups="")
    features = one.features()
    moved = (features.matrix * np.float32(1.0000001)).astype(np.float32)
    given = Study(one.data, one.recipe).given(features.__class__(**{**vars(features), "matrix": moved}))
    out = write_bundle(given, given.select("random", 9), tmp_path / "b", csv=False, jsonl=False, report=False)
    found = verify(out, DATA)
    assert found.code == 0
    assert [check.name for check in found.checks if check.part == "B"] == ["replay"]


def test_few_rows_are_made_again_by_a_text_model_as_a_whole(tmp_path: Path) -> None:
    one = toy.study(toy.table(24), features="text:body", embedder="minilm", groups="")
    one.features()
    out = write_bundle(one, one.select("k-center", 6), tmp_path / "b", csv=False, jsonl=False, report=False)
    found = verify(out, toy.csv_of(toy.table(24)))
    assert found.code == 0
    assert "all rows" in told(found)


def test_bfloat16_on_either_side_has_its_own_tolerance() -> None:
    one = toy.study(features="text:body", embedder="minilm", groups="")
    packed, half = {"number_format": "float32 packed"}, {"number_format": "bfloat16"}
    assert recheck.tolerance(one, packed, packed) == TOLERANCE["minilm"]
    for sides in ((packed, half), (half, packed)):
        assert recheck.tolerance(one, *sides) == TOLERANCE["bfloat16"]
    assert recheck.tolerance(one, {"text": half, "table": {}}) == TOLERANCE["bfloat16"]


def test_all_rows_are_made_again_where_it_costs_little(tmp_path: Path) -> None:
    assert not recheck._costly(toy.study(features="table", groups=""))
    assert not recheck._costly(toy.study(features="text:body", embedder="tfidf", groups=""))
    one = toy.study(toy.table(8), features="text:body", embedder="minilm", groups="")
    one = Study(one.data, one.recipe, store=Store(tmp_path))
    assert recheck._costly(one)
    one.features()
    assert not recheck._costly(one), "the store holds them now"


def test_half_of_a_sample_are_chosen_rows_and_nobody_knows_which() -> None:
    chosen = np.arange(100, 180)
    drawn = [recheck._sampled(1_000, chosen) for _ in range(20)]
    for rows in drawn:
        assert len(set(rows)) == recheck.SAMPLE
        assert np.isin(rows, chosen).sum() >= recheck.SAMPLE // 2
        assert 0 <= rows.min() <= rows.max() < 1_000
    assert len({tuple(rows) for rows in drawn}) == 20
    few = recheck._sampled(1_000, np.array([3, 5]))
    assert len(set(few)) == recheck.SAMPLE
    assert {3, 5} <= set(few.tolist())
