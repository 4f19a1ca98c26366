"""Words for needs: every need has them, in the form that each place asks for."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from core.model.needs import Need


@pytest.mark.parametrize("need", list(Need))
def test_every_need_can_be_named_and_met(need: Need) -> None:
    assert all(text.strip() == text and text for text in astuple(need.words))
    assert need.words.action[0].isupper()
    assert not need.words.noun[0].isupper()
