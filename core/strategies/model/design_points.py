"""Designs of experiments: the real rows nearest to points that fill the box of chosen columns."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.distances import BLOCK
from ...foundation.errors import ParameterError
from ...foundation.permanent_random import Draws
from ...foundation.progress import Progress
from ...foundation.wording import count as counted
from ...model.inputs import Inputs
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.column_parameters import columns_matrix, grouping, is_number
from ..wishes import Wish

_AXES = 200  # distances mean little long before this, and the matrix of axes must fit

Double = NDArray[np.float64]


@declare(
    id="design-points",
    version=2,
    label="Design points",
    sentence="Spreads points evenly over the range of chosen columns and takes the nearest real row to each.",
    family="geometry",
    needs=set(),
    promises=Promises(),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {"gemm": 4.0 * n * d * d + 30.0 * d**3, "scan": 12.0 * n * k + 4.0 * n * d},
        memory=lambda n, d, k: 400.0 * n + 48.0 * d * d + 24.0 * BLOCK + 200.0 * k,
        text="O(n·k·axes) time beside the principal components, O(n·axes) memory",
    ),
    when="Every range of the columns must be seen, as in an experiment: stress tests, surrogate models.",
    when_not="The rows fill only part of the box, or different inputs need not mean different outcomes: even "
    "inputs are no promise of even outputs.",
    answers={Wish.COVERS},
    paper=Reference(
        "M. D. McKay, R. J. Beckman, W. J. Conover",
        1979,
        "A Comparison of Three Methods for Selecting Values of Input Variables in the Analysis of Output "
        "from a Computer Code",
        "Technometrics 21",
        "doi:10.2307/1268522",
        "Points become the nearest rows, each at most once, in the order of the design; the box ends at "
        "quantiles. Sobol's (1967) and Halton's (1960) sequences are scrambled.",
    ),
)
def design_points(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    on: Annotated[
        tuple[str, ...],
        Par(
            "Columns that are the axes, or features for their leading components.",
            column=("any",),
            special=("features", "groups", "scores", "order"),
        ),
    ] = ("features",),
    design: Annotated[
        Literal["lhs", "sobol", "halton"],
        Par("Latin hypercube (one point in each slice of each axis), or a sequence of low discrepancy."),
    ] = "lhs",
    components: Annotated[
        int, Par("Leading principal components that stand for the features.", 1, 50, 1)
    ] = 4,
    trim: Annotated[
        float, Par("Share of rows beyond each end of each axis that the box leaves out.", 0, 0.25, 0.005)
    ] = 0.01,
) -> Picks:
    """Points of a design in the box of standardised axes, then the nearest free row to each in turn."""
    progress(0, 1, "axes")
    count = sum(_values(inputs, name) for name in on)
    if count > _AXES:
        raise ParameterError(
            f"A design on {counted(count, 'axis', 'axes')} cannot be made",
            f"it takes at most {_AXES:,}, and each value of a text column is an axis",
            "name fewer columns",
        )
    x, names, notes = columns_matrix(inputs, on, components)
    points = _in_box(x, unit_design(design, len(names), budget, draws.generator(design)), trim)
    u = draws.uniforms("ties") if not names else None
    rows, gaps, moved = nearest_free(x, points, inputs.pins, progress.part(0.1, 1), u)
    notes += (
        f"{counted(len(names), 'axis', 'axes')}. On average a chosen row lies {gaps.mean():.3g} standard "
        "deviations from its "
        f"point of the design; {counted(moved, 'point')} lost the nearest row to another one.",
        "Rows that differ in these columns need not differ in anything else.",
    )
    return Picks(rows, notes=notes)


def _values(inputs: Inputs, name: str) -> int:
    """Axes that a column makes: one for numbers and times, one for each value of a category."""
    if name == "groups" and inputs.groups is not None:
        return len(inputs.groups.names)
    if inputs.frame is None or name not in inputs.frame.columns:
        return 1
    return 1 if is_number(inputs, name) else len(grouping(inputs, name)[1])


def unit_design(design: str, axes: int, count: int, rng: np.random.Generator) -> Double:
    """Points in the unit cube, float64 (count, axes).

    Example:
        >>> points = unit_design("lhs", 2, 5, np.random.default_rng(0))
        >>> [sorted(np.floor(5 * axis).astype(int).tolist()) for axis in points.T]
        [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    """
    from scipy.stats import qmc

    if not axes:
        return np.empty((count, 0))
    rng = np.random.default_rng(int(rng.integers(2**63)))  # scipy wants a generator that has a seed
    if design == "lhs":
        return np.asarray(qmc.LatinHypercube(axes, rng=rng).random(count))
    if design == "halton":
        return np.asarray(qmc.Halton(axes, rng=rng).random(count))
    # The sequence keeps its balance over whole powers of two; its beginning is the design.
    return np.asarray(qmc.Sobol(axes, rng=rng).random_base2((count - 1).bit_length()))[:count]


def _in_box(x: Double, unit: Double, trim: float) -> Double:
    """Points of the unit cube in the box between two quantiles of each axis, or its ends if these are one."""
    if not x.shape[1]:
        return unit
    low, high = np.quantile(x, [trim, 1.0 - trim], axis=0)
    flat = low == high  # most rows share one value: without its ends the axis would be a point
    low, high = np.where(flat, x.min(axis=0), low), np.where(flat, x.max(axis=0), high)
    return np.asarray(low + unit * (high - low))


def nearest_free(
    x: Double, points: Double, pins: Rows, progress: Progress, order: Double | None = None
) -> tuple[Rows, Double, int]:
    """For each point the nearest row that is still free; ties go to the lower row.

    Args:
        x: Rows, shape (n, p).
        points: Shape (count, p), count ≤ n.
        pins: Rows that are in already; each serves the nearest point that is not served yet.
        progress: Called once per point; may cancel.
        order: Numbers by which rows are told apart in place of distance where there are no axes.

    Returns:
        Distinct rows, pins first and then in the order of the points, int64 (count,); the distance of each to
        its point; and how many points lost their nearest row to another. O(n·count·p) time, O(n) memory.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> nearest_free(x, np.array([[0.9], [1.1]]), np.empty(0, np.int64), Progress())[0].tolist()
        [1, 2]
    """
    n, axes = len(x), np.ascontiguousarray(x.T)
    rows, gaps, moved = pins.tolist(), [], 0
    served, free = np.zeros(len(points), bool), np.ones(n, bool)
    free[pins] = False
    for row in pins.tolist():
        gap = ((points - x[row]) ** 2).sum(axis=1)
        gap[served] = np.inf
        at = int(gap.argmin())
        gaps.append(float(gap[at]))
        served[at] = True
    square, part = np.empty(n), np.empty(n)
    for count, at in enumerate(np.flatnonzero(~served).tolist()):
        progress(count, len(points), "nearest rows")
        square[:] = 0.0 if order is None else order
        for axis, value in zip(axes, points[at], strict=True):
            np.subtract(axis, value, out=part)
            np.multiply(part, part, out=part)
            square += part
        row = int(square.argmin())
        if not free[row]:
            moved += order is None
            square[~free] = np.inf
            row = int(square.argmin())
        rows.append(row)
        gaps.append(float(square[row]) if order is None else 0.0)
        free[row] = False
    return np.array(rows, np.int64), np.sqrt(gaps), moved
