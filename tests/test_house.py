"""The house: what may import what, and what may stand where; each rule is shown to catch what it forbids."""

from __future__ import annotations

import pytest

from tests.house_rules import (
    DOORS,
    LAYERS,
    Rule,
    Trees,
    core_holds_folders,
    everything_is_used,
    imports_point_down,
    late_imports_save_something,
    no_circle_of_folders,
    no_circle_of_modules,
    one_class_has_one_name,
    pages_keep_to_themselves,
    pages_know_no_command_line,
    private_names_stay_in_their_file,
    program,
    things_come_from_where_they_are_made,
)
from tests.house_uses import House
from tests.source_files import ROOT, sources, tracked
from tests.syntax import parsed

TOP_LEVEL = {
    "pyproject.toml", "README.md", "app.py", "pages", "core", "tests", "sample_data", "LICENSE",
    "constraints.txt",
}  # fmt: skip
HARD_CAP = 500


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
    late_imports_save_something: (
        trees_of(
            ("core/data/a.py", "from .b import B\ndef f():\n    from .c import C"),
            ("core/data/b.py", "from .c import C"),
            ("core/data/c.py", "C = 1"),
        ),
        trees_of(
            ("core/data/a.py", "from .b import B\ndef f():\n    from .c import C"),
            ("core/data/b.py", "def f():\n    from .c import C"),
            ("core/data/c.py", "C = 1"),
        ),
    ),
    things_come_from_where_they_are_made: (
        trees_of(
            ("core/data/a.py", "from .load import load"),
            ("core/data/load.py", "load = 1"),
            ("pages/b.py", "from core.data.a import load"),
        ),
        trees_of(
            ("core/groups/__init__.py", "from . import centres as c"),
            ("core/groups/centres.py", "def kmeans(): ..."),
            ("pages/b.py", "from core.groups.centres import kmeans"),
        ),
    ),
    private_names_stay_in_their_file: (
        trees_of(("core/data/a.py", "_A = 1"), ("core/data/b.py", "from .a import _A")),
        trees_of(("core/data/a.py", "_A = 1\n__v__ = 1"), ("core/data/b.py", "from .a import __v__\n_A = 2")),
    ),
    one_class_has_one_name: (
        trees_of(("core/a/b.py", "class Curve: ..."), ("pages/d.py", "class Curve: ...")),
        trees_of(("core/a/b.py", "class Curve: ..."), ("pages/d.py", "class LearningCurve: ...")),
    ),
    everything_is_used: (
        trees_of(("core/a/b.py", "def lonely(): ..."), ("tests/t.py", "lonely()")),
        trees_of(
            ("core/a/b.py", "def wanted(): ..."), ("pages/p.py", "from core.a.b import wanted\nwanted()")
        ),
    ),
}  # fmt: skip


