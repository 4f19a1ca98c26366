"""k-center and the outlier: what covers best is drawn to junk."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..metrics.pool import prepare
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..strategies.running.select import select
from .planted_points import codes_of, last, limits, names_of, orders, places, population, running, source
from .scene import Floats, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZE = 240
BUDGET = 12
EARLY = 2
TRIM = 0.01
PROMISE, BROKEN = 0.95, 0.95


@lru_cache(maxsize=8)
def points(seed: int) -> Inputs:
    """A ragged cloud and one point far away from it."""
    rng = source("outlier", seed)
    cloud = np.concatenate(
        [
            rng.normal((-0.8, -0.5), (0.5, 0.4), (SIZE // 2, 2)),
            rng.normal((0.4, 0.3), (0.45, 0.5), (SIZE - SIZE // 2, 2)),
        ]
    )
    far = np.array([[3.4, 2.1]]) + rng.normal(0, 0.1, (1, 2))
    return population("outlier", [("cloud", cloud), ("outlier", far)])


def _covering(seed: int, broken: bool, budget: int) -> Rows:
    return select("k-center", points(seed), budget, seed=seed, params={"trim": TRIM if broken else 0.0}).rows


def run(seed: int, broken: bool, budget: int) -> Scene:
    """Random and k-center side by side, and the radius within which every point has a pick."""
    inputs = points(seed)
    pool = prepare(inputs)
    chosen = (select("random", inputs, budget, seed=seed).rows, _covering(seed, broken, budget))
    radii = running(pool, chosen, "coverage-radius")
    low, high = limits(running(pool, orders(inputs, budget, seed), "coverage-radius"))
    junk = codes_of(inputs) == 1
    labels = ("Random", f"k-center, {100 * TRIM:.0f} % trimmed" if broken else "k-center")
    panels = tuple(
        ScenePanel(slot, label, rows, tuple(_told(radius, junk[rows])), radius=radius)
        for slot, (label, rows, radius) in enumerate(zip(labels, chosen, radii, strict=True))
    )
    return Scene(
        places(inputs),
        codes_of(inputs),
        names_of(inputs),
        panels,
        Trace(
            "Coverage radius ↓",
            "picks",
            tuple(SceneLine(slot, label, radii[slot]) for slot, label in enumerate(labels)),
            low,
            high,
        ),
        budget,
    )


def _told(radius: Floats, junk: NDArray[np.bool_]) -> list[str]:
    at = int(np.argmax(junk)) + 1 if junk.any() else 0
    return [
        f"radius {value:.2f}"
        + (f" · outlier was pick {at}" if at and step >= at else " · outlier not picked")
        for step, value in enumerate(radius, start=1)
    ]


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: the outlier comes early and the radius beats the strip; broken: neither.

    Broken, the outlier is not picked and the radius is no better than what random subsets reach.
    """
    inputs = points(seed)
    rows = _covering(seed, broken, BUDGET)
    radius = float(last(prepare(inputs), [rows], "coverage-radius")["coverage-radius"][0])
    low, high = _strip(seed)
    junk = codes_of(inputs)[rows] == 1
    place = int(np.argmax(junk)) + 1 if junk.any() else 0
    held = not place and radius >= low if broken else 0 < place <= EARLY and radius < low
    return SceneClaim(held, {"place": place, "radius": radius, "low": low, "high": high})


@lru_cache(maxsize=8)
def _strip(seed: int) -> tuple[float, float]:
    """What random subsets of the last step reach."""
    inputs = points(seed)
    found = last(prepare(inputs), orders(inputs, BUDGET, seed), "coverage-radius")["coverage-radius"]
    low, high = limits(found)
    return float(low), float(high)


STORY = Story(
    id="outlier",
    title="The outlier",
    question="What does “cover everything” cost?",
    sentences=(
        f"One of the {SIZE + 1} points lies far away: a typing error, say.",
        "k-center always takes the point farthest from its picks. The circles have the coverage radius, the "
        "smallest that reaches every point.",
        "It covers fast because it goes for the extremes, and nothing is as extreme as the outlier.",
    ),
    takeaway=f"k-center covers better than chance, and takes junk first: in {odds(PROMISE)} the outlier is "
    f"among the first {EARLY} picks and the final radius is below the strip.",
    event=f"the outlier is among the first {EARLY} picks and the radius is below the strip",
    promise=PROMISE,
    break_label="trim the most isolated 1 %",
    break_sentence="Trimmed points are taken only when no others are left. In "
    f"{odds(BROKEN)} the outlier stays out, and the radius, which still counts it, is not below the strip: "
    "nobody can leave a point out and cover it.",
    break_event="the outlier is not picked and the radius is not below the strip",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(Choice("random"), Choice("k-center"), Choice("k-center", {"trim": TRIM})),
    shows=("random", "k-center"),
    redraws="points",
    run=run,
    claim=claim,
    broken={
        1: "k-center takes the point farthest from its picks, but leaves the most isolated "
        f"{100 * TRIM:.0f} % for last. The circles have the coverage radius, the smallest that reaches "
        "every point.",
        2: "It still goes for the extremes, but what stands alone, as the outlier does, has to wait.",
    },
)
