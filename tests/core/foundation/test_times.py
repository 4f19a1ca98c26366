"""Times become numbers without nanoseconds, and every strategy and metric takes a date of any year."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.filters.filter_rows import matching
from core.data.health import health
from core.data.load import load
from core.features.table import numeric
from core.foundation.times import FIRST, LAST, microseconds, microseconds_of, seconds
from core.metrics.column_distributions import columns_of
from core.metrics.measure import measure_many
from core.metrics.pool import prepare
from core.model.columns import as_numbers
from core.study.study import Study

START = dt.datetime(1970, 1, 1)


@settings(max_examples=100)
@given(st.lists(st.one_of(st.none(), st.datetimes()), min_size=1, max_size=8))
def test_microseconds_are_those_of_the_calendar(times):
    expected = [0 if time is None else (time - START) // dt.timedelta(microseconds=1) for time in times]
    column = pd.Series(np.array([np.datetime64(time, "us") for time in times], "datetime64[us]"))
    for made in (column, column.dt.tz_localize("UTC")):
        counts, gone = microseconds(made)
        assert counts.tolist() == expected
        assert gone.tolist() == [time is None for time in times]
        np.testing.assert_array_equal(seconds(made), np.where(gone, np.nan, counts / 1e6))
        np.testing.assert_array_equal(as_numbers(made, "t"), seconds(made))
        np.testing.assert_array_equal(numeric(made, time=True), seconds(made))
    assert [microseconds_of(time) for time in times if time is not None] == [
        value for value, time in zip(expected, times, strict=True) if time is not None
    ]


def test_the_ends_of_the_calendar():
    assert microseconds_of(dt.datetime.min) == FIRST
    assert microseconds_of(dt.datetime.max) == LAST
    zone = dt.timezone(dt.timedelta(hours=2))
    assert microseconds_of(dt.datetime(1970, 1, 1, 2, tzinfo=zone)) == 0
    assert microseconds_of(pd.Timestamp(1_999, unit="ns")) == 1


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_and_zone_gives_the_same_seconds(unit):
    column = pd.Series(np.array(["2024-02-29T12:00:00", "NaT"], f"datetime64[{unit}]"))
    berlin = column.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    for made in (column, berlin):
        np.testing.assert_array_equal(seconds(made), [1709208000.0, np.nan])


def test_numbers_that_stand_for_times_stay_as_they_are():
    """A year in the role of a time is no count of nanoseconds."""
    years = pd.Series([1999, 2024, None], dtype="Int64")
    np.testing.assert_array_equal(numeric(years, time=True), [1999.0, 2024.0, np.nan])


def test_groups_of_years_in_the_role_of_a_time_are_named_by_years():
    data = load({"id": range(60), "year": range(1960, 2020)}, roles={"year": "time"})
    names = Study(data).with_(groups="year", features="table").groups().names
    assert len(names) == 5
    assert all("19" in name or "20" in name for name in names)
    assert not any("1970-01" in name for name in names)


def contracts(n=60):
    days = ["9999-12-31", "0001-01-01", "2024-05-01T12:00:00.123456Z", ""]
    return pd.DataFrame(
        {
            "id": range(n),
            "valid_to": [days[at % 4] if at % 3 else f"{1500 + at * 17}-03-01" for at in range(n)],
            "kind": ["abc"[at % 3] for at in range(n)],
            "amount": [at * 37 % 101 for at in range(n)],
        }
    )


def test_strategies_and_metrics_take_any_year():
    study = Study(load(contracts(), name="contracts")).with_(groups="valid_to", features="table")
    pool = prepare(study.inputs(), columns_of(study.data))
    for strategy, params in (
        ("random", {}),
        ("temporal", {"by": "valid_to"}),
        ("stratified", {"by": "groups"}),
        ("stratified", {"by": "kind"}),
        ("systematic", {"by": "valid_to"}),
        ("cube", {"on": ["valid_to", "amount"]}),
        ("k-center", {}),
    ):
        picked = study.select(strategy, 12, params=params)
        assert len(picked.rows) == 12
        values = measure_many(pool, [picked.rows])
        assert np.isfinite(values["column-shift"]).all()
    late = study.data.frame["id"].iloc[matching(study.data, "valid_to > '2262-04-12'")]
    assert set(late) == {at for at, day in enumerate(contracts()["valid_to"]) if day > "2262-04-12"}
    assert health(study.data)


@settings(max_examples=10)
@given(
    st.lists(st.datetimes(), min_size=8, max_size=24, unique=True),
    st.sampled_from(["random", "temporal", "stratified"]),
)
def test_a_study_of_any_dates_is_drawn(times, strategy):
    frame = pd.DataFrame({"id": range(len(times)), "when": times, "x": [at % 3 for at in range(len(times))]})
    study = Study(load(frame, name="t")).with_(groups="when", features="table")
    picked = study.select(strategy, 4, params={"temporal": {"by": "when"}}.get(strategy))
    assert len(set(picked.rows)) == 4
    order = np.argsort(times)
    ranks = np.empty(len(times), int)
    ranks[order] = np.arange(len(times))
    known = study.times()
    if known is not None:
        ids = study.data.frame["id"].to_numpy(np.int64)
        by_time = ids[np.lexsort((ranks[ids], known))]
        assert ranks[by_time].tolist() == sorted(ranks.tolist())
