"""What a condition may say: the one list, held against DuckDB's own catalogue and against plain Python."""

from __future__ import annotations

import math
import operator
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.filters import conditions as module
from core.data.filters.conditions import FUNCTIONS, TYPES, NoColumn, check, connect, mentioned, shown
from core.foundation.errors import DataError
from core.foundation.progress import SILENT

from ._random_conditions import CASES, CELLS, REAL, ROWS, TEXT, Said, conditions, strictly, table_of, written


@cache
def database() -> duckdb.DuckDBPyConnection:
    return connect()


def solve(table: pa.Table, n: int, condition: str) -> Any:
    return module.solve(table, n, condition, database())


@given(ROWS, conditions())
def test_rows_are_those_that_plain_python_finds(rows, condition):
    by_hand = [at for at, row in enumerate(rows) if condition.of(row) is True]
    assert solve(table_of(rows), len(rows), condition.sql).tolist() == by_hand, condition.sql


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@settings(max_examples=6)
@given(data=st.data())
def test_every_function_of_the_list_gives_what_plain_python_gives(name, data):
    case = CASES[name]
    inner = [Said(f'"{kind}"', lambda row, kind=kind: row[kind]) for kind in case.takes]
    of = strictly(case.plain, inner, case.strict)
    rows = data.draw(ROWS)
    made = case.sql.format(*(one.sql for one in inner))
    assert solve(table_of(rows), len(rows), f"({made}) IS NULL").tolist() == [
        at for at, row in enumerate(rows) if of(row) is None
    ]
    value = of(data.draw(st.sampled_from(rows)))
    if value is not None:
        written_value = written(value)
        near = (
            f"abs(({made}) - {written_value}) < 1e-9" if case.gives == REAL else f"({made}) = {written_value}"
        )
        equal = math.isclose if case.gives == REAL else operator.eq
        by_hand = [at for at, row in enumerate(rows) if of(row) is not None and equal(of(row), value)]
        assert solve(table_of(rows), len(rows), near).tolist() == by_hand


def test_the_list_and_the_catalogue_know_the_same_functions():
    known = {
        name.lower()
        for (name,) in database().execute("SELECT function_name FROM duckdb_functions()").fetchall()
    }
    known |= {"->>"}
    assert set(CASES) == FUNCTIONS
    assert FUNCTIONS - known == {"!~~", "!~~*", "ilike_escape", "~~*"} - known
    assert len(known - FUNCTIONS) > 400


def test_every_function_that_is_not_in_the_list_is_refused_by_its_name():
    rows = (
        database().execute("SELECT DISTINCT function_name, function_type FROM duckdb_functions()").fetchall()
    )
    for name, kind in sorted(rows):
        if name.lower() in FUNCTIONS or kind in ("table", "pragma", "table_macro"):
            continue
        with pytest.raises(DataError) as caught:
            check(database(), f'"{name}"(n) = 1', ["n"], "row")
        told = {"row": "(a, b)", "count_star": "count(*)"}.get(name, name.lower())
        assert told in caught.value.why, name
        if kind in ("aggregate", "window"):
            assert "many rows" in caught.value.why, name


