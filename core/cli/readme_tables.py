"""Tables that are generated from the declarations, so that no document says what the code does not do.

``python -m core.cli.readme_tables`` prints the strategy table, ``python -m core.cli.readme_tables --write``
puts it into ``README.md``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..foundation.errors import DataError
from ..model.promises import Weight
from ..strategies.declaration import STRATEGIES, Strategy

README = Path(__file__).resolve().parents[2] / "README.md"
START, END = "<!-- strategies:start -->", "<!-- strategies:end -->"
_WEIGHTS = {
    Weight.DESIGN: "1/π",
    Weight.HANSEN_HURWITZ: "Hansen–Hurwitz",
    Weight.PARAMETER: "depends on a parameter",
    Weight.NONE: "none",
}


def cell(text: str) -> str:
    """Text fit for a cell of a Markdown table.

    Example:
        >>> cell("a | b\\nc")
        'a \\\\| b c'
    """
    return " ".join(text.split()).replace("|", "\\|")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table.

    Example:
        >>> print(table(["a", "b"], [["1", "2"]]))
        | a | b |
        |---|---|
        | 1 | 2 |
    """
    lines = [list(header), *[list(row) for row in rows]]
    written = ["| " + " | ".join(map(cell, line)) + " |" for line in lines]
    return "\n".join([written[0], "|" + "---|" * len(header), *written[1:]])


def _row(strategy: Strategy) -> list[str]:
    promises = strategy.promises
    size = promises.size.value + (", nested" if promises.nested else "")
    return [
        f"{strategy.label} (`{strategy.id}`)",
        strategy.sentence,
        ", ".join(sorted(strategy.needs)) or "nothing",
        size + (", no seed" if promises.deterministic else ""),
        _WEIGHTS[strategy.weight],
        strategy.cost.text,
    ]


def strategy_table(strategies: Sequence[Strategy] | None = None) -> str:
    """The strategies as a Markdown table: label, what it does, needs, size, weights, cost.

    Args:
        strategies: Those to list; all of our own where None.
    """
    header = ["strategy", "what it does", "needs", "size", "weights", "cost"]
    ours = [item for item in STRATEGIES if not item.package]
    return table(header, [_row(item) for item in (ours if strategies is None else strategies)])


def renewed(text: str, content: str) -> str:
    """A document with the part between its markers replaced.

    Raises:
        DataError: The markers are not there exactly once.

    Example:
        >>> renewed(f"a\\n{START}\\nold\\n{END}\\nb", "new").splitlines()[2]
        'new'
    """
    if text.count(START) != 1 or text.count(END) != 1:
        raise DataError(
            "The strategy table cannot be placed", f"{START} and {END} must stand there once", "add them"
        )
    pattern = re.compile(re.escape(START) + ".*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{START}\n{content}\n{END}", text)


def main(arguments: Sequence[str]) -> int:
    """Print the table, or write it into the README."""
    if "--write" in arguments:
        README.write_text(renewed(README.read_text("utf-8"), strategy_table()), "utf-8")
    else:
        sys.stdout.write(strategy_table() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
