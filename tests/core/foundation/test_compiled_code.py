"""Compiled code is kept between runs, also where the program's own folder cannot be written to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.foundation import compiled_code

ROOT = Path(__file__).parents[3]
READ_ONLY = """
import os
plain = os.access
os.access = lambda place, mode, **rest: not (mode & os.W_OK) and plain(place, mode, **rest)
import numpy as np
from core.foundation.arrays import top_k_compiled
top_k_compiled.warm()
print(sum(top_k_compiled.fold.stats.cache_hits.values()))
"""


def test_nothing_is_set_where_the_folders_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiled_code.ENVIRONMENT, raising=False)
    monkeypatch.setattr(os, "access", lambda place, mode: True)
    compiled_code.keep_compiled()
    assert compiled_code.ENVIRONMENT not in os.environ


def test_what_the_user_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled_code.ENVIRONMENT, "/chosen")
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    compiled_code.keep_compiled()
    assert os.environ[compiled_code.ENVIRONMENT] == "/chosen"


def test_a_second_process_finds_in_the_store_what_the_first_compiled(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != compiled_code.ENVIRONMENT}
    env |= {"ALIQUOT_STORE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    hits = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY],
            env=env,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        hits.append(int(done.stdout))
    assert hits == [0, 1]
    assert list((tmp_path / "numba").rglob("*.nbi"))
