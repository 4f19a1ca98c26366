"""Budgets as people write them: a number of rows, or a share of them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from .errors import BudgetError

_WRITTEN = re.compile(r"(-?)(\d{1,18}|\d{0,18}\.\d{1,18}|\d{1,18}\.)\s*(%?)")
_DO = "write a number of rows (500) or a share (5%)"


@dataclass(frozen=True)
class Budget:
    """How many rows are wanted.

    Args:
        amount: Rows, or per cent.
        percent: Whether `amount` is per cent.

    Example:
        >>> Budget.parse("5%").count(1_010), Budget.parse("500").count(1_010)
        (51, 500)
    """

    amount: Fraction
    percent: bool = False

    @classmethod
    def parse(cls, text: str | int) -> Budget:
        """Read "500" or "5%".

        Raises:
            BudgetError: Nonsense, zero, a negative amount, a broken row, or more than 100 %.
        """
        if isinstance(text, bool) or not isinstance(text, (str, int)):
            raise BudgetError(f"A budget cannot be {text!r}", "it is a number of rows or a share", _DO)
        written = str(text).strip().replace(",", "").replace("_", "")
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise BudgetError(f"A budget cannot be {str(text)[:40]!r}", "it is no number", _DO)
        sign, digits, mark = match.groups()
        amount = Fraction(digits.rstrip(".") or "0")
        percent = mark == "%"
        if sign or amount == 0:
            raise BudgetError(f"A budget of {written} cannot be drawn", "it must be more than 0", _DO)
        if percent and amount > 100:
            raise BudgetError(f"A budget of {written} cannot be drawn", "a share is at most 100%", _DO)
        if not percent and amount.denominator != 1:
            raise BudgetError(f"A budget of {written} rows cannot be drawn", "rows are whole", _DO)
        return cls(amount, percent)

    def count(self, n: int) -> int:
        """Rows out of `n`: shares are rounded half up, and are at least 1.

        Raises:
            BudgetError: More rows than there are, or there are none.
        """
        if n < 1:
            raise BudgetError("No rows are eligible", "every row is banned or filtered out", "lift a ban")
        rows = math.floor(self.amount * n / 100 + Fraction(1, 2)) if self.percent else int(self.amount)
        rows = max(1, rows)
        if rows > n:
            raise BudgetError(
                f"A budget of {rows:,} rows cannot be drawn",
                f"only {n:,} rows are eligible",
                f"ask for at most {n:,}",
            )
        return rows

    def __str__(self) -> str:
        value = float(self.amount)
        return f"{value:.15g}%" if self.percent else str(int(self.amount))

    def to_json(self) -> str:
        """The text that `parse` reads back."""
        return str(self)
