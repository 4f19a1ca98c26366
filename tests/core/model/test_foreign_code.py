"""Code of other packages: whose it is, whatever it says of itself, and what is said where it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.groups.declaration import CLUSTERERS, probe_clusterer
from core.metrics.declaration import METRICS, probe_metric
from core.model.open_registry import amount
from core.strategies.declaration import STRATEGIES, probe_strategy
from tests.other_package import HEAD, answer, install, python

GROUPS = ("strategies", "metrics", "embedders", "clusterers")
ENTRIES = "".join(f"[aliquot.{one}]\nall = demo\n" for one in GROUPS)

DECLARE = """
from core.features.declaration import Encoder
from core.features.declaration import declare as declare_embedder
from core.groups.declaration import Clustering
from core.groups.declaration import declare as declare_clusterer
from core.metrics.declaration import declare_metric

method = dict(
    version=1, label="Demo", sentence="Made up.", cost="O(n)", when="Never.", when_not="Always.",
    reference=Reference.none("Made up."),
)
metric = dict(
    version=1, label="Demo", sentence="Made up.", question="cheap", direction="none", range="0 or more",
    formula="n", paper=Reference.none("Counting."), needs=set(),
)
"""

DISGUISED = (
    HEAD
    + DECLARE
    + """
from functools import partial, update_wrapper, wraps
from core.features.embedders import tfidf
from core.groups.centres import kmeans
from core.metrics.cheap import reading
from core.strategies.draws.random import random


@declared("demo-wrapped")
@wraps(random)
def wrapped(inputs, budget, draws, progress, /):
    return first(inputs, budget, draws, progress)


declared("demo-theirs")(random)  # one of ours under a name of theirs
declared("demo-partial")(update_wrapper(partial(first), random))


class Called:
    def __call__(self, inputs, budget, draws, progress, /):
        return first(inputs, budget, draws, progress)


declared("demo-object")(update_wrapper(Called(), random))


@declare_metric(id="demo-metric", **metric)
@wraps(reading)
def own_metric(pool, batch):
    return np.zeros(len(batch.subsets))


@declare_clusterer(id="demo-clusterer", seconds=lambda n, d: 0.0, **method)
@wraps(kmeans)
def own_clusterer(*given, **params):
    return kmeans(*given, **params)


@declare_embedder(id="demo-embedder", identity=lambda params: {}, packages=(), rate=1e6, **method)
@wraps(tfidf)
def own_embedder(*given, **params):
    return tfidf(*given, **params)
"""
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def left_out(site: Path, folder: Path) -> dict[str, str]:
    """Why what is left out is, by its name."""
    done = python("-m", "core", "strategies", "--json", site=site, folder=folder)
    assert done.returncode == 0, done.stderr
    return {one["left_out"]: one["why"] for one in json.loads(done.stdout) if "left_out" in one}


# ---- whose it is -------------------------------------------------------------------------------------

WHOSE = """
import json
{first}
from core.features.declaration import EMBEDDERS
from core.groups.declaration import CLUSTERERS
from core.metrics.declaration import METRICS
from core.strategies.declaration import STRATEGIES
print(json.dumps({{one.id: one.package for known in (STRATEGIES, METRICS, CLUSTERERS, EMBEDDERS)
                  for one in known if one.id.startswith("demo") or one.package}}))
