"""Peak memory of reading a file, per byte of it: where the factors of `core.data.memory_check` come from.

Run: python -m tests.benchmarks.reading [megabytes [formats]]

Each table is written in each format and read in a process of its own; told is how far the process grew while
it read (its peak resident size less its size before, the file's own bytes already in it), per byte of the
file once unpacked, and beside it what `core.data.memory_check` expects. To hold: nothing grows more than
expected."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

SHAPES = ("numbers", "codes", "names", "texts", "mixed")
READ = """
import re, sys
from pathlib import Path
from core.data.load import load
def kib(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))
load(b"id,text\\n1,one\\n2,two\\n", name="warm.csv")
kind, path = sys.argv[1:]
body = Path(path).read_bytes()
load(body[:0] + Path(path + ".small").read_bytes(), name="warm")
Path("/proc/self/clear_refs").write_text("5")
before = kib("VmRSS")
made = load(body, name="file")
print((kib("VmHWM") - before) * 1024, (kib("VmRSS") - before) * 1024, len(made))
"""


def table(shape: str, rows: int) -> pd.DataFrame:
    """Numbers, small whole numbers, short names, long texts, or some of each."""
    rng = np.random.Generator(np.random.PCG64(1))
    words = np.array([f"{word}{at}" for at in range(500) for word in ("late", "parcel", "of", "refund")])

    def numbers(columns: int) -> pd.DataFrame:
        return pd.DataFrame(rng.normal(0, 1, (rows, columns)), columns=[f"n{at}" for at in range(columns)])

    def codes(columns: int) -> pd.DataFrame:
        return pd.DataFrame(rng.integers(0, 50, (rows, columns)), columns=[f"c{at}" for at in range(columns)])

    def names(columns: int) -> pd.DataFrame:
        return pd.DataFrame({f"s{at}": words[rng.integers(0, len(words), rows)] for at in range(columns)})

    def texts(length: int) -> pd.DataFrame:
        drawn = words[rng.integers(0, len(words), (rows, length))]
        return pd.DataFrame({"text": [" ".join(line) for line in drawn]})

    made = {
        "numbers": lambda: numbers(8),
        "codes": lambda: codes(8),
        "names": lambda: names(6),
        "texts": lambda: texts(60),
        "mixed": lambda: pd.concat([numbers(2), codes(2), names(2), texts(12)], axis=1),
    }[shape]()
    made.insert(0, "id", np.arange(rows))
    return made


def written(kind: str, frame: pd.DataFrame) -> bytes:
    """A table in a format; NumPy takes its numbers."""
    sink = io.BytesIO()
    numeric = frame.select_dtypes("number").to_numpy(np.float64)
    writers: dict[str, Callable[[], object]] = {
        "csv": lambda: frame.to_csv(sink, index=False),
        "jsonl": lambda: frame.to_json(sink, orient="records", lines=True),
        "json": lambda: frame.to_json(sink, orient="records"),
        "parquet": lambda: frame.to_parquet(sink, index=False),
        "arrow": lambda: frame.to_feather(sink),
        "excel": lambda: frame.to_excel(sink, index=False),
        "npy": lambda: np.save(sink, numeric),
        "npz": lambda: np.savez(sink, vectors=numeric),
    }
    writers[kind]()
    return sink.getvalue()


def measured(kind: str, shape: str, size: float) -> tuple[int, int, int, int, int]:
    """(peak growth, growth that stays, growth expected, bytes unpacked, rows) of a file of about `size`."""
    from core.data.memory_check import expected, unpacked
    from core.data.readers.unpack import open_bytes

    per_row = len(written("csv" if kind != "npy" else kind, table(shape, 400))) / 400
    frame = table(shape, max(1_000, int(size / per_row)))
    body = written(kind, frame)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "file")
        path.write_bytes(body)
        Path(place, "file.small").write_bytes(written(kind, frame[:50]))
        done = subprocess.run(
            [sys.executable, "-c", READ, kind, str(path)], capture_output=True, text=True, check=True
        )
    peak, stays, rows = (int(word) for word in done.stdout.split())
    content, named = open_bytes(body, "file"), {"csv": "text", "jsonl": "json"}.get(kind, kind)
    return peak, stays, expected(content, named), unpacked(content, named)[0], rows


def main(megabytes: float = 30.0, *kinds: str) -> None:
    """Print all of it."""
    for kind in kinds or ("csv", "jsonl", "json", "parquet", "arrow", "excel", "npy", "npz"):
        for shape in SHAPES if kind not in ("npy", "npz") else ("numbers",):
            size = megabytes * 1e6 * (0.15 if kind == "excel" else 1)
            peak, stays, guess, counted, rows = measured(kind, shape, size)
            print(
                f"{kind:8} {shape:8} {rows:9,} rows  unpacked {counted / 1e6:6.1f} MB  "
                f"peak {peak / 1e6:7.1f} MB = {peak / counted:5.1f} x, stays {stays / counted:5.1f} x  "
                f"expected {guess / 1e6:7.1f} MB{'' if peak <= guess else '  ABOVE'}",
                flush=True,
            )


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:2]), *sys.argv[2:])
