"""Words of the user's data made safe for the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.words import count as count

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")


def plain(text: object, most: int = 200) -> str:
    """Text of a user's data made safe for Markdown: shown as it is, formatted by nothing, at most so long.

    Example:
        >>> plain("a_b *c*")
        'a\\\\_b \\\\*c\\\\*'
    """
    words = " ".join(str(text).split())
    return _MARKDOWN.sub(r"\\\1", words if len(words) <= most else words[: most - 1] + "…")


def listed(names: Sequence[str]) -> str:
    """Names as part of a sentence.

    Example:
        >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"])
        ('A', 'A and B', 'A, B and C')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
