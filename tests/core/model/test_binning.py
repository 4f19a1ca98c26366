"""Columns as groups: names that hold what is inside, exact whole numbers, one reading by role everywhere."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.load import load
from core.foundation.artifact_store import Store
from core.foundation.errors import ColumnError
from core.groups.make import make_groups
from core.groups.spec import GroupSpec
from core.metrics.column_distributions import category_of, column_kinds, columns_of, number_of
from core.model import binning
from core.model.binning import MANY, apart, column_groups, even_cuts
from core.model.columns import distinct_values, reading
from core.model.dataset import Kind
from core.model.inputs import Inputs
from core.strategies.parts.column_parameters import columns_matrix, grouping, is_number, ordering
from core.study.estimates import estimate_study
from core.study.study import Study

BIG = 2**53


def inside(name: str, values: pd.Series[Any]) -> bool:
    """Whether a name holds all of the values."""
    low, _, high = name.partition(" to ")
    return bool((values >= float(low)).all() and (values <= float(high or low)).all())


def keyed(frame: pd.DataFrame, **more: Any) -> Inputs:
    keys = np.zeros((len(frame), 16), np.uint8)
    keys[:, 12:] = np.arange(len(frame), dtype=">u4").view(np.uint8).reshape(-1, 4)
    return Inputs(keys=keys, frame=frame, **more)


# ---- cuts ------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 30), min_size=1, max_size=9), st.integers(1, 6))
@settings(max_examples=200)
def test_cuts_are_the_most_even_ones(counts: list[int], bins: int) -> None:
    """Against all ways to cut: no other has a smaller sum of squared sizes."""
    ends = even_cuts(np.array(counts), bins)
    parts = min(bins, len(counts))
    assert len(ends) == parts
    assert ends[-1] == len(counts)
    assert (np.diff(ends, prepend=0) > 0).all()

    def cost(cuts: tuple[int, ...]) -> int:
        places = [0, *cuts, len(counts)]
        return sum(sum(counts[a:b]) ** 2 for a, b in pairwise(places))

    best = min(cost(cuts) for cuts in combinations(range(1, len(counts)), parts - 1))
    assert cost(tuple(ends[:-1].tolist())) == best


@pytest.mark.parametrize(("values", "groups"), [(20, 20), (21, 5)])
def test_up_to_twenty_different_numbers_are_groups_of_their_own(values: int, groups: int) -> None:
    codes, names, _ = column_groups(pd.Series(np.arange(values * 3) % values), "x")
    assert (len(names), int(codes.max()) + 1) == (groups, groups)


def test_without_ties_cuts_are_quantiles() -> None:
    for n, bins in ((103, 5), (40, 7), (1_000, 100)):
        ends = even_cuts(np.ones(n, np.int64), bins)
        want = [-(-n * at // bins) for at in range(1, bins + 1)]
        assert ends.tolist() == want


def test_a_long_list_with_a_heavy_value_is_still_cut_into_all_parts() -> None:
    counts = np.ones(5_000, np.int64)
    counts[1_234] = 1_000_000
    ends = even_cuts(counts, 5)
    sizes = np.diff(np.cumsum(counts)[ends - 1], prepend=0)
    assert len(sizes) == 5
    assert sizes.max() == 1_000_000
    light = np.sort(sizes)[:4]
    assert light.sum() == 4_999
    assert light.max() < 1.6 * light.min()


@given(st.lists(st.integers(1, 30), min_size=13, max_size=16), st.integers(2, 4))
@settings(max_examples=150)
def test_long_lists_are_cut_at_quantiles_and_at_even_places(counts: list[int], bins: int) -> None:
    """With 4 even places in place of 300: the best cuts of all that lie at one of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binning, "_PLACES", 4)
        ends = even_cuts(np.array(counts), bins)
    m, sums = len(counts), np.cumsum(counts).tolist()

    def first(share: float) -> int:
        return next(at for at, held in enumerate(sums) if held >= share * sums[-1] - 1e-9)

    places = {m * at // 4 for at in (1, 2, 3)} | {first(at / 4) + up for at in (1, 2, 3) for up in (0, 1)}
    places |= {first(at / bins) + up for at in range(1, bins) for up in (0, 1)}

    def cost(cuts: tuple[int, ...]) -> int:
        return sum(sum(counts[a:b]) ** 2 for a, b in pairwise([0, *cuts, m]))

    best = min(cost(cuts) for cuts in combinations(sorted(places - {0, m}), bins - 1))
    plain = tuple(first(at / bins) + 1 for at in range(1, bins))
    sizes = [sum(counts[a:b]) for a, b in pairwise([0, *plain, m])]
    if max(sizes) - min(sizes) > 1:
        assert set(ends.tolist()) <= places | {m}
        assert cost(tuple(ends[:-1].tolist())) == best


@pytest.mark.parametrize(("values", "all_places"), [(12, True), (13, False)])
def test_up_to_thrice_the_even_places_all_places_are_tried(
    values: int, all_places: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    monkeypatch.setattr(binning, "_PLACES", 4)
    beaten = 0
    for _ in range(40):
        counts = rng.integers(1, 40, values)

        def cost(cuts: Any, counts: Any = counts) -> int:
            return sum(int(part.sum()) ** 2 for part in np.split(counts, cuts))

        best = min(cost(cuts) for cuts in combinations(range(1, values), 3))
        beaten += cost(even_cuts(counts, 4)[:-1]) > best
    assert (beaten == 0) == all_places


def test_quantiles_two_rows_apart_are_not_even_enough() -> None:
    assert even_cuts(np.array([4, 2, 1, 3, 2]), 4).tolist() == [1, 3, 4, 5]  # 4, 3, 3, 2 and not 4, 2, 4, 2


# ---- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "sizes", "alone"),
    [
        ([0.0] * 170 + [float(at) for at in range(1, 31)], [170, 8, 7, 8, 7], "0"),  # nearly all zero
        ([float(at) for at in range(1, 31)] + [1000.0] * 170, [8, 7, 8, 7, 170], "1000"),  # all at the top
        ([float(at) for at in range(60)] + [np.inf] * 40, [15, 15, 15, 15, 40], "inf"),
        ([-np.inf] * 40 + [float(at) for at in range(60)], [40, 15, 15, 15, 15], "-inf"),
    ],
)
def test_ties_stand_alone_and_the_rest_is_shared_out(
    values: list[float], sizes: list[int], alone: str
) -> None:
    column = pd.Series(values).sample(frac=1, random_state=0)
    codes, names, notes = column_groups(column, "v")
    assert sorted(np.bincount(codes).tolist()) == sorted(sizes)
    assert alone in names
    assert "(missing)" not in names
    assert all(inside(name, column[codes == at]) for at, name in enumerate(names))
    assert "cut at its quantiles into 5 groups" in notes[0]


numbers = st.one_of(
    st.integers(-5, 5).map(float),
    st.floats(-1e6, 1e6),
    st.floats(-1e-6, 1e-6),
    st.sampled_from([np.inf, -np.inf, 1e300, 0.1, 0.10000000000000002, 0.3]),
)


@given(
    st.lists(numbers, min_size=MANY + 5, max_size=90), st.integers(2, 9), st.randoms(use_true_random=False)
)
@settings(max_examples=150)
def test_names_hold_what_is_inside_and_nothing_else(values: list[float], bins: int, chance: Any) -> None:
    column = pd.Series(values)
    codes, names, _ = column_groups(column, "v", bins=bins)
    assert len(set(names)) == len(names)
    for at, name in enumerate(names):
        held = [other for other in range(len(names)) if inside(name, column[codes == other])]
        assert held == [at]
    order = list(range(len(values)))
    chance.shuffle(order)
    again, same, _ = column_groups(column.iloc[order], "v", bins=bins)
    assert same == names
    assert again.tolist() == codes[order].tolist()


@given(st.lists(st.integers(BIG - 3, BIG + 60), min_size=30, max_size=60))
@settings(max_examples=60)
def test_whole_numbers_are_never_rounded(values: list[int]) -> None:
    """Beyond 2⁵³, numbers make the same groups as the same numbers less a constant."""
    large, small = (pd.Series(values, dtype="Int64") - less for less in (0, BIG))
    for role in (None, Kind.CATEGORY):
        one, two = column_groups(large, "v", role), column_groups(small, "v", role)
        assert one[0].tolist() == two[0].tolist()
        back = tuple(" to ".join(str(int(end) - BIG) for end in name.split(" to ")) for name in one[1])
        assert back == two[1]
    assert number_of("v", large).ranks.tolist() == number_of("v", small).ranks.tolist()
    assert ordering(keyed(pd.DataFrame({"v": large})), "v").tolist() == number_of("v", small).ranks.tolist()


def test_times_are_named_by_days_or_by_what_tells_them_apart() -> None:
    days = pd.Series(pd.date_range("2024-01-01", periods=50, tz="UTC"))
    assert column_groups(days, "when")[1][0] == "2024-01-01 to 2024-01-10"
    hours = pd.Series(pd.date_range("2024-01-01", periods=30, freq="h"))
    assert column_groups(hours, "when")[1][0] == "2024-01-01 00:00 to 2024-01-01 05:00"
    assert column_groups(days[:3], "when")[1] == ("2024-01-01", "2024-01-02", "2024-01-03")
    far = pd.Series(np.array(["9999-12-31", "1500-01-01"], "datetime64[us]"))
    assert column_groups(far, "when")[1] == ("1500-01-01", "9999-12-31")


def test_values_that_read_like_ours_stay_apart() -> None:
    column = pd.Series(["(missing)", None, "a", "((missing))"])
    codes, names, notes = column_groups(column, "v")
    assert names == ("((missing))", "(missing)", "a", "(((missing)))")
    assert codes.tolist() == [1, 3, 2, 0]
    assert notes == ("1 row has no value; it is a group of its own.",)
    assert category_of("v", column).values[-1] == "(((missing)))"
    assert apart("(other)", ("x",)) == "(other)"
    assert column_groups(pd.Series([None, None], dtype="object"), "v")[1] == ("(missing)",)


# ---- roles -----------------------------------------------------------------------------------------------


def test_a_role_decides_how_a_column_is_read() -> None:
    whole, flag = pd.Series([1, 2], dtype="Int64"), pd.Series([True, False], dtype="boolean")
    when = pd.Series(pd.date_range("2024", periods=2))
    assert [reading(whole, role) for role in (None, Kind.NUMBER, Kind.SCORE, Kind.IGNORE)] == ["number"] * 4
    for role in (Kind.CATEGORY, Kind.LABEL, Kind.ENTITY, Kind.LICENCE, Kind.ID, Kind.TEXT):
        assert reading(whole, role) == "category"
    assert [reading(flag, role) for role in (None, Kind.CATEGORY, Kind.NUMBER)] == [
        "category",
        "category",
        "number",
    ]
    read = [reading(when, role) for role in (None, Kind.TIME, Kind.CATEGORY)]
    assert read == ["time", "time", "category"]
    assert number_of("flag", flag).ranks.tolist() == [1, 0]


def stores(tmp_path: Path, role: str) -> Study:
    """Thirty codes of ten rows each."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(300), "store": np.arange(300) // 10 + 1, "x": rng.normal(size=300)})
    frame.sample(frac=1, random_state=1).to_csv(tmp_path / "stores.csv", index=False)
    study = Study(load(str(tmp_path / "stores.csv")), store=Store(tmp_path / "store"))
    return study.with_(roles={"store": Kind(role)})


@pytest.mark.parametrize(("role", "groups"), [("category", 30), ("label", 30), ("entity", 30), ("number", 5)])
def test_codes_are_read_by_their_role_everywhere(tmp_path: Path, role: str, groups: int) -> None:
    study = stores(tmp_path, role)
    found = study.select("stratified", 60, params={"by": "store"})
    assert len(found.quota or {}) == groups
    made = make_groups(study.data, None, GroupSpec.parse("store"), study.store)
    assert len(made.names) == groups
    inputs = study.inputs(needs=set())
    codes, names, _ = grouping(inputs, "store")
    assert {names[code] for code in codes} == set(made.names)
    assert is_number(inputs, "store") == (role == "number")
    assert columns_matrix(inputs, ["store"])[0].shape[1] == (1 if role == "number" else 30)
    if role != "entity":  # entities are not compared
        assert columns_of(study.data)["store"] == ("number" if role == "number" else "category")
        assert column_kinds(inputs)["store"] == columns_of(study.data)["store"]
    (claim,) = estimate_study(study, found, ["x"], estimator="raking", auxiliaries=["store"])
    assert not claim.reason
    assert any("quantiles" in note for note in claim.notes) == (role == "number")
    design = study.select("design-points", 20, params={"on": ["store"]})
    assert any(note.startswith("1 axis." if role == "number" else "30 axes.") for note in design.notes)


def test_a_role_that_changes_the_reading_changes_what_a_subset_was_made_of(tmp_path: Path) -> None:
    number, category = (stores(tmp_path, role) for role in ("number", "category"))
    one, two = (study.described(study.inputs(needs=set())) for study in (number, category))
    assert one != two
    plain = Study(number.data, store=number.store)
    assert plain.described(plain.inputs(needs=set())) == one


def test_large_keys_make_the_strata_that_they_make_as_text(tmp_path: Path) -> None:
    """Four keys above 2⁵³ that float64 cannot tell apart, as numbers and as text."""
    keys = np.array([BIG, BIG + 1, BIG + 2, BIG + 3])[np.arange(100) // 25]
    x = np.random.default_rng(3).normal(size=100)
    drawn = []
    for name, column in (("number", keys), ("text", [f"k{key}" for key in keys])):
        pd.DataFrame({"id": range(100), "acc": column, "x": x}).to_csv(tmp_path / f"{name}.csv", index=False)
        study = Study(load(str(tmp_path / f"{name}.csv")), store=Store(tmp_path / "store"))
        found = study.select("stratified", 22, params={"by": "acc"})
        assert sorted((found.quota or {}).values()) == [5, 5, 6, 6]
        (claim,) = estimate_study(study, found, ["x"], estimator="raking", auxiliaries=["acc"])
        drawn.append((found.rows.tolist(), claim.estimate))
        entity = study.select("entities", 50, params={"entity": "acc", "draw": "stratified", "by": "acc"})
        assert np.bincount(keys[study.data.order[entity.rows]] - BIG).tolist().count(25) == len(entity) // 25
    assert drawn[0] == drawn[1]


def test_ks_tells_whole_numbers_apart() -> None:
    values = pd.Series([BIG, BIG + 1] * 10, dtype="Int64")
    made = number_of("acc", values)
    assert made.ranks.tolist() == [0, 1] * 10
    assert made.below.tolist() == [0.0, 0.5, 1.0]


def test_distinct_values_keep_their_type() -> None:
    values, at = distinct_values(pd.Series([2.5, np.nan, -0.0, 0.0]))
    assert values.tolist() == [0.0, 2.5]
    assert at.tolist() == [1, -1, 0, 0]
    values, at = distinct_values(pd.Series(["b", None, "a", "b"]))
    assert values.tolist() == ["a", "b"]
    assert at.tolist() == [1, -1, 0, 1]
    stamps = pd.Series(pd.to_datetime(["2024-01-02T00:00+02:00", "2024-01-01T21:00Z"], utc=True))
    assert distinct_values(stamps)[1].tolist() == [1, 0]


# ---- refusals --------------------------------------------------------------------------------------------


def test_lists_are_refused_with_a_hint(tmp_path: Path) -> None:
    text = pd.Series(['["a","b"]', '["a"]', "[]"] * 20, dtype="string")
    listed = pd.Series([["a", "b"], ["a"], []] * 20)
    for column in (text, listed):
        with pytest.raises(ColumnError, match=r"tags cannot make groups.*lists or records") as caught:
            column_groups(column, "tags")
        assert "one value per row" in str(caught.value)
        with pytest.raises(ColumnError, match="lists or records"):
            ordering(keyed(pd.DataFrame({"tags": column})), "tags")
    lines = "\n".join(f'{{"id": {at}, "tags": ["a", "b"], "x": {at % 7}}}' for at in range(40))
    (tmp_path / "tags.jsonl").write_text(lines)
    study = Study(load(str(tmp_path / "tags.jsonl")), store=Store(tmp_path / "store"))
    for strategy_id, params in (
        ("stratified", {"by": "tags"}),
        ("systematic", {"by": "tags"}),
        ("design-points", {"on": ["tags"]}),
    ):
        with pytest.raises(ColumnError, match="lists or records"):
            study.select(strategy_id, 5, params=params)
    with pytest.raises(ColumnError, match="lists or records"):
        study.group("tags").groups(typical=False)
    with pytest.raises(ColumnError, match="lists or records"):
        estimate_study(study, study.select("random", 9), ["x"], estimator="raking", auxiliaries=["tags"])


def test_too_many_values_are_refused() -> None:
    with pytest.raises(ColumnError, match=r"30 different values, and 20 are possible"):
        column_groups(pd.Series([f"w{at}" for at in range(30)]), "word", most=20)
    words = pd.Series([f"w{at}" for at in range(20)])
    assert len(column_groups(words, "word", most=20)[1]) == 20
    many = pd.Series([f"w{at}" for at in range(10_001)])
    assert len(column_groups(many[:10_000], "word")[1]) == 10_000
    with pytest.raises(ColumnError, match="10,001 different values, and 10,000 are possible"):
        column_groups(many, "word")


def test_missing_cells_of_a_column_that_is_cut_are_the_last_group() -> None:
    column = pd.Series([None, *range(40), None], dtype="Int64")
    codes, names, notes = column_groups(column, "x", bins=4)
    assert codes.tolist() == [4, *np.repeat([0, 1, 2, 3], 10).tolist(), 4]
    assert names == ("0 to 9", "10 to 19", "20 to 29", "30 to 39", "(missing)")
    assert notes[1] == "2 rows have no value; they are a group of their own."


@pytest.mark.parametrize(
    ("ends", "names"),
    [
        ((0.1, 0.123456, 0.234567, 0.345678), ["0.1 to 0.1235", "0.2345 to 0.3457"]),
        ((0.1, 0.1234561, 0.1234679, 0.3456789), ["0.1 to 0.123457", "0.123467 to 0.345679"]),
        (
            (0.1, 0.12345678901234512, 0.12345678901234789, 0.2),
            ["0.1 to 0.123456789012346", "0.123456789012347 to 0.2"],
        ),
        (
            (0.1, 0.12345678901234512, 0.12345678901234539, 0.2),
            ["0.1 to 0.12345678901234512", "0.12345678901234539 to 0.2"],
        ),
        ((-np.inf, -0.123456, 0.5, np.inf), ["-inf to -0.1234", "0.5 to inf"]),
        ((0.123456, 0.123456, 0.5, 0.5), ["0.123456", "0.5"]),
    ],
)
def test_names_have_as_many_digits_as_keep_parts_from_each_other(
    ends: tuple[float, ...], names: list[str]
) -> None:
    low, high = np.array(ends[::2]), np.array(ends[1::2])
    assert binning._ranges(low, high, "number") == tuple(names)
