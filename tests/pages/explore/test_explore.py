"""The Explore page: it starts by itself, shows the map, selects by geometry, pins and bans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.foundation.background_jobs import Job
from core.foundation.errors import ModelError
from core.model.recipe import Mark
from pages.ui.explore import selection
from pages.ui.shared import cache, map_stages
from pages.ui.shared.app_state import AppState, DataRef, RowSet

WORDS = ["late parcel", "lost parcel", "refund of an invoice", "password reset", "broken screen"]
TEXTS = b"id,body,topic,price\n" + b"".join(
    f"{at},we have a {WORDS[at % 5]} number {at},{WORDS[at % 5]},{at % 9}\n".encode() for at in range(150)
)


@pytest.fixture(scope="module")
def tickets(drive: SimpleNamespace) -> AppState:
    made: AppState = drive.state_of(load(TEXTS, name="tickets.csv"), groups="kmeans:5")
    return made


def map_of(at: AppTest) -> dict[str, Any]:
    """What the script of the map is given."""
    found: dict[str, Any] = json.loads(at.get("bidi_component")[0].proto.json)
    return found


def body_of(address: str) -> Any:
    """What an address of the map names: bytes, or what says something of a row."""
    return cache.point_files().get(address.split("/")[2])


def table_of(at: AppTest) -> Any:
    """The table of rows, which stands last."""
    return at.dataframe[-1].value


def test_without_data_there_is_one_sentence_and_a_way_on(drive: SimpleNamespace) -> None:
    at = drive.frame().run()
    at.switch_page("explore.py").run()
    assert not at.exception
    assert "No data set is open yet" in drive.said(at)
    assert at.get("page_link")
    assert not at.get("bidi_component")


def test_data_that_is_gone_is_named(drive: SimpleNamespace) -> None:
    at = drive.frame()
    at.session_state["app"] = AppState(data=DataRef("0" * 32, "lost.csv", 5, 2, "upload"))
    at.run()
    at.switch_page("explore.py").run()
    assert not at.exception
    assert "lost.csv" in at.error[0].proto.title
    assert "open the same file again" in at.error[0].value


def test_the_first_visit_starts_the_work_and_ends_in_a_map(drive: SimpleNamespace) -> None:
    body = TEXTS.replace(b"number", b"no.")
    state = drive.state_of(load(body, name="fresh.csv"), groups="kmeans:3")
    at = drive.frame()
    at.session_state["app"] = state
    at.run()
    at.switch_page("explore.py").run()
    assert not at.exception
    study = cache.map_study(state)
    for stage in map_stages.STAGES[:3]:
        job = cache.runner().get(map_stages.job_key(study, stage))
        assert job is None or job.finished.wait(60)
    at.run()
    assert not at.exception
    assert len(map_of(at)["labels"]) == 3
    assert "3 groups" in drive.said(at)
    umap = cache.runner().get(map_stages.job_key(study, "layout-umap"))
    if umap is not None:
        cache.runner().cancel(umap.key)


def test_the_map_shows_every_row_and_says_what_it_is(drive: SimpleNamespace, tickets: AppState) -> None:
    at = drive.opened(tickets)
    assert not at.exception
    given = map_of(at)
    assert given["select"], "rows can be drawn around"
    assert len(given["labels"]) == 5
    assert "150 rows" in given["alt"]
    assert sum(len(body_of(part)) for part in given["points"]) == 4 * 150
    groups = cache.map_study(tickets).groups()
    assert groups is not None
    codes = np.frombuffer(body_of(given["codes"][0]), np.uint8)
    names = [given["names"][code] for code in codes]
    assert names == [groups.names[code] for code in groups.codes]
    said = body_of(given["about"])(3)
    assert said["group"] == groups.names[groups.codes[3]]
    assert "we have a" in said["text"]
    assert "for looking only" in drive.said(at)
    assert all(f"exp_select_{code}" in {b.key for b in at.button} for code in range(5))


def test_a_card_selects_its_group_without_a_mouse(drive: SimpleNamespace, tickets: AppState) -> None:
    at = drive.opened(tickets)
    at.button(key="exp_select_0").click().run()
    assert not at.exception
    groups = cache.map_study(tickets).groups()
    assert groups is not None
    picked = at.session_state["app"].picked
    assert picked.rows.tolist() == np.flatnonzero(groups.codes == 0).tolist()
    assert f"{picked.count:,} of 150 rows selected" in drive.said(at)
    assert len(table_of(at)) == min(picked.count, 100)


def test_pins_and_bans_carry_a_reason_and_exclude_each_other(
    drive: SimpleNamespace, tickets: AppState
) -> None:
    at = drive.opened(tickets.changed(picked=RowSet.of([1, 2], 150, "lasso on the map")))
    at.text_input(key="exp_reason").set_value("must stay").run()
    at.button(key="exp_pin").click().run()
    keys = cache.dataset(tickets).keys
    pins = at.session_state["app"].recipe.pins
    assert {mark.key for mark in pins} == {keys[1].tobytes().hex(), keys[2].tobytes().hex()}
    assert {(mark.reason, mark.after_looking) for mark in pins} == {("must stay", False)}
    at.button(key="exp_ban").click().run()
    recipe = at.session_state["app"].recipe
    assert (len(recipe.pins), len(recipe.bans)) == (0, 2)
    assert {mark.reason for mark in recipe.bans} == {""}, "the reason of the pins is none of the bans"
    at.button(key="exp_unmark_all").click().run()
    assert at.session_state["app"].recipe.bans == ()
    assert not at.exception


def words_of(at: AppTest, label: str) -> Any:
    (found,) = [box for box in at.text_input if box.label.startswith(label)]
    return found


@pytest.mark.parametrize(("label", "button"), [("Reason", "exp_ban"), ("Name", "exp_keep")])
@pytest.mark.parametrize("after", ["used", "other rows", "recalled", "cleared"])
def test_words_on_one_selection_are_not_said_of_another(
    drive: SimpleNamespace, tickets: AppState, label: str, button: str, after: str
) -> None:
    one, other = RowSet.of([1, 2], 150, "lasso"), RowSet.of([3], 150, "box")
    at = drive.opened(tickets.changed(picked=one, named={"kept before": other}))
    words_of(at, label).set_value("only of these").run()
    if after == "used":
        at.button(key=button).click().run()
        assert any("only of these" in event.text for event in at.session_state["app"].log)
    elif after == "other rows":
        at.button(key="exp_select_0").click().run()
    else:
        if after == "cleared":
            at.button(key="exp_clear").click().run()
        at.button(key="exp_recall_kept before").click().run()
        assert at.session_state["app"].picked.count == 1
    assert not at.exception
    assert words_of(at, label).value == ""
    at.button(key="exp_pin").click().run()
    assert {mark.reason for mark in at.session_state["app"].recipe.pins} == {""}


def test_a_refused_mark_keeps_its_reason(
    drive: SimpleNamespace, tickets: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST_MARKS", 1)
    at = drive.opened(tickets.changed(picked=RowSet.of([1, 2], 150, "lasso")))
    words_of(at, "Reason").set_value("must stay").run()
    at.button(key="exp_pin").click().run()
    assert "cannot be marked by hand" in at.error[0].proto.title
    assert words_of(at, "Reason").value == "must stay"


def test_pins_after_results_were_seen_say_so(drive: SimpleNamespace, tickets: AppState) -> None:
    at = drive.opened(tickets.changed(picked=RowSet.of([1], 150, "x"), looked=True))
    assert "void all design weights" in drive.said(at)
    at.button(key="exp_pin").click().run()
    assert at.session_state["app"].recipe.pins[0].after_looking


def test_search_selects_on_map_and_in_table_and_says_how_many(
    drive: SimpleNamespace, tickets: AppState
) -> None:
    at = drive.opened(tickets)
    at.text_input(key="exp_search").set_value("REFUND").run()
    assert not at.exception
    assert "30 of 150 rows selected" in drive.said(at)
    assert "holds the words “REFUND”" in drive.said(at)
    assert len(table_of(at)) == 30
    bits = np.unpackbits(np.frombuffer(body_of(map_of(at)["picked"]), np.uint8), count=150)
    assert bits.sum() == 30
    assert at.text_input(key="exp_search").value == "", "what it asked for is a filter now"
    at.text_input(key="exp_search").set_value("nothing like it").run()
    assert not at.exception
    assert any("No row meets all filters" in str(one.value) for one in at.info)
    assert at.session_state["app"].picked is None
    at.button(key="exp_undo").click().run()
    assert at.session_state["app"].picked.count == 30


@pytest.mark.parametrize("colour", ["topic", "price"])
def test_any_column_can_colour_the_map(drive: SimpleNamespace, tickets: AppState, colour: str) -> None:
    at = drive.opened(tickets)
    at.selectbox(key="exp_colour").select(colour).run()
    assert not at.exception
    assert at.session_state["app"].view.colour == colour
    assert f"coloured by {colour}" in map_of(at)["alt"]
    assert map_of(at)["legend"]["items"]


def test_settings_change_the_recipe_only_when_applied(drive: SimpleNamespace, tickets: AppState) -> None:
    at = drive.opened(tickets)
    at.segmented_control(key="exp_method").set_value("column").run()
    at.selectbox(key="exp_column").select("topic").run()
    assert at.session_state["app"].recipe.groups == "kmeans:5"
    at.button(key="exp_apply").click().run()
    assert not at.exception
    assert at.session_state["app"].recipe.groups == "topic"


def test_a_model_that_is_missing_is_told_with_the_next_on_offer(drive: SimpleNamespace) -> None:
    body = TEXTS.replace(b"we have", b"there is")
    state = drive.state_of(load(body, name="m.csv"), features="text:body", embedder="no/such-model")
    at = drive.frame()
    at.session_state["app"] = state
    at.run()
    at.switch_page("explore.py").run()
    job = cache.runner().get(map_stages.job_key(cache.map_study(state), "features"))
    assert job is not None
    assert job.finished.wait(60)
    at.run()
    assert not at.exception
    assert isinstance(job.failure, ModelError)
    assert "no/such-model" in at.error[0].proto.title
    assert at.session_state["app"].recipe.embedder == "no/such-model", "never switched in silence"
    switch = [button for button in at.button if (button.key or "").startswith("exp_switch")]
    switch[0].click().run()
    assert at.session_state["app"].recipe.embedder == "minilm"
    cache.runner().cancel(map_stages.job_key(cache.map_study(at.session_state["app"]), "features"))


def test_marks_of_rows_that_are_gone_do_no_harm(drive: SimpleNamespace, tickets: AppState) -> None:
    state = tickets.changed(recipe=tickets.recipe.with_(pins=(Mark("f" * 32, "old"),)))
    at = drive.opened(state)
    assert not at.exception
    assert "1 pinned" in drive.said(at)


def test_no_widget_lacks_a_label(drive: SimpleNamespace, tickets: AppState) -> None:
    at = drive.opened(tickets.changed(picked=RowSet.of([1], 150, "x")))
    kinds = [at.button, at.selectbox, at.text_input, at.multiselect, at.number_input, at.segmented_control]
    assert all(widget.label.strip() for kind in kinds for widget in kind)


def test_a_map_that_ends_while_the_page_is_drawn_is_no_failure(
    drive: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job was live when the stages were looked at, and has ended when the page tells of it."""
    given = map_stages.prepare

    def late(*args: Any, **more: Any) -> list[map_stages.Stage]:
        stages = given(*args, **more)
        last = next((stage for stage in stages if stage.name == "layout-umap"), None)
        if last is None:
            return stages
        job = Job("late", "Laying out", 1.0, lambda progress: None)
        job.state = "done"
        return [replace(one, ready=False, job=job) if one is last else one for one in stages]

    monkeypatch.setattr(map_stages, "prepare", late)
    at = drive.opened(drive.sample_state("wine"))
    assert not at.exception
    assert not at.error
    assert "UMAP takes the place of this PCA view" in drive.said(at)


