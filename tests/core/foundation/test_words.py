"""Words of many scripts: no sign is cut, nothing is lost, and plain texts are split as they ever were."""

from __future__ import annotations

import re
from unicodedata import normalize

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.words import beyond_latin, characters, spelled, telling, tokens, words

SCRIPTS = st.sampled_from(
    [
        *"abzé9_ .,!'-\n\t",
        *"กขคงพัสดุมาถึงช้าำ",
        *"हिन्दीमेंकॉ",
        *"我需要退款包裹猫",
        *"パッケージが届きサｶﾞ",
        *"كِتاب",
        *"한국어각",
        "👍🏽",
        "❤️",
        "👩‍👩‍👧",
        "🇩🇪",
        "1️⃣",
        "\u0301",
        "\u200d",
        "\u200c",
        "\u0600",
        "ကျွန်တော်",
        "ជំនួយ",
        "ລາວ",
        "தமிழ்",
    ]
)
RICH = st.lists(SCRIPTS, max_size=30).map("".join)
ANY = st.one_of(RICH, st.text(max_size=40))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("พัสดุมาถึงช้ามาก", ["พัสดุ", "มา", "ถึง", "ช้า", "มาก"]),
        ("iPhoneรุ่น15พัง", ["iPhone", "รุ่น", "15", "พัง"]),
        ("मुझे हिन्दी में मदद चाहिए", ["मुझे", "हिन्दी", "में", "मदद", "चाहिए"]),
        ("我需要退款，因为包裹没有到。", ["我", "需要", "退款", "因为", "包裹", "没有", "到"]),
        ("パッケージが返金", ["パッケージ", "が", "返金"]),
        ("مُشكّلة كِتاب", ["مُشكّلة", "كِتاب"]),
        ("환불을 원합니다", ["환불을", "원합니다"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("cafe\u0301 café", ["café", "café"]),
        ("👍🏽 ❤️ ok", ["ok"]),
        ("ကျွန်တော်အကူအညီ", ["ကျွန်တော်", "အကူအညီ"]),
        ("\u060012", ["\u060012"]),
        ("don't e-mail node_1", ["don", "t", "e", "mail", "node_1"]),
    ],
)
def test_words_of_a_language(text, wanted):
    assert words(text) == wanted


@given(ANY)
def test_nothing_but_spaces_is_lost(text):
    def bare(value: str) -> str:
        return "".join(value.split())

    assert bare("".join(tokens(text))) == bare(normalize("NFC", text))


@given(ANY)
def test_no_sign_is_cut(text):
    whole = normalize("NFC", text)
    # A mark at the beginning, or after a comma, has no letter that it could be part of.
    signs = [
        one for one in regex.finditer(r"\X", whole) if regex.match(r"[\p{L}\p{N}]|[^\p{L}\p{N}]+$", one[0])
    ]
    inside = {at for one in signs for at in range(one.start() + 1, one.end())}
    at = 0
    for token in tokens(text):
        at = whole.index(token, at)
        for edge in (at, at + len(token)):
            assert edge not in inside or any(map(str.isspace, whole[edge - 1 : edge + 1])), (token, whole)
        at += len(token)


@given(st.text("abcXYZéß09_ .,'’-!?\n…€Жщ한글αβ", max_size=60))
def test_texts_of_letters_and_spaces_are_split_as_python_does(text):
    assert tokens(text) == re.findall(r"\w+|[^\w\s]+", text)
    assert [word for word in words(text) if telling(word)] == re.findall(r"\b\w\w+\b", text)
    assert [word for word in words(text) if spelled(word)] == re.findall(r"\b[^\W\d_][^\W\d_]+\b", text)


@given(RICH, RICH)
def test_a_space_parts_words(a, b):
    assert words(f"{a} {b}") == words(a) + words(b) or regex.match(
        r"[\p{M}\u200c\u200d🏽]", normalize("NFC", b)
    )


def test_signs_are_counted_as_readers_count():
    assert [characters(text) for text in ("", "abc", "ที่นี่", "हिन्दी", "👩‍👩‍👧🇩🇪", "e\u0301")] == [
        0,
        3,
        2,
        2,
        2,
        1,
    ]


def test_which_texts_may_get_other_names_by_a_dictionary():
    assert not any(map(beyond_latin, ["Größe café", "e\u0301te", "👍🏽 ❤️ 1️⃣", "ñ €5", ""]))
    assert all(map(beyond_latin, ["พัสดุ", "हिन्दी", "包裹", "посылка", "q\u0301"]))
