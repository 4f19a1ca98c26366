"""Opening a data set: read it in the background, store it, start a fresh state on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.data.load import load
from core.data.readers.unpack import inside
from core.data.samples import SAMPLES
from core.foundation.artifact_store import digest
from core.foundation.background_jobs import Job
from core.foundation.errors import AliquotError, ResourceError
from core.foundation.progress import Progress
from core.foundation.wording import count
from core.model.dataset import Dataset
from core.model.recipe import Recipe

from . import cache, jobs, state, target_rows, uploaded_files, visitor
from .app_state import AppState
from .markdown_escapes import plain
from .uploaded_files import Upload

MOST_FILES = 500
_WAIT = 1.5  # seconds a click waits before the page shows a progress bar instead
_SKIP = (".py", ".pyc", ".md", ".toml", ".yaml", ".yml", ".lock", ".log")
_NAME = "opening"
HOW, ID, FORMS = "how", "id", "forms"  # what errors can be about: how the file or a column was read, the id


@dataclass(frozen=True)
class PendingDataset:
    """A data set that this tab waits for.

    Args:
        job: Reads it; its result is its place in the store. Held here, so that it cannot be pushed out by
            what other tabs read meanwhile.
        source: Where it comes from, as in `DataRef`.
        recipe: What to begin with on this data set; None where it is a target for the open one.
        readers: Whose it is, as in `cache.keep`.
        file: Mark of the upload that is read, "" where it is none.
        columns: Those that the recipe was made on; none where it fits any.
        part: What its error is about, `HOW`, `ID` or `FORMS`; "" for any other.
    """

    job: Job
    source: str
    recipe: Recipe | None
    readers: tuple[str, ...] = ()
    file: str = ""
    columns: frozenset[str] = frozenset()
    part: str = ""


def sample(name: str) -> None:
    """Open a sample with its good defaults."""
    sample_again(name, SAMPLES[name].recipe)


def sample_again(name: str, recipe: Recipe) -> None:
    """Open a sample with choices that were made before."""
    key = digest(["sample", name])
    source = f"sample:{name}"
    begin(key, lambda p: load(source, progress=p), source, recipe, [visitor.SAMPLES])


def upload(upload: Upload, recipe: Recipe) -> None:
    """Open an uploaded file, with vectors beside it where some were given.

    Args:
        upload: The file.
        recipe: What to begin with; its words for missing, id column and reading are those of the file.
    """

    def read(progress: Progress) -> Dataset:
        made = load_upload(upload, recipe, progress)
        uploaded_files.keep(upload)
        return made

    begin(
        digest(["upload", upload.mark, how_of(recipe)]),
        read,
        "upload",
        recipe,
        file=upload.mark,
    )


def waiting_recipe(name: str) -> Recipe | None:
    """The recipe of the open project or link where its data set is not here and its file has this name."""
    now = state.app()
    if now.data is None or now.data.name != name or cache.find(now.data.fingerprint) is not None:
        return None
    return now.recipe


def load_upload(upload: Upload, recipe: Recipe, progress: Progress) -> Dataset:
    """Read an upload as a recipe says."""
    joined = {Path(upload.vectors[0]).stem: upload.vectors[1]} if upload.vectors else None
    return load(upload.body, name=upload.name, vectors=joined, **how_of(recipe), progress=progress)


def how_of(recipe: Recipe) -> dict[str, Any]:
    """What `load` is told."""
    return {**cells_of(recipe), "id_column": recipe.id_column, **recipe.reading}


def cells_of(recipe: Recipe) -> dict[str, Any]:
    """What `load` is told of rows to resemble: their cells are read as those of the data."""
    return {"missing": recipe.missing, "read_as": dict(recipe.read_as), "strict": False}


def from_folder(relative: str, recipe: Recipe | None = None) -> None:
    """Open a file of the folder that the server was given.

    Args:
        relative: Its path in the folder.
        recipe: Choices that were made before on this file.
    """
    found = in_folder(relative)
    if found is not None:
        path, stamp, readers = found
        chosen = recipe or waiting_recipe(path.name) or Recipe()
        key, how = digest(["folder", relative, stamp, how_of(chosen)]), how_of(chosen)
        begin(key, lambda p: load(path, **how, progress=p), f"folder:{relative}", chosen, readers)


def in_folder(relative: str, part: str = "") -> tuple[Path, list[int], list[str]] | None:
    """A file of the server's folder, what tells that it changed, whose it is; None after keeping why not."""
    root = visitor.folder()
    if root is None:
        return None
    try:
        path = inside(root, relative)
        stamp = stamp_of(path)
    except (AliquotError, OSError) as error:
        fail(error, part)
        return None
    return path, stamp, [visitor.of_folder(root)]


def stamp_of(path: Path) -> list[int]:
    """What tells that a file changed."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def target(name: str, body: bytes) -> None:
    """Read an uploaded file of rows to resemble."""
    how = cells_of(state.app().recipe)
    key = digest(["target", name, Upload(name, body).mark, how])
    begin(key, lambda p: load(body, name=name, **how, progress=p), "upload", None)


def target_from_folder(relative: str) -> None:
    """Read a file of the server's folder as rows to resemble."""
    found = in_folder(relative)
    if found is not None:
        path, stamp, readers = found
        how = cells_of(state.app().recipe)
        key = digest(["target", relative, stamp, how])
        begin(key, lambda p: load(path, **how, progress=p), f"folder:{relative}", None, readers)


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