# ---- what distances rest on --------------------------------------------------------------------


def test_one_line_says_what_distances_rest_on_and_why(drive: SimpleNamespace, tickets: AppState) -> None:
    said = drive.said(drive.opened(tickets))
    assert "**Distances:** TF\\-IDF of 'body'" in said
    assert "Chosen for you: 'body' is the longest text \\(median" in said
    assert "the space depends on the whole data set" in said


def test_short_texts_give_way_to_the_table_and_the_page_says_so(drive: SimpleNamespace) -> None:
    rows = [f"{at},{WORDS[at % 5]},{at % 9},{at % 4}" for at in range(60)]
    data = load(
        "\n".join(["id,title,price,stars", *rows]).encode(), name="films.csv", roles={"title": "text"}
    )
    at = drive.opened(drive.state_of(data, groups="kmeans:3"))
    said = drive.said(at)
    assert "**Distances:** 2 number columns" in said
    assert "'title' is short \\(median" in said
    assert "so the table's columns are used" in said
    assert "Left out by their role\\: title" in said


def test_texts_in_an_unknown_script_are_a_warning_on_the_page(drive: SimpleNamespace) -> None:
    thai = ["พัสดุมาถึงช้ามากและกล่องเสียหาย", "ต้องการเงินคืนเพราะพัสดุหายไป"]
    body = "\n".join(["id,body", *(f"{at},{thai[at % 2]}{at}" for at in range(40))]).encode()
    data = load(body, name="thai.csv", roles={"body": "text"})
    at = drive.opened(drive.state_of(data, embedder="minilm", groups="kmeans:2"))
    assert any("of 40 texts" in str(part.value) and "script" in str(part.value) for part in at.warning)
    at = drive.opened(drive.state_of(data, groups="kmeans:2"))
    assert not at.warning


