"""Sign off: one subset, its record, a name under it; and verifying what somebody else exported."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.comparison import saved
from core.model.decision import Decision
from core.model.recipe import Choice
from core.notebook import zip_bundle
from core.signoff.verification import Check, Verification
from core.signoff.verify import verify
from core.signoff.write_bundle import zip_files
from pages.ui.shared import cache, kept_runs, strips
from pages.ui.shared.app_state import AppState, Winner
from pages.ui.sign_off import signing, verifying

from .._compared import chart_of, chosen_on, finished, opened, said, tab, titles_of


@pytest.fixture(scope="module")
def compared() -> AppState:
    """The state of a tab that has compared the wine sample."""
    state: AppState = finished(finished(tab(opened(), "compare.py"))).session_state["app"]
    return state


def at_sign_off(state: AppState) -> AppTest:
    return tab(state, "sign_off.py")


def taken(test: AppTest) -> signing.ChosenSubset:
    now = test.session_state["app"]
    winner = signing.winner_of(now)
    assert winner is not None
    return signing.chosen_subset(now, winner)


def test_without_data_or_without_a_comparison_the_page_says_where_to_go():
    assert "No data set is open" in said(at_sign_off(AppState()))
    assert "There is no subset yet" in said(at_sign_off(opened()))


def test_the_taken_subset_is_shown_in_numbers(compared):
    run = compared.runs[-1].key
    test = at_sign_off(compared.changed(winner=Winner(run, 2, 0)))
    text = said(test)
    assert "35 of 178 rows" in text
    assert "totals and means of the data set cannot be estimated" in text
    assert len(test.get("plotly_chart")) == 1
    assert titles_of(test, "sign_off") == [("C · k-center (greedy)", "35 rows")]
    chosen = taken(test).selection
    assert chosen is not None
    assert chosen_on(test, "sign_off") == [chosen.rows.tolist()]
    assert test.selectbox(key="sign_slot").value == 2
    spec = chart_of(test, "cmp_strips_sign")
    letters = {trace["text"][0] for trace in spec["data"] if trace["mode"] == "markers+text"}
    assert letters == {"<b>C</b>"}


def test_weights_are_told_where_there_are_some(compared):
    test = at_sign_off(compared.changed(winner=Winner(compared.runs[-1].key, 0, 0)))
    assert "design weights, summing to 178" in said(test)


def decide(test: AppTest, what: str = "approve") -> None:
    """Choose a decision; none is chosen for the reader."""
    test.segmented_control(key=signing.draft_key("outcome", taken(test))).set_value(what)


def test_no_decision_is_chosen_for_the_reader(compared):
    test = at_sign_off(compared)
    assert test.segmented_control(key=signing.draft_key("outcome", taken(test))).value is None
    test.text_input(key="sign_name").set_value("Ada")
    test.text_area(key=signing.draft_key("reason", taken(test))).set_value("covers all cultivars")
    test.button[[b.label for b in test.button].index("Sign")].click().run()
    assert "no decision is chosen" in "".join(str(e.proto) for e in test.error).lower()
    assert test.session_state["app"].signoff is None
    decide(test, "reject")
    test.button[[b.label for b in test.button].index("Sign")].click().run()
    assert test.session_state["app"].signoff.decision == "reject"


def test_a_signature_needs_a_name_and_a_reason(compared):
    test = at_sign_off(compared)
    test.text_input(key="sign_name").set_value("Ada")
    decide(test)
    test.button[[b.label for b in test.button].index("Sign")].click().run()
    assert "incomplete" in "".join(str(e.proto) for e in test.error)
    assert test.session_state["app"].signoff is None


def test_signing_goes_into_the_bundle_and_another_subset_needs_another_signature(compared):
    test = at_sign_off(compared)
    test.text_input(key="sign_name").set_value("Ada")
    test.text_area(key=signing.draft_key("reason", taken(test))).set_value("covers <all> *cultivars*")
    decide(test)
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


def test_a_reason_and_an_outcome_are_not_carried_over_to_another_subset(compared):
    test = at_sign_off(compared.changed(winner=Winner(compared.runs[-1].key, 0, 0)))
    said_of = {}
    for slot in (0, 1):
        test.selectbox(key="sign_slot").set_value(slot).run()
        one = taken(test)
        reason = test.text_area(key=signing.draft_key("reason", one))
        outcome = test.segmented_control(key=signing.draft_key("outcome", one))
        said_of[slot] = (reason.value, outcome.value)
        reason.set_value("lacks a cultivar")
        outcome.set_value("reject")
        test.run()
    assert said_of[1] == said_of[0] == ("", None)


def test_the_rows_are_drawn_again_where_the_comparison_is_gone(compared):
    run = compared.runs[-1].key
    before = taken(at_sign_off(compared)).selection
    found = cache.results().get(run)
    cache.results().put(run, None)
    cache.store().drop(saved.KIND, saved.address(run))
    try:
        test = finished(at_sign_off(compared))
        assert taken(test).selection.rows.tolist() == before.rows.tolist()
        assert "not kept any more" in said(test)
    finally:
        cache.results().put(run, found)
        saved.keep(cache.store(), run, found)


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
    assert "Exit code 0 on the command line: integrity and replay hold." in said(test)
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
    found = taken(test).comparison
    assert found is not None
    shown = {}
    for seed in (0, 2):
        test.selectbox(key="sign_seed").set_value(seed).run()
        assert not test.exception
        assert f"the one draw that you sign, of seed {seed}." in said(test)
        assert "The strategy, by 3 seeds: not distinguishable" in said(test)
        alone = strips.one_subset(found, 0, seed)
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
    found = kept_runs.result(now.runs[-1].key)
    assert found is not None
    test = at_sign_off(now.changed(winner=Winner(now.runs[-1].key, 0, found.seed + 2)))
    text = said(test)
    assert f"The strategy, by 3 seeds: {found.verdict_phrases(0)[0]}" in text.replace("\\", "")
    assert "distinct rows in 20 draws." not in text.split("What will be recorded")[0]


def test_a_stop_during_the_probe_takes_no_word_on_luck_back(compared):
    key = compared.runs[-1].key
    found = kept_runs.result(key)
    assert found is not None
    cache.results().put(key, replace(found, partial=True))
    try:
        assert "nothing can be said about luck" not in said(
            at_sign_off(compared.changed(winner=Winner(key, 0, 0)))
        )
    finally:
        cache.results().put(key, found)


def test_what_is_recorded_is_told_in_the_tense_that_is_true(compared):
    test = at_sign_off(compared)
    assert "What will be recorded" in said(test)
    assert "What was signed" not in said(test)
    test.text_input(key="sign_name").set_value("Ada")
    test.text_area(key=signing.draft_key("reason", taken(test))).set_value("covers all cultivars")
    decide(test)
    test.button[[b.label for b in test.button].index("Sign")].click().run()
    assert "What was signed" in said(test)
    assert "will be" not in said(test)
    test.button(key="sign_undo").click().run()
    assert "What will be recorded" in said(test)


def answered(test, packed, data=None):
    """What the page says of a bundle, beside the data that is open."""
    test.segmented_control(key="sign_tab").set_value("Verify a bundle").run()
    if data is not None:
        test.toggle(key="sign_own").set_value(False).run()
        test.file_uploader(key="sign_data").upload("data.csv", data).run()
    test.file_uploader(key="sign_bundle").upload("bundle.zip", packed).run()
    test.button(key="sign_verify").click().run()
    finished(test)
    assert not test.exception
    titles = "".join(str(box.proto) for box in (*test.error, *test.warning, *test.success))
    return f"{titles}\n{said(test)}".replace("\\", "")


def test_a_sign_off_that_does_not_hold_is_told_as_a_claim(compared):
    test = at_sign_off(compared)
    one = taken(test)
    chosen = one.selection
    assert chosen is not None
    packed = zip_bundle(one.study, chosen, sign=Decision("Ada", "covers all", role="lead"))
    text = answered(test, packed)
    assert "Approved by **Ada**, lead, " in text
    assert "laim" not in text

    def forged(change):
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(files["manifest.json"])
        change(manifest)
        return zip_files({**files, "manifest.json": json.dumps(manifest).encode()})

    text = answered(test, forged(lambda manifest: manifest["signoff"].update(reason="Holds every group")))
    assert "Approved by" not in text
    assert "Claims to be approved by **Ada**, lead, " in text
    assert "this sign-off does not hold, see below. The reason it gives: “Holds every group”" in text
    assert "the check that fails is of the sign-off: The sign-off was changed after it was written" in text
    text = answered(test, forged(lambda manifest: manifest.update(digest="0" * 64)))
    assert "Approved by" not in text
    assert "the manifest that it signs does not hold" in text
    assert "the data or the record was changed." in text
    body = one.study.data.frame.iloc[1:].to_csv(index=False).encode()
    text = answered(test, packed, body)
    assert "Approved by **Ada**" in text
    assert "describes the record as it was written; what was found here differs" in text


def test_a_bundle_of_an_earlier_version_is_told_in_plain_words(compared):
    old = Path(__file__).parents[2] / "core" / "signoff" / "old_bundles"
    packed = zip_files({one.name: one.read_bytes() for one in (old / "reading-1-k-center").iterdir()})
    text = answered(at_sign_off(compared), packed, (old / "data.csv").read_bytes())
    assert "Intact, but not drawn again" in text
    assert "The data, the record and the subset are unchanged, as far as this version can read them." in text
    assert "drawn with version 1 of the rules for reading files, which this program no longer has" in text
    assert (
        "“A holds as far as it can be read by this version; replay not checked: made by version 1.”" in text
    )
    assert "nothing was drawn again, because what made the bundle no longer exists" in text
    assert "another environment" not in text


@pytest.mark.parametrize(
    ("found", "title", "words"),
    [
        (Verification((), 0), "It verifies", "integrity and replay hold"),
        (Verification((Check("A", "data", "fails", ""),), 1), "It does not verify", "record was changed"),
        (Verification((Check("B", "replay", "differs", ""),), 1), "It does not verify", "another subset"),
        (Verification((), 3, gone="version 1"), "Intact, but not drawn again", "no longer exists"),
        (
            Verification((), 3, gone="version 1", unread=True),
            "the data not confirmed",
            "the data not confirmed, and nothing",
        ),
        (Verification((Check("B", "replay", "differs", ""),), 3), "the replay moved", "made again"),
        (Verification((Check("A", "features", "differs", ""),), 3), "the features moved", "made again"),
    ],
)
def test_title_and_exit_code_say_what_applies(found, title, words):
    assert title in verifying.title(found)
    assert words in verifying.exit_words(found)
