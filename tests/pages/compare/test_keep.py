"""Keep: results outlast memory, a stopped run resumes, links and projects lead back, files are on offer."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from threading import Event
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison import saved as kept
from core.analysis.random_band.measure import FULL
from core.data.load import load
from core.foundation.errors import AliquotError, RecipeError
from core.foundation.progress import Progress
from core.model.recipe import Choice, Mark, Recipe
from core.model.saved_rows import Only
from core.strategies.presets import PRESETS
from core.study.compare import compare_study
from pages.ui.compare.all_views import VIEWS
from pages.ui.compare.choices import eligible, missing_needs, run_cost
from pages.ui.compare.run import chosen_view
from pages.ui.compare.run.run_view import RunView
from pages.ui.compare.take_away import files_view
from pages.ui.shared import app_state, cache, kept_runs, link, state
from pages.ui.shared.app_state import AppState, DataRef
from pages.ui.shared.link import Link

from .._compared import FRAME, finished, open_view, opened, said, tab

RECIPE = {
    "strategies": (Choice("random"), Choice("k-center"), Choice("stratified")),
    "budget": "17",
    "seed": 77,
    "task": "compare",
}


def forget(key: str) -> None:
    """As after a restart: the memory of results and of jobs is gone."""
    cache.results().put(key, None)
    cache.runner()._jobs.pop(key, None)


@pytest.fixture(scope="module")
def compared() -> AppTest:
    return finished(finished(tab(opened(**RECIPE), "compare.py")))


def key_of(test: AppTest) -> str:
    return kept_runs.run_key(test.session_state["app"])


def arrived(parameters: dict[str, str], page: str = "compare.py") -> AppTest:
    """A new tab on an address."""
    test = AppTest.from_file(FRAME, default_timeout=60)
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, test.exception
    test.switch_page(page).run()
    assert not test.exception, test.exception
    return test


# ---- results -----------------------------------------------------------------------------------------


def test_a_restarted_server_shows_a_finished_run_without_running_it(compared):
    key = key_of(compared)
    before = kept_runs.result(key)
    forget(key)
    test = tab(compared.session_state["app"], "compare.py")
    assert cache.runner().get(key) is None
    assert "beside 199 random subsets of the same size" in said(test)
    assert test.button(key="cmp_run").disabled
    again = kept_runs.result(key)
    assert again is not before
    assert again.to_json() == before.to_json()


def test_what_is_nowhere_any_more_is_said(compared):
    key = key_of(compared)
    found = kept_runs.result(key)
    forget(key)
    cache.store().drop(kept.KIND, kept.address(key))
    try:
        test = tab(compared.session_state["app"], "compare.py")
        assert "not kept any more" in said(test)
        assert test.button(key="cmp_run").label.startswith("Run")
    finally:
        kept_runs.put(key, found)


def stop_after(now: AppState, results: int) -> str:
    """A run of this state that was stopped after some results; its key."""
    stop, key = Event(), kept_runs.run_key(now)
    study = cache.study(now)

    def on_result(found):
        kept_runs.put(key, found)
        if len(found.results) == results:
            stop.set()

    part = compare_study(
        study,
        now.recipe.strategies,
        now.recipe.budget,
        seeds=now.recipe.seeds,
        band=FULL,
        progress=Progress(None, stop),
        on_result=on_result,
    )
    assert part.partial
    assert len(part.results) == results
    return key


@pytest.fixture
def selects(monkeypatch) -> list[str]:
    """Names of the strategies that ran."""
    from core.analysis.comparison import run as module

    ran: list[str] = []
    honest = module.run_seeds

    def watching(choice, *args, **options):
        found = honest(choice, *args, **options)
        ran.extend([choice.id] * len(found))
        return found

    monkeypatch.setattr(module, "run_seeds", watching)
    return ran


@pytest.mark.parametrize("restarted", [False, True])
def test_a_stopped_run_is_resumed_and_nothing_runs_twice(selects, restarted):
    now = opened(**{**RECIPE, "seed": 78 + restarted})
    key = stop_after(now, 2)
    selects.clear()
    if restarted:
        forget(key)
    ref = app_state.RunRef(key, state.now(), now.recipe, FULL)
    test = tab(now.changed(runs=(ref,)), "compare.py")
    assert "Stopped early: 2 of 3 subsets, 39 of 199 random subsets" in said(test)
    button = test.button(key="cmp_run")
    assert button.label.startswith("Resume · ")
    assert not button.disabled
    button.click().run()
    finished(test)
    assert set(selects) == {"stratified"}
    found = kept_runs.result(key)
    assert not found.partial
    assert len(found.results) == 3
    assert "Stopped early" not in said(finished(test))
    assert test.button(key="cmp_run").label.startswith("Up to date")


def test_another_strategy_leaves_the_others_as_they_are(compared, selects):
    test = tab(compared.session_state["app"], "compare.py")
    now = test.session_state["app"]
    more = (*now.recipe.strategies, Choice("herding", {"kernel": "linear"}))  # no other test runs it so
    assert missing_needs.lacking(more[-1], cache.study(now)) == []
    changed = now.changed(recipe=now.recipe.with_(strategies=more))
    study = cache.study(changed)
    budget = eligible.budget_of(changed, study)
    guess = run_cost.outlook(changed, study, budget).own.seconds
    assert guess < run_cost.outlook(changed.changed(runs=()), study, budget).own.seconds
    plan_key = kept_runs.run_key(changed)
    test.session_state["app"] = changed
    test.run()
    test.button(key="cmp_run").click().run()
    finished(test)
    assert set(selects) == {"herding"}
    assert len(kept_runs.result(plan_key).results) == 4


# ---- links -------------------------------------------------------------------------------------------


def ref(source: str = "upload") -> DataRef:
    return DataRef("ab" * 16, "my <b> data.csv", 90, 4, source)


def full_recipe() -> Recipe:
    return Recipe(
        task="compare",
        strategies=(Choice("k-center", {"metric": "euclidean"}), Choice("random")),
        budget="12.5%",
        seed=9,
        seeds=4,
        band=499,
        where="a > 1 and b = 'ü&='",
        pins=(Mark("0" * 32, "why?", True),),
        bans=(Mark("f" * 32),),
        roles={"a b": "text"},
        target={"name": "t", "fingerprint": "cd" * 16},
    )


@pytest.mark.parametrize("view", [(), ("See",), ("Measure", "Table")])
def test_a_link_says_everything(view):
    said = Link(ref(), full_recipe(), view, "spread")
    made = link.pack(said)
    assert link.read(made) == said
    assert all(re.fullmatch(r"[\w.\-/]+", value) for value in made.values())


def test_pins_that_do_not_fit_are_refused_with_a_way_out():
    marks = tuple(Mark(f"{at:032x}"[::-1], f"reason {at * 7919 % 1013}") for at in range(2_000))
    with pytest.raises(RecipeError, match="save the project instead"):
        link.pack(Link(ref(), full_recipe().with_(pins=marks), ()))


def packed(content: object) -> str:
    return "1." + base64.urlsafe_b64encode(zlib.compress(orjson.dumps(content))).decode().rstrip("=")


GOOD = {"data": ["ab" * 16, "n", 1, 1], "recipe": {}}


@pytest.mark.parametrize(
    "r",
    [
        "",
        "1.",
        "2.abc",
        "1.%%%",
        "1." + "A" * 9_000,
        link.pack(Link(ref(), full_recipe(), ()))["r"][:-9],
        packed([1]),
        packed({**GOOD, "data": ["../../etc", "n", 1, 1]}),
        packed({**GOOD, "data": ["ab" * 16, "n", -1, 1]}),
        packed({**GOOD, "data": ["ab" * 16, "n", True, 1]}),
        packed({**GOOD, "data": [5, "n", 1, 1]}),
        packed({**GOOD, "recipe": {"unheard": 1}}),
        packed({**GOOD, "recipe": {"budget": 5}}),
        packed({**GOOD, "question": "what is love"}),
        packed({**GOOD, "question": 7}),
        packed({**GOOD, "question": None}),
        packed({**GOOD, "question": ["spread"]}),
        packed({**GOOD, "recipe": {"strategies": [{"id": "nothing", "params": {}, "version": None}]}}),
        packed({**GOOD, "recipe": {"strategies": [{"id": "random", "params": {"x": 1}, "version": None}]}}),
        packed({**GOOD, "recipe": {"roles": {"a": "emperor"}}}),
        "1." + base64.urlsafe_b64encode(zlib.compress(b" " * 10_000_000, 9)).decode()[:7_000],
    ],
)
def test_a_link_that_is_no_link_is_told_and_changes_nothing(r):
    with pytest.raises(AliquotError):
        link.read({"ds": "ab" * 16, "r": r})
    test = arrived({"ds": "ab" * 16, "r": r}, "data.py")
    assert test.session_state["app"].data is None
    assert test.error


def test_two_data_sets_in_one_link_are_refused():
    with pytest.raises(RecipeError, match="two different data sets"):
        link.read({**link.pack(Link(ref(), full_recipe(), ())), "ds": "cd" * 16})


def shown_link(test: AppTest) -> dict[str, str]:
    """The parameters of the link that the page shows."""
    found = urlsplit(test.code[0].value)
    assert found.path.endswith("/compare")
    return {name: value[0] for name, value in parse_qs(found.query).items()}


def test_a_link_opens_the_same_view_from_the_store_without_running(compared):
    open_view(compared, "Measure", "Table")
    open_view(compared, "Take away", "Link")
    parameters = shown_link(compared)
    assert parameters["ds"] == "wine"
    assert parameters["view"] == "Measure/Table"
    key = key_of(compared)
    forget(key)
    test = finished(arrived(parameters))
    now = test.session_state["app"]
    assert now.recipe.with_(data=None) == compared.session_state["app"].recipe.with_(data=None)
    assert now.runs[-1].key == key
    assert cache.runner().get(key) is None
    assert "beside 199 random subsets of the same size" in said(test)
    assert test.segmented_control(key="cmp_view").value == "Measure"
    assert test.pills(key="cmp_part_Measure").value == "Table"
    assert len(test.table)


def test_an_older_link_says_no_question():
    assert link.read({"ds": "ab" * 16, "r": packed(GOOD)}).question == ""


def test_a_link_holds_every_field_of_a_state_that_changes_what_a_run_shows():
    """Whatever a run is made of is in its recipe, and a link holds the recipe and the question."""
    now = opened(**RECIPE)
    there = link.read(link.pack(Link(now.data, now.recipe, ("See",), "represent")))
    back = now.changed(recipe=there.recipe)
    assert kept_runs.run_key(back) == kept_runs.run_key(now)
    varied = {
        "budget": "12",
        "seed": 3,
        "seeds": 2,
        "band": 499,
        "where": "ash > 2",
        "label": "",
        "score": "ash",
        "features": "table",
        "groups": "kmeans:3",
        "weight": 0.25,
        "strategies": (Choice("stratified", {"allocation": "equal"}),),
    }
    for name, value in varied.items():
        recipe = now.recipe.with_(**{name: value})
        assert link.read(link.pack(Link(now.data, recipe))).recipe == recipe, name


def test_the_question_comes_back_with_a_link_and_with_the_address():
    recipe = opened(strategies=(Choice("random"),), budget="20", seeds=1, band=9).recipe
    test = arrived(link.pack(Link(opened().data, recipe, ("See",))))
    test.selectbox(key="cmp_question").set_value("spread").run()
    test.button(key="cmp_run").click().run()
    finished(test)
    kept = {name: value if isinstance(value, str) else value[0] for name, value in test.query_params.items()}
    open_view(test, "Take away", "Link")
    for parameters in (kept, shown_link(test)):
        assert link.read(parameters).question == "spread"
        again = finished(arrived(parameters))
        assert again.selectbox(key="cmp_question").value == "spread"
        assert PRESETS["spread"].look in said(again)
    test.selectbox(key="cmp_slot_1").set_value("herding").run()
    assert link.read(shown_link(test)).question == "", "of an earlier run no question is known"


def test_a_link_to_choices_that_never_ran_waits_for_a_click():
    recipe = opened(**{**RECIPE, "seed": 555}).recipe
    data = opened().data
    test = finished(arrived(link.pack(Link(data, recipe, ("Nowhere", "No part")))))
    assert not test.session_state["app"].runs
    assert cache.runner().get(key_of(test)) is None
    assert "Press Run to draw and compare these subsets." in said(test)


def test_the_address_keeps_the_view_that_a_link_opened():
    data = opened().data
    recipe = opened(strategies=(Choice("random"),), budget="20", seeds=1, band=9).recipe
    test = arrived(link.pack(Link(data, recipe, ("Explain", "A row"))))
    test.button(key="cmp_run").click().run()
    finished(test)
    kept = {name: value if isinstance(value, str) else value[0] for name, value in test.query_params.items()}
    assert link.read(kept).view == ("Look", "A row")


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        *(("See", name) for name in ("Groups", "Overlap", "Density", "Gain per row")),
        *(("Explain", name) for name in ("A row", "A group")),
        *(("Measure", name) for name in ("All metrics", "Table", "Held and estimated")),
        *(("Downstream", name) for name in ("Probe", "Is the difference real?", "Reusable holdout")),
        *(("Keep", name) for name in ("Link", "Files", "Command")),
        *((name, "") for name in ("See", "Slide the budget", "Estimate", "Explain", "Keep", "Notes")),
    ],
)
def test_links_of_before_name_views_that_are_still_there(compared, heading, part):
    """Eight headings became three; what a link named opens all the same."""
    named = {"heading": heading, "parts": {heading: part} if part else {}}
    now = compared.session_state["app"].changed(slots={"view": named})
    found, parts = chosen_view.view_of(now)
    assert parts[found] in VIEWS[found]
    if part:
        assert parts[found] == part


def test_a_link_holds_a_saved_selection():
    data = opened().data
    only = Only.of([1, 4, 9], 178, "odd ones", data.fingerprint)
    recipe = Recipe(only=only, budget="2", strategies=(Choice("random"),))
    assert link.read(link.pack(Link(data, recipe))).recipe == recipe


def test_a_link_to_data_that_is_not_here_waits_for_the_same_file():
    rows = "".join(f"k{at},{at % 7}.5,{at % 5}.25\n" for at in range(40))
    body = f"id,a,b\n{rows}".encode()
    data = load(body, name="later.csv")
    there = DataRef(data.fingerprint.digest, "later.csv", 40, 3, "upload")
    recipe = Recipe(features="table", groups="kmeans:3", budget="7", strategies=(Choice("random"),))
    test = arrived(link.pack(Link(there, recipe, ("Notes",))))
    assert "Open the same file to continue" in said(test)
    assert not test.error  # one thing is missing, and it is said once
    assert "later.csv" in said(test)
    assert test.session_state["app"].recipe == recipe
    test.switch_page("data.py").run()
    assert "Open the same file to continue" in said(test)
    test.file_uploader(key="data_upload").upload("other name.csv", body, "text/csv").run()
    assert not test.exception
    now = test.session_state["app"]
    assert now.recipe.budget == "7"
    assert now.recipe.strategies == (Choice("random"),)
    assert now.slots["view"]["heading"] == "Notes"
    assert chosen_view.view_of(now) == ("Take away", {"Take away": "Notes"})
    assert "Open the same file to continue" not in said(test.run())


def test_an_address_changes_nothing_once_something_is_open(compared):
    test = AppTest.from_file(FRAME, default_timeout=60)
    test.session_state["app"] = opened()
    for name, value in link.pack(Link(opened().data, full_recipe(), ())).items():
        test.query_params[name] = value
    test.run()
    assert test.session_state["app"].recipe == opened().recipe


# ---- project -----------------------------------------------------------------------------------------


def test_a_project_restores_runs_and_view(compared):
    open_view(compared, "Look", "Overlap")
    saved = compared.session_state["app"].to_bytes()
    key = key_of(compared)
    forget(key)
    test = tab(AppState.from_bytes(saved), "compare.py")
    assert test.session_state["app"] == AppState.from_bytes(saved)
    assert test.segmented_control(key="cmp_view").value == "Look"
    assert test.pills(key="cmp_part_Look").value == "Overlap"
    assert "beside 199 random subsets" in said(test)
    assert cache.runner().get(key) is None


@pytest.mark.parametrize(
    "kept_view", [5, {"heading": 3, "parts": [1]}, {"heading": "x", "parts": {"See": 1}}]
)
def test_a_view_that_is_no_view_is_left_alone(compared, kept_view):
    now = compared.session_state["app"].changed(slots={"view": kept_view, "question": "keep me"})
    test = tab(now, "compare.py")
    assert test.segmented_control(key="cmp_view").value == "Look"
    open_view(test, "Take away", "Notes")
    assert test.session_state["app"].slots["question"] == "keep me"
    assert test.session_state["app"].slots["view"]["heading"] == "Take away"


# ---- files -------------------------------------------------------------------------------------------


def test_every_file_is_offered_and_can_be_made(compared):
    open_view(compared, "Take away", "Files")
    offered = [one.proto.label for one in compared.get("download_button") if "cmp_file" in one.proto.id]
    assert offered == ["Live page", "Tables (CSV)", "Pictures (SVG)", "Plain report"]
    assert "about 5 MB" in said(compared)
    assert "press the camera" in said(compared)
    now = compared.session_state["app"]
    run = now.runs[-1]
    study = cache.study(now)
    slots = kept_runs.shown(run.recipe.strategies)
    seen = RunView(run, kept_runs.result(run.key), slots, cache.map_study(now), study.layout("pca"), False)
    made = {one.id: one.make() for one in files_view.files(seen, study, "wine")}
    assert b"const CHARTS=" in made["page"]
    assert made["report"].startswith(b"<!doctype html>")
    with zipfile.ZipFile(io.BytesIO(made["tables"])) as archive:
        assert archive.namelist() == ["groups.csv", "metrics.csv", "overlap.csv", "rows.csv"]
    with zipfile.ZipFile(io.BytesIO(made["pictures"])) as archive:
        assert {"metrics.svg", "groups.svg", "map-A-random.svg"} <= set(archive.namelist())


def test_command_link_and_files_stand_together():
    assert list(VIEWS["Take away"]) == ["Link", "Files", "Command", "Notes"]
