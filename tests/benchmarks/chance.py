"""Long forms of the claims about chance: ``python -m tests.benchmarks.chance [tables]``.

In 1,000 tables of eight strategies that are all uniform random subsets at most 7 % may carry any mark, and a
planted shift of eight standard deviations is marked in at least 90 %.
"""

from __future__ import annotations

import sys
from time import perf_counter

from core.metrics.declaration import METRICS
from tests.chance import tables


def main(count: int) -> None:
    for seeds, many in ((1, count), (5, max(count // 5, 1))):
        start, marked, planted = perf_counter(), 0, {}
        for table in tables(many, seeds=seeds, first=10_000):
            marked += table.marked
            for metric in METRICS:
                values = table.band.of(seeds).get(metric.id)
                if values is not None and values.std() > 0:
                    planted.setdefault(metric.id, []).append(table.planted(metric.id, 8))
        print(f"{many:,} all-random tables, means of {seeds} seeds: {marked / many:.1%} with a mark [7 %]")
        for name, found in planted.items():
            print(f"    8 sd on {name}: marked in {sum(found) / len(found):.1%} [90 %]")
        print(f"    {perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
