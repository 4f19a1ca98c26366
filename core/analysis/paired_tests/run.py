"""Paired tests of strategies: selection and probe run again on each fold, and scored on rows neither saw.

A test of strategies must repeat what it tests. Per half, or per bootstrap sample, groups and whatever else is
fitted are made from those rows alone, each strategy chooses there at the same fraction, a logistic regression
learns from its choice, and the other rows score it. McNemar and Cochran's Q take one fitted model each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.paired_statistics import (
    cochran_q,
    five_by_two,
    holm,
    mcnemar,
    no_information,
    normal_p,
    outside_error,
    plus632,
)
from ...foundation.errors import NeedError, ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import count
from ...metrics.pool import Pool
from ...model.budget import Budget
from ...model.recipe import Choice
from ...strategies.declaration import STRATEGIES, label_of
from ...strategies.running.select import about_rows
from ..held_out.split import Probe, holdout, split_rows, tied, together, units_of
from .parts import PairedTestData, check_part, halves
from .result import KINDS, PairedResult, PairResult

SAMPLES = "paired-bootstrap/1"
BOOTSTRAP = 30
"""Bootstrap samples of .632+ where nothing else is asked."""
LEAST_HALF = 0.4
"""Halves more unequal than this share of the rows are refused."""


def run_paired_test(
    pool: Pool,
    choices: Sequence[Choice],
    budget: int | Budget,
    test: str = "5x2cv",
    *,
    baseline: int | None = 0,
    probe: Probe | None = None,
    seed: int = 0,
    seeds: Sequence[int] | None = None,
    samples: int = BOOTSTRAP,
    progress: Progress = SILENT,
) -> PairedResult:
    """Test whether strategies differ in what can be learned from their choice.

    Args:
        pool: The prepared population, with features and labels.
        choices: Strategies, two or more; one that cannot run is left out with its reason.
        budget: Rows asked of the whole population, or a cost budget with the costs among the inputs; each
            part is asked for the same fraction.
        test: "5x2cv", "mcnemar", "cochran" or "632+" (see `core.analysis.paired_tests.result.KINDS`).
        baseline: Position of the strategy that all others are compared with; None for every pair.
        probe: How to rebuild inputs on a part of the rows, and the entities that must stay together.
        seed: The recipe's seed; halvings and samples are drawn with it.
        seeds: A seed for each strategy instead; folds add their number to it.
        samples: Bootstrap samples of .632+.
        progress: Told how far the work is; may cancel it.

    Returns:
        Differences in accuracy with p-values, adjusted over all pairs tested (Holm).

    Raises:
        ParameterError: Fewer than two strategies, an unknown test or baseline, fewer than 10 samples.
        NeedError: No features, no labels, or rows that cannot be divided so that either part can be used.
        Cancelled: A cancel was asked for.

    Complexity: per strategy 10 selections and fits for 5×2cv, 1 for McNemar and Cochran's Q, samples + 1
    for .632+.
    """
    if test not in KINDS:
        raise ParameterError(f"There is no test {test!r}", f"there are {', '.join(KINDS)}", "choose one")
    if len(choices) < 2:
        raise ParameterError("A paired test needs two strategies", "only one was given", "add another")
    if baseline is not None and not 0 <= baseline < len(choices):
        raise ParameterError("The baseline is none of the strategies", "", "choose one of them")
    if samples < 10:
        raise ParameterError(f"{samples} bootstrap samples are too few", "a spread needs 10", "ask for more")
    if pool.inputs.features is None or pool.inputs.labels is None:
        lacking = "features" if pool.inputs.features is None else "a label column"
        raise NeedError("Strategies cannot be tested", f"the test needs {lacking}", f"choose {lacking}")
    for choice in choices:
        STRATEGIES[choice.id].check(choice.params)
    start = perf_counter()
    own = tuple(seeds) if seeds is not None else (seed,) * len(choices)
    setup = PairedTestData(
        pool, tuple(choices), own, budget, probe or Probe(), seed, ["" for _ in range(len(choices))]
    )
    check_part(setup, np.arange(pool.n), "the data set")
    made = _RUNS[test](setup, baseline, samples, progress)
    progress(1, 1, "done")
    return replace(made, seconds=perf_counter() - start)


def pairs_of(running: Sequence[int], baseline: int | None) -> list[tuple[int, int]]:
    """Which pairs are tested: each strategy with the baseline, or every two.

    Example:
        >>> pairs_of([0, 1, 2], 1), pairs_of([0, 1, 2], None)
        ([(1, 0), (1, 2)], [(0, 1), (0, 2), (1, 2)])
    """
    if baseline is None:
        return [(a, b) for at, a in enumerate(running) for b in running[at + 1 :]]
    return [(baseline, other) for other in running if other != baseline] if baseline in running else []


def _five_by_two(
    setup: PairedTestData, baseline: int | None, samples: int, progress: Progress
) -> PairedResult:
    """Ten selections and fits per strategy."""
    units = units_of(setup.pool, setup.probe.entity)
    n, fits = setup.pool.n, len(setup.choices)
    accuracy = np.full((fits, 5, 2), nan)
    sizes, budgets = [], []
    for repetition in range(5):
        both = halves(setup.inputs.keys, units, seed=setup.seed, repetition=repetition)
        if min(map(len, both)) < LEAST_HALF * n:
            fixed = len(holdout(setup.inputs.keys, units, seed=setup.seed)) > 0
            raise NeedError(
                "The rows cannot be halved",
                together(setup.pool, setup.probe.entity),
                f"test on other features{', or take McNemar’s test' if fixed else ''}",
            )
        sizes += [len(half) for half in both]
        for fold in range(2):
            rows, others = both[fold], both[1 - fold]
            unseen = others[setup.labels[others] >= 0]
            check_part(setup, rows, "a half")
            check_part(setup, others, "a half")
            made, budget = setup.part(rows)
            budgets.append(about_rows(budget, made))
            done = 2 * repetition + fold
            for at in setup.running:
                part = progress.part((done + at / fits) / 10, (done + (at + 1) / fits) / 10)
                found = setup.fitted(at, made, budget, rows, unseen, done, part)
                progress(done + (at + 1) / fits, 10, f"half {done + 1} of 10")
                if found is not None:
                    accuracy[at, repetition, fold] = (found == setup.labels[unseen]).mean()
    running = setup.running
    pairs = []
    for first, second in pairs_of(running, baseline):
        folds = accuracy[second] - accuracy[first]
        test = five_by_two(folds)
        low, high = float(folds.min()), float(folds.max())
        detail = f"F(10, 5) = {test.statistic:.2f}" if np.isfinite(test.statistic) else "F not defined"
        values = tuple(float(value) for value in folds.ravel())
        pairs.append(PairResult(first, second, test.difference, low, high, test.p, nan, values, detail))
    whole = " and ".join(tied(setup.pool, setup.probe.entity))
    about = "" if isinstance(setup.budget, int) else "about "
    redone = (
        f"Groups, selection and model were made again 10 times per strategy: {_span(sizes)} of "
        f"{count(n, 'row')}, {about}{_span(budgets)} chosen, scored "
        f"on the other half{f'; {whole} stay in one half' if whole else ''}."
    )
    means = [float(accuracy[at].mean()) if at in running else nan for at in range(fits)]
    return _judged("5x2cv", setup, means, pairs, redone)


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _fixed(setup: PairedTestData, progress: Progress) -> tuple[NDArray[np.bool_], str, tuple[str, ...]]:
    """Right or wrong of one fitted model per strategy (columns) on the held-out rows of the comparison."""
    split = split_rows(setup.pool, setup.budget, setup.probe, seed=setup.seed)
    if split.reason:
        raise NeedError("Strategies cannot be tested", split.reason, "choose labels that a model can learn")
    fits = len(setup.choices)
    right = np.zeros((len(split.test_rows), fits), bool)
    for at in range(fits):
        part = progress.part(at / fits, (at + 1) / fits)
        found = setup.fitted(at, split.train, split.budget, split.train_rows, split.test_rows, 0, part)
        if found is not None:
            right[:, at] = found == split.y_test
    units = units_of(setup.pool, setup.probe.entity)[split.test_rows]
    notes: tuple[str, ...] = ()
    if len(np.unique(units)) < len(units):
        notes = (
            f"The {len(units):,} held-out rows hold only {count(len(np.unique(units)), 'independent one')} "
            f"({' and '.join(tied(setup.pool, setup.probe.entity))} count as one); the test takes each row "
            "for itself, so its p-values are somewhat too small.",
        )
    asked = f"{split.budget:,}" if isinstance(split.budget, int) else f"rows for {split.budget.words}"
    redone = (
        f"One model per strategy, of the first seed, as in the comparison's downstream numbers: "
        f"{asked} of {count(len(split.train_rows), 'row')} chosen, scored on "
        f"{count(len(split.test_rows), 'row')} "
        "held out before. Nothing is repeated."
    )
    return right, redone, notes


def _fixed_pairs(setup: PairedTestData, right: NDArray[np.bool_], baseline: int | None) -> list[PairResult]:
    pairs = []
    for first, second in pairs_of(setup.running, baseline):
        test = mcnemar(right[:, first], right[:, second])
        how = "exact" if test.exact else f"χ² = {test.statistic:.2f}"
        detail = f"{how}; right alone: {test.second_only} and {test.first_only} rows"
        pairs.append(PairResult(first, second, test.difference, *test.interval, test.p, nan, (), detail))
    return pairs


def _accuracies(setup: PairedTestData, right: NDArray[np.bool_]) -> list[float]:
    return [float(right[:, at].mean()) if not why else nan for at, why in enumerate(setup.reasons)]


def _mcnemar(setup: PairedTestData, baseline: int | None, samples: int, progress: Progress) -> PairedResult:
    right, redone, notes = _fixed(setup, progress)
    pairs = _fixed_pairs(setup, right, baseline)
    return _judged("mcnemar", setup, _accuracies(setup, right), pairs, redone, notes)


def _cochran(setup: PairedTestData, baseline: int | None, samples: int, progress: Progress) -> PairedResult:
    right, redone, notes = _fixed(setup, progress)
    made = _judged(
        "cochran",
        setup,
        _accuracies(setup, right),
        _fixed_pairs(setup, right, baseline),
        redone,
        notes,
    )
    if len(setup.running) < 2:
        return made
    whole = cochran_q(right[:, setup.running])
    detail = (
        f"Q = {whole.statistic:.2f} on {count(whole.freedom, 'degree')} of freedom, "
        f"{count(whole.telling, 'telling row')}"
    )
    return replace(made, overall=whole.p, overall_detail=detail)


def _plus(setup: PairedTestData, baseline: int | None, samples: int, progress: Progress) -> PairedResult:
    """.632+ of every strategy, and the spread of paired differences over bootstrap samples."""
    units = units_of(setup.pool, setup.probe.entity)
    n, fits, labels = setup.pool.n, len(setup.choices), setup.labels
    known = labels >= 0
    units_count = int(units.max()) + 1
    draws = Draws(setup.inputs.keys, setup.seed, SAMPLES)
    wrong = np.zeros((fits, samples, n), bool)
    out = np.zeros((samples, n), bool)
    sizes = []
    everything = np.arange(n, dtype=np.int64)
    steps = samples + 1
    for sample in range(samples):
        drawn = draws.generator("units", sample).integers(units_count, size=units_count)
        inside = np.isin(units, drawn)
        rows = np.flatnonzero(inside).astype(np.int64)
        unseen = np.flatnonzero(~inside & known).astype(np.int64)
        if not len(unseen):
            continue
        check_part(setup, rows, "a bootstrap sample")
        out[sample, unseen] = True
        made, budget = setup.part(rows)
        sizes.append((len(rows), about_rows(budget, made)))
        for at in setup.running:
            part = progress.part((sample + at / fits) / steps, (sample + (at + 1) / fits) / steps)
            found = setup.fitted(at, made, budget, rows, unseen, sample, part)
            progress(sample + (at + 1) / fits, steps, f"sample {sample + 1} of {samples}")
            if found is not None:
                wrong[at, sample, unseen] = found != labels[unseen]
    errors = np.full(fits, nan)
    rows_known = np.flatnonzero(known).astype(np.int64)
    for at in setup.running:
        part = progress.part((samples + at / fits) / steps, (samples + (at + 1) / fits) / steps)
        found = setup.fitted(at, setup.inputs, setup.budget, everything, rows_known, 0, part)
        if found is None:
            continue
        truth = labels[rows_known]
        outside, _ = outside_error(wrong[at], out)
        errors[at] = plus632(outside, float((found != truth).mean()), no_information(truth, found)).error
    used = out.any(axis=1)
    per_sample = (wrong[:, used] & out[used]).sum(axis=2) / out[used].sum(axis=1)
    pairs = []
    for first, second in pairs_of(setup.running, baseline):
        difference = float(errors[first] - errors[second])
        spread = float(np.std(per_sample[first] - per_sample[second], ddof=1))
        p = normal_p(difference, spread)
        low, high = max(-1.0, difference - 2 * spread), min(1.0, difference + 2 * spread)
        detail = f"standard deviation {100 * spread:.1f} points over {int(used.sum())} samples"
        pairs.append(PairResult(first, second, difference, low, high, p, nan, (), detail))
    whole = " and ".join(tied(setup.pool, setup.probe.entity))
    drawn_whole = f"rows, {whole} together," if whole else "rows"
    rows_inside, chosen = (int(np.median(column)) for column in np.array(sizes).T)
    redone = (
        f"Groups, selection and model were made again on {int(used.sum())} bootstrap samples per strategy, "
        f"and once on all {count(n, 'row')}. A sample draws {drawn_whole} with replacement; a row drawn "
        "twice can "
        "be chosen once, so each strategy chose from the distinct rows (about "
        f"{rows_inside:,}, of which {chosen:,} chosen) and was scored on the rows outside."
    )
    notes = (
        "p is approximate: the difference against its standard deviation over bootstrap samples, by the "
        "normal distribution. Each sample scores about a third of the rows, so this errs towards showing no "
        "difference.",
    )
    means = [float(1 - errors[at]) if at in setup.running else nan for at in range(fits)]
    return _judged("632+", setup, means, pairs, redone, notes)


def _judged(
    test: str,
    setup: PairedTestData,
    accuracy: Sequence[float],
    pairs: Sequence[PairResult],
    redone: str,
    notes: tuple[str, ...] = (),
) -> PairedResult:
    adjusted = holm([pair.p for pair in pairs])
    return PairedResult(
        test,
        tuple(label_of(choice) for choice in setup.choices),
        tuple(setup.reasons),
        tuple(accuracy),
        tuple(replace(pair, adjusted=value) for pair, value in zip(pairs, adjusted, strict=True)),
        redone,
        notes=notes,
    )


_RUNS: dict[str, Callable[[PairedTestData, int | None, int, Progress], PairedResult]] = {
    "5x2cv": _five_by_two,
    "mcnemar": _mcnemar,
    "cochran": _cochran,
    "632+": _plus,
}
