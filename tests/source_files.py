"""The source files of the project, for the tests that hold rules about them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def sources() -> list[Path]:
    """Every Python file that is ours."""
    folders = ("core", "pages", "tests", "sample_data")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return [ROOT / "app.py", *sorted(found)]


def tracked() -> list[str]:
    """The files under version control, by their paths."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git clone")
    return done.stdout.splitlines()
