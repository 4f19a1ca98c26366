"""Downstream metrics of subsets, of strategies and of the random band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.parallel import in_parallel
from ...foundation.progress import SILENT, Progress
from ...metrics.declaration import METRICS
from ...metrics.predictions import Predictions
from ...model.open_registry import faults_of
from ...model.recipe import Choice
from ...strategies.running.run_seeds import run_seeds
from ..random_band.draw import band_subsets, sized
from ..random_band.means import means_of
from ..random_band.own_size import own_sizes
from . import probes
from .split import Split

_HELD = 1 << 28  # bytes of neighbours' codes held at once


def score_many(split: Split, subsets: Sequence[Rows], progress: Progress = SILENT) -> list[dict[str, float]]:
    """Downstream metrics of subsets of the training rows, by both probes.

    Args:
        split: What to learn from, and what to score on.
        subsets: Positions among the training rows. Rows without a label are left out.
        progress: Called between fits; may cancel.

    Returns:
        One mapping per subset, metric → value, the same whichever others are scored beside it.
    """
    # In canonical order, so that the same rows have the same values whichever came first.
    labelled = [np.sort(rows[split.y_train[rows] >= 0]) for rows in subsets]
    near = _neighbours(split, labelled, progress.part(0, 0.15))
    found = in_parallel(
        lambda rows: _measured("logistic", by_logistic(split, rows)),
        labelled,
        progress.part(0.15, 1),
        "training probes",
    )
    return [fitted | voted for fitted, voted in zip(found, near, strict=True)]


def by_logistic(split: Split, rows: Rows) -> Predictions:
    """The logistic probe's predictions for the held-out rows; `rows` are labelled training rows."""
    predicted, p = probes.logistic(split.x_train[rows], split.y_train[rows], split.x_test, split.classes)
    return Predictions(split.y_test, predicted, p, split.strata)


def by_neighbours(split: Split, subsets: Sequence[Rows], progress: Progress = SILENT) -> list[Predictions]:
    """The nearest-neighbour probe's predictions for the held-out rows it scores, one per subset."""
    codes = np.searchsorted(split.classes, split.y_train).astype(np.uint8)
    near = probes.nearest_codes(split.x_train, codes, subsets, split.x_test[split.near], progress)
    truth, strata = split.y_test[split.near], split.strata[split.near]
    return [Predictions(truth, *probes.vote(one, split.classes), strata) for one in near]


def reliability(split: Split, rows: Rows) -> dict[str, tuple[Rows, NDArray[np.float64], NDArray[np.float64]]]:
    """Held-out rows, mean confidence and accuracy by bin of confidence, for each probe of one subset."""
    labelled = np.sort(rows[split.y_train[rows] >= 0])
    return {
        "logistic": by_logistic(split, labelled).reliability(),
        "neighbours": by_neighbours(split, [labelled])[0].reliability(),
    }


def _neighbours(split: Split, subsets: Sequence[Rows], progress: Progress) -> list[dict[str, float]]:
    """The nearest-neighbour metrics of each subset, in portions that fit into memory."""
    many = max(1, _HELD // (probes.VOTERS * max(1, len(split.near))))
    out: list[dict[str, float]] = []
    codes = np.searchsorted(split.classes, split.y_train).astype(np.uint8)
    truth, strata = split.y_test[split.near], split.strata[split.near]
    unseen = split.x_test[split.near]

    def measured(near: NDArray[np.uint8]) -> dict[str, float]:
        return _measured("neighbours", Predictions(truth, *probes.vote(near, split.classes), strata))

    for at in range(0, len(subsets), many):
        share = 1 / len(subsets)
        here = subsets[at : at + many]
        part = progress.part(at * share, (at + len(here)) * share)
        near = probes.nearest_codes(split.x_train, codes, here, unseen, part.part(0, 0.9))
        out += in_parallel(measured, list(near), part.part(0.9, 1), "nearest neighbours")
    return out


def _measured(probe: str, predicted: Predictions) -> dict[str, float]:
    found = {}
    for metric in METRICS:
        if metric.probe == probe:
            with faults_of(metric):
                found[metric.id] = float(metric.body(predicted))
    return found


@dataclass(frozen=True)
class ProbeScores:
    """What a strategy's probes reach.

    Args:
        values: One mapping per seed, metric → value.
        held: What each seed's subset of the training rows holds, where that is not the split's budget; then
            it stands beside random subsets that hold as much (see `core.analysis.random_band.own_size`).
    """

    values: tuple[dict[str, float], ...]
    held: tuple[float, ...] = ()


def probe_values(
    split: Split,
    choice: Choice,
    *,
    seeds: int,
    seed: int,
    progress: Progress = SILENT,
) -> ProbeScores | str:
    """Downstream metrics of a strategy re-run on the training rows, or why there are none."""
    chosen = run_seeds(
        choice, split.train, split.budget, seeds=seeds, seed=seed, progress=progress.part(0, 0.8)
    )
    if isinstance(chosen, str):
        return chosen
    values = score_many(split, [one.rows for one in chosen], progress.part(0.8, 1))
    return ProbeScores(tuple(values), own_sizes(chosen, split.budget, split.train))


def probe_band(
    split: Split,
    size: int,
    *,
    seeds: int,
    seed: int,
    progress: Progress = SILENT,
    held: Sequence[float] = (),
) -> dict[int, dict[str, NDArray[np.float64]]]:
    """Downstream metrics of the random band, by M and metric: R values each, as in `Band.values`.

    Drawn from the training rows alone, under the pins among them. R·M logistic fits, and one pass over the
    distances from held-out to training rows for the neighbours of all subsets. With `held` the M subsets of
    each replicate hold that, as in `core.analysis.random_band.measure.measure_band`.
    """
    total = size * seeds
    drawn = sized(held, split.budget) if held else split.budget
    subsets = band_subsets(split.train, drawn, 0, total, seed=seed, progress=progress.part(0, 0.1))
    found = score_many(split, subsets, progress.part(0.1, 1))
    single = {name: np.array([values[name] for values in found]) for name in found[0]}
    return means_of(single, size, seeds, turns=bool(held))
