"""Explore: the subpopulations of the data set on a map; search, select, pin and ban rows."""

from __future__ import annotations

import math

import streamlit as st

from core.data.filters.column_conditions import text_columns
from core.features.declaration import EMBEDDERS
from core.features.layout.make import METHODS
from core.foundation.durations import show_seconds
from core.foundation.errors import AliquotError, ModelError
from core.model.derived import Groups, Layout
from core.report.charts.maps import centres, explore_alt
from core.report.point_map.packing import point_colours
from core.study.study import Study
from pages.ui.explore import (
    add_filter,
    colours,
    contrast_panel,
    filter_chips,
    filters,
    group_cards,
    row_panel,
    selected_rows,
    selection,
    settings,
)
from pages.ui.shared import cache, distances, drawing, highlight, jobs, map_stages, state
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import head, need_map_study
from pages.ui.shared.pickers import choose, one_of
from pages.ui.shared.point_map import Label, Marks, legend_of, point_map
from pages.ui.shared.widget_keys import key

EXPLAIN = (
    "Each point is a row; points that lie close together are alike. The map is for looking only: no strategy "
    "and no metric reads it, so nothing you see here can bend a result.\n\n"
    "**Groups** are the subpopulations that Compare will hold every subset against. Their names are "
    "what sets them apart from the rest.\n\n"
    "**Click** a point to look at its row, and a name to select its group. Hold **Shift** and drag to draw "
    "around rows; **Search** and **Filter** select by what rows hold. Filters add up, and each can be turned "
    "round or taken off. Below the map stands in what the selected rows differ from the rest, and whether "
    "that is more than luck. A **pinned** row is in every subset, a **banned** row in none; both are written "
    "into the record with your reason."
)
HEIGHT = 460
LABELS = 60
SOON = 0.4  # seconds between two looks for a first map


# ---- callbacks ---------------------------------------------------------------------------------


def take_view() -> None:
    """Copy the widgets above the map into the state."""
    now = state.app().view
    state.change_view(
        colour=state.widget(key("exp", "colour"), now.colour) or highlight.GROUPS,
        layout=state.widget(key("exp", "layout"), now.layout) or now.layout,
    )


def search() -> None:
    """Select the rows that hold the words in the box, and empty it: what it asked for is a chip now."""
    add_filter.search(cache.map_study(state.app()).data, state.widget(key("exp", "search"), "") or "")
    state.set_widget(key("exp", "search"), "")


def start_again() -> None:
    """Start work that failed or was stopped."""
    map_stages.prepare(cache.map_study(state.app()), again=True)


# ---- waiting -----------------------------------------------------------------------------------


def waiting(study: Study, stages: list[map_stages.Stage], first: Layout | None) -> None:
    """A first map where there is one; what is being made, step by step, with times; or why it stopped."""
    if first is not None:
        glance(study, first)
    bad = next((s for s in stages if s.job is not None and s.job.state in ("failed", "cancelled")), None)
    if bad is not None and bad.job is not None:
        jobs.job_error(bad.job)
        one, two, _ = st.columns([1, 2, 2])
        one.button("Start again", key=key("exp", "again"), on_click=start_again, icon=":material/refresh:")
        other = settings.next_embedder(study.recipe.embedder)
        if isinstance(bad.job.failure, ModelError) and other is not None:
            two.button(
                f"Use {EMBEDDERS[other].label} instead",
                key=key("exp", "switch", other),
                on_click=settings.switch_embedder,
                args=(other,),
                type="primary",
            )
        return
    st.markdown("**Making the map.** You can go on to any page meanwhile; this runs in the background.")
    coming = first is None and map_stages.first_map_comes(study)
    st.fragment(_steps, run_every=SOON if coming else jobs.poll_seconds())(study, coming)


def glance(study: Study, first: Layout) -> None:
    """The first map, named as what it is; rows can be found, selected and marked on it."""
    embedder, params = study.spec.chosen()
    model = plain(str(params.get("model") or embedder.label))
    if first.method == "words":
        what = "**A first map, from words:** texts that share rare words lie close together."
    else:
        what = "**A first map, from the table:** rows with like values lie close together."
    st.info(
        f"{what} The map from {model} follows and takes its place. Groups and comparisons wait for that one "
        "and never use this.",
        icon=":material/map:",
    )
    body(study, first, None, False, None)


