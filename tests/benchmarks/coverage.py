"""How often 95 % intervals hold the truth: ``python tests/benchmarks/coverage.py [DRAWS] [WORDS]``.

One population of 1,200 rows with a size, a number that grows with it, groups and entities; every design with
a variance, every estimator that suits it, 5,000 draws each unless told otherwise; words choose lines.
[93–97 %; 93 % or more where the variance is an upper bound.] 5,000 draws tell a coverage to ± 0.6 points.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# In place of this folder, in which this file would be taken for the package called coverage.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from core.estimates import Claim, estimate_selection  # noqa: E402
from core.select import select  # noqa: E402
from core.types import Inputs  # noqa: E402
from tests.core.estimates.toy import population  # noqa: E402


@dataclass(frozen=True)
class Case:
    """A design with an estimator."""

    name: str
    strategy: str
    budget: int
    params: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ("y",)
    options: dict[str, Any] = field(default_factory=dict)
    upper: bool = False
    claim: int = 0


def hits(inputs: Inputs, case: Case, draws: int, start: int = 0) -> tuple[int, int, float, float]:
    """Intervals that hold the truth, intervals made, mean error and mean standard error over the spread."""
    held = made = 0
    estimates, errors, truth = [], [], 0.0
    for seed in range(start, start + draws):
        chosen = select(case.strategy, inputs, case.budget, seed=seed, params=case.params)
        claims: Sequence[Claim] = estimate_selection(inputs, chosen, case.columns, **case.options)
        claim = claims[case.claim]
        if claim.reason:  # a draw without a row of some value: said, and no claim made
            continue
        truth = claim.truth
        estimates.append(claim.estimate)
        if claim.holds is None:
            continue
        made += 1
        held += bool(claim.holds)
        errors.append(claim.error)
    spread = float(np.std(estimates, ddof=1))
    ratio = float(np.sqrt(np.mean(np.square(errors)))) / spread if errors and spread else float("nan")
    return held, made, (float(np.mean(estimates)) - truth) / spread if spread else 0.0, ratio


TOTAL = {"measure": "total", "estimator": "horvitz-thompson"}
RATIO = {"measure": "total", "estimator": "ratio", "auxiliaries": ["x"]}
GREG = {"estimator": "greg", "auxiliaries": ["x", "groups"]}
RAKING = {"estimator": "raking", "auxiliaries": ["groups", "kind"]}
NEYMAN = {"allocation": "neyman", "spread": "z"}
BOTH = {"on": ["x", "groups"], "size": "x"}
CASES = (
    Case("random, Hájek mean", "random", 100),
    Case("random, share of a tenth (Wilson)", "random", 100, columns=("kind",), claim=2),
    Case("random, ratio total", "random", 100, options=RATIO),
    Case("random, GREG mean on x and groups", "random", 100, options=GREG),
    Case("random, raking to groups and kind", "random", 100, options=RAKING),
    Case("stratified proportional, mean", "stratified", 100),
    Case("stratified equal, mean", "stratified", 100, {"allocation": "equal"}),
    Case("stratified Neyman, HT total", "stratified", 100, NEYMAN, options=TOTAL),
    Case("stratified, n_h = 2", "stratified", 100, {"by": "fine"}),
    Case("PPS pivotal, HT total", "pps", 100, options=TOTAL),
    Case("PPS pivotal, Hájek mean", "pps", 100),
    Case("PPS Sampford, HT total", "pps", 100, {"draw": "sampford"}, options=TOTAL),
    Case("PPS Sampford, Hájek mean", "pps", 100, {"draw": "sampford"}),
    Case("PPS pivotal, GREG mean on x", "pps", 100, options={"estimator": "greg", "auxiliaries": ["x"]}),
    Case("PPS pivotal in groups, HT total", "stratified", 100, {"within": "pps"}, options=TOTAL),
    Case("cube on x, mean", "cube", 100, {"on": ["x"]}),
    Case("cube on x and groups, PPS, HT total", "cube", 100, BOTH, options=TOTAL),
    Case("density pps, Hájek mean", "density", 100, {"draw": "pps"}),
    Case("leverage, Hájek mean", "leverage", 100),
    Case("temporal, mean", "temporal", 100, {"windows": 10}),
    Case("multi-importance, Hájek mean", "multi-importance", 150, {"of": ["z"]}),
    Case("kMQ as in the paper, Hájek mean", "kmq", 150, {"variant": "paper"}),
    Case("entities, Hájek mean", "entities", 200),
    Case("entities, HT total", "entities", 200, options=TOTAL),
    Case("entities in groups, Hájek mean", "entities", 200, {"draw": "stratified"}),
    Case("entities pps, HT total", "entities", 200, {"draw": "pps"}, options=TOTAL),
    Case("k-DPP, Hájek mean (upper bound)", "k-dpp", 100, upper=True),
    Case("projection DPP, Hájek mean (upper bound)", "projection-dpp", 100, upper=True),
)  # fmt: skip


def main() -> None:
    """Print the table."""
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    draws = int(numbers[0]) if numbers else 5_000
    wanted = [word for word in sys.argv[1:] if not word.isdigit()]
    inputs = population()
    print(f"{draws:,} draws each; bias in standard deviations; SE: estimated over true")
    for case in CASES:
        if wanted and not any(word in case.name for word in wanted):
            continue
        held, made, bias, ratio = hits(inputs, case, draws)
        share = held / made if made else float("nan")
        low, high = (0.93, 1.0) if case.upper else (0.93, 0.97)
        good = "" if low <= share <= high else "  <-- outside"
        print(
            f"{case.name:45s} {100 * share:6.2f} % of {made:5,}  bias {bias:+.2f}  SE {ratio:.3f}{good}",
            flush=True,
        )


if __name__ == "__main__":
    main()
