"""Texts that are copies of each other, or nearly: exact by folding, near by MinHash and verified Jaccard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.progress import Progress

_SEED = 1  # of MinHash: sets of copies are the same for every seed of a recipe
_CHUNK = (
    4_096  # shingles hashed at once, so that one very long text takes no more memory than many short ones
)
_KEPT = 1 << 18  # shingles held for verification at once
_WEIGHTS = (0.01, 0.99)  # a false candidate only costs a verification, a missed one stays in


def folded(text: str) -> str:
    """The text without differences in case and white space.

    Example:
        >>> folded("  Good\\nMORNING ")
        'good morning'
    """
    return " ".join(text.casefold().split())


def distinct(texts: Sequence[str], progress: Progress) -> tuple[Rows, list[str]]:
    """Code of each text's folded form, int64 (n,), and those forms in the order of first appearance.

    Example:
        >>> codes, forms = distinct(["A b", "c", "a  B"], Progress())
        >>> codes.tolist(), forms
        ([0, 1, 0], ['a b', 'c'])
    """
    known: dict[str, int] = {}
    codes = np.empty(len(texts), np.int64)
    for at, text in enumerate(texts):
        if at % 1024 == 0:
            progress(at, len(texts), "reading texts")
        codes[at] = known.setdefault(folded(text), len(known))
    return codes, list(known)


def shingles(text: str, length: int) -> set[str]:
    """All runs of `length` characters; a shorter text is its own only shingle.

    Example:
        >>> sorted(shingles("abcd", 3)), shingles("a", 3)
        (['abc', 'bcd'], {'a'})
    """
    return {text[at : at + length] for at in range(max(1, len(text) - length + 1))}


def signatures(
    texts: Sequence[str], length: int, permutations: int, progress: Progress
) -> tuple[NDArray[np.uint32], Rows]:
    """MinHash of each text's shingles, uint32 (m, permutations), and how many shingles it has, int64 (m,).

    The share of equal places in two signatures estimates the Jaccard similarity of the shingle sets.
    O(characters·permutations) time, O(m·permutations) memory.

    Source: Broder, On the resemblance and containment of documents, 1997.
    """
    from datasketch import MinHash

    def hashed(shingle: str) -> int:
        return crc32(shingle.encode("utf-8", "surrogatepass"))

    sketch = MinHash(permutations, _SEED, hashfunc=hashed, scheme="affine32")
    out = np.empty((len(texts), permutations), np.uint32)
    sizes = np.empty(len(texts), np.int64)
    for at, text in enumerate(texts):
        if at % 64 == 0:
            progress(at, len(texts), "hashing texts")
        parts = list(shingles(text, length))
        sketch.clear()
        for start in range(0, len(parts), _CHUNK):
            if start:
                progress.check()
            sketch.update_batch(parts[start : start + _CHUNK])
        out[at], sizes[at] = sketch.hashvalues, len(parts)
    return out, sizes


def near_copies(
    texts: Sequence[str], length: int, threshold: float, permutations: int, progress: Progress
) -> Rows:
    """Which texts are joined by chains of near copies: a code for each, int64 (m,).

    Texts whose signatures agree in some band (locality-sensitive hashing) are candidates; a candidate pair
    counts if the Jaccard similarity of its shingle sets, taken exactly, reaches the threshold. Pairs that are
    in one component already are not looked at again.

    Args:
        texts: Distinct folded texts.
        length: Characters in a shingle.
        threshold: Jaccard similarity from which on two texts are copies.
        permutations: Length of the signatures.
        progress: Called once every few texts; may cancel.

    Returns:
        O(m·permutations) memory. Time is O(characters·permutations) and one verification per candidate pair.

    Example:
        >>> near_copies(["good morning all", "good morning al", "night"], 3, 0.8, 64, Progress()).tolist()
        [0, 0, 1]
    """
    from datasketch import MinHashLSH

    m = len(texts)
    codes = np.arange(m, dtype=np.int64)
    if m < 2:
        return codes
    marks, sizes = signatures(texts, length, permutations, progress.part(0, 0.7))
    plan = MinHashLSH(threshold=threshold, num_perm=permutations, weights=_WEIGHTS)
    compare = _Compare(texts, sizes, length, threshold)
    for band in range(plan.b):
        part = progress.part(0.7 + 0.3 * band / plan.b, 0.7 + 0.3 * (band + 1) / plan.b)
        part(0, 1, "comparing texts")
        before = marks[:, : band * plan.r]
        links = [
            link
            for bucket in _buckets(marks[:, band * plan.r : (band + 1) * plan.r], codes)
            for link in compare(bucket, codes[bucket], before[bucket], plan.r, part)
        ]
        if links:
            codes = _joined(codes, np.array(links, np.int64))
    return codes


def _buckets(band: NDArray[np.uint32], codes: Rows) -> list[Rows]:
    """Texts whose signatures are equal in a band, where they are not all in one component."""
    rows = np.ascontiguousarray(band).view(np.dtype((np.void, band.shape[1] * band.itemsize))).ravel()
    _, found, count = np.unique(rows, return_inverse=True, return_counts=True)
    order = np.argsort(found, kind="stable")
    ends = np.cumsum(count)
    groups = [order[ends[at] - count[at] : ends[at]] for at in np.flatnonzero(count > 1)]
    return [group for group in groups if (codes[group] != codes[group[0]]).any()]


def _joined(codes: Rows, links: Rows) -> Rows:
    """Codes after joining components along links, numbered by first appearance."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = codes[links]
    graph = coo_matrix((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(len(codes),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)[codes]


@dataclass(frozen=True)
class _Compare:
    """Exact Jaccard similarities inside a bucket, with a bounded number of shingles held at once."""

    texts: Sequence[str]
    sizes: Rows
    length: int
    threshold: float

    def __call__(
        self, bucket: Rows, own: Rows, earlier: NDArray[np.uint32], width: int, progress: Progress
    ) -> list[tuple[int, int]]:
        """Pairs of copies, enough of them to join all that belong together.

        Args:
            bucket: Candidates of each other, shape (b,).
            own: Their components so far, shape (b,).
            earlier: Their signatures in the bands before: who agreed in one of them has been compared.
            width: Places of a band.
            progress: May cancel.
        """
        own, links, sizes = own.copy(), [], self.sizes[bucket]
        for first in _parts(sizes, 0):
            known: dict[str, int] = {}
            mine = [
                [known.setdefault(part, len(known)) for part in shingles(self.texts[row], self.length)]
                for row in bucket[first].tolist()
            ]
            mark = np.zeros(len(known), bool)
            for second in _parts(sizes, first.start):
                flat, starts = self._ids(bucket[second], known)
                for at in range(first.start, first.stop):
                    progress.check()
                    begin = max(at + 1, second.start)
                    later = begin + np.flatnonzero(own[begin : second.stop] != own[at])
                    low, high = np.minimum(sizes[later], sizes[at]), np.maximum(sizes[later], sizes[at])
                    later = later[low >= self.threshold * high]  # the sizes alone bound the similarity
                    equal = (earlier[later] == earlier[at]).reshape(
                        len(later), earlier.shape[1] // width, width
                    )
                    later = later[~equal.all(axis=2).any(axis=1)]
                    if not len(later):
                        continue
                    mark[mine[at - first.start]] = True
                    shared = _marked(mark, flat, starts, later - second.start)
                    mark[mine[at - first.start]] = False
                    near = shared / (sizes[later] + sizes[at] - shared) >= self.threshold
                    for other in later[near].tolist():
                        if own[other] != own[at]:
                            links.append((int(bucket[at]), int(bucket[other])))
                            own[own == own[other]] = own[at]
        return links

    def _ids(self, rows: Rows, known: dict[str, int]) -> tuple[Rows, Rows]:
        """Those shingles of some texts that are known, one text after the other, and where each begins."""
        parts = [
            [known[part] for part in shingles(self.texts[row], self.length) if part in known]
            for row in rows.tolist()
        ]
        starts = np.cumsum([0, *map(len, parts)])
        return np.fromiter(chain.from_iterable(parts), np.int64, int(starts[-1])), starts


def _marked(mark: NDArray[np.bool_], flat: Rows, starts: Rows, which: Rows) -> Rows:
    """How many marked ids some of the texts have."""
    count = starts[which + 1] - starts[which]
    ends = np.cumsum(count)
    at = np.repeat(starts[which] - (ends - count), count) + np.arange(int(ends[-1]))
    total = np.concatenate([[0], np.cumsum(mark[flat[at]])])
    return np.asarray(total[ends] - total[ends - count], np.int64)


def _parts(sizes: Rows, start: int) -> list[slice]:
    """Runs of texts with about as many shingles as may be held at once, from one text on."""
    run = np.cumsum(sizes[start:]) // _KEPT
    edges = start + np.flatnonzero(np.diff(run)) + 1
    return [slice(a, b) for a, b in pairwise([start, *edges.tolist(), len(sizes)])]
