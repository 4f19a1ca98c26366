"""A tab with the wine sample open and compared, for the tests of Compare and Sign off."""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.data.samples import SAMPLES
from core.foundation.arrays.array_types import Rows
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


def chart_of(test: AppTest, name: str) -> dict[str, Any]:
    """The figure of the chart with this key; there is exactly one."""
    (found,) = [one for one in test.get("plotly_chart") if one.key == name]
    figure: dict[str, Any] = json.loads(found.proto.spec)
    return figure


def maps_of(test: AppTest) -> dict[str, dict[str, Any]]:
    """What the maps of the page were given, by their names."""
    shown = test.get("bidi_component")
    made = {one.proto.id.partition("-map_")[2]: json.loads(one.proto.json) for one in shown}
    assert len(made) == len(shown), "no map is shown twice"
    return made


def titles_of(test: AppTest, name: str) -> list[tuple[str, str]]:
    """Title and note of every view of a map."""
    return [(cell["title"], cell["note"]) for cell in maps_of(test)[name]["cells"]]


def fetched(address: str) -> bytes:
    """What the browser is sent for an address that a map was given."""
    body = cache.point_files().get(address.split("/")[2])
    assert isinstance(body, bytes)
    return body


def chosen_on(test: AppTest, name: str) -> list[list[int]]:
    """Rows that each view of a map shows as chosen, in the order of their choice."""
    cells = maps_of(test)[name]["cells"]
    return [np.frombuffer(fetched(cell["rows"]), "<u4").tolist() if cell["rows"] else [] for cell in cells]


def marked(address: str, n: int) -> Rows:
    """Rows of n that a bitmap marks."""
    return np.flatnonzero(np.unpackbits(np.frombuffer(fetched(address), np.uint8), count=n))


def click_on(test: AppTest, name: str, row: int, cell: int = 0) -> AppTest:
    """Click a row on a view of a map: what the script of the map sends then."""
    (found,) = [one for one in test.get("bidi_component") if json.loads(one.proto.json)["place"] == name]
    sent = json.dumps([{"event": "pick", "value": {"row": row, "cell": cell}}])
    widgets: WidgetStates = test._tree.get_widget_states()
    # Events go to a widget of their own, beside the one of the component.
    widgets.widgets.add(id=_make_trigger_id(found.proto.id, "events"), json_trigger_value=sent)
    return test._run(widgets)


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
