"""What strategies need and will not find in this data set, in words, with the page that gives it."""

from __future__ import annotations

from collections.abc import Sequence

from core.model.dataset import Kind
from core.model.needs import Need
from core.model.recipe import Choice
from core.strategies.declaration import STRATEGIES
from core.strategies.running.needs import needs_of
from core.study.study import Study
from pages.ui.shared.app_state import AppState

_ON_EXPLORE = {Need.FEATURES, Need.GROUPS, Need.TEXT}  # made there; all else is given on Data
_ROLES = {
    Need.LABELS: Kind.LABEL,
    Need.SCORES: Kind.SCORE,
    Need.ORDER: Kind.TIME,
    Need.ENTITIES: Kind.ENTITY,
}


def at_hand(study: Study) -> set[Need]:
    """What strategies will find, without making anything."""
    found = {Need.FEATURES, Need.COLUMNS}
    if study.group_spec is not None:
        found.add(Need.GROUPS)
    if study.label_column() is not None:
        found.add(Need.LABELS)
    if study.score_column() is not None:
        found.add(Need.SCORES)
    if study.entity_column() is not None:
        found.add(Need.ENTITIES)
    if study.time_column() is not None:
        found.add(Need.ORDER)
    if study.target_data is not None:
        found.add(Need.TARGET)
    if study.spec.uses_text:
        found.add(Need.TEXT)
    return found


def lacking(choice: Choice, study: Study) -> list[Need]:
    """What a strategy with these parameters needs and will not find."""
    columns = set(map(str, study.data.frame.columns))
    return sorted(needs_of(choice.id, choice.params, columns) - at_hand(study))


def any_can_run(now: AppState, study: Study) -> bool:
    """Whether any of the strategies finds what it needs."""
    return any(not lacking(choice, study) for choice in now.recipe.strategies)


def reason(choice: Choice, missing: Sequence[Need], study: Study) -> str:
    """Why a strategy cannot run, as the end of a sentence: what it needs, and what else would do."""
    told = []
    for need in missing:
        words = need.words.source
        several = len(study.data.columns(_ROLES[need])) if need in _ROLES else 0
        if several > 1:
            words = f"one {words.partition(' ')[2]} ({several} columns have that role)"
        told.append(words)
    named = [need for need in missing if need not in STRATEGIES[choice.id].needs]
    instead = ", or another column in its settings" if named else ""
    return f"it needs {' and '.join(told)}{instead}"


def remedy(need: Need) -> tuple[str, str]:
    """The page where a missing need is given, and what its link says."""
    return "explore.py" if need in _ON_EXPLORE else "data.py", need.words.action
