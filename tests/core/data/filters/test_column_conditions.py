"""Conditions on columns: their rows are those of plain Python, and those of the SQL that says the same.

The SQL is worked out by DuckDB itself, in this process, over odd names, quotes, signs of every script,
numbers with all their digits, times, and missing cells.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.filters.column_conditions import (
    condition_mask,
    condition_sql,
    joined_sql,
    searched,
    text_columns,
)
from core.data.filters.conditions import connect, solve
from core.data.filters.filter_rows import _plain, matching
from core.data.load import load
from core.foundation.errors import AliquotError, ColumnError, ParameterError
from core.model.dataset import Dataset, Fingerprint, Kind, Role
from core.model.row_conditions import (
    ColumnCondition,
    ContainsText,
    HasValue,
    InRange,
    MatchesPattern,
    MeetsSql,
)

LETTERS = "aAbBzZ019 _%'\"\\.*+?()[]{}|^$-/#~\n\t\x00éÉßſSµμΜσςΣİıKkДд退款がｱ"
TEXTS = st.text(LETTERS, max_size=6) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
NAMES = st.sampled_from(
    ["x", "unit price", 'a "b"', "Group", "select", "d'or", "größe", "a.b", "row", "--", "/* x", "x;y", "İ"]
) | st.text("aZ_ .'\"-;é退", min_size=1, max_size=5)  # fmt: skip
WHOLE = (
    st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1])
)
REALS = st.floats(allow_nan=False) | st.sampled_from([0.1, -0.0, 5e-324, 1.7e308, 0.30000000000000004, 2.5])
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)) | st.sampled_from(
    [
        datetime(2024, 5, 31, 23, 59, 59, 999999),
        datetime(2024, 5, 31),
        datetime(2024, 6, 1),
        datetime(1969, 12, 31),
    ]
)
DATABASE = connect()
DTYPES = {"text": "string[pyarrow]", "whole": "Int64", "number": "Float64", "truth": "boolean"}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS.filter(bool), "whole": WHOLE, "number": REALS, "truth": st.booleans(), "time": TIMES,
}  # fmt: skip


def series(kind: str, cells: list[Any]) -> pd.Series[Any]:
    if kind == "time":
        stamps = np.array(["NaT" if cell is None else cell.isoformat() for cell in cells], "datetime64[us]")
        return pd.Series(stamps).dt.tz_localize("UTC")
    return pd.Series(cells, dtype=DTYPES[kind])


def data_of(columns: dict[str, tuple[str, list[Any]]]) -> Dataset:
    frame = pd.DataFrame({name: series(*one) for name, one in columns.items()})
    kinds = {"text": Kind.TEXT, "truth": Kind.CATEGORY, "time": Kind.TIME}
    roles = {name: Role(kinds.get(kind, Kind.NUMBER), "by hand") for name, (kind, _) in columns.items()}
    return ordered(frame, roles)


def ordered(frame: pd.DataFrame, roles: dict[str, Role]) -> Dataset:
    """A data set whose canonical order is that of the frame."""
    n = len(frame)
    keys = np.arange(n, dtype=">u8").view(np.uint8).reshape(n, 8)
    keys = np.concatenate([np.zeros((n, 8), np.uint8), keys], axis=1)
    return Dataset("demo", frame, roles, keys, np.arange(n), Fingerprint("ab" * 16, keys, {}, None))


def by_sql(data: Dataset, where: str) -> list[int]:
    table = pa.table({name: _plain(data.frame[name]) for name in data.frame.columns})
    return solve(table, len(data), where, DATABASE).tolist()


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return (
        value.isoformat() if isinstance(value, datetime) else value if isinstance(value, str) else repr(value)
    )


def said(kind: str, value: Any) -> Any:
    return value.isoformat() if kind == "time" and value is not None else value


@st.composite
def cases(draw: st.DrawFn) -> tuple[Dataset, ColumnCondition, list[int]]:
    """Data, a condition on one column, and the rows that plain Python finds."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    cells = draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=8))
    name = draw(NAMES)
    near = st.sampled_from([cell for cell in cells if cell is not None] or [draw(VALUES[kind])])
    some = near | VALUES[kind]
    exclude = draw(st.booleans())
    condition: ColumnCondition
    form = draw(
        st.sampled_from(["values", "range"] if kind in ("whole", "number", "time") else ["values", "text"])
    )
    if form == "range":
        bounds = some if kind == "time" else some | WHOLE | REALS.filter(math.isfinite)
        bounds = bounds.filter(lambda bound: not (isinstance(bound, float) and math.isinf(bound)))
        low, high = draw(
            st.tuples(st.none() | bounds, st.none() | bounds).filter(lambda ends: ends != (None, None))
        )
        condition = InRange(name, said(kind, low), said(kind, high), exclude=exclude)
        inside = lambda cell: (low is None or cell >= low) and (high is None or cell <= high)  # noqa: E731
    elif form == "values" or kind == "truth":
        chosen, missing = draw(st.lists(some, max_size=3)), draw(st.booleans())
        missing = missing or not chosen
        condition = HasValue(name, tuple(map(shown, chosen)), missing, exclude=exclude)
        inside = lambda cell: cell in chosen  # noqa: E731
        met = [missing if cell is None else inside(cell) for cell in cells]
        return data_of({name: (kind, cells)}), condition, rows_of(met, exclude)
    else:
        # Letters that have one other case each, so that Python's idea of capitals is the library's.
        cells = [
            None if cell is None else re.sub(r"[^aAbBzZ019 _%'\"\\.*+?()|^$\n-]", "b", cell) for cell in cells
        ]
        text = draw(st.text("aAbB'.\\%*( _^$\n", min_size=1, max_size=3))
        condition = ContainsText(text, draw(st.sampled_from([name, None])), exclude=exclude)
        inside = lambda cell: text.lower() in cell.lower()  # noqa: E731
    met = [cell is not None and inside(cell) for cell in cells]
    return data_of({name: (kind, cells)}), condition, rows_of(met, exclude)


