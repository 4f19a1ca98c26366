"""Roles are guessed with a reason, can be changed, and changing the id changes the keys."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import ColumnError
from core.io import load, with_roles
from core.io.roles import guess_id
from core.types import Kind

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
    assert any("known by their content" in note for note in plain.notes)
    assert with_roles(data, {}, id_column="").fingerprint.id_column is None
    again = with_roles(plain, {"ticket_id": "id"})
    assert not any("known by their content" in note for note in again.notes)


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
