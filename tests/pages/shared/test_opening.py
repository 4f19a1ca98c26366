"""What waits for a tab stays until it is asked for, however much other tabs read meanwhile; within bounds."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.data.load import load
from core.data.stored_datasets import place_of
from pages.ui.shared import bounded_memory, cache, opening


def body(mark: str, rows: int = 60) -> bytes:
    """A table that no other test opens."""
    lines = [f"{mark}{at},{at * 7 % 31},{at % 13},{'left' if at % 2 else 'right'}" for at in range(rows)]
    return ("key,x,y,side\n" + "\n".join(lines) + "\n").encode()


def test_no_upload_vanishes_beside_others(drive: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tab's file is read before the first of them asks for it."""
    monkeypatch.setattr(opening, "_WAIT", 0.0)
    held = bounded_memory.OpenedDatasets(1)  # memory for one data set only: the store has the others
    monkeypatch.setattr(cache, "opened", lambda: held)
    monkeypatch.setattr(opening, "settle", lambda: False)
    tabs = []
    for at in range(12):
        tab = drive.frame().run()
        tab.file_uploader(key="data_upload").upload(f"t{at}.csv", body(f"t{at}-", 20 + at), "text/csv").run()
        tabs.append(tab)
    for tab in tabs:
        assert tab.session_state["_tab_opening"].job.finished.wait(60)
    monkeypatch.undo()
    for at, tab in enumerate(tabs):
        tab.run()
        assert not tab.exception
        data = tab.session_state["app"].data
        assert data is not None
        assert (data.name, data.rows) == (f"t{at}.csv", 20 + at)


def test_a_result_that_a_tab_waits_for_stays_until_it_is_read() -> None:
    results = bounded_memory.Results(most=3, waiting=50)
    for at in range(40):
        results.put(f"of tab {at}", at + 1)
    assert [results.get(f"of tab {at}") for at in range(40)] == list(range(1, 41))
    assert [results.get(f"of tab {at}") for at in range(40)] == [None] * 37 + [38, 39, 40]
    for at in range(60):
        results.put(f"never read {at}", at + 1)
    assert len(results._items) == 50
    assert results.get("never read 9") is None
    assert results.get("never read 10") == 11


def test_a_result_that_grows_is_waited_for_again() -> None:
    results = bounded_memory.Results(most=1, waiting=9)
    results.put("run", "a part")
    assert results.get("run") == "a part"
    results.put("run", "all of it")
    for at in range(4):
        results.put(f"other {at}", at + 1)
        assert results.get(f"other {at}") == at + 1
    assert results.get("run") == "all of it"


def test_two_tabs_that_give_the_same_bytes_wait_for_one_reading_and_one_may_leave(
    drive: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, starts = Event(), []
    real = opening.load

    def slow(*args: Any, **kwargs: Any) -> Any:
        starts.append(1)
        gate.wait(60)
        return real(*args, **kwargs)

    monkeypatch.setattr(opening, "load", slow)
    monkeypatch.setattr(opening, "_WAIT", 0.0)
    tabs = [drive.frame().run() for _ in range(2)]
    for tab in tabs:
        tab.file_uploader(key="data_upload").upload("two.csv", body("two"), "text/csv").run()
    tabs[0].button(key="data_stop").click().run()
    assert tabs[0].session_state["_tab_opening"] is None
    gate.set()
    assert tabs[1].session_state["_tab_opening"].job.finished.wait(60)
    for tab in tabs:
        tab.run()
        assert not tab.exception
    assert tabs[1].session_state["app"].data is not None
    assert tabs[0].session_state["app"].data is None
    assert len(starts) == 1


def test_memory_for_opened_data_is_bounded_and_what_no_disk_has_goes_last() -> None:
    made = [load(body(f"m{at}-", 200), name=f"m{at}") for at in range(4)]
    size = bounded_memory.bytes_of(made[0])
    assert size > sum(len(value) for value in made[0].frame["key"])
    held = bounded_memory.OpenedDatasets(int(2.5 * size))
    held.put(made[0], stored=False)
    held.put(made[1], stored=True)
    held.put(made[2], stored=True)
    names = [place_of(data) for data in made]
    assert [held.get(name) is not None for name in names] == [True, False, True, False]
    held.put(made[3], stored=True)
    assert [held.get(name) is not None for name in names] == [True, False, False, True]
    assert held.bytes <= 2.5 * size
    tight = bounded_memory.OpenedDatasets(1)
    tight.put(made[0], stored=True)
    assert tight.get(names[0]) is not None, "the newest is held whatever it takes"


def test_a_data_set_counts_its_vectors() -> None:
    plain = load(body("v"), name="v")
    wide = load(body("v"), name="v", vectors={"v": np.ones((60, 1000), np.float32)})
    assert bounded_memory.bytes_of(wide) - bounded_memory.bytes_of(plain) >= 60 * 4000
