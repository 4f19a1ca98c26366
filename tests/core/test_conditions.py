"""What a condition may say: the one list, held against DuckDB's own catalogue and against plain Python."""

from __future__ import annotations

import calendar
import fnmatch
import hashlib
import math
import operator
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from core import conditions as module
from core.conditions import FUNCTIONS, TYPES, NoColumn, check, connect, mentioned
from core.errors import DataError

NUMBER, REAL, TEXT, TIME, TRUTH, JSON = "n", "f", "s", "t", "b", "j"
WHOLE = st.integers(-9, 9)
HALVES = st.integers(-40, 40).map(lambda half: half / 2)
WORDS = st.text("abéAB %_.", max_size=6)
TIMES = st.datetimes(datetime(2019, 1, 1), datetime(2026, 12, 31)).map(lambda t: t.replace(microsecond=0))
CELLS = {
    NUMBER: (WHOLE, pa.int64()),
    REAL: (HALVES, pa.float64()),
    TEXT: (WORDS, pa.string()),
    TIME: (TIMES, pa.timestamp("us")),
    TRUTH: (st.booleans(), pa.bool_()),
    JSON: (st.sampled_from(['{"a": "x"}', '{"a": "y"}', "[1, 2]", "[]", '{"b": 1}']), pa.string()),
}


@cache
def database() -> duckdb.DuckDBPyConnection:
    return connect()


def solve(table: pa.Table, n: int, condition: str) -> Any:
    return module.solve(table, n, condition, database())


@dataclass(frozen=True)
class Case:
    """A function of the list: how it is written, of what, what it gives, and the same in Python."""

    sql: str
    takes: str
    gives: str
    plain: Any
    strict: bool = True  # missing where an argument is missing


def like(text: str, pattern: str, flags: int = 0, escape: str = "") -> bool:
    out, letters = "", iter(pattern)
    for letter in letters:
        if letter == escape:
            out += re.escape(next(letters))
        else:
            out += {"%": ".*", "_": "."}.get(letter, re.escape(letter))
    return re.fullmatch(out, text, re.DOTALL | flags) is not None


def halved(x: float) -> float:
    """Rounded half away from zero."""
    return math.copysign(math.floor(abs(x) + 0.5), x)


def piece(text: str, at: int) -> str:
    parts = text.split("b")
    return parts[at - 1] if at <= len(parts) else ""


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match.group(0) if match else ""


def month_end(t: datetime) -> date:
    return date(t.year, t.month, calendar.monthrange(t.year, t.month)[1])


def ignoring(choose: Any) -> Any:
    return lambda *given: choose([one for one in given if one is not None], default=None)


def json_of(text: str) -> Any:
    import json

    return json.loads(text)


def member(text: str) -> str | None:
    value = json_of(text)
    return value.get("a") if isinstance(value, dict) else None


def members(text: str) -> int:
    value = json_of(text)
    return len(value) if isinstance(value, list) else 0


def first_x(text: str) -> str:
    return re.sub("[ab]", "x", text, count=1)


def months(a: datetime, b: datetime) -> int:
    return 12 * (b.year - a.year) + b.month - a.month


