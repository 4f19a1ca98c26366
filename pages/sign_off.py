"""Sign off: look at one subset, put a name under it, take the bundle away; or verify somebody's bundle."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.foundation.errors import AliquotError
from core.foundation.wording import count, some
from core.model.decision import MEANING
from core.report.charts.theme import Slot, letter
from pages.ui.shared import app_state, cache, comparison_defaults, jobs, kept_runs, map_stages, state, strips
from pages.ui.shared.app_state import Winner
from pages.ui.shared.drawing import reserved
from pages.ui.shared.markdown_escapes import plain
from pages.ui.shared.page_frame import head, need_data, need_map_study, to_page
from pages.ui.shared.pickers import choose, choose_or_none, one_of
from pages.ui.shared.subset_map import subset_maps
from pages.ui.sign_off import signing, verifying
from pages.ui.sign_off.signing import ChosenSubset

SIGN, VERIFY = "Sign off", "Verify a bundle"
OUTCOMES = {"approve": "Approve", "reject": "Reject"}


# ---- which subset ------------------------------------------------------------------------------------


def take_picked() -> None:
    """Callback: the pickers into the state; another subset needs another signature."""
    now = state.app()
    old = signing.winner_of(now)
    if old is None:
        return
    runs = {run.key: run for run in now.runs}
    run = runs[one_of(runs, state.widget("sign_run"), old.run)]
    most = len(run.recipe.strategies) - 1
    slot = min(one_of(range(comparison_defaults.MOST_SLOTS), state.widget("sign_slot"), old.slot), most)
    seeds = signing.seeds_of(run, slot)
    made = Winner(run.key, slot, one_of(seeds, state.widget("sign_seed"), old.seed))
    if made != now.winner:
        state.change(winner=made, signoff=None)


def pickers(winner: Winner) -> None:
    """Which comparison, which subset of it, which of its seeds."""
    now = state.app()
    runs = {run.key: run for run in now.runs}
    run = runs[winner.run]
    chosen = kept_runs.shown(run.recipe.strategies)
    state.set_widget("sign_run", winner.run)
    state.set_widget("sign_slot", winner.slot)
    state.set_widget("sign_seed", winner.seed)
    columns = st.columns([3, 1], gap="small")
    choose(
        columns[0].selectbox,
        "Subset",
        range(len(chosen)),
        format_func=lambda slot: f"{chosen[slot].letter} · {chosen[slot].label}",
        key="sign_slot",
        on_change=take_picked,
    )
    seeds = signing.seeds_of(run, winner.slot)
    choose(
        columns[1].selectbox,
        "Seed",
        seeds,
        key="sign_seed",
        on_change=take_picked,
        disabled=len(seeds) == 1,
        help="You sign one draw, and this says which; the maps on Compare show the first.",
    )
    if len(runs) == 1:
        st.caption(f"Of the comparison {plain(_run_title(run), 400)}")
        return
    choose(
        st.selectbox,
        "Comparison",
        list(reversed(runs)),
        format_func=lambda name: _run_title(runs[name]),
        key="sign_run",
        on_change=take_picked,
    )


def _run_title(run: app_state.RunRef) -> str:
    letters = some(kept_runs.names(run.recipe.strategies))
    return f"{run.made[11:16]} · {run.recipe.budget} · {letters}"


# ---- what it is --------------------------------------------------------------------------------------


def map_and_numbers(one: ChosenSubset) -> None:
    """Map and numbers of the subset."""
    maps = cache.map_study(state.app())
    layout = map_stages.ready_layout(maps)
    chosen = one.selection
    assert chosen is not None
    subset = Slot(one.slot, kept_runs.names(one.run.recipe.strategies)[one.slot])
    if layout is not None:
        subset_maps(maps, layout, [(subset, chosen.rows)], name="sign_off", height=300)
    else:
        map_stages.prepare(maps, ("features", "groups", "layout-pca"))
        reserved(326, "The map of the subset comes here.")
    comparison = one.comparison
    if comparison is None or one.slot >= len(comparison.results):
        st.caption("Its metrics are not kept any more; run the comparison again to see them.")
        return
    seeds = len(comparison.results[one.slot].selections)
    if seeds == 1:
        st.markdown(strips.sentence(comparison, one.slot))
    elif not comparison.preview:  # what a sentence adds of the first subset is not of this one
        st.markdown(
            f"The strategy, by {seeds} seeds: {plain('; '.join(comparison.verdict_phrases(one.slot)), 500)}."
        )
    if comparison.preview:
        st.warning(
            "The comparison behind this was stopped before the full random band was drawn, so nothing can be "
            "said about luck.",
            icon=":material/info:",
        )
    alone = strips.one_subset(comparison, one.slot, chosen.seed)
    headlines = comparison.headlines
    if seeds > 1:
        st.caption(
            f"Dot: the one draw that you sign, of seed {chosen.seed}. Strip: where 95 in 100 of "
            f"{comparison.band.size} random subsets as large lie. Right is better. No dot is filled: what is "
            f"beyond luck is judged for the strategy over its {seeds} draws, above, and not for one of them."
        )
    else:
        st.caption(strips.legend(alone))
    strips.strips(alone, [subset], headlines, "sign", labels=0.46)


def record(one: ChosenSubset, signoff: app_state.SignOff | None) -> None:
    """What the manifest says, or will say."""
    st.markdown("## What was signed" if signoff else "## What will be recorded")
    for name, value in signing.summary(one):
        left, right = st.columns([1, 3], gap="small")
        left.caption(name)
        right.markdown(plain(value, 400))
    for note in one.selection.notes if one.selection else ():
        st.caption(plain(note, 400))
    box = st.expander("The manifest as JSON", key="sign_manifest", on_change="rerun")
    if box.open:
        with box:
            when = (
                "As it is written into the bundle, beside the sign-off"
                if signoff
                else "As it will be written"
            )
            st.caption(f"{when}; digests of the files are added when the bundle is made.")
            st.json(cache.share(f"draft/{one.subject}", lambda: signing.draft(one)), expanded=1)


# ---- decision and bundle -----------------------------------------------------------------------------


def form(one: ChosenSubset) -> None:
    """Who decides what, and why."""
    st.markdown("## Decision")
    with st.form("sign_form", border=True):
        name = st.text_input("Your name", key="sign_name", max_chars=200, persist_state="session")
        role = st.text_input(
            "Your role", key="sign_role", max_chars=200, placeholder="optional", persist_state="session"
        )
        outcome = choose_or_none(
            st.segmented_control,
            "Decision",
            list(OUTCOMES),
            format_func=lambda name: OUTCOMES[name],
            key=signing.draft_key("outcome", one),
        )
        reason = st.text_area(
            "Reason",
            key=signing.draft_key("reason", one),
            max_chars=4000,
            height=100,
            placeholder="What it is for, what you checked, what it gives up.",
            persist_state="session",
        )
        st.caption(f"Approve means: {MEANING['approve']}  \nReject means: {MEANING['reject']}")
        if st.form_submit_button("Sign", type="primary", icon=":material/signature:"):
            try:
                signing.sign(one, name, role, outcome, reason, "")
            except AliquotError as error:
                jobs.error_box(error)
            else:
                st.rerun()


def signed(one: ChosenSubset, signoff: app_state.SignOff) -> None:
    """The decision that was taken."""
    verb = "Approved" if signoff.decision == "approve" else "Rejected"
    box = st.success if signoff.decision == "approve" else st.warning
    box(
        f"{plain(signoff.name)}{', ' + plain(signoff.role) if signoff.role else ''}, {signoff.made}  \n"
        f"{plain(signoff.reason, 4000)}",
        title=f"{verb}: {plain(one.name)}",
        icon=":material/verified:",
    )
    st.caption(plain(signoff.meaning, 400))


def download(one: ChosenSubset, signoff: app_state.SignOff | None) -> None:
    """The bundle as one zip, made when it is asked for."""
    whole = st.checkbox(
        "Add the whole table, subset flagged",
        key="sign_whole",
        persist_state="session",
        help=f"All {count(len(one.study.data), 'row')} as Parquet, with a column that says which are in "
        "the subset.",
    )
    stem = one.study.data.name.rpartition(".")[0] or one.study.data.name
    st.download_button(
        "Download bundle" if signoff else "Download without a sign-off",
        data=signing.bundle(one, signoff, whole),
        file_name=f"{stem}-{letter(one.slot)}-bundle.zip",
        mime="application/zip",
        on_click="ignore",
        type="primary" if signoff else "secondary",
        icon=":material/download:",
        width="stretch",
        key="sign_download",
    )
    st.caption(
        "A zip: the subset as Parquet, CSV and JSON lines, manifest.json with every choice, digests of all "
        "rows, the features where they are below 64 MB, and a report to read. Cells of the CSV that a "
        "spreadsheet would run as formulas get an apostrophe in front; the manifest says how many."
    )
    st.caption(verifying.SEAL)


def undo() -> None:
    """Callback: take a signature back."""
    state.change(signoff=None)
    state.note("Withdrew the signature")


def sign_page() -> None:
    """Look, sign, download."""
    if need_data() is None or need_map_study() is None:
        return
    now = state.app()
    winner = signing.winner_of(now)
    if winner is None:
        st.info("There is no subset yet: compare some first.", icon=":material/compare_arrows:")
        to_page("compare.py", "Compare subsets", ":material/arrow_back:")
        return
    pickers(winner)
    one = signing.chosen_subset(now, winner)
    if one.selection is None:
        job = signing.draw_again(one)
        if job.live:
            jobs.show_line(job, where="sign")
            return
        one = signing.chosen_subset(now, winner)  # it may have ended in between
    if one.selection is None:
        jobs.job_error(job)
        return
    signoff = now.signoff if now.signoff and now.signoff.manifest == one.subject else None
    left, right = st.columns([3, 2], gap="large")
    with left:
        map_and_numbers(one)
    with right, st.container(key="sign_decision"):
        if signoff is None:
            form(one)
        else:
            signed(one, signoff)
        download(one, signoff)
        if signoff is not None:
            st.button("Withdraw the signature", key="sign_undo", on_click=undo, type="tertiary")
        record(one, signoff)


# ---- verify ------------------------------------------------------------------------------------------


def verify_page() -> None:
    """Somebody's bundle, and the data it was drawn from."""
    st.markdown("Drop a bundle and the data it was drawn from: you get a yes, or exactly what differs.")
    left, right = st.columns(2, gap="large")
    bundle = left.file_uploader(
        "Bundle (zip, or its manifest.json)", type=["zip", "json"], key="sign_bundle", max_upload_size=200
    )
    now = state.app()
    here = now.data is not None and cache.find(now.data.fingerprint) is not None
    with right:
        own = here and st.toggle(
            f"Use the open data set, {plain(now.data.name) if now.data else ''}",
            value=True,
            key="sign_own",
            persist_state="session",
        )
        data = None
        if not own:
            data = st.file_uploader("Data file", key="sign_data", max_upload_size=200)
        with st.expander("It had vectors beside the table, or target rows", key="sign_extras"):
            vectors = st.file_uploader("Vectors (.npy)", type=["npy", "npz"], key="sign_vectors")
            target = st.file_uploader("Target rows", key="sign_target")
    ready = bundle is not None and (own or data is not None)
    if st.button(
        "Verify", key="sign_verify", type="primary", icon=":material/fact_check:", disabled=not ready
    ):
        assert bundle is not None
        try:
            verifying.begin(
                bundle.getvalue(),
                None if own or data is None else (data.name, data.getvalue()),
                None if vectors is None else (vectors.name, vectors.getvalue()),
                None if target is None else (target.name, target.getvalue()),
            )
        except AliquotError as error:
            jobs.error_box(error)
    found, job = verifying.current()
    if job is not None and job.live:
        jobs.await_jobs([job.key])
        st.fragment(partial(waiting, job.key), run_every=jobs.poll_seconds())()
        return
    if job is not None and found is None:  # it may have ended in between
        found, job = verifying.current()
    if job is not None and found is None:
        jobs.job_error(job)
    elif found is not None:
        verifying.answer(found)


def waiting(name: str) -> None:
    """Progress of a verification."""
    job = cache.runner().get(name)
    if job is None or not job.live:
        st.rerun()
    jobs.show_line(job, where="sign")


head(
    "Sign off",
    "Would you put your name under this subset, and can somebody else check it?",
    "One subset, what random subsets say about it, and all that is recorded with it: data fingerprint, "
    "recipe, seed, rows, versions. Sign it with a reason and download the bundle. “Verify a bundle” checks "
    "any bundle against its data: was anything changed, and does the recipe give the same rows?",
    skip=("Skip to the decision", "sign_decision"),
)
tab = choose(
    st.segmented_control,
    "Sign or verify",
    [SIGN, VERIFY],
    required=True,
    key="sign_tab",
    persist_state="session",
    label_visibility="collapsed",
)
if tab == SIGN:
    sign_page()
else:
    verify_page()
