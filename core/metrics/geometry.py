"""Squared distances as one product, identical rows, connected components."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model.inputs import Rows


def augmented(centred: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows with their squared length and a one appended, (n, d + 2), for products with `turned`."""
    squared = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
    return np.column_stack([centred, squared.astype(np.float32), np.ones(len(centred), np.float32)])


def turned(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The right-hand side (d + 2, m) for which the product is |a|² + |b|² − 2 a·b."""
    turned = np.empty((points.shape[1], len(points)), np.float32)
    turned[:-2] = -2 * points[:, :-2].T
    turned[-2] = 1.0
    turned[-1] = points[:, -2]
    return turned


def identical(x: NDArray[np.float32]) -> NDArray[np.int64]:
    """Pairs (first row, later row) with bytewise the same features (−0 counted as 0)."""
    from hashlib import blake2b

    first: dict[bytes, int] = {}
    pairs = []
    for row in range(len(x)):
        mark = blake2b((x[row] + np.float32(0)).tobytes(), digest_size=16).digest()
        seen = first.setdefault(mark, row)
        if seen != row:
            pairs.append((seen, row))
    return np.array(pairs, np.int64).reshape(-1, 2)


def linked(n: int, pairs: NDArray[np.int64]) -> Rows:
    """Connected components of an undirected graph, numbered by their first row.

    Example:
        >>> linked(5, np.array([[0, 3], [3, 4]])).tolist()
        [0, 1, 2, 0, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)
