"""The view Files: downloads of a comparison, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.foundation.errors import AliquotError
from core.report.documents.comparison_files import comparison_files
from core.report.documents.live_page import comparison_tables, interactive_report, interactive_size
from core.report.documents.svg_pictures import comparison_pictures
from core.signoff.write_bundle import zip_files
from core.study.study import Study
from pages.ui.compare.choices import question
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import jobs, project_file, state
from pages.ui.shared.drawing import theme
from pages.ui.shared.widget_keys import key


def files_view(view: RunView) -> None:
    """Downloads, each built when it is asked for."""
    now = state.app()
    try:
        study = view.study
    except AliquotError as error:
        jobs.error_box(error)
        return
    for one in files(view, study, project_file.file_stem(now)):
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
        right.caption(one.description)
    st.caption(
        ":material/photo_camera: **PNG of any chart:** point at it and press the camera at its top right; "
        "the picture is twice as large as on the screen."
    )


@dataclass(frozen=True)
class Download:
    """A file on offer.

    Args:
        id: Names its button.
        label: Words of the button.
        name: Of the file.
        kind: Its media type.
        description: What it is.
        make: Makes its bytes when it is asked for, in another thread.
    """

    id: str
    label: str
    name: str
    kind: str
    description: str
    make: Callable[[], bytes]


def files(view: RunView, study: Study, stem: str) -> list[Download]:
    """What can be taken away of a comparison; nothing is made yet."""
    found, layout, look = view.comparison, view.layout, theme()
    size = interactive_size(len(study.data), len(found.results)) / 1e6
    asked = question.preset_of(view.run)
    part = " Of what is finished so far." if found.partial else ""
    return [
        Download(
            "page",
            "Live page",
            f"{stem}-comparison.html",
            "text/html",
            f"One HTML file of about {size:.0f} MB: maps, strips, groups and overlap to zoom and point at, "
            f"sentences, numbers, recipe. Opens without a network.{part}",
            lambda: interactive_report(study, found, layout, question=asked).encode(),
        ),
        Download(
            "tables",
            "Tables (CSV)",
            f"{stem}-tables.zip",
            "application/zip",
            "A zip: metrics, groups, overlap, and every chosen row with its rank and design weight.",
            lambda: zip_files(comparison_tables(study, found)),
        ),
        Download(
            "pictures",
            "Pictures (SVG)",
            f"{stem}-pictures.zip",
            "application/zip",
            "A zip: each map, the headline metrics and the groups, sharp at any size, in "
            f"{look.name} colours.",
            lambda: zip_files(comparison_pictures(found, layout, look)),
        ),
        Download(
            "report",
            "Plain report",
            f"{stem}-report.html",
            "text/html",
            "A small HTML file without script, to print or to mail.",
            lambda: comparison_files(study, found, asked)["report.html"],
        ),
    ]
