"""Proportional, equal and Neyman allocation: where picks are worth most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.permanent_random import Draws
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..model.selection import Selection
from ..strategies.declaration import STRATEGIES
from ..strategies.running.select import select
from .planted_points import codes_of, limits, names_of, orders, places, population, running_mean, source
from .scene import (
    REPEATS,
    Floats,
    Guide,
    Repeats,
    Scene,
    SceneClaim,
    SceneLine,
    ScenePanel,
    Story,
    Trace,
    odds,
)

SIZES = (40, 80, 280)
SPREADS = (16.0, 2.0, 1.0)
CENTRES = (42.0, 14.0, 6.0)
BUDGET = 24
PROMISE, BROKEN = 0.6, 0.6
LABELS = ("Proportional", "Equal", "Neyman")


@cache
def points() -> Inputs:
    """Three groups, a strip each: x is the height, which varies most in the smallest group; y is a place in
    the strip and means nothing."""
    rng = source("allocation")
    parts, old = [], []
    for at, (size, centre, spread) in enumerate(zip(SIZES, CENTRES, SPREADS, strict=True)):
        height = _exactly(rng.normal(0, 1, size), centre, spread)
        strip = 2.0 - at + rng.uniform(-0.3, 0.3, size)
        parts.append((("wild", "mixed", "calm")[at], np.c_[height, strip]))
        old.append(_exactly(rng.normal(0, 1, size), centre, SPREADS[2 - at]))
    heights = np.concatenate([part[:, 0] for _, part in parts])
    return population("allocation", parts, {"height": heights, "last year": np.concatenate(old)})


def _exactly(values: Floats, centre: float, spread: float) -> Floats:
    """Values with exactly this mean and standard deviation (divisor N − 1)."""
    moved = values - values.mean()
    made: Floats = centre + moved * (spread / moved.std(ddof=1))
    return made


def _picked(seed: int, broken: bool, budget: int) -> tuple[Selection, ...]:
    inputs = points()
    spread = "last year" if broken else "height"
    ways = (
        {"allocation": "proportional"},
        {"allocation": "equal"},
        {"allocation": "neyman", "spread": spread},
    )
    return tuple(
        select("stratified", inputs, budget, seed=seed, params={**way, "minimum": 1}) for way in ways
    )


def heights() -> Floats:
    """The measured value of every point."""
    frame = points().frame
    assert frame is not None
    found: Floats = frame["height"].to_numpy(np.float64)
    return found


def standard_error(quota: Floats) -> float:
    """Standard error of the stratified mean: √Σ (N_h/N)² (1 − n_h/N_h) S_h²/n_h (Cochran, 1977, 5.3).

    Example:
        >>> round(standard_error(np.array([2.0, 5.0, 17.0])), 2)
        1.13
    """
    codes, values = codes_of(points()), heights()
    sizes = np.bincount(codes).astype(np.float64)
    spread = np.array([values[codes == at].std(ddof=1) for at in range(len(sizes))])
    share = sizes / sizes.sum()
    return float(np.sqrt((share**2 * (1 - quota / sizes) * spread**2 / quota).sum()))


def quotas(selection: Selection) -> Floats:
    """Picks in each group."""
    return np.bincount(codes_of(points())[selection.rows], minlength=len(SIZES)).astype(np.float64)


def estimate(selection: Selection) -> float:
    """The stratified mean by design weights (Horvitz–Thompson over N)."""
    assert selection.weight is not None
    return float((selection.weight * heights()[selection.rows]).sum() / len(codes_of(points())))


@cache
def _first_means() -> Floats:
    """Mean height of the first 1, 2, … picks of each group in draws 0 to 199: (draws, groups, budget).

    Inside a group the stratified strategy takes rows in ascending order of one permanent random number,
    which is the same under every allocation; so 200 draws of three allocations cost 200 of these numbers a
    row in place of 600 runs. O(draws · n log n).
    """
    inputs, values = points(), heights()
    codes, everybody = codes_of(inputs), np.arange(inputs.n, dtype=np.int64)
    outer, inner = (f"{name}/{STRATEGIES[name].version}" for name in ("stratified", "random"))
    found = np.empty((REPEATS, len(SIZES), BUDGET))
    for seed in range(REPEATS):
        luck = Draws(inputs.keys, seed, outer).of(everybody, inner).uniforms()
        order = np.argsort(luck)
        for group in range(len(SIZES)):
            first = order[codes[order] == group][:BUDGET]
            found[seed, group] = np.cumsum(values[first]) / np.arange(1, BUDGET + 1)
    return found


def repeated_estimates(quota: Floats) -> Floats:
    """The estimate of a split in draws 0 to 199, shape (200,); what `estimate` finds draw by draw."""
    share = np.asarray(SIZES) / sum(SIZES)
    means = _first_means()[:, np.arange(len(SIZES)), quota.astype(np.int64) - 1]
    found: Floats = means @ share
    return found


def running_estimate(rows: Rows) -> Floats:
    """Σ (N_h/N)·(mean of the group's picks so far); NaN until every group has a pick."""
    codes, values = codes_of(points())[rows], heights()[rows]
    own = codes[None, :] == np.arange(len(SIZES))[:, None]
    count = np.cumsum(own, axis=1)
    total = np.cumsum(own * values, axis=1)
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    share = np.asarray(SIZES) / sum(SIZES)
    found: Floats = share @ mean
    return found


def run(seed: int, broken: bool, budget: int) -> Scene:
    """The same budget split in three ways, and the mean height that each estimates."""
    inputs = points()
    truth = float(heights().mean())
    labels = (*LABELS[:2], "Neyman, old spreads" if broken else LABELS[2])
    panels, lines, split, formula, splits = [], [], [], [], []
    for slot, (label, found) in enumerate(zip(labels, _picked(seed, broken, budget), strict=True)):
        value = running_estimate(found.rows)
        quota = quotas(found)
        told = tuple(
            "no mean yet" if np.isnan(one) else f"mean {one:.1f}, off by {abs(one - truth):.1f}"
            for one in value
        )
        guides = (
            Guide("all points", "x", np.full(budget, truth), truth=True),
            Guide("", "x", value),
        )
        panels.append(ScenePanel(slot, label, found.rows, told, guides=guides))
        lines.append(SceneLine(slot, label, value))
        split.append(" + ".join(f"{n:.0f}" for n in quota))
        formula.append(f"{standard_error(quota):.2f}")
        splits.append(quota)
    low, high = limits(running_mean(heights(), orders(inputs, budget, seed)))
    facts = (
        (f"picks: {' + '.join(names_of(inputs))}", *split),
        ("standard error, by formula ↓", *formula),
    )
    return Scene(
        places(inputs),
        codes_of(inputs),
        names_of(inputs),
        tuple(panels),
        Trace("Estimated mean height", "picks", tuple(lines), low, high, truth),
        budget,
        facts=facts,
        strips="height",
        repeats=partial(repeated, tuple(splits), broken),
    )


def repeated(splits: Sequence[Floats], broken: bool) -> Repeats:
    """The estimates of all three splits in 200 draws."""
    found = np.stack([repeated_estimates(quota) for quota in splits])
    came = _came(found - heights().mean(), broken)
    return Repeats(found, 1 if broken else 2, came, "nearer than C" if broken else "nearer than A")


def _came(errors: Floats, broken: bool) -> NDArray[np.bool_]:
    """Whether Neyman is nearer the truth than proportional; broken: equal nearer than Neyman."""
    far = np.abs(errors)
    found: NDArray[np.bool_] = far[1] < far[2] if broken else far[2] < far[0]
    return found


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: Neyman's estimate is nearer the truth than proportional's; broken: equal's is nearer."""
    truth = float(heights().mean())
    found = _picked(seed, broken, BUDGET)
    errors = np.array([estimate(one) - truth for one in found])
    return SceneClaim(bool(_came(errors, broken)), dict(zip(LABELS, map(float, np.abs(errors)), strict=True)))


STORY = Story(
    id="allocation",
    title="Splitting the budget",
    question="How should picks be split over groups?",
    sentences=(
        f"Three groups of {SIZES[0]}, {SIZES[1]} and {SIZES[2]} points, a strip each; we want the mean "
        "height (dashed).",
        f"In the smallest group heights vary {SPREADS[0] / SPREADS[2]:.0f} times as much as in the largest.",
        "A splits the picks by size, B equally, C by size times spread (Neyman): "
        "a group that varies little needs few picks.",
    ),
    takeaway="Spend picks where there is much and where it varies. Neyman's standard error is the smallest; "
    f"in {odds(PROMISE)} its estimate is nearer the truth than the proportional one.",
    event="Neyman's estimate is nearer the truth than the proportional one",
    promise=PROMISE,
    break_label="spreads of last year",
    break_sentence="Neyman now uses last year's spreads, when the large group was the wild one. In "
    f"{odds(BROKEN)} the plain equal split is nearer the truth: Neyman is only as good as its spreads.",
    break_event="the equal split's estimate is nearer the truth than Neyman's",
    break_promise=BROKEN,
    budget=BUDGET,
    choices=(
        Choice("random"),
        Choice("stratified", {"allocation": "proportional"}),
        Choice("stratified", {"allocation": "equal"}),
    ),
    shows=("stratified",),
    redraws="picks",
    run=run,
    claim=claim,
    broken={
        2: "A splits the picks by size, B equally, C by size times last year's spread (Neyman), which was "
        "large where it is small now."
    },
)
