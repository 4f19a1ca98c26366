"""The view Estimate: what each subset says about all rows, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.analysis.estimates.fits import Estimator
from core.analysis.estimates.intervals import Estimate
from core.analysis.estimates.sentences import sentence, shown, subject
from core.foundation.errors import AliquotError
from core.foundation.wording import verb
from core.metrics.column_distributions import columns_of
from core.model.dataset import Kind
from core.report.charts import estimates
from core.report.charts.estimates import EstimatePanel, SubsetEstimate
from core.report.charts.theme import Slot
from core.study.estimates import estimate_study
from core.study.study import Study
from pages.ui.compare.run.run_context import run_study
from pages.ui.compare.run.run_view import RunView
from pages.ui.shared import cache, jobs
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.pickers import choose
from pages.ui.shared.widget_keys import key

_FIRST = 2  # columns shown at first
_MOST = 12  # numbers drawn; the table has all
_NEEDS = (Estimator.RATIO, Estimator.GREG, Estimator.RAKING)
_OF = {Estimator.RATIO: ("number",), Estimator.GREG: ("number", "category"), Estimator.RAKING: ("category",)}


def show(view: RunView) -> None:
    """Choose what is estimated and how; dots with intervals, one sentence per subset, and a table."""
    st.caption(
        "What each subset says about **all** rows that could be drawn, by its design weights. The truth is "
        "known here only because all rows are at hand; with a subset alone, there is only the estimate with "
        "its interval."
    )
    kinds = {
        name: kind
        for name, kind in columns_of(view.study.data).items()
        if view.study.data.roles[name].kind is not Kind.TIME
    }
    if not kinds:
        st.info("There is no number and no category to estimate.", icon=":material/functions:")
        return
    columns, measure, rule, beside, seed = _controls(view, kinds)
    if not columns:
        st.info("Choose a column to estimate.", icon=":material/functions:")
        return
    if rule in _NEEDS and not beside:
        st.info(f"{rule.label} needs at least one column that is known for all rows.", icon=":material/add:")
        return
    study = run_study(view)  # with the run's own filter, pins and bans, whatever the page says by now
    if study is None:
        return
    try:
        claims = [
            _claims(view, study, at, columns, measure, rule, beside, seed) for at in range(len(view.slots))
        ]
    except AliquotError as error:
        jobs.error_box(error)
        return
    _draw(view, claims)


def _controls(view: RunView, kinds: dict[str, str]) -> tuple[list[str], str, Estimator, list[str], int]:
    """What is estimated, as which number, by which rule, with which auxiliaries, from which seed's subset."""
    data = view.study.data
    first = [
        name for name in data.columns(Kind.SCORE, Kind.LABEL, Kind.NUMBER, Kind.CATEGORY) if name in kinds
    ]
    first.sort(
        key=lambda name: [Kind.SCORE, Kind.LABEL, Kind.NUMBER, Kind.CATEGORY].index(data.roles[name].kind)
    )
    left, right = st.columns([3, 2])
    columns = left.multiselect(
        "What to estimate",
        list(kinds),
        default=first[:_FIRST],
        format_func=lambda name: plain(name, 60),
        key=key("cmp", "est", "columns"),
        persist_state="session",
        help="Numbers give a mean or a total, categories the share or the number of rows of each value.",
    )
    measure = choose(
        right.segmented_control,
        "As",
        ["mean or share", "total or count"],
        required=True,
        key=key("cmp", "est", "measure"),
        persist_state="session",
    )
    left, right = st.columns([3, 2])
    rule = Estimator(
        choose(
            left.selectbox,
            "Estimator",
            [one.value for one in (Estimator.HAJEK, Estimator.HT, *_NEEDS)],
            format_func=lambda name: Estimator(name).label,
            key=key("cmp", "est", "rule"),
            persist_state="session",
        )
    )
    runs = max((len(result.selections) for result in view.comparison.results), default=0)
    seed = 0
    if runs > 1:
        seed = choose(
            right.selectbox,
            "Subset of seed",
            list(range(runs)),
            format_func=lambda at: str(view.comparison.seed + at),
            key=key("cmp", "est", "seed"),
            help="Another seed, another subset, another estimate: 95 in 100 intervals should hold the truth. "
            "A strategy that has only one subset shows that one.",
        )
    left.caption(rule.sentence)
    beside: list[str] = []
    if rule in _NEEDS:
        able = [name for name, kind in kinds.items() if kind in _OF[rule]]
        if rule is not Estimator.RATIO and view.comparison.composition is not None:
            able.append("groups")
        if rule is Estimator.RATIO:
            one = st.selectbox(
                "Number known for all rows",
                able,
                index=None,
                format_func=lambda name: plain(name, 60),
                key=key("cmp", "est", "ratio"),
            )
            beside = [one] if one else []
        else:
            beside = st.multiselect(
                "Columns known for all rows",
                able,
                default=[name for name in able if name not in columns][-1:],
                format_func=lambda name: plain(name, 60),
                key=key("cmp", "est", "aux", rule.value),
            )
    return columns, "mean" if measure == "mean or share" else "total", rule, beside, seed


