"""A selection against the rest, or against another one, for a study."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..analysis.contrast.contrast import contrast_rows, contrast_selections, contrast_sizes
from ..analysis.contrast.describing_tree import SelectionDescription, describe_rows
from ..analysis.contrast.metrics_beside_band import MetricContrast, contrast_metrics
from ..analysis.contrast.origin import SelectionOrigin
from ..analysis.contrast.population import Population, population_of
from ..analysis.contrast.result import Contrast
from ..data.filters.conditions import mentioned
from ..features.basis import feature_columns
from ..foundation.arrays.array_types import Rows
from ..foundation.arrays.positions import positions_among
from ..foundation.progress import SILENT, Progress
from ..groups.spec import COLUMN
from ..metrics.column_distributions import columns_of
from ..metrics.pool import Pool, prepare
from ..model.needs import Need
from .artifacts import Artifacts

VECTORS = (
    "The map is made of supplied vectors. What these were made of is not known here: other columns may have "
    "made the selection through them."
)


def origin_study(
    study: Artifacts,
    *,
    columns: Collection[str] = (),
    where: str = "",
    layout: bool = False,
    groups: bool = False,
) -> SelectionOrigin:
    """What made a selection of a study, of everything that had a part in it.

    Args:
        study: The study that it was made in.
        columns: Columns that it was filtered or coloured and picked by.
        where: A condition that it was filtered by: all columns that it can mean count.
        layout: It was drawn on a map: all columns that the features are made of count, and the groups where
            they are clusters.
        groups: It was picked by groups: where these are clusters, all that the features are made of too.

    Raises:
        FeatureError, ColumnError: The study's features or groups cannot be.
    """
    data, spec = study.data, study.group_spec
    named = {*columns, *(mentioned(where, data.roles) if where else ())}
    by_column = spec is not None and spec.method == COLUMN
    features = layout or (groups and spec is not None and not by_column)
    if features:
        named.update(feature_columns(study.spec, data, study.features() if study.has("features") else None))
    if groups and spec is not None and by_column:
        named.add(str(spec.column))
    grouped = groups or (str(spec.column) in named if spec is not None and by_column else features)
    return SelectionOrigin(frozenset(named), grouped and spec is not None, features)


def population_study(study: Artifacts, progress: Progress = SILENT) -> Population:
    """The eligible rows with their columns and groups; serves all selections of a study."""
    groups = study.groups(progress, typical=False)
    return population_of(study.data, within=study.eligible(), groups=groups)


def contrast_study(
    study: Artifacts,
    population: Population,
    rows: Rows,
    other: Rows | None = None,
    *,
    origin: SelectionOrigin,
    verdicts: bool = True,
    progress: Progress = SILENT,
) -> Contrast:
    """A selection against the other eligible rows, or against another selection.

    Args:
        study: The study.
        population: Of the study, see `population_study`.
        rows: Canonical positions of eligible rows.
        other: Another selection; None for the rest.
        origin: What made the selection, or both together.
        verdicts: Whether differences are tested as well; sizes alone are there at once.
        progress: Told how far the work is; may cancel it.

    Raises:
        ParameterError: Rows that are not eligible, no rows, or none to compare them with.
    """
    seed = study.recipe.seed
    if other is not None:
        groups = study.groups(typical=False)
        found = contrast_selections(
            study.data,
            rows,
            other,
            groups=groups,
            origin=origin,
            verdicts=verdicts,
            seed=seed,
            progress=progress,
        )
    elif verdicts:
        found = contrast_rows(population, rows, origin=origin, seed=seed, progress=progress)
    else:
        found = contrast_sizes(population, rows, origin=origin)
    supplied = origin.features and study.spec.source == "vector"
    return replace(found, notes=(*found.notes, VECTORS)) if supplied else found


def pool_study(study: Artifacts, progress: Progress = SILENT) -> Pool:
    """The eligible rows prepared for metrics of row sets, as if none were pinned."""
    inputs = replace(study.inputs(progress, {Need.FEATURES, Need.GROUPS}), pins=np.empty(0, np.int64))
    eligible = study.eligible()
    return prepare(inputs if eligible is None else inputs.take(eligible), columns_of(study.data))


def contrast_metrics_study(
    study: Artifacts, pool: Pool, rows: Rows, *, origin: SelectionOrigin, progress: Progress = SILENT
) -> tuple[MetricContrast, ...]:
    """`contrast_metrics` of rows by canonical position, in the pool of a study."""
    own = positions_among(rows, study.eligible())
    return contrast_metrics(pool, own, origin=origin, seed=study.recipe.seed, progress=progress)


def describe_rows_study(
    study: Artifacts, rows: Rows, *, without: Collection[str] = (), progress: Progress = SILENT
) -> SelectionDescription:
    """`describe_rows` among the eligible rows of a study, with the recipe's seed."""
    return describe_rows(
        study.data,
        rows,
        within=study.eligible(),
        without=without,
        seed=study.recipe.seed,
        progress=progress,
    )
