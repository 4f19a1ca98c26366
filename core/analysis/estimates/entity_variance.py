"""The sampling variance of whole entities, whose sizes make estimates vary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...model.selection import Selection
from ...strategies.variance import VarianceMethod
from .variance import Sampling, sampling_variance

Numbers = NDArray[np.float64]
_MOST = 0.5  # of all weight in one entity: beyond it no correction tells anything


def entity_variance(values: Numbers, weight: Numbers, selection: Selection, *, plain: bool) -> Sampling:
    """The variance of weighted sums over whole entities.

    Residuals from a fit vary between entities by plain ultimate clusters; each entity's total is divided by
    1 − its share of all weight, as leaving that entity out would move the fit (the jackknife of a ratio).
    Sizes of entities met in order come nearly balanced, but never exactly, and are not credited.

    A sum that is not fitted to the known number of rows (Horvitz–Thompson) is the fitted one plus
    slope · (estimated − true rows), and that miss is seen. Its standard error is that of the fitted sum plus
    the size of the miss, so the interval covers whenever the fitted one does; or it is the plain one between
    entities with the chance of one entity more or less, where that is smaller: then totals of entities do
    not grow with their sizes.

    Args:
        values: Values or residuals, shape (k, j).
        weight: Design weights, shape (k,).
        selection: Drawn in whole entities.
        plain: Whether the values are not residuals of a fit that holds a constant.

    Returns:
        Variances, degrees of freedom, and units, as `sampling_variance`.

    Source: Kish, Survey Sampling, 1965 (ultimate clusters); jackknife of ratios: Särndal, Swensson and
    Wretman, 1992, section 11.5; simulated in `tests/benchmarks/coverage.py`.
    """
    if not plain:
        return _between(_stretched(values, weight, selection), weight, selection)
    whole = float(weight.sum())
    mean = weight @ values / whole
    fitted = _between(_stretched(values - mean, weight, selection), weight, selection)
    bare = _between(values, weight, selection)
    miss = np.abs(mean * (whole - selection.population))
    reached = (np.sqrt(fitted.variance) + miss) ** 2
    near = reached < bare.variance
    return replace(
        bare,
        variance=np.where(near, reached, bare.variance),
        freedom=np.where(near, fitted.freedom, bare.freedom),
        fitted=near,
    )


def _between(values: Numbers, weight: Numbers, selection: Selection) -> Sampling:
    return sampling_variance(
        values, weight, VarianceMethod.CLUSTERS, inclusion=selection.inclusion, design=selection.drawn
    )


def _stretched(values: Numbers, weight: Numbers, selection: Selection) -> Numbers:
    drawn = selection.drawn
    units = np.arange(len(weight)) if drawn is None or drawn.units is None else drawn.units
    _, code = np.unique(units, return_inverse=True)
    share = np.bincount(code, weight) / weight.sum()
    made: Numbers = values / (1.0 - np.minimum(share, _MOST))[code][:, None]
    return made
