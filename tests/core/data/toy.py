"""A small table with a column of every kind."""

from __future__ import annotations

import pandas as pd

N = 60
FRAME = pd.DataFrame(
    {
        "id": [f"r{i}" for i in range(N)],
        "price": [None if i % 10 == 0 else i / 2 for i in range(N)],
        "lang": [["de", "en", "fr"][i % 3] for i in range(N)],
        "flag": [i % 2 == 0 for i in range(N)],
        "when": pd.date_range("2026-01-01", periods=N),
        "my column": range(N),
        "text": [f"it's =row {i}" if i % 4 else f"=SUM({i})" for i in range(N)],
        "tags": [[i, "a"] for i in range(N)],
    }
)
