"""Encodings are told by all distinct words, whatever the order of the lines."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.io import load
from core.io.encoding import _is_common, guess

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
    ("mark", "codec", "recorded"),
    [
        ("\ufeff", "utf-8", "utf-8"),
        ("\ufeff", "utf-16-le", "utf-16"),
        ("\ufeff", "utf-16-be", "utf-16"),
        ("", "utf-16-le", "utf-16-le"),
        ("", "utf-16-be", "utf-16-be"),
    ],
)
def test_unicode_is_told_by_its_mark_or_by_its_zeros(mark, codec, recorded):
    raw = (mark + table(SENTENCES["Polish"][1])).encode(codec)
    data = load(raw, name="file")
    assert (list(data.frame.columns), data.reading["encoding"]) == (["id", "text"], recorded)
    assert any("was read as UTF-16" in note for note in data.notes) == (codec != "utf-8")
    assert data.frame.equals(load(table(SENTENCES["Polish"][1]).encode(), name="file").frame)


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
