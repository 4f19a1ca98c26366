"""How the file of the open data set was read, and fields to read it in another way."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.data.readers.delimiter import BLANKS, KNOWN
from core.foundation.artifact_store import digest
from core.foundation.errors import AliquotError
from core.foundation.wording import count
from core.model.dataset import Dataset
from core.model.read_options import ReadOptions
from pages.ui.shared import jobs, opening, state
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.tables import cell as cell_of
from pages.ui.shared.widget_keys import key

from . import reopening, roles

ENCODINGS = (
    *("utf-8", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "iso8859-15", "utf-16"),
    *("cp932", "gb18030", "cp949"),
)
MOST_SHOWN, MOST_LETTERS = 30, 60
_LABELS = {"sheet": "Worksheet (sheet)", "encoding": "Encoding", "delimiter": "Separator (delimiter)"}
_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", BLANKS: "runs of blanks"}


def panel(data: Dataset, now: AppState) -> None:
    """What was chosen, or found by the content, to be changed; nothing where a file leaves no choice."""
    if not data.reading:
        return
    about_this = state.transient("data_error_part", str) == opening.HOW
    error = state.transient("data_error", lambda: None) if about_this else None
    with st.expander(
        "How the file was read",
        icon=":material/description:",
        key=key("data", "how_part"),
        expanded=error is not None,
    ):
        if not reopening.file_there(now):
            st.caption("The file itself is no longer here: choose it again to read it in another way.")
            return
        names = _fields(data, now)
        _preview(data, now, names)
        if error is not None:
            jobs.error_box(error)
        st.button(
            "Read the file again with this", key=key("data", "how_again"), on_click=_take, args=(names,)
        )
        st.caption("Other cells make another data set with another fingerprint.")


def _fields(data: Dataset, now: AppState) -> Mapping[str, str]:
    """A field for each choice that the file leaves; the keys of all of them."""
    edition = digest([data.fingerprint.digest, dict(data.reading)])[:8]
    names = {name: key("data", "how", name, edition) for name in data.reading}
    for place, (name, widget) in zip(st.columns(len(names)), names.items(), strict=True):
        found = data.reading[name]
        if name == "header":
            place.text_input(
                "Row that names the columns (header)",
                found,
                key=widget,
                help="1 is the first row, 0 where no row names them. Empty: found by the content.",
            )
        else:
            known = _known(name, now)
            options = known if found in known else [*known, found]
            shown = _mark_name if name == "delimiter" else str
            choose(place.selectbox, _LABELS[name], options, key=widget, first=found, format_func=shown)
    return names


def _chosen(data: Dataset, now: AppState, names: Mapping[str, str]) -> dict[str, str]:
    """What the fields say; what stands as it was found is left to the content."""
    given = {name: str(state.widget(widget, data.reading[name])) for name, widget in names.items()}
    return {
        name: value
        for name, value in given.items()
        if value.strip() and (value != data.reading[name] or name in now.recipe.reading)
    }


def _preview(data: Dataset, now: AppState, names: Mapping[str, str]) -> None:
    """The first rows as they would be read with what the fields say."""
    given = {name: str(state.widget(widget, data.reading[name])) for name, widget in names.items()}
    same = given == dict(data.reading)
    chosen = {name: value for name, value in given.items() if name != "header"} | _chosen(data, now, names)
    if same:
        chosen = given  # the header found on a first look may lie elsewhere than that of the whole file
    try:
        table = reopening.first_rows(now, ReadOptions.from_json(chosen))
    except (AliquotError, OSError) as found:
        st.caption(f":material/error: It cannot be read so: {plain(str(found), 300)}")
        return
    if table is None:
        return
    shown = table.iloc[:, :MOST_SHOWN].map(lambda cell: cell_of(cell, MOST_LETTERS), na_action="ignore")
    many = count(table.shape[1], "column")
    st.caption(
        f"The first rows as they were read: {many}."
        if same
        else f"The first rows as they would be read: {many}."
    )
    st.dataframe(shown, hide_index=True, alt=f"The first {len(shown)} rows of the file, {many}")
    if table.shape[1] > MOST_SHOWN:
        st.caption(f"Showing {MOST_SHOWN} of {many}.")


def _known(name: str, now: AppState) -> list[str]:
    """What can be chosen."""
    if name == "encoding":
        return list(ENCODINGS)
    if name == "delimiter":
        return [*KNOWN, BLANKS]
    try:
        return reopening.sheets(now)
    except (AliquotError, OSError):
        return []  # the file is gone or changed: reading it again says so


def _mark_name(mark: str) -> str:
    return _MARKS.get(mark, mark)


def _take(names: Mapping[str, str]) -> None:
    """Read the file again."""
    now, data = state.app(), roles.current()
    if data is not None:
        reopening.read_otherwise(data, now, _chosen(data, now, names))
