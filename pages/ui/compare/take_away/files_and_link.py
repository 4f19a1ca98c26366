"""Keep: a link to what is shown, and files to hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from core.foundation.errors import AliquotError
from core.report.documents.comparison_files import comparison_files
from core.report.documents.live_page import comparison_tables, interactive_report, interactive_size
from core.report.documents.svg_pictures import comparison_pictures
from core.signoff.bundle import zip_files
from core.study.study import Study
from pages.ui.compare.choices import question
from pages.ui.compare.run.view import Seen
from pages.ui.shared import cache, jobs, link, project, state
from pages.ui.shared.app_state import AppState
from pages.ui.shared.drawing import theme
from pages.ui.shared.widget_keys import key

VIEW = "view"
KEEP = "Keep"


def view_of(now: AppState) -> tuple[str, dict[str, str]]:
    """Heading and parts that were shown last; a project or link may hold anything, so text alone is taken."""
    kept = now.slots.get(VIEW)
    if not isinstance(kept, Mapping):
        return "", {}
    heading, parts = kept.get("heading"), kept.get("parts")
    named = parts if isinstance(parts, Mapping) else {}
    return (
        heading if isinstance(heading, str) else "",
        {one: part for one, part in named.items() if isinstance(one, str) and isinstance(part, str)},
    )


def keep_view(heading: str, parts: Mapping[str, str]) -> None:
    """Remember what is shown."""
    now = state.app()
    view = {"heading": heading, "parts": {**view_of(now)[1], **parts}}
    before = _looked_at(now) if heading == KEEP else heading
    state.change(slots={**now.slots, VIEW: {**view, "before": before}})


def view_shown() -> tuple[str, ...]:
    """Heading and part that are shown, as a link names them."""
    heading, parts = view_of(state.app())
    return tuple(part for part in (heading, parts.get(heading, "")) if part)


def _looked_at(now: AppState) -> str:
    """The heading that was open last before this one: a link leads there, not to the link."""
    kept = now.slots.get(VIEW)
    before = kept.get("before") if isinstance(kept, Mapping) else None
    return before if isinstance(before, str) else ""


def link_view(seen: Seen) -> None:
    """An address that opens this comparison in another tab."""
    now = state.app()
    if now.data is None:
        return
    heading, parts = _looked_at(now), view_of(now)[1]
    view = tuple(part for part in (heading, parts.get(heading, "")) if part)
    try:
        made = link.address(link.Link(now.data, seen.run.recipe, view, question.of_run(seen.run)))
    except AliquotError as error:
        jobs.error_box(error)
        return
    st.markdown("**Link to this comparison.** Copy it with the button at its right.")
    st.code(made, language=None, wrap_lines=True)
    sample = now.data.source.startswith("sample:")
    target = seen.run.recipe.target is not None
    aim = " The rows to resemble are data too: they must be there already." if target else ""
    opens = f" It opens at {', '.join(view)}." if view else ""
    needs = (
        "The sample opens with it."
        if sample
        else "Whoever opens it needs this Aliquot, or the same file: it holds choices, never data."
    )
    st.caption(
        f"{needs} It holds every choice of this run, question, filters, pins and bans included.{aim} Results "
        f"that are kept here show at once; elsewhere one press of Run makes the same ones.{opens}"
    )


def files_view(seen: Seen) -> None:
    """Downloads, each built when it is asked for."""
    now = state.app()
    try:
        study = cache.study(now.changed(recipe=seen.run.recipe))
    except AliquotError as error:
        jobs.error_box(error)
        return
    for one in files(seen, study, project.file_stem(now)):
        left, right = st.columns([2, 5], gap="small", vertical_alignment="center")
        left.download_button(
            one.label,
            data=one.make,
            file_name=one.name,
            mime=one.kind,
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
            key=key("cmp", "file", one.id),
        )
        right.caption(one.told)
    st.caption(
        ":material/photo_camera: **PNG of any chart:** point at it and press the camera at its top right; "
        "the picture is twice as large as on the screen."
    )


@dataclass(frozen=True)
class File:
    """A file on offer.

    Args:
        id: Names its button.
        label: Words of the button.
        name: Of the file.
        kind: Its media type.
        told: What it is.
        make: Makes its bytes when it is asked for, in another thread.
    """

    id: str
    label: str
    name: str
    kind: str
    told: str
    make: Callable[[], bytes]


def files(seen: Seen, study: Study, stem: str) -> list[File]:
    """What can be taken away of a comparison; nothing is made yet."""
    found, layout, look = seen.found, seen.layout, theme()
    size = interactive_size(len(study.data), len(found.results)) / 1e6
    part = " Of what is finished so far." if found.partial else ""
    return [
        File(
            "page",
            "Live page",
            f"{stem}-comparison.html",
            "text/html",
            f"One HTML file of about {size:.0f} MB: maps, strips, groups and overlap to zoom and point at, "
            f"sentences, numbers, recipe. Opens without a network.{part}",
            lambda: interactive_report(study, found, layout).encode(),
        ),
        File(
            "tables",
            "Tables (CSV)",
            f"{stem}-tables.zip",
            "application/zip",
            "A zip: metrics, groups, overlap, and every chosen row with its rank and design weight.",
            lambda: zip_files(comparison_tables(study, found)),
        ),
        File(
            "pictures",
            "Pictures (SVG)",
            f"{stem}-pictures.zip",
            "application/zip",
            "A zip: each map, the headline metrics and the groups, sharp at any size, in "
            f"{look.name} colours.",
            lambda: zip_files(comparison_pictures(found, layout, look)),
        ),
        File(
            "report",
            "Plain report",
            f"{stem}-report.html",
            "text/html",
            "A small HTML file without script, to print or to mail.",
            lambda: comparison_files(study, found)["report.html"],
        ),
    ]