CASES: dict[str, Case] = {
    "nullif": Case("nullif({}, {})", "nn", "n", lambda a, b: None if a == b else a, False),
    "if": Case("if({}, {}, {})", "bnn", "n", lambda c, a, b: a if c else b, False),
    "greatest": Case("greatest({}, {})", "nn", "n", ignoring(max), False),
    "least": Case("least({}, {})", "nn", "n", ignoring(min), False),
    **{name: Case(f"{name}({{}})", "s", "s", str.lower) for name in ("lower", "lcase")},
    **{name: Case(f"{name}({{}})", "s", "s", str.upper) for name in ("upper", "ucase")},
    **{
        name: Case(f"{name}({{}})", "s", "n", len)
        for name in ("length", "len", "char_length", "character_length")
    },
    "strlen": Case("strlen({})", "s", "n", lambda s: len(s.encode())),
    "trim": Case("trim({})", "s", "s", lambda s: s.strip(" ")),
    "ltrim": Case("ltrim({})", "s", "s", lambda s: s.lstrip(" ")),
    "rtrim": Case("rtrim({})", "s", "s", lambda s: s.rstrip(" ")),
    "left": Case("left({}, 2)", "s", "s", lambda s: s[:2]),
    "right": Case("right({}, 2)", "s", "s", lambda s: s[-2:]),
    "substring": Case("substring({}, 2, 3)", "s", "s", lambda s: s[1:4]),
    "substr": Case("substr({}, 1, 2)", "s", "s", lambda s: s[:2]),
    "reverse": Case("reverse({})", "s", "s", lambda s: s[::-1]),
    "replace": Case("replace({}, 'a', 'xy')", "s", "s", lambda s: s.replace("a", "xy")),
    "concat": Case("concat({}, {})", "ss", "s", lambda a, b: (a or "") + (b or ""), False),
    "contains": Case("contains({}, {})", "ss", "b", lambda a, b: b in a),
    "starts_with": Case("starts_with({}, {})", "ss", "b", str.startswith),
    "prefix": Case("prefix({}, {})", "ss", "b", str.startswith),
    "^@": Case("{} ^@ {}", "ss", "b", str.startswith),
    "ends_with": Case("ends_with({}, {})", "ss", "b", str.endswith),
    "suffix": Case("suffix({}, {})", "ss", "b", str.endswith),
    "strpos": Case("strpos({}, {})", "ss", "n", lambda a, b: a.find(b) + 1),
    "instr": Case("instr({}, {})", "ss", "n", lambda a, b: a.find(b) + 1),
    "position": Case("position({} IN {})", "ss", "n", lambda a, b: b.find(a) + 1),
    "split_part": Case("split_part({}, 'b', 2)", "s", "s", lambda s: piece(s, 2)),
    "regexp_matches": Case("{} ~ '[ab]{{2}}'", "s", "b", lambda s: bool(re.search("[ab]{2}", s))),
    "regexp_full_match": Case("{} SIMILAR TO '[ab]+'", "s", "b", lambda s: bool(re.fullmatch("[ab]+", s))),
    "regexp_extract": Case("regexp_extract({}, '[abé]+')", "s", "s", lambda s: found("[abé]+", s)),
    "regexp_replace": Case("regexp_replace({}, '[ab]', 'x')", "s", "s", first_x),
    "md5": Case("md5({})", "s", "s", lambda s: hashlib.md5(s.encode()).hexdigest()),
    "sha256": Case("sha256({})", "s", "s", lambda s: hashlib.sha256(s.encode()).hexdigest()),
    "abs": Case("abs({})", "n", "n", abs),
    "@": Case("@({})", "n", "n", abs),
    "sign": Case("sign({})", "f", "n", lambda x: (x > 0) - (x < 0)),
    "round": Case("round({})", "f", "f", halved),
    "floor": Case("floor({})", "f", "f", math.floor),
    "ceil": Case("ceil({})", "f", "f", math.ceil),
    "ceiling": Case("ceiling({})", "f", "f", math.ceil),
    "trunc": Case("trunc({})", "f", "f", math.trunc),
    "sqrt": Case("sqrt(abs({}))", "f", "f", lambda x: math.sqrt(abs(x))),
    "cbrt": Case("cbrt({})", "f", "f", math.cbrt),
    "exp": Case("exp({} / 4)", "f", "f", lambda x: math.exp(x / 4)),
    "ln": Case("ln(abs({}) + 1)", "f", "f", lambda x: math.log(abs(x) + 1)),
    "log": Case("log(abs({}) + 1)", "f", "f", lambda x: math.log10(abs(x) + 1)),
    "log10": Case("log10(abs({}) + 1)", "f", "f", lambda x: math.log10(abs(x) + 1)),
    "log2": Case("log2(abs({}) + 1)", "f", "f", lambda x: math.log2(abs(x) + 1)),
    "pow": Case("pow({}, 2)", "f", "f", lambda x: x**2),
    "power": Case("power({}, 3)", "f", "f", lambda x: x**3),
    "mod": Case("mod({}, 4)", "n", "n", lambda n: int(math.fmod(n, 4))),
    "isnan": Case("isnan({})", "f", "b", math.isnan),
    "isinf": Case("isinf({})", "f", "b", math.isinf),
    "isfinite": Case("isfinite({})", "f", "b", math.isfinite),
    "year": Case("year({})", "t", "n", lambda t: t.year),
    "month": Case("month({})", "t", "n", lambda t: t.month),
    "day": Case("day({})", "t", "n", lambda t: t.day),
    "dayofmonth": Case("dayofmonth({})", "t", "n", lambda t: t.day),
    "hour": Case("hour({})", "t", "n", lambda t: t.hour),
    "minute": Case("minute({})", "t", "n", lambda t: t.minute),
    "second": Case("second({})", "t", "n", lambda t: t.second),
    "quarter": Case("quarter({})", "t", "n", lambda t: (t.month + 2) // 3),
    "week": Case("week({})", "t", "n", lambda t: t.isocalendar()[1]),
    "weekofyear": Case("weekofyear({})", "t", "n", lambda t: t.isocalendar()[1]),
    "dayofweek": Case("dayofweek({})", "t", "n", lambda t: t.isoweekday() % 7),
    "isodow": Case("isodow({})", "t", "n", lambda t: t.isoweekday()),
    "dayofyear": Case("dayofyear({})", "t", "n", lambda t: t.timetuple().tm_yday),
    "date_part": Case("extract(month FROM {})", "t", "n", lambda t: t.month),
    "datepart": Case("datepart('hour', {})", "t", "n", lambda t: t.hour),
    "date_trunc": Case("date_trunc('month', {})", "t", "t", lambda t: datetime(t.year, t.month, 1)),
    "datetrunc": Case("datetrunc('day', {})", "t", "t", lambda t: datetime(t.year, t.month, t.day)),
    "date_diff": Case("date_diff('day', {}, {})", "tt", "n", lambda a, b: (b.date() - a.date()).days),
    "datediff": Case("datediff('month', {}, {})", "tt", "n", months),
    "dayname": Case("dayname({})", "t", "s", lambda t: calendar.day_name[t.weekday()]),
    "monthname": Case("monthname({})", "t", "s", lambda t: calendar.month_name[t.month]),
    "last_day": Case("last_day({})", "t", "t", lambda t: datetime(*month_end(t).timetuple()[:3])),
    "strftime": Case("strftime({}, '%Y-%m')", "t", "s", lambda t: f"{t.year}-{t.month:02d}"),
    "to_years": Case("{} + INTERVAL 1 YEAR", "t", "t", lambda t: t + relativedelta(years=1)),
    "to_months": Case("{} + INTERVAL 1 MONTH", "t", "t", lambda t: t + relativedelta(months=1)),
    "to_weeks": Case("{} - INTERVAL 2 WEEKS", "t", "t", lambda t: t - timedelta(weeks=2)),
    "to_days": Case("{} + INTERVAL 3 DAYS", "t", "t", lambda t: t + timedelta(days=3)),
    "to_hours": Case("{} + INTERVAL 5 HOURS", "t", "t", lambda t: t + timedelta(hours=5)),
    "to_minutes": Case("{} + to_minutes(7)", "t", "t", lambda t: t + timedelta(minutes=7)),
    "to_seconds": Case("{} + to_seconds(9)", "t", "t", lambda t: t + timedelta(seconds=9)),
    "json_extract_string": Case("json_extract_string({}, '$.a')", "j", "s", member),
    "->>": Case("({} ->> '$.a')", "j", "s", member),
    "json_array_length": Case("json_array_length({})", "j", "n", members),
    "json_valid": Case("json_valid({})", "s", "b", lambda s: s.strip(" ") != "" and is_json(s)),
    "+": Case("({} + {})", "nn", "n", operator.add),
    "-": Case("({} - {})", "nn", "n", operator.sub),
    "*": Case("({} * {})", "ff", "f", operator.mul),
    "/": Case("({} / 4)", "f", "f", lambda x: x / 4),
    "//": Case("({} // 4)", "n", "n", lambda n: math.trunc(n / 4)),
    "%": Case("({} % 4)", "n", "n", lambda n: int(math.fmod(n, 4))),
    "**": Case("({} ** 2)", "n", "f", lambda n: n**2),
    "^": Case("({} ^ 2)", "n", "f", lambda n: n**2),
    "&": Case("({} & {})", "nn", "n", operator.and_),
    "|": Case("({} | {})", "nn", "n", operator.or_),
    "||": Case("({} || {})", "ss", "s", operator.add),
    "~~": Case("{} LIKE 'a_%'", "s", "b", lambda s: like(s, "a_%")),
    "!~~": Case("{} NOT LIKE '%b%'", "s", "b", lambda s: not like(s, "%b%")),
    "~~*": Case("{} ILIKE 'A%'", "s", "b", lambda s: like(s, "A%", re.IGNORECASE)),
    "!~~*": Case("{} NOT ILIKE '_B%'", "s", "b", lambda s: not like(s, "_B%", re.IGNORECASE)),
    "~~~": Case("{} GLOB 'a?*'", "s", "b", lambda s: fnmatch.fnmatchcase(s, "a?*")),
    "like_escape": Case("{} LIKE '%$%%' ESCAPE '$'", "s", "b", lambda s: like(s, "%$%%", 0, "$")),
    "not_like_escape": Case("{} NOT LIKE '%$_' ESCAPE '$'", "s", "b", lambda s: not like(s, "%$_", 0, "$")),
    "ilike_escape": Case(
        "{} ILIKE 'A$%%' ESCAPE '$'", "s", "b", lambda s: like(s, "A$%%", re.IGNORECASE, "$")
    ),
    "not_ilike_escape": Case(
        "{} NOT ILIKE 'B$_%' ESCAPE '$'", "s", "b", lambda s: not like(s, "B$_%", re.IGNORECASE, "$")
    ),
}  # fmt: skip


def is_json(text: str) -> bool:
    try:
        json_of(text)
    except ValueError:
        return False
    return True


def written(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value}'"
    return f"({value})"


@dataclass(frozen=True)
class Said:
    """A condition, or a part of one, and what it says of a row."""

    sql: str
    of: Any


def strictly(plain: Any, parts: list[Said], strict: bool) -> Any:
    def of(row: dict[str, Any]) -> Any:
        given = [part.of(row) for part in parts]
        return None if strict and any(one is None for one in given) else plain(*given)

    return of


@st.composite
def parts(draw: Any, kind: str, depth: int) -> Said:
    """A value of a kind: a column, a constant, or a function of the list."""
    ways = [name for name, case in CASES.items() if case.gives == kind] if depth else []
    way = draw(st.sampled_from([*ways, ""])) if ways else ""
    if not way:
        if kind == JSON or draw(st.integers(0, 3)):
            return Said(f'"{kind}"', lambda row: row[kind])
        value = draw(CELLS[kind][0])
        return Said(written(value), lambda row: value)
    case = CASES[way]
    inner = [draw(parts(one, depth - 1)) for one in case.takes]
    return Said(
        "(" + case.sql.format(*(one.sql for one in inner)) + ")", strictly(case.plain, inner, case.strict)
    )


COMPARED = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">=": operator.ge}


