"""Measuring many subsets at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import count
from ..model.open_registry import faults_of
from .declaration import METRICS, Metric
from .pool import Pool
from .terms import SubsetBatch

_PAIRED = ("energy", "mmd")
"""Metrics that need the mean over all pairs of chosen and evaluation rows."""
_LOCAL = "local-density"
"""The metric that needs the local balls around each chosen row."""
CHUNK = 1_000  # subsets in one pass; bounds memory at 20 MB of minima


def missing(metric: Metric, pool: Pool) -> str:
    """Why a metric cannot be computed on this data, in words; "" where it can."""
    lacking = [need.value for need in sorted(metric.needs) if not pool.has(need)]
    return f"it needs {' and '.join(lacking)}" if lacking else ""


def measure_many(
    pool: Pool,
    subsets: Sequence[Rows],
    *,
    weights: Sequence[NDArray[np.float64]] | None = None,
    metrics: Sequence[str] | None = None,
    progress: Progress = SILENT,
) -> dict[str, NDArray[np.float64]]:
    """Every metric of every subset.

    Args:
        pool: The prepared data set.
        subsets: Positions in the population, each without repetition and not empty.
        weights: Design weights, one array per subset: then only metrics with a weighted form are computed,
            and the result is that form.
        metrics: Ids; None for all that look at rows and can be computed.
        progress: Called inside the loops; may cancel.

    Returns:
        Metric id → float64 (subsets,), NaN where a metric has no value. One pass over
        (evaluation rows × distinct chosen rows) serves all subsets: O(e·u·d + R·b²·d) time.

    Example:
        >>> from core.model.inputs import Inputs
        >>> from core.metrics.pool import prepare
        >>> import pandas as pd
        >>> keys = np.arange(64, dtype=np.uint8).reshape(4, 16)
        >>> pool = prepare(Inputs(keys=keys, frame=pd.DataFrame({"x": [1, 2, 3, 4]})))
        >>> measure_many(pool, [np.array([0, 1])])["column-shift"].tolist()
        [0.5]
    """
    wanted = [
        metric
        for metric in (METRICS if metrics is None else (METRICS[name] for name in metrics))
        if metric.stage == "subset" and not missing(metric, pool) and (weights is None or metric.weighted)
    ]
    parts: list[dict[str, NDArray[np.float64]]] = []
    chunks = range(0, len(subsets), CHUNK)
    for number, start in enumerate(chunks):
        portion = progress.part(number / len(chunks), (number + 1) / len(chunks))
        batch = SubsetBatch(
            pool,
            subsets[start : start + CHUNK],
            None if weights is None else weights[start : start + CHUNK],
            portion,
            sums=any(metric.id in _PAIRED for metric in wanted),
            balls=any(metric.id == _LOCAL for metric in wanted),
        )
        part = {}
        for at, metric in enumerate(wanted):
            batch.progress = portion.part(at / len(wanted), (at + 1) / len(wanted))
            batch.progress.check()
            pool.progress = batch.progress
            with faults_of(metric):
                values = metric.body(pool, batch)
                if np.shape(values) != (len(batch.subsets),):
                    raise TypeError(
                        f"it gives {np.shape(values)} values for {count(len(batch.subsets), 'subset')}"
                    )
                part[metric.id] = np.asarray(values, np.float64)
        parts.append(part)
    pool.progress = SILENT
    return {
        metric.id: np.concatenate([part[metric.id] for part in parts]) if parts else np.empty(0)
        for metric in wanted
    }
