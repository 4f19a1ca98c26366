import threading

import pytest

from core.foundation.errors import AliquotError, Cancelled
from core.foundation.progress import SILENT, Progress, patiently


def test_parts_map_into_the_whole():
    seen = []
    whole = Progress(lambda share, text: seen.append(share), every=0)
    part = whole.part(0.2, 0.6).part(0.5, 1.0)
    part(0, 4)
    part(4, 4)
    assert seen == pytest.approx([0.4, 0.6])


def test_reports_are_thinned_but_the_end_is_told():
    seen = []
    progress = Progress(lambda share, text: seen.append(share), every=60)
    for step in range(1, 101):
        progress(step, 100)
    assert seen == [0.01, 1.0]


def test_cancel_raises_even_without_a_report():
    stop = threading.Event()
    progress = Progress(cancel=stop)
    progress(1, 2)
    stop.set()
    with pytest.raises(Cancelled):
        progress.part(0, 0.5)(1, 2)


def test_an_empty_task_is_done():
    seen = []
    Progress(lambda share, text: seen.append(share), every=0)(0, 0)
    SILENT(1, 1)
    assert seen == [1.0]


def test_a_cancel_does_not_wait_for_what_cannot_be_interrupted():
    stop, hold = threading.Event(), threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(Cancelled):
        patiently(lambda: hold.wait(30), Progress(cancel=stop), "importing")
    hold.set()


def test_what_is_waited_for_passes_on_results_and_errors():
    progress = Progress(cancel=threading.Event())
    assert patiently(lambda: "made", progress) == "made"
    with pytest.raises(AliquotError, match="broken"):
        patiently(lambda: _broken(), progress)


def _broken() -> None:
    raise AliquotError("It is broken")


def test_errors_say_what_why_and_what_to_do():
    assert str(AliquotError("A happened.", "B", "do C.")) == "A happened: B. What to do: do C."
    assert str(AliquotError("A happened")) == "A happened."
