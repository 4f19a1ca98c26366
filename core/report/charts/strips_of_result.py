"""The metrics of a comparison beside what chance reaches, as strips and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...foundation.number_format import number
from ...foundation.wording import count
from ...metrics.declaration import METRICS, QUESTIONS, WEIGHTED
from .strips import Dot, Strip, span
from .theme import Slot, letter

if TYPE_CHECKING:
    from ...analysis.comparison.comparison import Comparison
    from ...analysis.comparison.measurements import Reach


def reach_words(reach: Reach, unit: str = "", table: int = 1) -> str:
    """A range of chance for a table, and the one for means beside it.

    Args:
        reach: The range.
        unit: Unit of the values.
        table: What the head of the table says that ranges are of: 1 for single random subsets, M for means.

    Example:
        >>> from core.analysis.comparison.measurements import Reach
        >>> reach_words(Reach(0.0809, 0.153, 1, (0.11, 0.128), 20))
        '0.0809 to 0.153; means of 20: 0.110 to 0.128'
        >>> reach_words(Reach(1.0, 2.0, 3), "rows"), reach_words(Reach(1.0, 2.0, 3), "rows", 3)
        ('means of 3: 1 to 2 rows', '1 to 2 rows')
    """
    if not np.isfinite([reach.low, reach.high]).all():
        return "not defined"
    first = span((reach.low, reach.high), unit, always=reach.always)
    if reach.seeds != table:
        first = f"means of {reach.seeds}: {first}"
    if reach.means is None:
        return first
    return f"{first}; means of {reach.means_of}: {span(reach.means, unit, always=reach.means_always)}"


def own_words(comparison: Comparison, name: str, at: int, unit: str = "") -> str:
    """What random subsets of a strategy's own size reach, with a blank before it; "" where that is usual."""
    own = comparison.own_reach(name, at)
    if own is None:
        return ""
    result = comparison.results[at]
    always = result.band is not None and result.band.always(name, len(result.selections))
    return f" beside {span(own, unit, always=always)}"


def own_size_words(comparison: Comparison, what: str = "the thin line in its colour") -> str:
    """Which subsets stand beside random ones of their own size, a sentence with a blank before it; else "".

    Args:
        comparison: The comparison.
        what: What shows the range that such subsets reach.
    """
    own = [
        f"{letter(at)} ({result.band.size_words})"
        for at, result in enumerate(comparison.results)
        if result.band is not None and result.band.held
    ]
    if not own:
        return ""
    are = (
        "is judged beside random subsets of its own size"
        if len(own) == 1
        else ("are each judged beside random subsets of their own size")
    )
    if len(comparison.results) == 1:
        return " They are as large as this subset." if len(own) == 1 else ""
    names = " and ".join([", ".join(own[:-1]), own[-1]] if len(own) > 1 else own)
    return f" {names} {are}: {what} is what those reach."


def of_budget(comparison: Comparison) -> str:
    """What random subsets drawn at the budget hold, where some subset holds something else; with a blank."""
    if all(result.band is None or not result.band.held for result in comparison.results):
        return ""
    return f"of {count(comparison.budget, 'row')} "


def strip_of(comparison: Comparison, shown: Sequence[Slot], name: str) -> Strip | None:
    """A metric of a comparison as a strip, or None where the band could not be measured.

    Args:
        comparison: The comparison.
        shown: Its subsets as figures show them.
        name: Id of the metric, its weighted form included.
    """
    metric = METRICS[name.removesuffix(WEIGHTED)]
    reach = comparison.reach(name)
    if np.isnan(reach.low) or np.isnan(reach.high):
        return None
    dots, own = [], []
    for at, (one, result, verdicts) in enumerate(
        zip(shown, comparison.results, comparison.verdicts, strict=False)
    ):
        if name not in result.means:
            continue
        limits = comparison.own_reach(name, at)
        if limits is not None:
            own.append((one, *limits))
        verdict = verdicts.get(name)
        marked = None if comparison.preview or verdict is None else verdict.marked
        words = "" if verdict is None else verdict.words
        told = _seeds([one[name] for one in result.metrics])
        dots.append(Dot(one, result.means[name], marked, f"{told}; {words}" if words else told))
    if not dots:
        return None
    return Strip(
        metric.label + (" (weighted)" if name.endswith(WEIGHTED) else ""),
        metric.sentence,
        metric.direction if metric.direction != "none" else None,
        reach.low,
        reach.high,
        tuple(dots),
        metric.unit,
        reach.means,
        QUESTIONS[metric.question],
        reach.seeds,
        reach.means_of,
        tuple(own),
        reach.always,
        reach.means_always,
    )


def _seeds(values: Sequence[float]) -> str:
    if len(values) == 1:
        return "one run"
    return f"mean of {len(values)} seeds, {number(min(values))} to {number(max(values))}"
