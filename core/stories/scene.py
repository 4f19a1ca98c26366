"""What a teaching story is, and what it shows: arrays and words, nothing of a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..model.recipe import Choice

Floats = NDArray[np.float64]
REPEATS = 200
"""Draws, numbered from 0, in which a story's promise is counted."""


@dataclass(frozen=True)
class Guide:
    """A line through the picture at a value that may move from step to step.

    Args:
        label: What stands beside it.
        axis: "x" for an upright line at a value of x, "y" for a level one.
        values: Its place after each step, shape (steps,); NaN where there is none yet.
        truth: It is the value of all points, or a border: no estimate.
        before: Its label stands to the left of the line.
    """

    label: str
    axis: Literal["x", "y"]
    values: Floats
    truth: bool = False
    before: bool = False


@dataclass(frozen=True)
class ScenePanel:
    """One subset growing step by step.

    Args:
        slot: Letter and hue, 0 for A.
        label: Its name.
        rows: Positions in the order in which they were picked, shape (steps,).
        captions: One short line per step.
        radius: Coverage radius after each step, shape (steps,); None where the story tells none.
        weight: What each pick counts, shape (steps,); None where all count the same.
        guides: Lines through its picture.
        visible: Which picks are drawn after each step; None: all so far.
    """

    slot: int
    label: str
    rows: Rows
    captions: tuple[str, ...]
    radius: Floats | None = None
    weight: Floats | None = None
    guides: tuple[Guide, ...] = ()
    visible: tuple[Rows, ...] | None = None

    def picks(self, step: int) -> Rows:
        """Positions drawn after a step, oldest first."""
        return self.rows[:step] if self.visible is None else self.visible[step - 1]


@dataclass(frozen=True)
class SceneLine:
    """One value after each step, in the hue of a slot.

    Args:
        slot: Hue and, where `short` is empty, letter.
        label: Its name.
        values: Shape (steps,); NaN where there is none.
        short: What stands at its end in place of a letter, where it belongs to no picture.
    """

    slot: int
    label: str
    values: Floats
    short: str = ""

    @property
    def name(self) -> str:
        """What stands at its end."""
        return self.short or "ABCDEFGH"[self.slot]

    @property
    def title(self) -> str:
        """Its name in full."""
        return self.label if self.short else f"{self.name} {self.label}"


@dataclass(frozen=True)
class Trace:
    """The running chart: values against steps, beside what random subsets reach.

    Args:
        title: What is measured.
        step: What one step is: "picks", "tries".
        lines: One per subset.
        low, high: 2.5 and 97.5 percentiles of 199 random subsets after each step, or None.
        truth: The value of all points, or NaN.
        percent: Values are shares.
    """

    title: str
    step: str
    lines: tuple[SceneLine, ...]
    low: Floats | None = None
    high: Floats | None = None
    truth: float = float("nan")
    percent: bool = False


@dataclass(frozen=True)
class Repeats:
    """What each subset's value comes to in many draws, and in which of them the story's event comes true.

    Args:
        values: Value after the last step, shape (panels, draws); draws are numbered from 0.
        slot: The panel whose value the event speaks of.
        came: Whether the event came true, shape (draws,).
        words: The event in short: "nearer than A".
    """

    values: Floats
    slot: int
    came: NDArray[np.bool_]
    words: str


@dataclass(frozen=True)
class Extra:
    """Points that are no rows of the population: a target, test rows."""

    label: str
    xy: NDArray[np.float32]
    codes: Rows | None = None


@dataclass(frozen=True)
class Scene:
    """A story at work: everything that its screen shows, for every step.

    Args:
        xy: All points in canonical order, shape (n, 2), float32.
        codes: Group of each point, int64 (n,).
        names: Names of the groups.
        panels: One to three subsets on the same axes.
        trace: The running chart.
        steps: Number of steps.
        facts: Rows of a small table: what it is, then one text per panel; the last step's values.
        extra: Points beside the population.
        strips: Name of the axis, where x is the value of a point and each group has a strip of its own along
            it; else both coordinates are places.
        repeats: What other draws come to, in place of the running chart; counted when it is asked for, so
            that the picture need not wait.
        note: What must be known of this draw among others.
    """

    xy: NDArray[np.float32]
    codes: Rows
    names: tuple[str, ...]
    panels: tuple[ScenePanel, ...]
    trace: Trace
    steps: int
    facts: tuple[tuple[str, ...], ...] = ()
    extra: Extra | None = None
    strips: str = ""
    repeats: Callable[[], Repeats] | None = None
    note: str = ""


@dataclass(frozen=True)
class SceneClaim:
    """Whether a story came true in one draw.

    Args:
        held: The event that the takeaway (or, broken, the sentence of the break) speaks of.
        numbers: What it was decided by, by name.
    """

    held: bool
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """A teaching story.

    Args:
        id: A slug that never changes.
        title: Two or three words.
        question: What it asks.
        sentences: Three sentences: what is seen, what happens, why.
        takeaway: One sentence to take away; holds the promise in words.
        event: What `claim` decides, as the end of "in … draws".
        promise: The event comes true in at least this share of draws.
        break_label: Name of the switch.
        break_sentence: What the switch does and what follows; holds its promise in words.
        break_event: What `claim` decides where the story is broken.
        break_promise: That event comes true in at least this share of draws.
        budget: Picks (or tries) from the first to the last step.
        choices: Strategies for "Do this on my data".
        shows: Ids of the strategies that it shows at work.
        redraws: What another seed draws again.
        broken: Sentences that stand in place of those that no longer hold where the story is broken, by their
            position.
        run: ``(seed, broken, budget) -> Scene``.
        claim: ``(seed, broken) -> SceneClaim``.
        first: The draw that it begins with.
    """

    id: str
    title: str
    question: str
    sentences: tuple[str, str, str]
    takeaway: str
    event: str
    promise: float
    break_label: str
    break_sentence: str
    break_event: str
    break_promise: float
    budget: int
    choices: tuple[Choice, ...]
    shows: tuple[str, ...]
    redraws: Literal["picks", "points"]
    run: Callable[[int, bool, int], Scene]
    claim: Callable[[int, bool], SceneClaim]
    broken: Mapping[int, str] = field(default_factory=dict)
    first: int = 0

    def sentences_when(self, broken: bool) -> tuple[str, ...]:
        """The sentences that hold, whole or broken."""
        return tuple(self.broken.get(at, one) if broken else one for at, one in enumerate(self.sentences))

    def to_json(self) -> dict[str, Any]:
        """The words of the story, for tests and documents."""
        names = (
            *("id", "title", "question", "sentences", "takeaway", "event", "promise"),
            *("break_label", "break_sentence", "break_event", "break_promise", "budget", "redraws"),
        )
        return {name: getattr(self, name) for name in names} | {"broken": self.sentences_when(True)}


def odds(share: float) -> str:
    """A promised share in words that a test can hold.

    Example:
        >>> odds(0.9), odds(0.95)
        ('at least 9 of 10 draws', 'at least 19 of 20 draws')
    """
    of = 10 if abs(share * 10 - round(share * 10)) < 1e-9 else 20
    return f"at least {round(share * of)} of {of} draws"
