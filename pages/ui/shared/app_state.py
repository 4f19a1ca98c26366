"""What one browser tab knows: one typed, JSON-able object of choices, keys and decisions; its project file.

There are no arrays and no frames in here: everything computed is found again from what the state names.
`AppState.to_json` writes the project file and `AppState.from_json` reads it back, checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import orjson
from annotated_types import Ge

from core.data.samples import SAMPLES
from core.foundation.arrays.array_types import Rows
from core.foundation.caps import MAX_COLUMNS, MAX_ROWS
from core.foundation.errors import RecipeError
from core.foundation.typed_json import ReadBy, read_typed
from core.foundation.wording import count
from core.model.recipe import Recipe
from core.model.row_conditions import (
    ContainsText,
    InGroups,
    RowCondition,
    conditions_from_json,
    conditions_to_json,
)
from core.model.saved_rows import Only, count_packed, pack_rows, unpack_rows

from . import checked_values

FORMAT = 1

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
        made: The filters that chose them; empty where nobody knows them.
    """

    n: Natural
    count: Natural
    packed: str
    how: str
    made: Annotated[tuple[RowCondition, ...], ReadBy(conditions_from_json)] = ()

    @classmethod
    def of(cls, rows: Rows | Iterable[int], n: int, how: str) -> RowSet:
        """Compress canonical positions."""
        packed = pack_rows(rows, n)
        return cls(n, count_packed(packed, n), packed, how)

    @property
    def rows(self) -> Rows:
        """Canonical positions, ascending."""
        return unpack_rows(self.packed, self.n)

    def named(self, name: str, fingerprint: str) -> Only:
        """The same rows as a saved selection of the data set with this fingerprint."""
        return Only(name, fingerprint, self.n, self.count, self.packed)


@dataclass(frozen=True)
class MapView:
    """How Explore looks at the data; changes no result.

    Args:
        colour: "groups", or a column.
        layout: Map to show, "umap" or "pca"; UMAP once it is ready.
        conditions: What selected rows meet, all of them.
        row: Key of the row that is looked at; "" for none.
        page: Page of the linked table, from 1.
    """

    colour: str = "groups"
    layout: str = "umap"
    conditions: Annotated[tuple[RowCondition, ...], ReadBy(conditions_from_json)] = ()
    row: str = ""
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
    view: MapView = field(default_factory=MapView)
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
        if isinstance(body.get("view"), Mapping):
            body["view"] = _view_now(body["view"], selected=bool(body.get("picked")))
        made = read_typed(cls, body, _wrong)
        check_project(made, lambda why: _wrong("", why))
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


def _view_now(view: Mapping[str, Any], *, selected: bool) -> dict[str, Any]:
    """A view as this version has it; earlier ones had one search and one list of groups.

    These showed rows and selected none: where rows were selected, it is the selection that stays.
    """
    now = {name: item for name, item in view.items() if name not in ("search", "groups")}
    search, groups = (None, None) if selected else (view.get("search"), view.get("groups"))
    earlier: list[RowCondition] = []
    if isinstance(search, str) and search:
        earlier.append(ContainsText(search))
    if isinstance(groups, list) and groups and all(isinstance(name, str) for name in groups):
        earlier.append(InGroups(tuple(groups)))
    return {"conditions": conditions_to_json(earlier), **now} if earlier else now


def _plain(value: Any) -> Any:
    """What orjson does not write by itself."""
    if isinstance(value, Recipe):
        return value.to_json()
    if isinstance(value, RowSet):
        made = {"made": conditions_to_json(value.made)} if value.made else {}
        return {"n": value.n, "count": value.count, "packed": value.packed, "how": value.how, **made}
    if isinstance(value, MapView):
        return {**vars(value), "conditions": conditions_to_json(value.conditions)}
    return dict(value) if isinstance(value, Mapping) else vars(value)


def _wrong(where: str, why: str) -> RecipeError:
    what = f"The {where} in this project file" if where else "This project file"
    return RecipeError(f"{what} cannot be read", why, "save the project again")


LAYOUTS = ("umap", "pca")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")


def check_data(ref: DataRef, wrong: Callable[[str], RecipeError]) -> None:
    """Refuse a data set that cannot exist here, by its numbers and its source."""
    if _FINGERPRINT.fullmatch(ref.fingerprint) is None:
        raise wrong("its fingerprint is not one")
    if ref.rows > MAX_ROWS or ref.columns > MAX_COLUMNS:
        raise wrong(
            f"{count(ref.rows, 'row')} and {count(ref.columns, 'column')} are more than can be opened"
        )
    kind, _, name = ref.source.partition(":")
    known = {"sample": name in SAMPLES, "folder": bool(name), "upload": not name, "selection": not name}
    if not known.get(kind, False):
        raise wrong("it comes from an unknown source")


def check_project(found: AppState, wrong: Callable[[str], RecipeError]) -> None:
    """Refuse a project whose parts do not fit each other, or that the app could not have written.

    Raises:
        RecipeError: With the reason.
    """
    if found.data is not None:
        check_data(found.data, wrong)
    if found.target is not None and found.target.fingerprint:
        check_data(found.target, wrong)
    for part in (found.recipe, *(run.recipe for run in found.runs)):
        checked_values.recipe(part, wrong)
    _selections(found, [found.picked, *found.named.values()], wrong)
    if found.view.layout not in LAYOUTS:
        raise wrong(f"there is no map {found.view.layout[:40]!r}")
    if found.view.row and _FINGERPRINT.fullmatch(found.view.row) is None:
        raise wrong("the row that is looked at has no key")
    if not 1 <= found.view.page <= MAX_ROWS:
        raise wrong(f"there is no page {found.view.page:,}")
    _runs(found.runs, wrong)
    if found.winner is not None:
        _key(found.winner.run, wrong)
        run = next((run for run in found.runs if run.key == found.winner.run), None)
        room = checked_values.MOST_STRATEGIES if run is None else len(run.recipe.strategies)
        if found.winner.slot >= room:
            raise wrong(f"subset {found.winner.slot + 1:,} is to be signed, and there are {room}")


def _selections(found: AppState, sets: Iterable[RowSet | None], wrong: Callable[[str], RecipeError]) -> None:
    rows = None if found.data is None else found.data.rows
    for one in sets:
        if one is not None and one.n != rows:
            raise wrong(f"a selection is of {count(one.n, 'row')}, and the data set has {rows or 0:,}")
    for part in (found.recipe, *(run.recipe for run in found.runs)):
        only = part.only
        if (
            only is not None
            and found.data is not None
            and only.data == found.data.fingerprint
            and only.n != rows
        ):
            raise wrong(f"a saved selection is of {count(only.n, 'row')}, and the data set has {rows:,}")


def _runs(runs: Iterable[RunRef], wrong: Callable[[str], RecipeError]) -> None:
    for run in runs:
        _key(run.key, wrong)
        if not 1 <= run.band <= checked_values.MOST_BAND:
            asked = count(run.band, "random subset")
            raise wrong(f"a comparison has {asked}, and {checked_values.MOST_BAND:,} are the most")


def _key(text: Any, wrong: Callable[[str], RecipeError]) -> None:
    # Keys become places in the store.
    if not isinstance(text, str) or _KEY.fullmatch(text) is None:
        raise wrong("a comparison has an invalid key")
