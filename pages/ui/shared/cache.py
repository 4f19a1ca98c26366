"""What all tabs of this server share: the store, the job runner, data sets and studies.

The only file with `st.cache_*`. Everything is found by a full-content key; heavy arguments are never hashed
by Streamlit (it would look at a sample of them only). What is returned is shared: treat it as read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import streamlit as st

from core.data.stored_datasets import StoredDatasets, place_of
from core.foundation.artifact_store import Store, digest
from core.foundation.background_jobs import JobRunner
from core.foundation.errors import AliquotError, DataError
from core.foundation.learned_pace import Pace
from core.foundation.machine import total_memory
from core.model.dataset import Dataset
from core.model.recipe import Recipe
from core.study.study import Study

from . import state, visitor
from .app_state import AppState, DataRef
from .bounded_memory import OpenedDatasets, PointFiles, Results
from .saved_projects import FOLDER, SavedProjects

_MOST_POINTS = 192 * 2**20  # bytes; a million rows take about 6
UPLOAD = "upload"  # kind of artifact: a file as it was uploaded
_MOMENT = 1.0  # seconds
_UPSTREAM = ("features", "embedder", "weight", "groups", "roles")
NOT_HERE = "links and project files hold no data, and what a browser brought only that browser opens again"
_READ = ("id_column", "missing", "read_as", "reading")
_POPULATION = ("label", "score", "where", "only", "near", "pins", "bans", "target")


@st.cache_resource(max_entries=1, show_spinner=False)
def store() -> Store:
    """The artifact store of this user."""
    return Store.default()


@st.cache_resource(max_entries=1, show_spinner=False)
def pace() -> Pace:
    """How long work takes here."""
    return Pace.of(store().root)


@st.cache_resource(max_entries=1, show_spinner=False)
def runner() -> JobRunner:
    """The queue of background work; one for the whole server, so nothing heavy runs twice at once."""
    return JobRunner()


@st.cache_resource(max_entries=1, show_spinner=False)
def reader() -> JobRunner:
    """The queue of files being read: reading never waits for a map of something else."""
    return JobRunner()


@st.cache_resource(max_entries=1, show_spinner=False)
def first_maps() -> JobRunner:
    """The queue of first maps: what is only for looking waits for nothing else, and nothing rests on it."""
    return JobRunner()


@st.cache_resource(max_entries=1, show_spinner=False)
def results() -> Results:
    """Results of jobs that are no artifacts (comparisons), by job key."""
    return Results()


@st.cache_resource(max_entries=1, show_spinner=False)
def point_files() -> PointFiles:
    """What maps fetch, of all tabs; found by its content."""
    return PointFiles(_MOST_POINTS)


@st.cache_resource(max_entries=1, show_spinner=False)
def stored_datasets() -> StoredDatasets:
    """Data sets that were opened, by fingerprint."""
    return StoredDatasets(store())


@st.cache_resource(max_entries=1, show_spinner=False)
def opened() -> OpenedDatasets:
    """The data sets used last, in memory."""
    return OpenedDatasets(total_memory() // 4)


# ---- saved work --------------------------------------------------------------------------------------


@st.cache_resource(max_entries=1, show_spinner=False)
def saved_projects() -> SavedProjects:
    """The work of all browsers, on disk."""
    return SavedProjects(store().root / FOLDER)


@st.cache_resource(max_entries=1, show_spinner=False)
def _holders() -> dict[str, tuple[str, str]]:
    """Which project each tab has open: its owner and name, by tab."""
    return {}


def project_held(owner: str, name: str) -> bool:
    """Whether another tab that is still there has this project open.

    A page that is loaded again may come before the server has seen that its former self is gone, so what
    looks held is looked at for a moment.
    """
    own, until = visitor.tab(), monotonic() + _MOMENT
    while any(
        held == (owner, name) and tab != own and visitor.connected(tab)
        for tab, held in list(_holders().items())
    ):
        if monotonic() > until:
            return True
        sleep(0.05)
    return False


def hold_project(owner: str, name: str) -> None:
    """Write down that this tab has a project open, and no other; tabs that are gone are crossed out."""
    holders = _holders()
    holders[visitor.tab()] = (owner, name)
    for tab in [tab for tab in list(holders) if not visitor.connected(tab)]:
        holders.pop(tab, None)


# ---- data sets: who may open which -------------------------------------------------------------------


def hold(data: Dataset) -> str:
    """Take in what was just read, in memory and in the store, and return its place there.

    For worker threads: it makes nobody a reader of it. What came from a file is on the disk before any tab
    asks for it, so it cannot be pushed out by what others read meanwhile.
    """
    opened().put(data, stored=stored_datasets().put(data))
    return place_of(data)


def held(place: str) -> Dataset | None:
    """The data set of this place, whoever asks; for what has just been read for this tab."""
    found = opened().get(place)
    if found is None:
        found = stored_datasets().take(place)
        if found is not None:
            opened().put(found, stored=True)
    return found


def keep(data: Dataset, source: str, readers: Sequence[str] = (), file: str = "") -> DataRef:
    """Make a data set that was just read one of this tab's.

    Args:
        data: The data set.
        source: As in `DataRef`.
        readers: Whose it is (see `visitor`); none means that it belongs to the browser of this tab.
        file: Mark of the upload that it was read from, "" where there is none. Others may have
            the same table; what else is in the file belongs to the browser of this tab alone.
    """
    at, fingerprint = hold(data), data.fingerprint.digest
    whose = visitor.whose()
    own = [whose] if whose else []
    _allow(fingerprint, at, readers or own)
    if file:
        _allow(_file_key(at), file, own)
    return DataRef(fingerprint, data.name, len(data), data.frame.shape[1], source)


def readers_of(fingerprint: str) -> list[str]:
    """Under which of its names this browser may open a data set; what is made from it is theirs too."""
    return stored_datasets().readers(fingerprint, visitor.readers())


def _allow(what: str, where: str, readers: Sequence[str]) -> None:
    state.brought()[what] = where
    for name in readers:
        stored_datasets().allow(what, name, where)


def greet() -> None:
    """What this tab brought belongs to its browser, also where that has another cookie than at first."""
    own = visitor.whose()
    if own is None or state.transient("visitor", lambda: None) == own:
        return
    state.set_transient("visitor", own)
    for fingerprint, place in state.brought().items():
        stored_datasets().allow(fingerprint, own, place)


def find(fingerprint: str) -> Dataset | None:
    """The data set of this fingerprint, or None where it is not here, or is another browser's."""
    where = place(fingerprint)
    return None if where is None else held(where)


