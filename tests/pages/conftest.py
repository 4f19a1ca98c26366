"""Driving pages without a browser: the fixture `drive` holds what tests of pages need."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.data.samples import SAMPLES
from core.model.dataset import Dataset
from core.model.recipe import Recipe
from pages.ui.shared import cache, visitor
from pages.ui.shared.app_state import AppState

ROOT = Path(__file__).parents[2]
WAIT = 60.0


def frame() -> AppTest:
    """The app as a new visitor finds it."""
    return AppTest.from_file(str(ROOT / "pages" / "_frame.py"), default_timeout=WAIT)


def sample_state(name: str = "wine", **changes: Any) -> AppState:
    """The state after a click on a sample, without the click."""
    known = SAMPLES[name]
    data = load(f"sample:{name}")
    recipe = Recipe(
        features=known.features,
        embedder="tfidf",
        groups=known.groups,
        label=known.label_column,
        roles=dict(known.roles),
    )
    ref = cache.keep(data, f"sample:{name}", [visitor.SAMPLES])
    return AppState(data=ref, recipe=recipe.with_(**changes))


def state_of(data: Dataset, **changes: Any) -> AppState:
    """The state after opening a table, one that every tab may open."""
    ref = cache.keep(data, "upload", [visitor.SAMPLES])
    return AppState(data=ref, recipe=Recipe(embedder="tfidf").with_(**changes))


def opened(state: AppState, page: str = "explore.py") -> AppTest:
    """A page on a given state, run until what it waits for at first is made."""
    study = cache.map_study(state)
    study.features()
    study.groups()
    study.layout("pca")
    at = frame()
    at.session_state["app"] = state
    at.run()
    at.switch_page(page)
    return at.run()


def said(at: AppTest) -> str:
    """Everything a page says in words."""
    parts = [*at.markdown, *at.caption, *at.info, *at.success, *at.warning, *at.error, *at.toast]
    return "\n".join([str(part.value) for part in parts])


@pytest.fixture(scope="session")
def drive() -> SimpleNamespace:
    """`frame`, `sample_state`, `state_of`, `opened` and `said`."""
    return SimpleNamespace(
        frame=frame, sample_state=sample_state, state_of=state_of, opened=opened, said=said
    )
