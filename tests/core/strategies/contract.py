"""The contract: what every strategy must do. Checks take a `Subject`, so that broken ones fit in."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from threading import Event
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.foundation.errors import BudgetError, Cancelled, FeatureError, NeedError, ParameterError
from core.foundation.progress import Progress
from core.model.derived import Features, Groups, Target
from core.model.inputs import Inputs
from core.model.registry import Need, Size, Weight
from core.model.selection import Selection
from core.strategies.declaration import STRATEGIES, Strategy
from core.strategies.running.estimate import estimate
from core.strategies.running.select import select

from .golden import GOLDEN


@dataclass(frozen=True)
class Subject:
    """A declaration with the function that runs it on rows in any order, as a source may hold them."""

    strategy: Strategy
    run: Callable[..., Selection]


def registered(strategy_id: str) -> Subject:
    """A strategy as the engine runs it: rows are put into canonical order first and mapped back after."""

    def run(inputs: Inputs, budget: int, **options: Any) -> Selection:
        order = np.lexsort(inputs.keys.T[::-1])
        if (np.diff(order) > 0).all():
            return select(strategy_id, inputs, budget, **options)
        found = select(strategy_id, reordered(inputs, order), budget, **options)
        return replace(found, rows=order[found.rows])

    return Subject(STRATEGIES[strategy_id], run)


def population(n: int = 90, seed: int = 5, kind: str = "plain") -> Inputs:
    """Rows with everything any strategy could need, arrays read-only."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    if kind == "constant":
        x[:] = 1.0
    if kind == "duplicates":
        x[: n // 2] = x[0]
    codes = np.zeros(n, np.int64) if kind == "single" else rng.integers(0, 4, n)
    keys = np.sort(rng.integers(0, 256, (n, 16)).astype(np.uint8).view("S16").ravel())
    keys = np.ascontiguousarray(keys).view(np.uint8).reshape(n, 16)
    texts = [" ".join(rng.choice(list("abcdefgh"), 5)) for _ in range(n)]
    scores = rng.random(n)
    for array in (x, codes, keys, scores):
        array.setflags(write=False)
    return Inputs(
        keys=keys,
        features=Features(x, "euclidean", "toy", "toy"),
        frame=pd.DataFrame({"y": scores + 1.0, "c": rng.choice(list("xyz"), n)}),
        texts=texts,
        groups=Groups(codes, ("a", "b", "c", "d", "noise", "empty"), noise=4),
        scores=scores,
        entities=rng.integers(0, max(1, n // 3), n),
        order=rng.permutation(n).astype(np.float64),
        target=Target("target", "d", tuple(texts[:9]), x[:9]),
    )


def reordered(inputs: Inputs, order: np.ndarray) -> Inputs:
    """The same rows in another order (pins are not mapped)."""
    assert inputs.features is not None
    assert inputs.groups is not None
    assert inputs.frame is not None
    assert inputs.texts is not None
    assert inputs.scores is not None
    assert inputs.entities is not None
    assert inputs.order is not None
    return replace(
        inputs,
        keys=inputs.keys[order],
        features=replace(inputs.features, matrix=inputs.features.matrix[order]),
        frame=inputs.frame.iloc[order].reset_index(drop=True),
        texts=[inputs.texts[row] for row in order],
        groups=replace(inputs.groups, codes=inputs.groups.codes[order]),
        scores=inputs.scores[order],
        entities=inputs.entities[order],
        order=inputs.order[order],
    )


def on_matrix(inputs: Inputs, matrix: np.ndarray) -> Inputs:
    """The same rows with other features; the target's change by the same rule where it can be told."""
    assert inputs.features is not None
    return replace(inputs, features=replace(inputs.features, matrix=matrix))


def _drawn(picked: Selection) -> int:
    return len(picked.rows) if picked.multiplicity is None else int(picked.multiplicity.sum())


def feasible(subject: Subject, inputs: Inputs, budget: int, **options: Any) -> int:
    """The budget, or the largest that a strategy with a declared limit names when it refuses this one."""
    if not subject.strategy.promises.limit:
        return budget
    refused = ""
    try:
        subject.run(inputs, budget, **options)
    except BudgetError as error:
        refused = str(error)
    if not refused:
        return budget
    named = re.search(r"at most ([\d,]+) rows?\.?$", refused)
    assert named, f"the limit is named: {refused}"
    most = int(named.group(1).replace(",", ""))
    assert 1 <= most < budget, "the limit is below the budget"
    with pytest.raises(BudgetError):
        subject.run(inputs, most + 1, **options)
    return most


def check_shape(subject: Subject) -> None:
    """Size as promised, unique, in range, int64; also on awkward data."""
    for kind in ("plain", "constant", "duplicates", "single"):
        inputs = population(40, kind=kind)
        for asked in (1, 7, 39, 40):
            budget = feasible(subject, inputs, asked)
            picked = subject.run(inputs, budget)
            assert picked.rows.dtype == np.int64
            assert len(set(picked.rows.tolist())) == len(picked.rows)
            assert ((picked.rows >= 0) & (picked.rows < inputs.n)).all()
            if subject.strategy.promises.size is Size.EXACT:
                assert _drawn(picked) == budget, "size"
            elif subject.strategy.promises.size is Size.AT_MOST:
                assert _drawn(picked) <= budget, "size"


def check_gains(subject: Subject) -> None:
    """Gains, one per row, go with words for what they are."""
    gains = subject.run(population(), 9).gains
    assert (gains is not None) == bool(subject.strategy.gain), "gains"
    assert gains is None or gains.shape == (9,), "gains"


def check_size_on_average(subject: Subject) -> None:
    """A random size meets the budget on average."""
    if subject.strategy.promises.size is Size.RANDOM:
        inputs = population()
        sizes = [len(subject.run(inputs, 15, seed=seed)) for seed in range(400)]
        error = np.std(sizes, ddof=1) / np.sqrt(len(sizes))
        assert abs(np.mean(sizes) - 15) < 4 * error + 1e-9, "size on average"


def check_budgets(subject: Subject) -> None:
    """0 and n + 1 are refused."""
    for budget in (0, -1, 41):
        with pytest.raises(BudgetError):
            subject.run(population(40), budget)


def check_pins(subject: Subject) -> None:
    """Pinned rows are in, with π = 1."""
    pins = np.array([2, 30, 31], np.int64)
    inputs = replace(population(), pins=pins)
    for budget in (3, 12):
        picked = subject.run(inputs, budget)
        assert np.isin(pins, picked.rows).all(), "pins"
        assert set(picked.rows[:3].tolist()) == set(pins.tolist()), "pins first"
        if picked.inclusion is not None:
            assert (picked.inclusion[:3] == 1).all(), "pins have π = 1"


def check_bans(subject: Subject) -> None:
    """Banned rows are never chosen, even when everything else is."""
    inputs = population()
    eligible = np.flatnonzero(np.arange(inputs.n) % 3 > 0)
    for asked in (10, len(eligible)):
        budget = feasible(subject, inputs, asked, eligible=eligible)
        assert np.isin(subject.run(inputs, budget, eligible=eligible).rows, eligible).all(), "bans"


def check_seed(subject: Subject) -> None:
    """Same seed, same rows; another seed, other rows unless deterministic."""
    inputs = population()
    first = subject.run(inputs, 12, seed=3).rows
    assert np.array_equal(first, subject.run(inputs, 12, seed=3).rows), "same seed"
    others = [set(subject.run(inputs, 12, seed=seed).rows.tolist()) for seed in range(4, 8)]
    same = all(other == set(first.tolist()) for other in others)
    assert same == subject.strategy.promises.deterministic, "seed"


def check_order(subject: Subject) -> None:
    """The order of the source's rows changes nothing, ties and copies included."""
    for kind, asked in (("duplicates", 12), ("duplicates", 60), ("constant", 7), ("plain", 12)):
        inputs = population(kind=kind)
        budget = feasible(subject, inputs, asked)
        want = [inputs.keys[row].tobytes() for row in subject.run(inputs, budget, seed=1).rows]
        for seed in (1, 2):
            source = reordered(inputs, np.random.default_rng(seed).permutation(inputs.n))
            got = [source.keys[row].tobytes() for row in subject.run(source, budget, seed=1).rows]
            assert got == want, "row order"


def check_nested(subject: Subject) -> None:
    """A smaller budget is a prefix, where that is promised."""
    if subject.strategy.promises.nested:
        inputs = population()
        assert np.array_equal(subject.run(inputs, 30).rows[:11], subject.run(inputs, 11).rows), "nested"


def check_inputs(subject: Subject) -> None:
    """Nothing handed in is changed."""
    inputs = population()
    before = population()
    subject.run(inputs, 12)
    assert inputs.features is not None
    assert before.features is not None
    assert inputs.frame is not None
    assert inputs.groups is not None
    assert before.groups is not None
    assert np.array_equal(inputs.features.matrix, before.features.matrix), "inputs"
    assert np.array_equal(inputs.keys, before.keys), "inputs"
    assert np.array_equal(inputs.groups.codes, before.groups.codes), "inputs"
    assert np.array_equal(inputs.scores, before.scores), "inputs"
    assert inputs.frame.equals(before.frame), "inputs"


def check_progress(subject: Subject) -> None:
    """Progress is told, and a cancel stops the work."""
    told: list[float] = []
    subject.run(population(), 12, progress=Progress(lambda share, _: told.append(share), every=0))
    assert told, "progress"
    assert all(0 <= share <= 1 for share in told), "progress"
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        subject.run(population(), 12, progress=Progress(cancel=stop))


def check_cancel(subject: Subject) -> None:
    """A cancel that comes while the work runs stops it at the next word of progress."""
    stop, told = Event(), []

    def report(share: float, _: str) -> None:
        told.append(share)
        stop.set()

    with pytest.raises(Cancelled):
        subject.run(population(), 12, progress=Progress(report, stop, every=0))
    assert len(told) == 1, "cancel"


def check_finite(subject: Subject) -> None:
    """NaN and infinity in features are refused in one line that says how many rows hold them."""
    if Need.FEATURES not in subject.strategy.needs:
        return
    for bad in (np.nan, np.inf, -np.inf):
        inputs = population()
        assert inputs.features is not None
        x = inputs.features.matrix.copy()
        x[[3, 8], 1] = bad
        with pytest.raises(FeatureError, match="2 rows") as caught:
            subject.run(on_matrix(inputs, x), 12)
        assert "\n" not in str(caught.value), "one line"


def check_scale(subject: Subject) -> None:
    """The unit of the features does not matter, nor whether they come in double precision."""
    inputs = population()
    assert inputs.features is not None
    x = inputs.features.matrix
    want = subject.run(inputs, 12, seed=2).rows
    for other in (x * np.float32(1024), x * np.float32(2**-10), x.astype(np.float64)):
        assert np.array_equal(subject.run(on_matrix(inputs, other), 12, seed=2).rows, want), "scale"


def check_memory(subject: Subject) -> None:
    """The peak above the inputs stays within what is declared."""
    rng = np.random.default_rng(0)
    inputs = on_matrix(population(4_000), rng.normal(size=(4_000, 32)).astype(np.float32))
    inputs = replace(inputs, target=replace(inputs.target, features=inputs.features.matrix[:9]))  # type: ignore[union-attr, arg-type]
    subject.run(inputs, 40)  # imports are not the strategy's
    tracemalloc.start()
    try:
        subject.run(inputs, 40)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    sizes = [int(size) for size in inputs.groups.sizes if size] if inputs.groups else []
    assert peak <= estimate(subject.strategy, 4_000, 32, 40, {}, sizes).bytes, "memory"


def digest_of(subject: Subject) -> str:
    """The rows of a fixed run, in order, as a digest."""
    inputs = population()
    rows = subject.run(inputs, 12, seed=7).rows
    return blake2b(inputs.keys[rows].tobytes(), digest_size=8).hexdigest()


def check_golden(subject: Subject) -> None:
    """A version always chooses the same rows."""
    name = (subject.strategy.id, subject.strategy.version)
    assert name in GOLDEN, f"record {name}: {digest_of(subject)}"
    assert digest_of(subject) == GOLDEN[name], (
        f"the rows of {name[0]} changed: raise the version and record {digest_of(subject)}"
    )


def check_params(subject: Subject) -> None:
    """Each number at both ends and each choice works; values outside are refused."""
    inputs = population()
    for parameter in subject.strategy.params:
        par = parameter.par
        given: list[Any] = list(parameter.choices)
        if parameter.kind in ("int", "float"):
            given = [end for end in (par.low, par.high) if end is not None and abs(end) < 10_000]
            for end, step in ((par.low, -1), (par.high, 1)):
                if end is not None:
                    with pytest.raises(ParameterError):
                        subject.run(inputs, 12, params={parameter.name: end + step})
        for value in given:
            params = {parameter.name: value}
            if value == "neyman":
                params["spread"] = "y"
            subject.run(inputs, feasible(subject, inputs, 12, params=params), params=params)
    with pytest.raises(ParameterError):
        subject.run(inputs, 12, params={"no_such": 1})


def check_needs(subject: Subject) -> None:
    """Without what it needs, a strategy says so."""
    if subject.strategy.needs:
        with pytest.raises(NeedError):
            subject.run(Inputs(keys=population().keys), 12)


# Designs that break ties in an allocation by chance, and whose π then go with the numbers that came out.
GIVEN_NUMBERS = frozenset({"stratified", "temporal"})

Repeats = list[tuple[np.ndarray, np.ndarray]]  # rows and their claimed π (or weights), one pair per seed


def repeats(
    subject: Subject, params: dict[str, Any] | None, runs: int, what: str = "inclusion"
) -> Repeats | None:
    """The same draw under many seeds; None where no π (or no weight) is claimed."""
    inputs = population(30)
    budget = feasible(subject, inputs, 9, params=params)
    out = []
    for seed in range(runs):
        picked = subject.run(inputs, budget, seed=seed, params=params)
        claimed = getattr(picked, what)
        if claimed is None:
            return None
        out.append((picked.rows, claimed))
    return out


def check_frequencies(made: Repeats) -> None:
    """Rows come up as often as their π says: exact binomial bounds, 1e-4 over all rows together."""
    from scipy.stats import binom

    n, runs = 30, len(made)
    came, pi = np.zeros(n, np.int64), np.full(n, np.nan)
    for rows, claimed in made:
        came[rows] += 1
        known = ~np.isnan(pi[rows])
        assert np.allclose(pi[rows][known], claimed[known]), "π is known before the draw"
        pi[rows] = claimed
    seen = came > 0
    assert (pi[seen] <= 1 + 1e-12).all(), "π is a probability"
    low = binom.cdf(came[seen], runs, pi[seen])
    high = binom.sf(came[seen] - 1, runs, pi[seen])
    assert (np.minimum(low, high) > 1e-4 / (2 * n)).all(), "frequencies are π"
    budget = np.mean([len(rows) for rows, _ in made])
    spread = np.std([len(rows) for rows, _ in made]) / np.sqrt(runs)
    # A row never seen has at most the π that would let it be missed this often.
    unseen = (1 - (1e-4 / n) ** (1 / runs)) * int((~seen).sum())
    assert -1e-6 - 4 * spread <= budget - pi[seen].sum() <= unseen + 1e-6 + 4 * spread, "Σπ is the budget"


def check_weights(made: Repeats) -> None:
    """Weights that go by how many rows each group got: over seeds, indicator × weight is 1 on average."""
    runs = len(made)
    total, square = np.zeros(30), np.zeros(30)
    for rows, claimed in made:
        assert (claimed <= 1 + 1e-12).all(), "π is a probability"
        total[rows] += 1 / claimed
        square[rows] += 1 / claimed**2
    mean = total / runs
    error = np.sqrt((square / runs - mean**2) / runs)
    # About normal at some 60 draws a row; 5 errors: 2e-5 over all rows together.
    assert (np.abs(mean - 1) <= 5 * error + 1e-9).all(), "indicator × weight is 1 on average"


def check_totals(made: Repeats) -> None:
    """Totals of a number tied to size, weighted by 1/π, are right on average."""
    inputs = population(30)
    assert inputs.features is not None
    y = (inputs.features.matrix.astype(np.float64) ** 2).sum(axis=1)
    totals = [(y[rows] / claimed).sum() for rows, claimed in made]
    error = np.std(totals, ddof=1) / np.sqrt(len(totals))
    assert abs(np.mean(totals) - y.sum()) < 4 * error + 1e-9, "totals are unbiased"


def check_inclusion(subject: Subject, params: dict[str, Any] | None = None, runs: int = 2_000) -> None:
    """Claimed π agree with how often rows come up, sum to the budget, and give unbiased totals.

    Designs with replacement claim weights in place of π: their totals must be unbiased all the same.
    """
    made = repeats(subject, params, runs)
    if made is not None:
        (check_weights if subject.strategy.id in GIVEN_NUMBERS else check_frequencies)(made)
        check_totals(made)
        return
    weighted = repeats(subject, params, runs, "weight")
    declared = subject.strategy.weight
    assert declared is not Weight.DESIGN, "π is promised"
    if weighted is None:
        assert declared is not Weight.HANSEN_HURWITZ, "weights are promised"
        return
    assert subject.run(population(30), 9, params=params).multiplicity is not None, "weights without π"
    check_totals([(rows, 1.0 / weight) for rows, weight in weighted])


CHECKS: tuple[Callable[[Subject], None], ...] = (
    check_shape,
    check_gains,
    check_size_on_average,
    check_budgets,
    check_pins,
    check_bans,
    check_seed,
    check_order,
    check_nested,
    check_inputs,
    check_progress,
    check_cancel,
    check_finite,
    check_scale,
    check_memory,
    check_golden,
    check_params,
    check_needs,
    check_inclusion,
)
