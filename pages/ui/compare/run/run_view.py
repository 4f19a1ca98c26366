"""What a view of Compare is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.comparison.result import Comparison
from core.model.derived import Layout
from core.report.charts.theme import Shown
from core.study.study import Study
from pages.ui.shared.app_state import RunRef


@dataclass(frozen=True)
class Seen:
    """One run as the page shows it.

    Args:
        run: The run: its key, and the recipe it stands for (which may differ from the choices above by now).
        found: What there is of it so far; at least one strategy has been tried.
        slots: One per strategy of the run: letter and name.
        study: The study under the page's recipe (filter, pins, target).
        maps: The study behind all maps (no pins, bans or filter); its features and groups are made.
        layout: The map, or None while it is being made.
        live: The run is still going on.
    """

    run: RunRef
    found: Comparison
    slots: Sequence[Shown]
    study: Study
    maps: Study
    layout: Layout | None
    live: bool
