"""Data: choose a sample, or bring a file; check what each column is; see whether anything is wrong."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core.data.health import health
from core.data.roles import NO_ID
from core.data.samples import SAMPLES
from core.foundation.errors import AliquotError
from core.foundation.wording import count
from core.model.dataset import Dataset, Kind
from core.model.recipe import Recipe
from pages.ui.data import (
    column_profile,
    how_read,
    read_as,
    recent_work,
    reopening,
    roles,
    sample_cards,
    target_panel,
)
from pages.ui.shared import cache, jobs, link, map_stages, opening, state, tables, visitor
from pages.ui.shared.app_state import AppState
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import go, head, to_page
from pages.ui.shared.pickers import choose
from pages.ui.shared.uploaded_files import Upload
from pages.ui.shared.widget_keys import key

EXPLAIN = (
    "Every row of the table is one item that a subset may hold. The **fingerprint** names exactly this "
    "content: the same rows give the same fingerprint in any order and any file format.\n\n"
    "A column's **role** says what it may be used for: text is embedded, numbers and categories are measured,"
    " a label or score is used to judge a subset. Roles were guessed; change any that is wrong.\n\n"
    "**Health** lists what could surprise you later. Nothing is changed or removed for you."
)
TYPES = [
    *("csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "arrow", "feather", "xlsx"),
    *("npy", "npz", "gz", "zip"),
]
MARKS = {
    "fine": ":green[:material/check_circle:]",
    "note": ":blue[:material/info:]",
    "warning": ":orange[:material/warning:]",
    "problem": ":red[:material/error:]",
}
MOST_NOTES = 4  # above the columns; the rest stand under Health
BY_CONTENT = "— no id column: rows are identified by their content —"


# ---- callbacks ---------------------------------------------------------------------------------


def words_for_missing() -> tuple[str, ...]:
    """The words typed as "counts as missing"."""
    given = state.widget(key("data", "missing"), "") or ""
    return tuple(dict.fromkeys(word.strip() for word in given.split(",") if word.strip()))


def take_upload() -> None:
    """Read what was uploaded, at once: the uploader forgets it when the page is left."""
    table, vectors = state.widget(key("data", "upload")), state.widget(key("data", "vectors"))
    if table is None:
        return
    with st.spinner(f"Reading {table.name}…"):
        beside = None if vectors is None else (vectors.name, vectors.getvalue())
        given = Upload(table.name, table.getvalue(), beside)
        opening.upload(given, opening.waiting_recipe(table.name) or Recipe(missing=words_for_missing()))


def take_from_folder() -> None:
    """Open the file chosen from the server's folder."""
    chosen = state.widget(key("data", "file"))
    if chosen:
        opening.from_folder(chosen)


def reread() -> None:
    """Read the open data again with other words for missing, or another id column."""
    now = state.app()
    data = roles.current()
    chosen = state.widget(key("data", "id"), BY_CONTENT)
    if data is not None:
        reopening.read_again(data, now, words_for_missing(), "" if chosen == BY_CONTENT else chosen)


# ---- parts of the page -------------------------------------------------------------------------


def welcome() -> None:
    """The way through the app in one line, and where newcomers begin."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            "**Choose** a data set :gray[→] **compare** subsets, each beside random ones :gray[→] **sign** "
            "the one you keep.",
            width="content",
        )
        to_page("learn.py", "New here? Learn in five minutes", ":material/school:")


def bring_your_own() -> None:
    """Upload, vectors beside it, the server's folder."""
    root = visitor.folder()
    left, right = st.columns([2, 1] if root is None else [1, 1])
    with left:
        st.file_uploader(
            "Bring your own table",
            type=TYPES,
            key=key("data", "upload"),
            on_change=take_upload,
            help="CSV, TSV, JSON, JSONL, Parquet, Arrow, Feather, Excel or NumPy vectors; also as gz or zip. "
            "It stays on the machine that runs this app.",
        )
    with right:
        if root is not None:
            some = opening.folder_picker(root, "Or a file of the server's folder", key("data", "file"))
            st.button("Open it", key=key("data", "open_file"), on_click=take_from_folder, disabled=not some)
        with st.expander("Vectors beside the table", icon=":material/grid_on:"):
            st.file_uploader(
                "NumPy vectors (.npy or .npz), one per row, in the order of the file",
                type=["npy", "npz"],
                key=key("data", "vectors"),
                on_change=take_upload,
            )
            if (
                state.widget(key("data", "vectors")) is not None
                and state.widget(key("data", "upload")) is None
            ):
                st.caption("Now choose the table that these vectors belong to.")


