"""Sizes and verdicts against plain counting, what made a selection, and what changes nothing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from core.analysis.contrast.contrast import LISTED, contrast_rows, contrast_selections, contrast_sizes
from core.analysis.contrast.origin import SelectionOrigin, copies
from core.analysis.contrast.population import population_of
from core.analysis.contrast.result import Contrast, ContrastVerdict, Quantity
from core.data.load import load
from core.foundation.arrays.paired_statistics import holm
from core.foundation.errors import ParameterError
from tests.core.analysis.contrast.toy import ROLES, dataset, frame, groups

N = 300


@pytest.fixture(scope="module")
def data():
    return dataset(N)


@pytest.fixture(scope="module")
def population(data):
    return population_of(data, groups=groups(N))


def entry(found: Contrast, column: str, quantity=Quantity.MEAN, value=""):
    (one,) = [
        one for one in found.entries if (one.column, one.quantity, one.value) == (column, quantity, value)
    ]
    return one


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, N - 1))
def test_sizes_are_those_of_plain_counting(data, population, seed, size):
    rows = np.random.default_rng(seed).permutation(N)[:size]
    found = contrast_sizes(population, rows)
    inside = np.zeros(N, bool)
    inside[rows] = True
    for one in found.entries:
        if one.quantity is Quantity.MEAN:
            cells = data.frame[one.column].to_numpy(float, na_value=np.nan)
            mine, theirs = cells[inside], cells[~inside]
            spread = np.nanstd(cells)
        elif one.quantity is Quantity.GROUP:
            cells = groups(N).codes == "ABCDEF".index(one.value)
            mine, theirs, spread = cells[inside], cells[~inside], None
        else:
            cells = data.frame[one.column]
            cells = cells.isna() if one.quantity is Quantity.MISSING else cells.astype("string")
            here = cells if one.quantity is Quantity.MISSING else (cells == one.value)
            here = here.astype("Float64").to_numpy(float, na_value=np.nan)
            mine, theirs, spread = here[inside], here[~inside], None
        mine, theirs = mine[~np.isnan(mine)], theirs[~np.isnan(theirs)]
        assert (one.known, one.known_rest) == (len(mine), len(theirs))
        if not len(mine) or not len(theirs):
            assert one.size is None
            assert one.verdict is ContrastVerdict.CANNOT
            continue
        a, b = mine.mean(), theirs.mean()
        assert one.selected == pytest.approx(a, rel=1e-9, abs=1e-9)
        assert one.rest == pytest.approx(b, rel=1e-9, abs=1e-9)
        wanted = 2 * np.arcsin(np.sqrt(a)) - 2 * np.arcsin(np.sqrt(b)) if spread is None else (a - b) / spread
        assert one.size == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    sizes = [-1 if one.size is None else abs(one.size) for one in found.entries]
    assert sizes == sorted(sizes, reverse=True)
    assert (found.rows, found.population) == (size, N)


def test_shares_are_tested_exactly_and_holm_gives_each_column_one_part(data, population):
    rows = np.flatnonzero(data.frame["kind"].fillna("a").to_numpy() == "b")[:30]
    found = contrast_rows(population, rows)
    known = data.frame["kind"].notna().to_numpy()
    b = entry(found, "kind", Quantity.SHARE, "b")
    total = int((data.frame["kind"] == "b").sum())
    assert b.p == pytest.approx(min(1, 2 * hypergeom.sf(29, int(known.sum()), total, 30)))
    assert b.verdict is ContrastVerdict.DIFFERS
    (flag,) = [one for one in found.entries if one.column == "flag"]  # of two values one is tested
    assert flag.values == 2
    # All p-values of the panel, with the weights that the docstring promises.
    many = population_of(data).shares[[one.column for one in population_of(data).shares].index("many")]
    inside = np.isin(np.arange(N), rows)
    ps, weights = [], []
    for one in population.shares:
        values = range(len(one.values)) if len(one.values) > 2 else [int(np.argmin(one.sizes))]
        for code in values:
            held = int(((one.codes == code) & inside).sum())
            drawn, size = int((one.codes[inside] >= 0).sum()), int(one.sizes[code])
            up = held * one.known >= drawn * size
            tail = hypergeom.sf(held - 1, one.known, size, drawn)
            tail = tail if up else hypergeom.cdf(held, one.known, size, drawn)
            ps.append(min(1, 2 * tail))
            weights.append(1 / len(values))
    others = [one for one in found.entries if one.quantity in (Quantity.MEAN, Quantity.MISSING)]
    ps += [one.p for one in others]
    weights += [1.0] * len(others)
    assert found.tests == len(ps)
    adjusted = holm(ps, weights)
    assert adjusted[-len(others) :] == pytest.approx([one.adjusted for one in others])
    assert b.adjusted == pytest.approx(
        adjusted[
            sum(len(one.values) if len(one.values) > 2 else 1 for one in population.shares[:1])
            + population.shares[1].values.index("b")
        ]
    )
    assert found.unlisted == (("many", len(many.values) - LISTED),)
    assert sum(one.column == "many" for one in found.entries) == LISTED


def test_what_made_a_selection_gets_sizes_and_no_verdict(data, population):
    rows = np.flatnonzero(data.frame["holes"].fillna(0).to_numpy() > 2)
    origin = SelectionOrigin(frozenset({"holes", "kind"}), groups=True)
    free, held = contrast_rows(population, rows), contrast_rows(population, rows, origin=origin)
    for one in held.entries:
        made = one.column in ("holes", "kind", "")
        assert (one.verdict is ContrastVerdict.ORIGIN) == made
        assert (one.p is None) == (one.adjusted is None) == made
        assert one.size is not None
        assert not made or "by construction" in one.reason
    assert entry(free, "holes").verdict is ContrastVerdict.DIFFERS
    assert entry(free, "holes", Quantity.MISSING).verdict is ContrastVerdict.DIFFERS
    assert entry(held, "normal").verdict is ContrastVerdict.DIFFERS  # it depends on it, and is no copy
    # Fewer tests, so the others are corrected for fewer.
    assert held.tests < free.tests
    assert entry(held, "normal").adjusted <= entry(free, "normal").adjusted
    assert contrast_sizes(population, rows, origin=origin).counts == {
        "made the selection": held.counts["made the selection"],
        "not tested yet": sum(held.counts.values()) - held.counts["made the selection"],
    }


def test_copies_are_found_and_dependence_is_not():
    n = 400
    rng = np.random.default_rng(1)
    price = rng.integers(100, 9_000, n) / 100
    land = rng.choice(["de", "fr", "at", "it"], n)
    table = pd.DataFrame(
        {
            "price": price,
            "cents": price * 100,
            "negative": -np.exp(price / 50),
            "rounded": price.round(),
            "noise": rng.normal(size=n),
            "land": land,
            "code": pd.Series(land).map({"de": "49", "fr": "33", "at": "43", "it": "39"}),
            "german": np.isin(land, ["de", "at"]),
        }
    )
    roles = dict.fromkeys(["land", "code", "german"], "category")
    population = population_of(load(table, name="toy", roles=roles))
    assert copies(population, ["price", "land", "no such column"]) == {
        "cents": "price",
        "negative": "price",
        "code": "land",
    }
    assert copies(population, ["noise"]) == {}
    found = contrast_rows(
        population,
        np.flatnonzero(population.numbers[0].standard > 1),
        origin=SelectionOrigin(frozenset({"cents"})),
    )
    reasons = {one.column: one.reason for one in found.entries}
    assert "'cents'" in reasons["price"]
    assert entry(found, "rounded").verdict is ContrastVerdict.DIFFERS


def test_a_planted_shift_is_found_and_stays_where_it_is():
    n, held = 1_000, 50
    rng = np.random.default_rng(6)
    found = []
    for seed in range(20):
        table = frame(n, seed)
        rows = rng.permutation(n)[:held]
        table.loc[rows, "lognormal"] += table["lognormal"].std()
        table.loc[rows, "likert"] += 1.4  # one standard deviation
        data = load(table, name="toy", roles=ROLES)
        back = np.flatnonzero(np.isin(data.order, rows))
        names = {one.column for one in contrast_rows(population_of(data), back).differing}
        found.append("likert" in names)
    assert sum(found) >= 19


def test_the_same_selection_has_the_same_verdicts_in_any_order_of_rows_and_columns(data, population):
    rows = np.random.default_rng(8).permutation(N)[:40]
    found = contrast_rows(population, rows)
    assert contrast_rows(population, rows[::-1]) == found
    table = frame(N)
    turn = np.random.default_rng(2).permutation(N)
    turned = load(table.iloc[turn, ::-1].reset_index(drop=True), name="other", roles=ROLES)
    assert (turned.keys == data.keys).all()
    assert contrast_rows(population_of(turned, groups=groups(N)), rows) == found
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["counts"] == found.counts


def test_a_column_without_a_known_value_on_one_side_cannot_be_tested(data, population):
    rows = np.flatnonzero(data.frame["holes"].isna())[:20]
    found = contrast_rows(population, rows)
    one = entry(found, "holes")
    assert (one.selected, one.size, one.known) == (None, None, 0)
    assert one.verdict is ContrastVerdict.CANNOT
    assert one.reason == "no row of the selection has a value"
    assert entry(found, "holes", Quantity.MISSING).verdict is ContrastVerdict.DIFFERS
    json.dumps(found.to_json(), allow_nan=False)


def test_columns_that_cannot_be_compared_are_named():
    table = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"], "same": [1, 1, 1, 1], "empty": [None] * 4, "x": [1.0, 2, 3, np.inf],
            "text": ["one", "three", None, "o"], "owner": ["p", "q", "p", "p"],
        }
    )  # fmt: skip
    roles = {"id": "id", "same": "number", "empty": "category", "text": "text", "owner": "entity"}
    population = population_of(load(table, name="toy", roles={**roles, "x": "number"}))
    assert [name for name, _ in population.left_out] == ["empty", "id", "owner", "same"]
    found = contrast_sizes(population, np.array([0, 1]))
    names = {(one.column, one.quantity.value) for one in found.entries}
    assert names == {
        ("x", "mean"),
        ("x", "share missing"),
        ("text", "mean length"),
        ("text", "share missing"),
    }


@pytest.mark.parametrize(
    ("rows", "within", "why"),
    [
        ([], None, "no row"),
        (range(N), None, "all rows"),
        ([0, N], None, "1 row"),
        ([-1], None, "1 row"),
        ([0, 9], range(1, 50), "1 row"),
        (range(1, 50), range(1, 50), "all rows"),
    ],
)
def test_selections_that_cannot_be_compared_are_refused(data, rows, within, why):
    within = None if within is None else np.array(list(within))
    with pytest.raises(ParameterError, match=why):
        contrast_sizes(population_of(data, within=within), np.array(list(rows), np.int64))


def test_two_selections_are_the_first_alone_in_the_union_without_the_overlap(data):
    rng = np.random.default_rng(3)
    first, second = rng.permutation(N)[:80], rng.permutation(N)[:120]
    found = contrast_selections(data, first, second, groups=groups(N))
    only, both = np.setdiff1d(first, second), np.setxor1d(first, second)
    alone = contrast_rows(
        population_of(data, within=both, groups=groups(N)), only, against="the other selection"
    )
    assert found.entries == alone.entries
    assert (found.rows, found.population) == (len(only), len(both))
    assert found.notes == (
        f"{len(np.intersect1d(first, second))} rows are in both selections and left out of the comparison.",
    )
    back = contrast_selections(data, second, first, groups=groups(N), verdicts=False)
    sizes = {(one.column, one.quantity, one.value): one.size for one in back.entries}
    for one in found.entries:
        if one.column != "many":  # of which the largest are listed
            assert one.size == pytest.approx(-sizes[one.column, one.quantity, one.value])
    for other in (first[:10], first):
        with pytest.raises(ParameterError, match="cannot be compared"):
            contrast_selections(data, first, other)


def test_where_nobody_knows_what_made_it_sizes_stand_without_verdicts(population) -> None:
    rows = np.arange(0, N, 4)
    free = contrast_rows(population, rows)
    held = contrast_rows(population, rows, origin=SelectionOrigin(frozenset({"kind"}), unknown=True))
    assert [one.size for one in held.entries] == [one.size for one in free.entries]
    assert {one.verdict for one in held.entries} == {ContrastVerdict.ORIGIN, ContrastVerdict.UNKNOWN}
    assert all((one.verdict is ContrastVerdict.ORIGIN) == (one.column == "kind") for one in held.entries)
    assert all(one.p is None and one.reason for one in held.entries)
    assert held.tests == 0
