"""Roles are guessed with a reason, can be changed, and changing the id changes the keys."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.load import load, with_roles
from core.data.roles import _differs, could_be_id, guess_id, guess_roles, named_like_id, possible_ids
from core.foundation.errors import ColumnError
from core.model.dataset import Kind

N = 120
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "ticket_id": [f"T{i:04d}" for i in range(N)],
        "body": [f"My order number {i} has not arrived yet, please help me." for i in range(N)],
        "title": [f"Help with order {i}" for i in range(N)],
        "topic": [f"topic {i % 7}" for i in range(N)],
        "lang": ["de", "en", "fr"] * (N // 3),
        "quality_score": RNG.random(N),
        "cost": RNG.integers(1, 500, N),
        "createdAt": pd.date_range("2026-01-01", periods=N),
        "customerId": [f"C{i % 40}" for i in range(N)],
        "licence": ["MIT", "CC-BY"] * (N // 2),
        "photo": [f"images/{i}.jpg" for i in range(N)],
        "solved": [True, False] * (N // 2),
        "constant": ["same"] * N,
        "nothing": [None] * N,
        "hash": [f"{i * 7919:08x}" for i in range(N)],
        "tags": [["a"] * (i % 3) for i in range(N)],
        "embedding": [RNG.normal(size=16).tolist() for _ in range(N)],
    }
)
EXPECTED = {
    "ticket_id": "id",
    "body": "text",
    "title": "text",
    "topic": "label",
    "lang": "category",
    "quality_score": "score",
    "cost": "number",
    "createdAt": "time",
    "customerId": "entity",
    "licence": "licence",
    "photo": "image path",
    "solved": "category",
    "constant": "ignore",
    "nothing": "ignore",
    "hash": "ignore",
    "tags": "ignore",
    "embedding": "vector",
}


@pytest.fixture(scope="module")
def data():
    return load(FRAME, name="tickets")


@pytest.mark.parametrize("column", EXPECTED)
def test_roles_are_guessed_with_a_reason(data, column):
    assert data.roles[column].kind.value == EXPECTED[column]
    assert len(data.roles[column].reason) > 8


def test_roles_are_in_file_order(data):
    assert list(data.roles) == list(FRAME.columns)


def test_every_kind_of_role_is_guessed_somewhere():
    assert {kind.value for kind in Kind} == set(EXPECTED.values())


def test_an_id_needs_a_name_and_distinct_present_values():
    def of(**columns):
        return guess_id(load(pd.DataFrame(columns), id_column="").frame)

    assert of(id=[1, 2]) == "id"
    assert of(user_id=[1, 2], id=[3, 4]) == "id"
    assert of(user_id=[1, 2], row_id=[3, 4]) == "row_id"
    assert of(id=[1, 1], uuid=["a", "b"]) == "uuid"
    assert of(id=[1, None]) is None
    assert of(price=[1, 2]) is None
    assert of(id=[0.5, 1.5]) is None


def test_a_changed_role_keeps_keys_and_is_marked_as_chosen(data):
    changed = with_roles(data, {"cost": "score", "lang": "label"})
    assert changed.roles["cost"].kind is Kind.SCORE
    assert changed.roles["cost"].reason == "you chose it"
    assert changed.keys is data.keys
    assert data.roles["cost"].kind is Kind.NUMBER


def test_another_id_gives_other_keys_and_the_way_back_is_exact(data):
    other = with_roles(data, {"hash": "id"})
    assert other.fingerprint.id_column == "hash"
    assert other.roles["ticket_id"].kind is not Kind.ID
    assert other.fingerprint.digest == load(FRAME, id_column="hash").fingerprint.digest
    assert [FRAME["hash"][row] for row in other.order] == other.frame["hash"].tolist()
    np.testing.assert_allclose(
        other.vectors["embedding"], np.array([FRAME["embedding"][row] for row in other.order]), rtol=1e-6
    )
    back = with_roles(other, {"ticket_id": "id"})
    assert back.fingerprint.digest == data.fingerprint.digest
    assert back.order.tolist() == data.order.tolist()
    pd.testing.assert_frame_equal(back.frame, data.frame)


def test_no_id_at_all_means_content_keys_and_says_so(data):
    plain = with_roles(data, {"ticket_id": "ignore"})
    assert plain.fingerprint.id_column is None
    assert any("identified by their content" in note for note in plain.notes)
    assert with_roles(data, {}, id_column="").fingerprint.id_column is None
    again = with_roles(plain, {"ticket_id": "id"})
    assert not any("identified by their content" in note for note in again.notes)


def test_choices_survive_another_id(data):
    chosen = with_roles(with_roles(data, {"cost": "score"}), {"hash": "id"})
    assert chosen.roles["cost"].kind is Kind.SCORE


@pytest.mark.parametrize(
    ("column", "role", "message"),
    [
        ("body", "number", "it holds text"),
        ("body", "score", "it holds text"),
        ("createdAt", "number", "it holds dates or times"),
        ("body", "time", "not every value is a date"),
        ("cost", "vector", "not lists of numbers"),
        ("embedding", "text", "it holds vectors"),
        ("topic", "id", "used more than once"),
        ("embedding", "id", "embedding"),
        ("nope", "text", "There is no column 'nope'"),
        ("cost", "nope", "There is no role 'nope'"),
    ],
)
def test_roles_that_do_not_fit_are_refused(data, column, role, message):
    with pytest.raises(ColumnError, match=message):
        with_roles(data, {column: role})


def test_roles_can_be_given_when_loading():
    data = load(FRAME, roles={"hash": "id", "cost": "score", "photo": "image", "licence": "license"})
    assert data.fingerprint.id_column == "hash"
    assert data.roles["cost"].kind is Kind.SCORE
    assert load(FRAME, roles={"ticket_id": "text"}).fingerprint.id_column is None


def test_short_lists_become_vectors_when_asked():
    from core.features.vectors import find

    data = load(pd.DataFrame({"id": [1, 2], "place": [[48.1, 11.6], [52.5, 13.4]], "a": ["[x]", "{y}"]}))
    assert data.roles["place"].kind is Kind.IGNORE
    data = with_roles(data, {"place": "vector"})
    found = find(data, "place")
    expected = {1: [48.1, 11.6], 2: [52.5, 13.4]}
    np.testing.assert_allclose(found, [expected[row] for row in data.frame["id"]], rtol=1e-6)
    with pytest.raises(ColumnError, match="not lists of numbers"):
        with_roles(data, {"a": "vector"})


def lettered(length, rows=40, blank=True, numeric=False):
    """Different cells of one length: words with a blank between them, or one word; or figures."""
    out = []
    for at in range(rows):
        tail = f"{at:03d}" if numeric else "".join(chr(97 + int(digit)) for digit in f"{at:03d}")
        body = ("7" if numeric else "x") * length
        cell = body[: length - 3] + tail
        out.append(cell[: length // 2] + " " + cell[length // 2 + 1 :] if blank else cell)
    return out


@pytest.mark.parametrize(
    ("cells", "kind", "why"),
    [
        (lettered(20), "text", "typically 20 characters long"),
        (lettered(19), "text", "typically 19 characters long"),  # no two rows alike: no category
        (lettered(19, 200) * 4, "category", "it has 200 values"),
        (lettered(20, 200) * 4, "text", "typically 20 characters long"),
        (lettered(59, 10) * 4, "category", "it has 10 values"),
        (lettered(60, 10) * 4, "text", "typically 60 characters long"),  # few, and sentences all the same
        (lettered(39, blank=False), "ignore", "neither text nor category"),
        (lettered(40, blank=False), "ignore", "as addresses and hashes do"),
        (lettered(20, blank=False, numeric=True), "ignore", "figures and signs"),
        (lettered(12, blank=False), "ignore", "neither text nor category"),
    ],
)
def test_text_or_category_is_decided_by_length_and_blanks(cells, kind, why):
    role = load(pd.DataFrame({"row": range(len(cells)), "note": cells}), id_column="row").roles["note"]
    assert (role.kind.value, why in role.reason) == (kind, True), role.reason


@pytest.mark.parametrize(("length", "kind"), [(59, "entity"), (60, "text")])
def test_long_cells_name_no_customers(length, kind):
    cells = lettered(length, 30) * 2
    role = load(pd.DataFrame({"row": range(60), "customer": cells}), id_column="row").roles["customer"]
    assert role.kind.value == kind, role.reason


# ---- one column, at the edges of each rule ----------------------------------------------------------------


def guessed(name, cells, dtype="string"):
    frame = pd.DataFrame({name: pd.Series(cells, dtype=dtype)})
    role = guess_roles(frame, {}, None, [name])[name]
    return role.kind.value, role.reason


def codes(distinct, rows):
    return [f"k{at % distinct}" for at in range(rows)]


@pytest.mark.parametrize(
    ("distinct", "rows", "kind"),
    [
        (50, 150, "category"),  # a third of the rows, and fifty at most
        (50, 149, "ignore"),
        (51, 153, "ignore"),
        (51, 204, "category"),  # a quarter
        (51, 203, "ignore"),
        (2, 3, "category"),
        (2, 2, "category"),
        (3, 4, "ignore"),
        (1, 1, "category"),
        (1, 2, "ignore"),
    ],
)
def test_few_values_make_a_category(distinct, rows, kind):
    assert guessed("note", codes(distinct, rows))[0] == kind
    if rows == 2 and distinct == 1:
        assert guessed("note", ["k", "k"])[1] == "every cell holds the same value"
        assert guessed("note", ["k", None])[1] == "every cell holds the same value"
        assert guessed("note", [None, None])[1] == "every cell is missing"


@pytest.mark.parametrize(
    ("distinct", "rows", "label"), [(50, 150, True), (60, 240, True), (60, 239, False), (51, 153, False)]
)
def test_a_column_called_label_needs_few_values(distinct, rows, label):
    numbers = [at % distinct for at in range(rows)]
    assert (guessed("label", numbers, "Int64")[0] == "label") == label
    assert (guessed("label", codes(distinct, rows))[0] == "label") == label
    assert guessed("label", numbers, "Float64")[0] == "number"
    assert guessed("other", numbers, "Int64")[0] == "number"


@pytest.mark.parametrize(
    ("name", "dtype", "distinct", "kind", "reason"),
    [
        ("customer", "Int64", 51, "entity", "its name says so"),
        ("customer", "Int64", 50, "number", "it holds numbers"),
        ("customer", "Float64", 51, "number", "it holds numbers"),
        ("size", "Int64", 51, "number", "it holds numbers"),
        ("year", "Int64", 9, "number", "it holds years as numbers"),
        ("year", "Float64", 9, "number", "it holds numbers"),
        ("item_id", "Int64", 99, "entity", "rows share its values"),
        ("item_id", "Int64", 100, "ignore", "another column or the content names the rows"),
        ("score", "Int64", 9, "score", "its name says so, and it holds numbers"),
        ("licence", "Int64", 9, "number", "it holds numbers"),
    ],
)
def test_numbers_are_judged_by_name_and_kind(name, dtype, distinct, kind, reason):
    found = guessed(name, [at % distinct for at in range(100)], dtype)
    assert (found[0], reason in found[1]) == (kind, True), found


@pytest.mark.parametrize(
    ("length", "distinct", "kind"),
    [(79, 99, "entity"), (80, 99, "text"), (79, 100, "ignore"), (80, 100, "text"), (10, 99, "entity")],
)
def test_text_named_like_an_id_is_one_where_it_is_short(length, distinct, kind):
    cells = lettered(length, distinct)
    assert guessed("item_id", [cells[at % distinct] for at in range(100)])[0] == kind


def test_a_customer_of_every_row_is_no_entity():
    cells = lettered(30, 100)
    assert guessed("customer", cells)[0] == "text"
    assert guessed("customer", [*cells[:99], cells[0]])[0] == "entity"


@pytest.mark.parametrize(
    ("usual", "other", "kind"),
    [
        ("a{}.png", "b{}", "image path"),
        ("[1. 2. ... {}]", "b{}", "ignore"),
    ],
)
@pytest.mark.parametrize(("others", "enough"), [(0, True), (9, True), (10, False), (11, False)])
def test_nine_tenths_of_cells_decide_for_all(usual, other, kind, others, enough):
    cells = [usual.format(at) for at in range(100 - others)] + [other.format(at) for at in range(others)]
    found = guessed("photo", cells)
    special = found[0] == "image path" or "printed lists" in found[1]
    assert special == enough
    assert not enough or found[0] == kind


@pytest.mark.parametrize(("blanks", "kind"), [(51, "text"), (50, "ignore")])
def test_most_cells_of_text_hold_blanks(blanks, kind):
    for length in (20, 10):
        with_, without = lettered(length, 100), lettered(length, 100, blank=False)
        assert guessed("note", with_[:blanks] + without[blanks:])[0] == kind
    digits = lettered(10, 100, numeric=True)[:blanks] + lettered(10, 100, False, True)[blanks:]
    assert ("figures and signs" in guessed("note", digits)[1]) == (blanks == 51)


@pytest.mark.parametrize(("words", "kind"), [(50, "text"), (49, "ignore")])
def test_half_of_the_cells_of_text_hold_words(words, kind):
    cells = lettered(30, 100)[:words] + lettered(30, 100, numeric=True)[words:]
    assert guessed("note", cells)[0] == kind
    assert guessed("body", cells)[0] == kind
    short = [f"w{'abcdefghij'[at // 10]}{'abcdefghij'[at % 10]}" for at in range(100)]
    assert guessed("body", short)[0] == "text", "its name says so"


@pytest.mark.parametrize(
    ("length", "foreign", "kind"), [(40, 51, "text"), (39, 51, "ignore"), (40, 50, "ignore")]
)
def test_scripts_without_blanks_are_text_where_cells_are_long(length, foreign, kind):
    cells = [
        ("語" if at < foreign else "x") + cell[1:] for at, cell in enumerate(lettered(length, 100, False))
    ]
    assert guessed("note", cells)[0] == kind


def test_dates_truths_and_licences_are_known_by_their_kind():
    assert guessed("x", pd.date_range("2026", periods=4, tz="UTC"), None)[0] == "time"
    assert guessed("label", [True, False] * 4, "boolean")[0] == "label"
    assert guessed("x", [True, False] * 4, "boolean") == ("category", "it holds true and false")
    assert guessed("x", [True, False] * 40, "boolean")[0] == "category"
    assert guessed("licence", codes(90, 100))[0] == "licence"
    assert guessed("x", ['["a"]', '["b"]'])[0] == "ignore"


def test_ids_by_name_in_their_order():
    def of(**columns):
        return guess_id(pd.DataFrame(columns).convert_dtypes())

    assert of(a_id=[1, 2], id=[3, 4]) == "id"
    assert of(author_id=[1, 2], row_id=[3, 4]) == "row_id"
    assert of(b_id=[1, 2], a_id=[3, 4]) == "a_id"
    assert of(author_id=[1, 2]) == "author_id"
    assert of(id=[True, False]) is None
    assert [named_like_id(name) for name in ("", "index", "row_index", "id card", "cardId")] == [
        False, True, False, False, True,
    ]  # fmt: skip
    assert not _differs(pd.Series([], dtype="Int64"))
    assert _differs(pd.Series([1], dtype="Int64"))


def test_columns_that_could_be_the_id():
    def of(rows=3, **columns):
        return possible_ids(
            pd.DataFrame({name: cells[:rows] for name, cells in columns.items()}).convert_dtypes()
        )

    assert of(sku=["A", "B", "C"]) == ["sku"]
    assert of(2, sku=["A", "B"]) == []
    assert of(b=[1, 2, 3], a=[4, 5, 6]) == ["a", "b"]
    assert of(sku=["x" * 80, "B", "C"]) == ["sku"]
    assert of(sku=["x" * 81, "B", "C"]) == []
    assert of(sku=["A B", "B", "C"]) == []
    assert of(sku=['["a"]', '["b"]', '["c"]']) == []
    assert of(sku=["A", "B", None]) == []
    assert of(sku=pd.Series([None] * 3, dtype="string")) == []
    assert of(sku=["A", "B", "B"]) == []
    assert of(sku=[0.5, 1.5, 2.5]) == []
    assert of(sku=pd.date_range("2026", periods=3, tz="UTC")) == []


def test_columns_offered_as_the_id_are_listed():
    names = ["a", "b", "c", "d", "e"]
    assert could_be_id(names[:2]) == " 'a', 'b' differ in every row and could be the id."
    assert could_be_id(names[:3]) == " 'a', 'b', 'c' differ in every row and could be the id."
    assert could_be_id(names[:4]) == " 'a', 'b', 'c' and 1 more differ in every row and could be the id."
    assert could_be_id(names) == " 'a', 'b', 'c' and 2 more differ in every row and could be the id."


def test_numbers_can_be_times_and_truths_cannot(data):
    assert with_roles(data, {"cost": "time"}).roles["cost"].kind is Kind.TIME
    assert with_roles(data, {"quality_score": "time"}).roles["quality_score"].kind is Kind.TIME
    assert with_roles(data, {"embedding": "ignore"}).roles["embedding"].kind is Kind.IGNORE
    for column, role in (("solved", "time"), ("cost", "image"), ("createdAt", "text")):
        with pytest.raises(ColumnError, match=f"cannot be {role}"):
            with_roles(data, {column: role})
    assert with_roles(data, {"title": "image"}).roles["title"].kind is Kind.IMAGE
