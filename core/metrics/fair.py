"""Fair to every group? Shares of the subpopulations in the subset against the data set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..model.needs import Need
from ..model.registry import Reference
from .declaration import declare_metric
from .pool import Pool
from .terms import SubsetBatch

EXPECTED_ROWS = 5
"""A group counts for the smallest ratio where its share of the budget is at least this many rows."""


@declare_metric(
    id="group-shares",
    version=1,
    label="Group shares",
    sentence="How far the groups' shares in the subset are from their shares in the data set.",
    question="fair",
    direction="lower",
    range="0 to 1",
    formula="total variation ½Σ|share in subset − share in data set| over groups",
    paper=Reference.none("Textbook: total variation distance."),
    needs={Need.GROUPS},
    weighted=True,
    headline=True,
)
def group_shares(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Total variation of group shares, shape (subsets,)."""
    return np.array(
        [
            0.5 * np.abs(_shares(pool, rows, share) - pool.group_shares).sum()
            for rows, share in zip(batch.subsets, batch.shares, strict=True)
        ]
    )


@declare_metric(
    id="groups-hit",
    version=1,
    label="Groups hit",
    sentence="How many groups have at least one chosen row.",
    question="fair",
    direction="higher",
    range="1 to the number of groups",
    unit="groups",
    formula="number of groups with at least one chosen row",
    paper=Reference.none("Textbook: a count."),
    needs={Need.GROUPS},
    grain=lambda budget: 1.0,
)
def groups_hit(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Groups with a chosen row, shape (subsets,)."""
    assert pool.inputs.groups is not None
    codes = pool.inputs.groups.codes
    return np.array([len(np.unique(codes[rows])) for rows in batch.subsets], np.float64)


@declare_metric(
    id="smallest-ratio",
    version=2,
    label="Smallest group kept",
    sentence="Share of the worst-served group in the subset, divided by its share in the data set; of the "
    f"groups expected to have {EXPECTED_ROWS} rows.",
    question="fair",
    direction="higher",
    range="0 to 1 and, rarely, a little more",
    formula="min over groups of (share in subset / share in data set), over groups whose share of the budget "
    f"is at least {EXPECTED_ROWS} rows; not available where fewer than two are",
    paper=Reference.none("Textbook: the representation ratio."),
    needs={Need.GROUPS},
    headline=True,
    undefined=f"no two groups are expected to have {EXPECTED_ROWS} rows in a subset of {{rows}}",
)
def smallest_ratio(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Smallest representation ratio, shape (subsets,); NaN where no two groups expect five rows.

    Of one group, mostly the largest, more than its share would count as better.
    """
    out = np.full(len(batch), np.nan)
    for at, (rows, share) in enumerate(zip(batch.subsets, batch.shares, strict=True)):
        ratio = ratios(pool, rows, share)
        if np.isfinite(ratio).sum() > 1:
            out[at] = np.nanmin(ratio)
    return out


def expected(shares: NDArray[np.float64], rows: int) -> NDArray[np.bool_]:
    """Which groups, of these shares of the data set, expect five rows in a subset of so many."""
    wide: NDArray[np.bool_] = shares * rows >= EXPECTED_ROWS - 1e-9
    return wide


def ratios(pool: Pool, rows: Rows, share: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Representation ratio of each group, float64 (groups,); NaN where it expects fewer than 5 rows."""
    if share is None:
        share = np.full(len(rows), 1 / max(1, len(rows)))
    wide = expected(pool.group_shares, len(rows))
    held = _shares(pool, rows, share)
    return np.where(wide, held / np.where(wide, pool.group_shares, 1.0), np.nan)


def _shares(pool: Pool, rows: Rows, share: NDArray[np.float64]) -> NDArray[np.float64]:
    assert pool.inputs.groups is not None
    held = np.bincount(pool.inputs.groups.codes[rows], share, minlength=len(pool.group_shares))
    return held.astype(np.float64)