def rows_of(met: list[bool], exclude: bool) -> list[int]:
    return [row for row, one in enumerate(met) if one != exclude]


@settings(max_examples=300)
@given(cases())
def test_rows_are_those_of_plain_python_and_of_the_sql(case):
    data, condition, rows = case
    assert np.flatnonzero(condition_mask(data, condition)).tolist() == rows
    assert by_sql(data, condition_sql(data, condition)) == rows


@given(st.lists(st.none() | TEXTS.filter(bool), min_size=1, max_size=8), st.data())
def test_letters_of_every_script_are_found_as_the_sql_finds_them(cells, draw):
    known = [cell for cell in cells if cell]
    text = draw.draw(st.sampled_from(known) if known else st.just("a"))
    text = draw.draw(st.sampled_from([text, text.upper() or "a", text.lower() or "a", text[:2]]))
    data = data_of({"a": ("text", cells), "b": ("text", cells[::-1])})
    for condition in (ContainsText(text, "a"), ContainsText(text), ContainsText(text, exclude=True)):
        found = np.flatnonzero(condition_mask(data, condition)).tolist()
        assert by_sql(data, condition_sql(data, condition)) == found
    for row, cell in enumerate(cells):  # letters as they stand are found whatever their script
        assert not (cell and text in cell) or row in np.flatnonzero(
            condition_mask(data, ContainsText(text, "a"))
        )


PATTERNS = st.sampled_from(
    ["a", "^a", "b$", "a.b", "a|b", "[^a]b", "(?i)É", "(?s)a.b", r"\d+", r"\bs", r"\pL", r"\p{Greek}", "a{2}",
     "(a)(b)?", "(?P<n>a)b", r"\Qa.b\E", "[[:alpha:]]", "^$", "x*", "'", r"\n", r"\\", "%", "_", r"\x{9000}",
     "(?m)^b", "(?U)a+"]
)  # fmt: skip


@given(st.lists(st.none() | TEXTS.filter(bool), min_size=1, max_size=8), PATTERNS, st.booleans())
def test_expressions_match_as_duckdb_has_them(cells, pattern, exclude):
    data = data_of({"a": ("text", cells)})
    condition = MatchesPattern(pattern, "a", exclude=exclude)
    found = np.flatnonzero(condition_mask(data, condition)).tolist()
    assert by_sql(data, condition_sql(data, condition)) == found


