"""One run of Compare as the page shows it: what every view of it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core.analysis.comparison.comparison import Comparison
from core.model.derived import Layout
from core.report.charts.theme import Slot
from core.study.study import Study
from pages.ui.shared import kept_runs, state
from pages.ui.shared.app_state import RunRef


@dataclass(frozen=True)
class RunView:
    """One run as the page shows it.

    Args:
        run: The run: its key, and the recipe it stands for (which may differ from the choices above by now).
        comparison: What there is of it so far; at least one strategy has been tried.
        slots: One per strategy of the run: letter and name.
        maps: The study behind all maps (no pins, bans or filter); its features and groups are made.
        layout: The map, or None while it is being made.
        live: The run is still going on.
    """

    run: RunRef
    comparison: Comparison
    slots: Sequence[Slot]
    maps: Study
    layout: Layout | None
    live: bool

    @cached_property
    def study(self) -> Study:
        """The study of the run itself, as `kept_runs.study_of` finds it, with its `DataError`."""
        return kept_runs.study_of(state.app(), self.run)
