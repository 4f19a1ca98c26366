"""Explore: the subpopulations of the data set on a map; search, select, pin and ban rows."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from core.features.declaration import EMBEDDERS
from core.features.layout.make import METHODS
from core.foundation.arrays.array_types import Rows
from core.foundation.durations import show_seconds
from core.foundation.errors import AliquotError, ModelError
from core.foundation.wording import count
from core.model.dataset import Dataset
from core.model.derived import Groups, Layout
from core.report.charts.maps import POINTS, centres, explore_alt, explore_map, rows_drawn
from core.study.study import Study
from pages.ui.explore import colours, selected_rows, selection, settings
from pages.ui.explore.group_cards import cards
from pages.ui.shared import cache, distances, drawing, highlight, jobs, map_stages, pictures, state, tables
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import head, need_map_study
from pages.ui.shared.pickers import choose, one_of
from pages.ui.shared.widget_keys import key

EXPLAIN = (
    "Each point is a row; points that lie close together are alike. The map is for looking only: no strategy "
    "and no metric reads it, so nothing you see here can bend a result.\n\n"
    "**Groups** are the subpopulations that Compare will hold every subset against. Their names are "
    "what sets them apart from the rest.\n\n"
    "Draw around points to select rows, on the map or with a card's button. A **pinned** row is in "
    "every subset, a **banned** row in none; both are written into the record with your reason."
)
HOVER = 5_000
HEIGHT = 500
SOON = 0.4  # seconds between two looks for a first map


# ---- callbacks ---------------------------------------------------------------------------------


def take_view() -> None:
    """Copy the widgets above the map into the state."""
    now = state.app().view
    state.change_view(
        colour=state.widget(key("exp", "colour"), now.colour) or highlight.GROUPS,
        layout=state.widget(key("exp", "layout"), now.layout) or now.layout,
        search=(state.widget(key("exp", "search"), now.search) or "").strip(),
        groups=tuple(state.widget(key("exp", "groups"), now.groups) or ()),
        page=1,
    )
    state.drop_widgets(key("exp", "page"))


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
    lit = toolbar(study.data, None, False)
    shown = rows_shown(study.data, None)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        the_map(study, first, None, shown, lit)
        selected_rows.hint()
        selected_rows.marks()
    with right:
        selected_rows.selection_card(study, None)


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


def toolbar(data: Dataset, groups: Groups | None, both: bool) -> int | None:
    """Colour and highlight, search, groups, layout; the code of the highlighted value."""
    view = state.app().view
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=key("exp", "bar"))
    one, lamp, two, three = (bar.container(width=wide) for wide in (150, 190, 160, 190))
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
    state.setdefault(key("exp", "search"), view.search)
    two.text_input(
        "Search",
        key=key("exp", "search"),
        on_change=take_view,
        placeholder="Rows that contain…",
        persist_state="session",
    )
    if groups is not None:
        sizes = dict(zip(groups.names, groups.sizes.tolist(), strict=True))
        state.setdefault(key("exp", "groups"), [name for name in view.groups if name in sizes])
        three.multiselect(
            "Groups shown",
            list(groups.names),
            key=key("exp", "groups"),
            format_func=lambda name: f"{name} · {sizes.get(name, 0):,}",
            on_change=take_view,
            placeholder=f"All {len(groups.names)}",
            persist_state="session",
        )
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


def rows_shown(data: Dataset, groups: Groups | None) -> Rows | None:
    """Rows that search and group filter leave; None where neither is set."""
    view = state.app().view
    if not view.search and not view.groups:
        return None
    mask = np.ones(len(data), bool)
    if view.search:
        name = cache.name_of("search", [data.fingerprint.digest, view.search.casefold()])
        mask &= cache.share(name, lambda: tables.contains(data, view.search))
    if view.groups and groups is not None:
        wanted = [code for code, label in enumerate(groups.names) if label in view.groups]
        mask &= np.isin(groups.codes, wanted)
    return np.flatnonzero(mask)


def the_map(study: Study, layout: Layout, groups: Groups | None, shown: Rows | None, lit: int | None) -> None:
    """The figure, and what it shows in words."""
    now, data, look = state.app(), study.data, drawing.theme()
    n = len(data)
    colouring = colours.colouring(data, groups, now.view.colour, look, lit)
    names: list[tuple[float, float, str]] = []
    if groups is not None:
        mark = cache.name_of("centres", [layout.key, groups.key])
        names = cache.share(mark, lambda: centres(layout.xy, groups.codes, groups.names))
    chosen = now.picked.rows if now.picked is not None else None
    hover = None
    if n <= HOVER:
        mark = cache.name_of("hover", [data.fingerprint.digest, sorted(data.roles)])
        hover = cache.share(mark, lambda: tables.line_of(data, np.arange(n)))
    figure = explore_map(
        layout.xy,
        colouring,
        theme=look,
        names=names,
        picked=chosen,
        shown=shown,
        pins=selection.rows_of(data, now.recipe.pins),
        bans=selection.rows_of(data, now.recipe.bans),
        hover=hover,
        pictures=pictures.on_hover(data) if n <= HOVER else None,
        legend=lit is not None or colouring.title != highlight.GROUPS or len(names) < len(colouring.names),
        height=HEIGHT,
        revision=layout.key,
    )
    name = key("exp", "map", layout.method)
    st.plotly_chart(
        figure,
        key=name,
        on_select=lambda: selection.take_drawing(name, layout.xy, shown),
        selection_mode=("box", "lasso"),
        config={
            "displaylogo": False,
            "scrollZoom": True,
            "displayModeBar": True,
            "modeBarButtonsToRemove": ["autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"],
        },
        alt=explore_alt(n, layout.method, colouring, groups.names if groups else ()),
    )
    listed = np.arange(n) if shown is None else shown
    st.caption(" ".join(map_words(layout, n, shown, len(rows_drawn(listed, n, colouring)))))


def map_words(layout: Layout, n: int, shown: Rows | None, points: int) -> list[str]:
    """What the map shows, and how far it can be trusted."""
    listed = len(shown) if shown is not None else n
    parts = []
    if shown is not None:
        parts.append(f"{listed:,} of {count(n, 'row')} match.")
    if n > POINTS:
        parts.append(f"Showing {points:,} of {count(listed, 'row')} as points, all of them as density;")
        parts.append("a selection takes every row inside it.")
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
    groups = study.groups()
    lit = toolbar(study.data, groups, umap.ready)
    method = state.app().view.layout if umap.ready else "pca"
    shown = rows_shown(study.data, groups)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        the_map(study, study.layout(method), groups, shown, lit)
        if not umap.ready and umap.job is not None:
            if umap.job.state not in ("failed", "cancelled"):  # it may end while this page is drawn
                st.caption(
                    f":material/hourglass_top: UMAP takes the place of this PCA view when it is ready, "
                    f"{jobs.time_left(umap.job)}."
                )
            else:
                jobs.job_error(umap.job)
                st.button("Make the UMAP view", key=key("exp", "umap"), on_click=start_again)
        selected_rows.hint()
        selected_rows.marks()
    with right, st.container(key=key("exp", "cards")):
        selected_rows.selection_card(study, groups)
        cards(study, groups, HEIGHT)
    selected_rows.table(study, groups, shown)


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
