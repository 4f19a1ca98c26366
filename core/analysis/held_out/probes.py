"""The two probes: a logistic regression, and a vote among the nearest chosen rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.parallel import in_parallel
from ...foundation.progress import SILENT, Progress

PENALTY = 1.0
TOLERANCE = 1e-4
"""The fit ends where no derivative of the mean loss is larger than this."""
STEPS = 1_000
VOTERS = 5
"""Nearest chosen rows that vote; fewer (an odd number) where fewer are labelled."""
NOBODY = 255
"""Stands where there is no further voter."""
SMALL = 20_000_000  # distances to look through; above, compiled code walks each row's neighbours once
_DRAWN = 20  # chosen rows to expect among the neighbours sorted first: four or fewer come once in 10⁵ times
_BLOCK = 1 << 23  # distances held at once
_COLUMNS = 8_192

Floats = NDArray[np.float32]


def logistic(x: Floats, y: Rows, unseen: Floats, classes: Rows) -> tuple[Rows, NDArray[np.float64]]:
    """Labels and class probabilities of unseen rows by a logistic regression (multinomial, L2, C = 1).

    The loss is the sum over rows of the cross-entropy plus ½‖W‖², intercepts free. Features are centred on
    the chosen rows' mean and divided by one common scale, the root of their mean variance, all in single
    precision. L-BFGS ends where no derivative of the mean loss exceeds 10⁻⁴. Where one class, or none, is
    among the chosen rows, that class (or −1) is predicted everywhere.

    Args:
        x: Chosen rows, (b, d).
        y: Their label codes, all in `classes`.
        unseen: Rows to predict, (m, d).
        classes: Codes that have a column, ascending, (c,).

    Returns:
        Codes, int64 (m,), and probabilities, float64 (m, c): 0 for classes not among the chosen rows, all 0
        where no row was chosen. O(steps · b·d·c + m·d·c).

    Example:
        >>> x = np.array([[0.0], [1.0], [4.0], [5.0]], np.float32)
        >>> codes, p = logistic(x, np.array([0, 0, 1, 1]), x, np.arange(2))
        >>> codes.tolist(), bool(np.allclose(p.sum(axis=1), 1))
        ([0, 0, 1, 1], True)
    """
    from sklearn.linear_model import LogisticRegression

    present = np.unique(y)
    p = np.zeros((len(unseen), len(classes)))
    if len(present) < 2:
        p[:, np.searchsorted(classes, present)] = 1.0
        return np.full(len(unseen), present[0] if len(present) else -1, np.int64), p
    centre = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = float(np.sqrt(((x - centre) ** 2).sum(axis=1, dtype=np.float64).mean() / x.shape[1])) or 1.0
    model = LogisticRegression(C=PENALTY, max_iter=STEPS, tol=TOLERANCE)
    model.fit((x - centre) / np.float32(spread), y)
    found = model.predict_proba((unseen - centre) / np.float32(spread))
    p[:, np.searchsorted(classes, present)] = found
    return present[found.argmax(axis=1)].astype(np.int64), p


def predict(x: Floats, y: Rows, unseen: Floats) -> Rows:
    """Labels of unseen rows by the logistic probe; see `logistic`.

    Args:
        x: Chosen rows, (b, d).
        y: Their label codes, all ≥ 0.
        unseen: Rows to predict, (m, d).

    Returns:
        Codes, int64 (m,).
    """
    return logistic(x, y, unseen, np.unique(y))[0]


def voters(rows: int) -> int:
    """How many nearest rows vote among `rows` labelled ones: 5, or the largest odd number there is.

    Example:
        >>> [voters(rows) for rows in (0, 1, 2, 3, 4, 5, 100)]
        [0, 1, 1, 3, 3, 5, 5]
    """
    return min(VOTERS, rows - 1 + rows % 2) if rows else 0


def nearest_codes(
    x: Floats, codes: NDArray[np.uint8], subsets: Sequence[Rows], unseen: Floats, progress: Progress = SILENT
) -> NDArray[np.uint8]:
    """Codes of the nearest chosen rows, for many subsets at once.

    Each pair of a held-out row and a row chosen by any subset is measured once (in double precision by
    products, compared in single precision); the nearest rows of all subsets are then read off one sorted
    list. Rows equally far go by their position, so nothing depends on chance or on other subsets.

    Args:
        x: All training rows, (n, d).
        codes: Code of each, uint8 (n,).
        subsets: Distinct positions among the training rows.
        unseen: Rows to predict, (m, d).
        progress: Called once a block; may cancel.

    Returns:
        uint8 (subsets, m, 5), nearest first; 255 beyond `voters`. O(n·m·d) time whatever the number of
        subsets; O(subsets · m) memory.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [9.0]], np.float32)
        >>> near = nearest_codes(x, np.array([7, 8, 9, 6], np.uint8), [np.arange(4)], x[:1])
        >>> near[0, 0].tolist()
        [7, 8, 9, 255, 255]
    """
    out = np.full((len(subsets), len(unseen), VOTERS), NOBODY, np.uint8)
    union = np.unique(np.concatenate([np.empty(0, np.int64), *subsets]))
    if not len(union) or not len(unseen):
        return out
    places = [np.searchsorted(union, np.sort(rows)).astype(np.int64) for rows in subsets]
    centre = x[union].mean(axis=0, dtype=np.float64)
    code = codes[union]
    step = int(min(256, max(64, _BLOCK // len(union))))
    few = len(unseen) * sum(map(len, places)) <= SMALL
    look = _by_subset if few else _walker(places, len(union))

    def block(at: int) -> None:
        squared = _squared(x, union, unseen[at : at + step], centre)
        look(squared, places, code, out[:, at : at + step])

    for _ in in_parallel(block, range(0, len(unseen), step), progress, "nearest neighbours"):
        pass
    return out


def _squared(x: Floats, rows: Rows, unseen: Floats, centre: NDArray[np.float64]) -> Floats:
    """Squared distances of unseen rows to some rows, (m, rows): the same whatever else is asked for.

    Products in double precision differ in their last bits with the shape of the block; rounding to single
    precision takes those away.
    """
    from_here = unseen.astype(np.float64) - centre
    own = np.einsum("ij,ij->i", from_here, from_here)[:, None]
    out = np.empty((len(unseen), len(rows)), np.float32)
    for at in range(0, len(rows), _COLUMNS):
        there = x[rows[at : at + _COLUMNS]].astype(np.float64) - centre
        product = from_here @ there.T
        product *= -2
        product += np.einsum("ij,ij->i", there, there)
        product += own
        out[:, at : at + _COLUMNS] = np.maximum(product, 0)
    return out


def _by_subset(
    squared: Floats, places: Sequence[Rows], code: NDArray[np.uint8], out: NDArray[np.uint8]
) -> None:
    """Look through the chosen rows of each subset; `places` ascend, so equal distances go by position."""
    for at, chosen in enumerate(places):
        k = voters(len(chosen))
        if k:
            order = np.argsort(squared[:, chosen], axis=1, kind="stable")[:, :k]
            out[at, :, :k] = code[chosen[order]]


class _walker:
    """Walk the neighbours of each row from the nearest on, and hand each to the subsets that hold it."""

    def __init__(self, places: Sequence[Rows], rows: int) -> None:
        holder = np.repeat(np.arange(len(places), dtype=np.int32), [len(chosen) for chosen in places])
        place = np.concatenate(places)
        order = np.argsort(place, kind="stable")
        self.holders = holder[order]
        self.starts = np.searchsorted(place[order], np.arange(rows + 1)).astype(np.int64)
        self.wanted = np.array([voters(len(chosen)) for chosen in places], np.int64)
        least = min((len(chosen) for chosen in places if len(chosen)), default=1)
        self.first = min(rows, -(-_DRAWN * rows // least))

    def __call__(
        self, squared: Floats, places: Sequence[Rows], code: NDArray[np.uint8], out: NDArray[np.uint8]
    ) -> None:
        from .neighbour_votes_compiled import walk

        limit = np.partition(squared, self.first - 1, axis=1)[:, self.first - 1].copy()
        walk(squared, limit, self.starts, self.holders, self.wanted, code, out)


def vote(near: NDArray[np.uint8], classes: Rows) -> tuple[Rows, NDArray[np.float64]]:
    """Labels and class probabilities from the codes of the nearest rows.

    Of classes with equally many votes the one with the nearest voter wins. Probabilities are vote shares
    smoothed by one further vote spread evenly over all c classes: (votes + 1/c) / (k + 1).

    Args:
        near: Positions in `classes` of the nearest rows, nearest first, uint8 (m, 5); 255 for none.
        classes: Label codes, (c,).

    Returns:
        Codes, int64 (m,), −1 without voters, and probabilities, float64 (m, c), then all 0.

    Example:
        >>> codes, p = vote(np.array([[1, 0, 0, 1, 2]], np.uint8), np.array([10, 20, 30]))
        >>> codes.tolist(), (18 * p).round(6).tolist()
        ([20], [[7.0, 7.0, 4.0]])
    """
    votes = np.zeros((len(near), len(classes)))
    k = int((near[0] != NOBODY).sum()) if len(near) else 0
    if not k:
        return np.full(len(near), -1, np.int64), votes
    rows = np.arange(len(near))
    for voter in range(k):
        votes[rows, near[:, voter]] += 1
    leads = np.take_along_axis(votes, near[:, :k].astype(np.int64), axis=1) == votes.max(axis=1)[:, None]
    won = near[rows, leads.argmax(axis=1)]
    return classes[won].astype(np.int64), (votes + 1 / len(classes)) / (k + 1)
