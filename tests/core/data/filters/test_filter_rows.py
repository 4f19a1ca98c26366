"""Filters: rows for which a condition holds, found in a child under limits, and kept."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from core.data.filters import conditions, filter_rows
from core.data.filters.filter_rows import matching
from core.data.load import load
from core.foundation.artifact_store import Store
from core.foundation.errors import DataError, ResourceError
from core.foundation.progress import SILENT
from core.study.study import Study
from tests.core.data.toy import FRAME, N

DATA = load(FRAME, name="data")


def ids(rows, data=DATA):
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    return set(data.frame["my column"][rows].tolist())


@pytest.fixture
def runs(monkeypatch):
    """Conditions are evaluated here, which is faster than a child for each, and every evaluation is noted."""
    seen = []

    def run(function, arrays, config, **limits):
        seen.append(config["condition"])
        assert function == "core.data.filters.conditions:evaluate"
        assert limits["memory"] == config["memory"] == filter_rows.MEMORY
        monkeypatch.setattr("core.foundation.child_process.limit_memory", lambda room: True)
        return conditions.evaluate(arrays, config, SILENT)

    monkeypatch.setattr(filter_rows, "run_child", run)
    monkeypatch.setattr(filter_rows, "_refusals", type(filter_rows._refusals)())
    return seen


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("price > 20", [i for i in range(N) if i % 10 and i / 2 > 20]),
        ("price IS NULL", [i for i in range(N) if i % 10 == 0]),
        ("NOT (price > 20)", [i for i in range(N) if i % 10 and i / 2 <= 20]),
        ("lang IN ('de', 'fr') AND flag", [i for i in range(N) if i % 3 != 1 and i % 2 == 0]),
        ("flag", [i for i in range(N) if i % 2 == 0]),
        ('"my column" BETWEEN 3 AND 5', [3, 4, 5]),
        ("\"when\" >= '2026-02-28'", list(range(58, N))),
        ("text LIKE 'it''s%' AND length(text) < 12", [i for i in range(10) if i % 4]),
        ("tags LIKE '[7,%'", [7]),
        ("lang = 'de' -- a comment", list(range(0, N, 3))),
        ("false", []),
        ("true;", list(range(N))),
        ("id = 'r5' OR id = 'r6'", [5, 6]),
    ],
)
def test_conditions_match_what_python_counts(runs, where, expected):
    assert ids(matching(DATA, where)) == set(expected)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("", "The condition is empty"),
        ("nope > 3", "there is no column 'nope'"),
        ("price >", "it ends too early: something is missing after '>'"),
        ("1=1) UNION SELECT (1", "more than one condition"),
        ("1=1; DROP TABLE data", "cannot be used"),
        ("price > 3, flag", "several values"),
        ("sum(price) > 3", "aggregates"),
        ("text IN (SELECT column0 FROM read_csv('/etc/passwd'))", "a query inside a condition"),
        ("text IN (SELECT content FROM read_text('/etc/passwd'))", "a query inside a condition"),
        ("EXISTS (SELECT * FROM glob('/etc/*'))", "a query inside a condition"),
        ("EXISTS (SELECT * FROM FRAME)", "a query inside a condition"),
        ("getenv('HOME') = ''", "getenv"),
        ("lang = 3", "the text '(de|en|fr)' of the column lang cannot be read as a number"),
        ("price > 'a'", "used: the text 'a' cannot be read as a number"),
        ("text > 3 OR price", "text"),
        ("price LIKE 'a'", "LIKE cannot be used on a number and text"),
        ("length(price) > 3", "length cannot be used on a number"),
        ("length() > 3", "length needs something in its brackets"),
        ('flag > "when"', "true or false and a date or time cannot be compared"),
        ("'x'::DATE > '2026-01-01'", "DuckDB, which reads it, says: "),
    ],
)
def test_what_is_no_condition_is_refused_in_one_line(runs, where, message):
    with pytest.raises(DataError, match=message) as caught:
        matching(DATA, where)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "why", "do"),
    [
        ('segment = "Retail"', "'Retail' is a text in the column 'segment'", "segment = 'Retail'"),
        ("segmnt = 'web'", "there is no column 'segmnt'", "perhaps 'segment' is meant"),
        (
            "unitprice > 3",
            "there is no column 'unitprice'",
            "perhaps 'unit price' (written \"unit price\") is meant",
        ),
        ("retail", "is a text in the column", "segment = 'Retail'"),
        ("unit price > 3", "'price' cannot stand where it does, after 'unit'", '"unit price" > 3'),
        ("price > 3", "there is no column 'price'", 'one of id, segment, "unit price"'),
        ("segment =", "it ends too early", "text in single quotes (segment = 'web')"),
        (
            "segment =",
            "it ends too early",
            "to leave out the rows where a cell is missing, write id is not null;",
        ),
    ],
)
def test_a_wrong_condition_says_first_in_plain_words_what_to_write(runs, where, why, do):
    rows = b"".join(b"%d,%s,%d\n" % (i, (b"Retail", b"web")[i % 2], i) for i in range(20))
    with pytest.raises(DataError) as caught:
        matching(load(b"id,segment,unit price\n" + rows, name="orders.csv"), where)
    assert why in caught.value.why
    assert do in caught.value.do
    assert "DuckDB" not in str(caught.value)


def test_vectors_alone_have_nothing_to_filter(runs):
    data = load(pd.DataFrame({"a": [1, 2]}), vectors={"v": np.eye(2)})
    with pytest.raises(DataError, match="cannot be used"):
        matching(data, "v > 3")


def test_columns_that_differ_in_case_only_cannot_be_mistaken(runs):
    data = load(pd.DataFrame({"a": [1, 2, 3], "A": [3, 2, 1], "b": [1, 2, 3]}))
    assert len(matching(data, "b > 1")) == 2
    for where in ("A > 1", "a > 1", "A_1 > 1"):
        with pytest.raises(DataError, match="differ in case only"):
            matching(data, where)


def test_a_column_named_like_a_word_of_sql_is_quoted_in_advice(runs):
    data = load(b"id,group,v\n1,a,2\n2,b,3\n", name="words.csv")
    with pytest.raises(DataError) as caught:
        matching(data, "v = a")
    assert "\"group\" = 'a'" in str(caught.value)
    assert len(matching(data, "\"group\" = 'a'")) == 1


def test_a_wide_table_is_not_listed_whole(runs):
    data = load(pd.DataFrame({f"column {at:03d}": [1, 2] for at in range(400)}))
    for where in ("nope > 3", "1 +"):
        with pytest.raises(DataError, match=r'"column 011" and 388 more') as caught:
            matching(data, where)
        assert len(str(caught.value)) < 700


def test_a_child_finds_the_rows():
    assert ids(matching(DATA, "price > 20 AND lang = 'de'")) == {i for i in range(42, N, 3) if i % 10}
    with pytest.raises(DataError, match="there is no column 'nope'"):
        matching(DATA, "nope = 1")
    with pytest.raises(DataError, match=r"random.* gives another answer each time"):
        matching(DATA, "random() < 0.5")


def test_a_condition_that_takes_too_long_is_stopped():
    data = load(pd.DataFrame({"text": ["a" * 1_000_000] * 10, "n": range(10)}))
    slow = " OR ".join(f"length(replace(text, 'a', 'b{at}')) < 0" for at in range(400))
    with pytest.raises(DataError, match="The condition was stopped: it took longer than 3 s"):
        matching(data, slow, seconds=3)


def test_a_condition_that_takes_too_much_memory_is_stopped(monkeypatch):
    monkeypatch.setattr(filter_rows, "MEMORY", 2**27)
    data = load(pd.DataFrame({"text": ["a" * 1000], "n": [1]}), id_column="")
    grown = "text"
    for _ in range(4):
        grown = f"replace({grown}, 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')"
    with pytest.raises(DataError, match=r"The condition was stopped: .* memory"):
        matching(data, f"length({grown}) > 3")


def test_columns_with_the_names_of_the_engine_change_nothing(runs):
    for name in ("__aliquot_row__", "row", "rows_of_the_data"):
        data = load(pd.DataFrame({name: [9, 8, 7, 6], "v": [1, 2, 3, 4]}), id_column="")
        rows = matching(data, "v > 2")
        assert sorted(data.frame["v"][rows].tolist()) == [3, 4]
        assert sorted(data.frame["v"][matching(data, f"{name} > 7")].tolist()) == [1, 2]


def test_rows_once_found_are_kept(runs, tmp_path):
    store = Store(tmp_path / "store")
    study = Study(DATA, store=store).filter("price > 20")
    first = study.eligible()
    assert study.eligible() is first
    assert not first.flags.writeable
    again = Study(load(FRAME, name="another name"), store=store).filter(" price > 20; ")
    assert again.eligible().tolist() == first.tolist()
    again.budget("50%")
    assert runs == ["price > 20"]
    changed = FRAME.assign(price=FRAME["price"].fillna(99))
    assert len(Study(load(changed, name="data"), store=store).filter("price > 20").eligible()) > len(first)
    Study(DATA, store=store).filter("price > 21").eligible()
    assert runs == ["price > 20", "price > 20", "price > 21"]


def test_another_version_of_the_list_or_of_duckdb_asks_again(runs, tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    matching(DATA, "price > 3", store=store)
    monkeypatch.setattr(filter_rows, "VERSION", 99)
    matching(DATA, "price > 3", store=store)
    monkeypatch.setattr(
        "core.foundation.artifact_store.versions", lambda *names: dict.fromkeys(names, "another")
    )
    matching(DATA, "price > 3", store=store)
    matching(DATA, "price > 3", store=store)
    assert len(runs) == 3


def test_a_refusal_is_remembered_and_a_stop_for_a_while_only(runs, monkeypatch):
    for _ in range(3):
        with pytest.raises(DataError, match="no column"):
            matching(DATA, "nope > 1")
    assert runs == ["nope > 1"]

    def stop(*given, **limits):
        runs.append("stopped")
        raise ResourceError("The work was stopped", "there was not enough memory for it")

    now = [time.monotonic()]
    monkeypatch.setattr(filter_rows, "run_child", stop)
    monkeypatch.setattr(filter_rows, "_now", lambda: now[0])
    for _ in range(2):
        with pytest.raises(DataError, match="not enough memory"):
            matching(DATA, "price > 4")
    now[0] += 601
    with pytest.raises(DataError, match="not enough memory"):
        matching(DATA, "price > 4")
    assert runs == ["nope > 1", "stopped", "stopped"]


def test_a_condition_longer_than_can_be_read_is_refused_before_anything_starts(runs):
    with pytest.raises(DataError, match="20,000 can be read"):
        matching(DATA, "price > 3 OR " * 2_000 + "true")
    assert runs == []
