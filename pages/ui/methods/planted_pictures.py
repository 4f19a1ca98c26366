"""A small population in two dimensions, with a planted minority, for pictures of what strategies pick."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.foundation.errors import AliquotError
from core.model.derived import Features, Groups, Target
from core.model.inputs import Inputs
from core.model.needs import Need
from core.strategies.declaration import STRATEGIES
from core.strategies.running.needs import needs_of, unmet
from core.strategies.running.select import select

PICKS = 24
EDITION = 2  # of the population; pictures are kept under it
_CLUMPS = 105
_MEANING = {
    Need.GROUPS: "its groups are the crowd, the ring, the scatter and the small group",
    Need.SCORES: "the score grows to the right",
    Need.ORDER: "time runs from left to right",
    Need.ENTITIES: f"its {_CLUMPS} entities are small clumps of neighbours",
    Need.TARGET: "the target is the right half of the ring",
}
_SIZES = {"crowd": 260, "ring": 110, "scatter": 40, "far group": 10}


@dataclass(frozen=True)
class PlantedPicture:
    """A strategy at work on the planted population.

    Args:
        xy: All points, shape (n, 2), float32.
        rows: What it picked, in order.
        rare: How many of them are of the small far group.
        reason: Why there is no picture; "" where there is one.
        words: How many it picked, in words.
    """

    xy: NDArray[np.float32]
    rows: NDArray[np.int64]
    rare: int
    reason: str = ""
    words: str = ""


def population() -> Inputs:
    """The population: a dense crowd, a ring, a loose scatter and ten points far away.

    Groups are those four; score and time grow to the right; entities are clumps of neighbours; the target is
    the right half of the ring. There is a table of numbers, and no text.
    """
    rng = np.random.Generator(np.random.Philox(7))
    angle = rng.uniform(0, 2 * np.pi, _SIZES["ring"])
    circle = np.c_[np.cos(angle), np.sin(angle)]
    parts = [
        rng.normal((-1.6, 0.2), 0.45, (_SIZES["crowd"], 2)),
        np.array([1.9, -0.3]) + circle * rng.normal(1.15, 0.07, (_SIZES["ring"], 1)),
        rng.uniform(-1, 1, (_SIZES["scatter"], 2)) * (3.4, 1.9),
        rng.normal((0.1, 2.6), 0.13, (_SIZES["far group"], 2)),
    ]
    xy = np.concatenate(parts).astype(np.float32)
    codes = np.repeat(np.arange(len(_SIZES)), list(_SIZES.values())).astype(np.int64)
    keys = np.array(
        [list(blake2b(f"planted {at}".encode(), digest_size=16).digest()) for at in range(len(xy))], np.uint8
    )
    order = np.lexsort(keys.T[::-1])
    xy, codes, keys = np.ascontiguousarray(xy[order]), codes[order], keys[order]
    xy.flags.writeable = False
    right = xy[:, 0].astype(np.float64)
    score = right - right.min() + 0.5  # a size as well, so above 0
    # Keys are random, so the first rows are random points.
    entities = np.linalg.norm(xy[:, None] - xy[None, :_CLUMPS], axis=2).argmin(axis=1)
    frame = pd.DataFrame(
        {"x": right, "y": xy[:, 1].astype(np.float64), "size": score, "kind": np.array(list(_SIZES))[codes]}
    )
    target = xy[(codes == 1) & (xy[:, 0] > 1.9)]
    return Inputs(
        keys=keys,
        features=Features(xy, "euclidean", "planted", "two made-up numbers", ("x", "y")),
        frame=frame,
        groups=Groups(codes, tuple(_SIZES), label="planted groups", key="planted"),
        labels=codes,
        scores=score,
        entities=entities.astype(np.int64),
        order=right,
        target=Target("right half of the ring", "planted", features=target),
    )


def picture_of(strategy: str) -> PlantedPicture:
    """Run a strategy with its defaults on the planted population."""
    inputs = population()
    declared = STRATEGIES[strategy]
    reason = unmet(declared, inputs)
    empty = np.empty(0, np.int64)
    assert inputs.features is not None
    if reason:
        if Need.TEXT in needs_of(declared, {}):
            reason = "it reads text, and these points have none"
        return PlantedPicture(inputs.features.matrix, empty, 0, reason)
    try:
        found = select(strategy, inputs, PICKS, seed=1)
    except AliquotError as error:
        return PlantedPicture(inputs.features.matrix, empty, 0, str(error))
    assert inputs.groups is not None
    far = len(_SIZES) - 1
    told = f"{len(found)}" if found.draws == len(found) else f"{found.draws} draws gave {len(found)}"
    return PlantedPicture(
        inputs.features.matrix,
        found.rows,
        int((inputs.groups.codes[found.rows] == far).sum()),
        words=told,
    )


def meaning(needs: Set[Need]) -> str:
    """What the population has of the things a strategy needs, as a sentence of its own; "" for none."""
    told = [words for need, words in _MEANING.items() if need in needs]
    return f" Here {', '.join(told)}." if told else ""


def rare_size() -> int:
    """Points of the small far group."""
    return _SIZES["far group"]


def points() -> int:
    """Points of the population."""
    return sum(_SIZES.values())
