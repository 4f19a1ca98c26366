"""Exit codes as promised: 0, 1, 2, 3, 70 and nothing else, each told in one line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import main, parser
from core.foundation.artifact_store import DEFAULT_LIMIT, Store
from core.foundation.defect_log import FOLDER, KEPT, keep_details
from core.foundation.errors import ParameterError

ROOT = Path(__file__).resolve().parents[3]


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("id,size\n" + "".join(f"{at},{at % 7}\n" for at in range(60)))
    return path


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("x"), KeyError("a\nb"), AssertionError(), RuntimeError("c" * 999)]
)
@pytest.mark.parametrize(
    "place", ["core.study.study.Study.select", "core.data.load.load", "core.signoff.verify.verify"]
)
def test_a_defect_is_70_one_line_and_a_file(
    place: str,
    error: Exception,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ALIQUOT_STORE", str(tmp_path / "store"))
    out = tmp_path / "out"
    assert run("select", data, "--strategy", "random", "--budget", "5", "--out", out) == 0

    def broken(*_: object, **__: object) -> None:
        raise error

    capsys.readouterr()
    monkeypatch.setattr(place, broken)
    if place.endswith("verify"):
        code = run("verify", out, "--data", data)
    else:
        code = run("select", data, "--strategy", "random", "--budget", "5", "--out", tmp_path / "b")
    said = capsys.readouterr()
    assert code == 70, "1 would say that a bundle does not verify"
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("aliquot: A defect of Aliquot")
    assert type(error).__name__ in said.err
    assert len(said.err) < 600
    (kept,) = (tmp_path / "store" / FOLDER).glob("*.txt")
    assert str(kept) in said.err
    text = kept.read_text()
    assert "Traceback" in text
    assert "doing: aliquot" in text
    if os.name != "nt":
        assert kept.stat().st_mode & 0o077 == 0, "its owner alone reads it"
    assert not (tmp_path / "b").exists()


def test_details_find_a_place_where_the_store_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIQUOT_STORE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = keep_details(ValueError("x"))
    assert kept is not None
    assert kept.parent.parent == tmp_path
    for _ in range(KEPT + 5):
        keep_details(ValueError("y"))
    assert len(list(kept.parent.glob("*.txt"))) == KEPT


def test_a_traceback_that_cannot_be_formatted_still_leaves_its_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setenv("ALIQUOT_STORE", str(tmp_path))
    monkeypatch.setattr("traceback.format_exception", fail)
    try:
        parser().parse_args(5)  # type: ignore[arg-type]
    except TypeError as error:
        kept = keep_details(error)
    assert kept is not None
    lines = kept.read_text("utf-8").splitlines()
    assert lines[-1] == "TypeError: 'int' object is not iterable"
    assert any(re.fullmatch(r".*test_exits\.py:\d+", line) for line in lines)
    assert any(re.fullmatch(r".*argparse\.py:\d+", line) for line in lines)


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
def test_an_interrupted_command_ends_by_its_signal() -> None:
    code = (
        "import sys; from core.cli import commands; from core.cli import main as cli\n"
        "def stop(args): raise KeyboardInterrupt\n"
        "commands.run_strategies = stop\n"
        "sys.argv = ['aliquot', 'strategies']; cli.entry()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGINT
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
def test_a_closed_pipe_ends_by_its_signal() -> None:
    words = [sys.executable, "-m", "core", "strategies"]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.close()
    _, said = child.communicate(timeout=60)
    assert (child.returncode, said) == (-signal.SIGPIPE, b"")


def test_the_codes_are_told_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    words = " ".join(parser().format_help().split())
    for code in ("0 done", "1 does not verify", "2 bad input", "3 intact", "70 a defect"):
        assert code in words


@pytest.mark.parametrize("value", ["abc", "-5", "0", "1.5", "1e9", "20 GB"])
def test_a_limit_that_is_no_number_of_bytes_is_bad_input(
    value: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ALIQUOT_STORE_BYTES", value)
    with pytest.raises(ParameterError, match="ALIQUOT_STORE_BYTES"):
        Store.default()
    assert run("select", data, "--strategy", "random", "--budget", "5", "--out", tmp_path / "o") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ALIQUOT_STORE_BYTES" in said


def test_limits_that_are_numbers_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, limit in (("1,000,000", 10**6), (" 5000 ", 5000), ("", DEFAULT_LIMIT)):
        monkeypatch.setenv("ALIQUOT_STORE_BYTES", text)
        assert Store.default().limit == limit


def test_a_store_that_is_a_file_is_bad_input(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ALIQUOT_STORE", str(data))
    assert run("select", data, "--strategy", "random", "--budget", "5", "--out", tmp_path / "o") == 2
    assert "ALIQUOT_STORE" in capsys.readouterr().err


def test_an_earlier_run_is_replaced_with_force_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.signoff.open_bundle import open_bundle

    words = ["select", data, "--strategy", "random", "--budget", "5", "--out", tmp_path / "o"]
    assert run(*words) == 0
    assert run(*words, "--seed", 9) == 2
    assert "--force" in capsys.readouterr().err
    assert open_bundle(tmp_path / "o").manifest["selection"]["seed"] == 0
    assert run(*words, "--seed", 9, "--force") == 0
    assert open_bundle(tmp_path / "o").manifest["selection"]["seed"] == 9


def test_run_on_other_data_takes_the_wish_and_says_both(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.signoff.open_bundle import open_bundle

    one, two = tmp_path / "one", tmp_path / "two"
    assert run("select", data, "--strategy", "stratified", "--budget", "10%", "--groups", "kind",
               "--role", "kind=category", "--out", one) == 2  # fmt: skip
    lines = ["id,size,kind"] + [f"{at},{at % 7},{'ab'[at % 2]}" for at in range(60)]
    data.write_text("\n".join(lines) + "\n")
    words = ["--strategy", "stratified", "--budget", "10%", "--groups", "kind", "--out", one]
    assert run("select", data, *words) == 0
    later = tmp_path / "later.csv"
    lines = ["id,size,kind,new"] + [f"{at},{at % 9},{'abc'[at % 3]},1" for at in range(30, 150)]
    later.write_text("\n".join(lines) + "\n")
    capsys.readouterr()
    assert run("run", one, "--data", later, "--out", two) == 0
    said = capsys.readouterr().err
    assert "The budget, 10 % of the rows, came to 6 of 60 rows then, and comes to 12 of 120 rows now." in said
    assert "Rows that the old data did not hold: 90 of 120." in said
    assert "Columns that are new: 'new'." in said
    assert "Groups that are new: 'c'." in said
    assert "kind = c" in said
    assert len(open_bundle(two).manifest["selection"]["ids"]) == 12
    assert open_bundle(two).manifest["recipe"]["budget"] == "10%"
    assert run("run", one, "--data", data, "--out", tmp_path / "three") == 0
    assert capsys.readouterr().err == "", "on the same data there is nothing to say"
    assert run("verify", one, "--data", data) == 0
