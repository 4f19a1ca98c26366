"""The declaration of a metric, its decorator and the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..foundation.wording import count
from ..model.needs import Need
from ..model.open_registry import OpenRegistry, amount, faults_of
from ..model.registry import Reference, Registry, check_source, check_texts, registering

Question = Literal["covers", "alike", "fair", "diverse", "clean", "useful", "stable", "cheap"]
Direction = Literal["higher", "lower", "none"]
Stage = Literal["subset", "downstream", "runs"]
Model = Literal["", "logistic", "neighbours"]

QUESTIONS: dict[str, str] = {
    "covers": "Covers the data set?",
    "alike": "Looks alike?",
    "fair": "Fair to every group?",
    "diverse": "Diverse?",
    "clean": "Clean?",
    "useful": "Useful?",
    "stable": "Stable?",
    "cheap": "Cheap?",
}
"""What the groups of metrics ask of a subset, in the order in which people read them."""

HEADLINES = 8
WEIGHTED = ".weighted"
"""Ending of the name under which the weighted form of a metric is reported."""


@dataclass(frozen=True)
class Metric:
    """A declared metric; everything about it derives from here.

    Args:
        id: A slug that never changes.
        version: Raised when values change.
        label: The name people read.
        sentence: What it means, in one line.
        question: The group under which it is shown (see `QUESTIONS`).
        direction: Whether higher or lower is better; "none" where neither is.
        range: Values it can take, in words.
        unit: Unit of the value; "" for a pure number.
        formula: The formula with its conventions.
        paper: Where it comes from.
        needs: What it cannot be computed without.
        weighted: Whether a form under design weights exists ("what it estimates").
        headline: Shown first; at most eight are.
        stage: "subset" metrics look at rows; "downstream" metrics look at predictions for held-out rows;
            "runs" metrics look at the subsets of several seeds together.
        body: ``(pool, batch) -> float64 (subsets,)`` for subset metrics; for downstream metrics
            ``(Predicted) -> float``; for metrics of runs ``(subsets) -> float``.
        grain: The least step by which a count can change, as a function of the budget; None for metrics that
            are no counts. See `core.analysis.random_band.judge.judge`.
        probe: The model whose predictions a downstream metric looks at; "" for other metrics.
        undefined: Why it comes back without a value where its needs are met, in words, ``{rows}`` standing
            for the size of the subset; "" where it always has one.
        by_group: A downstream metric that looks only at groups with enough held-out rows.
        package: Name and version of the package that it comes from; "" for our own.
    """

    id: str
    version: int
    label: str
    sentence: str
    question: Question
    direction: Direction
    range: str
    unit: str
    formula: str
    paper: Reference
    needs: frozenset[Need]
    weighted: bool
    headline: bool
    stage: Stage
    body: Callable[..., Any]
    grain: Callable[[int], float] | None = None
    probe: Model = ""
    undefined: str = ""
    by_group: bool = False
    package: str = ""

    def step(self, budget: int) -> float:
        """The least step by which it can change if it is a count; 0 for other metrics."""
        if self.grain is None:
            return 0.0
        with faults_of(self):
            return amount(self.grain(budget), "its least step")

    def why_not(self, rows: int) -> str:
        """Why a subset of so many rows has no value, in words."""
        return self.undefined.format(rows=count(rows, "row")) or "it has no value here"

    @property
    def arrow(self) -> str:
        """↑ or ↓, as shown beside the name; "" without a direction."""
        return {"higher": "↑", "lower": "↓", "none": ""}[self.direction]


def check_metric(metric: Any, registry: Registry[Any]) -> None:
    """Raise TypeError where a declaration is incomplete, or would be one headline too many."""
    if not isinstance(metric, Metric):
        raise TypeError(f"{metric!r:.60} is no declared metric")
    check_texts("metric", metric, range=metric.range, formula=metric.formula)
    kinds = {"question": Question, "direction": Direction, "stage": Stage, "probe": Model}
    for name, kind in kinds.items():
        if getattr(metric, name) not in get_args(kind):
            raise TypeError(f"metric {metric.id}: {name} must be one of {', '.join(get_args(kind))}")
    check_source("metric", metric, metric.paper)
    if (metric.stage == "downstream") != bool(metric.probe):
        raise TypeError(f"metric {metric.id}: a downstream metric names its probe, and no other does")
    if metric.headline and sum(item.headline for item in registry.declared()) >= HEADLINES:
        raise TypeError(f"metric {metric.id}: there are {HEADLINES} headline metrics already")


def probe_metric(metric: Metric) -> None:
    """Call what a metric declares beside its function; raises what that raises."""
    metric.why_not(1), metric.step(1), metric.step(1_000_000)


METRICS: OpenRegistry[Metric] = OpenRegistry("metric", check_metric, probe_metric)


def declare_metric(
    *,
    id: str,
    version: int,
    label: str,
    sentence: str,
    question: Question,
    direction: Direction,
    range: str,
    unit: str = "",
    formula: str,
    paper: Reference,
    needs: set[Need],
    weighted: bool = False,
    headline: bool = False,
    stage: Stage = "subset",
    grain: Callable[[int], float] | None = None,
    probe: Model = "",
    undefined: str = "",
    by_group: bool = False,
    registry: Registry[Metric] | None = None,
) -> Callable[[Any], Any]:
    """Register a plain function as a metric; raises TypeError where the declaration is incomplete."""
    return registering(
        METRICS if registry is None else registry,
        lambda body: Metric(
            id=id,
            version=version,
            label=label,
            sentence=sentence,
            question=question,
            direction=direction,
            range=range,
            unit=unit,
            formula=formula,
            paper=paper,
            needs=frozenset(needs),
            weighted=weighted,
            headline=headline,
            stage=stage,
            body=body,
            grain=grain,
            probe=probe,
            undefined=undefined,
            by_group=by_group,
        ),
        check_metric,
    )
