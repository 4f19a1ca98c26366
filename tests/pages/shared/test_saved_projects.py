"""Saved projects: whose they are, how many there may be, and what is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.model.recipe import Recipe
from pages.ui.shared import saved_projects
from pages.ui.shared.app_state import AppState, DataRef, RowSet
from pages.ui.shared.saved_projects import SavedProject, SavedProjects, new_name, sound

WHEN = "2026-05-04T03:02:01+00:00"
STATE = AppState(
    data=DataRef("ab" * 16, "mine.csv", 60, 4, "upload"),
    recipe=Recipe(budget="7", seed=3),
    picked=RowSet.of([1, 5], 60, "by hand"),
)


@pytest.fixture
def saved(tmp_path: Path) -> SavedProjects:
    return SavedProjects(tmp_path / "projects")


def put(saved: SavedProjects, owner: str, state: AppState = STATE) -> str:
    name = new_name()
    assert saved.put(owner, SavedProject(name, WHEN, "compare", state))
    return name


def test_a_project_comes_back_to_its_owner_and_to_nobody_else(saved: SavedProjects) -> None:
    name = put(saved, "ada")
    assert saved.take("ada", name) == SavedProject(name, WHEN, "compare", STATE)
    assert saved.take("bob", name) is None
    assert (saved.of("ada"), saved.of("bob")) == ([saved.take("ada", name)], [])
    saved.drop("bob", name)
    assert saved.take("ada", name) is not None
    saved.drop("ada", name)
    assert saved.take("ada", name) is None


@pytest.mark.parametrize(
    "name", ["", "../../etc/x", "a" * 10, "a" * 12, "aaaaa/aaaaa", "aaaaaaaaaa\n", None, 7]
)
def test_what_is_no_name_is_no_path(saved: SavedProjects, name: object) -> None:
    assert not sound(name)
    assert saved.take("ada", name) is None  # type: ignore[arg-type]
    saved.drop("ada", name)  # type: ignore[arg-type]


def test_names_are_sound_and_never_the_same() -> None:
    names = {new_name() for _ in range(1_000)}
    assert len(names) == 1_000
    assert all(map(sound, names))


def aged(saved: SavedProjects) -> None:
    """Make what is there an hour older, so that what comes is newer on any disk."""
    for file in saved.root.rglob("*.json"):
        was = file.stat().st_mtime - 3_600
        os.utime(file, (was, was))


def test_of_too_many_the_ones_saved_longest_ago_go(
    saved: SavedProjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_projects, "MOST_EACH", 3)
    monkeypatch.setattr(saved_projects, "MOST", 4)
    names = []
    for _ in range(4):
        aged(saved)
        names.append(put(saved, "ada"))
    assert [one.name for one in saved.of("ada")] == names[:0:-1], "the newest first, three of them"
    aged(saved)
    saved.put("ada", SavedProject(names[1], WHEN, "data", STATE))  # saved again: now the newest of hers
    for _ in range(2):
        aged(saved)
        put(saved, "bob")
    assert [one.name for one in saved.of("ada")] == [names[1], names[3]], "four in all"
    assert len(saved.of("bob")) == 2


def test_what_is_too_large_or_finds_no_room_is_said(
    saved: SavedProjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_projects, "MOST_BYTES", 100)
    assert not saved.put("ada", SavedProject(new_name(), WHEN, "data", STATE))
    monkeypatch.undo()
    saved.root.write_text("a file stands where the folder should be")
    assert not saved.put("ada", SavedProject(new_name(), WHEN, "data", STATE))
    assert saved.of("ada") == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"saved": 1}', b'{"saved": 1, "page": 2, "project": {}}']
)
def test_a_damaged_project_is_left_out(saved: SavedProjects, body: bytes) -> None:
    broken, whole = put(saved, "ada"), put(saved, "ada")
    next(saved.root.rglob(f"{broken}.json")).write_bytes(body)
    assert saved.take("ada", broken) is None
    assert [one.name for one in saved.of("ada")] == [whole]
