"""Guess what each column is for, and say why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..cells import is_json
from ..columns import why_no_number
from ..errors import ColumnError
from ..types import Kind, Role

_LOOK = 2_000  # cells looked at for what text is like
_FEW = 50  # distinct values up to which a column of text counts as a category
_LABELS = {"label", "labels", "class", "target", "y", "category", "topic", "outcome", "truth", "sentiment"}
_SCORES = {"score", "scores", "quality", "rating", "confidence", "reward", "loss", "perplexity", "importance"}
_ENTITIES = {
    "user", "customer", "client", "author", "patient", "subject", "speaker", "account", "session", "group",
    "household", "entity", "company", "organisation", "organization", "person",
}  # fmt: skip
_LICENCES = {"licence", "license", "licences", "licenses", "rights", "copyright"}
_TIMES = {"date", "time", "timestamp", "datetime", "created", "updated", "year"}
_IMAGE = re.compile(r"(?i)^[^\n]{1,400}\.(?:png|jpe?g|gif|bmp|webp|tiff?)$")


def _words(name: str) -> list[str]:
    """The words of a column name: ``customerId`` and ``customer_id`` alike."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", parted) if word]


def named_like_id(name: str) -> bool:
    """Whether a name says that the column identifies rows.

    Example:
        >>> [named_like_id(name) for name in ("id", "ticket_id", "rowId", "uuid", "idea", "paid")]
        [True, True, True, True, False, False]
    """
    words = _words(name)
    return bool(words) and (words[-1] in {"id", "ids", "uuid", "guid", "key", "uid"} or words == ["index"])


def guess_id(frame: pd.DataFrame) -> str | None:
    """The first column that is named like an id and whose cells are all present and distinct.

    A plain "id" goes before "ticket_id", and both before a column that also names an entity ("user_id").
    """
    found = []
    for at, name in enumerate(frame.columns):
        if not named_like_id(str(name)) or frame[name].dtype == "boolean" or frame[name].dtype == "Float64":
            continue
        words = _words(str(name))
        rank = (0 if len(words) == 1 else 2 if set(words) & _ENTITIES else 1, at)
        found.append((rank, str(name)))
    for _, name in sorted(found):
        column = frame[name]
        if len(column) and not column.isna().any() and column.is_unique:
            return name
    return None


def guess_roles(
    frame: pd.DataFrame,
    vectors: Mapping[str, NDArray[np.float32]],
    id_column: str | None,
    file_order: list[str],
) -> dict[str, Role]:
    """One role per column and vector, in file order, each with its reason.

    Example:
        >>> frame = pd.DataFrame({"id": pd.array([1, 2, 3]), "price": pd.array([0.5, 1.5, 2.5])})
        >>> roles = guess_roles(frame.convert_dtypes(), {}, "id", ["id", "price"])
        >>> roles["price"].kind.value, roles["price"].reason
        ('number', 'it holds numbers')
    """
    roles = {}
    labelled = False
    for name in file_order:
        if name in vectors:
            roles[name] = Role(Kind.VECTOR, f"each cell holds {vectors[name].shape[1]:,} numbers")
        elif name == id_column:
            roles[name] = Role(Kind.ID, "its name says so, and every row has its own value")
        else:
            roles[name] = _guess(name, frame[name])
            if roles[name].kind is Kind.LABEL:
                if labelled:
                    roles[name] = Role(Kind.CATEGORY, "it has few values; another column is the label")
                labelled = True
    return roles


