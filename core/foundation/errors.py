"""Errors that people can cause.

Every such error says three things: what happened, why, and what to do. The app shows them in place, the
command line prints one line and exits with code 2, and a notebook raises them. Anything that is not an
`AliquotError` is a defect of ours.
"""

from __future__ import annotations


class AliquotError(Exception):
    """Something a person can cause and can put right.

    Args:
        what: What happened, one sentence without its full stop.
        why: The reason, as specific as is known. May be empty where *what* says it all.
        do: What the reader can do now.

    Example:
        >>> str(AliquotError("The file is empty", "it has 0 bytes", "choose another file"))
        'The file is empty: it has 0 bytes. What to do: choose another file.'
    """

    def __init__(self, what: str, why: str = "", do: str = "") -> None:
        super().__init__(what, why, do)
        self.what = what.strip().rstrip(".")
        self.why = why.strip().rstrip(".")
        self.do = do.strip().rstrip(".")

    def __str__(self) -> str:
        text = f"{self.what}: {self.why}." if self.why else f"{self.what}."
        return f"{text} What to do: {self.do}." if self.do else text


class DataError(AliquotError):
    """A data file, or a table in it, cannot be used as it is."""


class ColumnError(DataError):
    """A column is missing, ambiguous, or does not fit its role."""


class FeatureError(AliquotError):
    """Features cannot be made: vectors with holes, unequal lengths, nothing to measure."""


class ModelError(FeatureError):
    """An embedding model is missing, fails its check, or cannot be loaded."""


class ParameterError(AliquotError):
    """A parameter is unknown, of the wrong type, or outside its declared range."""


class BudgetError(ParameterError):
    """A budget cannot be met by the rows at hand."""


class NeedError(AliquotError):
    """A strategy or metric needs something that is not there (features, groups, a target…)."""


class ResourceError(AliquotError):
    """The work would not fit into memory, time or disk."""


class LimitError(ResourceError):
    """Work was ended when it reached its limit of time or memory."""


class RecipeError(AliquotError):
    """A recipe or project file cannot be read or does not fit this data."""


class BundleError(AliquotError):
    """A bundle to verify is incomplete or unreadable."""


class HoldoutError(AliquotError):
    """A question to the guarded rows cannot be answered: none are left, or their record is damaged."""


class ExtensionError(AliquotError):
    """A method of another package fails, is missing, or is of another version than was asked for."""


class Cancelled(Exception):
    """Raised inside the work when its cancel was asked for. Nothing has been stored."""