def messages() -> None:
    """What is being read, or why it could not be."""
    opening.watch(key("data", "stop"))
    error = state.transient("data_error", lambda: None)
    part = state.transient("data_error_part", str)
    if error is None or part in (opening.HOW, opening.FORMS):  # that one stands beside what was chosen
        return
    jobs.error_box(error)
    data = roles.current() if part == opening.ID else None
    if data is not None:
        named = data.fingerprint.id_column
        stays = "Rows stay identified by their content." if named is None else f"The id stays {named!r}."
        st.caption(plain(stays))


def summary(data: Dataset) -> None:
    """Name, size, fingerprint, and where to go next."""
    now = state.app()
    name = now.data.name if now.data else data.name
    left, one, two = st.columns([2.2, 1.3, 1.7], vertical_alignment="center")
    vectors = f" · {count(len(data.vectors), 'set')} of vectors" if data.vectors else ""
    left.markdown(
        f"## {plain(name)}\n{count(len(data), 'row')} · {count(len(data.roles), 'column')}{vectors} · "
        f"fingerprint `{data.fingerprint.short}`"
    )
    told = [*notes_of(data), *(f"{one.finding} See “Read as”." for one in read_as.offered(data, now))]
    if told:
        st.caption("  \n".join(f":material/info: {plain(text, 400)}" for text in told[:MOST_NOTES]))
    if len(told) > MOST_NOTES:
        st.caption(f"{count(len(told) - MOST_NOTES, 'more note')} under Health.")
    if one.button("See its groups →", key=key("data", "explore"), width="stretch"):
        go("explore.py")
    if two.button("Compare four subsets →", key=key("data", "compare"), type="primary", width="stretch"):
        go("compare.py")


def notes_of(data: Dataset) -> list[str]:
    """What reading the file found and did; that rows have no id is listed under the health of the data."""
    return [text for text in data.notes if not text.startswith(NO_ID)]


def columns_table(data: Dataset) -> None:
    """Every column: role (can be changed), why, missing, distinct, example, distribution."""
    names = list(data.roles)
    if len(names) > column_profile.MOST_COLUMNS:
        wanted = st.text_input("Find columns", key=key("data", "find"), persist_state="session").casefold()
        names = [name for name in names if wanted in name.casefold()]
        st.caption(
            f"Showing {min(len(names), column_profile.MOST_COLUMNS):,} of {count(len(data.roles), 'column')}."
        )
        names = names[: column_profile.MOST_COLUMNS]
    said = [[data.roles[name].kind.value, data.roles[name].reason] for name in names]
    mark = [data.fingerprint.digest, names, said]
    table = cache.remember(cache.name_of("profile", mark), lambda: column_profile.profile(data, names))
    edition = state.transient("roles_edition", int)
    name = key("data", "roles", data.fingerprint.short, edition)
    table["reason"] = [
        given(column) or why for column, why in zip(table["column"], table["reason"], strict=True)
    ]
    st.data_editor(
        table,
        key=name,
        hide_index=True,
        height=tables.height(len(table)),
        disabled=["column", "reason", "missing", "distinct", "example", "bars"],
        on_change=roles.take,
        args=(name, names),
        alt=f"The {len(names)} columns of the data set with their roles",
        column_config={
            "column": st.column_config.TextColumn("Column", pinned=True),
            "role": st.column_config.SelectboxColumn(
                "Role ✎", options=[kind.value for kind in Kind], required=True, help="Click to change it"
            ),
            "reason": st.column_config.TextColumn("Why", width="medium"),
            "missing": st.column_config.NumberColumn("Missing", format="percent", width="small"),
            "distinct": st.column_config.NumberColumn("Distinct", format="localized", width="small"),
            "example": st.column_config.TextColumn("Example", width="medium"),
            "bars": st.column_config.BarChartColumn(
                "Distribution", y_min=0, help="Numbers: histogram. Categories: largest counts. Text: lengths."
            ),
        },
    )