@st.composite
def conditions(draw: Any, depth: int = 2) -> Said:
    """A truth: a comparison, a test, or several of them joined."""
    way = draw(st.sampled_from(["compare", "truth", "in", "between", "null", "distinct", "case", "coalesce"]))
    join = draw(st.sampled_from(["", "", "NOT", "AND", "OR"])) if depth else ""
    if join == "NOT":
        one = draw(conditions(depth - 1))
        return Said(f"(NOT {one.sql})", strictly(operator.not_, [one], True))
    if join:
        one, two = draw(conditions(depth - 1)), draw(conditions(depth - 1))
        end = join == "OR"  # what settles it, whatever the other is

        def both(a: Any, b: Any) -> Any:
            return end if end in (a, b) else None if None in (a, b) else not end

        return Said(f"({one.sql} {join} {two.sql})", strictly(both, [one, two], False))
    if way == "truth":
        return draw(parts(TRUTH, 2))
    kind = draw(st.sampled_from([NUMBER, TEXT, TIME, *([REAL] if way == "compare" else [])]))
    left = draw(parts(kind, 2))
    if way == "null":
        return Said(f"({left.sql} IS NULL)", strictly(lambda a: a is None, [left], False))
    values = [draw(CELLS[kind][0]) for _ in range(3)]
    if way == "in":
        return Said(
            f"({left.sql} IN ({', '.join(map(written, values))}))",
            strictly(lambda a: a in values, [left], True),
        )
    if way == "between":
        low, high = min(values), max(values)
        return Said(
            f"({left.sql} BETWEEN {written(low)} AND {written(high)})",
            strictly(lambda a: low <= a <= high, [left], True),
        )
    right = draw(parts(kind, 1))
    if way == "distinct":
        return Said(f"({left.sql} IS DISTINCT FROM {right.sql})", strictly(operator.ne, [left, right], False))
    if way == "coalesce":
        other = Said(
            f"coalesce({left.sql}, {written(values[0])})",
            strictly(lambda a: values[0] if a is None else a, [left], False),
        )
        return Said(f"({other.sql} = {right.sql})", strictly(operator.eq, [other, right], True))
    sign = draw(st.sampled_from(sorted(COMPARED)))
    told = Said(f"({left.sql} {sign} {right.sql})", strictly(COMPARED[sign], [left, right], True))
    if way == "case":
        return Said(f"(CASE WHEN {told.sql} THEN true ELSE false END)", lambda row: bool(told.of(row)))
    return told


ROWS = st.lists(
    st.fixed_dictionaries({kind: st.none() | cells for kind, (cells, _) in CELLS.items()}),
    min_size=1,
    max_size=8,
)


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({kind: pa.array([row[kind] for row in rows], of) for kind, (_, of) in CELLS.items()})


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
