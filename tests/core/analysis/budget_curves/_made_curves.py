"""A population of three groups, for the tests of curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from core.model.recipe import Choice

NONE = np.empty(0, np.int64)


def population(n=260, pins=NONE, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.sort(rng.integers(0, 3, n))
    x = rng.normal(size=(n, 4)).astype(np.float32)
    x[:, 0] += 3 * codes
    keys = np.zeros((n, 16), np.uint8)
    keys[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "k", "l"),
        frame=pd.DataFrame({"u": rng.normal(size=n), "code": codes}),
        groups=Groups(codes, ("first", "second", "third")),
        pins=np.asarray(pins, np.int64),
    )


FOUR = [Choice(name) for name in ("random", "stratified", "k-center", "facility-location")]
