"""Compiled inner loop of the nearest-neighbour probe. Imported only where that is worth the compile time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...foundation.compiled_code import keep_compiled

keep_compiled()
import numba  # noqa: E402  (it reads where to keep what it compiles when it is imported)


@numba.njit(nogil=True, cache=True)
def walk(squared: Any, limit: Any, starts: Any, holders: Any, wanted: Any, code: Any, out: Any) -> None:
    """Codes of the nearest rows of each subset, for some held-out rows.

    Args:
        squared: Shape (m, n), float32: distances to all rows that any subset holds.
        limit: Shape (m,): rows up to this distance are sorted first, all rows only where those do not do.
        starts, holders: Subsets that hold row i are ``holders[starts[i]:starts[i + 1]]``.
        wanted: Shape (subsets,): how many nearest rows each needs, no more than it holds.
        code: Shape (n,), uint8.
        out: Shape (subsets, m, k), uint8, changed in place.
    """
    m, n = squared.shape
    subsets = len(wanted)
    need = 0
    for s in range(subsets):
        if wanted[s] > 0:
            need += 1
    for i in range(m):
        bound = limit[i]
        while True:
            size = 0
            for j in range(n):
                if squared[i, j] <= bound:
                    size += 1
            rows = np.empty(size, np.int64)
            far = np.empty(size, np.float32)
            at = 0
            for j in range(n):
                if squared[i, j] <= bound:
                    rows[at] = j
                    far[at] = squared[i, j]
                    at += 1
            count = np.zeros(subsets, np.int64)
            left = need
            for place in np.argsort(far, kind="mergesort"):
                row = rows[place]
                for h in range(starts[row], starts[row + 1]):
                    s = holders[h]
                    if count[s] < wanted[s]:
                        out[s, i, count[s]] = code[row]
                        count[s] += 1
                        if count[s] == wanted[s]:
                            left -= 1
                if left == 0:
                    break
            if left == 0 or size == n:
                break
            bound = np.float32(np.inf)
