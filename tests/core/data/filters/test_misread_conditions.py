"""What is said of a condition that cannot be read is said of the condition, not of what is put around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.filters.conditions import check, connect
from core.data.filters.misread_conditions import EMPTY, _quoted, unreadable, unworkable
from core.foundation.errors import DataError

DATABASE = connect()
COLUMNS = ["cost", "segment", "größe"]
ENDS, OPEN, MANY = "it ends too early: something is missing after ", "is opened and not closed", "too many"


def why(condition: str) -> str:
    with pytest.raises((DataError, ValueError)) as caught:
        check(DATABASE, condition, COLUMNS, "row")
    error = caught.value
    return error.why if isinstance(error, DataError) else str(error)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("cost >", ENDS + "'>'"),
        ("größe = 1 AND", ENDS + "'AND'"),
        ("cost BETWEEN 1 AND -- here", ENDS + "'AND'"),
        ("cost::", ENDS + "'::'"),
        ("segment LIKE", ENDS + "'LIKE'"),
        ("NOT", ENDS + "'NOT'"),
        ("-- nothing", "there is nothing in it but comments or empty brackets"),
        ("( )", "there is nothing in it but comments or empty brackets"),
        ("segment = 'web", "a text in single quotes is not closed"),
        ("segment = 'it's'", "inside it, ' is written twice"),
        ('"größe > 3', "a name in double quotes is not closed"),
        ("segment = $$web", "a text that $ begins is not closed"),
        ("cost > 3 /* here", "a comment that /* begins is not closed"),
        ("(cost > 1", f"a bracket ( {OPEN}"),
        ("cost IN (1, 2", f"a bracket ( {OPEN}"),
        ("[cost", f"a bracket [ {OPEN}"),
        ("(cost > 1 /* ) */ -- )", f"a bracket ( {OPEN}"),
        ("(segment = ')'", f"a bracket ( {OPEN}"),
        ("cost > 1)", f"one bracket ) {MANY}"),
        ("größe > 1) AND cost", f"one bracket ) {MANY}"),
        ("(cost > 1]", f"one bracket ] {MANY}"),
        (")", f"one bracket ) {MANY}"),
        ("cost > SELECT 3", "'SELECT' cannot stand where it does, after '>'"),
        ("größe > 1 GROUP BY cost", "'GROUP' cannot stand where it does, after '1'"),
        ("cost > 1 OR OR cost > 2", "'OR' cannot stand where it does, after 'OR'"),
        ("AND cost > 1", "'AND' cannot stand at its beginning"),
        ("cost 5", "'5' cannot stand where it does, after 'cost'"),
        ("cast(cost)", "')' cannot stand where it does, after 'cost'"),
        ("1=1; DROP TABLE data", "it is more than one condition"),
        ("1=1); DROP TABLE data; SELECT (1", "it is more than one condition"),
        ("cost > 1, segment", "several values"),
        ('"" > 3', "zero-length"),
        ("cost 5" + "5" * 90, "…'"),
    ],
)
def test_each_way_to_be_unreadable_is_named(condition: str, told: str) -> None:
    assert told in why(condition)[:120] or told in why(condition)[-120:]


GOOD = (
    "cost > 1 AND segment = 'it''s' OR (größe BETWEEN 1 AND 2)",
    "lower(segment) LIKE '%a' -- so\n AND \"größe\" IN (1, 2)",
    "CASE WHEN cost IS NULL THEN false ELSE cast(cost AS INTEGER) = 3 END",
)


@given(st.sampled_from(GOOD), st.data())
def test_nothing_of_what_is_put_around_a_condition_is_ever_told(good: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(good)))
    kept = data.draw(st.sampled_from([good[:cut], good[cut:], good]))
    at = data.draw(st.integers(0, len(kept)))
    odd = (
        kept[:at]
        + data.draw(st.sampled_from(["", ")", "(", "'", '"', " = ", " OR ", ";", "]", "$$"]))
        + kept[at:]
    )
    try:
        check(DATABASE, odd, COLUMNS, "row")
    except DataError as error:
        told = error.why
    except ValueError as error:
        told = str(error)
    except Exception as error:  # a column that is not there
        told = str(error)
    else:
        return
    for ours in ("rows_of_the_data", "SELECT", "WHERE", "near", "\n", "error"):
        assert ours not in told, odd
    if "(" not in odd and ")" not in odd:
        assert "bracket (" not in told
        assert "')'" not in told
        assert "bracket )" not in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Could not convert string 'a' to DECIMAL(3,1)", "the text 'a' cannot be read as a number"),
        ("Could not convert string 'a' to BOOL", "the text 'a' cannot be read as true or false"),
        ("Could not convert string 'a' to DATE", "the text 'a' cannot be read as a date or time"),
        ("Could not convert string 'a' to UUID", "the text 'a' cannot be read as uuid"),
        ("Binder Error: No such thing in rows_of_the_data!\nLINE 2: x", "says: No such thing in the data"),
        ("", "says: it gives no reason"),
    ],
)
def test_what_cannot_be_worked_out_is_said_in_words(said: str, told: str) -> None:
    assert unworkable(said).endswith(told)


def test_a_message_without_a_place_is_told_as_it_is() -> None:
    assert unreadable("x", "Parser Error: bad literal", None) == "DuckDB, which reads it, says: bad literal"


def test_a_condition_without_a_word_is_told_so_wherever_it_ends() -> None:
    assert unreadable("-- x", "syntax error", 4) == unreadable("", "syntax error", 0) == EMPTY


def test_a_long_piece_of_a_condition_is_shown_cut():
    assert _quoted("x" * 40) == repr("x" * 40)
    assert _quoted("x" * 41) == repr("x" * 39 + "…")
