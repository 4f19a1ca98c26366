"""What of a comparison could not be measured, or over a part only, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...foundation.wording import count, some
from ...metrics.declaration import METRICS, WEIGHTED
from ...metrics.fair import EXPECTED_ROWS, expected
from ...metrics.measure import missing
from ...metrics.pool import Pool
from ...metrics.predictions import STRATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .measurements import Measurements, StrategyResult

LACKING = "lacking"
"""Where the evaluation of a comparison says which metrics its data cannot have."""


def lacking(pool: Pool) -> dict[str, str]:
    """Metrics of rows that this data cannot have, with what they need."""
    found = {metric.id: missing(metric, pool) for metric in METRICS if metric.stage == "subset"}
    return {name: why for name, why in found.items() if why}


def unmeasured(measurements: Measurements) -> dict[str, str]:
    """Metrics without a value beside what chance reaches, and why: every one of them has its reason.

    Args:
        measurements: The comparison. A metric that one strategy alone has no value for is among `partly`.
    """
    recorded = measurements.evaluation.get(LACKING)
    out = {name: str(why) for name, why in recorded.items()} if isinstance(recorded, dict) else {}
    for metric in METRICS:
        if metric.stage != "subset" and metric.id not in measurements.metrics:
            out[metric.id] = _not_asked(measurements) if metric.stage == "downstream" else metric.why_not(0)
    for name in measurements.metrics:
        reach = measurements.reach(name)
        have = [result for result in measurements.results if name in result.means]
        if not have or not np.isfinite([reach.low, reach.high]).all():
            out[name] = _why(measurements, name, have)
    return out


def _not_asked(measurements: Measurements) -> str:
    told = str(measurements.evaluation.get("downstream", ""))
    none = told.removeprefix("no downstream numbers: ")
    return "no held-out rows were scored" if none == told else none


def _why(measurements: Measurements, name: str, have: Sequence[StrategyResult]) -> str:
    metric = METRICS[name.removesuffix(WEIGHTED)]
    if not have and not any(result.selections for result in measurements.results):
        return "no strategy ran"
    if not have and metric.stage == "downstream":
        reasons = dict.fromkeys(result.probe_reason.rstrip(".") for result in measurements.results)
        return "; ".join(filter(None, reasons)) or "the subsets are not scored yet"
    return metric.why_not(measurements.budget)


def partly(measurements: Measurements, gone: Mapping[str, str] | None = None) -> dict[str, str]:
    """Metrics that look at some of the groups only, with how many; or that some strategy has no value for.

    Args:
        measurements: The comparison.
        gone: What `unmeasured` says of it, where that is at hand.
    """
    out: dict[str, list[str]] = {}
    gone = unmeasured(measurements) if gone is None else gone
    here = [name for name in measurements.metrics if name not in gone]
    if measurements.composition is not None and "smallest-ratio" in here:
        _, shares, _ = measurements.composition
        sizes = {
            measurements.budget,
            *(len(chosen) for result in measurements.results for chosen in result.selections),
        }
        wide = sorted({int(expected(shares, rows).sum()) for rows in sizes})
        if wide[0] < len(shares):
            size = count(measurements.budget, "row") if len(sizes) == 1 else "its size"
            many = f"{wide[0]:,}" if len(wide) == 1 else f"{wide[0]:,} to {wide[-1]:,}"
            out["smallest-ratio"] = [
                f"over {many} of {count(len(shares), 'group')}, those expected to have {EXPECTED_ROWS} rows "
                f"in a subset of {size}"
            ]
    recorded = measurements.evaluation.get(STRATA)
    for name in here:
        metric = METRICS[name.removesuffix(WEIGHTED)]
        said = recorded.get(metric.probe) if isinstance(recorded, dict) and metric.by_group else None
        if said:
            out.setdefault(name, []).append(str(said))
        none = [
            (result.name, round(np.mean([len(chosen) for chosen in result.selections])))
            for result in measurements.results
            if name in result.means and not np.isfinite(result.means[name])
        ]
        if none:
            why = metric.why_not(none[0][1])
            out.setdefault(name, []).append(f"no value for {some([who for who, _ in none])}: {why}")
    return {name: "; ".join(said) for name, said in out.items()}


def main_metrics() -> list[str]:
    """Ids of the metrics that reports show first."""
    return [metric.id for metric in METRICS if metric.headline]


def in_words(measurements: Measurements, names: Sequence[str] | None = None) -> list[str]:
    """The same as sentences: metrics over some of the groups, then those not measured, by their reason.

    Args:
        measurements: The comparison.
        names: Metrics that are shown; None for all, also those that the data cannot have.
    """

    def label(name: str) -> str:
        base = METRICS[name.removesuffix(WEIGHTED)].label
        return base + (" (weighted)" if name.endswith(WEIGHTED) else "")

    gone = unmeasured(measurements)
    part = {name: why for name, why in partly(measurements, gone).items() if names is None or name in names}
    lines = [f"{label(name)}: {why}." for name, why in part.items()]
    by_reason: dict[str, list[str]] = {}
    for name, why in gone.items():
        if names is None or name in names:
            by_reason.setdefault(why, []).append(label(name))
    lines += [
        f"Not measured: {some(labels, len(labels))} ({why.rstrip('.')})." for why, labels in by_reason.items()
    ]
    return lines