@given(st.lists(st.none() | st.text("ab\n", max_size=4), min_size=1, max_size=6), PATTERNS)
def test_a_plain_expression_matches_as_python_has_it(cells, pattern):
    if pattern in ("a", "^a", "a.b", "a|b", "[^a]b", "(?s)a.b", "a{2}", "(a)(b)?", "(?P<n>a)b", "(?m)^b"):
        data = data_of({"a": ("text", [cell or None for cell in cells])})
        by_python = [row for row, cell in enumerate(cells) if cell and re.search(pattern, cell)]
        assert np.flatnonzero(condition_mask(data, MatchesPattern(pattern, "a"))).tolist() == by_python


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)", "looks ahead"),
        ("(?<!a)b", "looks ahead or behind"),
        (r"(a)\1", "refers back"),
        ("a++", "forbids going back"),
        ("(?>a)", "forbids going back"),
        ("(?<n>a)", r"\(\?<name>…\)"),
        (r"[(](?<n>a)", r"\(\?<name>…\)"),
        ("(", "missing"),
        ("a{1001}", "repetition"),
        ("[z-a]", "range"),
    ],
)
def test_what_the_dialect_lacks_is_refused_with_the_reason(pattern, why):
    data = data_of({"a": ("text", ["a"])})
    for use in (condition_mask, condition_sql):
        with pytest.raises(ParameterError, match=why):
            use(data, MatchesPattern(pattern, "a"))


@pytest.mark.parametrize("pattern", [r"\(?<", r"[(?<]n>", r"\Q(?<n>\E", r"[]](?:a)", r"\\\(?<x"])
def test_what_only_looks_like_a_named_group_is_let_pass(pattern):
    cells = ["(<", "<", "n>", "(?<n>", "]a", "(<x", "\\(<x", None]
    data = data_of({"a": ("text", cells)})
    condition = MatchesPattern(pattern, "a")
    assert (
        by_sql(data, condition_sql(data, condition))
        == np.flatnonzero(condition_mask(data, condition)).tolist()
    )


def test_a_day_reaches_to_its_end_and_a_zone_counts():
    moments = [datetime(2024, 5, 31), datetime(2024, 5, 31, 23, 59, 59, 999999), datetime(2024, 6, 1), None]
    data = data_of({"t": ("time", moments)})

    def rows(*ends: str | None, exclude: bool = False) -> list[int]:
        condition = InRange("t", *ends, exclude=exclude)
        found = np.flatnonzero(condition_mask(data, condition)).tolist()
        assert by_sql(data, condition_sql(data, condition)) == found
        return found

    assert rows(None, "2024-05-31") == [0, 1]
    assert rows("2024-05-31", "2024-05-31") == [0, 1]
    assert rows(None, "2024-05-31T00:00:00") == [0]
    assert rows("2024-06-01T02:00:00+02:00", None) == [2]
    assert rows(None, "2024-05-31", exclude=True) == [2, 3]


def test_bounds_between_whole_numbers_and_beyond_all_of_them():
    data = data_of({"x": ("whole", [2**53, 2**53 + 1, -(2**63), 2**63 - 1, None])})
    for low, high, rows in (
        (2**53 + 0.0, None, [0, 1, 3]),
        (2**53 + 1, 1e300, [1, 3]),
        (None, -(2.0**63), [2]),
        (2.0**63, None, []),
        (1e300, None, []),
        (None, -1e300, []),
        (0.5, 0.9, []),
    ):
        condition = InRange("x", low, high)
        assert np.flatnonzero(condition_mask(data, condition)).tolist() == rows
        assert by_sql(data, condition_sql(data, condition)) == rows


def test_a_whole_bound_that_no_float_has_lets_in_no_neighbour_of_it():
    data = data_of({"x": ("number", [2.0**53, 2.0**53 + 2])})
    for low, high, rows in ((2**53 + 1, None, [1]), (None, 2**53 + 1, [0]), (-(2**63), 2**53, [0])):
        condition = InRange("x", low, high)
        assert np.flatnonzero(condition_mask(data, condition)).tolist() == rows
        assert by_sql(data, condition_sql(data, condition)) == rows


