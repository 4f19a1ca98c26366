"""Subsets on the map, beside each other: chosen rows in the colour of their subset over the grey data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.foundation.wording import count
from core.model.derived import Layout
from core.report.charts.map_panels import Subset, maps_alt
from core.report.charts.theme import hue
from core.report.point_map.packing import PointColours
from core.study.study import Study

from . import drawing, map_stages
from .map_pick import Pick
from .point_map import Cell, Marks, point_map


def subset_maps(
    study: Study,
    layout: Layout,
    subsets: Sequence[Subset],
    *,
    name: str,
    height: int = 250,
    waiting: str = "",
    marks: Marks | None = None,
    hint: str = "",
    on_row: Callable[[int], None] | None = None,
) -> None:
    """One view per subset; they move together.

    Args:
        study: The study behind the maps.
        layout: Where its rows lie.
        subsets: What to show and its rows; None keeps the place of one without rows.
        name: Which map of the app.
        height: Of a view in pixels.
        waiting: What stands below the name of a subset without rows.
        marks: Rows with a mark on every view.
        hint: What a click does.
        on_row: Told the row that was clicked.
    """
    theme, n = drawing.theme(), len(study.data)
    groups = study.groups() if map_stages.ready(study, "groups") else None
    lit = None if marks is None else marks.lit
    cells = [
        Cell(
            title=f"{shown.letter} · {shown.label}",
            note=waiting
            if rows is None
            else count(len(rows), "row")
            if lit is None
            else f"holds {int(np.isin(lit, rows).sum()):,} of {len(lit):,}",
            letter=shown.letter,
            hue=hue(shown.slot, theme),
            rows=rows,
        )
        for shown, rows in subsets
    ]

    def picked(pick: Pick) -> None:
        if on_row is not None and pick.row is not None:
            on_row(pick.row)

    point_map(
        study.data,
        layout,
        PointColours(np.zeros(n, np.uint8), ("",), (theme.grey,), (0,)),
        theme,
        name=name,
        alt=maps_alt(n, subsets),
        height=height,
        cells=cells,
        columns=drawing.ACROSS,
        chosen=True,
        marks=marks,
        hint=hint,
        groups=groups,
        on_pick=picked if on_row is not None else None,
    )
