"""Independent pieces of numeric work on a few threads, each with one BLAS thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .progress import SILENT, Progress
from .threads import single_blas

T = TypeVar("T")
R = TypeVar("R")
WORKERS = min(4, os.cpu_count() or 1)


def in_parallel(
    work: Callable[[T], R], items: Sequence[T], progress: Progress = SILENT, message: str = ""
) -> Iterator[R]:
    """Results of ``work(item)`` in the order of the items.

    NumPy releases the interpreter lock inside its loops, so threads help; one BLAS thread each keeps small
    products from stalling beside other processes. Each piece is computed the same way whatever the number of
    workers, so results do not depend on it. A cancel stops after the pieces under way.
    """
    with single_blas():
        if WORKERS == 1 or len(items) < 2:
            for at, item in enumerate(items):
                progress(at, len(items), message)
                yield work(item)
            return
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="metrics")
        try:
            waiting = [pool.submit(work, item) for item in items]
            for at, future in enumerate(waiting):
                progress(at, len(items), message)
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
