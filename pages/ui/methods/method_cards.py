"""Cards and details of declared things: strategies, metrics, embedders, clusterers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.features.declaration import EMBEDDERS
from core.groups.declaration import CLUSTERERS
from core.metrics.declaration import METRICS, QUESTIONS, Metric
from core.model.extensions import LeftOut
from core.model.needs import Need
from core.model.open_registry import edition_in
from core.model.parameters import Parameter, written
from core.model.promises import Size, Weight
from core.model.registry import Reference
from core.report.charts import planted_picture
from core.stories.catalogue import showing
from core.strategies.declaration import STRATEGIES, Strategy
from core.strategies.wishes import Wish
from pages.ui.shared import cache, finder
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.finder import needs
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import to_story

from . import planted_pictures

ICONS = {
    Need.FEATURES: ":material/scatter_plot:",
    Need.GROUPS: ":material/bubble_chart:",
    Need.LABELS: ":material/label:",
    Need.SCORES: ":material/star:",
    Need.TARGET: ":material/target:",
    Need.TEXT: ":material/notes:",
    Need.ORDER: ":material/sort:",
    Need.ENTITIES: ":material/person:",
    Need.COLUMNS: ":material/table:",
}
SIZES = {
    Size.EXACT: ("exact size", "It returns exactly as many rows as the budget."),
    Size.AT_MOST: ("size at most", "It may return fewer rows than the budget, never more."),
    Size.RANDOM: ("size varies", "It meets the budget on average only."),
}
WEIGHTS = {
    Weight.DESIGN: ("design weights", "green", "Totals and means can be estimated from the subset."),
    Weight.HANSEN_HURWITZ: ("draw weights", "green", "Rows can be drawn twice; the weights account for it."),
    Weight.PARAMETER: ("weights by choice", "orange", "Only some settings have weights; see the parameters."),
    Weight.NONE: ("no weights", "gray", "Chances are not known, so totals cannot be estimated."),
}
ARROWS = {"higher": "higher is better", "lower": "lower is better", "none": "neither way is better"}


def matching(things: Iterable[Any], search: str) -> list[Any]:
    """Things whose declaration holds every word of the search, in order; see `finder.matching`."""
    return finder.matching(things, search, _told)


def _told(thing: Any) -> str:
    parts: list[str] = [thing.id, thing.label, thing.sentence]
    parts += [str(getattr(thing, name, "")) for name in ("family", "when", "when_not", "formula", "question")]
    parts += [need.words.label for need in sorted(needs(thing))]
    source = getattr(thing, "paper", None) or getattr(thing, "reference", None)
    parts += [source.cite()] if source else []
    if isinstance(thing, Strategy):
        parts += [WEIGHTS[thing.weight][0], SIZES[thing.promises.size][0], thing.promises.bound]
        parts += [finder.family(thing), *sorted(thing.answers)]
    return " ".join(parts)


def badges(thing: Any) -> None:
    """What a thing needs and gives, as words with icons."""
    with st.container(horizontal=True, gap="small"):
        for need in sorted(needs(thing)):
            st.badge(f"needs {need.words.label}", icon=ICONS[need], color="blue")
        if isinstance(thing, Strategy):
            if not needs(thing):
                st.badge("needs nothing", icon=":material/check:", color="blue")
            st.badge(SIZES[thing.promises.size][0], color="gray", help=SIZES[thing.promises.size][1])
            name, colour, about = WEIGHTS[thing.weight]
            st.badge(name, color=colour, help=about)
        if isinstance(thing, Metric):
            st.badge(QUESTIONS[thing.question], color="violet")
            if thing.headline:
                st.badge("shown first", color="green", help="One of at most eight metrics that open Compare.")


def arrowed(metric: Metric) -> str:
    """A metric's name with the direction that is better."""
    return f"{metric.label} {metric.arrow or '↔'}"


def details(thing: Any, *, estimate: str = "") -> None:
    """Everything about one declared thing."""
    if isinstance(thing, Strategy):
        _strategy(thing, estimate)
    elif isinstance(thing, Metric):
        _metric(thing)
    else:
        _plain_thing(thing)


def _strategy(strategy: Strategy, estimate: str) -> None:
    st.markdown(f"## {strategy.label}\n{strategy.sentence}")
    badges(strategy)
    wanted = " · ".join(sorted(strategy.answers, key=list(Wish).index))
    st.caption(f"For a subset that… {wanted}")
    _picture(strategy)
    _stories(strategy)
    _advice(strategy.when, strategy.when_not)
    facts = {
        "Size": SIZES[strategy.promises.size][1],
        "Weights": WEIGHTS[strategy.weight][2],
        "Seeds": "The seed changes nothing."
        if strategy.promises.deterministic
        else "Another seed, other rows.",
        "Shorter": "The first rows of a longer run are the run at a smaller budget."
        if strategy.promises.nested
        else "A smaller budget needs a run of its own.",
        **({"Guarantee": _sentence(strategy.promises.bound)} if strategy.promises.bound else {}),
        **({"Limit": _limit(strategy.promises.limit)} if strategy.promises.limit else {}),
        "Cost": _sentence(strategy.cost.text) + (f" {estimate}" if estimate else ""),
        **_source(strategy.paper),
    }
    _facts(facts)
    _parameters(strategy.params)
    st.caption("On the command line")
    st.code(
        f"aliquot select DATA --strategy {strategy.id} --budget 5% --out DIR",
        language=None,  # the colours of the others are too faint to read
        wrap_lines=True,
    )
    st.caption(f"Family: {finder.family(strategy)} · id `{strategy.id}` · {_version(strategy)}")


