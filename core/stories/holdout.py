"""Picking on the test set: the best of many tries looks better than it is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.permanent_random import replicates, smallest
from ..model.inputs import Inputs
from ..model.recipe import Choice
from .planted_points import codes_of, names_of, places, population, source
from .scene import REPEATS, Extra, Floats, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

ROWS = 160  # that may be chosen
TEST = 40
FRESH = 2_000
PICKS = 6  # rows of one try
TRIES = 60
SIGNAL = 0.45  # half the distance between the two kinds, in spreads
OVER = 0.6
PROMISE, BROKEN = 0.9, 0.9
TYPICAL = 5
"""The draw that it begins with: of draws 0 to 199 that whose gap, test minus fresh, is nearest the median."""
MEDIAN = {False: 0.112, True: 0.161}
"""Median gap over draws 0 to 199, whole and broken. Counting takes seconds, so the tests do, not the page."""
_STREAM = "learn-holdout-tries/1"


@lru_cache(maxsize=8)
def _world(seed: int, broken: bool) -> tuple[Inputs, NDArray[np.float32], Rows, NDArray[np.float32], Rows]:
    """Rows to choose from, test rows and fresh rows, all of one law; broken: labels are coin tosses."""
    rng = source("holdout", seed)

    def drawn(count: int) -> tuple[NDArray[np.float64], Rows]:
        code = np.arange(count) % 2
        middle = np.where(code == 1, SIGNAL, -SIGNAL) * (0 if broken else 1)
        return rng.normal(0, 1, (count, 2)) + np.c_[middle, np.zeros(count)], code.astype(np.int64)

    xy, code = drawn(ROWS)
    test, test_code = drawn(TEST)
    fresh, fresh_code = drawn(FRESH)
    inputs = population("holdout", [("no", xy[code == 0]), ("yes", xy[code == 1])])
    return inputs, test.astype(np.float32), test_code, fresh.astype(np.float32), fresh_code


@lru_cache(maxsize=8)
def _tries(seed: int, broken: bool, tries: int) -> tuple[Rows, Floats]:
    """Random subsets of six rows, shape (tries, 6), and the share of test rows each gets right."""
    inputs, test, truth, _, _ = _world(seed, broken)
    chosen = np.stack([smallest(u, PICKS) for u in replicates(inputs.keys, seed, _STREAM, tries)])
    score = np.array([_right(inputs, rows, test, truth) for rows in chosen])
    return chosen, score


def _right(inputs: Inputs, rows: Rows, xy: NDArray[np.float32], truth: Rows) -> float:
    """Share of points whose nearest chosen row has their label."""
    gap = xy[:, None, :] - places(inputs)[rows][None, :, :]
    nearest = np.einsum("ijk,ijk->ij", gap, gap).argmin(axis=1)
    return float((codes_of(inputs)[rows][nearest] == truth).mean())


def run(seed: int, broken: bool, budget: int) -> Scene:
    """Tries one by one, the best so far by its test score, and what it gets right of fresh rows."""
    inputs, test, test_code, fresh, fresh_code = _world(seed, broken)
    chosen, score = _tries(seed, broken, budget)
    best = np.array([int(np.argmax(score[: step + 1])) for step in range(budget)])
    honest = {at: _right(inputs, chosen[at], fresh, fresh_code) for at in np.unique(best)}
    real = np.array([honest[at] for at in best])
    tried = tuple(f"try {at + 1}: {100 * one:.0f} % of test rows right" for at, one in enumerate(score))
    told = tuple(
        f"try {at + 1}: {100 * score[at]:.0f} % on test, {100 * honest[at]:.0f} % on fresh rows"
        for at in best
    )
    return Scene(
        places(inputs),
        codes_of(inputs),
        names_of(inputs),
        (
            ScenePanel(0, "This try", chosen[:, 0], tried, visible=tuple(chosen)),
            ScenePanel(1, "Best so far", chosen[:, 0], told, visible=tuple(chosen[best])),
        ),
        Trace(
            "Best so far: share of rows it gets right",
            "tries",
            (
                SceneLine(1, f"{TEST} test rows", score[best], "test"),
                SceneLine(2, f"{FRESH:,} fresh rows", real, "fresh"),
            ),
            truth=0.5,
            percent=True,
        ),
        budget,
        extra=Extra("test row", test, test_code),
        note=_standing(seed, broken, float(score[best[-1]] - real[-1])),
    )


def _standing(seed: int, broken: bool, gap: float) -> str:
    """How the gap of a draw compares with those of 200."""
    said = f"{abs(100 * gap):.0f} points {'above' if gap >= 0 else 'below'} fresh"
    if seed == TYPICAL and not broken:
        return f"Draw {seed} is typical: after {TRIES} tries test is {said}, the median of {REPEATS} draws."
    return (
        f"Draw {seed}: after {TRIES} tries test is {said}; the median of {REPEATS} draws is "
        f"{100 * MEDIAN[broken]:.0f} above."
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: the winner's test score is above its score on fresh rows; broken: it is 60 % or more."""
    inputs, _, _, fresh, fresh_code = _world(seed, broken)
    chosen, score = _tries(seed, broken, TRIES)
    best = int(np.argmax(score))
    real = _right(inputs, chosen[best], fresh, fresh_code)
    held = score[best] >= OVER if broken else score[best] > real
    return SceneClaim(bool(held), {"test": float(score[best]), "fresh": real, "first": float(score[0])})


STORY = Story(
    id="holdout",
    title="Picking on the test",
    question="Is the best of many tries as good as it looks?",
    sentences=(
        f"Each try draws {PICKS} points at random; a new one gets the label (circle, square) of the nearest.",
        f"Every try is scored on the same {TEST} test rows (open marks), and B keeps the best so far.",
        "“Test” is B's score on those test rows; “fresh” is what the same choice gets right of "
        f"{FRESH:,} rows that no try was scored on.",
    ),
    takeaway="The best of many tries is partly the luckiest: in "
    f"{odds(PROMISE)} the winner's test score is above its score on fresh rows. "
    "Choose on one set of rows, report on another.",
    event="the winner's test score is above its score on fresh rows",
    promise=PROMISE,
    break_label="labels by coin toss",
    break_sentence=f"Now there is nothing to learn: any choice is right half the time. Still, in "
    f"{odds(BROKEN)} the best of {TRIES} tries gets {100 * OVER:.0f} % or more of the test rows right.",
    break_event=f"the winner gets {100 * OVER:.0f} % or more of the test rows right, by luck alone",
    break_promise=BROKEN,
    budget=TRIES,
    choices=(Choice("random"), Choice("prototypes")),
    shows=("random",),
    redraws="points",
    run=run,
    claim=claim,
    first=TYPICAL,
)
