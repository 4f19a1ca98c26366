"""The Data page: samples, uploads, refusals, roles, ids."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.data.samples import SAMPLES
from core.foundation.errors import ColumnError
from core.model.dataset import Kind
from pages.ui.data import column_profile
from pages.ui.shared import cache, opening, tables, visitor
from pages.ui.shared.app_state import AppState

CSV = b"key,body,kind,price\n" + b"".join(
    b"k%d,the %s parcel number %d,%s,%d\n" % (at, word, at, word, at % 5)
    for at, word in enumerate([b"late", b"lost", b"broken"] * 10)
)


def open_file(drive: SimpleNamespace, name: str, body: bytes):  # type: ignore[no-untyped-def]
    at = drive.frame().run()
    at.file_uploader(key="data_upload").upload(name, body, "text/csv").run()
    return at


def test_an_empty_page_offers_every_sample_and_an_upload(drive: SimpleNamespace) -> None:
    at = drive.frame().run()
    assert not at.exception
    for name, sample in SAMPLES.items():
        assert at.button(key=f"data_sample_{name}").label == sample.label
        assert sample.sentence in drive.said(at)
    assert at.file_uploader(key="data_upload").label
    assert "No data set is open" in drive.said(at)


def test_one_click_opens_a_sample(drive: SimpleNamespace) -> None:
    at = drive.frame().run()
    at.button(key="data_sample_wine").click().run()
    waiting = at.session_state["_tab_opening"]
    if waiting is not None:
        assert waiting.job.finished.wait(120)
        at.run()
    assert not at.exception
    state = at.session_state["app"]
    assert (state.data.name, state.data.rows, state.data.source) == ("wine", 178, "sample:wine")
    assert state.recipe.label == "cultivar"
    assert at.button(key="data_compare").label == "Compare four subsets →"
    assert cache.stored_datasets().has(at.session_state["_tab_brought"][state.data.fingerprint])


def test_an_upload_is_read_at_once_and_survives_leaving_the_page(drive: SimpleNamespace) -> None:
    at = open_file(drive, "parcels.csv", CSV)
    state = at.session_state["app"]
    assert (state.data.name, state.data.rows) == ("parcels.csv", 30)
    at.switch_page("methods.py").run()
    at.switch_page("data.py").run()
    assert not at.exception
    assert "parcels" in drive.said(at)
    assert "30 rows" in drive.said(at)


def workbook(sheets: dict[str, pd.DataFrame]) -> bytes:
    body = io.BytesIO()
    with pd.ExcelWriter(body) as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False)
    return body.getvalue()


def test_what_the_reading_found_is_told_beside_the_data(drive: SimpleNamespace) -> None:
    frame = pd.read_csv(io.BytesIO(CSV))
    at = open_file(drive, "book.xlsx", workbook({"May": frame, "April": frame.head(3)}))
    assert not at.exception
    told = [caption.value for caption in at.caption if "'May'" in caption.value]
    assert len(told) == 1
    assert "not 'April'. To read another, name it \\(sheet\\)." in told[0]


def test_the_same_content_of_two_files_is_told_of_each(drive: SimpleNamespace) -> None:
    """In one tab, one after the other, and in two at once: name, sheet and row numbers are the file's."""
    frame = pd.read_csv(io.BytesIO(CSV))
    turned = workbook({"Turned": frame.iloc[::-1], "Other": frame.head(3)})
    one = open_file(drive, "plain.csv", CSV)
    two = open_file(drive, "turned.xlsx", turned)
    assert one.session_state["app"].data.fingerprint == two.session_state["app"].data.fingerprint
    one.run()
    assert "'Turned'" not in drive.said(one)
    one.file_uploader(key="data_upload").upload("turned.xlsx", turned, "x").run()
    for at in (one, two):
        assert "'Turned' was read" in drive.said(at)
        assert at.session_state["app"].data.name == "turned.xlsx"
    found = AppTest.from_function(places, default_timeout=60)
    found.session_state["app"] = two.session_state["app"]
    found.session_state["_tab_brought"] = two.session_state["_tab_brought"]
    found.run()
    assert not found.exception
    last = len(frame)
    assert found.text[0].value == f"k0 is row {last:,} of the file; turned.xlsx; Turned"


