"""Comparisons that were made: keys, names, results, studies, and what a new one can take from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.analysis.comparison import saved
from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.earlier_results import largest_band, name_of
from core.analysis.comparison.run import PREVIEW
from core.foundation.artifact_store import digest
from core.model.open_registry import edition_in
from core.model.parameters import written
from core.model.recipe import Choice, Recipe
from core.report.charts.theme import Slot
from core.strategies.declaration import STRATEGIES
from core.study.study import Study

from . import cache, state
from .app_state import AppState, RunRef

_RECIPE = (
    *("strategies", "budget", "seed", "seeds", "band", "label", "score"),
    *("where", "only", "near", "pins", "bans", "target"),
)
_LOOK_BACK = 4  # runs of this tab that a new one may take results from


def result(key: str) -> Comparison | None:
    """What there is of a comparison so far, from memory or from the store."""
    found = cache.results().get(key)
    here = found if isinstance(found, Comparison) else None
    job = cache.runner().get(key)
    if (here is not None and not here.partial) or (job is not None and job.live):
        return here
    if here is not None and not saved.finished(cache.store(), key):
        return here
    stored = saved.recall(cache.store(), key)
    if stored is None:
        return here
    cache.results().put(key, stored)
    return stored


def put(key: str, comparison: Comparison) -> None:
    """Keep what there is of a comparison, in memory and in the store; safe in worker threads."""
    cache.results().put(key, comparison)
    if comparison.results:
        saved.keep(cache.store(), key, comparison)


def earlier(now: AppState, key: str) -> list[Comparison]:
    """What a comparison with this key can take results from: its own part, and runs of other strategies.

    The engine looks again at each of their subsets before it takes one. Nothing where it is finished.
    """
    own = result(key)
    if own is not None and not own.partial:
        return []
    names = [key, *(run.key for run in reversed(now.runs[-_LOOK_BACK:]) if _alike(run.recipe, now.recipe))]
    found = [result(name) for name in dict.fromkeys(names)]
    return [one for one in found if one is not None]


def held(choice: Choice, found: list[Comparison]) -> bool:
    """Whether the subsets of a strategy are among earlier results."""
    name = name_of(choice)
    return any(
        result.selections and name_of(result.choice) == name for one in found for result in one.results
    )


def drawn(recipe: Recipe, found: list[Comparison]) -> float:
    """Share of the random band of a comparison that is among earlier results."""
    runs = max((STRATEGIES[choice.id].runs(recipe.seeds) for choice in recipe.strategies), default=1)
    sizes = (recipe.band, min(PREVIEW, recipe.band))
    band = largest_band([one.band for one in found], sizes, runs)
    return 0.0 if band is None else band.size / recipe.band


def _alike(one: Recipe, other: Recipe) -> bool:
    return replace(one, strategies=(), data=None) == replace(other, strategies=(), data=None)


def names(choices: Sequence[Choice]) -> list[str]:
    """Names of the slots; parameters are added where a strategy stands in more than one.

    Example:
        >>> names([Choice("random"), Choice("random")])
        ['Random', 'Random']
    """
    ids = [choice.id for choice in choices]
    out = []
    for choice in choices:
        name = STRATEGIES[choice.id].label
        if ids.count(choice.id) > 1 and choice.params:
            name += " " + ", ".join(f"{key} {written(value)}" for key, value in choice.params.items())
        out.append(name)
    return out


def holds(choices: Sequence[Choice], wanted: Choice) -> bool:
    """Whether a strategy stands among choices with these parameters, defaults written out or not."""
    strategy = STRATEGIES[wanted.id]
    same = [one for one in choices if one.id == wanted.id]
    return any(strategy.check(one.params) == strategy.check(wanted.params) for one in same)


def shown(choices: Sequence[Choice]) -> list[Slot]:
    """The slots as figures show them."""
    return [Slot(slot, name) for slot, name in enumerate(names(choices))]


def run_key(now: AppState) -> str:
    """The key of a comparison: all that changes its result."""
    recipe = now.recipe.to_json()
    versions = [edition_in(choice.id, choice.params) for choice in now.recipe.strategies]
    return digest(["compare", cache.upstream(now), [recipe.get(name) for name in _RECIPE], versions])


def own_keys(found: AppState) -> AppState:
    """A state from a file with the keys of its runs made again from its data and recipes.

    A key opens what is kept of a comparison: what a file says of it is not believed, so that a file with the
    key of somebody else's run shows nothing of it.
    """
    keys = {run.key: run_key(found.changed(recipe=run.recipe)) for run in found.runs}
    winner = found.winner
    if winner is not None:
        winner = replace(winner, run=keys.get(winner.run, winner.run))
    return found.changed(runs=tuple(replace(run, key=keys[run.key]) for run in found.runs), winner=winner)


def stamp(comparison: Comparison | None) -> str:
    """Changes whenever a comparison under way has more to show."""
    if comparison is None:
        return ""
    values = sum(len(result.means) for result in comparison.results)
    return f"{len(comparison.results)}/{comparison.band.size}/{values}/{comparison.partial}"


def remember(now: AppState, study: Study, key: str) -> None:
    """Make a run the newest one of this tab."""
    ref = RunRef(key, state.now(), replace(now.recipe, data=study.recipe.data), now.recipe.band)
    state.change(runs=(*(run for run in now.runs if run.key != key), ref)[-20:])


def study_of(now: AppState, run: RunRef) -> Study:
    """The study that a comparison was made in: its own recipe on the open data set.

    The one rule for all that is shown or made of a run later: the choices above may have changed meanwhile
    and play no part. What also needs its features or groups beside the maps on the page asks
    `run_context.run_study`, which refuses where these are other ones by now.

    Raises:
        DataError: The rows to resemble are not here any more.
    """
    return cache.study(now.changed(recipe=run.recipe))
