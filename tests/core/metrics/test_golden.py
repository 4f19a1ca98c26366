"""Every metric on a table small enough to work by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.foundation.arrays.components import linked
from core.metrics.declaration import METRICS
from core.metrics.fair import ratios
from core.metrics.geometry import identical
from core.metrics.measure import measure_many
from core.metrics.pool import Pool, prepare
from core.metrics.predictions import Predictions
from core.metrics.stable import stability
from core.model.derived import Features, Groups
from core.model.inputs import Inputs
from tests.core.metrics._shifts import column_shifts


def keys(n):
    """Ascending row keys."""
    out = np.zeros((n, 16), np.uint8)
    out[:, 12:] = np.arange(n, dtype=">u4").view(np.uint8).reshape(n, 4)
    return out


def pool_of(x=None, *, metric="euclidean", frame=None, codes=None, columns=None) -> Pool:
    n = len(x) if x is not None else len(frame) if frame is not None else len(codes)
    matrix = None if x is None else np.asarray(x, np.float32).reshape(n, -1)
    return prepare(
        Inputs(
            keys=keys(n),
            features=None if matrix is None else Features(matrix, metric, "key", "label"),
            frame=frame,
            groups=None
            if codes is None
            else Groups(np.asarray(codes), tuple(f"g{g}" for g in range(max(codes) + 1))),
        ),
        columns,
    )


def value(pool, name, rows, weights=None):
    found = measure_many(
        pool,
        [np.asarray(rows)],
        weights=None if weights is None else [np.asarray(weights, float)],
        metrics=[name],
    )
    return float(found[name][0])


LINE = [0.0, 1.0, 3.0, 7.0]


def test_coverage_on_a_line():
    pool = pool_of(LINE)
    assert value(pool, "coverage-radius", [0, 2]) == pytest.approx(4, rel=1e-5)  # 7 is served from 3
    assert value(pool, "coverage-mean", [0, 2]) == pytest.approx((0 + 1 + 0 + 4) / 4, rel=1e-5)


def test_covered_at_the_median_tenth_neighbour():
    # 0 … 11: distances to the 10th neighbour are 10, 9, 8, 7, 6, 5 from each end; their median is 7.5.
    pool = pool_of(np.arange(12.0))
    assert pool.epsilon == pytest.approx(7.5, rel=1e-5)
    assert value(pool, "covered", [0]) == pytest.approx(8 / 12)


def test_local_coverage_and_density_on_a_line():
    # 0 … 11: the open ball to the 5th nearest other row reaches 5, 4, 3, 3, 3 … (the 3rd row from an end and
    # all inner ones have two rows on each side at 1 and 2, and the 5th at 3).
    pool = pool_of(np.arange(12.0))
    # Row 0 is held by the balls of 0 (reach 5), 1 (4) and 2 (3); row 5 by those of 3, 4, 5, 6 and 7.
    assert value(pool, "local-coverage", [0]) == pytest.approx(3 / 12)
    assert value(pool, "local-coverage", [5]) == pytest.approx(5 / 12)
    assert value(pool, "local-coverage", [0, 1]) == pytest.approx(4 / 12)
    held = [3, 4, 5, 6, 7, 5]  # balls that hold rows 0 … 5; the other half mirrors them
    assert value(pool, "local-density", [0]) == pytest.approx(3 / np.mean(held))
    assert value(pool, "local-density", [3, 5]) == pytest.approx(5.5 / np.mean(held))
    # copies: every ball has reach 0, and still a row holds itself
    copies = pool_of(np.zeros(8))
    assert value(copies, "local-coverage", [3]) == 1


def test_sliced_wasserstein_on_a_line():
    # the half {0, 3} against {0, 1, 3, 7}: quantiles 0, 0, 3, 3 against 0, 1, 3, 7
    pool = pool_of(LINE)
    assert value(pool, "sliced-wasserstein", [0, 2]) == pytest.approx((0 + 1 + 0 + 4) / 4, rel=1e-5)
    # weights 1 : 3: quantiles 0, 3, 3, 3
    assert value(pool, "sliced-wasserstein", [0, 2], [1, 3]) == pytest.approx((0 + 2 + 0 + 4) / 4, rel=1e-5)


def test_energy_on_a_line():
    # cross 20/8, inside the subset 6/4, inside the data set 46/16
    pool = pool_of(LINE)
    assert value(pool, "energy", [0, 2]) == pytest.approx(2 * 2.5 - 1.5 - 2.875, abs=1e-5)
    # weights 1 : 3 → cross ¼·11/4 + ¾·9/4, inside 2·¼·¾·3
    assert value(pool, "energy", [0, 2], [1, 3]) == pytest.approx(2 * 2.375 - 1.125 - 2.875, abs=1e-5)


def test_mmd_on_a_line():
    pool = pool_of(LINE)
    assert pool.bandwidth == pytest.approx(3.5, rel=1e-5)  # median of 1, 2, 3, 4, 6, 7

    def k(d):
        return np.exp(-d * d / (2 * 3.5**2))

    inside = (2 + 2 * k(3)) / 4
    whole = (4 + 2 * (k(1) + k(2) + k(3) + k(4) + k(6) + k(7))) / 16
    cross = (k(0) + k(1) + k(3) + k(7) + k(3) + k(2) + k(0) + k(4)) / 8
    assert value(pool, "mmd", [0, 2]) == pytest.approx(inside + whole - 2 * cross, abs=1e-6)


def test_column_shifts():
    frame = pd.DataFrame(
        {
            "number": [1.0, 2.0, 3.0, 4.0],
            "kind": pd.Series(["a", "a", "b", None], dtype="string"),
            "flag": [True, True, True, True],
        }
    )
    pool = pool_of(frame=frame)
    shifts = column_shifts(pool, np.array([0, 1]))
    # kind: subset (1, 0, 0) against (½, ¼, ¼), the missing cell being a category
    assert shifts == {"kind": ("TV", 0.5), "flag": ("TV", 0.0), "number": ("KS", 0.5)}
    assert value(pool, "column-shift", [0, 1]) == 0.5
    assert value(pool, "column-shift-mean", [0, 1]) == pytest.approx(1 / 3)
    # weights 1 : 3 on values 1 and 4: at 1 and 3, |¼ − ¼| and |¼ − ¾|
    assert column_shifts(pool, np.array([0, 3]), np.array([1.0, 3.0]))["number"][1] == pytest.approx(0.5)


def test_missing_numbers_are_left_out_of_ks():
    frame = pd.DataFrame({"x": [1.0, 2.0, np.nan, np.nan]})
    assert value(pool_of(frame=frame), "column-shift", [0, 1, 2]) == 0.0
    assert value(pool_of(frame=frame), "column-shift", [0, 2]) == 0.5
    assert value(pool_of(frame=frame), "column-shift", [2]) == 1.0  # nothing left to compare


def test_times_are_compared_by_order():
    frame = pd.DataFrame({"t": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01", None], utc=True)})
    assert value(pool_of(frame=frame), "column-shift", [0, 3]) == pytest.approx(2 / 3)


def test_correlation_shift():
    frame = pd.DataFrame({"x": [0.0, 0, 1, 1], "y": [0.0, 1, 0, 1], "still": [5.0] * 4})
    pool = pool_of(frame=frame)
    assert value(pool, "correlation-shift", [0, 3]) == pytest.approx(1.0)  # from 0 to 1
    assert value(pool, "correlation-shift", [0, 1, 2, 3]) == pytest.approx(0.0)
    # one column alone has no correlation
    assert np.isnan(value(pool_of(frame=frame[["x"]]), "correlation-shift", [0, 3]))


def test_groups():
    codes = [0] * 30 + [1] * 10
    pool = pool_of(codes=codes)
    rows = [*range(18), 30, 31]  # 18 and 2 where 15 and 5 are expected
    assert value(pool, "group-shares", rows) == pytest.approx(0.15)
    assert value(pool, "smallest-ratio", rows) == pytest.approx(0.4)
    assert value(pool, "groups-hit", rows) == 2
    assert value(pool, "groups-hit", range(18)) == 1
    # weights put the shares right: 30 for 18 rows, 10 for 2
    assert value(pool, "group-shares", rows, [30 / 18] * 18 + [5] * 2) == pytest.approx(0)


def test_groups_that_expect_fewer_than_five_rows_do_not_count():
    pool = pool_of(codes=[0] * 32 + [1] * 8)  # 20 rows expect 16 and 4
    assert np.isnan(ratios(pool, np.arange(20))[1])
    assert np.isnan(value(pool, "smallest-ratio", range(20)))  # of one group more would count as better
    three = pool_of(codes=[0] * 20 + [1] * 16 + [2] * 4)  # 20 rows expect 10, 8 and 2
    assert value(three, "smallest-ratio", [*range(12), *range(20, 28)]) == pytest.approx(1.0)
    assert np.isnan(value(three, "smallest-ratio", range(12)))  # 6, 4.8 and 1.2


def test_vendi():
    basis = pool_of(np.repeat(np.eye(4), 3, axis=0), metric="cosine")
    assert value(basis, "vendi", range(12)) == pytest.approx(4, abs=1e-4)
    assert value(basis, "vendi", [0, 3]) == pytest.approx(2, abs=1e-4)
    # eigenvalues ¾, ¼ for cosine ½
    pair = pool_of([[1, 0], [0.5, np.sqrt(0.75)]], metric="cosine")
    assert value(pair, "vendi", [0, 1]) == pytest.approx(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))
    # a row of length zero is a direction of its own
    assert value(pool_of([[1.0, 0], [0, 0]], metric="cosine"), "vendi", [0, 1]) == pytest.approx(2, abs=1e-4)
    # Euclidean features are seen from their mean, wherever the origin is
    cross = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    for origin in (0, 500):
        assert value(pool_of(cross + origin), "vendi", [0, 2]) == pytest.approx(2, abs=1e-3)
        assert value(pool_of(cross + origin), "vendi", [0, 1]) == pytest.approx(1, abs=1e-3)


def test_spread_and_redundancy():
    assert value(pool_of(LINE), "spread", [0, 1, 2]) == pytest.approx((1 + 1 + 2) / 3, rel=1e-5)
    assert np.isnan(value(pool_of(LINE), "spread", [1]))
    angle = np.arccos(0.96)
    near = pool_of([[1, 0, 0], [np.cos(angle), np.sin(angle), 0], [0, 0, 1]], metric="cosine")
    assert value(near, "redundancy", [0, 1, 2]) == pytest.approx(2 / 3)
    assert value(near, "redundancy", [0, 2]) == 0


def test_near_duplicates():
    angle = np.arccos(0.985)  # within the threshold; twice the angle is not, but links
    turned = [[np.cos(t), np.sin(t)] for t in (0, angle, 2 * angle, np.pi / 2, np.pi / 2)]
    pool = pool_of(turned, metric="cosine")
    assert pool.components.tolist() == [0, 0, 0, 1, 1]
    assert value(pool, "near-duplicates", range(5)) == 3
    assert value(pool, "near-duplicates", [0, 3]) == 0


def test_identical_rows_are_found_by_content():
    x = np.array([[1, 0], [2, 2], [1, -0.0], [2, 2], [2, 2]], np.float32)
    assert identical(x).tolist() == [[0, 2], [1, 3], [1, 4]]
    assert linked(5, identical(x)).tolist() == [0, 1, 0, 1, 1]


def test_effective_size():
    pool = pool_of(LINE)
    assert value(pool, "effective-size", [0, 2], [1, 3]) == pytest.approx(16 / 10)
    assert value(pool, "effective-size", [0, 2], [7, 7]) == pytest.approx(2)
    # without design weights there is nothing to say, and n is not put in its place
    assert np.isnan(value(pool, "effective-size", [0, 2]))


def test_words_to_read():
    texts = ["one", "one two", "a  b\nc d", ""]
    pool = prepare(Inputs(keys=keys(4), texts=texts))
    assert value(pool, "reading", [0, 2]) == pytest.approx(2.5)
    assert value(pool, "reading", [3]) == 0


def test_same_rows_at_each_seed():
    # pairs share 2 of 4, 1 of 5 and 2 of 4 rows
    sets = [np.array(rows) for rows in ([0, 1, 2], [1, 2, 3], [2, 3, 4])]
    assert stability(sets) == pytest.approx((2 / 4 + 1 / 5 + 2 / 4) / 3)


def predicted(truth, guess, strata, p=None):
    """Predictions; the class probabilities are one-hot where none are given."""
    truth, guess = np.asarray(truth), np.asarray(guess)
    p = np.eye(int(max(truth.max(), guess.max())) + 1)[guess] if p is None else np.asarray(p, np.float64)
    return Predictions(truth, guess, p, np.asarray(strata))


DOWNSTREAM = {
    "probe": ("probe-accuracy", "probe-worst-group", "probe-gap", "probe-balanced", "probe-calibration"),
    "knn": ("knn-accuracy", "knn-worst-group", "knn-gap", "knn-balanced", "knn-calibration"),
}


@pytest.mark.parametrize("probe", DOWNSTREAM)
def test_downstream_metrics(probe):
    accuracy, worst, gap, balanced, _ = (METRICS[name].body for name in DOWNSTREAM[probe])
    truth = np.array([0] * 20 + [1] * 20 + [0] * 5)
    guess = np.array([0] * 20 + [1] * 15 + [0] * 5 + [1] * 5)
    strata = np.array([0] * 20 + [1] * 20 + [2] * 5)  # five rows are too few for the worst group
    seen = predicted(truth, guess, strata)
    assert accuracy(seen) == pytest.approx(35 / 45)
    assert worst(seen) == pytest.approx(0.75)
    assert gap(seen) == pytest.approx(0.25)
    assert balanced(seen) == pytest.approx((20 / 25 + 15 / 20) / 2)
    few = predicted(truth[:5], guess[:5], strata[:5])
    assert np.isnan(worst(few))
    one = predicted(truth[:20], guess[:20], strata[:20])
    assert worst(one) == 1
    assert np.isnan(gap(one))  # one group has no gap


@pytest.mark.parametrize("probe", DOWNSTREAM)
def test_calibration_error(probe):
    error = METRICS[DOWNSTREAM[probe][4]].body
    # Ten rows said with 0.9 (bin 14 of 15), eight right; five with 0.6 (bin 9), all right.
    truth = np.array([0] * 8 + [1] * 2 + [0] * 5)
    p = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 5)
    seen = predicted(truth, np.zeros(15, int), np.zeros(15, int), p)
    assert error(seen) == pytest.approx((10 * abs(0.8 - 0.9) + 5 * abs(1 - 0.6)) / 15)
    sizes, sure, right = seen.reliability()
    assert {at: int(size) for at, size in enumerate(sizes) if size} == {8: 5, 13: 10}
    assert (sure[13], right[13]) == (pytest.approx(0.9), 0.8)
    # Right and wrong cancel within a bin, not across bins; certainty that is right has no error.
    assert error(predicted([0, 1], [0, 1], [0, 0])) == 0
    assert error(predicted([0, 1], [1, 0], [0, 0])) == 1
    half = predicted([0, 1], [0, 0], [0, 0], [[0.5, 0.5], [0.5, 0.5]])
    assert error(half) == 0
    # where nothing was learned there is no confidence to speak of
    assert np.isnan(error(predicted([0, 1], [-1, -1], [0, 0], [[0, 0], [0, 0]])))


def test_every_metric_has_a_golden_value_here():
    from pathlib import Path

    text = Path(__file__).read_text(encoding="utf-8")
    for metric in METRICS:
        assert f'"{metric.id}"' in text or metric.body.__name__ + "(" in text, metric.id
