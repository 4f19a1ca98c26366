"""Reports that stand alone: one HTML file, no script, no network, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...analysis.comparison.answer import answer
from ...analysis.comparison.unmeasured import in_words, main_metrics
from ...analysis.random_band.judge import beside
from ...features.basis import distances
from ...foundation.durations import show_took
from ...foundation.environment import environment as here
from ...foundation.number_format import number
from ...foundation.wording import apart, count
from ...metrics.declaration import METRICS
from ...model.budget import came_to
from ...model.derived import Groups
from ...model.parameters import written_all
from ...model.selection import Selection
from ...strategies.declaration import STRATEGIES
from ...strategies.presets import Preset
from ..charts.strips_of_result import own_size_words, reach_words
from ..charts.theme import letter
from .rendering import render
from .svg_drawings import GroupBar, MapDrawing, Row, backdrop, bars, map_of, strip

if TYPE_CHECKING:
    from ...analysis.comparison.comparison import Comparison
    from ...analysis.comparison.measurements import StrategyResult
    from ...model.decision import Decision
    from ...study.artifacts import Artifacts

# ---- what both reports say -------------------------------------------------------------------------


def asked(study: Artifacts, eligible: int) -> list[tuple[str, Any]]:
    """The recipe in words."""
    recipe, data = study.recipe, study.data
    features = study.features() if study.has("features") else None
    marks = [
        f"{len(rows):,} {what}" for rows, what in ((recipe.pins, "pinned"), (recipe.bans, "banned")) if rows
    ]
    return [
        ("Data set", f"{data.name}, {count(len(data), 'row')}, fingerprint {data.fingerprint.digest}"),
        ("Eligible rows", f"{eligible:,}" if eligible != len(data) else "all"),
        ("Condition", recipe.where),
        ("Saved selection", recipe.only and f"{recipe.only.name}, {count(recipe.only.count, 'row')}"),
        ("Near", recipe.near and recipe.near.words),
        ("Pins and bans", ", ".join(marks)),
        ("Target", recipe.target and f"{recipe.target['name']}, fingerprint {recipe.target['fingerprint']}"),
        ("Distances", distances(study.spec, data, features) if features else "not used"),
        ("Groups", recipe.groups),
        ("Seed", recipe.seed),
    ]


@dataclass(frozen=True)
class Maps:
    """Subsets on one map: how it was laid out, the picture of all rows, and each subset."""

    method: str
    backdrop: str
    maps: list[MapDrawing]


def maps_of(
    study: Artifacts, selections: Sequence[tuple[int, str, Selection]], *, lettered: bool = True
) -> Maps | None:
    """Slots, titles and subsets on the map that is there, else on PCA; None where no features were made.

    Reports start no long work.
    """
    if not study.has("features"):
        return None
    layout = study.layout("umap" if study.has("layout-umap") else "pca")
    maps = [
        map_of(layout.xy, chosen.rows, slot, title, lettered=lettered) for slot, title, chosen in selections
    ]
    return Maps(layout.method.upper(), backdrop(layout.xy), maps)


def provenance(study: Artifacts, environment: Mapping[str, Any]) -> dict[str, Any]:
    """What made the features, and in which environment; notes of the data."""
    features = study.features() if study.has("features") else None
    libraries = environment.get("libraries") or {}
    present = [f"{name} {version}" for name, version in libraries.items() if version != "absent"]
    machine = f"{environment.get('python')} on {environment.get('system')} {environment.get('machine')}"
    # Sorted: kept in the store, a record comes back in another order than it had when it was made.
    made_by = sorted(features.made_by.items()) if features else []
    return {
        "made": [
            *((f"Features: {name}", spelled(value)) for name, value in made_by),
            ("Aliquot", environment.get("aliquot")),
            ("Python", machine),
            ("Processor multiplies bfloat16", "yes" if environment.get("bfloat16") else "no"),
            ("Libraries", ", ".join(present)),
        ],
        "notes": [*study.data.notes, *(features.notes if features else ())],
    }


def spelled(value: Any) -> str:
    """A value of a manifest for people: names with their values, lists with commas."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {spelled(part)}" for name, part in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return ", ".join(apart(spelled(part) for part in value))
    return str(value)


# ---- a subset ---------------------------------------------------------------------------------------


