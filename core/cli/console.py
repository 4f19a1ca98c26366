"""What the command line writes: text and JSON on standard output, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..foundation.progress import SILENT, Progress


def say(text: str = "") -> None:
    """Write one line to standard output."""
    sys.stdout.write(text + "\n")


def complain(text: str) -> None:
    """Write one line to standard error, whatever breaks the text holds."""
    sys.stderr.write("aliquot: " + " ".join(text.split()) + "\n")


def show(value: Any) -> None:
    """Write JSON to standard output."""
    import orjson

    option = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    sys.stdout.write(orjson.dumps(value, option=option, default=str).decode() + "\n")


def columns(rows: Sequence[Sequence[str]], gap: str = "  ") -> None:
    """Write rows as aligned columns."""
    if not rows:
        return
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        say(gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def bar(quiet: bool) -> Iterator[Progress]:
    """A progress bar on a terminal; nothing when standard error is piped, or `quiet`."""
    if quiet or not sys.stderr.isatty():
        yield SILENT
        return
    from tqdm import tqdm

    form = "{desc:<36.36} {percentage:3.0f}%|{bar}| {elapsed}"
    with tqdm(total=1.0, bar_format=form, leave=False, file=sys.stderr) as line:

        def tell(share: float, message: str) -> None:
            line.set_description_str(message, refresh=False)
            line.update(max(0.0, min(1.0, share) - line.n))
            line.refresh()

        yield Progress(tell)
