"""Kernel thinning: halve a sample until it is small, so that the halves balance each other."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...foundation.permanent_random import Draws, smallest
from ...foundation.progress import Progress
from ...foundation.threads import single_blas
from ...foundation.wording import count, verb
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.kernels import gaussian_width
from ..parts.thinning import Gaussian, discrepancy, exchange, kernel_means, split
from ..wishes import Wish

START = 16_384


@declare(
    id="kernel-thinning",
    version=2,
    label="Kernel thinning-style",
    sentence="Halves a uniform sample until it is small, so that what stays balances what goes.",
    family="geometry",
    needs={Need.FEATURES},
    promises=Promises(
        bound="no larger discrepancy (MMD) to all rows than the uniform sample of the same size in its start"
    ),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: _work(n, d, k, min(n, max(k, START))),
        memory=lambda n, d, k: 12.0 * n * d + 8.0 * min(n, max(k, START)) * (d + 100) + 80.0 * n + 2**26,
        text="O(m·n·d) time for the kernel means of m rows, O(m²·d) to halve and O(k·m·d) to exchange them",
    ),
    when="A small sample must give averages far closer to those of all rows than chance would.",
    when_not="The same rows must come out at every seed (herding), or weights are needed: there are none.",
    answers={Wish.RESEMBLES},
    paper=Reference(
        "R. Dwivedi, L. Mackey",
        2021,
        "Kernel Thinning",
        "COLT",
        "arXiv:2105.05842",
        "Any size: a first uniform step makes the number of rows the budget times a power of two. The kernel "
        "wanted also splits (Generalized Kernel Thinning, 2022). Each row counts once. With more rows than "
        "the start allows, exchanges bring in only rows of the sample.",
    ),
)
def kernel_thinning(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    start: Annotated[
        int, Par("Rows of the uniform sample, at most.", 256, 65_536, 256, log=True, advanced=True)
    ] = START,
) -> Picks:
    """KT-split on a uniform sample, the best of its candidates, and KT-swap against all rows' kernel mean."""
    pins, free = inputs.pins, inputs.free
    fixed, wanted = len(pins), budget - len(pins)
    progress(0, 1, "drawing")
    if not wanted:
        return Picks(pins)
    x = np.asarray(inputs.matrix(), np.float32)
    sample = free[smallest(draws.of(free).uniforms(), min(len(free), max(wanted, start)))]
    rounds = int(np.log2(max(1, len(sample) // wanted)))
    centre = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    near = np.concatenate([pins, sample])
    with single_blas():
        whole = Gaussian.of(x - centre, gaussian_width(x))
        kernel = Gaussian(whole.x[near], whole.square[near], whole.width)
        mean = kernel_means(kernel, whole, progress.part(0, 0.5))
        held, uniform = np.arange(fixed), np.arange(fixed, budget)
        walk = np.arange(fixed, fixed + wanted * 2**rounds)
        parts = split(kernel, walk, rounds, draws.generator("split"), progress.part(0.5, 0.7))
        best, least = np.concatenate([held, uniform]), np.inf
        for at, part in enumerate([uniform, *parts] if rounds else parts):
            progress.part(0.7, 0.8)(at, len(parts) + 1, "comparing halves")
            rows = np.concatenate([held, part])
            value = discrepancy(kernel, mean, rows)
            if value < least:
                best, least = rows, value
        best, swaps = exchange(kernel, mean, best, fixed, progress.part(0.8, 1))
    first = f"halved {count(rounds, 'time')}" if rounds else "too few to be halved"
    notes = (
        f"{count(len(walk), 'row')} drawn uniformly {verb(len(walk), 'was', 'were')} {first}; "
        f"of {count(wanted, 'row')} left, {swaps:,} then exchanged.",
    )
    return Picks(near[best], notes=notes)


def _work(n: int, d: int, k: int, m: int) -> dict[str, float]:
    """Work with m rows in the sample."""
    values = m * n + m * m + 2.0 * k * m
    return {"gemm": 2.0 * d * values, "scan": 8.0 * values, "steps": 200.0 * m}