def places() -> None:
    import numpy as np
    import streamlit as st

    from pages.ui.shared import cache, state

    data = cache.study(state.app()).data
    row = int(np.flatnonzero((data.frame["key"] == "k0").to_numpy())[0])
    st.text(f"k0 is row {int(data.order[row]) + 1} of the file; {data.name}; {data.reading['sheet']}")


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("empty.csv", b"", "empty"),
        ("head.csv", b"a,b\n", "no rows"),
        ("model.pkl", b"\x80\x04\x95\x00.", "pickle"),
        ("cut.parquet", b"PAR1 and then nothing", "cut.parquet"),
    ],
)
def test_what_cannot_be_read_is_said_in_place(
    drive: SimpleNamespace, name: str, body: bytes, told: str
) -> None:
    at = drive.frame().run()
    at.session_state["app"] = drive.sample_state("wine")
    before = at.session_state["app"]
    at.run()
    at.file_uploader(key="data_upload").upload(name if name[-3:] != "pkl" else "a.csv", body, "x").run()
    assert not at.exception
    titles = " ".join(f"{box.proto.title} {box.value}" for box in at.error)
    assert told in titles
    assert "What to do" in titles or "choose" in titles
    assert at.session_state["app"].data == before.data, "what was open stays open"


def edit() -> None:
    """What the editor's callback does, without the editor (it cannot be driven here)."""
    import streamlit as st

    from pages.ui.data import roles
    from pages.ui.shared import state

    state.begin()
    roles.take("edit", st.session_state["names"])


def edited(state: AppState, column: str, role: str) -> AppTest:
    names = list(cache.map_study(state).data.roles)
    at = AppTest.from_function(edit, default_timeout=60)
    at.session_state["app"] = state
    at.session_state["names"] = names
    at.session_state["edit"] = {"edited_rows": {str(names.index(column)): {"role": role}}}
    return at.run()


def parcels(drive: SimpleNamespace) -> AppState:
    made: AppState = drive.state_of(load(CSV, name="parcels.csv"))
    return made


def test_a_role_is_changed_in_the_table(drive: SimpleNamespace) -> None:
    before = parcels(drive)
    at = edited(before, "price", "score")
    assert not at.exception
    state = at.session_state["app"]
    assert state.recipe.roles == {"price": "score"}
    assert state.data == before.data
    assert cache.map_study(state).data.roles["price"].kind is Kind.SCORE
    assert "price is score" in state.log[-1].text


def test_entities_and_times_are_set_in_the_table(drive: SimpleNamespace) -> None:
    body = b"id,person,year,note\n" + b"".join(b"%d,p%d,%d,x\n" % (at, at % 4, 1990 + at) for at in range(24))
    before = drive.state_of(load(body, name="years.csv"))
    state = edited(edited(before, "person", "entity").session_state["app"], "year", "time").session_state[
        "app"
    ]
    assert state.recipe.roles == {"person": "entity", "year": "time"}
    study = cache.map_study(state)
    assert (study.entity_column(), study.time_column()) == ("person", "year")
    entities, times = study.entities(), study.times()
    assert entities is not None
    assert times is not None
    assert len(set(entities.tolist())) == 4
    assert sorted(times.tolist()) == [1990.0 + at for at in range(24)]
    at = drive.frame()
    at.session_state["app"] = state
    at.run()
    assert not at.exception
    shown = at.dataframe[0].value.set_index("column")["role"]
    assert (shown["person"], shown["year"]) == ("entity", "time")
    refused = edited(state, "note", "time")
    assert isinstance(refused.session_state["_tab_data_error"], ColumnError)


def test_a_role_that_does_not_fit_is_refused_and_nothing_changes(drive: SimpleNamespace) -> None:
    before = parcels(drive)
    at = edited(before, "kind", "number")
    assert not at.exception
    assert at.session_state["app"] == before
    assert isinstance(at.session_state["_tab_data_error"], ColumnError)


def test_another_id_column_is_another_data_set(drive: SimpleNamespace) -> None:
    before = parcels(drive)
    state = edited(before, "body", "id").session_state["app"]
    assert state.data.fingerprint != before.data.fingerprint  # type: ignore[union-attr]
    assert cache.dataset(state).fingerprint.id_column == "body"


