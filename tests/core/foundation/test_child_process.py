import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Timer

import numpy as np
import psutil
import pytest

from core.foundation.child_process import find_work, run_child
from core.foundation.errors import Cancelled, LimitError, ParameterError, ResourceError
from core.foundation.progress import Progress

# Functions that a child can reach lie in the package; these are put there for the tests by a file beside it.
BAD = """
import os, signal, sys, time
from core.foundation.errors import ParameterError

def wait(arrays, config, progress):
    progress(1, 4, "waiting")
    open(config["pid"], "w").write(str(os.getpid()))
    if config.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1_000_000)

def grow(arrays, config, progress):
    from core.foundation.child_process import limit_memory
    kept = limit_memory(config["room"])
    progress(1, 2, f"limited {kept}")
    held = []
    while True:
        held.append(bytearray(2**22))
        time.sleep(0.001)

def told(arrays, config, progress):
    raise ParameterError("k is wrong", "too big", "lower it")

def memory(arrays, config, progress):
    raise MemoryError

def defect(arrays, config, progress):
    raise ZeroDivisionError("a defect")

def killed(arrays, config, progress):
    os.kill(os.getpid(), signal.SIGKILL)

def noisy(arrays, config, progress):
    print("not a progress line")
    os.write(1, b"[nor this\\n")
    sys.stderr.write("a warning")
    progress(1, 2, "half")
    return {"y": arrays["x"] * 2}, {"pid": os.getpid(), "threads": os.environ["OMP_NUM_THREADS"]}
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Extra functions, reachable in the child as `core.child_work` by way of a namespace path."""
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "child_work.py").write_text(BAD)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        f"import core; core.__path__.append({str(tmp_path / 'extra')!r})"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    yield tmp_path
    assert list((tmp_path / "temporary").iterdir()) == []


def test_arrays_meta_and_progress_come_back(work):
    seen = []
    progress = Progress(lambda share, text: seen.append((share, text)), every=0)
    made, meta = run_child("core.child_work:noisy", {"x": np.arange(4)}, {}, progress.part(0.5, 1.0))
    assert made["y"].tolist() == [0, 2, 4, 6]
    assert meta["pid"] != os.getpid()
    assert meta["threads"] == "1"
    assert seen == [(0.75, "half")]


def test_a_persons_error_arrives_as_itself(work):
    with pytest.raises(ParameterError) as caught:
        run_child("core.child_work:told", {}, {})
    assert (caught.value.what, caught.value.why, caught.value.do) == ("k is wrong", "too big", "lower it")


@pytest.mark.parametrize("name", ["memory", "killed"])
def test_lack_of_memory_is_told_in_plain_words(work, name):
    with pytest.raises(ResourceError, match="not enough memory"):
        run_child(f"core.child_work:{name}", {}, {})


def test_a_defect_is_not_dressed_up(work):
    with pytest.raises(RuntimeError, match="a defect"):
        run_child("core.child_work:defect", {}, {})


def test_only_functions_of_the_package_are_run():
    with pytest.raises(ValueError, match="not part"):
        find_work("os:system")


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_cancel_ends_a_child_that_would_never_end(work, stubborn):
    cancel = Event()
    pid_file = work / "pid"

    def report(share, text):
        if text == "waiting":
            Timer(0.3, cancel.set).start()

    config = {"pid": str(pid_file), "stubborn": stubborn}
    with pytest.raises(Cancelled):
        run_child("core.child_work:wait", {}, config, Progress(report, cancel, every=0))
    assert not psutil.pid_exists(int(pid_file.read_text()))


def test_a_limit_of_time_ends_a_child_that_would_never_end(work):
    pid_file = work / "pid"
    with pytest.raises(LimitError, match=r"it took longer than 0\.5 s"):
        run_child("core.child_work:wait", {}, {"pid": str(pid_file)}, seconds=0.5)
    if pid_file.exists() and pid_file.read_text():
        assert not psutil.pid_exists(int(pid_file.read_text()))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there the system keeps the limit")
def test_the_system_keeps_a_limit_of_memory(work):
    seen = []
    progress = Progress(lambda share, text: seen.append(text), every=0)
    with pytest.raises(ResourceError, match="not enough memory"):
        run_child("core.child_work:grow", {}, {"room": 2**27}, progress)
    assert seen == ["limited True"]


def test_the_parent_keeps_a_limit_of_memory_where_the_system_does_not(work, monkeypatch):
    start = work / "site" / "sitecustomize.py"
    start.write_text(start.read_text() + "; import sys; sys.modules['resource'] = None")
    monkeypatch.setattr("core.foundation.child_process.LIBRARIES", 2**26)
    seen = []
    progress = Progress(lambda share, text: seen.append(text), every=0)
    with pytest.raises(LimitError, match="more memory than it may"):
        run_child("core.child_work:grow", {}, {"room": 2**27}, progress, memory=2**27)
    assert seen == ["limited False"]


def test_the_child_ends_when_its_parent_dies(work):
    pid_file = work / "pid"
    code = (
        "import sys; from core.foundation.child_process import run_child; "
        f"run_child('core.child_work:wait', {{}}, {{'pid': {str(pid_file)!r}}})"
    )
    import subprocess

    root = str(Path(__file__).resolve().parents[3])
    own = work / "parent"
    own.mkdir()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ["PYTHONPATH"]]), "TMPDIR": str(own)}
    parent = subprocess.Popen([sys.executable, "-c", code], env=env)
    limit = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < limit:
        time.sleep(0.05)
    child = int(pid_file.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert list(own.iterdir()) == []
