"""A selection of 1,000,000 rows against the rest: sizes, verdicts and rules.

Run: python -m tests.benchmarks.contrast [ROWS]      Hold: sizes below 1 s, sizes and verdicts below 5 s.

Fifteen columns: nine numbers around centres, a category, and a skewed amount that is mostly 0, a count, a
column with holes, one of 1,000 values, and a time; groups beside them. Four selections: a lasso of a fifth
(everything differs), a random tenth (nothing does), a random 2,000 and a random 300. Wall and processor
seconds are both told: beside other work the second is the fairer one. Sizes are told with the preparation of
the columns, which is done once for all selections in the same rows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.analysis.contrast.contrast import contrast_rows, contrast_sizes
from core.analysis.contrast.describing_tree import describe_rows
from core.analysis.contrast.population import population_of
from core.data.load import load
from core.model.derived import Groups
from tests.benchmarks.million import TreePeak, table, timed


def wide(rows: int) -> pd.DataFrame:
    """The table of `tests.benchmarks.million` with columns that are harder to test."""
    rng = np.random.default_rng(1)
    frame = table(rows)
    frame["amount"] = np.where(rng.random(rows) < 0.05, np.exp(2 * rng.normal(size=rows)), 0.0).round(4)
    frame["visits"] = rng.poisson(0.3, rows)
    frame["holes"] = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)).round(5)
    frame["place"] = "p" + pd.Series(rng.zipf(1.3, rows).clip(0, 1_000)).astype(str)
    frame["seen"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, rows), unit="s")
    return frame


def main(rows: int) -> None:
    """Print seconds and memory."""
    print(f"{rows:,} rows; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; wall (processor)")
    data = load(wide(rows), name="million", roles={"place": "category", "visits": "number"})
    rng = np.random.default_rng(2)
    groups = Groups(rng.integers(0, 12, rows), tuple("abcdefghijkl"))
    peak = TreePeak(os.getpid())
    population = timed("columns", lambda: population_of(data, groups=groups))
    print(f"  {len(population.numbers)} means, {len(population.shares)} columns of values")
    selections = {"a lasso of a fifth": np.flatnonzero(data.frame["x2"].rank(pct=True).to_numpy() > 0.8)}
    for size in (rows // 10, 2_000, 300):
        selections[f"a random {size:,}"] = np.sort(rng.permutation(rows)[:size])
    for name, chosen in selections.items():
        print(name)
        timed("sizes", lambda chosen=chosen: contrast_sizes(population, chosen))
        found = timed("sizes and verdicts", lambda chosen=chosen: contrast_rows(population, chosen))
        print(f"    {found.counts}")
    print(f"contrast: {peak}")
    found = timed("rules", lambda: describe_rows(data, selections["a lasso of a fifth"], without=["x2"]))
    print(f"    {found.sentence}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
