"""Roles of columns, changed by hand on the Data page."""

from __future__ import annotations

from core.data.load import with_roles
from core.foundation.errors import AliquotError
from core.foundation.wording import apart
from core.model.dataset import Dataset, Kind
from pages.ui.shared import cache, opening, state


def current() -> Dataset | None:
    """The open data set with the roles set by hand."""
    try:
        return cache.map_study(state.app()).data
    except AliquotError:
        return None


def take(name: str, columns: list[str]) -> None:
    """Take the roles that were changed in a table; the callback of its editor.

    Args:
        name: Key of the editor.
        columns: The column that each row of the editor stands for.
    """
    edits = (state.widget(name) or {}).get("edited_rows", {})
    changed = {columns[int(row)]: values["role"] for row, values in edits.items() if values.get("role")}
    data = current()
    if not changed or data is None:
        return
    state.set_transient("data_error", None)
    state.set_transient("roles_edition", state.transient("roles_edition", int) + 1)
    try:
        made = with_roles(data, changed)
    except AliquotError as error:
        opening.fail(error, opening.ID if Kind.ID.value in changed.values() else "")
        return
    names = zip(apart(changed), changed.values(), strict=True)
    told = ", ".join(f"{column} is {kind}" for column, kind in names)
    now = state.app()
    if made.fingerprint.digest != data.fingerprint.digest:
        # Another id column gives other row keys: as far as draws are concerned it is another data set.
        source = now.data.source if now.data else "upload"
        id_column = made.fingerprint.id_column or ""
        recipe = now.recipe.with_(id_column=id_column, roles={}, pins=(), bans=())
        old = data.fingerprint.digest
        opening.adopt(made, source, recipe, cache.readers_of(old), cache.file_of(old))
    else:
        state.change_recipe(roles={**now.recipe.roles, **changed})
    state.note(f"Roles: {told}")
