"""Every registered strategy keeps the contract, and every broken one is caught by its check."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest

from core.foundation.progress import SILENT
from core.model.inputs import Inputs
from core.model.selection import Selection
from core.strategies.contract import behaviour, chances
from core.strategies.contract.checks import CHECKS
from core.strategies.contract.population import on_matrix, population
from core.strategies.contract.subject import ContractError, Subject, registered
from core.strategies.declaration import STRATEGIES
from core.strategies.draws.density import log_weights
from core.strategies.running.select import select

from .golden import GOLDEN

BREACHES = (AssertionError, ContractError)


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


@pytest.mark.parametrize("check", [*CHECKS, check_golden], ids=lambda check: check.__name__)
@pytest.mark.parametrize("strategy_id", STRATEGIES.ids())
def test_contract(strategy_id: str, check: Any) -> None:
    check(registered(strategy_id))


@pytest.mark.parametrize(
    ("strategy_id", "params"),
    [
        ("density", {"draw": "pps"}),
        ("density", {"draw": "pps", "power": 1.0}),
        ("stratified", {"allocation": "equal"}),
        ("stratified", {"within": {"id": "density", "params": {"draw": "pps"}}}),
        ("stratified", {"within": "systematic"}),
        ("systematic", {"by": "y"}),
        ("pps", {"draw": "sampford"}),
        ("pps", {"draw": "systematic"}),
        ("cube", {"size": "scores", "on": ["y", "c", "groups"]}),
        ("entities", {"draw": "stratified"}),
        ("entities", {"draw": "stratified", "allocation": "equal", "by": "c"}),
        ("entities", {"draw": "pps"}),
        ("leverage", {"score": "root-leverage"}),
        ("leverage", {"score": "sensitivity", "uniform": 0.0}),
        ("leverage", {"ridge": 1.0, "intercept": False}),
        ("k-dpp", {"landmarks": 16}),
        ("stratified", {"within": {"id": "k-dpp", "params": {}}}),
        ("temporal", {"windows": 4, "metric": "cosine"}),
        ("temporal", {"by": "y", "sequence": "c"}),
    ],
)
def test_designs_of_parameters(strategy_id: str, params: dict[str, Any]) -> None:
    assert registered(strategy_id).run(population(30), 9, params=params).inclusion is not None
    chances.check_inclusion(registered(strategy_id), params, 300)


def _base(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return registered("random").run(inputs, budget, **options)


def _biased(inputs: Inputs, budget: int, **options: Any) -> Selection:
    good = _base(inputs, budget, **options)
    rest = np.setdiff1d(np.arange(inputs.n), good.rows)
    if 0 in good.rows or options.get("eligible") is not None or len(inputs.pins) or not len(rest):
        return good
    return replace(good, rows=np.concatenate([[0], good.rows[1:]]))


def _off_by_one(inputs: Inputs, budget: int, **options: Any) -> Selection:
    good = _base(inputs, budget, **options)
    return replace(good, rows=good.rows[:-1]) if budget > 1 else good


def _unexplained_gains(inputs: Inputs, budget: int, **options: Any) -> Selection:
    good = _base(inputs, budget, **options)
    return replace(good, gains=np.ones(len(good.rows)))


def _no_bans(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, budget, **{**options, "eligible": None})


def _no_pins(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(replace(inputs, pins=np.empty(0, np.int64)), budget, **options)


def _wrong_pi(inputs: Inputs, budget: int, **options: Any) -> Selection:
    good = _base(inputs, budget, **options)
    assert good.inclusion is not None
    return replace(good, inclusion=np.minimum(1, good.inclusion * 1.3))


def _mutating(inputs: Inputs, budget: int, **options: Any) -> Selection:
    assert inputs.frame is not None
    inputs.frame.loc[0, "y"] = -1.0
    return _base(inputs, budget, **options)


def _not_nested(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, budget, **{**options, "seed": options.get("seed", 0) + budget})


def _no_seed(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, budget, **{**options, "seed": 0})


_CALLS = [0]


def _unrepeatable(inputs: Inputs, budget: int, **options: Any) -> Selection:
    _CALLS[0] += 1
    return _base(inputs, budget, **{**options, "seed": _CALLS[0]})


def _file_order(inputs: Inputs, budget: int, **options: Any) -> Selection:
    """Uses the source's row numbers in place of keys."""
    numbered = np.zeros((inputs.n, 16), np.uint8)
    numbered[:, 14:] = np.arange(inputs.n, dtype=">u2").view(np.uint8).reshape(-1, 2)
    return _base(replace(inputs, keys=numbered), budget, **options)


