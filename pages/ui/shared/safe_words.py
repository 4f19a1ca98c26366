"""Words of the user's data made safe for the screen."""

from __future__ import annotations

import re

from core.foundation.wording import apart as apart
from core.foundation.wording import count as count
from core.foundation.wording import listed as listed
from core.foundation.wording import some as some
from core.foundation.wording import verb as verb

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")


def plain(text: object, most: int = 200) -> str:
    """Text of a user's data made safe for Markdown: shown as it is, formatted by nothing, at most so long.

    Example:
        >>> plain("a_b *c*")
        'a\\\\_b \\\\*c\\\\*'
    """
    words = " ".join(str(text).split())
    return _MARKDOWN.sub(r"\\\1", words if len(words) <= most else words[: most - 1] + "…")
