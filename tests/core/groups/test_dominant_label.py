"""Names of clusters by the label that dominates them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from core.data.load import load
from core.foundation.artifact_store import Store
from core.groups.dominant_label import by_label
from core.groups.make import NOISE
from core.model.recipe import Recipe
from core.study.study import Study

VALUES = ["a", "b", "7"]


@given(
    rows=st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 2)), min_size=1, max_size=60).map(np.array),
)
def test_it_names_what_it_says_counted_by_hand(rows: np.ndarray) -> None:
    labels, codes = rows[:, 0], rows[:, 1]
    for code, name in enumerate(by_label(labels, VALUES, codes, 3, "kind")):
        mine = labels[codes == code]
        known = mine[mine >= 0]
        shares = [float((known == at).mean()) if len(known) else 0.0 for at in range(3)]
        first = int(np.argmax(shares))
        there = labels[labels >= 0]
        others = float((there != first).mean()) if len(there) else 0.0
        clear = (
            len(known) > 0
            and shares[first] >= 0.8
            and len(known) >= len(mine) / 2
            and 0 < others >= 2 * (1 - shares[first])
        )
        assert bool(name) == clear
        if not name:
            continue
        word = ["a", "b", "kind 7"][first]
        said = re.fullmatch(r"only (.*)|mostly (.*), (\d+) %", name)
        assert said
        assert word in said.groups()
        assert (said[3] is None) == (shares[first] == 1)
        assert said[3] is None or int(said[3]) <= 100 * shares[first] < int(said[3]) + 1


def test_a_label_that_nearly_every_row_has_names_nothing() -> None:
    labels = np.array([0] * 95 + [1] * 5)
    codes = np.arange(100) % 2
    assert by_label(labels, ["benign", "other"], codes, 2, "kind") == ["", ""]
    assert by_label(np.zeros(10, np.int64), ["all"], np.arange(10) % 2, 2, "kind") == ["", ""]


def table(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    at = np.repeat([0.0, 20.0, 40.0], 40)
    kind = np.repeat(["red", "green", "blue"], 40)
    kind[:3] = "blue"
    kind[40:60] = "blue"  # half of this group: nothing dominates it
    return pd.DataFrame({"id": np.arange(120), "x": rng.normal(at), "y": rng.normal(at), "kind": kind})


def named(frame: pd.DataFrame, store: Store, **recipe: object) -> tuple[tuple[str, ...], str]:
    data = load(frame, id_column="id", roles={"kind": "label"})
    groups = Study(data, Recipe(features="table", groups="kmeans:3", **recipe), store=store).groups()
    assert groups is not None
    return tuple(sorted(groups.names)), groups.key


def test_clusters_of_a_table_are_named_by_its_label_whatever_the_order(tmp_path) -> None:
    store = Store(tmp_path)
    names, key = named(table(), store)
    assert "mostly red, 92 %" in names
    assert "only blue" in names
    assert sum(name.startswith(("mostly", "only")) for name in names) == 2
    mixed = table().sample(frac=1, random_state=1)[["y", "kind", "x", "id"]]
    assert named(mixed, store) == (names, key)
    assert NOISE not in names


def test_without_a_label_they_are_named_by_differences(tmp_path) -> None:
    store = Store(tmp_path)
    data = load(table().drop(columns="kind"), id_column="id")
    groups = Study(data, Recipe(features="table", groups="kmeans:3"), store=store).groups()
    assert groups is not None
    assert not any(name.startswith(("mostly", "only")) for name in groups.names)
