"""Rules in columns that describe a selection: a shallow tree, measured on rows that it was not grown on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.arrays.wilson import wilson_interval
from ...foundation.number_format import share
from ...foundation.permanent_random import Draws
from ...foundation.progress import SILENT, Progress, patiently
from ...foundation.wording import count
from ...model.dataset import Dataset

if TYPE_CHECKING:
    from .column_steps import Steps

DEPTH = 3
GROWN_ON = 50_000
"""Rows that a tree is grown on at most, half of them of the selection where there are as many."""
FEWEST = 10
"""Rows of either side in either half below which nothing is described."""
STREAM = "describing-tree/1"
_REACH = NormalDist().inv_cdf(0.975)
_LEAF = 0.005  # of the rows grown on, below which no leaf goes
_SMALLEST_LEAF = 5
Bounds = dict[int, tuple[int, int | None]]  # of steps: codes above the first, not above the second


@dataclass(frozen=True)
class MeasuredRule:
    """A rule, with what it reaches on rows that it was not grown on.

    Args:
        words: As people read it, "price > 3.5 and country is DE".
        condition: The same for a filter (`core.data.filters.filter_rows.matching`) or ``--where``.
        rows: Rows measured on that meet it.
        hits: Those of them in the selection.
        precision, recall: Share of the rows that meet it which are in the selection; share of the selection
            that meets it. Each with its 95 % interval (Wilson, 1927).
    """

    words: str
    condition: str
    rows: int
    hits: int
    precision: float
    precision_interval: tuple[float, float]
    recall: float
    recall_interval: tuple[float, float]


@dataclass(frozen=True)
class SelectionDescription:
    """A selection in terms of columns, as far as these tell it.

    Args:
        rows: Of the selection.
        population: Rows that take part.
        rules: One for each part that the tree found, the most precise first; empty where none is better than
            the base rate.
        whole: The rules together (any of them); None likewise.
        base_rate: Share of the selection among the rows measured on: the precision of a rule that says
            nothing.
        grown_on: Rows that the tree was grown on.
        measured_on: Rows that precision and recall are of.
        sentence: All that in words.
    """

    rows: int
    population: int
    rules: tuple[MeasuredRule, ...]
    whole: MeasuredRule | None
    base_rate: float
    grown_on: int
    measured_on: int
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """A JSON form."""
        return asdict(self)


def describe_rows(
    data: Dataset,
    rows: Rows,
    *,
    within: Rows | None = None,
    without: Collection[str] = (),
    seed: int = 0,
    progress: Progress = SILENT,
) -> SelectionDescription:
    """Describe a selection by rules in columns.

    A random half of the rows grows a classification tree of depth 3 (L. Breiman and others, *Classification
    and regression trees*, 1984), in which the selection and the rest weigh the same, so that a small
    selection is not passed over. Leaves are joined, the most precise first, as long as F₁ on that half rises.
    The other half says what the rules are worth. They are rules for these rows, not causes, and another half
    may give others that are as good.

    Numbers, scores and times are split at short numbers, categories, labels and licences by single values,
    missing cells stand by themselves; texts and other roles are not used.

    Args:
        data: The data set.
        rows: The selection, canonical positions.
        within: Ascending positions of the rows that take part; None for all.
        without: Columns not to use, for example those that made the selection.
        seed: Of the halves.
        progress: Told how far the work is; may cancel.

    Returns:
        The description. O(n) for each column used, and the growing on at most 50,000 rows.

    Example:
        >>> from core.data.load import load
        >>> data = load("sample:wine")
        >>> first = np.flatnonzero(data.frame["cultivar"] == "cultivar 1")
        >>> found = describe_rows(data, first, without=["cultivar"])
        >>> found.whole.condition, found.whole.precision > 0.8
        ('flavanoids > 2.18 AND proline > 750', True)
    """
    from .column_steps import steps_of

    among = np.arange(len(data), dtype=np.int64) if within is None else within
    selected = np.zeros(len(data), bool)
    selected[rows] = True
    draws = Draws(data.keys[among], seed, STREAM)
    order = draws.generator("halves").permutation(len(among))
    grown, measured = (np.sort(among[part]) for part in np.array_split(order, 2))
    total, base = int(selected[among].sum()), float(selected[measured].mean())
    fewest = min(int((selected[half] == side).sum()) for half in (grown, measured) for side in (True, False))
    if fewest < FEWEST:
        why = f"a half of the rows holds {fewest:,} of one side, and {FEWEST} are the fewest"
        sentence = f"There are too few rows to find rules and to measure them on others: {why}."
        return SelectionDescription(total, len(among), (), None, base, 0, len(measured), sentence)
    sample, weights = _sample(grown, selected, draws.generator("sample"))
    columns = _Columns(data, steps_of(data, sample, frozenset(without)))
    parts = _parts(columns, sample, weights, selected, progress)
    rules = sorted(
        (_rule(columns, [part], measured, selected) for part in parts), key=lambda rule: -rule.precision
    )
    whole = _rule(columns, parts, measured, selected) if parts else None
    if whole is not None and whole.precision_interval[0] <= base:
        whole, rules = None, []
    sentence = _sentence(whole, base, len(sample), len(grown), len(measured))
    return SelectionDescription(
        total, len(among), tuple(rules), whole, base, len(sample), len(measured), sentence
    )


class _Columns:
    """Columns as steps, and what rows have of them."""

    def __init__(self, data: Dataset, steps: list[Steps]) -> None:
        self.data, self.steps = data, steps

    def codes(self, at: int, rows: Rows) -> NDArray[np.int16]:
        step = self.steps[at]
        return step.codes(self.data.frame[step.column].iloc[rows])

    def mask(self, bounds: Bounds, rows: Rows) -> NDArray[np.bool_]:
        met = np.ones(len(rows), bool)
        for at, limits in bounds.items():
            met &= self.steps[at].matches(self.codes(at, rows), *limits)
        return met

    def said(self, bounds: Bounds) -> tuple[str, str]:
        """Words and condition; that a row has a value says that it has none of the others."""
        has = {
            self.steps[at].column for at, (low, _) in bounds.items() if not self.steps[at].cuts and low == 0
        }
        texts = [
            self.steps[at].said(*limits)
            for at, limits in sorted(bounds.items())
            if self.steps[at].cuts or limits[0] == 0 or self.steps[at].column not in has
        ]
        return " and ".join(words for words, _ in texts), " AND ".join(condition for _, condition in texts)


def _sample(
    grown: Rows, selected: NDArray[np.bool_], generator: np.random.Generator
) -> tuple[Rows, NDArray[np.float64]]:
    """Rows to grow on, ascending, at most half of them of one side where both have more; what each is of."""
    found, shares = [], np.ones(2)
    for side in (False, True):
        part = grown[selected[grown] == side]
        if len(grown) > GROWN_ON and len(part) > GROWN_ON // 2:
            shares[int(side)] = len(part) / (GROWN_ON // 2)
            part = part[generator.permutation(len(part))[: GROWN_ON // 2]]
        found.append(part)
    rows = np.sort(np.concatenate(found))
    return rows, shares[selected[rows].astype(np.int64)]


def _parts(
    columns: _Columns,
    sample: Rows,
    weights: NDArray[np.float64],
    selected: NDArray[np.bool_],
    progress: Progress,
) -> list[Bounds]:
    """The parts of a tree that make up the description; none where no part is better than the base rate."""
    if not columns.steps:
        return []
    codes = np.column_stack([columns.codes(at, sample) for at in range(len(columns.steps))])
    inside = selected[sample]

    def grow() -> Any:
        from sklearn.tree import DecisionTreeClassifier

        least = max(_SMALLEST_LEAF, int(_LEAF * len(sample)))
        tree = DecisionTreeClassifier(
            max_depth=DEPTH, min_samples_leaf=least, class_weight="balanced", random_state=0
        )
        return tree.fit(codes.astype(np.float32), inside).tree_

    tree = patiently(grow, progress, "a tree that describes the selection")
    leaves = tree.apply(codes.astype(np.float32))
    hits = np.bincount(leaves, weights * inside, tree.node_count)
    rows = np.bincount(leaves, weights, tree.node_count)
    base = hits.sum() / rows.sum()
    chosen, best = set[int](), 0.0
    held, met = 0.0, 0.0
    order = np.flatnonzero(rows)
    for leaf in order[np.lexsort((order, -hits[order] / rows[order]))].tolist():
        held, met = held + hits[leaf], met + rows[leaf]
        f1 = 2 * held / (met + hits.sum())
        if hits[leaf] <= base * rows[leaf] or f1 <= best:
            break
        chosen.add(leaf)
        best = f1
    return _merged(_joined(tree, chosen, 0, {})[1])


def _joined(tree: Any, chosen: set[int], node: int, bounds: Bounds) -> tuple[bool, list[Bounds]]:
    """Whether all leaves below a node are chosen; and the chosen ones, a node standing for all below it."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return node in chosen, [bounds] if node in chosen else []
    at, cut = int(tree.feature[node]), int(np.floor(tree.threshold[node]))
    low, high = bounds.get(at, (-1, None))
    below = _joined(tree, chosen, left, {**bounds, at: (low, cut)})
    above = _joined(tree, chosen, right, {**bounds, at: (cut, high)})
    if below[0] and above[0]:
        return True, [bounds]
    return False, [*below[1], *above[1]]