def subset_report(
    study: Artifacts,
    selection: Selection,
    manifest: Mapping[str, Any],
    groups: Groups | None = None,
    sign: Decision | None = None,
    *,
    slot: int | None = None,
) -> str:
    """The report of one subset: what was asked, what came out, who decided, how to check it.

    Args:
        study: Data set and recipe.
        selection: The subset.
        manifest: Its manifest, or a draft of it (its digest is not printed).
        groups: Groups where they were made.
        sign: The decision, if one was taken.
        slot: Its slot in the comparison that it was taken from, whose letter and hue it keeps; None for a
            subset that was drawn alone, which has no letter.
    """
    strategy = STRATEGIES[selection.strategy]
    weight = selection.weight
    weights = "none: no probability design stands behind this subset"
    if weight is not None and len(weight):
        low, high, total = (number(float(value)) for value in (weight.min(), weight.max(), weight.sum()))
        weights = f"{low} to {high}, sum {total}"
    return render(
        "subset_report.html",
        title=("" if slot is None else f"{letter(slot)} · ") + f"{selection.share} by {strategy.label}",
        strategy=strategy.sentence,
        created=manifest.get("created", ""),
        decision=[] if sign is None else _decision(sign),
        asked=[*asked(study, selection.population), *_result(selection)],
        notes=selection.notes,
        layout=maps_of(study, [(slot or 0, strategy.label, selection)], lettered=slot is not None),
        composition=[] if groups is None else _groups(study, selection, groups, slot),
        weights=[("Design weights", weights), ("Pinned rows", selection.pinned or "")],
        origin=provenance(study, manifest.get("environment", {})),
    )


def _decision(sign: Decision) -> list[tuple[str, str]]:
    word = "Approved" if sign.decision == "approve" else "Rejected"
    return [
        (f"{word} by", sign.who + (f", {sign.role}" if sign.role else "")),
        ("When", sign.when),
        ("Reason", sign.reason),
        ("Meaning", sign.meaning),
    ]


def _groups(study: Artifacts, selection: Selection, groups: Groups, slot: int | None) -> list[GroupBar]:
    """Groups of the subset beside the eligible rows."""
    eligible, kinds = study.eligible(), len(groups.names)
    everywhere = groups.codes if eligible is None else groups.codes[eligible]
    shares = np.bincount(everywhere, minlength=kinds) / max(1, len(everywhere))
    held = np.bincount(groups.codes[selection.rows], minlength=kinds) / max(1, len(selection))
    return bars(groups.names, shares, held[:, None], slots=[slot])[0]


def _result(selection: Selection) -> list[tuple[str, Any]]:
    return [
        ("Strategy", f"{selection.strategy}, version {selection.version}"),
        *([("Packages", spelled(selection.packages))] if selection.packages else []),
        ("Parameters", written_all(selection.params)),
        (
            "Budget",
            came_to(selection.asked, selection.budget)
            if selection.cost is None
            else selection.cost.budget.words,
        ),
        *([] if selection.cost is None else [("Cost", selection.cost.words)]),
        ("Time", show_took(selection.seconds, selection.estimated)),
    ]


# ---- a comparison -----------------------------------------------------------------------------------


def comparison_report(
    study: Artifacts,
    comparison: Comparison,
    environment: Mapping[str, Any] | None = None,
    *,
    question: Preset | None = None,
) -> str:
    """The report of a comparison: sentences, maps, metrics beside the band, composition, how to repeat it.

    Args:
        study: Data set and recipe.
        comparison: What `Study.compare` returned.
        environment: What is printed as the environment; this one if not given.
        question: What it was made to answer, if that is known.
    """
    return render(
        "comparison_report.html",
        **comparison_summary(study, comparison, environment, question=question),
        layout=maps_of(
            study,
            [
                (at, result.name, result.selections[0])
                for at, result in enumerate(comparison.results)
                if result.selections
            ],
        ),
        strips=[(row, strip(row)) for row in metric_rows(comparison)],
        composition=_composition(comparison),
        letters=[letter(at) for at in range(len(comparison.results))],
        overlap=_overlap(comparison),
        budget=comparison.asked,
        runs=runs(comparison, lambda _: "did not run"),
    )


