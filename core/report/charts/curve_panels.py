"""From measured curves to the panels of a figure."""

from __future__ import annotations

from collections.abc import Sequence

from ...analysis.budget_curves.result import Curves
from ...analysis.budget_curves.smallest_budget import Goal
from ...metrics.declaration import METRICS
from .curves import Line, Panel
from .theme import Slot


def panels_of(
    curves: Curves, slots: Sequence[Slot], names: Sequence[str], goals: Sequence[Goal] = ()
) -> list[Panel]:
    """Metrics of curves as panels of a figure.

    Args:
        curves: The curves.
        slots: One per strategy.
        names: Metrics, in the order shown.
        goals: Thresholds to draw.
    """
    made = []
    for name in names:
        metric, lines = METRICS[name], []
        for at, (one, curve) in enumerate(zip(slots, curves.curves, strict=False)):
            if name not in curve.values:
                continue
            bend = curves.knee(at, name)
            values = curve.values[name]
            lines.append(
                Line(
                    one,
                    curves.means(at, name),
                    values.min(axis=1),
                    values.max(axis=1),
                    curve.held.mean(axis=1),
                    None if bend is None else bend.at,
                )
            )
        several = max((curve.runs for curve in curves.curves if curve.values), default=1)
        limits = [limit for one in goals if one.metric == name for limit in (one.low, one.high)]
        low, high = curves.limits(name)
        made.append(
            Panel(
                metric.label,
                metric.direction,
                low,
                high,
                tuple(lines),
                metric.unit,
                curves.limits(name, several) if several > 1 else None,
                tuple(limit for limit in limits if limit is not None),
            )
        )
    return made
