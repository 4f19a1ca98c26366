"""Size, seed, order, pins, bans, refusals, progress and memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.errors import BudgetError, Cancelled, FeatureError, NeedError, ParameterError
from ...foundation.machine import show_bytes
from ...foundation.progress import Progress
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.promises import Size
from ...model.selection import Selection
from ..running.time_and_memory import time_and_memory
from .population import on_matrix, population, reordered
from .subject import Subject, feasible, hold, refused


def _drawn(selection: Selection) -> int:
    return len(selection.rows) if selection.multiplicity is None else int(selection.multiplicity.sum())


def check_shape(subject: Subject) -> None:
    """As many rows as promised, none twice, none out of range; also on awkward data."""
    for kind in ("plain", "constant", "duplicates", "single"):
        inputs = population(40, kind=kind)
        for asked in (1, 7, 39, 40):
            budget = feasible(subject, inputs, asked)
            picked = subject.run(inputs, budget)
            rows, drawn = picked.rows, _drawn(picked)
            hold(rows.dtype == np.int64, f"Rows are {rows.dtype}, not int64 positions.")
            hold(len(set(rows.tolist())) == len(rows), "It returns a row twice.")
            hold(((rows >= 0) & (rows < inputs.n)).all(), "It returns a row that is not there.")
            told = f"It returns {drawn} of {inputs.n} {kind} rows for a budget of {budget}"
            if subject.strategy.promises.size is Size.EXACT:
                hold(drawn == budget, f"{told}.")
            elif subject.strategy.promises.size is Size.AT_MOST:
                hold(drawn <= budget, f"{told} at most.")


def check_gains(subject: Subject) -> None:
    """Gains, one per row, go with words for what they are."""
    gains = subject.run(population(), 9).gains
    hold((gains is not None) == bool(subject.strategy.gain), "Gains and words for them do not go together.")
    hold(gains is None or gains.shape == (9,), "There is not one gain for each row.")


def check_size_on_average(subject: Subject) -> None:
    """A random size meets the budget on average."""
    if subject.strategy.promises.size is Size.RANDOM:
        inputs = population()
        sizes = [len(subject.run(inputs, 15, seed=seed)) for seed in range(400)]
        error = np.std(sizes, ddof=1) / np.sqrt(len(sizes))
        told = f"It returns {np.mean(sizes):.2f} rows on average for a budget of 15."
        hold(abs(np.mean(sizes) - 15) < 4 * error + 1e-9, told)


def check_budgets(subject: Subject) -> None:
    """Budgets below 1 and above the number of rows are refused."""
    for budget in (0, -1, 41):
        told = f"It does not refuse a budget of {budget} out of 40 rows."
        refused(BudgetError, partial(subject.run, population(40), budget), told)


def check_pins(subject: Subject) -> None:
    """Pinned rows are in, first, with π = 1."""
    pins = np.array([2, 30, 31], np.int64)
    inputs = replace(population(), pins=pins)
    for budget in (3, 12):
        picked = subject.run(inputs, budget)
        hold(np.isin(pins, picked.rows).all(), "A pinned row is missing.")
        hold(set(picked.rows[:3].tolist()) == set(pins.tolist()), "Pinned rows do not come first.")
        if picked.inclusion is not None:
            hold((picked.inclusion[:3] == 1).all(), "Pinned rows do not have π = 1.")


def check_bans(subject: Subject) -> None:
    """Banned rows are never chosen, even when everything else is."""
    inputs = population()
    eligible = np.flatnonzero(np.arange(inputs.n) % 3 > 0)
    for asked in (10, len(eligible)):
        budget = feasible(subject, inputs, asked, eligible=eligible)
        rows = subject.run(inputs, budget, eligible=eligible).rows
        hold(np.isin(rows, eligible).all(), "It chooses a banned row.")


def check_seed(subject: Subject) -> None:
    """Same seed, same rows; another seed, other rows unless deterministic."""
    inputs = population()
    first = subject.run(inputs, 12, seed=3).rows
    again = subject.run(inputs, 12, seed=3).rows
    hold(np.array_equal(first, again), "The same seed gives other rows.")
    others = [set(subject.run(inputs, 12, seed=seed).rows.tolist()) for seed in range(4, 8)]
    if all(other == set(first.tolist()) for other in others):
        hold(
            subject.strategy.promises.deterministic, "The seed changes nothing, and it is not deterministic."
        )
    else:
        hold(not subject.strategy.promises.deterministic, "It is deterministic, and the seed changes it.")


def check_order(subject: Subject) -> None:
    """The order of the source's rows changes nothing, ties and copies included."""
    for kind, asked in (("duplicates", 12), ("duplicates", 60), ("constant", 7), ("plain", 12)):
        inputs = population(kind=kind)
        budget = feasible(subject, inputs, asked)
        want = [inputs.keys[row].tobytes() for row in subject.run(inputs, budget, seed=1).rows]
        for seed in (1, 2):
            source = reordered(inputs, np.random.default_rng(seed).permutation(inputs.n))
            got = [source.keys[row].tobytes() for row in subject.run(source, budget, seed=1).rows]
            hold(got == want, f"The order of the rows in the file changes what it chooses ({kind} rows).")


def check_nested(subject: Subject) -> None:
    """A smaller budget is a prefix, where that is promised."""
    if subject.strategy.promises.nested:
        inputs = population()
        large, small = subject.run(inputs, 30).rows, subject.run(inputs, 11).rows
        hold(np.array_equal(large[:11], small), "The first 11 of 30 rows are not the 11 of a smaller budget.")


