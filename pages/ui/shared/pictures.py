"""Pictures of rows, where the open sample says that its rows are pictures."""

from __future__ import annotations

import streamlit as st

from core.data.pictures import Pictures
from core.data.samples import SAMPLES
from core.foundation.arrays.array_types import Rows
from core.foundation.wording import some
from core.model.dataset import Dataset

from . import state

COLUMN = "picture"
_SCALE = 5  # pixels on the screen for one of a picture


def pictures_of(data: Dataset) -> Pictures | None:
    """How to draw the rows of the open data set; None where they are no pictures."""
    opened = state.app().data
    sample = SAMPLES.get(opened.source.removeprefix("sample:")) if opened is not None else None
    known = None if sample is None else sample.pictures
    return known if known is not None and known.fits(data.frame.columns) else None


def column(data: Dataset, rows: Rows) -> dict[str, list[str]]:
    """A column of pictures for a table of rows; nothing where they are no pictures."""
    known = pictures_of(data)
    return {} if known is None else {COLUMN: known.images(data.frame, rows)}


def strip(data: Dataset, rows: Rows, names: list[str]) -> bool:
    """Rows as small pictures beside each other; whether they are pictures.

    Args:
        data: The data set.
        rows: A few rows.
        names: What each is, for a screen reader.
    """
    known = pictures_of(data)
    if known is None or not len(rows):
        return False
    st.image(known.strip(data.frame, rows, scale=_SCALE), alt=some(names))
    return True
