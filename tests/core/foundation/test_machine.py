import pytest

from core.foundation.durations import show_seconds, show_took
from core.foundation.machine import Machine, free_memory, machine, show_bytes


def test_seconds_add_up_over_units():
    made = Machine(gemm=1e9, stream=1e9, scan=1e8, keyed=1e6, steps=1e7)
    assert made.seconds({"gemm": 2e9, "keyed": 5e5}) == pytest.approx(2.5)
    with pytest.raises(KeyError):
        made.seconds({"unknown": 1})


def test_this_machine_is_measured_once():
    assert machine() is machine()
    assert min(machine().gemm, machine().scan, machine().keyed, machine().steps) > 0
    assert free_memory() > 2**20


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 bytes"), (2048, "2.0 KiB"), (5 * 2**20, "5.0 MiB"), (2**31, "2.0 GiB")]
)
def test_bytes_have_units(value, text):
    assert show_bytes(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.2, "under 1 s"), (59.6, "60 s"), (125, "2 min 5 s"), (3600 * 3, "3.0 h")],
)
def test_seconds_have_units(value, text):
    assert show_seconds(value) == text


@pytest.mark.parametrize(
    ("took", "estimated", "text"),
    [
        (0.01, 0.02, "under 0.1 s, as estimated"),
        (0.3, 2.25, "0.3 s (estimated 2.2 s)"),
        (9.97, 12.0, "10 s (estimated 12 s)"),
        (130, 0.0, "2 min 10 s"),
    ],
)
def test_time_stands_beside_its_estimate(took, estimated, text):
    assert show_took(took, estimated) == text
