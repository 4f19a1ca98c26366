"""Seconds for keys and fingerprint of 1,000,000 rows × 10 columns, beside a plain loop over cells on a part.

Run: python -m tests.benchmarks.keys [rows]
"""

from __future__ import annotations

import resource
import sys
from hashlib import blake2b
from time import perf_counter

import numpy as np
import pandas as pd
import pyarrow as pa

from core.data.cells.canonical_cells import canonical_frame
from core.data.cells.row_keys import key_rows

PART = 20_000


def table(n: int) -> pa.Table:
    """Ten columns as people have them: three with a value of its own in every row, others that repeat."""
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "id": np.arange(n),
            "text": [f"row {i} says something of its own, {i * 7919 % n}" for i in range(n)],
            "price": rng.normal(size=n),
            "weight": rng.normal(size=n).astype(np.float32),
            "count": rng.integers(0, 1_000, n),
            "group": rng.choice(["alpha", "beta", "gamma"], n),
            "flag": rng.random(n) < 0.5,
            "when": pd.Timestamp("2024-01-01").to_datetime64()
            + rng.integers(0, 10**8, n).astype("timedelta64[s]"),
            "city": rng.choice([f"city {i}" for i in range(5_000)], n),
            "gaps": pa.array(rng.integers(0, 50, n), mask=rng.random(n) < 0.3),
        }
    )


def plain(frame: pd.DataFrame) -> None:
    """One hash per cell and one per row in plain Python: what vectorising is measured against."""
    columns = [frame[name].tolist() for name in sorted(frame.columns)]
    for row in zip(*columns, strict=True):
        state = blake2b(digest_size=16)
        for cell in row:
            text = str(cell).encode()
            state.update(blake2b(b"%d:%s" % (len(text), text), digest_size=16).digest())
        state.digest()


def main(n: int) -> None:
    """Print the seconds of each step and the ratio to the plain loop."""
    made = table(n)
    start = perf_counter()
    frame, _, _ = canonical_frame(made)
    values = perf_counter() - start
    for name, column in (("with ids", "id"), ("by content", None)):
        start = perf_counter()
        key_rows(frame, column)
        seconds = perf_counter() - start
        print(f"{n:,} rows × 10 columns, {name}: keys and fingerprint {seconds:.1f} s", end="")
        print(f", canonical values {values:.1f} s")
    part = frame.head(PART)
    start = perf_counter()
    plain(part)
    slow = (perf_counter() - start) / PART
    start = perf_counter()
    key_rows(part, "id")
    fast = (perf_counter() - start) / PART
    print(f"plain loop over cells, first {PART:,} rows: {slow / fast:.1f} times as long per row")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
