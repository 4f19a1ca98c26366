"""Diverse? How different the chosen rows are from each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..foundation.parallel import in_parallel
from ..model.needs import Need
from ..model.registry import Reference
from .declaration import declare_metric
from .pool import Pool
from .terms import SubsetBatch

SIMILAR_COSINE = 0.95
SIMILAR_SHARE = 0.2


@declare_metric(
    id="vendi",
    version=1,
    label="Vendi score",
    sentence="How many completely different rows the subset is worth.",
    question="diverse",
    direction="higher",
    range="1 to the number of chosen rows",
    unit="rows",
    formula="exp(−Σ λ ln λ) over the eigenvalues λ of K/b, K the cosine similarity of chosen rows "
    "(order q = 1; exact, from the d × d form where d < b); Euclidean features less the data set's mean; "
    "rows of length zero are one own direction",
    paper=Reference(
        "D. Friedman, A. B. Dieng",
        2023,
        "The Vendi Score: a diversity evaluation metric for machine learning",
        "TMLR",
    ),
    needs={Need.FEATURES},
    headline=True,
)
def vendi(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Vendi score of order 1, shape (subsets,). O(b·d·min(b, d)) each."""
    unit = pool.directions

    def score(number: int) -> float:
        return vendi_score(unit[batch.subsets[number]])

    return np.array(list(in_parallel(score, range(len(batch)), batch.progress, "Vendi scores")))


def vendi_score(unit: NDArray[np.float32]) -> float:
    """Vendi score of unit rows (b, d).

    Example:
        >>> round(vendi_score(np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)), 6)
        4.0
    """
    count, d = unit.shape
    if not count:
        return 0.0
    gram = (unit.T @ unit if d < count else unit @ unit.T) / np.float32(count)
    spectrum = np.linalg.eigvalsh(gram).astype(np.float64)
    zero = int((np.einsum("ij,ij->i", unit, unit) < 0.5).sum()) / count
    spectrum = np.append(spectrum, zero)
    spectrum = spectrum[spectrum > 1e-7]
    spectrum /= spectrum.sum()
    return float(np.exp(-(spectrum * np.log(spectrum)).sum()))


@declare_metric(
    id="spread",
    version=1,
    label="Spread",
    sentence="How far a chosen row is from the nearest other chosen row, on average.",
    question="diverse",
    direction="higher",
    range="0 or more",
    formula="mean over chosen i of min over other chosen j of d(i, j); above 5,000 chosen rows among 5,000 "
    "of them; not available for one row",
    paper=Reference.none("Textbook: mean nearest-neighbour distance."),
    needs={Need.FEATURES},
    undefined="a subset of one row has no other row in it",
)
def spread(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Mean nearest-neighbour distance inside the subset, shape (subsets,)."""
    return np.array([near.mean() if len(near) > 1 else np.nan for near in batch.inside[2]])


@declare_metric(
    id="redundancy",
    version=2,
    label="Redundancy",
    sentence="Share of chosen rows that another chosen row nearly repeats.",
    question="diverse",
    direction="lower",
    range="0 to 1",
    formula=f"share of chosen rows with another at cosine above {SIMILAR_COSINE}; for Euclidean features "
    f"nearer than {SIMILAR_SHARE:g} of the median distance of rows that differ; above 5,000 chosen rows "
    "among 5,000 of them",
    paper=Reference.none("Textbook: share of rows with a near neighbour."),
    needs={Need.FEATURES},
    grain=lambda budget: 2.0 / budget,  # a close pair is two rows
    undefined="a subset of one row has no other row in it",
)
def redundancy(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Share of chosen rows with a close other one, shape (subsets,)."""
    assert pool.inputs.features is not None
    cosine = pool.inputs.features.metric == "cosine"
    limit = np.sqrt(2 * (1 - SIMILAR_COSINE)) if cosine else SIMILAR_SHARE * pool.bandwidth
    return np.array([(near < limit).mean() if len(near) > 1 else np.nan for near in batch.inside[2]])