def _claims(
    view: RunView,
    study: Study,
    at: int,
    columns: Sequence[str],
    measure: str,
    rule: Estimator,
    beside: Sequence[str],
    seed: int,
) -> tuple[Estimate, ...]:
    """The claims of one subset; none while it is not there."""
    if at >= len(view.comparison.results) or not view.comparison.results[at].selections:
        return ()
    selections = view.comparison.results[at].selections
    chosen = selections[min(seed, len(selections) - 1)]
    name = cache.name_of(
        "estimate",
        [
            study.data.fingerprint.digest,
            {column: role.kind for column, role in study.data.roles.items()},
            view.run.key,
            at,
            chosen.seed,
            chosen.rows.tobytes().hex(),
            list(columns),
            measure,
            rule,
            list(beside),
        ],
    )
    claims: tuple[Estimate, ...] = cache.share(
        name,
        lambda: estimate_study(study, chosen, columns, measure=measure, estimator=rule, auxiliaries=beside),
    )
    return claims


def _draw(view: RunView, claims: Sequence[tuple[Estimate, ...]]) -> None:
    """Figure, sentences, table."""
    some = next((one for one in claims if one), ())
    if not some:
        st.info("No subset is there yet.", icon=":material/hourglass:")
        return
    items = [
        EstimatePanel(
            subject(claim),
            claim.truth,
            tuple(_guess(view, at, one[place] if one else None) for at, one in enumerate(claims)),
            claim.what == "share",
        )
        for place, claim in enumerate(some)
    ]
    drawn = items[:_MOST]
    chart(
        estimates.estimates(drawn, theme=theme()),
        key="cmp_estimates",
        alt=estimates.estimates_alt(drawn),
        table="“As a table” below",
    )
    st.caption(
        "Line: the truth over all rows that could be drawn. Dot: the estimate, with its 95 % interval. "
        "Filled: the interval holds the truth; hollow: it does not, or there is none. About 1 in 20 should "
        "miss."
        + (f" Showing {_MOST} of {len(items)} numbers; the table has all." if len(items) > _MOST else "")
    )
    for at, one in enumerate(view.slots):
        st.markdown(f"**{one.letter}** " + _sentence(view, at, one, claims[at]))
    notes = dict.fromkeys(note for one in claims for claim in one for note in claim.notes)
    for note in notes:
        st.caption(plain(note, 500))
    with st.expander("As a table", key="cmp_est_table"):
        st.dataframe(
            _table(view.slots, claims),
            hide_index=True,
            key="cmp_est_frame",
            alt="Estimate, standard error, interval and truth of every number and subset.",
        )


def _guess(view: RunView, at: int, claim: Estimate | None) -> SubsetEstimate:
    nothing = float("nan")
    if claim is None:
        return SubsetEstimate(view.slots[at], nothing, nothing, nothing, _absent(view, at))
    words = claim.reason or (f"no interval: {claim.no_interval}" if claim.no_interval else claim.method)
    if claim.doubt:
        words = f"{words}. {claim.doubt}"
    return SubsetEstimate(view.slots[at], claim.estimate, claim.low, claim.high, words)


def _absent(view: RunView, at: int) -> str:
    if at < len(view.comparison.results):
        return f"did not run: {view.comparison.results[at].reason}"
    return "still running" if view.live else "not run"


def _sentence(view: RunView, at: int, one: Slot, claims: Sequence[Estimate]) -> str:
    """What a subset says of the first number, and how many of its intervals hold the truth."""
    name = plain(one.label, 60)
    if not claims:
        return f"{name}: {plain(_absent(view, at), 300)}."
    if all(claim.reason == claims[0].reason for claim in claims) and claims[0].reason:
        return f"{name}: {plain(sentence(claims[0]), 400)}"
    first = next(claim for claim in claims if not claim.reason)
    told = f"{name}: {plain(sentence(first), 500)}".replace(" %", "\u00a0%")
    with_interval = [claim for claim in claims if claim.holds is not None]
    if len(with_interval) > 1:
        hold = sum(bool(claim.holds) for claim in with_interval)
        told += f" Of {len(with_interval)} intervals, {hold} {verb(hold, 'holds', 'hold')} the truth."
    return told


def _table(slots: Sequence[Slot], claims: Sequence[tuple[Estimate, ...]]) -> pd.DataFrame:
    rows = []
    for one, own in zip(slots, claims, strict=True):
        for claim in own:
            rows.append(
                {
                    "subset": f"{one.letter} {one.label}",
                    "number": subject(claim),
                    "estimator": claim.estimator.label,
                    "estimate": "no claim" if claim.reason else shown(claim, claim.estimate),
                    "standard error": "" if claim.holds is None else shown(claim, claim.error),
                    "95 % interval": ""
                    if claim.holds is None
                    else f"{shown(claim, claim.low)} to {shown(claim, claim.high)}",
                    "truth": shown(claim, claim.truth),
                    "off by": ""
                    if claim.reason or not claim.truth
                    else f"{100 * claim.relative:+.2f} %".replace("-", "−"),
                    "holds the truth": {True: "yes", False: "no", None: ""}[claim.holds],
                    "rows with a value": f"{claim.rows:,}",
                    "how, or why not": claim.reason or claim.no_interval or claim.method,
                    "why it can be too short": claim.doubt,
                }
            )
    return pd.DataFrame(rows)