def _steps(study: Study, coming: bool) -> None:
    if coming and not map_stages.first_map_comes(study):
        st.rerun()
    runner = cache.runner()
    for stage in map_stages.STAGES:
        job = runner.get(map_stages.job_key(study, stage))
        title = map_stages.title_of(study, stage)
        if map_stages.ready(study, stage):
            took = show_seconds(study.seconds.get(stage, 0.0))
            st.markdown(f":green[:material/check_circle:] {title} · took {took}")
        elif job is not None and job.state == "running":
            jobs.show(job, where="exp")
        else:
            about = map_stages.expected(study, stage).words
            st.markdown(f":gray[:material/schedule: {title} · {about}]")


# ---- the map and what stands beside it ---------------------------------------------------------


def toolbar(study: Study, groups: Groups | None, both: bool) -> int | None:
    """Colour and highlight, search, filter, layout; the code of the highlighted value."""
    data, view = study.data, state.app().view
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=key("exp", "bar"))
    one, lamp, two = (bar.container(width=wide) for wide in (150, 180, 190))
    listed = colours.options(data)
    choose(
        one.selectbox,
        "Colour by",
        listed,
        key=key("exp", "colour"),
        first=one_of(listed, view.colour, highlight.GROUPS),
        on_change=take_view,
        persist_state="session",
    )
    by = one_of(listed, state.app().view.colour, highlight.GROUPS)
    found = highlight.categories(data, groups, by)
    lit = None
    if found is not None:
        with lamp:
            lit = highlight.picker(found, key("exp", "highlight", by), f"Highlight one of {by}")
    two.text_input(
        "Search",
        key=key("exp", "search"),
        on_change=search,
        placeholder="Words in the text…",
        disabled=not text_columns(data),
        help="Rows that hold all of the words, capitals or not. “Filter” finds parts of words and more.",
    )
    with bar:
        add_filter.control(data, groups, study.has("features") and study.spec.uses_text)
    if both:
        choose(
            bar.segmented_control,
            "Map",
            ["umap", "pca"],
            format_func=str.upper,
            key=key("exp", "layout"),
            first=view.layout,
            on_change=take_view,
            required=True,
            persist_state="session",
            help="UMAP keeps neighbours together; PCA keeps large distances. Both are for looking only.",
        )
    return lit


def the_map(study: Study, layout: Layout, groups: Groups | None, lit: int | None) -> None:
    """The map, and what it shows in words."""
    now, data, look = state.app(), study.data, drawing.theme()
    n = len(data)
    colouring = colours.colouring(data, groups, now.view.colour, look, lit)
    names: list[Label] = []
    if groups is not None:
        mark = cache.name_of("centres", [layout.key, groups.key])
        spots = cache.share(mark, lambda: centres(layout.xy, groups.codes, groups.names, LABELS))
        code_of = {name: code for code, name in enumerate(groups.names)}
        names = [Label(x, y, name, code_of[name]) for x, y, name in spots]
    point_map(
        data,
        layout,
        point_colours(colouring, n, look),
        look,
        name="explore",
        alt=explore_alt(n, layout.method, colouring, groups.names if groups else ()),
        height=HEIGHT,
        picked=now.picked.rows if now.picked is not None else None,
        marks=Marks(
            ring=selection.looked_at(data),
            pins=selection.rows_of(data, now.recipe.pins),
            bans=selection.rows_of(data, now.recipe.bans),
        ),
        labels=names,
        legend=legend_of(colouring, look, colours.tick_text(data, colouring.title))
        if lit is not None or colouring.title != highlight.GROUPS or len(names) < len(colouring.names)
        else None,
        hint="click: look at this row",
        groups=groups,
        on_pick=lambda pick: selection.take_pick(pick, data, layout, groups),
        select=True,
    )
    st.caption(" ".join(map_words(layout)))


