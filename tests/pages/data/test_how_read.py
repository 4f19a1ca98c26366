"""How a file was read, told and changed on the Data page."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.model.dataset import Kind
from core.model.recipe import Recipe
from pages.ui.compare.take_away import command_line
from pages.ui.shared import cache, opening, visitor
from pages.ui.shared.app_state import AppState

FRAME = pd.DataFrame({"key": [f"k{at}" for at in range(30)], "price": [at / 2 for at in range(30)]})
OTHER = pd.DataFrame({"word": [f"word {at}" for at in range(9)], "size": [at % 4 for at in range(9)]})
LABELS = {"Worksheet": "sheet", "Row that": "header", "Encoding": "encoding", "Separator": "delimiter"}


def workbook(**sheets: pd.DataFrame) -> bytes:
    body = io.BytesIO()
    with pd.ExcelWriter(body) as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False)
    return body.getvalue()


BOOK = workbook(May=FRAME, April=OTHER)


def opened(drive: SimpleNamespace, name: str, body: bytes) -> AppTest:
    at: AppTest = drive.frame().run()
    at.file_uploader(key="data_upload").upload(name, body, "x").run()
    assert not at.exception
    return at


def fields(at: AppTest) -> dict[str, object]:
    """What is offered, by the name of the choice."""
    return {
        LABELS[start]: field
        for field in [*at.selectbox, *at.text_input]
        for start in LABELS
        if field.label.startswith(start)
    }


def choose(at: AppTest, **chosen: str) -> AppTest:
    for name, value in chosen.items():
        fields(at)[name].set_value(value)  # type: ignore[attr-defined]
    at.button(key="data_how_again").click().run()
    assert not at.exception
    return at


def data_of(at: AppTest) -> tuple[AppState, dict[str, str]]:
    """State of the tab, and how its data set was read."""
    place = at.session_state["_tab_brought"][at.session_state["app"].data.fingerprint]
    found = cache.held(place)
    assert found is not None
    return at.session_state["app"], dict(found.reading)


def test_another_sheet_is_read_and_back(drive: SimpleNamespace) -> None:
    at = opened(drive, "book.xlsx", BOOK)
    first = at.session_state["app"]
    assert list(fields(at)) == ["sheet", "header"]
    assert fields(at)["sheet"].options == ["May", "April"]  # type: ignore[attr-defined]
    choose(at, sheet="April")
    state, reading = data_of(at)
    expected = load(BOOK, name="book.xlsx", sheet="April")
    assert (state.data.fingerprint, state.data.rows) == (expected.fingerprint.digest, 9)  # type: ignore[union-attr]
    assert (reading, state.recipe.reading) == ({"sheet": "April", "header": "1"}, {"sheet": "April"})
    assert "The worksheet 'April' was read, as chosen; not 'May'" in drive.said(at)
    at.switch_page("methods.py").run()
    at.switch_page("data.py").run()
    assert fields(at)["sheet"].value == "April"  # type: ignore[attr-defined]
    choose(at, sheet="May")
    assert at.session_state["app"].data.fingerprint == first.data.fingerprint


def test_the_row_of_names_is_chosen_and_left_to_the_content(drive: SimpleNamespace) -> None:
    body = b"1,2\n" + b"".join(b"%d,%d\n" % (at, at * 3 % 7) for at in range(20))
    at = opened(drive, "numbers.csv", body)
    assert set(fields(at)) == {"encoding", "delimiter", "header"}
    choose(at, header="0")
    state, reading = data_of(at)
    assert (state.data.rows, reading["header"], dict(state.recipe.reading)) == (21, "0", {"header": "0"})  # type: ignore[union-attr]
    choose(at, header="1")
    assert at.session_state["app"].data.rows == 20
    choose(at, header="")
    assert dict(at.session_state["app"].recipe.reading) == {}


def test_another_encoding_and_separator_are_read(drive: SimpleNamespace) -> None:
    body = b"id;wort,art;preis\n" + "".join(f"{at};müde,{at};1\n" for at in range(20)).encode("cp1252")
    at = opened(drive, "worte.csv", body)
    assert data_of(at)[1]["encoding"] == "cp1252"
    choose(at, encoding="cp1251", delimiter=",")
    state, reading = data_of(at)
    assert (reading["encoding"], reading["delimiter"]) == ("cp1251", ",")
    assert dict(state.recipe.reading) == {"encoding": "cp1251", "delimiter": ","}
    assert state.data.columns == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"header": "first"}, "header 'first'"),
        ({"header": "900"}, "no row 900"),
        ({"encoding": "utf-8"}, "utf-8"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_fields(
    drive: SimpleNamespace, chosen: dict[str, str], told: str
) -> None:
    body = b"id;wort\n" + "".join(f"{at};müde\n" for at in range(20)).encode("cp1252")
    at = opened(drive, "worte.csv", body)
    before = at.session_state["app"]
    choose(at, **chosen)
    assert at.session_state["app"] == before
    (part,) = [part for part in at.expander if part.label == "How the file was read"]
    assert part.proto.expanded
    assert len(at.error) == len(part.error) == 1
    assert told in f"{part.error[0].proto.title} {part.error[0].value}"
    (name,) = chosen
    assert fields(at)[name].value == chosen[name], "what was typed can be mended"  # type: ignore[attr-defined]


def test_nothing_is_offered_where_a_file_leaves_no_choice(drive: SimpleNamespace) -> None:
    at = drive.frame()
    at.session_state["app"] = drive.sample_state("wine")
    at.run()
    assert not at.exception
    assert not fields(at)
    sink = io.BytesIO()
    FRAME.to_parquet(sink)
    assert not fields(opened(drive, "frame.parquet", sink.getvalue()))


def test_a_file_that_is_not_here_is_asked_for(drive: SimpleNamespace) -> None:
    at = drive.frame()
    at.session_state["app"] = drive.state_of(load(BOOK, name="book.xlsx"))
    at.run()
    assert not at.exception
    assert not fields(at)
    assert "choose it again to read it in another way" in drive.said(at)


def test_who_has_the_same_table_of_another_file_does_not_open_mine(drive: SimpleNamespace) -> None:
    """Only the sheet that was read is the same, and all may read it; the others of one are nobody else's."""
    public = drive.state_of(load(BOOK, name="twins.xlsx"))
    one = opened(drive, "twins.xlsx", workbook(May=FRAME, April=OTHER))
    two = opened(drive, "twins.xlsx", workbook(May=FRAME, April=OTHER.iloc[::-1].assign(size=7)))
    assert one.session_state["app"].data.fingerprint == two.session_state["app"].data.fingerprint
    one.run()
    for at, body in ((one, OTHER), (two, OTHER.assign(size=7))):
        choose(at, sheet="April")
        found = cache.held(at.session_state["_tab_brought"][at.session_state["app"].data.fingerprint])
        assert found is not None
        assert sorted(found.frame["size"]) == sorted(body["size"])
    for state, seen in ((public, True), (one.session_state["app"], False)):
        third = drive.frame()
        third.session_state["app"] = state
        third.run()
        assert not fields(third)
        assert ("30 rows" in drive.said(third)) == seen