def place(fingerprint: str) -> str | None:
    """Where the data set of this fingerprint lies as this tab, else this browser, brought it last."""
    return state.brought().get(fingerprint) or stored_datasets().place(fingerprint, visitor.readers())


def file_of(fingerprint: str) -> str:
    """Mark of the upload from which this tab, else this browser, has the data set; "" where there is none."""
    where = place(fingerprint)
    return "" if where is None else place(_file_key(where)) or ""


def _file_key(place: str) -> str:
    """What the upload of a data set is allowed under."""
    return digest(["file", place])


def forget(fingerprint: str) -> None:
    """This browser's permit for a data set ends; the data go too where nobody else has one.

    Features and maps that were made of it stay until the store needs their room.
    """
    own, where, mark = visitor.whose(), place(fingerprint), file_of(fingerprint)
    state.brought().pop(fingerprint, None)
    if own is None or where is None:
        return
    state.brought().pop(_file_key(where), None)
    stored_datasets().forbid(fingerprint, own)
    stored_datasets().forbid(_file_key(where), own)
    if not stored_datasets().allowed(where):
        opened().drop(where)
        stored_datasets().drop(where)
    if mark and not stored_datasets().allowed(mark):
        store().drop(UPLOAD, mark)


def dataset(now: AppState) -> Dataset:
    """The open data set as it was loaded (roles set by hand are applied by `study`)."""
    if now.data is None:
        raise DataError("No data set is open", "", "choose one on the Data page")
    found = find(now.data.fingerprint)
    if found is None:
        raise DataError(
            f"The data set {now.data.name!r} is not open here",
            NOT_HERE,
            "open the same file again on the Data page",
        )
    return found


