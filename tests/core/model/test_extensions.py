"""Methods of other packages: found, checked, left out with a reason, and never named into being by a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.model.open_registry import strategies_in
from core.strategies import declaration
from tests.other_package import HEAD, answer, install, python

STRATEGIES = "[aliquot.strategies]\n"

ALL_KINDS = (
    HEAD
    + """
from core.features.declaration import Encoder
from core.features.declaration import declare as declare_embedder
from core.groups.declaration import Clustering
from core.groups.declaration import declare as declare_clusterer
from core.metrics.declaration import declare_metric

declared("demo-first")(first)


@declare_metric(
    id="demo-count", version=1, label="Rows", sentence="How many rows.", question="cheap", direction="none",
    range="0 or more", formula="n", paper=Reference.none("Counting."), needs=set(),
)
def demo_count(pool, batch):
    return np.array([float(len(rows)) for rows in batch.subsets])


method = dict(
    version=1, label="Demo", sentence="Made up.", cost="O(n)", when="Never.", when_not="Always.",
    reference=Reference.none("Made up."),
)


@declare_clusterer(id="demo-halves", seconds=lambda n, d: 0.0, **method)
def demo_halves(matrix, draws, progress, /):
    return Clustering((np.arange(len(matrix)) % 2).astype(np.int64), (), "Halves")


def lengths(texts, progress):
    return np.array([[len(text), 1.0] for text in texts], np.float32)


@declare_embedder(id="demo-length", identity=lambda params: {}, packages=(), rate=1e6, **method)
def demo_length(texts, progress, /):
    return Encoder(lengths, "euclidean", "Length")
"""
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def test_every_kind_is_found_and_used(site, tmp_path):
    groups = ("strategies", "metrics", "embedders", "clusterers")
    install(site, "demo", "1.2", "".join(f"[aliquot.{one}]\nall = demo\n" for one in groups), demo=ALL_KINDS)
    code = """
import json, core
from core.features.declaration import EMBEDDERS
from core.groups.declaration import CLUSTERERS
recipe = core.Recipe(strategies=(core.Choice("demo-first"),), embedder="demo-length", groups="demo-halves",
                     features="text:subject", budget="9")
study = core.Study(core.load("sample:support_tickets"), recipe)
found = study.compare([core.Choice("demo-first"), core.Choice("random")], "9", band=9)
body = found.to_json(recipe=recipe.to_json())
print(json.dumps({
    "packages": [known[one].package for known, one in (
        (core.STRATEGIES, "demo-first"), (core.METRICS, "demo-count"), (EMBEDDERS, "demo-length"),
        (CLUSTERERS, "demo-halves"), (core.STRATEGIES, "random"))],
    "left_out": [one.sentence for known in (core.STRATEGIES, core.METRICS, EMBEDDERS, CLUSTERERS)
                 for one in known.left_out()],
    "rows": found.results[0].metrics[0]["demo-count"],
    "label": study.features().label, "groups": len(study.groups(typical=False).names),
    "written": recipe.to_json()["packages"], "own": "packages" in core.Recipe().to_json(),
    "comparison": [one.get("package") for one in body["strategies"]],
    "again": core.Recipe.from_json(recipe.to_json()).to_json() == recipe.to_json(),
}))
"""
    got = answer(code, site, tmp_path)
    assert got == {
        "packages": ["demo 1.2"] * 4 + [""],
        "left_out": [],
        "rows": 9.0,
        "label": "Length of 'subject'",
        "groups": 2,
        "written": {
            "strategy demo-first": "demo 1.2",
            "embedder demo-length": "demo 1.2",
            "groups demo-halves": "demo 1.2",
        },
        "own": False,
        "comparison": ["demo 1.2", None],
        "again": True,
    }


def test_what_is_offered_does_not_hang_on_who_asks_first(site, tmp_path):
    """A metric that no entry point names stays out, whether its module was imported for a strategy or not."""
    install(site, "demo", "1.2", STRATEGIES + "all = demo\n", demo=ALL_KINDS)
    code = """
import json
from core.metrics.declaration import METRICS
from core.strategies.declaration import STRATEGIES
first, second = {order}
first.ids(), second.ids()
print(json.dumps(["demo-count" in METRICS, "demo-first" in STRATEGIES]))
"""
    for order in ("METRICS, STRATEGIES", "STRATEGIES, METRICS"):
        assert answer(code.format(order=order), site, tmp_path) == [False, True]


def test_an_entry_point_may_name_one_object(site, tmp_path):
    two = (
        HEAD
        + """
from core.strategies.declaration import STRATEGIES
from core.model.registry import Registry
apart = Registry("strategy")
declared("demo-one")(first)


