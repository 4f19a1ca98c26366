"""Compare: subsets side by side on one set of axes, and beside chance."""

from __future__ import annotations

import streamlit as st

from core.analysis.comparison.comparison import Comparison
from core.foundation.background_jobs import Job
from core.foundation.durations import show_seconds
from core.foundation.errors import AliquotError
from core.model.derived import Layout
from core.report.charts.theme import letter
from core.study.study import Study
from pages.ui.compare import all_views, answer_line
from pages.ui.compare.choices import (
    budget_field,
    controls,
    eligible,
    missing_needs,
    question,
    run_cost,
    start_run,
    strategy_slots,
    which_rows,
)
from pages.ui.compare.run import chosen_view
from pages.ui.compare.run.run_view import RunView
from pages.ui.compare.views import row_facts, subset_maps
from pages.ui.shared import (
    app_state,
    autosave,
    cache,
    distances,
    drawing,
    jobs,
    kept_runs,
    link,
    map_stages,
    state,
    strips,
)
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import go, head, need_map_study, need_study
from pages.ui.shared.widget_keys import key

SEEDS = (
    "{} seeds: every strategy that uses random numbers was drawn that often and its mean is shown, so that "
    "no single lucky draw decides."
)

# ---- running -----------------------------------------------------------------------------------------


def prepare(maps: Study) -> Layout | None:
    """Start what the maps need; the best layout there is."""
    # Of what ships both maps come at once; else the better one comes last, for only eyes wait for it.
    wanted = map_stages.STAGES if maps.features_shipped() else map_stages.STAGES[:-1]
    stages = map_stages.prepare(maps, wanted)
    for stage in stages:
        if stage.job is not None and stage.job.state in ("failed", "cancelled"):
            jobs.job_error(stage.job)
            st.button(
                "Try again",
                key="cmp_again",
                on_click=map_stages.prepare,
                args=(maps,),
                kwargs={"again": True},
            )
            st.stop()
    return map_stages.ready_layout(maps)


def auto_start(study: Study) -> None:
    """The first comparison starts by itself, unless it is long."""
    now = state.app()
    if not state.transient("cmp_first", lambda: not now.runs):
        return
    if eligible.problem(now, study) is not None:
        return
    state.set_transient("cmp_first", False)
    guess = run_cost.outlook(now, study, eligible.budget_of(now, study))
    if guess.time.seconds <= start_run.ALONE:
        start_run.start(now, study)


def await_map(maps: Study) -> None:
    """What the map waits for; the sidebar redraws the page when it is there."""

    @st.fragment(run_every=jobs.poll_seconds())
    def look() -> None:
        job = cache.runner().get(map_stages.job_key(maps, "layout-pca"))
        if job is not None and job.live:
            jobs.show_line(job, where="cmp_map")

    look()


def watch(name: str, stamp: str) -> None:
    """Progress of the run, and of what it waits for; redraws the page when there is more to show."""

    @st.fragment(run_every=jobs.poll_seconds())
    def look() -> None:
        job = cache.runner().get(name)
        if job is None or not job.live or kept_runs.stamp(kept_runs.result(name)) != stamp:
            st.rerun()
        jobs.show_line(job, where="cmp")

    look()


# ---- results -----------------------------------------------------------------------------------------


def take(run: str, slot: int, comparison: Comparison) -> None:
    """Take a subset to sign-off and go there."""
    seed = comparison.results[slot].selections[0].seed
    now = state.app()
    if now.winner != app_state.Winner(run, slot, seed):
        state.change(winner=app_state.Winner(run, slot, seed), signoff=None)
        state.note(f"Took {letter(slot)}, {comparison.results[slot].name}, to sign-off")
    go("sign_off.py")


def verdicts(run: app_state.RunRef, comparison: Comparison | None, live: bool) -> None:
    """One sentence per subset under its map, and the way on."""
    slots = kept_runs.shown(run.recipe.strategies)
    across = min(len(slots), drawing.ACROSS)
    for first in range(0, len(slots), across):
        columns = st.columns(across, gap="small")
        for at in range(first, min(first + across, len(slots))):
            with columns[at - first]:
                if comparison is None or at >= len(comparison.results):
                    st.caption("Running…" if live else "Not run.")
                    continue
                st.markdown(f"**{slots[at].letter}** {strips.sentence(comparison, at)}")
                if comparison.results[at].selections and st.button(
                    f"Take {slots[at].letter} to sign-off",
                    key=key("cmp", "take", at),
                    type="tertiary",
                    icon=":material/arrow_forward:",
                    help="Check it, sign it, download it.",
                ):
                    take(run.key, at, comparison)


