"""How often 95 % intervals hold the truth: ``python -m tests.benchmarks.coverage [DRAWS] [WORDS]``.

Populations: 1,200 rows with a size, a number that grows with it, groups and entities; and entities of
lognormal and of geometric sizes with columns of light and heavy tails. Every design with a variance, every
estimator that suits it, 5,000 draws each unless told otherwise; words choose lines. [Of the intervals without
a word of doubt, 93 % or more hold the truth; above 97 % is called conservative.] 5,000 draws tell a coverage
to ± 0.6 points.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

# In place of this folder, in which this file would be taken for the package called coverage.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from core.analysis.estimates.estimate_selection import estimate_selection  # noqa: E402
from core.analysis.estimates.intervals import Estimate  # noqa: E402
from core.model.inputs import Inputs  # noqa: E402
from core.strategies.running.select import select  # noqa: E402
from tests.core.analysis.estimates.toy import population, uneven  # noqa: E402


@dataclass(frozen=True)
class Case:
    """A design with an estimator."""

    name: str
    strategy: str
    budget: int
    params: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ("y",)
    options: dict[str, Any] = field(default_factory=dict)
    claim: int = 0
    rows: str = "even"


@dataclass(frozen=True)
class Hits:
    """What came of many draws.

    Args:
        held, made: Intervals that hold the truth, and all.
        quiet_held, quiet: The same of those without a doubt.
        bias: Mean error over the spread of the estimates.
        ratio: Standard error, root of the mean square, over their spread.
    """

    held: int
    made: int
    quiet_held: int
    quiet: int
    bias: float
    ratio: float


def hits(inputs: Inputs, cases: Sequence[Case], draws: int, start: int = 0) -> list[Hits]:
    """Draw again and again by one design, and count the intervals of each case that hold the truth."""
    seen: list[list[Estimate]] = [[] for _ in cases]
    design = cases[0]
    for seed in range(start, start + draws):
        chosen = select(design.strategy, inputs, design.budget, seed=seed, params=design.params)
        if not len(chosen):  # whole entities may all stay out
            continue
        for claims, case in zip(seen, cases, strict=True):
            claim = estimate_selection(inputs, chosen, case.columns, **case.options)[case.claim]
            if not claim.reason:  # a draw without a row of some value: said, and no claim made
                claims.append(claim)
    return [_counted(claims) for claims in seen]


def _counted(claims: Sequence[Estimate]) -> Hits:
    told = [claim for claim in claims if claim.holds is not None]
    quiet = [claim for claim in told if not claim.doubt]
    errors = np.array([claim.error for claim in told])
    spread = float(np.std([claim.estimate for claim in claims], ddof=1)) if len(claims) > 1 else 0.0
    missed = float(np.mean([claim.estimate - claim.truth for claim in claims])) if claims else 0.0
    return Hits(
        sum(bool(claim.holds) for claim in told),
        len(told),
        sum(bool(claim.holds) for claim in quiet),
        len(quiet),
        missed / spread if spread else 0.0,
        float(np.sqrt(np.mean(errors**2))) / spread if len(errors) and spread else float("nan"),
    )


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
    Case("k-DPP, Hájek mean (upper bound)", "k-dpp", 100),
    Case("projection DPP, Hájek mean (upper bound)", "projection-dpp", 100),
    *(
        Case(
            f"{law} entities {draw} {budget}, {name}",
            "entities", budget, {"draw": draw}, columns, options, rows=law,
        )
        for law in ("lognormal", "geometric")
        for draw in ("random", "stratified", "pps")
        for budget in (200, 800)
        for name, columns, options in (
            ("Hájek mean", ("y",), {}),
            ("HT total", ("y",), TOTAL),
            ("HT total of alike", ("once",), TOTAL),
            ("Hájek mean of a heavy tail", ("heavy",), {}),
            ("raking mean", ("y",), {"estimator": "raking", "auxiliaries": ["groups"]}),
        )
    ),
    Case("tails: random 200, heavy mean", "random", 200, columns=("heavy",), rows="lognormal"),
    Case("tails: random 1,500, heavy mean", "random", 1_500, columns=("heavy",), rows="lognormal"),
    Case("tails: random 200, light mean", "random", 200, columns=("light",), rows="lognormal"),
    Case("tails: random 200, x mean", "random", 200, columns=("x",), rows="lognormal"),
    Case("tails: stratified 200, heavy total", "stratified", 200, columns=("heavy",), options=TOTAL,
         rows="lognormal"),
    Case("tails: pps 200, y Hájek mean", "pps", 200, rows="lognormal"),
    Case("tails: pps 200, x HT total", "pps", 200, columns=("x",), options=TOTAL, rows="lognormal"),
    Case("tails: pps 200, y HT total", "pps", 200, options=TOTAL, rows="lognormal"),
    Case("tails: pps 200, share", "pps", 200, columns=("kind",), claim=2, rows="lognormal"),
    Case("tails: random 200, GREG heavy on x", "random", 200, columns=("heavy",), rows="lognormal",
         options={"estimator": "greg", "auxiliaries": ["x"]}),
    Case("tails: cube 200 on x, x mean", "cube", 200, {"on": ["light"]}, ("x",), rows="lognormal"),
)  # fmt: skip


def main() -> None:
    """Print the table."""
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    draws = int(numbers[0]) if numbers else 5_000
    wanted = [word for word in sys.argv[1:] if not word.isdigit()]
    made_of = {"even": population(), "lognormal": uneven("lognormal"), "geometric": uneven("geometric")}
    print(f"{draws:,} draws each; bias in standard deviations; SE: estimated over true")
    cases = [case for case in CASES if not wanted or any(word in case.name for word in wanted)]
    for (rows, *_), alike in groupby(cases, lambda one: (one.rows, one.strategy, one.budget, one.params)):
        together = list(alike)
        for case, found in zip(together, hits(made_of[rows], together, draws), strict=True):
            print(_line(case, found), flush=True)


def _line(case: Case, found: Hits) -> str:
    share = found.held / found.made if found.made else float("nan")
    quiet = found.quiet_held / found.quiet if found.quiet else float("nan")
    told = f"without a doubt {100 * quiet:6.2f} % of {found.quiet:5,}" if found.quiet else "always doubted"
    judged = "" if not found.quiet or quiet >= 0.93 else "  <-- too short"
    judged = "  conservative" if quiet > 0.97 else judged
    return (
        f"{case.name:58s} {100 * share:6.2f} % of {found.made:5,}  {told:36s} bias {found.bias:+.2f}  "
        f"SE {found.ratio:.3f}{judged}"
    )


if __name__ == "__main__":
    main()
