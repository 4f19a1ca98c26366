"""Estimates from a subset, for a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..analysis.estimates.estimate_selection import estimate_selection
from ..analysis.estimates.intervals import Estimate
from ..metrics.column_distributions import columns_of
from ..model.needs import Need
from ..model.selection import Selection
from .artifacts import Artifacts


def estimate_study(
    study: Artifacts, selection: Selection, columns: Sequence[str], **options: Any
) -> tuple[Estimate, ...]:
    """`estimate_selection` for a study: its filter, bans and pins, and its columns by role.

    Args:
        study: The study that the subset was drawn in.
        selection: The subset.
        columns: What to estimate.
        options: Keyword arguments of `estimate_selection`.
    """
    needs = {Need.GROUPS} if "groups" in options.get("auxiliaries", ()) else set()
    inputs = study.inputs(needs=needs)
    options.setdefault("kinds", columns_of(study.data))
    return estimate_selection(inputs, selection, columns, eligible=study.eligible(), **options)
