"""Guess what each column is for, and say why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..foundation.errors import ColumnError
from ..foundation.wording import count, some, verb
from ..model.arrow_columns import is_json, to_arrow
from ..model.columns import why_no_number
from ..model.dataset import Kind, Role
from ..model.number_spellings import written, written_column

_FEW = 50  # distinct values up to which a column of text counts as a category
# What a label is called: any of the first row before any of the second, where several columns could be it.
_LABEL_NAMES = (
    {"label", "labels", "class", "target", "y", "outcome", "truth"},
    {"category", "topic", "sentiment"},
)
_LABELS = set().union(*_LABEL_NAMES)
_SCORES = {"score", "scores", "quality", "rating", "confidence", "reward", "loss", "perplexity", "importance"}
_ENTITIES = {
    "user", "customer", "client", "author", "patient", "subject", "speaker", "account", "session", "group",
    "household", "entity", "company", "organisation", "organization", "person",
}  # fmt: skip
_LICENCES = {"licence", "license", "licences", "licenses", "rights", "copyright"}
_TEXTS = {"text", "body", "sentence", "content", "prompt", "question"}
NO_ID = "Rows have no id and are identified by their content"
_IMAGE = r"(?i)^[^\n]{1,400}\.(?:png|jpe?g|gif|bmp|webp|tiff?)$"
_WORD = r"\pL{2}|[^\x00-\x7F]"  # scripts without spaces and with a letter for a word are not ASCII
_PRINTED = r"^\s*(?:(?:np\.|numpy\.)?array\(|tensor\()?\s*\[[0-9eE+\-.,\s\[\]nainf]*(?:\]|\.\.\.)"
_ID_LENGTH = 80  # characters that an id has at most


def _words(name: str) -> list[str]:
    """The words of a column name: ``customerId`` and ``customer_id`` alike."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", split) if word]


def named_like_id(name: str) -> bool:
    """Whether a name says that the column identifies rows.

    Example:
        >>> [named_like_id(name) for name in ("id", "ticket_id", "rowId", "uuid", "idea", "paid")]
        [True, True, True, True, False, False]
    """
    words = _words(name)
    return bool(words) and (words[-1] in {"id", "ids", "uuid", "guid", "key", "uid"} or words == ["index"])


def guess_id(frame: pd.DataFrame) -> str | None:
    """The column that is named like an id and whose cells are all present and distinct.

    A plain "id" goes before "ticket_id", and both before a column that also names an entity ("user_id");
    among equals the name that sorts first, so that the order of columns decides nothing.

    Example:
        >>> guess_id(pd.DataFrame({"ticket_id": [1, 2], "order_id": [3, 4]}).convert_dtypes())
        'order_id'
    """
    found = []
    for name in frame.columns:
        if not named_like_id(str(name)) or not _may_name_rows(frame[name]):
            continue
        words = _words(str(name))
        rank = 0 if len(words) == 1 else 2 if set(words) & _ENTITIES else 1
        found.append((rank, str(name)))
    return next((name for _, name in sorted(found) if _differs(frame[name])), None)


def possible_ids(frame: pd.DataFrame) -> list[str]:
    """Columns that could be the id though their names do not say so, by name: each row has its own value.

    Whole numbers and short text without blanks; two rows say nothing.

    Example:
        >>> possible_ids(pd.DataFrame({"sku": ["A1", "B2", "C3"], "n": [1, 1, 2]}).convert_dtypes())
        ['sku']
    """
    if len(frame) < 3:
        return []
    found = []
    for name in sorted(map(str, frame.columns)):
        column = frame[name]
        if not _may_name_rows(column) or isinstance(column.dtype, pd.DatetimeTZDtype):
            continue
        if column.dtype == "string":
            cells = to_arrow(column).drop_null()
            if not len(cells) or pc.max(pc.utf8_length(cells)).as_py() > _ID_LENGTH:
                continue
            if pc.any(pc.match_substring_regex(cells, r"\s")).as_py() or is_json(column):
                continue
        if _differs(column) and not _measures(column):
            found.append(name)
    return found


def could_be_id(names: Sequence[str]) -> str:
    """A sentence that offers columns (`possible_ids`) as the id, with a blank before it; nothing for none.

    Example:
        >>> could_be_id(["sku"])
        " 'sku' differs in every row and could be the id."
    """
    if not names:
        return ""
    differ = verb(len(names), "differs", "differ")
    return f" {some(map(repr, names), 3, quoted=True)} {differ} in every row and could be the id."


def without_id(names: Sequence[str]) -> str:
    """What follows where no column is the id, with the columns (`possible_ids`) that could be.

    Example:
        >>> without_id([])
        'Rows have no id and are identified by their content: an added or changed column gives other draws.'
    """
    return f"{NO_ID}: an added or changed column gives other draws.{could_be_id(names)}"


