"""Keys, digests, fingerprints and draws of two small tables, kept as they are.

A bundle is found again, and verified, by these values. Whoever changes one of them changes what every
bundle rests on: a new reading version (`core.model.read_options`), or a new version of the strategy, must go
with it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.cells.row_keys import key_rows
from core.data.load import load
from core.foundation.errors import ColumnError
from core.foundation.permanent_random import Draws
from core.model.read_options import READING_VERSION
from core.study.study import Study

WITH_IDS = pd.DataFrame(
    {
        "id": [11, 7, 30, 2, 5],
        "name": ["Ünal", "a\r\nb", "", "007", "x,y"],
        "size": [0.1, -0.0, 3.0, None, 1e300],
        "flag": [True, None, False, True, True],
        "when": ["2026-01-31", "9999-12-31T23:59:59.999999", None, "0001-01-01", "1969-12-31T23:59:59Z"],
        "big": [str(2**70), str(2**63), "1", "-1", ""],
        "tags": ["[1, 2.0]", '{"b": 1, "a": [null]}', "[]", None, '["x"]'],
    }
)
VECTORS = np.array([[0.5, 1], [np.nan, np.nan], [1, np.nan], [-0.0, 2], [3, 4]], np.float32)
BY_CONTENT = b"a,b\nx,1\ny,2\nx,1\n,2\nx,3\n"


GOLDEN_WITH_IDS = {
    "keys": [
        "2a49030b80a66d361338e23b84ddd6ae",
        "7c96c5267f9ed592c783bfb4fef8dc27",
        "b925412d76fa509ca83744ff1e5815da",
        "e734c86c0926037755b3fb6124462006",
        "f2e0567edb4db0364b35c75792a29416",
    ],
    "rows": ["62dbecd8", "657abcfb", "8f03c108", "bfba72a1", "c9f8b4b9"],
    "columns": {
        "big": "24e2a1e1a43dfbc27d39e0e087f2d29d",
        "flag": "c64de9ec001dcf40132757e10063eae0",
        "id": "a7514a188706057872e2126600d58243",
        "name": "1d520bd7b6723e5cb886f9a24401ec61",
        "size": "7138113fcf20444b05d0980ff84ce7e0",
        "tags": "113a151b3c76a7eb977440cd6ee02345",
        "v": "1a4cbcb6f8155148ed09a326962d0af4",
        "when": "7583dab834e4bf9540d2be7be3f5ecf9",
    },
    "data": "d2190e7301f1d55d023e0480e0781f3f",
}
GOLDEN_BY_CONTENT = {
    "keys": [
        "11ee4ee2a470488571dc1c9700bb7cf1",
        "340a01e69117f29f29e0e0b104dc26e2",
        "9efc02f9569d3333f17baea6351e95f0",
        "e18185e780e6e029bdc1fdd12cce8166",
        "ff29ebe86868349543157f24c5764257",
    ],
    "rows": ["939e5ec9", "f0df160f", "939e5ec9", "7528e6fb", "e13f2a14"],
    "columns": {"a": "24dc9d5c79c6ec7f1e88ac8886c5276f", "b": "adaa868f08f5375423fa619fa697b6d9"},
    "data": "2918d6f8f3bc910beae5423181d4d6c2",
}
GOLDEN_UNIFORMS = [
    0.8252283459821288,
    0.060245801233036744,
    0.09125327944775624,
    0.6556563062307574,
    0.6740407976952874,
]
GOLDEN_DRAW = [2, 5, 30]
GOLDEN_CONTENT_DRAW = [1, 2, 2]


def kept(data):
    return {
        "keys": [key.tobytes().hex() for key in data.keys],
        "rows": [row.tobytes().hex()[:8] for row in data.fingerprint.rows],
        "columns": dict(data.fingerprint.columns),
        "data": data.fingerprint.digest,
    }


def with_ids():
    return load(WITH_IDS, name="one", vectors={"v": VECTORS})


def by_content():
    return load(BY_CONTENT, name="two")


def test_the_reading_version_of_these_values():
    assert READING_VERSION == 2


def test_a_table_with_ids():
    assert kept(with_ids()) == GOLDEN_WITH_IDS


def test_a_table_without_ids():
    assert kept(by_content()) == GOLDEN_BY_CONTENT


def test_uniform_numbers_and_draws():
    data = with_ids()
    draws = Draws(data.keys, seed=3, stream="random/1")
    np.testing.assert_array_equal(draws.uniforms(), GOLDEN_UNIFORMS)
    picked = Study(data).select("random", 3, seed=3)
    assert data.frame["id"].iloc[picked.rows].tolist() == GOLDEN_DRAW
    content = by_content()
    again = Study(content).select("random", 3, seed=3)
    assert content.frame["b"].iloc[again.rows].tolist() == GOLDEN_CONTENT_DRAW


def test_ids_that_are_only_missing_or_only_repeated_are_refused():
    """Each alone: together one could stand in for the other."""

    def frame(ids):
        return load(pd.DataFrame({"k": ids, "x": [1, 2, 3]}), id_column="").frame

    with pytest.raises(ColumnError) as caught:
        key_rows(frame(["a", "b", None]), "k")
    assert caught.value.why == "1 row has none"
    with pytest.raises(ColumnError) as caught:
        key_rows(frame(["a", None, None]), "k")
    assert caught.value.why == "2 rows have none"
    with pytest.raises(ColumnError) as caught:
        key_rows(frame(["a", "b", "b"]), "k")
    assert caught.value.why == "1 id is used more than once, in 2 rows"


def test_every_value_of_a_column_counts_in_its_digest():
    """Without ids a digest is over the sorted hashes, each as often as it occurs, the first and last too."""
    base = ["a", "b", "c", "d", "e"]

    def digest(values):
        return key_rows(load({"x": values}, id_column="").frame).fingerprint.columns["x"]

    whole = digest(base)
    assert digest(base[::-1]) == whole
    for at in range(len(base)):
        changed = list(base)
        changed[at] = "z"
        assert digest(changed) != whole
        assert digest(base[:at] + base[at + 1 :]) != whole
        assert digest([*base, base[at]]) != whole
