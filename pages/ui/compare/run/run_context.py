"""What facts about the rows of a run rest on: its study, its setting, and how dense the rows lie."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.analysis.explain.density import Density
from core.analysis.explain.setting import Setting
from core.study import explain
from core.study.explain import density_key, density_seconds, study_density
from core.study.study import Study
from pages.ui.shared import background_work, cache, state

from .run_view import RunView


def run_study(view: RunView) -> Study | None:
    """The study of the run, for views that need its features and groups.

    None, after saying so, where features or groups are other ones by now: maps and distances would not fit.
    """
    now = state.app()
    if cache.upstream(now.changed(recipe=view.run.recipe)) != cache.upstream(now):
        st.info(
            "Features, groups or roles changed since this run, so its rows no longer fit them. "
            "Press Run to bring it up to date.",
            icon=":material/sync:",
        )
        return None
    return view.study


def setting_of(view: RunView, study: Study) -> Setting:
    """What its rows and groups are told against; read once per run."""
    made: Setting = cache.share(f"setting-{view.run.key}", lambda: explain.setting_of(study))
    return made


def density_at_hand(study: Study) -> Density | None:
    """The densities where they are there."""
    found = cache.results().get(density_key(study))
    return found if isinstance(found, Density) else None


def density_under_way(study: Study) -> bool:
    """Whether the densities are under way."""
    job = cache.runner().get(density_key(study))
    return job is not None and job.live


def density_of(study: Study, where: str) -> Density | None:
    """The densities, or what there is to see until they are there."""
    found: Any = background_work.offer(
        density_key(study),
        "Ordering all rows by density",
        "Find how densely each row is surrounded",
        "density",
        density_seconds(study),
        lambda progress: study_density(study, progress),
        where=where,
        at_once=2.0,
    )
    return found if isinstance(found, Density) else None
