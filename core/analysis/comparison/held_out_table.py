"""What can be learned from each subset of a comparison, as a table with both kinds of uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...metrics.declaration import METRICS
from ..held_out.intervals import SHARES, over_seeds, wilson

if TYPE_CHECKING:
    import pandas as pd

    from .comparison import Comparison

_COLUMNS = (
    *("slot", "strategy", "id", "metric", "label", "probe", "direction", "mean", "seeds", "low", "high"),
    *("first", "test_low", "test_high", "rows", "band_low", "band_high", "standing", "words"),
)


def downstream_table(comparison: Comparison) -> pd.DataFrame:
    """What can be learned from each subset, with both kinds of uncertainty and the random band.

    Args:
        comparison: A comparison; strategies without downstream values have no row.

    Returns:
        One row per strategy and downstream metric: slot (position in the comparison), strategy, id, metric,
        label, probe, direction, mean over seeds, seeds, low and high (interval over seeds, NaN with one),
        first (the first seed's value), test_low and test_high (interval of that one over held-out rows, for
        accuracies), rows (held-out rows scored), band_low and band_high (beside which the mean stands),
        standing and words.

    Example:
        >>> from core.analysis.comparison.run import Choice, compare
        >>> from core.model.inputs import Inputs
        >>> keys = np.arange(320, dtype=np.uint8).reshape(20, 16)
        >>> len(downstream_table(compare(Inputs(keys=keys), [Choice("random")], 5, band=9)))
        0
    """
    import pandas as pd

    rows = []
    for slot, (result, verdicts) in enumerate(zip(comparison.results, comparison.verdicts, strict=True)):
        for metric in METRICS:
            if metric.stage != "downstream" or metric.id not in result.means:
                continue
            values = [seed[metric.id] for seed in result.metrics]
            # Every one of these metrics lies in 0 … 1, and so does what its mean can be.
            low, high = (float(np.clip(end, 0, 1)) for end in over_seeds(values))
            scored = int(result.scored.get(metric.probe, 0))
            test = wilson(values[0], scored) if metric.id in SHARES else (float("nan"), float("nan"))
            band = comparison.band_of(slot).limits(metric.id, len(values))
            verdict = verdicts.get(metric.id)
            rows.append(
                {
                    "slot": slot,
                    "strategy": result.name,
                    "id": result.choice.id,
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
