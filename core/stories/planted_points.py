"""Small planted populations in two dimensions, and what is measured on them step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..analysis.random_band.draw import band_subsets
from ..analysis.random_band.measure import FULL, HIGH, LOW
from ..foundation.arrays.array_types import Rows
from ..foundation.permanent_random import KEY_BYTES, Draws
from ..metrics.measure import measure_many
from ..metrics.pool import Pool
from ..model.derived import Features, Groups
from ..model.inputs import Inputs

if TYPE_CHECKING:
    from .scene import Floats

Part = tuple[str, NDArray[np.float64]]


def source(story: str, seed: int = 0) -> np.random.Generator:
    """The generator that draws the points of a story; a Philox seeded by its name and the seed."""
    return Draws(np.empty((0, 16), np.uint8), seed, f"learn-{story}/1").generator()


def population(
    story: str, parts: Sequence[Part], columns: Mapping[str, NDArray[np.float64]] | None = None
) -> Inputs:
    """Points in canonical order with their groups; keys are made from group and coordinates alone.

    Args:
        story: Part of every key.
        parts: Name and points (m, 2) of each group.
        columns: Numbers per point, in the order of the parts, for a table beside x and y.

    Example:
        >>> made = population("doc", [("a", np.zeros((1, 2))), ("b", np.ones((2, 2)) * [[1], [2]])])
        >>> made.n, made.groups.sizes.tolist(), made.features.matrix.shape
        (3, [1, 2], (3, 2))
    """
    import pandas as pd

    xy = np.concatenate([points for _, points in parts]).astype(np.float32)
    codes = np.repeat(np.arange(len(parts)), [len(points) for _, points in parts]).astype(np.int64)
    heads = [blake2b(f"learn/{story}/{name}/".encode()).digest() for name, _ in parts]
    keys = np.array(
        [
            list(blake2b(heads[code] + point.tobytes(), digest_size=16).digest())
            for code, point in zip(codes, xy, strict=True)
        ],
        np.uint8,
    )
    order = np.lexsort(keys.T[::-1])
    xy = np.ascontiguousarray(xy[order])
    xy.flags.writeable = False
    table = {"x": xy[:, 0].astype(np.float64), "y": xy[:, 1].astype(np.float64)}
    table |= {name: np.asarray(values, np.float64)[order] for name, values in (columns or {}).items()}
    return Inputs(
        keys=np.ascontiguousarray(keys[order]),
        features=Features(xy, "euclidean", f"learn-{story}", "two made-up numbers", ("x", "y")),
        frame=pd.DataFrame(table),
        groups=Groups(codes[order], tuple(name for name, _ in parts), label="planted groups", key=story),
    )


def places(inputs: Inputs) -> NDArray[np.float32]:
    """Coordinates of all points, shape (n, 2)."""
    assert inputs.features is not None
    return inputs.features.matrix


def codes_of(inputs: Inputs) -> Rows:
    """Group of each point."""
    assert inputs.groups is not None
    return inputs.groups.codes


def names_of(inputs: Inputs) -> tuple[str, ...]:
    """Names of the groups."""
    assert inputs.groups is not None
    return inputs.groups.names


def orders(inputs: Inputs, budget: int, seed: int) -> Rows:
    """The 199 random subsets of the band as rows of an array (199, budget), in the order of their draw.

    A subset of the band takes the smallest numbers first, so its first t rows are a random subset of t.
    """
    return _orders(inputs.keys.tobytes(), budget, seed)


@lru_cache(maxsize=8)
def _orders(keys: bytes, budget: int, seed: int) -> Rows:
    bare = Inputs(keys=np.frombuffer(keys, np.uint8).reshape(-1, KEY_BYTES))
    found = np.stack(band_subsets(bare, budget, 0, FULL, seed=seed))
    found.flags.writeable = False
    return found


def limits(values: Floats) -> tuple[Floats, Floats]:
    """The 2.5 and 97.5 percentiles over the first axis."""
    low, high = np.percentile(values, [LOW, HIGH], axis=0)
    return low, high


def running_share(hit: NDArray[np.bool_], rows: Rows) -> Floats:
    """Share of hits among the first t rows, for every t; the last axis is the order of picks.

    Example:
        >>> running_share(np.array([True, False]), np.array([0, 1])).tolist()
        [1.0, 0.5]
    """
    return running_mean(hit.astype(np.float64), rows)


def running_mean(values: Floats, rows: Rows, weight: Floats | None = None) -> Floats:
    """Mean of the first t rows under weights (Hájek's ratio), for every t.

    Example:
        >>> running_mean(np.array([1.0, 4.0]), np.array([0, 1]), np.array([2.0, 1.0])).tolist()
        [1.0, 2.0]
    """
    mass = np.ones(rows.shape) if weight is None else weight
    found: Floats = np.cumsum(values[rows] * mass, axis=-1) / np.cumsum(mass, axis=-1)
    return found


def running(pool: Pool, ordered: Sequence[Rows] | Rows, metric: str) -> Floats:
    """A metric of the first t rows, for every t and every order of picks: shape (orders, steps)."""
    steps = len(ordered[0])
    subsets = [rows[: step + 1] for rows in ordered for step in range(steps)]
    return measure_many(pool, subsets, metrics=[metric])[metric].reshape(len(ordered), steps)


def last(pool: Pool, ordered: Sequence[Rows] | Rows, *metrics: str) -> dict[str, Floats]:
    """Metrics of whole subsets, each of shape (orders,)."""
    return measure_many(pool, list(ordered), metrics=metrics)
