"""The settings of Explore: what distances are measured on, and how rows are grouped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.features.declaration import EMBEDDERS
from core.features.spec import FeatureSpec, resolve
from core.foundation.errors import AliquotError
from core.groups.declaration import CLUSTERERS
from core.groups.spec import GroupSpec
from core.model.dataset import Dataset, Kind
from core.model.recipe import Recipe
from pages.ui.shared import checked_values, distances, jobs, number_fields, state
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose, one_of
from pages.ui.shared.widget_keys import key

AUTO = "auto"
OTHER = "sentence-transformers"
COLUMN = "column"
_GROUPING = (Kind.LABEL, Kind.CATEGORY, Kind.ENTITY, Kind.LICENCE, Kind.NUMBER, Kind.SCORE, Kind.TIME)


def feature_options(data: Dataset) -> dict[str, str]:
    """Feature choices that this data set allows, with their names for people."""
    found = {AUTO: "Choose for me"}
    for name in [*data.vectors, *(n for n in data.columns(Kind.VECTOR) if n not in data.vectors)]:
        found[f"vector:{name}"] = f"Vectors “{name}”"
    texts = data.columns(Kind.TEXT)
    for name in texts:
        found[f"text:{name}"] = f"Text of “{name}”"
    tabular = data.columns(Kind.NUMBER, Kind.CATEGORY, Kind.TIME)
    if tabular:
        found["table"] = f"The table: {len(tabular)} number, category and time columns"
        for name in texts:
            found[f"text:{name}+table"] = f"Text of “{name}” and the table"
    return found


def settings(data: Dataset, recipe: Recipe) -> None:
    """The form; nothing changes before "Apply"."""
    features = feature_options(data)
    one, two = st.columns(2, gap="large")
    with one:
        st.markdown("## Distance: what makes rows alike")
        chosen = choose(
            st.selectbox,
            "Measured on",
            list(features),
            format_func=lambda name: features[name],
            key=key("exp", "features"),
            first=recipe.features,
        )
        reason, uses_text = _resolved(chosen, recipe, data)
        if uses_text:
            _embedder(recipe)
        if chosen.endswith("+table"):
            state.setdefault(key("exp", "weight"), recipe.weight)
            st.slider("Share of the text", 0.05, 0.95, step=0.05, key=key("exp", "weight"))
        if reason:
            st.caption(f"Chosen because {reason}.")
    with two:
        st.markdown("## Groups: the subpopulations to keep an eye on")
        _groups(data, recipe)
    st.button("Apply", key=key("exp", "apply"), type="primary", on_click=apply)


def _resolved(chosen: str, recipe: Recipe, data: Dataset) -> tuple[str, bool]:
    """Why features were chosen, where they were chosen for the reader, and whether text is embedded."""
    try:
        spec = resolve(FeatureSpec.parse(chosen, recipe.embedder), data)
    except AliquotError as error:
        jobs.error_box(error)
        return "", True
    return (plain(spec.reason, 300) if chosen == AUTO else ""), spec.uses_text


def _embedder(recipe: Recipe) -> None:
    known = recipe.embedder if recipe.embedder in EMBEDDERS else OTHER
    chosen = choose(
        st.selectbox,
        "Embedded with",
        EMBEDDERS.ids(),
        format_func=lambda name: EMBEDDERS[name].label,
        key=key("exp", "embedder"),
        first=known,
    )
    st.caption(EMBEDDERS[chosen].sentence)
    if chosen == OTHER:
        state.setdefault(key("exp", "model"), recipe.embedder if known == OTHER else "")
        st.text_input("Name of the model, or its folder on this machine", key=key("exp", "model"))


def _groups(data: Dataset, recipe: Recipe) -> None:
    try:
        spec = GroupSpec.parse(recipe.groups) if recipe.groups else GroupSpec()
    except AliquotError:
        spec = GroupSpec()
    labels = {**{item.id: item.label for item in CLUSTERERS}, COLUMN: "A column"}
    method = choose(
        st.segmented_control,
        "Found by",
        list(labels),
        format_func=lambda name: labels[name],
        key=key("exp", "method"),
        first=spec.method,
        required=True,
    )
    if method == COLUMN:
        columns = [name for name in data.columns(*_GROUPING) if name in data.frame.columns]
        if not columns:
            st.caption("No column has a role that groups rows: label, category, entity, number or time.")
            return
        choose(st.selectbox, "Column", columns, key=key("exp", "column"), first=spec.column)
        return
    first = CLUSTERERS[method].params[0]
    number_fields.field(
        st.text_input,
        first.par.help,
        spec.params.get(first.name) if spec.method == method else None,
        _count(method),
        placeholder="chosen for me",
        key=key("exp", "count", method),
    )
    st.caption(CLUSTERERS[method].sentence)


def _count(method: str) -> Callable[[str], Any]:
    """Reads how many groups, or rows of one, a way of grouping shall make; empty where that is left to it."""
    first = CLUSTERERS[method].params[0]
    return number_fields.optional(lambda text: first.parse(text, CLUSTERERS[method].label))


def chosen_groups() -> str:
    """The grouping in the form, as on the command line; `AliquotError` where a number cannot be read."""
    method = one_of([*CLUSTERERS.ids(), COLUMN], state.widget(key("exp", "method")), "kmeans")
    if method == COLUMN:
        return GroupSpec(COLUMN, str(state.widget(key("exp", "column")) or "")).text
    value = number_fields.value_in(key("exp", "count", method), _count(method))
    return method if value is None else f"{method}:{value}"


def apply() -> None:
    """Take the settings into the recipe; what was asked for before is no longer waited for."""
    recipe = state.app().recipe
    embedder = state.widget(key("exp", "embedder"), recipe.embedder)
    if embedder == OTHER:
        embedder = (state.widget(key("exp", "model")) or "").strip() or OTHER
    try:
        changes = {
            "features": state.widget(key("exp", "features"), recipe.features),
            "embedder": embedder,
            "weight": float(state.widget(key("exp", "weight"), recipe.weight)),
            "groups": chosen_groups(),
        }
        checked_values.embedder(embedder)
        FeatureSpec.parse(changes["features"], changes["embedder"])
        GroupSpec.parse(changes["groups"])
    except AliquotError as error:
        state.set_transient("explore_error", error)
        return
    jobs.leave_all()
    state.set_transient(distances.ASKED, 0)
    state.change_recipe(**changes)
    state.note(f"Features {changes['features']} ({embedder}), groups {changes['groups']}")


def next_embedder(now: str) -> str | None:
    """What to offer where a model cannot be loaded: never taken without being asked for."""
    order = ["minilm", "tfidf"]
    left = order[order.index(now) + 1 :] if now in order else order
    return left[0] if left else None


def switch_embedder(name: str) -> None:
    """Use another embedder, because somebody clicked so."""
    jobs.leave_all()
    state.change_recipe(embedder=name)
    state.drop_widgets(key("exp", "embedder"))
    state.note(f"Embedder changed to {name}")
