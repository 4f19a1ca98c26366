"""Useful? What can be estimated from the subset, or learned from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..declare import Need, Reference
from ..types import Rows
from ._declare import declare_metric
from ._pool import Pool
from ._terms import Batch

STRATUM_ROWS = 10
"""A group counts for the worst one where at least this many held-out rows are in it."""


@declare_metric(
    id="effective-size",
    version=1,
    label="Effective sample size",
    sentence="How many rows of equal weight give estimates as steady as these weights do.",
    question="useful",
    direction="higher",
    range="1 to the number of chosen rows",
    unit="rows",
    formula="(Σw)² / Σw² over the design weights; not available where the strategy has none",
    paper=Reference("L. Kish", 1965, "Survey Sampling", "Wiley"),
    needs=set(),
    weighted=True,
)
def effective_size(pool: Pool, batch: Batch) -> NDArray[np.float64]:
    """Kish's effective sample size, shape (subsets,); NaN without design weights."""
    if batch.weights is None:
        return np.full(len(batch), np.nan)
    return np.array([1.0 / float(share @ share) for share in batch.shares])


@declare_metric(
    id="probe-accuracy",
    version=1,
    label="Probe accuracy",
    sentence="How well a simple model trained on the subset predicts the label of rows it has never seen.",
    question="useful",
    direction="higher",
    range="0 to 1",
    formula="share of held-out rows that a logistic regression predicts rightly; 20 % of the rows leave "
    "before groups and strategies, which then run on the rest at the same fraction",
    paper=Reference(
        "G. Alain, Y. Bengio",
        2017,
        "Understanding intermediate layers using linear classifier probes",
        "ICLR workshop",
    ),
    needs={Need.FEATURES, Need.LABELS},
    headline=True,
    stage="downstream",
)
def probe_accuracy(truth: Rows, predicted: Rows, strata: Rows) -> float:
    """Share of held-out rows predicted rightly."""
    return float((truth == predicted).mean())


@declare_metric(
    id="probe-worst-group",
    version=1,
    label="Probe, worst group",
    sentence="The same accuracy in the group where it is lowest.",
    question="useful",
    direction="higher",
    range="0 to 1",
    formula=f"min over groups with at least {STRATUM_ROWS} held-out rows of the probe's accuracy there; "
    "label classes where there are no groups",
    paper=Reference(
        "S. Sagawa, P. W. Koh, T. B. Hashimoto, P. Liang",
        2020,
        "Distributionally robust neural networks for group shifts",
        "ICLR",
    ),
    needs={Need.FEATURES, Need.LABELS},
    stage="downstream",
)
def probe_worst_group(truth: Rows, predicted: Rows, strata: Rows) -> float:
    """Smallest accuracy over groups with enough held-out rows; NaN where there is none."""
    sizes = np.bincount(strata)
    right = np.bincount(strata, truth == predicted, minlength=len(sizes))
    wide = sizes >= STRATUM_ROWS
    return float((right[wide] / sizes[wide]).min()) if wide.any() else float("nan")
