"""Words of any script: the one way in which features, names of groups and strategies split a text.

A word is a run of letters, digits and underscores, with the marks that belong to them: what a reader takes
for one sign (a grapheme cluster of Unicode Annex 29) is never cut. Where a script puts no spaces between
words, the dictionaries of ICU find them. Most texts need neither, and are split by Python's own expressions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from unicodedata import normalize

VERSION = 1  # raised where some text has other words
LIBRARIES = ("icu4py", "regex")
"""Packages whose release can change words: dictionaries, and properties of signs."""

_UNSPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}\u30fc\uff70"
_JOINED = r"\p{M}\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}"  # what belongs to the sign before it
_BEFORE = r"\p{GCB=Prepend}"  # and to the sign after it
_LETTER = r"\p{L}\p{N}_"
_FIRST = rf"(?![{_JOINED}])[{_LETTER}]"
_PLAIN_TOKEN, _PLAIN_WORD = re.compile(r"\w+|[^\w\s]+"), re.compile(r"\w+")
_PLAIN_SPELLED = re.compile(r"[^\W\d_]{2,}")
_PATTERNS = {
    "rich": rf"[{_JOINED}{_BEFORE}{_UNSPACED}]",  # a text for which plain expressions will not do
    "token": rf"{_BEFORE}*{_FIRST}[{_LETTER}{_JOINED}{_BEFORE}]*"
    rf"|(?:(?!{_BEFORE}+{_FIRST})(?:[{_JOINED}]|[^{_LETTER}\s]))+",
    "word": rf"{_BEFORE}*{_FIRST}",
    "run": rf"(?:(?![{_JOINED}])[{_UNSPACED}][{_JOINED}]*)+|(?:[{_JOINED}]|[^{_UNSPACED}])+",
    "unspaced": rf"(?![{_JOINED}])[{_UNSPACED}]",
    "joined": rf"[{_JOINED}]",
    "beyond latin": rf"(?!\p{{Latin}})\p{{L}}|\p{{L}}[{_JOINED}]",
    "sign": r"\X",
    "spelled": rf"(?!\p{{Hiragana}}+$)\p{{L}}[\p{{L}}{_JOINED}]+|\p{{Han}}",
}


@cache
def _pattern(name: str) -> Any:
    """One of `_PATTERNS`, compiled when a text first needs it."""
    import regex

    return regex.compile(_PATTERNS[name])


def _composed(text: str) -> tuple[str, bool]:
    """The text with letters and marks composed (NFC), and whether plain expressions find its words."""
    if text.isascii():
        return text, True
    text = normalize("NFC", text)
    return text, _pattern("rich").search(text) is None


def tokens(text: str) -> list[str]:
    """Words, and the runs of other signs between them, in order; spaces are left out.

    Example:
        >>> tokens("Don't panic!"), tokens("退款、退款 ❤️")
        (['Don', "'", 't', 'panic', '!'], ['退款', '、', '退款', '❤️'])
    """
    text, plain = _composed(text)
    if plain:
        return _PLAIN_TOKEN.findall(text)
    runs, unspaced = _pattern("run").findall, _pattern("unspaced").match
    found: list[str] = []
    for token in _pattern("token").findall(text):
        for run in runs(token):
            found.extend(_by_dictionary(run) if unspaced(run) else [run])
    return found


def words(text: str) -> list[str]:
    """Words in order, without the signs between them.

    Example:
        >>> words("node_1 isn't reached"), words("พัสดุมาถึงช้า"), words("हिन्दी में मदद")
        (['node_1', 'isn', 't', 'reached'], ['พัสดุ', 'มา', 'ถึง', 'ช้า'], ['हिन्दी', 'में', 'मदद'])
    """
    text, plain = _composed(text)
    if plain:
        return _PLAIN_WORD.findall(text)
    return list(filter(_pattern("word").match, tokens(text)))


def spelled(word: str) -> bool:
    """Whether a word can be shown as one: two letters or more, or one that is a word in Chinese.

    Words of digits, and those of Hiragana alone, which write the grammar of Japanese, are none.

    Example:
        >>> [spelled(word) for word in ("box", "a", "x86", "猫", "ました", "ที่")]
        [True, False, False, True, False, True]
    """
    if word.isascii():
        return _PLAIN_SPELLED.fullmatch(word) is not None
    return _pattern("spelled").fullmatch(word) is not None


def telling(word: str) -> bool:
    """Whether a word is long enough to tell texts apart: two signs or more, or a Chinese one.

    Example:
        >>> telling("ok"), telling("a"), telling("猫")
        (True, False, True)
    """
    return len(word) > 1 or spelled(word)


def characters(text: str) -> int:
    """Signs as a reader counts them.

    Example:
        >>> characters("abc"), characters("ที่นี่"), characters("👩‍👩‍👧")
        (3, 2, 1)
    """
    text, plain = _composed(text)
    return len(text) if plain else sum(1 for _ in _pattern("sign").finditer(text))


def beyond_latin(text: str) -> bool:
    """Whether a text holds letters of another script than Latin, or letters with marks of their own.

    Example:
        >>> beyond_latin("größer 👍"), beyond_latin("ใหญ่")
        (False, True)
    """
    return not text.isascii() and _pattern("beyond latin").search(normalize("NFC", text)) is not None


def _by_dictionary(run: str) -> list[str]:
    """Words of a run in one of the scripts without spaces; a mark stays with the letter before it."""
    from icu4py.breakers import WordBreaker

    joined = _pattern("joined").match
    found: list[str] = []
    for piece in WordBreaker(run, "en"):  # the dictionaries go by script, whatever the language
        if found and joined(piece):
            found[-1] += piece
        else:
            found.append(piece)
    return found
