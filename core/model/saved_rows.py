"""A saved selection of rows: packed as text, and bound to one data set."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ..foundation.arrays.array_types import Rows
from ..foundation.caps import MAX_ROWS
from ..foundation.errors import RecipeError
from ..foundation.typed_json import clause, read_typed

if TYPE_CHECKING:
    from .dataset import Dataset


def pack_rows(rows: Rows | Iterable[int], n: int) -> str:
    """Some of `n` rows as text: a bitmap, deflated, base64; a few hundred bytes instead of an array.

    Example:
        >>> unpack_rows(pack_rows([1, 4], 9), 9).tolist()
        [1, 4]
    """
    mask = np.zeros(n, bool)
    mask[np.asarray(list(rows) if not isinstance(rows, np.ndarray) else rows, np.int64)] = True
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 6)).decode()


def _bits(packed: str, n: int) -> bytes:
    """The bitmap of `n` rows; its size is checked against the text before anything is unpacked."""
    size = (n + 7) // 8
    # What `pack_rows` makes of a bitmap that cannot be deflated at all.
    longest = 4 * ((size + size // 1000 + 66) // 3)
    if not 0 < n <= MAX_ROWS or len(packed) > longest:
        raise RecipeError(
            "The selected rows cannot be read", "their number is impossible", "select them again"
        )
    try:
        raw = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), size + 1)
    except (ValueError, zlib.error) as error:
        raise RecipeError("The selected rows cannot be read", str(error), "select them again") from error
    if len(raw) != size or (n % 8 and raw[-1] & ((1 << (8 - n % 8)) - 1)):
        raise RecipeError("The selected rows cannot be read", "their length is wrong", "select them again")
    return raw


def count_packed(packed: str, n: int) -> int:
    """How many of `n` rows are packed; takes n / 8 bytes and makes no positions.

    Raises:
        RecipeError: The text is none of `pack_rows`, or `n` is more than a data set can have.
    """
    return int(np.bitwise_count(np.frombuffer(_bits(packed, n), np.uint8)).sum())


@lru_cache(maxsize=8)  # each takes 8 bytes a row
def unpack_rows(packed: str, n: int) -> Rows:
    """Canonical positions, ascending, read-only; `RecipeError` where the text is none of `pack_rows`."""
    bits = np.unpackbits(np.frombuffer(_bits(packed, n), np.uint8), count=n)
    rows = np.flatnonzero(bits).astype(np.int64)
    rows.flags.writeable = False
    return rows


_LONGEST = 2 * MAX_ROWS // 8
"""Bytes of a file with a saved selection: more than any takes."""


@dataclass(frozen=True)
class Only:
    """A saved selection: the rows that may take part, by position in one data set.

    Args:
        name: What people call it.
        data: Fingerprint of the data set that the positions are of.
        n: Rows of that data set.
        count: How many are in the selection.
        rows: Which ones, as `pack_rows` writes them.

    Example:
        >>> only = Only.of([1, 4], 9, "odd ones", "3f9a")
        >>> only.count, only.positions.tolist()
        (2, [1, 4])
    """

    name: str
    data: str
    n: int
    count: int
    rows: str

    @classmethod
    def of(cls, rows: Rows | Iterable[int], n: int, name: str, data: str) -> Only:
        """Rows (canonical positions) of the data set with fingerprint `data`."""
        packed = pack_rows(rows, n)
        return cls(name, data, n, count_packed(packed, n), packed)

    @classmethod
    def from_json(cls, value: Any) -> Only:
        """Read what a recipe holds; `RecipeError` where it does not fit together."""

        def wrong(where: str, why: str) -> RecipeError:
            what = "The recipe's saved selection cannot be used"
            return RecipeError(what, clause(where, why), "save it again")

        made = read_typed(cls, value, wrong)
        if count_packed(made.rows, made.n) != made.count:
            raise wrong("", "its count is wrong")
        return made

    @classmethod
    def read(cls, path: Path) -> Only | None:
        """A saved selection from a JSON file; None where the file is something else, or is not there.

        Raises:
            RecipeError: It is a saved selection that does not fit together.

        Example:
            >>> import tempfile
            >>> path = Path(tempfile.mkdtemp()) / "odd.json"
            >>> _ = path.write_bytes(orjson.dumps(Only.of([1, 4], 9, "odd ones", "3f9a")))
            >>> Only.read(path).count
            2
        """
        try:
            found = orjson.loads(path.read_bytes()) if path.stat().st_size <= _LONGEST else None
        except (OSError, orjson.JSONDecodeError):
            return None
        named = isinstance(found, dict) and set(found) == {part.name for part in fields(cls)}
        return cls.from_json(found) if named else None

    @property
    def positions(self) -> Rows:
        """Canonical positions, ascending."""
        return unpack_rows(self.rows, self.n)

    def within(self, data: Dataset) -> Rows:
        """The positions in a data set; `RecipeError` where it is not the one they are of."""
        if data.fingerprint.digest != self.data or len(data) != self.n:
            raise RecipeError(
                f"The saved selection {self.name!r} does not belong to this data set",
                f"it was made on the data with fingerprint {self.data[:8]}, this is {data.fingerprint.short}",
                "use that data, or take the selection out of the recipe",
            )
        return self.positions
