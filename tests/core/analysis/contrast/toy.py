"""Columns that contrasts must cope with: skewed, rare, many-valued, with holes, correlated; and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.data.load import load
from core.model.dataset import Dataset
from core.model.derived import Groups

ROLES = {
    "many": "category", "kind": "category", "flag": "category", "rare": "number", "likert": "number",
    "visits": "number", "normal": "number", "twin": "number", "lognormal": "number", "pareto": "number",
    "amount": "number", "holes": "number", "id": "id",
}  # fmt: skip


def frame(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "id": [f"r{at:05d}" for at in range(n)],
            "normal": normal,
            "twin": 0.9 * normal + 0.3 * rng.normal(size=n),
            "lognormal": np.exp(2 * rng.normal(size=n)),
            "pareto": rng.pareto(0.8, n),
            "rare": (rng.random(n) < 0.03).astype(float),
            "visits": rng.poisson(0.3, n).astype(float),
            "likert": rng.integers(1, 6, n).astype(float),
            "amount": np.where(rng.random(n) < 0.05, np.exp(rng.normal(size=n)), 0.0),
            "holes": np.where(rng.random(n) < 0.2, np.nan, np.exp(normal)),
            "kind": rng.choice(list("abcde"), n, p=[0.6, 0.2, 0.1, 0.07, 0.03]),
            "many": "v" + pd.Series(rng.zipf(1.5, n).clip(0, 300)).astype(str),
            "flag": rng.random(n) < 0.5,
        }
    )
    table["kind"] = table["kind"].where(rng.random(n) > 0.1)
    return table


def dataset(n: int, seed: int = 0) -> Dataset:
    return load(frame(n, seed), name="toy", roles=ROLES)


def groups(n: int, seed: int = 0) -> Groups:
    codes = np.random.default_rng(seed).integers(0, 6, n)
    codes[:6] = np.arange(6)
    return Groups(codes, tuple("ABCDEF"))