def _sentence(text: str) -> str:
    """A phrase as a sentence."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _limit(limit: str) -> str:
    return f"The budget is bounded by {limit.rstrip('.')}; a larger one is refused, with the most that works."


def _picture(strategy: Strategy) -> None:
    colours = theme()
    made: planted_pictures.PlantedPicture = cache.remember(
        f"planted/{planted_pictures.EDITION}/{strategy.id}/{edition_in(strategy.id, {})}",
        lambda: planted_pictures.picture_of(strategy.id),
    )
    if made.reason:
        st.info(f"No picture: {plain(made.reason)}.", icon=":material/image_not_supported:")
        return
    alt = planted_picture.picture_alt(
        strategy.label, planted_pictures.points(), len(made.rows), made.rare, planted_pictures.rare_size()
    )
    chart(
        planted_picture.picture(made.xy, made.rows, theme=colours), key=f"meth_picture_{strategy.id}", alt=alt
    )
    st.caption(
        f"{made.words} of {planted_pictures.points()} made-up points, default parameters, seed 1. "
        f"{made.rare} of the {planted_pictures.rare_size()} points of the small group at the top "
        "are among them." + planted_pictures.meaning(needs(strategy))
    )


def _stories(strategy: Strategy) -> None:
    """Links to the stories that show it at work."""
    told = showing(strategy.id)
    if told:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption("Pick by pick, in Learn:", width="content")
            for story in told:
                to_story(story.title)


def _metric(metric: Metric) -> None:
    st.markdown(f"## {arrowed(metric)}\n{metric.sentence}")
    badges(metric)
    forms = (
        "as you hold it, and as it estimates under design weights" if metric.weighted else "as you hold it"
    )
    _facts(
        {
            "Direction": ARROWS[metric.direction],
            "Range": plain(metric.range + (f" ({metric.unit})" if metric.unit else ""), 400),
            "Formula": plain(metric.formula, 1000),
            "Forms": forms,
            "Measured on": "rows that no strategy has seen" if metric.stage == "downstream" else "the subset",
            **_source(metric.paper),
        }
    )
    st.caption(f"id `{metric.id}` · {_version(metric)}")


def _plain_thing(thing: Any) -> None:
    st.markdown(f"## {thing.label}\n{thing.sentence}")
    badges(thing)
    _advice(thing.when, thing.when_not)
    _facts({"Cost": thing.cost, **_source(thing.reference)})
    _parameters(thing.params)
    st.caption(f"id `{thing.id}` · {_version(thing)}")


def _version(thing: Any) -> str:
    return f"version {thing.version}" + (f" · of the package {plain(thing.package)}" if thing.package else "")


def _advice(when: str, when_not: str) -> None:
    left, right = st.columns(2, gap="medium")
    left.markdown(f":material/thumb_up: **When**  \n{when}")
    right.markdown(f":material/thumb_down: **When not**  \n{when_not}")


def _source(paper: Reference) -> dict[str, str]:
    link = paper.link if paper.link.startswith("https://") else ""
    cited = paper.cite()
    said = cited.replace(f", {link}", f" [{link.removeprefix('https://')}]({link})") if link else cited
    return {"Source": said, **({"Departs from it": paper.deviation} if paper.deviation else {})}


def _facts(facts: Mapping[str, str]) -> None:
    for name, text in facts.items():
        left, right = st.columns([1, 4], gap="small")
        left.caption(name)
        right.markdown(text)


def _parameters(params: Sequence[Parameter]) -> None:
    if not params:
        st.caption("It has no parameters.")
        return
    st.markdown("### Parameters")
    st.table(
        [
            {
                "name": f"`{one.name}`",
                "default": f"`{_default(one)}`",
                "takes": _takes(one),
                "meaning": one.par.help,
            }
            for one in params
        ],
        hide_index=True,
        alt="Parameters with default, range and meaning.",
    )


def _default(one: Parameter) -> str:
    return written(one.default)


def _takes(one: Parameter) -> str:
    low, high = one.par.low, one.par.high
    unit = f" {one.par.unit}" if one.par.unit else ""
    if one.kind in ("int", "float"):
        noun = "a whole number" if one.kind == "int" else "a number"
        if low is not None and high is not None:
            return f"{noun}, {low:g} to {high:g}{unit}"
        return f"{noun}, at least {low:g}{unit}" if low is not None else f"{noun}{unit}"
    words = {
        "bool": "true or false",
        "choice": ", ".join(one.choices),
        "strategy": "a strategy",
        "text": "text",
    }
    if one.kind in words:
        return words[one.kind]
    kinds = "" if "any" in one.par.column else f"{' or '.join(one.par.column)} "
    named = f"a {kinds}column" if one.kind == "column" else f"{kinds}columns (a,b)"
    return " or ".join([*one.par.special, named])


def left_out() -> list[LeftOut]:
    """Methods of other packages that are not offered, and why."""
    return [one for known in (STRATEGIES, METRICS, EMBEDDERS, CLUSTERERS) for one in known.left_out()]


def registries() -> dict[str, list[Any]]:
    """What the Methods page lists, by section."""
    return {
        "Strategies": list(STRATEGIES),
        "Metrics": [m for question in QUESTIONS for m in METRICS if m.question == question],
        "Features and groups": [*EMBEDDERS, *CLUSTERERS],
    }
