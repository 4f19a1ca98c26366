"""What is made from one data set under one recipe: features, groups, layouts, and what strategies see of it.

The app, the command line and notebooks all work through a `Study`, which adds the verbs. Nothing is computed
here: artifacts are named, the store is asked for them, and strategies and metrics get exactly what they may
see. These objects never change; `with_` and its kin return another one, and artifacts that still fit are
found again in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from functools import cached_property
from threading import RLock
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Graph, Rows
from ..foundation.artifact_store import Store, digest
from ..foundation.errors import ColumnError
from ..foundation.learned_pace import Pace
from ..foundation.progress import SILENT, Progress
from ..model.budget import Budget
from ..model.columns import as_numbers, entity_codes, fixed, reading, why_no_number
from ..model.dataset import Dataset, Kind
from ..model.derived import Features, Groups, Layout, Target
from ..model.inputs import Inputs
from ..model.needs import Need
from ..model.recipe import Mark, Recipe
from ..model.saved_rows import Only
from ..strategies.running.cost_budget import Purse
from . import costs, eligibility

if TYPE_CHECKING:
    from ..features.spec import FeatureSpec
    from ..groups.spec import GroupSpec

T = TypeVar("T")


class Artifacts:
    """One data set under one recipe, and what is made from them.

    Args:
        data: The data set.
        recipe: Choices; roles and columns they name must exist.
        store: Where artifacts are kept; the user's store if not given.
        target: Rows to resemble, where a strategy needs them.

    Example:
        >>> from core.data.load import load
        >>> study = Artifacts(load("sample:wine")).embed("table").group("kmeans:3")
        >>> study.features().matrix.shape, len(study.groups().sizes)
        ((178, 13), 3)
    """

    def __init__(
        self,
        data: Dataset,
        recipe: Recipe | None = None,
        *,
        store: Store | None = None,
        target: Dataset | None = None,
    ) -> None:
        recipe = recipe or Recipe()
        if recipe.roles:
            from ..data.load import with_roles

            has = {name: role.kind for name, role in data.roles.items()}
            wrong = {name: kind for name, kind in recipe.roles.items() if has.get(name) != kind}
            data = with_roles(data, wrong) if wrong else data
        self.data = data
        self.store = store or Store.default()
        self.target_data = target
        self.recipe = recipe.with_(
            data={"name": data.name, "fingerprint": data.fingerprint.digest},
            target=None
            if target is None
            else {"name": target.name, "fingerprint": target.fingerprint.digest},
        )
        self.pace = Pace(self.store.root / "pace.json")
        self.seconds: dict[str, float] = {}
        self._lock = RLock()
        self._locks: dict[str, RLock] = {}
        self._made: dict[str, Any] = {}

    # ---- choices -------------------------------------------------------------------------------

    def with_(self, **changes: Any) -> Self:
        """The same data under a changed recipe."""
        return type(self)(self.data, self.recipe.with_(**changes), store=self.store, target=self.target_data)

    def embed(self, features: str, embedder: str = "minilm", weight: float = 0.5) -> Self:
        """Choose what distances are measured on: ``text:COLUMN``, ``table``, ``vector:COLUMN``…"""
        return self.with_(features=features, embedder=embedder, weight=weight)

    def group(self, groups: str) -> Self:
        """Choose groups: a column, ``kmeans``, ``kmeans:K`` or ``hdbscan``; "" for none."""
        return self.with_(groups=groups)

    def filter(self, where: str) -> Self:
        """Let only rows take part that meet a SQL condition."""
        return self.with_(where=where)

    def within(self, rows: Iterable[int], name: str) -> Self:
        """Let only a saved selection take part: rows (canonical positions) under a name."""
        only = Only.of(rows, len(self.data), name, self.data.fingerprint.digest)
        return self.with_(only=only)

    def toward(self, target: Dataset) -> Self:
        """Choose rows that subsets should resemble."""
        return type(self)(self.data, self.recipe, store=self.store, target=target)

    def pin(self, rows: Iterable[int], reason: str = "", *, after_looking: bool = False) -> Self:
        """Rows (canonical positions) that every subset must hold."""
        return self.with_(pins=self._marked(self.recipe.pins, rows, reason, after_looking))

    def ban(self, rows: Iterable[int], reason: str = "") -> Self:
        """Rows (canonical positions) that no subset may hold."""
        return self.with_(bans=self._marked(self.recipe.bans, rows, reason, False))

    def given(self, features: Features) -> Self:
        """The same study on features that are at hand already, for example from a bundle."""
        study = type(self)(self.data, self.recipe, store=self.store, target=self.target_data)
        study._made["features"] = features
        return study

    def _marked(
        self, old: tuple[Mark, ...], rows: Iterable[int], reason: str, after: bool
    ) -> tuple[Mark, ...]:
        marks = {mark.key: mark for mark in old}
        for row in rows:
            key = self.data.keys[row].tobytes().hex()
            marks[key] = Mark(key, reason, after)
        return tuple(marks[key] for key in sorted(marks))

    def rows_of(self, marks: Sequence[Mark], what: str) -> Rows:
        """Canonical positions of marked rows; `RecipeError` where the data no longer holds them."""
        return eligibility.rows_of(self.data, marks, what)

    # ---- artifacts -----------------------------------------------------------------------------

    @cached_property
    def spec(self) -> FeatureSpec:
        """The features asked for, with "auto" resolved."""
        from ..features.spec import FeatureSpec, resolve

        asked = FeatureSpec.parse(self.recipe.features, embedder=self.recipe.embedder)
        return resolve(replace(asked, weight=self.recipe.weight), self.data)

    @cached_property
    def group_spec(self) -> GroupSpec | None:
        """The groups asked for."""
        from ..groups.spec import GroupSpec

        return GroupSpec.parse(self.recipe.groups) if self.recipe.groups else None

    def features(self, progress: Progress = SILENT) -> Features:
        """The features, from the store or made now."""
        from ..features.make import make_features

        return self._once("features", lambda: make_features(self.data, self.spec, self.store, progress))

    def texts(self) -> list[str] | None:
        """The text that the features are of, one string per row; None where they are not of text."""
        from ..features.make import texts_of

        return self._once("texts", lambda: texts_of(self.data, self.spec))

    def graph(self, k: int = 15, progress: Progress = SILENT) -> Graph:
        """The shared neighbour graph of the features."""
        from ..features.shared_graph import shared_graph

        features = self.features(progress.part(0, 0.5))
        return self._once(f"graph{k}", lambda: shared_graph(features, k, self.store, progress.part(0.5, 1)))

    def graph_ready(self) -> bool:
        """Whether the neighbour graph is at hand or stored, so that it need not be made."""
        from ..features.shared_graph import graph_stored
        from ..foundation.arrays.neighbour_graph import LADDER

        if any(self.has(f"graph{k}") for k in LADDER):
            return True
        return self.has("features") and graph_stored(self.features(), self.store)

    def groups(self, progress: Progress = SILENT, *, typical: bool = True) -> Groups | None:
        """The groups, from the store or made now; None where the recipe asks for none.

        Args:
            progress: Told how far the work is; may cancel it.
            typical: Also find each group's typical rows, which takes features even for groups by column.
        """
        from ..groups.make import make_groups

        spec = self.group_spec
        if spec is None:
            return None
        clustered = spec.method != "column"
        features = self.features(progress.part(0, 0.5)) if clustered or typical else None
        made: Groups = self._once(
            "groups" if features else "groups-column",
            lambda: make_groups(
                self.data,
                features,
                spec,
                self.store,
                progress.part(0.5, 1),
                texts=self.texts() if features else None,
            ),
        )
        return made

    def layout(self, method: Literal["pca", "umap"] = "umap", progress: Progress = SILENT) -> Layout:
        """Coordinates for the map."""
        from ..features.layout.make import make_layout

        features = self.features(progress.part(0, 0.3))
        return self._once(
            f"layout-{method}",
            lambda: make_layout(features, method, self.store, progress.part(0.3, 1)),
        )

    def target(self, progress: Progress = SILENT) -> Target | None:
        """The rows to resemble, in the space of the features."""
        if self.target_data is None:
            return None
        from ..features.make import make_target

        data = self.target_data
        features = self.features(progress.part(0, 0.5))
        return self._once(
            "target",
            lambda: make_target(self.data, features, self.spec, data, self.store, progress.part(0.5, 1)),
        )

    def _once(self, name: str, make: Callable[[], T], *, told: bool = True) -> T:
        """Make something once per study; other things need not wait for it.

        Args:
            name: Its name.
            make: What makes it.
            told: Whether the time it takes is told among the stages of the work.
        """
        with self._lock:
            lock = self._locks.setdefault(name, RLock())
        with lock:
            if name not in self._made:
                start = perf_counter()
                self._made[name] = make()
                if told:
                    self.seconds[name] = perf_counter() - start
            made: T = self._made[name]
            return made

    def has(self, name: str) -> bool:
        """Whether "features", "texts", "graph15", "groups", "layout-umap"… is at hand, without making it."""
        return name in self._made

    # ---- what strategies see -------------------------------------------------------------------

    def eligible(self) -> Rows | None:
        """Ascending positions left by filter, saved selection and bans; None where all rows are."""
        return self._once(
            "eligible", lambda: eligibility.eligible(self.data, self.recipe, self.store), told=False
        )

    def label_column(self) -> str | None:
        """The column of labels: the recipe's, or the only one in that role."""
        return self._one_column(self.recipe.label, Kind.LABEL)

    def score_column(self) -> str | None:
        """The column of scores: the recipe's, or the only one in that role."""
        return self._one_column(self.recipe.score, Kind.SCORE)

    def entity_column(self) -> str | None:
        """The column of entities: the only one in that role."""
        return self._one_column(None, Kind.ENTITY)

    def time_column(self) -> str | None:
        """The column of times: the only one in that role."""
        return self._one_column(None, Kind.TIME)

    def _one_column(self, named: str | None, kind: Kind) -> str | None:
        if named:
            self.data.column(named)
            return named
        found = self.data.columns(kind)
        return found[0] if len(found) == 1 else None

    def labels(self) -> tuple[Rows, tuple[str, ...]] | None:
        """Label codes (−1 where missing) and their names in sorted order."""
        name = self.label_column()
        if name is None:
            return None
        column = self.data.column(name)
        values = column.astype("string")
        names = sorted(values.dropna().unique().tolist())
        codes = values.map({label: code for code, label in enumerate(names)})
        return codes.fillna(-1).to_numpy(np.int64), tuple(names)

    def scores(self) -> NDArray[np.float64] | None:
        """The scores as float64, NaN where missing."""
        name = self.score_column()
        if name is None:
            return None
        column = self.data.column(name)
        try:
            return column.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise ColumnError(
                f"The column {name!r} cannot be a score", why_no_number(column), "choose a number column"
            ) from None

    def entities(self) -> Rows | None:
        """Code of each row's entity, by the only column in that role; a row without one is its own."""
        name = self.entity_column()
        if name is None:
            return None
        return self._once("entities", lambda: fixed(entity_codes(self.data.column(name))), told=False)

    def times(self) -> NDArray[np.float64] | None:
        """The only time column as seconds since 1970, NaN where missing."""
        name = self.time_column()
        if name is None:
            return None
        return self._once("times", lambda: fixed(as_numbers(self.data.column(name), name)), told=False)

    def inputs(self, progress: Progress = SILENT, needs: Set[Need] | None = None) -> Inputs:
        """What strategies may look at, over all rows; `eligible` says which may be chosen.

        Args:
            progress: Told how far the work is; may cancel it.
            needs: Make only features and groups that are needed; None makes all.
        """
        wanted = set(Need) if needs is None else set(needs)
        measured = bool({Need.FEATURES, Need.TARGET} & wanted)
        groups = None
        if Need.GROUPS in wanted:
            groups = self.groups(progress.part(0, 0.6), typical=measured)
        features = self.features(progress.part(0.6, 0.9)) if measured else None
        labels = self.labels()
        marks = self.recipe.pins
        made = Inputs(
            keys=self.data.keys,
            features=features,
            frame=self.data.frame,
            roles={name: role.kind for name, role in self.data.roles.items()},
            texts=self.texts() if features is not None or Need.TEXT in wanted else None,
            groups=groups,
            labels=None if labels is None else labels[0],
            scores=self.scores(),
            entities=self.entities(),
            order=self.times(),
            target=self.target(progress.part(0.9, 1)) if Need.TARGET in wanted else None,
            pins=self.rows_of(marks, "pinned"),
            pins_after_looking=any(mark.after_looking for mark in marks),
            graph=self.graph,
            graph_ready=self.graph_ready,
        )
        return costs.with_costs(self.data, made, self.recipe.budget)

    def entity_units(self) -> Rows | None:
        """Which rows are of one entity and stay together, int64 (n,); None without a column of entities.

        Everything that splits rows asks here, and `described` names the same columns.
        """
        if not eligibility.entity_columns(self.data):
            return None
        return self._once("entity units", lambda: eligibility.entity_units(self.data), told=False)

    def described(self, inputs: Inputs) -> str:
        """Digest of all that a strategy looks at: data, features, groups, columns, marks, rows, costs."""
        groups, recipe, entities = inputs.groups, self.recipe, eligibility.entity_columns(self.data)
        parts = {
            "data": self.data.fingerprint.digest,
            "features": inputs.features and inputs.features.key,
            "groups": groups and groups.key,
            "label": self.label_column(),
            "score": self.score_column(),
            "entity": (entities[0] if len(entities) == 1 else list(entities)) if entities else None,
            "time": self.time_column(),
            "target": recipe.target and recipe.target["fingerprint"],
            "where": recipe.where,
            "pins": [[mark.key, mark.after_looking] for mark in recipe.pins],
            "bans": [mark.key for mark in recipe.bans],
        }
        # Named only where they are used, so that digests written before they existed stay what they were.
        if recipe.only is not None:
            parts["only"] = recipe.only.rows
        frame = self.data.frame
        here = {name: kind for name, kind in sorted(inputs.roles.items()) if name in frame.columns}
        read = {name: reading(frame[name], kind) for name, kind in here.items()}
        read = {name: as_ for name, as_ in read.items() if as_ != reading(frame[name])}
        if read:  # roles by which columns are read otherwise than by their values
            parts["read"] = read
        if inputs.costs is not None:
            parts["cost"] = inputs.cost_column
        return digest(parts)

    def check_left(self) -> None:
        """Refuse what leaves no row to choose from, or leaves out a pinned one; `BudgetError` says which."""
        eligibility.check_left(self.data, self.recipe, self.store, self.eligible())

    def asked(self, text: str | int | None = None) -> int | Budget:
        """The budget as a count of eligible rows, or the cost budget, checked; the recipe's if not given.

        Raises:
            ColumnError, BudgetError: What is wrong with the budget, or with the costs.
        """
        text = self.recipe.budget if text is None else text
        budget = Budget.parse(text if isinstance(text, int) else str(text))
        self.check_left()
        if not budget.column:
            rows = self.eligible()
            return budget.count(len(self.data) if rows is None else len(rows))
        self.purse(budget)
        return budget

    def budget(self, text: str | int | None = None) -> int:
        """The budget as a count of eligible rows; of a cost budget about how many it buys."""
        budget = self.asked(text)
        if isinstance(budget, int):
            return budget
        purse, inputs = self.purse(budget)
        return purse.rows(inputs)

    def purse(self, budget: Budget) -> tuple[Purse, Inputs]:
        """A cost budget checked against the eligible rows, and these, with nothing but their costs and pins.

        Args:
            budget: A sum of a column.

        Raises:
            ColumnError, BudgetError: What is wrong with the costs or the budget.
        """
        self.check_left()
        rows = self.eligible()
        values = costs.check_costs(self.data, budget.column, rows)
        pins = self.rows_of(self.recipe.pins, "pinned")
        inputs = Inputs(keys=self.data.keys, costs=values, cost_column=budget.column, pins=pins)
        part = inputs if rows is None else inputs.take(rows)
        return Purse.of(part, budget), part

    def priced(self, inputs: Inputs, budget: int | Budget) -> Inputs:
        """Inputs with the costs that a budget is a sum of."""
        return costs.priced(self.data, inputs, budget)

    def part(self, rows: Rows, progress: Progress = SILENT) -> Inputs:
        """What strategies see when only some rows exist: same features, groups made from these rows alone.

        Held-out evaluation needs this: groups must not have seen the rows that are scored later.
        """
        from ..groups.make import make_groups

        whole = replace(self.inputs(progress.part(0, 0.5)), pins=np.empty(0, np.int64), groups=None)
        inputs = whole.take(rows)
        spec, features = self.group_spec, inputs.features
        if spec is None or features is None:
            return inputs
        left = self.data.take(rows)
        features = replace(features, key=digest([features.key, left.fingerprint.digest]))
        texts = None if inputs.texts is None else list(inputs.texts)
        groups = make_groups(left, features, spec, self.store, progress.part(0.5, 1), texts=texts)
        return replace(inputs, features=features, groups=groups)
