"""Facts on one row, against plain double precision over all pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.load import load
from core.foundation.errors import ParameterError
from core.metrics.pool import NEAR_COSINE, NEAR_SHARE, prepare
from core.model.dataset import Kind
from core.model.inputs import Inputs
from core.study.row_facts import NEIGHBOURS, near_reach, row_facts
from core.study.study import Study


def study_of(metric: str) -> Study:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 6)) + 4 * rng.integers(0, 2, (40, 1))
    x[5] = x[6] = x[4]  # copies
    x[7] = x[4] + 1e-3  # nearly
    if metric == "cosine":
        x[9] = x[10] = 0  # equally far from everything
        frame = pd.DataFrame({"id": range(40), "score": rng.normal(size=40).round(1)})
        data = load(frame, vectors={"v": x.astype(np.float32)}, roles={"score": "score"})
        return Study(data).embed("vector:v").group("kmeans:2")
    frame = pd.DataFrame({"id": range(40), **{f"x{at}": x[:, at] for at in range(6)}})
    return Study(load(frame)).embed("table").group("kmeans:2")


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_every_fact_of_every_row(metric):
    study = study_of(metric)
    features, groups = study.features(), study.groups()
    assert features.metric == metric
    x = features.matrix.astype(np.float64)
    gaps = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))
    zero = ~x.any(axis=1)
    shown = gaps
    if metric == "cosine":
        shown = np.clip(1 - x @ x.T, 0, 2)
    reach = near_reach(study, features)
    scores = study.scores()
    for row in range(40):
        facts = row_facts(study, row, features=features, groups=groups)
        same = [other for other in range(40) if other != row and (x[other] == x[row]).all()]
        assert facts.copies.tolist() == same
        near = [
            other
            for other in range(40)
            if other not in (row, *same)
            and (gaps[row, other] <= reach if metric == "euclidean" else x[row] @ x[other] >= NEAR_COSINE)
        ]
        assert facts.near_copies.tolist() == near
        others = np.delete(np.arange(40), row)
        order = others[np.lexsort((others, shown[row, others].round(9)))][:NEIGHBOURS]
        assert len(facts.neighbours) == NEIGHBOURS
        np.testing.assert_allclose([one.distance for one in facts.neighbours], shown[row, order], atol=1e-6)
        members = np.flatnonzero(groups.codes == groups.codes[row])
        centre = ((x[members] - x[members].mean(axis=0)) ** 2).sum(axis=1)
        own = centre[members.tolist().index(row)]
        assert facts.group == groups.names[groups.codes[row]]
        assert facts.group_size == len(members)
        assert facts.typical_rank == 1 + (centre < own - 1e-12).sum()
        assert facts.farther == pytest.approx((centre > own + 1e-12).sum() / (len(members) - 1))
        if scores is None:
            assert facts.score is facts.higher_than is None
        else:
            assert facts.score == scores[row]
            assert facts.higher_than == pytest.approx((scores < scores[row]).sum() / 39)
    assert metric == "euclidean" or zero.sum() == 2
    nearest = int(groups.typical[0][0])
    assert row_facts(study, nearest, features=features, groups=groups).typical_rank == 1


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_near_duplicates_are_those_of_the_metric(metric):
    study = study_of(metric)
    features = study.features()
    pool = prepare(Inputs(keys=study.data.keys, features=features))
    assert near_reach(study, features) ** 2 == pytest.approx(pool.near_squared)
    if metric == "euclidean":
        assert near_reach(study, features) == pytest.approx(NEAR_SHARE * pool.bandwidth)
    fourth = int(np.flatnonzero(study.data.frame["id"] == 4)[0])
    facts = row_facts(study, fourth, features=features, groups=None)
    assert sorted(study.data.frame["id"].to_numpy()[facts.copies].tolist()) == [5, 6]
    assert study.data.frame["id"].to_numpy()[facts.near_copies].tolist() == [7]
    assert len(set(pool.components[[facts.row, *facts.copies, *facts.near_copies]].tolist())) == 1


def test_how_near_a_near_duplicate_is_is_found_once(monkeypatch, tmp_path):
    from core.foundation.artifact_store import Store
    from core.study import row_facts as module

    data, store = load("sample:wine"), Store(tmp_path)
    first = Study(data, store=store).embed("table")
    reach = near_reach(first, first.features())
    monkeypatch.setattr(module, "prepare", None)
    again = Study(data, store=store).embed("table")
    assert near_reach(again, again.features()) == reach


def test_what_is_not_at_hand_is_left_out():
    study = Study(load("sample:wine")).group("cultivar")
    bare = row_facts(study, 3, features=None, groups=None)
    assert (bare.group, bare.typical_rank, bare.farther) == (None, None, None)
    assert (bare.metric, bare.score, bare.higher_than) == ("", None, None)
    assert (bare.neighbours, bare.copies.tolist(), bare.near_copies.tolist()) == ((), [], [])
    by_column = row_facts(study, 3, features=None, groups=study.groups(typical=False))
    assert by_column.group in study.groups(typical=False).names
    assert by_column.group_size > 1
    assert by_column.typical_rank is None


def test_a_row_alone_in_its_group_and_in_its_data():
    study = Study(load(pd.DataFrame({"id": [1, 2, 3], "x": [1.0, 2.0, 9.0], "g": ["a", "a", "b"]})))
    study = study.embed("table").group("g").with_(roles={"g": Kind.CATEGORY.value})
    alone = int(np.flatnonzero(study.data.frame["g"] == "b")[0])
    facts = row_facts(study, alone, features=study.features(), groups=study.groups())
    assert (facts.group, facts.group_size, facts.typical_rank, facts.farther) == ("b", 1, 1, None)
    assert len(facts.neighbours) == 2


@pytest.mark.parametrize("row", [-1, 178, True, 1.5])
def test_a_row_that_is_not_there_is_refused(row):
    with pytest.raises(ParameterError, match="no row"):
        row_facts(Study(load("sample:wine")), row, features=None, groups=None)