def comparison_summary(
    study: Artifacts,
    comparison: Comparison,
    environment: Mapping[str, Any] | None = None,
    *,
    question: Preset | None = None,
) -> dict[str, Any]:
    """What the report of a comparison and its live page both say.

    Args:
        study: Data set and recipe.
        comparison: What was found.
        environment: What is printed as the environment; this one if not given.
        question: What it was made to answer, if that is known.
    """
    names = [f"{letter(at)} {result.name}" for at, result in enumerate(comparison.results)]
    return {
        "answer": answer(comparison, names, question).text,
        "title": f"{count(len(comparison.results), 'strategy')} at {comparison.asked}",
        "lines": [(result.name, comparison.sentence(at)) for at, result in enumerate(comparison.results)],
        "chance": chance_words(comparison),
        "narrow": narrow_words(comparison),
        "own_size": own_size_words(comparison),
        "headlines": in_words(comparison, main_metrics()),
        "metrics": _metrics(comparison),
        "words": in_words(comparison),
        "asked": asked(study, comparison.population),
        "origin": provenance(study, environment or here()),
    }


def runs(comparison: Comparison, absent: Callable[[StrategyResult], str]) -> list[tuple[object, ...]]:
    """Letter, strategy, parameters, runs and their time; what `absent` says where there are none."""
    return [
        (
            letter(at),
            result.name,
            written_all(result.choice.params),
            len(result.selections),
            show_took(result.seconds, result.estimated) if result.selections else absent(result),
        )
        for at, result in enumerate(comparison.results)
    ]


def chance_words(comparison: Comparison) -> str:
    """What values stand beside: "199 means of 3 uniform random subsets of the same size"."""
    band = comparison.band
    kind = comparison.beside.replace("random", "uniform random")
    return f"{band.size} {kind} {band.alike}" + (" (a preview)" if comparison.preview else "")


def narrow_words(comparison: Comparison) -> str:
    """What the stronger area is, where there is one; a sentence with a space before it."""
    if len(comparison.seeds) < 2:
        return ""
    many = comparison.seeds[-1]
    return f" The stronger part is for means of {many} seeds: what means of {many} random subsets reach."


def metric_rows(comparison: Comparison, names: Sequence[str] | None = None) -> list[Row]:
    """Headline metrics (or those named) as strips."""
    rows = []
    for name in comparison.headlines if names is None else names:
        metric = METRICS[name.removesuffix(".weighted")]
        reach = comparison.reach(name)
        values = {
            at: result.means[name] for at, result in enumerate(comparison.results) if name in result.means
        }
        strong = frozenset(
            at
            for at, verdicts in enumerate(comparison.verdicts)
            if name in verdicts and verdicts[name].marked
        )
        rows.append(
            Row(
                f"{metric.label} {metric.arrow or '↔ (right is higher, not better)'}",
                metric.sentence,
                metric.unit,
                reach.low,
                reach.high,
                values,
                strong,
                metric.direction == "lower",
                reach.means,
                f"{beside(reach.seeds)} reach {reach_words(reach, metric.unit, reach.seeds)}",
                {at: own for at in values if (own := comparison.own_reach(name, at)) is not None},
                metric.direction == "higher",
            )
        )
    return rows


def _metrics(comparison: Comparison) -> list[tuple[str, ...]]:
    """Every metric of every strategy: value, band, standing and words."""
    from ...analysis.comparison.measurements import Reach

    table = comparison.metrics_table()
    always = [
        comparison.band_of(at).always(name, len(result.selections))
        for at, result in enumerate(comparison.results)
        for name in comparison.metrics
        if name in result.means
    ]
    return [
        (
            row["label"],
            row["form"],
            row["strategy"],
            number(float(row["mean"]), str(row["unit"])),
            reach_words(Reach(row["band_low"], row["band_high"], row["seeds"], always=same), row["unit"]),
            "" if np.isnan(row["standing"]) else f"{float(row['standing']):.2f}",
            row["words"] or "preview",
        )
        for row, same in zip(table.to_dict("records"), always, strict=True)
    ]


def held_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shares of groups in subsets from their rows, shape (groups, subsets); NaN where a subset has none."""
    totals = counts.sum(axis=0)
    return np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)


def _composition(comparison: Comparison) -> list[GroupBar]:
    if comparison.composition is None:
        return []
    names, shares, counts = comparison.composition
    return bars(names, shares, held_shares(counts))[0]


def _overlap(comparison: Comparison) -> list[list[str]]:
    return [
        [f"{letter(at)} {result.name}", *("" if np.isnan(value) else f"{value:.2f}" for value in shares)]
        for at, (result, shares) in enumerate(zip(comparison.results, comparison.overlap, strict=True))
    ]
