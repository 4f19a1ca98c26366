"""Numbers as people type them: read where they mean one thing, refused where they can mean two."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.typed_numbers import float_of, number_of, spelled, whole_of

wholes = st.integers(0, 10**12)
decimals = st.from_regex(r"[0-9]{1,6}", fullmatch=True)


def dotted(value: int) -> str:
    return f"{value:,}".replace(",", ".")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000", 1000),
        ("1,234,567.5", Fraction(2469135, 2)),
        ("1.234.567", 1_234_567),
        ("1.234,5", Fraction(2469, 2)),
        ("1_000", 1000),
        ("2,5", Fraction(5, 2)),
        ("0,125", Fraction(1, 8)),
        ("0.125", Fraction(1, 8)),
        ("1234.567", Fraction(1_234_567, 1000)),
        ("1,5000", Fraction(3, 2)),
        ("5.", 5),
        ("-.5", Fraction(-1, 2)),
        ("007", 7),
    ],
)
def test_what_means_one_number_is_read(text, value):
    assert number_of(text, amount=True) == value


@pytest.mark.parametrize(
    "text",
    ["1.000", "12.345", "1,000.5,0", "1_0", "1,00,000", "10,0000,000", "1234,567", "00,125", "5,", ",", "."],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_what_means_two_or_none_is_refused(text, sign):
    with pytest.raises(ValueError, match=r"can mean|commas stand|not a number"):
        number_of(sign + text, amount=True)


@pytest.mark.parametrize(
    "text", ["", "ten", "1e3", "nan", "inf", "１２", "1 000", "1/2", "0x10", "--1", "1'000"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="not a number"):
        number_of(text)


def test_both_meanings_are_named():
    with pytest.raises(ValueError, match=r"1\.000 can mean 1 and 1,000: write 1 or 1000$"):
        number_of("1.000", amount=True)
    with pytest.raises(ValueError, match=r"12\.345 can mean 12\.345 and 12,345: write 12\.3450 or 12345$"):
        number_of("12.345", amount=True)


@given(wholes, decimals)
def test_grouped_and_local_forms_mean_the_same(whole, rest):
    value = Fraction(f"{whole}.{rest}")
    assert number_of(f"{whole:,}.{rest}") == value
    assert number_of(f"{whole:_}.{rest}") == value
    if whole >= 1000:
        assert number_of(f"{dotted(whole)},{rest}", amount=True) == value
        assert number_of(f"{whole:,}", amount=True) == whole
    if whole >= 10**6:
        assert number_of(dotted(whole), amount=True) == whole
    if len(rest) != 3:
        assert number_of(f"{whole},{rest}", amount=True) == value


@given(st.text("0123456789.,_", max_size=12))
def test_no_separator_is_ever_dropped(text):
    """Whatever is read is what its digits say with groups of three, or with one decimal sign."""
    try:
        value = number_of(text, amount=True)
    except ValueError:
        return
    head, _, rest = spelled_out(value)
    digits = "".join(sign for sign in text if sign.isdigit()).lstrip("0")
    assert digits.rstrip("0") == (head + rest).lstrip("0").rstrip("0")
    places = [len(part) for part in text.replace("_", ",").replace(".", ",").split(",")]
    inner = places[1:-1]
    assert all(size == 3 for size in inner)
    if value.denominator == 1 and len(places) > 1 and places[-1] and int(text[-places[-1] :]):
        assert places[-1] == 3, "the last part is a whole group, or it is decimals"


def spelled_out(value: Fraction) -> tuple[str, str, str]:
    whole, rest = divmod(value, 1)
    digits = ""
    while rest:
        rest *= 10
        digits += str(int(rest))
        rest -= int(rest)
    return (str(int(whole)) if whole else ""), ".", digits


@given(wholes, st.integers(0, 999))
def test_a_number_written_as_an_amount_is_read_back(whole, thousandths):
    text = spelled(f"{whole}.{thousandths:03}")
    assert number_of(text, amount=True) == whole + Fraction(thousandths, 1000)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.just(0.0001234567890123456))
def test_parameters_are_read_back_as_python_writes_them(value):
    assert float_of(repr(value)) == value


def test_whole_numbers():
    assert whole_of(" 1,000 ") == 1000
    for text in ("1.5", "1_0", "1.000", "2,5"):
        with pytest.raises(ValueError, match=r"."):
            whole_of(text)


@pytest.mark.parametrize(("whole", "rest"), [("9" * 18, ""), ("1", "0" * 17 + "1"), ("000" + "9" * 18, "5")])
def test_eighteen_digits_on_either_side_are_read_and_one_more_is_refused(whole, rest):
    text = f"{whole}.{rest}" if rest else whole
    assert number_of(text, amount=True) == Fraction(int(whole + rest), 10 ** len(rest))
    longer = f"{whole}.{rest}0" if len(rest) == 18 else f"9{whole.lstrip('0')}"
    with pytest.raises(ValueError, match="more than 18 digits"):
        number_of(longer if len(rest) == 18 or len(whole) >= 18 else f"{whole}.{'0' * 19}", amount=True)


@pytest.mark.parametrize("text", ["1,00,0", "12,34.5", "1.2.3", "1_0", ",,1", "1,0000,000", "0,500.5"])
def test_digits_with_marks_at_odd_places_are_told_where_marks_stand(text):
    with pytest.raises(ValueError, match="commas stand between full groups of three digits"):
        number_of(text)


@pytest.mark.parametrize("text", ["", ".", ",", "abc", "1 000", "1e5", "5%", "--5", "½", "١"])
def test_what_holds_anything_but_digits_and_marks_is_no_number(text):
    with pytest.raises(ValueError, match="it is not a number"):
        number_of(text)
