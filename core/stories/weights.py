"""Why weights matter: unequal chances bend a plain mean, and 1/π bends it back."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..model.selection import Selection
from ..strategies.running.select import select
from .planted_points import codes_of, limits, names_of, orders, places, population, running_mean, source
from .scene import Floats, Guide, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZE = 260
BUDGET = 44
UNSEEN = -0.35  # to the left of this nothing can be drawn, where the story is broken
PROMISE, BROKEN = 0.9, 0.9
LABELS = ("Every pick counts 1", "Every pick counts 1/π")


@cache
def points() -> Inputs:
    """A wide cloud; the chance of a point grows to the right. “blind” is the same chance with a gap."""
    rng = source("weights")
    xy = np.c_[rng.normal(0, 1.25, SIZE), rng.normal(0, 0.75, SIZE)]
    size = np.exp(0.5 * np.clip(xy[:, 0], -2.2, 2.2))
    return population(
        "weights", [("visits", xy)], {"size": size, "blind": np.where(xy[:, 0] < UNSEEN, 0.0, size)}
    )


def blind_share() -> float:
    """Share of points that have no chance where the story is broken."""
    return float((across() < UNSEEN).mean())


def across() -> Floats:
    """What is estimated: the place of a point from left to right."""
    return places(points())[:, 0].astype(np.float64)


def _picked(seed: int, broken: bool, budget: int) -> Selection:
    return select("pps", points(), budget, seed=seed, params={"size": "blind" if broken else "size"})


def run(seed: int, broken: bool, budget: int) -> Scene:
    """The same picks twice: counted alike, and counted by their design weights."""
    inputs = points()
    value, truth = across(), float(across().mean())
    found = _picked(seed, broken, budget)
    assert found.inclusion is not None
    weight = 1.0 / found.inclusion
    means = (running_mean(value, found.rows), running_mean(value, found.rows, weight))
    border = Guide("no chance", "x", np.full(budget, UNSEEN), truth=True, before=True)
    panels = tuple(
        ScenePanel(
            slot,
            label,
            found.rows,
            tuple(f"mean {one:+.2f}, off by {abs(one - truth):.2f}".replace("-", "−") for one in mean),
            weight=weight if slot else None,
            guides=(
                Guide("all points", "x", np.full(budget, truth), truth=True),
                Guide("estimate", "x", mean),
                *((border,) if broken else ()),
            ),
        )
        for slot, (label, mean) in enumerate(zip(LABELS, means, strict=True))
    )
    low, high = limits(running_mean(value, orders(inputs, budget, seed)))
    lines = tuple(SceneLine(slot, label, means[slot]) for slot, label in enumerate(LABELS))
    return Scene(
        places(inputs),
        codes_of(inputs),
        names_of(inputs),
        panels,
        Trace("Estimated mean, left to right", "picks", lines, low, high, truth),
        budget,
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: the weighted mean is nearer the truth than the plain one; broken: it is outside the strip."""
    value, truth = across(), float(across().mean())
    found = _picked(seed, broken, BUDGET)
    assert found.inclusion is not None
    plain = float(value[found.rows].mean())
    weighted = float(np.average(value[found.rows], weights=1.0 / found.inclusion))
    low, high = limits(value[orders(points(), BUDGET, seed)].mean(axis=1))
    held = not low <= weighted <= high if broken else abs(weighted - truth) < abs(plain - truth)
    return SceneClaim(bool(held), {"plain": plain, "weighted": weighted, "truth": truth})


BLIND = blind_share()

STORY = Story(
    id="weights",
    title="Weights",
    question="Why count some picks more than others?",
    sentences=(
        "We want the mean place of all points from left to right, but points on the right are likelier to "
        "be drawn.",
        "A counts every pick alike, so its mean is pulled to where picking was easy.",
        "B counts each pick 1/π, one over its chance (larger marks count more): an unlikely pick also speaks "
        "for those like it that were missed.",
    ),
    takeaway="Unequal chances are fine if they are known and undone: in "
    f"{odds(PROMISE)} the weighted mean is nearer the truth than the plain one.",
    event="the weighted mean is nearer the truth than the plain mean",
    promise=PROMISE,
    break_label="give some no chance at all",
    break_sentence=f"Now the {100 * BLIND:.0f} % of points on the left have no chance. In "
    f"{odds(BROKEN)} even the weighted mean is outside the strip: weights undo small chances, never a "
    "chance of 0.",
    break_event="the weighted mean is outside the strip",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(Choice("random"), Choice("stratified", {"allocation": "equal"})),
    shows=("pps",),
    redraws="picks",
    run=run,
    claim=claim,
    broken={
        0: "We want the mean place of all points, left to right. The right is likelier to be drawn, the far "
        "left never is.",
        2: "B counts each pick 1/π (larger marks count more): it speaks for those like it that were missed, "
        "but none is like the far left.",
    },
)
