"""Metrics of a selection as a row set, beside the random band of its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from ...foundation.arrays.array_types import Rows
from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS, Metric
from ...metrics.measure import measure_many, missing
from ...metrics.pool import Pool
from ...model.needs import Need
from ..random_band.judge import judge
from ..random_band.measure import FULL, measure_band
from .origin import SelectionOrigin
from .result import ContrastVerdict

ROW_SET_METRICS = ("coverage-radius", "coverage-mean", "redundancy", "near-duplicates", "group-shares")
"""What makes sense of any row set, however it was found."""


@dataclass(frozen=True)
class MetricContrast:
    """One metric of a selection, beside the random band.

    Args:
        metric: Its id.
        value: Of the selection; None where it has none.
        low, high: The 2.5 and 97.5 percentiles of uniform random row sets of the same size; None likewise.
        p: Chance of a deviation this large in any metric with a verdict; None without one.
        verdict: What may be said.
        reason: In plain words, by the definitions of `core.analysis.random_band.judge`.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: ContrastVerdict
    reason: str

    def to_json(self) -> dict[str, Any]:
        """A JSON form."""
        return asdict(self)


def contrast_metrics(
    pool: Pool,
    rows: Rows,
    *,
    origin: SelectionOrigin,
    metrics: Sequence[str] = ROW_SET_METRICS,
    size: int = FULL,
    seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[MetricContrast, ...]:
    """Metrics of a selection, with verdicts where what they rest on did not make it.

    Args:
        pool: The rows that take part, prepared, without pins.
        rows: The selection, positions in the pool.
        origin: What made it: features leave every metric of distances without a verdict, groups every
            metric of groups.
        metrics: Ids of subset metrics; those that cannot be computed are left out.
        size: Random row sets in the band; fewer than 199 give no verdicts.
        seed: Of the band.
        progress: Told how far the work is; may cancel.

    Returns:
        In the order of `metrics`; the work of a random band.

    Raises:
        BudgetError: The selection is empty or holds more rows than there are.

    Example:
        >>> from core.metrics.pool import prepare
        >>> from core.model.inputs import Features, Inputs
        >>> x = np.arange(40, dtype=np.float32)[:, None]
        >>> keys = np.arange(640, dtype=np.uint16).view(np.uint8)[:640].reshape(40, 16)
        >>> pool = prepare(Inputs(keys=keys, features=Features(x, "euclidean", "key", "one number")))
        >>> (radius,) = contrast_metrics(
        ...     pool, np.arange(10), origin=SelectionOrigin(), metrics=["coverage-radius"]
        ... )
        >>> radius.value, radius.verdict.value
        (30.0, 'differs')
    """
    wanted = [METRICS[name] for name in metrics if not missing(METRICS[name], pool)]
    names = [metric.id for metric in wanted]
    band = measure_band(pool, len(rows), size=size, seed=seed, metrics=names, progress=progress.part(0, 0.9))
    found = measure_many(pool, [np.sort(rows)], metrics=names, progress=progress.part(0.9, 1))
    values = {name: float(found[name][0]) for name in names}
    free = {metric.id: values[metric.id] for metric in wanted if not _made_it(metric, origin)}
    verdicts = judge(free, band, seeds=1, strategies=1)
    out = []
    for metric in wanted:
        value, (low, high) = values[metric.id], band.limits(metric.id)
        p, verdict = None, ContrastVerdict.ORIGIN
        reason = "it rests on what made the selection, so it differs by construction"
        if origin.unknown:
            verdict, reason = ContrastVerdict.UNKNOWN, "what made the selection is not known"
        if not isfinite(value):
            verdict, reason = ContrastVerdict.CANNOT, metric.why_not(len(rows))
        elif metric.id in free:
            said = verdicts[metric.id]
            p, reason = _or_none(said.p), said.words or "too few random row sets for a verdict"
            verdict = ContrastVerdict.DIFFERS if said.marked else ContrastVerdict.CHANCE
            if not said.words:
                verdict = ContrastVerdict.CANNOT
        out.append(
            MetricContrast(metric.id, _or_none(value), _or_none(low), _or_none(high), p, verdict, reason)
        )
    return tuple(out)


def _made_it(metric: Metric, origin: SelectionOrigin) -> bool:
    features, groups = origin.features or origin.unknown, origin.groups or origin.unknown
    return (features and Need.FEATURES in metric.needs) or (groups and Need.GROUPS in metric.needs)


def _or_none(value: float) -> float | None:
    return value if isfinite(value) else None
