"""Numbers and dates that are written in some spelling are read back as they were."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.infer_text import infer_text
from core.model.read_as import ReadAs
from core.model.spelled_values import currencies, read_spelled

NUMBERS = st.decimals(-(10**9), 10**9, places=4, allow_nan=False) | st.integers(-(10**12), 10**12).map(
    Decimal
)


def spelled(value: Decimal, decimal: str, group: str) -> str:
    text = f"{abs(value):,f}".replace(",", "G").replace(".", decimal).replace("G", group)
    return ("-" if value < 0 else "") + text


def read(texts, form):
    return read_spelled(pa.array(texts, pa.string()), ReadAs.parse(form)).to_pylist()


@given(
    st.lists(NUMBERS, min_size=1, max_size=8),
    st.sampled_from(
        [(".", ","), (".", ""), (".", " "), (".", "'"), (",", "."), (",", "\u202f"), (",", "’"), (",", "")]
    ),
    st.sampled_from(["{}", "${}", "{} €", "EUR {}", " {} ", "{}\u00a0CHF", "US${}"]),
)
def test_spelled_numbers_are_read_back(values, marks, around):
    decimal, group = marks
    texts = [around.format(spelled(value, decimal, group)) for value in values]
    assert read(texts, f"number:{decimal}") == [float(value) for value in values]


@given(st.lists(st.decimals(-1000, 1000, places=3, allow_nan=False), min_size=1, max_size=8))
def test_a_percent_sign_is_hundredths_exactly(values):
    assert read([f"{value}%" for value in values], "number:.") == [float(value / 100) for value in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6))
def test_whole_numbers_of_any_length_stay_whole(values):
    assert read([f"{value:,}" for value in values], "number:.") == values


def test_what_a_float_would_change_is_not_read():
    long = "9,007,199,254,740,993"
    assert read([long, "0.5"], "number:.") == [None, 0.5]
    assert read([long, "7"], "number:.") == [2**53 + 1, 7]
    assert read(["123456789012345678901", "5"], "number:.") == [None, 5]
    assert read(["0.12345678901234567890"], "number:.") == [None]


@given(st.lists(NUMBERS | st.floats(-1e9, 1e9).map(lambda one: Decimal(repr(one))), min_size=1, max_size=8))
def test_plain_numbers_are_what_they_are_without_a_form(values):
    texts = [f"{value:f}" for value in values]
    plain = infer_text(pa.array(texts))
    if not pa.types.is_string(plain.type):
        assert read(texts, "number:.") == plain.to_pylist()


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1,234", 1234, 1.234),
        ("1.234", 1.234, 1234),
        ("1.234.567,8", None, 1234567.8),
        ("12,34,567.5", 1234567.5, None),
        ("0,123", None, 0.123),
        ("1,23", None, 1.23),
        ("1,2345", None, 1.2345),
        ("(1,000)", -1000, -1),
        ("−5", -5, -5),
        ("+7", 7, 7),
        ("$-5", -5, -5),
        ("-$5", -5, -5),
        ("0012", 12, 12),
        ("1e5", 100000, 100000),
        (".5", 0.5, None),
        ("12.", None, None),
        ("--5", None, None),
        ("-$-5", None, None),
        ("(-5)", None, None),
        ("(5", None, None),
        ("$5%", None, None),
        ("$5 EUR", None, None),
        ("1e5%", None, None),
        ("5 apples", None, None),
        ("1 23", None, None),
        ("", None, None),
        ("١٢", None, None),
    ],
)
def test_each_mark_reads_what_it_says(text, point, comma):
    assert read([text], "number:.") == [point]
    assert read([text], "number:,") == [comma]


DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
WAYS = {
    "dmy": [
        "{d}.{m}.{y:04}",
        "{d:02}/{m:02}/{y:04}",
        "{d}-{m}-{y:04}",
        "{d} {n} {y:04}",
        "{d}. {m}. {y:04}",
        "{d}-{s}-{y:04}",
    ],
    "mdy": [
        "{m}/{d}/{y:04}",
        "{n} {d}, {y:04}",
        "{s} {d} {y:04}",
        "{s}. {d}th, {y:04}",
        "{m:02}.{d:02}.{y:04}",
    ],
    "ymd": ["{y:04}/{m}/{d}", "{y:04}.{m:02}.{d:02}", "{y:04} {s} {d}", "{y:04}-{m:02}-{d:02}"],
}


def written(day: date, way: str) -> str:
    name = calendar.month_name[day.month]
    return way.format(d=day.day, m=day.month, y=day.year, n=name, s=name[:3])


@given(st.lists(DAYS, min_size=1, max_size=8), st.sampled_from(list(WAYS)), st.data())
def test_spelled_dates_are_read_back(days, order, data):
    way = data.draw(st.sampled_from(WAYS[order]))
    expected = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    assert read([written(day, way) for day in days], f"date:{order}") == expected


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=8))
def test_times_of_day_are_read_back(moments):
    expected = [moment.replace(tzinfo=UTC) for moment in moments]
    assert read([f"{one:%d.%m.%Y %H:%M:%S.%f}" for one in moments], "date:dmy") == expected
    assert read([f"{one:%Y%m%d%H%M%S%f}" for one in moments], "date:%Y%m%d%H%M%S%f") == expected
    minutes = [one.replace(second=0, microsecond=0) for one in expected]
    assert read([f"{one:%m/%d/%Y %I:%M %p}" for one in moments], "date:mdy") == minutes
    assert read([one.isoformat() for one in moments], "date:mdy") == expected
    east = [f"{one.isoformat()}+02:00" for one in moments]
    assert read(east, "date:dmy") == [one - timedelta(hours=2) for one in expected]


@given(st.integers(0, 99), st.integers(0, 40), st.integers(0, 14))
def test_no_day_is_made_up(year, day, month):
    full = 1969 + (year - 69) % 100
    try:
        expected = datetime(full, month, day, tzinfo=UTC)
    except ValueError:
        expected = None
    assert read([f"{day}.{month}.{year:02}"], "date:%d.%m.%y") == [expected]
    assert read([f"{day}.{month}.{full}"], "date:dmy") == [expected]
    assert read([f"{day}.{month}.{year:02}"], "date:dmy") == [None], "a century is not guessed"


@pytest.mark.parametrize(
    "text",
    [
        "31.2.2020",
        "1.1.2020 24:00",
        "1.1.2020 10:60",
        "1.1.2020 0:30 pm",
        "1.1.2020 13:00 am",
        "1.1.12020",
        "1/2",
        "Juni 1 2020",
    ],
)
def test_what_is_no_day_or_time_is_not_read(text):
    assert [read([text], f"date:{order}") for order in WAYS] == [[None]] * 3


def test_one_wrong_day_of_iso_loses_no_other():
    assert read(["2020-02-30", "2020-02-29T01:00"], "date:dmy") == [
        None,
        datetime(2020, 2, 29, 1, tzinfo=UTC),
    ]


def test_nothing_is_read_of_nothing():
    assert read([], "number:.") == read([], "date:dmy") == []
    assert read(["x" * 100, "no"], "number:,") == [None, None]
    assert currencies(pa.array(["1", "2"])) == []
