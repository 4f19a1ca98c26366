"""Kernel thinning: halving by a self-balancing walk, and refinement by exchanges.

Written from the formulas of Dwivedi and Mackey, Kernel thinning, 2021 (KT-split and KT-swap), and of their
Generalized kernel thinning, 2022 (the target kernel is also the one that splits).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import squared_lengths
from ...foundation.progress import Progress

Double = NDArray[np.float64]

DELTA = 0.5  # chance of failure that the guarantees allow in all
_PAIRS = 64  # pairs of the walk, or rows of the exchange, whose kernel values are made together
_BLOCK = 1 << 20  # elements of a block of kernel values: 4 MB
_LEAST = 1e-6  # gains below this are rounding of float32 kernel values


@dataclass(frozen=True)
class Gaussian:
    """exp(−distance² / width) between rows, made in blocks.

    Args:
        x: Rows, float32 (n, d), near zero on average.
        square: Their squared lengths, float32 (n,).
        width: 2σ².
    """

    x: NDArray[np.float32]
    square: NDArray[np.float32]
    width: float

    @classmethod
    def of(cls, x: NDArray[np.float32], width: float) -> Gaussian:
        """The kernel of some rows."""
        return cls(x, squared_lengths(x).astype(np.float32), width)

    def between(self, rows: Rows | slice, other: Gaussian, columns: Rows | slice) -> NDArray[np.float32]:
        """Values of some rows with some of another, float32 (rows, columns)."""
        block: NDArray[np.float32] = self.x[rows] @ other.x[columns].T
        block *= -2.0
        block += other.square[columns]
        block += self.square[rows, None]
        np.maximum(block, 0.0, out=block)
        block *= np.float32(-1.0 / self.width)
        return np.exp(block, out=block)

    def weighted(self, rows: Rows, columns: Rows, weight: NDArray[np.float32]) -> Double:
        """Σ over columns of weight × value, float64 (rows,)."""
        out = np.zeros(len(rows))
        step = max(256, _BLOCK // max(1, len(rows)))
        for at in range(0, len(columns), step):
            part = columns[at : at + step]
            out += self.between(rows, self, part) @ weight[at : at + step]
        return out

    def gaps(self, one: Rows, other: Rows) -> Double:
        """k(x, x) + k(x', x') − 2·k(x, x') of pairs, by difference: exactly 0 for copies, float64."""
        out = np.empty(len(one))
        step = max(1, _BLOCK // max(1, self.x.shape[1]))
        for at in range(0, len(one), step):
            away = self.x[one[at : at + step]].astype(np.float64) - self.x[other[at : at + step]]
            out[at : at + step] = -2.0 * np.expm1(np.einsum("ij,ij->i", away, away) / -self.width)
        return out


def kernel_means(local: Gaussian, whole: Gaussian, progress: Progress) -> Double:
    """Mean kernel value of each local row with all rows, float64. O(local·n·d) time."""
    n, count = len(whole.x), len(local.x)
    out = np.zeros(count)
    step = max(256, _BLOCK // max(1, min(count, 1_024)))
    for at in range(0, n, step):
        progress(at, n, "kernel means")
        for begin in range(0, count, 1_024):
            part = slice(begin, begin + 1_024)
            out[part] += local.between(part, whole, slice(at, at + step)).sum(axis=1)
    return out / n


def halve(kernel: Gaussian, rows: Rows, delta: float, coins: Double, progress: Progress) -> tuple[Rows, Rows]:
    """Split rows, two by two, into halves that balance each other in every direction of the kernel.

    Args:
        kernel: Of the rows that `rows` points into.
        rows: An even number, in the order of the walk.
        delta: Chance of failure for each pair.
        coins: One uniform number for each pair.
        progress: Asked for a cancel once a block.

    Returns:
        Two halves in order. O(len(rows)²·d) time, O(len(rows)) memory.
    """
    pairs = len(rows) // 2
    one, other = rows[0::2].copy(), rows[1::2].copy()
    gap = kernel.gaps(one, other)
    level = np.sqrt(2.0 * np.log(2.0 / delta))
    sign = np.empty(2 * pairs, np.float32)  # −1 for the first half, +1 for the second
    spread = 0.0  # σ²
    for start in range(0, pairs, _PAIRS):
        progress.check()
        here = rows[2 * start : 2 * min(start + _PAIRS, pairs)]
        before = kernel.weighted(here, rows[: 2 * start], sign[: 2 * start])
        inside = kernel.between(here, kernel, here)
        away, toward = before[0::2] - before[1::2], inside[0::2] - inside[1::2]
        near = sign[2 * start :]
        for at in range(len(here) // 2):
            pair = start + at
            alpha = float(away[at]) + float(toward[at, : 2 * at] @ near[: 2 * at])
            b2 = float(gap[pair])
            a = max(float(np.sqrt(b2 * spread)) * level, b2)
            chance = 0.5
            if a > 0:
                spread += b2 * max(0.0, 1.0 + (b2 - 2.0 * a) * spread / a**2)
                chance = min(1.0, 0.5 * max(0.0, 1.0 - alpha / a))
            swap = bool(coins[pair] < chance)
            near[2 * at], near[2 * at + 1] = (1.0, -1.0) if swap else (-1.0, 1.0)
            if swap:
                one[pair], other[pair] = other[pair], one[pair]
    return one, other


def split(
    kernel: Gaussian, rows: Rows, rounds: int, rng: np.random.Generator, progress: Progress
) -> list[Rows]:
    """Halve some rounds over; 2^rounds candidates of equal size, disjoint, in the order of the walk."""
    parts, n = [rows], len(rows)
    for at in range(rounds):
        delta = DELTA / n * 2.0**at / rounds
        coins = rng.random(n // 2)
        each = n >> (at + 1)
        made: list[Rows] = []
        for number, part in enumerate(parts):
            inside = progress.part((at + number / len(parts)) / rounds, (at + 1) / rounds)
            inside(0, 1, "halving")
            made += halve(kernel, part, delta, coins[number * each : (number + 1) * each], inside)
        parts = made
    return parts


def discrepancy(kernel: Gaussian, mean: Double, rows: Rows) -> float:
    """MMD² between some rows and all, less what does not depend on the rows."""
    total = 0.0
    for at in range(0, len(rows), 1_024):
        part = rows[at : at + 1_024]
        total += float(kernel.weighted(part, rows, np.ones(len(rows), np.float32)).sum())
    return total / len(rows) ** 2 - 2.0 * float(mean[rows].mean())


def exchange(kernel: Gaussian, mean: Double, rows: Rows, fixed: int, progress: Progress) -> tuple[Rows, int]:
    """Replace each row in turn by the one that brings the discrepancy down most, if any does.

    Args:
        kernel: Of all candidates.
        mean: Their mean kernel value with all rows.
        rows: Distinct positions; the first `fixed` stay.
        fixed: How many stay.
        progress: Called once per row; may cancel.

    Returns:
        Rows, still distinct, and how many were replaced. O(len(rows)·candidates·d) time.
    """
    rows, size = rows.copy(), len(rows)
    everyone = slice(None)
    height = -size * mean
    for at in range(0, size, _PAIRS):
        progress(at, 2 * size, "exchanging rows")
        height += kernel.between(rows[at : at + _PAIRS], kernel, everyone).sum(axis=0)
    taken = np.zeros(len(mean), bool)
    taken[rows] = True
    swaps = 0
    for start in range(fixed, size, _PAIRS):
        here = rows[start : start + _PAIRS].copy()
        values = kernel.between(here, kernel, everyone)
        for at, row in enumerate(here.tolist()):
            progress(size + start + at, 2 * size, "exchanging rows")
            after = height - values[at]
            stays = float(after[row])
            after[taken] = np.inf
            best = int(after.argmin())
            if after[best] < stays - _LEAST * size:
                height += kernel.between(slice(best, best + 1), kernel, everyone)[0] - values[at]
                taken[row], taken[best] = False, True
                rows[start + at] = best
                swaps += 1
    return rows, swaps