def given(column: str) -> str:
    """The reason for a role that came with the sample, "" for any other."""
    now = state.app()
    name = now.data.source.removeprefix("sample:") if now.data else ""
    known = SAMPLES[name].roles if name in SAMPLES else {}
    return "given with the sample" if known.get(column) == now.recipe.roles.get(column, "?") else ""


def health_panel(data: Dataset) -> None:
    """What could surprise the reader later."""
    found = cache.remember(
        cache.name_of("health", [data.fingerprint.digest, [r.kind.value for r in data.roles.values()]]),
        lambda: [(finding.level, finding.sentence) for finding in health(data)],
    )
    order = list(reversed(MARKS))
    for level, sentence in sorted(found, key=lambda item: order.index(item[0])):
        st.markdown(f"{MARKS[level]} {plain(sentence, 400)}")
    for text in notes_of(data):
        st.markdown(f"{MARKS['note']} {plain(text, 400)}")


def advanced(data: Dataset) -> None:
    """Id column, words for missing."""
    left, right = st.columns(2, vertical_alignment="bottom")
    options = [BY_CONTENT, *map(str, data.frame.columns)]
    words = ", ".join(state.app().recipe.missing)
    first = data.fingerprint.id_column or BY_CONTENT
    shown = [data.fingerprint.digest, words]
    if state.transient("ids_shown", list) != shown:  # other data, and not what was typed for the last
        state.set_transient("ids_shown", shown)
        state.set_widget(key("data", "id"), first)
        state.set_widget(key("data", "missing"), words)
    choose(left.selectbox, "Column that names the rows", options, key=key("data", "id"), first=first)
    state.setdefault(key("data", "missing"), words)
    right.text_input(
        "Words that count as missing, separated by commas",
        key=key("data", "missing"),
        placeholder="NA, null, -",
        help="The empty cell always counts as missing. Other words are text unless you name them here.",
    )
    st.button("Read the data again with this", key=key("data", "reread"), on_click=reread)
    st.caption("Another id column, or other missing words, make another data set with another fingerprint.")


def first_map_ahead(now: AppState) -> None:
    """Start the map of words that Explore shows first, while the reader looks at the columns."""
    with suppress(AliquotError):  # nothing to make features of: Explore says what is missing
        map_stages.first_map(cache.map_study(now))


# ---- the page ----------------------------------------------------------------------------------

head("Data", "Which rows do you want to choose a subset from?", EXPLAIN)
now = state.app()
ref = now.data
data = roles.current()
if ref is None:
    welcome()
    recent_work.panel()
    st.markdown("**Choose a sample** and go on at once, or bring your own table.")
    sample_cards.cards()
    messages()
    bring_your_own()
else:
    messages()
    if data is None:
        try:
            cache.dataset(now)
        except AliquotError as found:
            if not link.waiting():  # what to open stands above then
                jobs.error_box(found)
    else:
        summary(data)
        if ref.source.startswith("sample:"):
            map_stages.prepare(cache.map_study(now), map_stages.STAGES[:3])
        one, two, forms, three = st.tabs(["Columns", "Health", "Read as", "Ids and missing words"])
        with one:
            columns_table(data)
        with two:
            health_panel(data)
        with forms:
            read_as.panel(data, now)
        with three:
            advanced(data)
        how_read.panel(data, now)
        with st.expander(
            "Rows to resemble (a target)"
            + (f" · {plain(now.target.name)}, {count(now.target.rows, 'row')}" if now.target else ""),
            icon=":material/target:",
            key=key("data", "target_part"),
            expanded=now.target is not None,
        ):
            target_panel.panel(now, TYPES)
        if not ref.source.startswith("sample:"):
            first_map_ahead(now)
    with st.expander("Choose another data set", icon=":material/table:", expanded=data is None):
        sample_cards.cards()
        bring_your_own()
        recent_work.panel()
    recent_work.forget_button("", key("data", "forget"), ref.name)