def second(inputs, budget, draws, progress, /):
    return first(inputs, budget, draws, progress)


declared("demo-two")(second)


def third(inputs, budget, draws, progress, /):
    return first(inputs, budget, draws, progress)


declared("demo-three", registry=apart)(third)
three = apart["demo-three"]
bare = 7
"""
    )
    entries = "b = demo:second\nc = demo:three\nd = demo:bare\ne = demo:none\n"
    install(site, "demo", "1", STRATEGIES + entries, demo=two)
    code = """
import json
from core.strategies.declaration import STRATEGIES
print(json.dumps([[one.id for one in STRATEGIES if one.package], [one.why for one in STRATEGIES.left_out()]]))
"""
    names, reasons = answer(code, site, tmp_path)
    assert names == ["demo-two", "demo-three"]
    assert reasons[0] == "TypeError: 7 is no declared strategy"
    assert reasons[1].startswith("AttributeError")


def test_what_does_not_fit_is_left_out_and_named(site, tmp_path):
    install(site, "broken", "1", STRATEGIES + "x = broken\n", broken="import no_such_module\n")
    install(site, "quitter", "1", STRATEGIES + "x = quitter\n", quitter="raise SystemExit(3)\n")
    install(site, "empty", "1", STRATEGIES + "x = empty\n", empty="")
    half = HEAD + 'declared("half-good")(first)\ndeclared("half-bad", when=" ")(first)\n'
    install(site, "half", "1", STRATEGIES + "x = half\n", half=half)
    thief = HEAD + 'declared("random")(first)\ndeclared("honest")(first)\n'
    install(site, "thief", "1", STRATEGIES + "x = thief\n", thief=thief)
    install(site, "Zwin", "2", STRATEGIES + "x = zwin\n", zwin=HEAD + 'declared("twin")(first)\n')
    install(site, "a-twin", "1", STRATEGIES + "x = a_twin\n", a_twin=HEAD + 'declared("twin")(first)\n')
    install(site, "own", "1", STRATEGIES + "x = core.strategies.draws.random\n")
    install(site, "garbled", "1", STRATEGIES + "x = ???\n")
    nameless = install(site, "nameless", "1", STRATEGIES + "x = empty\n")
    (nameless / "nameless-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\n")
    metric = """
from core.metrics.declaration import declare_metric
from core.model.registry import Reference
declare_metric(id="loud", version=1, label="Loud", sentence="x", question="cheap", direction="none",
               range="x", formula="x", paper=Reference.none("x"), needs=set(),
               headline=True)(lambda pool, batch: None)
"""
    install(site, "loud", "1", "[aliquot.metrics]\nx = loud\n", loud=metric)
    done = python("-m", "core", "strategies", "--json", site=site, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    ours = [one["id"] for one in listed if "id" in one and "package" not in one]
    assert "random" in ours
    assert [(one["id"], one["package"]) for one in listed if one.get("package") and "id" in one] == [
        ("twin", "a-twin 1"),
        ("honest", "thief 1"),
    ]
    why = {(one["package"], one["left_out"]): one["why"] for one in listed if "left_out" in one}
    assert why.pop(("broken 1", "x")) == "ModuleNotFoundError: No module named 'no_such_module'"
    assert why.pop(("quitter 1", "x")) == "SystemExit: 3"
    assert why.pop(("empty 1", "x")) == "it declares no strategy"
    assert why.pop(("half 1", "x")) == "TypeError: strategy half-bad: when is empty"
    assert why.pop(("thief 1", "random")) == "Aliquot has a strategy of this id"
    assert why.pop(("Zwin 2", "twin")) == "a-twin 1 has a strategy of this id"
    assert why.pop(("own 1", "x")) == "it declares no strategy"
    assert why.pop(("loud 1", "x")) == "TypeError: metric loud: there are 8 headline metrics already"
    assert len(why.pop(("garbled 1", "x"))) > 0
    ((_, name), reason), *more = why.items()
    assert (name, reason, more) == (
        "aliquot.strategies",
        "ValueError: the package has no name or no version",
        [],
    )
    plain = python("-m", "core", "strategies", site=site, folder=tmp_path)
    assert plain.returncode == 0
    assert "Traceback" not in plain.stderr
    assert "The strategy random of thief 1 is left out: Aliquot has a strategy of this id." in plain.stderr


def test_a_recipe_names_packages_before_anything_else_was_imported(site, tmp_path):
    groups = ("strategies", "embedders", "clusterers")
    install(site, "demo", "1.2", "".join(f"[aliquot.{one}]\nall = demo\n" for one in groups), demo=ALL_KINDS)
    code = """