"""


@pytest.mark.parametrize("first", ["", "import demo"], ids=["by its entry point", "by hand before"])
def test_what_a_package_declares_is_its_own_whoever_wrote_the_function(site, tmp_path, first):
    install(site, "demo", "1.2", ENTRIES, demo=DISGUISED)
    strategies = ("demo-wrapped", "demo-theirs", "demo-partial", "demo-object")
    made = (*strategies, "demo-metric", "demo-clusterer", "demo-embedder")
    assert answer(WHOSE.format(first=first), site, tmp_path) == dict.fromkeys(made, "demo 1.2")


def test_ours_stay_ours_where_a_package_is_the_first_to_import_them(site, tmp_path):
    """Embedders, clusterers and metrics are imported while a package of strategies is."""
    imports = "import core.features, core.groups, core.metrics\n"
    install(
        site,
        "demo",
        "1.2",
        "[aliquot.strategies]\nall = demo\n",
        demo=imports + HEAD + 'declared("demo")(first)',
    )
    first = "import core.strategies.declaration as at; at.STRATEGIES.ids()"
    assert answer(WHOSE.format(first=first), site, tmp_path) == {"demo": "demo 1.2"}


def test_check_strategy_takes_what_a_module_declares(tmp_path):
    (tmp_path / "disguise.py").write_text(DISGUISED)
    done = python("-m", "core", "check-strategy", "disguise", "--json", site=None, folder=tmp_path)
    found = json.loads(done.stdout)
    made = {"demo-wrapped", "demo-theirs", "demo-partial", "demo-object"}
    assert {one["strategy"] for one in found} == made
    failed = {one["strategy"] for one in found if one["status"] == "fails"}
    assert failed == {"demo-theirs"}  # it is declared without the chances that it has


# ---- what it declares is asked for before anybody chooses it -----------------------------------------


@pytest.mark.parametrize("known", [STRATEGIES, METRICS, CLUSTERERS], ids=lambda known: known.noun)
def test_ours_answer_what_is_asked_of_others(known):
    probe = {STRATEGIES: probe_strategy, METRICS: probe_metric, CLUSTERERS: probe_clusterer}[known]
    for one in known:
        probe(one)


@pytest.mark.parametrize("wrong", [None, "1", True, float("nan"), float("inf"), -1.0, 1j])
def test_an_amount_is_a_finite_number_of_at_least_0(wrong):
    with pytest.raises(TypeError, match="its memory"):
        amount(wrong, "its memory")


BAD = {
    "work": "cost=Cost(lambda n, d, k: 1 / 0, lambda n, d, k: 1.0, 'O(1)')",
    "work-at-one-row": "cost=Cost(lambda n, d, k: {'scan': 1 / (n - 1)}, lambda n, d, k: 1.0, 'O(1)')",
    "unit": "cost=Cost(lambda n, d, k: {'seconds': 1}, lambda n, d, k: 1.0, 'O(1)')",
    "no-table": "cost=Cost(lambda n, d, k: 7, lambda n, d, k: 1.0, 'O(1)')",
    "memory": "cost=Cost(lambda n, d, k: {'scan': n}, lambda n, d, k: None, 'O(1)')",
    "negative": "cost=Cost(lambda n, d, k: {'scan': n}, lambda n, d, k: 100.0 - n, 'O(1)')",
    "graph": "cost=Cost(lambda n, d, k: {'scan': n}, lambda n, d, k: 1.0, 'O(1)', graph='always')",
    "nested": "promises=Promises(nested_if=lambda params: params['no'])",
    "nested-none": "promises=Promises(nested_if=lambda params: None)",
    "variance": "weight=Weight.DESIGN, variance=lambda params: params['no']",
    "variance-none": "weight=Weight.DESIGN, variance=lambda params: None",
    "quits": "promises=Promises(nested_if=lambda params: exit(3))",
}
WHY = {
    "work": "its cost for n = 1, d = 1 and k = 1 cannot be told: ZeroDivisionError: division by zero",
    "work-at-one-row": "its cost for n = 1, d = 1 and k = 1 cannot be told: ZeroDivisionError",
    "unit": "its work is in 'seconds', and the units are gemm, stream, scan, keyed, steps",
    "no-table": "AttributeError: 'int' object has no attribute 'items'",
    "memory": "its memory is None and no number",
    "negative": "its memory is -900.0 and not a finite number of at least 0",
    "graph": "the graph of its cost is 'always', and no number of rows",
    "nested": "KeyError: 'no'",
    "nested-none": "whether it is nested is None, and neither true nor false",
    "variance": "KeyError: 'no'",
    "variance-none": "its variance is None, and no VarianceEstimator",
    "quits": "SystemExit: 3",
}


def test_a_strategy_whose_declaration_cannot_be_asked_is_left_out_and_the_others_are_not(site, tmp_path):
    lines = "".join(f'declared("{name}", {text})(first)\n' for name, text in BAD.items())
    install(
        site, "demo", "1", "[aliquot.strategies]\nall = demo\n", demo=HEAD + lines + 'declared("good")(first)'
    )
    done = python("-m", "core", "strategies", "--json", site=site, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert [one["id"] for one in listed if one.get("package") and "id" in one] == ["good"]
    why = {one["left_out"]: one["why"] for one in listed if "left_out" in one}
    assert sorted(why) == sorted(BAD)
    assert not [(name, text) for name, text in why.items() if WHY[name] not in text]


def test_so_is_a_metric_a_clusterer_and_an_embedder(site, tmp_path):
    code = (
        HEAD
        + DECLARE
        + """
