"""The reusable holdout: its rule, its record, and that it does not let luck through."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from core.analysis.held_out import reusable_holdout
from core.analysis.held_out.reusable_holdout import ALLOWANCE, FORMAT, HoldoutRecord, ReusableHoldout
from core.data.load import load
from core.data.samples import SAMPLES
from core.foundation.arrays.thresholdout import laplace, thresholdout
from core.foundation.artifact_store import Store, digest
from core.foundation.errors import HoldoutError, NeedError, ParameterError
from core.foundation.file_lock import locked
from core.foundation.progress import Progress
from core.model.recipe import Choice, Recipe
from core.study.reusable_holdout import GUARD_SEED, HoldoutSplit, ask, holdout_of, parts_of, question
from core.study.study import Study

ROOT = Path(__file__).parents[4]
DATA = "ab" * 16


def guard(tmp_path, **given) -> ReusableHoldout:
    return ReusableHoldout(Store(tmp_path), DATA, **given)


# ---- the rule ----------------------------------------------------------------------------------------


@given(*[st.floats(0, 1)] * 2, st.floats(-9, 9))
def test_without_noise_the_rule_is_deterministic(practice, guarded, blur):
    value, spent = thresholdout(practice, guarded, threshold=0.04, noise=0, moved=1, doubt=1, blur=blur)
    assert spent == (abs(practice - guarded) > 0.04)
    assert value == (guarded if spent else practice)


def test_the_noise_has_its_scales():
    # T̂ = .04 + .02·1 = .06, doubt .04·1: .1 is the line.
    given_ = {"threshold": 0.04, "noise": 0.01, "moved": 1.0, "doubt": 1.0, "blur": -2.0}
    assert thresholdout(0.5, 0.599, **given_) == (0.5, False)
    value, spent = thresholdout(0.5, 0.601, **given_)
    assert spent
    assert value == pytest.approx(0.581)
    assert thresholdout(0.5, 0.0, **given_)[0] == 0


def test_laplace_numbers_are_laplace_and_secret():
    from scipy.stats import kstest
    from scipy.stats import laplace as law

    drawn = [laplace("00" * 32, "answer", number) for number in range(2_000)]
    assert kstest(drawn, law.cdf).pvalue > 0.001
    assert laplace("00" * 32, "answer", 1) != laplace("01" * 32, "answer", 1)
    assert laplace("00" * 32, "answer", 1) != laplace("00" * 32, "comparison", 1)


# ---- the record --------------------------------------------------------------------------------------


def test_agreeing_questions_cost_nothing(tmp_path):
    one = guard(tmp_path, allowance=2, noise=0.0)
    for at in range(30):
        answer = one.ask(f"q{at}", practice=0.8, guarded=0.8)
        assert (answer.value, answer.spent, answer.left, answer.number) == (0.8, False, 2, at + 1)


def test_disagreements_are_spent_and_then_it_refuses(tmp_path):
    one = guard(tmp_path, allowance=2, noise=0.0)
    assert one.ask("a", practice=0.9, guarded=0.7).value == 0.7
    assert one.ask("b", practice=0.9, guarded=0.6).left == 0
    with pytest.raises(HoldoutError, match="2 disagreements"):
        one.ask("c", practice=0.8, guarded=0.8)
    with pytest.raises(HoldoutError, match="new rows"):
        one.check()
    again = one.ask("a", practice=0.1, guarded=0.1)
    assert (again.value, again.again, again.left, again.number) == (0.7, True, 0, 1)
    assert one.known("c") is None
    assert len(one.record().asked) == 2


def test_no_allowance_answers_nothing(tmp_path):
    with pytest.raises(HoldoutError, match="no further question"):
        guard(tmp_path, allowance=0).ask("a", practice=0.5, guarded=0.5)


def test_an_identical_question_is_answered_alike_at_no_cost(tmp_path):
    one = guard(tmp_path)
    first = one.ask("a", practice=0.9, guarded=0.2)
    again = one.ask("a", practice=0.9, guarded=0.2)
    assert (again.value, again.left) == (first.value, first.left)
    assert again.again
    assert not first.again
    assert first.value == pytest.approx(0.2, abs=0.15)
    assert first.value != 0.2, "noise is on the answer"


def test_the_record_outlives_tabs_and_processes(tmp_path):
    guard(tmp_path).ask("a", practice=0.9, guarded=0.3, about={"strategy": "X"})
    code = (
        "import sys; from pathlib import Path; "
        "from core.analysis.held_out.reusable_holdout import ReusableHoldout; "
        "from core.foundation.artifact_store import Store; "
        f"one = ReusableHoldout(Store(Path(sys.argv[1])), {DATA!r}); "
        "print(one.ask('b', practice=0.9, guarded=0.3).left)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == ALLOWANCE - 2
    other = guard(tmp_path)
    assert other.record().left == ALLOWANCE - 2
    assert other.record().asked[0].about == {"strategy": "X"}
    assert ReusableHoldout(Store(tmp_path), "cd" * 16).record().left == ALLOWANCE, (
        "another data set has its own"
    )


def test_a_record_keeps_the_allowance_it_began_with(tmp_path):
    guard(tmp_path, allowance=1, noise=0.0).ask("a", practice=0.9, guarded=0.3)
    richer = guard(tmp_path, allowance=1_000)
    assert richer.record().left == 0
    with pytest.raises(HoldoutError):
        richer.ask("b", practice=0.9, guarded=0.3)


def test_trimming_the_store_leaves_the_record(tmp_path):
    one = guard(tmp_path)
    one.ask("a", practice=0.9, guarded=0.3)
    Store(tmp_path, limit=0).trim()
    assert one.record().left == ALLOWANCE - 1


def test_two_tabs_cannot_spend_one_allowance_twice(tmp_path):
    def many(tab):
        one = guard(tmp_path, allowance=25, noise=0.0)
        answered = 0
        for at in range(12):
            try:
                one.ask(f"{tab}-{at}", practice=0.9, guarded=0.1)
                answered += 1
            except HoldoutError:
                pass
        return answered

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(many, range(4))) == 25
    record = guard(tmp_path).record()
    assert record.left == 0
    assert [one.number for one in record.asked] == list(range(1, 26))


def test_one_question_asked_at_once_is_paid_once(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: guard(tmp_path).ask("a", practice=0.9, guarded=0.1), range(8)))
    assert len({one.value for one in found}) == 1
    assert sum(not one.again for one in found) == 1
    assert guard(tmp_path).record().left == ALLOWANCE - 1


def test_a_busy_record_says_so(tmp_path):
    one = guard(tmp_path, noise=0.0)
    lock = one.path.with_suffix(".lock")
    with locked(lock), pytest.raises(HoldoutError, match="another tab"), locked(lock, 0.05):
        pass
    assert one.ask("a", practice=0.5, guarded=0.5).value == 0.5


def changed(raw):
    body = orjson.loads(raw)
    body["body"]["asked"] = []
    return orjson.dumps(body)


def rewritten(**fields):
    def change(raw):
        body = {**orjson.loads(raw)["body"], **fields}
        return orjson.dumps({"body": body, "check": digest(body)})

    return change


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"[]",
        lambda raw: b'{"body": 3, "check": "x"}',
        changed,
        rewritten(fingerprint="cd" * 16),
        rewritten(format="1"),
        rewritten(asked=[{"name": "a"}]),
    ],
)
def test_a_damaged_record_is_told_and_never_reset(tmp_path, damage):
    one = guard(tmp_path)
    one.ask("a", practice=0.9, guarded=0.1)
    bad = damage(one.path.read_bytes())
    one.path.write_bytes(bad)
    for call in (
        lambda: one.record().left,
        lambda: one.ask("b", practice=0.5, guarded=0.5),
        lambda: one.known("a"),
    ):
        with pytest.raises(HoldoutError, match="backup"):
            call()
    assert one.path.read_bytes() == bad


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": FORMAT + 1}, "of a newer version of this program"),
        ({"format": FORMAT + 1, "asked": {"of": "another shape"}}, "of a newer version of this program"),
        ({"format": FORMAT + 1, "more": 1}, "of a newer version of this program"),
        ({"format": FORMAT - 1, "secret": None}, "of an older version of this program"),
    ],
)
@pytest.mark.parametrize("check", [True, False], ids=["its checksum", "another checksum"])
def test_a_record_of_another_version_is_told_as_such(tmp_path, change, told, check):
    one = guard(tmp_path)
    one.ask("a", practice=0.9, guarded=0.1)
    written = rewritten(**change)(one.path.read_bytes())
    if not check:
        written = orjson.dumps({"body": orjson.loads(written)["body"], "check": "of another kind"})
    one.path.write_bytes(written)
    for call in (
        lambda: one.record().left,
        lambda: one.ask("b", practice=0.5, guarded=0.5),
        lambda: one.known("a"),
    ):
        with pytest.raises(HoldoutError, match=told):
            call()
    assert one.path.read_bytes() == written


def test_what_is_shown_of_a_record_does_not_hold_the_secret(tmp_path):
    one = guard(tmp_path)
    assert type(one.record()) is HoldoutRecord
    one.ask("a", practice=0.9, guarded=0.1)
    shown = one.record()
    assert type(shown) is HoldoutRecord
    secret = orjson.loads(one.path.read_bytes())["body"]["secret"]
    assert secret not in repr(vars(shown))
    assert not hasattr(shown, "secret")


def test_no_answer_is_given_whose_cost_is_not_on_disk(tmp_path, monkeypatch):
    one = guard(tmp_path)

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(HoldoutError, match="No space left"):
            one.ask("a", practice=0.9, guarded=0.1)
    assert one.record().left == ALLOWANCE
    assert not list(one.path.parent.glob(".tmp-*"))


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_only_its_owner_reads_the_secret(tmp_path):
    one = guard(tmp_path)
    one.ask("a", practice=0.5, guarded=0.5)
    assert one.path.stat().st_mode & 0o077 == 0
    other = guard(tmp_path / "elsewhere")
    other.ask("a", practice=0.5, guarded=0.5)
    secrets = {orjson.loads(each.path.read_bytes())["body"]["secret"] for each in (one, other)}
    assert len(secrets) == 2, "the noise cannot be known from the data"


@pytest.mark.parametrize(
    "wrong", [{"allowance": -1}, {"allowance": 1.5}, {"threshold": -1}, {"noise": np.nan}]
)
def test_wrong_settings_are_refused(tmp_path, wrong):
    with pytest.raises(ParameterError):
        guard(tmp_path, **wrong)
    with pytest.raises(ParameterError):
        guard(tmp_path).ask("a", practice=1.2, guarded=0.5)


# ---- what it is for ----------------------------------------------------------------------------------


def test_chosen_noise_is_not_reported_as_accuracy(tmp_path, monkeypatch):
    """Labels are coin tosses: features are chosen by how both parts correlate with them (Dwork et al.).

    With an open holdout, features that agree with its labels by luck pile up and the score climbs far above
    a half. Through the guard, the analyst learns of the holdout little but that practice rows mislead.
    """
    monkeypatch.setattr(reusable_holdout.secrets, "token_hex", lambda size: "5a" * size)
    rng = np.random.default_rng(0)
    n, d, chosen = 8_000, 1_000, 100

    def draw():
        tosses = rng.integers(0, 2, (n, d + 1), dtype=np.int8).astype(np.float32) * 2 - 1
        return tosses[:, 1:], tosses[:, 0]

    (x, y), (hx, hy) = draw(), draw()
    train, held = x.T @ y / n, hx.T @ hy / n  # mean of feature × label

    def fitted(score):
        """Accuracy on both parts of a vote of the features that lean the same way in `train` and `score`."""
        both = np.where(np.sign(train) == np.sign(score), np.abs(train), 0.0)
        best = np.argsort(-both, kind="stable")[:chosen]
        votes = np.sign(train[best])
        rows = ((x, y), (hx, hy))
        return [float((np.sign(part[:, best] @ votes + 0.5) == labels).mean()) for part, labels in rows]

    told, paid = train.copy(), 0
    for at in range(d):
        if paid == ALLOWANCE:
            break  # refused from here on: the analyst is left with the practice rows
        told[at], spent = thresholdout(
            float(train[at]),
            float(held[at]),
            threshold=reusable_holdout.THRESHOLD,
            noise=reusable_holdout.NOISE,
            moved=laplace("5a" * 32, "threshold", paid),
            doubt=laplace("5a" * 32, "comparison", at),
            blur=laplace("5a" * 32, "answer", at),
        )
        paid += spent
    assert 0 < paid <= ALLOWANCE
    chance = binom.ppf(0.999, n, 0.5) / n
    _, plain = fitted(held)
    assert plain > chance + 0.02, "the open holdout believes in noise"
    practice, guarded = fitted(told)
    assert practice > chance + 0.02
    assert guarded < chance, "what was told has not spoilt the guarded rows"
    answer = ReusableHoldout(Store(tmp_path), DATA).ask("chosen", practice=practice, guarded=guarded)
    assert answer.spent
    assert answer.value == pytest.approx(0.5, abs=chance - 0.5 + 0.03)


# ---- rows and strategies -----------------------------------------------------------------------------


@pytest.fixture
def wine(tmp_path) -> Study:
    known = SAMPLES["wine"]
    recipe = Recipe(features=known.features, groups="kmeans:3", label=known.label_column, budget="35")
    return Study(load("sample:wine"), recipe, store=Store(tmp_path))


def same(one: HoldoutSplit, other: HoldoutSplit) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("guarded", "practice", "rest")
    )


def test_the_parts_are_all_rows_and_know_no_seed_filter_or_pin(wine):
    parts = parts_of(wine)
    rows = np.concatenate([parts.guarded, parts.practice, parts.rest])
    assert np.array_equal(np.sort(rows), np.arange(178))
    assert abs(len(parts.guarded) - 35.6) <= 1
    assert abs(len(parts.practice) - 35.6) <= 1
    for other in (wine.with_(seed=7), wine.filter("alcohol > 13"), wine.pin([0, 5]), wine.with_(label=None)):
        assert same(parts, parts_of(other))
    assert abs(GUARD_SEED) >= 2**63, "no recipe can choose it"


def test_an_entity_is_in_one_part(tmp_path):
    values = [(at * 7919 % 1009, at * 104_729 % 997) for at in range(200)]
    lines = "".join(f"{at},p{at % 40},{a},{b},{at % 2}\n" for at, (a, b) in enumerate(values))
    data = load(f"id,who,a,b,y\n{lines}".encode(), name="t.csv", roles={"who": "entity", "y": "label"})
    parts = parts_of(Study(data, Recipe(features="table", groups=""), store=Store(tmp_path)))
    who = data.column("who").to_numpy()
    assert min(map(len, (parts.guarded, parts.practice, parts.rest))) >= 30
    sets = [set(who[rows]) for rows in (parts.guarded, parts.practice, parts.rest)]
    assert not sets[0] & sets[1]
    assert not (sets[0] | sets[1]) & sets[2]


def test_rows_that_all_belong_together_cannot_be_guarded(tmp_path):
    lines = "".join(f"{at},p,{at}.5,{at % 2}\n" for at in range(60))
    data = load(f"id,who,a,y\n{lines}".encode(), name="t.csv", roles={"who": "entity", "y": "label"})
    with pytest.raises(NeedError, match="60 of 60 rows belong together"):
        parts_of(Study(data, Recipe(features="table", groups=""), store=Store(tmp_path)))


def test_the_answer_is_of_rows_that_no_selection_saw(wine, monkeypatch):
    from core.strategies.running import run_seeds

    parts = parts_of(wine)
    seen = {}
    real = run_seeds.select

    def watched(strategy, inputs, budget, **asked):
        seen["keys"], seen["budget"] = inputs.keys, budget
        return real(strategy, inputs, budget, **asked)

    monkeypatch.setattr(run_seeds, "select", watched)
    answer = ask(wine, Choice("stratified"), label="B · Stratified")
    assert np.array_equal(seen["keys"], wine.data.keys[parts.rest])
    assert seen["budget"] == round(35 / 178 * len(parts.rest))
    assert 0.5 < answer.value <= 1
    record = holdout_of(wine).record()
    assert record.asked[0].about["strategy"] == "B · Stratified"
    assert record.asked[0].about["guarded"] == f"{len(parts.guarded)}"
    seen.clear()
    again = ask(wine, Choice("stratified"))
    assert again.again
    assert again.value == answer.value
    assert not seen, "a known question runs nothing"


def test_guarded_and_practice_values_are_told_apart(wine):
    from core.analysis.held_out.probes import predict
    from core.strategies.running.select import select

    parts = parts_of(wine)
    made = wine.part(parts.rest)
    size = int(35 / 178 * len(parts.rest) + 0.5)
    own = parts.rest[select("random", made, size, seed=wine.recipe.seed).rows]
    x, y = wine.features().matrix, wine.labels()[0]
    practice, guarded = (
        (predict(x[own], y[own], x[rows]) == y[rows]).mean() for rows in (parts.practice, parts.guarded)
    )
    open_rule = ReusableHoldout(wine.store, "ef" * 16, noise=0.0)
    answer = ask(wine, Choice("random"), guard=open_rule)
    assert answer.value == pytest.approx(guarded if abs(practice - guarded) > 0.04 else practice)
    assert answer.spent == (abs(practice - guarded) > 0.04)


def test_questions_differ_by_all_they_depend_on(wine):
    base = question(wine, Choice("random"))
    others = [
        question(wine, Choice("stratified")),
        question(wine, Choice("random"), "20"),
        question(wine.with_(seed=1), Choice("random")),
        question(wine.filter("alcohol > 13"), Choice("random")),
        question(wine.group("kmeans:4"), Choice("random")),
        question(wine.pin([3]), Choice("random")),
    ]
    assert len({base, *others}) == 7
    assert question(wine, Choice("random"), 35) == base


def test_another_label_filter_or_seed_opens_no_second_allowance(wine):
    one = holdout_of(wine)
    one.ask("x", practice=0.9, guarded=0.1)
    for other in (wine.with_(seed=5), wine.filter("alcohol > 13"), wine.group(""), wine.with_(label=None)):
        assert holdout_of(other).record().left == ALLOWANCE - 1


def test_a_cancelled_or_impossible_question_costs_nothing(wine):
    from threading import Event

    from core.foundation.errors import Cancelled

    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        ask(wine, Choice("random"), progress=Progress(None, stop))
    with pytest.raises(NeedError, match="target"):
        ask(wine, Choice("dsir"))
    nobody = wine.filter("alcohol > 14.7")
    with pytest.raises(NeedError):
        ask(nobody, Choice("random"), "1")
    assert holdout_of(wine).record().asked == ()


def test_a_cost_budget_is_asked_as_one(wine, monkeypatch):
    from core.strategies.running import run_seeds

    asked, real = [], run_seeds.select

    def watched(strategy, inputs, budget, **options):
        made = real(strategy, inputs, budget, **options)
        asked.append((budget, float(inputs.costs[made.rows].sum())))
        return made

    monkeypatch.setattr(run_seeds, "select", watched)
    assert 0 < ask(wine, Choice("random"), "400 alcohol").value <= 1
    (budget, spent), rest = asked[0], parts_of(wine).rest
    share = 400 * wine.data.frame["alcohol"].to_numpy()[rest].sum() / wine.data.frame["alcohol"].sum()
    assert float(budget.amount) == pytest.approx(share)
    assert spent <= share * (1 + 1e-9)
    assert holdout_of(wine).record().asked[0].about["budget"] == "400 alcohol"
    assert question(wine, Choice("random"), "400 alcohol") != question(wine, Choice("random"), "401 alcohol")