import json, core
made = core.Recipe(strategies=(core.Choice("demo-first"),), embedder="demo-length", groups="demo-halves")
print(json.dumps(made.to_json()["packages"]))
"""
    wanted = ("strategy demo-first", "embedder demo-length", "groups demo-halves")
    assert answer(code, site, tmp_path) == dict.fromkeys(wanted, "demo 1.2")


def test_who_asks_for_what_is_left_out_is_told_why(site, tmp_path):
    install(site, "demo", "1.2", STRATEGIES + "demo-first = demo\n", demo="import no_such_module\n")
    install(site, "other", "1", STRATEGIES + "y = other\n", other="1 / 0\n")
    words = ["select", "sample:wine", "--budget", "9", "--out", "bundle", "--strategy"]
    done = python("-m", "core", *words, "demo-first", site=site, folder=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert (
        "There is no strategy called 'demo-first': The strategy demo-first of demo 1.2 is left out"
        in done.stderr
    )
    assert "no_such_module" in done.stderr
    assert "other 1" not in done.stderr
    done = python("-m", "core", *words, "rndom", site=site, folder=tmp_path)
    assert "There is no strategy called 'rndom': there are random, " in done.stderr
    assert done.stderr.endswith("aliquot strategies says what of other packages is left out.\n")


@pytest.mark.parametrize(
    "first", ["", "import bbb", "import aaa", "from core.metrics.declaration import METRICS; METRICS.ids()"]
)
def test_what_a_package_imports_of_another_stays_the_others(site, tmp_path, first):
    both = "[aliquot.strategies]\nall = {0}\n[aliquot.metrics]\nall = {0}\n"
    install(site, "aaa", "1.0", both.format("aaa"), aaa="import bbb\n" + ALL_KINDS.replace("demo", "aaa"))
    install(site, "bbb", "2.0", both.format("bbb"), bbb=ALL_KINDS.replace("demo", "bbb"))
    code = f"""
import json
{first}
from core.metrics.declaration import METRICS
from core.strategies.declaration import STRATEGIES
found = [(one.id, one.package) for each in (STRATEGIES, METRICS) for one in each if one.package]
print(json.dumps([sorted(found), [one.sentence for one in STRATEGIES.left_out()]]))
"""
    wanted = [
        ["aaa-count", "aaa 1.0"],
        ["aaa-first", "aaa 1.0"],
        ["bbb-count", "bbb 2.0"],
        ["bbb-first", "bbb 2.0"],
    ]
    assert answer(code, site, tmp_path) == [wanted, []]


def test_what_a_package_imported_before_it_failed_is_still_offered(site, tmp_path):
    install(site, "aaa", "1.0", STRATEGIES + "all = aaa\n", aaa="import bbb\n1 / 0\n")
    install(site, "bbb", "2.0", STRATEGIES + "all = bbb\n", bbb=ALL_KINDS.replace("demo", "bbb"))
    code = """
import json
from core.strategies.declaration import STRATEGIES
print(json.dumps([STRATEGIES["bbb-first"].package, [one.sentence for one in STRATEGIES.left_out()]]))
"""
    fault = "The strategy all of aaa 1.0 is left out: ZeroDivisionError: division by zero."
    assert answer(code, site, tmp_path) == ["bbb 2.0", [fault]]


def test_nothing_is_imported_before_a_registry_is_asked_for_more_than_ours(site, tmp_path):
    install(site, "demo", "1.2", STRATEGIES + "all = demo\n", demo=ALL_KINDS)
    code = """
import contextlib, io, json, pkgutil, sys
from importlib import import_module
import core
from core.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    main(["--help"]), main(["select", "--help"])
for one in pkgutil.walk_packages(core.__path__, "core."):
    if not one.name.endswith("__main__"):
        import_module(one.name)
from core.strategies.declaration import STRATEGIES
STRATEGIES["random"], "random" in STRATEGIES, core.Recipe(strategies=(core.Choice("random"),)).to_json()
before = "demo" in sys.modules
STRATEGIES.ids()
print(json.dumps([before, "demo" in sys.modules]))
"""
    assert answer(code, site, tmp_path) == [False, True]


def test_a_module_that_was_imported_by_hand_has_its_package_too(site, tmp_path):
    install(site, "demo", "1.2", "[aliquot.strategies]\nall = demo\n", demo=ALL_KINDS)
    code = """
