"""Proportional, equal and Neyman allocation: where picks are worth most."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..foundation.arrays.array_types import Rows
from ..model.inputs import Inputs
from ..model.recipe import Choice
from ..model.selection import Selection
from ..strategies.running.select import select
from .planted_points import codes_of, limits, names_of, orders, places, population, running_mean, source
from .scene import Floats, Guide, Scene, SceneClaim, SceneLine, ScenePanel, Story, Trace, odds

SIZES = (40, 80, 280)
SPREADS = (16.0, 2.0, 1.0)
CENTRES = (42.0, 14.0, 6.0)
BUDGET = 24
PROMISE, BROKEN = 0.6, 0.6
LABELS = ("Proportional", "Equal", "Neyman")


@cache
def points() -> Inputs:
    """Three groups beside each other; height is what is measured, and varies most in the smallest."""
    rng = source("allocation")
    parts, old = [], []
    for at, (size, centre, spread) in enumerate(zip(SIZES, CENTRES, SPREADS, strict=True)):
        height = _exactly(rng.normal(0, 1, size), centre, spread)
        across = 24.0 * at + rng.uniform(-8, 8, size)
        parts.append((("wild", "mixed", "calm")[at], np.c_[across, height]))
        old.append(_exactly(rng.normal(0, 1, size), centre, SPREADS[2 - at]))
    heights = np.concatenate([part[:, 1] for _, part in parts])
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
    panels, lines, split, formula = [], [], [], []
    for slot, (label, found) in enumerate(zip(labels, _picked(seed, broken, budget), strict=True)):
        value = running_estimate(found.rows)
        quota = quotas(found)
        told = tuple(
            "no mean yet" if np.isnan(one) else f"mean {one:.1f}, off by {abs(one - truth):.1f}"
            for one in value
        )
        guides = (
            Guide("", "y", np.full(budget, truth), truth=True),
            Guide("", "y", value),
        )
        panels.append(ScenePanel(slot, label, found.rows, told, guides=guides))
        lines.append(SceneLine(slot, label, value))
        split.append(" + ".join(f"{n:.0f}" for n in quota))
        formula.append(f"{standard_error(quota):.2f}")
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
    )


def claim(seed: int, broken: bool) -> SceneClaim:
    """Unbroken: Neyman's estimate is nearer the truth than proportional's; broken: equal's is nearer."""
    truth = float(heights().mean())
    found = _picked(seed, broken, BUDGET)
    errors = [abs(estimate(one) - truth) for one in found]
    held = errors[1] < errors[2] if broken else errors[2] < errors[0]
    return SceneClaim(held, dict(zip(LABELS, errors, strict=True)))


STORY = Story(
    id="allocation",
    title="Splitting the budget",
    question="How should picks be split over groups?",
    sentences=(
        f"Three groups of {SIZES[0]}, {SIZES[1]} and {SIZES[2]} points; we want the mean height (dashed).",
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
    redraws="picks",
    run=run,
    claim=claim,
    broken={
        2: "A splits the picks by size, B equally, C by size times last year's spread (Neyman), which was "
        "large where it is small now."
    },
)
