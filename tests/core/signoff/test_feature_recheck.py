"""Features that are made again: how far they may move, and that the recipe is run from them too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.fingerprint import array_digest
from core.data.load import load
from core.data.row_ids import keys_of
from core.data.samples import SAMPLES
from core.features.declaration import EMBEDDERS
from core.foundation.artifact_store import Store
from core.foundation.progress import SILENT
from core.notebook import write_bundle
from core.signoff import feature_recheck
from core.signoff.feature_recheck import APART, TOLERANCE, gaps
from core.signoff.verify import verify
from core.study.study import Study

from . import toy
from .toy import failing, told

DATA = toy.csv_of(toy.table())
How = Literal["sample", "all", "none"]


def cloud(rows: int = 200) -> np.ndarray[Any, Any]:
    return np.random.Generator(np.random.PCG64(3)).normal(size=(rows, 8)).astype(np.float32)


def test_every_source_of_features_has_its_tolerance():
    assert set(TOLERANCE) == {*EMBEDDERS.ids(), "vector", "table", "bfloat16", "float16"}
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
    assert "from new features" in told(found)
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
    assert "look the same" in told(found)
    assert found.recomputed


def test_within_rounding_other_rows_are_a_difference_here_and_excused_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even features that hold are replayed from: a tie that rounding decides is told by its rows."""
    monkeypatch.setattr(feature_recheck, "TOLERANCE", dict.fromkeys(TOLERANCE, 0.04))
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
    assert feature_recheck.tolerance(one, packed, packed) == TOLERANCE["minilm"]
    for sides in ((packed, half), (half, packed)):
        assert feature_recheck.tolerance(one, *sides) == TOLERANCE["bfloat16"]
    assert feature_recheck.tolerance(one, {"text": half, "table": {}}) == TOLERANCE["bfloat16"]


def test_features_that_were_kept_in_half_precision_have_their_own_tolerance() -> None:
    one = toy.study(features="text:body", embedder="minilm", groups="")
    plain, kept = {"number_format": "float32"}, {"number_format": "float16"}
    for sides in ((plain, kept), (kept, plain), (kept, kept)):
        assert feature_recheck.tolerance(one, *sides) == TOLERANCE["float16"]
    assert feature_recheck.tolerance(one, kept, {"number_format": "bfloat16"}) == TOLERANCE["bfloat16"]


def test_what_comes_with_a_sample_is_named_and_made_again_where_all_rows_are_asked_for() -> None:
    sample = SAMPLES["wine"]
    study = Study(load("sample:wine"), sample.recipe)
    recorded = study.features()
    assert recorded.made_by["shipped_with"] == "the sample wine"
    found = feature_recheck.features_fit(study, recorded, np.arange(9), "sample", same=True)
    assert (found.status, found.exact) == ("holds", True)
    assert found.sentence.startswith("Beside those that come with the sample wine, for all rows")
    again = feature_recheck.features_fit(study, recorded, np.arange(9), "all", same=True)
    assert again.status == "holds"
    assert again.sentence.startswith("Made again for all rows")
    altered = recorded.matrix.copy()
    altered[5] += 1
    found = feature_recheck.features_fit(
        study, replace(recorded, matrix=altered), np.arange(9), "sample", same=True
    )
    assert found.status == "fails"
    assert len(found.details) == 1


def test_all_rows_are_made_again_where_it_costs_little(tmp_path: Path) -> None:
    assert not feature_recheck._costly(toy.study(features="table", groups=""))
    assert not feature_recheck._costly(toy.study(features="text:body", embedder="tfidf", groups=""))
    one = toy.study(toy.table(8), features="text:body", embedder="minilm", groups="")
    one = Study(one.data, one.recipe, store=Store(tmp_path))
    assert feature_recheck._costly(one)
    one.features()
    assert not feature_recheck._costly(one), "the store holds them now"


def test_half_of_a_sample_are_chosen_rows_and_nobody_knows_which() -> None:
    chosen = np.arange(100, 180)
    drawn = [feature_recheck._sampled(1_000, chosen) for _ in range(20)]
    for rows in drawn:
        assert len(set(rows)) == feature_recheck.SAMPLE
        assert feature_recheck.SAMPLE // 2 <= np.isin(rows, chosen).sum() < feature_recheck.SAMPLE
        assert (np.diff(rows) > 0).all(), "rows are taken and told in their order"
        assert 0 <= rows.min() <= rows.max() < 1_000
    assert len({tuple(rows) for rows in drawn}) == 20
    few = feature_recheck._sampled(1_000, np.array([3, 5]))
    assert len(set(few)) == feature_recheck.SAMPLE
    assert {3, 5} <= set(few.tolist())


# ---- findings at the edges, hand-made ---------------------------------------------------------------------


def told_of(
    monkeypatch: pytest.MonkeyPatch, gap: list[float], *, same: bool = True, rows: int = 5, how: How = "all"
) -> feature_recheck.Fit:
    """What is said where distances of rows differ by so much, of table features."""
    one = toy.study(toy.table(rows), groups="")
    recorded = one.features()
    held = (recorded.matrix + np.float32(1)).astype(np.float32)
    monkeypatch.setattr(feature_recheck, "gaps", lambda made, held, limit: np.array(gap))
    other = recorded.__class__(**{**vars(recorded), "matrix": held})
    return feature_recheck.features_fit(one, other, np.arange(2), how, same=same)


