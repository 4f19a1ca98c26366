"""Facts about rows and groups, each against plain counting on small data."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest

from core.analysis.comparison.measurements import StrategyResult
from core.analysis.explain.group import chance_counts, explain_group
from core.analysis.explain.row import explain_row
from core.data.load import load
from core.foundation.artifact_store import Store
from core.foundation.errors import ParameterError
from core.model.recipe import Choice
from core.model.selection import Selection
from core.study.explain import setting_of, study_density
from core.study.study import Study


def table(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    kind = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    score = rng.integers(0, 20, rows).astype(float)
    score[::17] = np.nan
    return pd.DataFrame(
        {
            "id": [f"r{at:03d}" for at in range(rows)],
            "x": rng.normal(size=rows).round(3) + (kind == "b") * 4,
            "y": rng.normal(size=rows).round(3) + (kind == "c") * 4,
            "kind": kind,
            "score": score,
        }
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    data = load(table(), name="toy", roles={"kind": "label", "score": "score"})
    base = Study(data, store=Store(tmp_path_factory.mktemp("store"))).embed("table").group("kind")
    return base.filter("id != 'r007' and id != 'r011'").pin([4, 90], "keep").ban([8], "broken")


@pytest.fixture(scope="module")
def found(study):
    return study.compare(
        ["random", "facility-location", "stratified", "dsir"], 30, seeds=3, band=9, probe=False
    )


def picked(rows, **more) -> Selection:
    rows = np.asarray(rows, np.int64)
    return Selection(rows, "random", 1, {}, 0, len(rows), "", 100, **more)


def test_every_fact_of_every_row(study, found):
    setting, dense = setting_of(study), study_density(study)
    x = study.features().matrix.astype(np.float64)
    scores = study.data.frame["score"].to_numpy(np.float64, na_value=np.nan)
    allowed = study.eligible()
    outside = np.setdiff1d(np.arange(len(study.data)), allowed)
    assert len(outside) == 3
    for row in range(len(study.data)):
        fact = explain_row(found, setting, row, density=dense)
        # What it is.
        kind = study.data.frame["kind"][row]
        assert (fact.group, fact.label) == (kind, kind)
        assert fact.group_size == (study.data.frame["kind"][allowed] == kind).sum()
        wanted = "banned" if row == 8 else "pinned" if row in (4, 90) else "may be chosen"
        assert fact.status == ("left out by the filter" if row in outside and row != 8 else wanted)
        assert fact.population == len(allowed)
        others = np.setdiff1d(allowed, [row])
        if np.isnan(scores[row]):
            assert fact.score is fact.higher_than is None
        else:
            known = scores[others][np.isfinite(scores[others])]
            assert fact.score == scores[row]
            assert fact.higher_than == pytest.approx(100 * (known < scores[row]).mean())
        if row in outside:
            assert fact.denser_than is fact.reach is None
        else:
            assert fact.denser_than == pytest.approx(
                100 * (dense.distance[others] > dense.distance[row]).mean()
            )
            assert fact.reach == dense.distance[row]
        # Who chose it.
        assert [one.name for one in fact.by] == [one.name for one in found.results]
        for one, result in zip(fact.by, found.results, strict=True):
            assert one.times == sum(row in chosen.rows for chosen in result.selections)
            assert one.reason == result.reason
            for taken, chosen in zip(one.seeds, result.selections, strict=True):
                assert (taken.seed, taken.size) == (chosen.seed, len(chosen))
                if row not in chosen.rows:
                    assert taken.rank is taken.gain is taken.weight is None
                    gaps = np.linalg.norm(x[chosen.rows] - x[row], axis=1)
                    assert taken.nearest.distance == pytest.approx(gaps.min())
                    assert gaps[taken.nearest.rank - 1] == pytest.approx(gaps.min())
                    assert chosen.rows[taken.nearest.rank - 1] == taken.nearest.row
                    continue
                assert chosen.rows[taken.rank - 1] == row
                assert taken.nearest is None
                assert taken.pinned == (row in (4, 90))
                for name in ("gains", "inclusion", "weight", "represents"):
                    values = getattr(chosen, name)
                    got = getattr(taken, name.removesuffix("s") if name == "gains" else name)
                    if values is None or np.isnan(values[taken.rank - 1]):
                        assert got is None
                    else:
                        assert got == values[taken.rank - 1]
    assert found.results[3].reason  # there are no rows to resemble
    assert explain_row(found, setting_of(study), 0).by[3].seeds == ()


def test_gains_are_ranked_among_steps_that_have_one(study, found):
    gains = np.array([np.nan, 9.0, 5.0, 5.0, 1.0])
    chosen = picked([4, 20, 21, 22, 23], gains=gains, pinned=1)
    one = replace(found, results=(StrategyResult(Choice("random"), (chosen,)),))
    first, middle, last, pinned = (
        explain_row(one, setting_of(study), row).by[0].seeds[0] for row in (20, 21, 23, 4)
    )
    assert (first.gain, first.smaller_gains) == (9.0, 1.0)
    assert (middle.gain, middle.smaller_gains) == (5.0, 1 / 3)
    assert (last.gain, last.smaller_gains) == (1.0, 0.0)
    assert pinned.pinned
    assert pinned.gain is None
    assert not first.pinned


def test_draws_of_a_design_with_replacement_are_told(study, found):
    chosen = picked([20, 21], multiplicity=np.array([3, 1]), weight=np.array([10.0, 30.0]))
    one = replace(found, results=(StrategyResult(Choice("random"), (chosen,)),))
    taken = explain_row(one, setting_of(study), 20).by[0].seeds[0]
    assert (taken.draws, taken.weight, taken.inclusion) == (3, 10.0, None)


@pytest.mark.parametrize("row", [-1, 120, 1.5, True])
def test_a_row_that_is_not_there_is_refused(study, found, row):
    with pytest.raises(ParameterError, match="no row"):
        explain_row(found, setting_of(study), row)


def test_every_fact_of_every_group(study, found):
    kinds = study.data.frame["kind"].to_numpy(str)
    allowed = study.eligible()
    for code, name in enumerate(study.groups().names):
        view = explain_group(found, setting_of(study), name)
        assert view == replace(explain_group(found, setting_of(study), code), by=view.by)
        assert view.size == (kinds[allowed] == name).sum()
        assert view.share == view.size / len(allowed)
        assert view.pinned == sum(kinds[row] == name for row in (4, 90))
        for held, result in zip(view.by, found.results, strict=True):
            inside = [kinds[chosen.rows] == name for chosen in result.selections]
            assert held.counts == tuple(int(mask.sum()) for mask in inside)
            assert held.sizes == (30,) * len(inside)
            if not inside:
                assert np.isnan(held.share)
                assert held.rows is None
                assert held.reason
                continue
            assert held.share == pytest.approx(np.mean(held.counts) / 30)
            np.testing.assert_array_equal(held.rows, result.selections[0].rows[inside[0]])
            for first, mask in zip(held.firsts, inside, strict=True):
                free = np.flatnonzero(mask)[np.flatnonzero(mask) >= 2]
                assert first == (free[0] + 1 if len(free) else None)
            assert held.below == sum(c < low for c, low in zip(held.counts, held.low, strict=True))
            assert held.above == sum(c > high for c, high in zip(held.counts, held.high, strict=True))


@pytest.mark.parametrize(
    ("size", "population", "rows", "pinned", "pins"),
    [(4, 20, 5, 0, 0), (7, 30, 12, 2, 3), (10, 10, 4, 0, 0), (0, 9, 3, 0, 0), (5, 20, 3, 3, 3)],
)
def test_chance_counts_agree_with_counting(size, population, rows, pinned, pins):
    free, rest, drawn = size - pinned, population - pins - (size - pinned), rows - pins
    total = comb(free + rest, drawn)
    up = np.cumsum([comb(free, got) * comb(rest, drawn - got) / total for got in range(drawn + 1)])
    wanted = tuple(next(got for got in range(drawn + 1) if up[got] >= q) + pinned for q in (0.025, 0.975))
    assert chance_counts(size, population, rows, pinned, pins) == wanted


def test_groups_that_are_not_there_are_refused(study, found):
    with pytest.raises(ParameterError, match="no group"):
        explain_group(found, setting_of(study), "z")
    with pytest.raises(ParameterError, match="no group"):
        explain_group(found, setting_of(study.group("")), "a")


def test_without_features_scores_or_labels_less_is_told(found):
    data = load(b"id,word\na,x\nb,y\nc,x\n", name="few.csv")
    study = Study(data, store=Store.default()).embed("table").group("")
    bare = replace(setting_of(study), features=None)
    one = replace(found, results=(StrategyResult(Choice("random"), (picked([0, 2]),)),))
    fact = explain_row(one, bare, 1)
    assert fact.by[0].seeds[0].nearest is None
    assert (fact.metric, fact.group, fact.label, fact.score, fact.denser_than) == ("", None, None, None, None)
