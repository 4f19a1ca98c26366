"""Make the sample ``support_tickets``: 5,000 invented customer messages in which the truth is known.

    python sample_data/make_support_tickets.py

writes ``support_tickets.parquet`` and ``support_tickets_truth.json`` beside this file. The same version of
numpy gives the same rows. What is planted, and what each column means, stands in ``README.md``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from ticket_words import (  # noqa: E402
    CLOSINGS,
    GERMAN,
    LEADS,
    OPENINGS,
    RARE,
    REQUESTS,
    SLOTS,
    SPANISH,
    TOPICS,
)  # fmt: skip

SEED = 20_260
ROWS = 5_000
RARE_ROWS = 36
NEAR = 125
EXACT = 15
CUSTOMERS = 900
REGISTERS = {"formal": 0.44, "casual": 0.34, "terse": 0.22}
LANGUAGES = {"en": 0.84, "de": 0.09, "es": 0.07}
LICENCES = {"CC-BY-4.0": 0.68, "CC0-1.0": 0.22, "no-derivatives": 0.10}
REGIONS = {"north": 0.34, "west": 0.28, "south": 0.24, "islands": 0.14}
START = pd.Timestamp("2024-01-01T00:00:00Z")
DAYS = 731
SHORT = (
    ("I am ", "I'm "), ("cannot", "can't"), ("does not", "doesn't"), ("do not", "don't"), ("is not", "isn't"),
    ("has not", "hasn't"), ("have not", "haven't"), ("will not", "won't"), ("are not", "aren't"),
    ("did not", "didn't"), ("I would ", "I'd "), ("I have ", "I've "),
)  # fmt: skip


class Writer:
    """Draws words; one generator decides everything, so the order of calls is the order of the data."""

    def __init__(self, draw: np.random.Generator) -> None:
        self.draw = draw

    def one(self, options: Sequence[str]) -> str:
        """One of some wordings, all equally likely."""
        return options[int(self.draw.integers(len(options)))]

    def two(self, options: Sequence[str]) -> tuple[str, str]:
        """Two different wordings."""
        first, second = self.draw.choice(len(options), 2, replace=False)
        return options[int(first)], options[int(second)]

    def share(self, options: Mapping[str, float]) -> str:
        """One of some names, by their shares."""
        return str(self.draw.choice(list(options), p=list(options.values())))

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return int(self.draw.integers(low, high + 1))

    def slots(self, language: str) -> dict[str, Any]:
        """A value for every slot."""
        months, cities, people = self.two(SLOTS["month"]), self.two(SLOTS["city"]), self.two(SLOTS["person"])
        big = self.number(2_000, 90_000) / 100
        small = round(big * self.number(30, 90) / 100, 2)
        # Ordinals end in "th" on these days.
        days = self.draw.choice([*range(4, 21), *range(24, 29)], 2, replace=False)
        given, family = people[0].lower().split()
        values = {name: self.one(options) for name, options in SLOTS.items()}
        return values | {
            "month": months[0], "month2": months[1], "city": cities[0], "city2": cities[1],
            "person": people[0], "first": people[0].split()[0],
            "day": int(days[0]), "day2": int(days[1]),
            "days": self.number(3, 21), "few": self.number(2, 9), "hour": self.number(8, 11),
            "count": self.number(40, 900), "count2": self.number(5, 38), "percent": self.number(55, 99),
            "amount": money(big, language), "amount2": money(small, language),
            "order": f"{self.one('ABCD')}{self.number(10_000, 99_999)}",
            "invoice": f"{self.number(2023, 2025)}-{self.number(1_000, 9_999)}",
            "serial": f"{self.one('HKMR')}{self.number(100, 999)}-{self.number(1_000, 9_999)}",
            "error": f"E{self.number(100, 999)}",
            "version": f"{self.number(5, 7)}.{self.number(0, 9)}",
            "version2": f"{self.number(3, 4)}.{self.number(0, 9)}",
            "mail": f"{given}.{family}@example.org",
        }  # fmt: skip

    def body(self, topic: str, register: str, language: str, slots: Mapping[str, Any]) -> str:
        """A message in one register and language."""
        if language != "en":
            return self._foreign(topic, register, language, slots)
        words = TOPICS[topic]
        if register == "terse":
            return self._terse(topic, slots)
        parts = [self.one(OPENINGS[register])] if self.draw.random() < 0.8 else []
        lead = self.one(LEADS[register]).replace("{p}", self.one(words.problems))
        parts.append(lead if parts and register == "casual" else upper(lead))
        wanted = int(self.draw.choice(3, p=[0.15, 0.55, 0.3] if register == "formal" else [0.3, 0.55, 0.15]))
        parts += [words.details[int(at)] for at in self.draw.permutation(len(words.details))[:wanted]]
        if self.draw.random() < 0.8:
            parts.append(self.one(REQUESTS[register]).replace("{a}", self.one(words.asks)))
        if self.draw.random() < 0.75:
            parts.append(self.one(CLOSINGS[register]))
        text = " ".join(parts).format(**slots)
        if register == "casual":
            for long, short in SHORT:
                text = text.replace(long, short)
        return text

    def _terse(self, topic: str, slots: Mapping[str, Any]) -> str:
        words = TOPICS[topic]
        first, second = self.two(words.notes)
        text = first if self.draw.random() < 0.6 else f"{first} / {second}"
        tail = (
            "",
            "",
            ", urgent",
            ", {city}",
            ", again",
            ", see order {order}",
            " - since the {day2}th",
            " - call me",
        )
        return (text + self.one(tail)).format(**slots)

    def _foreign(self, topic: str, register: str, language: str, slots: Mapping[str, Any]) -> str:
        frame, words = (
            (GERMAN, TOPICS[topic].german) if language == "de" else (SPANISH, TOPICS[topic].spanish)
        )
        main = self.one(words[:2])
        if register == "terse":
            head = {"de": ("Kunde {serial}", "Vorgang {order}"), "es": ("Cliente {serial}", "Caso {order}")}
            return f"{self.one(head[language])}: {main}".format(**slots)
        # After a greeting German goes on in lower case, Spanish with a capital.
        casual = register == "casual"
        parts = [
            frame["open"][-1] if casual else self.one(frame["open"][:-1]),
            main if language == "de" else upper(main),
        ]
        rest = [words[2], words[3]]
        parts += rest if self.draw.random() < 0.45 else [self.one(rest)]
        parts.append(frame["close"][-1] if casual else self.one(frame["close"][:-1]))
        return " ".join(parts).format(**slots)

    def edited(self, text: str) -> str:
        """The same message, sent again with a small change."""
        way = self.number(0, 4)
        if way == 0:
            return f"{text} (Second attempt.)"
        if way == 1:
            return text.lower()
        if way == 2:
            return text.replace(".", "!", 1) if "." in text else f"{text}!!"
        words = text.split(" ")
        long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha()]
        if way == 3 and long:
            at = long[int(self.draw.integers(len(long)))]
            word = words[at]
            words[at] = word[:2] + word[3] + word[2] + word[4:]
            changed = " ".join(words)
            return changed if changed != text else f"{text} Thank you."
        return f"{text} Thank you."


def upper(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def money(value: float, language: str) -> str:
    """An amount in euros, written as the language does."""
    return f"€{value:.2f}" if language == "en" else f"{value:.2f}".replace(".", ",") + " €"


def topics_of(draw: np.random.Generator, count: int) -> list[str]:
    """The topic of every message; the rare one `RARE_ROWS` times exactly."""
    names = [name for name in TOPICS if name != RARE]
    shares = np.array([TOPICS[name].share for name in names])
    rest = draw.choice(len(names), count - RARE_ROWS, p=shares / shares.sum())
    found = [names[int(at)] for at in rest] + [RARE] * RARE_ROWS
    return [found[int(at)] for at in draw.permutation(count)]


def created_of(writer: Writer, topic: str) -> pd.Timestamp:
    """When a message came: more towards the end, and more in the topic's month."""
    season = TOPICS[topic].season
    day = DAYS * float(writer.draw.beta(1.6, 1.2))
    if season and writer.draw.random() < 0.35:
        first = pd.Timestamp(year=2024 + writer.number(0, 1), month=season, day=1, tz="UTC")
        day = (first - START).days + float(writer.draw.uniform(0, 28))
    return START + pd.Timedelta(seconds=round(min(day, DAYS - 1) * 86_400))


