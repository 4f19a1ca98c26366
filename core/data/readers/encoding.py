"""Decoding a text file: by its mark, as UTF-8, as chosen, or in the encoding that is guessed."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from ...foundation.errors import DataError
from ...foundation.wording import clause
from .guess_encoding import chunks, guess
from .unpack import Content

_MIXED = 0.1  # share of lines that are valid UTF-8 above which a file that is not UTF-8 is a mixture


@dataclass(frozen=True)
class Text:
    """The text of a file, how it was decoded (a codec's name), and what to say about that, if anything."""

    text: str
    encoding: str
    note: str = ""


def decode(content: Content, chosen: str | None = None) -> Text:
    """The text of a file.

    Args:
        content: The file.
        chosen: The encoding to use; found from the content where None.

    Raises:
        DataError: There is no such encoding, the bytes do not fit it, or the file mixes two.

    Complexity:
        O(bytes), and O(distinct words) where it is not UTF-8.

    Example:
        >>> import pyarrow as pa
        >>> decode(Content("x.csv", pa.py_buffer("müde,Größe,Straße".encode("cp1252")))).encoding
        'cp1252'
    """
    raw = content.bytes()
    if chosen is not None:
        return _as_chosen(raw, chosen, content.name)
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            text = _strictly(raw, encoding, content.name)
            return Text(text, "utf-8") if encoding == "utf-8-sig" else _told(text, "utf-16")
    if b"\x00" in raw[:4096]:
        encoding = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
        return _told(_strictly(raw, encoding, content.name), encoding)
    try:
        return Text(raw.decode(), "utf-8")
    except UnicodeDecodeError as error:
        _check_mixture(raw, error, content.name)
    encoding = guess(raw)
    return _told(raw.decode(encoding, "strict" if encoding != "latin-1" else "replace"), encoding)


def _told(text: str, encoding: str) -> Text:
    shown = "UTF-16" if encoding.startswith("utf-16") else encoding
    return Text(text, encoding, f"The text was read as {shown}.")


def _as_chosen(raw: bytes, chosen: str, name: str) -> Text:
    try:
        codec = codecs.lookup(chosen.strip())
        "".encode(codec.name)  # refuses codecs that are no text encodings, such as base64
    except (LookupError, ValueError):
        raise DataError(
            f"There is no encoding called {chosen!r}",
            "names are those of Python, such as utf-8, cp1252, cp1250, cp1251, iso8859-15, shift_jis",
            "choose one of them, or leave the encoding out",
        ) from None
    encoding = "utf-8-sig" if codec.name == "utf-8" else codec.name
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, UnicodeError) as error:
        start = _byte(raw, error)
        line = raw.count(b"\n", 0, start) + 1
        raise DataError(
            f"{name} is not {chosen}",
            f"byte {start:,} (line {line:,}) does not fit",
            "choose another encoding, or leave it out",
        ) from None
    plain = codec.name.removesuffix("-sig")
    return Text(text, plain, f"The text was read as {plain}, as chosen.")


def _strictly(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} says it is {encoding.upper()} and is not",
            f"byte {_byte(raw, error):,} does not fit",
            "save it again as UTF-8",
        ) from None


def _byte(raw: bytes, error: UnicodeError) -> int:
    """Where in the file a byte does not fit; a codec that skips a mark counts from behind it."""
    if not isinstance(error, UnicodeDecodeError):
        return 0
    return len(raw) - len(error.object) + error.start


def _check_mixture(raw: bytes, error: UnicodeDecodeError, name: str) -> None:
    """Refuse a file in which many lines are UTF-8 and some are not; by chance few lines are valid UTF-8."""
    special = valid = 0
    for chunk in chunks(raw):
        for line in chunk.split(b"\n"):
            if not line.isascii():
                special += 1
                valid += _is_utf8(line)
    if valid > _MIXED * special:
        line_number = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name} mixes encodings",
            f"{clause(valid, 'line', 'is', 'are')} UTF-8, line {line_number:,} is not (byte "
            f"{raw[error.start]:#04x})",
            "save it again as UTF-8, or name the encoding that is to be used",
        )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
