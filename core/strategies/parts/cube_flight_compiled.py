"""Compiled inner loop of the cube method. Imported only where it runs."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_NOTHING = 1e-9  # what is left of columns whose largest entry was 1, when they depend on the others
_SETTLED = 1e-10


@numba.njit(nogil=True, cache=True)
def direction(columns: Any, stretch: Any, block: Any, count: int, rules: int, table: Any, out: Any) -> bool:
    """A move of the chances of some rows that keeps every rule; False where there is none.

    Args:
        columns: Shape (n, p): what each row adds to each rule, largest entry 1.
        stretch: Shape (n,): turns a solution in `columns` into a move of chances.
        block: Rows that may move.
        count: How many of them.
        rules: How many rules, the first ones.
        table: Shape (≥ rules, ≥ count), overwritten.
        out: Shape (≥ count,), filled with the move.
    """
    for j in range(count):
        out[j] = 0.0
        for r in range(rules):
            table[r, j] = columns[block[j], r]
    solved = np.full(rules, -1, np.int64)  # the column that each rule was solved for
    taken = np.zeros(count, np.bool_)
    for row in range(rules):
        best, column = _NOTHING, -1
        for j in range(count):
            if not taken[j] and abs(table[row, j]) > best:
                best, column = abs(table[row, j]), j
        if column < 0:  # this rule follows from those before it
            continue
        solved[row], taken[column] = column, True
        pivot = table[row, column]
        for j in range(count):
            table[row, j] /= pivot
        for r in range(rules):
            part = table[r, column]
            if r != row and part != 0.0:
                for j in range(count):
                    table[r, j] -= part * table[row, j]
    for free in range(count):
        if not taken[free]:
            out[free] = stretch[block[free]]
            for r in range(rules):
                if solved[r] >= 0:
                    out[solved[r]] = -table[r, free] * stretch[block[solved[r]]]
            return True
    return False


@numba.njit(nogil=True, cache=True)
def fly(
    columns: Any,
    stretch: Any,
    chance: Any,
    luck: Any,
    block: Any,
    state: Any,
    rules: int,
    steps: int,
) -> bool:
    """Move chances at random, a few rows at a time, until no move keeps the rules; True where that is so.

    Args:
        columns: Shape (n, p), rows in the order in which they are taken up; see `direction`.
        stretch: Shape (n,).
        chance: Shape (n,), changed in place: each step settles a row at 0 or 1.
        luck: Shape (n,): one uniform number for each step.
        block: Shape (p + 1,): rows taken up and not settled.
        state: The next row to take up, rows in the block, steps made.
        rules: How many rules hold, the first ones.
        steps: Steps at most in this call.
    """
    table = np.empty((rules, rules + 1))
    move = np.empty(rules + 1)
    for _ in range(steps):
        while state[1] <= rules and state[0] < len(chance):
            block[state[1]] = state[0]
            state[0] += 1
            state[1] += 1
        count = min(state[1], rules + 1)
        if count == 0 or not direction(columns, stretch, block, count, rules, table, move):
            return True
        up, down = np.inf, np.inf
        for j in range(count):
            here = chance[block[j]]
            if move[j] > 0:
                up, down = min(up, (1 - here) / move[j]), min(down, here / move[j])
            elif move[j] < 0:
                up, down = min(up, here / -move[j]), min(down, (1 - here) / -move[j])
        length = up if luck[state[2]] * (up + down) < down else -down
        state[2] += 1
        kept = 0
        for j in range(state[1]):
            row = block[j]
            if j < count:
                chance[row] += length * move[j]
                if chance[row] < _SETTLED:
                    chance[row] = 0.0
                elif chance[row] > 1 - _SETTLED:
                    chance[row] = 1.0
            if chance[row] > 0.0 and chance[row] < 1.0:
                block[kept] = row
                kept += 1
        state[1] = kept
    return False
