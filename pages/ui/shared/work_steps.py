"""What is done and what is missing, one short line per step."""

from __future__ import annotations

from core.foundation.wording import count
from pages.ui.shared.markdown_escapes import plain

from . import cache
from .app_state import AppState


def steps(now: AppState) -> list[str]:
    """One short line per step: what there is, or what is missing."""
    lines = []
    study = cache.peek(now)
    groups = study.groups() if study is not None and study.has("groups") else None
    lines.append(
        f":material/check: {count(len(groups.names), 'group')}"
        if groups
        else ":material/schedule: no groups yet"
    )
    recipe = now.recipe
    if recipe.pins or recipe.bans:
        lines.append(f":material/push_pin: {len(recipe.pins):,} pinned · {len(recipe.bans):,} banned")
    if now.target is not None:
        lines.append(f":material/target: {count(now.target.rows, 'row')} to resemble")
    if now.runs and not compared(now):
        lines.append(f":material/schedule: comparing {len(now.runs[-1].recipe.strategies)} subsets")
    elif now.runs:
        lines.append(f":material/check: {count(len(now.runs[-1].recipe.strategies), 'subset')} compared")
    else:
        lines.append(":material/schedule: no subsets yet")
    lines.append(
        f":material/check: signed by {plain(now.signoff.name)}"
        if now.signoff
        else ":material/schedule: not signed"
    )
    return lines


def compared(now: AppState) -> bool:
    """Whether the newest comparison has ended."""
    job = cache.runner().get(now.runs[-1].key) if now.runs else None
    return bool(now.runs) and not (job is not None and job.live)
