"""Budgets as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.errors import BudgetError
from core.model.budget import Budget, amount_words


@pytest.mark.parametrize(
    ("text", "n", "count"),
    [
        ("500", 5000, 500),
        (" 1,000 ", 5000, 1000),
        (500, 5000, 500),
        ("5%", 5000, 250),
        ("2.5 %", 100, 3),  # half up, not to even
        ("1.5%", 100, 2),
        ("0.01%", 100, 1),  # at least one
        ("100%", 7, 7),
        ("14.5%", 1000, 145),  # exact where 14.5/100·1000 is not in binary
        ("2,5%", 200, 5),
        ("1.000%", 1000, 10),  # no share is a thousand per cent
        ("1.000.000", 2_000_000, 1_000_000),
    ],
)
def test_counts(text, n, count):
    assert Budget.parse(text).count(n) == count


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "0%",
        "-5%",
        "100.1%",
        "ten",
        "",
        "%",
        "5%%",
        "1e3",
        "nan",
        "inf",
        "5.5",
        "1/2",
        "1.000",
        "1,000.5,0",
        "1_0",
        "2,5",
        "2,500%",
        "1,5 rows",
        "1.000 amount",
        "1,00,000 amount",
        None,
        True,
        2.5,
    ],
)
def test_nonsense_is_refused(text):
    with pytest.raises(BudgetError) as error:
        Budget.parse(text)
    assert error.value.do


def test_more_than_there_is():
    with pytest.raises(BudgetError, match="only 10 rows"):
        Budget.parse("11").count(10)
    with pytest.raises(BudgetError, match="No rows"):
        Budget.parse("5%").count(0)


@given(st.integers(1, 10**6), st.integers(1, 10_000))
def test_shares_are_within_half_a_row(n, hundredths):
    count = Budget.parse(f"{hundredths / 100}%").count(n)
    assert 1 <= count <= n
    assert count == 1 or abs(count - n * hundredths / 10_000) <= 0.5


@given(st.one_of(st.integers(1, 10**9).map(str), st.integers(1, 10_000).map(lambda h: f"{h / 100}%")))
def test_what_is_written_is_read_back(text):
    budget = Budget.parse(text)
    assert Budget.parse(str(budget)) == budget


# ---- sums of a cost column ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount", "column"),
    [
        ("50000 tokens", 50_000, "tokens"),
        ("50,000 tokens", 50_000, "tokens"),
        ("1,5 amount", Fraction(3, 2), "amount"),
        ("1.234,5 amount", Fraction(2469, 2), "amount"),
        (" 12.5  price in EUR ", Fraction(25, 2), "price in EUR"),
        ('7 "2nd cost"', 7, "2nd cost"),
        ('7 "rows"', 7, "rows"),
        ('7 "%"', 7, "%"),
        ("3 größe, netto", 3, "größe, netto"),
    ],
)
def test_a_sum_of_a_column_is_read(text, amount, column):
    assert Budget.parse(text) == Budget(Fraction(amount), column=column)


@pytest.mark.parametrize(
    "text", ["5k", "50000tokens", "1 000", "0 tokens", "-5 tokens", '5 "', '5 ""', "5 %x", "tokens 5"]
)
def test_what_is_no_sum_is_refused(text):
    with pytest.raises(BudgetError):
        Budget.parse(text)


def test_rows_may_be_written_out():
    assert Budget.parse("500 rows") == Budget.parse("500")
    assert Budget.parse("1 row").words == "1 row"


def test_a_sum_is_no_number_of_rows():
    with pytest.raises(BudgetError, match="no number of rows"):
        Budget.parse("50 tokens").count(100)


amounts = st.integers(1, 10**12).map(Fraction) | st.integers(1, 10**9).map(lambda n: Fraction(n, 1000))


@given(st.integers(1, 100_000).map(lambda n: Fraction(n, 1000)))
def test_every_share_survives_writing(amount):
    budget = Budget(amount, percent=True)
    assert Budget.parse(str(budget)) == budget


@given(amounts, st.text(min_size=1, max_size=12))
def test_every_column_name_survives_writing(amount, column):
    budget = Budget(amount, column=column)
    assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize(
    ("value", "words"), [(49_870.25, "49,870"), (12.5, "12.5"), (1234.5, "1,234.5"), (0.5, "0.5"), (3, "3")]
)
def test_sums_are_told_with_few_digits(value, words):
    assert amount_words(value) == words
