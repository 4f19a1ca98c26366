"""Threads: how many at once, and numeric libraries held to one each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

MAX_WORKERS = 8


def processors(most: int = MAX_WORKERS) -> int:
    """Processors that work is spread over: those this process may use, at most `most`."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:
        count = os.cpu_count() or 1
    return max(1, min(most, count))


_BRINGS_BLAS = ("scipy.linalg", "sklearn", "torch")


@contextmanager
def single_blas() -> Iterator[None]:
    """One BLAS thread: threads on small products stall beside other busy processes."""
    with _blas(tuple(name in sys.modules for name in _BRINGS_BLAS)).limit(limits=1, user_api="blas"):
        yield


@lru_cache
def _blas(loaded: tuple[bool, ...]) -> Any:
    """The BLAS libraries in this process; looking for them takes milliseconds, so once a load."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
