"""What a comparison should take: seconds and memory, told before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.held_out.learning_curve import curve_seconds
from core.analysis.held_out.split import CLASSES
from core.analysis.random_band.measure import measuring
from core.metrics.pool import EVALUATION_ROWS
from core.model.budget import Budget
from core.model.needs import Size
from core.model.recipe import Choice, Recipe
from core.strategies.declaration import STRATEGIES
from core.strategies.running.estimate import estimate, expected_runs
from core.study.study import Study
from pages.ui.shared import cache, kept_runs, map_stages
from pages.ui.shared.app_state import AppState
from pages.ui.shared.kept_runs import run_key

from .eligible import population
from .missing_needs import lacking

ALWAYS = 2.0  # seconds of a band on almost no rows


@dataclass(frozen=True)
class Outlook:
    """What a run should take.

    Args:
        before: Seconds for the features and groups that it waits for.
        own: Seconds of its own.
        bytes: At the peak.
    """

    before: float
    own: float
    bytes: float

    @property
    def seconds(self) -> float:
        """From the press of Run to the last number."""
        return self.before + self.own


def outlook(now: AppState, study: Study, budget: int) -> Outlook:
    """Time and memory before a run: missing artifacts, the strategies, and the random band."""
    maps = cache.map_study(now)
    waiting = sum(
        map_stages.expected(maps, s) for s in ("features", "groups") if not map_stages.ready(maps, s)
    )
    n = population(now, study)
    d = maps.features().matrix.shape[1] if maps.has("features") else 384
    seconds, graph, peak = 0.0, 0.0, 0.0
    by_cost = bool(Budget.parse(now.recipe.budget).column)  # then each strategy runs more than once
    ready = n == len(study.data) and maps.graph_ready()  # of a part of the rows it is made anew
    known = kept_runs.earlier(now, run_key(now))
    new = [one for one in now.recipe.strategies if not lacking(one, study) and not kept_runs.held(one, known)]
    for choice in new:
        strategy = STRATEGIES[choice.id]
        guess = estimate(strategy, n, d, budget, choice.params, graph_ready=ready)
        times = expected_runs(strategy, choice.params) if by_cost else 1
        seconds += guess.own * times * strategy.runs(now.recipe.seeds)
        graph, peak = max(graph, guess.graph), max(peak, guess.bytes)
    seconds += graph  # made once, for all of them
    amount, default = band_work(n, d, budget, now.recipe.seeds, now.recipe.band)
    left = 1 - max((min(found.band.size / now.recipe.band, 1) for found in known), default=0)
    # Subsets of another size than the budget have random ones of their own beside them.
    own = sum(STRATEGIES[choice.id].promises.size is not Size.EXACT for choice in new)
    seconds += (left + own) * study.pace.expect("random band", amount, default)
    seconds += study.pace.expect("probe", probe_work(now.recipe, study, n, d, budget, new, left > 0), 1.0)
    return Outlook(waiting, seconds, peak + 8.0 * min(n, EVALUATION_ROWS) * budget + 4.0 * n * d)


def band_work(n: int, d: int, budget: int, seeds: int, band: int) -> tuple[float, float]:
    """Amount of work of a band, and seconds per unit to begin with.

    Distances to evaluated rows, and what every band takes however small it is: without that part a run on
    few rows would teach a pace that is far too slow for many.
    """
    amount, rate = measuring(n, d, float(band * max(seeds, 1)) * budget)
    return amount + ALWAYS / rate, rate


def probe_work(
    recipe: Recipe, study: Study, n: int, d: int, budget: int, choices: Sequence[Choice], band: bool
) -> float:
    """Declared seconds of the downstream probes: selections from the training rows, fits, and their band."""
    column = study.label_column()
    if column is None:
        return 0.0
    return curve_seconds(
        n,
        d,
        min(CLASSES, max(1, study.data.column(column).nunique())),
        budget,
        [(choice.id, choice.params) for choice in choices],
        seeds=recipe.seeds,
        band=recipe.band if band else 0,
        fractions=(1.0,),
    )
