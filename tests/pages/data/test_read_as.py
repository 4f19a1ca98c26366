"""The form of a column's cells on the Data page: what is offered, tried, taken and taken back."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.model.dataset import Dataset
from core.model.read_as import ReadAs
from core.model.recipe import Recipe
from pages.ui.compare.take_away import command_line
from pages.ui.data.read_as import try_form
from pages.ui.shared import cache, opening
from pages.ui.shared.app_state import AppState


def body(rows: int = 30) -> bytes:
    lines = [
        f"{at};$1,{at:03}.5;{at % 28 + 1}/{at % 12 + 1}/2020;{at % 9 + 1}/{at % 12 + 1}/2020;"
        f"{'NA' if at % 7 == 0 else at / 2}"
        for at in range(rows)
    ]
    return "\n".join(["id;cost;day;open;price", *lines]).encode()


def opened(drive: SimpleNamespace, name: str = "spelled.csv", data: bytes | None = None) -> AppTest:
    at: AppTest = drive.frame().run()
    at.file_uploader(key="data_upload").upload(name, data or body(), "x").run()
    assert not at.exception
    return at


def data_of(at: AppTest) -> Dataset:
    found = cache.held(at.session_state["_tab_brought"][at.session_state["app"].data.fingerprint])
    assert found is not None
    return found


def recipe_of(at: AppTest) -> Recipe:
    state: AppState = at.session_state["app"]
    return state.recipe


def field(at: AppTest, start: str) -> object:
    (found,) = [one for one in [*at.selectbox, *at.text_input, *at.checkbox] if one.label.startswith(start)]
    return found


def put(at: AppTest, start: str, value: object) -> AppTest:
    field(at, start).set_value(value).run()  # type: ignore[attr-defined]
    assert not at.exception
    return at


def trial(at: AppTest) -> dict[str, str]:
    """What the preview says of each cell."""
    (table,) = [
        one.value for one in at.dataframe if list(one.value.columns) == ["in the file", "read as", "rows"]
    ]
    return dict(zip(table["in the file"], table["read as"], strict=True))


def test_a_suggestion_is_taken_with_a_click(drive: SimpleNamespace) -> None:
    at = opened(drive)
    offered = {button.key: button.label for button in at.button if "form_offer" in str(button.key)}
    assert {key.split("_form_offer_")[1].split("_")[0] for key in offered if key} == {
        "cost",
        "day",
        "open",
        "price",
    }
    assert len([key for key in offered if key and "_open_" in key]) == 2, "either order may be meant"
    at.button(key="data_form_offer_cost_.").click().run()
    assert not at.exception
    assert recipe_of(at).read_as == {"cost": "number:."}
    assert data_of(at).frame["cost"].max() == 1029.5
    at.button(key="data_form_offer_price_.").click().run()
    assert recipe_of(at).read_as == {"cost": "number:.", "price": "number:.;missing:NA"}
    expected = load(body(), name="spelled.csv", read_as=recipe_of(at).read_as)
    assert at.session_state["app"].data.fingerprint == expected.fingerprint.digest


def test_a_form_is_tried_before_it_is_taken_and_taken_back(drive: SimpleNamespace) -> None:
    at = opened(drive)
    before = at.session_state["app"].data.fingerprint
    put(at, "Column to read", "price")
    assert field(at, "Read as").value == "number:.", "what is suggested is tried at once"  # type: ignore[attr-defined]
    assert trial(at)["NA"] == "missing"
    put(at, "Words that mean no value", "")
    assert trial(at)["NA"] == "not read"
    assert "25 cells would be read; 5 cells (1 different value) are of another form" in drive.said(at)
    assert at.button(key="data_form_take").disabled
    put(at, "Words that mean no value", "NA")
    assert trial(at)["NA"] == "missing"
    assert "25 cells would be read, 5 missing." in drive.said(at)
    at.button(key="data_form_take").click().run()
    assert not at.exception
    assert recipe_of(at).read_as == {"price": "number:.;missing:NA"}
    assert str(data_of(at).frame["price"].dtype) == "Float64"
    assert field(at, "Column to read").value == "price"  # type: ignore[attr-defined]
    assert trial(at)["NA"] == "missing", "the cells of the file are seen though they are numbers now"
    put(at, "Read as", "")
    put(at, "Words that mean no value", "")
    at.button(key="data_form_take").click().run()
    assert recipe_of(at).read_as == {}
    assert at.session_state["app"].data.fingerprint == before


def test_dates_by_a_pattern_and_cells_that_are_no_dates(drive: SimpleNamespace) -> None:
    text = "id;day\n" + "".join(f"{at};{at + 1}.{at + 1}.9{at}\n" for at in range(9)) + "9;soon\n"
    at = opened(drive, data=text.encode())
    put(at, "Column to read", "day")
    put(at, "Read as", "date:dmy")
    assert at.button(key="data_form_take").disabled
    put(at, "Read as", "pattern")
    put(at, "Pattern of the dates", "%d.%m")
    assert "lacks the year" in at.error[0].value
    put(at, "Pattern of the dates", "%d.%m.%y")
    assert trial(at)["1.1.90"] == "1990-01-01"
    put(at, "Every cell of another form is missing", True)
    assert trial(at)["soon"] == "missing"
    at.button(key="data_form_take").click().run()
    assert recipe_of(at).read_as == {"day": "date:%d.%m.%y;else:missing"}
    assert data_of(at).roles["day"].kind.value == "time"
    assert "1 cell of another form is missing" in drive.said(at)
    assert field(at, "Pattern of the dates").value == "%d.%m.%y"  # type: ignore[attr-defined]


def test_what_cannot_be_read_is_said_in_place_and_nothing_is_lost(drive: SimpleNamespace) -> None:
    text = "id;cost\n" + "".join(f"{at};{'$' if at % 2 else '€'}{at}\n" for at in range(20))
    at = opened(drive, data=text.encode())
    before = at.session_state["app"]
    put(at, "Column to read", "cost")
    put(at, "Read as", "number:.")
    at.button(key="data_form_take").click().run()
    assert not at.exception
    (error,) = at.error
    assert "amounts in $, €" in f"{error.proto.title} {error.value}".replace("\\", "")
    assert at.session_state["app"] == before


def test_another_row_of_names_drops_forms_of_columns_that_are_gone(drive: SimpleNamespace) -> None:
    at = opened(drive)
    at.button(key="data_form_offer_cost_.").click().run()
    (header,) = [one for one in at.text_input if one.label.startswith("Row that names")]
    header.set_value("0")
    at.button(key="data_how_again").click().run()
    assert not at.exception
    assert recipe_of(at).read_as == {}
    assert "There is no column 'cost' to be read as 'number:.'." in drive.said(at).replace("\\", "")


def test_without_its_file_a_text_can_be_read_and_a_number_cannot_be_read_anew(drive: SimpleNamespace) -> None:
    at = drive.frame()
    data = load(body(), name="spelled.csv", read_as={"cost": "number:."})
    at.session_state["app"] = drive.state_of(data, read_as={"cost": "number:."})
    at.run()
    put(at, "Column to read", "cost")
    assert "The file itself is no longer here" in drive.said(at)
    assert at.button(key="data_form_take").disabled
    at.button(key="data_form_offer_price_.").click().run()
    assert not at.exception
    expected = load(body(), name="spelled.csv", read_as={"cost": "number:.", "price": "number:.;missing:NA"})
    assert at.session_state["app"].data.fingerprint == expected.fingerprint.digest


def test_a_project_that_waits_for_its_file_reads_it_in_the_same_forms(drive: SimpleNamespace) -> None:
    at = opened(drive, data=body(31))
    at.button(key="data_form_offer_cost_.").click().run()
    saved = at.session_state["app"].changed(recipe=recipe_of(at).with_(budget="3"))
    waits = drive.frame()
    waits.session_state["app"] = saved
    waits.run()
    waits.file_uploader(key="data_upload").upload("spelled.csv", body(31), "x").run()
    assert not waits.exception
    assert (recipe_of(waits).budget, recipe_of(waits).read_as) == ("3", {"cost": "number:."})
    assert waits.session_state["app"].data.fingerprint == saved.data.fingerprint


def test_the_first_rows_show_before_a_file_is_read_in_another_way(drive: SimpleNamespace) -> None:
    def rows(at: AppTest) -> list[list[str]]:
        (part,) = [part for part in at.expander if part.label == "How the file was read"]
        return [[*table.value.columns] for table in part.dataframe]

    text = "id;a|b\n" + "".join(f"{at};x|y\n" for at in range(20))
    at = opened(drive, data=text.encode())
    assert rows(at) == [["id", "a|b"]]
    assert "The first rows as they were read: 2 columns." in drive.said(at)
    put(at, "Separator", "|")
    assert rows(at) == [["id;a", "b"]]
    assert "The first rows as they would be read: 2 columns." in drive.said(at)
    put(at, "Row that names", "90")
    assert rows(at) == []
    assert "It cannot be read so" in drive.said(at)


@pytest.mark.parametrize(
    ("form", "after"),
    [
        ("number:.", ["not read", "5", "not read"]),
        ("text", ["$5", "NA", "x"]),
        ("missing:NA", ["$5", "missing", "x"]),
    ],
)
def test_a_trial_says_what_becomes_of_cells(form: str, after: list[str]) -> None:
    found = try_form(pa.array(["$5", "NA", None, "x", "$5"]), ReadAs.parse(form), ())
    seen = dict(zip(found.table["in the file"], found.table["read as"], strict=True))
    assert [seen["$5"], seen["NA"], seen["x"]] == (
        [after[1], after[0], after[2]] if "not read" in after else after
    )
    assert found.read + found.missing + found.lost == 5


def test_the_line_for_a_terminal_says_the_forms() -> None:
    recipe = Recipe(read_as={"my cost": "number:.;missing:NA|-", "day": "date:dmy"})
    line = command_line.compare_line(recipe, "upload", "a.csv")
    assert "--read day=date:dmy --read 'my cost=number:.;missing:NA|-'" in line
    for name in ("a=b", "-a"):
        assert command_line.compare_line(Recipe(read_as={name: "text"}), "upload", "a.csv").startswith(
            "aliquot run"
        )


def test_a_recipe_that_fits_other_columns_holds_the_forms_of_those_that_stayed() -> None:
    data = load(b"a,b\n1,x\n2,y\n", name="a.csv")
    recipe = Recipe(read_as={"a": "text", "c": "number:."}, label="b")
    assert opening.fitting(recipe, data, frozenset({"a", "b", "c"})).read_as == {"a": "text"}
