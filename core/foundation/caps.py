"""Upper limits of what is read: bytes, rows, columns, and the length of a cell."""

from __future__ import annotations

UNPACKED_BYTES = 4 * 2**30
"""Bytes that a packed file may unpack to."""
MAX_ROWS = 5_000_000
MAX_COLUMNS = 10_000
MAX_CELL = 1_000_000
"""Characters, or bytes, of one cell."""
