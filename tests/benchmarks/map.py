"""The map of 1,000,000 rows: bytes to the browser, and a lasso over all rows on the server.

Run: ``python tests/benchmarks/map.py``
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.foundation.arrays.lasso import inside_lasso
from core.report.charts.colouring import by_category
from core.report.charts.maps import centres, explore_map
from core.report.charts.theme import LIGHT


def main() -> None:
    rng = np.random.default_rng(0)
    n, groups = 1_000_000, 12
    middle = rng.normal(0, 6, (groups, 2))
    codes = rng.integers(0, groups, n)
    xy = (middle[codes] + rng.normal(size=(n, 2))).astype(np.float32)
    names = [f"group {at}" for at in range(groups)]
    start = perf_counter()
    colours = by_category("groups", codes, names, LIGHT)
    labels = centres(xy, codes, names)
    built = perf_counter()
    body = explore_map(xy, colours, theme=LIGHT, names=labels).to_json()
    drawn = perf_counter()
    angle = np.linspace(0, 2 * np.pi, 100)
    inside = inside_lasso(xy, (4 * np.cos(angle)).tolist(), (4 * np.sin(angle)).tolist())
    done = perf_counter()
    print(f"colours and names {built - start:.2f} s (kept per data set), figure {drawn - built:.2f} s")
    print(f"to the browser    {len(body) / 1e6:.2f} MB      (hold: 2)")
    print(f"lasso, 100 points {done - drawn:.2f} s, {inside.mean():.0%} of rows inside      (hold: 1)")


if __name__ == "__main__":
    main()