def _guess(name: str, column: pd.Series[Any]) -> Role:
    words = set(_words(name))
    present = column.dropna()
    if not len(present):
        return Role(Kind.IGNORE, "every cell is missing")
    distinct = present.nunique()
    if distinct == 1 and len(column) > 1:
        return Role(Kind.IGNORE, "every cell holds the same value")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return Role(Kind.TIME, "every value is a date or time")
    few = distinct <= _FEW and distinct <= max(2, len(present) // 3)
    if words & _LABELS and (few or distinct <= len(present) // 4) and column.dtype != "Float64":
        return Role(Kind.LABEL, f"its name says so, and it has {distinct:,} values")
    if words & _LICENCES and column.dtype == "string":
        return Role(Kind.LICENCE, "its name says so")
    if column.dtype == "boolean":
        return Role(Kind.CATEGORY, "it holds true and false")
    if column.dtype in ("Int64", "Float64"):
        return _guess_number(words, name, column, distinct, len(present))
    return _guess_text(words, name, present, distinct, few)


def _guess_number(words: set[str], name: str, column: pd.Series[Any], distinct: int, present: int) -> Role:
    if named_like_id(name):
        if words & _ENTITIES or distinct < present:
            return Role(Kind.ENTITY, "its name is that of an id, and rows share its values")
        return Role(
            Kind.IGNORE, "its name is that of an id, and another column or the content names the rows"
        )
    if words & _SCORES:
        return Role(Kind.SCORE, "its name says so, and it holds numbers")
    if words & _ENTITIES and column.dtype == "Int64" and distinct > _FEW:
        return Role(Kind.ENTITY, "its name says so")
    if "year" in words and column.dtype == "Int64":
        return Role(Kind.NUMBER, "it holds years as numbers")
    return Role(Kind.NUMBER, "it holds numbers")


def _guess_text(words: set[str], name: str, present: pd.Series[Any], distinct: int, few: bool) -> Role:
    some = present.head(_LOOK)
    lengths = some.str.len()
    typical = float(lengths.median())
    if is_json(some):
        return Role(Kind.IGNORE, "it holds lists or records; lists of numbers can be made a vector")
    if some.map(lambda text: bool(_IMAGE.match(text))).mean() > 0.9:
        return Role(Kind.IMAGE, "its cells are names of image files; pictures are not read yet")
    if words & _ENTITIES and typical < 60 and distinct < len(present):
        return Role(Kind.ENTITY, "its name says so, and rows share its values")
    if named_like_id(name) and typical < 80:
        if distinct < len(present):
            return Role(Kind.ENTITY, "its name is that of an id, and rows share its values")
        return Role(
            Kind.IGNORE, "its name is that of an id, and another column or the content names the rows"
        )
    spaces = float(some.str.contains(" ", regex=False).mean())
    if few and typical < 60:
        return Role(Kind.CATEGORY, f"it has {distinct:,} values")
    if (typical >= 20 and spaces > 0.5) or words & {
        "text",
        "body",
        "sentence",
        "content",
        "prompt",
        "question",
    }:
        return Role(Kind.TEXT, f"its cells are text, typically {typical:,.0f} characters long")
    if distinct <= len(present) // 4:
        return Role(Kind.CATEGORY, f"it has {distinct:,} values")
    if spaces > 0.5 or typical >= 40:
        return Role(Kind.TEXT, f"its cells are text, typically {typical:,.0f} characters long")
    return Role(Kind.IGNORE, f"{distinct:,} different short values: neither text nor category")


_FITS = {
    Kind.NUMBER: ("Int64", "Float64", "boolean"),
    Kind.SCORE: ("Int64", "Float64", "boolean"),
    Kind.TEXT: ("string", "Int64", "Float64", "boolean"),
    Kind.IMAGE: ("string",),
}


def check_role(name: str, kind: Kind, frame: pd.DataFrame, is_vector: bool) -> None:
    """Raise `ColumnError` where a column cannot have a role."""
    if is_vector:
        if kind not in (Kind.VECTOR, Kind.IGNORE):
            raise ColumnError(
                f"Column {name!r} cannot be {kind.value}", "it holds vectors", "use vector or ignore"
            )
        return
    dtype = str(frame[name].dtype)
    allowed = _FITS.get(kind)
    if kind is Kind.VECTOR:
        if is_json(frame[name]):
            return
        raise ColumnError(
            f"Column {name!r} cannot be vector",
            "its cells are not lists of numbers",
            "give vectors as .npy beside the table",
        )
    if allowed is not None and dtype not in allowed:
        why = "it does not hold text" if kind is Kind.IMAGE else why_no_number(frame[name])
        raise ColumnError(f"Column {name!r} cannot be {kind.value}", why, "choose another role")
    if kind is Kind.TIME and not dtype.startswith("datetime") and dtype not in ("Int64", "Float64"):
        raise ColumnError(
            f"Column {name!r} cannot be time",
            "not every value is a date or time such as 2026-01-31 or 2026-01-31T09:30:00Z",
            "write its dates that way, or choose another role",
        )
