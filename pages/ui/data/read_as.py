"""How the cells of a column are read: what is suggested, and any form, tried before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from core.data.cells.asked_form import asked_cells, is_missing
from core.data.suggested_form import SuggestedForm, shown, suggested_forms
from core.foundation.errors import AliquotError
from core.foundation.wording import count, listed, verb
from core.model.dataset import Dataset
from core.model.infer_text import infer_text
from core.model.read_as import ReadAs
from pages.ui.shared import cache, jobs, opening, state
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.tables import cell
from pages.ui.shared.widget_keys import key

from . import reopening, roles

OWN = "pattern"
FORMS = {
    "": "What its cells say",
    "number:.": "Numbers with a decimal point (1,234.5)",
    "number:,": "Numbers with a decimal comma (1.234,5)",
    "date:dmy": "Dates: day, month, year (31.12.2020)",
    "date:mdy": "Dates: month, day, year (12/31/2020)",
    "date:ymd": "Dates: year, month, day (2020/12/31)",
    OWN: "Dates by a pattern (%d.%m.%y)",
    "text": "Text",
}
MOST_OFFERED = 8
FIRST, NOT_READ = 6, 4  # rows of the preview: of the file's beginning, and of cells that would not be read


@dataclass(frozen=True)
class Trial:
    """What a form would make of a column.

    Args:
        table: Some cells before and after.
        read, missing, lost: Cells of each fate; those lost are of another form.
        different: How many different cells are lost.
    """

    table: pd.DataFrame
    read: int
    missing: int
    lost: int
    different: int


def suggestions(data: Dataset) -> list[SuggestedForm]:
    """Columns of text that hold numbers or dates, by what is suggested for them."""
    return cache.remember(
        cache.name_of("suggested", data.fingerprint.digest), lambda: suggested_forms(data.frame)
    )


def offered(data: Dataset, now: AppState) -> list[SuggestedForm]:
    """What is suggested for columns whose form nobody chose."""
    return [one for one in suggestions(data) if one.column not in now.recipe.read_as]


def panel(data: Dataset, now: AppState) -> None:
    """What is suggested, and the form of any column with a preview."""
    error = state.transient("data_error", lambda: None)
    if error is not None and state.transient("data_error_part", str) == opening.FORMS:
        jobs.error_box(error)
    names = [str(name) for name in data.frame.columns]
    if not names:
        st.caption("There are no columns but vectors.")
        return
    found = offered(data, now)
    for one in found[:MOST_OFFERED]:
        _offer(one)
    if len(found) > MOST_OFFERED:
        st.caption(f"{count(len(found) - MOST_OFFERED, 'more column')} under Health.")
    first = found[0].column if found else next(iter(now.recipe.read_as), names[0])
    left, right = st.columns(2, vertical_alignment="bottom")
    column = choose(
        left.selectbox, "Column to read in another form", names, key=key("data", "form_column"), first=first
    )
    start = ReadAs.parse(now.recipe.read_as[column]) if column in now.recipe.read_as else ReadAs()
    for one in found:
        if one.column == column and len(one.forms) == 1:
            (start,) = one.forms
    form = _form(column, start, right.selectbox)
    if form is None:
        return
    trial = _try(data, now, column, form)
    current = now.recipe.read_as.get(column, "")
    st.button(
        f"Read {plain(repr(column), 60)} so",
        key=key("data", "form_take"),
        on_click=take,
        args=({column: str(form)},),
        disabled=trial is None or bool(trial.lost and not form.rest_missing) or str(form) == current,
    )
    if now.recipe.read_as:
        asked = ", ".join(f"{name!r} as {text}" for name, text in sorted(now.recipe.read_as.items()))
        st.caption(
            f"Read as asked: {plain(asked, 400)}. The recipe keeps it; “What its cells say” takes it back."
        )
    st.caption("Other cells make another data set with another fingerprint.")


def _offer(one: SuggestedForm) -> None:
    """A suggestion with a button for each form that it may be."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":orange[:material/warning:] {plain(one.finding, 400)}")
        for form in one.forms:
            words = f", {listed([repr(word) for word in form.missing])} missing" if form.missing else ""
            st.button(
                f"Read {plain(repr(one.column), 40)} as {plain(f'{form.words}{words}', 120)}",
                key=key("data", "form_offer", one.column, form.how),
                on_click=take,
                args=({one.column: str(form)},),
                help=f"--read {plain(f'{one.column}={form}')}",
            )


