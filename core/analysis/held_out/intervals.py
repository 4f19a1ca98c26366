"""How sure downstream numbers are: over seeds, and over the rows that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from ..comparison.result import Comparison

LEVEL = 0.95
SHARES = ("probe-accuracy", "knn-accuracy")
"""Metrics that are one share of independent rows, so that a binomial interval holds for them."""


def over_seeds(values: Sequence[float] | NDArray[np.float64], level: float = LEVEL) -> tuple[float, float]:
    """Interval for the mean over seeds: mean ± t · sd / √M, Student's t with M − 1 degrees of freedom.

    It says how much the result moves when the strategy is re-run with other seeds on the same rows. It says
    nothing about other held-out rows (see `wilson`) or about other data.

    Args:
        values: One per seed, (M,).
        level: Share of such intervals that cover the mean, for normal values.

    Returns:
        Low and high; NaN with one seed, or where a value is missing.

    Example:
        >>> low, high = over_seeds([0.80, 0.82, 0.84])
        >>> round(low, 4), round(high, 4)
        (0.7703, 0.8697)
    """
    from scipy.stats import t

    found = np.asarray(values, np.float64)
    if len(found) < 2 or not np.isfinite(found).all():
        return float("nan"), float("nan")
    half = float(t.ppf((1 + level) / 2, len(found) - 1)) * float(found.std(ddof=1)) / np.sqrt(len(found))
    return float(found.mean() - half), float(found.mean() + half)


def wilson(share: float, rows: int, level: float = LEVEL) -> tuple[float, float]:
    """Score interval for a share of rows (E. B. Wilson, Probable inference, 1927).

    It says how much one seed's accuracy would move with other held-out rows from the same source, were they
    drawn one by one; rows of one entity or near-duplicates make it a little too narrow.

    Args:
        share: Right ones among the rows, 0 … 1.
        rows: Held-out rows scored.
        level: Share of such intervals that cover the truth.

    Returns:
        Low and high, in 0 … 1; NaN without rows.

    Example:
        >>> low, high = wilson(0.9, 100)
        >>> round(low, 4), round(high, 4)
        (0.8256, 0.9448)
    """
    from scipy.stats import norm

    if rows < 1 or not np.isfinite(share):
        return float("nan"), float("nan")
    z2 = float(norm.ppf((1 + level) / 2)) ** 2
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    inner = share * (1 - share) / rows + z2 / (4 * rows**2)
    half = float(np.sqrt(z2 * max(inner, 0.0))) / (1 + z2 / rows)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def downstream_table(found: Comparison) -> pd.DataFrame:
    """What can be learned from each subset, with both kinds of uncertainty and the random band.

    Args:
        found: A comparison; strategies without downstream values have no row.

    Returns:
        One row per strategy and downstream metric: slot (position in the comparison), strategy, id, metric,
        label, probe, direction, mean over seeds, seeds, low and high (interval over seeds, NaN with one),
        first (the first seed's value), test_low and test_high (interval of that one over held-out rows, for
        accuracies), rows (held-out rows scored), band_low and band_high (beside which the mean stands),
        standing and words.

    Example:
        >>> from core.analysis.comparison.run import Entry, compare
        >>> from core.model.inputs import Inputs
        >>> keys = np.arange(320, dtype=np.uint8).reshape(20, 16)
        >>> len(downstream_table(compare(Inputs(keys=keys), [Entry("random")], 5, band=9)))
        0
    """
    import pandas as pd

    rows = []
    for slot, (result, verdicts) in enumerate(zip(found.results, found.verdicts, strict=True)):
        for metric in METRICS:
            if metric.stage != "downstream" or metric.id not in result.means:
                continue
            values = [seed[metric.id] for seed in result.metrics]
            # Every one of these metrics lies in 0 … 1, and so does what its mean can be.
            low, high = (float(np.clip(end, 0, 1)) for end in over_seeds(values))
            scored = int(result.scored.get(metric.probe, 0))
            test = wilson(values[0], scored) if metric.id in SHARES else (float("nan"), float("nan"))
            band = found.band_of(slot).limits(metric.id, len(values))
            verdict = verdicts.get(metric.id)
            rows.append(
                {
                    "slot": slot,
                    "strategy": result.entry.name,
                    "id": result.entry.strategy,
                    "metric": metric.id,
                    "label": metric.label,
                    "probe": metric.probe,
                    "direction": metric.direction,
                    "mean": result.means[metric.id],
                    "seeds": len(values),
                    "low": low,
                    "high": high,
                    "first": values[0],
                    "test_low": test[0],
                    "test_high": test[1],
                    "rows": scored,
                    "band_low": band[0],
                    "band_high": band[1],
                    "standing": float("nan") if verdict is None else verdict.standing,
                    "words": "" if verdict is None else verdict.words,
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = (
    *("slot", "strategy", "id", "metric", "label", "probe", "direction", "mean", "seeds", "low", "high"),
    *("first", "test_low", "test_high", "rows", "band_low", "band_high", "standing", "words"),
)
