"""Work that cannot be interrupted, in a child process that a cancel ends.

UMAP, HDBSCAN and k-means never look up while they run, so a cancel could not reach them. They run as
``python -m core.foundation.child_process FOLDER``: arrays travel as ``.npy`` files, the configuration as
JSON, progress as lines on standard output. A cancel terminates the child within a fraction of a second and
removes the folder; if the parent dies, the child's standard input closes and it ends by itself. Nothing is
pickled.

A child may be given limits. Time is kept by the parent, which ends the child. Memory is kept twice: by the
system, where the child can ask it to (`limit_memory`: on Linux), and everywhere by the parent, which looks
ten times a second at what the child holds and ends it where that is too much.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import orjson
from numpy.typing import NDArray

from . import errors
from .array_folder import read_arrays, write_arrays
from .errors import AliquotError, LimitError, ResourceError
from .progress import SILENT, Progress

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Work = Callable[[Arrays, Mapping[str, Any], Progress], tuple[Arrays, Mapping[str, Any]]]

POLL_SECONDS = 0.1
LIBRARIES = 2**29  # bytes of memory that a child's libraries take before it works
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
        >>> find_work("core.foundation.child_process:find_work") is find_work
        True
    """
    module, _, name = function.partition(":")
    if module.partition(".")[0] != (__package__ or "").partition(".")[0]:
        raise ValueError(f"{function} is not part of this package")
    found: Work = getattr(importlib.import_module(module), name)
    return found


def run_child(
    function: str,
    arrays: Arrays,
    config: Mapping[str, Any],
    progress: Progress = SILENT,
    *,
    threads: int = 1,
    seconds: float | None = None,
    memory: int | None = None,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Run a function of this package in a child process.

    Args:
        function: ``"module:name"`` of a function ``(arrays, config, progress) -> (arrays, meta)``.
        arrays: Given to it by name, read-only.
        config: JSON-able configuration.
        progress: Told what the child says; its cancel ends the child.
        threads: What numeric libraries in the child may use.
        seconds: Wall time after which the child is ended, its start included; None for no limit.
        memory: Bytes that the work may hold beside its arrays and libraries; None for no limit.

    Returns:
        The arrays and the meta data that the function returned.

    Raises:
        Cancelled: A cancel was asked for; the child is gone and so is its folder.
        AliquotError: The one that the function raised.
        LimitError: It took longer than `seconds`, or held more than `memory`.
        ResourceError: The child was stopped by the system (memory), or its files did not fit on the disk.
        RuntimeError: The function failed otherwise: a defect of ours.
    """
    folder = Path(tempfile.mkdtemp(prefix="aliquot-child-"))
    try:
        try:
            (folder / "in").mkdir()
            write_arrays(folder / "in", arrays, {"function": function, "config": dict(config)})
        except OSError as error:
            raise ResourceError(
                "The work could not be handed over",
                f"the temporary folder cannot be written to ({error.strerror or error})",
                "free some disk space",
            ) from error
        if memory is not None:
            memory += LIBRARIES + sum(array.nbytes for array in arrays.values())
        code = _watch(folder, threads, progress, seconds, memory)
        if code == 0:
            return read_arrays(folder / "out", mapped=False)
        raise _failure(folder, code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(threads: int) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    limits = dict.fromkeys(_THREADS, str(threads))
    return {
        **os.environ,
        **limits,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _watch(folder: Path, threads: int, progress: Progress, seconds: float | None, memory: int | None) -> int:
    """Start the child, pass its progress on, and return its exit code; end it if anything is raised here."""
    with (folder / "stderr").open("wb") as trouble:
        child = subprocess.Popen(
            [sys.executable, "-m", "core.foundation.child_process", str(folder)],
            cwd=folder,  # `-m` looks here first; elsewhere another `core` might lie
            env=_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=trouble,
        )
        lines: SimpleQueue[bytes | None] = SimpleQueue()
        reader = Thread(target=_pump, args=(child, lines), daemon=True)
        reader.start()
        started = time.monotonic()
        try:
            while True:
                progress.check()
                _within(child, started, seconds, memory)
                try:
                    line = lines.get(timeout=POLL_SECONDS)
                except Empty:
                    continue
                if line is None:
                    break
                _pass_on(line, progress)
            while child.poll() is None:
                progress.check()
                _within(child, started, seconds, memory)
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


def _within(
    child: subprocess.Popen[bytes], started: float, seconds: float | None, memory: int | None
) -> None:
    """Raise `LimitError` where a child that still runs is beyond its limits."""
    if child.poll() is not None:
        return
    if seconds is not None and time.monotonic() - started > seconds:
        raise LimitError("The work was stopped", f"it took longer than {seconds:g} s", "ask for less")
    if memory is not None:
        import psutil

        try:
            held = psutil.Process(child.pid).memory_info().rss
        except psutil.Error:  # it has just ended
            return
        if held > memory:
            raise LimitError("The work was stopped", "it took more memory than it may", "ask for less")


def limit_memory(room: int) -> bool:
    """In a child: let the system refuse memory beyond what is mapped now and `room` bytes.

    Returns:
        Whether the system keeps the limit; where not, the parent alone does.
    """
    try:
        import resource

        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + room, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ImportError, AttributeError, ValueError, OSError):
        return False
    return True


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

    arrays, body = read_arrays(folder / "in")
    try:
        made, meta = find_work(body["function"])(arrays, body["config"], Progress(report))
        (folder / "out").mkdir()
        write_arrays(folder / "out", made, meta)
    except AliquotError as error:
        told = {"type": type(error).__name__, "what": error.what, "why": error.why, "do": error.do}
        (folder / "error.json").write_bytes(orjson.dumps(told))
        return _TOLD
    except MemoryError:
        return _MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
