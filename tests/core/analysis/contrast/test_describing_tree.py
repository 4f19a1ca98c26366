"""Rules that describe a selection: what they say, that SQL says the same, and what they are worth."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.contrast import describing_tree
from core.analysis.contrast.column_steps import Steps, between_numbers, between_times, steps_of
from core.analysis.contrast.describing_tree import describe_rows
from core.data.filters import filter_rows
from core.data.filters.conditions import evaluate
from core.data.filters.filter_rows import matching
from core.data.load import load
from core.foundation.arrays.wilson import wilson_interval
from core.foundation.progress import SILENT


def odd_table(n: int = 600, seed: int = 0) -> pd.DataFrame:
    """Names, values and kinds that conditions must write with care; cells are missing."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(n)],
            'unit "price"': np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n).round(4)),
            "single": rng.normal(size=n).astype(np.float32),
            "select": rng.integers(-3, 60, n),
            "city": rng.choice(["O'Fallon", "Århus", "a b", "null"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "on": rng.random(n) < 0.3,
            "shop": rng.choice([101, 102, 103], n),
            "seen": pd.Timestamp("1999-12-20 06:30") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="s"),
            "Twin": rng.random(n), "twin": rng.random(n),
        }
    )  # fmt: skip
    table["city"] = table["city"].where(rng.random(n) > 0.1)
    table["seen"] = table["seen"].where(rng.random(n) > 0.1)
    return table


ROLES = {
    "id": "id", "city": "category", "on": "category", "shop": "category", "select": "number",
    "single": "number", 'unit "price"': "number", "seen": "time", "Twin": "number", "twin": "number",
}  # fmt: skip


@pytest.fixture(scope="module")
def odd():
    return load(odd_table(), name="odd", roles=ROLES)


def test_every_step_says_in_sql_what_its_codes_say(odd, monkeypatch):
    """All columns, both sides of several cuts, each value and each missing cell."""
    # Evaluated here: a child process for each of some hundred conditions takes too long.
    monkeypatch.setattr(filter_rows, "run_child", lambda work, *asked, **limits: evaluate(*asked, SILENT))
    steps = steps_of(odd, np.arange(0, 600, 2), frozenset({"id"}))
    assert {step.column for step in steps} == ROLES.keys() - {"id", "Twin", "twin"}
    rng = np.random.default_rng(0)
    for step in steps:
        codes = step.codes(odd.frame[step.column])
        if step.cuts:
            some = sorted({0, 1, len(step.cuts), *rng.integers(1, len(step.cuts) + 1, 3).tolist()})
            bounds = [(-1, high) for high in some] + [(low, None) for low in some]
            bounds += [(low, high) for low in some for high in some if low < high]
        else:
            bounds = [(-1, 0), (0, None)]
        for limits in bounds:
            words, condition = step.said(*limits)
            met = np.flatnonzero(step.matches(codes, *limits))
            assert matching(odd, condition).tolist() == met.tolist(), words


@given(
    values=st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=2, max_size=2, unique=True),
    open_=st.booleans(),
)
def test_cuts_part_what_they_are_between(values, open_):
    low, high = sorted(values)
    cut = between_numbers(low, high, open_=open_)
    assert low <= cut < high
    assert len(repr(cut)) <= max(len(repr(low)), len(repr(high)), len(repr(low / 2 + high / 2))) + 2
    assert low <= between_times(low, high) < high


