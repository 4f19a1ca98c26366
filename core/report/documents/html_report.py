"""Reports that stand alone: one HTML file, no script, no network, light and dark."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...analysis.comparison.unmeasured import in_words, main_metrics
from ...analysis.random_band.measure import beside
from ...foundation.durations import show_took
from ...foundation.number_words import number
from ...foundation.wording import apart, count
from ...model.budget import came_to
from ...model.registry import written_all
from ..charts.strips_of_result import own_size_words, reach_words
from ..charts.theme import FONT, letter
from .svg_drawings import Row, backdrop, badge, bars, map_of, strip, style

if TYPE_CHECKING:
    from ...analysis.comparison.result import Comparison
    from ...model.decision import Decision
    from ...model.derived import Groups, Layout
    from ...model.selection import Selection
    from ...study.artifacts import Artifacts

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LOOK = (
    "body{margin:0 auto;padding:2rem 1.2rem 4rem;max-width:1000px;background:var(--paper);color:var(--text);"
    "line-height:1.5}h1{font-size:1.7rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}"
    "table{border-collapse:collapse;font-size:.92rem}th,td{text-align:left;padding:.22rem .9rem .22rem 0;"
    "vertical-align:top;border-bottom:1px solid var(--band)}th{font-weight:600}.muted{color:var(--muted);"
    "font-size:.9rem}.maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:1rem}"
    "figure{margin:0}figure svg,.strip svg{width:100%;height:auto;display:block}"
    ".strip{margin:.9rem 0;max-width:640px}"
    ".k{color:var(--paper);border-radius:9px;padding:0 .45em}pre{background:var(--band);padding:.7rem;"
    "overflow-x:auto;border-radius:6px}details{margin:.6rem 0}"
    "td{overflow-wrap:anywhere}.scroll{overflow-x:auto}"
)


def escape(value: object) -> str:
    """Text of any origin, fit for HTML."""
    return html.escape(str(value))


def page(title: str, parts: Iterable[str], *, policy: str = _POLICY) -> str:
    """A whole document; `policy` says what it may load, by default nothing at all."""
    keys = "".join(f".h{at}{{background:var(--h{at})}}" for at in range(8))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style()}body{{font-family:{FONT}}}{_LOOK}{keys}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    """A heading with what stands below it; nothing where there is nothing to say."""
    body = "".join(parts)
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def pairs(items: Iterable[tuple[str, Any]]) -> str:
    """A table of names and values; empty values are left out."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in items
        if value not in ("", None)
    )
    return f"<table>{rows}</table>" if rows else ""


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain table."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def said(lines: Iterable[str]) -> str:
    """Sentences as a list."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


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
        ("Rows by hand", ", ".join(marks)),
        ("Target", recipe.target and f"{recipe.target['name']}, fingerprint {recipe.target['fingerprint']}"),
        ("Distances", features.label if features else "not used"),
        ("Groups", recipe.groups),
        ("Seed", recipe.seed),
    ]


def layout_of(study: Artifacts) -> Layout | None:
    """The layout that is there, else PCA where there are features; reports start no long work."""
    if not study.has("features"):
        return None
    return study.layout("umap" if study.has("layout-umap") else "pca")


def provenance(study: Artifacts, environment: Mapping[str, Any]) -> str:
    """What made the features, and in which environment."""
    features = study.features() if study.has("features") else None
    libraries = environment.get("libraries") or {}
    made = [
        (f"Features: {name}", spelled(value))
        for name, value in (features.made_by if features else {}).items()
    ]
    here = [
        ("Aliquot", environment.get("aliquot")),
        (
            "Python",
            f"{environment.get('python')} on {environment.get('system')} {environment.get('machine')}",
        ),
        ("Processor multiplies bfloat16", "yes" if environment.get("bfloat16") else "no"),
        (
            "Libraries",
            ", ".join(f"{name} {number}" for name, number in libraries.items() if number != "absent"),
        ),
    ]
    notes = [*study.data.notes, *(features.notes if features else ())]
    return pairs([*made, *here]) + said(notes)


def spelled(value: Any) -> str:
    """A value of a manifest for people: names with their values, lists with commas."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {spelled(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(apart(spelled(part) for part in value))
    return str(value)


def composition(names: Sequence[str], codes: NDArray[np.int64], rows: NDArray[np.int64]) -> str:
    """Groups of one subset beside the data set."""
    kinds = len(names)
    shares = np.bincount(codes, minlength=kinds) / max(1, len(codes))
    held = np.bincount(codes[rows], minlength=kinds) / max(1, len(rows))
    return bars(names, shares, held[:, None])


# ---- a subset ---------------------------------------------------------------------------------------


