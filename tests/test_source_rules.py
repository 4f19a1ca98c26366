"""What no source may hold: pickles, unsafe HTML, heavy imports too early…; each rule is shown to catch it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.imports import at_import
from tests.source_files import ROOT, sources, tracked
from tests.syntax import parsed

LATE = (
    "sklearn", "scipy.stats", "torch", "umap", "sentence_transformers", "transformers", "streamlit",
    "pydantic", "jinja2",
)  # fmt: skip
HEAVY = (*LATE, "plotly", "duckdb", "numba", "pynndescent")
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
PREFIX = {
    "data": "data", "explore": "exp", "compare": "cmp", "sign_off": "sign", "methods": "meth",
    "learn": "learn", "_frame": "frame",
}  # fmt: skip

Rule = Callable[[str, ast.Module], Iterator[str]]


def imported(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """(statement, absolute module) of every import below a node; of `from a import b` both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node, node.module
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def under(module: str, *roots: str) -> bool:
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def core_imports_no_screen(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("core/"):
        for node, module in imported(tree):
            if under(module, "streamlit", "pages", "app"):
                yield f"{node.lineno}: core imports {module}"


def core_imports_itself_relatively(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("core/"):
        for node, module in imported(tree):
            if under(module, "core"):
                yield f"{node.lineno}: {module} is not imported relatively"


def core_imports_heavy_things_late(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("core/"):
        for node in at_import(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for _, module in imported(ast.Module([node], [])):
                    if under(module, *LATE):
                        yield f"{node.lineno}: {module} is imported outside a function"


def pages_do_not_import_pages(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("pages/"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level > 0 and not path.startswith("pages/ui/"):
                yield f"{node.lineno}: a page imports relatively"
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                yield f"{node.lineno}: pages/ui imports upwards"
        for node, module in imported(tree):
            if under(module, "pages") and module != "pages" and not under(module, "pages.ui"):
                yield f"{node.lineno}: {module} is a page"


def session_state_lives_in_one_file(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith("tests/") and path != "pages/ui/shared/state.py":
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "session_state":
                yield f"{node.lineno}: session_state"


def addresses_are_read_in_one_file(path: str, tree: ast.Module) -> Iterator[str]:
    """What an address holds is somebody else's text; one file checks it."""
    if not path.startswith("tests/") and path != "pages/ui/shared/address.py":
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "query_params":
                yield f"{node.lineno}: query_params"


def pages_switch_by_one_function(path: str, tree: ast.Module) -> Iterator[str]:
    """The plain calls lose the work that the address names; those of `page_frame` do not."""
    if not path.startswith("tests/") and path != "pages/ui/shared/page_frame.py":
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("switch_page", "page_link"):
                yield f"{node.lineno}: {node.attr}; take page_frame.go or page_frame.to_page"


def caches_live_in_one_file(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith("tests/") and path != "pages/ui/shared/cache.py":
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("cache_data", "cache_resource"):
                yield f"{node.lineno}: {node.attr}"


def nothing_moves_while_work_runs(path: str, tree: ast.Module) -> Iterator[str]:
    """A skeleton pulses without end: drawn without a graphics card, it takes a core from the work."""
    if not path.startswith("tests/"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "skeleton":
                yield f"{node.lineno}: skeleton; take drawing.reserved"


def nothing_is_pickled(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("tests/"):
        return
    for node, module in imported(tree):
        if module.split(".")[0] in PICKLES:
            yield f"{node.lineno}: {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("read_pickle", "to_pickle"):
            yield f"{node.lineno}: {node.attr}"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and not is_false(node.value):
            yield f"{node.value.lineno}: allow_pickle"
        if isinstance(node, ast.keyword) and node.arg == "persist" and not is_false(node.value):
            yield f"{node.value.lineno}: persist"


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def no_code_from_data(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("eval", "exec")
        ):
            yield f"{node.lineno}: {node.func.id}"
        if isinstance(node, ast.keyword) and node.arg == "trust_remote_code" and not is_false(node.value):
            yield f"{node.value.lineno}: trust_remote_code"


# Focus and what is read out need a script; it is a file of ours, into which nothing is put.
REVIEWED = ("pages/ui/shared/accessibility.py", "unsafe_allow_javascript")


def no_unsafe_html(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("unsafe_allow_html", "unsafe_allow_javascript"):
            if (path, node.arg) == REVIEWED:
                continue
            yield f"{node.value.lineno}: {node.arg}"


def constant(node: ast.expr) -> str:
    """The text of a string constant, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def pages_read_no_foreign_widget(path: str, tree: ast.Module) -> Iterator[str]:
    match = re.fullmatch(r"pages/(\w+)\.py", path)
    own = PREFIX.get(match.group(1)) if match else None
    if own is None:
        return
    foreign = set(PREFIX.values()) - {own}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = constant(node.args[0]) if node.args else ""
        if called == "key" and first in foreign:
            yield f"{node.lineno}: a key of {first}"
        for word in node.keywords:
            if word.arg == "key" and constant(word.value).split("_")[0] in foreign:
                yield f"{word.value.lineno}: the key {constant(word.value)}"


# For every rule: a path and a snippet that must be caught, and one that must pass.
RULES: dict[Rule, tuple[tuple[str, str], tuple[str, str]]] = {
    core_imports_no_screen: (
        ("core/a.py", "def f():\n    import streamlit as st"),
        ("pages/a.py", "import streamlit"),
    ),
    core_imports_itself_relatively: (
        ("core/a.py", "from core.model.inputs import Inputs"),
        ("core/a.py", "from ..model.inputs import Inputs"),
    ),
    core_imports_heavy_things_late: (
        ("core/a.py", "from scipy import stats"),
        ("core/a.py", "import scipy.sparse\ndef f():\n    import sklearn.svm"),
    ),
    pages_do_not_import_pages: (
        ("pages/a.py", "from pages import compare"),
        ("pages/a.py", "from pages.ui import state"),
    ),
    session_state_lives_in_one_file: (
        ("pages/ui/shared/jobs.py", "import streamlit as st\nst.session_state['a'] = 1"),
        ("pages/ui/shared/state.py", "import streamlit as st\nst.session_state['a'] = 1"),
    ),
    addresses_are_read_in_one_file: (
        ("pages/a.py", "import streamlit as st\nst.query_params['a']"),
        ("pages/ui/shared/address.py", "import streamlit as st\nst.query_params['a']"),
    ),
    pages_switch_by_one_function: (
        ("pages/a.py", "import streamlit as st\nst.switch_page('compare.py')"),
        ("pages/a.py", "from pages.ui.shared.page_frame import go\ngo('compare.py')"),
    ),
    caches_live_in_one_file: (
        ("pages/a.py", "import streamlit as st\n@st.cache_data\ndef f(): ..."),
        ("pages/ui/shared/cache.py", "import streamlit as st\n@st.cache_data\ndef f(): ..."),
    ),
    nothing_moves_while_work_runs: (
        ("pages/a.py", "import streamlit as st\nst.skeleton(height=9)"),
        ("pages/a.py", "from pages.ui.shared.drawing import reserved\nreserved(9, 'The map comes here.')"),
    ),
    nothing_is_pickled: (
        ("core/a.py", "np.load(path, allow_pickle=True)"),
        ("core/a.py", "np.load(path, allow_pickle=False)"),
    ),
    no_code_from_data: (("core/a.py", "eval(text)"), ("core/a.py", "model.eval()")),
    no_unsafe_html: (
        ("pages/a.py", "st.markdown(x, unsafe_allow_html=True)"),
        ("pages/a.py", "st.markdown(x)"),
    ),
    pages_read_no_foreign_widget: (
        ("pages/explore.py", "st.slider('n', key='cmp_n')"),
        ("pages/compare.py", "st.slider('n', key=key('cmp', 'n'))"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {path.relative_to(ROOT).as_posix(): parsed(path.read_text("utf-8")) for path in sources()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule, trees: dict[str, ast.Module]) -> None:
    broken = [f"{path}:{what}" for path, tree in trees.items() for what in rule(path, tree)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_catches_what_it_forbids(rule: Rule) -> None:
    (bad_path, bad), (good_path, good) = RULES[rule]
    assert list(rule(bad_path, parsed(bad)))
    assert not list(rule(good_path, parsed(good)))


@pytest.mark.parametrize(
    ("rule", "path", "snippet"),
    [
        (nothing_is_pickled, "core/a.py", "import pickle"),
        (nothing_is_pickled, "core/a.py", "from joblib import load"),
        (nothing_is_pickled, "pages/ui/shared/cache.py", "@st.cache_data(persist='disk')\ndef f(): ..."),
        (no_code_from_data, "core/a.py", "SentenceTransformer(name, trust_remote_code=True)"),
        (pages_do_not_import_pages, "pages/ui/a.py", "from pages.compare import draw"),
        (pages_read_no_foreign_widget, "pages/explore.py", "key('cmp', 'n')"),
        (
            core_imports_heavy_things_late,
            "core/a.py",
            "try:\n    import torch\nexcept ImportError:\n    pass",
        ),
    ],
)
def test_rule_catches_other_forms(rule: Rule, path: str, snippet: str) -> None:
    assert list(rule(path, parsed(snippet)))


def test_importing_core_stays_light() -> None:
    code = f"import core, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))


def test_the_app_is_local_and_silent() -> None:
    found = settings()
    assert found["server"]["address"] == "localhost"
    assert found["browser"]["gatherUsageStats"] is False
    assert found["client"]["showErrorDetails"] in ("type", "none")
    # Both are on unless somebody switches them off.
    assert found["server"].get("enableXsrfProtection", True)
    assert found["server"].get("enableCORS", True)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_themes_can_be_read(name: str) -> None:
    from core.report.charts.theme import contrast, theme_of

    theme, drawn = settings()["theme"][name], theme_of(name)
    papers = (theme["backgroundColor"], theme["secondaryBackgroundColor"])
    for paper in papers:
        assert contrast(theme["textColor"], paper) >= 4.5
        assert contrast(theme["linkColor"], paper) >= 4.5
        assert contrast(theme["primaryColor"], paper) >= 4.5
    # Figures stand on the app's own paper and share its hues.
    assert (drawn.paper, drawn.text) == (theme["backgroundColor"], theme["textColor"])
    assert theme["chartCategoricalColors"] == list(drawn.hues[:7])
    assert all(contrast(hue, papers[0]) >= 3 for hue in theme["chartCategoricalColors"])


def test_nothing_names_this_machine() -> None:
    # Written in two parts so that this file does not name them itself.
    telling = [
        "/wo" + "rk/",
        "/tmp/" + "venv",
        "/opt/" + "wheels",
        "pypi." + "org",
        "files.python" + "hosted",
    ]
    found = []
    for name in tracked():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ""} and path.is_file():
            text = path.read_text("utf-8", errors="ignore")
            found += [f"{name}: {word}" for word in telling if word in text]
    assert not found
