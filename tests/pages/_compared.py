"""A tab with the wine sample open and compared, for the tests of Compare and Sign off."""

from __future__ import annotations

import re
from pathlib import Path
from time import sleep

from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.data.samples import SAMPLES
from core.model.recipe import Choice, Recipe
from pages.ui.compare.all_views import VIEWS
from pages.ui.shared import cache, visitor
from pages.ui.shared.app_state import AppState

FRAME = str(Path(__file__).parents[2] / "pages" / "_frame.py")
CHOICES = (Choice("random"), Choice("stratified"), Choice("k-center"), Choice("facility-location"))


def opened(**recipe: object) -> AppState:
    """The state after a click on the wine sample."""
    data = load("sample:wine")
    known = SAMPLES["wine"]
    made = Recipe(features=known.features, groups=known.groups, label=known.label_column)
    return AppState(data=cache.keep(data, "sample:wine", [visitor.SAMPLES]), recipe=made.with_(**recipe))


def tab(state: AppState, page: str) -> AppTest:
    """A tab on a page."""
    test = AppTest.from_file(FRAME, default_timeout=60)
    test.session_state["app"] = state
    test.run()
    test.switch_page(page).run()
    assert not test.exception, test.exception
    return test


def finished(test: AppTest) -> AppTest:
    """Run the page again until no job is left."""
    while waiting := cache.runner().waiting():
        for job in waiting:
            if job.later:  # the UMAP layout, in a process of its own: only eyes wait for it
                cache.runner().cancel(job.key)
        sleep(0.1)
    test.run()
    assert not test.exception, test.exception
    return test


def said(test: AppTest) -> str:
    """All text of the page."""
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind))


def errors(test: AppTest) -> str:
    """What the errors of the page say, their titles too."""
    return "".join(str(one.value) + str(one.proto) for one in test.error)


def recipe_of(test: AppTest) -> Recipe:
    """The recipe of the tab."""
    recipe: Recipe = test.session_state["app"].recipe
    return recipe


def _named(one: object, name: str) -> bool:
    """Whether a widget has this key, or the one that it took after a click elsewhere had set it."""
    return re.fullmatch(rf"{re.escape(name)}(_\d+)?", getattr(one, "key", None) or "") is not None


def open_view(test: AppTest, heading: str, view: str) -> AppTest:
    """Choose a view under its heading."""
    next(one for one in test.segmented_control if _named(one, "cmp_view")).set_value(heading).run()
    if len(VIEWS[heading]) > 1:
        next(one for one in test.pills if _named(one, f"cmp_part_{heading}")).set_value(view).run()
    assert not test.exception, test.exception
    return test
