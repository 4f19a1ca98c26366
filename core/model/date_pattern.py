"""Dates as people write them: the orders of day, month and year, and patterns of percent codes."""

from __future__ import annotations

import re
from functools import cache

ORDERS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

_NAME = "(?P<name>(?i:{}))".format(
    "|".join([*(f"{month}|{month[:3]}\\.?" for month in MONTHS), r"sept\.?"])  # longer before shorter
)
_YEAR, _SHORT, _MONTH = "(?P<year>[0-9]{4})", "(?P<short>[0-9]{2})", "(?P<month>[0-9]{1,2})"
_DAY = "(?P<day>[0-9]{1,2})"
_MARK = r"(?: ?[./-] ?|,? )"
_TIME = (
    r"(?:(?:T|,? )(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>(?i:[ap]))\.?(?i:m)\.?)?(?: ?(?:Z|UTC))?)?"
)
_CODES = {
    "d": _DAY,
    "m": _MONTH,
    "b": _NAME,
    "B": _NAME,
    "Y": _YEAR,
    "y": _SHORT,
    "H": "(?P<hour>[0-9]{1,2})",
    "I": "(?P<hour>[0-9]{1,2})",
    "M": "(?P<minute>[0-9]{2})",
    "S": "(?P<second>[0-9]{2})",
    "f": "(?P<part>[0-9]{1,9})",
    "p": r"(?P<half>(?i:[ap]))\.?(?i:m)\.?",
    "%": "%",
}
_NEEDED = (("d", "the day (%d)"), ("mbB", "the month (%m or %b)"), ("Yy", "the year (%Y or %y)"))


@cache
def date_pattern(how: str) -> str:
    """The regular expression of a date in some order or pattern.

    Groups: day, month or name, year or short (of two digits), hour, minute, second, part (of a second), half
    (a or p); those that the pattern lacks are not there. A month is a number or its English name, also cut to
    three letters; a time of day may follow a date in one of the three orders.

    Example:
        >>> bool(re.match(date_pattern("mdy"), "June 12th, 1998 5:30 pm"))
        True
        >>> re.match(date_pattern("%d.%m.%y"), "31.12.20")["short"]
        '20'
    """
    if how in ORDERS:
        ordinal = "(?i:st|nd|rd|th)?"
        parts = {"d": f"{_DAY}{ordinal}", "m": f"(?:{_MONTH}|{_NAME})", "y": _YEAR}
        return f"^{_MARK.join(parts[letter] for letter in how)}{_TIME}$"
    made, at = "^", 0
    while at < len(how):
        if how[at] == "%":
            made += _CODES[how[at + 1]]
            at += 2
        else:
            made += " +" if how[at] == " " else re.escape(how[at])
            at += 1
    return f"{made}$"


def wrong_pattern(how: str) -> str:
    """Why a pattern of percent codes cannot be used; "" where it can.

    Example:
        >>> wrong_pattern("%d.%m.%y"), wrong_pattern("%d.%m")
        ('', 'its pattern lacks the year (%Y or %y)')
    """
    if "%" not in how:
        known = ", ".join(ORDERS)
        return f"the order of dates is {known}, or a pattern of codes such as %d.%m.%y"
    codes = re.findall(r"%(.?)", how)
    unknown = [code for code in codes if code not in _CODES]
    if unknown:
        known = ", ".join(f"%{code}" for code in _CODES)
        return f"its pattern holds %{unknown[0]}, and the codes are {known}"
    lost = [what for letters, what in _NEEDED if not set(letters) & set(codes)]
    if lost:
        return f"its pattern lacks {' and '.join(lost)}"
    groups = [_CODES[code] for code in codes if code != "%"]
    if len(set(groups)) < len(groups) or len({"m", "b", "B"} & set(codes)) > 1 or {"Y", "y"} <= set(codes):
        return "its pattern holds a part of the date twice"
    if ("I" in codes) != ("p" in codes):
        return "%I and %p belong together"
    if {"M", "S", "f"} & set(codes) and not {"H", "I"} & set(codes):
        return "its time of day lacks the hour (%H, or %I with %p)"
    return ""
