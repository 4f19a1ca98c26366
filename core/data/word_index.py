"""Search by words: which rows hold them, and how well each fits, through one index kept per data set.

The index is lists of rows, one for each word, in plain arrays that are read from the disk where they lie: it
is open in milliseconds, and a search reads the lists of its own words alone. Words are those of
`core.foundation.words`, of any script, without regard to capitals. Nothing is stemmed and no word is left
out, so that what is found is what was typed, in every language.

Measured against bm25s 0.3 on 1,000,000 texts of 3 to 12 words (50,000 distinct), in processor seconds: bm25s
takes 28 s, 6 of them to find the words, and answers in 1 to 5 ms; the lists below take 6 s in all and answer
in 6 to 33 ms. DuckDB's full text is an extension that would have to be downloaded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.artifact_store import Artifact, Store, artifact_key
from ..foundation.errors import ParameterError
from ..foundation.progress import SILENT, Progress
from ..foundation.words import LIBRARIES as WORD_LIBRARIES
from ..foundation.words import VERSION as WORDS_VERSION
from ..foundation.words import words
from ..model.dataset import Dataset

VERSION = 1
KIND = "words"
K1, B = 1.2, 0.75
"""How soon a word that is repeated counts no more, and how much of a long text's advantage is taken off."""
_STEP = 1 << 14  # rows between two reports of progress


@dataclass(frozen=True)
class WordIndex:
    """Which rows hold which words. Make it with `word_index`.

    Args:
        letters: The words one behind another in UTF-8, ascending, uint8.
        ends: Where each word ends in `letters`, int64 (words,).
        starts: Where the rows of each word start in `rows`, int64 (words + 1,).
        rows: Rows that hold a word, ascending for each word, int32.
        times: How often each of them holds it, int32.
        lengths: Words in each row, int32 (n,).
    """

    letters: NDArray[np.uint8]
    ends: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    times: NDArray[np.int32]
    lengths: NDArray[np.int32]

    @cached_property
    def average(self) -> float:
        """Mean number of words in a row."""
        return float(self.lengths.mean()) if len(self.lengths) else 0.0

    def holding(self, text: str) -> Rows:
        """Rows that hold every word of a text, in any order; ascending canonical positions.

        Raises:
            ParameterError: There is no word in it.
        """
        found: Rows | None = None
        for part in sorted(self._lists(text), key=lambda part: part.stop - part.start):
            here = self.rows[part].astype(np.int64)
            found = here if found is None else np.intersect1d(found, here, assume_unique=True)
        assert found is not None
        return found

    def rank(self, text: str, most: int) -> tuple[Rows, NDArray[np.float64]]:
        """Rows that hold any word of a text, those that fit best first, by BM25.

        The form of Lucene: Σ idf · f / (f + k1 · (1 − b + b · length / average)), with
        idf = ln(1 + (n − rows + ½) / (rows + ½)). Robertson and Zaragoza 2009, "The Probabilistic Relevance
        Framework: BM25 and Beyond"; Kamphuis, de Vries, Boytsov and Lin 2020, "Which BM25 Do You Mean?".

        Args:
            text: The words; a word that is repeated counts once.
            most: How many rows are wanted.

        Returns:
            Canonical positions (m,), m ≤ `most`, ties by row key; and their scores, float64, descending.

        Raises:
            ParameterError: There is no word in it.
        """
        n = len(self.lengths)
        scores = np.zeros(n, np.float64)
        for part in self._lists(text):
            rows, times = self.rows[part], self.times[part].astype(np.float64)
            idf = np.log1p((n - len(rows) + 0.5) / (len(rows) + 0.5))
            long = 1 - B + B * self.lengths[rows] / max(self.average, 1e-300)
            scores[rows] += idf * times / (times + K1 * long)
        found = np.flatnonzero(scores)
        if len(found) > most:
            least = np.partition(scores[found], len(found) - most)[len(found) - most]
            found = found[scores[found] >= least]
        found = found[np.lexsort((found, -scores[found]))][:most]
        return found.astype(np.int64), scores[found]

    def _lists(self, text: str) -> list[slice]:
        """Where the rows of each distinct word stand, in the order of the text."""
        wanted = list(dict.fromkeys(_words_of(text)))
        if not wanted:
            raise ParameterError(
                f"There is no word to search for in {text[:60]!r}", "it holds signs alone", "type a word"
            )
        return [self._list(word.encode("utf-8", "surrogatepass")) for word in wanted]

    def _list(self, word: bytes) -> slice:
        at = bisect_left(range(len(self.ends)), word, key=self._word)
        known = at < len(self.ends) and self._word(at) == word
        return slice(int(self.starts[at]), int(self.starts[at + 1])) if known else slice(0, 0)

    def _word(self, at: int) -> bytes:
        return self.letters[self.ends[at - 1] if at else 0 : self.ends[at]].tobytes()


