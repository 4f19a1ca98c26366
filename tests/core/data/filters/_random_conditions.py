"""Random conditions of every function that may stand in one, and what plain Python says of them."""

from __future__ import annotations

import calendar
import fnmatch
import hashlib
import json
import math
import operator
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from dateutil.relativedelta import relativedelta
from hypothesis import strategies as st

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
