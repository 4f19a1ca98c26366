"""Starting the comparison that the choices ask for, or showing the one that was made of them before."""

from __future__ import annotations

from time import perf_counter

from core.analysis.comparison.comparison import Comparison
from core.foundation.progress import Progress
from core.foundation.wording import count, some
from core.model.budget import Budget
from core.study import expected_work
from core.study.compare import compare_study
from core.study.study import Study
from pages.ui.shared import jobs, kept_runs, state
from pages.ui.shared.app_state import AppState
from pages.ui.shared.kept_runs import names, remember, result, run_key

from .eligible import budget_of, population
from .missing_needs import lacking
from .run_cost import outlook, work_of

ALONE = 600.0  # seconds; a first comparison that takes longer waits for a click


def start(now: AppState, study: Study) -> None:
    """Start the comparison that the recipe asks for, and remember it; what is there is not made again."""
    key = run_key(now)
    n, budget = population(now, study), budget_of(now, study)
    recipe, known = now.recipe, kept_runs.earlier(now, key)
    takes = outlook(now, study, budget)
    stages = [part.seconds for part in takes.stages]
    probing: list[float] = []  # when the last stage began

    def keep(so_far: Comparison) -> None:
        if "downstream" not in so_far.evaluation:
            probing[:] = [perf_counter()]
        kept_runs.put(key, so_far)

    def work(progress: Progress) -> Comparison:
        made = compare_study(
            study,
            recipe.strategies,
            recipe.budget,
            seeds=recipe.seeds,
            band=recipe.band,
            progress=progress,
            on_result=keep,
            known=known,
            stages=stages,
        )
        kept_runs.put(key, made)
        if not made.partial and not known:
            probed = probing and any(result.scored for result in made.results)
            probe = perf_counter() - probing[0] if probed else 0.0
            able = [one for one in recipe.strategies if not lacking(one, study)]
            took = work_of(study, recipe, n, expected_work.dimensions(study), budget, able)
            expected_work.learn_from_comparison(study, took, made, probe)
        return made

    done = result(key)
    if done is None or done.partial:
        title = f"Comparing {len(recipe.strategies)} strategies"
        jobs.start(key, title, work, takes.own.seconds)
    remember(now, study, key)
    asked = Budget.parse(recipe.budget)
    at = asked.words if asked.column else f"{count(budget, 'row')}"
    state.note(f"Compared {some(names(recipe.strategies))} at {at}")


def adopt(now: AppState, study: Study) -> AppState:
    """If exactly these choices were compared already, show that comparison."""
    key = run_key(now)
    found = result(key)
    if found is not None and not found.partial and (not now.runs or now.runs[-1].key != key):
        remember(now, study, key)
    return state.app()
