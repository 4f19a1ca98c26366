"""Populations for estimates: one of even entities and light tails, others uneven and of heavy tails."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.model.derived import Features, Groups
from core.model.inputs import Inputs

N = 1_200


def population(n: int = N, seed: int = 3) -> Inputs:
    """Rows whose y grows with their size x; groups differ in level and spread; entities of 1 to 9 rows."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(2.0, 1.0, n) + 0.3
    group = np.sort(rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1]))
    y = x * (5 + 2 * group) + rng.normal(0, 1 + group, n) * np.sqrt(x)
    entity = np.repeat(np.arange(n), rng.integers(1, 10, n))[:n]
    z = y + rng.normal(0, 4, n)
    features = np.stack([x, z, rng.normal(size=n), rng.normal(size=n)], axis=1).astype(np.float32)
    keys = np.zeros((n, 16), np.uint8)
    keys[:, :4] = np.arange(n, dtype=">u4").view(np.uint8).reshape(-1, 4)
    frame = pd.DataFrame({"x": x, "y": y, "z": z, "kind": rng.choice(list("pqr"), n, p=[0.6, 0.3, 0.1])})
    frame["fine"] = [f"part {at // 24}" for at in np.argsort(np.argsort(x))]  # 24 rows each, along x
    return Inputs(
        keys=keys,
        features=Features(features, "euclidean", "toy", "toy"),
        frame=frame,
        groups=Groups(group.astype(np.int64), ("a", "b", "c", "d")),
        scores=x,
        entities=entity.astype(np.int64),
        order=np.arange(n, dtype=np.float64),
    )


def uneven(law: str, entities: int = 700, seed: int = 7) -> Inputs:
    """Rows of entities of very different sizes, a level of its own in each, and columns of heavy tails.

    Args:
        law: "lognormal" or "geometric" sizes.
        entities: How many.
        seed: Of the numbers.
    """
    rng = np.random.default_rng(seed)
    sizes = (
        np.ceil(rng.lognormal(1.0, 1.0, entities)) if law == "lognormal" else rng.geometric(0.15, entities)
    )
    owner = np.repeat(np.arange(entities), sizes.astype(np.int64))
    n = len(owner)
    y = 10 + rng.normal(size=entities)[owner] + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "y": y,
            "heavy": rng.lognormal(0.0, 2.0, n),
            "light": rng.gamma(4.0, 1.0, n),
            "once": rng.gamma(9.0, 1.0, entities)[owner] / sizes[owner],  # totals of entities alike
            "kind": rng.choice(list("pqr"), n, p=[0.6, 0.3, 0.1]),
            "x": rng.lognormal(0.0, 1.2, n),
        }
    )
    keys = np.zeros((n, 16), np.uint8)
    keys[:, :4] = np.arange(n, dtype=">u4").view(np.uint8).reshape(-1, 4)
    return Inputs(
        keys=keys,
        frame=frame,
        groups=Groups((owner % 3).astype(np.int64), ("a", "b", "c")),
        scores=frame["x"].to_numpy(),
        entities=owner.astype(np.int64),
    )
