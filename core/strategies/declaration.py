"""The declaration of a strategy, its decorator and the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from ..foundation.errors import ParameterError, RecipeError
from ..foundation.machine import Machine
from ..foundation.permanent_random import RESERVED, Draws
from ..foundation.progress import Progress
from ..model.extensions import reason
from ..model.inputs import Inputs
from ..model.needs import Need
from ..model.open_registry import OpenRegistry, amount, faults_of
from ..model.parameters import Parameter, check_params, parameters_of
from ..model.promises import Size, Weight
from ..model.recipe import Choice
from ..model.registry import Reference, Registry, check_source, check_texts, registering
from ..model.selection import Picks
from .variance import NO_CHANCES, VarianceEstimator, VarianceMethod, VarianceRule
from .wishes import Wish

POSITIONAL = 4  # inputs, budget, draws, progress


class StrategyBody(Protocol):
    """The plain function behind a strategy."""

    __name__: str

    def __call__(
        self, inputs: Inputs, budget: int, draws: Draws, progress: Progress, /, **params: Any
    ) -> Picks:
        """The rows chosen, best first where there is an order."""
        ...


@dataclass(frozen=True)
class Promises:
    """What holds for every result, and is tested for every registered strategy.

    Args:
        size: Whether the budget is met exactly, at most, or on average.
        deterministic: The seed changes nothing.
        nested: The first b rows of a larger run are the run at budget b.
        nested_if: Where only some parameters keep it nested: which ones do. Called with all parameters,
            checked; asked beside `nested` by `Strategy.nested`.
        bound: A guarantee in words ("within a factor 2 of the best radius"), or "".
        limit: What may make a budget too large although there are rows enough ("the rank of the kernel"), or
            "". Such a budget is refused by a `BudgetError` that ends in "at most N rows", and N works.
    """

    size: Size = Size.EXACT
    deterministic: bool = False
    nested: bool = False
    bound: str = ""
    limit: str = ""
    nested_if: Callable[[Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True)
class Cost:
    """What a run takes, as functions of n rows, d dimensions and budget k.

    Args:
        work: Amounts by unit of `core.foundation.machine.Machine`: ``gemm`` floating-point operations in
            matrix products, ``stream`` matrix elements read from memory in matrix × vector, ``scan`` array
            elements passed over, ``keyed`` permanent random numbers, ``steps`` interpreted steps.
        memory: Peak bytes above the inputs.
        text: The same for people, for example ``"O(n·k) distances, O(n) memory"``.
        graph: Rows above which the shared neighbour graph is asked for (0 for always); None where it never
            is. Its work is added by the caller, once and only where it is not there yet.
    """

    work: Callable[[int, int, int], Mapping[str, float]]
    memory: Callable[[int, int, int], float]
    text: str
    graph: int | None = None


@dataclass(frozen=True)
class Strategy:
    """A declared strategy; everything about it derives from here."""

    id: str
    version: int
    label: str
    sentence: str
    family: str
    needs: frozenset[Need]
    promises: Promises
    weight: Weight
    cost: Cost
    when: str
    when_not: str
    answers: frozenset[Wish]
    paper: Reference
    body: StrategyBody
    params: tuple[Parameter, ...]
    variance: VarianceRule = NO_CHANCES
    gain: str = ""
    package: str = ""  # name and version of the package that it comes from; "" for our own

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, given or default, checked against the declaration."""
        return check_params(self.id, self.params, given)

    def runs(self, seeds: int) -> int:
        """How often it runs where M seeds are asked for: a deterministic one once."""
        return 1 if self.promises.deterministic else seeds

    def nested(self, given: Mapping[str, Any]) -> bool:
        """Whether a run with these parameters holds the runs at all smaller budgets as its first rows."""
        if self.promises.nested or self.promises.nested_if is None:
            return self.promises.nested
        checked = self.check(given)
        with faults_of(self):
            found = self.promises.nested_if(checked)
            if not isinstance(found, (bool, np.bool_)):
                raise TypeError(f"whether it is nested is {found!r:.40}, and neither true nor false")
        return bool(found)

    def variance_estimator(self, given: Mapping[str, Any]) -> VarianceEstimator:
        """How the sampling variance of a run with these parameters can be estimated."""
        if not callable(self.variance):
            return self.variance
        checked = self.check(given)
        with faults_of(self):
            found = self.variance(checked)
            if not isinstance(found, VarianceEstimator):
                raise TypeError(f"its variance is {found!r:.40}, and no VarianceEstimator")
        return found

    def work(self, n: int, d: int, budget: int) -> dict[str, float]:
        """Declared amounts of work by unit for n rows, d dimensions and a budget in rows."""
        with faults_of(self):
            return {
                _unit(unit): amount(value, f"its work in {unit}")
                for unit, value in self.cost.work(n, d, budget).items()
            }

    def memory(self, n: int, d: int, budget: int) -> float:
        """Declared peak bytes above the inputs; arguments as in `work`."""
        with faults_of(self):
            return amount(self.cost.memory(n, d, budget), "its memory")

    def to_json(self) -> dict[str, Any]:
        """The public form of ``aliquot strategies --json``."""
        return {
            "id": self.id,
            "version": self.version,
            "label": self.label,
            "sentence": self.sentence,
            "family": self.family,
            "needs": sorted(self.needs),
            "promises": {
                "size": self.promises.size.value,
                "deterministic": self.promises.deterministic,
                "nested": self.promises.nested,
                "bound": self.promises.bound,
                "limit": self.promises.limit,
            },
            "weight": self.weight.value,
            "variance": self.variance_estimator({}).kind.value,
            "cost": self.cost.text,
            "params": [parameter.to_json() for parameter in self.params],
            "when": self.when,
            "when_not": self.when_not,
            "answers": sorted(self.answers),
            "gain": self.gain,
            "paper": self.paper.cite(),
            "deviation": self.paper.deviation,
            **({"package": self.package} if self.package else {}),
        }


