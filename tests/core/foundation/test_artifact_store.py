"""The artifact store: all or nothing, bounded, no pickle, and a full disk loses nothing."""

import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.artifact_store import Artifact, Store, artifact_key, canonical_json, digest, frozen
from core.foundation.errors import Cancelled
from core.foundation.shipped_artifacts import INDEX, Shipped, ShippedArtifacts, write_shipped


def _thing(size: int = 4) -> Artifact:
    return Artifact({"x": np.arange(size, dtype=np.int64)}, {"unit": "rows"})


def test_what_is_put_comes_back_read_only(tmp_path):
    store = Store(tmp_path)
    store.put("demo", "aa01", _thing())
    found = store.get("demo", "aa01")
    assert found.arrays["x"].tolist() == [0, 1, 2, 3]
    assert found.meta == {"unit": "rows"}
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["x"][0] = 9


def test_fetch_makes_once(tmp_path):
    store, calls = Store(tmp_path), []

    def make() -> Artifact:
        calls.append(1)
        return _thing()

    first = store.fetch("demo", "aa02", make)
    second = store.fetch("demo", "aa02", make)
    assert calls == [1]
    assert first.arrays["x"].tolist() == second.arrays["x"].tolist()
    assert not first.arrays["x"].flags.writeable


def test_a_cancelled_maker_leaves_nothing(tmp_path):
    store = Store(tmp_path)

    def make() -> Artifact:
        raise Cancelled

    with pytest.raises(Cancelled):
        store.fetch("demo", "aa03", make)
    assert store.get("demo", "aa03") is None
    assert store.entries() == []


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    store = Store(tmp_path)

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(np, "save", full)
    made = store.fetch("demo", "aa04", _thing)
    assert made.arrays["x"].tolist() == [0, 1, 2, 3]
    assert "No space left" in store.failures[0]
    assert not store.has("demo", "aa04")
    assert list(tmp_path.glob(".tmp-*")) == []


@pytest.mark.parametrize("damage", ["meta.json", "x.npy"])
def test_a_damaged_artifact_is_made_again(tmp_path, damage):
    store = Store(tmp_path)
    store.put("demo", "aa05", _thing())
    (store.path("demo", "aa05") / damage).write_bytes(b"\x00broken")
    assert store.get("demo", "aa05") is None
    assert store.fetch("demo", "aa05", _thing).arrays["x"].tolist() == [0, 1, 2, 3]


def test_objects_are_refused(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(ValueError, match="allow_pickle"):
        store.put("demo", "aa06", Artifact({"x": np.array([{}], dtype=object)}))
    assert not store.has("demo", "aa06")


def test_the_longest_unused_goes_first(tmp_path):
    store = Store(tmp_path, limit=40_000)
    for at, key in enumerate(["aa", "bb", "cc"]):
        store.put("demo", key, _thing(1_500))
        os.utime(store.path("demo", key) / "meta.json", (at + 1, at + 1))
    store.get("demo", "aa")
    store.put("demo", "dd", _thing(1_500))
    assert [store.has("demo", key) for key in ("aa", "bb", "cc", "dd")] == [True, False, True, True]
    assert sum(size for _, size, _ in store.entries()) <= 40_000


def test_the_newest_stays_even_above_the_limit(tmp_path):
    store = Store(tmp_path, limit=10)
    store.put("demo", "ee", _thing(100))
    assert store.has("demo", "ee")


def test_many_writers_at_once(tmp_path):
    """Of one key and of others: who looks through the store meets folders that others are renaming."""
    store = Store(tmp_path)
    errors = []

    def write(number: int) -> None:
        try:
            for at in range(20):
                store.put("demo", f"ff{at:02}", _thing(1_000))
                store.put("demo", f"{number:02}{at:02}", _thing(10))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.get("demo", "ff00").arrays["x"].size == 1_000
    assert len(store.entries()) == 180
    assert list(tmp_path.glob(".tmp-*")) == []


def test_keys_depend_on_everything():
    base = {"kind": "k", "made_by": 1, "config": {"a": 1}, "parents": ["p"], "packages": ["numpy"]}
    keys = {
        artifact_key(**{**base, **change})
        for change in (
            {},
            {"kind": "other"},
            {"made_by": 2},
            {"config": {"a": 2}},
            {"parents": ["q"]},
            {"packages": ["pandas"]},
        )
    }
    assert len(keys) == 6


@given(st.dictionaries(st.text(), st.integers() | st.none() | st.booleans(), max_size=5))
def test_canonical_json_ignores_the_order_of_keys(value):
    if any(isinstance(item, int) and abs(item) >= 2**63 for item in value.values()):
        return
    shuffled = dict(reversed(list(value.items())))
    assert canonical_json(value) == canonical_json(shuffled)
    assert digest(value) == digest(shuffled)


def test_frozen_does_not_touch_the_callers_array():
    array = np.arange(3)
    view = frozen(array)
    assert array.flags.writeable
    assert not view.flags.writeable


# ---- what comes with the program ------------------------------------------------------------------------


def _shipped(folder, value=7):
    made = Shipped("demo", "aa", "demo.npz", {"x": np.full(3, value)}, {"unit": "rows"})
    write_shipped(folder, [made])
    return ShippedArtifacts(folder)


def test_what_comes_with_the_program_goes_before_what_was_made_here(tmp_path):
    store = Store(tmp_path / "store", shipped=_shipped(tmp_path / "shipped"))
    assert store.settled("demo", "own", "aa") == "aa"
    assert store.settled("demo", "own", "bb") == "own"
    assert store.has("demo", "aa")
    found = store.fetch("demo", "aa", lambda: pytest.fail("made again"))
    assert found.arrays["x"].tolist() == [7, 7, 7]
    assert found.meta == {"unit": "rows"}
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["x"][0] = 9
    assert not (tmp_path / "store").exists()
    assert Store(tmp_path / "store", shipped=None).settled("demo", "own", "aa") == "own"


@pytest.mark.parametrize("harm", ["altered", "cut", "gone", "no index", "another format", "no JSON"])
def test_a_file_that_is_not_the_one_of_the_index_counts_as_not_there(tmp_path, harm):
    folder = tmp_path / "shipped"
    _shipped(folder)
    file, index = folder / "demo.npz", folder / INDEX
    if harm == "altered":
        other = tmp_path / "other"
        _shipped(other, 8)
        file.write_bytes((other / "demo.npz").read_bytes())
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    elif harm == "gone":
        file.unlink()
    elif harm == "no index":
        index.unlink()
    else:
        index.write_text('{"format": 99, "artifacts": {}}' if harm == "another format" else "{")
    store = Store(tmp_path / "store", shipped=ShippedArtifacts(folder))
    assert store.settled("demo", "own", "aa") == "own"
    assert not store.has("demo", "aa")
    assert store.get("demo", "aa") is None


def test_a_file_that_goes_while_the_program_runs_is_made_here(tmp_path):
    shipped = _shipped(tmp_path / "shipped")
    store = Store(tmp_path / "store", shipped=shipped)
    assert store.settled("demo", "own", "aa") == "aa"
    (tmp_path / "shipped" / "demo.npz").unlink()
    assert store.fetch("demo", "aa", _thing).arrays["x"].tolist() == [0, 1, 2, 3]
    assert store.failures


def test_writing_again_gives_the_same_bytes_and_leaves_nothing_old(tmp_path):
    folder = tmp_path / "shipped"
    _shipped(folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "old.npz").write_bytes(b"old")
    _shipped(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
