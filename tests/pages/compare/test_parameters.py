"""Widgets are read off declarations: kinds, limits, defaults, meaning."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from streamlit.testing.v1 import AppTest

from core.data.load import load
from core.model.dataset import Dataset
from core.model.parameters import Par, parameters_of
from pages.ui.compare.choices.parameters import columns_for, word_for


def declared(
    inputs: Any,
    *,
    power: Annotated[float, Par("Power.", -2, 2, 0.1)] = 1.0,
    count: Annotated[int | None, Par("How many.", 1, 5000)] = None,
    metric: Annotated[Literal["cosine", "euclidean"], Par("Distance.")] = "cosine",
    on: Annotated[bool, Par("Whether.")] = False,
    kind: Annotated[Literal["a", "b", "c", "d", "e"], Par("Which.")] = "c",
    depth: Annotated[int, Par("Depth.", 1, 9, enabled_if=("on", True))] = 3,
    rare: Annotated[float, Par("Rarely used.", 0, 1, advanced=True)] = 0.5,
    by: Annotated[str, Par("Column.", column=("label", "category"), special=("groups",))] = "groups",
    over: Annotated[tuple[str, ...], Par("Columns.", column=("number",), special=("scores", "order"))] = (
        "scores",
    ),
    also: Annotated[tuple[str, ...] | None, Par("More columns.", column=("number",))] = None,
) -> None:
    """Something with one parameter of every kind."""


def page() -> None:
    import streamlit as st
    from test_params_target import PARAMETERS  # type: ignore[import-not-found]

    from pages.ui.compare.choices.parameters import widgets

    data = st.session_state.get("data", None)
    st.session_state["out"] = widgets("cmp", "x", PARAMETERS, st.session_state["given"], data)


def shown(given: dict[str, Any], data: Dataset | None = None) -> AppTest:
    import sys
    import types

    module = types.ModuleType("test_params_target")
    module.PARAMETERS = parameters_of(declared, 1)  # type: ignore[attr-defined]
    sys.modules["test_params_target"] = module
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["given"] = given
    if data is not None:
        at.session_state["data"] = data
    return at.run()


def test_defaults_need_no_words_in_the_recipe() -> None:
    at = shown({})
    assert not at.exception
    assert at.session_state["out"] == {}


def test_each_kind_gets_its_widget() -> None:
    at = shown({})
    assert (at.slider(key="cmp_x_power").min, at.slider(key="cmp_x_power").max) == (-2.0, 2.0)
    assert at.text_input(key="cmp_x_count").value == ""
    assert at.segmented_control(key="cmp_x_metric").value == "cosine"
    assert at.toggle(key="cmp_x_on").value is False
    assert at.selectbox(key="cmp_x_kind").value == "c"
    assert at.selectbox(key="cmp_x_by").options == ["the groups ↖"]
    assert at.multiselect(key="cmp_x_over").options == ["the score ↖", "the order in time ↖"]
    assert at.multiselect(key="cmp_x_over").value == ["scores"]
    kinds = (at.slider, at.text_input, at.selectbox, at.toggle, at.multiselect)
    assert all(w.label for kind in kinds for w in kind)


def test_what_differs_is_returned_and_meaning_follows_other_parameters() -> None:
    at = shown({"power": -1.0})
    assert at.session_state["out"] == {"power": -1.0}
    assert "cmp_x_depth" not in {widget.key for widget in at.slider}
    at.toggle(key="cmp_x_on").set_value(True).run()
    at.slider(key="cmp_x_depth").set_value(5).run()
    at.text_input(key="cmp_x_count").set_value("40").run()
    assert not at.exception
    assert at.session_state["out"] == {"power": -1.0, "on": True, "depth": 5, "count": 40}


def table(third: bytes = b"n") -> Dataset:
    rows = (b"%d,t%d,%d.5,%d.25\n" % (at, at % 3, at, 30 - at) for at in range(30))
    return load(b"id,topic,m," + third + b"\n" + b"".join(rows), name="a.csv")


def test_several_columns_are_picked_in_the_order_of_the_clicks() -> None:
    at = shown({}, table())
    assert at.session_state["out"] == {}
    assert at.multiselect(key="cmp_x_also").options == ["m", "n"]
    at.multiselect(key="cmp_x_over").set_value(["n", "scores"]).run()
    at.multiselect(key="cmp_x_also").set_value(["m"]).run()
    assert at.session_state["out"] == {"over": ["n", "scores"], "also": ["m"]}
    at.multiselect(key="cmp_x_also").set_value([]).run()
    at.multiselect(key="cmp_x_over").set_value([]).run()
    assert not at.exception
    assert at.session_state["out"] == {"over": []}, "none is automatic where that has a meaning"
    at.multiselect(key="cmp_x_over").set_value(["scores"]).run()
    assert at.session_state["out"] == {}


def test_columns_that_are_gone_are_dropped() -> None:
    at = shown({"over": ["n", "m"]}, table())
    assert at.multiselect(key="cmp_x_over").value == ["n", "m"]
    at.session_state["data"] = table(b"p")
    at.run()
    assert not at.exception
    assert at.multiselect(key="cmp_x_over").value == ["m"]
    assert at.session_state["out"] == {"over": ["m"]}
    one = shown({"over": "m"}, table())
    assert one.session_state["out"] == {"over": ["m"]}, "a single name is a list of one"


def test_without_columns_the_default_stays() -> None:
    at = shown({})
    assert "cmp_x_also" not in {widget.key for widget in at.multiselect}
    assert any("no column has the role number" in caption.value for caption in at.caption)


def test_a_word_that_is_a_column_too_is_offered_once() -> None:
    data = table(b"order")
    over = next(parameter for parameter in parameters_of(declared, 1) if parameter.name == "over")
    assert columns_for(over, data) == ["scores", "order", "m"]
    assert word_for("order", over, data) == "the order in time ↖ or the column"
    assert word_for("m", over, data) == "m"


def test_columns_are_filtered_by_role() -> None:
    data = table()
    by = next(parameter for parameter in parameters_of(declared, 1) if parameter.name == "by")
    assert columns_for(by, data) == ["groups", "topic"]
    assert columns_for(by, None) == ["groups"]
