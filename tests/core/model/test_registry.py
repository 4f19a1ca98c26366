"""Declarations: what is refused at import, and how parameters are read, checked and parsed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest

from core.foundation.errors import ParameterError
from core.model.needs import Need
from core.model.parameters import Par, StrategyChoice, check_params, parameters_of, written
from core.model.promises import Weight
from core.model.registry import Reference, Registry
from core.strategies.declaration import STRATEGIES, Cost, Promises, Strategy, declare
from core.strategies.variance import VarianceEstimator, VarianceMethod
from core.strategies.wishes import Wish


def good(
    *,
    count: Annotated[int, Par("How many.", 1, 9)] = 3,
    share: Annotated[float, Par("What part.", 0, 1, unit="of rows")] = 0.5,
    kind: Annotated[Literal["a", "b"], Par("Which.")] = "a",
    on: Annotated[bool, Par("Whether.")] = False,
    column: Annotated[str | None, Par("Column.", column=("number",))] = None,
    inner: Annotated[StrategyChoice, Par("Strategy.", strategy=True)] = "random",
    name: Annotated[str, Par("Name.")] = "x",
    cols: Annotated[tuple[str, ...], Par("Columns.", column=("number",), special=("scores",))] = ("scores",),
) -> None:
    """A complete declaration."""


PARAMS = parameters_of(good, 0)


def test_kinds_are_read_off_the_signature() -> None:
    kinds = {one.name: one.kind for one in PARAMS}
    assert kinds == {
        "count": "int",
        "share": "float",
        "kind": "choice",
        "on": "bool",
        "column": "column",
        "inner": "strategy",
        "name": "text",
        "cols": "columns",
    }
    assert PARAMS[2].choices == ("a", "b")
    assert PARAMS[4].optional
    assert PARAMS[1].to_json()["unit"] == "of rows"


def _positional(count: Annotated[int, Par("How many.")] = 3) -> None: ...
def _no_default(*, count: Annotated[int, Par("How many.")]) -> None: ...
def _no_par(*, count: int = 3) -> None: ...
def _no_help(*, count: Annotated[int, Par(" ")] = 3) -> None: ...
def _odd_type(*, count: Annotated[bytes, Par("How many.")] = b"") -> None: ...
def _default_outside(*, count: Annotated[int, Par("How many.", 1, 2)] = 3) -> None: ...
def _default_no_choice(*, kind: Annotated[Literal["a"], Par("Which.")] = "b") -> None: ...  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (_positional, "keyword-only"),
        (_no_default, "needs a default"),
        (_no_par, "must be Annotated"),
        (_no_help, "no help"),
        (_odd_type, "unsupported type"),
        (_default_outside, "default of count"),
        (_default_no_choice, "default of kind"),
    ],
)
def test_incomplete_signatures_are_refused(function: Callable[..., None], complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        parameters_of(function, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 0),
        ("count", 10),
        ("count", 2.5),
        ("count", True),
        ("count", "3"),
        ("count", None),
        ("share", -0.1),
        ("share", float("nan")),
        ("share", float("inf")),
        ("kind", "c"),
        ("kind", 1),
        ("on", 1),
        ("column", 3),
        ("inner", {"params": {}}),
        ("inner", {"id": "random", "more": 1}),
        ("inner", 4),
        ("cols", 3),
        ("cols", ["a", 1]),
        ("cols", [""]),
        ("cols", {"a": 1}),
        ("unknown", 1),
    ],
)
def test_values_refused(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=name):
        check_params("thing", PARAMS, {name: value})


def test_values_checked() -> None:
    made = check_params("thing", PARAMS, {"count": 4.0, "share": 1, "inner": {"id": "k-center"}})
    assert made["count"] == 4
    assert type(made["count"]) is int
    assert type(made["share"]) is float
    assert made["inner"] == {"id": "k-center", "params": {}}
    assert made["column"] is None
    assert made["cols"] == ["scores"]
    assert check_params("thing", PARAMS, {"cols": ("b", "a", "b")})["cols"] == ["b", "a"]
    assert check_params("thing", PARAMS, {"cols": "a"})["cols"] == ["a"]
    assert list(made) == [one.name for one in PARAMS]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", " 7 ", 7),
        ("share", "0.25", 0.25),
        ("share", "0,25", 0.25),
        ("share", "2.5e-1", 0.25),
        ("on", "YES", True),
        ("on", "0", False),
        ("column", "none", None),
        ("column", "age", "age"),
        ("kind", "b", "b"),
        ("inner", "kmq", {"id": "kmq", "params": {}}),
        ("cols", "a, b", ["a", "b"]),
        ("cols", "a", ["a"]),
        ("cols", "", []),
        ("cols", '["price, EUR", "b"]', ["price, EUR", "b"]),
        ("cols", "[a],b", ["[a]", "b"]),
        ("cols", "[1]", ["[1]"]),
    ],
)
def test_text_is_parsed(name: str, text: str, value: Any) -> None:
    (one,) = [one for one in PARAMS if one.name == name]
    assert one.parse(text, "thing") == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (False, "false"),
        ([], "none"),
        (("a", "b"), "a,b"),
        ({"id": "kmq", "params": {}}, "kmq"),
        ({"id": "made-up", "params": {"on": ["a"], "spread": None}}, "made-up (on = a, spread = none)"),
    ],
)
def test_values_are_written_for_people(value: Any, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count", "many"),
        ("count", "1.5"),
        ("on", "perhaps"),
        ("share", "2"),
        ("count", "1_0"),
        ("count", "0,7"),
        ("share", "0_1"),
        ("share", "0,1,1"),
        ("share", "nan"),
    ],
)
def test_text_refused(name: str, text: str) -> None:
    (one,) = [one for one in PARAMS if one.name == name]
    with pytest.raises(ParameterError, match=name):
        one.parse(text, "thing")


def _thing(**changes: Any) -> Any:
    return SimpleNamespace(**({"id": "a-b", "version": 1, "label": "A", "sentence": "B."} | changes))


@pytest.mark.parametrize(
    "changes",
    [{"id": "A b"}, {"id": "-a"}, {"id": ""}, {"version": 0}, {"label": " "}, {"sentence": ""}],
)
def test_registry_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Registry("thing").add(_thing(**changes))


def test_registry() -> None:
    things: Registry[Any] = Registry("thing")
    assert len(things) == 0
    first = things.add(_thing())
    assert things["a-b"] is first
    assert "a-b" in things
    assert things.ids() == ["a-b"]
    with pytest.raises(TypeError, match="twice"):
        things.add(_thing())
    with pytest.raises(ParameterError, match="no thing called 'c'"):
        things["c"]


def _declared(**changes: Any) -> Registry[Strategy]:
    registry: Registry[Strategy] = Registry("strategy")
    given: dict[str, Any] = {
        "id": "made-up",
        "version": 1,
        "label": "Made up",
        "sentence": "For a test.",
        "family": "test",
        "needs": {Need.GROUPS},
        "promises": Promises(),
        "weight": Weight.NONE,
        "cost": Cost(lambda n, d, k: {}, lambda n, d, k: 1.0, "O(1)"),
        "when": "never",
        "when_not": "always",
        "answers": {Wish.COVERS},
        "paper": Reference.none("a test"),
        "registry": registry,
    } | changes

    @declare(**given)
    def made_up(inputs: Any, budget: Any, draws: Any, progress: Any, /) -> None:
        """Nothing."""

    return registry


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "band"},
        {"id": "evaluation"},
        {"id": "Not a slug"},
        {"when": ""},
        {"when_not": " "},
        {"answers": set()},
        {"answers": {"a wish"}},
        {"family": ""},
        {"cost": Cost(lambda n, d, k: {}, lambda n, d, k: 1.0, "")},
        {"paper": Reference("", 2020, "Title")},
        {"paper": Reference("A. Author", 2020, "")},
        {"needs": {"telepathy"}},
        {"sentence": ""},
        {"weight": Weight.DESIGN},
        {"variance": VarianceEstimator(VarianceMethod.SRS)},
        {"weight": Weight.DESIGN, "variance": VarianceEstimator(VarianceMethod.NONE)},
    ],
)
def test_incomplete_strategies_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        _declared(**changes)


def test_a_complete_strategy_is_taken() -> None:
    made = _declared()["made-up"]
    assert made.to_json()["needs"] == ["groups"]
    assert made.to_json()["paper"] == "a test"


def test_public_form_of_all_strategies() -> None:
    wanted = (
        "id version label sentence family needs promises weight variance cost params when when_not answers "
        "paper deviation gain"
    )
    for one in STRATEGIES:
        assert set(wanted.split()) == set(one.to_json())


def test_citation() -> None:
    paper = Reference("A. Author", 1999, "On rows", "Journal 1", "doi:1")
    assert paper.cite() == "A. Author (1999), On rows, Journal 1, doi:1"
