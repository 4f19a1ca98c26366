"""Told and taken: every estimate on the way to a comparison, over samples and tables of 3 to 400 columns.

Each data set goes through the engine as the pages use it: a store of its own, and one memory of paces.
What was never measured is told as a range; the rest should be within a factor 2.

Run: python tests/benchmarks/estimates.py      Hold: all that is told as one number.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn import datasets

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.analysis.comparison.comparison import Comparison
from core.analysis.expected_work import comparison_work
from core.data.load import load
from core.foundation.artifact_store import Store
from core.foundation.learned_pace import NOTHING, Pace
from core.model.dataset import Dataset
from core.model.recipe import Choice, Recipe
from core.study import expected_work
from core.study.compare import compare_study
from core.study.study import Study

STAGES = ("features", "groups", "layout-pca", "layout-umap")
FOUR = tuple(map(Choice, ("random", "stratified", "k-center", "facility-location")))
BAND = 199


def tables() -> Iterator[tuple[str, Dataset, Recipe]]:
    """Samples, and three public tables of 3, 30 and 400 columns."""
    table = Recipe(features="table")
    for name in ("wine", "digits", "support_tickets"):
        yield name, load(f"sample:{name}"), Recipe(features="text:body") if "_" in name else table
    iris = datasets.load_iris(as_frame=True).frame.iloc[:, :3]
    yield "iris x 20, 3 columns", load(pd.concat([iris + at / 50 for at in range(20)])), table
    cancer = datasets.load_breast_cancer(as_frame=True).data
    yield "breast cancer x 10", load(pd.concat([cancer * (1 + at / 90) for at in range(10)])), table
    digits = datasets.load_digits().data
    wide = np.hstack([np.roll(digits, at, axis=0) for at in range(7)])[:, :400]
    yield "digits, 400 columns", load(pd.DataFrame(wide).add_prefix("p")), table


def main() -> int:
    """Print what was told and what it took."""
    inside, known = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        pace = Pace(Path(folder) / "pace.json")
        print(f"{'data':32} {'work':14} {'told':>18} {'took':>8} {'ratio':>6}")
        for at, (name, data, recipe) in enumerate(tables()):
            study = Study(data, recipe, store=Store(Path(folder) / str(at), shipped=None))
            study.pace = pace
            for stage in STAGES:
                told = expected_work.stage_time(study, stage)
                declared = expected_work.stage_declared(study, stage)
                start = perf_counter()
                made = {"features": study.features, "groups": study.groups}.get(stage)
                made() if made is not None else study.layout(stage.removeprefix("layout-"))
                took = perf_counter() - start
                expected_work.learn_from_stage(study, stage, declared, took)
                inside, known = line(name, stage, told, took, inside, known)
            n, d = study.features().matrix.shape
            budget = max(5, n // 20)
            work = comparison_work(
                FOUR,
                n,
                d,
                budget,
                seeds=3,
                band=BAND,
                classes=expected_work.classes(study),
                graph_ready=study.graph_ready(),
            )
            told = sum(expected_work.comparison_stages(study, work), NOTHING)
            probing: list[float] = []  # when the last stage began, as a page learns it

            def look(so_far: Comparison, began: list[float] = probing) -> None:
                if "downstream" not in so_far.evaluation:
                    began[:] = [perf_counter()]

            start = perf_counter()
            made = compare_study(study, FOUR, str(budget), seeds=3, band=BAND, on_result=look)
            ended = perf_counter()
            took = ended - start
            probed = probing and any(result.scored for result in made.results)
            expected_work.learn_from_comparison(study, work, made, ended - probing[0] if probed else 0.0)
            inside, known = line(name, "comparison", told, took, inside, known)
    print(f"within a factor 2 where one number was told: {inside} of {known}")
    return 0 if inside == known else 1


def line(name, work, told, took, inside, known):
    """Print one estimate beside what it took; count it where one number was told."""
    ratio = took / max(told.seconds, 1e-9)
    print(f"{name:32} {work:14} {told.words:>18} {took:7.1f}s {ratio:6.2f}", flush=True)
    if not told.measured or max(took, told.seconds) < 1:
        return inside, known
    return inside + (0.5 <= ratio <= 2), known + 1


if __name__ == "__main__":
    sys.exit(main())
