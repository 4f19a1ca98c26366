"""A form for one more filter: a range on a histogram, values, words, a sentence, a condition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.data.filters.column_conditions import text_columns
from core.foundation.errors import AliquotError, ParameterError
from core.foundation.times import seconds
from core.foundation.wording import count
from core.model.dataset import Dataset, Kind
from core.model.derived import Groups
from core.model.row_conditions import (
    ContainsText,
    HasValue,
    HoldsWords,
    InGroups,
    InRange,
    InSelection,
    MatchesPattern,
    MeetsSql,
    Near,
    NearText,
    RowCondition,
)
from core.report.charts import histogram
from pages.ui.shared import cache, highlight, jobs, number_fields, state
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

from . import filters

WORDS, LETTERS, PATTERN = "words in the text", "letters in the text", "a regular expression"
SENTENCE, GROUP, SAVED, SQL = "near a sentence", "groups", "a saved selection", "a condition in SQL"
_COLUMN = "column: "
_MISSING = "missing"
_WRONG = "explore_filter_error"
NEAR_ROWS = 100
_STEPS = 1_000  # of a slider
_MOST_OF_A_SLIDER = 2**53 - 1  # a browser counts no further
_YEARS = 1700, 2240  # that a slider of times can show


def forms(data: Dataset, groups: Groups | None) -> list[str]:
    """What a filter can be about here: columns first, in file order."""
    columns = [
        f"{_COLUMN}{name}"
        for name, role in data.roles.items()
        if name in data.frame.columns and role.kind not in (Kind.VECTOR, Kind.TEXT, Kind.IGNORE, Kind.IMAGE)
    ]
    texts = [WORDS, LETTERS, PATTERN, SENTENCE] if text_columns(data) else []
    named = [SAVED] if state.app().named else []
    return [*texts, *([GROUP] if groups is not None else []), *columns, *named, SQL]


def control(data: Dataset, groups: Groups | None, near: bool) -> None:
    """A button that opens the form.

    Args:
        data: The data set.
        groups: Its groups; None while there are none.
        near: Whether rows near a sentence can be found: distances are there, and rest on text.
    """
    wrong: AliquotError | None = state.transient(_wrong_of(data), lambda: None)
    label = "Filter :material/error:" if wrong is not None else "Filter"
    with st.popover(label, icon=":material/filter_alt:", help="Select rows by what they hold"):
        listed = [form for form in forms(data, groups) if near or form != SENTENCE]
        about = choose(
            st.selectbox,
            "Rows by",
            listed,
            key=key("exp", "filter"),
            first=listed[0],
            persist_state="session",
        )
        if about.startswith(_COLUMN):
            make = _of_column(data, about.removeprefix(_COLUMN))
        elif about == GROUP and groups is not None:
            make = _of_groups(groups)
        elif about == SAVED:
            make = _saved(data)
        else:
            make = _of_text(data, about)
        if wrong is not None:
            jobs.error_box(wrong)
        # Two buttons, since a filter and its not are two intentions and neither hides behind a switch.
        with st.container(horizontal=True):
            st.button(
                "Select these",
                key=key("exp", "add"),
                type="primary",
                on_click=_add,
                args=(data, make, False),
            )
            st.button("Select all others", key=key("exp", "add_not"), on_click=_add, args=(data, make, True))


def search(data: Dataset, text: str) -> None:
    """Select the rows that hold some words: of the box above the map."""
    if text.strip():
        _add(data, lambda exclude: HoldsWords(text.strip(), exclude=exclude), False)


def _wrong_of(data: Dataset) -> str:
    """Under which name it is kept what was wrong: of this data set and of no other."""
    return f"{_WRONG}_{data.fingerprint.digest}"


def _add(data: Dataset, make: Callable[[bool], RowCondition], exclude: bool) -> None:
    state.set_transient(_wrong_of(data), None)
    try:
        filters.add(make(exclude))
    except AliquotError as error:
        state.set_transient(_wrong_of(data), error)


Form = Callable[[bool], RowCondition]
"""Makes the filter from what the widgets hold, or its *not*; `AliquotError` where that says nothing."""


def _of_text(data: Dataset, about: str) -> Form:
    box = key("exp", "filter_text", about)
    hints = {
        WORDS: "refund invoice",
        LETTERS: "refun",
        PATTERN: "^Re: ",
        SENTENCE: "angry about a refund",
        SQL: "price > 3 OR language = 'de'",
    }
    column: str | None = None
    if about in (WORDS, LETTERS, PATTERN):
        names = ["any text", *text_columns(data)]
        chosen = choose(st.selectbox, "In", names, key=key("exp", "filter_in"), first=names[0])
        column = None if chosen == names[0] else chosen
    st.text_input(about.capitalize(), key=box, placeholder=hints[about])
    how_many, count_box = number_fields.whole("How many rows", 1, len(data)), key("exp", "filter_near")
    if about == SENTENCE:
        first = min(NEAR_ROWS, len(data))
        number_fields.field(st.text_input, "How many rows", first, how_many, key=count_box)

    def make(exclude: bool) -> RowCondition:
        text = str(state.widget(box) or "").strip()
        if about == WORDS:
            return HoldsWords(text, column, exclude)
        if about == LETTERS:
            return ContainsText(text, column, exclude)
        if about == PATTERN:
            return MatchesPattern(text, column, exclude)
        if about == SENTENCE:
            return NearText(Near(text, number_fields.value_in(count_box, how_many)), exclude)
        return MeetsSql(text, exclude)

    return make


def _of_groups(groups: Groups) -> Form:
    sizes = dict(zip(groups.names, groups.sizes.tolist(), strict=True))
    box = key("exp", "filter_groups")
    st.multiselect(
        "Groups", list(groups.names), key=box, format_func=lambda name: f"{name} · {sizes.get(name, 0):,}"
    )
    return lambda exclude: InGroups(tuple(state.widget(box) or ()), exclude)


def _saved(data: Dataset) -> Form:
    named = state.app().named
    listed = sorted(named)
    name = choose(st.selectbox, "Selection", listed, key=key("exp", "filter_saved"), first=listed[0])
    rows = named[name]
    st.caption(count(rows.count, "row"))
    only = rows.named(name, data.fingerprint.digest)
    return lambda exclude: InSelection(only, exclude)


def _of_column(data: Dataset, name: str) -> Form:
    column = data.frame[name]
    if pd.api.types.is_datetime64_any_dtype(column):
        return _of_times(column, name)
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numbers and data.roles[name].kind in (Kind.NUMBER, Kind.SCORE):
        return _of_numbers(column, name)
    return _of_values(data, column, name)


def _of_values(data: Dataset, column: pd.Series[Any], name: str) -> Form:
    found = highlight.categories(data, None, name)
    if found is None:  # many different numbers: ids, codes
        known = column.astype("string").dropna()
        counts = known.value_counts().head(highlight.MOST)
        sizes = {str(value): int(size) for value, size in counts.items()}
    else:
        ranked = sorted(found.rarest, key=lambda code: (-found.sizes[code], found.names[code]))
        sizes = {found.names[code]: found.sizes[code] for code in ranked[: highlight.MOST]}
    missing = int(column.isna().sum())
    listed = [*sizes, *([_MISSING] if missing else [])]
    box = key("exp", "filter_values", name)
    st.multiselect(
        f"Values of {name}",
        range(len(listed)),
        key=box,
        format_func=lambda at: f"{listed[at]} · {sizes.get(listed[at], missing):,}",
    )

    def make(exclude: bool) -> RowCondition:
        chosen = [at for at in (state.widget(box) or ()) if at < len(listed)]
        values = tuple(listed[at] for at in chosen if at < len(sizes))
        return HasValue(name, values, len(values) < len(chosen), exclude)

    return make


def _of_numbers(column: pd.Series[Any], name: str) -> Form:
    values = column.dropna().to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        st.caption("All cells are missing.")
        return lambda exclude: HasValue(name, (), True, exclude)
    whole = bool(pd.api.types.is_integer_dtype(column))
    low, high = (column.min(), column.max()) if whole else (values.min(), values.max())
    low, high = (int(one) if whole else float(one) for one in (low, high))
    if low == high:
        st.caption(f"All known cells are {low}.")
        return lambda exclude: InRange(name, low, high, exclude)
    step = max(1, (int(high) - int(low)) // _STEPS) if whole else (high - low) / _STEPS
    if max(abs(low), abs(high)) > _MOST_OF_A_SLIDER or not step / max(abs(low), abs(high)) > 1e-12:
        return _typed(
            name, number_fields.whole(name, -(2**63), 2**63) if whole else number_fields.decimal(name)
        )
    _bins(column.to_numpy(np.float64, na_value=np.nan), name)
    box = key("exp", "filter_range", name)
    st.slider(f"{name} from … to", low, high, (low, high), step, key=box, format=None if whole else "%.4g")

    def make(exclude: bool) -> RowCondition:
        least, most = state.widget(box) or (low, high)
        # An end that was not moved stays open: a step of the slider may stop short of it.
        return InRange(name, None if least <= low and most < high else least, _open(most, high), exclude)

    return make


def _open(most: Any, high: Any) -> Any:
    return None if most >= high else most


def _of_times(column: pd.Series[Any], name: str) -> Form:
    known = column.dropna()
    if not len(known):
        st.caption("All cells are missing.")
        return lambda exclude: HasValue(name, (), True, exclude)
    low, high = (
        pd.Timestamp(one).tz_localize(None).to_pydatetime(warn=False) for one in (known.min(), known.max())
    )
    if low == high:
        st.caption(f"All known cells are {low:%Y-%m-%d %H:%M}.")
        return lambda exclude: InRange(name, low.isoformat(), high.isoformat(), exclude)
    if low.year < _YEARS[0] or high.year > _YEARS[1]:
        return _typed(name, _moment)
    _bins(seconds(column), name, (low, high))
    box = key("exp", "filter_times", name)
    st.slider(f"{name} from … to", low, high, (low, high), key=box, format="YYYY-MM-DD HH:mm")

    def make(exclude: bool) -> RowCondition:
        least, most = state.widget(box) or (low, high)
        start = None if least <= low and most < high else least.isoformat()
        return InRange(name, start, None if most >= high else most.isoformat(), exclude)

    return make


def _moment(text: str) -> str:
    """Reads a day or a time."""
    try:
        return datetime.fromisoformat(text.strip()).isoformat()
    except ValueError:
        why = "it is no day or time as 2024-05-31 or 2024-05-31T12:00"
        raise ParameterError(f"{text.strip()[:40]!r} is no time", why, "type it so") from None


def _typed(name: str, read: Callable[[str], Any]) -> Form:
    """Two boxes for the ends of a range that no slider can show; an empty one leaves its side open."""
    boxes = [key("exp", "filter_end", name, side) for side in ("from", "to")]
    end = number_fields.optional(read)
    for box, side in zip(boxes, ("from", "to"), strict=True):
        number_fields.field(st.text_input, f"{name} {side}", None, end, key=box, placeholder="open")

    def make(exclude: bool) -> RowCondition:
        low, high = (number_fields.value_in(box, end) for box in boxes)
        return InRange(name, low, high, exclude)

    return make


def _bins(cells: NDArray[np.float64], name: str, times: tuple[datetime, datetime] | None = None) -> None:
    """All rows, and the selected ones, as a small histogram; missing cells are NaN."""
    picked = state.app().picked
    values = cells[np.isfinite(cells)]

    def make() -> Any:
        inside = None if picked is None else cells[picked.rows]
        own = None if inside is None else inside[np.isfinite(inside)]
        return histogram.small_histogram(values, theme(), own, times)

    parts = [cache.upstream(state.app()), name, theme().name, picked and picked.packed]
    figure = cache.remember(cache.name_of("histogram", parts), make)
    chart(figure, key=key("exp", "bins", name), alt=histogram.histogram_alt(values, name, times))
