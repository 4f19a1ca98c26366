"""TF-IDF and truncated SVD, deterministic: sorted vocabulary, seeded SVD, fixed signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.errors import FeatureError
from ..foundation.progress import Progress
from ..foundation.words import telling
from ..foundation.words import words as words_of

_SEED = 0


@dataclass(frozen=True)
class Lexical:
    """A fitted space of words.

    Args:
        vocabulary: Words in alphabetical order.
        idf: Inverse document frequency per word, float64.
        components: Shape (d, words), float64.
    """

    vocabulary: tuple[str, ...]
    idf: NDArray[np.float64]
    components: NDArray[np.float64]

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, shape (n, d); zero where a text holds no known word."""
        weighted = _weighted(_counts(texts, self.vocabulary), self.idf)
        dense = np.asarray(weighted @ self.components.T)
        length = np.linalg.norm(dense, axis=1)
        length[length < 1e-9] = np.inf
        return np.ascontiguousarray(dense / length[:, None], dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """It as arrays, to be kept; `of` reads them."""
        words = np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8)
        return {"words": words, "idf": self.idf, "components": self.components}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Lexical:
        """What `arrays` wrote, the same bit by bit.

        Example:
            >>> space = Lexical(("a b", "ü"), np.ones(2), np.eye(2))
            >>> Lexical.of(space.arrays()).vocabulary
            ('a b', 'ü')
        """
        words = arrays["words"].tobytes().decode().split("\n")
        return cls(tuple(words), arrays["idf"], arrays["components"])


def _words(text: str) -> list[str]:
    """The words of a text that are counted."""
    return [word for word in words_of(text.lower()) if telling(word)]


def _counts(texts: Sequence[str], vocabulary: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=_words, vocabulary=list(vocabulary), dtype=np.float64)
    return counter.transform(texts).tocsr()


def _weighted(counts: Any, idf: NDArray[np.float64]) -> Any:
    """Sublinear term frequency times idf, rows of length one."""
    from sklearn.preprocessing import normalize

    counts.data = 1.0 + np.log(counts.data)
    counts = counts.multiply(idf[None, :]).tocsr()
    return normalize(counts, copy=False)


def _vocabulary(texts: Sequence[str], words: int) -> tuple[list[str], NDArray[np.int64]]:
    """Words in two texts or more (or in one), alphabetical, with how many texts hold them."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=_words, binary=True)
    try:
        held = counter.fit_transform(texts)
    except ValueError:
        raise FeatureError(
            "The texts hold no words", "every text is empty or made of single signs", "choose another column"
        ) from None
    terms = counter.get_feature_names_out()
    found = np.asarray(held.sum(axis=0)).ravel().astype(np.int64)
    keep = np.flatnonzero(found >= 2)
    if len(keep) < 2:
        keep = np.arange(len(terms))
    if len(keep) > words:
        keep = np.sort(keep[np.lexsort((terms[keep], -found[keep]))][:words])
    return [str(term) for term in terms[keep]], found[keep]


def fit(texts: Sequence[str], dimensions: int, words: int, progress: Progress) -> Lexical:
    """Vocabulary, weights and SVD of these texts.

    Args:
        texts: The whole data set, in canonical order.
        dimensions: At most this many.
        words: At most this many, by how many texts hold them; ties alphabetically.
        progress: Told between the steps.

    Raises:
        FeatureError: There are no words at all.
    """
    from sklearn.utils.extmath import randomized_svd
    from threadpoolctl import threadpool_limits

    progress(0, 3, "counting words")
    vocabulary, held = _vocabulary(texts, words)
    idf = np.log((1 + len(texts)) / (1 + held)) + 1.0
    weighted = _weighted(_counts(texts, vocabulary), idf)
    progress(1, 3, "finding dimensions")
    size = max(1, min(dimensions, len(vocabulary) - 1, len(texts) - 1))
    with threadpool_limits(1):  # beside another busy process several threads stall each other
        _, strength, components = randomized_svd(
            weighted, size, n_iter=4, random_state=_SEED, flip_sign=False
        )
    components = components[strength > 1e-9 * max(float(strength[0]), 1e-300)]
    peak = np.abs(components).argmax(axis=1)
    sign = np.sign(components[np.arange(len(components)), peak])
    progress(3, 3, "words weighted")
    return Lexical(tuple(vocabulary), idf, np.ascontiguousarray(components * sign[:, None]))
