"""Inclusion probabilities and weights: claimed ones against how often rows come up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.wording import count
from ...model.promises import Weight
from ..variance import VarianceMethod
from .population import population
from .subject import Subject, feasible, hold

# Designs that break ties in an allocation by chance, and whose π then go with the numbers that came out; so
# do those whose variance is declared as that of random sampling in each group.
GIVEN_NUMBERS = frozenset({"stratified"})

Repeats = list[tuple[Rows, NDArray[np.float64]]]  # rows and their claimed π (or weights), one pair per seed


def repeats(
    subject: Subject, params: dict[str, Any] | None, runs: int, what: str = "inclusion"
) -> Repeats | None:
    """The same draw under many seeds; None where no π (or no weight) is claimed."""
    inputs = population(30)
    budget = feasible(subject, inputs, 9, params=params)
    out = []
    for seed in range(runs):
        subject.progress(seed, runs, "inclusion probabilities")
        picked = subject.run(inputs, budget, seed=seed, params=params)
        claimed = getattr(picked, what)
        if claimed is None:
            return None
        out.append((picked.rows, claimed))
    return out


def check_frequencies(repeats: Repeats) -> None:
    """Rows come up as often as their π says: exact binomial bounds, 1e-4 over all rows together."""
    from scipy.stats import binom

    n, runs = 30, len(repeats)
    came, pi = np.zeros(n, np.int64), np.full(n, np.nan)
    for rows, claimed in repeats:
        came[rows] += 1
        known = ~np.isnan(pi[rows])
        same = np.allclose(pi[rows][known], claimed[known])
        hold(same, "The π of a row differ from draw to draw, so they are not known before it.")
        pi[rows] = claimed
    seen = came > 0
    hold((pi[seen] <= 1 + 1e-12).all(), "A π is above 1.")
    low = binom.cdf(came[seen], runs, pi[seen])
    high = binom.sf(came[seen] - 1, runs, pi[seen])
    rare = np.minimum(low, high)
    worst = int(rare.argmin())
    hold(
        rare[worst] > 1e-4 / (2 * n),
        f"A row with π = {pi[seen][worst]:.3f} came up in {came[seen][worst]:,} of {count(runs, 'draw')}.",
    )
    budget = np.mean([len(rows) for rows, _ in repeats])
    spread = np.std([len(rows) for rows, _ in repeats]) / np.sqrt(runs)
    # A row never seen has at most the π that would let it be missed this often.
    unseen = (1 - (1e-4 / n) ** (1 / runs)) * int((~seen).sum())
    total = pi[seen].sum()
    hold(
        -1e-6 - 4 * spread <= budget - total <= unseen + 1e-6 + 4 * spread,
        f"The π add up to {total:.3f}, and {budget:.3f} rows are drawn on average.",
    )


def check_weights(repeats: Repeats) -> None:
    """Weights that go by how many rows each group got: over seeds, indicator × weight is 1 on average."""
    runs = len(repeats)
    total, square = np.zeros(30), np.zeros(30)
    for rows, claimed in repeats:
        hold((claimed <= 1 + 1e-12).all(), "A π is above 1.")
        total[rows] += 1 / claimed
        square[rows] += 1 / claimed**2
    mean = total / runs
    error = np.sqrt((square / runs - mean**2) / runs)
    # About normal at some 60 draws a row; 5 errors: 2e-5 over all rows together.
    hold(
        (np.abs(mean - 1) <= 5 * error + 1e-9).all(),
        "A row times its weight is not 1 on average over draws, so totals are biased.",
    )


def check_totals(repeats: Repeats) -> None:
    """Totals of a number tied to size, weighted by 1/π, are right on average."""
    inputs = population(30)
    assert inputs.features is not None
    y = (inputs.features.matrix.astype(np.float64) ** 2).sum(axis=1)
    totals = [(y[rows] / claimed).sum() for rows, claimed in repeats]
    error = np.std(totals, ddof=1) / np.sqrt(len(totals))
    hold(
        abs(np.mean(totals) - y.sum()) < 4 * error + 1e-9,
        f"Totals are not unbiased: {np.mean(totals):.2f} on average, and the true one is {y.sum():.2f}.",
    )


def check_inclusion(subject: Subject, params: dict[str, Any] | None = None, runs: int = 2_000) -> None:
    """Claimed π agree with how often rows come up, sum to the budget, and give unbiased totals.

    Designs with replacement claim weights in place of π: their totals must be unbiased all the same.
    """
    made = repeats(subject, params, runs)
    if made is not None:
        strategy = subject.strategy
        given = (
            strategy.id in GIVEN_NUMBERS
            or strategy.variance_estimator(params or {}).kind is VarianceMethod.STRATIFIED
        )
        (check_weights if given else check_frequencies)(made)
        check_totals(made)
        return
    weighted = repeats(subject, params, runs, "weight")
    declared = subject.strategy.weight
    hold(declared is not Weight.DESIGN, "It promises inclusion probabilities and gives none.")
    if weighted is None:
        hold(declared is not Weight.HANSEN_HURWITZ, "It promises weights and gives none.")
        return
    again = subject.run(population(30), 9, params=params).multiplicity
    hold(again is not None, "It gives weights with neither inclusion probabilities nor multiplicities.")
    check_totals([(rows, 1.0 / weight) for rows, weight in weighted])
