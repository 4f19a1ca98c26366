"""Names of the user's data in sentences: where one ends can be seen."""

from __future__ import annotations

import ast
import re

from hypothesis import given
from hypothesis import strategies as st

from core.words import apart, listed, some

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
    parted = any(re.search("[,;“”]| and ", name) for name in names)
    assert (apart(names) != names) == parted


def test_groups_with_commas_in_their_names():
    groups = ["kind = beta, high height, low height", "kind = alpha"]
    assert some(groups) == "“kind = beta, high height, low height”, “kind = alpha”"
    assert some(groups, 1) == "“kind = beta, high height, low height” and 1 more"
    assert some(["kind = beta", "kind = alpha"]) == "kind = beta, kind = alpha"
    assert some(["'a, b'", "'c'"], quoted=True) == "'a, b', 'c'"
