"""What a strategy promises: how many rows, and which weights come with them."""

from __future__ import annotations

from enum import StrEnum


class Size(StrEnum):
    """What a strategy promises about how many rows it returns."""

    EXACT = "exact"
    AT_MOST = "at most"
    RANDOM = "random"


class Weight(StrEnum):
    """Whether design weights come with the subset."""

    DESIGN = "design"  # 1/π, π known before the draw
    HANSEN_HURWITZ = "hansen-hurwitz"  # draws with replacement
    PARAMETER = "depends on a parameter"
    NONE = "none"
