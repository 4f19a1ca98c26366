"""The layers: what may import what, and what may stand where; each rule is shown to catch what it forbids.

design.md and core/README.md say what each layer is for. Imports below ``TYPE_CHECKING`` and inside functions
count like all others: they tie files together for a reader as much.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.imports import circles, imports, module_of
from tests.source_files import ROOT, sources, tracked
from tests.syntax import parsed

LAYERS = {
    "foundation": 1,
    "model": 2,
    "data": 3,
    "features": 3,
    "groups": 3,
    "strategies": 3,
    "metrics": 3,
    "analysis": 4,
    "study": 5,
    "stories": 5,
    "report": 6,
    "signoff": 6,
    "cli": 7,
    "notebook": 7,
    "__main__": 8,
    "": 8,  # core/__init__.py, the public names
}
TOP_LEVEL = {
    "pyproject.toml", "README.md", "app.py", "pages", "core", "tests", "sample_data", "LICENSE",
    "constraints.txt",
}  # fmt: skip
FILES_AT_THE_ROOT = {"__init__.py", "__main__.py", "notebook.py"}
HARD_CAP = 500
Trees = Mapping[str, ast.Module]
Rule = Callable[[Trees], Iterator[str]]


def part(module: str, at: int = 1) -> str:
    """The name at a depth of a dotted name, "" where it ends before."""
    parts = module.split(".")
    return parts[at] if len(parts) > at else ""


def imports_point_down(trees: Trees) -> Iterator[str]:
    """Below are lower numbers; folders with one number are peers and do not know each other."""
    for where, source, target in imports(trees):
        if part(source, 0) == part(target, 0) == "core":
            above, below = part(source), part(target)
            # What stands below `core` may ask its packages' parent for nothing.
            if above != below and LAYERS.get(below, 0) >= LAYERS.get(above, 0):
                yield f"{where}: {source} imports {target}"


def no_circle_of_modules(trees: Trees) -> Iterator[str]:
    for group in circles((source, target) for _, source, target in imports(trees)):
        yield " ↔ ".join(group)


def no_circle_of_folders(trees: Trees) -> Iterator[str]:
    """A package's ``__init__`` may import what is inside it; files beside folders are the folder's own."""
    packages = {module_of(path) for path in trees if path.endswith("__init__.py")}

    def folder(module: str) -> str:
        return module if module in packages else module.rpartition(".")[0]

    edges = {
        (folder(source), folder(target))
        for _, source, target in imports(trees)
        if source not in packages and target not in packages
    }
    for group in circles((one, other) for one, other in edges if one != other):
        yield " ↔ ".join(group)


def core_holds_folders(trees: Trees) -> Iterator[str]:
    for path in trees:
        parts = path.split("/")
        if parts[0] == "core" and len(parts) == 2 and parts[1] not in FILES_AT_THE_ROOT:
            yield f"{path} stands beside the folders"
        if parts[0] == "core" and len(parts) > 2 and parts[1] not in LAYERS:
            yield f"{path} is in no layer"


def pages_keep_to_themselves(trees: Trees) -> Iterator[str]:
    """`pages/ui/<page>` knows `pages/ui/shared` and itself; what pages share knows no page."""
    for where, source, target in imports(trees):
        if source.startswith("pages.ui.") and target.startswith("pages."):
            above, below = part(source, 2), part(target, 2)
            if below not in ("shared", above) or part(target) != "ui":
                yield f"{where}: {source} imports {target}"


def pages_know_no_command_line(trees: Trees) -> Iterator[str]:
    for where, source, target in imports(trees):
        if part(source, 0) in ("pages", "app") and target.startswith("core.cli"):
            yield f"{where}: {source} imports {target}"


def what_is_handed_on_is_used(trees: Trees) -> Iterator[str]:
    """A name that a module hands on (``from .a import b as b``) is taken from there by somebody.

    Packages hand on nothing: their ``__init__`` imports modules at most, so that these register methods.
    `core/__init__.py` alone names what a notebook finds.
    """
    modules = {module_of(path) for path in trees}
    handed: dict[tuple[str, str], str] = {}
    taken: set[tuple[str, str]] = set()
    for path, tree in trees.items():
        home, package = module_of(path).split("."), path.endswith("__init__.py")
        bound: dict[str, str] = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            above = home[: len(home) - node.level + package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                taken.add((base, alias.name))
                if (inside := f"{base}.{alias.name}") in modules:
                    bound[alias.asname or alias.name] = inside
                elif package and path != "core/__init__.py":
                    yield f"{path}:{node.lineno}: a package hands on {alias.name}"
                elif alias.asname == alias.name and path != "core/__init__.py":
                    handed[module_of(path), alias.name] = f"{path}:{node.lineno}"
        for used in ast.walk(tree):
            if isinstance(used, ast.Attribute) and isinstance(used.value, ast.Name):
                taken.add((bound.get(used.value.id, ""), used.attr))
    for (module, name), where in handed.items():
        if (module, name) not in taken:
            yield f"{where}: nobody takes {name} from {module}"


def one_class_has_one_name(trees: Trees) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for path, tree in trees.items():
        if path.startswith("core/"):
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault(node.name, []).append(path)
    for name, found in places.items():
        # The notebook's study is the study, with what only a notebook does.
        if len(found) > 1 and (name, found) != ("Study", ["core/notebook.py", "core/study/study.py"]):
            yield f"{name}: {', '.join(found)}"


# What only people and other programs call, or Python itself, and why it is there.
DOORS = {
    "echo": "the example of work in a child process",
    "embed": "of a study in a notebook",
    "export": "of a study in a notebook",
    "forward": "called by torch",
    "ok": "of a verification in a notebook",
}


def everything_is_used(trees: Trees) -> Iterator[str]:
    """Each function, class and method of core and pages is named somewhere else in core, pages or app.py."""
    used: Counter[str] = Counter()
    defined: dict[str, list[str]] = {}
    for path, tree in trees.items():
        if not path.startswith(("core/", "pages/", "app.py")):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                used[node.id] += 1
            elif isinstance(node, ast.Attribute):
                used[node.attr] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # Work in a child process is found by its text, "package.module:name".
                used.update(re.findall(r"^\w+$|(?<=:)\w+$", node.value))
            for child in ast.iter_child_nodes(node):
                inside = isinstance(node, (ast.Module, ast.ClassDef))
                if inside and isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                    registered = any(isinstance(mark, ast.Call) for mark in child.decorator_list)
                    if not (registered and isinstance(child, ast.FunctionDef)):
                        defined.setdefault(child.name, []).append(f"{path}:{child.lineno}")
    for name, places in defined.items():
        if not used[name] and name not in DOORS and not re.fullmatch(r"__\w+__|_repr_html_", name):
            yield f"{name} ({', '.join(places)}) is used by nothing but tests"


def trees_of(*sources: tuple[str, str]) -> Trees:
    return {path: parsed(text) for path, text in sources}


# For every rule: a small house that it must refuse, and one that it must pass.
RULES: dict[Rule, tuple[Trees, Trees]] = {
    imports_point_down: (
        trees_of(
            ("core/model/a.py", "def f():\n    from ..study.b import B"), ("core/study/b.py", "class B: ...")
        ),
        trees_of(("core/model/a.py", "A = 1"), ("core/study/b.py", "from ..model.a import A")),
    ),
    no_circle_of_modules: (
        trees_of(
            ("core/model/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import B"),
            ("core/model/b.py", "from . import a\nclass B: ..."),
        ),
        trees_of(("core/model/a.py", "A = 1"), ("core/model/b.py", "from .a import A")),
    ),
    no_circle_of_folders: (
        trees_of(
            ("core/data/x/a.py", "from ..y.b import B"),
            ("core/data/y/b.py", "B = 1"),
            ("core/data/y/c.py", "def f():\n    from ..x.d import D"),
            ("core/data/x/d.py", "D = 1"),
        ),
        trees_of(("core/data/x/a.py", "from ..y.b import B"), ("core/data/y/b.py", "B = 1")),
    ),
    core_holds_folders: (
        trees_of(("core/budget.py", "")),
        trees_of(("core/model/budget.py", ""), ("core/notebook.py", "")),
    ),
    pages_keep_to_themselves: (
        trees_of(("pages/ui/data/a.py", "from pages.ui.explore import b"), ("pages/ui/explore/b.py", "")),
        trees_of(("pages/ui/data/a.py", "from pages.ui.shared import b"), ("pages/ui/shared/b.py", "")),
    ),
    pages_know_no_command_line: (
        trees_of(("pages/a.py", "from core.cli.commands import f"), ("core/cli/commands.py", "")),
        trees_of(("pages/a.py", "from core.report.f import f"), ("core/report/f.py", "")),
    ),
    what_is_handed_on_is_used: (
        trees_of(("core/data/a.py", "from .load import load as load"), ("core/data/load.py", "load = 1")),
        trees_of(("core/groups/__init__.py", "from . import centres as c"), ("core/groups/centres.py", "")),
    ),
    one_class_has_one_name: (
        trees_of(("core/a/b.py", "class Curve: ..."), ("core/c/d.py", "class Curve: ...")),
        trees_of(("core/a/b.py", "class Curve: ..."), ("core/c/d.py", "class LearningCurve: ...")),
    ),
    everything_is_used: (
        trees_of(("core/a/b.py", "def lonely(): ..."), ("tests/t.py", "lonely()")),
        trees_of(("core/a/b.py", "def wanted(): ..."), ("pages/p.py", "wanted()")),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def trees() -> Trees:
    paths = [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): parsed(path.read_text("utf-8")) for path in paths}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule, trees: Trees) -> None:
    broken = list(rule(trees))
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_catches_what_it_forbids(rule: Rule) -> None:
    bad, good = RULES[rule]
    assert list(rule(bad))
    assert not list(rule(good))


def test_every_layer_is_there() -> None:
    here = {path.name for path in (ROOT / "core").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert here == {name for name in LAYERS if name not in ("notebook", "__main__", "")}


def test_top_level_is_what_was_agreed() -> None:
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_no_module_is_too_long() -> None:
    words = "sample_data/ticket_words.py"  # a table of wordings, no code
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sources()
        if (lines := len(path.read_text("utf-8").splitlines())) > HARD_CAP
    }
    long.pop(words, None)
    assert not long
