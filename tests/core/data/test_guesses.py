"""What is guessed of a table depends on its content alone: the order of rows and columns decides nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.health import health
from core.data.load import load
from core.data.roles import guess_id, possible_ids
from core.features.spec import FeatureSpec, resolve
from core.foundation.errors import FeatureError
from core.metrics.column_distributions import columns_of
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.dataset import Kind
from core.study.study import Study

NAMES = (
    "id", "ticket_id", "order_id", "user_id", "label", "topic", "sentiment", "target_class", "body", "prompt",
    "author", "score", "when", "photo", "note", "sku", "tags", "n", "x", "_", "Zeta", "é",
)  # fmt: skip
cells = {
    "serial": lambda n: st.permutations(range(1000, 1000 + n)),
    "code": lambda n: st.permutations([f"K{at:05d}" for at in range(n)]),
    "few": lambda n: st.lists(st.sampled_from(["a", "b", "c", None]), min_size=n, max_size=n),
    "count": lambda n: st.lists(st.one_of(st.none(), st.integers(0, 60)), min_size=n, max_size=n),
    "real": lambda n: st.lists(st.floats(-9, 9).map(lambda x: round(x, 3)), min_size=n, max_size=n),
    "flag": lambda n: st.lists(st.booleans(), min_size=n, max_size=n),
    "text": lambda n: st.lists(
        st.sampled_from(
            ["short", "A sentence of some length, with blanks in it.", "a/b.png", "[1,2]", "{", "3 4", "ü"]
        ),
        min_size=n,
        max_size=n,
    ),
    "time": lambda n: st.lists(
        st.sampled_from(["0001-01-01", "2026-01-31", "9999-12-31T23:59:59Z"]), min_size=n, max_size=n
    ),
    "list": lambda n: st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=n, max_size=n),
    "vector": lambda n: st.lists(st.just([0.5] * 8) | st.none(), min_size=n, max_size=n),
}


@st.composite
def tables(draw):
    n = draw(st.integers(1, 12)) * draw(st.sampled_from([1, 1, 6]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True))
    return pd.DataFrame(
        {
            name: pd.Series(list(draw(cells[draw(st.sampled_from(sorted(cells)))](n))), dtype=object)
            for name in names
        }
    )


def guessed(frame):
    data = load(frame, name="table")
    try:
        spec = resolve(FeatureSpec(), data).to_json()
    except FeatureError as error:
        spec = error.what
    told = {(finding.level, finding.sentence) for finding in health(data) if len(finding.columns) < 2}
    roles = {name: (role.kind, role.reason) for name, role in data.roles.items()}
    return roles, data.fingerprint.id_column, data.fingerprint.digest, set(data.notes), spec, told


@settings(max_examples=80)
@given(tables(), st.randoms(use_true_random=False))
def test_shuffled_rows_and_columns_give_the_same_guesses(frame, random):
    rows, names = list(range(len(frame))), list(frame.columns)
    random.shuffle(rows)
    random.shuffle(names)
    assert guessed(frame) == guessed(frame[names].iloc[rows].reset_index(drop=True))


def test_the_first_rows_of_a_long_table_say_no_more_than_its_last():
    """Codes first and sentences later, or the other way: one role, and the same rows."""
    n = 4400
    words = [f"code{at}" for at in range(n // 2)] + [
        f"a whole sentence about case {at}" for at in range(n // 2)
    ]
    frame = pd.DataFrame({"id": range(n), "note": words, "x": [at % 97 / 7 for at in range(n)]})
    one, two = load(frame, name="a"), load(frame.iloc[::-1], name="b")
    assert one.roles["note"] == two.roles["note"]
    assert resolve(FeatureSpec(), one) == resolve(FeatureSpec(), two)


def mixed(n=60):
    return pd.DataFrame(
        {
            "order_id": [f"o{at * 37 % n:03d}" for at in range(n)],
            "ticket_id": [f"t{at * 11 % n:03d}" for at in range(n)],
            "topic": ["abc"[at % 3] for at in range(n)],
            "sentiment": ["good", "bad"] * (n // 2),
            "size": [at * at % 17 / 3 for at in range(n)],
            "age": [at * 13 % 29 for at in range(n)],
            "when": [f"{2000 + at % 25}-0{1 + at % 9}-15" for at in range(n)],
        }
    )


@pytest.mark.parametrize("strategy", ["k-center", "stratified", "herding", "cube", "d-optimal", "temporal"])
def test_moved_columns_and_rows_select_the_same_rows(strategy):
    frame = mixed()
    moved = frame[sorted(frame.columns, key=lambda name: name[::-1])].iloc[::-1]
    params = {"stratified": {"by": "topic"}, "cube": {"on": ["size", "age"]}, "temporal": {"by": "when"}}
    ids = []
    for table in (frame, moved):
        study = Study(load(table, name="t"))
        picked = study.select(strategy, 12, params=params.get(strategy))
        ids.append(study.data.frame["order_id"].iloc[picked.rows].tolist())
    assert ids[0] == ids[1]


def test_moved_columns_and_rows_are_measured_the_same_to_the_last_bit():
    frame = mixed().assign(Ratio=[at * 7 % 31 / 7 for at in range(60)], part=["x", "y", "z", "x"] * 15)
    values, orders = [], []
    for table in (frame, frame[sorted(frame.columns, key=lambda name: name[::-1])].iloc[::-1]):
        study = Study(load(table, name="t")).with_(groups="kmeans:3", features="table")
        pool = prepare(study.inputs(), columns_of(study.data))
        found = measure_many(pool, [np.arange(0, 60, 5), np.arange(7)])
        values.append({name: numbers.tobytes() for name, numbers in found.items()})
        orders.append(([item.name for item in pool.categories], [item.name for item in pool.numbers]))
    assert values[0] == values[1]
    assert orders[0] == orders[1]
    assert all(len(names) > 1 for names in orders[0])


def test_ids_and_labels_are_chosen_by_name_where_several_fit():
    frame = mixed()
    data = load(frame[frame.columns[::-1]], name="t")
    assert data.fingerprint.id_column == "order_id"
    assert data.roles["ticket_id"].kind is Kind.IGNORE
    assert data.roles["sentiment"].kind is Kind.LABEL
    assert data.roles["topic"].kind is Kind.CATEGORY
    assert "'sentiment' is the label" in data.roles["topic"].reason
    told = load(frame.assign(label=frame["topic"], target_group=frame["topic"]), name="t")
    assert [name for name, role in told.roles.items() if role.kind is Kind.LABEL] == ["label"]
    told = load(frame.assign(class_of_case=frame["topic"]), name="t")
    assert [name for name, role in told.roles.items() if role.kind is Kind.LABEL] == ["class_of_case"]
    told = load(frame.assign(a_class=frame["topic"], target=frame["topic"]), name="t")
    assert [name for name, role in told.roles.items() if role.kind is Kind.LABEL] == ["target"]


def test_a_column_that_differs_in_every_row_is_offered_as_id():
    frame = pd.DataFrame(
        {
            "sku": ["A1", "B2", "C3", "D4"],
            "number": [10, 11, 12, 13],
            "title": ["one thing", "two", "three", "four"],
            "share": [0.1, 0.2, 0.3, 0.4],
            "twice": ["x", "x", "y", "z"],
            "gap": ["a", None, "b", "c"],
            "day": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
            "tags": ["[1]", "[2]", "[3]", "[4]"],
        }
    )
    data = load(frame, name="t")
    assert data.fingerprint.id_column is None
    assert possible_ids(data.frame) == ["number", "sku"]
    finding = health(data)[0]
    assert finding.columns == ("number", "sku")
    assert "'number', 'sku' differ in every row and could be the id." in finding.sentence
    assert any("could be the id" in note for note in data.notes)
    named = load(frame, name="t", id_column="sku")
    assert not any("could be the id" in finding.sentence for finding in health(named))
    assert not any("could be the id" in note for note in named.notes)
    assert possible_ids(data.frame.head(2)) == []
    assert possible_ids(data.frame.assign(sku=["x" * 81, *data.frame["sku"][1:]])) == ["number"]
    assert not any("could be" in note for note in load(frame[["share", "twice"]], name="t").notes)


def test_an_id_column_in_any_place():
    frame = load(pd.DataFrame({"b_id": [1, 2], "a_id": [3, 4], "user_id": [5, 6]}), id_column="").frame
    assert guess_id(frame) == guess_id(frame[["user_id", "a_id", "b_id"]]) == "a_id"
    assert guess_id(frame.drop(columns=["a_id", "b_id"])) == "user_id"


# One column each at the edges of what a role is guessed by -------------------------------------------------

N = 60


def role(**columns):
    data = load(pd.DataFrame({"id": range(N), **columns}), name="t")
    return data.roles[next(iter(columns))].kind.value


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        # a number that is named like an id, and another column is the id
        ("user_id", [at // 2 for at in range(N)], "entity"),
        ("user_id", list(range(N)), "ignore"),
        ("batch_id", [at // 2 for at in range(N)], "entity"),
        ("batch_id", list(range(N)), "ignore"),
        # the same as text
        ("user_id", [f"u{at // 2}" for at in range(N)], "entity"),
        ("user_id", [f"u{at}" for at in range(N)], "ignore"),
        # an author is one where rows share it and its name is short
        ("author", [f"author {at // 2}" for at in range(N)], "entity"),
        ("author", [f"author number {at}" for at in range(N)], "text"),
        ("author", [f"{'a rather long name of an author ' * 2}{at // 2}" for at in range(N)], "text"),
        ("author", list(range(N)), "entity"),
        ("author", [at % 50 for at in range(N)], "number"),
        ("author", [at % 50 + 0.5 for at in range(N)], "number"),
        ("author", [at + 0.5 for at in range(N)], "number"),
        # few values: at most 50, and a third of the rows
        ("kind", [f"k{at % 20}" for at in range(N)], "category"),
        ("kind", [f"k{at % 21}" for at in range(N)], "ignore"),
        ("kind", [f"{at % 20} {'and a long tail of words ' * 3}" for at in range(N)], "text"),
        ("kind", [f"k{at % 15}x" for at in range(N)], "category"),
        # a label by its name
        ("label", [f"l{at % 20}" for at in range(N)], "label"),
        ("label", [at % 3 for at in range(N)], "label"),
        ("label", [at % 21 for at in range(N)], "number"),
        ("label", [at % 3 + 0.5 for at in range(N)], "number"),
        # texts: named so, or long with blanks
        ("prompt", [f"do{at}it" for at in range(N)], "text"),
        ("prompt", [f"a{at}" for at in range(N)], "ignore"),
        ("field", [f"do{at}it" for at in range(N)], "ignore"),
        ("field", [f"twenty letters or so {at}" for at in range(N)], "text"),
        ("field", [f"{'noblanks' * 5}{at}" for at in range(N)], "ignore"),
        ("field", [f"{'这是一个没有空格的句子' * 4}{at}" for at in range(N)], "text"),
        # figures are no prose
        ("body", [f"{at} 12 34 56 78 90 12 34" for at in range(N)], "ignore"),
        ("field", [f"3{at:02d}.1 + 4 = {at}" for at in range(N)], "ignore"),
        ("field", [f"[{at}.1 2.2 ... 3.3\n 4.4]" for at in range(N)], "ignore"),
        ("field", [f"[{at}.1 2.2 3.3 4.4 5.5]" for at in range(N)], "ignore"),
        ("field", [f"array([{at}.1, 2.2, ..., 3.3, 4.4])" for at in range(N)], "ignore"),
        ("x", list(range(N)), "number"),
    ],
)
def test_roles_at_their_edges(name, values, expected):
    assert role(**{name: values}) == expected
