"""Guessing the encoding of bytes that are not UTF-8, by what all distinct words beyond ASCII say together.

Bytes beyond ASCII are judged as a whole, so that the order of lines never decides: every distinct word with
such bytes counts once. One-byte encodings are compared by how likely the letters are in the languages written
in them (naive Bayes over letters, with what stands beside them), encodings of East Asia by whether their
decoding is strict, dense and made of common characters. Windows-1252 is taken unless the evidence for another
is strong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from math import log

from .letter_frequencies import LATIN, OTHER

USUAL = "cp1252"
_WORDS = 4000  # distinct words that are weighed, by the smallest hash where there are more
_CHUNK = 1 << 22
_CYRILLIC, _CENTRAL = ("cyrillic",), ("central",)
# Encodings, the scripts written in them, and how much evidence they need: what hardly anything writes any
# more needs more. Where two give the same text, the first stands.
_ENCODINGS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    (USUAL, ("western",), 0),
    ("cp1250", _CENTRAL, 7),
    ("cp1251", _CYRILLIC, 7),
    ("cp1253", ("greek",), 7),
    ("cp1254", ("turkish",), 7),
    ("cp1255", ("hebrew",), 7),
    ("cp1256", ("arabic",), 7),
    ("cp1257", ("baltic",), 7),
    ("cp874", ("thai",), 7),
    ("koi8_r", _CYRILLIC, 9),
    ("koi8_u", _CYRILLIC, 9),
    ("iso8859_2", _CENTRAL, 9),
    ("iso8859_5", _CYRILLIC, 9),
    ("iso8859_7", ("greek",), 9),
    ("iso8859_9", ("turkish",), 9),
    ("iso8859_15", ("western",), 9),
    ("cp866", _CYRILLIC, 12),
    ("mac_roman", ("western",), 15),
    ("mac_cyrillic", _CYRILLIC, 15),
    ("cp850", ("western",), 15),
    ("cp437", ("western",), 15),
    ("cp852", _CENTRAL, 15),
)
_ASIAN = ("cp949", "euc_jp", "cp932", "gb18030", "big5hkscs")
_DENSE, _COMMON, _FEW = 0.6, 0.93, 4
# Signs beyond letters, by how often they stand in text; the rest of them are rare.
_SIGNS: Mapping[str, float] = {
    "’": 0.05, "“": 0.015, "”": 0.015, "–": 0.02, "—": 0.01, "€": 0.02, "…": 0.01, "‘": 0.01, "„": 0.01,
    "«": 0.01, "»": 0.01, "\xa0": 0.02, "°": 0.01, "£": 0.005, "§": 0.003, "©": 0.002, "®": 0.002,
    "™": 0.002, "•": 0.005, "½": 0.001, "²": 0.003, "³": 0.001, "´": 0.002, "º": 0.002, "ª": 0.001,
    "¿": 0.005, "¡": 0.003, "µ": 0.001, "×": 0.001, "±": 0.001, "·": 0.002, "‚": 0.001, "№": 0.002,
    "‰": 0.0005, "†": 0.0005, "¼": 0.0005, "¾": 0.0005, "¥": 0.0005, "¢": 0.0005, "¹": 0.0005,
}  # fmt: skip
_INSIDE = frozenset("’'´·\xad-")  # signs that stand between letters
_RARE_SIGN, _FOREIGN, _CAPITAL, _LETTERS = 1e-5, 1e-4, 0.06, 0.75
_ODD = log(0.02)  # a sign inside a word, a capital after a small letter, two scripts in one word


def chunks(raw: bytes) -> Iterator[bytes]:
    """The file in pieces of whole lines, so that a large one is not split up at once."""
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start + _CHUNK)
        end = len(raw) if end < 0 else end + 1
        yield raw[start:end]
        start = end


def guess(raw: bytes) -> str:
    """The encoding of bytes that are not UTF-8: a codec that decodes all of them.

    The order of lines has no say, and how often a word is repeated neither.

    Example:
        >>> guess("Zażółć gęślą jaźń, proszę, książka, łódź".encode("cp1250"))
        'cp1250'
        >>> guess("año".encode("cp1252"))
        'cp1252'
    """
    asian = _guess_asian(raw)
    if asian is not None:
        return asian
    words = _special_words(raw)
    best, lead, seen = "latin-1", 0.0, set()
    plain: float | None = None
    for encoding, scripts, needed in _ENCODINGS:
        texts = _decoded(raw, words, encoding)
        if texts is None or texts in seen:
            continue
        seen.add(texts)
        score = max(_score(texts, language) for script in scripts for language in _languages(script)) - needed
        if plain is None:  # the first that decodes: what the others have to beat
            best, lead, plain = encoding, score, score
        elif score > lead:
            best, lead = encoding, score
    return best


def _decoded(raw: bytes, words: list[bytes], encoding: str) -> tuple[str, ...] | None:
    """The words under an encoding, or None where any byte of the file has no meaning in it."""
    if raw.translate(None, _defined(encoding)):
        return None
    return tuple(word.decode(encoding) for word in words)


@lru_cache(maxsize=64)
def _defined(encoding: str) -> bytes:
    """The bytes that a one-byte encoding gives a meaning."""
    found = bytearray()
    for byte in range(256):
        try:
            bytes([byte]).decode(encoding)
        except UnicodeDecodeError:
            continue
        found.append(byte)
    return bytes(found)


_SEPARATORS = bytes(
    byte if byte >= 128 or chr(byte).isalpha() else 32 for byte in range(256)
)  # ASCII signs and digits end a word


def _special_words(raw: bytes) -> list[bytes]:
    """The distinct words with bytes beyond ASCII, at most `_WORDS` of them, chosen by their hash."""
    found: set[bytes] = set()
    for chunk in chunks(raw):
        found.update(word for word in set(chunk.translate(_SEPARATORS).split(b" ")) if not word.isascii())
    if len(found) > _WORDS:
        return sorted(found, key=lambda word: blake2b(word, digest_size=8).digest())[:_WORDS]
    return sorted(found)


@lru_cache(maxsize=16)
def _languages(script: str) -> tuple[Mapping[str, float], ...]:
    """Log chances of characters beyond ASCII, by language of a script."""
    known = LATIN.get(script) or OTHER[script]
    out = []
    for name, letters in known.items():
        share = 0.3 if name == "punctuation" else _LETTERS
        chances = {sign: log(part * (3 if name == "punctuation" else 1)) for sign, part in _SIGNS.items()}
        for letter, part in letters.items():
            chances[letter] = log(share * part)
            capital = letter.upper()
            if capital not in letters:
                chances[capital] = log(share * part * _CAPITAL)
        out.append(chances)
    return tuple(out)


def _score(words: tuple[str, ...], language: Mapping[str, float]) -> float:
    """Log likelihood of words under a language's letters; what stands beside a letter counts too."""
    total = 0.0
    rare, foreign = log(_RARE_SIGN), log(_FOREIGN)
    for word in words:
        previous = ""
        for at, letter in enumerate(word):
            if letter.isascii():
                if letter.isalpha() and _script(previous) == 2:
                    total += _ODD
                previous = letter
                continue
            known = language.get(letter)
            total += known if known is not None else (foreign if letter.isalpha() else rare)
            following = word[at + 1] if at + 1 < len(word) else ""
            if letter.isalpha():
                if previous.islower() and letter.isupper():
                    total += _ODD
                if previous.isascii() and previous.isalpha() and _script(letter) == 2:
                    total += _ODD
            elif letter == "’" and not previous and following.isalpha():
                total += _ODD  # an apostrophe that opens a word
            elif letter not in _INSIDE | _SPACING and previous.isalpha() and following.isalpha():
                total += _ODD
            previous = letter
    return total


