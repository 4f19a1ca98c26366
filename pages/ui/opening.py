"""Opening a data set: read it in the background, shelve it, start a fresh state on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import AliquotError, ResourceError
from core.io import SAMPLES, inside, load
from core.jobs import Job
from core.progress import Progress
from core.recipe import Recipe
from core.store import digest
from core.types import Dataset

from . import aim, cache, jobs, state, visitor
from .state import AppState
from .words import count

MOST_FILES = 500
_WAIT = 1.5  # seconds a click waits before the page shows a progress bar instead
_SKIP = (".py", ".pyc", ".md", ".toml", ".yaml", ".yml", ".lock", ".log")
_NAME = "opening"


@dataclass(frozen=True)
class Reading:
    """A data set that this tab waits for.

    Args:
        job: Reads it; its result is its place on the shelf. Held here, so that it cannot be pushed out by
            what other tabs read meanwhile.
        source: Where it comes from, as in `DataRef`.
        recipe: What to begin with on this data set; None where it is a target for the open one.
        readers: Whose it is, as in `cache.keep`.
    """

    job: Job
    source: str
    recipe: Recipe | None
    readers: tuple[str, ...] = ()


def sample(name: str) -> None:
    """Open a sample with its good defaults."""
    known = SAMPLES[name]
    recipe = Recipe(
        features=known.features,
        groups=known.groups,
        label=known.label_column,
        score=known.score_column,
        roles=dict(known.roles),
    )
    sample_again(name, recipe)


def sample_again(name: str, recipe: Recipe) -> None:
    """Open a sample with choices that were made before."""
    key = digest(["sample", name])
    source = f"sample:{name}"
    _begin(key, lambda p: load(source, progress=p), source, recipe, [visitor.SAMPLES])


def upload(
    name: str, body: bytes, vectors: tuple[str, bytes] | None, missing: tuple[str, ...], id_column: str | None
) -> None:
    """Open an uploaded file, with vectors beside it where some were given."""
    joined = {Path(vectors[0]).stem: vectors[1]} if vectors else None
    _begin(
        digest(["upload", name, _hash(body), vectors and _hash(vectors[1]), missing, id_column]),
        lambda p: load(body, name=name, vectors=joined, missing=missing, id_column=id_column, progress=p),
        "upload",
        Recipe(missing=missing, id_column=id_column),
    )


def from_folder(relative: str) -> None:
    """Open a file of the folder that the server was given."""
    found = _in_folder(relative)
    if found is not None:
        path, stamp, readers = found
        key = digest(["folder", relative, stamp])
        _begin(key, lambda p: load(path, progress=p), f"folder:{relative}", Recipe(), readers)


def _in_folder(relative: str) -> tuple[Path, list[int], list[str]] | None:
    """A file of the server's folder, what tells that it changed, whose it is; None after keeping why not."""
    root = visitor.folder()
    if root is None:
        return None
    try:
        path = inside(root, relative)
        stat = path.stat()
    except (AliquotError, OSError) as error:
        fail(error)
        return None
    return path, [stat.st_size, stat.st_mtime_ns], [visitor.of_folder(root)]


def target(name: str, body: bytes) -> None:
    """Read an uploaded file of rows to resemble."""
    key = digest(["target", name, _hash(body)])
    _begin(key, lambda p: load(body, name=name, progress=p), "upload", None)


def target_from_folder(relative: str) -> None:
    """Read a file of the server's folder as rows to resemble."""
    found = _in_folder(relative)
    if found is not None:
        path, stamp, readers = found
        key = digest(["target", relative, stamp])
        _begin(key, lambda p: load(path, progress=p), f"folder:{relative}", None, readers)


def again(data: Dataset, now: AppState, missing: tuple[str, ...], id_column: str | None) -> None:
    """Read the open data set anew with other words for "missing", or another id column."""
    if now.data is None:
        return
    recipe = now.recipe.with_(missing=missing, id_column=id_column, pins=(), bans=(), where="")
    kinds = {name: role.kind.value for name, role in data.roles.items() if role.reason == "you chose it"}
    kinds = {name: kind for name, kind in kinds.items() if kind != "id" and name != id_column}
    _begin(
        digest(["again", data.fingerprint.digest, missing, id_column, sorted(kinds.items())]),
        lambda p: load(
            data.frame,
            name=data.name,
            vectors=data.vectors,
            missing=missing,
            id_column=id_column,
            roles={name: kind for name, kind in kinds.items() if name not in data.vectors},
            progress=p,
        ),
        now.data.source,
        recipe,
        cache.readers_of(now.data.fingerprint),
    )


