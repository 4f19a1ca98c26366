from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.foundation.errors import AliquotError, BundleError, ResourceError
from core.model.decision import Decision
from core.notebook import write_bundle, zip_bundle
from core.signoff import open_bundle as opening
from core.signoff import write_bundle as module
from core.signoff.open_bundle import open_bundle
from core.signoff.write_bundle import bundle_files, zip_files

from . import toy


def test_what_a_bundle_holds(tmp_path: Path) -> None:
    one = toy.study()
    chosen = one.select("k-center", 9)
    out = write_bundle(one, chosen, tmp_path / "a" / "b", whole=True)
    names = {item.name for item in out.iterdir()}
    assert names == set(opening.FILES)
    manifest = toy.read(out)
    assert set(manifest["files"]) == names - {"manifest.json"}
    subset = pq.read_table(out / "subset.parquet")
    assert subset.column("ticket").to_pylist() == manifest["selection"]["ids"]
    assert subset.column("aliquot_rank").to_pylist() == list(range(1, 10))
    assert subset.column("aliquot_weight").null_count == 9, "k-center is no probability design"
    assert "aliquot_rank_original" in subset.column_names
    assert pq.read_table(out / "whole.parquet").num_rows == 90
    assert np.load(out / "features.npy").dtype == np.float32
    assert manifest["recipe"]["strategies"][0]["id"] == "k-center"
    assert manifest["recipe"]["data"]["fingerprint"] == manifest["data"]["digest"]
    known = {"python", "system", "machine", "bfloat16", "instructions", "aliquot", "libraries"}
    assert set(manifest["environment"]) == known
    assert not [item for item in tmp_path.rglob(".*")], "nothing temporary is left"


def test_the_recipe_of_a_manifest_asks_for_the_same_rows(tmp_path: Path) -> None:
    from core.model.recipe import Recipe
    from core.study.study import Study

    one = toy.study(seed=5)
    out = write_bundle(one, one.select("random", "15%"), tmp_path / "b")
    recipe = Recipe.read(out / "manifest.json")
    assert recipe.budget == "15%", "the wish, for other data"
    again = Study(one.data, recipe)
    rows = again.select(recipe.strategies[0].id, params=recipe.strategies[0].params).rows
    assert [int(one.data.frame["ticket"][row]) for row in rows] == toy.read(out)["selection"]["ids"]


def test_features_above_the_limit_are_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEATURES_LIMIT", 10)
    one = toy.study()
    out = write_bundle(one, one.select("k-center", 9), tmp_path / "b")
    assert not (out / "features.npy").exists()
    assert toy.read(out)["features"]["recorded"] is False
    assert toy.read(out)["features"]["digest"]


def test_the_same_files_give_the_same_zip() -> None:
    one = toy.study()
    files = bundle_files(one, one.select("k-center", 9))
    assert zip_files(files) == zip_files(dict(files))
    with zipfile.ZipFile(io.BytesIO(zip_files(files))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr for info in archive.infolist()} == {0o644 << 16}, "unpacked, all may read"
    opened = open_bundle(zip_files(files))
    assert set(opened.files) == set(files) - {"manifest.json"}
    assert opened.manifest == open_bundle(zip_bundle(one, one.select("k-center", 9))).manifest | {
        name: opened.manifest[name] for name in ("created", "selection", "files", "digest")
    }