@pytest.mark.parametrize(
    "name", ["random", "uuid", "gen_random_uuid", "now", "today", "current_date", "current_timestamp"]
)
def test_what_changes_from_call_to_call_is_refused_with_or_without_brackets(name):
    for written_so in (name, f"{name}()", f'"{name}"()'):
        with pytest.raises(DataError, match=rf"{name}.*another answer each time"):
            check(database(), f"{written_so} = n", ["n"], "row")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("(SELECT 1) = n", "a query inside a condition"),
        ("n IN (SELECT 1)", "a query inside a condition"),
        ("n = ANY([1, 2])", "a query inside a condition"),
        ("EXISTS (FROM rows_of_the_data)", "a query inside a condition"),
        ("row_number() OVER () = 1", "looks at other rows"),
        ("lower(s) OVER () = 'x'", "looks at other rows"),
        ("lower(s) FILTER (n > 1) = 'x'", "filter"),
        ("lower(DISTINCT s) = 'x'", "distinct"),
        ("lower(s ORDER BY n) = 'x'", "ORDER BY"),
        ("lower(col := s) = 'x'", "no names"),
        ("main.lower(s) = 'x'", "write lower"),
        ("system.main.random() < 1", "random"),
        ("x -> x + 1", "a function without a name"),
        ("COLUMNS('.*') = 1", "COLUMNS"),
        ("* = 1", "COLUMNS"),
        ("$1 = n", r"\$1"),
        ("? = n", r"\?"),
        ("#1 = n", "#1"),
        ("s COLLATE nocase = 'x'", "COLLATE"),
        ("s[1] = 'x'", r"\[…\]"),
        ("s[1:2] = 'x'", r"\[…\]"),
        ("s.t = 1", "double quotes"),
        ("TRY(n / 0) = 1", "TRY"),
        ("x'ab' = s", "only texts"),
        ("n = 1 OR DEFAULT", "DEFAULT"),
        ("(n > 1, s = 'x')", "several values"),
        ("n > 1, s = 'x'", "several values"),
        ("[1, 2] = n", "list_value"),
        ("{'a': 1} = n", "struct_pack"),
        ("1=1) UNION SELECT (1", "more than one condition"),
        ("true) ORDER BY (n", "more than one condition"),
        ("true) LIMIT (1", "more than one condition"),
        ("true) GROUP BY (n", "more than one condition"),
        ("true) QUALIFY (true", "more than one condition"),
        ("n > 1) OR (n < 2", "its brackets do not belong together"),
        ("n > 1) AND (t = 'a)' OR (n < 2)", "its brackets do not belong together"),
        ("user = s", "session"),
        ("rowid = 1", "session"),
        ("s::TIMESTAMPTZ = t", "TIMESTAMPTZ"),
        ("n::INTEGER[] = 1", "list"),
        ("s::JSON = 1", "JSON"),
        ("s::other.main.text = 1", "text"),
        ("NOT " * 900 + "true", "nested"),
    ],
)  # fmt: skip
def test_what_is_no_condition_on_one_row_is_refused_in_words(condition, words):
    with pytest.raises(DataError, match=words) as caught:
        check(database(), condition, list(CELLS), "row")
    assert "\n" not in str(caught.value)


def test_types_of_the_list_can_be_read_and_no_others():
    known = {
        name.upper() for (name,) in database().execute("SELECT type_name FROM duckdb_types()").fetchall()
    }
    assert TYPES - known <= {"INT", "TEXT", "STRING", "REAL", "DATETIME", "CHAR", "NUMERIC", "BOOL"}
    for name in sorted(TYPES):
        assert solve(
            table_of([{**dict.fromkeys(CELLS), TEXT: "1"}]), 1, f"TRY_CAST(s AS {name}) IS NULL OR true"
        ).size
    for name in (
        "TIMESTAMPTZ",
        "TIMETZ",
        "JSON",
        "UUID",
        "BLOB",
        "BIT",
        "TIMESTAMP WITH TIME ZONE",
        "STRUCT(a INT)",
    ):
        with pytest.raises((DataError, ValueError)):
            check(database(), f"TRY_CAST(s AS {name}) IS NULL", ["s"], "row")


def test_what_is_refused_inside_is_refused_at_any_depth():
    for inside in ("random()", "(SELECT 1)", "s::TIMESTAMPTZ"):
        for around in (
            "CASE WHEN true THEN {} END = 1", "CASE WHEN n = 1 THEN 1 ELSE {} END = 1", "-({}) = 1",
            "CASE WHEN {} = 1 THEN 1 END = 1", "n BETWEEN {} AND 3", "n BETWEEN 1 AND {}", "n = {}",
            "{} BETWEEN 1 AND 2", "n IN (1, {})", "coalesce(n, {}) = 1", "NOT ({} = 1)", "{} IS NULL",
            "lower({}) = 'x'", "CAST({} AS INTEGER) = 1", "n = 1 AND ({} = 1 OR n = 2)",
        ):  # fmt: skip
            with pytest.raises(DataError, match="cannot be used"):
                check(database(), around.format(inside), list(CELLS), "row")


