"""Three ideas of a good subset: far apart, near everything, and like the whole."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..foundation.arrays.array_types import Rows
from ..metrics.pool import prepare
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..strategies.running.select import select
from .planted_points import codes_of, last, limits, names_of, orders, places, population, running, source
from .scene import Floats, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZES = (150, 70, 30)
STRAY = 14
BUDGET = 12
HALF = BUDGET // 2
PROMISE, BROKEN = 0.95, 0.95
LABELS = ("Greedy DPP", "Facility location", "Kernel herding")
WAYS = ("greedy-dpp", "facility-location", "herding")


@lru_cache(maxsize=8)
def points(seed: int, broken: bool) -> Inputs:
    """A crowd, a ring of fewer points around it, a thin patch; broken: strays far outside as well."""
    rng = source("diversity", seed)
    angle = rng.uniform(0, 2 * np.pi, SIZES[1])
    parts = [
        ("crowd", rng.normal((-0.7, -0.5), 0.33, (SIZES[0], 2))),
        ("belt", np.c_[np.cos(angle), np.sin(angle)] * rng.normal(1.75, 0.14, (SIZES[1], 1))),
        ("patch", rng.uniform((0.1, 0.1), (1.1, 1.1), (SIZES[2], 2))),
    ]
    if broken:
        around = np.arange(STRAY) * (2 * np.pi / STRAY) + rng.uniform(0, 0.3, STRAY)
        parts.append(("strays", np.c_[np.cos(around), np.sin(around)] * rng.uniform(3.0, 3.9, (STRAY, 1))))
    return population("diversity", parts)


def _picked(seed: int, broken: bool, budget: int) -> list[Rows]:
    inputs = points(seed, broken)
    return [select(way, inputs, budget, seed=seed).rows for way in WAYS]


def _measured(seed: int, broken: bool, chosen: list[Rows]) -> dict[str, Floats]:
    """Spacing, covering and matching of whole subsets, by the metrics of Compare."""
    return last(prepare(points(seed, broken)), chosen, "spread", "coverage-mean", "mmd")


def run(seed: int, broken: bool, budget: int) -> Scene:
    """Three deterministic strategies on the same points, and three numbers that each wins once."""
    inputs = points(seed, broken)
    chosen = _picked(seed, broken, budget)
    codes = codes_of(inputs)
    panels = []
    for slot, (label, rows) in enumerate(zip(LABELS, chosen, strict=True)):
        crowd, strays = np.cumsum(codes[rows] == 0), np.cumsum(codes[rows] == 3)
        counted, where = (strays, "are strays") if broken else (crowd, "from the crowd")
        told = tuple(f"{n} of {at + 1} {where}" for at, n in enumerate(counted))
        panels.append(ScenePanel(slot, label, rows, told))
    distance = running(prepare(inputs), chosen, "mmd")
    low, high = limits(running(prepare(inputs), orders(inputs, budget, seed), "mmd"))
    found = _measured(seed, broken, chosen)
    facts = tuple(
        (name, *(f"{value:.{digits}f}" for value in found[metric]))
        for name, metric, digits in (
            ("far apart: mean gap between picks ↑", "spread", 2),
            ("covering: mean distance to a pick ↓", "coverage-mean", 2),
            ("matching: kernel distance MMD² ↓", "mmd", 3),
        )
    )
    return Scene(
        places(inputs),
        codes,
        names_of(inputs),
        tuple(panels),
        Trace(
            "Kernel distance to all points, MMD² ↓",
            "picks",
            tuple(SceneLine(slot, label, distance[slot]) for slot, label in enumerate(LABELS)),
            low,
            high,
        ),
        budget,
        facts=facts,
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: each is best at its own question; broken: the diverse one is mostly strays."""
    chosen = _picked(seed, broken, BUDGET)
    codes = codes_of(points(seed, broken))
    kinds = {"belt": float((codes[chosen[0]] == 1).mean()), "crowd": float((codes[chosen[2]] == 0).mean())}
    if broken:
        strays = [int((codes[rows] == 3).sum()) for rows in chosen]
        held = strays[0] >= HALF and strays[2] <= 1
        return SceneClaim(held, {**dict(zip(LABELS, map(float, strays), strict=True)), **kinds})
    found = _measured(seed, broken, chosen)
    gap, cover, mmd = found["spread"], found["coverage-mean"], found["mmd"]
    held = int(gap.argmax()) == 0 and int(cover.argmin()) == 1 and int(mmd.argmin()) == 2
    return SceneClaim(held, {"gap": float(gap[0]), "cover": float(cover[1]), "mmd": float(mmd[2]), **kinds})


STORY = Story(
    id="diversity",
    title="Diverse or typical",
    question="Far apart, near everything, or like the whole?",
    sentences=(
        "A, a greedy DPP, takes points as unlike each other as it can: many from the thin belt.",
        "B, facility location, takes points so that every point has one near: spread, but where points are.",
        "C, herding, lets the subset's distribution follow that of all points: half or more are from "
        "the crowd.",
    ),
    takeaway="“Representative” has several meanings, and no subset here is best in all: in "
    f"{odds(PROMISE)} A has the widest gaps, B covers best and C matches best. Choose by the question.",
    event="each of the three is best in its own measure",
    promise=PROMISE,
    break_label=f"add {STRAY} stray points",
    break_sentence=f"Strays are as unlike as points can be. In {odds(BROKEN)} at least {HALF} of A's "
    f"{BUDGET} picks are strays and at most one of C's: “diverse” is drawn to noise.",
    break_event=f"{HALF} or more of A's picks are strays and at most one of C's",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(Choice("greedy-dpp"), Choice("facility-location"), Choice("herding")),
    shows=WAYS,
    redraws="points",
    run=run,
    claim=claim,
    broken={
        0: "A, a greedy DPP, takes points as unlike each other as it can: most of them strays.",
        2: "C, herding, lets the subset's distribution follow that of all points, of which few are strays.",
    },
)
