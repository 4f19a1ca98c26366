"""The user's own words with Markdown escaped, for the screen."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")


def plain(text: object, most: int = 200) -> str:
    """Text of a user's data made safe for Markdown: shown as it is, formatted by nothing, at most so long.

    Example:
        >>> plain("a_b *c*")
        'a\\\\_b \\\\*c\\\\*'
    """
    words = " ".join(str(text).split())
    return _MARKDOWN.sub(r"\\\1", words if len(words) <= most else words[: most - 1] + "…")
