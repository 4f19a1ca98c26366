"""Caps on what people hand us."""

from __future__ import annotations

UNPACKED_BYTES = 4 * 2**30


MAX_ROWS = 5_000_000


MAX_COLUMNS = 10_000


MAX_CELL = 1_000_000