import json, demo
from core.strategies.declaration import STRATEGIES
print(json.dumps(["demo-first" in STRATEGIES, STRATEGIES["demo-first"].package]))
"""
    assert answer(code, site, tmp_path) == [True, "demo 1.2"]


def test_a_strategy_inside_parameters_may_hold_anything():
    assert "stratified" in declaration.STRATEGIES
    inside = {"within": {"id": "systematic", "params": [1]}}
    assert list(strategies_in("stratified", inside)) == ["stratified", "systematic"]


def test_names_in_files_import_nothing(site, tmp_path):
    """A recipe, a link or a project may name a module or a package: it is looked up, and that is all."""
    (site / "lurking.py").write_text("raise SystemExit('imported')\n")
    code = """
import json, sys
from core.foundation.errors import AliquotError
from core.model.recipe import Recipe
from core.features.spec import FeatureSpec
from core.groups.spec import GroupSpec
from core.strategies.declaration import STRATEGIES, as_choice
from core.study.method_packages import check_packages
from pages.ui.shared import checked_values
STRATEGIES.ids()
Recipe.from_json({"format": 1})  # what reading JSON takes itself
before, told = set(sys.modules), []
for name in ("lurking", "lurking:thing", "demo.lurking"):
    kinds = (f"strategy {name}", f"embedder {name}", "groups lurking")
    packages = dict.fromkeys(kinds, "lurking 1.0")
    for wrote in ({}, packages):
        recipe = Recipe.from_json({"format": 1, "strategies": [{"id": name}], "embedder": name,
                                   "groups": name, "packages": wrote})
        for look in (
            lambda: check_packages(recipe), lambda: as_choice(recipe.strategies[0]), recipe.to_json,
            lambda: FeatureSpec.parse("text:a", name).chosen(), lambda: GroupSpec.parse(recipe.groups),
            lambda: checked_values.recipe(recipe, lambda why: AliquotError(why)),
        ):
            try:
                look()
            except AliquotError as error:
                told.append(str(error))
print(json.dumps([sorted(set(sys.modules) - before), sorted(set(told))]))
"""
    fresh, told = answer(code, site, tmp_path)
    assert not [
        name for name in fresh if "lurking" in name or not name.startswith(("core", "importlib", "email"))
    ]
    assert any(
        text.endswith("it was made with lurking 1.0; install that only if you trust it.") for text in told
    )


def test_the_working_folder_is_no_place_of_installed_packages(tmp_path):
    """There a bundle may lie unpacked, with whatever somebody put into it."""
    install(tmp_path, "lurking", "1", STRATEGIES + "x = lurking\n", lurking="raise SystemExit('imported')\n")
    done = python("-m", "core", "strategies", "--json", site=None, folder=tmp_path)
    assert done.returncode == 0
    assert "lurking" not in done.stdout + done.stderr


def test_a_module_imported_before_is_known_by_its_package(site, tmp_path):
    install(site, "demo", "1.2", STRATEGIES + "all = demo\n", demo=ALL_KINDS)
    code = """
import json, demo
from core.strategies.declaration import STRATEGIES
print(json.dumps([[one.package for one in STRATEGIES if one.id == "demo-first"], len(STRATEGIES.left_out())]))
"""
    assert answer(code, site, tmp_path) == [["demo 1.2"], 0]


def test_a_fault_in_other_peoples_code_names_their_package(site, tmp_path):
    bad = (
        HEAD
        + """
@declared("demo-crash")
def crash(inputs, budget, draws, progress, /):
    return 1 / 0


@declared("demo-twice")
def twice(inputs, budget, draws, progress, /):
    return Picks(np.zeros(budget, np.int64))
"""
    )
    install(site, "demo", "1.2", STRATEGIES + "all = demo\n", demo=bad)
    for name, fault in (
        ("crash", "ZeroDivisionError: division by zero"),
        ("twice", "a row was chosen twice"),
    ):
        words = ["select", "sample:wine", "--strategy", f"demo-{name}", "--budget", "9", "--out", "out"]
        done = python("-m", "core", *words, site=site, folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert f"Demo-{name.title()} of the package demo 1.2 failed" in done.stderr
        assert fault in done.stderr


def test_the_methods_page_names_what_is_there_and_what_is_left_out(site, tmp_path):
    install(site, "demo", "1.2", STRATEGIES + "all = demo\n", demo=ALL_KINDS)
    install(site, "broken", "1", STRATEGIES + "x = broken\n", broken="import no_such_module\n")
    code = """
import json
from pages.ui.shared.state import AppState
from tests.pages._compared import said, tab
page = tab(AppState(), "methods.py")
page.selectbox(key="meth_open_Strategies").set_value("demo-first").run()
assert not page.exception, page.exception
print(json.dumps(said(page)))
"""
    done = python("-c", code, site=site, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    text = json.loads(done.stdout)
    assert "of the package demo 1.2" in text
    assert "x of broken 1 is left out" in text
