"""`aliquot check-strategy`: what strategies break is named; the README's example keeps the contract."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.other_package import HEAD, ROOT, install, python

BROKEN = (
    HEAD
    + """
from typing import Annotated
from core.model.promises import Size
from core.model.parameters import Par


@declared("good")
def good(inputs, budget, draws, progress, /):
    return first(inputs, budget, draws, progress)


@declared("row-twice")
def row_twice(inputs, budget, draws, progress, /):
    rows = first(inputs, budget, draws, progress).rows
    return Picks(np.concatenate([rows[:-1], rows[:1]]))


@declared("one-short")
def one_short(inputs, budget, draws, progress, /):
    return Picks(first(inputs, budget, draws, progress).rows[:max(1, budget - 1)])


@declared("no-words", gain="")
def no_words(inputs, budget, draws, progress, /):
    rows = first(inputs, budget, draws, progress).rows
    return Picks(rows, gains=np.ones(len(rows)))


@declared("ignores-pins")
def ignores_pins(inputs, budget, draws, progress, /):
    progress(0, 1, "taking")
    return Picks(np.arange(inputs.n - budget, inputs.n))


@declared("ignores-seed", promises=Promises(nested=True))
def ignores_seed(inputs, budget, draws, progress, /):
    return first(inputs, budget, draws, progress)


@declared("secretly-random")
def secretly_random(inputs, budget, draws, progress, /):
    progress(0, 1, "drawing")
    free = inputs.free[np.argsort(draws.of(inputs.free).uniforms(), kind="stable")]
    return Picks(np.concatenate([inputs.pins, free])[:budget])


@declared("not-nested", promises=Promises(deterministic=True, nested=True))
def not_nested(inputs, budget, draws, progress, /):
    progress(0, 1, "taking")
    return Picks(np.concatenate([inputs.pins, np.roll(inputs.free, budget)])[:budget])


state = [0]


@declared("remembers", promises=Promises())
def remembers(inputs, budget, draws, progress, /):
    progress(0, 1, "taking")
    state[0] += 1
    return Picks(np.concatenate([inputs.pins, np.roll(inputs.free, state[0])])[:budget])


@declared("writes", needs={Need.FEATURES})
def writes(inputs, budget, draws, progress, /):
    if inputs.frame is not None and "y" in inputs.frame:
        inputs.frame.loc[0, "y"] = -1.0
    return first(inputs, budget, draws, progress)


@declared("silent")
def silent(inputs, budget, draws, progress, /):
    return Picks(np.concatenate([inputs.pins, inputs.free])[:budget])


@declared("by-unit", needs={Need.FEATURES})
def by_unit(inputs, budget, draws, progress, /):
    progress(0, 1, "taking")
    step = int(abs(float(inputs.features.matrix[0, 0])) * 1e3)
    return Picks(np.concatenate([inputs.pins, np.roll(inputs.free, step)])[:budget])


@declared("wasteful")
def wasteful(inputs, budget, draws, progress, /):
    np.ones((inputs.n, inputs.n)).sum()
    return first(inputs, budget, draws, progress)


@declared("needs-nothing", needs={Need.SCORES})
def needs_nothing(inputs, budget, draws, progress, /):
    return first(inputs, budget, draws, progress)


chances = dict(promises=Promises(), weight=Weight.DESIGN, variance=VarianceEstimator(VarianceMethod.UNEQUAL))


@declared("wrong-chances", **chances)
def wrong_chances(inputs, budget, draws, progress, /):
    rows = secretly_random(inputs, budget, draws, progress).rows
    pi = np.where(np.arange(len(rows)) < len(inputs.pins), 1.0, min(1.0, 1.3 * budget / inputs.n))
    return Picks(rows, inclusion=pi)


@declared("no-chances", **chances)
def no_chances(inputs, budget, draws, progress, /):
    return secretly_random(inputs, budget, draws, progress)


@declared("off-average", promises=Promises(size=Size.RANDOM))
def off_average(inputs, budget, draws, progress, /):
    return first(inputs, min(budget + 2, inputs.n), draws, progress)


