"""Rules for the tests themselves: nothing depends on time, and what is missing is said."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.browser.conftest import wait_for_server
from tests.syntax import parsed

TESTS = Path(__file__).parent
# Looks again and again until something holds; each wait is one of many, not the condition.
LOOKS = {
    ("browser/test_app.py", "still"),
    ("browser/test_app.py", "readable"),
    ("browser/test_doors.py", "test_an_exported_page_asks_nothing_of_any_host"),  # nothing to wait for
}


def test_property_tests_run_alike_everywhere_and_know_no_time() -> None:
    now = settings()
    assert now.deadline is None
    assert now.derandomize
    assert HealthCheck.too_slow in now.suppress_health_check


def test_no_test_sets_a_deadline_of_its_own() -> None:
    here = {Path(__file__).name, "conftest.py"}
    files = [path for path in TESTS.rglob("*.py") if path.name not in here]
    assert len(files) > 100
    assert [path.name for path in files if re.search(r"deadline\s*=", path.read_text("utf-8"))] == []


def bare_counts(tree: ast.Module) -> Iterator[str]:
    """Numbers written with thousands apart that stand before a plural whatever they are: "1 rows".

    Constants are no counts of something found: nobody sets a limit to 1.
    """
    no_noun = {"is", "was", "has", "as", "its", "others", "less", "does", "plus", "miss", "this"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for number, after in pairwise(node.values):
            if not isinstance(number, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            spec = ast.unparse(number.format_spec) if number.format_spec else ""
            names = [one.id for one in ast.walk(number.value) if isinstance(one, ast.Name)]
            names += [one.attr for one in ast.walk(number.value) if isinstance(one, ast.Attribute)]
            constant = bool(names) and all(name.isupper() or name == "len" for name in names)
            word = re.match(r" (?:(?!of |in |beside |and |it )[a-z-]+ )?([a-z]+s)\b", str(after.value))
            if spec == "f','" and word and word[1] not in no_noun and not constant:
                yield f"{number.lineno}: {ast.unparse(number.value)} {word[1]}"


def test_numbers_agree_with_their_nouns() -> None:
    # Said only where there are several, by the condition beside them.
    several = {
        ("core/data/health.py", "len(empty) columns"),
        ("core/data/suspect_cells.py", "len(found) cells"),
        ("core/model/binning.py", "len(values) values"),
        ("core/data/health.py", "distinct values"),
        ("core/analysis/paired_tests/run.py", "len(units) rows"),
        ("core/model/cost_budget.py", "count rows"),
        (
            "core/strategies/redundancy/semdedup.py",
            "budget rows",
        ),  # more than were left, which is at least one
    }
    root, found = TESTS.parent, set()
    for path in [*root.glob("core/**/*.py"), *root.glob("pages/**/*.py"), root / "app.py"]:
        for what in bare_counts(parsed(path.read_text("utf-8"))):
            found.add((path.relative_to(root).as_posix(), what.partition(": ")[2]))
    assert found == several
    assert list(bare_counts(parsed('f"{len(x):,} rows"'))) == ["1: len(x) rows"]
    assert not list(bare_counts(parsed("""f"{count(len(x), 'row')} and {MOST:,} rows, {n:,} is" """)))


def bare_verbs(tree: ast.Module) -> Iterator[str]:
    """Numbers of things before a verb whatever they are: "1 of 300 rows have"."""
    plural = r"(are|were|have|hold|lie|need|take|differ|fit|share|cost|carry|lack|miss|stand|read|fail|make)"
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for number, after in pairwise(node.values):
            counted = isinstance(number, ast.FormattedValue) and isinstance(number.value, ast.Call)
            if not counted or not isinstance(after, ast.Constant):
                continue
            word = re.match(rf" (?:of [a-z]+ |in [a-z]+ )?{plural}\b", str(after.value))
            if word and "count(" in ast.unparse(number):
                yield f"{number.lineno}: {ast.unparse(number.value)} {word[1]}"


def test_numbers_agree_with_their_verbs() -> None:
    root = TESTS.parent
    found = {
        (path.relative_to(root).as_posix(), what.partition(": ")[2])
        for path in [*root.glob("core/**/*.py"), *root.glob("pages/**/*.py"), root / "app.py"]
        for what in bare_verbs(parsed(path.read_text("utf-8")))
    }
    assert found == {
        ("core/features/table.py", "count(len(ranked), 'value') have"),  # of which several
        ("core/signoff/feature_recheck.py", "count(len(rows), 'row') are"),  # the features are
        ("pages/ui/shared/app_state.py", "count(ref.columns, 'column') are"),  # rows and columns are
        (
            "pages/ui/compare/budget_curves/smallest_budget_view.py",
            "count(line.step, 'row') were",
        ),  # said only of steps of two and more
    }
    assert list(bare_verbs(parsed("""f"{n:,} of {count(m, 'row')} have no id" """)))
    assert not list(bare_verbs(parsed("""f"{part(n, m, 'row', 'has', 'have')} no id" """)))


def test_browser_tests_wait_for_conditions() -> None:
    found = set()
    for path in (TESTS / "browser").glob("*.py"):
        function = ""
        for line in path.read_text("utf-8").splitlines():
            function = match.group(1) if (match := re.match(r"def (\w+)", line)) else function
            if "wait_for_timeout" in line:
                found.add((path.relative_to(TESTS).as_posix(), function))
    assert found == LOOKS


def test_browser_tests_take_the_first_of_what_they_wait_for_or_click() -> None:
    """While a script runs, what it drew before stands beside what it draws now: a text can be there twice."""
    strict = re.compile(r"(?<!\.first)(?<!mouse)\.(wait_for|click|fill)\((?!\);)")  # `click();` is JavaScript
    assert strict.search('page.get_by_text("It verifies").wait_for()')
    assert not strict.search('page.get_by_text("It verifies").first.wait_for()')
    for path in (TESTS / "browser").glob("*.py"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            assert not strict.search(line), f"{path.name}:{number}: {line.strip()}"


def test_a_server_that_never_answers_fails_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("Port 1 is taken")
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    with pytest.raises(pytest.fail.Exception, match="the server ended: Port 1 is taken"):
        wait_for_server(gone, "http://127.0.0.1:1", tmp_path / "log.txt")
    mute = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with pytest.raises(pytest.fail.Exception, match=r"never answered at http://127\.0\.0\.1:1: Port 1"):
            wait_for_server(mute, "http://127.0.0.1:1", tmp_path / "log.txt", patience=0.3)
    finally:
        mute.kill()
        mute.communicate()
