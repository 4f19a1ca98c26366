"""Estimates: nothing is claimed where nothing alike was seen; what was seen corrects what is like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.foundation.learned_pace import NOTHING, REACH, ExpectedTime, Pace

SECONDS = some.floats(0.01, 1e5)


@pytest.fixture
def pace(tmp_path: Path) -> Pace:
    return Pace(tmp_path / "pace.json")


def test_before_anything_ran_a_range_around_the_declared_time_is_told(pace: Pace) -> None:
    found = pace.expect("encode", 10.0)
    assert found.seconds == 10.0
    assert found.low < 10 / 3
    assert found.high > 30
    assert not found.measured
    assert found.words == "3 s to 35 s"


def test_what_ran_corrects_work_of_its_size_and_says_so_by_one_number(pace: Pace) -> None:
    pace.learn("encode", 10.0, 30.0)
    for declared in (10.0, 10.0 * REACH, 10.0 / REACH):
        found = pace.expect("encode", declared)
        assert found.measured
        assert found.seconds == pytest.approx(3 * declared)
    for declared in (10.0 * REACH * 1.01, 10.0 / REACH / 1.01):
        found = pace.expect("encode", declared)
        assert not found.measured, "more than five times what was seen"
        assert declared < found.seconds < 3 * declared, "carried over in part"
        assert found.low < declared < found.high
    assert pace.expect("layout", 10.0).seconds == 10.0, "other work is another thing"


@given(fixed=some.floats(0.0, 20), rate=some.floats(0.2, 5))
def test_a_wrong_fixed_part_is_learned_at_each_size(
    tmp_path_factory: pytest.TempPathFactory, fixed: float, rate: float
) -> None:
    """What takes a fixed part that nobody declared is told right for few rows and for many."""
    pace = Pace(tmp_path_factory.mktemp("pace") / "pace.json")
    sizes = (0.5, 100.0)
    for size in sizes:
        pace.learn("work", size, fixed + rate * size)
    for size in sizes:
        assert pace.expect("work", size).seconds == pytest.approx(fixed + rate * size, rel=0.02)


def test_newer_runs_count_for_more(pace: Pace) -> None:
    for seconds in (100.0,) * 6 + (10.0,) * 6:
        pace.learn("encode", 10.0, seconds)
    assert pace.expect("encode", 10.0).seconds < (100.0 * 10.0) ** 0.5


def test_runs_that_differ_are_told_as_a_range(pace: Pace) -> None:
    for seconds in (3.0, 60.0, 4.0, 50.0):
        pace.learn("encode", 10.0, seconds)
    found = pace.expect("encode", 10.0)
    assert not found.measured
    assert found.low < 10 < found.high


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"encode": 3}', b'{"encode": [[1], [0, 2], [1, "x"], 7]}']
)
def test_a_damaged_file_counts_as_empty(pace: Pace, body: bytes) -> None:
    pace.path.write_bytes(body)
    assert pace.expect("encode", 10.0).seconds == 10.0
    pace.learn("encode", 10.0, 20.0)
    assert pace.expect("encode", 10.0).seconds == pytest.approx(20.0)


def test_what_says_nothing_is_not_remembered(pace: Pace) -> None:
    for declared, seconds in ((0.0, 1.0), (1.0, 0.0), (float("inf"), 1.0), (1.0, float("nan")), (-1.0, 1.0)):
        pace.learn("encode", declared, seconds)
    assert not pace.path.exists()
    assert pace.expect("encode", 0.0) == NOTHING


@given(some.lists(some.tuples(SECONDS, SECONDS, SECONDS), max_size=4))
def test_estimates_add_up(parts: list[tuple[float, float, float]]) -> None:
    known = [ExpectedTime(middle, low, high) for low, middle, high in map(sorted, parts)]
    whole = sum(known, NOTHING)
    assert whole.seconds == pytest.approx(sum(one.seconds for one in known))
    assert whole.low <= whole.seconds * (1 + 1e-9)
    assert whole.seconds <= whole.high * (1 + 1e-9)


def test_words_never_start_a_range_at_nothing() -> None:
    assert ExpectedTime(0.4, 0.1, 9.0).words == "up to 9 s"
    assert ExpectedTime(90.0, 20.0, 300.0).short == "20 s to 5 min 0 s"
    assert ExpectedTime(12.0, 9.0, 16.0).short == "12 s"
