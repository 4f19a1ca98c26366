"""All teaching stories, and how often the event that each promises came true."""

from __future__ import annotations

from ..foundation.progress import SILENT, Progress
from . import allocation, chance, diversity, holdout, outlier, rare, target, weights
from .scene import REPEATS, Story

STORIES: dict[str, Story] = {
    module.STORY.id: module.STORY
    for module in (chance, rare, outlier, allocation, weights, diversity, target, holdout)
}
"""All stories by id, in the order in which they are told."""


def showing(strategy: str) -> tuple[Story, ...]:
    """The stories that show a strategy at work, by its id, in the order in which they are told.

    Example:
        >>> [story.title for story in showing("stratified")]
        ['The rare group', 'Splitting the budget']
    """
    return tuple(story for story in STORIES.values() if strategy in story.shows)


def repeated(story: Story, broken: bool, *, count: int = REPEATS, progress: Progress = SILENT) -> int:
    """In how many of `count` draws (seeds 0 to count − 1) the story's event came true.

    Example:
        >>> repeated(STORIES["rare"], False, count=3)
        3
    """
    held = 0
    for seed in range(count):
        progress(seed, count, "draws")
        held += story.claim(seed, broken).held
    return held