def check_inputs(subject: Subject) -> None:
    """Nothing handed in is changed."""
    inputs, before = population(), population()
    subject.run(inputs, 12)
    assert inputs.features is not None
    assert before.features is not None
    assert inputs.groups is not None
    assert before.groups is not None
    assert inputs.frame is not None
    assert before.frame is not None
    told = "It changes the {} that it is given."
    hold(np.array_equal(inputs.features.matrix, before.features.matrix), told.format("features"))
    hold(np.array_equal(inputs.keys, before.keys), told.format("keys"))
    hold(np.array_equal(inputs.groups.codes, before.groups.codes), told.format("groups"))
    hold(np.array_equal(inputs.scores, before.scores), told.format("scores"))  # type: ignore[arg-type]
    hold(inputs.frame.equals(before.frame), told.format("table"))


def check_progress(subject: Subject) -> None:
    """Progress is told, and a cancel stops the work."""
    told: list[float] = []
    subject.run(population(), 12, progress=Progress(lambda share, _: told.append(share), every=0))
    hold(told, "It never tells its progress.")
    hold(all(0 <= share <= 1 for share in told), "It tells a progress outside 0 to 1.")
    stop = Event()
    stop.set()
    run = partial(subject.run, population(), 12, progress=Progress(cancel=stop))
    refused(Cancelled, run, "A cancel does not stop it.")


def check_cancel(subject: Subject) -> None:
    """A cancel that comes while the work runs stops it at the next word of progress."""
    stop, told = Event(), []

    def report(share: float, _: str) -> None:
        told.append(share)
        stop.set()

    run = partial(subject.run, population(), 12, progress=Progress(report, stop, every=0))
    refused(Cancelled, run, "A cancel while it runs does not stop it.")
    hold(len(told) == 1, "It goes on after a cancel.")


def check_finite(subject: Subject) -> None:
    """NaN and infinity in features are refused in one line that says how many rows hold them."""
    if Need.FEATURES not in subject.strategy.needs:
        return
    for bad in (np.nan, np.inf, -np.inf):
        inputs = population()
        x = _matrix(inputs).copy()
        x[[3, 8], 1] = bad
        told = f"It takes features that hold {bad}."
        said = refused(FeatureError, partial(subject.run, on_matrix(inputs, x), 12), told)
        hold("2 rows" in said and "\n" not in said, f"It does not say in one line that 2 rows hold {bad}.")


def check_scale(subject: Subject) -> None:
    """The unit of the features does not matter, nor whether they come in double precision."""
    inputs = population()
    x = _matrix(inputs)
    want = subject.run(inputs, 12, seed=2).rows
    for other, how in (
        (x * np.float32(1024), "1024 times as large"),
        (x * np.float32(2**-10), "1024 times as small"),
        (x.astype(np.float64), "in double precision"),
    ):
        rows = subject.run(on_matrix(inputs, other), 12, seed=2).rows
        hold(np.array_equal(rows, want), f"It chooses other rows where the features are {how}.")


def check_memory(subject: Subject) -> None:
    """The peak above the inputs stays within what is declared."""
    rng = np.random.default_rng(0)
    inputs = on_matrix(population(4_000), rng.normal(size=(4_000, 32)).astype(np.float32))
    assert inputs.target is not None
    inputs = replace(inputs, target=replace(inputs.target, features=_matrix(inputs)[:9]))
    subject.run(inputs, 40)  # imports are not the strategy's
    tracemalloc.start()
    try:
        subject.run(inputs, 40)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    sizes = [int(size) for size in inputs.groups.sizes if size] if inputs.groups else []
    most = time_and_memory(subject.strategy, 4_000, 32, 40, {}, sizes).bytes
    hold(peak <= most, f"It takes {show_bytes(peak)} for 4,000 rows, and {show_bytes(most)} are declared.")


def check_params(subject: Subject) -> None:
    """Each number at both ends and each choice works; values outside are refused."""
    inputs = population()
    declared = subject.strategy.params
    for parameter in declared:
        par = parameter.par
        given: list[Any] = list(parameter.choices)
        if parameter.kind in ("int", "float"):
            given = [end for end in (par.low, par.high) if end is not None and abs(end) < 10_000]
            for end, step in ((par.low, -1), (par.high, 1)):
                if end is not None:
                    params = {parameter.name: end + step}
                    told = f"It takes {end + step:g} for {parameter.name}."
                    refused(ParameterError, partial(subject.run, inputs, 12, params=params), told)
        for value in given:
            # A column that has a meaning only under this value may be needed under it.
            also = [one for one in declared if one.par.enabled_if == (parameter.name, value)]
            params = {one.name: "y" for one in also if one.kind == "column"} | {parameter.name: value}
            subject.run(inputs, feasible(subject, inputs, 12, params=params), params=params)
    told = "It takes a parameter that it does not declare."
    refused(ParameterError, partial(subject.run, inputs, 12, params={"no_such": 1}), told)


def check_needs(subject: Subject) -> None:
    """Without what it needs, a strategy says so."""
    if subject.strategy.needs:
        run = partial(subject.run, Inputs(keys=population().keys), 12)
        refused(NeedError, run, "It does not say that what it needs is missing.")


def _matrix(inputs: Inputs) -> NDArray[np.float32]:
    assert inputs.features is not None
    return inputs.features.matrix
