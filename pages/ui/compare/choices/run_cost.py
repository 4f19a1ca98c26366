"""What a comparison should take: seconds and memory, stated before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.analysis.expected_work import Work, comparison_work
from core.foundation.learned_pace import NOTHING, ExpectedTime
from core.model.budget import Budget
from core.model.recipe import Choice, Recipe
from core.study import expected_work
from core.study.study import Study
from pages.ui.shared import cache, kept_runs, map_stages
from pages.ui.shared.app_state import AppState
from pages.ui.shared.kept_runs import run_key

from .eligible import population
from .missing_needs import lacking


@dataclass(frozen=True)
class Outlook:
    """What a run should take.

    Args:
        before: For the features and groups that it waits for.
        stages: Of its own: strategies, random bands, probes.
        bytes: At the peak.
    """

    before: ExpectedTime
    stages: tuple[ExpectedTime, ExpectedTime, ExpectedTime]
    bytes: float

    @property
    def own(self) -> ExpectedTime:
        """From when it begins."""
        return sum(self.stages, NOTHING)

    @property
    def time(self) -> ExpectedTime:
        """From the press of Run to the last number."""
        return self.before + self.own


def outlook(now: AppState, study: Study, budget: int) -> Outlook:
    """Time and memory before a run: missing artifacts, the strategies, and the random band."""
    maps = cache.map_study(now)
    stages = [stage for stage in ("features", "groups") if not map_stages.ready(maps, stage)]
    waiting = sum((map_stages.expected(maps, stage) for stage in stages), NOTHING)
    known = kept_runs.earlier(now, run_key(now))
    able = [one for one in now.recipe.strategies if not lacking(one, study)]
    left = 1 - kept_runs.drawn(now.recipe, known)
    n, d = population(now, study), expected_work.dimensions(maps)
    ready = n == len(study.data) and maps.graph_ready()  # of a part of the rows it is made again
    run = [one for one in able if not kept_runs.held(one, known)]
    work = work_of(study, now.recipe, n, d, budget, run, left=left, graph_ready=ready)
    return Outlook(waiting, expected_work.comparison_stages(study, work), work.bytes)


def work_of(
    study: Study, recipe: Recipe, n: int, d: int, budget: int, run: Sequence[Choice], **rest: Any
) -> Work:
    """The work of a comparison in which `run` must run; see `comparison_work`."""
    return comparison_work(
        recipe.strategies,
        n,
        d,
        budget,
        seeds=recipe.seeds,
        band=recipe.band,
        classes=expected_work.classes(study),
        by_cost=bool(Budget.parse(recipe.budget).column),
        run=run,
        **rest,
    )
