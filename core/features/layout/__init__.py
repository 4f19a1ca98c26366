"""Layout: 2-D coordinates for looking only."""

from .make import METHODS, make_layout

__all__ = ["METHODS", "make_layout"]
