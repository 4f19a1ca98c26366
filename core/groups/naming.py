"""Names of groups: by what sets them apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.words import spelled, words
from ..model.derived import Features

WORDS = 3
TEXTS_PER_GROUP = 2_000
PARTS = 2
MORE = 2  # further words or differences that may tell two groups of the same name apart
CLEAR = 0.3  # standard deviations that are worth a name

# Words that say nothing about a topic; English ones come with scikit-learn, those of other scripts than Latin
# with stopwordsiso, whose lists for Latin letters would take words of one language from another.
_GERMAN = """aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim
bin bis bist bitte da damit dann das dass dein deine dem den denn der des dich die dies diese diesem
diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einmal er es etwas euch euer
eure für gegen habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
im immer in indem ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine keinem keinen keiner
können könnte man manche mehr mein meine meinem meinen meiner mich mir mit muss müssen nach nicht nichts
noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so soll sollte
sondern sonst um und uns unser unsere unseren unter vom von vor war waren warum was weil weiter welche
welcher wenn wer werde werden wie wieder will wir wird wirklich wo wurde wurden würde zu zum zur zwar
zwischen"""
_SPANISH = """al algo alguna algunas alguno algunos ante antes aquí así aunque aún bien cada como con
contra cual cuando cuándo cómo de del desde donde dos durante el él ella ellas ellos en entre era es esa
esas ese eso esos esta estaba estado estamos estar estas este esto estos estoy está están fue fueron
gracias ha había hace hacer hago han hasta hay he hemos la las le les lo los más me mi mientras mis mucho
muchos muy nada ni no nos nosotros nuestra nuestras nuestro nuestros nunca os otra otras otro otros para
pero poco por porque pueda pueden puede puedo que quién qué quiero se sea ser si sido siempre sin sobre
solo son soy su sus sí sólo también tan tanto te tengo ti tiene tienen todo todos todas toda tu tus un
una unas uno unos usted ustedes va vez ya yo"""
_FRENCH = """ai alors au aussi autre aux avait avant avec avez avoir avons bien bon bonjour car ce cela
ces cet cette chez comme comment dans de des deux donc du elle elles en encore entre est et eu fait faire
fois font ici il ils je jusque la le les leur leurs lui là ma mais me merci mes moi moins mon même ne ni
nos notre nous on ont ou où par parce pas pendant peu peut peux plus pour pourquoi pouvez puis qu quand
que quel quelle quelles quels qui quoi sa sans se sera ses si soit son sont sous suis sur ta te tes toi
ton tous tout toute toutes très tu un une vers vos votre vous été êtes être"""
_COURTESY = """hello hi dear sir madam thanks thank please regards sincerely cheers hallo moin danke dank
vielen gruß grüße grüßen lieber liebe freundlichen guten tag damen herren geehrte geehrter viele hola
saludos saludo cordial buenos buenas días tardes favor estimado estimada estimados muchas señor señora
señores bonjour salut cordialement remercie madame monsieur
您好 你好 谢谢 感谢 请 请问 麻烦 お願い 致します 안녕하세요 감사합니다 नमस्ते कृपया धन्यवाद สวัสดี ครับ ค่ะ คะ ขอบคุณ
กรุณา مرحبا شكرا السلام عليكم здравствуйте спасибо пожалуйста привет"""
_LISTED = (
    "ar",
    "bg",
    "bn",
    "el",
    "fa",
    "gu",
    "he",
    "hi",
    "hy",
    "ja",
    "ko",
    "mr",
    "ru",
    "th",
    "uk",
    "ur",
    "zh",
)
FUNCTION_WORDS = frozenset(f"{_GERMAN} {_SPANISH} {_FRENCH} {_COURTESY}".split())


@cache
def _other_scripts() -> frozenset[str]:
    """Function words of languages that are not written in Latin letters."""
    from stopwordsiso import stopwords

    found = {word for word in stopwords(list(_LISTED)) if not any(map(str.isascii, word))}
    # Thai am, which some lists write in two signs.
    return frozenset(found | {word.replace("\u0e4d\u0e32", "\u0e33") for word in found})


class _Shown(dict[str, bool]):
    """Whether a word may stand in a name, decided once for each."""

    def __init__(self, english: Collection[str]) -> None:
        super().__init__()
        self.english = english

    def __missing__(self, word: str) -> bool:
        empty = word in FUNCTION_WORDS or word in self.english
        empty = empty or (not word.isascii() and word in _other_scripts())
        self[word] = spelled(word) and not empty
        return self[word]


def by_words(texts: Sequence[str], codes: Rows, count: int) -> list[str]:
    """Three words per group by class-based TF-IDF (Grootendorst, 2022): frequent here, rare elsewhere.

    Words are split by `core.foundation.words`, whatever the script. Function words of English, German,
    Spanish, French and languages in other scripts are left out, courtesies too, and so is the plural of a
    word that is there. At most `TEXTS_PER_GROUP` texts of a group are read (the first in canonical
    order, which is random). A group without words gets "".
    """
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    rows = np.concatenate([np.flatnonzero(codes == code)[:TEXTS_PER_GROUP] for code in range(count)])
    shown = _Shown(ENGLISH_STOP_WORDS)
    counter = CountVectorizer(
        analyzer=lambda text: [word for word in words(text.lower()) if shown[word]], dtype=np.float64
    )
    try:
        held = counter.fit_transform([texts[row] for row in rows])
    except ValueError:
        return [""] * count
    known = counter.get_feature_names_out()
    member = csr_array((np.ones(len(rows)), (codes[rows], np.arange(len(rows)))), shape=(count, len(rows)))
    if count * len(known) > 5e7:
        return [""] * count
    per_group = (member @ csr_array(held)).toarray()
    total = per_group.sum(axis=0)
    size = np.maximum(per_group.sum(axis=1, keepdims=True), 1)
    average = float(size.mean())
    score = per_group / size * np.log1p(average / total)
    ranked = []
    for row, held_here in zip(score, per_group, strict=True):
        best: list[str] = []
        for at in np.lexsort((known, -row))[: 4 * (WORDS + MORE)]:
            word = str(known[at])
            if held_here[at] > 0 and not any(same_word(word, other) for other in best):
                best.append(word)
        ranked.append(best)
    return told_apart(ranked, WORDS)


def same_word(a: str, b: str) -> bool:
    """Whether one is the other with an ending of one or two letters: a plural or an inflection.

    Example:
        >>> same_word("nodes", "node"), same_word("box", "boxes"), same_word("port", "portal-id")
        (True, True, False)
    """
    short, long = sorted((a, b), key=len)
    return len(short) > 2 and long.startswith(short) and len(long) - len(short) <= 2


def by_differences(features: Features, codes: Rows, count: int) -> list[str]:
    """Each group's two dimensions farthest from the mean in standard deviations: "high alcohol, low hue".

    A third and fourth are added only where two groups would bear the same name.
    """
    x = np.asarray(features.matrix, dtype=np.float64)
    spread = x.std(axis=0)
    spread[spread == 0] = np.inf
    mean = x.mean(axis=0)
    ranked = []
    for code in range(count):
        gap: NDArray[np.float64] = (x[codes == code].mean(axis=0) - mean) / spread
        parts: dict[str, str] = {}  # one per column
        # Ties: what a group has before what it lacks.
        for at in np.lexsort((np.arange(len(gap)), gap < 0, -np.abs(gap).round(6))):
            if abs(gap[at]) < CLEAR or len(parts) == PARTS + MORE:
                break
            column, equals, level = features.names[at].partition(" = ")
            if equals:
                parts.setdefault(column, f"{column} {'=' if gap[at] > 0 else 'not'} {level}")
            else:
                parts.setdefault(column, f"{'high' if gap[at] > 0 else 'low'} {column}")
        ranked.append(list(parts.values()))
    return told_apart(ranked, PARTS)


def told_apart(ranked: Sequence[Sequence[str]], wanted: int) -> list[str]:
    """Names from the first `wanted` parts of each group, longer by up to `MORE` where names are the same.

    Parts are compared as sets: the same parts in another order are no different name.

    Example:
        >>> told_apart([["a", "b", "c"], ["b", "a", "d"], ["e", "f", "g"]], 2)
        ['a, b, c', 'b, a, d', 'e, f']
    """
    length = [min(wanted, len(parts)) for parts in ranked]
    for _ in range(MORE):
        held = [frozenset(parts[:size]) for parts, size in zip(ranked, length, strict=True)]
        twice = [at for at, parts in enumerate(held) if parts and held.count(parts) > 1]
        for at in twice:
            length[at] = min(length[at] + 1, len(ranked[at]))
    return [", ".join(parts[:size]) for parts, size in zip(ranked, length, strict=True)]
