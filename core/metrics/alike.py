"""Looks alike? How far the subset's distribution lies from the data set's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.parallel import in_parallel
from ..model.needs import Need
from ..model.registry import Reference
from .declaration import declare_metric
from .pool import CORRELATION_COLUMNS, SLICES, Pool
from .terms import SubsetBatch


@declare_metric(
    id="energy",
    version=1,
    label="Energy distance",
    sentence="How far the subset's distribution is from the data set's; 0 only where they are the same.",
    question="alike",
    direction="lower",
    range="0 or more",
    formula="2·mean d(X, Y) − mean d(X, X′) − mean d(Y, Y′), X chosen, Y in the evaluation sample; all "
    "pairs, a row with itself included at exactly 0 (the square root is not taken)",
    paper=Reference(
        "G. J. Székely, M. L. Rizzo",
        2013,
        "Energy statistics: a class of statistics based on distances",
        "J. Stat. Plan. Inference 143",
    ),
    needs={Need.FEATURES},
    weighted=True,
    headline=True,
)
def energy(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Energy distance to the data set, shape (subsets,)."""
    return 2 * batch.cross[1] - batch.inside[1] - batch.whole[1]


@declare_metric(
    id="mmd",
    version=2,
    label="MMD²",
    sentence="Squared kernel distance between the subset's and the data set's distribution.",
    question="alike",
    direction="lower",
    range="0 to 2",
    formula="mean k(X, X′) + mean k(Y, Y′) − 2·mean k(X, Y) over all pairs (biased: 0 for equal sets); "
    "k = exp(−d²/2σ²), σ = median distance of evaluation rows that differ",
    paper=Reference(
        "A. Gretton, K. Borgwardt, M. Rasch, B. Schölkopf, A. Smola",
        2012,
        "A kernel two-sample test",
        "JMLR 13",
    ),
    needs={Need.FEATURES},
    weighted=True,
)
def mmd(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Squared maximum mean discrepancy to the data set, shape (subsets,)."""
    return batch.inside[0] + batch.whole[0] - 2 * batch.cross[0]


@declare_metric(
    id="sliced-wasserstein",
    version=1,
    label="Sliced Wasserstein distance",
    sentence="How far rows must be moved, on average, to turn the subset's distribution into the data set's.",
    question="alike",
    direction="lower",
    range="0 or more",
    formula=f"mean over {SLICES} fixed directions (one where the features have one dimension) of the "
    "Wasserstein distance ∫|F⁻¹(t) − G⁻¹(t)| dt between the projected subset and the projected evaluation "
    "sample",
    paper=Reference(
        "N. Bonneel, J. Rabin, G. Peyré, H. Pfister",
        2015,
        "Sliced and Radon Wasserstein barycenters of measures",
        "J. Math. Imaging Vision 51",
    ),
    needs={Need.FEATURES},
    weighted=True,
)
def sliced_wasserstein(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Sliced Wasserstein distance of order 1 to the data set, shape (subsets,)."""
    grids: dict[int, tuple[NDArray[np.float64], Rows, Rows]] = {}
    even = batch.weights is None
    if even:
        grids = {size: _quantiles(size, len(pool.evaluation)) for size in {len(r) for r in batch.subsets}}

    def one(at: int) -> float:
        rows, share = batch.subsets[at], batch.shares[at]
        seen = (pool.points(rows)[:, :-2] @ pool.slices).astype(np.float64).T
        if not even:
            return _moved(seen, share, pool.sliced)
        step, mine, theirs = grids[len(rows)]
        seen.sort(axis=1)
        return float((np.abs(seen[:, mine] - pool.sliced[:, theirs]) @ step).mean())

    return np.array(list(in_parallel(one, range(len(batch)), batch.progress, "sliced distances")))


def _quantiles(b: int, e: int) -> tuple[NDArray[np.float64], Rows, Rows]:
    """Where the quantile functions of b and of e equal weights step: lengths, and the place in each.

    Example:
        >>> [part.tolist() for part in _quantiles(2, 4)]
        [[0.25, 0.25, 0.25, 0.25], [0, 0, 1, 1], [0, 1, 2, 3]]
    """
    ends = np.unique(np.concatenate([np.arange(1, b + 1) * e, np.arange(1, e + 1) * b]))  # in 1/(b·e)
    starts = np.concatenate([[0], ends[:-1]])
    return (ends - starts) / (b * e), starts // e, starts // b


def _moved(seen: NDArray[np.float64], share: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    """The same where chosen rows carry weights.

    Our own lines, because `scipy.stats` takes a second to import and a first comparison needs nothing else
    of it than `wasserstein_distance`.
    """
    return float(np.mean([_between(a, b, share) for a, b in zip(seen, whole, strict=True)]))


def _between(one: NDArray[np.float64], other: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    """∫|F − G| of weighted values (b,) and equally weighted, ascending ones (e,).

    Example:
        >>> _between(np.array([3.0, 0.0]), np.array([1.0]), np.array([1.0, 3.0]))
        1.25
    """
    order = np.argsort(one)
    every = np.sort(np.concatenate([one, other]), kind="stable")
    until = np.concatenate([[0.0], np.cumsum(share[order])])
    below = until[one[order].searchsorted(every[:-1], "right")] / until[-1]
    theirs = other.searchsorted(every[:-1], "right") / len(other)
    return float(np.sum(np.abs(below - theirs) * np.diff(every)))


@declare_metric(
    id="column-shift",
    version=1,
    label="Largest column shift",
    sentence="The column whose values differ most between subset and data set, and by how much.",
    question="alike",
    direction="lower",
    range="0 to 1",
    formula="max over columns of the total variation ½Σ|p−q| (categories, a missing cell being one) or of "
    "Kolmogorov–Smirnov sup|F−G| (numbers, missing cells left out)",
    paper=Reference.none("Textbook: total variation and the two-sample Kolmogorov–Smirnov statistic."),
    needs={Need.COLUMNS},
    weighted=True,
    headline=True,
)
def column_shift(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Largest of the column shifts, shape (subsets,)."""
    largest: NDArray[np.float64] = _column_shifts(pool, batch).max(axis=1)
    return largest


@declare_metric(
    id="column-shift-mean",
    version=1,
    label="Mean column shift",
    sentence="How much the values of a column differ between subset and data set, on average.",
    question="alike",
    direction="lower",
    range="0 to 1",
    formula="mean over columns of total variation (categories) or Kolmogorov–Smirnov (numbers)",
    paper=Reference.none("Textbook: total variation and the two-sample Kolmogorov–Smirnov statistic."),
    needs={Need.COLUMNS},
    weighted=True,
)
def column_shift_mean(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Mean of the column shifts, shape (subsets,)."""
    mean: NDArray[np.float64] = _column_shifts(pool, batch).mean(axis=1)
    return mean


@declare_metric(
    id="correlation-shift",
    version=1,
    label="Correlation shift",
    sentence="How much the correlations between number columns differ from the data set's.",
    question="alike",
    direction="lower",
    range="0 to 2",
    formula="‖R_S − R_P‖_F / √(c(c−1)) over the c number columns that vary in the data set (at most 500); "
    "missing cells at the data set's mean; a column constant in the subset correlates 0",
    paper=Reference.none("Textbook: root mean squared difference of Pearson correlations."),
    needs={Need.COLUMNS},
    weighted=True,
    undefined=f"it needs 2 to {CORRELATION_COLUMNS} number columns that vary",
)
def correlation_shift(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Root mean squared difference of correlations, shape (subsets,); NaN below two columns."""
    z = pool.standard
    if z is None:
        return np.full(len(batch), np.nan)
    whole = _correlation(z, np.full(len(z), 1 / len(z)))
    columns = z.shape[1]
    out = np.empty(len(batch))
    for at, (rows, share) in enumerate(zip(batch.subsets, batch.shares, strict=True)):
        batch.progress.check()
        gap = _correlation(z[rows], share) - whole
        out[at] = np.sqrt((gap * gap).sum() / (columns * (columns - 1)))
    return out


def _column_shifts(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Shape (subsets, columns), categories first; made once per batch."""
    kept: NDArray[np.float64] | None = batch.__dict__.get("column_shifts")
    if kept is None:
        categories, numbers = pool.categories, pool.numbers
        kept = np.zeros((len(batch), len(categories) + len(numbers)))
        for at, (rows, share) in enumerate(zip(batch.subsets, batch.shares, strict=True)):
            batch.progress(at, len(batch), "columns")
            for column, category in enumerate(categories):
                held = np.bincount(category.codes[rows], share, minlength=len(category.shares))
                kept[at, column] = 0.5 * np.abs(held - category.shares).sum()
            for column, number in enumerate(numbers, start=len(categories)):
                kept[at, column] = _ks(number.ranks[rows], share, number.below)
        batch.__dict__["column_shifts"] = kept
    return kept


def _ks(ranks: Rows, share: NDArray[np.float64], below: NDArray[np.float64]) -> float:
    """Kolmogorov–Smirnov distance; both suprema are reached at chosen values, so nothing else is visited."""
    present = ranks >= 0
    if not present.all():
        ranks, share = ranks[present], share[present]
    if not len(ranks):
        return 1.0 if len(below) > 1 else 0.0
    order = np.argsort(ranks)
    ranks = ranks[order]
    total = np.cumsum(share[order])
    total /= total[-1]
    above = (total - below[ranks + 1]).max()
    under = (below[ranks] - np.concatenate([[0.0], total[:-1]])).max()
    return float(max(above, under, 0.0))


def _correlation(z: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = z - share @ z
    covariance = (centred * share[:, None]).T @ centred
    spread = np.sqrt(np.diagonal(covariance))
    spread = np.where(spread > 1e-12, spread, np.inf)
    correlation: NDArray[np.float64] = covariance / np.outer(spread, spread)
    np.fill_diagonal(correlation, 1.0)
    return correlation