def test_a_planted_rule_is_found_and_measured_on_other_rows():
    rng = np.random.default_rng(1)
    n = 4_000
    table = pd.DataFrame(
        {
            "id": np.arange(n).astype(str),
            "price": rng.random(n).round(3) * 10,
            "land": rng.choice(["de", "fr", "at"], n),
            "noise": rng.normal(size=n),
        }
    )
    planted = (table["price"] > 7) & (table["land"] == "de")
    data = load(
        table, name="toy", roles={"id": "id", "land": "category", "price": "number", "noise": "number"}
    )
    inside = planted.to_numpy()[data.order] ^ (rng.random(n) < 0.01)
    found = describe_rows(data, np.flatnonzero(inside))
    assert found.whole is not None
    assert set(found.whole.words.split(" and ")) == {"land is de", "price > 7"}
    met = matching(data, found.whole.condition)
    truth = np.flatnonzero(planted.to_numpy()[data.order])
    assert len(np.setxor1d(met, truth)) <= 0.03 * len(truth)
    assert found.rules == (found.whole,)
    low, high = found.whole.precision_interval
    assert low <= inside[met].mean() <= high
    low, high = found.whole.recall_interval
    assert low <= inside[met].sum() / inside.sum() <= high
    assert (found.grown_on, found.measured_on, found.rows) == (2_000, 2_000, inside.sum())
    # The interval is Wilson's of what was counted.
    whole = found.whole
    assert whole.precision_interval == wilson_interval(whole.hits / whole.rows, whole.rows, 1.959963984540054)
    assert "price > 7" in found.sentence
    json.dumps(found.to_json(), allow_nan=False)
    assert describe_rows(data, np.flatnonzero(inside)) == found
    # Rules on other columns alone say nothing, and it is said.
    blind = describe_rows(data, np.flatnonzero(inside), without=["price", "land"])
    assert (blind.whole, blind.rules) == (None, ())
    assert blind.sentence.startswith("No rule in these columns is better than the base rate")


def test_condition_and_rule_meet_the_same_rows_and_only_those_measured_count(odd):
    rows = np.flatnonzero(((odd.frame["select"] > 30) | odd.frame["city"].isna()).to_numpy(bool))
    found = describe_rows(odd, rows, without=["id"])
    assert found.whole is not None
    assert len(found.rules) > 1
    order = describing_tree.Draws(odd.keys, 0, describing_tree.STREAM).generator("halves").permutation(600)
    measured = np.sort(np.array_split(order, 2)[1])
    for rule in (*found.rules, found.whole):
        met = np.intersect1d(matching(odd, rule.condition), measured)
        assert (rule.rows, rule.hits) == (len(met), int(np.isin(met, rows).sum()))
    assert [one.precision for one in found.rules] == sorted(
        (one.precision for one in found.rules), reverse=True
    )


def test_random_selections_seldom_have_a_rule(odd):
    rng = np.random.default_rng(2)
    found = [describe_rows(odd, rng.permutation(600)[:150], seed=at).whole for at in range(60)]
    # The rule is fixed before it is measured: 2.5 % pass by luck.
    assert sum(one is not None for one in found) <= 6


def test_rare_selections_in_many_rows_are_described_from_a_sample(monkeypatch):
    monkeypatch.setattr(describing_tree, "GROWN_ON", 1_000)
    rng = np.random.default_rng(3)
    n = 20_000
    data = load(pd.DataFrame({"x": rng.normal(size=n)}), name="toy", roles={"x": "number"})
    rows = np.flatnonzero(data.frame["x"].to_numpy(float) > 2)
    found = describe_rows(data, rows)
    assert found.grown_on < 1_000
    assert "of 10,000, measured on 10,000 others" in found.sentence
    assert found.whole.precision > 0.9
    assert found.whole.recall > 0.9


def test_too_few_rows_have_no_rule():
    data = load(pd.DataFrame({"x": np.arange(60.0)}), name="toy", roles={"x": "number"})
    found = describe_rows(data, np.arange(12))
    assert (found.whole, found.grown_on) == (None, 0)
    assert found.sentence.startswith("There are too few rows")


def test_parts_that_meet_are_one():
    merged = describing_tree._merged([{0: (2, 5), 1: (-1, 3)}, {0: (5, None), 1: (-1, 3)}, {1: (3, None)}])
    assert merged == [{0: (2, None), 1: (-1, 3)}, {1: (3, None)}]
    assert describing_tree._merged([{0: (-1, 2)}, {1: (-1, 2)}]) == [{0: (-1, 2)}, {1: (-1, 2)}]


def test_words_of_times_and_missing_cells():
    step = Steps("seen", (86_400.0, 90_000.0), time=True)
    assert step.said(1, 2)[0] == "1970-01-02 < seen ≤ 1970-01-02 01:00:00"
    assert Steps("city").said(0, None) == ("city is missing", "city IS NULL")
    assert Steps("city", value="O'Fallon", lacks=True).said(-1, 0)[1] == "city IS DISTINCT FROM 'O''Fallon'"
