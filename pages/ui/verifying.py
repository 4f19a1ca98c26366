"""Verifying a bundle on the page: two files in, one answer out."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal

import streamlit as st

from core.errors import ParameterError
from core.jobs import Job
from core.progress import Progress
from core.signoff import Bundle, Check, Verification, open_bundle, verify
from core.store import digest

from . import cache, checked, jobs, state
from .words import count, plain, some

ICONS = {
    "holds": ":material/check_circle:",
    "fails": ":material/cancel:",
    "differs": ":material/difference:",
    "not checked": ":material/remove:",
}
EXITS = {
    0: "Exit code 0 on the command line: integrity and replay hold.",
    1: "Exit code 1 on the command line: the data or the record was changed, or the recipe gives other rows "
    "where it must give the same.",
    3: "Exit code 3 on the command line: the record is intact, but it could not be confirmed to the end: "
    "features had to be made anew in another environment and moved, or a version that made the bundle is "
    "gone.",
}
SEAL = (
    "The seal finds accidents, not forgers: whoever can change a bundle can also make its digests anew, "
    "under any name. Against that helps a copy, or the manifest's digest, kept where others cannot write."
)
PARTS = {
    "A": "Integrity: is this the data, and the record, that was written?",
    "B": "Replay: does the recipe give these rows?",
}


def _hash(body: bytes | None) -> str:
    return "" if body is None else blake2b(body, digest_size=16).hexdigest()


def _again(bundle: Bundle) -> Literal["sample", "none"]:
    """Whether recorded features are checked by making some again, which opens the model that is named.

    Raises:
        ParameterError: It names a place on the server, and the features are not recorded.
    """
    recipe, features = bundle.manifest.get("recipe"), bundle.manifest.get("features")
    name = recipe.get("embedder") if isinstance(recipe, Mapping) else None
    try:
        checked.embedder(name if isinstance(name, str) else "minilm")
    except ParameterError:
        if isinstance(features, Mapping) and features.get("recorded") is not True:
            raise
        return "none"
    return "sample"


def begin(
    bundle: bytes,
    data: tuple[str, bytes] | None,
    vectors: tuple[str, bytes] | None = None,
    target: tuple[str, bytes] | None = None,
) -> None:
    """Start verifying; `data` None takes the open data set, and its target where no other is given."""
    given: Any = cache.dataset(state.app()) if data is None else data[1]
    aimed = cache.target(state.app().recipe) if data is None and target is None else None
    mark = given.fingerprint.digest if data is None else _hash(data[1])
    goal = aimed.fingerprint.digest if aimed is not None else _hash(target and target[1])
    key = digest(["verify", _hash(bundle), mark, _hash(vectors and vectors[1]), goal])
    joined = None if vectors is None else {vectors[0].rpartition(".")[0] or vectors[0]: vectors[1]}
    store = cache.store()

    def work(progress: Progress) -> Verification:
        opened = open_bundle(bundle)
        return verify(
            opened,
            given,
            vectors=joined,
            target=aimed if target is None else target[1],
            features=_again(opened),
            store=store,
            progress=progress,
        )

    state.set_transient("verify", key)
    job = jobs.start(key, "Verifying the bundle", work)
    job.finished.wait(1.0)


def current() -> tuple[Verification | None, Job | None]:
    """The answer of this tab's last verification, and its job."""
    key: str | None = state.transient("verify", lambda: None)
    if key is None:
        return None, None
    job = cache.runner().get(key)
    found = cache.results().get(key)
    if job is not None and not job.live and job.state != "done":
        return None, job
    return (found if isinstance(found, Verification) else None), job


def answer(found: Verification) -> None:
    """Yes, or exactly what differs."""
    boxes = {0: st.success, 1: st.error, 3: st.warning}
    moved = "Intact, but not replayed" if found.gone else "Intact, but the replay moved"
    titles = {0: "It verifies", 1: "It does not verify", 3: moved}
    boxes[found.code](plain(found.summary, 400), title=titles[found.code])
    if found.signoff:
        one = found.signoff
        verb = "Approved" if one.get("decision") == "approve" else "Rejected"
        st.markdown(
            f"{verb} by **{plain(one.get('who', ''))}**"
            + (f", {plain(one['role'])}" if one.get("role") else "")
            + f", {plain(one.get('when', ''))}: {plain(one.get('reason', ''), 1000)}"
        )
    else:
        st.caption("The bundle carries no sign-off.")
    for part, question in PARTS.items():
        here = [check for check in found.checks if check.part == part]
        if here:
            st.markdown(f"**{part} · {question}**")
            for check in here:
                _check(check)
    if found.rows_in or found.rows_out:
        overlap = "" if found.jaccard is None else f" {found.jaccard:.1%} of the rows in either are in both."
        st.markdown(
            f"The replay holds {count(len(found.rows_in), 'row')} more and lacks "
            f"{count(len(found.rows_out), 'row')}.{overlap}"
        )
        st.caption(
            plain(f"In: {_some(found.rows_in)}", 400) + "  \n" + plain(f"Out: {_some(found.rows_out)}", 400)
        )
    st.caption(EXITS[found.code])
    st.caption(SEAL)


def _check(check: Check) -> None:
    st.markdown(
        f"{ICONS[check.status]} **{plain(check.name)}** ({check.status}): {plain(check.sentence, 600)}"
    )
    if len(check.details) > 1:
        with st.expander(count(len(check.details), "difference")):
            for line in check.details[:200]:
                st.text(line[:500])
            if len(check.details) > 200:
                st.caption(f"and {len(check.details) - 200:,} more; `aliquot verify --json` lists all")


def _some(ids: tuple[str, ...]) -> str:
    return some(ids, 20) if ids else "none"