def folder_picker(root: Path, label: str, widget: str, on_change: Callable[[], None] | None = None) -> bool:
    """Offer the files of the server's folder, named behind a label; False where there are none."""
    listed = files(root)
    st.selectbox(
        f"{label} “{plain(root.name)}”",
        listed,
        index=None,
        key=widget,
        on_change=on_change,
        placeholder="Choose a file" if listed else "No files are in it",
        disabled=not listed,
    )
    return bool(listed)


def fail(error: Exception, part: str = "") -> None:
    """Keep an error for the page to show in place; `part` as in `PendingDataset`."""
    if not isinstance(error, AliquotError):
        error = AliquotError("The file cannot be read", str(error), "check that it exists and may be read")
    state.set_transient("data_error", error)
    state.set_transient("data_error_part", part)


def begin(
    key: str,
    read: Callable[[Progress], Dataset],
    source: str,
    recipe: Recipe | None,
    readers: Sequence[str] = (),
    *,
    file: str = "",
    columns: frozenset[str] = frozenset(),
    part: str = "",
) -> None:
    """Start reading; quick reads are adopted at once, others show progress on the page.

    Tabs that give the same bytes wait for one reading: who can give them has the data.

    Args:
        key: What is read.
        read: Reads it.
        source, recipe, readers, file, columns, part: As in `PendingDataset`.
    """

    def work(progress: Progress) -> str:
        return cache.hold(read(progress))

    state.set_transient("data_error", None)
    before = _waiting()
    if before is not None and before.job.key != "read" + key:
        leave()  # whoever asks for another data set waits for this one no longer
    title = "Reading the data set" if recipe is not None else "Reading the target"
    job = cache.reader().submit("read" + key, title, work)
    state.set_transient(_NAME, PendingDataset(job, source, recipe, tuple(readers), file, columns, part))
    job.finished.wait(_WAIT)
    settle()


def _waiting() -> PendingDataset | None:
    found: PendingDataset | None = state.transient(_NAME, lambda: None)
    return found


def opening() -> Job | None:
    """The reading that this tab waits for."""
    found = _waiting()
    return None if found is None else found.job


def leave() -> None:
    """This tab waits no longer; the reading goes on where another one waits for it."""
    found = _waiting()
    if found is not None:
        if cache.reader().get(found.job.key) is found.job:  # else it has ended, and another tab asked again
            cache.reader().leave(found.job.key)
        state.set_transient(_NAME, None)


def watch(name: str) -> None:
    """Progress of the reading that this tab waits for, if there is one; `name` is the key of its button."""
    job = opening()
    if job is None:
        return
    if not job.live:  # it ended while this page was drawn, and nothing would ask for it again
        settle()
        st.rerun()
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
                target_rows.adopt(data, wanted.source, wanted.readers)
            except AliquotError as error:
                fail(error)
        else:
            recipe = fitting(wanted.recipe, data, wanted.columns)
            adopt(data, wanted.source, recipe, wanted.readers, wanted.file)
    elif job.state == "done":
        fail(
            ResourceError(
                "The file was read, and could not be kept",
                "the disk did not take it, and memory was needed for others",
                "make room on the disk of the server, then open it again",
            ),
            wanted.part,
        )
    elif job.state != "cancelled":
        other = AliquotError(job.error or "The file cannot be read", "", "choose another file")
        fail(job.failure or other, wanted.part)
    return True


def fitting(recipe: Recipe, data: Dataset, columns: frozenset[str]) -> Recipe:
    """The recipe where the data has the columns that it was made on, else only how these are read."""
    if not columns or columns == set(data.roles):
        return recipe
    return Recipe(
        missing=recipe.missing,
        read_as={name: form for name, form in recipe.read_as.items() if name in data.roles},
        reading=recipe.reading,
        id_column=recipe.id_column if recipe.id_column in data.roles else None,
        roles={name: role for name, role in recipe.roles.items() if name in data.roles},
    )


def adopt(data: Dataset, source: str, recipe: Recipe, readers: Sequence[str] = (), file: str = "") -> None:
    """Make a data set the open one. A project that was waiting for exactly this data goes on as it was.

    Args:
        data, source, recipe, readers, file: As in `PendingDataset`.
    """
    now = state.app()
    ref = cache.keep(data, source, readers, file)
    if now.data is not None and (now.data.fingerprint, now.data.rows) == (ref.fingerprint, ref.rows):
        names = ("missing", "read_as", "id_column", "reading")
        how = {name: getattr(recipe, name) for name in names}
        state.change(data=ref, recipe=now.recipe.with_(**how))
        state.set_transient("project_error", None)
        return
    jobs.leave_all()
    state.drop_widgets("exp_")
    state.drop_widgets("cmp_")
    state.drop_widgets("sign_")
    target = now.target if recipe.target is not None else None
    state.replace_work(AppState(data=ref, recipe=recipe, target=target, log=now.log))
    state.note(f"Opened {ref.name}: {count(ref.rows, 'row')}, fingerprint {ref.fingerprint}")
