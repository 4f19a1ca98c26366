"""Encodings are told by all distinct words, whatever the order of the lines."""

from __future__ import annotations

import hashlib
import math
import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.load import load
from core.data.readers import encoding, guess_encoding
from core.data.readers.guess_encoding import _is_common, guess
from core.data.readers.letter_frequencies import LATIN, OTHER
from core.data.readers.unpack import Content
from core.foundation.errors import DataError

SENTENCES = {
    "Swedish": (
        "cp1252",
        [
            "Jag åkte till sjön i går kväll och bröt tån på en sten",
            "Är det möjligt att få pengarna åter före lördag",
            "Förpackningen var öppnad när den kom fram",
            "Vänligen hör av er så snart ni kan på måndag",
            "Mössan är för liten, den blå är större",
        ],
    ),
    "German": (
        "cp1252",
        [
            "Die Tür schließt nicht mehr, seit es so heiß ist",
            "Könnten Sie mir bitte die Größe der Schüssel nennen",
            "Für ältere Gäste wäre ein früher Zug schöner",
            "Das Gerät läuft übrigens völlig geräuschlos",
            "Ich möchte die Bestellung rückgängig machen",
        ],
    ),
    "French": (
        "cp1252",
        [
            "La fenêtre de la chambre était déjà cassée à l’arrivée",
            "Où puis-je récupérer le colis livré à ma sœur",
            "Ça ne marche plus très bien depuis le mois d’août",
            "Le garçon a reçu un œuf en chocolat à Noël",
            "Merci de me répondre dès que possible, c’est pressé",
        ],
    ),
    "Spanish": (
        "cp1252",
        [
            "¿Dónde está el paquete que pedí en enero?",
            "El niño comió después de la excursión",
            "Mañana será otro día, según mi compañero",
            "La canción más bonita del año pasado",
            "¡Qué lástima que el jamón llegó frío!",
        ],
    ),
    "English": (
        "cp1252",
        [
            "I don’t think that it’s worth the price",
            "They said “never again” – and we believe them",
            "The café wasn’t open…",
            "It costs £20 or €25",
            "We’re sorry that you couldn’t come",
        ],
    ),
    "Polish": (
        "cp1250",
        [
            "Proszę o zwrot pieniędzy za tę książkę",
            "Łódź jest piękniejsza, niż myślałem",
            "Dzień dobry, czy mogę jeszcze zmienić zamówienie",
            "Źle się czuję, więc zostanę w łóżku",
            "Paczka dojdzie później, być może w środę",
        ],
    ),
    "Czech": (
        "cp1250",
        [
            "Příliš žluťoučký kůň úpěl ďábelské ódy",
            "Děkuji za rychlé vyřízení mé žádosti",
            "Můžete mi říct, kdy přijde ta zásilka",
            "Včera večer už nefungovalo vůbec nic",
            "Těším se na příští léto u řeky",
        ],
    ),
    "Russian": (
        "cp1251",
        [
            "Здравствуйте, посылка так и не пришла",
            "Верните, пожалуйста, деньги за билет",
            "Очень хороший чайник, спасибо",
            "Ёлка стоит в углу комнаты",
            "Когда откроется магазин на площади",
        ],
    ),
    "Greek": (
        "cp1253",
        [
            "Καλημέρα, πότε θα έρθει το δέμα μου",
            "Έχει σπάσει το ποτήρι στη μεταφορά",
            "Όλα ήταν πολύ ωραία, ευχαριστώ",
            "Η πόρτα δεν κλείνει καλά",
            "Άλλη μια φορά, παρακαλώ",
        ],
    ),
    "Turkish": (
        "cp1254",
        [
            "Siparişim hâlâ gelmedi, ne zaman ulaşır",
            "Çok güzel bir ürün, teşekkür ederim",
            "Kapı düzgün kapanmıyor, değiştirmek istiyorum",
            "Yarın sabah İstanbul’dan ağabeyim gelecek",
            "Işıklar söndü ve kısa süre karanlıkta kaldık",
        ],
    ),
    "Japanese": (
        "cp932",
        [
            "荷物がまだ届いていません",
            "返金の手続きを教えてください",
            "とても良い商品でした",
            "窓が閉まらなくなりました",
            "来週の月曜日に電話します",
        ],
    ),
    "Korean": (
        "cp949",
        [
            "주문한 상품이 아직 도착하지 않았습니다",
            "환불은 어떻게 받을 수 있나요",
            "정말 좋은 제품입니다",
            "문이 잘 닫히지 않아요",
            "다음 주에 다시 연락하겠습니다",
        ],
    ),
}