def test_rows_come_back_by_position_whatever_columns_are_called():
    names = [
        "row",
        "row_",
        "rows_of_the_data",
        "__aliquot_row__",
        "current_date",
        "rowid",
        "n",
        'a "quoted" one',
    ]
    table = pa.table({name: [3, 1, 2, 5, 4] for name in names})
    for name in names:
        quoted = '"' + name.replace('"', '""') + '"'
        assert solve(table, 5, f"{quoted} >= 3").tolist() == [0, 3, 4], name
    assert solve(pa.table({}), 4, "true").tolist() == [0, 1, 2, 3]
    for name in ("row", "row_", "rows_of_the_data"):
        with pytest.raises(NoColumn, match=name):
            solve(pa.table({"n": [1]}), 1, f"{name} IS NOT NULL")


@given(st.text('ab" É.', min_size=1, max_size=5))
def test_a_column_that_a_condition_names_is_among_those_sent(name):
    quoted = '"' + name.replace('"', '""') + '"'
    assert mentioned(f"{quoted} > 3", [name]) == [name]
    assert mentioned(f"{quoted.upper()} > 3", [name]) == [name]


def test_a_long_condition_is_shown_cut():
    assert shown("x" * 200) == repr("x" * 200)
    assert shown("x" * 201) == repr("x" * 199 + "…")
    assert shown(" a \n =  1 ") == "'a = 1'"


@pytest.mark.parametrize("name", sorted(module._CHANGING))
def test_names_that_change_are_refused_as_columns_and_as_functions(name):
    for written_so in (name, f"{name}()"):
        with pytest.raises(DataError, match=rf"{name}.*another answer each time"):
            check(database(), f"{written_so} = n", ["n"], "row")
    assert check(database(), f'"{name}" = n', ["n", name], "row"), "a column may be called so"


def test_functions_that_are_like_one_are_offered_three_at_most():
    with pytest.raises(DataError) as caught:
        check(database(), "regexp_match(s) = 'x'", ["s"], "row")
    assert caught.value.do.startswith(
        "perhaps regexp_matches or regexp_full_match or regexp_replace is meant; a "
    )
    with pytest.raises(DataError) as caught:
        check(database(), "qqqqqq(s) = 'x'", ["s"], "row")
    assert caught.value.do.startswith("a condition may hold")


def test_sizes_of_types_are_whole_numbers():
    assert check(database(), "n::DECIMAL(9, 2) > 1", ["n"], "row")
    with pytest.raises((DataError, ValueError)):
        check(database(), "n::DECIMAL('9') > 1", ["n"], "row")


def test_the_child_finds_rows_or_says_why_there_are_none(monkeypatch):
    monkeypatch.setattr("core.foundation.child_process.limit_memory", lambda room: None)

    def found(condition):
        sink = pa.BufferOutputStream()
        table = pa.table({"n": [3, 1, 2], "s": ["1", "x", "3"]})
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        arrays = {"table": np.frombuffer(sink.getvalue(), np.uint8)}
        return module.evaluate(arrays, {"condition": condition, "n": 3, "memory": 1 << 30}, SILENT)

    rows, told = found("n >= 2")
    assert (rows["rows"].tolist(), told) == ([0, 2], {})
    assert found("other > 2") == ({}, {"no_column": "other"})
    rows, told = found("n >")
    assert (rows, list(told)) == ({}, ["why"])
    rows, told = found("s::INTEGER > 2")
    assert (rows, list(told)) == ({}, ["why"])
    for error in (
        duckdb.OutOfMemoryException("full"),
        duckdb.Error("std::bad_alloc"),
        duckdb.Error("could not allocate"),
    ):

        def fails(*args, error=error):
            raise error

        monkeypatch.setattr(module, "solve", fails)
        with pytest.raises(MemoryError):
            found("n > 1")
