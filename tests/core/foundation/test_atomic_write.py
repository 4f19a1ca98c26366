"""Single files that appear whole or not at all, and arrays in a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.foundation.array_folder import read_arrays, write_arrays
from core.foundation.artifact_store import Artifact, Store
from core.foundation.atomic_write import write_atomically
from core.foundation.learned_pace import Pace

ROOT = Path(__file__).resolve().parents[3]


def test_a_full_disk_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "a.json"
    write_atomically(place, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_atomically(place, b"new")
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
@pytest.mark.parametrize(("moment", "left"), [("os.fsync", b"old"), ("shutil.rmtree", b"new")])
def test_a_kill_leaves_old_or_new_and_the_next_tidies(tmp_path: Path, moment: str, left: bytes) -> None:
    place = tmp_path / "a.json"
    write_atomically(place, b"old")
    code = f"""
import os, shutil, signal
from pathlib import Path
from core.foundation.atomic_write import write_atomically
{moment} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(Path({str(place)!r}), b"new")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert place.read_bytes() == left
    assert len(list(tmp_path.iterdir())) == 2
    write_atomically(place, b"newer")
    assert [item.read_bytes() for item in tmp_path.iterdir()] == [b"newer"]


def test_what_is_not_missed_is_written_whole_without_waiting_for_the_disk(tmp_path, monkeypatch) -> None:
    place = tmp_path / "a.json"
    left = tmp_path / ".tmp-999999999-00000000"
    left.mkdir()

    def never(*_: object) -> None:
        raise AssertionError("the disk is waited for")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", never)
        write_atomically(place, b"old", lasting=False)
        write_atomically(place, b"new", lasting=False)
        pace = Pace(tmp_path / "pace.json")
        pace.learn("x", 2.0, 4.0)
    assert place.read_bytes() == b"new"
    assert pace.expect("x", 1.0).seconds == pytest.approx(2.0)
    assert sorted(item.name for item in tmp_path.iterdir()) == [left.name, "a.json", "pace.json"]
    write_atomically(place, b"kept")
    assert not left.exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_a_file_has_the_rights_that_are_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        for mode, found in ((0o666, 0o644), (0o600, 0o600)):
            write_atomically(tmp_path / "a", b"x", mode)
            assert (tmp_path / "a").stat().st_mode & 0o777 == found
    finally:
        os.umask(before)


@pytest.mark.parametrize("mapped", [True, False])
def test_arrays_come_back_from_their_folder(tmp_path: Path, mapped: bool) -> None:
    given = {"x": np.arange(6).reshape(2, 3).T, "empty": np.zeros((0, 2), np.float32)}
    write_arrays(tmp_path, given, {"b": [1, None], "a": np.float64(0.1)})
    arrays, meta = read_arrays(tmp_path, mapped)
    assert meta == {"a": 0.1, "b": [1, None]}
    for name, array in given.items():
        assert (arrays[name].dtype, arrays[name].tolist()) == (array.dtype, array.tolist())
        assert type(arrays[name]) is np.ndarray  # a memmap would pay at every index
        assert isinstance(arrays[name].base, np.memmap) == mapped
        assert arrays[name].flags.writeable != mapped


@pytest.mark.parametrize("meta", [b"{", b"[]", b"3", b'{"meta": {}}', b'{"arrays": ["y"]}', b'{"arrays": 3}'])
def test_a_damaged_artifact_counts_as_missing(tmp_path: Path, meta: bytes) -> None:
    store = Store(tmp_path)
    store.put("demo", "aa01", Artifact({"x": np.arange(3)}))
    (store.path("demo", "aa01") / "meta.json").write_bytes(meta)
    assert store.get("demo", "aa01") is None