def table(sentences):
    return "id,text\n" + "".join(f'{at},"{sentence}"\n' for at, sentence in enumerate(sentences))


@pytest.mark.parametrize("language", SENTENCES)
def test_natural_text_is_read_with_its_own_letters(language):
    encoding, sentences = SENTENCES[language]
    data = load(table(sentences).encode(encoding), name="file")
    assert sorted(data.frame["text"]) == sorted(sentences)
    assert data.reading["encoding"] == encoding
    assert f"The text was read as {encoding}." in data.notes


@pytest.mark.parametrize(
    "language", [name for name, (encoding, _) in SENTENCES.items() if encoding == "cp1252"]
)
def test_one_sentence_is_not_enough_for_a_rare_encoding(language):
    for sentence in SENTENCES[language][1]:
        raw = table([sentence]).encode("cp1252")
        if not raw.isascii():
            assert guess(raw) == "cp1252"


@given(
    st.sampled_from(sorted(SENTENCES)),
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_lines_and_repeats_never_change_the_encoding(language, rows, chance):
    encoding, sentences = SENTENCES[language]
    lines = [f"{at},{sentences[row]}" for at, row in enumerate(rows)]
    mixed = list(lines)
    chance.shuffle(mixed)
    raw, other = ("\n".join(["id,text", *part]).encode(encoding) for part in (lines, mixed))
    assert guess(raw) == guess(other)
    repeated = "\n".join(["id,text", *(line.partition(",")[2] for line in lines * 3)]).encode(encoding)
    once = "\n".join(["id,text", *(line.partition(",")[2] for line in lines)]).encode(encoding)
    assert guess(repeated) == guess(once)


def test_a_word_that_stands_in_a_thousand_rows_counts_once():
    for word in ("naïve", "Zoë", "smørrebrød", "São", "Ñandú"):
        assert guess(("text\n" + f"{word}\n" * 1000).encode("cp1252")) == "cp1252"


def test_many_distinct_words_are_weighed_in_no_order():
    chance = random.Random(0)
    lines = [
        f"{at} {chance.choice('åäö')}{at:x}{chance.choice('åäö')}".replace("1", "q") for at in range(9000)
    ]
    lines = ["".join(chance.choices("abcdefåäö", k=7)) for _ in range(9000)]
    found = {guess("\n".join(chance.sample(lines, len(lines))).encode("cp1252")) for _ in range(2)}
    assert found == {"cp1252"}


def test_the_encoding_can_be_chosen_and_is_recorded():
    raw = table(SENTENCES["Polish"][1]).encode("cp1250")
    data = load(raw, name="file", encoding="ISO8859-2")
    assert data.reading["encoding"] == "iso8859-2"
    assert any("as chosen" in note for note in data.notes)
    assert load(b"a,b\n\xa3,1\n", name="file", encoding="latin-1").frame["a"].tolist() == ["£"]
    assert load("\ufeffa,b\n1,2\n".encode(), name="file", encoding="utf-8").frame.columns.tolist() == [
        "a",
        "b",
    ]
    assert load('[{"a": "Ł"}]'.encode("cp1250"), name="file", encoding="cp1250").frame["a"].tolist() == ["Ł"]


@pytest.mark.parametrize("encoding", ["nope", "base64", "rot13", "", "hex"])
def test_what_is_no_encoding_is_refused_with_examples(encoding):
    with pytest.raises(DataError, match=r"no encoding called .*cp1252"):
        load(b"a\n1\n", name="file", encoding=encoding)


def test_an_encoding_that_does_not_fit_names_the_byte_and_its_line():
    with pytest.raises(DataError, match=r"file is not utf-8: byte 7 \(line 3\)"):
        load(b"text\na\n\xe9\n", name="file", encoding="utf-8")


@pytest.mark.parametrize(
    ("encoding", "common", "rare"),
    [
        ("cp932", "のア日本、。", "齬한"),
        ("euc_jp", "のア日本", "齬한"),
        ("cp949", "한국어、", "の日뷁"),
        ("gb18030", "的一是，", "の齬體"),
        ("big5hkscs", "的一是體，", "の国龘"),
    ],
)
def test_letters_that_texts_mostly_consist_of(encoding, common, rare):
    assert [letter for letter in common if not _is_common(letter, encoding)] == []
    assert [letter for letter in rare if _is_common(letter, encoding)] == []


# ---- the rules one by one, at their edges ------------------------------------------------------------------

NEEDED = {
    "cp1252": ("western", 0), "cp1250": ("central", 7), "cp1251": ("cyrillic", 7), "cp1253": ("greek", 7),
    "cp1254": ("turkish", 7), "cp1255": ("hebrew", 7), "cp1256": ("arabic", 7), "cp1257": ("baltic", 7),
    "cp874": ("thai", 7), "koi8_r": ("cyrillic", 9), "koi8_u": ("cyrillic", 9), "iso8859_2": ("central", 9),
    "iso8859_5": ("cyrillic", 9), "iso8859_7": ("greek", 9), "iso8859_9": ("turkish", 9),
    "iso8859_15": ("western", 9), "cp866": ("cyrillic", 12), "mac_roman": ("western", 15),
    "mac_cyrillic": ("cyrillic", 15), "cp850": ("western", 15), "cp437": ("western", 15),
    "cp852": ("central", 15),
}  # fmt: skip


def decoded(raw, encoding):
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def evidence(words):
    """What speaks for each encoding that decodes words; of those that give the same text, the first."""
    found, seen = {}, set()
    for name, (script, _) in NEEDED.items():
        texts = tuple(decoded(word, name) for word in words)
        if None not in texts and texts not in seen:
            seen.add(texts)
            found[name] = max(
                guess_encoding._score(texts, language) for language in guess_encoding._languages(script)
            )
    return found


TWINS = {"iso8859_2": "cp1250", "iso8859_7": "cp1253", "iso8859_15": "cp1252"}  # alike but for few letters


@pytest.mark.parametrize("name", [name for name in NEEDED if name not in ("koi8_u", "iso8859_9")])
def test_evidence_beyond_what_an_encoding_needs_decides_and_less_does_not(name):
    """Short texts, among them some that one unit more or less of evidence would decide otherwise."""
    chance = random.Random(name)
    script, _ = NEEDED[name]
    letters = sorted(
        letter
        for letter in {
            one for language in guess_encoding._languages(script) for one in language if len(one) == 1
        }
        if letter.encode(name, "ignore")
    )
    apart = [one for one in letters if decoded(one.encode(name), TWINS.get(name, "ascii")) != one]
    edges = {1: 0, -1: 0}
    for _ in range(4000):
        texts = [chance.choices(letters, k=chance.randint(0, 2)) for _ in range(chance.randint(1, 3))]
        words = {f"{chance.choice('aeou')}{''.join(text)}{chance.choice(apart)}" for text in texts}
        words = sorted(word.encode(name) for word in words)
        found = evidence(words)
        if name not in found:
            continue
        by = {one: score - NEEDED[one][1] for one, score in found.items()}
        won = [max(by, key={**by, name: by[name] - step}.get) for step in (0, 1, -1)]
        if won[1:] != [won[0]] * 2 and guess_encoding._guess_asian(b" ".join(words)) is None:
            assert guess(b" ".join(words)) == won[0]
            edges[1] += won[1] != won[0]
            edges[-1] += won[2] != won[0]
        if min(edges.values()) >= 2:
            break
    assert min(edges.values()) >= 1, edges


def test_letters_of_a_language_and_signs_have_the_chances_of_their_tables():
    for script in {script for script, _ in NEEDED.values()}:
        known = LATIN.get(script) or OTHER[script]
        for (name, letters), chances in zip(known.items(), guess_encoding._languages(script), strict=True):
            share = 0.3 if name == "punctuation" else 0.75
            for letter, part in letters.items():
                assert chances[letter] == math.log(share * part)
                if letter.upper() not in letters:
                    alike = [other for one, other in letters.items() if one.upper() == letter.upper()]
                    assert chances[letter.upper()] in [math.log(share * other * 0.06) for other in alike]
            signs = 3 if name == "punctuation" else 1
            for sign, part in (("’", 0.05), ("°", 0.01), ("№", 0.002)):
                if sign not in letters:
                    assert chances[sign] == math.log(part * signs)
    assert any("punctuation" in languages for languages in [*LATIN.values(), *OTHER.values()])


@pytest.mark.parametrize(
    ("word", "letters", "signs", "odd"),
    [
        ("", 0, 0, 0),
        ("abc", 0, 0, 0),
        ("é", 1, 0, 0),
        ("éa", 1, 0, 0),
        ("éA", 1, 0, 0),
        ("aé", 1, 0, 0),
        ("aÉ", 1, 0, 1),  # a capital after a small letter
        ("AÉ", 1, 0, 0),
        ("Aé", 1, 0, 0),
        ("1É", 1, 0, 0),
        ("éÉ", 2, 0, 1),
        ("ÉÉ", 2, 0, 0),
        ("бa", 1, 0, 1),  # two scripts in one word
        ("б1", 1, 0, 0),
        ("aб", 1, 0, 1),
        ("1б", 1, 0, 0),
        ("éб", 2, 0, 0),
        ("бé", 2, 0, 0),
        ("бв", 2, 0, 0),
        ("бВ", 2, 0, 1),
        ("’a", 0, 1, 1),  # an apostrophe that opens a word
        ("’", 0, 1, 0),
        ("’1", 0, 1, 0),
        ("a’b", 0, 1, 0),
        ("1’a", 0, 1, 0),
        ("a’", 0, 1, 0),
        ("a©b", 0, 1, 1),  # a sign inside a word
        ("a©", 0, 1, 0),
        ("©b", 0, 1, 0),
        ("a©1", 0, 1, 0),
        ("1©a", 0, 1, 0),
        ("a©bc", 0, 1, 1),
        ("a©é", 1, 1, 1),
        ("é©b", 1, 1, 1),
        ("a–b", 0, 1, 0),  # a sign that stands between words without a blank
        ("a·b", 0, 1, 0),
        ("ab©", 0, 1, 0),
    ],
)
def test_what_stands_beside_a_letter_counts(word, letters, signs, odd):
    want = letters * math.log(1e-4) + signs * math.log(1e-5) + odd * math.log(0.02)
    assert guess_encoding._score((word,), {}) == pytest.approx(want)
    assert guess_encoding._score((word, "é", word), {"é": -1.0}) == pytest.approx(
        2 * want - 1 + 2 * word.count("é") * (-1 - math.log(1e-4))
    )


@pytest.mark.parametrize(("letters", "script"), [("aéɏḀỿÿſ", 1), ("ɐбאกἀ", 2), ("1—’ ", 0)])
def test_scripts_of_letters(letters, script):
    assert [guess_encoding._script(letter) for letter in letters] == [script] * len(letters)


def test_words_end_at_signs_of_ascii_and_are_few(monkeypatch):
    raw = b"a\xe91b\xe9!\x80c\x7f\xff\nplain,d\xe9 \xe9"
    assert guess_encoding._special_words(raw) == sorted(
        [b"a\xe9", b"b\xe9", b"\x80c", b"\xff", b"d\xe9", b"\xe9"]
    )
    words = [bytes([97 + at // 26 // 26, 97 + at // 26 % 26, 97 + at % 26, 0xE9]) for at in range(4001)]
    assert guess_encoding._special_words(b" ".join(words[:4000])) == words[:4000]
    assert len(guess_encoding._special_words(b" ".join(words))) == 4000
    monkeypatch.setattr(guess_encoding, "_WORDS", 3)
    least = sorted(words, key=lambda word: hashlib.blake2b(word, digest_size=8).digest())[:3]
    assert guess_encoding._special_words(b" ".join(words)) == least


def test_a_file_is_taken_in_pieces_of_whole_lines(monkeypatch):
    lines = [b"x" * (at % 7) + b"\n" for at in range(50)]
    for raw in (b"".join(lines), b"".join(lines) + b"rest", b"\n", b"", b"z" * 40):
        for size in (1, 2, 6, 10, 1000):
            monkeypatch.setattr(guess_encoding, "_CHUNK", size)
            parts = list(guess_encoding.chunks(raw))
            assert b"".join(parts) == raw
            assert all(parts)
            assert all(part.endswith(b"\n") and len(part) > size for part in parts[:-1])
            assert all(b"\n" not in part[size:-1] for part in parts)


@pytest.mark.parametrize(
    ("share", "encoded"), [((0.6, 0.93, 4), True), ((0.59, 0.93, 4), False), ((0.6, 0.929, 4), False),
                           ((0.6, 0.93, 3), False), ((1.0, 1.0, 100), True)],
)  # fmt: skip
def test_east_asian_text_is_dense_common_and_of_some_characters(share, encoded, monkeypatch):
    raw = "日本語".encode("gb18030")
    first = next(name for name in guess_encoding._ASIAN if decoded(raw, name) is not None)
    monkeypatch.setattr(guess_encoding, "_weigh", lambda lines, name: share)
    assert guess_encoding._guess_asian(raw) == (first if encoded else None), "of equals, the first"
    assert guess_encoding._guess_asian(b"\xe9") is None
    monkeypatch.setattr(
        guess_encoding, "_weigh", lambda lines, name: (1, 0.95 + 0.04 * (name == "gb18030"), 9)
    )
    assert guess_encoding._guess_asian(raw) == "gb18030", "the one with most common characters"


def test_characters_beside_others_are_counted(monkeypatch):
    assert guess_encoding._weigh({"abc", ""}, "cp932") == (0.0, 0.0, 0)
    assert guess_encoding._weigh({"日本a語"}, "cp932") == (2 / 3, 1.0, 3)
    assert guess_encoding._weigh({"日a本", "語"}, "cp932") == (0.0, 1.0, 3)
    assert guess_encoding._weigh({"日日日日a한"}, "cp932") == (4 / 5, 4 / 5, 2)
    assert guess_encoding._weigh({"a日本", "日本"}, "cp932") == (1.0, 1.0, 2)
    lines = {f"日本{at}" + "a語" * at for at in range(5)}
    monkeypatch.setattr(guess_encoding, "_WORDS", 5)
    assert guess_encoding._weigh(lines, "cp932") == (10 / 20, 1.0, 3)
    monkeypatch.setattr(guess_encoding, "_WORDS", 1)
    one = min(lines, key=lambda line: hashlib.blake2b(line.encode()).digest())
    assert guess_encoding._weigh(lines, "cp932") == (2 / (2 + one.count("語")), 1.0, 2 + ("語" in one))


@pytest.mark.parametrize(
    ("name", "common", "rare"),
    [
        ("cp949", "\u3000\u301f\uff01\uff5e“”‘’…—·–가힝", "\u2fff\u3020\uff00\uff5f一ア©"),
        ("cp932", "\u3041\u30ff亜腕", "\u3040\u3100弌©ﾊ"),
        ("gb18030", "啊座", "亍ア©"),
        ("big5hkscs", "一籲", "Дㄅァ©ㄆのァヶ"),
    ],
)
def test_common_characters_lie_between_those_codes(name, common, rare):
    assert [letter for letter in common if not _is_common(letter, name)] == []
    assert [letter for letter in rare if _is_common(letter, name)] == []


def read(raw, chosen=None):
    return encoding.decode(Content("file", pa.py_buffer(raw)), chosen)


@pytest.mark.parametrize(
    ("at", "codec"), [(1, "utf-16-le"), (0, "utf-16-be"), (4095, "utf-16-le"), (4096, "utf-8")]
)
def test_zeros_at_the_beginning_are_utf_16(at, codec):
    if codec == "utf-8":
        assert read(b"a" * at + b"\0").encoding == codec
    elif at == 4095:
        assert read("中".encode("utf-16-be") * 2047 + b"a\0").encoding == "utf-16-be"
    else:
        assert read("ab".encode(codec)) == encoding.Text("ab", codec, "The text was read as UTF-16.")


def test_a_tenth_of_lines_may_be_utf_8_by_chance():
    utf8, other = "é".encode(), b"\xe9"
    assert read(b"\n".join([*[other] * 9, utf8])).encoding == "cp1252"
    for others in (8, 9):
        with pytest.raises(DataError, match=r"2 lines are UTF-8, line 3 is not \(byte 0xe9\)"):
            read(b"\n".join([b"", utf8, *[other] * others, utf8, b"plain"]))


def test_what_does_not_fit_names_its_byte_and_line():
    with pytest.raises(DataError, match=r"is not ascii: byte 3 \(line 3\)"):
        read(b"\n\nx\xe9", "ascii")
    with pytest.raises(DataError, match=r"says it is UTF-8-SIG and is not: byte . does not fit"):
        read(b"\xef\xbb\xbfa\xe9")
    with pytest.raises(DataError, match=r"is not utf-16: byte"):
        read(b"\xff\xfea", "utf-16")


def test_bytes_without_a_meaning_in_an_encoding_rule_it_out():
    defined = guess_encoding._defined("cp1252")
    assert sorted(set(range(256)) - set(defined)) == [0x81, 0x8D, 0x8F, 0x90, 0x9D]
    assert guess("я Очень хорошая вся Ёлка, яя".encode("cp1251")) == "cp1251"
    assert guess(b"a\x81\x8d\x8f\x90\x9d\xff") not in ("cp1252", "latin-1")
