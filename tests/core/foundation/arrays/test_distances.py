"""Blocked distances against float64 brute force."""

from __future__ import annotations

from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.arrays import distances
from core.foundation.arrays.distances import exact_squared, nearest, squared_lengths
from core.foundation.errors import Cancelled
from core.foundation.progress import Progress
from core.foundation.threads import single_blas


@given(
    seed=st.integers(0, 999),
    n=st.integers(1, 40),
    m=st.integers(1, 20),
    d=st.integers(1, 8),
    shift=st.sampled_from([0.0, 1.0, 1e4]),
)
@settings(max_examples=80)
def test_nearest(seed: int, n: int, m: int, d: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n, d)) + shift).astype(np.float32)
    base = (rng.normal(size=(m, d)) + shift).astype(np.float32)
    gap = np.sqrt(((x[:, None].astype(np.float64) - base[None, :]) ** 2).sum(axis=2))
    distance, where = nearest(x, base)
    assert distance.dtype == np.float32
    assert where.dtype == np.int64
    assert np.allclose(distance, gap.min(axis=1), rtol=1e-4, atol=1e-5)
    assert np.allclose(gap[np.arange(n), where], gap.min(axis=1), rtol=1e-4, atol=1e-3 if shift > 1 else 1e-5)


def test_nearest_of_itself_is_exactly_zero_and_ties_go_down() -> None:
    x = np.random.default_rng(0).integers(-3, 4, (50, 2)).astype(np.float32)
    distance, where = nearest(x, x)
    assert (distance == 0).all()
    _, first = np.unique(x, axis=0, return_index=True)
    assert set(where.tolist()) == set(first.tolist())


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 5)).astype(np.float32)
    whole = nearest(x, x[:30]), squared_lengths(x)
    monkeypatch.setattr(distances, "BLOCK", 64)
    parts = nearest(x, x[:30]), squared_lengths(x)
    assert np.array_equal(whole[0][1], parts[0][1])
    assert np.allclose(whole[0][0], parts[0][0])
    assert np.array_equal(whole[1], parts[1])


def test_blocks_are_as_large_as_they_may_be_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    wide: list[int] = []

    class Seen(np.ndarray[Any, Any]):
        def astype(self, *args: Any, **kwargs: Any) -> Any:
            wide.append(len(self))
            return np.asarray(self).astype(*args, **kwargs)

    x = np.arange(35.0, dtype=np.float32).reshape(7, 5)
    for elements, rows in ((15, [3, 3, 1]), (14, [2, 2, 2, 1]), (4, [1] * 7), (35, [7])):
        wide.clear()
        monkeypatch.setattr(distances, "_SMALL_BLOCK", elements)
        assert squared_lengths(x.view(Seen)).tolist() == (x.astype(float) ** 2).sum(axis=1).tolist()
        assert wide == rows
    assert squared_lengths(np.ones((3, 0), np.float32)).tolist() == [0, 0, 0]

    told: list[int] = []
    progress = Progress(lambda share, what: told.append(round(130 * share)), every=0)
    for elements, starts in ((5 * 100, [0, 100]), (5 * 63, [0, 64, 128]), (5 * 65, [0, 65])):
        told.clear()
        monkeypatch.setattr(distances, "BLOCK", elements)
        nearest(np.ones((130, 2), np.float32), x[:5, :2], progress)
        assert told == starts


def test_nearest_can_be_cancelled() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        nearest(np.ones((5, 2), np.float32), np.ones((2, 2), np.float32), Progress(cancel=stop))


def test_squares() -> None:
    x = np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 1.0]], np.float32)
    assert squared_lengths(x).tolist() == [25, 0, 2]
    assert squared_lengths(x, np.array([1.0, 1.0])).tolist() == [13, 2, 0]
    assert exact_squared(x, x[0]).tolist() == [0, 25, 13]
    close = np.array([[1.0, 0.0], [np.nextafter(np.float32(1), np.float32(2)), 0.0]], np.float32)
    assert exact_squared(close, close[0])[1] == (2.0**-23) ** 2


def test_single_blas_is_undone() -> None:
    from threadpoolctl import threadpool_info

    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    with single_blas():
        assert set(threads()) == {1}
    assert threads() == before


def test_one_thread_inside_and_as_many_as_before_after() -> None:
    import scipy.linalg  # noqa: F401  # brings a BLAS of its own
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads() -> list[int]:
        return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]

    with threadpool_limits(2, "blas"):
        with single_blas():
            assert set(threads()) == {1}
            with single_blas():
                assert set(threads()) == {1}
            assert set(threads()) == {1}
        assert set(threads()) == {2}
