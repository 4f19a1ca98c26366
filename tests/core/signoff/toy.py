"""A small table with ids, a bundle of it, and ways to tamper with both."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

from core.data.load import load
from core.notebook import Study
from core.signoff.manifest import body_digest, dump, file_hash

NAMES = ("alpha", "beta", "gamma")


def table(rows: int = 90) -> pd.DataFrame:
    rng = np.random.Generator(np.random.PCG64(1))
    return pd.DataFrame(
        {
            "ticket": np.arange(1001, 1001 + rows),
            "body": [f"{NAMES[at % 3]} words, number {at // 4}" for at in range(rows)],
            "price": np.round(rng.normal(10, 3, rows), 3),
            "kind": [NAMES[int(at)] for at in rng.integers(0, 3, rows)],
            "aliquot_rank": rng.integers(0, 9, rows),
        }
    )


def csv_of(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def parquet_of(frame: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    frame.to_parquet(sink, index=False)
    return sink.getvalue()


def study(frame: pd.DataFrame | None = None, **recipe: Any) -> Study:
    data = load(csv_of(table() if frame is None else frame), name="tickets.csv", id_column="ticket")
    return Study(data).with_(**{"features": "table", "groups": "kmeans:3", **recipe})


def read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((folder / "manifest.json").read_bytes())
    return found


def reseal(folder: Path, change: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Change a manifest, then update every hash and digest as a careful forger would."""
    manifest = read(folder)
    if change is not None:
        change(manifest)
    for name in manifest["files"]:
        data = (folder / name).read_bytes()
        manifest["files"][name] = {"bytes": len(data), "blake2b": file_hash(data)}
    manifest["digest"] = body_digest(manifest)
    if manifest["signoff"]:
        manifest["signoff"]["signs"] = manifest["digest"]
    (folder / "manifest.json").write_bytes(dump(manifest))


def statuses(checks: Any) -> Mapping[str, str]:
    return {check.name: check.status for check in checks}


def failing(found: Any) -> set[str]:
    return {check.name for check in found.checks if check.status in ("fails", "differs")}


def told(found: Any) -> str:
    return " ".join(line for check in found.checks for line in (check.sentence, *check.details))