def _may_name_rows(column: pd.Series[Any]) -> bool:
    return column.dtype != "boolean" and column.dtype != "Float64"


def _measures(column: pd.Series[Any]) -> bool:
    """Whether its cells, all different, are amounts, shares or dates kept as text by how they are written."""
    meant = written(to_arrow(column)) if column.dtype == "string" else None
    return meant is not None and (meant.dates or meant.measures)


def _differs(column: pd.Series[Any]) -> bool:
    return bool(len(column)) and not column.isna().any() and bool(column.is_unique)


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
    for name in file_order:
        if name in vectors:
            roles[name] = Role(Kind.VECTOR, f"each cell holds {count(vectors[name].shape[1], 'number')}")
        elif name == id_column:
            roles[name] = Role(Kind.ID, "its name says so, and every row has its own value")
        else:
            roles[name] = _guess(name, frame[name])
    labels = sorted((name for name in roles if roles[name].kind is Kind.LABEL), key=_label_rank)
    for name in labels[1:]:
        roles[name] = Role(Kind.CATEGORY, f"it has few values; {labels[0]!r} is the label")
    return roles


def _label_rank(name: str) -> tuple[int, int, str]:
    """Which of several columns is the label: what it is called, then fewer words, then the order of names."""
    words = _words(name)
    rank = next(at for at, known in enumerate(_LABEL_NAMES) if set(words) & known)
    return rank, len(words), name


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
        return Role(Kind.LABEL, f"its name says so, and it has {count(distinct, 'value')}")
    if words & _LICENCES and column.dtype == "string":
        return Role(Kind.LICENCE, "its name says so")
    if column.dtype == "boolean":
        return Role(Kind.CATEGORY, "it holds true and false")
    if column.dtype in ("Int64", "Float64"):
        return _guess_number(words, name, column, distinct, len(present))
    return _guess_text(words, name, present, distinct, few)


def _guess_number(words: set[str], name: str, column: pd.Series[Any], distinct: int, present: int) -> Role:
    if named_like_id(name):
        if distinct < present:
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
    cells = to_arrow(present)
    typical = float(np.median(pc.utf8_length(cells).to_numpy()))
    if is_json(present):
        return Role(Kind.IGNORE, "it holds lists or records; lists of numbers can be made a vector")
    if _share(cells, _IMAGE) > 0.9:
        return Role(Kind.IMAGE, "its cells are names of image files; pictures are not read yet")
    if words & _ENTITIES and typical < 60 and distinct < len(present):
        return Role(Kind.ENTITY, "its name says so, and rows share its values")
    if named_like_id(name) and typical < _ID_LENGTH:
        if distinct < len(present):
            return Role(Kind.ENTITY, "its name is that of an id, and rows share its values")
        return Role(
            Kind.IGNORE, "its name is that of an id, and another column or the content names the rows"
        )
    if few and typical < 60:
        return Role(Kind.CATEGORY, f"it has {count(distinct, 'value')}")
    if _share(cells, _PRINTED) > 0.9:
        return Role(Kind.IGNORE, "its cells are printed lists of numbers, cut short or of unequal length")
    spaces = _share(cells, " ")
    figures = _share(cells, _WORD) < 0.5
    told = f"its cells are text, typically {typical:,.0f} characters long"
    if not figures and ((typical >= 20 and spaces > 0.5) or words & _TEXTS):
        return Role(Kind.TEXT, told)
    if distinct <= len(present) // 4:
        return Role(Kind.CATEGORY, f"it has {count(distinct, 'value')}")
    if not figures and (spaces > 0.5 or (typical >= 40 and _share(cells, r"[^\x00-\x7F]") > 0.5)):
        return Role(Kind.TEXT, told)
    meant = written_column(present)
    if meant is not None:
        how = "dates" if meant.dates else "numbers"
        return Role(Kind.IGNORE, f"its cells are {meant.what}; read as {how} they could be used")
    if figures and (spaces > 0.5 or typical >= 20):
        return Role(Kind.IGNORE, "its cells hold figures and signs, hardly a word")
    if typical >= 40:
        return Role(Kind.IGNORE, "its cells are long and hold no blanks, as addresses and hashes do")
    return Role(Kind.IGNORE, f"{distinct:,} different short values: neither text nor category")


def _share(cells: pa.Array, pattern: str) -> float:
    """Share of cells that hold a pattern; all of them are looked at, so that no order decides."""
    return float(pc.mean(pc.match_substring_regex(cells, pattern)).as_py())


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
        meant = written_column(frame[name])
        why = "not every value is a date or time such as 2026-01-31 or 2026-01-31T09:30:00Z"
        if meant is not None and meant.dates:
            why = f"it holds {meant.what}, which are read as text"
        raise ColumnError(
            f"Column {name!r} cannot be time",
            why,
            "say in which order its dates are written (read as: date:dmy, date:mdy, date:ymd), or choose "
            "another role",
        )
