"""Work that cannot be interrupted, in a child process that a cancel ends.

UMAP, HDBSCAN and k-means never look up while they run, so a cancel could not reach them. They run as
``python -m core.child FOLDER``: arrays travel as ``.npy`` files, the configuration as JSON, progress as lines
on standard output. A cancel terminates the child within a fraction of a second and removes the folder; if the
parent dies, the child's standard input closes and it ends by itself. Nothing is pickled.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from . import errors
from .errors import AliquotError, ResourceError
from .progress import SILENT, Progress

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Work = Callable[[Arrays, Mapping[str, Any], Progress], tuple[Arrays, Mapping[str, Any]]]

POLL_SECONDS = 0.1
GRACE_SECONDS = 0.5  # between terminate and kill
_TOLD = 3  # exit code: the reason is in error.json
_MEMORY = 4  # exit code: MemoryError
_SCALE = 1_000_000
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def find_work(function: str) -> Work:
    """The function behind ``"package.module:name"``; only functions of this package are run.

    Example:
        >>> find_work("core.child:echo") is echo
        True
    """
    module, _, name = function.partition(":")
    if module.partition(".")[0] != __package__:
        raise ValueError(f"{function} is not part of this package")
    found: Work = getattr(importlib.import_module(module), name)
    return found


def echo(arrays: Arrays, config: Mapping[str, Any], progress: Progress) -> tuple[Arrays, Mapping[str, Any]]:
    """Return what was given; for tests and for measuring what a child costs to start."""
    progress(1, 1, "echoed")
    return arrays, config


def run_child(
    function: str,
    arrays: Arrays,
    config: Mapping[str, Any],
    progress: Progress = SILENT,
    *,
    threads: int = 1,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Run a function of this package in a child process.

    Args:
        function: ``"module:name"`` of a function ``(arrays, config, progress) -> (arrays, meta)``.
        arrays: Given to it by name, read-only.
        config: JSON-able configuration.
        progress: Told what the child says; its cancel ends the child.
        threads: What numeric libraries in the child may use.

    Returns:
        The arrays and the meta data that the function returned.

    Raises:
        Cancelled: A cancel was asked for; the child is gone and so is its folder.
        AliquotError: The one that the function raised.
        ResourceError: The child was stopped by the system (memory), or its files did not fit on the disk.
        RuntimeError: The function failed otherwise: a defect of ours.
    """
    folder = Path(tempfile.mkdtemp(prefix="aliquot-child-"))
    try:
        try:
            write(folder / "in", arrays, {"function": function, "config": dict(config)})
        except OSError as error:
            raise ResourceError(
                "The work could not be handed over",
                f"the temporary folder cannot be written to ({error.strerror or error})",
                "free some disk space",
            ) from error
        code = _watch(folder, threads, progress)
        if code == 0:
            return read(folder / "out")
        raise _failure(folder, code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(folder: Path, arrays: Arrays, meta: Mapping[str, Any]) -> None:
    """Arrays and JSON into a new folder; the JSON last."""
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    body = {"arrays": sorted(arrays), "meta": dict(meta)}
    (folder / "meta.json").write_bytes(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY))


def read(folder: Path, mapped: bool = False) -> tuple[dict[str, Array], dict[str, Any]]:
    """What `write` wrote."""
    body = orjson.loads((folder / "meta.json").read_bytes())
    mode: Any = "r" if mapped else None
    arrays = {
        name: np.load(folder / f"{name}.npy", mmap_mode=mode, allow_pickle=False) for name in body["arrays"]
    }
    return arrays, body["meta"]


def _environment(threads: int) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    limits = dict.fromkeys(_THREADS, str(threads))
    return {
        **os.environ,
        **limits,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _watch(folder: Path, threads: int, progress: Progress) -> int:
    """Start the child, pass its progress on, and return its exit code; end it if anything is raised here."""
    with (folder / "stderr").open("wb") as trouble:
        child = subprocess.Popen(
            [sys.executable, "-m", "core.child", str(folder)],
            cwd=folder,  # `-m` looks here first; elsewhere another `core` might lie
            env=_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=trouble,
        )
        lines: SimpleQueue[bytes | None] = SimpleQueue()
        reader = Thread(target=_pump, args=(child, lines), daemon=True)
        reader.start()
        try:
            while True:
                progress.check()
                try:
                    line = lines.get(timeout=POLL_SECONDS)
                except Empty:
                    continue
                if line is None:
                    break
                _pass_on(line, progress)
            while child.poll() is None:
                progress.check()
                try:
                    child.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
            return int(child.returncode)
        finally:
            _end(child)
            reader.join(GRACE_SECONDS)
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()


def _pump(child: subprocess.Popen[bytes], lines: SimpleQueue[bytes | None]) -> None:
    assert child.stdout is not None
    try:
        for line in child.stdout:
            lines.put(line)
    except ValueError:  # closed under us after a cancel
        pass
    lines.put(None)


def _pass_on(line: bytes, progress: Progress) -> None:
    try:
        share, message = orjson.loads(line)
    except ValueError:
        return
    progress(share, _SCALE, str(message))


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _failure(folder: Path, code: int) -> Exception:
    if code == _TOLD:
        body = orjson.loads((folder / "error.json").read_bytes())
        kind = getattr(errors, body["type"], AliquotError)
        return kind(body["what"], body["why"], body["do"])
    if code == _MEMORY or code in (-9, 137):
        return ResourceError(
            "The work was stopped before it was done",
            "there was not enough memory for it",
            "use fewer rows or a lighter method, or close other programs",
        )
    if code < 0:
        return ResourceError(
            "The work was stopped before it was done",
            f"the system ended it (signal {-code})",
            "start it again",
        )
    said = (folder / "stderr").read_text(encoding="utf-8", errors="replace").strip()
    return RuntimeError(f"child process failed with code {code}: {said[-2000:]}")


def _leave_with_parent(folder: Path) -> None:
    """End this process, folder and all, when its standard input closes: the parent is gone."""
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main(folder: Path) -> int:
    """The child's side: read, run, write; returns the exit code."""
    Thread(target=_leave_with_parent, args=(folder,), daemon=True).start()
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever libraries print goes to the error file, not among the progress lines

    def report(share: float, message: str) -> None:
        try:
            channel.write(orjson.dumps([round(share * _SCALE), message]) + b"\n")
        except OSError:  # nobody reads any more; the other thread may not have had its turn yet
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)

    arrays, body = read(folder / "in", mapped=True)
    try:
        made, meta = find_work(body["function"])(arrays, body["config"], Progress(report))
        write(folder / "out", made, meta)
    except AliquotError as error:
        told = {"type": type(error).__name__, "what": error.what, "why": error.why, "do": error.do}
        (folder / "error.json").write_bytes(orjson.dumps(told))
        return _TOLD
    except MemoryError:
        return _MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