def test_the_line_leads_to_the_settings(drive: SimpleNamespace, tickets: AppState) -> None:
    for page, where in (("compare.py", "cmp"), ("explore.py", "exp")):
        at = drive.opened(tickets, page)
        assert "**Distances:** TF\\-IDF of 'body'" in drive.said(at)
        at.button(key=f"{where}_change_features").click().run()
        assert not at.exception
        (box,) = [part for part in at.expander if part.label == "Features and groups"]
        assert box.proto.expanded
    at.button(key="exp_apply").click().run()
    (box,) = [part for part in at.expander if part.label == "Features and groups"]
    assert not box.proto.expanded


# ---- the first map -----------------------------------------------------------------------------------------


@pytest.fixture
def reading(
    drive: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[AppState]:
    """Texts that a model reads until the test ends."""
    go_on, plain = Event(), map_stages._run

    def run(study: Any, stage: str, progress: Any) -> Any:
        if stage == "features":
            while not go_on.wait(0.02):
                progress.check()
        return plain(study, stage, progress)

    monkeypatch.setattr(map_stages, "_run", run)
    monkeypatch.setattr(map_stages, "_WORTH", 0.0)  # a model that is loaded reads so few texts at once
    body = getattr(request, "param", TEXTS.replace(b"number", b"first map"))
    state = drive.state_of(
        load(body, name="reading.csv"), features="text:body", embedder="minilm", groups="kmeans:3"
    )
    yield state
    study = cache.map_study(state)
    for stage in map_stages.STAGES:
        cache.runner().cancel(map_stages.job_key(study, stage))
    job = cache.runner().get(map_stages.job_key(study, "features"))
    assert job is None or job.finished.wait(20)
    go_on.set()


def looked(drive: SimpleNamespace, state: AppState) -> AppTest:
    """Explore once the first map is made."""
    at = drive.frame()
    at.session_state["app"] = state
    at.run()
    at.switch_page("explore.py").run()
    job = cache.first_maps().get(map_stages.job_key(cache.map_study(state), map_stages.FIRST))
    assert job is not None
    assert job.finished.wait(60)
    assert not job.error
    return at.run()


@pytest.mark.parametrize(
    "reading", [TEXTS.replace(b"number", b"ahead of the map")], indirect=True, ids=["own texts"]
)
def test_the_first_map_is_begun_while_the_columns_are_read(drive: SimpleNamespace, reading: AppState) -> None:
    at = drive.frame()
    at.session_state["app"] = reading
    at.run()
    assert not at.exception
    study = cache.map_study(reading)
    job = cache.first_maps().get(map_stages.job_key(study, map_stages.FIRST))
    assert job is not None
    assert job.finished.wait(60)
    assert not job.error
    assert cache.runner().get(map_stages.job_key(study, "features")) is None, (
        "the model waits until it is asked"
    )


def test_a_first_map_of_words_is_shown_while_the_model_reads(
    drive: SimpleNamespace, reading: AppState
) -> None:
    at = looked(drive, reading)
    assert not at.exception
    said = drive.said(at)
    assert "A first map, from words" in said
    assert "The map from MiniLM sentence vectors follows" in said
    assert "Making the map" in said
    assert len(body_of(map_of(at)["points"][0])) == 4 * 150
    study = cache.map_study(reading)
    assert not study.has("features")
    assert not study.has("groups")


@pytest.mark.parametrize(
    "reading",
    [b"id,body,price\n" + b"".join(b"%d,???,%d\n" % (at, at % 7) for at in range(150))],
    indirect=True,
)
def test_where_texts_hold_no_words_the_first_map_is_of_the_table(
    drive: SimpleNamespace, reading: AppState
) -> None:
    assert "A first map, from the table" in drive.said(looked(drive, reading))


def test_no_first_map_where_the_real_one_is_as_quick(drive: SimpleNamespace, tickets: AppState) -> None:
    study = cache.map_study(tickets)
    assert map_stages.first_map(study) is None
    assert cache.first_maps().get(map_stages.job_key(study, map_stages.FIRST)) is None
    sample = drive.sample_state("support_tickets", embedder="minilm")
    assert map_stages.first_map(cache.map_study(sample)) is None
    assert map_stages.expected(cache.map_study(sample), "features").seconds == 0


def test_rows_that_are_pictures_are_shown_as_pictures(drive: SimpleNamespace) -> None:
    """On cards, in the table, and when pointed at; what a sample declares decides, not its name."""
    data = load("sample:digits").take(np.arange(300))
    state = drive.state_of(data, groups="kmeans:4")
    assert state.data is not None
    at = drive.opened(state.changed(data=replace(state.data, source="sample:digits")), "explore.py")
    images = at.get("image")
    assert len(images) == 4
    assert all(one.url.startswith("/media") or "data:image/png" in one.url for one in images[0].proto.imgs)
    assert body_of(map_of(at)["about"])(7)["picture"].startswith("data:image/png;base64,")
    table = table_of(at)
    assert table["picture"].str.startswith("data:image/png;base64,").all()
    plain = drive.opened(state, "explore.py")
    assert not plain.get("image")
    assert "picture" not in body_of(map_of(plain)["about"])(7)
    assert "picture" not in table_of(plain)
