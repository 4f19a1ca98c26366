"""Connected components of pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .array_types import Rows


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
