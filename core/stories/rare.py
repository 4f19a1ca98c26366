"""A rare group lost by chance, and kept by a quota."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from ..model.derived import Groups
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..model.selection import Selection
from ..strategies.running.select import select
from .planted_points import codes_of, limits, names_of, orders, places, population, source
from .scene import Guide, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZES = (170, 118, 12)
MIDDLE = 0.1  # where the halves meet
BUDGET = 20
RARE = 2
QUOTA = 3  # at least this many rare picks, where groups are known and share equally
PROMISE, BROKEN = 0.95, 0.3
LOST = comb(sum(SIZES) - SIZES[RARE], BUDGET) / comb(sum(SIZES), BUDGET)
"""Chance that 20 random picks of 300 hold none of the 12."""


@cache
def points() -> Inputs:
    """Two large clouds and twelve points of a third kind."""
    rng = source("rare")
    return population(
        "rare",
        [
            ("mill", rng.normal((-0.9, -0.4), (0.6, 0.6), (SIZES[0], 2))),
            ("harbour", rng.normal((1.1, -0.2), (0.55, 0.65), (SIZES[1], 2))),
            ("islet", rng.normal((0.1, 1.75), 0.16, (SIZES[2], 2))),
        ],
    )


@cache
def blurred() -> Inputs:
    """The same points with groups that do not know the rare one: left, right of the middle."""
    from dataclasses import replace

    inputs = points()
    side = (places(inputs)[:, 0] > MIDDLE).astype(np.int64)
    return replace(inputs, groups=Groups(side, ("left", "right"), label="halves", key="rare-halves"))


def _picked(seed: int, broken: bool, budget: int) -> tuple[Selection, Selection]:
    groups = blurred() if broken else points()
    return (
        select("random", points(), budget, seed=seed),
        select("stratified", groups, budget, seed=seed, params={"allocation": "equal"}),
    )


def run(seed: int, broken: bool, budget: int) -> Scene:
    """Random and stratified picks side by side, and the rare ones among them."""
    inputs = points()
    rare = codes_of(inputs) == RARE
    panels, lines = [], []
    labels = ("Random", "Stratified by halves" if broken else "Stratified, equal shares")
    for slot, (label, found) in enumerate(zip(labels, _picked(seed, broken, budget), strict=True)):
        held = np.cumsum(rare[found.rows])
        told = tuple(f"{n} of {at + 1} from the islet" for at, n in enumerate(held))
        guides: tuple[Guide, ...] = ()
        if broken and slot:
            guides = (Guide("the halves meet", "x", np.full(budget, MIDDLE), truth=True),)
        panels.append(ScenePanel(slot, label, found.rows, told, guides=guides))
        lines.append(SceneLine(slot, label, held.astype(np.float64)))
    low, high = limits(np.cumsum(rare[orders(inputs, budget, seed)], axis=1).astype(np.float64))
    return Scene(
        places(inputs),
        codes_of(inputs),
        names_of(inputs),
        tuple(panels),
        Trace("Picks from the islet", "picks", tuple(lines), low, high),
        budget,
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: the stratified subset holds three of the rare or more; broken: it holds none."""
    rare = codes_of(points()) == RARE
    random, stratified = (int(rare[found.rows].sum()) for found in _picked(seed, broken, BUDGET))
    held = stratified == 0 if broken else stratified >= QUOTA
    return SceneClaim(held, {"random": random, "stratified": stratified})


STORY = Story(
    id="rare",
    title="The rare group",
    question="Will the rare group be there?",
    sentences=(
        f"Of {sum(SIZES)} points {SIZES[RARE]} are on the islet: {100 * SIZES[RARE] / sum(SIZES):.0f} %.",
        f"A picks at random: {BUDGET} picks miss the islet altogether in {100 * LOST:.0f} % of all draws, "
        "by counting.",
        "B splits its picks equally over groups first, and draws at random inside each.",
    ),
    takeaway=f"A quota keeps what luck may lose: in {odds(PROMISE)} B holds {QUOTA} islet points or more. "
    "The price: the islet is now over-represented, so shares of the whole need weights.",
    event=f"the stratified subset holds {QUOTA} or more of the rare group",
    promise=PROMISE,
    break_label="groups that miss it",
    break_sentence="Now B's groups are the left and the right half, and neither knows the islet. In "
    f"{odds(BROKEN)} B holds none of it: a quota protects only the groups that you named.",
    break_event="the stratified subset holds none of the rare group",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(Choice("random"), Choice("stratified", {"allocation": "equal"})),
    shows=("random", "stratified"),
    redraws="picks",
    run=run,
    claim=claim,
    broken={2: "B splits its picks equally over its two halves first, and draws at random inside each."},
)