@pytest.mark.parametrize(
    ("id_column", "stays"), [(None, "The id stays 'key'."), ("", "Rows stay identified by")]
)
def test_a_repeated_id_is_refused_and_what_stays_is_said(
    drive: SimpleNamespace, id_column: str | None, stays: str
) -> None:
    before = drive.state_of(load(CSV, name="parcels.csv", id_column=id_column))
    at = edited(before, "kind", "id")
    assert at.session_state["app"] == before
    page = drive.frame()
    for name in ("app", "_tab_data_error", "_tab_data_error_part"):
        page.session_state[name] = at.session_state[name]
    page.run()
    assert page.error
    assert stays in drive.said(page)
    other = edited(before, "kind", "number")
    page.session_state["_tab_data_error_part"] = other.session_state["_tab_data_error_part"]
    page.run()
    assert page.error
    assert stays not in drive.said(page), "what is refused is not an id"


def test_an_id_refused_in_its_own_field_stays_too(drive: SimpleNamespace) -> None:
    at = open_file(drive, "parcels.csv", CSV)
    before = at.session_state["app"]
    at.selectbox(key="data_id").select("kind")
    at.button(key="data_reread").click().run()
    assert not at.exception
    assert at.session_state["app"] == before
    assert at.error
    assert "The id stays 'key'." in drive.said(at)


def test_files_of_the_folder_stay_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "given"
    (root / "deep").mkdir(parents=True)
    (tmp_path / "secret.csv").write_bytes(CSV)
    (root / "a.csv").write_bytes(CSV)
    (root / "deep" / "b.csv").write_bytes(CSV)
    (root / ".hidden.csv").write_bytes(CSV)
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert opening.files(root) == ["a.csv", "deep/b.csv"]
    monkeypatch.setenv(visitor.FOLDER, str(root))
    assert visitor.folder() == root
    monkeypatch.setenv(visitor.FOLDER, str(tmp_path / "nowhere"))
    assert visitor.folder() is None


def test_a_file_of_the_folder_is_opened(
    drive: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parcels.csv").write_bytes(CSV)
    monkeypatch.setenv(visitor.FOLDER, str(tmp_path))
    at = drive.frame().run()
    at.selectbox(key="data_file").select("parcels.csv").run()
    at.button(key="data_open_file").click().run()
    assert not at.exception
    assert at.session_state["app"].data.source == "folder:parcels.csv"


def test_the_table_of_columns_says_what_each_holds() -> None:
    body = b"id,text,n,when\n1,hello there,1.5,2026-01-01\n2,,2.5,2026-01-02\n3,x,,2026-01-03\n"
    data = load(body, name="a.csv", vectors={"v": np.eye(3, dtype=np.float32)})
    table = column_profile.profile(data, list(data.roles)).set_index("column")
    assert table.loc["text", "missing"] == pytest.approx(1 / 3)
    assert table.loc["text", "distinct"] == 2
    assert table.loc["v", "example"] == "3 numbers"
    assert [sum(table.loc[name, "bars"]) for name in ("n", "when", "id", "v")] == [2, 3, 0, 0]


def test_search_looks_everywhere_and_ignores_case() -> None:
    data = load(b"id,text,n\n1,Refund (.*) please,10\n2,other,20\n3,,30\n", name="a.csv", id_column="id")
    found = {text: sorted(data.frame["id"][tables.contains(data, text)]) for text in ("REFUND", "(.*)", "20")}
    assert found == {"REFUND": [1], "(.*)": [1], "20": [2]}


@pytest.mark.parametrize("cells", [["170000000000000001", "170000000000000039"], ["-1.7e308", "1.7e308"]])
def test_bars_of_numbers_that_are_hard_to_tell_apart_or_far_apart(cells: list[str]) -> None:
    rows = "".join(f"{at},{cells[at % 2]}\n" for at in range(40))
    data = load(f"id,n\n{rows}".encode(), name="a.csv", roles={"n": "number"})
    table = column_profile.profile(data, ["n"])
    assert sum(table["bars"][0]) == 40
