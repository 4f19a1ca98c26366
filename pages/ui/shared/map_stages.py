"""The stages on the way to the map (features, groups, layouts): what each takes, and their jobs.

A job is keyed by what it makes, so two tabs that ask for the same thing share one. It writes to the artifact
store and to the study, never to a screen; pages ask whether a stage is ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from core.foundation.artifact_store import digest
from core.foundation.background_jobs import Job, JobRunner
from core.foundation.errors import Cancelled
from core.foundation.learned_pace import NOTHING, ExpectedTime
from core.foundation.machine import machine
from core.foundation.progress import Progress
from core.foundation.wording import count
from core.model.derived import Layout
from core.study.expected_work import learn_from_stage, stage_declared, stage_time
from core.study.study import Study

from . import cache, state
from .jobs import await_jobs, shown

STAGES = ("features", "groups", "layout-pca", "layout-umap")
_LEARN_SECONDS = 0.2  # shorter than this a stage came from the store and says nothing about pace
FIRST = "first-map"
_FIRST_MOST = 100_000  # texts; of more of them even a first map takes long
_FIRST_RATE = 3_000.0  # texts a second
_WORTH = 4.0  # seconds that features must take for a first map to be made meanwhile
_YIELD = 5.0  # seconds that features wait for the first map, at most: both want all processors
_SOON = 1.5  # seconds in which a page that finds all of it in the program's own folder should have it


@dataclass(frozen=True)
class Stage:
    """One step on the way to the map, as a reader sees it."""

    name: str
    title: str
    job: Job | None
    ready: bool
    seconds: float


def title_of(study: Study, stage: str) -> str:
    """What a stage does, for people."""
    n = len(study.data)
    if stage == "features":
        spec = study.spec
        if spec.uses_text:
            return f"Embedding {count(n, 'text')}"
        return (
            f"Reading the vectors of {count(n, 'row')}"
            if spec.source == "vector"
            else f"Measuring {count(n, 'row')}"
        )
    if stage == "groups":
        return f"Finding groups among {count(n, 'row')}"
    return f"Laying out {count(n, 'row')} ({'UMAP' if stage == 'layout-umap' else 'PCA'})"


def _run(study: Study, stage: str, progress: Progress) -> Any:
    if stage == "features":
        return study.features(progress)
    if stage == "groups":
        return study.groups(progress)
    return study.layout(stage.removeprefix("layout-"), progress)


def expected(study: Study, stage: str) -> ExpectedTime:
    """What a stage should take here."""
    return NOTHING if stage != "groups" and study.features_shipped() else stage_time(study, stage)


def job_key(study: Study, stage: str) -> str:
    """The key of a stage's job: what it makes, not who asks."""
    recipe = study.recipe.to_json()
    names = ["roles", "features", "embedder", "weight", *(["groups"] if stage == "groups" else [])]
    return digest([study.data.fingerprint.digest, stage, [recipe[name] for name in names]])


def ready(study: Study, stage: str) -> bool:
    """Whether a page may ask for a stage without waiting for it."""
    return study.has(stage) or (stage == "groups" and study.group_spec is None)


def ready_layout(maps: Study) -> Layout | None:
    """The map to show without waiting: the one that Explore shows where it is ready, else the other."""
    wanted: list[Any] = [state.app().view.layout, "umap", "pca"]
    method = next((method for method in wanted if maps.has(f"layout-{method}")), None)
    return None if method is None else maps.layout(method)


def first_map(study: Study) -> Layout | None:
    """A map of words to look at until there is one of the features; None where there is none, or not yet.

    Starts it where the features are of a text model and will take a while.
    """
    if study.has("features") or not study.spec.uses_text or study.spec.chosen()[0].id == "tfidf":
        return None
    if study.has(FIRST):
        return study.first_map()
    n = len(study.data)
    if n > _FIRST_MOST or expected(study, "features").seconds < _WORTH:
        return None
    key = job_key(study, FIRST)
    if cache.first_maps().get(key) is None:
        title = f"A first map of {count(n, 'text')}"
        cache.first_maps().submit(key, title, study.first_map, n / _FIRST_RATE)
    return None


def first_map_comes(study: Study) -> bool:
    """Whether a first map is being made."""
    job = cache.first_maps().get(job_key(study, FIRST))
    return job is not None and job.live


def prepare(
    study: Study, stages: Sequence[str] = STAGES, *, again: bool = False, drawn: bool = False
) -> list[Stage]:
    """Start what is missing, in order, and say where each stage stands.

    Work that failed or was cancelled is not started again by itself: a page shows why, and offers it.

    Args:
        study: Whose stages.
        stages: Which, each after those it rests on.
        again: Start failed and cancelled work again.
        drawn: The page is drawn already: what ends meanwhile is not on it.
    """
    machine()  # measured before the first work starts: beside it every later estimate would come out too long
    runner = cache.runner()
    found: list[Stage] = []
    before: Job | None = None
    for stage in stages:
        key = job_key(study, stage)
        job = runner.get(key)
        if ready(study, stage):
            seconds = study.seconds.get(stage, 0.0)
            found.append(Stage(stage, title_of(study, stage), None, True, seconds))
            continue
        ended_badly = job is not None and job.state in ("failed", "cancelled")
        if job is None or job.state == "done" or (ended_badly and again):
            job = _submit(runner, study, stage, key, before)
            await_jobs([key], joined=True)
            job.finished.wait(_patience(study, stage))
        if ready(study, stage):
            if not drawn:
                shown([key])
            found.append(Stage(stage, title_of(study, stage), None, True, study.seconds.get(stage, 0.0)))
            continue
        found.append(Stage(stage, title_of(study, stage), job, False, job.seconds))
        before = job
    await_jobs([stage.job.key for stage in found if stage.job is not None and stage.job.live])
    return found


def _patience(study: Study, stage: str) -> float:
    """Seconds that a page waits for a stage before it is drawn without: what the store has comes at once."""
    if study.features_shipped():
        return _SOON
    return 0.02 if stage == "layout-umap" else 0.15


def _submit(runner: JobRunner, study: Study, stage: str, key: str, before: Job | None) -> Job:
    declared = stage_declared(study, stage)
    glance = cache.first_maps().get(job_key(study, FIRST))

    def work(progress: Progress) -> None:
        if before is not None and before.state in ("failed", "cancelled"):
            raise Cancelled  # what this rests on is not there
        if stage == "features" and glance is not None:
            until = monotonic() + _YIELD
            while glance.live and monotonic() < until:
                progress.check()
                glance.finished.wait(0.1)
        made, shipped = _run(study, stage, progress), study.store.shipped
        if made is not None and shipped is not None and shipped.has(stage.partition("-")[0], made.key):
            return  # reading it says nothing about pace
        seconds = study.seconds.get(stage, 0.0)
        if seconds > _LEARN_SECONDS:
            learn_from_stage(study, stage, declared, seconds)

    later = stage == "layout-umap"  # only eyes wait for it; subsets and their comparison go first
    return runner.submit(key, title_of(study, stage), work, expected(study, stage).seconds, later=later)
