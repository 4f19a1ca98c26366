"""Rows to resemble: given on the Data page, kept by fingerprint, used by Compare, told to the CLI."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.data.load import load
from core.foundation.errors import ColumnError, DataError
from core.model.dataset import Dataset
from core.model.recipe import Choice
from pages.ui.compare.choices import missing_needs
from pages.ui.compare.take_away import command_line
from pages.ui.shared import app_state, cache, kept_runs, target_rows, visitor
from pages.ui.shared.app_state import AppState

WORDS = {
    "parcel": "the parcel is late and the courier lost it",
    "refund": "please refund my card the money is missing",
}


def texts(kinds: list[str], key: str = "key", body: str = "body") -> bytes:
    lines = [f"{key},{body},kind"]
    lines += [f"r{at:03},{WORDS[kind]} case {at % 7},{kind}" for at, kind in enumerate(kinds)]
    return ("\n".join(lines) + "\n").encode()


def tickets() -> Dataset:
    return load(texts(["parcel", "refund"] * 40), name="tickets.csv")


ALL = {"features": "text:body", "groups": "kmeans:2", "budget": "16", "seeds": 1, "band": 19}
DSIR = (Choice("random"), Choice("dsir"))


def on_data(drive: SimpleNamespace, **changes: object):  # type: ignore[no-untyped-def]
    return drive.opened(drive.state_of(tickets(), **{**ALL, **changes}), "data.py")


def give(at, name: str, body: bytes):  # type: ignore[no-untyped-def]
    at.file_uploader(key="data_target").upload(name, body, "text/csv").run()
    assert not at.exception
    target = at.session_state["app"].target
    if target is not None:  # so that a test may look at what this tab alone could open
        place = at.session_state["_tab_brought"][target.fingerprint]
        cache.stored_datasets().allow(target.fingerprint, visitor.SAMPLES, place)
    return at


def test_a_target_makes_dsir_run_and_draws_rows_like_it(drive: SimpleNamespace) -> None:
    at = on_data(drive, strategies=DSIR)
    before = at.session_state["app"]
    assert missing_needs.lacking(Choice("dsir"), cache.study(before))
    at.switch_page("compare.py").run()
    assert "Will not run: it needs target rows" in drive.said(at)
    at.switch_page("data.py").run()

    give(at, "wanted.csv", texts(["refund"] * 12))
    now = at.session_state["app"]
    assert (now.target.name, now.target.rows, now.target.source) == ("wanted.csv", 12, "upload")
    assert now.recipe.target == {"name": "wanted.csv", "fingerprint": now.target.fingerprint}
    assert cache.stored_datasets().has(at.session_state["_tab_brought"][now.target.fingerprint])
    assert kept_runs.run_key(now) != kept_runs.run_key(before)
    study = cache.study(now)
    assert not missing_needs.lacking(Choice("dsir"), study)
    at.switch_page("compare.py").run()
    assert not at.exception
    assert "Will not run" not in drive.said(at)

    found = study.compare(DSIR, 16, band=19)
    chosen = found.results[1].selections[0].rows
    kinds = study.data.frame["kind"].to_numpy()[chosen]
    assert np.mean(kinds == "refund") > 0.9


def test_a_target_that_lacks_the_text_is_refused_in_place(drive: SimpleNamespace) -> None:
    at = give(on_data(drive), "wanted.csv", texts(["refund"] * 12, body="words"))
    assert "the target's columns are key, kind, words" in drive.said(at)
    assert at.session_state["app"].target is None
    assert at.session_state["app"].recipe.target is None


def test_a_target_can_be_removed(drive: SimpleNamespace) -> None:
    at = give(on_data(drive), "wanted.csv", texts(["refund"] * 12))
    at.button(key="data_target_clear").click().run()
    now = at.session_state["app"]
    assert now.target is None
    assert now.recipe.target is None


def test_selected_rows_become_the_target_and_come_back_from_their_file(drive: SimpleNamespace) -> None:
    data = tickets()
    rows = np.flatnonzero(data.frame["kind"].to_numpy() == "refund")
    begun = drive.state_of(data, **ALL).changed(picked=app_state.RowSet.of(rows, len(data), "group 'refund'"))
    at = drive.opened(begun, "data.py")
    at.button(key="data_target_rows").click().run()
    assert not at.exception
    now = at.session_state["app"]
    assert (now.target.rows, now.target.source) == (40, "selection")
    target = cache.target(now.recipe)
    again = load(target_rows.file_of(target)(), name=target_rows.FILE)
    assert again.fingerprint.digest == now.recipe.target["fingerprint"]
    assert target_rows.word(now, now.recipe) == "target.parquet"


def test_the_command_line_names_the_target(drive: SimpleNamespace) -> None:
    at = give(on_data(drive, strategies=DSIR), "my wanted.csv", texts(["refund"] * 12))
    now = at.session_state["app"]
    word = target_rows.word(now, now.recipe)
    line = command_line.compare_line(now.recipe, "upload", "tickets.csv", word)
    assert "--target 'my wanted.csv'" in line
    long = now.recipe.with_(strategies=(Choice("dsir", {"min_tokens": 2}),))
    assert command_line.compare_line(long, "upload", "tickets.csv", word).endswith(
        "--target 'my wanted.csv' --out comparison"
    )


def test_a_project_keeps_the_target_and_says_when_it_is_gone(drive: SimpleNamespace) -> None:
    at = give(on_data(drive, strategies=DSIR), "wanted.csv", texts(["refund"] * 12))
    now = at.session_state["app"]
    back = AppState.from_bytes(now.to_bytes())
    assert back == now
    assert len(cache.study(back).target_data) == 12  # type: ignore[arg-type]
    lost = back.recipe.with_(target={"name": "gone.csv", "fingerprint": "0" * 32})
    with pytest.raises(DataError, match=r"gone\.csv"):
        cache.study(back.changed(recipe=lost))


def test_a_table_target_needs_at_least_one_measured_column(drive: SimpleNamespace) -> None:
    at = drive.opened(drive.sample_state("wine"), "data.py")
    give(at, "other.csv", b"a,b\n1,2\n3,4\n")
    assert at.session_state["app"].target is None
    with pytest.raises(ColumnError):
        raise_again(at)


def raise_again(at) -> None:  # type: ignore[no-untyped-def]
    raise at.session_state["_tab_data_error"]
