"""Stored data sets: what is put comes back the same, from another process too; damage counts as missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.data.load import load
from core.data.stored_datasets import KIND, StoredDatasets, place_of
from core.foundation.artifact_store import Store
from core.model.dataset import Dataset

CSV = (
    b"id,text,flag,when,n,code\n"
    b"3,caf\xc3\xa9 \xe2\x80\x93 a,true,2026-01-31,1.5,007\n"
    b"1,,false,2026-02-01,,008\n"
    b'2,"line\nbreak",,2026-02-02,3,\n'
)


@pytest.fixture
def stored(tmp_path: Path) -> StoredDatasets:
    return StoredDatasets(Store(tmp_path))


def same(one: Dataset, other: Dataset) -> None:
    assert other.frame.equals(one.frame)
    assert [str(kind) for kind in other.frame.dtypes] == [str(kind) for kind in one.frame.dtypes]
    assert dict(other.roles) == dict(one.roles)
    assert list(other.roles) == list(one.roles)
    assert np.array_equal(other.keys, one.keys)
    assert np.array_equal(other.order, one.order)
    assert other.fingerprint.digest == one.fingerprint.digest
    assert np.array_equal(other.fingerprint.rows, one.fingerprint.rows)
    assert dict(other.fingerprint.columns) == dict(one.fingerprint.columns)
    assert other.fingerprint.id_column == one.fingerprint.id_column
    assert (other.name, other.notes, other.reading) == (one.name, one.notes, one.reading)
    assert set(other.vectors) == set(one.vectors)
    for name in one.vectors:
        assert np.array_equal(other.vectors[name], one.vectors[name])


@pytest.mark.parametrize("id_column", [None, ""])
def test_comes_back_the_same(stored: StoredDatasets, id_column: str | None) -> None:
    vectors = {"v": np.arange(12, dtype=np.float32).reshape(3, 4)}
    data = load(CSV, name="mixed.csv", id_column=id_column, vectors=vectors)
    assert not stored.has(place_of(data))
    assert stored.put(data)
    again = StoredDatasets(Store(stored.store.root)).take(place_of(data))
    assert again is not None
    same(data, again)


@pytest.mark.parametrize("id_column", ["id", ""])
def test_loading_what_was_stored_gives_the_same_fingerprint(stored: StoredDatasets, id_column: str) -> None:
    vectors = {"v": np.arange(12, dtype=np.float32).reshape(3, 4)}
    data = load(CSV, name="mixed.csv", id_column=id_column, vectors=vectors)
    stored.put(data)
    kept = stored.take(place_of(data))
    assert kept is not None
    again = load(kept.frame, id_column=id_column, vectors=kept.vectors)
    assert again.fingerprint.digest == data.fingerprint.digest


def test_the_same_content_from_two_files_keeps_what_is_told_of_each(stored: StoredDatasets) -> None:
    """Name, row numbers and how the file was read belong to the file, not to its content."""
    head, first, rest = CSV.split(b"\n", 2)
    shuffled = b"\n".join([head, rest.rstrip(b"\n"), first, b""])
    semicolons = load(CSV.replace(b",", b";"), name="semi.csv")
    made = [
        load(CSV, name="one.csv"),
        load(CSV, name="two.csv"),
        load(shuffled, name="one.csv"),
        semicolons,
        load(CSV, name="one.csv", roles={"code": "ignore"}),
    ]
    assert len({data.fingerprint.digest for data in made}) == 1
    assert len({place_of(data) for data in made}) == len(made)
    assert semicolons.reading["delimiter"] == ";"
    for data in made:
        stored.put(data)
    for data in made:
        again = stored.take(place_of(data))
        assert again is not None
        same(data, again)


def test_vectors_alone(stored: StoredDatasets, tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))
    data = load(path)
    stored.put(data)
    again = stored.take(place_of(data))
    assert again is not None
    same(data, again)


def test_what_is_taken_cannot_be_changed(stored: StoredDatasets) -> None:
    data = load(CSV, name="a.csv")
    stored.put(data)
    again = stored.take(place_of(data))
    assert again is not None
    with pytest.raises(ValueError, match="read-only"):
        again.keys[0, 0] = 1


@pytest.mark.parametrize("part", ["table.npy", "keys.npy", "meta.json"])
def test_a_damaged_one_counts_as_missing(stored: StoredDatasets, part: str) -> None:
    data = load(CSV, name="a.csv")
    stored.put(data)
    path = stored.store.path(KIND, place_of(data)) / part
    body = bytearray(path.read_bytes())
    if part == "table.npy":
        body[-20] ^= 1
    path.write_bytes(bytes(body[: len(body) if part == "table.npy" else len(body) // 2]))
    assert stored.take(place_of(data)) is None


@pytest.mark.parametrize("name", ["../../etc", "0" * 31, "G" * 32, "", "0" * 32])
def test_strange_or_unknown_fingerprints_find_nothing(stored: StoredDatasets, name: str) -> None:
    assert stored.take(name) is None
    assert not stored.has(name)


def test_a_full_disk_is_told_and_loses_nothing(
    stored: StoredDatasets, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    data = load(CSV, name="a.csv")
    monkeypatch.setattr(Store, "put", full)
    assert not stored.put(data)
    assert "No space left" in stored.store.failures[-1]