declare_metric(id="bad-step", grain=lambda budget: "few", **metric)(lambda pool, batch: None)
declare_metric(id="bad-words", undefined="for {people}", **metric)(lambda pool, batch: None)
declare_clusterer(id="bad-time", seconds=lambda n, d: n[0], **method)(lambda matrix, draws, progress: None)
for name, wrong in (("bad-rate", {"rate": 0}), ("bad-libraries", {"packages": "numpy"})):
    fields = dict(identity=lambda params: {}, packages=(), rate=1.0) | wrong
    declare_embedder(id=name, **fields, **method)(lambda texts, progress: None)
"""
    )
    install(site, "demo", "1", ENTRIES, demo=code)
    tell = """
import json
from core.features.declaration import EMBEDDERS
from core.groups.declaration import CLUSTERERS
from core.metrics.declaration import METRICS
print(json.dumps([one.why for known in (METRICS, CLUSTERERS, EMBEDDERS) for one in known.left_out()]))
"""
    assert answer(tell, site, tmp_path) == [
        "TypeError: its least step is 'few' and no number",
        "KeyError: 'people'",
        "TypeError: 'int' object is not subscriptable",
        "TypeError: embedder bad-rate: its rate is 0",
        "TypeError: embedder bad-libraries: packages are a tuple of names",
    ]


# ---- what fails only later ---------------------------------------------------------------------------

LATER = (
    HEAD
    + DECLARE
    + """
def picky(n, d, k):
    if n == 178:
        raise ValueError("no wine")
    return {"scan": n}


declared("demo-cost", cost=Cost(picky, lambda n, d, k: 1e6, "O(n)"))(first)


def big(n, d, k):
    return "big" if n == 178 else 1e6


declared("demo-memory", cost=Cost(lambda n, d, k: {}, big, "O(n)"))(first)


@declared("demo-notes")
def notes(inputs, budget, draws, progress, /):
    return Picks(first(inputs, budget, draws, progress).rows, notes=None)


@declared("demo-weights")
def weights(inputs, budget, draws, progress, /):
    return Picks(first(inputs, budget, draws, progress).rows, weight=["much"] * budget)


@declared("demo-exit")
def leaves(inputs, budget, draws, progress, /):
    exit(0)


@declare_clusterer(id="demo-short", seconds=lambda n, d: 0.0, **method)
def short(matrix, draws, progress, /):
    return Clustering(np.zeros(3, np.int64), (), "Short")


def embedder(name, encode, identity=dict, **more):
    def body(texts, progress, /):
        return Encoder(**({"encode": encode, "metric": "euclidean", "label": "x"} | more))

    declare_embedder(id=name, identity=lambda params: identity(), packages=(), rate=1e6, **method)(body)


def two(texts, progress):
    return np.ones((len(texts), 2), np.float32)


embedder("demo-identity", two, lambda: {"a": object()})
embedder("demo-shape", lambda texts, progress: np.ones(3))
embedder("demo-metric", two, metric="l1")
embedder("demo-words", two, notes=lambda: 1 / 0)
embedder("demo-made", two, made_by={"a": object()})
"""
)
STRATEGY_FAULTS = {
    "cost": "ValueError: no wine",
    "memory": "TypeError: its memory is 'big' and no number",
    "notes": "AssertionError: demo-notes: the notes must be a tuple of sentences",
    "weights": "AssertionError: demo-weights: what comes with the rows is no array",
    "exit": "SystemExit: 0",
}


def test_a_strategy_that_fails_is_named_wherever_it_fails(site, tmp_path):
    install(site, "demo", "1.2", ENTRIES, demo=LATER)
    code = """
import json, core
from core.analysis.expected_work import strategies_work
from core.foundation.errors import AliquotError
study = core.Study(core.load("sample:wine"), core.Recipe(budget="9", groups=""))
told = {{}}
for name in {names}:
    try:
        study.select(core.Choice(f"demo-{{name}}"))
    except AliquotError as error:
        told[name] = str(error)
choices = [core.Choice("random"), core.Choice("demo-cost"), core.Choice("demo-memory")]
works = [strategies_work(some, 178, 13, [9], by_cost=paid).seconds
         for some in (choices, choices[:1]) for paid in (False, True)]
found = study.compare(choices, band=9)
print(json.dumps([told, works[:2] == works[2:], [result.reason for result in found.results]]))
"""
    told, same, reasons = answer(code.format(names=list(STRATEGY_FAULTS)), site, tmp_path)
    advice = "What to do: choose another method or remove the package, and tell its makers."
    assert told == {
        name: f"Demo-{name.title()} of the package demo 1.2 failed: {why}. {advice}"
        for name, why in STRATEGY_FAULTS.items()
    }
    assert same  # an estimate leaves out what is refused anyway
    assert reasons == ["", told["cost"], told["memory"]]


def test_so_is_an_embedder_and_a_clusterer(site, tmp_path):
    install(site, "demo", "1.2", ENTRIES, demo=LATER)
    code = """