def files(root: Path) -> list[str]:
    """Files inside the folder, relative, sorted; hidden ones and links that lead outside are left out."""
    found = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or path.suffix.lower() in _SKIP:
            continue
        try:
            inside(root, str(relative))
        except AliquotError:
            continue
        if path.is_file():
            found.append(relative.as_posix())
        if len(found) >= MOST_FILES:
            break
    return found


def fail(error: Exception) -> None:
    """Keep an error for the page to show in place."""
    if not isinstance(error, AliquotError):
        error = AliquotError("The file cannot be read", str(error), "check that it exists and may be read")
    state.set_transient("data_error", error)


def _hash(body: bytes) -> str:
    from hashlib import blake2b

    return blake2b(body, digest_size=16).hexdigest()


def _begin(
    key: str,
    read: Callable[[Progress], Dataset],
    source: str,
    recipe: Recipe | None,
    readers: Sequence[str] = (),
) -> None:
    """Start reading; quick reads are adopted at once, others show progress on the page.

    Tabs that give the same bytes wait for one reading: who can give them has the data.

    Args:
        key: What is read.
        read: Reads it.
        source, recipe, readers: As in `Reading`.
    """

    def work(progress: Progress) -> str:
        return cache.hold(read(progress))

    state.set_transient("data_error", None)
    before = _waiting()
    if before is not None and before.job.key != "read" + key:
        leave()  # whoever asks for another data set waits for this one no longer
    title = "Reading the data set" if recipe is not None else "Reading the target"
    job = cache.reader().submit("read" + key, title, work)
    state.set_transient(_NAME, Reading(job, source, recipe, tuple(readers)))
    job.finished.wait(_WAIT)
    settle()


def _waiting() -> Reading | None:
    found: Reading | None = state.transient(_NAME, lambda: None)
    return found


def opening() -> Job | None:
    """The reading that this tab waits for."""
    found = _waiting()
    return None if found is None else found.job


def leave() -> None:
    """This tab waits no longer; the reading goes on where another one waits for it."""
    found = _waiting()
    if found is not None:
        if cache.reader().get(found.job.key) is found.job:  # else it has ended, and another tab asked anew
            cache.reader().leave(found.job.key)
        state.set_transient(_NAME, None)


def watch(name: str) -> None:
    """Progress of the reading that this tab waits for, if there is one; `name` is the key of its button."""
    job = opening()
    if job is not None and job.live:
        st.fragment(_watch, run_every=0.5)(name)


def _watch(name: str) -> None:
    job = opening()
    if job is None or not job.live:
        settle()
        st.rerun()
    if job.state == "queued":
        ahead = cache.reader().ahead(job)
        said = f"waits for {count(ahead, 'other file')}" if ahead else "starting"
    else:
        said = job.message or "starting"
    st.progress(job.share, text=f"{job.title} · {said}")
    st.button("Cancel", key=name, on_click=leave)


def settle() -> bool:
    """If the reading has ended, take its data set, or its error; True where something changed."""
    wanted = _waiting()
    if wanted is None or wanted.job.live:
        return False
    state.set_transient(_NAME, None)
    job = wanted.job
    data = cache.held(job.result) if job.state == "done" else None
    if data is not None:
        if wanted.recipe is None:
            try:
                aim.adopt(data, wanted.source, wanted.readers)
            except AliquotError as error:
                fail(error)
        else:
            adopt(data, wanted.source, wanted.recipe, wanted.readers)
    elif job.state == "done":
        fail(
            ResourceError(
                "The file was read, and could not be kept",
                "the disk did not take it, and memory was needed for others",
                "make room on the disk of the server, then open it again",
            )
        )
    elif job.state != "cancelled":
        fail(job.failure or AliquotError(job.error or "The file cannot be read", "", "choose another file"))
    return True


def adopt(data: Dataset, source: str, recipe: Recipe, readers: Sequence[str] = ()) -> None:
    """Make a data set the open one. A project that was waiting for exactly this data goes on as it was.

    Args:
        data, source, recipe, readers: As in `Reading`.
    """
    now = state.app()
    ref = cache.keep(data, source, readers)
    if now.data is not None and (now.data.fingerprint, now.data.rows) == (ref.fingerprint, ref.rows):
        state.change(data=ref, recipe=now.recipe.with_(missing=recipe.missing, id_column=recipe.id_column))
        state.set_transient("project_error", None)
        return
    jobs.leave_all()
    state.drop_widgets("exp_")
    state.drop_widgets("cmp_")
    state.drop_widgets("sign_")
    target = now.target if recipe.target is not None else None
    state.replace_work(AppState(data=ref, recipe=recipe, target=target, log=now.log))
    state.note(f"Opened {ref.name}: {count(ref.rows, 'row')}, fingerprint {ref.fingerprint}")