def test_a_file_of_the_folder_is_read_in_another_way(
    drive: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "book.xlsx").write_bytes(BOOK)
    monkeypatch.setenv(visitor.FOLDER, str(tmp_path))
    at = drive.frame().run()
    at.selectbox(key="data_file").select("book.xlsx").run()
    at.button(key="data_open_file").click().run()
    choose(at, sheet="April")
    state, reading = data_of(at)
    assert (state.data.source, reading["sheet"]) == ("folder:book.xlsx", "April")  # type: ignore[union-attr]
    (tmp_path / "book.xlsx").unlink()
    choose(at, header="0")
    assert at.error
    assert at.session_state["app"] == state


def test_words_for_missing_are_taken_and_taken_back(drive: SimpleNamespace) -> None:
    """The file is read again, so its sheet, its row numbers, and its cells that held a word are there."""
    frame = FRAME.assign(price=[*["-"] * 3, *range(27)]).iloc[::-1]
    at = opened(drive, "book.xlsx", workbook(April=OTHER, May=frame))
    choose(at, sheet="May")
    before = at.session_state["app"]
    for words, missing in (("-", 3), ("", 0)):
        at.text_input(key="data_missing").set_value(words)
        at.button(key="data_reread").click().run()
        assert not at.exception
        state, reading = data_of(at)
        found = cache.held(at.session_state["_tab_brought"][state.data.fingerprint])  # type: ignore[union-attr]
        assert found is not None
        assert (int(found.frame["price"].isna().sum()), reading["sheet"]) == (missing, "May")
        assert dict(state.recipe.reading) == {"sheet": "May"}
        rows = dict(zip(found.frame["key"], found.order, strict=True))
        assert (rows["k0"], rows["k29"]) == (29, 0), "row numbers are those of the file"
    assert state.data.fingerprint == before.data.fingerprint  # type: ignore[union-attr]


def again() -> None:
    import streamlit as st

    from pages.ui.data import reopening, roles
    from pages.ui.shared import opening, state

    if "clicked" not in st.session_state:
        st.session_state["clicked"] = True
        reopening.read_again(roles.current(), state.app(), ("k3",), "")
    job = opening.opening()
    if job is not None:
        job.finished.wait(30)
    opening.settle()


def test_without_its_file_a_table_read_anew_is_still_of_that_file(drive: SimpleNamespace) -> None:
    body = workbook(May=FRAME.iloc[::-1], April=OTHER)
    before = drive.state_of(load(body, name="book.xlsx"))
    at = AppTest.from_function(again, default_timeout=60)
    at.session_state["app"] = before
    at.run()
    assert not at.exception
    _, reading = data_of(at)
    found = cache.held(at.session_state["_tab_brought"][at.session_state["app"].data.fingerprint])
    assert found is not None
    assert reading == {"sheet": "May", "header": "1"}
    assert found.frame["key"].isna().sum() == 1
    rows = dict(zip(found.frame["key"].dropna(), found.order[found.frame["key"].notna()], strict=True))
    assert (rows["k0"], rows["k29"]) == (29, 0), "row numbers are those of the file"
    assert any("'May' was read" in note for note in found.notes)


