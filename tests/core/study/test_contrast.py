"""Contrasts of a study: its eligible rows, its groups, and what made a selection in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.analysis.contrast.origin import SelectionOrigin
from core.analysis.contrast.result import ContrastVerdict, Quantity
from core.data.load import load
from core.foundation.artifact_store import Store
from core.foundation.errors import ParameterError
from core.study.contrast import VECTORS
from core.study.study import Study


@pytest.fixture
def study(tmp_path) -> Study:
    rng = np.random.default_rng(0)
    n = 240
    table = pd.DataFrame(
        {
            "id": np.arange(n).astype(str),
            "a": rng.normal(size=n),
            "b": rng.normal(size=n),
            "kind": rng.choice(list("xyz"), n),
            "score": rng.random(n),
        }
    )
    data = load(table, name="toy", roles={"kind": "label", "score": "score", "a": "number", "b": "number"})
    return Study(data, store=Store(tmp_path)).embed("table").group("")


def test_what_made_a_selection_is_read_off_the_study(study):
    table = frozenset({"a", "b"})
    assert study.origin() == SelectionOrigin()
    assert study.origin(columns=["score"], where="a > 3 AND kind = 'x'") == SelectionOrigin(
        frozenset({"score", "a", "kind"})
    )
    assert study.origin(layout=True) == SelectionOrigin(table, groups=False, features=True)
    clusters, by_kind = study.group("kmeans:3"), study.group("kind")
    assert clusters.origin(layout=True) == SelectionOrigin(table, groups=True, features=True)
    assert clusters.origin(groups=True) == clusters.origin(layout=True)
    assert clusters.origin(where="a > 1") == SelectionOrigin(frozenset({"a"}))
    assert by_kind.origin(layout=True) == SelectionOrigin(table, groups=False, features=True)
    assert by_kind.origin(groups=True) == SelectionOrigin(frozenset({"kind"}), groups=True)
    assert by_kind.origin(columns=["kind"]) == by_kind.origin(groups=True)
    one = by_kind.origin(layout=True).with_(by_kind.origin(groups=True))
    assert one == SelectionOrigin(table | {"kind"}, groups=True, features=True)


def test_a_selection_stands_beside_the_eligible_rows(study):
    filtered = study.filter("kind <> 'z'").group("kmeans:3")
    allowed = filtered.eligible()
    rows = allowed[:40]
    found = filtered.contrast(rows, origin=filtered.origin(layout=True))
    assert (found.rows, found.population) == (40, len(allowed))
    verdicts = {(one.column, one.quantity): one.verdict for one in found.entries}
    assert verdicts["a", Quantity.MEAN] is verdicts["", Quantity.GROUP] is ContrastVerdict.ORIGIN
    assert verdicts["score", Quantity.MEAN] is ContrastVerdict.CHANCE
    sizes = filtered.contrast(rows, origin=filtered.origin(layout=True), verdicts=False)
    assert [one.size for one in sizes.entries] == [one.size for one in found.entries]
    assert "not tested yet" in sizes.counts
    with pytest.raises(ParameterError, match="cannot take part"):
        filtered.contrast(np.setdiff1d(np.arange(240), allowed)[:5], origin=filtered.origin())
    pair = filtered.contrast(rows, allowed[30:90], origin=filtered.origin())
    assert (pair.rows, pair.population, pair.against) == (30, 80, "the other selection")


def test_metrics_and_rules_of_a_study_keep_to_its_eligible_rows(study):
    filtered = study.filter("kind <> 'z'").pin([int(study.filter("kind <> 'z'").eligible()[0])], "keep")
    allowed = filtered.eligible()
    a = filtered.data.frame["a"].to_numpy(float)
    rows = allowed[a[allowed] > 0]
    found = {one.metric: one for one in filtered.contrast_metrics(rows, origin=filtered.origin())}
    assert found["coverage-mean"].verdict is ContrastVerdict.DIFFERS
    assert "group-shares" not in found  # there are no groups
    rules = filtered.describe_rows(rows)
    assert rules.population == len(allowed)
    assert rules.whole.words.startswith("a > ")
    assert filtered.describe_rows(rows, without=["a"]).whole is None


def test_a_map_of_supplied_vectors_says_what_is_not_known(tmp_path):
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"id": ["a", "b", "c", "d"], "v": list(rng.random((4, 3))), "x": [1.0, 2, 4, 3]})
    study = (
        Study(load(table, name="toy", roles={"x": "number"}), store=Store(tmp_path))
        .embed("vector:v")
        .group("")
    )
    rows = np.array([0, 1])
    assert study.origin(layout=True).columns == {"v"}
    assert study.contrast(rows, origin=study.origin(layout=True)).notes == (VECTORS,)
    assert study.contrast(rows, origin=study.origin()).notes == ()