def test_conditions_meet_in_one_line_of_sql_and_through_the_child():
    lines = [b"id,price,lang,body", b"1,5,de,a Refund", b"2,4,,refund", b"3,9,fr,none", b"4,,de,REFUND it"]
    data = load(b"\n".join(lines), name="demo.csv")
    conditions: list[ColumnCondition] = [
        InRange("price", 5, exclude=True),
        ContainsText("refund"),
        MeetsSql("lang = 'de' OR price < 3 -- or so"),
    ]
    masks = [condition_mask(data, one) for one in conditions]
    where = joined_sql(data, conditions)
    assert matching(data, where).tolist() == np.flatnonzero(np.all(masks, axis=0)).tolist()
    assert data.frame["id"][np.flatnonzero(np.all(masks, axis=0))].tolist() == [4]
    flipped = MeetsSql(conditions[2].where, exclude=True)
    assert matching(data, condition_sql(data, flipped)).tolist() == np.flatnonzero(~masks[2]).tolist()
    assert joined_sql(data, []) == ""


def test_columns_that_people_read():
    frame = pd.DataFrame({"b": ["x"], "a": ["y"], "n": [1], "p": ["a.png"]}).astype(
        {"b": "string[pyarrow]", "a": "string[pyarrow]", "n": "Int64", "p": "string[pyarrow]"}
    )
    kinds = {"b": Kind.TEXT, "a": Kind.CATEGORY, "n": Kind.NUMBER, "p": Kind.IMAGE}
    data = ordered(frame, {name: Role(kind, "by hand") for name, kind in kinds.items()})
    assert text_columns(data) == ("a", "b")
    assert searched(data, None) == ("a", "b")
    assert searched(data, "p") == ("p",)
    for column in ("n", "nowhere"):
        with pytest.raises(ColumnError):
            searched(data, column)
    with pytest.raises(ColumnError, match="no text to search"):
        searched(data_of({"n": ("whole", [1])}), None)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (InRange("s", 1, 2), "holds no numbers or times"),
        (InRange("b", 0, 1), "holds true and false"),
        (InRange("n", "2024-01-01"), "the column holds numbers"),
        (InRange("t", 5), "no time of"),
        (InRange("t", "yesterday"), "no time of"),
        (InRange("t", None, "9999-12-31T23:59:59-12:00"), "no time of"),
        (HasValue("n", ("1.5",)), "whole numbers"),
        (HasValue("n", ("nan",)), "whole numbers"),
        (HasValue("n", (str(2**63),)), "whole numbers"),
        (HasValue("b", ("yes",)), "true and false"),
        (HasValue("t", ("x",)), "no time of"),
        (HasValue("gone", ("x",)), "no column"),
        (ContainsText("x", "n"), "holds whole numbers"),
        (ContainsText("x", "twin"), "tell"),
    ],
)
def test_what_does_not_fit_a_column_is_refused_in_words(condition, why):
    columns: dict[str, tuple[str, list[Any]]] = {
        "s": ("text", ["a"]), "b": ("truth", [True]), "n": ("whole", [1]), "twin": ("text", ["x"]),
        "Twin": ("text", ["y"]), "t": ("time", [datetime(2024, 1, 1)]),
    }  # fmt: skip
    with pytest.raises(AliquotError, match=why):
        condition_sql(data_of(columns), condition)
    if why != "tell":
        with pytest.raises(AliquotError, match=why):
            condition_mask(data_of(columns), condition)


def test_values_are_taken_as_they_are_shown():
    data = data_of({"n": ("whole", [1, 2, None]), "x": ("number", [0.5, -0.0, math.inf])})
    for condition, rows in (
        (HasValue("n", ("1.0", "7")), [0]),
        (HasValue("n", (), missing=True), [2]),
        (HasValue("n", ("2",), missing=True, exclude=True), [0]),
        (HasValue("x", ("0", "inf")), [1, 2]),
    ):
        assert np.flatnonzero(condition_mask(data, condition)).tolist() == rows
        assert by_sql(data, condition_sql(data, condition)) == rows
