"""Comparisons that were made: in memory, in the store, and what the next one can take over from them."""

from __future__ import annotations

from dataclasses import replace

from core.analysis.comparison import saved
from core.analysis.comparison.result import Comparison
from core.analysis.comparison.reuse import name_of
from core.model.recipe import Choice, Recipe

from . import cache
from .state import AppState

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


def put(key: str, found: Comparison) -> None:
    """Keep what there is of a comparison, in memory and in the store; safe in worker threads."""
    cache.results().put(key, found)
    if found.results:
        saved.keep(cache.store(), key, found)


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


def _alike(one: Recipe, other: Recipe) -> bool:
    return replace(one, strategies=(), data=None) == replace(other, strategies=(), data=None)