def target(recipe: Recipe) -> Dataset | None:
    """The rows to resemble that a recipe names, None where it names none."""
    if recipe.target is None:
        return None
    found = find(recipe.target.get("fingerprint", ""))
    if found is None:
        raise DataError(
            f"The target {recipe.target.get('name', '')!r} is not open here",
            NOT_HERE,
            "give the same file again under “Rows to resemble” on the Data page, or remove the target there",
        )
    return found


def upstream(now: AppState) -> str:
    """Digest of the choices that features, groups and layouts depend on; the key of their jobs."""
    recipe, data = now.recipe, now.data
    return digest([data and data.fingerprint, *(_json(recipe, name) for name in _UPSTREAM)])


def _json(recipe: Recipe, name: str) -> Any:
    return recipe.to_json().get(name)


@st.cache_resource(max_entries=6, show_spinner=False)
def _study(key: str, _data: Dataset, _recipe: Recipe, _store: Store, _target: Dataset | None = None) -> Study:
    return Study(_data, _recipe, store=_store, target=_target)


def _places(now: AppState) -> str:
    """Which files the data set and the target came from: names and row numbers of the file are theirs."""
    target = (now.recipe.target or {}).get("fingerprint", "")
    marks = ([now.data.fingerprint] if now.data else []) + ([target] if target else [])
    return "-".join(["", *(place(mark) or "" for mark in marks)])


def map_study(now: AppState) -> Study:
    """The study that Explore and all maps look at: no pins, bans or filter, so those never redo a map."""
    recipe = Recipe(**{name: getattr(now.recipe, name) for name in (*_UPSTREAM, *_READ)})
    return _study("map" + upstream(now) + _places(now), dataset(now), recipe, store())


def peek(now: AppState) -> Study | None:
    """The study behind the maps, or None where there is no data or a choice does not fit; says nothing."""
    try:
        return map_study(now)
    except AliquotError:
        return None


def study(now: AppState) -> Study:
    """The study under the whole recipe, for strategies and comparisons."""
    parts = [_json(now.recipe, name) for name in _POPULATION]
    key = digest([upstream(now), parts])
    base = _study(key + _places(now), dataset(now), now.recipe, store(), target(now.recipe))
    return base if base.recipe == _named(now, base) else base.with_(**_differing(now.recipe))


def _named(now: AppState, base: Study) -> Recipe:
    return replace(now.recipe, data=base.recipe.data, target=base.recipe.target)


def _differing(recipe: Recipe) -> dict[str, Any]:
    names = ("task", "strategies", "budget", "seed", "seeds", "band", *_READ)
    return {name: getattr(recipe, name) for name in names}


def name_of(kind: str, parts: Any) -> str:
    """A key for `remember` and `share` from everything that the result depends on."""
    return f"{kind}-{digest(parts)}"


@st.cache_data(max_entries=128, ttl="1h", show_spinner=False)
def remember(key: str, _make: Callable[[], Any]) -> Any:
    """Small derived tables and figure parts by key; every caller gets a copy of its own."""
    return _make()


@st.cache_resource(max_entries=2, show_spinner="Reading the columns…")
def share_large(key: str, _make: Callable[[], Any]) -> Any:
    """As `share`, of what takes as much memory as a data set: few are held."""
    return _make()


@st.cache_resource(max_entries=48, show_spinner=False)
def share(key: str, _make: Callable[[], Any]) -> Any:
    """Larger derived things by key, one for all; read-only."""
    return _make()
