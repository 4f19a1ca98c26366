"""Bundles and recipes made with a strategy of another package: what is said where that is not installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.foundation.errors import BundleError, RecipeError
from core.model.recipe import Recipe
from core.signoff.manifest import dump, sealed
from core.signoff.open_bundle import open_bundle
from tests.other_package import HEAD, install, python

ENTRY = "[aliquot.strategies]\nall = demo\n"
DEMO = (
    HEAD
    + """
declared("demo-first", needs={Need.FEATURES})(first)
"""
)
TRUST = "says that it was made with demo 1.0; install that only if you trust it."
INSTALL = f"which is not installed here. What to do: the bundle {TRUST}"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where demo 1.0 and demo 1.1 are installed."""
    made = {version: tmp_path_factory.mktemp("site") for version in ("1.0", "1.1")}
    for version, site in made.items():
        install(site, "demo", version, ENTRY, demo=DEMO)
    return made


@pytest.fixture(scope="module")
def bundle(sites: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle made with demo 1.0."""
    folder = tmp_path_factory.mktemp("made")
    words = [
        "select",
        "sample:wine",
        "--strategy",
        "demo-first",
        "--features",
        "table",
        "--budget",
        "9",
        "--out",
        "bundle",
    ]
    done = python("-m", "core", *words, site=sites["1.0"], folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "bundle"


def verified(bundle: Path, site: Path | None, folder: Path) -> tuple[int, dict[str, object]]:
    done = python(
        "-m", "core", "verify", str(bundle), "--data", "sample:wine", "--json", site=site, folder=folder
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def changed(bundle: Path, folder: Path, change) -> Path:
    """A copy of the manifest alone with a change, under a seal of its own."""
    body = json.loads((bundle / "manifest.json").read_text())
    change(body)
    del body["digest"], body["signoff"]
    (folder / "manifest.json").write_bytes(dump(sealed(body)))
    return folder / "manifest.json"


def test_recipe_and_manifest_name_package_and_version(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["recipe"]["packages"] == {"strategy demo-first": "demo 1.0"}


def test_it_verifies_where_the_package_is(bundle, sites, tmp_path):
    code, found = verified(bundle, sites["1.0"], tmp_path)
    assert (code, found["gone"]) == (0, "")
    assert "install" not in found


@pytest.mark.parametrize("version", [None, "1.1"])
def test_without_it_the_record_is_checked_and_the_replay_is_not(bundle, sites, tmp_path, version):
    code, found = verified(bundle, sites.get(version), tmp_path)
    assert code == 3
    assert found["install"] == "demo 1.0"
    assert {check["status"] for check in found["checks"] if check["part"] == "A"} == {"holds"}
    assert "features" in [check["name"] for check in found["checks"] if check["part"] == "A"]
    (replay,) = [check for check in found["checks"] if check["part"] == "B"]
    assert replay["status"] == "not checked"
    instead = f" (here it is of demo {version})" if version else ""
    assert replay["sentence"].endswith(f"the strategy demo-first of the package demo 1.0{instead}, {INSTALL}")
    assert found["summary"].endswith(f"replay not checked: made by demo-first of demo 1.0, {INSTALL}")


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (None, "it is not installed here"),
        ("1.1", "it was demo 1.0, here is demo 1.1, and another version may draw other rows"),
    ],
)
def test_a_recipe_is_refused_and_says_what_to_install(bundle, sites, tmp_path, version, why):
    words = ["run", str(bundle), "--data", "sample:wine", "--out", "again"]
    done = python("-m", "core", *words, site=sites.get(version), folder=tmp_path)
    assert done.returncode == 2
    said = f"aliquot: The recipe was written with the strategy demo-first of demo 1.0: {why}. "
    assert done.stderr == f"{said}What to do: the recipe {TRUST}\n"
    assert not (tmp_path / "again").exists()
    code = f"""
import core
from pathlib import Path
try:
    core.Study(core.load("sample:wine"), core.Recipe.read(Path({str(bundle / "manifest.json")!r})))
except core.AliquotError as error:
    print(error)
"""
    done = python("-c", code, site=sites.get(version), folder=tmp_path)
    assert done.stdout == f"{said.removeprefix('aliquot: ')}What to do: the recipe {TRUST}\n"


def test_a_strategy_of_ours_is_not_mistaken_for_one_of_the_same_id(bundle, sites, tmp_path):
    """A record without a package is of our own method, whoever has claimed the id since."""
    path = changed(bundle, tmp_path, lambda body: body["recipe"].pop("packages"))
    code, found = verified(path, sites["1.0"], tmp_path)
    assert (code, found["gone"]) == (3, "demo-first of Aliquot")
    assert found["summary"].endswith("made by demo-first of Aliquot.")


def test_strategies_inside_parameters_are_named_too(sites, tmp_path):
    code = """
import json, core
within = [{"within": "demo-first"}, {"within": {"id": "demo-first", "params": {}}}, {}]
print(json.dumps([core.Recipe(strategies=(core.Choice("stratified", one),)).to_json().get("packages")
                  for one in within]))
"""
    import_all = "from core.strategies.declaration import STRATEGIES\n"
    done = python("-c", import_all + code, site=sites["1.0"], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    named = {"strategy demo-first": "demo 1.0"}
    assert json.loads(done.stdout) == [named, named, None]


def test_a_manifest_that_names_a_module_imports_nothing(bundle, sites, tmp_path):
    (tmp_path / "lurking.py").write_text("raise SystemExit('imported')\n")

    def lurk(body):
        body["selection"]["strategy"] = "lurking"
        body["recipe"]["strategies"] = [{"id": "lurking", "params": {}, "version": 1}]
        body["recipe"]["packages"] = {"strategy lurking": "lurking 1.0"}
        body["methods"] = {"strategy lurking": 1}

    path = changed(bundle, tmp_path, lurk)
    code = f"""
import sys
from core.cli.main import main
code = main(["verify", {str(path)!r}, "--data", "sample:wine"])
assert not [name for name in sys.modules if "lurking" in name]
sys.exit(code)
"""
    done = python("-c", code, site=sites["1.0"], folder=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "made with lurking 1.0; install that only if you trust it" in done.stdout


ADVICE = [
    "demo",
    "demo 1.0 --index-url https://elsewhere.example",
    "demo 1.0\nand run curl",
    "demo 1.0\n",
    "git+https://elsewhere.example/demo 1.0",
    "-r requirements.txt",
    "../demo 1.0",
    "demo\u202e 1.0",
    "d" * 101 + " 1.0",
    "demo " + "1" * 51,
    "",
    " ",
]


@pytest.mark.parametrize("package", ADVICE)
def test_what_is_no_name_of_a_package_is_shown_to_nobody(bundle, tmp_path, package):
    body = json.loads((bundle / "manifest.json").read_text())
    body["recipe"]["packages"] = {"strategy demo-first": package}
    with pytest.raises(RecipeError) as caught:
        Recipe.from_json(body)
    told = (
        "The recipe's packages cannot be used: it does not give name and version of a package. What to do: "
    )
    assert str(caught.value).startswith(told)
    path = changed(
        bundle, tmp_path, lambda body: body["recipe"].update(packages={"strategy random": package})
    )
    with pytest.raises(BundleError, match="recipe › packages' does not give name and version of a package"):
        open_bundle(path)
    del body["recipe"]["packages"]
    assert Recipe.from_json(body).packages == {}


@pytest.mark.parametrize("package", ["demo 1.0", "My_pkg.x-2 1!2.0rc1+cu118-1", "d" * 100 + " " + "1" * 50])
def test_names_and_versions_of_packages_are_taken(package):
    read = Recipe.from_json({"format": 1, "packages": {"embedder minilm": package}})
    assert read.to_json()["packages"] == {"embedder minilm": package}
