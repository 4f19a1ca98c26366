import numpy as np
import pandas as pd
import pytest

from core.features.table import MAX_LEVELS, OTHER, fit
from core.foundation.errors import ColumnError, FeatureError
from core.model.dataset import Kind, Role


def roles(**kinds):
    return {name: Role(kind, "by hand") for name, kind in kinds.items()}


def test_numbers_become_standard_scores_and_categories_count_like_a_number():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": rng.normal(50, 9, 400), "c": rng.choice(["a", "b", "c"], 400, p=[0.6, 0.3, 0.1])}
    )
    plan = fit(frame, roles(x=Kind.NUMBER, c=Kind.CATEGORY))
    matrix = plan.apply(frame).astype(np.float64)
    assert plan.names == ("x", "c = a", "c = b", "c = c")
    assert matrix[:, 0].mean() == pytest.approx(0, abs=1e-6)
    assert matrix[:, 0].std() == pytest.approx(1, abs=1e-6)
    gap = ((matrix[:, None, 1:] - matrix[None, :, 1:]) ** 2).sum(axis=2).mean()
    assert gap == pytest.approx(((matrix[:, None, 0] - matrix[None, :, 0]) ** 2).mean(), rel=1e-5)


def test_what_would_leak_or_says_nothing_is_left_out_and_told():
    frame = pd.DataFrame({"x": [1.0, 2, 3], "y": [0, 1, 0], "s": [1.0, 2, 4], "i": [1, 2, 3], "z": [7, 7, 7]})
    plan = fit(frame, roles(x=Kind.NUMBER, y=Kind.LABEL, s=Kind.SCORE, i=Kind.ID, z=Kind.NUMBER))
    assert plan.names == ("x",)
    told = " ".join(plan.notes)
    for part in ("do not vary: z", "label: y", "score: s", "id: i"):
        assert part in told


def test_missing_numbers_stand_at_the_median_with_a_column_that_says_so():
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0, 100.0, np.inf], "c": ["a", None, "a", "b", "b"]})
    plan = fit(frame, roles(x=Kind.NUMBER, c=Kind.CATEGORY))
    matrix = plan.apply(frame)
    assert plan.names == ("x", "x is missing", "c = (missing)", "c = a", "c = b")
    assert matrix[1, 0] == matrix[2, 0] == matrix[4, 0]
    assert matrix[:, 1].tolist() == [0, 1, 0, 0, 1]
    assert (matrix[:, 2] > 0).tolist() == [False, True, False, False, False]
    assert "x (2)" in " ".join(plan.notes)
    assert "c: missing cells (1) are a value of their own" in " ".join(plan.notes)


def test_many_levels_share_one_column_and_it_is_told():
    values = [f"v{at:02}" for at in range(40)] * 2 + ["often"] * 10
    plan = fit(pd.DataFrame({"c": values}), roles(c=Kind.CATEGORY))
    assert len(plan.names) == MAX_LEVELS
    assert f"c = {OTHER}" in plan.names
    assert "of 41 values" in " ".join(plan.notes)
    fresh = plan.apply(pd.DataFrame({"c": ["never seen", "often"]}))
    assert fresh[0].nonzero()[0].tolist() == [plan.names.index(f"c = {OTHER}")]


def test_booleans_times_and_huge_numbers():
    frame = pd.DataFrame(
        {
            "b": [True, False, True, True],
            "t": pd.to_datetime(["2020-01-01", "2020-01-02", None, "2021-01-01"], utc=True),
            "h": [1e300, -1e300, 5e299, 0.0],
        }
    )
    plan = fit(frame, roles(b=Kind.CATEGORY, t=Kind.TIME, h=Kind.NUMBER))
    matrix = plan.apply(frame)
    assert plan.names == ("b", "h", "t", "t is missing")
    assert np.isfinite(matrix).all()
    assert matrix[:, 1].std() == pytest.approx(1, rel=1e-5)


def test_nothing_to_measure():
    with pytest.raises(FeatureError, match="nothing to measure"):
        fit(pd.DataFrame({"x": [1, 1], "e": [None, None]}), roles(x=Kind.NUMBER, e=Kind.NUMBER))


def test_a_number_that_is_none_and_columns_that_are_gone():
    with pytest.raises(ColumnError, match="not numbers"):
        fit(pd.DataFrame({"x": ["a", "b"]}), roles(x=Kind.NUMBER))
    plan = fit(pd.DataFrame({"x": [1, 2], "w": [3, 4]}), roles(x=Kind.NUMBER, w=Kind.NUMBER))
    with pytest.raises(ColumnError, match="'w'"):
        plan.apply(pd.DataFrame({"x": [1, 2]}))


def test_values_that_read_like_ours_stay_apart():
    values = ["(missing)", None, "(other)", "((missing))"] * 5 + [f"w{at}" for at in range(30)]
    frame = pd.DataFrame({"c": pd.Series(values, dtype="string")})
    plan = fit(frame, {"c": Role(Kind.CATEGORY, "by hand")})
    levels = plan.categories[0].levels
    assert {"(missing)", "(other)", "((missing))", "((other))", "(((missing)))"} <= set(levels)
    matrix = plan.apply(frame)
    assert len(np.unique(matrix[:4], axis=0)) == 4
    assert np.array_equal(plan.apply(frame.iloc[::-1])[::-1], matrix)
