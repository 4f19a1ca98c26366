"""What is said of a strategy, composed from what was found: the furthest by name, others by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...foundation.wording import count
from ...metrics.declaration import METRICS

if TYPE_CHECKING:
    from .measurements import Measurements


def furthest_metrics(measurements: Measurements, at: int) -> tuple[str | None, str | None]:
    """The headline metrics where a strategy is furthest on the good and on the bad side."""
    if measurements.preview:
        return None, None
    verdicts = measurements.verdicts[at]
    shown = [name for name in measurements.headlines if name in verdicts]

    def furthest(better: bool) -> str | None:
        marked = [name for name in shown if verdicts[name].better is better]
        sign = -1 if better else 1
        return min(marked, key=lambda name: (sign * verdicts[name].standing, shown.index(name)), default=None)

    return furthest(True), furthest(False)


def further(measurements: Measurements, at: int) -> str:
    """On how many metrics that are not named it is beyond luck: "better on 2 further metrics, worse on 1".

    All marks of the comparison count, those of weighted forms too: together with the named ones they are the
    filled dots of a strategy among all metrics.
    """
    named = furthest_metrics(measurements, at)
    sides = [
        verdict for name, verdict in measurements.verdicts[at].items() if verdict.marked and name not in named
    ]
    parts: list[str] = []
    for better, said in ((True, "better on"), (False, "worse on"), (None, "unlike chance on")):
        many = sum(verdict.better is better for verdict in sides)
        if many:
            parts.append(f"{said} {many if parts else count(many, 'further metric')}")
    return ", ".join(parts)


def verdict_phrases(measurements: Measurements, at: int) -> list[str]:
    """What is said of a strategy over all its seeds, small at the start; empty in a preview."""
    if measurements.preview or not measurements.results[at].selections:
        return []
    verdicts, facts = measurements.verdicts[at], []
    good, bad = furthest_metrics(measurements, at)
    if good is not None:
        facts.append(f"{inside(METRICS[good].label)} {verdicts[good].words}")
    if bad is not None:
        facts.append(f"gives up {inside(METRICS[bad].label)}, {verdicts[bad].words}")
    rest = further(measurements, at)
    if not facts:
        nothing = measurements.band_of(at).nothing
        facts.append(f"{nothing} on the main metrics" if rest else nothing)
    return [*facts, rest] if rest else facts


def sentence(measurements: Measurements, at: int) -> str:
    """One plain sentence on a strategy.

    Chance words stand only where a metric lies beyond the full band; a preview states counts alone. The
    share of the least represented group is named where group shares are worse than luck would have them.
    """
    result = measurements.results[at]
    if not result.selections:
        return f"Did not run: {result.reason}."
    verdicts, facts = measurements.verdicts[at], verdict_phrases(measurements, at)
    group = measurements.worst[at]
    if group is not None:
        # A share that luck explains would read like a flaw, so it is named only beyond the band.
        unfair = any(
            name in verdicts and verdicts[name].better is False for name in ("smallest-ratio", "group-shares")
        )
        if group.held == 0:
            facts.append(f"holds no row of “{group.name}”")
        elif unfair:
            facts.append(f"holds “{group.name}” at {100 * group.ratio:.0f} % of its share")
    first = result.selections[0]
    if first.draws > len(first):
        facts.append(first.size)
    if first.cost is not None:
        facts.append(f"{first.size}, {first.cost.words}")
    if result.band is not None and result.band.held:
        facts.append(f"judged beside random subsets of its own size, {result.band.size_words}")
    if not facts:
        facts.append(f"{len(first):,} of {count(measurements.population, 'row')}")
    text = "; ".join(facts)
    return text[0].upper() + text[1:] + "."


def inside(label: str) -> str:
    """A label inside a sentence: small at the start, except names and abbreviations."""
    return label if label.startswith(("Vendi", "MMD")) else label[0].lower() + label[1:]
