"""Names of the user's data in sentences: where one ends can be seen."""

from __future__ import annotations

import ast
import re

from hypothesis import given
from hypothesis import strategies as st

from core.foundation.wording import apart, count, listed, some

NAMES = st.lists(st.text("ab ,;“”'\"and", min_size=1, max_size=8), min_size=1, max_size=5)


def read(text: str) -> list[str]:
    """The names of a list as a reader tells them apart."""
    if re.match("['\"]", text):
        try:
            return list(ast.literal_eval(f"[{text}]"))
        except SyntaxError:
            return text.split(", ")
    if text.startswith("“"):
        return re.findall("“([^”]*)”", text)
    return text.split(", ")


@given(NAMES)
def test_every_name_of_a_list_can_be_read_back(names):
    if any(name.startswith(("'", '"')) for name in names) and not any("“" in n or "”" in n for n in names):
        names = [f"x{name}" for name in names]  # such names are no quotation of ours
    assert read(some(names)) == names


@given(NAMES)
def test_a_sentence_quotes_all_names_or_none(names):
    assert [part in listed(names) for part in apart(names)] == [True] * len(names)
    split = any(re.search("[,;“”]| and ", name) for name in names)
    assert (apart(names) != names) == split


def test_groups_with_commas_in_their_names():
    groups = ["kind = beta, high height, low height", "kind = alpha"]
    assert some(groups) == "“kind = beta, high height, low height”, “kind = alpha”"
    assert some(groups, 1) == "“kind = beta, high height, low height” and 1 more"
    assert some(["kind = beta", "kind = alpha"]) == "kind = beta, kind = alpha"
    assert some(["'a, b'", "'c'"], quoted=True) == "'a, b', 'c'"


def test_plurals_of_nouns_in_y():
    told = [count(2, noun) for noun in ("day", "key", "toy", "guy", "entity", "query", "row")]
    assert told == ["2 days", "2 keys", "2 toys", "2 guys", "2 entities", "2 queries", "2 rows"]


def test_twelve_names_are_listed_and_more_are_counted():
    names = [chr(97 + at) for at in range(14)]
    assert some(names[:12]) == ", ".join(names[:12])
    assert some(names[:13]) == ", ".join(names[:12]) + " and 1 more"
    assert some(names) == ", ".join(names[:12]) + " and 2 more"
