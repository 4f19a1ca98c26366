"""Importance sampling for several means at once, with control variates."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import count as counted
from ...foundation.wording import some
from ...model.inputs import Inputs
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import DesignFacts, Picks
from ..declaration import Cost, Promises, declare
from ..parts.column_parameters import columns_matrix
from ..parts.leverage_scores import drawn_again, floored
from ..parts.population_inclusion import compact
from ..variance import VarianceEstimator, VarianceMethod
from ..wishes import Wish

Values = NDArray[np.float64]

_ROUNDS, _BETTER = 50, 1e-3  # rounds at most, and the share of the variance that a round must still save
_LISTED = 20  # control variates spelled out in a note


@declare(
    id="multi-importance",
    version=2,
    label="Multi-mean importance",
    sentence="Rows far from the average are drawn more often, so that several means come out well at once.",
    family="probability",
    needs=set(),
    promises=Promises(),
    weight=Weight.HANSEN_HURWITZ,
    variance=VarianceEstimator(VarianceMethod.REPLACEMENT),
    cost=Cost(
        work=lambda n, d, k: {"gemm": 5.0 * n * d * d + 60.0 * d**3, "scan": 10.0 * n * d + 100.0 * n},
        memory=lambda n, d, k: 17.0 * n * d + 600.0 * n + 32.0 * d * d + 2**24,
        text="O(n·d²) time and O(n·d) memory for the features' components; O(n) a column and round after",
    ),
    when="A few columns are known for all rows and stand for what will be measured on the subset.",
    when_not="What will be measured has nothing to do with the columns, or no row may count twice.",
    answers={Wish.ESTIMATES},
    paper=Reference(
        "J. Demange-Chryst, F. Bachoc, J. Morio",
        2022,
        "Efficient estimation of multiple expectations with the same sample by adaptive importance sampling "
        "and control variates",
        "arXiv",
        "arXiv:2212.00568",
        "The columns are known for every row, so chances are one number per row and no budget goes into "
        "learning them; no chance falls below a floor; columns count alike, by their spread. With control = "
        "mean the control variates stay at the means, which is what dividing by the sum of weights comes to; "
        "fitted ones stop when a round saves less than 0.1 % of the variance, a rule of ours.",
    ),
)
def multi_importance(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    of: Annotated[
        tuple[str, ...],
        Par(
            "Columns whose means should come out well; features are their leading components.",
            column=("number", "score", "time", "category", "label"),
            special=("scores", "features", "order", "groups"),
        ),
    ] = ("features",),
    control: Annotated[
        Literal["mean", "fitted"],
        Par(
            "Chances that suit weighted means; or control variates fitted in turn with them, as in the paper."
        ),
    ] = "mean",
    components: Annotated[
        int, Par("Leading components that stand for the features.", 1, 50, 1, advanced=True)
    ] = 8,
    uniform: Annotated[
        float, Par("No row's chance is below this share of a uniform draw's.", 0.01, 1, 0.01, advanced=True)
    ] = 0.1,
) -> Picks:
    """Î_j = mean of φ_j·w + β_j·(1 − w) over draws from g, w = f/g, f uniform."""
    pins, free = inputs.pins, inputs.free
    count = budget - len(pins)
    progress(0, 10, "columns")
    with single_blas():
        phi, labels, notes = columns_matrix(inputs, of, components)
    one = np.ones(len(pins))
    if not count:
        return Picks(pins, weight=one, multiplicity=one.astype(np.int64), notes=notes)
    phi = phi[free]
    chance, beta = tuned(phi, uniform, control == "fitted", progress.part(0.3, 0.9))
    progress(9, 10, "drawing")
    which, often = drawn_again(chance, count, draws.generator("draws"))
    each = 1.0 / (len(free) * chance[which])
    effective = float((often * each).sum() ** 2 / (often * each**2).sum())
    notes += (
        f"{counted(count, 'draw')} fell on {counted(len(which), 'row')}; "
        f"they are worth {effective:,.0f} draws with equal weights.",
        *_told(phi, labels, chance, beta, control),
    )
    times = np.zeros(inputs.n)
    times[free] = count * chance
    return Picks(
        np.concatenate([pins, free[which]]),
        weight=np.concatenate([one, often / (count * chance[which])]),
        multiplicity=np.concatenate([one.astype(np.int64), often]),
        notes=notes,
        drawn=DesignFacts(all_chances=compact(times)),
    )


def tuned(phi: Values, least: float, fitted: bool, progress: Progress) -> tuple[Values, Values]:
    """Chances g, and control variates β; β are the means unless fitted.

    For given β, g ∝ f·√Σ_j (φ_j − β_j)² (under a floor) makes the sum of the variances smallest; for given g,
    β_j = (Σ f²φ_j/g − I_j) / (Σ f²/g − 1) does. Taken in turn neither can raise it.

    Args:
        phi: Numbers of each row, (n, J).
        least: Floor of the chances, as a share of uniform ones.
        fitted: Whether β are fitted in turn.
        progress: Called once a round; may cancel.

    Returns:
        (n,), summing to 1, and (J,).
    """
    mean = phi.mean(axis=0)
    chance, beta = _best(phi, mean, least), mean
    last = float(variances(phi, chance, beta).sum())
    for step in range(_ROUNDS if fitted else 0):
        progress(step, _ROUNDS, "chances and control variates")
        r = 1.0 / (len(phi) ** 2 * chance)
        beyond = float(r.sum()) - 1.0
        if beyond <= 1e-9:  # uniform chances: β does not matter
            break
        beta = (r @ phi - mean) / beyond
        chance = _best(phi, beta, least)
        now = float(variances(phi, chance, beta).sum())
        if last - now <= _BETTER * last:
            break
        last = now
    return chance, beta


def _best(phi: Values, beta: Values, least: float) -> Values:
    gap = phi - beta
    return floored(np.sqrt(np.einsum("ij,ij->i", gap, gap)), least)


def variances(phi: Values, chance: Values, beta: Values) -> Values:
    """Variance of one draw's φ_j·w + β_j·(1 − w): Σ f²(φ_j − β_j)²/g − (I_j − β_j)², (J,)."""
    r = 1.0 / (len(phi) ** 2 * chance)
    found: Values = r @ (phi - beta) ** 2 - (phi.mean(axis=0) - beta) ** 2
    return np.maximum(found, 0.0)


def _told(
    phi: Values, labels: tuple[str, ...], chance: Values, beta: Values, control: str
) -> tuple[str, ...]:
    """What the chances are worth, and what must be known to use them."""
    if not labels:
        return ("No column varies, so every row had the same chance.",)
    mean = phi.mean(axis=0)
    plain = float(phi.var(axis=0).sum())
    names = some(labels, _LISTED)
    notes = [f"Chances suit {names}, which must be known for every row; other numbers may do worse."]
    if plain > 0:
        ratio = float(variances(phi, chance, mean).sum()) / plain
        notes.append(
            f"Weighted means of them (divide by the sum of weights) vary {ratio:.2f} times as much a draw as "
            "unweighted ones of a uniform draw, in squares."
        )
    if control == "fitted" and plain > 0:
        ratio = float(variances(phi, chance, beta).sum()) / plain
        listed = ", ".join(f"{value:.3g}" for value in beta[:_LISTED]) + (" …" if len(beta) > _LISTED else "")
        notes.append(
            f"With control variates (φ·w + β·(1 − w), w = 1 / (rows × chance)) the factor is {ratio:.2f}; "
            f"β in standard deviations from the means: {listed}."
        )
    return tuple(notes)
