"""Budgets as people write them: a number of rows, a share of them, or a sum of a cost column."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Context
from fractions import Fraction

from ..foundation.errors import BudgetError
from ..foundation.typed_numbers import number_of, spelled
from ..foundation.wording import clause, count

_WRITTEN = re.compile(r"([-+]?[0-9.,_]+)(\s*)(.*)", re.DOTALL)
_NAME = re.compile(r"[^\W\d](.*\S)?", re.DOTALL)
_ROWS = ("row", "rows")
_DO = "write a number of rows (500), a share (5%) or a sum of a column (50000 tokens)"
_EXACT = Context(prec=40)


@dataclass(frozen=True)
class Budget:
    """How much is wanted.

    Args:
        amount: Rows, per cent, or the sum of a cost column.
        percent: Whether `amount` is per cent of the rows.
        column: The cost column whose sum `amount` is; "" for rows and shares.

    Example:
        >>> Budget.parse("5%").count(1_010), Budget.parse("500").count(1_010)
        (51, 500)
        >>> Budget.parse("50,000 tokens")
        Budget(amount=Fraction(50000, 1), percent=False, column='tokens')
    """

    amount: Fraction
    percent: bool = False
    column: str = ""

    @classmethod
    def parse(cls, text: str | int) -> Budget:
        """Read "500" (or "500 rows"), "5%", or "50000 tokens": an amount, a blank, and the name of a column.

        A column whose name does not begin with a letter, or is "rows", stands in double quotes, as in JSON:
        ``12 "2nd cost"``. Commas group thousands where they stand between full groups of three digits;
        "2,5%" is 2.5 %, and what can mean two numbers ("1.000") is refused.

        Raises:
            BudgetError: Nonsense, an amount with two meanings, zero or less, a broken row, or over 100 %.
        """
        if isinstance(text, bool) or not isinstance(text, (str, int)):
            raise BudgetError(f"A budget cannot be {text!r}", "it is a number of rows or a share", _DO)
        written = str(text).strip()
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise BudgetError(f"A budget cannot be {written[:40]!r}", "it is not a number", _DO)
        digits, gap, rest = match.groups()
        percent = rest == "%"
        column = "" if percent or not rest or (gap and rest in _ROWS) else _column(rest, gap, written)
        try:
            amount = number_of(digits, amount=not percent)  # no share is a thousand per cent
        except ValueError as error:
            raise BudgetError(f"A budget cannot be {written[:40]!r}", str(error), _DO) from None
        if amount <= 0:
            raise BudgetError(f"A budget of {written} cannot be drawn", "it must be more than 0", _DO)
        if percent and amount > 100:
            raise BudgetError(f"A budget of {written} cannot be drawn", "a share is at most 100%", _DO)
        if not percent and not column and amount.denominator != 1:
            raise BudgetError(f"A budget of {written} rows cannot be drawn", "rows are whole", _DO)
        return cls(amount, percent, column)

    def count(self, n: int) -> int:
        """Rows out of `n`: shares are rounded half up, and are at least 1.

        Raises:
            BudgetError: More rows than there are, there are none, or the budget is a sum of costs.
        """
        if n < 1:
            raise BudgetError(
                "No rows are eligible",
                "a filter, a saved selection or bans leave none",
                "write a wider filter, choose from more rows, or lift a ban",
            )
        if self.column:
            raise BudgetError(
                f"A budget of {self.words} is no number of rows",
                "how many rows it buys depends on which are drawn",
                "give rows (500) or a share (5%)",
            )
        rows = math.floor(self.amount * n / 100 + Fraction(1, 2)) if self.percent else int(self.amount)
        rows = max(1, rows)
        if rows > n:
            raise BudgetError(
                f"A budget of {count(rows, 'row')} cannot be drawn",
                f"only {clause(n, 'row', 'is', 'are')} eligible",
                f"ask for at most {count(n, 'row')}",
            )
        return rows

    @property
    def words(self) -> str:
        """The budget for people.

        Example:
            >>> Budget.parse("50000 tokens").words, Budget.parse("500").words, Budget.parse("5%").words
            ('50,000 tokens', '500 rows', '5 % of the rows')
        """
        if self.column:
            return f"{amount_words(float(self.amount))} {self.column}"
        if self.percent:
            return f"{_decimal(self.amount)} % of the rows"
        return count(int(self.amount), "row")

    def __str__(self) -> str:
        value = _decimal(self.amount)
        if not self.column:
            return f"{value}%" if self.percent else value
        value = spelled(value)
        plain = _NAME.fullmatch(self.column) and self.column not in _ROWS
        return f"{value} {self.column if plain else json.dumps(self.column, ensure_ascii=False)}"


def _column(rest: str, gap: str, written: str) -> str:
    """The column that stands behind an amount."""
    if rest.startswith('"'):
        try:
            name = json.loads(rest)
        except json.JSONDecodeError:
            name = ""
        if isinstance(name, str) and name:
            return name
    elif gap and _NAME.fullmatch(rest):
        return rest
    raise BudgetError(
        f"A budget cannot be {written[:40]!r}", f"{rest[:40]!r} is neither % nor the name of a column", _DO
    )


def _decimal(amount: Fraction) -> str:
    """Every digit of a decimal number, no more."""
    exact = _EXACT.divide(amount.numerator, amount.denominator)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def came_to(asked: str, rows: int) -> str:
    """What was asked, and what it came to where that is another thing.

    Example:
        >>> came_to("5%", 200), came_to("200", 200), came_to("", 7)
        ('5 % of the rows, which came to 200 rows', '200 rows', '7 rows')
    """
    budget = Budget.parse(asked) if asked else None
    if budget is None or not (budget.percent or budget.column):
        return count(rows, "row")
    return f"{budget.words}, which came to {count(rows, 'row')}"


def amount_words(value: float) -> str:
    """A sum of costs with as many digits as people read.

    Example:
        >>> amount_words(49870.0), amount_words(12.5), amount_words(0.0312)
        ('49,870', '12.5', '0.0312')
    """
    if value == round(value) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:.3g}"


@dataclass(frozen=True)
class SubsetCost:
    """What a subset under a cost budget costs.

    Args:
        budget: What was asked.
        amount: What the rows cost together.
        passed: Rows that were passed over since each costs more than the whole budget.

    Example:
        >>> SubsetCost(Budget.parse("50000 tokens"), 49_870.0).words
        'spent 49,870 of 50,000 tokens'
    """

    budget: Budget
    amount: float
    passed: int = 0

    @property
    def words(self) -> str:
        """The same for people."""
        return f"spent {amount_words(self.amount)} of {self.budget.words}"

    def to_json(self) -> dict[str, float | str]:
        """As in a manifest and a comparison."""
        return {"asked": str(self.budget), "column": self.budget.column, "spent": self.amount}