def _merged(parts: list[Bounds]) -> list[Bounds]:
    """Parts that differ in one column alone, and there go on where the other ends, as one."""
    for first in parts:
        for second in parts:
            differ = [at for at in first.keys() | second.keys() if first.get(at) != second.get(at)]
            if len(differ) == 1 and differ[0] in first and differ[0] in second:
                at = differ[0]
                if first[at][1] == second[at][0]:
                    whole = {**first, at: (first[at][0], second[at][1])}
                    if whole[at] == (-1, None):
                        del whole[at]
                    return _merged([whole, *(part for part in parts if part not in (first, second))])
    return parts


def _rule(
    columns: _Columns, parts: list[Bounds], measured: Rows, selected: NDArray[np.bool_]
) -> MeasuredRule:
    """A rule that any of the parts meets, measured."""
    met = np.zeros(len(measured), bool)
    for part in parts:
        met |= columns.mask(part, measured)
    texts = [columns.said(part) for part in parts]
    words, condition = texts[0]
    if len(texts) > 1:
        words = " or ".join(f"({one})" for one, _ in texts)
        condition = " OR ".join(f"({one})" for _, one in texts)
    inside = selected[measured]
    rows, hits, held = int(met.sum()), int((met & inside).sum()), int(inside.sum())
    precision, recall = hits / rows if rows else 0.0, hits / held
    return MeasuredRule(
        words,
        condition,
        rows,
        hits,
        precision,
        wilson_interval(precision, rows, _REACH) if rows else (0.0, 1.0),
        recall,
        wilson_interval(recall, held, _REACH),
    )


def _sentence(whole: MeasuredRule | None, base: float, sample: int, grown: int, measured: int) -> str:
    on = f"grown on {count(sample, 'row')}" + (f" of {grown:,}" if sample < grown else "")
    on += f", measured on {measured:,} others"
    if whole is None:
        return (
            f"No rule in these columns is better than the base rate: {share(base)} of all rows are in the "
            f"selection ({on})."
        )
    return (
        f"Of the rows where {whole.words}, {share(whole.precision)} are in the selection (of all rows "
        f"{share(base)}), and these are {share(whole.recall)} of it ({on})."
    )
