"""Verifying a bundle on the page: two files in, one answer out."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal

import streamlit as st

from core.foundation.artifact_store import digest
from core.foundation.background_jobs import Job
from core.foundation.errors import ParameterError
from core.foundation.progress import Progress
from core.foundation.wording import count, some
from core.signoff.open_bundle import Bundle, open_bundle
from core.signoff.verification import Check, Verification
from core.signoff.verify import verify
from pages.ui.shared import cache, checked_values, jobs, state
from pages.ui.shared.markdown_escapes import plain

ICONS = {
    "holds": ":material/check_circle:",
    "fails": ":material/cancel:",
    "differs": ":material/difference:",
    "not checked": ":material/remove:",
}
SEAL = (
    "The seal finds accidents, not forgers: anyone who can change a bundle can also recompute its digests, "
    "under any name. Keep a copy, or the manifest's digest, where others cannot write."
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
        checked_values.embedder(name if isinstance(name, str) else "minilm")
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


def answer(verification: Verification) -> None:
    """Yes, or exactly what differs."""
    boxes = {0: st.success, 1: st.error, 3: st.warning}
    boxes[verification.code](plain(verification.in_words, 600), title=title(verification))
    if verification.in_words != verification.summary:
        st.caption(f"On the command line: “{plain(verification.summary, 400)}”")
    if verification.signoff:
        st.markdown(signature_words(verification, verification.signoff))
    else:
        st.caption("The bundle carries no sign-off.")
    for part, question in PARTS.items():
        here = [check for check in verification.checks if check.part == part]
        if here:
            st.markdown(f"## {part} · {question}")
            for check in here:
                _check(check)
    if verification.rows_in or verification.rows_out:
        overlap = (
            ""
            if verification.jaccard is None
            else f" {verification.jaccard:.1%} of the rows in either are in both."
        )
        st.markdown(
            f"The replay holds {count(len(verification.rows_in), 'row')} more and lacks "
            f"{count(len(verification.rows_out), 'row')}.{overlap}"
        )
        st.caption(
            plain(f"In: {_some(verification.rows_in)}", 400)
            + "  \n"
            + plain(f"Out: {_some(verification.rows_out)}", 400)
        )
    st.caption(f"Exit code {verification.code} on the command line: {exit_words(verification)}.")
    st.caption(SEAL)


def title(verification: Verification) -> str:
    """The answer in a few words."""
    if verification.code != 3:
        return "It does not verify" if verification.code else "It verifies"
    if verification.gone:
        return (
            "Intact, but not drawn again"
            if not verification.unread
            else "The record is intact, the data not confirmed"
        )
    moved = any(check.part == "B" and check.status == "differs" for check in verification.checks)
    return "Intact, but the replay moved" if moved else "Intact, but the features moved"


def exit_words(verification: Verification) -> str:
    """What the exit code of the command line says, in this case."""
    if verification.code == 0:
        return "integrity and replay hold"
    if verification.code == 1:
        if any(check.part == "A" for check in verification.failing):
            return "the data or the record was changed"
        return "the recipe gives another subset where it must give the same"
    if verification.gone:
        intact = (
            "the record is intact, the data not confirmed"
            if verification.unread
            else "what can be read is intact"
        )
        return f"{intact}, and nothing was drawn again, because what made the bundle no longer exists"
    return "data and record are intact, but features had to be made again in another environment and moved"


def signature_words(verification: Verification, one: Mapping[str, Any]) -> str:
    """Who decided what: a fact where the sign-off and its manifest hold, else what is claimed."""
    verb = {"approve": "approved", "reject": "rejected"}.get(str(one.get("decision")), "decided on")
    who = f"**{plain(one.get('who', ''))}**"
    who += "".join(f", {plain(one[name])}" for name in ("role", "when") if one.get(name))
    reason = plain(one.get("reason", ""), 1000)
    if verification.signed:
        told = f"{verb.capitalize()} by {who}: {reason}"
        if verification.code == 1:
            told += "  \nThis describes the record as it was written; what was found here differs, see below."
        return told
    fails = any(check.name == "sign-off" and check.status == "fails" for check in verification.checks)
    what = "this sign-off" if fails else "the manifest that it signs"
    return f"Claims to be {verb} by {who}; {what} does not hold, see below. The reason it gives: “{reason}”"


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
