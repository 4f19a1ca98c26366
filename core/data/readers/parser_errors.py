"""Whatever a parser raises on a damaged file, turned into one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...foundation.errors import AliquotError, Cancelled, DataError
from .unpack import Content


@contextmanager
def parsing(content: Content, what: str) -> Iterator[None]:
    """Run a parser; what it raises on a damaged file becomes a `DataError`.

    Parsers of binary formats raise errors of every family on damaged bytes (zlib, struct, tokenizer, Unicode,
    memory), so all but our own are taken here. A parser in Rust that gives up raises a `PanicException`,
    which is no `Exception`.
    """
    try:
        yield
    except (AliquotError, Cancelled):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        if "Object arrays" in reason:
            raise DataError(
                f"{content.name} holds Python objects",
                "they are stored as a pickle, and opening one can run any program on this machine",
                "save a plain array of numbers",
            ) from None
        raise DataError(
            f"{content.name} cannot be read as {what}",
            f"the file is damaged or incomplete ({reason})",
            "copy or export it again",
        ) from None