_UNITS = tuple(unit.name for unit in fields(Machine))
_PROBES = ((1, 1, 1), (1_000, 384, 100), (10_000_000, 16, 1_000_000))  # rows, dimensions, budgets


def _unit(name: Any) -> str:
    if name not in _UNITS:
        raise TypeError(f"its work is in {name!r:.40}, and the units are {', '.join(_UNITS)}")
    return str(name)


def probe_strategy(made: Strategy) -> None:
    """Call what a strategy declares beside its function, with default parameters.

    Raises:
        TypeError: Its cost cannot be told for some sizes, or is none. Other faults of it pass as they are.
    """
    graph = made.cost.graph
    if graph is not None and (isinstance(graph, bool) or not isinstance(graph, int)):
        raise TypeError(f"the graph of its cost is {graph!r:.40}, and no number of rows")
    for n, d, k in _PROBES:
        try:
            made.work(n, d, k), made.memory(n, d, k)
        except Exception as error:
            raise TypeError(
                f"its cost for n = {n:,}, d = {d} and k = {k:,} cannot be told: {reason(error)}"
            ) from error
    made.nested({})
    made.variance_estimator({})


def check_strategy(made: Any, registry: Registry[Any]) -> None:
    """Raise TypeError where a declaration is incomplete."""
    if not isinstance(made, Strategy):
        raise TypeError(f"{made!r:.60} is no declared strategy")
    if made.id in RESERVED:
        raise TypeError(f"strategy id {made.id!r} is a reserved stream")
    check_texts(
        "strategy", made, when=made.when, when_not=made.when_not, family=made.family, cost=made.cost.text
    )
    unknown = [need for need in made.needs if not isinstance(need, Need)]
    if unknown:
        raise TypeError(f"strategy {made.id}: there is no need called {unknown[0]!r}")
    if not made.answers or any(not isinstance(wish, Wish) for wish in made.answers):
        raise TypeError(f"strategy {made.id}: it must answer at least one `Wish`")
    check_source("strategy", made, made.paper)
    if (made.variance is NO_CHANCES) != (made.weight is Weight.NONE):
        raise TypeError(f"strategy {made.id}: a variance, or why there is none, goes with weights")
    variance = made.variance
    if (
        isinstance(variance, VarianceEstimator)
        and variance.kind is VarianceMethod.NONE
        and not variance.why.strip()
    ):
        raise TypeError(f"strategy {made.id}: why there is no variance is not said")


STRATEGIES: OpenRegistry[Strategy] = OpenRegistry("strategy", check_strategy, probe_strategy)


def declare(
    *,
    id: str,
    version: int,
    label: str,
    sentence: str,
    family: str,
    needs: set[Need],
    promises: Promises,
    weight: Weight,
    cost: Cost,
    when: str,
    when_not: str,
    answers: set[Wish],
    paper: Reference,
    variance: VarianceRule | None = None,
    gain: str = "",
    registry: Registry[Strategy] | None = None,
) -> Callable[[Any], Any]:
    """Register a plain function as a strategy; raises TypeError where the declaration is incomplete.

    `variance` says how the sampling variance is estimated, or why it cannot be; a function of the parameters
    where it depends on them. It must be given where there are weights, and only there. `gain` says what the
    gain of a row is, in which unit and what a low one means; it goes with `Picks.gains`.
    """
    return registering(
        # An empty registry is falsy (it has a length), so test for None.
        STRATEGIES if registry is None else registry,
        lambda body: Strategy(
            id=id,
            version=version,
            label=label,
            sentence=sentence,
            family=family,
            needs=frozenset(needs),
            promises=promises,
            weight=weight,
            cost=cost,
            when=when,
            when_not=when_not,
            answers=frozenset(answers),
            paper=paper,
            body=body,
            params=parameters_of(body, POSITIONAL),
            variance=NO_CHANCES if variance is None else variance,
            gain=gain,
        ),
        check_strategy,
    )


def as_choice(given: str | Choice, params: Mapping[str, Any] | None = None) -> Choice:
    """A strategy by its id, or as a choice that holds its parameters already; of this program's version.

    Raises:
        ParameterError: No strategy of that name, or parameters given twice.
        RecipeError: A version that this program does not have; it would choose other rows.

    Example:
        >>> as_choice("random", {}).id, as_choice(Choice("random")).id
        ('random', 'random')
    """
    if not isinstance(given, (str, Choice)):
        raise ParameterError(
            f"A strategy cannot be {given!r:.60}", "it is an id or a Choice", 'write "random", or a Choice'
        )
    choice = given if isinstance(given, Choice) else Choice(given, params or {})
    if choice is given and params:
        raise ParameterError(
            f"Parameters of {choice.id} are given twice", "the Choice holds its own", "give them in one place"
        )
    have = STRATEGIES[choice.id].version
    if choice.version not in (None, have):
        raise RecipeError(
            f"The recipe was written for version {choice.version} of {choice.id}",
            f"this is version {have}, which chooses other rows",
            "use the Aliquot that wrote it, or take the version out of the recipe",
        )
    return choice


def label_of(choice: Choice) -> str:
    """What people call a choice: its own label, else the strategy's.

    Example:
        >>> label_of(Choice("random")), label_of(Choice("random", label="Chance"))
        ('Random', 'Chance')
    """
    return choice.label or STRATEGIES[choice.id].label