# Other forms of what a rule forbids.
OTHER_FORMS: list[tuple[Rule, Trees]] = [
    (things_come_from_where_they_are_made, trees_of(("core/a/b.py", "from .c import D as D"))),
    (things_come_from_where_they_are_made, trees_of(("core/a/__init__.py", "from .c import D"))),
    (things_come_from_where_they_are_made, trees_of(("core/a/b.py", "__all__ = ['D']"))),
    (
        things_come_from_where_they_are_made,
        trees_of(("core/a/b.py", "from .c import D"), ("core/a/c.py", "d = 1")),
    ),
    (
        late_imports_save_something,
        trees_of(
            ("core/a/b.py", "from .c import C\nif TYPE_CHECKING:\n    from .d import D"),
            ("core/a/c.py", "from .d import D"),
            ("core/a/d.py", ""),
        ),
    ),
    (
        late_imports_save_something,
        trees_of(
            ("core/a/b.py", "from ..c.d import D\ndef f():\n    from ..c.e import E"),
            ("core/c/__init__.py", "from . import e"),
            ("core/c/d.py", "D = 1"),
            ("core/c/e.py", "E = 1"),
        ),
    ),
    (
        things_come_from_where_they_are_made,
        trees_of(
            ("core/a/b.py", "from .c import D"),
            ("core/a/c.py", "D = 1"),
            ("pages/e.py", "from core.a import b\nb.D"),
        ),
    ),
    (
        private_names_stay_in_their_file,
        trees_of(("core/a/b.py", "_C = 1"), ("pages/e.py", "from core.a import b\nb._C")),
    ),
    (one_class_has_one_name, trees_of(("core/a/b.py", "class _A: ..."), ("core/c/d.py", "class _A: ..."))),
    *(
        (everything_is_used, trees_of(("core/a/b.py", lonely)))
        for lonely in (
            "def f():\n    f()",
            "def f():\n    g()\ndef g():\n    f()",
            "def f(): ...\n__all__ = ['f']",
            "def f(): ...\nHELP = 'f'",
            "def f(f):\n    return f\ndef g():\n    f = 1\n    return f\ng()",
            "import st\n@st.cache_data(ttl=1)\ndef f(): ...",
            "from functools import lru_cache\n@lru_cache(maxsize=1)\ndef f(): ...",
            "class A:\n    def f(self):\n        self.f()\nA()",
            "import numpy as np\nclass A:\n    def random(self): ...\nA()\nnp.random.default_rng()",
            "class A:\n    def f(self): ...\na = A()\na.f = 1",
            "class A:\n    made: A",
            "class A:\n    def f(self): ...\nclass B: ...\ndef g(b: B):\n    b.f\nA(), g(B())",
            "class A:\n    def f(self): ...\nclass B:\n    def g(self):\n        self.f\nA(), B().g()",
            "class A:\n    def f(self): ...\nclass B: ...\ndef g(b: B | None):\n    b.f\nA(), g(B())",
        )
    ),
    (everything_is_used, trees_of(("core/a/b.py", "def f(): ..."), ("core/c/d.py", "def f(): ...\nf()"))),
]  # fmt: skip
USED = (
    "def f(): ...\nWORK = 'core.a.b:f'",
    "def f(): ...\nWORK = f'{__name__}:f'",
    "@declare(id='f')\ndef f(): ...",
    "class A:\n    def f(self): ...\ngetattr(A(), 'f')",
    "class A:\n    def f(self): ...\na = A()\na.f()",
    "class A:\n    def __len__(self): ...\nA()",
    "class A(G[T]):\n    def f(self):\n        self.g()\n    def g(self): ...\n"
    "class B(A[T]):\n    def g(self): ...\nA().f(), B()",
    "if True:\n    def f(): ...\nelse:\n    def f(): ...\nf()",
    "def f(): ...\ndef g():\n    return f()\ng()",
    "class A:\n    def f(self): ...\nclass B(A): ...\ndef g(b: B):\n    b.f()\ng(A())",
    "class A: ...\nclass B(A):\n    def f(self): ...\ndef g(a: A):\n    a.f()\ng(B())",
    "class A:\n    def f(self): ...\ndef g(a: 'A | None'):\n    a = h(a)\n    a.f()\ng(A())",
    "class P(Protocol):\n    f: int\nclass A:\n    def f(self): ...\ndef g(p: P):\n    p.f\ng(A())",
    "class A:\n    def f(self): ...\n    @classmethod\n    def make(cls) -> Self: ...\nA.make().f()",
)


@pytest.fixture(scope="module")
def trees() -> Trees:
    return {path.relative_to(ROOT).as_posix(): parsed(path.read_text("utf-8")) for path in sources()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule, trees: Trees) -> None:
    broken = list(rule(trees))
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_catches_what_it_forbids(rule: Rule) -> None:
    bad, good = RULES[rule]
    assert list(rule(bad))
    assert not list(rule(good))


@pytest.mark.parametrize(("rule", "bad"), OTHER_FORMS)
def test_rule_catches_other_forms(rule: Rule, bad: Trees) -> None:
    assert list(rule(bad))


@pytest.mark.parametrize("used", USED)
def test_what_is_used_is_seen(used: str) -> None:
    assert not list(everything_is_used(trees_of(("core/a/b.py", used))))


def test_every_door_is_needed(trees: Trees) -> None:
    house = House(program(trees))
    for door in DOORS:
        assert door in dict(house.lonely(DOORS.keys() - {door})), f"{door} is used without being a door"


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