import json, core
from core.foundation.errors import AliquotError
told = {}
data = core.load("sample:support_tickets")
for name in ("identity", "shape", "metric", "words", "made", "short"):
    groups = "demo-short" if name == "short" else ""
    made = {} if groups else dict(embedder=f"demo-{name}", features="text:subject")
    study = core.Study(data, core.Recipe(groups=groups, **(made or dict(features="table"))))
    try:
        study.groups(typical=False) if groups else study.features()
    except AliquotError as error:
        told[name] = str(error)
print(json.dumps(told))
"""
    told = answer(code, site, tmp_path)
    assert list(told) == ["identity", "shape", "metric", "words", "made", "short"]
    assert all(text.startswith("Demo of the package demo 1.2 failed: ") for text in told.values())
    assert "it gives an array of (3,) for " in told["shape"]
    assert "its vectors are compared by 'l1', which is not known" in told["metric"]
    assert "ZeroDivisionError: division by zero" in told["words"]
    assert "it gives no whole number for each of " in told["short"]


def test_the_methods_page_shows_a_strategy_whose_cost_cannot_be_told(site, tmp_path):
    install(site, "demo", "1.2", ENTRIES, demo=LATER)
    code = """
import json
from pages.ui.shared import cache
from tests.pages._compared import opened, said, tab
page = tab(opened(budget="20"), "methods.py")
told = []
for name in ("random", "demo-cost"):
    page.selectbox(key="meth_open_Strategies").set_value(name).run()
    assert not page.exception, page.exception
    told.append(said(page))
print(json.dumps(told))
"""
    done = python("-c", code, site=site, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(done.stdout)
    assert "20 rows out of 178 take" in ours
    assert "of the package demo 1.2" in theirs
    assert "20 rows out of 178 take" not in theirs


# ---- what cannot be imported, and where ---------------------------------------------------------------


def test_the_module_that_failed_is_named_with_its_package(site, tmp_path):
    helper = "import demo_parts\n" + HEAD + 'declared("demo-first")(first)'
    install(site, "demo", "1", "[aliquot.strategies]\nall = demo\n", demo=helper, demo_parts="1 / 0\n")
    install(
        site,
        "lacking",
        "1",
        "[aliquot.strategies]\nall = lacking\n",
        lacking="import lacking_parts\n",
        lacking_parts="import nowhere",
    )
    install(site, "wrong", "1", "[aliquot.strategies]\nall = wrong\n", wrong="raise ValueError('no')\n")
    done = python("-m", "core", "strategies", site=site, folder=tmp_path)
    assert done.returncode == 0
    for package, why in (
        ("demo", "the module demo_parts failed: ZeroDivisionError: division by zero"),
        ("lacking", "the module lacking_parts failed: ModuleNotFoundError: No module named 'nowhere'"),
        ("wrong", "ValueError: no"),
    ):
        assert f"The strategy all of {package} 1 is left out: {why}." in done.stderr
    done = python("-m", "core", "check-strategy", "demo", site=site, folder=tmp_path)
    assert done.returncode == 2
    assert (
        "The module demo cannot be imported: the module demo_parts failed: ZeroDivisionError" in done.stderr
    )


def test_a_package_without_a_usual_name_and_version_is_left_out(site, tmp_path):
    """They are shown to people as what to install."""
    odd = install(site, "odd", "1", "[aliquot.strategies]\nall = odd\n", odd=HEAD + 'declared("odd")(first)')
    (odd / "odd-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1; rm -r\n")
    assert left_out(site, tmp_path) == {
        "aliquot.strategies": "ValueError: its name or its version is not one of a package"
    }


def test_packages_are_found_where_the_working_folder_is_gone(site, tmp_path):
    install(site, "demo", "1.2", ENTRIES, demo=HEAD + 'declared("demo-first")(first)')
    code = """
import json, os, sys, tempfile
from core.strategies.declaration import STRATEGIES
gone = tempfile.mkdtemp()
os.chdir(gone)
os.rmdir(gone)
sys.path += ["", ".", "parts"]
print(json.dumps(STRATEGIES["demo-first"].package))
"""
    assert answer(code, site, tmp_path) == "demo 1.2"
