"""Bundles that the tests of verification alter."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.notebook import write_bundle

from . import toy

DATA = toy.csv_of(toy.table())


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """k-center on table features: deterministic, so nothing but the rows themselves can be forged."""
    one = toy.study()
    one.groups()
    return write_bundle(one, one.select("k-center", 12), tmp_path / "bundle", whole=True)


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A random draw with design weights."""
    one = toy.study(seed=3)
    one.features()
    return write_bundle(
        one, one.select("random", 12), tmp_path / "drawn", csv=False, jsonl=False, report=False
    )
