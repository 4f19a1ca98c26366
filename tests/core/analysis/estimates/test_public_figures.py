"""Figures that other software prints for public tables.

The samples of California schools (Academic Performance Index, 2000) and their estimates are those of the
manual of R's package `survey` (T. Lumley); the Belgian municipalities (inhabitants of 2004) and their chances
those of R's package `sampling` (Y. Tillé, A. Matei), for 50 drawn in proportion to size.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.estimates.variance import sampling_variance
from core.model.inputs import Inputs
from core.model.selection import DesignFacts
from core.strategies.running.select import select
from core.strategies.variance import VarianceMethod

FOLDER = Path(__file__).resolve().parents[3] / "oracles"


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv")


def mean_of(
    frame: pd.DataFrame, column: str, kind: VarianceMethod, pi: np.ndarray, drawn: DesignFacts | None
):
    weight = 1 / pi
    mean = float(np.average(frame[column], weights=weight))
    linear = (frame[column].to_numpy(float) - mean) / weight.sum()
    found = sampling_variance(linear, weight, kind, inclusion=pi, design=drawn)
    return mean, float(np.sqrt(found.variance[0]))


def total_of(
    frame: pd.DataFrame, column: str, kind: VarianceMethod, pi: np.ndarray, drawn: DesignFacts | None
):
    y = frame[column].to_numpy(float)
    found = sampling_variance(y, 1 / pi, kind, inclusion=pi, design=drawn)
    return float((y / pi).sum()), float(np.sqrt(found.variance[0]))


def test_simple_random_sample_of_schools():
    frame = table("apisrs")
    pi = np.full(len(frame), 200 / 6194)
    assert mean_of(frame, "api00", VarianceMethod.SRS, pi, None) == pytest.approx((656.58, 9.2497), abs=6e-3)
    total, error = total_of(frame, "enroll", VarianceMethod.SRS, pi, None)
    assert round(total) == 3_621_074
    assert error == pytest.approx(169_520, abs=1)


def test_stratified_sample_of_schools():
    frame = table("apistrat")
    codes = np.unique(frame["stype"], return_inverse=True)[1]
    drawn = DesignFacts(strata=codes.astype(np.int64), names=("E", "H", "M"))
    pi = (np.bincount(codes)[codes] / frame["fpc"]).to_numpy()
    mean, error = mean_of(frame, "api00", VarianceMethod.STRATIFIED, pi, drawn)
    assert (mean, error) == pytest.approx((662.29, 9.4089), abs=6e-3)
    total, error = total_of(frame, "enroll", VarianceMethod.STRATIFIED, pi, drawn)
    assert total == pytest.approx(3_687_178, abs=1)
    assert error == pytest.approx(114_642, abs=1)


def test_clustered_sample_of_schools():
    frame = table("apiclus1")
    codes = np.unique(frame["dnum"], return_inverse=True)[1].astype(np.int64)
    pi = np.full(len(frame), 15 / 757)
    mean, error = mean_of(frame, "api00", VarianceMethod.CLUSTERS, pi, DesignFacts(units=codes))
    assert (mean, error) == pytest.approx((644.17, 23.542), abs=6e-3)


def test_chances_of_belgian_municipalities():
    sizes, wanted = table("belgium_sizes"), table("belgium_pi")
    keys = np.zeros((len(sizes), 16), np.uint8)
    keys[:, 14:] = np.arange(len(sizes), dtype=">u2").view(np.uint8).reshape(-1, 2)
    inputs = Inputs(keys=keys, frame=sizes[["Tot04"]])
    found = select("pps", inputs, 50, params={"size": "Tot04"})
    assert found.inclusion == pytest.approx(wanted["pik"].to_numpy()[found.rows], abs=1e-14)
    assert found.drawn.all_chances == pytest.approx(wanted["pik"].to_numpy(), rel=1e-6)
    assert int((wanted["pik"] == 1).sum()) == 2
