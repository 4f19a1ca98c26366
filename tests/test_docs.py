"""The README says what the code does, and its two commands are the ones that are run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from core.cli.readme_tables import END, START, renewed, strategy_table
from core.foundation.errors import DataError
from core.strategies.declaration import STRATEGIES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_strategy_table_is_current() -> None:
    assert renewed(README, strategy_table()) == README, "run: python -m core.cli.readme_tables --write"


def test_every_strategy_is_a_row_of_the_table() -> None:
    rows = strategy_table().splitlines()[2:]
    assert len(rows) == len(STRATEGIES)
    for row, strategy in zip(rows, STRATEGIES, strict=True):
        assert f"(`{strategy.id}`)" in row
        assert len(re.split(r"(?<!\\)\|", row)) == 8


@pytest.mark.parametrize("text", ["", START, f"{START}{END}{START}{END}"])
def test_a_document_without_its_place_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        renewed(text, "table")


def test_the_two_commands() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    setup = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e "
    assert commands == [f"{setup}. && .venv/bin/aliquot app", f"{setup}'.[test]' && .venv/bin/pytest"]


def test_ci_runs_the_readme_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    found = re.search(r'grep -E "([^"]+)" README.md', script)
    assert found is not None
    assert len(re.findall(found.group(1), README, re.MULTILINE)) == 1


def test_the_whole_tree_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert all(re.fullmatch(r"[\w.]+", version) for version in pins.values())
    assert pins["torch"] == "2.13.0"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[<>=!~\[ ]", item)[0].lower() for item in wanted}
    assert names <= {name.lower().replace("_", "-") for name in pins}


def test_local_links_of_the_readme_exist() -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
