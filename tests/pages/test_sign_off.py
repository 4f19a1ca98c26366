"""Sign off: one subset, its record, a name under it; and verifying what somebody else exported."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core import kept
from core.recipe import Choice
from core.signoff import verify
from pages.ui import cache, plan, results, signing, verifying
from pages.ui.state import AppState, Winner

from ._compared import finished, opened, said, tab


@pytest.fixture(scope="module")
def compared() -> AppState:
    """The state of a tab that has compared the wine sample."""
    state: AppState = finished(finished(tab(opened(), "compare.py"))).session_state["app"]
    return state


def at_sign_off(state: AppState) -> AppTest:
    return tab(state, "sign_off.py")


def taken(test: AppTest) -> signing.Taken:
    now = test.session_state["app"]
    winner = signing.winner_of(now)
    assert winner is not None
    return signing.taken(now, winner)


def test_without_data_or_without_a_comparison_the_page_says_where_to_go():
    assert "No data set is open" in said(at_sign_off(AppState()))
    assert "There is no subset yet" in said(at_sign_off(opened()))


def test_the_taken_subset_is_shown_in_numbers(compared):
    run = compared.runs[-1].key
    test = at_sign_off(compared.changed(winner=Winner(run, 2, 0)))
    text = said(test)
    assert "35 of 178 rows" in text
    assert "totals and means of the data set cannot be estimated" in text
    assert len(test.get("plotly_chart")) == 2
    assert test.selectbox(key="sign_slot").value == 2
    spec = json.loads(test.get("plotly_chart")[1].proto.spec)
    letters = {trace["text"][0] for trace in spec["data"] if trace["mode"] == "markers+text"}
    assert letters == {"<b>C</b>"}


def test_weights_are_told_where_there_are_some(compared):
    test = at_sign_off(compared.changed(winner=Winner(compared.runs[-1].key, 0, 0)))
    assert "design weights, summing to 178" in said(test)


def test_a_signature_needs_a_name_and_a_reason(compared):
    test = at_sign_off(compared)
    test.text_input(key="sign_name").set_value("Ada")
    test.button[[b.label for b in test.button].index("Sign")].click().run()
    assert "incomplete" in "".join(str(e.proto) for e in test.error)
    assert test.session_state["app"].signoff is None


def test_signing_goes_into_the_bundle_and_another_subset_needs_another_signature(compared):
    test = at_sign_off(compared)
    test.text_input(key="sign_name").set_value("Ada")
    test.text_area(key="sign_reason").set_value("covers <all> *cultivars*")
    test.button[[b.label for b in test.button].index("Sign")].click().run()
    assert not test.exception
    signoff = test.session_state["app"].signoff
    assert (signoff.name, signoff.decision) == ("Ada", "approve")
    assert "Approved" in "".join(str(s.proto) for s in test.success)
    one = taken(test)
    packed = signing.bundle(one, signoff, True)()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert "whole.parquet" in archive.namelist()
    assert manifest["signoff"]["reason"] == "covers <all> *cultivars*"
    found = verify(packed, one.study.data, store=cache.store())
    assert found.code == 0, [check for check in found.checks if check.status != "holds"]
    test.selectbox(key="sign_slot").set_value(1).run()
    assert test.session_state["app"].signoff is None
    assert test.session_state["app"].winner.slot == 1


def test_the_rows_are_drawn_again_where_the_comparison_is_gone(compared):
    run = compared.runs[-1].key
    before = taken(at_sign_off(compared)).selection
    found = cache.results().get(run)
    cache.results().put(run, None)
    cache.store().drop(kept.KIND, kept.address(run))
    try:
        test = finished(at_sign_off(compared))
        assert taken(test).selection.rows.tolist() == before.rows.tolist()
        assert "not kept any more" in said(test)
    finally:
        cache.results().put(run, found)
        kept.keep(cache.store(), run, found)


def test_the_draft_of_the_manifest_names_the_choice(compared):
    one = taken(at_sign_off(compared))
    body = signing.draft(one)
    assert body["recipe"]["strategies"][0]["id"] == "random"
    assert len(body["selection"]["ids"]) == 35


def test_a_bundle_verifies_on_the_page_and_a_changed_one_does_not(compared):
    test = at_sign_off(compared)
    packed = signing.bundle(taken(test), None, False)()
    test.segmented_control(key="sign_tab").set_value("Verify a bundle").run()
    assert test.button(key="sign_verify").disabled
    test.file_uploader(key="sign_bundle").upload("bundle.zip", packed).run()
    test.button(key="sign_verify").click().run()
    finished(test)
    assert "It verifies" in "".join(str(s.proto) for s in test.success)
    assert verifying.EXITS[0] in said(test)
    assert "carries no sign-off" in said(test)

    manifest_at = packed.rindex(b"manifest.json")
    broken = bytearray(packed)
    broken[manifest_at // 2] ^= 0xFF
    test.file_uploader(key="sign_bundle").upload("bundle.zip", bytes(broken)).run()
    test.button(key="sign_verify").click().run()
    finished(test)
    assert test.error
    assert not test.success


def test_what_is_no_bundle_is_told_in_place(compared):
    test = at_sign_off(compared)
    test.segmented_control(key="sign_tab").set_value("Verify a bundle").run()
    test.file_uploader(key="sign_bundle").upload("bundle.zip", b"no zip at all").run()
    test.button(key="sign_verify").click().run()
    finished(test)
    assert "is not a bundle" in "".join(str(e.proto) for e in test.error)


def test_distinct_rows_columns_and_time_are_in_the_record(made_up):
    columns = Choice(made_up.COLUMNS, {"on": ["alcohol", "ash"]})
    state = opened(strategies=(Choice(made_up.TWICE), columns), budget="30", band=39)
    test = finished(finished(tab(state, "compare.py")))
    record = dict(signing.summary(taken(test)))
    chosen = taken(test).selection
    assert chosen is not None
    assert record["Rows"].startswith(f"{len(chosen)} distinct rows of 178, in 30 draws (")
    assert "estimated" in record["Time"]
    run = test.session_state["app"].runs[-1].key
    shown = at_sign_off(test.session_state["app"].changed(winner=Winner(run, 1, 0)))
    assert dict(signing.summary(taken(shown)))["Parameters"] == "on = alcohol,ash"
    body = signing.bundle(taken(shown), None, whole=False)()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        report = archive.read("report.html").decode()
    assert manifest["selection"]["params"] == {"on": ["alcohol", "ash"]}
    assert "on = alcohol,ash" in report
    assert verify(body, "sample:wine").code == 0


def test_weights_that_leave_rows_out_say_so():
    study = cache.study(opened(strategies=(Choice("stratified"),)))
    whole = study.select("stratified", 20)
    assert signing.weights(whole) == "design weights, summing to 178"
    part = replace(whole, unreached=7)
    assert signing.weights(part).endswith("of 178 rows; 7 rows had no chance, so totals are refused")


def test_the_numbers_are_of_the_subset_that_is_signed(compared):
    test = at_sign_off(compared.changed(winner=Winner(compared.runs[-1].key, 0, 0)))
    found = taken(test).found
    assert found is not None
    shown = {}
    for seed in (0, 2):
        test.selectbox(key="sign_seed").set_value(seed).run()
        assert not test.exception
        assert f"this subset alone, of seed {seed}" in said(test)
        assert "The strategy, by 3 seeds: not distinguishable" in said(test)
        alone = results.only(found, 0, seed)
        assert alone.results[0].means["energy"] == found.results[0].metrics[seed]["energy"]
        figures = [json.loads(one.proto.spec) for one in test.get("plotly_chart")]
        dots = [trace for figure in figures for trace in figure["data"] if "Energy distance" in str(trace)]
        assert dots
        assert all("no verdict" in str(dot["hovertext"]) for dot in dots)
        shown[seed] = [dot["x"] for dot in dots]
    assert shown[0] != shown[2]


def test_facts_of_the_first_subset_are_not_told_of_another():
    state = opened(strategies=(Choice("projection-dpp"), Choice("random")), budget="20", seeds=3)
    now = finished(finished(tab(state, "compare.py"))).session_state["app"]
    found = plan.result(now.runs[-1].key)
    assert found is not None
    test = at_sign_off(now.changed(winner=Winner(now.runs[-1].key, 0, found.seed + 2)))
    text = said(test)
    assert f"The strategy, by 3 seeds: {found.judged(0)[0]}" in text.replace("\\", "")
    assert "distinct rows in 20 draws." not in text.split("What will be recorded")[0]


def test_a_stop_during_the_probe_takes_no_word_on_luck_back(compared):
    key = compared.runs[-1].key
    found = plan.result(key)
    assert found is not None
    cache.results().put(key, replace(found, partial=True))
    try:
        assert "nothing can be said about luck" not in said(
            at_sign_off(compared.changed(winner=Winner(key, 0, 0)))
        )
    finally:
        cache.results().put(key, found)
