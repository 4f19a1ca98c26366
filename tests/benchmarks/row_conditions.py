"""Conditions on a million rows: each form by itself, the index of words, rows near something, facts on a row.

Run: python -m tests.benchmarks.row_conditions [ROWS]

Two data sets: `tests.benchmarks.million`, `table` (15 dimensions), and one of short texts (3 to 12 words of
50,000, by Zipf's law) with supplied vectors of 384 dimensions that are mapped from a file. To hold, at
1,000,000 rows: a condition in 1 s, near a row or a sentence in 2 s (to embed it apart), a search in .3 s once
the index is made, facts on a row in .3 s; wall seconds, and processor seconds in brackets, because the
machine may be shared.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.data.load import load
from core.data.row_ids import keys_of
from core.data.word_index import KIND, word_index
from core.foundation.artifact_store import Store
from core.model.recipe import Recipe
from core.model.row_conditions import (
    ContainsText,
    HasValue,
    HoldsWords,
    InGroups,
    InRange,
    InSelection,
    MatchesPattern,
    MeetsSql,
    NearRow,
    OnMap,
    RowCondition,
)
from core.model.saved_rows import Only
from core.study.matching_rows import matching_rows
from core.study.row_facts import row_facts
from core.study.study import Study
from tests.benchmarks.million import table, vectors


def timed(what: str, run: Callable[[], Any]) -> Any:
    """Run, and print wall and processor seconds."""
    start, begun = perf_counter(), process_time()
    out = run()
    print(f"  {what}: {perf_counter() - start:.3f} s ({process_time() - begun:.3f})", flush=True)
    return out


def texts(rows: int) -> list[str]:
    """Texts of 3 to 12 words."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{at:x}" for at in range(50_000)])
    share = 1 / np.arange(1, 50_001) ** 1.05
    lengths = rng.integers(3, 13, rows)
    drawn = words[rng.choice(50_000, int(lengths.sum()), p=share / share.sum())].tolist()
    ends = np.cumsum(lengths).tolist()
    return [" ".join(drawn[low:high]) for low, high in zip([0, *ends], ends, strict=False)]


def conditions(study: Study, *some: RowCondition) -> None:
    """Each by itself, and all of them."""
    for condition in some:
        found = timed(condition.words, lambda condition=condition: matching_rows(study, [condition]))
        print(f"    {len(found.rows):,} rows")


def of_a_table(rows: int, folder: Path) -> None:
    """Numbers, a category, groups, a map and a saved selection."""
    frame = table(rows).assign(when=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(rows), "s"))
    study = Study(load(frame), Recipe(features="table", groups="kmeans:12"), store=Store(folder / "table"))
    n, mark = len(study.data), study.data.fingerprint.digest
    features, groups, layout = study.features(), study.groups(), study.layout("pca")
    assert groups is not None
    half = Only.of(np.arange(0, n, 2), n, "half", mark)
    corners = tuple(np.cos(np.linspace(0, 6, 200)).tolist()), tuple(np.sin(np.linspace(0, 6, 200)).tolist())
    print(f"table, {n:,} × {features.matrix.shape[1]}")
    conditions(
        study,
        InRange("x3", -0.5, 1),
        InRange("when", "2020-01-02", "2020-01-05"),
        HasValue("colour", ("a", "c"), missing=True, exclude=True),
        ContainsText("A", "colour"),
        MeetsSql("x3 > 0 OR colour = 'b'"),
        InGroups(groups.names[:2]),
        NearRow(keys_of(study.data, [5])[0], 1_000),
        OnMap(layout.key, "pca", *corners),
        InSelection(half),
    )
    for part in ("facts on a row, first", "facts on a row, again"):
        timed(part, lambda: row_facts(study, 5, features=features, groups=groups))


def of_texts(rows: int, folder: Path) -> None:
    """Texts, words, and vectors mapped from a file."""
    np.save(folder / "v.npy", vectors(rows, 384))
    mapped = np.load(folder / "v.npy", mmap_mode="r")
    frame = pd.DataFrame({"body": texts(rows)})
    data = load(frame, vectors={"v": np.asarray(mapped)})
    store = Store(folder / "texts")
    study = Study(data, Recipe(features="vector:v", groups=""), store=store)
    features = study.features()
    print(f"texts, {len(data):,}, vectors of {features.matrix.shape[1]}")
    conditions(
        study,
        ContainsText("W3E8 ", "body"),
        ContainsText("w3e8 w5"),
        MatchesPattern(r"\bw[0-9]f\b.*w1$", "body"),
        NearRow(keys_of(data, [5])[0], 1_000),
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index = timed("index of words, made", lambda: word_index(data, ["body"], store))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6
    kept = sum(size for _, size, place in store.entries() if place.parents[1].name == KIND) / 1e6
    print(f"    {kept:.0f} MB kept, {grown:.1f} GB more at its peak")
    timed("index of words, opened", lambda: word_index(data, ["body"], store))
    for query in ("w3e8", "w0 w1 w2", "w5 w3e8 w2af"):
        timed(f"rank {query!r}", lambda query=query: index.rank(query, 1_000))
    conditions(study, HoldsWords("w0 w5", "body"), HoldsWords("w3e8 w1"))
    few = Study(data.take(np.arange(min(rows, 64_000))), study.recipe, store=store)
    small = few.features()
    timed(f"facts on a row of {len(few.data):,}", lambda: row_facts(few, 5, features=small, groups=None))


def main() -> None:
    """Run all parts."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{rows:,} rows; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as place:
        of_a_table(rows, Path(place))
        of_texts(rows, Path(place))


if __name__ == "__main__":
    main()
