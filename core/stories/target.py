"""Matching a target: what the examples show is found, what they lack is lost."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.permanent_random import Draws
from ..model.derived import Target
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..strategies.running.select import select
from .planted_points import codes_of, limits, names_of, orders, places, population, source
from .scene import Extra, Floats, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZES = (200, 50, 50)
EXAMPLES = 40
BUDGET = 24
FEW = 0.25
PROMISE, BROKEN = 0.95, 0.95
LABELS = ("Random", "DSIR-style")
HILL, COAST = (1.7, 1.15), (1.7, -1.15)


@lru_cache(maxsize=8)
def points(seed: int, broken: bool) -> Inputs:
    """A plain, and two places in the east that the subset is needed for; the target shows both or one."""
    rng = source("target", seed)
    made = population(
        "target",
        [
            ("plain", rng.normal((-0.9, 0.0), (0.9, 0.9), (SIZES[0], 2))),
            ("hill", rng.normal(HILL, 0.4, (SIZES[1], 2))),
            ("coast", rng.normal(COAST, 0.4, (SIZES[2], 2))),
        ],
    )
    from dataclasses import replace

    shown = needed(seed)[: EXAMPLES // 2] if broken else needed(seed)
    return replace(made, target=Target("examples", f"learn-target-{seed}-{broken}", features=shown))


@lru_cache(maxsize=8)
def needed(seed: int) -> NDArray[np.float32]:
    """What the subset will be used on: half hill, half coast, drawn apart from the population."""
    rng = Draws(np.empty((0, 16), np.uint8), seed, "learn-target/1").generator("needed")
    half = EXAMPLES // 2
    found = np.concatenate([rng.normal(HILL, 0.4, (half, 2)), rng.normal(COAST, 0.4, (half, 2))])
    made: NDArray[np.float32] = found.astype(np.float32)
    made.flags.writeable = False
    return made


def energy_to(xy: NDArray[np.float32], ordered: Rows, target: NDArray[np.float32]) -> Floats:
    """Energy distance of the first t rows to a target, for every t and every order: shape (orders, steps).

    2·mean d(X, Y) − mean d(X, X′) − mean d(Y, Y′) over all pairs, a point with itself included (Székely
    and Rizzo, 2013); the formula of the metric, with the target in place of the data set. O(orders · b²).

    Example:
        >>> xy = np.array([[0, 0], [3, 4]], np.float32)
        >>> energy_to(xy, np.array([[0, 1]]), xy[:1]).tolist()
        [[0.0, 2.5]]
    """
    from scipy.spatial.distance import cdist

    steps = np.arange(1, ordered.shape[1] + 1, dtype=np.float64)
    own = cdist(xy, xy)
    cross = np.cumsum(cdist(xy, target).mean(axis=1)[ordered], axis=1) / steps
    inside = np.empty(ordered.shape)
    for at, rows in enumerate(ordered):
        square = np.cumsum(np.cumsum(own[np.ix_(rows, rows)], axis=0), axis=1)
        inside[at] = np.diagonal(square) / steps**2
    found: Floats = 2 * cross - inside - cdist(target, target).mean()
    return found


def energy_last(xy: NDArray[np.float32], ordered: Rows, target: NDArray[np.float32]) -> Floats:
    """The last step of `energy_to`, shape (orders,)."""
    from scipy.spatial.distance import cdist

    cross = cdist(xy, target).mean(axis=1)[ordered].mean(axis=1)
    inside = cdist(xy, xy)[ordered[:, :, None], ordered[:, None, :]].mean(axis=(1, 2))
    found: Floats = 2 * cross - inside - cdist(target, target).mean()
    return found


def _picked(seed: int, broken: bool, budget: int) -> Rows:
    inputs = points(seed, broken)
    return np.stack([select(way, inputs, budget, seed=seed).rows for way in ("random", "dsir")])


def run(seed: int, broken: bool, budget: int) -> Scene:
    """Random and DSIR-style picks, and how far each is from what is needed."""
    inputs = points(seed, broken)
    chosen = _picked(seed, broken, budget)
    want = needed(seed)
    far = energy_to(places(inputs), chosen, want)
    low, high = limits(energy_to(places(inputs), orders(inputs, budget, seed), want))
    codes = codes_of(inputs)
    panels, lines = [], []
    for slot, (label, rows) in enumerate(zip(LABELS, chosen, strict=True)):
        hill, coast = np.cumsum(codes[rows] == 1), np.cumsum(codes[rows] == 2)
        told = tuple(
            f"{one} hill, {two} coast, {at - one - two} plain"
            for at, one, two in zip(range(1, budget + 1), hill, coast, strict=True)
        )
        panels.append(ScenePanel(slot, label, rows, told))
        lines.append(SceneLine(slot, label, far[slot]))
    target = inputs.target
    assert target is not None
    assert target.features is not None
    return Scene(
        places(inputs),
        codes,
        names_of(inputs),
        tuple(panels),
        Trace("Energy distance to what is needed ↓", "picks", tuple(lines), low, high),
        budget,
        extra=Extra("example of the target", target.features),
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: DSIR's picks are nearer to the need than the strip; broken: a quarter or less is coast."""
    inputs = points(seed, broken)
    rows = select("dsir", inputs, BUDGET, seed=seed).rows
    codes = codes_of(inputs)[rows]
    useful = max(int((codes > 0).sum()), 1)
    coast = float((codes == 2).sum() / useful)
    far = float(energy_to(places(inputs), rows[None], needed(seed))[0, -1])
    if broken:
        return SceneClaim(coast <= FEW, {"coast": coast, "energy": far})
    low = _strip(seed)
    return SceneClaim(far < low, {"coast": coast, "energy": far, "low": low})


def _strip(seed: int) -> float:
    """The lower edge of what random subsets of the last step reach."""
    inputs, want = points(seed, False), needed(seed)
    ordered = orders(inputs, BUDGET, seed)
    low, _ = limits(energy_last(places(inputs), ordered, want))
    return float(low)


STORY = Story(
    id="target",
    title="A target",
    question="Can a subset be made to look like what you need?",
    sentences=(
        "The subset will be used on the hill and the coast, half and half; most points are on the plain.",
        "You hold some examples of what you need (crosses). A does not look at them.",
        "B, DSIR-style, learns which points are likelier among the examples than in the data, and draws "
        "those more often.",
    ),
    takeaway=f"Examples of what you need are worth having: in {odds(PROMISE)} B is nearer to the need than "
    "the strip of random subsets reaches.",
    event="the target-matched subset is nearer to the need than the strip",
    promise=PROMISE,
    break_label="examples from the hill only",
    break_sentence=f"The need is the same, but your {EXAMPLES // 2} examples miss the coast. In "
    f"{odds(BROKEN)} at most a quarter of B's picks from hill and coast are from the "
    "coast: the target's blind spot becomes the subset's.",
    break_event="at most a quarter of B's picks from hill and coast are from the coast",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(Choice("random"), Choice("dsir")),
    shows=("random", "dsir"),
    redraws="points",
    run=run,
    claim=claim,
    broken={1: "You hold examples of the hill alone (crosses). A does not look at them."},
)
