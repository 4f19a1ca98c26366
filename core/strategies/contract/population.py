"""The made-up rows that the contract is checked on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...model.derived import Features, Groups, Target
from ...model.inputs import Inputs


def population(n: int = 90, seed: int = 5, kind: str = "plain") -> Inputs:
    """Rows with everything any strategy could need, arrays read-only."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    if kind == "constant":
        x[:] = 1.0
    if kind == "duplicates":
        x[: n // 2] = x[0]
    codes = np.zeros(n, np.int64) if kind == "single" else rng.integers(0, 4, n)
    keys = np.sort(rng.integers(0, 256, (n, 16)).astype(np.uint8).view("S16").ravel())
    keys = np.ascontiguousarray(keys).view(np.uint8).reshape(n, 16)
    texts = [" ".join(rng.choice(list("abcdefgh"), 5)) for _ in range(n)]
    scores = rng.random(n)
    for array in (x, codes, keys, scores):
        array.setflags(write=False)
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "toy", "toy"),
        frame=pd.DataFrame({"y": scores + 1.0, "c": rng.choice(list("xyz"), n)}),
        texts=texts,
        groups=Groups(codes, ("a", "b", "c", "d", "noise", "empty"), noise=4),
        scores=scores,
        entities=rng.integers(0, max(1, n // 3), n),
        order=rng.permutation(n).astype(np.float64),
        target=Target("target", "d", tuple(texts[:9]), x[:9]),
    )


def reordered(inputs: Inputs, order: Rows) -> Inputs:
    """The same rows in another order (pins are not mapped)."""
    assert inputs.features is not None
    assert inputs.groups is not None
    assert inputs.frame is not None
    assert inputs.texts is not None
    assert inputs.scores is not None
    assert inputs.entities is not None
    assert inputs.order is not None
    return replace(
        inputs,
        keys=inputs.keys[order],
        features=replace(inputs.features, matrix=inputs.features.matrix[order]),
        frame=inputs.frame.iloc[order].reset_index(drop=True),
        texts=[inputs.texts[row] for row in order],
        groups=replace(inputs.groups, codes=inputs.groups.codes[order]),
        scores=inputs.scores[order],
        entities=inputs.entities[order],
        order=inputs.order[order],
    )


def on_matrix(inputs: Inputs, matrix: NDArray[Any]) -> Inputs:
    """The same rows with other features; the target's change by the same rule where it can be told."""
    assert inputs.features is not None
    return replace(inputs, features=replace(inputs.features, matrix=matrix))
