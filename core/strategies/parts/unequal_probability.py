"""Draws with given inclusion probabilities: pivotal, Sampford, and evenly spaced along a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.progress import SILENT, Progress

_HALF = 2.0**26  # a permanent random number has 53 bits: 26 make an order, 27 decide
_WHOLE = 1e-6  # how near to a whole number a sum of shares must be to count as one
_FAINT = 1e-14  # chances below this share of the largest are rounding
_DIRECT = 17  # wider tables are multiplied by Fourier transform

Numbers = NDArray[np.float64]


def halves(u: Numbers) -> tuple[Numbers, Numbers]:
    """Two independent uniforms out of each permanent random number: one to order by, one to decide by.

    One digest per row is most of the cost of a draw from a million rows, so none is made twice.

    Example:
        >>> order, decide = halves(np.array([0.25 + 2.0**-28]))
        >>> float(order[0]), float(decide[0])
        (0.25, 0.25)
    """
    large = u * _HALF
    whole = np.floor(large)
    return whole / _HALF, large - whole


def random_order(u: Numbers) -> tuple[Rows, Numbers]:
    """Positions in random order, and a uniform for each row that is independent of that order."""
    first, second = halves(u)
    return np.argsort(first, kind="stable").astype(np.int64), second


def pivotal(share: Numbers, u: Numbers, order: Rows | None = None, progress: Progress = SILENT) -> Rows:
    """Pivotal draw: first-order inclusion probabilities are exactly `share`, and the size is fixed.

    Rows meet in pairs along an order. The two either share one's chance out (the loser leaves) or, where
    they have more than one row's chance together, one is in and the other keeps what is left.

    Args:
        share: Inclusion probabilities, shape (n,). Where they do not sum to a whole number, the size is
            the whole number below or above it.
        u: Permanent random numbers, shape (n,). Without `order` they make the order as well.
        order: Positions in the order in which they meet; neighbours seldom come together. Rows of share 0
            or 1 may be among them.
        progress: May cancel.

    Returns:
        Positions, certain ones first, int64. O(n log n) time.

    Source: Deville and Tillé, 1998.

    Example:
        >>> share = np.array([0.5, 0.5, 1.0, 0.25, 0.75, 0.0])
        >>> pivotal(share, np.array([0.2, 0.9, 0.5, 0.4, 0.1, 0.7]), np.arange(6)).tolist()
        [2, 1, 3]
    """
    if order is None:
        order, decide = random_order(u)
    else:
        decide = u
    certain = np.flatnonzero(share >= 1)
    order = order[(share[order] > 0) & (share[order] < 1)]
    if not len(order):
        return certain.astype(np.int64)
    chosen: list[int] = []
    row, chance = int(order[0]), float(share[order[0]])
    for start in range(1, len(order), 1 << 16):
        progress(start, len(order), "drawing")
        block = order[start : start + (1 << 16)]
        for other, its, luck in zip(
            block.tolist(), share[block].tolist(), decide[block].tolist(), strict=True
        ):
            both = chance + its
            if both < 1:
                if luck * both >= chance:
                    row = other
                chance = both
            else:
                if luck * (2 - both) < 1 - its:
                    chosen.append(row)
                    row = other
                else:
                    chosen.append(other)
                chance = both - 1
    total = float(share[order].sum())
    # The first row met nobody on arrival, so its number is still unused. A whole sum leaves 0 or 1 but for
    # rounding.
    limit = 0.5 if abs(total - round(total)) < _WHOLE else float(decide[order[0]])
    if chance > limit:
        chosen.append(row)
    return np.concatenate([certain, np.array(chosen, np.int64)]).astype(np.int64)


def evenly(n: int, count: int, start: float) -> Rows:
    """Places of a systematic draw on a list of n: each has chance count/n, gaps are ⌊n/count⌋ or ⌈n/count⌉.

    Args:
        n: Length of the list.
        count: Places wanted.
        start: One uniform number.

    Example:
        >>> evenly(10, 4, 0.5).tolist()
        [1, 3, 6, 8]
    """
    if count <= 0:
        return np.empty(0, np.int64)
    places = np.floor((start + np.arange(count)) * (n / count)).astype(np.int64)
    return np.asarray(np.minimum(places, n - 1))


def sampford(share: Numbers, generator: np.random.Generator, progress: Progress = SILENT) -> Rows:
    """Sampford's design: fixed size, inclusion probabilities exactly `share`, all pairs possible.

    The law is P(s) ∝ Π λ_i · Σ (1 − π_i) over the rows of s, λ = π / (1 − π). Sampford's own draw repeats
    until no row came twice, which never ends for large sizes. Here rows are halved like a tournament: each
    half has a table of how probable every count of rows is, and counts are drawn from the top down. Nothing
    is rejected, and the law is exact up to rounding.

    Args:
        share: Inclusion probabilities summing to a whole number, shape (n,).
        generator: Randomness.
        progress: May cancel.

    Returns:
        Positions, certain ones first, int64. O(n log² n) time, about 500 bytes a row.

    Source: Sampford, 1967; the law in this form: Bondesson, Traat and Lundqvist, 2006.

    Example:
        >>> rows = sampford(np.array([0.5, 1.0, 0.25, 0.25]), np.random.default_rng(0))
        >>> len(rows), int(rows[0])
        (2, 1)
    """
    certain = np.flatnonzero(share >= 1)
    rest = np.flatnonzero((share > 0) & (share < 1))
    count = round(float(share[rest].sum()))
    if count < 1:
        return certain.astype(np.int64)
    if count >= len(rest):
        return np.concatenate([certain, rest]).astype(np.int64)
    tables = _tables(share[rest], count, progress)
    node, total, mark = np.zeros(1, np.int64), np.array([count]), np.ones(1, bool)
    for at, (plain, marked) in enumerate(reversed(tables)):
        progress(len(tables) + at, 2 * len(tables), "drawing")
        left = np.arange(min(plain.shape[1] - 1, int(total.max())) + 1)
        right = total[:, None] - left
        possible = (right >= 0) & (right < plain.shape[1])
        right = np.where(possible, right, 0)
        one, two = 2 * node, 2 * node + 1
        there = np.where(possible, np.take_along_axis(plain[two], right, 1), 0.0)
        # The marked row is on the left, or on the right; without one there is a single case.
        first = np.where(mark[:, None], marked[one][:, left], plain[one][:, left]) * there
        other = np.where(possible & mark[:, None], np.take_along_axis(marked[two], right, 1), 0.0)
        ways = np.cumsum(np.concatenate([first, plain[one][:, left] * other], axis=1), axis=1)
        pick = (ways <= (generator.random(len(node)) * ways[:, -1])[:, None]).sum(axis=1)
        pick = np.minimum(pick, ways.shape[1] - 1)
        here, on_right = pick % len(left), pick >= len(left)
        total = np.concatenate([here, total - here])
        mark = np.concatenate([mark & ~on_right, mark & on_right])
        node = np.concatenate([one, two])
        node, mark, total = node[total > 0], mark[total > 0], total[total > 0]
    return np.concatenate([certain, rest[np.sort(node)]]).astype(np.int64)


def _tables(share: Numbers, count: int, progress: Progress) -> list[tuple[Numbers, Numbers]]:
    """Chance of each count 0 … `count` in every node of a binary tree over the rows, leaves first.

    Each level holds shape (nodes, counts) twice: independent draws with chances `share`, and the same with
    one of the rows marked, a row i being marked in place of drawn with weight π_i·(1 − π_i).
    """
    depth = max(1, int(np.ceil(np.log2(len(share)))))
    plain, marked = np.zeros((1 << depth, 2)), np.zeros((1 << depth, 2))
    plain[:, 0] = 1.0
    plain[: len(share), 0], plain[: len(share), 1] = 1 - share, share
    marked[: len(share), 1] = share * (1 - share)
    tables = [(plain, marked)]
    for level in range(depth - 1):
        progress(level, 2 * depth, "drawing")
        plain, marked = _join(plain, marked, count)
        tables.append((plain, marked))
    return tables


def _join(plain: Numbers, marked: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """The tables of pairs of nodes, counts above `count` left out."""
    width = plain.shape[1]
    keep = min(2 * width - 1, count + 1)
    if width > _DIRECT:
        length = 1 << int(np.ceil(np.log2(2 * width - 1)))
        wave, mark_wave = np.fft.rfft(plain, length), np.fft.rfft(marked, length)
        both = np.fft.irfft(wave[::2] * wave[1::2], length)[:, :keep]
        one = wave[::2] * mark_wave[1::2]
        one += mark_wave[::2] * wave[1::2]
        with_mark = np.fft.irfft(one, length)[:, :keep]
        for table in (both, with_mark):  # the transform leaves traces where nothing can be
            table[table < _FAINT * table.max(axis=1, keepdims=True)] = 0.0
        return np.ascontiguousarray(both), np.ascontiguousarray(with_mark)
    both = np.zeros((len(plain) // 2, 2 * width - 1))
    with_mark = np.zeros_like(both)
    for at in range(width):
        both[:, at : at + width] += plain[::2, at, None] * plain[1::2]
        with_mark[:, at : at + width] += plain[::2, at, None] * marked[1::2]
        with_mark[:, at : at + width] += marked[::2, at, None] * plain[1::2]
    return np.ascontiguousarray(both[:, :keep]), np.ascontiguousarray(with_mark[:, :keep])
