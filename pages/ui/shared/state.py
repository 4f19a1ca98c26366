"""The state of one browser tab: one typed, JSON-able object of choices, keys and decisions.

The only file that touches `st.session_state`. There are no arrays and no frames in here, so the state is also
the project file: `AppState.to_json` writes it and `AppState.from_json` reads it back, checked. Everything
computed is found again from what the state names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import streamlit as st
from annotated_types import Ge

from core.foundation.arrays.array_types import Rows
from core.foundation.errors import RecipeError
from core.foundation.typed_json import ReadBy, read_typed
from core.model.recipe import Recipe
from core.model.saved_rows import count_packed, pack_rows, unpack_rows

from . import checked_values

FORMAT = 1
_KEY = "app"
_BROUGHT = "_tab_brought"
_LOG_MAX = 500

Natural = Annotated[int, Ge(0)]
CheckedRecipe = Annotated[Recipe, ReadBy(Recipe.from_json)]


@dataclass(frozen=True)
class DataRef:
    """Which data set is open: enough to find it again, and to say which one is missing."""

    fingerprint: str
    name: str
    rows: Natural
    columns: Natural
    source: str  # "sample:NAME", "upload", "folder:RELATIVE PATH" or, of a target, "selection"


@dataclass(frozen=True)
class RowSet:
    """Some rows of the data set, compressed: a few hundred bytes instead of an array.

    Args:
        n: Rows of the data set.
        count: How many are in the set.
        packed: The rows as a bitmap, deflated, base64.
        how: How they were chosen, for people: "lasso on the map", "group 'refunds'".
    """

    n: Natural
    count: Natural
    packed: str
    how: str

    @classmethod
    def of(cls, rows: Rows | Iterable[int], n: int, how: str) -> RowSet:
        """Compress canonical positions."""
        packed = pack_rows(rows, n)
        return cls(n, count_packed(packed, n), packed, how)

    @property
    def rows(self) -> Rows:
        """Canonical positions, ascending."""
        return unpack_rows(self.packed, self.n)


@dataclass(frozen=True)
class View:
    """How Explore looks at the data; changes no result.

    Args:
        colour: "groups", or a column.
        layout: Map to show, "umap" or "pca"; UMAP once it is ready.
        search: Text that shown rows contain.
        groups: Names of the groups to show; none means all.
        page: Page of the linked table, from 1.
    """

    colour: str = "groups"
    layout: str = "umap"
    search: str = ""
    groups: tuple[str, ...] = ()
    page: Natural = 1


@dataclass(frozen=True)
class RunRef:
    """A comparison that was made: the key of its job and result, and the recipe it stands for."""

    key: str
    made: str
    recipe: CheckedRecipe
    band: Natural


@dataclass(frozen=True)
class Winner:
    """The subset taken to sign-off: which run, which slot (0 is A), which seed."""

    run: str
    slot: Natural
    seed: Natural


@dataclass(frozen=True)
class SignOff:
    """A decision with a name under it."""

    name: str
    role: str
    meaning: str
    reason: str
    decision: str
    made: str
    manifest: str


@dataclass(frozen=True)
class Event:
    """Something a person did, for the trail."""

    made: str
    text: str


@dataclass(frozen=True)
class AppState:
    """Everything one tab knows.

    Args:
        data: The open data set.
        recipe: Every choice that changes a result: features, groups, roles, filter, pins, bans, target,
            strategies (one per slot), budget, seeds, band.
        target: Where the rows to resemble came from; which ones they are stands in the recipe.
        view: Choices that change no result.
        picked: Rows selected on the map, in a table or by a filter.
        named: Sets of rows with names that people gave.
        slots: What Compare shows beside the recipe (question asked, folded parts…); plain JSON.
        runs: Comparisons made, newest last.
        looked: Results were seen; pins made from now on are "after looking".
        winner: What was taken to sign-off.
        rules: Acceptance rules; plain JSON.
        signoff: The decision.
        log: What happened, oldest first.
    """

    data: DataRef | None = None
    recipe: CheckedRecipe = field(default_factory=Recipe)
    target: DataRef | None = None
    view: View = field(default_factory=View)
    picked: RowSet | None = None
    named: Mapping[str, RowSet] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)
    runs: tuple[RunRef, ...] = ()
    looked: bool = False
    winner: Winner | None = None
    rules: tuple[Mapping[str, Any], ...] = ()
    signoff: SignOff | None = None
    log: tuple[Event, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The project file as a JSON-able dict."""
        option = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS
        return {"aliquot_project": FORMAT, **orjson.loads(orjson.dumps(self, _plain, option))}

    def to_bytes(self) -> bytes:
        """The project file."""
        return orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, value: Any) -> AppState:
        """Read what `to_json` wrote; `RecipeError` on anything else."""
        if not isinstance(value, Mapping) or "aliquot_project" not in value:
            raise RecipeError(
                "This is not a project file",
                "it was not written by “Save project”",
                "choose a file that ends in .aliquot.json",
            )
        if value["aliquot_project"] != FORMAT:
            raise RecipeError(
                "This project file cannot be read",
                f"its format is {value['aliquot_project']!r} and this version reads {FORMAT}",
                "open it with the version that wrote it",
            )
        body = {name: item for name, item in value.items() if name != "aliquot_project"}
        made = read_typed(cls, body, _wrong)
        checked_values.project(made, lambda why: _wrong("", why))
        for rows in (made.picked, *made.named.values()):
            if rows is not None and count_packed(rows.packed, rows.n) != rows.count:
                raise RecipeError("The selected rows cannot be read", "their count is wrong", "save it again")
        return made

    @classmethod
    def from_bytes(cls, body: bytes) -> AppState:
        """Read a project file; `RecipeError` on anything else."""
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise RecipeError(
                "This project file cannot be read", f"it is not JSON ({error})", "choose another file"
            ) from error
        return cls.from_json(value)

    def changed(self, **changes: Any) -> AppState:
        """A copy with some fields changed."""
        return replace(self, **changes)


