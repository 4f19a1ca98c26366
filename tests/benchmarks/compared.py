"""Whole comparisons: ``python -m tests.benchmarks.compared tables|large``.

``tables``: support_tickets and docstrings, eight strategies at 1, 5 and 20 %, five seeds beside 199 means of
five random subsets, as Markdown with times. ``large``: 64,000 × 384 with a label of 20 classes, the same
strategies, seeds and band, probes included; to hold: 10 minutes on 2 cores.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from time import perf_counter

import numpy as np

import core
from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.run import compare
from core.analysis.held_out.split import Probe
from core.analysis.random_band.judge import printed
from core.foundation.number_format import number
from core.metrics.declaration import METRICS
from core.model.inputs import Inputs
from core.model.recipe import Choice
from tests.benchmarks.data import Peak, glosses, population

EIGHT = (
    *("random", "stratified", "density", "k-center"),
    *("facility-location", "k-dpp", "herding", "typiclust"),
)
LARGE = (*EIGHT[:-1], "prototypes")  # TypiClust alone takes half a minute a run on so many rows
SEEDS = 5
SHARES = ("1%", "5%", "20%")


def cell(found: Comparison, at: int, name: str) -> str:
    """Mean and standing; bold where it is beyond the band, a star where it is ahead by more than luck."""
    result, verdict = found.results[at], found.verdicts[at].get(name)
    if name not in result.means or verdict is None:
        return "–"
    told = f"{number(result.means[name])} ({printed(verdict.standing, found.band.size)})"
    star = " ★" if found.best.get(name) == at else ""
    return f"**{told}**{star}" if verdict.marked else told


def tables() -> None:
    """Print one table per sample and budget."""
    from core.data.samples import SAMPLES

    for sample in ("support_tickets", "docstrings"):
        known = SAMPLES[sample]
        study = core.Study(core.load(f"sample:{sample}"))
        study = study.with_(features=known.features, groups=known.groups, label=known.label_column)
        start = perf_counter()
        study.inputs()
        print(f"\n### {sample}: {len(study.data):,} rows, features and groups {perf_counter() - start:.0f} s")
        for share in SHARES:
            start = perf_counter()
            found = study.compare(EIGHT, share, seeds=SEEDS)
            took = perf_counter() - start
            print(f"\n**{share}: {found.budget:,} rows, {took:.0f} s**\n")
            print("| metric | 95 % of random subsets | " + " | ".join(EIGHT) + " |")
            print("|---|---|" + "---|" * len(EIGHT))
            for name in found.headlines:
                low, high = found.band.limits(name, SEEDS)
                row = [cell(found, at, name) for at in range(len(EIGHT))]
                span = f"{number(low)} to {number(high)}"
                print(f"| {METRICS[name].label} {METRICS[name].arrow} | {span} | " + " | ".join(row) + " |")
            picked = [number(result.seconds, "s") for result in found.results]
            print("| time, all seeds | | " + " | ".join(picked) + " |", flush=True)


def labelled(n: int) -> Inputs:
    """Embedded glosses with a label that their place explains in part."""
    inputs = population(glosses(n))
    assert inputs.features is not None
    x = inputs.features.matrix
    rng = np.random.default_rng(4)
    label = (x @ x[rng.integers(0, n, 20)].T + 0.1 * rng.normal(size=(n, 20))).argmax(axis=1)
    return replace(inputs, labels=label.astype(np.int64))


def large(n: int = 63_666, budget: int = 1_000) -> None:
    """Print when each part of one large comparison was there."""
    inputs = labelled(n)
    start, seen = perf_counter(), [0, 0, 0]

    def tell(found: Comparison) -> None:
        now = [len(found.results), found.band.size, int("downstream" in found.evaluation)]
        if now != seen:
            seen[:] = now
            last = found.results[-1].choice.id if found.results else "preview of the band"
            took = perf_counter() - start
            print(
                f"{took:7.1f} s: {now[0]} strategies ({last}), band of {now[1]}, probe {bool(now[2])}",
                flush=True,
            )

    with Peak() as peak:
        found = compare(
            inputs, [Choice(name) for name in LARGE], budget, seeds=SEEDS, probe=Probe(), on_result=tell
        )
    assert not any(result.reason for result in found.results)
    took = perf_counter() - start
    print(f"{n:,} × 384, {budget:,} rows, 8 strategies, {SEEDS} seeds: {took:.0f} s [600]", end="; ")
    print(f"{peak.mebibytes:,.0f} MiB above the inputs")
    for result in found.results:
        print(f"    {result.choice.id}: {result.seconds:.1f} s (estimated {result.estimated:.1f})")


if __name__ == "__main__":
    {"tables": tables, "large": large}[sys.argv[1]]()
