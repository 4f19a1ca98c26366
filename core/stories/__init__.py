"""Learn: eight stories about choosing a subset, on small planted populations drawn live by the engine.

Each story asks a question, shows strategies picking one by one, can be broken by one switch, and ends in a
sentence whose promise (“in at least 9 of 10 draws”) is an event that `Story.claim` decides for any seed.
"""

from __future__ import annotations

from ..foundation.progress import SILENT, Progress
from . import allocation, chance, diversity, holdout, outlier, rare, target, weights
from .scene import Claim as Claim
from .scene import Extra as Extra
from .scene import Guide as Guide
from .scene import Line as Line
from .scene import Panel as Panel
from .scene import Scene as Scene
from .scene import Story as Story
from .scene import Trace as Trace
from .scene import odds as odds

STORIES: dict[str, Story] = {
    module.STORY.id: module.STORY
    for module in (chance, rare, outlier, allocation, weights, diversity, target, holdout)
}
"""All stories by id, in the order in which they are told."""

REPEATS = 200


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
