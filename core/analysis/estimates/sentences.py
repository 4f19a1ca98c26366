"""Claims in plain sentences."""

from __future__ import annotations

import numpy as np

from ...foundation.number_format import number, share
from .intervals import Estimate

_NOUNS = {"mean": "mean", "total": "total", "share": "share of rows", "count": "number of rows"}


def shown(claim: Estimate, value: float) -> str:
    """A number of a claim as people read it: shares in per cent.

    Example:
        >>> from core.analysis.estimates.intervals import Estimate
        >>> from core.analysis.estimates.fits import Estimator
        >>> shown(Estimate("c", "x", "share", Estimator.HAJEK, 0.25), 0.25)
        '25 %'
    """
    return share(value) if claim.what == "share" and np.isfinite(value) else number(value)


def subject(claim: Estimate) -> str:
    """What a claim is about.

    Example:
        >>> from core.analysis.estimates.intervals import Estimate
        >>> from core.analysis.estimates.fits import Estimator
        >>> subject(Estimate("colour", "red", "share", Estimator.HAJEK, 0.25))
        'share of rows with colour = red'
        >>> subject(Estimate("price", "", "mean", Estimator.HAJEK, 3.0))
        'mean price'
    """
    noun = _NOUNS[claim.what]
    if claim.what in ("share", "count"):
        return f"{noun} with {claim.column} = {claim.value}"
    return f"{noun} {claim.column}"


def sentence(claim: Estimate) -> str:
    """One plain sentence, without the name of the subset.

    Example:
        >>> from core.analysis.estimates.intervals import Estimate
        >>> from core.analysis.estimates.fits import Estimator
        >>> sentence(Estimate("price", "", "mean", Estimator.HAJEK, 12.1, 12.3, 0.4, 11.5, 13.1))
        'the mean price is 12.3 ± 0.800 (95 %); the truth, 12.1, lies inside.'
        >>> sentence(Estimate("price", "", "mean", Estimator.HAJEK, 12.1, 12.3, 0.4, 11.5, 13.1, doubt="few"))
        'the mean price is 12.3 ± 0.800 (95 %, which can be too short); the truth, 12.1, lies inside.'
        >>> sentence(Estimate("price", "", "mean", Estimator.HAJEK, 12.1, reason="it has no chances"))
        'no such claim can be made: it has no chances.'
    """
    if claim.reason:
        return f"no such claim can be made: {claim.reason}."
    start = f"the {subject(claim)} is {shown(claim, claim.estimate)}"
    truth = shown(claim, claim.truth)
    if claim.no_interval:
        return f"{start}, without an interval: {claim.no_interval}. The truth is {truth}."
    if claim.error == 0:
        return f"{start}; {claim.method}, and the truth is {truth}."
    level = f"{100 * claim.confidence:g} %" + (", which can be too short" if claim.doubt else "")
    up, down = claim.high - claim.estimate, claim.estimate - claim.low
    if np.isclose(up, down, rtol=1e-6, atol=1e-12):
        start += f" ± {shown(claim, up)} ({level})"
    else:
        start += f" ({level}: {shown(claim, claim.low)} to {shown(claim, claim.high)})"
    return f"{start}; the truth, {truth}, lies {'inside' if claim.holds else 'outside'}."
