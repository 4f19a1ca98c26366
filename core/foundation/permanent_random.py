"""Permanent random numbers: one uniform per row, made from the row's key and not from its position.

A row draws the same number wherever the table is read, sorted, split or filtered, so a draw can be repeated
by a later or a distributed run (the idea of permanent random numbers: Ohlsson, *Coordination of samples
using permanent random numbers*, 1995). One BLAKE2b digest has 512 bits and so serves eight replicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from struct import Struct

import numpy as np
from numpy.typing import NDArray

KEY_BYTES = 16
BAND = "band"
EVALUATION = "evaluation"
RESERVED = frozenset({BAND, EVALUATION})
_WORDS = 8  # 64-bit words in one digest
_KEY = Struct(f"{KEY_BYTES}s")


def _start(seed: int, stream: str, block: int) -> blake2b:
    """The digest state that every row of one (seed, stream, block) shares."""
    name = stream.encode()
    head = b"aliquot/draw/1" + len(name).to_bytes(4, "little") + name
    return blake2b(head + int(seed).to_bytes(16, "little", signed=True) + int(block).to_bytes(8, "little"))


def _unit(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The 53 leading bits of each word as a float in the open interval (0, 1)."""
    return (np.right_shift(words, np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _block(keys: NDArray[np.uint8], seed: int, stream: str, block: int) -> NDArray[np.uint64]:
    """All eight words of one block, shape (n, 8)."""
    copy = _start(seed, stream, block).copy
    out = bytearray()
    for (key,) in _KEY.iter_unpack(np.ascontiguousarray(keys).data):
        state = copy()
        state.update(key)
        out += state.digest()
    return np.frombuffer(out, dtype="<u8").reshape(-1, _WORDS)


def uniforms(keys: NDArray[np.uint8], seed: int, stream: str, replicate: int = 0) -> NDArray[np.float64]:
    """One permanent random number per row, in the open interval (0, 1).

    Args:
        keys: Row keys, shape (n, 16), dtype uint8.
        seed: The recipe's seed.
        stream: What the numbers are for, for example ``"random/1"``.
        replicate: Independent repetitions of the same stream.

    Returns:
        Shape (n,), dtype float64. O(n) time.

    Example:
        >>> keys = np.arange(48, dtype=np.uint8).reshape(3, 16)
        >>> u = uniforms(keys, seed=0, stream="random/1")
        >>> bool(np.array_equal(u[::-1], uniforms(keys[::-1].copy(), 0, "random/1")))
        True
    """
    words = _block(keys, seed, stream, replicate // _WORDS)
    return _unit(np.ascontiguousarray(words[:, replicate % _WORDS]))


def replicates(keys: NDArray[np.uint8], seed: int, stream: str, count: int) -> Iterator[NDArray[np.float64]]:
    """The uniforms of replicates 0 … count-1 in turn; each digest is made once for eight of them.

    Example:
        >>> keys = np.arange(48, dtype=np.uint8).reshape(3, 16)
        >>> rows = list(replicates(keys, 0, "band", 10))
        >>> bool(np.array_equal(rows[9], uniforms(keys, 0, "band", replicate=9)))
        True
    """
    for block in range(-(-count // _WORDS)):
        words = _block(keys, seed, stream, block)
        for word in range(min(_WORDS, count - block * _WORDS)):
            yield _unit(np.ascontiguousarray(words[:, word]))


def smallest(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Positions of the `count` smallest values in ascending order of value; ties go to the lower position.

    Example:
        >>> smallest(np.array([0.3, 0.1, 0.2, 0.1]), 3).tolist()
        [1, 3, 2]
    """
    if count <= 0:
        return np.empty(0, np.int64)
    if count < values.size // 4:
        limit = np.partition(values, count - 1)[count - 1]
        near = np.flatnonzero(values <= limit)
        return near[np.argsort(values[near], kind="stable")][:count].astype(np.int64)
    return np.argsort(values, kind="stable")[:count].astype(np.int64)


@dataclass(frozen=True)
class Draws:
    """All randomness a strategy may use: keyed uniforms, and generators seeded the same way.

    Args:
        keys: Row keys in canonical order, shape (n, 16), dtype uint8.
        seed: The recipe's seed.
        stream: Strategy id and version.
        part: Which of several parts of the rows these are, each drawn on its own. Keyed numbers belong to the
            rows and need no telling apart; generators do.
    """

    keys: NDArray[np.uint8]
    seed: int
    stream: str
    part: str = ""

    def uniforms(self, step: str = "", replicate: int = 0) -> NDArray[np.float64]:
        """One permanent random number per row for this step, shape (n,)."""
        return uniforms(self.keys, self.seed, self._name(step), replicate)

    def generator(self, step: str = "", replicate: int = 0) -> np.random.Generator:
        """A Philox generator for iterative methods, seeded from seed, stream, step, part and replicate."""
        name = self._name(step)
        state = _start(self.seed, f"{name}/{self.part}" if self.part else name, replicate)
        key = np.frombuffer(state.digest()[:16], dtype="<u8")
        return np.random.Generator(np.random.Philox(key=key))

    def of(self, rows: NDArray[np.int64], step: str = "", part: str = "") -> Draws:
        """The same randomness restricted to some rows; with `step`, an own stream below this one.

        With `part`, generators are independent of those of other parts.
        """
        return replace(self, keys=self.keys[rows], stream=self._name(step), part=part or self.part)

    def _name(self, step: str) -> str:
        return f"{self.stream}/{step}" if step else self.stream
