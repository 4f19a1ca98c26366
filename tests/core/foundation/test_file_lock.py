"""The lock of the record of questions: one holder at a time, and its refusals say what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.foundation.errors import HoldoutError
from core.foundation.file_lock import locked

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import sys
from pathlib import Path
from core.foundation.file_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the lock until it is told to go."""
    words = [sys.executable, "-c", HOLDER, str(tmp_path / "a.lock")]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        assert made.stdout.readline() == "held\n"
        yield made
        made.kill()


def test_another_process_waits_its_turn_and_says_so_in_time(tmp_path: Path, holder: subprocess.Popen) -> None:
    began = time.monotonic()
    refused = pytest.raises(HoldoutError, match=r"another tab is asking one\. What to do: wait a little")
    with refused, locked(tmp_path / "a.lock", 0.2):
        raise AssertionError("two hold it")
    assert 0.15 < time.monotonic() - began < 5
    holder.communicate("go\n", timeout=10)
    with locked(tmp_path / "a.lock", 0.2):
        pass


@pytest.mark.skipif(os.name == "nt", reason="processes end in another way there")
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, holder: subprocess.Popen) -> None:
    holder.kill()
    holder.wait(10)
    with locked(tmp_path / "a.lock", 0.2):
        pass


def test_threads_take_turns(tmp_path: Path) -> None:
    inside, most = [], []

    def work(at: int) -> None:
        with locked(tmp_path / "a.lock"):
            inside.append(at)
            most.append(len(inside))
            time.sleep(0.005)
            inside.remove(at)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert most == [1] * 12


def test_what_is_raised_inside_frees_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "a.lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "a.lock", 0):
        pass


def test_an_error_of_the_work_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk") as told, locked(tmp_path / "a.lock"):
        raise OSError(28, "disk")
    assert not isinstance(told.value, HoldoutError)


@pytest.mark.parametrize("place", ["file/a.lock", "folder"])
def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way of the folder")
    (tmp_path / "folder").mkdir()
    refused = pytest.raises(HoldoutError, match=r"cannot be written to .*choose another store folder")
    with refused, locked(tmp_path / place, 0.2):
        raise AssertionError("it cannot be held")


def test_a_folder_without_rights_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(HoldoutError, match="Permission denied"), locked(tmp_path / "a.lock", 0.2):
        raise AssertionError("it cannot be held")
