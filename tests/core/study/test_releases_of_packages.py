"""What is kept of a strategy of another package holds for that release of it alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.analysis.comparison.earlier_results import name_of
from core.data.load import load
from core.foundation.artifact_store import digest
from core.model.open_registry import edition, edition_in, packages_in
from core.model.recipe import Choice, Recipe
from core.strategies.declaration import STRATEGIES
from core.study.reusable_holdout import question
from core.study.study import Study
from tests.other_package import HEAD, answer, install

DEMO = HEAD + 'declared("demo-first")(first)'

SCRIPT = """
import json
from pathlib import Path
import core
from core.analysis.comparison import saved
from core.analysis.comparison.earlier_results import EarlierResults, name_of
from core.foundation.artifact_store import Store
from core.model.open_registry import edition_in
from core.study.compare import compare_study
from core.study.reusable_holdout import question
within = [core.Choice("stratified", {"within": one}) for one in ("demo-first", "systematic")]
choices = [core.Choice("random"), core.Choice("demo-first"), *within]
study = core.Study(core.load("sample:wine"), core.Recipe(budget="9", groups="column:cultivar", seed=3))
store, name = Store(Path("kept")), "00" * 16
found = saved.recall(store, name)
if found is None:
    found = study.compare(choices, band=9)
    assert not [result.reason for result in found.results if result.reason]
    assert saved.keep(store, name, found)
seen, of = [], EarlierResults.of
EarlierResults.of = lambda *given, **named: seen.append(of(*given, **named)) or seen[-1]
compare_study(study, choices, "9", seeds=1, band=9, known=[found])
(taken,) = seen
print(json.dumps({
    "taken": [taken.result(choice, 1) is not None for choice in choices],
    "names": [name_of(choice) for choice in choices],
    "questions": [question(study, choice) for choice in choices],
    "editions": [edition_in(choice.id, choice.params) for choice in choices],
    "recorded": [dict(result.selections[0].packages) for result in found.results],
}))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[object]]]:
    """What is said under demo 1.0 twice, and then under demo 1.1, from one store."""
    folder = tmp_path_factory.mktemp("work")
    sites: dict[str, Path] = {}
    for version in ("1.0", "1.1"):
        sites[version] = tmp_path_factory.mktemp("site")
        install(sites[version], "demo", version, "[aliquot.strategies]\nall = demo\n", demo=DEMO)
    return [answer(SCRIPT, sites[version], folder) for version in ("1.0", "1.0", "1.1")]  # type: ignore[misc]


OURS, THEIRS = (0, 3), (1, 2)


def test_results_are_taken_from_the_same_release_and_from_no_other(told):
    first, again, later = told
    assert first["taken"] == again["taken"] == [True] * 4
    assert later["taken"] == [True, False, False, True]


def test_a_subset_records_the_packages_of_its_strategies(told):
    assert told[0]["recorded"] == [{}, {"demo-first": "demo 1.0"}, {"demo-first": "demo 1.0"}, {}]
    assert told[2]["recorded"] == told[0]["recorded"]  # it is the one that was kept


@pytest.mark.parametrize("what", ["names", "questions", "editions"])
def test_names_of_what_is_kept_hold_the_release(told, what):
    first, again, later = (one[what] for one in told)
    assert first == again
    assert [first[at] == later[at] for at in OURS] == [True, True]
    assert [first[at] == later[at] for at in THEIRS] == [False, False]


def test_names_of_what_is_kept_of_ours_are_as_they_were():
    """Nothing of ours is made again, and no answer paid for twice, because packages came into the names."""
    within = {"within": "systematic"}
    assert packages_in("stratified", within) == {}
    assert (
        edition_in("stratified", within)
        == edition(STRATEGIES["stratified"])
        == STRATEGIES["stratified"].version
    )
    checked = STRATEGIES["stratified"].check(within)
    assert name_of(Choice("stratified", within)) == digest(["stratified", checked])
    study = Study(load("sample:wine"), Recipe(budget="9", groups="", seed=3))
    asked = {"strategy": "random", "params": {}, "budget": 9}
    described = study.described(study.inputs())
    as_it_was = digest({"question": "accuracy/2", "study": described, "seed": 3, **asked})
    assert question(study, Choice("random")) == as_it_was