def word_index(
    dataset: Dataset, columns: Sequence[str], store: Store, progress: Progress = SILENT
) -> WordIndex:
    """The index of the words of some columns, from the store or made and stored.

    Args:
        dataset: In canonical order.
        columns: Of text; a row holds the words of all of them.
        store: Where it is kept.
        progress: Told while texts are split; may cancel, and then nothing is stored.

    Returns:
        The index. Made in about 6 s for a million texts of eight words, 60 MB.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from core.data.load import load
        >>> lines = [b"id,body", b"1,The parcel is late", b"2,late again", b"3,LATE late parcel"]
        >>> data = load(b"\\n".join(lines), name="demo.csv")
        >>> index = word_index(data, ["body"], Store(Path(tempfile.mkdtemp())))
        >>> data.frame["id"][index.rank("late", 2)[0]].tolist()
        [3, 2]
        >>> sorted(data.frame["id"][index.holding("parcel late")].tolist())
        [1, 3]
    """
    names = sorted(set(columns))
    config = {"columns": names, "words": WORDS_VERSION}
    key = artifact_key(KIND, VERSION, config, [dataset.fingerprint.digest], WORD_LIBRARIES)
    made = store.fetch(KIND, key, lambda: Artifact(_arrays(dataset, names, progress)))
    return WordIndex(**{name: np.asarray(array) for name, array in made.arrays.items()})


def _words_of(text: str) -> list[str]:
    """The words of a text, capitals gone; "ß" is "ss", as people type it in capitals."""
    return words(text.casefold())


def _arrays(dataset: Dataset, names: Sequence[str], progress: Progress) -> dict[str, NDArray[Any]]:
    n = len(dataset)
    numbers: dict[str, int] = {}
    lengths = np.zeros(n, np.int32)
    columns = [dataset.frame[name].fillna("").tolist() for name in names]

    def each() -> Iterator[int]:
        for row in range(n):
            if row % _STEP == 0:
                progress(row, n, "counting words")
            for column in columns:
                found = _words_of(column[row])
                lengths[row] += len(found)
                for word in found:
                    yield numbers.setdefault(word, len(numbers))

    held = np.fromiter(each(), np.int64)
    spelled = [word.encode("utf-8", "surrogatepass") for word in numbers]
    order = sorted(range(len(spelled)), key=spelled.__getitem__)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    # One number for each word in each row, so that one sort brings both into order.
    both = place[held] * n + np.repeat(np.arange(n), lengths)
    both.sort()
    first = np.flatnonzero(np.diff(both, prepend=-1))
    word, row = np.divmod(both[first], max(n, 1))
    return {
        "letters": np.frombuffer(b"".join(spelled[at] for at in order), np.uint8),
        "ends": np.cumsum([len(spelled[at]) for at in order], dtype=np.int64),
        "starts": np.searchsorted(word, np.arange(len(order) + 1)).astype(np.int64),
        "rows": row.astype(np.int32),
        "times": np.diff(np.append(first, len(both))).astype(np.int32),
        "lengths": lengths,
    }