def test_up_to_its_limit_a_difference_is_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = TOLERANCE["table"]
    found = told_of(monkeypatch, [0, 0, limit, 0, 0])
    assert (found.status, found.details, found.exact) == ("holds", (), False)
    assert "0.0002 %, which is rounding" in found.sentence
    found = told_of(monkeypatch, [0, 0, np.nextafter(limit, 1), 0, 1e-7])
    assert found.status == "fails"
    assert found.sentence == (
        "The recorded features of 1 of 5 rows are not theirs: distances differ by up to 0.0002 %."
    )


def test_rows_are_named_by_their_place_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    gap = [0.0, 0.5, 0.0, 0.0, 0.2]
    order = toy.study(toy.table(5), groups="").data.order
    found = told_of(monkeypatch, gap)
    assert found.details == tuple(
        f"The recorded features of row {order[at] + 1} of the file are not its own." for at in (1, 4)
    )


def test_elsewhere_up_to_a_twentieth_may_be_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    edge = [0.0, APART, 0.0, 0.0, 0.0]
    assert told_of(monkeypatch, edge, same=False).status == "differs"
    assert told_of(monkeypatch, edge, same=True).status == "fails"
    beyond = [0.0, np.nextafter(APART, 1), 0.0, 0.0, 0.0]
    assert told_of(monkeypatch, beyond, same=False).status == "fails"


@pytest.mark.parametrize(
    ("rows", "costly", "how", "part"),
    [
        (64, True, "sample", "all rows"),
        (65, True, "sample", "64 of 65 rows"),
        (65, False, "sample", "all rows"),
        (65, True, "all", "all rows"),
    ],
)
def test_a_sample_is_made_where_all_would_cost_much(
    rows: int, costly: bool, how: How, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = toy.study(toy.table(rows), groups="")
    recorded = one.features()
    monkeypatch.setattr(feature_recheck, "_costly", lambda study: costly)
    monkeypatch.setattr(feature_recheck, "_some", lambda study, recorded, at, progress: recorded.matrix[at])
    found = feature_recheck.features_fit(one, recorded, np.arange(9), how, same=True)
    assert found.sentence == f"Made again for {part}, the features are the same bit by bit."
    assert (found.status, found.exact) == ("holds", True)
    assert (found.fresh is None) == (part != "all rows")


def test_other_dimensions_and_another_metric_fail() -> None:
    one = toy.study(toy.table(5), groups="")
    recorded = one.features()
    for change, words in (
        ({"matrix": recorded.matrix[:, :0]}, "recorded are 0"),
        ({"metric": "cosine"}, "not cosine distance"),
    ):
        other = recorded.__class__(**{**vars(recorded), **change})
        found = feature_recheck.features_fit(one, other, np.arange(2), "all", same=True)
        assert (found.status, words in found.sentence) == ("fails", True), found.sentence
        assert found.fresh is not None
    assert (
        feature_recheck.features_fit(one, recorded, np.arange(2), "none", same=True).status == "not checked"
    )


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("amx", [True, False])
def test_only_a_text_model_on_some_processors_computes_in_bfloat16(
    text: bool, amx: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.foundation.environment.has_amx", lambda: amx)
    one = toy.study(toy.table(5), features="text:body" if text else "table", groups="")
    assert feature_recheck._format(one) == ("bfloat16" if text and amx else "float32")


def test_gaps_are_shares_of_the_root_mean_squared_distance() -> None:
    made, held = (np.array(x, np.float32)[:, None] for x in ([0, 3], [0, 4]))
    assert gaps(made, held, 1.0).tolist() == [1 / np.sqrt(4.5)] * 2
    assert np.allclose(gaps(made * 1000, held * 1000, 1.0), 1 / np.sqrt(4.5), rtol=1e-6)
    same = np.ones((3, 2), np.float32)
    assert gaps(same, same, 1e-6).tolist() == [0, 0, 0]
    assert gaps(same, same + np.float32([[0], [0], [3]]), 1e-6)[2] > 1, "nothing was apart before"


def test_a_row_that_moved_from_one_trusted_anchor_only_is_seen() -> None:
    """The third kind of row went round the first ones: only its distance to the second changed."""
    made = np.array([[0, 0]] * 5 + [[10, 0], [0, 5]], np.float32)
    held = np.array([[0, 0]] * 5 + [[10, 0], [3, 4]], np.float32)
    assert np.flatnonzero(gaps(made, held, 0.0) > 0).tolist() == [5, 6]
    assert gaps(made, made, 0.0).tolist() == [0] * 7


def test_distances_are_taken_to_as_many_anchors_as_a_sample_has(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    plain = feature_recheck._distances

    def spy(x: np.ndarray[Any, Any], anchors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        found = plain(x, anchors)
        direct = np.linalg.norm(x[:, None].astype(float) - x[None, anchors], axis=2)
        assert np.allclose(found, direct, atol=1e-6)
        seen.append(found.shape)
        return found

    monkeypatch.setattr(feature_recheck, "_distances", spy)
    gaps(cloud(), cloud(), 1e-6)
    gaps(cloud(9), cloud(9), 1e-6)
    assert seen == [(200, 64)] * 2 + [(9, 9)] * 2


@pytest.mark.parametrize("source", [{"features": "table"}, {"features": "text:body", "embedder": "tfidf"}])
def test_features_of_some_rows_are_those_of_all_rows(source: dict[str, str]) -> None:
    one = toy.study(groups="", **source)
    recorded, rows = one.features(), np.array([3, 40, 41, 77])
    made = feature_recheck._some(one, recorded, rows, SILENT)
    assert made.shape == (4, recorded.matrix.shape[1])
    assert gaps(made, recorded.matrix[rows], TOLERANCE["table"]).max() <= TOLERANCE["table"]