def test_folders_are_not_overwritten(tmp_path: Path) -> None:
    one = toy.study()
    chosen = one.select("random", 9)
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(BundleError, match="thesis"):
        write_bundle(one, chosen, full)
    assert (full / "thesis.txt").read_text() == "irreplaceable"
    with pytest.raises(BundleError, match="is a file"):
        write_bundle(one, chosen, full / "thesis.txt")
    out = write_bundle(one, chosen, tmp_path / "b", whole=True)
    with pytest.raises(BundleError, match="--force"):
        write_bundle(one, chosen, out)
    assert (out / "whole.parquet").exists()
    write_bundle(one, chosen, out, force=True)
    assert not (out / "whole.parquet").exists(), "an unsigned bundle is replaced as a whole"


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    one = toy.study()
    chosen = one.select("random", 9)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="No space left"):
        write_bundle(one, chosen, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def _zipped(**files: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return sink.getvalue()


def _locked() -> bytes:
    """A zip whose members say that they are encrypted."""
    data = bytearray(_zipped(**{"manifest.json": b"{}"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a bundle"),
        (b"hello", "not a bundle"),
        (b'{"a": 1}', "not a manifest"),
        (b'{"selection": {}}', "format is None"),
        (b'{"selection": {}, "format": 1}', "'aliquot' is missing"),
        (b"{broken", "cannot be read"),
        (b"PK\x03\x04 broken", "cannot be unpacked"),
        (_zipped(**{"subset.csv": b"x"}), "holds no manifest.json"),
        (_zipped(**{"../manifest.json": b"{}"}), "lies elsewhere"),
        (_zipped(**{"/manifest.json": b"{}"}), "lies elsewhere"),
        (_zipped(**{"a/manifest.json": b"{}", "b/x": b""}), "lies elsewhere"),
        (_locked(), "protected by a password"),
    ],
)
def test_what_is_no_bundle_is_told(data: bytes, words: str) -> None:
    with pytest.raises(BundleError, match=words):
        open_bundle(data)


def test_a_zip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "UNPACKED_BYTES", 1_000_000)
    with pytest.raises(BundleError, match="too large when unpacked"):
        open_bundle(_zipped(**{"manifest.json": b"{}", "subset.csv": bytes(2_000_000)}))


def test_a_zipped_folder_is_a_bundle(tmp_path: Path) -> None:
    one = toy.study()
    files = bundle_files(one, one.select("random", 9))
    sink = _zipped(**{f"my bundle/{name}": data for name, data in files.items()})
    assert set(open_bundle(sink).files) == set(files) - {"manifest.json"}


JUNK = [".DS_Store", "__MACOSX/my bundle/._manifest.json", "my bundle/Thumbs.db", "my bundle/desktop.ini"]


def test_what_file_managers_add_is_named_and_no_part_of_the_bundle(tmp_path: Path) -> None:
    from core.signoff.verify import verify

    one = toy.study()
    files = bundle_files(one, one.select("random", 9))
    inside = {f"my bundle/{name}": data for name, data in files.items()}
    opened = open_bundle(_zipped(**inside, **dict.fromkeys(JUNK, b"x")))
    assert set(opened.files) == set(files) - {"manifest.json"}
    assert opened.junk == tuple(JUNK)
    out = write_bundle(one, one.select("random", 9), tmp_path / "b")
    (out / ".DS_Store").write_bytes(b"x")
    (out / "__MACOSX").mkdir()
    for source, names in ((opened, JUNK), (open_bundle(out), [".DS_Store", "__MACOSX"])):
        found = verify(source, one.data)
        assert found.code == 0
        assert all(name in toy.told(found) for name in names)
    (out / "notes").mkdir()
    found = verify(out, one.data)
    assert toy.failing(found) == {"files"}
    assert "notes/ is not part of the bundle" in toy.told(found)


def test_places_without_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle"):
        open_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="holds no"):
        open_bundle(tmp_path)


@pytest.mark.parametrize(
    "given",
    [
        {"who": "", "reason": "fine"},
        {"who": "Ada", "reason": "  "},
        {"who": "Ada", "reason": "fine", "decision": "maybe"},
        {"who": "Ada", "reason": "x" * 5_000},
    ],
)
def test_incomplete_decisions_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(AliquotError):
        Decision(**given)


def test_a_decision_round_trips() -> None:
    made = Decision("Ada", "covers all", "reject", role="lead")
    assert Decision.from_block(made.block("00")) == made
    assert made.when.endswith("Z")
