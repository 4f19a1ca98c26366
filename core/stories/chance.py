"""Random and its band: luck shrinks with the number of picks, a bias does not."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..foundation.arrays.array_types import Rows
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..strategies.running.select import select
from .planted_points import codes_of, limits, names_of, orders, places, population, running_share, source
from .scene import Guide, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZES = (210, 90)
BUDGET = 40
REACH = 0.35  # the near part ends at this x
PROMISE, BROKEN = 0.9, 0.95


@cache
def points() -> Inputs:
    """Two overlapping clouds, 210 and 90 points."""
    rng = source("chance")
    return population(
        "chance",
        [
            ("west", rng.normal((-1.1, 0.0), (0.9, 0.8), (SIZES[0], 2))),
            ("east", rng.normal((1.5, 0.1), (0.7, 0.8), (SIZES[1], 2))),
        ],
    )


def near() -> Rows:
    """Points that are easy to reach."""
    return np.flatnonzero(places(points())[:, 0] < REACH).astype(np.int64)


def _picked(seed: int, broken: bool, budget: int) -> Rows:
    return select("random", points(), budget, seed=seed, eligible=near() if broken else None).rows


def run(seed: int, broken: bool, budget: int) -> Scene:
    """Random picks one by one, and the share of the east among them."""
    inputs = points()
    east = codes_of(inputs) == 1
    rows = _picked(seed, broken, budget)
    share = running_share(east, rows)
    low, high = limits(running_share(east, orders(inputs, budget, seed)))
    told = tuple(
        f"{round(value * (at + 1))} of {at + 1} are from the east: {100 * value:.0f} %"
        for at, value in enumerate(share)
    )
    edge = Guide("picks end here", "x", np.full(budget, REACH), truth=True)
    label = "Random, of the near part" if broken else "Random"
    return Scene(
        places(inputs),
        codes_of(inputs),
        names_of(inputs),
        (ScenePanel(0, label, rows, told, guides=(edge,) if broken else ()),),
        Trace(
            "Share of the east among the picks",
            "picks",
            (SceneLine(0, label, share),),
            low,
            high,
            float(east.mean()),
            percent=True,
        ),
        budget,
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: the final share lies in the strip; broken: it lies outside."""
    inputs = points()
    east = codes_of(inputs) == 1
    share = float(east[_picked(seed, broken, BUDGET)].mean())
    low, high = limits(east[orders(inputs, BUDGET, seed)].mean(axis=1))
    inside = bool(low <= share <= high)
    return SceneClaim(inside != broken, {"share": share, "low": float(low), "high": float(high)})


STORY = Story(
    id="chance",
    title="Luck",
    question="How far off can a random subset be?",
    sentences=(
        f"{SIZES[1]} of the {sum(SIZES)} points, {100 * SIZES[1] / sum(SIZES):.0f} %, lie in the east.",
        "Every point that may still be picked has the same chance; the line is the share of the east so far.",
        "The grey strip holds 95 % of 199 other random subsets: that much is luck, and it narrows.",
    ),
    takeaway="Luck shrinks as picks are added, and the strip says how much is left: in "
    f"{odds(PROMISE)} the final share lies inside it. Compare draws such strips for your data.",
    event="the final share lies inside the strip",
    promise=PROMISE,
    break_label="pick only what is near",
    break_sentence="Now only points to the left of the line can be picked. More picks do not help: in "
    f"{odds(BROKEN)} the final share is outside the strip. Luck shrinks; a bias stays.",
    break_event="the final share lies outside the strip",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(Choice("random"),),
    shows=("random",),
    redraws="picks",
    run=run,
    claim=claim,
    broken={
        1: "Only the near part may be picked, each of its points with the same chance; the line is the "
        "share of the east so far.",
        2: "The grey strip holds 95 % of 199 random subsets of all points: that much is luck; it narrows.",
    },
)
