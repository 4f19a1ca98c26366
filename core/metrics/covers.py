"""Covers the data set? Distances from its rows to the nearest chosen row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model.needs import Need
from ..model.registry import Reference
from .declaration import declare_metric
from .pool import BALL_NEIGHBOUR, EPSILON_NEIGHBOUR, Pool
from .terms import SubsetBatch, held

_SAME = 1e-3  # of the median distance: what rounding leaves between rows that coincide


@declare_metric(
    id="coverage-radius",
    version=1,
    label="Coverage radius",
    sentence="How far the worst-served row is from the nearest chosen row.",
    question="covers",
    direction="lower",
    range="0 or more",
    formula="max over rows i of min over chosen j of d(i, j); above 5,000 rows over the evaluation sample, "
    "so the true radius is at least this",
    paper=Reference(
        "T. F. Gonzalez", 1985, "Clustering to minimize the maximum intercluster distance", "TCS 38"
    ),
    needs={Need.FEATURES},
    headline=True,
)
def coverage_radius(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Largest distance to the nearest chosen row, shape (subsets,)."""
    radius: NDArray[np.float64] = batch.nearest.max(axis=1).astype(np.float64)
    return radius


@declare_metric(
    id="coverage-mean",
    version=1,
    label="Coverage mean",
    sentence="How far a row is from the nearest chosen row, on average.",
    question="covers",
    direction="lower",
    range="0 or more",
    formula="mean over rows i of min over chosen j of d(i, j), over the evaluation sample",
    paper=Reference.none("Textbook: the k-median objective of location theory, divided by n."),
    needs={Need.FEATURES},
)
def coverage_mean(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Mean distance to the nearest chosen row, shape (subsets,)."""
    mean: NDArray[np.float64] = batch.nearest.mean(axis=1, dtype=np.float64)
    return mean


@declare_metric(
    id="covered",
    version=2,
    label="Covered at ε",
    sentence="Share of rows with a chosen row as close as their own neighbours usually are.",
    question="covers",
    direction="higher",
    range="0 to 1",
    formula="share of rows with min over chosen j of d(i, j) ≤ ε, over the evaluation sample; ε is the "
    f"median distance of a row to its {EPSILON_NEIGHBOUR}th nearest other row, rows with so many copies left "
    "out",
    paper=Reference.none("Textbook: the coverage of an ε-cover, as a share."),
    needs={Need.FEATURES},
)
def covered(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Share of rows within ε of a chosen row, shape (subsets,)."""
    # Distances are float32: a row exactly at ε is covered, and so is one that coincides with a chosen row.
    limit = max(pool.epsilon * (1 + 1e-6), _SAME * pool.bandwidth)
    share: NDArray[np.float64] = (batch.nearest <= limit).mean(axis=1)
    return share


@declare_metric(
    id="local-coverage",
    version=1,
    label="Covered locally",
    sentence="Share of rows with a chosen row nearer than their own nearest neighbours: dense places ask for "
    "closer rows than sparse ones.",
    question="covers",
    direction="higher",
    range="0 to 1",
    formula="share of evaluation rows i with min over chosen j of d(i, j) below the distance of i to its "
    f"{BALL_NEIGHBOUR}th nearest other evaluation row, or 0",
    paper=Reference(
        "M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi, J. Yoo",
        2020,
        "Reliable fidelity and diversity metrics for generative models",
        "ICML",
        deviation="the chosen rows are rows of the data set itself, so each covers its own place",
    ),
    needs={Need.FEATURES},
)
def local_coverage(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Share of rows with a chosen row inside their local ball, shape (subsets,)."""
    reach = np.sqrt(pool.balls)
    share: NDArray[np.float64] = held(batch.nearest, reach).mean(axis=1)
    return share


@declare_metric(
    id="local-density",
    version=1,
    label="Density around its rows",
    sentence="Whether the subset takes its rows from dense places (above 1) or sparse ones (below 1).",
    question="covers",
    direction="none",
    range="0 or more; the data set has about 1",
    formula="mean over chosen rows of the number of evaluation rows whose local ball (to the "
    f"{BALL_NEIGHBOUR}th nearest other evaluation row) holds the row, divided by that mean over the "
    "evaluation sample itself",
    paper=Reference(
        "M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi, J. Yoo",
        2020,
        "Reliable fidelity and diversity metrics for generative models",
        "ICML",
        deviation="divided by the data set's own value instead of k: 1 is as dense as the data set",
    ),
    needs={Need.FEATURES},
)
def local_density(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Mean number of local balls that hold a chosen row, relative to the data set, shape (subsets,)."""
    return batch.counts / float(batch.evaluation_counts.mean())
