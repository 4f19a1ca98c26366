"""Running a strategy: every refusal, the estimate, and what is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.foundation.arrays.neighbour_graph import knn_graph
from core.foundation.errors import (
    AliquotError,
    BudgetError,
    FeatureError,
    NeedError,
    ParameterError,
    ResourceError,
)
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.needs import Need
from core.model.promises import Weight
from core.model.registry import Reference
from core.model.selection import Picks
from core.strategies.declaration import STRATEGIES, Cost, Promises, Strategy
from core.strategies.running import select as module
from core.strategies.running.body import run_body
from core.strategies.running.needs import needs_of, unmet
from core.strategies.running.select import select
from core.strategies.running.time_and_memory import largest_n, time_and_memory
from core.strategies.wishes import Wish


def made(n: int = 40) -> Inputs:
    """Keys, features and groups."""
    rng = np.random.default_rng(0)
    keys = np.sort(rng.integers(0, 256, (n, 16), dtype=np.uint8).view("S16").ravel())
    return Inputs(
        keys=np.ascontiguousarray(keys).view(np.uint8).reshape(n, 16),
        features=Features(rng.normal(size=(n, 3)).astype(np.float32), "euclidean", "k", "l"),
        groups=Groups(np.arange(n) % 4, ("a", "b", "c", "d")),
    )


def test_what_is_recorded() -> None:
    found = select("random", made(), 6, seed=9)
    assert (found.strategy, found.version, found.seed, found.budget) == ("random", 1, 9, 6)
    assert found.population == 40
    assert found.weight is not None
    assert np.allclose(found.weight, 40 / 6)
    assert found.seconds >= 0
    assert found.estimated >= 0
    assert len(found.inputs) == 32
    assert select("random", made(), 6, described="x").inputs == "x"
    assert select("k-center", made(), 3).params == {"metric": "auto", "trim": 0.0}


def test_replicates_differ() -> None:
    one, two = (select("random", made(), 6, replicate=at).rows.tolist() for at in (0, 1))
    assert one != two


def test_rows_are_positions_in_the_whole_data_set() -> None:
    eligible = np.array([3, 8, 20, 21, 39])
    found = select("random", made(), 5, eligible=eligible)
    assert sorted(found.rows.tolist()) == eligible.tolist()
    assert found.population == 5
    assert found.weight is not None
    assert (found.weight == 1).all()


@pytest.mark.parametrize("budget", [0, -3, 41, 2.5, True])
def test_budgets_refused(budget: Any) -> None:
    with pytest.raises(BudgetError):
        select("random", made(), budget)


def test_more_pins_than_budget() -> None:
    with pytest.raises(BudgetError, match="4 rows are pinned"):
        select("random", replace(made(), pins=np.arange(4)), 3)


def test_pinned_and_banned() -> None:
    with pytest.raises(BudgetError, match="1 pinned row cannot be chosen"):
        select("random", replace(made(), pins=np.array([2])), 3, eligible=np.array([0, 1, 3, 4]))


def test_pins_after_looking_void_weights() -> None:
    late = replace(made(), pins=np.array([2]), pins_after_looking=True)
    found = select("random", late, 5)
    assert found.weight is None
    assert found.inclusion is None
    assert "after results were seen" in found.notes[-1]
    assert select("random", replace(late, pins_after_looking=False), 5).weight is not None


@pytest.mark.parametrize(
    "name", ["random", "systematic", "leverage", "k-dpp", "projection-dpp", "stratified"]
)
def test_pins_that_use_up_the_budget_leave_the_rest_without_a_chance(name: str) -> None:
    inputs = replace(made(), pins=np.arange(3))
    inputs = replace(inputs, groups=Groups(np.zeros(40, np.int64), ("a",)))
    found = select(name, inputs, 3)
    assert found.weight is not None
    assert sum("totals are refused" in note for note in found.notes) == 1
    assert not any("totals are refused" in note for note in select(name, inputs, 4).notes)
    whole = select(name, replace(made(), pins=np.arange(40), groups=inputs.groups), 40)
    assert not any("totals are refused" in note for note in whole.notes)


@pytest.mark.parametrize("seed", [1.5, True, 2**63, -(2**63)])
def test_seeds_refused(seed: Any) -> None:
    with pytest.raises(ParameterError, match="seed"):
        select("random", made(), 3, seed=seed)


def test_unknown_names() -> None:
    with pytest.raises(ParameterError, match="no strategy called 'nonsense'"):
        select("nonsense", made(), 3)
    with pytest.raises(ParameterError, match="no parameter size"):
        select("random", made(), 3, params={"size": 1})


@pytest.mark.parametrize("name", ["density", "k-center", "prototypes", "facility-location", "kmq", "dsir"])
def test_needs(name: str) -> None:
    bare = Inputs(keys=made().keys)
    assert unmet(STRATEGIES[name], bare).startswith("it needs ")
    with pytest.raises(NeedError, match=STRATEGIES[name].label.split(" ")[0]):
        select(name, bare, 3)
    assert unmet(STRATEGIES["random"], bare) == ""


def test_needs_of_strategies_inside() -> None:
    assert needs_of("stratified", {}) == {Need.GROUPS}
    assert needs_of("stratified", {"by": "y", "within": "k-center"}) == {Need.FEATURES}
    within = {"id": "dsir", "params": {"form": "features"}}
    assert needs_of("stratified", {"within": within}) == {Need.GROUPS, Need.TARGET, Need.FEATURES}


def test_a_column_can_stand_where_a_word_would(made_up: Any) -> None:
    params = {"on": ["groups", "scores"]}
    assert needs_of(made_up.COLUMNS, params) == {Need.GROUPS, Need.SCORES}
    assert needs_of(made_up.COLUMNS, params, {"groups", "x"}) == {Need.SCORES}
    assert needs_of(made_up.NEEDY, {}, {"entities"}) == {Need.ENTITIES, Need.ORDER}
    nested = {"by": "y", "within": {"id": made_up.COLUMNS, "params": params}}
    assert needs_of("stratified", nested, {"scores"}) == {Need.GROUPS}
    bare = replace(made(), groups=None, frame=pd.DataFrame({"groups": np.arange(40)}))
    assert unmet(STRATEGIES[made_up.COLUMNS], bare, {"on": ["groups"]}) == ""
    assert unmet(STRATEGIES[made_up.COLUMNS], bare, {"on": ["groups", "entities"]}) == (
        "it needs an entity column"
    )
    assert len(select(made_up.COLUMNS, bare, 3, params={"on": ["groups"]})) == 3


def test_rows_drawn_twice_are_told(made_up: Any) -> None:
    found = select(made_up.TWICE, made(), 30)
    assert len(found) < 30 == found.draws
    assert found.size == f"{len(found)} distinct rows in 30 draws"
    assert found.share == f"{len(found)} distinct rows of 40, in 30 draws"
    once = select("random", made(), 1)
    assert (once.draws, once.size, once.share) == (1, "1 row", "1 of 40 rows")


def test_features_that_are_not_finite() -> None:
    inputs = made()
    assert inputs.features is not None
    x = inputs.features.matrix.copy()
    x[5, 1] = np.nan
    bad = replace(inputs, features=replace(inputs.features, matrix=x))
    for name, params in (("k-center", {}), ("stratified", {"within": "k-center"})):
        with pytest.raises(FeatureError, match="1 row has"):
            select(name, bad, 3, params=params)
    assert len(select("random", bad, 3)) == 3
    assert len(select("k-center", bad, 3, eligible=np.arange(6, 40))) == 3


@pytest.mark.parametrize("unit", [1e16, 3e38, 1e-16, 1e-40])
def test_features_whose_squares_are_lost(unit: float) -> None:
    inputs = made()
    assert inputs.features is not None
    x = np.ones((40, 3)) * np.linspace(0.1, 1, 40)[:, None] * unit
    lost = replace(inputs, features=replace(inputs.features, matrix=x.astype(np.float32)))
    with pytest.raises(FeatureError, match="lost in single precision"):
        select("k-center", lost, 3)
    assert len(select("random", lost, 3)) == 3
    zero = replace(inputs, features=replace(inputs.features, matrix=np.zeros((40, 3), np.float32)))
    assert len(select("k-center", zero, 3)) == 3


def test_memory_is_refused_with_the_largest_n(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: 100_000)
    with pytest.raises(ResourceError, match="use at most") as caught:
        select("stratified", made(), 5)
    assert "Stratified would need" in str(caught.value)
    one = STRATEGIES["random"]
    most = largest_n(one, 3, 5, 1e6)
    assert one.cost.memory(most, 3, 5) <= 1e6 < one.cost.memory(most + 1, 3, 5)


def test_estimates_grow_and_count_the_strategy_inside() -> None:
    for one in STRATEGIES:
        small, large = (time_and_memory(one, n, 50, n // 10) for n in (1_000, 50_000))
        assert 0 <= small.seconds <= large.seconds
        assert 0 < small.bytes <= large.bytes
    outer, inner = STRATEGIES["stratified"], STRATEGIES["facility-location"]
    alone = time_and_memory(inner, 4_000, 50, 100)
    both = time_and_memory(outer, 4_000, 50, 100, {"within": "facility-location"})
    assert both.seconds >= alone.seconds
    assert both.bytes >= alone.bytes
    split = time_and_memory(outer, 4_000, 50, 100, {"within": "facility-location"}, [1_000] * 4)
    assert split.bytes < both.bytes
    assert split.seconds < both.seconds


def _strategy(body: Any, **changes: Any) -> Strategy:
    made = Strategy(
        id="made-up",
        version=1,
        label="Made up",
        sentence="For a test.",
        family="test",
        needs=frozenset(),
        promises=Promises(),
        weight=Weight.NONE,
        cost=Cost(lambda n, d, k: {}, lambda n, d, k: 1.0, "none"),
        when="never",
        when_not="always",
        answers={Wish.COVERS},
        paper=Reference.none("test"),
        body=body,
        params=(),
    )
    return replace(made, **changes)


@pytest.fixture
def wrong_results() -> list[tuple[str, Any]]:
    """What a body may not return for a budget of 3, and the complaint."""
    return [
        ("int64", np.array([0.0, 1.0, 2.0])),
        ("one-dimensional", np.array([[0, 1, 2]])),
        ("twice", np.array([0, 1, 1])),
        ("out of range", np.array([0, 1, 40])),
        ("out of range", np.array([-1, 0, 1])),
        ("pinned row", np.array([0, 1, 2])),
        ("2 rows for a budget of 3", np.array([0, 7])),
    ]


def test_broken_bodies_are_caught(wrong_results: list[tuple[str, Any]]) -> None:
    from core.foundation.permanent_random import Draws

    inputs = replace(made(), pins=np.array([7]))
    for complaint, rows in wrong_results:
        body = _strategy(lambda inputs, budget, draws, progress, rows=rows: Picks(rows))
        with pytest.raises(AssertionError, match=complaint):
            run_body(body, inputs, 3, Draws(inputs.keys, 0, "x"), {})
    short = _strategy(lambda inputs, *_: Picks(np.array([7, 1, 2]), inclusion=np.ones(2)))
    with pytest.raises(AssertionError, match="does not match the rows"):
        run_body(short, inputs, 3, Draws(inputs.keys, 0, "x"), {})


def test_errors_are_one_line_with_what_why_and_do() -> None:
    with pytest.raises(AliquotError) as caught:
        select("random", made(), 99)
    assert "\n" not in str(caught.value)
    assert all(getattr(caught.value, part) for part in ("what", "why", "do"))


def test_the_graph_is_estimated_apart_and_only_until_it_is_there() -> None:
    one = STRATEGIES["density"]
    new, there = (
        time_and_memory(one, 20_000, 384, 400),
        time_and_memory(one, 20_000, 384, 400, graph_ready=True),
    )
    assert new.graph > 10 * new.own
    assert (there.own, there.graph) == (new.own, 0)
    assert new.seconds == new.own + new.graph
    assert time_and_memory(STRATEGIES["facility-location"], 5_000, 384, 100).graph == 0
    assert time_and_memory(STRATEGIES["facility-location"], 5_001, 384, 100).graph > 0
    inputs = made()
    assert inputs.features is not None
    graph = knn_graph(inputs.features.matrix, 15, "euclidean")
    kept = replace(inputs, graph=lambda k, progress: graph, graph_ready=lambda: True)
    assert select("density", kept, 5).estimated < select("density", inputs, 5).estimated


def test_a_refusal_names_the_parameter_that_takes_a_column() -> None:
    bare = Inputs(keys=made().keys)
    with pytest.raises(NeedError, match=r"--param size=COLUMN"):
        select("pps", bare, 5)
    with pytest.raises(NeedError, match=r"--param by=COLUMN"):
        select("stratified", bare, 5)
    with pytest.raises(NeedError) as caught:
        select("k-center", bare, 5)
    assert "COLUMN" not in str(caught.value)