@declared("fails-at-an-end")
def fails_at_an_end(inputs, budget, draws, progress, /, *, step: Annotated[int, Par("Made up.", 1, 5)] = 1):
    assert step < 5, "five is too much"
    return first(inputs, budget, draws, progress)


@declared("crash")
def crash(inputs, budget, draws, progress, /):
    return 1 / 0
"""
)
CATCHES = {
    "row-twice": ("shape", "a row was chosen twice"),
    "one-short": ("shape", "6 rows for a budget of 7"),
    "no-words": ("gains", "Gains and words for them do not go together."),
    "ignores-pins": ("pins", "a pinned row is missing"),
    "ignores-seed": ("seed", "The seed changes nothing, and it is not deterministic."),
    "secretly-random": ("seed", "It is deterministic, and the seed changes it."),
    "not-nested": ("nested", "The first 11 of 30 rows are not the 11 of a smaller budget."),
    "remembers": ("order", "The order of the rows in the file changes what it chooses"),
    "writes": ("inputs", "It changes the table that it is given."),
    "silent": ("progress", "It never tells its progress."),
    "by-unit": ("scale", "It chooses other rows where the features are 1024 times as large."),
    "wasteful": ("memory", "for 4,000 rows, and"),
    "wrong-chances": ("inclusion", "of 2,000 draws."),
    "no-chances": ("inclusion", "It promises inclusion probabilities and gives none."),
    "off-average": ("size on average", "It returns 17.00 rows on average for a budget of 15."),
    "fails-at-an-end": ("params", "five is too much"),
    "crash": ("shape", "It fails with ZeroDivisionError: division by zero."),
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What the command says of every strategy above: failed clauses with their reasons."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "broken.py").write_text(BROKEN)
    done = python("-m", "core", "check-strategy", "broken", "--json", site=None, folder=folder)
    assert done.returncode == 1, done.stderr
    found: dict[str, dict[str, str]] = {}
    for one in json.loads(done.stdout):
        assert one["status"] == ("fails" if one["reason"] else "holds")
        failed = found.setdefault(one["strategy"], {})
        if one["reason"]:
            failed[one["check"]] = one["reason"]
    return found


@pytest.mark.parametrize("name", sorted(CATCHES))
def test_a_broken_strategy_is_caught(checked, name):
    check, reason = CATCHES[name]
    assert reason in checked[name].get(check, ""), checked[name]


def test_a_good_one_is_not(checked):
    assert checked["good"] == {}
    assert checked["needs-nothing"] == {}  # what it declares to need is asked for before it runs


def readme_example() -> tuple[str, str]:
    """The module and the entry points of the README."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Your own strategy") :]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    entry = re.search(r'```toml\n\[project.entry-points."(.*?)"\]\n(.*?) = "(.*?)"\n```', section)
    assert code
    assert entry
    return code[1], f"[{entry[1]}]\n{entry[2]} = {entry[3]}\n"


def test_the_example_of_the_readme_is_found_keeps_the_contract_and_chooses(tmp_path):
    code, entries = readme_example()
    (tmp_path / "site").mkdir()
    site = install(tmp_path / "site", "my-package", "1.0", entries, my_strategies=code)
    done = python("-m", "core", "check-strategy", "my_strategies", site=site, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("1 strategy keeps the contract.\n")
    words = ["sample:wine", "--strategy", "top-score", "--score", "alcohol", "--budget", "5", "--out", "out"]
    done = python("-m", "core", "select", *words, "--json", site=site, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["ids"]) == 5


@pytest.mark.parametrize(
    ("module", "code", "told"),
    [
        ("no_such_module", None, "No module named 'no_such_module'"),
        ("crashing", "1 / 0", "ZeroDivisionError: division by zero"),
        ("quitting", "raise SystemExit(0)", "SystemExit: 0"),
        ("unfit", HEAD + 'declared("random")(first)', "strategy id 'random' is declared twice"),
        ("json", None, "The module json declares no strategy"),
        ("../up", None, "cannot be imported"),
    ],
)
def test_no_module_and_no_strategy_are_bad_input(tmp_path: Path, module, code, told):
    if code is not None:
        (tmp_path / f"{module}.py").write_text(code)
    done = python("-m", "core", "check-strategy", module, site=None, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