def _ties_by_file(inputs: Inputs, budget: int, **options: Any) -> Selection:
    """Never puts rows into canonical order, so copies are told apart by where they stand in the file."""
    return select("k-center", inputs, budget, **options)


def _accepts_nan(inputs: Inputs, budget: int, **options: Any) -> Selection:
    assert inputs.features is not None
    x = np.nan_to_num(inputs.features.matrix, posinf=9, neginf=-9)
    return registered("k-center").run(on_matrix(inputs, x), budget, **options)


def _uses_unit(inputs: Inputs, budget: int, **options: Any) -> Selection:
    assert inputs.features is not None
    seed = int(abs(float(inputs.features.matrix[0, 0])) * 1e6)
    return _base(inputs, budget, **{**options, "seed": seed})


def _wasteful(inputs: Inputs, budget: int, **options: Any) -> Selection:
    np.ones((inputs.n, inputs.n)).sum()
    return _base(inputs, budget, **options)


def _silent(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, budget, **{**options, "progress": SILENT})


def _any_budget(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, min(max(budget, 1), inputs.n), **options)


def _any_parameter(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, budget, **{**options, "params": {}})


def _needs_nothing(inputs: Inputs, budget: int, **options: Any) -> Selection:
    return _base(inputs, budget, **options)


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (_biased, chances.check_inclusion),
        (_wrong_pi, chances.check_inclusion),
        (_off_by_one, behaviour.check_shape),
        (_unexplained_gains, behaviour.check_gains),
        (_no_bans, behaviour.check_bans),
        (_no_pins, behaviour.check_pins),
        (_mutating, behaviour.check_inputs),
        (_not_nested, behaviour.check_nested),
        (_no_seed, behaviour.check_seed),
        (_unrepeatable, behaviour.check_seed),
        (_unrepeatable, behaviour.check_order),
        (_file_order, behaviour.check_order),
        (_uses_unit, behaviour.check_scale),
        (_wasteful, behaviour.check_memory),
        (_silent, behaviour.check_progress),
        (_silent, behaviour.check_cancel),
        (_any_budget, behaviour.check_budgets),
        (_any_parameter, behaviour.check_params),
        (_no_seed, check_golden),
    ],
)
def test_broken_strategies_fail(broken: Any, check: Any) -> None:
    check(registered("random"))
    with pytest.raises(BREACHES):
        check(Subject(STRATEGIES["random"], broken))


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (_ties_by_file, behaviour.check_order),
        (_accepts_nan, behaviour.check_finite),
        (_needs_nothing, behaviour.check_needs),
    ],
)
def test_broken_geometry_fails(broken: Any, check: Any) -> None:
    check(registered("k-center"))
    with pytest.raises(BREACHES):
        check(Subject(STRATEGIES["k-center"], broken))


def test_totals_reveal_uncapped_shares() -> None:
    """π = b·w/Σw, as if no row were too large for it, is caught by the totals alone."""
    made = chances.repeats(registered("density"), {"draw": "pps", "power": -2.0}, 600)
    assert made is not None
    chances.check_totals(made)
    weight = np.exp(log_weights(population(30), -2.0, 15, "intrinsic", SILENT)[0])
    uncapped = 9 * weight / weight.sum()
    assert uncapped.max() > 1.2
    with pytest.raises(ContractError, match="unbiased"):
        chances.check_totals([(rows, uncapped[rows]) for rows, _ in made])
