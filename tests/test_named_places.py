"""Texts name modules, files and names in them that are there: docstrings, tests and guides alike."""

from __future__ import annotations

import pytest

from tests.house_names import Places, missing_in_guide, missing_places
from tests.source_files import ROOT, sources, tracked

READ = {".py", ".md", ".toml", ".yaml", ".ipynb", ".html", ""}
# Files that hold small made-up houses.
MADE_UP = {"tests/test_house.py", "tests/test_source_rules.py", "tests/test_named_places.py"}
# What is named and is not there, and why.
NOT_OURS = {
    ("README.md", "my_strategies.py"): "a reader's own file",
    ("tests/core/cli/test_check_strategy.py", "broken.py"): "written by the test",
    ("tests/core/cli/test_cli.py", "/nowhere/core/cli/commands.py"): "a path of another machine",
    ("tests/core/foundation/test_child_process.py", "child_work.py"): "written by the test",
    ("tests/core/foundation/test_child_process.py", "core.child_work"): "written by the test",
    ("tests/core/foundation/test_child_process.py", "sitecustomize.py"): "written by the test",
    ("tests/core/model/test_extensions.py", "lurking.py"): "written by the test",
    ("tests/core/model/test_foreign_code.py", "disguise.py"): "written by the test",
    ("tests/core/signoff/test_missing_package.py", "lurking.py"): "written by the test",
    ("tests/core/test_api.py", "core.nothing"): "asked for in vain",
}
HOUSE = {
    "core/__init__.py": '_PLACES = {\n    "load": "data.load",\n}',
    "core/model/budget.py": "class Budget(Base):\n    def parse(self): ...\n_key = 1",
    "core/model/base.py": "class Base:\n    size: int",
    "core/groups/centres.py": "from ..model.budget import Budget\ndef kmeans(): ...",
}


@pytest.fixture(scope="module")
def places() -> Places:
    """Every file that is ours; of those that name nothing of ours, nothing."""
    names = {*tracked(), *(path.relative_to(ROOT).as_posix() for path in sources())}
    found = {name: ROOT / name for name in sorted(names) if (ROOT / name).is_file()}
    texts = {
        name: path.read_text("utf-8", errors="ignore") if path.suffix in READ else ""
        for name, path in found.items()
    }
    return Places(texts)


def test_what_texts_name_is_there(places: Places) -> None:
    known, broken = set(), []
    for where, what in missing_places(places, MADE_UP):
        at = where.partition(":")[0], what.partition(":")[0]
        known.add(at)
        if at not in NOT_OURS:
            broken.append(f"{where}: {what}")
    assert not broken, "\n".join(broken)
    assert NOT_OURS.keys() - known == set(), "named no more, or there by now"


@pytest.mark.parametrize(
    "said",
    [
        'run_child("core.model.bugdet:Budget")',
        'run_child("core.model.budget:key")',
        'monkeypatch.setattr("core.model.budget.Budget.parsed", 1)',
        "python -m core.modell.budget",
        "`core.groups.kmeans`",
        "core.Study",
        "see core/model/budgets.py",
        "see core/modell",
        "see model/budgets.py",
        "`Budget.sizes`",
        "`budget.parse`",
    ],
)
def test_what_is_not_there_is_caught(said: str) -> None:
    assert list(missing_places(Places(HOUSE | {"README.md": said})))
    assert list(missing_places(Places(HOUSE | {"core/model/a.py": f"'''{said}'''"})))


@pytest.mark.parametrize(
    "said",
    [
        'run_child("core.model.budget:Budget")',
        'monkeypatch.setattr("core.model.budget.Budget.parse", 1)',
        'monkeypatch.setattr("core.groups.centres.Budget", 1)',
        "python -m core.model.budget",
        "core.load, core.model, core.__version__",
        "see core/model/budget.py and core/model/, groups/centres.py, or core/<folder>/x",
        "`Budget.size`, `Budget.parse('5%')`, `budget.Budget`, `budget.json`, `other.thing`",
        "def f(core):\n    core.unknown()",
    ],
)
def test_what_is_there_passes(said: str) -> None:
    path = "core/model/a.py" if "def" in said else "README.md"
    assert not list(missing_places(Places(HOUSE | {path: said})))


def test_the_guide_to_the_engine_names_what_is_there(places: Places) -> None:
    guide = places.texts["core/README.md"]
    assert guide.count("`") > 100
    assert list(missing_in_guide(guide, places)) == []


@pytest.mark.parametrize(
    "said",
    [
        "`groups/{centres,density}.py`",
        "`modell/`",
        "`groups, density`",
        "`Budget.sum`",
        "`model/budget.py`, `parse`",
    ],
)
def test_a_guide_that_is_wrong_is_caught(said: str) -> None:
    assert list(missing_in_guide(said, Places(HOUSE)))


@pytest.mark.parametrize(
    "said",
    [
        "`groups/{centres,centres}.py`", "`<folder>/budget.py`", "`model, groups`", "`Budget.parse`",
        "`model/budget.py`, `Budget`", "`--budget`, `verify`",
    ],
)  # fmt: skip
def test_a_guide_that_is_right_passes(said: str) -> None:
    assert not list(missing_in_guide(said, Places(HOUSE)))
