"""What people want of a subset. Every strategy declares which of these it answers."""

from __future__ import annotations

from enum import StrEnum


class Wish(StrEnum):
    """The end of the sentence "I want a subset that…"."""

    ESTIMATES = "gives totals and means I can defend"
    SHARES = "holds every group in a known share"
    ENTITIES = "keeps whole people or documents together"
    RARE = "keeps rare kinds of rows"
    COVERS = "leaves no row far away"
    TYPICAL = "shows what is typical"
    RESEMBLES = "looks like the whole"
    DIVERSE = "holds rows as different as can be"
    CLEAN = "holds no copies"
    TIME = "follows an order or time"
    FITS = "fits a model with few labels"
    QUALITY = "prefers rows with a high score"
    TARGET = "resembles a target"
