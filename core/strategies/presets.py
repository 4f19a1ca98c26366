"""Questions people bring to a comparison, and the strategies to begin with for each.

What a strategy is for stands in its own declaration (`answers`); a question names the wishes it stands for
and an order of preference among the strategies that answer one of them. Strategies that the order does not
name follow in the order of the registry, so a new strategy takes part without being listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.needs import Need
from ..model.recipe import Choice
from .declaration import STRATEGIES
from .wishes import Wish

YARDSTICK = "random"
MOST = 3
"""Strategies beside the yardstick: together they fill one row of maps."""


@dataclass(frozen=True)
class PresetChoice:
    """A strategy that a question begins with, and parameters that make it answer."""

    strategy: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """A question as people ask it.

    Args:
        id: A slug.
        question: What people read.
        wishes: What of the declarations it stands for.
        order: Strategies to prefer, best first; each answers one of the wishes.
        metrics: Metrics that answer it, most telling first.
        look: What to look at, as one sentence.
    """

    id: str
    question: str
    wishes: tuple[Wish, ...]
    order: tuple[PresetChoice, ...]
    metrics: tuple[str, ...]
    look: str


@dataclass(frozen=True)
class Offer:
    """What a question comes to on some data.

    Args:
        choices: The yardstick first, then strategies that can run.
        left_out: Preferred strategies that cannot run, with what they lack.
    """

    choices: tuple[Choice, ...]
    left_out: tuple[tuple[Choice, tuple[Need, ...]], ...]


PRESETS: Mapping[str, Preset] = {
    one.id: one
    for one in (
        Preset(
            "represent",
            "represent everything",
            (Wish.COVERS, Wish.RESEMBLES, Wish.SHARES, Wish.TYPICAL, Wish.ESTIMATES, Wish.TIME),
            (
                PresetChoice("stratified"),
                PresetChoice("k-center"),
                PresetChoice("facility-location"),
                PresetChoice("herding"),
                PresetChoice("prototypes"),
                PresetChoice("cube"),
            ),
            ("energy", "group-shares", "column-shift", "coverage-radius"),
            "Look at energy distance and group shares, which say whether the subset is like the whole, and "
            "at the coverage radius, which says how far the row is that it serves worst.",
        ),
        Preset(
            "rare",
            "keep rare groups",
            (Wish.RARE,),
            (
                PresetChoice("stratified", {"allocation": "equal"}),
                PresetChoice("minority"),
                PresetChoice("density"),
                PresetChoice("k-center"),
            ),
            ("smallest-ratio", "groups-hit", "group-shares"),
            "Look at the smallest group kept. Rare rows take the place of common ones, so group shares and "
            "energy distance get worse than luck: that is what keeping them costs.",
        ),
        Preset(
            "target",
            "match a target",
            (Wish.TARGET, Wish.RESEMBLES),
            (
                PresetChoice("dsir"),
                PresetChoice("dsir", {"draw": "top"}),
                PresetChoice("herding"),
                PresetChoice("kernel-thinning"),
            ),
            ("energy", "group-shares", "column-shift"),
            "Look at the maps and at group shares: what resembles the target moves away from the data set, "
            "so energy distance to the data set gets worse where the two differ.",
        ),
        Preset(
            "spread",
            "spread out",
            (Wish.DIVERSE, Wish.COVERS, Wish.CLEAN),
            (
                PresetChoice("farthest-first"),
                PresetChoice("greedy-dpp"),
                PresetChoice("semdedup"),
                PresetChoice("uniformisation"),
                PresetChoice("k-center"),
            ),
            ("spread", "vendi", "redundancy", "near-duplicates"),
            "Look at spread and the Vendi score, which count how different the rows are, and at "
            "near-duplicates kept. What spreads out takes the outliers first.",
        ),
        Preset(
            "quality",
            "best quality without losing breadth",
            (Wish.QUALITY, Wish.CLEAN, Wish.COVERS),
            (
                PresetChoice("kmq"),
                PresetChoice("semdedup", {"keep": "scores"}),
                PresetChoice("facility-location"),
                PresetChoice("k-center"),
            ),
            ("groups-hit", "coverage-mean", "vendi", "column-shift"),
            "Look at groups hit and coverage, which fall where high scores crowd in one corner, beside the "
            "shift of the score column, which is meant to be large here.",
        ),
        Preset(
            "label",
            "cheap to label",
            (Wish.FITS, Wish.TYPICAL, Wish.ENTITIES),
            (
                PresetChoice("typiclust"),
                PresetChoice("probcover"),
                PresetChoice("d-optimal"),
                PresetChoice("facility-location"),
                PresetChoice("leverage"),
            ),
            ("probe-accuracy", "probe-worst-group", "coverage-mean", "redundancy"),
            "Look at probe accuracy where the data has labels already, else at coverage and redundancy: "
            "labels on rows that are alike are paid for twice.",
        ),
    )
}


def offer(
    preset: Preset, lacking: Callable[[Choice], Sequence[Need]], *, most: int = MOST, yardstick: bool = True
) -> Offer:
    """The strategies a question begins with on some data.

    Args:
        preset: The question.
        lacking: What a choice needs and will not find there.
        most: Strategies beside the yardstick.
        yardstick: Whether uniform random rows stand first.

    Example:
        >>> [choice.id for choice in offer(PRESETS["rare"], lambda choice: ()).choices]
        ['random', 'stratified', 'minority', 'density']
    """
    chosen: list[Choice] = []
    left_out = []
    for one in preset.order:
        choice = Choice(one.strategy, dict(one.params))
        missing = tuple(lacking(choice))
        if missing:
            left_out.append((choice, missing))
        elif len(chosen) < most:
            chosen.append(choice)
    for choice in _others(preset):
        if len(chosen) < most and not lacking(choice):
            chosen.append(choice)
    first = (Choice(YARDSTICK),) if yardstick else ()
    return Offer((*first, *chosen), tuple(left_out))


def _others(preset: Preset) -> list[Choice]:
    """Strategies that answer one of the wishes and are not named in the order, by wish."""
    named = {one.strategy for one in preset.order} | {YARDSTICK}
    found: dict[str, Choice] = {}
    for wish in preset.wishes:
        for strategy in STRATEGIES:
            if wish in strategy.answers and strategy.id not in named:
                found.setdefault(strategy.id, Choice(strategy.id))
    return list(found.values())
