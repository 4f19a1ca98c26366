"""Numbers and dates in the spellings of people, read under a stated decimal mark or order of dates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..foundation.times import FIRST, LAST
from .date_pattern import MONTHS, ORDERS
from .infer_text import MOMENT, TIME, moments, plain_numbers
from .read_as import ReadAs

_LONGEST = 400  # letters of a cell that may be a number: 1e-330 written out
_BLANKS = r"[\s\x{00a0}\x{2007}\x{2009}\x{202f}]+"
_CODES = "USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|MXN|ZAR|KRW|TRY|ILS|SGD|HKD"
_SIGN, _CURRENCY = "[+-]?", rf"[A-Z]{{0,3}}\p{{Sc}}|{_CODES}"
_ODD = r"^\s|\s$|\s\s|[^\x21-\x7e]"  # anything but letters of ASCII and single blanks
_MINUS = "\u2212"
_DAY = 86_400_000_000


def _number_pattern(decimal: str) -> str:
    group = "," if decimal == "." else r"\."
    mark = r"\." if decimal == "." else ","
    lakhs = r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if decimal == "." else ""
    whole = "|".join([rf"[1-9][0-9]{{0,2}}(?:{one}[0-9]{{3}})+" for one in (group, " ", "['’]")])
    digits = f"(?:(?:{whole}{lakhs}|[0-9]+)(?:{mark}[0-9]+)?|{mark}[0-9]+)"
    return (
        rf"^(?P<open>\()?(?P<sign>{_SIGN}) ?(?P<before>{_CURRENCY})? ?(?P<inner>{_SIGN})"
        rf"(?P<digits>{digits})(?P<power>[eE][+-]?[0-9]{{1,3}})? ?(?:(?P<after>{_CURRENCY})|(?P<percent>%))?"
        r"(?P<close>\))?$"
    )


_NUMBERS = {decimal: _number_pattern(decimal) for decimal in ".,"}


def read_spelled(values: pa.Array, form: ReadAs) -> pa.Array:
    """What texts stand for under a form of numbers or dates.

    Args:
        values: Different texts, none missing.
        form: Of kind "number" or "date".

    Returns:
        int64, float64 or timestamp[us, UTC], null where a text is not of this form. O(n).

    Numbers may have thousands in groups of three (by the other mark, blanks or apostrophes; of lakhs, commas
    behind two digits), one sign, parentheses for a negative, one currency and an exponent; a percent sign
    divides by 100. A number that would not be kept exactly (17 digits) is not read. Dates: see
    `core.model.date_pattern`; ISO-8601 is read under every order, times without a zone are UTC, and of two
    digits of a year 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.

    Example:
        >>> read_spelled(pa.array(["$1,495", "12.5%", "(3)", "n/a"]), ReadAs("number", ".")).to_pylist()
        [1495.0, 0.125, -3.0, None]
        >>> read_spelled(pa.array(["31.12.2020", "Jun 12 1998"]), ReadAs("date", "dmy")).is_null().to_pylist()
        [False, True]
    """
    if not len(values):
        return pa.array([], pa.int64() if form.kind == "number" else TIME)
    short = pc.less_equal(pc.utf8_length(values), _LONGEST)
    cells = pc.if_else(short, values, pa.scalar("", pa.string()))
    if pc.any(pc.match_substring_regex(cells, _ODD)).as_py():
        cells = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, _BLANKS, " "))
        cells = pc.replace_substring(cells, _MINUS, "-")
    pattern = _NUMBERS[form.how] if form.kind == "number" else form.pattern
    fits = pc.match_substring_regex(cells, pattern)  # which is much quicker than its groups are
    iso = pc.match_substring_regex(cells, MOMENT) if form.how in ORDERS else None
    found = pc.extract_regex(cells.filter(fits), pattern)
    made = _numbers(found, form.how) if form.kind == "number" else _dates(found)
    made = made.take(_places(pc.if_else(fits, True, None)))
    return made if iso is None else _with_iso(cells, iso, made)


def currencies(values: pa.Array) -> list[str]:
    """The signs and codes of money that stand in texts, in order.

    Example:
        >>> currencies(pa.array(["$5", "6 EUR", "7"]))
        ['$', 'EUR']
    """
    found = pc.extract_regex(values, rf"(?P<money>{_CURRENCY})")
    known = (
        pc.drop_null(pc.unique(pc.struct_field(found, "money"))) if len(found) else pa.array([], pa.string())
    )
    return sorted(word for word in known.to_pylist() if word)


def _field(found: pa.Array, name: str) -> pa.Array:
    """A group of an expression; "" where it took no part."""
    return pc.fill_null(pc.struct_field(found, name), "")


def _numbers(found: pa.Array, decimal: str) -> pa.Array:
    """Numbers of what the groups of the expression took, null where these do not go together."""
    part = {name: _field(found, name) for name in ("open", "close", "sign", "inner", "before", "after")}
    part |= {name: _field(found, name) for name in ("digits", "power", "percent")}
    here = {name: pc.not_equal(values, "").to_numpy(zero_copy_only=False) for name, values in part.items()}
    signs = here["sign"].astype(int) + here["inner"] + here["open"]
    marks = here["before"].astype(int) + here["after"] + here["percent"]
    sound = here["digits"] & (here["open"] == here["close"]) & (signs <= 1) & (marks <= 1)
    sound &= ~(here["power"] & (marks > 0))
    digits = pc.replace_substring_regex(part["digits"], "[,' ’]" if decimal == "." else r"[.' ’]", "")
    digits = pc.replace_substring(digits, ",", ".") if decimal == "," else digits
    digits = pc.replace_substring_regex(digits, r"^0+([0-9])", r"\1")
    power = pc.replace_substring_regex(part["power"], r"^[eE]([0-9])", r"e+\1")
    power = pc.if_else(pa.array(here["percent"]), "e-2", power)
    minus = pc.or_(
        pc.equal(pc.binary_join_element_wise(part["sign"], part["inner"], ""), "-"), pa.array(here["open"])
    )
    plain = pc.binary_join_element_wise(pc.if_else(minus, "-", ""), digits, power, "")
    plain = pc.if_else(pa.array(sound), plain, pa.scalar(None, pa.string()))
    return _exactly(plain)


def _exactly(plain: pa.Array) -> pa.Array:
    """Numbers of plain texts; null where one is missing or could not be kept as it is written."""
    if plain.null_count == len(plain):
        return pa.nulls(len(plain), pa.int64())
    present = plain.drop_null()
    numbers = plain_numbers(present)
    if numbers is None:
        long = np.flatnonzero(
            pc.greater(pc.utf8_length(plain), 15).fill_null(False).to_numpy(zero_copy_only=False)
        )
        mixed = [plain[int(at)].as_py() for at in long]
        # Beside other numbers an integer must fit a float: 0.5 makes the column one of floats.
        lost = [
            int(at)
            for at, text in zip(long, mixed, strict=True)
            if plain_numbers(pa.array([text, "0.5"])) is None
        ]
        keep = np.ones(len(plain), bool)
        keep[lost] = False
        plain = pc.if_else(pa.array(keep), plain, pa.scalar(None, pa.string()))
        present = plain.drop_null()
        numbers = plain_numbers(present) if len(present) else pa.array([], pa.int64())
        assert numbers is not None
    return numbers.take(_places(plain))


def _places(cells: pa.Array) -> pa.Array:
    """Where each cell stands among those that are there; null where none is."""
    there = cells.is_valid().to_numpy(zero_copy_only=False)
    return pa.array(np.cumsum(there) - 1, mask=~there, type=pa.int64())


def _dates(found: pa.Array) -> pa.Array:
    """Dates of what the groups of an expression took, null where there is no such day or time."""
    names = {field.name for field in found.type}

    def number(name: str) -> NDArray[np.int64]:
        if name not in names:
            return np.zeros(len(found), np.int64)
        text = _field(found, name)
        filled = pc.if_else(pc.equal(text, ""), "0", text)
        return np.asarray(filled.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)

    month, year = number("month"), number("year")
    if "name" in names:
        head = pc.utf8_slice_codeunits(pc.utf8_lower(_field(found, "name")), 0, 3)
        named = pc.index_in(head, value_set=pa.array([one[:3] for one in MONTHS]))
        month = month + pc.add(named, 1).fill_null(0).to_numpy(zero_copy_only=False)
    if "short" in names:
        short = number("short")
        year = np.where(short >= 69, 1900, 2000) + short
    micro = _time_of_day(found, names, number)
    day = number("day")
    sound = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (micro >= 0)
    first = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    dates = first.astype("datetime64[D]") + np.where(sound, day - 1, 0)
    sound &= dates.astype("datetime64[M]") == first
    counts = dates.astype(np.int64) * _DAY + micro
    sound &= (counts >= FIRST) & (counts <= LAST)
    return pa.array(np.where(sound, counts, 0), mask=~sound, type=pa.int64()).cast(TIME)


def _time_of_day(
    found: pa.Array, names: set[str], number: Callable[[str], NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Microseconds since midnight, −1 where there is no such time of day."""
    hour, minute, second = number("hour"), number("minute"), number("second")
    part = np.zeros(len(found), np.int64)
    if "part" in names:
        padded = pc.utf8_slice_codeunits(pc.utf8_rpad(_field(found, "part"), 6, "0"), 0, 6)
        part = np.asarray(padded.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)
    sound = (minute <= 59) & (second <= 59)
    if "half" in names:
        half = pc.utf8_lower(_field(found, "half"))
        halved = pc.not_equal(half, "").to_numpy(zero_copy_only=False)
        late = pc.equal(half, "p").to_numpy(zero_copy_only=False)
        sound &= ~halved | ((hour >= 1) & (hour <= 12))
        hour = np.where(halved, hour % 12 + 12 * late, hour)
    sound &= hour <= 23
    return np.where(sound, ((hour * 60 + minute) * 60 + second) * 1_000_000 + part, -1)


def _with_iso(cells: pa.Array, iso: pa.Array, made: pa.Array) -> pa.Array:
    """Dates with those of texts that ISO-8601 leaves no doubt about."""
    iso = pc.and_(iso, made.is_null())
    if not pc.any(iso).as_py():
        return made
    texts = pc.if_else(iso, cells, pa.scalar(None, pa.string()))
    present = texts.drop_null()
    read = moments(present)
    if read is None:  # some day is none: each by itself
        read = pa.concat_arrays([_moment(present.slice(at, 1)) for at in range(len(present))])
    return pc.coalesce(made, read.take(_places(texts)))


def _moment(one: pa.Array) -> pa.Array:
    found = moments(one)
    return pa.nulls(1, TIME) if found is None else found
