"""Folders that appear whole or not at all, and what killed runs leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.foundation.errors import BundleError, ResourceError
from core.foundation.staging import leftovers, sweep, workplace
from core.model.decision import Decision
from core.notebook import write_bundle
from core.signoff import atomic_folder
from core.signoff.atomic_folder import check_free, write_folder

from . import toy

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("a.txt", "b.txt")
OLD, NEW = {"a.txt": b"old", "b.txt": b"old"}, {"a.txt": b"new"}


def held(place: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in place.iterdir()}


def beside(place: Path) -> list[str]:
    return sorted(item.name for item in place.parent.iterdir() if item != place)


@pytest.fixture(params=["exchange", "aside"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to take the place of an old folder: in one step, and where the system has no such call."""
    if request.param == "aside":
        monkeypatch.setattr(atomic_folder, "_exchanger", lambda: None)
    elif atomic_folder._exchanger() is None:
        pytest.skip("this system exchanges no folders")
    return str(request.param)


def test_a_folder_is_replaced_as_a_whole_and_only_when_forced(tmp_path: Path, way: str) -> None:
    place = tmp_path / "out"
    write_folder(OLD, place, NAMES)
    with pytest.raises(BundleError, match="--force"):
        write_folder(NEW, place, NAMES)
    assert held(place) == OLD
    write_folder(NEW, place, NAMES, force=True)
    assert held(place) == NEW
    assert beside(place) == []


def test_force_replaces_nothing_foreign_and_nothing_signed(tmp_path: Path) -> None:
    one = toy.study()
    chosen = one.select("random", 9)
    out = write_bundle(one, chosen, tmp_path / "b", sign=Decision("Ada", "fine"))
    with pytest.raises(BundleError, match="signed by Ada"):
        write_bundle(one, chosen, out, force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(BundleError, match="thesis"):
        write_bundle(one, chosen, tmp_path / "mine", force=True)
    (out / "manifest.json").write_text("{broken")
    with pytest.raises(BundleError, match="cannot be read"):
        write_bundle(one, chosen, out, force=True)  # nobody can tell whether it was signed


def test_a_signature_that_arrives_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "out"
    check_free(place, NAMES, True)
    one = toy.study()
    write_bundle(one, one.select("random", 9), place, sign=Decision("Ada", "fine"))
    before = held(place)
    with pytest.raises(BundleError, match="signed"):
        write_folder({"manifest.json": b"{}"}, place, tuple(before), force=True)
    assert held(place) == before


def test_an_old_folder_stays_where_the_disk_is_full(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "out"
    write_folder(OLD, place, NAMES)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(ResourceError, match="No space left"):
            write_folder(NEW, place, NAMES, force=True)
    assert held(place) == OLD
    assert beside(place) == []


def test_an_old_folder_comes_back_where_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_folder, "_exchanger", lambda: None)
    place = tmp_path / "out"
    write_folder(OLD, place, NAMES)
    rename = Path.rename

    def second(self: Path, target: Path) -> Path:
        if ".out.new-" in self.name:
            raise OSError(13, "Permission denied")
        return rename(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", second)
        with pytest.raises(ResourceError, match="Permission denied"):
            write_folder(NEW, place, NAMES, force=True)
    assert held(place) == OLD
    assert beside(place) == []


def killed(place: Path, moment: str) -> None:
    """A process that replaces a folder and is killed at a moment."""
    write_folder(OLD, place, NAMES)
    code = f"""
import os, signal, shutil
from pathlib import Path
from core.signoff import atomic_folder as folder
moment, die = {moment!r}, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
if moment == "made.rename":
    folder._exchanger = lambda: None
    plain = Path.rename
    Path.rename = lambda self, to: die() if ".out.new-" in self.name else plain(self, to)
elif moment == "rmtree":
    shutil.rmtree = die
else:
    setattr(folder, moment, die)
folder.write_folder({NEW!r}, Path({str(place)!r}), {NAMES!r}, force=True)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert beside(place), "something is left of the killed run"


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
@pytest.mark.parametrize(
    ("moment", "left"),
    [("write_through", OLD), ("_take_place", OLD), ("made.rename", None), ("rmtree", NEW)],
)
def test_a_kill_at_any_moment_leaves_old_or_new_and_the_next_run_tidies(
    tmp_path: Path, moment: str, left: dict[str, bytes] | None
) -> None:
    """Without the one-step exchange the folder is away for a moment; the next run puts the old one back."""
    place = tmp_path / "out"
    killed(place, moment)
    if left is not None:
        assert held(place) == left
    check_free(place, NAMES, True)
    assert held(place) == (left or OLD)
    write_folder(NEW, place, NAMES, force=True)
    assert held(place) == NEW
    assert beside(place) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
def test_a_folder_made_since_a_kill_is_not_replaced_by_the_older_one(tmp_path: Path) -> None:
    place = tmp_path / "out"
    killed(place, "made.rename")
    assert not place.exists()
    place.mkdir()
    (place / "a.txt").write_bytes(b"since")
    check_free(place, NAMES, True)
    assert held(place) == {"a.txt": b"since"}
    write_folder(NEW, place, NAMES, force=True)
    assert (held(place), beside(place)) == (NEW, [])


def test_what_a_living_writer_makes_is_left_alone(tmp_path: Path) -> None:
    with workplace(tmp_path, ".tmp") as made:
        assert leftovers(tmp_path, ".tmp") == []
        sweep(tmp_path, ".tmp")
        assert made.is_dir()
    (tmp_path / ".tmp-1-notours").mkdir()
    sweep(tmp_path, ".tmp")
    assert [item.name for item in tmp_path.iterdir()] == [".tmp-1-notours"]


def test_a_folder_of_a_dead_writer_goes_and_that_of_another_prefix_stays(tmp_path: Path) -> None:
    code = "import os; print(os.getpid())"
    dead = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    for prefix in (".a", ".a.new"):
        (tmp_path / f"{prefix}-{dead}-01234567").mkdir()
    sweep(tmp_path, ".a")
    assert [item.name for item in tmp_path.iterdir()] == [f".a.new-{dead}-01234567"]


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_folder_has_the_rights_that_the_user_gives(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        place = write_folder(OLD, tmp_path / "out", NAMES)
        assert place.stat().st_mode & 0o777 == 0o777 & ~mask
        assert (place / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask
        place.chmod(0o750)
        write_folder(NEW, place, NAMES, force=True)
        assert place.stat().st_mode & 0o777 == 0o750, "a folder that is replaced keeps its rights"
    finally:
        os.umask(before)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    write_folder(OLD, link, NAMES)
    write_folder(NEW, link, NAMES, force=True)
    assert link.is_symlink()
    assert held(real) == NEW


def test_the_folder_of_this_process_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for place in (Path(), tmp_path):
        with pytest.raises(BundleError, match="you are in"):
            write_folder(OLD, place, (*NAMES, "in"), force=True)


def test_what_file_managers_leave_does_not_keep_a_folder_from_being_written(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    (place / ".DS_Store").write_bytes(b"x")
    write_folder(OLD, place, NAMES)
    assert held(place) == OLD
