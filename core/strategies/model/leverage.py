"""Draws by leverage and ℓp sensitivity: rows that a linear fit depends on come in, with exact weights."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import clause
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.leverage_scores import (
    Design,
    design,
    floored_shares,
    l1_sensitivities,
    leverage_scores,
    lewis_weights,
)
from ..parts.population_inclusion import compact
from ..parts.weighted_draws import systematic
from ..variance import random_systematic
from ..wishes import Wish

LP_ROWS, LP_RANK = 2_000, 10  # up to here one linear program per row ends within about a minute


@declare(
    id="leverage",
    version=2,
    label="Leverage scores",
    sentence="Rows on which a linear fit depends most get a larger chance, and exact weights.",
    family="model",
    needs={Need.FEATURES},
    promises=Promises(),
    weight=Weight.DESIGN,
    variance=random_systematic("it"),
    cost=Cost(
        work=lambda n, d, k: {"gemm": 10.0 * n * d * d + 80.0 * d**3, "scan": 15.0 * n * d, "keyed": n},
        memory=lambda n, d, k: 300.0 * n + 64.0 * d * d + 2**26,
        text="O(n·d² + d³) time, O(n + d²) memory; Lewis weights take ten to thirty times as long, and exact "
        f"sensitivities a linear program per row (up to {LP_ROWS:,} rows, about a minute at most)",
    ),
    when="Regressions or other linear fits will be run on the subset, with its weights.",
    when_not="The features do not enter a model, or rows far out are errors: those come first.",
    answers={Wish.FITS},
    paper=Reference(
        "D. P. Woodruff, T. Yasuda",
        2023,
        "Sharper Bounds for ℓp Sensitivity Sampling",
        "ICML",
        "arXiv:2306.00732",
        "The paper keeps each row by a coin of its own, with chance min(1, score/α), so that the size is "
        "random. Here the size is fixed: the same capped chances, drawn by random-order systematic sampling "
        "(Hartley and Rao, 1962), with a floor that bounds every weight. Sensitivities are exact for p = 2, "
        "and for p = 1 on small data if asked; else Lewis weights (Cohen and Peng, 2015), which bound "
        "them up to a factor, stand for them.",
    ),
)
def leverage(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    score: Annotated[
        Literal["leverage", "root-leverage", "sensitivity"],
        Par(
            "Leverage is for least squares; its power p/2, and ℓp sensitivities, for fits in the p-th power."
        ),
    ] = "leverage",
    p: Annotated[
        float, Par("Power of the residuals that a fit adds up: 1 absolute, 2 squared.", 1, 4, 0.25)
    ] = 1.0,
    intercept: Annotated[
        bool, Par("Whether the model has a constant; then only distance from it counts.")
    ] = True,
    ridge: Annotated[
        float,
        Par(
            "Penalty on the coefficients, as a share of the mean eigenvalue; it mutes weak directions.",
            0,
            100,
            0.01,
            enabled_if=("score", "leverage"),
        ),
    ] = 0.0,
    uniform: Annotated[
        float, Par("No row's chance is below this share of a uniform draw's.", 0, 1, 0.05, advanced=True)
    ] = 0.1,
    exact: Annotated[
        bool,
        Par(
            f"Exact sensitivities for p = 1, up to {LP_ROWS:,} rows and rank {LP_RANK}, by linear programs.",
            advanced=True,
            enabled_if=("score", "sensitivity"),
        ),
    ] = False,
) -> Picks:
    """π ∝ score, capped at 1 and floored; a systematic draw in random order."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    x = np.asarray(inputs.matrix(), np.float32)
    with single_blas():
        value, notes = scores(x, score, p, intercept, ridge, exact, progress.part(0, 0.95))
    progress(95, 100, "drawing")
    unreached = 0
    if not value[free].any():
        notes += ("All scores are 0, so every row had the same chance.",)
    elif uniform == 0 and not value[free].all():
        unreached = int((value[free] == 0).sum())
        notes += (
            f"{clause(unreached, 'row', 'has', 'have')} a score of 0 and practically no chance; without a "
            "uniform part, totals are right on average only where they count for nothing.",
        )
    share = floored_shares(value[free], uniform, count)
    own = draws.of(free)
    at = systematic(share, own.uniforms(), float(draws.generator("start").random()), count)
    certain = int((share >= 1).sum())
    if certain and count < len(free):
        sure = "it was" if certain == 1 else "they were"
        notes += (f"{clause(certain, 'row', 'stands', 'stand')} out so far that {sure} sure to be drawn.",)
    inclusion = np.concatenate([np.ones(len(pins)), share[at]])
    whole = np.ones(inputs.n)
    whole[free] = share
    return Picks(
        np.concatenate([pins, free[at]]),
        inclusion=inclusion,
        notes=notes,
        drawn=DesignFacts(all_chances=compact(whole)),
        unreached=unreached,
    )


def scores(
    x: NDArray[np.float32],
    score: str,
    p: float,
    intercept: bool,
    ridge: float,
    exact: bool,
    progress: Progress,
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The score of each row, (n,), and notes that say which was computed."""
    ridge = ridge if score == "leverage" else 0.0
    made = design(x, intercept, intercept, ridge > 0, progress.part(0, 0.1))
    rest = progress.part(0.1, 1)
    if score == "sensitivity" and p != 2.0 and not (p == 1.0 and exact):
        return _lewis(made, p, rest, "")
    value, turn = leverage_scores(made, ridge, rest.part(0, 0.3))
    rank = turn.shape[1]
    if score == "leverage":
        about = f"effective dimension {value.sum():.1f}" if ridge else f"rank {rank}"
        return value, (f"Chances follow exact {'ridge ' if ridge else ''}leverage; {about}.",)
    if score == "root-leverage":
        beyond = " The paper proposes it for p below 2." if p >= 2 else ""
        return value ** (p / 2), (f"Chances follow leverage to the power {p / 2:g}; rank {rank}.{beyond}",)
    if p == 2.0:
        return value, (f"Chances follow exact ℓ2 sensitivities, which are leverage; rank {rank}.",)
    if len(x) > LP_ROWS or rank > LP_RANK:
        why = f" Exact ones are computed up to {LP_ROWS:,} rows and rank {LP_RANK}."
        return _lewis(made, p, rest.part(0.3, 1), why)
    basis = np.concatenate([block @ turn for _, block in made.blocks()]) * np.sqrt(len(x))
    value = l1_sensitivities(basis, rest.part(0.3, 1))
    return value, (f"Chances follow exact ℓ1 sensitivities, whose sum is {value.sum():.2f}; rank {rank}.",)


def _lewis(
    made: Design, p: float, progress: Progress, why: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Lewis weights in place of sensitivities, and the note that says so."""
    value, settled = lewis_weights(made, p, progress)
    late = "" if settled else " They had not quite settled."
    return value, (f"Chances follow ℓ{p:g} Lewis weights, which stand for the sensitivities.{why}{late}",)
