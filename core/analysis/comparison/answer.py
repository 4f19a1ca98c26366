"""What a comparison answers to the question it was made for: one line of facts, and the subset it leads to.

Nothing is weighed or scored here. A question names its metrics, most telling first (`strategies.presets`); a
mark beyond the random band says better or worse than luck; "best" is said of a subset that is ahead of the
second by more than luck gives (`leader`). The subset that is named has the best marks when they are read in
the question's order, and its first one must be on the good side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...foundation.wording import apart, listed, verb
from ...metrics.declaration import METRICS
from ...model.recipe import Choice
from ...strategies.declaration import STRATEGIES
from ...strategies.presets import YARDSTICK, Preset
from .sentences import furthest_metrics, inside

if TYPE_CHECKING:
    from .measurements import Measurements

PROPORTIONAL = "stratified"
"""The probability design to fall back on; where it cannot run, `YARDSTICK`."""
_DESIGNS = {PROPORTIONAL: "proportional stratified sampling", YARDSTICK: "uniform random rows"}
_WEIGHTS = " whose weights estimate totals and means of the whole"
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")

Marks = Mapping[str, bool | None]


@dataclass(frozen=True)
class Answer:
    """One line, and where it leads.

    Args:
        question: As people ask it; "" where none was asked.
        facts: What was found, without the question and the full stop.
        take: Index of the result that the line leads to; None where it names none.
        add: A design that it recommends and that was not compared; None where there is none to add.
        so_far: Something asked for is still missing.
    """

    question: str
    facts: str
    take: int | None = None
    add: Choice | None = None
    so_far: bool = False

    @property
    def text(self) -> str:
        """The whole line."""
        head = f"For “{self.question}”" if self.question else "On the main metrics"
        return f"{head}{', so far' if self.so_far else ''}: {self.facts}."


def answer(measurements: Measurements, names: Sequence[str], preset: Preset | None = None) -> Answer:
    """The answer to a question.

    Args:
        measurements: A comparison.
        names: What each strategy is called in the line: a letter, or its name.
        preset: The question; None for the reader's own choice of strategies, which names no subset unless
            nothing beats chance.

    Returns:
        Its line. Nothing is said of luck in a preview. Where nothing beats chance on what the question looks
        at first, it leads to a probability design: proportional stratified, else uniform random. O(strategies
        × metrics).
    """
    asked = "" if preset is None else preset.question
    ran = [at for at, result in enumerate(measurements.results) if result.selections]
    if not ran:
        return Answer(asked, "none of these strategies ran")
    if measurements.preview:
        size = measurements.band.size
        return Answer(asked, f"nothing can be said beside {size} random subsets; the full band tells")
    wanted = measurements.headlines if preset is None else preset.metrics
    wanted = tuple(name for name in wanted if METRICS[name].direction != "none")
    known = [name for name in wanted if any(name in measurements.verdicts[at] for at in ran)]
    line = _Line(measurements, names, ran, known)
    if preset is None:
        facts, named = line.overview(), None
    else:
        named = line.named()
        facts = line.nobody() if named is None else line.of(named)
    if preset is not None and (lacking := [name for name in wanted if name not in known]):
        facts.append(f"{listed(_labels(lacking))} {verb(len(lacking), 'was', 'were')} not measured")
    add = None
    if named is None and (preset is not None or not any(line.better.values())):
        named, add, told = line.design()
        facts += [told] if told else []
    return Answer(asked, "; ".join(facts), named, add, measurements.partial)


@dataclass(frozen=True)
class _Line:
    """The parts of a line: `ran` are indices of results, `known` metrics in the order of the question."""

    measurements: Measurements
    names: Sequence[str]
    ran: Sequence[int]
    known: Sequence[str]

    def mark(self, at: int, name: str) -> bool | None:
        """Whether a subset is better or worse than luck; None where it is neither."""
        verdict = self.measurements.verdicts[at].get(name)
        return None if verdict is None else verdict.better

    def rank(self, at: int) -> tuple[int, ...]:
        """Marks in the order of the question: 2 best, 1 better than luck, 0 neither, −1 worse."""
        first = self.measurements.best
        return tuple(
            2 if first.get(name) == at else {True: 1, False: -1, None: 0}[self.mark(at, name)]
            for name in self.known
        )

    @property
    def better(self) -> dict[str, tuple[int, ...]]:
        """Per metric those that are better than luck."""
        return {name: tuple(at for at in self.ran if self.mark(at, name)) for name in self.known}

    def weighted(self, at: int) -> bool:
        """Whether the rows of a subset have design weights."""
        return self.measurements.results[at].selections[0].weight is not None

    def named(self) -> int | None:
        """The subset with the best marks, of equal ones one with weights; None where luck is as good."""
        first = max(self.ran, key=lambda at: (self.rank(at), self.weighted(at), -at))
        return first if self.rank(first) > (0,) * len(self.known) else None

    def of(self, at: int) -> list[str]:
        """What is said of a named subset: its marks, its rivals, what it gives up, what others reach."""
        m, name = self.measurements, self.names[at]
        good = [metric for metric in self.known if self.mark(at, metric)]
        first = [metric for metric in good if m.best.get(metric) == at]
        rest = [metric for metric in good if metric not in first]
        said = [f"best on {listed(_labels(first))}"] if first else []
        said += [f"better than luck on {listed(_labels(rest))}"] if rest else []
        facts = [f"{name} is {' and '.join(said)}"]
        if good[0] not in first and (rivals := [one for one in self.better[good[0]] if one != at]):
            also = listed([self.names[one] for one in rivals])
            facts.append(
                f"so {verb(len(rivals), 'is', 'are')} {also} on {_labels(good[:1])[0]}, "
                "and luck can give the difference"
            )
        bad = [metric for metric in self.known if self.mark(at, metric) is False]
        bad = bad or [metric for metric in furthest_metrics(m, at)[1:] if metric is not None]
        if bad:
            facts.append(f"{name} gives up {listed(_labels(bad))}, worse than luck")
        return [*facts, *self.others(set(good)), *self.nothing()]

    def overview(self) -> list[str]:
        """What is said without a question: who beats luck on what."""
        if not self.known:
            return ["nothing was measured that has a better side"]
        facts = self.others(set())
        many = sum(not who for who in self.better.values())
        if many:
            which = f"the other {many}" if facts else f"any of the {many}"
            facts.append(f"{_nobody(len(self.ran))} beats luck on {which}")
        return facts

    def others(self, without: set[str]) -> list[str]:
        """Who beats luck on metrics that are not told yet, and what that costs; those alike together."""
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
        for at in self.ran:
            good = tuple(metric for metric in self.known if self.mark(at, metric) and metric not in without)
            if good:
                bad = tuple(metric for metric in self.known if self.mark(at, metric) is False)
                alike.setdefault((good, bad), []).append(self.names[at])
        facts = []
        for good, bad in sorted(alike, key=lambda marks: self.known.index(marks[0][0])):
            who = alike[good, bad]
            fact = f"{listed(who)} {verb(len(who), 'beats', 'beat')} luck on {listed(_labels(good))}"
            if bad:
                fact += f" but {verb(len(who), 'is', 'are')} worse than luck on {listed(_labels(bad))}"
            facts.append(fact)
        return facts

    def nothing(self) -> list[str]:
        """On which metrics nobody beats luck."""
        metrics = [metric for metric, who in self.better.items() if not who]
        return [f"{_nobody(len(self.ran))} beats luck on {_either(_labels(metrics))}"] if metrics else []

    def nobody(self) -> list[str]:
        """What is said where luck is as good: who beats it elsewhere, and what that costs."""
        return [*self.nothing(), *self.others(set())] or ["nothing was measured that answers it"]

    def design(self) -> tuple[int | None, Choice | None, str]:
        """The probability design to take, or to add, and what is said of it."""
        m = self.measurements
        for wanted in (PROPORTIONAL, YARDSTICK):
            tried = [at for at, result in enumerate(m.results) if _is_design(result.choice, wanted)]
            sound = [at for at in tried if at in self.ran and self.rank(at) >= (0,) * len(self.known)]
            if sound:
                at = sound[0]
                good = _WEIGHTS if self.weighted(at) else ""
                return at, None, f"so take {self.names[at]}, a probability design{good}"
            possible = m.composition is not None or wanted == YARDSTICK
            if not tried and possible:
                told = f"so add {_DESIGNS[wanted]}, a probability design{_WEIGHTS}"
                return None, Choice(wanted), told
        return None, None, ""


def _is_design(choice: Choice, wanted: str) -> bool:
    """Whether a choice is the uniform random one, or groups in proportion with uniform rows within."""
    if choice.id != wanted:
        return False
    params = STRATEGIES[wanted].check(choice.params)
    return wanted == YARDSTICK or (
        params["allocation"] == "proportional" and params["within"]["id"] == YARDSTICK
    )


def _labels(metrics: Sequence[str]) -> list[str]:
    return [inside(METRICS[name].label) for name in metrics]


def _either(names: Sequence[str]) -> str:
    """Names of which one is enough.

    Example:
        >>> _either(["a"]), _either(["a", "b", "c"])
        ('a', 'a, b or c')
    """
    known = apart(names)
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} or {known[-1]}"


def _nobody(many: int) -> str:
    """None of so many.

    Example:
        >>> _nobody(1), _nobody(2), _nobody(4), _nobody(12)
        ('it never', 'neither of the two', 'none of the four', 'none of the 12')
    """
    if many < 3:
        return "it never" if many == 1 else "neither of the two"
    return f"none of the {_NUMBERS[many] if many < len(_NUMBERS) else many}"
