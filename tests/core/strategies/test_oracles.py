"""Values that other software publishes in its own tests, on public data.

`tests/cases/apricot_digits.json` holds the first picks and gains that the tests of apricot (Schreiber, Bilmes
and Noble, 2020; MIT licence) expect on scikit-learn's digits. The buckets of DSIR are those that the tests of
its reference code (Xie et al., 2023; MIT licence) expect.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.foundation.progress import SILENT
from core.model.derived import Features
from core.model.inputs import Inputs
from core.strategies.running.select import select
from core.strategies.target.dsir import _Buckets, grams

CASES = Path(__file__).parents[2] / "cases"
RULES = {
    "fl": ("facility-location", {}),
    "gc": ("graph-cut", {"balance": 1.0}),
    "sc": ("saturated-coverage", {"saturation": 0.1}),
}


@cache
def digits(kind: str) -> NDArray[np.float32]:
    """Features whose cosines are apricot's similarities: squared cosines, or squared correlations."""
    from sklearn.datasets import load_digits

    x = load_digits().data
    if kind == "corr":
        x = x - x.mean(axis=1, keepdims=True)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return np.einsum("ij,ik->ijk", x, x).reshape(len(x), -1).astype(np.float32)  # products are those squared


@pytest.mark.parametrize("kind", ["cosine", "corr"])
@pytest.mark.parametrize("rule", RULES)
def test_picks_and_gains_of_apricot_on_digits(rule: str, kind: str) -> None:
    x = digits(kind)
    keys = np.zeros((len(x), 16), np.uint8)
    keys[:, 14:] = np.arange(len(x), dtype=">u2").view(np.uint8).reshape(-1, 2)
    inputs = Inputs(keys=keys, features=Features(x, "cosine", f"digits-{kind}", "digits"))
    strategy_id, params = RULES[rule]
    want = json.loads((CASES / "apricot_digits.json").read_text("utf-8"))[rule][kind]
    found = select(strategy_id, inputs, len(want["ranking"]), params=params)
    assert found.rows.tolist() == want["ranking"]
    assert found.gains is not None
    assert np.abs(found.gains - want["gains"]).max() < 2e-4


def test_buckets_of_dsir() -> None:
    flat, _, words = grams(["Alice went"], _Buckets(), SILENT)
    assert words.tolist() == [2]
    assert (flat[0], flat[2]) == (6720, 114)  # of "alice", and of "alice went"
