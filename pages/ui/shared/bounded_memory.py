"""Memory that all tabs share, bounded: results of jobs, and data sets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from core.data.stored_datasets import place_of
from core.model.dataset import Dataset


class Results:
    """Results of jobs by key, bounded; written by worker threads, read by pages.

    What nobody has read yet is what some tab waits for: it stays beside whatever other tabs put here.

    Args:
        most: How many that were read are kept, newest last.
        waiting: How many there may be in all.
    """

    def __init__(self, most: int = 24, waiting: int = 256) -> None:
        self._most = most
        self._waiting = waiting
        self._items: OrderedDict[str, Any] = OrderedDict()
        self._read: set[str] = set()
        self._lock = RLock()

    def put(self, key: str, value: Any) -> None:
        """Keep a result, or replace the earlier part of it."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            self._read.discard(key)
            self._drop()

    def get(self, key: str) -> Any:
        """The result, or None."""
        with self._lock:
            found = self._items.get(key)
            if found is not None:
                self._read.add(key)
                self._drop()
            return found

    def _drop(self) -> None:
        old = [key for key in self._items if key in self._read]
        gone = old[: max(0, len(old) - self._most)]
        left = [key for key in self._items if key not in gone]
        for key in [*gone, *left[: max(0, len(left) - self._waiting)]]:
            del self._items[key]
            self._read.discard(key)


class OpenedDatasets:
    """Data sets by fingerprint, used last at the end, bounded in bytes; for all threads.

    What the disk did not take goes last, since it could not be found again.

    Args:
        most: Bytes held; the newest data set is always held.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[str, tuple[Dataset, int, bool]] = OrderedDict()
        self._lock = RLock()

    def put(self, data: Dataset, *, stored: bool) -> None:
        """Hold a data set; `stored` says that the disk holds it too."""
        newest = place_of(data)
        with self._lock:
            self._items[newest] = (data, bytes_of(data), stored)
            self._items.move_to_end(newest)
            order = sorted(self._items, key=lambda name: not self._items[name][2])  # stable: used last, last
            for name in order:
                if self.bytes <= self._most:
                    break
                if name != newest:
                    del self._items[name]

    def get(self, place: str) -> Dataset | None:
        """The data set of a place in the store, or None."""
        with self._lock:
            if place not in self._items:
                return None
            self._items.move_to_end(place)
            return self._items[place][0]

    def drop(self, place: str) -> None:
        """Hold the data set of a place no longer."""
        with self._lock:
            self._items.pop(place, None)

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(size for _, size, _ in self._items.values())


def bytes_of(data: Dataset) -> int:
    """Memory that a data set takes."""
    cells = int(data.frame.memory_usage(deep=True).sum())
    arrays = (data.keys, data.order, data.fingerprint.rows, *data.vectors.values())
    return cells + sum(array.nbytes for array in arrays)


RowFacts = Callable[[int], Mapping[str, str]]
"""What is said of one row, by its canonical position; raises IndexError where there is none."""


@dataclass(frozen=True)
class _Offered:
    body: bytes | RowFacts

    @property
    def size(self) -> int:
        return len(self.body) if isinstance(self.body, bytes) else 1_000


class PointFiles:
    """What is offered to browsers, used last at the end, bounded in bytes; for all threads.

    Args:
        most: Bytes held.

    Example:
        >>> files = PointFiles(10)
        >>> files.put("a", b"12345678"), files.put("b", b"123"), files.get("a"), files.get("b")
        (None, None, None, b'123')
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[str, _Offered] = OrderedDict()
        self._lock = RLock()

    def put(self, key: str, body: bytes | RowFacts) -> None:
        """Offer something under the name of its content."""
        with self._lock:
            self._items[key] = _Offered(body)
            self._items.move_to_end(key)
            while len(self._items) > 1 and self.bytes > self._most:
                self._items.popitem(last=False)

    def get(self, key: str) -> bytes | RowFacts | None:
        """What is offered under a name; None where it is not, or no longer."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key].body

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(item.size for item in self._items.values())