def map_words(layout: Layout) -> list[str]:
    """How far the map can be trusted."""
    parts = []
    if math.isfinite(layout.kept):
        parts.append(
            f"{layout.method.upper()} keeps {layout.kept:.0%} of each row's nearest neighbours near it, "
            f"where chance keeps {layout.chance:.0%}; for looking only."
        )
    elif layout.method not in METHODS:
        parts.append("For looking only.")
    else:
        parts.append(f"{layout.method.upper()} view, for looking only.")
    parts.extend(plain(note) for note in layout.notes)
    return parts


# ---- the page ----------------------------------------------------------------------------------


def page(study: Study) -> None:
    """The page on an open data set."""
    error = state.transient("explore_error", lambda: None)
    if error is not None:
        jobs.error_box(error)
        state.set_transient("explore_error", None)
    first = map_stages.first_map(study)  # before what it is shown instead of, which lets it go first
    stages = map_stages.prepare(study)
    ready = {stage.name: stage.ready for stage in stages}
    distances.line(study, "exp")
    asked: int = state.transient(distances.ASKED, lambda: 0)
    if asked:  # by the line, which stands above: not at the end of the page, where nobody would see them
        feature_settings(study, asked)
    if not (ready["features"] and ready["groups"] and ready["layout-pca"]):
        waiting(study, stages, first)
    else:
        explored(study, stages[-1])
    if not asked:
        feature_settings(study, asked)


def feature_settings(study: Study, asked: int) -> None:
    """The settings of features and groups; open where they were asked for, each time anew."""
    place = key("exp", "settings", asked)
    with st.expander("Features and groups", icon=":material/tune:", key=place, expanded=asked > 0):
        settings.settings(study.data, state.app().recipe)


def explored(study: Study, umap: map_stages.Stage) -> None:
    """Map, cards, selection, table."""
    method = state.app().view.layout if umap.ready else "pca"
    body(study, study.layout(method), study.groups(), umap.ready, umap)


def body(
    study: Study, layout: Layout, groups: Groups | None, both: bool, umap: map_stages.Stage | None
) -> None:
    """Toolbar, chips, map, what is looked at and selected, groups, differences, table.

    Args:
        study: The study.
        layout: The map to show.
        groups: None while there are none.
        both: Whether there are two maps to choose from.
        umap: The work on the better map, where it takes the place of this one.
    """
    data = study.data
    lit = toolbar(study, groups, both)
    with st.container():  # always there: what appears in it does not draw the map anew
        found = None
        try:
            found = filters.selected(study)
        except AliquotError as error:
            jobs.error_box(error)
        filter_chips.chips(found, len(data))
        if found is not None and not len(found.rows):
            st.info("No row meets all filters. Take one off, or undo.", icon=":material/filter_alt_off:")
    left, right = st.columns([2, 1], gap="medium")
    with left:
        the_map(study, layout, groups, lit)
        if umap is not None and not umap.ready and umap.job is not None:
            if umap.job.state not in ("failed", "cancelled"):  # it may end while this page is drawn
                st.caption(
                    f":material/hourglass_top: UMAP takes the place of this PCA view when it is ready, "
                    f"{jobs.time_left(umap.job)}."
                )
            else:
                jobs.job_error(umap.job)
                st.button("Make the UMAP view", key=key("exp", "umap"), on_click=start_again)
        selected_rows.hint()
        selected_rows.marks(data)
    with right, st.container(key=key("exp", "cards")):
        looked = row_panel.row_panel(study, groups)
        selected_rows.selection_card(study, groups)
        if not looked and (groups is not None or umap is not None):
            group_cards.cards(study, groups, HEIGHT - (60 if state.app().picked is None else 330))
    picked = state.app().picked
    if picked is not None and umap is not None:
        try:
            contrast_panel.contrast_panel(study, picked)
        except AliquotError as error:  # of this panel alone: the table below does not depend on it
            jobs.error_box(error)
    selected_rows.table(study, groups)


opened = state.app().data
onward = ("Compare four subsets →", "compare.py") if opened else None
skip = ("Skip to the groups", key("exp", "cards"))
head("Explore", "Which subpopulations does the data set have?", EXPLAIN, onward, skip)
study = need_map_study()
if study is not None:
    try:
        page(study)
    except AliquotError as found:
        jobs.error_box(found)