def _form(column: str, found: ReadAs, draw: Callable[..., Any]) -> ReadAs | None:
    """The fields of a form, which begin with one; None where what they say is none yet."""
    head = str(ReadAs(found.kind, found.how)) if found.kind else ""
    edition = (column, str(found))
    kind = choose(
        draw,
        "Read as",
        list(FORMS),
        key=key("data", "form_kind", *edition),
        first=head if head in FORMS else OWN,
        format_func=FORMS.__getitem__,
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    words = left.text_input(
        "Words that mean no value in this column, with bars between",
        "|".join(found.missing),
        key=key("data", "form_missing", *edition),
        placeholder="NA|-",
        help="They are missing in this column only. The empty cell always is.",
    )
    rest = False
    if kind.partition(":")[0] in ("number", "date") or kind == OWN:
        rest = right.checkbox(
            "Every cell of another form is missing",
            found.rest_missing,
            key=key("data", "form_rest", *edition),
            help="Else such cells are refused, so that none is lost unseen. They are counted either way.",
        )
    if kind == OWN:
        kind = "date:" + st.text_input(
            "Pattern of the dates",
            found.how if head not in FORMS else "%d.%m.%y",
            key=key("data", "form_pattern", *edition),
            help="%d day, %m month, %b its name, %Y year, %y its last two digits (69 to 99 are 1969 to 1999, "
            "00 to 68 are 2000 to 2068), %H:%M:%S time of day",
        )
    text = ";".join(
        [
            *([kind] if kind else []),
            *(["else:missing"] if rest else []),
            *([f"missing:{words}"] if words.strip() else []),
        ]
    )
    if not text:
        return ReadAs()
    try:
        return ReadAs.parse(text, column)
    except AliquotError as error:
        jobs.error_box(error)
        return None


def _try(data: Dataset, now: AppState, column: str, form: ReadAs) -> Trial | None:
    """The first cells before and after, and what would not be read; None where the cells cannot be had."""
    try:
        with st.spinner("Reading the column…", show_time=False):
            texts = reopening.texts_of(data, now, column)
    except (AliquotError, OSError) as error:
        st.caption(f":material/error: {plain(str(error), 300)}")
        return None
    if texts is None:
        st.caption("The file itself is no longer here: choose it again to read this column in another form.")
        return None
    name = cache.name_of(
        "trial", [data.fingerprint.digest, column, str(form), now.recipe.missing, dict(data.reading)]
    )
    trial = cache.remember(name, lambda: try_form(texts, form, now.recipe.missing))
    parts = [f"{count(trial.read, 'cell')} would be read"]
    parts += [f"{trial.missing:,} missing"] if trial.missing else []
    said = ", ".join(parts)
    if trial.lost:
        fate = verb(trial.lost, "is", "are") + (" missing too" if form.rest_missing else " of another form")
        said += f"; {count(trial.lost, 'cell')} ({count(trial.different, 'different value')}) {fate}"
        if not form.rest_missing:
            said += ", so the column is not read so: name words for missing, or choose another form"
    st.caption(
        f"{said}." if form.kind in ("number", "date") else f"{said}. Shown as they stand now and would then."
    )
    st.dataframe(
        trial.table,
        hide_index=True,
        alt=f"Cells of {column} in the file and as they would be read",
        column_config={
            "rows": st.column_config.NumberColumn("Rows with it", format="localized", width="small")
        },
    )
    return trial


def try_form(texts: pa.Array, form: ReadAs, missing: tuple[str, ...]) -> Trial:
    """What a form would make of a column: its first cells, and those that it would not read.

    Args:
        texts: The cells in the order of the file.
        form: How they are read.
        missing: Words for missing in every column.

    Example:
        >>> found = try_form(pa.array(["$5", "NA", "five"]), ReadAs.parse("number:.;missing:NA"), ())
        >>> found.table["read as"].tolist(), (found.read, found.missing, found.lost)
        (['not read', '5', 'missing'], (1, 1, 1))
    """
    coded = texts.dictionary_encode()
    cells = coded.dictionary
    counts = np.bincount(coded.indices.drop_null().to_numpy(), minlength=len(cells))
    if form.kind in ("number", "date"):
        found = asked_cells(cells, form, missing)
        values, gone, lost = found.values, found.missing, found.lost
    else:
        gone = is_missing(cells, {*missing, *form.missing})
        kept = pc.if_else(gone, pa.scalar(None, pa.string()), cells)
        values = kept if form.kind == "text" or not len(cells) else infer_text(kept)
        lost = pa.array(np.zeros(len(cells), bool))
    away, none = lost.to_numpy(zero_copy_only=False), gone.to_numpy(zero_copy_only=False)
    at = list(
        dict.fromkeys(code for code in coded.indices.slice(0, 20 * FIRST).to_pylist() if code is not None)
    )
    odd = sorted(np.flatnonzero(away), key=lambda one: (-counts[one], cells[int(one)].as_py()))
    rows = [*odd[:NOT_READ], *(code for code in at[: FIRST + NOT_READ] if not away[code])][: FIRST + NOT_READ]
    after = [
        ("missing" if form.rest_missing else "not read")
        if away[row]
        else "missing"
        if none[row]
        else _after(values, row)
        for row in map(int, rows)
    ]
    before = [cell(cells[int(row)].as_py(), 80) for row in rows]
    table = pd.DataFrame(
        {"in the file": before, "read as": after, "rows": [int(counts[row]) for row in rows]}
    )
    total = int(counts.sum())
    return Trial(
        table,
        total - int(counts[away].sum()) - int(counts[none].sum()),
        int(counts[none].sum()) + texts.null_count,
        int(counts[away].sum()),
        int(away.sum()),
    )


def _after(values: pa.Array, row: int) -> str:
    value = values[row].as_py()
    return cell(value if isinstance(value, str) else shown(value), 80)


def take(forms: Mapping[str, str]) -> None:
    """Read the open data set again with some columns in these forms; the callback of the buttons."""
    data = roles.current()
    if data is not None:
        reopening.read_columns(data, state.app(), forms)