_SPACING = frozenset("\xa0–—…“”‘„«»")  # signs that stand between words without a blank


def _script(letter: str) -> int:
    """1 for Latin letters, 2 for letters of other scripts, 0 for anything else."""
    if not letter.isalpha():
        return 0
    return 1 if letter <= "ɏ" or "Ḁ" <= letter <= "ỿ" else 2


def _guess_asian(raw: bytes) -> str | None:
    """An East Asian encoding that decodes everything to dense runs of common characters, or None."""
    best, share = None, 0.0
    for encoding in _ASIAN:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        dense, common, distinct = _weigh(set(text.split("\n")), encoding)
        if distinct >= _FEW and dense >= _DENSE and common >= _COMMON and common > share:
            best, share = encoding, common
    return best


def _weigh(lines: set[str], encoding: str) -> tuple[float, float, int]:
    """Share of characters beyond ASCII beside another such one, share of common ones, and how many kinds."""
    if len(lines) > _WORDS:
        lines = set(
            sorted(lines, key=lambda line: blake2b(line.encode("utf-8", "replace")).digest())[:_WORDS]
        )
    total = beside = common = 0
    kinds: set[str] = set()
    for line in lines:
        before = False
        for at, letter in enumerate(line):
            if letter.isascii():
                before = False
                continue
            total += 1
            kinds.add(letter)
            beside += before or (at + 1 < len(line) and not line[at + 1].isascii())
            common += _is_common(letter, encoding)
            before = True
    return (beside / total, common / total, len(kinds)) if total else (0.0, 0.0, 0)


@lru_cache(maxsize=1 << 16)
def _is_common(letter: str, encoding: str) -> bool:
    """Whether a character is one that text in this encoding mostly consists of."""
    code = ord(letter)
    if 0x3000 <= code <= 0x301F or 0xFF01 <= code <= 0xFF5E or letter in "“”‘’…—·–":
        return True
    kana = 0x3041 <= code <= 0x30FF
    if encoding in ("euc_jp", "cp932"):
        return kana or (_lead(letter, "euc_jp", 0xB0, 0xCF))
    if kana:
        return False
    if encoding == "cp949":
        return _lead(letter, "euc_kr", 0xB0, 0xC8)
    if encoding == "gb18030":
        return _lead(letter, "gb2312", 0xB0, 0xD7)
    return _lead(letter, "big5", 0xA4, 0xC6)


def _lead(letter: str, encoding: str, low: int, high: int) -> bool:
    try:
        found = letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return low <= found[0] <= high
