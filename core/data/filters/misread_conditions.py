"""Why a condition cannot be read or worked out, in the words of the person who wrote it.

DuckDB's own words speak of the statement around the condition, or of its types; here they are said of the
condition alone. This module is imported by the child and stays light.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<bracket>[()\[\]{}])"""
    r"""|(?P<word>\w+(?:\.\w+)*)|(?P<sign>::|[<>=!~|&*+/%^@-]+|\S)""",
    re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_OPEN = (
    ("string literal", "a text in single quotes is not closed (inside it, ' is written twice: 'it''s')"),
    ("quoted identifier", "a name in double quotes is not closed"),
    ("comment", "a comment that /* begins is not closed by */"),
)
EMPTY = "there is nothing in it but comments or empty brackets"
_ONE = "it is more than one condition"
_NUMBER = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?(?:\d+|_LITERAL)?|DOUBLE|FLOAT|REAL|DECIMAL.*")
_KINDS = (
    (_NUMBER, "a number"),
    (re.compile(r"BOOL(?:EAN)?"), "true or false"),
    (re.compile(r"VARCHAR|STRING_LITERAL"), "text"),
    (re.compile(r"DATE|TIME.*"), "a date or time"),
)
_SIGNS = {"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE", "~~~": "GLOB"}


def unreadable(condition: str, said: str, at: int | None) -> str:
    """Why DuckDB cannot read a condition.

    Args:
        condition: The condition, without what is put around it.
        said: DuckDB's message on it with brackets around.
        at: Where in the condition, in bytes of UTF-8; its length or more where it ended; None where not told.

    Example:
        >>> unreadable("cost >", 'syntax error at or near ")"', 6)
        "it ends too early: something is missing after '>'"
        >>> unreadable("(cost > 1", 'syntax error at or near ")"', 9)
        'a bracket ( is opened and not closed'
    """
    if "unterminated" in said:
        for what, why in _OPEN:
            if what in said:
                return why
    if said.startswith("Only SELECT"):  # it is read as several statements, of which one asks for no rows
        return _ONE
    if "syntax error" not in said or at is None:
        return _as_said(said)
    wrong = _brackets(condition)
    if wrong:
        return wrong
    body = condition.encode()
    before = [token for _, token in _tokens(body[:at].decode(errors="ignore"))]
    after = [token for _, token in _tokens(body[at:].decode(errors="ignore"))]
    if not before and not after:
        return EMPTY
    if not after:
        return f"it ends too early: something is missing after {_quoted(before[-1])}"
    if after[0].startswith("$"):
        return "a text that $ begins is not closed"
    if after[0] == ";":
        return _ONE
    place = f"where it does, after {_quoted(before[-1])}" if before else "at its beginning"
    return f"{_quoted(after[0])} cannot stand {place}"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Words, signs, texts and brackets with what they are; comments left out."""
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "comment":
            yield str(found.lastgroup), found[0]


def _brackets(condition: str) -> str:
    """Which bracket has no partner; "" where all have."""
    open_: list[str] = []
    for kind, token in _tokens(condition):
        if kind != "bracket":
            continue
        if token not in _PAIRS:
            open_.append(token)
        elif not open_ or open_.pop() != _PAIRS[token]:
            return f"there is one bracket {token} too many, or the one that opens it is missing"
    return f"a bracket {open_[-1]} is opened and not closed" if open_ else ""


def unworkable(said: str) -> str:
    """Why DuckDB cannot work a condition out that it can read.

    Example:
        >>> unworkable("Conversion Error: Could not convert string 'a' to INT64")
        "the text 'a' cannot be read as a number"
        >>> unworkable("Cannot compare values of type VARCHAR and type INTEGER_LITERAL - an explicit cast")
        'text and a number cannot be compared'
    """
    found = re.search(
        r"Could not convert string '(.*)' to (\w+)(?: when casting from source column (.+))?", said
    )
    if found is not None:
        column = f" of the column {found[3].strip()}" if found[3] else ""
        return f"the text {found[1][:40]!r}{column} cannot be read as {_kind(found[2])}"
    found = re.search(r"Cannot compare values of type (\S+) and type (\S+)", said)
    if found is not None:
        return f"{_kind(found[1])} and {_kind(found[2])} cannot be compared"
    found = re.search(r"No function matches the given name and argument types '(.+?)\((.*)\)'", said)
    if found is not None:
        kinds = " and ".join(_kind(part.strip()) for part in found[2].split(",") if part.strip())
        name = _SIGNS.get(found[1], found[1])
        return f"{name} cannot be used on {kinds}" if kinds else f"{name} needs something in its brackets"
    return _as_said(said)


def _as_said(said: str) -> str:
    """DuckDB's first line, which it does not say of the statement around the condition."""
    line = next((part.strip() for part in said.splitlines() if part.strip()), "it gives no reason")
    line = line.split(": ", 1)[-1].rstrip("!.").replace("rows_of_the_data", "the data")
    return f"DuckDB, which reads it, says: {line}"


def _kind(name: str) -> str:
    return next((words for pattern, words in _KINDS if pattern.fullmatch(name)), name.lower())


def _quoted(token: str) -> str:
    return repr(token if len(token) <= 40 else token[:39] + "…")
