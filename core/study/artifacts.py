"""What is made from one data set under one recipe: features, groups, layouts, and what strategies see of it.

The app, the command line and notebooks all work through a `core.study.study.Study`, which adds the verbs.
Nothing is computed here: artifacts are named, the store is asked for them, and strategies and metrics get
exactly what they may see. Artifacts that still fit a changed recipe are found again in the store.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Graph, Rows
from ..foundation.arrays.one_point import distances_to, nearest_rows
from ..foundation.artifact_store import digest
from ..foundation.errors import ModelError
from ..foundation.progress import SILENT, Progress
from ..model.columns import reading
from ..model.derived import Features, Groups, Layout, Target
from ..model.inputs import Inputs
from ..model.needs import Need
from ..model.row_conditions import Near
from . import costs, eligibility
from .recipe_on_data import RecipeOnData

if TYPE_CHECKING:
    from ..features.spec import FeatureSpec
    from ..groups.spec import GroupSpec


class Artifacts(RecipeOnData):
    """One recipe on one data set, and what is made from them; made with the same arguments.

    Example:
        >>> from core.data.load import load
        >>> study = Artifacts(load("sample:wine")).embed("table").group("kmeans:3")
        >>> study.features().matrix.shape, len(study.groups().sizes)
        ((178, 13), 3)
    """

    def given(self, features: Features, sentence: NDArray[np.float32] | None = None) -> Self:
        """The same study on features that are at hand already, for example from a bundle.

        Args:
            features: The features.
            sentence: The recipe's sentence among them, where that is at hand too.
        """
        study = type(self)(self.data, self.recipe, store=self.store, target=self.target_data)
        study._made["features"] = features
        if sentence is not None and self.recipe.near is not None:
            study._made[f"sentence {self.recipe.near.text}"] = sentence
        return study

    # ---- made from the data -----------------------------------------------------------------------

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

    def features_shipped(self) -> bool:
        """Whether the features, and the layouts of them, come with the program and are only read.

        Those of a model that is not here do not; what is wrong is said where they are made.
        """
        from ..features.make import KIND, features_key

        shipped = self.store.shipped
        if shipped is None:
            return False

        def there() -> bool:
            try:
                return shipped.has(KIND, features_key(self.data, self.spec, self.store))
            except ModelError:
                return False

        return self._once("features-shipped", there, timed=False)

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
        from ..foundation.arrays.any_size_graph import LADDER

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
                label=self.label_column(),
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

    def first_map(self, progress: Progress = SILENT) -> Layout | None:
        """A map of words for looking at while a model reads the texts; None where nothing can be shown.

        No strategy, metric or group comes from it: they wait for the features of the recipe.
        """
        from ..features.layout.first_map import first_map

        return self._once(
            "first-map", lambda: first_map(self.data, self.spec, self.store, progress), timed=False
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

    # ---- rows near something ----------------------------------------------------------------------

    def sentence(self, text: str, progress: Progress = SILENT) -> NDArray[np.float32]:
        """A sentence as a vector among the features, (d,); `FeatureError` where they are not of text."""
        from ..features.sentence import sentence_vector

        features = self.features(progress.part(0, 0.7))
        rest = progress.part(0.7, 1)
        return self._once(
            f"sentence {text}",
            lambda: sentence_vector(
                self.data, features, self.spec, text, self.store, lambda: self.texts() or [], rest
            ),
            timed=False,
        )

    def near_text(self, near: Near, progress: Progress = SILENT) -> Rows:
        """The rows nearest to a sentence, nearest first, ties by row key; exact, O(n·d).

        Raises:
            FeatureError: As `sentence`.
        """
        point = self.sentence(near.text, progress.part(0, 0.9))
        return self._near(point, near.rows, progress.part(0.9, 1))

    def near_row(self, row: int, count: int, progress: Progress = SILENT) -> Rows:
        """The rows nearest to one, that row first, then by distance, ties by row key; exact, O(n·d).

        Example:
            >>> from core.data.load import load
            >>> near = Artifacts(load("sample:wine")).embed("table").near_row(5, 10)
            >>> len(near), int(near[0])
            (10, 5)
        """
        point = self.features(progress.part(0, 0.9)).matrix[row]
        return self._near(point, count, progress.part(0.9, 1), row)

    def _near(
        self, point: NDArray[np.float32], count: int, progress: Progress, first: int | None = None
    ) -> Rows:
        features = self.features()
        gaps = distances_to(features.matrix, point, features.metric, progress)
        return nearest_rows(gaps, count, first)

    # ---- what strategies see ----------------------------------------------------------------------

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

    def described(self, inputs: Inputs) -> str:
        """Digest of all that a strategy looks at: data, features, groups, columns, marks, rows, costs."""
        groups, recipe, entities = inputs.groups, self.recipe, eligibility.entity_columns(self.data)
        parts: dict[str, Any] = {
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
        if recipe.near is not None:
            parts["near"] = {"text": recipe.near.text, "rows": recipe.near.rows, "in": self.features().key}
        frame = self.data.frame
        here = {name: kind for name, kind in sorted(inputs.roles.items()) if name in frame.columns}
        read = {name: reading(frame[name], kind) for name, kind in here.items()}
        read = {name: as_ for name, as_ in read.items() if as_ != reading(frame[name])}
        if read:  # roles by which columns are read otherwise than by their values
            parts["read"] = read
        if inputs.costs is not None:
            parts["cost"] = inputs.cost_column
        return digest(parts)
