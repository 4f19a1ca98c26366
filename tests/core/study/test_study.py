"""A study hands out exactly what was asked for, once, the same whatever the order of the rows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.load import load
from core.foundation.artifact_store import Store
from core.foundation.errors import BudgetError, ColumnError, RecipeError
from core.model.derived import Layout
from core.model.needs import Need
from core.model.recipe import Recipe
from core.study.study import Study


def _table(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    kind = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    return pd.DataFrame(
        {
            "id": [f"r{at:03d}" for at in range(rows)],
            "x": rng.normal(size=rows).round(3) + (kind == "b") * 4,
            "y": rng.normal(size=rows).round(3) + (kind == "c") * 4,
            "kind": kind,
            "score": rng.random(rows).round(3),
        }
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def study(store):
    data = load(_table(), name="toy", roles={"kind": "label", "score": "score"})
    return Study(data, Recipe(features="table", groups="kmeans:3"), store=store)


def _ids(study: Study, rows: np.ndarray) -> list[str]:
    return study.data.frame["id"].iloc[rows].tolist()


def test_the_same_ids_from_shuffled_rows_and_reordered_columns(study, store):
    frame = _table().sample(frac=1, random_state=1)[["y", "score", "id", "kind", "x"]]
    other = Study(
        load(frame, name="toy", roles={"kind": "label", "score": "score"}), study.recipe, store=store
    )
    for strategy in ("random", "stratified", "k-center"):
        mine, theirs = study.select(strategy, 12), other.select(strategy, 12)
        assert _ids(study, mine.rows) == _ids(other, theirs.rows)


def test_artifacts_are_found_again_in_the_store(study, store):
    first = study.features()
    before = len(store.entries())
    again = Study(study.data, study.recipe, store=store)
    assert again.features().key == first.key
    assert np.array_equal(again.features().matrix, first.matrix)
    assert len(store.entries()) == before


def test_only_what_is_needed_is_made(study):
    assert len(study.select("random", 5)) == 5
    assert not study.has("features")
    assert not study.has("groups")
    inputs = study.inputs(needs={Need.FEATURES})
    assert inputs.features is not None
    assert inputs.groups is None


def test_bans_and_filters_make_the_population(study):
    smaller = study.filter("kind <> 'a'").ban([0, 1, 2], "looked odd")
    allowed = set(smaller.eligible().tolist())
    kinds = smaller.data.frame["kind"]
    assert {kinds.iloc[row] for row in allowed} == {"b", "c"}
    assert not allowed & {0, 1, 2}
    chosen = smaller.select("random", "50%")
    assert set(chosen.rows.tolist()) <= allowed
    assert chosen.population == len(allowed)
    assert len(chosen) == smaller.budget("50%")


def test_pins_are_in_every_subset_and_count_towards_the_budget(study):
    pinned = study.pin([3, 8], "known failures")
    chosen = pinned.select("k-center", 6)
    assert {3, 8} <= set(chosen.rows.tolist())
    assert len(chosen) == 6
    with pytest.raises(BudgetError):
        pinned.select("random", 1)
    with pytest.raises(BudgetError, match=r"1 pinned row cannot be chosen: .* is banned"):
        pinned.ban([3]).select("random", 6)


def test_pins_made_after_looking_void_the_weights(study):
    before = study.pin([3]).select("random", 6)
    after = study.pin([3], after_looking=True).select("random", 6)
    assert before.weight is not None
    assert before.weight[0] == 1.0
    assert after.weight is None
    assert after.inclusion is None
    assert any("after results were seen" in note for note in after.notes)


def test_marks_for_other_data_are_refused(study):
    stranger = study.with_(pins=study.pin([1]).recipe.pins)
    other = load(_table(60).assign(id=[f"q{at}" for at in range(60)]), name="other")
    with pytest.raises(RecipeError, match="not in this data set"):
        Study(other, stranger.recipe.with_(roles={}), store=study.store).select("random", 5)


def test_the_layout_is_for_looking_only(study, monkeypatch):
    """No pick changes when the map does: strategies never see it."""
    picks = {name: study.select(name, 9).rows.tolist() for name in ("k-center", "facility-location")}
    made = study.layout("pca")
    assert isinstance(made, Layout)
    scrambled = replace(made, xy=made.xy[::-1].copy())
    monkeypatch.setitem(study._made, "layout-pca", scrambled)
    monkeypatch.setitem(study._made, "layout-umap", scrambled)
    fresh = {name: study.select(name, 9).rows.tolist() for name in picks}
    assert fresh == picks
    assert not any("layout" in name or "xy" in name for name in vars(study.inputs()))


def test_labels_and_scores_follow_roles_and_recipe(study):
    codes, names = study.labels()
    assert names == ("a", "b", "c")
    assert set(codes.tolist()) == {0, 1, 2}
    assert study.scores().dtype == np.float64
    assert study.with_(score="x").scores().tolist() == study.data.frame["x"].astype(float).tolist()
    with pytest.raises(ColumnError):
        study.with_(score="kind").scores()
    with pytest.raises(ColumnError):
        study.with_(label="nothing").labels()


def test_a_part_has_its_own_groups_and_no_pins(study):
    rows = np.arange(0, 120, 2)
    part = study.pin([0]).part(rows)
    assert part.n == 60
    assert len(part.pins) == 0
    assert len(part.groups.codes) == 60
    assert np.array_equal(part.keys, study.data.keys[rows])


def test_the_digest_of_inputs_follows_every_choice(study):
    digests = {
        one.described(one.inputs())
        for one in (
            study,
            study.group("kmeans:4"),
            study.filter("x > 0"),
            study.ban([1]),
            study.pin([1]),
            study.pin([1], after_looking=True),
            study.with_(score="x"),
        )
    }
    assert len(digests) == 7


def _visits(rows: int = 90) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"v{at:03d}" for at in range(rows)],
            "patient": [None if at % 9 == 0 else f"p{at % 7}" for at in range(rows)],
            "ward": [f"w{at % 3}" for at in range(rows)],
            "when": [f"2026-01-{1 + at % 28:02d}" for at in range(rows)],
        }
    )


def test_entities_and_times_are_coded_once(store, monkeypatch):
    from core.study import recipe_on_data as module

    calls = []
    code = module.entity_codes
    monkeypatch.setattr(module, "entity_codes", lambda column: calls.append(1) or code(column))
    one = Study(load(_visits(), roles={"patient": "entity"}), Recipe(groups=""), store=store)
    assert (one.entity_column(), one.time_column()) == ("patient", "when")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: one.entities(), range(32)))
    assert len(calls) == 1
    assert all(codes is found[0] for codes in found)
    assert len(set(found[0].tolist())) == 7 + 10, "a row without an entity is one of its own"
    assert one.times() is one.times()
    assert not found[0].flags.writeable
    assert not one.times().flags.writeable
    assert one.inputs(needs=set()).entities is found[0]
    assert not one.seconds, "no stage of the work"


def test_two_columns_in_one_role_are_no_entities(store):
    both = Study(
        load(_visits(), roles={"patient": "entity", "ward": "entity", "when": "category"}), store=store
    )
    assert both.entity_column() is None
    assert both.entities() is None
    assert both.times() is None


def test_no_strategy_or_metric_meets_a_memory_map(store):
    """Indexing one runs Python each time: 0.18 of 0.98 s of a k-center were spent there."""
    data = load(_table(), name="toy", roles={"kind": "label", "score": "score"})
    recipe = Recipe(features="table", groups="kmeans:3")
    for _ in range(2):  # made, then read from the store
        study = Study(data, recipe, store=store)
        inputs = study.inputs()
        graph, layout = inputs.neighbours(5), study.layout("pca")
        met = [inputs.keys, inputs.features.matrix, inputs.matrix("cosine"), inputs.groups.codes]
        met += [*inputs.groups.typical, graph.indices, graph.distances, layout.xy]
        assert {type(array) for array in met} == {np.ndarray}
    mapped = np.lib.format.open_memmap(store.root / "x.npy", "w+", np.float32, (3, 2))
    assert type(replace(inputs.features, matrix=mapped).matrix) is np.ndarray


def test_what_is_found_of_features_is_found_once(study):
    features = study.features()
    assert features.largest == np.abs(features.matrix).max()
    wide = features.matrix.astype(float) - features.centre.astype(float)
    np.testing.assert_allclose(features.squared, (wide**2).sum(axis=1), rtol=1e-5)
    assert features.squared is features.squared
