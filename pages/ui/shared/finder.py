"""Finding a strategy, metric or word: by what is wanted, by family, and by a forgiving search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.features.declaration import EMBEDDERS
from core.metrics.declaration import QUESTIONS, Metric
from core.model.needs import Need
from core.model.promises import Weight
from core.strategies.declaration import STRATEGIES, Strategy
from core.strategies.running.needs import needs_of
from core.strategies.wishes import Wish

# What a family is called, and what decides in it; a family that is not named here is shown by its own name.
FAMILIES = {
    "probability": ("Probability", "Chance decides, by a rule that is known beforehand."),
    "geometry": ("Geometry", "Distances decide: rows cover the data, spread over it or stand in for it."),
    "model": ("Model", "A model decides: rows that it would learn most from, or that span what it sees."),
    "redundancy": ("Redundancy", "Likeness decides: copies and near-copies leave first."),
    "quality": ("Quality", "A score of each row decides, beside something that keeps variety."),
    "target": ("Target", "Examples decide: rows that resemble them come first."),
}


# ---- families ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """Things that belong together, under one heading."""

    title: str
    about: str
    things: tuple[Any, ...]


def _sort(thing: Any) -> tuple[str, str]:
    """Heading of a thing, and a sentence below it."""
    if isinstance(thing, Strategy):
        return FAMILIES.get(thing.family, (thing.family[:1].upper() + thing.family[1:], ""))
    if isinstance(thing, Metric):
        return QUESTIONS[thing.question], ""
    if thing.id in EMBEDDERS and EMBEDDERS[thing.id] is thing:
        return "Features", "What distances are measured on."
    return "Groups", "How kinds of rows are found."


def by_heading(things: Iterable[Any]) -> list[Section]:
    """Things under the heading of their kind: families in the order of `FAMILIES`, others as they come."""
    found: dict[tuple[str, str], list[Any]] = {}
    for thing in things:
        found.setdefault(_sort(thing), []).append(thing)
    known = list(FAMILIES.values())
    titles = sorted(found, key=lambda one: known.index(one) if one in known else len(known))
    return [Section(title, about, tuple(found[title, about])) for title, about in titles]


def family(strategy: Strategy) -> str:
    """Heading of a strategy's family."""
    return _sort(strategy)[0]


def in_order(things: Iterable[Any]) -> list[Any]:
    """Things in the order in which their headings come."""
    return [thing for part in by_heading(things) for thing in part.things]


# ---- wishes ------------------------------------------------------------------------------------------


def wishes() -> dict[Wish, tuple[str, ...]]:
    """What people want of a subset, and the strategies that declare to answer it; none unanswered."""
    found = {wish: tuple(one.id for one in STRATEGIES if wish in one.answers) for wish in Wish}
    return {wish: ids for wish, ids in found.items() if ids}


def properties() -> dict[str, tuple[str, ...]]:
    """What else can be asked of a strategy, read off its declaration; what none or all have is left out."""
    tests: dict[str, Callable[[Strategy], bool]] = {
        "gives design weights": lambda one: one.weight is not Weight.NONE,
        "needs no features": lambda one: not needs(one) & {Need.FEATURES, Need.TEXT},
        "follows groups": lambda one: Need.GROUPS in needs(one),
        "uses a score": lambda one: Need.SCORES in needs(one),
        "is the same for every seed": lambda one: one.promises.deterministic,
        "can be cut shorter later": lambda one: one.nested({}),
        "comes with a guarantee": lambda one: bool(one.promises.bound),
    }
    found = {name: tuple(one.id for one in STRATEGIES if test(one)) for name, test in tests.items()}
    return {name: ids for name, ids in found.items() if 0 < len(ids) < len(STRATEGIES)}


def needs(thing: Any) -> set[Need]:
    """What a thing needs as it comes, with default parameters."""
    return needs_of(thing.id, {}) if isinstance(thing, Strategy) else set(getattr(thing, "needs", ()))


@dataclass(frozen=True)
class WishMatches:
    """Strategies for some wishes.

    Args:
        found: Those that answer most of them.
        met: How many wishes each of these answers.
        asked: How many were asked.
    """

    found: tuple[Strategy, ...]
    met: int
    asked: int

    @property
    def words(self) -> str:
        """What has to be said about it; "" where all of them answer everything."""
        if self.met == self.asked:
            return ""
        many = f"all {self.asked}" if self.asked > 2 else "both"
        return f"No strategy here answers {many}. These answer {self.met} of {self.asked}."


def best_for(strategies: Sequence[Strategy], asked: Iterable[Wish]) -> WishMatches:
    """The strategies that answer all wishes; where none does, those that answer most, if any answers one."""
    wanted = frozenset(asked)
    met = {one.id: len(one.answers & wanted) for one in strategies}
    most = max(met.values(), default=0)
    if wanted and not most:
        return WishMatches((), 0, len(wanted))
    return WishMatches(tuple(one for one in strategies if met[one.id] == most), most, len(wanted))


# ---- search ------------------------------------------------------------------------------------------


def matching(things: Iterable[Any], search: str, told: Callable[[Any], str]) -> list[Any]:
    """Things in whose text every word of the search begins a word.

    Capitals, accents and the signs between words make no difference: "K center", "k-center" and "kcenter" are
    the same.

    Args:
        things: What is searched, kept in order.
        search: What was typed.
        told: The text of a thing.
    """
    words = _plain(search).split()
    return [thing for thing in things if all(f" {word}" in _index(told(thing)) for word in words)]


def named(things: Sequence[Any], search: str) -> Any:
    """Of things that were found, the one whose name was typed; else the first."""
    return next(iter(matching(things, search, lambda one: f"{one.id} {one.label}")), things[0])


def _plain(text: str) -> str:
    """Small letters without accents, words separated by single spaces."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"\w+", bare.casefold().replace("_", " ")))


@lru_cache(maxsize=512)
def _index(text: str) -> str:
    """A text to be searched: its words, and its compounds written as one ("k-center" also as "kcenter")."""
    joined = (_plain(word).replace(" ", "") for word in re.findall(r"\w+(?:[-–‑'’]\w+)+", text))
    return " ".join(["", _plain(text), *joined])