def test_a_role_set_by_hand_is_kept_where_its_column_is(drive: SimpleNamespace) -> None:
    text = "id;wort;preis\n" + "".join(f"{at};müde {at};{at % 3}\n" for at in range(20))
    at = opened(drive, "worte.csv", text.encode("cp1252"))
    now = at.session_state["app"]
    at.session_state["app"] = now.changed(recipe=now.recipe.with_(roles={"preis": "score"}, budget="7"))
    at.run()
    choose(at, encoding="cp1250")
    state = at.session_state["app"]
    assert (state.recipe.roles, state.recipe.budget) == ({"preis": "score"}, "7")
    choose(at, header="0")
    state = at.session_state["app"]
    assert (state.recipe.roles, state.recipe.budget) == ({}, Recipe().budget)
    assert state.recipe.reading == {"encoding": "cp1250", "header": "0"}


def test_an_id_chosen_by_hand_is_kept_where_its_column_is(drive: SimpleNamespace) -> None:
    text = "id;wort;preis\n" + "".join(f"{at};müde {at};{at % 3}\n" for at in range(20))
    at = opened(drive, "worte.csv", text.encode("cp1252"))
    at.selectbox(key="data_id").select("wort")
    at.button(key="data_reread").click().run()
    assert at.session_state["app"].recipe.id_column == "wort"
    choose(at, encoding="cp1250")
    place = at.session_state["_tab_brought"][at.session_state["app"].data.fingerprint]
    found = cache.held(place)
    assert found is not None
    assert (found.fingerprint.id_column, found.roles["wort"].kind) == ("wort", Kind.ID)
    choose(at, header="0")
    assert at.session_state["app"].recipe.id_column is None


def test_a_project_that_waits_for_its_file_reads_it_as_before(drive: SimpleNamespace) -> None:
    at = opened(drive, "book.xlsx", BOOK)
    choose(at, sheet="April")
    saved = at.session_state["app"].changed(recipe=at.session_state["app"].recipe.with_(budget="3"))
    waits = drive.frame()
    waits.session_state["app"] = saved
    waits.run()
    waits.file_uploader(key="data_upload").upload("book.xlsx", BOOK, "x").run()
    assert not waits.exception
    state, reading = data_of(waits)
    assert (state.recipe.budget, reading["sheet"]) == ("3", "April")
    assert state.data.fingerprint == saved.data.fingerprint  # type: ignore[union-attr]


def test_columns_kept_as_text_are_told_above_the_columns(drive: SimpleNamespace) -> None:
    body = b"id;price\n" + b"".join(b"%d;%d,5\n" % (at, at) for at in range(20))
    at = opened(drive, "komma.csv", body)
    (told,) = [caption.value for caption in at.caption if "price" in caption.value]
    assert "is read as text because of their spelling" in told


def test_the_line_for_a_terminal_says_how_the_file_is_read() -> None:
    recipe = Recipe(reading={"sheet": "My sheet", "delimiter": "\t", "header": "0"})
    line = command_line.compare_line(recipe, "upload", "a.csv")
    assert "--delimiter tab --header 0 --sheet 'My sheet'" in line


def test_the_recipe_that_fits_other_columns_holds_how_they_are_read() -> None:
    data = load(b"a,b\n1,x\n2,y\n", name="a.csv")
    recipe = Recipe(reading={"header": "1"}, missing=("-",), id_column="", label="b", roles={"b": "label"})
    assert opening.fitting(recipe, data, frozenset({"a", "b"})) == recipe
    assert opening.fitting(recipe, data, frozenset()) == recipe
    other = opening.fitting(recipe, data, frozenset({"a", "b", "c"}))
    assert other == Recipe(reading={"header": "1"}, missing=("-",), roles={"b": "label"})
    kept = opening.fitting(recipe.with_(id_column="a"), data, frozenset({"a"}))
    assert kept == other.with_(id_column="a")


def test_id_and_words_for_missing_are_those_in_force(drive: SimpleNamespace) -> None:
    """They were typed for a data set; another one has its own."""
    at = opened(drive, "book.xlsx", workbook(April=OTHER.assign(word="same"), May=FRAME))
    at.text_input(key="data_missing").set_value("3")
    at.button(key="data_reread").click().run()
    assert at.session_state["app"].recipe.missing == ("3",)
    assert at.text_input(key="data_missing").value == "3"
    assert at.selectbox(key="data_id").value.startswith("— no id column")
    choose(at, sheet="May")
    assert at.text_input(key="data_missing").value == "3"
    assert at.selectbox(key="data_id").value == "key"
    at.switch_page("methods.py").run()
    at.switch_page("data.py").run()
    assert at.selectbox(key="data_id").value == "key"
    at.button(key="data_sample_wine").click().run()
    waiting = at.session_state["_tab_opening"]
    if waiting is not None:
        assert waiting.job.finished.wait(120)
        at.run()
    assert at.text_input(key="data_missing").value == ""
