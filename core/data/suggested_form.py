"""Columns of text that hold numbers or dates in the spellings of people, and the form to read them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from shlex import quote
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..foundation.wording import count
from ..model.arrow_columns import is_json, to_arrow
from ..model.number_spellings import HALF, PLAIN, has_codes, has_phones
from ..model.read_as import ReadAs
from ..model.spelled_values import currencies, read_spelled

_FORMS = {
    "number": (ReadAs("number", "."), ReadAs("number", ",")),
    "date": tuple(ReadAs("date", order) for order in ("dmy", "mdy", "ymd")),
}
_WORDS = 5  # different words that may stand for a missing value
_MISSING_WORDS = {
    *("na", "n/a", "n.a.", "#n/a", "nan", "nil", "null", "none", "missing", "unknown", "void", "inf", "-inf"),
    *("-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "?", "??", "x", "*", "#", "/", "tbd", "empty"),
}


@dataclass(frozen=True)
class SuggestedForm:
    """What a column of text would be read as.

    Args:
        column: Its name.
        forms: The form to read it in; several where its cells leave open which, and then all of equal right.
        present: Rows that hold a cell.
        fits: Rows whose cell is of the form.
        plain: Rows whose cell is a number as programs write it.
        others: Cells that are not, with their rows, the most frequent first and then in order.
        example: A cell, the most telling one, and what it is under each form.
    """

    column: str
    forms: tuple[ReadAs, ...]
    present: int
    fits: int
    plain: int
    others: tuple[tuple[str, int], ...]
    example: tuple[str, tuple[str, ...]]

    @property
    def sentence(self) -> str:
        """For people: what the column holds, why it is text, and how to read it otherwise."""
        return f"{self.finding} {self._do}"

    @property
    def finding(self) -> str:
        """What the column holds, and why it is text."""
        what = "numbers" if self.forms[0].kind == "number" else "dates"
        cells = f"{self.fits:,} of {count(self.present, 'cell')}" if self.others else "every cell"
        because = ["their spelling"] if self.plain != self.fits else []
        because += [self._listed] if self.others else []
        cell, values = self.example
        told = ""
        if len(self.forms) > 1:
            pairs = zip(self.forms, values, strict=True)
            each = [f"{value} ({form.words.partition(' with ')[2]})" for form, value in pairs]
            told = f": {cell[:30]!r} may be {' or '.join(each)}"
        elif self.plain != self.fits:
            told = f": {cell[:30]!r} would be {values[0]}"
        start = f"{self.column!r} holds {what} in {cells} and is read as text because of"
        return f"{start} {' and '.join(because)}{told}."

    @property
    def _listed(self) -> str:
        shown = ", ".join(f"{word[:30]!r} ({count(many, 'row')})" for word, many in self.others[:_WORDS])
        more = len(self.others) - _WORDS
        return shown + (f" and {count(more, 'other value')}" if more > 0 else "")

    @property
    def _do(self) -> str:
        words = [f"--read {quote(f'{self.column}={form}')}" for form in self.forms]
        do = f"Say which it is: {' or '.join(words)}" if len(words) > 1 else f"To read them: {words[0]}"
        known = {*self.forms[0].missing}
        odd = sum(word not in known for word, _ in self.others)
        if odd:
            do += f"; correct the {count(odd, 'other value')} in the file, or add else:missing"
        return f"{do} (Read as, on the Data page)."


def suggested_forms(frame: pd.DataFrame) -> list[SuggestedForm]:
    """The columns of text whose cells are numbers or dates in half of the rows or more. O(cells).

    Example:
        >>> frame = pd.DataFrame({"price": ["$1,250.50", "$99", "NA"]}, dtype="string[pyarrow]")
        >>> [found] = suggested_forms(frame)
        >>> str(found.forms[0]), found.others
        ('number:.;missing:NA', (('NA', 1),))
    """
    out = []
    for name in frame.columns:
        column: pd.Series[Any] = frame[name]
        if column.dtype != "string" or is_json(column):
            continue
        values = pc.value_counts(to_arrow(column).drop_null())
        if len(values):
            found = suggest_form(str(name), values.field(0), values.field(1))
            if found is not None:
                out.append(found)
    return out


def suggest_form(name: str, cells: pa.Array, times: pa.Array) -> SuggestedForm | None:
    """The form of one column; None where its cells are neither numbers nor dates, or are meant as text.

    The form that fits the most cells is taken. Where another fits as many and reads them otherwise, or fits
    half of the rows and a cell that the first does not, the cells leave open which it is. Nothing depends on
    the order of rows or columns.

    Args:
        name: The column.
        cells: Its different cells, none missing.
        times: How often each is there.

    Example:
        >>> found = suggest_form("day", pa.array(["1/2/2020", "3/4/2020"]), pa.array([1, 1]))
        >>> [str(form) for form in found.forms], found.example
        (['date:dmy', 'date:mdy'], ('1/2/2020', ('2020-02-01', '2020-01-02')))
    """
    counts = np.asarray(times.to_numpy(zero_copy_only=False), np.int64)
    present = int(counts.sum())
    digits = pc.match_substring_regex(cells, "[0-9]").to_numpy(zero_copy_only=False)
    if counts[digits].sum() < HALF * present or has_codes(cells) or has_phones(cells):
        return None
    plain = pc.match_substring_regex(cells, PLAIN).to_numpy(zero_copy_only=False)
    if plain.all():
        return None  # too long to be kept as numbers
    found = max((_best(kind, cells, counts, plain) for kind in _FORMS), key=lambda one: one[0])
    fits, forms, read, clear = found
    there = read[0].is_valid()
    if fits < HALF * present or len(currencies(cells.filter(there))) > 1:
        return None
    lost = pc.invert(there)
    others = sorted(
        zip(
            cells.filter(lost).to_pylist(), counts[lost.to_numpy(zero_copy_only=False)].tolist(), strict=True
        ),
        key=lambda pair: (-pair[1], pair[0]),
    )
    words = _for_missing([word for word, _ in others])
    named = tuple(ReadAs(form.kind, form.how, words) for form in forms)
    return SuggestedForm(
        name,
        named,
        present,
        fits,
        int(counts[plain].sum()),
        tuple(others),
        _example(cells, read, plain, clear),
    )


def _best(
    kind: str, cells: pa.Array, counts: NDArray[np.int64], plain: NDArray[np.bool_]
) -> tuple[int, tuple[ReadAs, ...], list[pa.Array], NDArray[np.bool_]]:
    """The best form of a kind: its rows, all forms of equal right, what each reads, cells of it alone."""
    read = {form: read_spelled(cells, form) for form in _FORMS[kind]}
    valid = {form: values.is_valid().to_numpy(zero_copy_only=False) for form, values in read.items()}
    rows = {form: int(counts[valid[form]].sum()) for form in read}
    best = max(read, key=lambda form: rows[form])  # the first of equals, which then stand beside it
    forms = [best]
    as_programs = kind == "number" and bool((plain | ~valid[best]).all())
    for form in read:
        if form is best or as_programs:
            continue
        against = bool((valid[form] & ~valid[best]).any()) and rows[form] >= HALF * counts.sum()
        if (rows[form] == rows[best] or against) and _differ(read[best], read[form]):
            forms.append(form)
    clear = valid[best] & ~np.any([valid[form] for form in read if form is not best], axis=0)
    return rows[best], tuple(forms), [read[form] for form in forms], clear


def _differ(one: pa.Array, other: pa.Array) -> bool:
    return bool(pc.any(_differing(one, other)).as_py())


def _differing(one: pa.Array, other: pa.Array) -> pa.Array:
    """Which cells two forms read otherwise, or only one of them reads."""
    both = pc.fill_null(pc.not_equal(one, other), False)
    return pc.or_(both, pc.xor(one.is_valid(), other.is_valid()))


def _for_missing(words: list[str]) -> tuple[str, ...]:
    """Those of the cells that are neither numbers nor dates that may stand for no value."""
    if len(words) <= _WORDS and not any(letter.isdigit() for word in words for letter in word):
        return tuple(words)
    return tuple(word for word in words if word.strip().casefold() in _MISSING_WORDS)


def _example(
    cells: pa.Array, read: list[pa.Array], plain: NDArray[np.bool_], clear: NDArray[np.bool_]
) -> tuple[str, tuple[str, ...]]:
    """The first in order of the cells that tell why it is this form, and not written as programs do."""
    telling = read[0].is_valid()
    for other in read[1:]:
        telling = pc.and_(telling, pc.and_(other.is_valid(), _differing(read[0], other)))
    if len(read) == 1 and (telling.to_numpy(zero_copy_only=False) & clear).any():
        telling = pc.and_(telling, pa.array(clear))
    odd = pc.and_(telling, pa.array(~plain))
    which = odd if pc.any(odd).as_py() else telling if pc.any(telling).as_py() else read[0].is_valid()
    cell = pc.min(cells.filter(which)).as_py()
    at = pc.index(cells, cell).as_py()
    return cell, tuple(shown(values[at].as_py()) for values in read)


def shown(value: Any) -> str:
    """A number or time as people read it.

    Example:
        >>> shown(0.5), shown(1495), shown(datetime(2020, 12, 31)), shown(None)
        ('0.5', '1495', '2020-12-31', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, datetime):
        plain = value.replace(tzinfo=None)
        return plain.date().isoformat() if plain.time() == time(0) else plain.isoformat(" ")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
