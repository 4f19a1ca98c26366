"""Comparisons that last, and comparisons that go on where another stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.comparison import run as module
from core.analysis.comparison import saved
from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.earlier_results import EarlierResults, name_of
from core.analysis.comparison.measurements import StrategyResult
from core.analysis.comparison.run import compare
from core.analysis.random_band.draw import band_subsets
from core.analysis.random_band.judge import Verdict
from core.analysis.random_band.measure import FULL, measure_band
from core.data.load import load
from core.data.samples import SAMPLES
from core.foundation.artifact_store import Artifact, Store
from core.foundation.progress import Progress
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.budget import Budget
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice, Recipe
from core.strategies.running.select import inputs_digest
from core.study.compare import compare_study
from core.study.study import Study
from tests.any_json import ANY, altered
from tests.core._same import CLOCK, differences

CHOICES = (Choice("stratified"), Choice("random"), Choice("k-center"))


def inputs(n: int = 240, **changes: object) -> Inputs:
    rng = np.random.Generator(np.random.PCG64(3))
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    groups = Groups(np.arange(n) % 3, ("one", "two", "three"))
    return replace(Inputs(keys=keys, features=Features(x, "euclidean", "k", "l"), groups=groups), **changes)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    known = SAMPLES["wine"]
    recipe = Recipe(features=known.features, groups="kmeans:3", label=known.label_column, seed=4)
    return Study(load("sample:wine"), recipe, store=Store(tmp_path_factory.mktemp("store")))


def run(study: Study, choices=CHOICES, band: int = FULL, **options) -> Comparison:
    return compare_study(study, choices, "20", seeds=2, band=band, **options)


@pytest.fixture(scope="module")
def whole(study: Study) -> Comparison:
    return run(study)


def same(one: Comparison, other: Comparison, *, clock: bool = True) -> list[str]:
    return list(differences(one, other, leave=() if clock else CLOCK))


# ---- lasting -----------------------------------------------------------------------------------------


def test_a_comparison_comes_back_to_the_last_bit(whole, tmp_path):
    store = Store(tmp_path)
    assert saved.recall(store, "a") is None
    assert saved.keep(store, "a", whole)
    found = saved.recall(store, "a")
    assert same(found, whole) == []
    assert found.metrics_table().equals(whole.metrics_table())
    assert found.to_json() == whole.to_json()
    assert [found.sentence(at) for at in range(3)] == [whole.sentence(at) for at in range(3)]
    assert all(file.suffix in (".npy", ".json") for file in tmp_path.rglob("*") if file.is_file())
    assert not found.results[0].selections[0].rows.flags.writeable


def test_what_is_odd_comes_back_too(whole, tmp_path):
    odd = replace(
        whole,
        results=(
            StrategyResult(
                Choice("random", {"on": ["a", "ü"], "deep": {"x": None}}, "Ein <b>"), reason="it “cannot”"
            ),
            replace(
                whole.results[0],
                metrics=({"a": float("nan"), "b": float("inf"), "c": -0.0, "d": 5e-324, "e": 0.1 + 0.2},) * 2,
            ),
            *whole.results[2:],
        ),
        verdicts=({}, {"a": Verdict(0.5, float("nan"), True, None, "words")}, {}),
        evaluation={"tuple": (1, "two", (3.0,)), "list": [True, None], "np": np.float64(0.1)},
        composition=None,
        partial=True,
    )
    store = Store(tmp_path)
    assert saved.keep(store, "a", odd)
    found = saved.recall(store, "a")
    plain = replace(odd, evaluation={**odd.evaluation, "np": 0.1})
    assert same(found, plain) == []
    assert np.signbit(found.results[1].metrics[0]["c"])


def test_a_finished_one_takes_the_place_of_its_parts(whole, tmp_path):
    store = Store(tmp_path)
    for count in (1, 2):
        part = replace(whole, results=whole.results[:count], verdicts=whole.verdicts[:count], partial=True)
        saved.keep(store, "a", part)
        assert len(saved.recall(store, "a").results) == count
    saved.keep(store, "a", whole)
    assert not saved.recall(store, "a").partial
    assert not store.has(saved.PART, saved.address("a"))
    # A late part of another process never hides what is finished.
    saved.keep(store, "a", replace(whole, partial=True))
    assert not saved.recall(store, "a").partial


def test_names_and_versions_are_told_apart(whole, tmp_path, monkeypatch):
    store = Store(tmp_path)
    saved.keep(store, "a", whole)
    assert saved.recall(store, "b") is None
    monkeypatch.setattr(saved, "FORMAT", saved.FORMAT + 1)
    assert saved.recall(store, "a") is None


@pytest.mark.parametrize("harm", ["array", "short", "class", "json", "format"])
def test_a_damaged_one_counts_as_missing(whole, tmp_path, harm):
    store, key = Store(tmp_path), saved.address("a")
    body = saved.pack(whole)
    arrays, meta = dict(body.arrays), {**body.meta}
    if harm == "array":
        del arrays["float64"]
    if harm == "short":
        arrays["int64"] = arrays["int64"][:5]
    if harm == "class":
        meta["comparison"] = {"is": "Popen", "parts": {"args": "true"}}
    if harm == "format":
        meta["format"] = 0
    store.put(saved.KIND, key, Artifact(arrays, meta))
    if harm == "json":
        (store.path(saved.KIND, key) / "meta.json").write_bytes(b"{")
    assert saved.recall(store, "a") is None


def test_any_other_json_counts_as_missing_or_is_a_comparison(whole, tmp_path):
    store, body = Store(tmp_path), saved.pack(whole)
    kept = body.meta["comparison"]
    small = {name: kept["parts"][name] for name in ("budget", "overlap", "evaluation")}
    changes = altered(small).map(lambda part: {**kept, "parts": {**kept["parts"], **part}})
    odd = {"is": "fraction", "as": "1/0"}, {"is": "array", "of": "float64", "at": 0, "shape": [2**70]}
    place = store.path(saved.KIND, saved.address("a")) / "meta.json"
    store.put(saved.KIND, saved.address("a"), body)
    arrays = json.loads(place.read_bytes())["arrays"]

    @settings(max_examples=40)
    @given(changes | ANY | st.sampled_from(odd).map(lambda part: {**kept, "parts": {"budget": part}}))
    def check(value):
        store.put(saved.KIND, saved.address("a"), body)  # a damaged one was removed
        meta = {"format": saved.FORMAT, "comparison": value}
        place.write_text(json.dumps({"arrays": arrays, "meta": meta}))
        found = saved.recall(store, "a")
        assert found is None or isinstance(found, Comparison)

    check()
    store.put(saved.KIND, saved.address("a"), body)
    place.write_text(json.dumps({"arrays": arrays, "meta": []}))
    assert saved.recall(store, "a") is None


def test_what_has_no_place_is_refused_and_a_full_disk_is_told(whole, tmp_path, monkeypatch):
    with pytest.raises(TypeError):
        saved.pack(replace(whole, evaluation={"path": Path("x")}))
    with pytest.raises(TypeError):
        saved.pack(replace(whole, overlap=np.array(["text"])))
    store = Store(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "put", full)
    assert not saved.keep(store, "a", whole)
    assert store.failures == ["the comparison was not kept on disk: No space left on device"]


def test_another_process_finds_it(whole, tmp_path):
    saved.keep(Store(tmp_path), "a", whole)
    code = (
        "import sys; from pathlib import Path; from core.analysis.comparison import saved; "
        "from core.foundation.artifact_store import Store; "
        "found = saved.recall(Store(Path(sys.argv[1])), 'a'); print(found.sentence(0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == whole.sentence(0)


# ---- going on ----------------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch) -> Counter:
    """How often each piece of work was done."""
    count: Counter = Counter()

    def counted(name: str):
        honest = getattr(module, name)

        def call(*args, **options):
            found = honest(*args, **options)
            if name == "run_seeds":
                count[f"select {args[0].id}"] += len(found)
            else:
                count[name] += 1
            return found

        monkeypatch.setattr(module, name, call)

    for name in ("run_seeds", "probe_values", "probe_band", "measure_selections"):
        counted(name)
    honest = band_subsets

    def drawing(inputs, budget, start, stop, **options):
        count["band"] += stop - start
        return honest(inputs, budget, start, stop, **options)

    monkeypatch.setattr("core.analysis.random_band.measure.band_subsets", drawing)
    return count


def stopped(study: Study, when: int, **options) -> Comparison:
    """A run that was cancelled once it had told `when` times how far it is."""
    stop, told = Event(), []

    def on_result(found: Comparison) -> None:
        told.append(found)
        if len(told) == when:
            stop.set()

    found = run(study, progress=Progress(None, stop), on_result=on_result, **options)
    assert found.partial
    return found


@pytest.mark.parametrize("when", [1, 2, 3, 4, 5])
def test_a_stopped_run_goes_on_and_ends_as_if_it_had_never_stopped(study, whole, calls, tmp_path, when):
    part = stopped(study, when)
    store = Store(tmp_path)
    saved.keep(store, "a", part)
    part = saved.recall(store, "a")
    calls.clear()
    rest = run(study, known=[part])
    assert not rest.partial
    assert same(rest, whole, clock=False) == []
    assert part.band.size == (39 if when < 5 else FULL)
    assert calls["band"] == 2 * (FULL - part.band.size)
    asked = {"stratified": 2, "random": 2, "k-center": 1}
    for result in part.results:
        del asked[result.choice.id]
    assert len(asked) == max(0, 4 - when)
    assert {name[7:]: many for name, many in calls.items() if name.startswith("select ")} == asked
    assert calls["measure_selections"] == len(asked)
    # What came from before bears its own time.
    for old, new in zip(part.results, rest.results, strict=False):
        assert new.seconds == old.seconds


def test_downstream_values_are_not_made_twice(study, whole, calls):
    again = run(study, known=[whole])
    assert same(again, whole, clock=False) == []
    assert set(calls) <= {"band"}
    assert calls["band"] == 0


def test_a_run_stopped_while_probing_keeps_what_was_probed(study, whole, calls, monkeypatch):
    stop, honest = Event(), module.probe_values

    def once(*args, **options):
        found = honest(*args, **options)
        stop.set()
        return found

    monkeypatch.setattr(module, "probe_values", once)
    part = run(study, progress=Progress(None, stop))
    monkeypatch.setattr(module, "probe_values", honest)
    assert part.partial
    calls.clear()
    rest = run(study, known=[part])
    assert same(rest, whole, clock=False) == []
    assert dict(calls) == {"probe_values": 2, "probe_band": 1}


def test_another_strategy_uses_what_the_others_found_and_marks_are_judged_anew(study, whole, calls):
    more = (Choice("facility-location"), *CHOICES)
    found = run(study, more, known=[whole])
    calls.clear()
    fresh = run(study, more)
    assert same(found, fresh, clock=False) == []
    assert calls["select random"] == 2
    old, new = (
        {name: verdict.p for name, verdict in one.items()} for one in (whole.verdicts[0], found.verdicts[1])
    )
    assert list(differences(new, old)) == []
    for verdict in found.verdicts[1].values():
        assert verdict.marked == (verdict.p * 4 <= 0.05)


def test_other_labels_use_the_same_runs_and_other_bands_are_drawn_anew(study, whole, calls):
    chance = compare(inputs(), [Choice("random", label="Chance")], 20, band=9)
    calls.clear()
    luck = compare(inputs(), [Choice("random", label="Luck")], 20, band=9, known=[chance])
    assert luck.results[0].name == "Luck"
    assert set(calls) <= {"band"}
    wider = compare(inputs(), [Choice("random")], 20, band=60, known=[chance])
    assert same(wider, compare(inputs(), [Choice("random")], 20, band=60), clock=False) == []
    fewer = compare_study(study, CHOICES[:2], "20", seeds=1, band=39, known=[whole])
    assert same(fewer, compare_study(study, CHOICES[:2], "20", seeds=1, band=39), clock=False) == []


@pytest.mark.parametrize(
    "change",
    [
        {"budget": "21"},
        {"recipe": {"seed": 5}},
        {"recipe": {"where": "alcohol > 12"}},
        {"recipe": {"groups": "kmeans:4"}},
        {"params": {"metric": "euclidean"}},
    ],
    ids=str,
)
def test_what_does_not_hold_is_made_anew(study, whole, calls, change):
    other = study.with_(**change.get("recipe", {}))
    choices = (Choice("k-center", change.get("params", {})),)
    options = {"seeds": 2, "band": 39, "probe": False}
    found = compare_study(other, choices, change.get("budget", "20"), **options, known=[whole])
    assert calls["select k-center"] == 1
    fresh = compare_study(other, choices, change.get("budget", "20"), **options)
    assert same(found, fresh, clock=False) == []


COST = "15000 proline"
BUYERS = (Choice("k-center"), Choice("random"), Choice("density"))


@pytest.mark.parametrize("when", [1, 2, 4, 5, None], ids=str)
def test_what_a_cost_budget_bought_is_taken_over_too(study, calls, tmp_path, when):
    def bought(choices=BUYERS, **options):
        return compare_study(study, choices, COST, seeds=2, band=FULL, **options)

    whole, stop, told = bought(), Event(), []
    assert all(one.cost is not None for result in whole.results for one in result.selections)
    found = whole
    if when is not None:

        def on_result(part: Comparison) -> None:
            told.append(part)
            if len(told) == when:
                stop.set()

        found = bought(progress=Progress(None, stop), on_result=on_result)
        assert found.partial
    saved.keep(Store(tmp_path), "a", found)
    found = saved.recall(Store(tmp_path), "a")
    calls.clear()
    again = bought(known=[found])
    assert same(again, whole, clock=False) == []
    assert {name for name in calls if name.startswith("select ")} == {
        f"select {choice.id}" for choice in BUYERS[len(found.results) :]
    }
    if when is None:
        assert set(calls) <= {"band"}
        assert calls["band"] == 0
        calls.clear()
        more = bought((*BUYERS, Choice("stratified")), known=[found])
        assert {name for name in calls if name.startswith("select ")} == {"select stratified"}
        assert same(more, bought((*BUYERS, Choice("stratified"))), clock=False) == []


def test_what_was_bought_holds_for_the_same_cost_alone(study, calls):
    """Not for another sum, another column, or as many rows as the sum bought about."""
    choices, options = BUYERS[:2], {"seeds": 2, "band": 39, "probe": False}
    whole = compare_study(study, choices, COST, **options)
    for budget in ("15001 proline", "2000 magnesium", str(whole.budget)):
        calls.clear()
        found = compare_study(study, choices, budget, **options, known=[whole])
        assert (calls["select k-center"], calls["select random"]) == (1, 2)
        assert calls["band"] == 2 * 39
        assert same(found, compare_study(study, choices, budget, **options), clock=False) == []
    rows = compare_study(study, choices, str(whole.budget), **options)
    calls.clear()
    compare_study(study, choices, COST, **options, known=[rows])
    assert calls["band"] == 2 * 39


def test_random_subsets_among_other_groups_are_drawn_again(study, whole):
    other = study.with_(groups="kmeans:4")
    assert same(run(other, known=[whole]), run(other), clock=False) == []


def test_other_features_under_the_same_keys_are_noticed_by_their_scale():
    first = compare(inputs(), [Choice("k-center")], 20, band=9)
    moved = inputs()
    moved = replace(moved, features=replace(moved.features, matrix=3 * moved.features.matrix))
    pool = prepare(moved)
    described = inputs_digest(inputs())
    assert EarlierResults.of([first], pool, budget=20, seed=0, described=described) == EarlierResults()
    held = EarlierResults.of([first], prepare(inputs()), budget=20, seed=0, described=described)
    assert held.results.keys() == {(name_of(Choice("k-center")), 1)}


@pytest.mark.parametrize("results", [0, 1])
@pytest.mark.parametrize("change", ["described", "pins", "costs"])
def test_a_band_without_results_is_of_its_inputs_too(calls, change, results):
    """A comparison that was cancelled before its first strategy has a band, and no subset that tells."""
    made = replace(inputs(), costs=np.arange(1.0, inputs().n + 1), cost_column="t")
    budget: int | Budget = Budget.parse("500 t") if change == "costs" else 20
    names = {"described": "one" if change == "described" else ""}
    parts: list[Comparison] = []
    options = {"seed": 1, "band": 39}
    compare(made, [Choice("random")], budget, **options, **names, on_result=parts.append)
    part = parts[results]
    assert len(part.results) == results
    other = {
        "described": made,
        "pins": replace(made, pins=np.array([3], np.int64)),
        "costs": replace(made, costs=made.costs[::-1].copy()),
    }[change]
    names = {"described": "another" if change == "described" else ""}
    fresh = compare(other, [Choice("random")], budget, **options, **names)
    calls.clear()
    taken = compare(other, [Choice("random")], budget, **options, **names, known=[part])
    assert calls["band"] == 39
    assert same(taken, fresh, clock=False) == []


def test_a_band_that_is_known_is_not_drawn_again(calls):
    pool = prepare(inputs())
    full = measure_band(pool, 20, size=39, seeds=2, seed=1)
    calls.clear()
    part = measure_band(pool, 20, size=9, seeds=2, seed=1, known=full)
    assert calls["band"] == 0
    fresh = measure_band(pool, 20, size=9, seeds=2, seed=1)
    assert list(differences(part.values, fresh.values)) == []
    assert (part.size, set(part.values)) == (9, {1, 2})
    # Means of other numbers of seeds are made of the same values; only what they share is counted again.
    other = measure_band(pool, 20, size=9, seeds=3, seed=1, known=full)
    assert list(differences(other.values, measure_band(pool, 20, size=9, seeds=3, seed=1).values)) == []


@pytest.mark.parametrize("n", [300, 5_200])
def test_a_value_does_not_depend_on_what_was_measured_before_it(n, rng):
    """Rows in other places of a product round otherwise; sums must not be handed from batch to batch."""
    given = inputs(n, features=None, groups=None)
    x = rng.normal(size=(n, 7)).astype(np.float32)
    given = replace(given, features=Features(x, "euclidean", "k", "l"))
    rows, others = np.arange(3, 60, 2), np.arange(0, n, 3)
    first = measure_many(prepare(given), [rows])
    pool = prepare(given)
    measure_many(pool, [others, rows[::-1].copy()])
    again = measure_many(pool, [rows])
    assert "energy" in first
    assert list(differences(first, again)) == []