def subset_report(
    study: Artifacts,
    selection: Selection,
    manifest: Mapping[str, Any],
    groups: Groups | None = None,
    sign: Decision | None = None,
) -> str:
    """The report of one subset: what was asked, what came out, who decided, how to check it.

    Args:
        study: Data set and recipe.
        selection: The subset.
        manifest: Its manifest, or a draft of it (its digest is not printed).
        groups: Groups where they were made.
        sign: The decision, if one was taken.
    """
    from ...strategies.declaration import STRATEGIES

    strategy = STRATEGIES[selection.strategy]
    decided = ""
    if sign is not None:
        word = "Approved" if sign.decision == "approve" else "Rejected"
        decided = section(
            "Decision",
            pairs(
                [
                    (word + " by", sign.who + (f", {sign.role}" if sign.role else "")),
                    ("When", sign.when),
                    ("Reason", sign.reason),
                    ("Meaning", sign.meaning),
                ]
            ),
        )
    layout = layout_of(study)
    eligible = study.eligible()
    population = np.arange(len(study.data)) if eligible is None else eligible
    shown = ""
    if groups is not None:
        inside = np.searchsorted(population, selection.rows)
        shown = composition(groups.names, groups.codes[population], inside)
    weight = selection.weight
    weights = "none: no probability design stands behind this subset"
    if weight is not None and len(weight):
        low, high, total = (number(float(value)) for value in (weight.min(), weight.max(), weight.sum()))
        weights = f"{low} to {high}, sum {total}"
    return page(
        f"{selection.share} by {strategy.label}",
        [
            f"<p class=muted>{escape(strategy.sentence)} {escape(manifest.get('created', ''))}</p>",
            decided,
            section("What was asked", pairs([*asked(study, selection.population), *_result(selection)])),
            section("What a reader must know", said(selection.notes)),
            section(
                "On the map",
                ""
                if layout is None
                else backdrop(layout.xy)
                + f"<div class=maps>{map_of(layout.xy, selection.rows, 0, strategy.label)}</div>"
                + f"<p class=muted>Layout: {escape(layout.method.upper())}, for looking only.</p>",
            ),
            section("Groups", shown),
            section("Weights", pairs([("Design weights", weights), ("Pinned rows", selection.pinned or "")])),
            section("Where it comes from", provenance(study, manifest.get("environment", {}))),
            section(
                "How to check it",
                "<p>This page is a picture of the bundle it lies in. It is checked against the data by</p>"
                "<pre>aliquot verify BUNDLE --data DATA</pre>"
                "<p>which compares every row and hash, and runs the recipe again. The seal finds accidents, "
                "not forgers: whoever can change a bundle can also make its digests anew, under any name. "
                "Against that helps a copy, or the manifest's digest, kept where others cannot write.</p>",
            ),
        ],
    )


def _result(selection: Selection) -> list[tuple[str, Any]]:
    return [
        ("Strategy", f"{selection.strategy}, version {selection.version}"),
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
    study: Artifacts, comparison: Comparison, environment: Mapping[str, Any] | None = None
) -> str:
    """The report of a comparison: sentences, maps, metrics beside the band, composition, how to repeat it.

    Args:
        study: Data set and recipe.
        comparison: What `Study.compare` returned.
        environment: What is printed as the environment; this one if not given.
    """
    from ...foundation.environment import environment as here

    names = [result.name for result in comparison.results]
    told = "".join(
        f"<li>{badge(at)} <b>{escape(name)}</b>: {escape(comparison.sentence(at))}</li>"
        for at, name in enumerate(names)
    )
    layout = layout_of(study)
    drawn = ""
    if layout is not None:
        drawn = backdrop(layout.xy) + "<div class=maps>"
        for at, result in enumerate(comparison.results):
            if result.selections:
                drawn += map_of(layout.xy, result.selections[0].rows, at, names[at])
        drawn += f"</div><p class=muted>Layout: {escape(layout.method.upper())}, for looking only.</p>"
    shown = "".join(strip(row) for row in metric_rows(comparison))
    return page(
        f"{len(names)} strategies at {comparison.asked}",
        [
            section("In one sentence each", f"<ul>{told}</ul>"),
            section("On the map", drawn),
            section(
                "Beside the random band",
                f"<p class=muted>The grey area is what {chance_words(comparison)} reach (2.5 to 97.5 "
                f"percentiles).{narrow_words(comparison)}{own_size_words(comparison)} Letters drawn faintly "
                "are not distinguishable from chance. ↑ higher is better, ↓ lower is better; right is always "
                "better.</p>",
                shown,
                said(in_words(comparison, main_metrics())),
                f"<details><summary>All metrics</summary>{metrics_grid(comparison)}"
                f"{said(in_words(comparison))}</details>",
            ),
            section("Groups", _composition(comparison)),
            section("Overlap (Jaccard, first seeds)", _overlap(comparison, names)),
            section(
                "What was asked",
                pairs([*asked(study, comparison.population), ("Budget", comparison.asked)]),
                grid(
                    ["", "Strategy", "Parameters", "Runs", "Time"],
                    [
                        (
                            letter(at),
                            names[at],
                            written_all(result.choice.params),
                            len(result.selections),
                            show_took(result.seconds, result.estimated)
                            if result.selections
                            else "did not run",
                        )
                        for at, result in enumerate(comparison.results)
                    ],
                ),
            ),
            section("Where it comes from", provenance(study, environment or here())),
            section(
                "How to repeat it",
                "<p>The recipe lies in comparison.json beside this page.</p>"
                "<pre>aliquot run comparison.json --data DATA --out DIR</pre>",
            ),
        ],
    )


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
    from ...metrics.declaration import METRICS

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
            )
        )
    return rows


def metrics_grid(comparison: Comparison) -> str:
    """Every metric of every strategy: value, band, standing and words."""
    from ...analysis.comparison.measurements import Reach

    table = comparison.metrics_table()
    if not len(table):
        return ""
    always = [
        comparison.band_of(at).always(name, len(result.selections))
        for at, result in enumerate(comparison.results)
        for name in comparison.metrics
        if name in result.means
    ]
    return grid(
        ["Metric", "Form", "Strategy", "Value", "Random subsets of its size", "Standing", "What may be said"],
        [
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
        ],
    )


def _composition(comparison: Comparison) -> str:
    if comparison.composition is None:
        return ""
    names, shares, counts = comparison.composition
    totals = counts.sum(axis=0)
    held = np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)
    return bars(names, np.asarray(shares), held)


def _overlap(comparison: Comparison, names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    rows = []
    for at, name in enumerate(names):
        cells = ["" if np.isnan(value) else f"{value:.2f}" for value in comparison.overlap[at]]
        rows.append([f"{letter(at)} {name}", *cells])
    return grid(["", *[letter(at) for at in range(len(names))]], rows)