def show_run(
    run: app_state.RunRef, study: Study, maps: Study, layout: Layout | None, job: Job | None, of: str
) -> None:
    """Everything about one run, its answer first; `of` says what was compared."""
    found = kept_runs.result(run.key)
    if found is None and job is None:
        ended = cache.runner().get(run.key)
        if ended is not None and ended.state in ("failed", "cancelled"):
            jobs.job_error(ended)
        else:
            st.info("This comparison is not kept any more. Press Run.", icon=":material/refresh:")
        return
    chosen = kept_runs.shown(run.recipe.strategies)
    answer_line.show(run, found, lambda slot, comparison: take(run.key, slot, comparison))
    waiting = "running…" if job else "not run"
    if layout is None:
        drawing.reserved(274, "The maps of the subsets come here.")
    elif found is None:
        subset_maps.maps(None, chosen, study, layout, waiting)
    if found is None:
        return
    view = RunView(run, found, chosen, maps, layout, job is not None)
    if layout is not None:
        subset_maps.of_run(view, waiting)
    if of:
        st.caption(of)
    row_facts.summary(view)
    with st.container(key="cmp_verdicts"):
        verdicts(run, found, job is not None)
    if not found.results:
        return
    if not state.app().looked:
        state.change(looked=True)
    st.markdown("## Beside random subsets")
    st.caption(strips.legend(found))
    strips.strips(found, chosen, question.headlines(found), "first", table="“Table” among the views below")
    all_views.show(view)


def status(
    run: app_state.RunRef, comparison: Comparison | None, job: Job | None, *, can_run: bool, unread: bool
) -> str:
    """What the results below stand for; a field that cannot be read is a choice that they are not of.

    Returns:
        What was compared, in words, for below the maps; said here where it is not of the choices above.
    """
    earlier = unread or run.key != kept_runs.run_key(state.app())
    if earlier and can_run:
        st.warning(
            "The choices above changed since this run. Press Run to bring it up to date.",
            icon=":material/sync:",
        )
    if comparison is None:
        return ""
    if job is None and comparison.partial:
        many, drawn = len(run.recipe.strategies), comparison.band.size
        done = f"{len(comparison.results)} of {many} subsets, {drawn} of {run.band} random subsets"
        if len(comparison.results) == many and drawn == run.band:
            done = "the held-out rows were not scored yet"
        st.warning(
            f"Stopped early: {done}. What was finished is kept; Resume does the rest.",
            icon=":material/stop_circle:",
        )
    seeds = f", {run.recipe.seeds} seeds" if run.recipe.seeds > 1 else ""
    told = (
        f"{plain(comparison.asked)}{seeds}, beside {comparison.band.size} random subsets "
        f"{comparison.band.alike} · {show_seconds(comparison.seconds)}"
    )
    if earlier:
        st.caption(f"**Of an earlier run, not of the choices above:** {told}")
        told = ""
    parts = [told, SEEDS.format(run.recipe.seeds) if run.recipe.seeds > 1 else ""]
    return "  \n".join(part for part in parts if part)


def page() -> None:
    """The page."""
    head(
        "Compare",
        "Which subset holds what you need, and is it better than luck?",
        "Each strategy had the same budget; on the maps grey is the data set, colour the subset. "
        "Below, each metric stands beside what **random** subsets at the same budget reach: a filled dot is "
        "beyond luck, a hollow one is not. When a subset convinces you, take it to sign-off.",
        skip=("Skip to the answer", key("cmp", "answer")),
    )
    maps = need_map_study()
    study = need_study() if maps is not None else None
    if maps is None or study is None:
        return
    study = controls.begin(study)
    layout = prepare(maps)
    try:
        eligible.population(state.app(), study)
    except AliquotError as error:  # a filter or a ban that does not fit the data
        jobs.error_box(error)
        which_rows.control(study)
        if layout is None:  # of a sentence: which rows are near it is known when distances are
            await_map(maps)
        return
    auto_start(study)
    now = start_run.adopt(state.app(), study)
    run = now.runs[-1] if now.runs else None
    job = cache.runner().get(run.key) if run else None
    job = job if job is not None and job.live else None
    place_of_run, place_of_words = controls.controls(study)
    strategy_slots.slots(study)
    distances.line(maps, "cmp")
    with place_of_words:
        unread = controls.unread()
    with place_of_run:
        controls.run_button(study, job)
    wrong = eligible.problem(now, study)
    if wrong is not None:
        jobs.error_box(wrong)
        budget_field.leave_out_button(study)
    if job is not None and run is not None:
        jobs.await_jobs([run.key])
        watch(run.key, kept_runs.stamp(kept_runs.result(run.key)))
    if run is None:
        if wrong is None and not unread:
            st.info("Press Run to draw and compare these subsets.", icon=":material/play_arrow:")
        if layout is not None:
            subset_maps.maps(
                None, kept_runs.shown(state.app().recipe.strategies), study, layout, "not run yet"
            )
        else:
            await_map(maps)
        return
    beside = autosave.parameters()
    link.keep(run.recipe, run.key, chosen_view.view_shown(), question.of_run(run), beside)
    can_run = wrong is None and not unread and missing_needs.any_can_run(now, study) and job is None
    of = status(run, kept_runs.result(run.key), job, can_run=can_run, unread=unread)
    try:
        show_run(run, study, maps, layout, job, of)
    except AliquotError as error:
        jobs.error_box(error)
    map_stages.prepare(maps, drawn=True)


page()