def _plain(value: Any) -> Any:
    """What orjson does not write by itself."""
    if isinstance(value, Recipe):
        return value.to_json()
    return dict(value) if isinstance(value, Mapping) else vars(value)


def _wrong(where: str, why: str) -> RecipeError:
    what = f"The {where} in this project file" if where else "This project file"
    return RecipeError(f"{what} cannot be read", why, "save the project again")


# ---- the one object in session state -----------------------------------------------------------


def begin() -> None:
    """Create the state of this tab; called by the frame on every run."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = AppState()


def app() -> AppState:
    """The state of this tab."""
    begin()
    found: AppState = st.session_state[_KEY]
    return found


def change(**changes: Any) -> AppState:
    """Replace fields of the state; returns the new state."""
    made = app().changed(**changes)
    st.session_state[_KEY] = made
    return made


def change_recipe(**changes: Any) -> AppState:
    """Replace choices of the recipe."""
    return change(recipe=app().recipe.with_(**changes))


def change_view(**changes: Any) -> AppState:
    """Replace choices of the view."""
    return change(view=replace(app().view, **changes))


def replace_work(made: AppState) -> None:
    """Another data set is open: a new state takes the place of the old one."""
    st.session_state[_KEY] = made


def replace_all(state: AppState) -> None:
    """Open a project: another state takes the place of this one, and no widget keeps an old value."""
    for name in list(st.session_state):
        if isinstance(name, str) and name not in (_KEY, _BROUGHT):
            try:
                del st.session_state[name]
            except KeyError:  # an entry that Streamlit itself has already dropped
                continue
    st.session_state[_KEY] = state


def note(text: str) -> None:
    """Add a line to the trail."""
    state = app()
    change(log=(*state.log[-_LOG_MAX + 1 :], Event(now(), text)))


def now() -> str:
    """The time as ISO-8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


# ---- widgets and what does not outlive the tab -------------------------------------------------


def widget(key: str, default: Any = None) -> Any:
    """The value of a widget of this page; for callbacks."""
    return st.session_state.get(key, default)


def set_widget(key: str, value: Any) -> None:
    """Set a widget before it is drawn, or in a callback."""
    st.session_state[key] = value


def setdefault(key: str, value: Any) -> None:
    """Give a widget its first value."""
    st.session_state.setdefault(key, value)


def drop_widgets(prefix: str) -> None:
    """Forget the values of widgets whose key begins so."""
    for name in [name for name in st.session_state if isinstance(name, str) and name.startswith(prefix)]:
        del st.session_state[name]


def transient(name: str, make: Callable[[], Any]) -> Any:
    """Something of this tab that no project file keeps: the keys of jobs it waits for, a message to show."""
    key = f"_tab_{name}"
    if key not in st.session_state:
        st.session_state[key] = make()
    return st.session_state[key]


def brought() -> dict[str, str]:
    """Places on the shelf, by fingerprint, of the data that this tab read; outlives changes of its state."""
    if _BROUGHT not in st.session_state:
        st.session_state[_BROUGHT] = {}
    found: dict[str, str] = st.session_state[_BROUGHT]
    return found


def set_transient(name: str, value: Any) -> None:
    """Replace what `transient` returns."""
    st.session_state[f"_tab_{name}"] = value
