"""Learning curves of several strategies on one grid, beside the random band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS
from ...model.recipe import Choice
from ...strategies.declaration import label_of
from ...strategies.running.select import about_rows
from .learning_curve import BAND, FRACTIONS, CurveBand, LearningCurve, curve_band, learning_curve
from .split import Split

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Learning:
    """Learning curves of strategies. Make them with `learn` or `learn_study`.

    Args:
        choices: What was asked.
        curves: One per choice; None where it could not run at some size.
        reasons: Why it could not; "" where it could.
        band: The random band at the same sizes; None where `reason` says why there are no numbers at all.
        asked: Rows at the same fraction as the budget of the comparison.
        described: The split in words.
        reason: Why there are no downstream numbers; "" where there are.
    """

    choices: tuple[Choice, ...]
    curves: tuple[LearningCurve | None, ...]
    reasons: tuple[str, ...]
    band: CurveBand | None
    asked: int
    described: str
    reason: str = ""

    def table(self) -> pd.DataFrame:
        """One row per strategy, size and metric: mean over seeds, interval over seeds, random band.

        Columns: slot, strategy, rows (asked for), held (mean over seeds), metric, label, mean, seeds, low and
        high (NaN with one seed), band_low and band_high (of single random subsets, or of means of as many).
        """
        import pandas as pd

        rows = []
        for slot, (choice, curve) in enumerate(zip(self.choices, self.curves, strict=True)):
            if curve is None or self.band is None:
                continue
            for name in curve.values:
                low, high = curve.interval(name)
                below, above = self.band.limits(name, curve.seeds)
                for at, mean in enumerate(curve.means(name)):
                    rows.append(
                        {
                            "slot": slot,
                            "strategy": label_of(choice),
                            "rows": int(curve.sizes[at]),
                            "held": float(curve.held[:, at].mean()),
                            "metric": name,
                            "label": METRICS[name].label,
                            "mean": float(mean),
                            "seeds": curve.seeds,
                            "low": low[at],
                            "high": high[at],
                            "band_low": below[at],
                            "band_high": above[at],
                        }
                    )
        return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = (
    *("slot", "strategy", "rows", "held", "metric", "label", "mean", "seeds", "low", "high"),
    *("band_low", "band_high"),
)


def learn(
    split: Split,
    choices: Sequence[Choice],
    fractions: Sequence[float] = FRACTIONS,
    *,
    seeds: int = 1,
    band: int = BAND,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Learning:
    """Learning curves of strategies on one split.

    Args:
        split: Rows to learn from and to score on.
        choices: Strategies with their parameters; one that cannot run is reported with its reason.
        fractions: Of the split's budget; see `core.analysis.held_out.learning_curve.curve_sizes`.
        seeds: M of strategies that use the seed.
        band: R, random subsets at each size.
        seed: The recipe's.
        progress: Told how far the work is; may cancel it.
    """
    if split.reason:
        blank = (None,) * len(choices)
        return Learning(tuple(choices), blank, ("",) * len(choices), None, 0, "", split.reason)
    curves: list[LearningCurve | None] = []
    reasons: list[str] = []
    for at, choice in enumerate(choices):
        part = progress.part(0.5 * at / len(choices), 0.5 * (at + 1) / len(choices))
        curve = learning_curve(split, choice, fractions, seeds=seeds, seed=seed, progress=part)
        curves.append(None if isinstance(curve, str) else curve)
        reasons.append(curve if isinstance(curve, str) else "")
    # As many random subsets are averaged as a strategy has seeds, so that both means vary alike.
    several = max([curve.seeds for curve in curves if curve is not None], default=1)
    around = curve_band(split, fractions, size=band, seeds=several, seed=seed, progress=progress.part(0.5, 1))
    return Learning(
        tuple(choices),
        tuple(curves),
        tuple(reasons),
        around,
        about_rows(split.budget, split.train),
        split.described,
    )