def customers(writer: Writer) -> pd.DataFrame:
    """Customers of very unequal size, each with one language, licence and region."""
    sizes = 1.0 / np.arange(1, CUSTOMERS + 1) ** 0.7
    return pd.DataFrame(
        {
            "customer": [f"C{at:04d}" for at in range(1, CUSTOMERS + 1)],
            "share": sizes / sizes.sum(),
            "language": [writer.share(LANGUAGES) for _ in range(CUSTOMERS)],
            "licence": [writer.share(LICENCES) for _ in range(CUSTOMERS)],
            "region": [writer.share(REGIONS) for _ in range(CUSTOMERS)],
        }
    )


def make(rows: int = ROWS, seed: int = SEED) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table and its truth.

    Returns:
        The table in file order, and the rare topic with its ids, the pairs of near-duplicates (original,
        copy), the pairs of exact duplicates, and the shares that were drawn from.
    """
    writer = Writer(np.random.Generator(np.random.PCG64(seed)))
    draw = writer.draw
    people = customers(writer)
    base = rows - NEAR - EXACT
    seen: set[str] = set()
    made: list[dict[str, Any]] = []
    for topic in topics_of(draw, base):
        who = people.iloc[int(draw.choice(CUSTOMERS, p=people["share"]))]
        language, register = str(who["language"]), writer.share(REGISTERS)
        for _ in range(1_000):
            slots = writer.slots(language)
            body = writer.body(topic, register, language, slots)
            if body not in seen:
                break
        else:
            raise ValueError(f"too few wordings of {topic} ({language}, {register})")
        seen.add(body)
        made.append(_row(writer, topic, register, language, slots, body, who))
    copies = _copies(writer, made, seen)
    return _numbered(writer, made, copies)


def _row(
    writer: Writer, topic: str, register: str, language: str, slots: Mapping[str, Any], body: str, who: Any
) -> dict[str, Any]:
    habits, draw = TOPICS[topic], writer.draw
    level = {"formal": 0.68, "casual": 0.55, "terse": 0.34}[register] + 0.0006 * min(len(body), 300)
    level = min(level, 0.9)
    subject = writer.one(habits.subjects).format(**slots) if language == "en" else None
    return {
        "subject": None if draw.random() < 0.06 else subject,
        "body": body,
        "topic": topic,
        "register": register,
        "language": language,
        "quality": round(float(draw.beta(12 * level, 12 * (1 - level))), 3),
        "minutes": round(float(habits.minutes * np.exp(habits.spread * draw.standard_normal())) + 0.5, 1),
        "created": created_of(writer, topic),
        "customer": who["customer"],
        "licence": who["licence"],
        "region": None if draw.random() < 0.03 else who["region"],
    }


def _copies(
    writer: Writer, made: list[dict[str, Any]], seen: set[str]
) -> list[tuple[int, str, dict[str, Any]]]:
    """(original, kind, copy): sent again by the same customer, lightly changed or not at all."""
    fit = [at for at, row in enumerate(made) if len(row["body"]) >= 60 and row["topic"] != RARE]
    chosen = writer.draw.choice(len(fit), NEAR + EXACT, replace=False)
    copies = []
    for turn, place in enumerate(chosen):
        original = made[fit[int(place)]]
        kind = "near" if turn < NEAR else "exact"
        body = original["body"]
        if kind == "near":
            while body in seen:
                body = writer.edited(body)
            seen.add(body)
        later = original["created"] + pd.Timedelta(seconds=writer.number(600, 3 * 86_400))
        minutes = round(max(1.0, original["minutes"] * 0.3), 1)
        copies.append(
            (fit[int(place)], kind, original | {"body": body, "created": later, "minutes": minutes})
        )
    return copies


def _numbered(
    writer: Writer, made: list[dict[str, Any]], copies: list[tuple[int, str, dict[str, Any]]]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows by time, with ids that tell neither topic nor time."""
    everything = [*made, *(copy for _, _, copy in copies)]
    ids = [f"T{int(number):05d}" for number in writer.draw.permutation(len(everything)) + 1]
    frame = pd.DataFrame(everything)
    frame.insert(0, "ticket_id", ids)
    pairs: dict[str, list[list[str]]] = {"near": [], "exact": []}
    for at, (original, kind, _) in enumerate(copies):
        pairs[kind].append([ids[original], ids[len(made) + at]])
    frame = frame.sort_values(["created", "ticket_id"], ignore_index=True)
    frame["created"] = frame["created"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if any(re.search(r"[{}]", text) for text in frame["body"]):
        raise ValueError("a slot was left open")
    truth = {
        "rows": len(frame),
        "seed": SEED,
        "rare_topic": RARE,
        "rare_ids": sorted(frame.loc[frame["topic"] == RARE, "ticket_id"]),
        "near_duplicates": sorted(pairs["near"]),
        "exact_duplicates": sorted(pairs["exact"]),
        "rows_by_topic": {str(k): int(v) for k, v in frame["topic"].value_counts().items()},
        "shares_drawn": {
            "register": REGISTERS,
            "language": LANGUAGES,
            "licence": LICENCES,
            "region": REGIONS,
        },
    }
    return frame, truth


def main() -> None:
    """Write the two files."""
    frame, truth = make()
    frame.to_parquet(HERE / "support_tickets.parquet", index=False, compression="zstd")
    text = json.dumps(truth, indent=1, ensure_ascii=False) + "\n"
    (HERE / "support_tickets_truth.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
