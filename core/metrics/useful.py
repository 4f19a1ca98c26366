"""Useful? What can be estimated from the subset, or learned from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..model.needs import Need
from ..model.registry import Reference
from .declaration import METRICS, declare_metric
from .pool import Pool
from .predictions import BINS, STRATUM_ROWS, Predictions
from .terms import SubsetBatch


@declare_metric(
    id="effective-size",
    version=1,
    label="Effective sample size",
    sentence="How many rows of equal weight give estimates as steady as these weights do.",
    question="useful",
    direction="higher",
    range="1 to the number of chosen rows",
    unit="rows",
    formula="(Σw)² / Σw² over the design weights; not available where the strategy has none",
    paper=Reference("L. Kish", 1965, "Survey Sampling", "Wiley"),
    needs=set(),
    weighted=True,
    undefined="no subset here has design weights",
)
def effective_size(pool: Pool, batch: SubsetBatch) -> NDArray[np.float64]:
    """Kish's effective sample size, shape (subsets,); NaN without design weights."""
    if batch.weights is None:
        return np.full(len(batch), np.nan)
    return np.array([1.0 / float(share @ share) for share in batch.shares])


_LEFT_OUT = (
    "20 % of the rows leave before groups and strategies, which then run on the rest at the same fraction"
)
_VOTE = "the 5 nearest chosen rows vote (ties: the nearest voter's class), for at most 20,000 held-out rows"
_WIDE = f"groups with at least {STRATUM_ROWS} held-out rows, label classes where there are no groups"
_ALAIN = Reference(
    "G. Alain, Y. Bengio",
    2017,
    "Understanding intermediate layers using linear classifier probes",
    "ICLR workshop",
)
_COVER = Reference(
    "T. Cover, P. Hart",
    1967,
    "Nearest neighbor pattern classification",
    "IEEE Transactions on Information Theory",
    deviation="five neighbours of the chosen rows vote in place of one",
)
_SAGAWA = Reference(
    "S. Sagawa, P. W. Koh, T. B. Hashimoto, P. Liang",
    2020,
    "Distributionally robust neural networks for group shifts",
    "ICLR",
)
_GAP = Reference(
    "T. Hashimoto, M. Srivastava, H. Namkoong, P. Liang",
    2018,
    "Fairness without demographics in repeated loss minimization",
    "ICML",
    deviation="best less worst group's accuracy, a reading of disparity; not what the paper trains for",
)
_GUO = Reference(
    "C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger", 2017, "On calibration of modern neural networks", "ICML"
)
_BALANCED = Reference(
    "K. H. Brodersen, C. S. Ong, K. E. Stephan, J. M. Buhmann",
    2010,
    "The balanced accuracy and its posterior distribution",
    "ICPR",
    deviation="the mean over all classes that a held-out row has",
)
_NEEDS = {Need.FEATURES, Need.LABELS}
_NO_GROUP = f"no group has {STRATUM_ROWS} held-out rows"
_NO_TWO = f"no two groups have {STRATUM_ROWS} held-out rows"
_NOTHING = "in a subset or a random one beside it no row has a label, so nothing could be learned"


@declare_metric(
    id="probe-accuracy",
    version=2,
    label="Probe accuracy",
    sentence="How well a simple model trained on the subset predicts the label of rows it has never seen.",
    question="useful",
    direction="higher",
    range="0 to 1",
    formula="share of held-out rows that a logistic regression (L2, C = 1, fitted until no derivative of the "
    f"mean loss exceeds 10⁻⁴) predicts correctly; {_LEFT_OUT}",
    paper=_ALAIN,
    needs=_NEEDS,
    headline=True,
    stage="downstream",
    probe="logistic",
)
def probe_accuracy(predictions: Predictions) -> float:
    """Share of held-out rows predicted correctly."""
    return float(predictions.right.mean())


@declare_metric(
    id="probe-worst-group",
    version=2,
    label="Probe, worst group",
    sentence="The same accuracy in the group where it is lowest.",
    question="useful",
    direction="higher",
    range="0 to 1",
    formula=f"min over {_WIDE}, of the logistic probe's accuracy there",
    paper=_SAGAWA,
    needs=_NEEDS,
    stage="downstream",
    probe="logistic",
    undefined=_NO_GROUP,
    by_group=True,
)
def probe_worst_group(predictions: Predictions) -> float:
    """Smallest accuracy over groups with enough held-out rows; NaN where there is none."""
    return float(predictions.by_group.min()) if len(predictions.by_group) else float("nan")


@declare_metric(
    id="probe-gap",
    version=1,
    label="Probe, gap between groups",
    sentence="How much better the model is in its best group than in its worst.",
    question="useful",
    direction="lower",
    range="0 to 1",
    formula=f"max − min over {_WIDE}, of the logistic probe's accuracy there; needs two such groups",
    paper=_GAP,
    needs=_NEEDS,
    stage="downstream",
    probe="logistic",
    undefined=_NO_TWO,
    by_group=True,
)
def probe_gap(predictions: Predictions) -> float:
    """Best minus worst accuracy over groups with enough held-out rows; NaN below two such groups."""
    return float(np.ptp(predictions.by_group)) if len(predictions.by_group) > 1 else float("nan")


@declare_metric(
    id="probe-balanced",
    version=1,
    label="Probe, balanced accuracy",
    sentence="The same accuracy with every label class counting equally, however rare it is.",
    question="useful",
    direction="higher",
    range="0 to 1",
    formula="mean over label classes that a held-out row has, of the logistic probe's accuracy there",
    paper=_BALANCED,
    needs=_NEEDS,
    stage="downstream",
    probe="logistic",
)
def probe_balanced(predictions: Predictions) -> float:
    """Mean accuracy over the label classes of the held-out rows."""
    return float(predictions.by_class.mean())


@declare_metric(
    id="probe-calibration",
    version=1,
    label="Probe, calibration error",
    sentence="How far the model's confidence is from how often it is right.",
    question="useful",
    direction="lower",
    range="0 to 1",
    formula=f"expected calibration error: held-out rows in {BINS} bins of equal width by the logistic "
    "probe's largest class probability; Σ (rows in bin / rows) · |accuracy − mean confidence|",
    paper=_GUO,
    needs=_NEEDS,
    stage="downstream",
    probe="logistic",
    undefined=_NOTHING,
)
def probe_calibration(predictions: Predictions) -> float:
    """Expected calibration error; NaN where nothing could be learned (nobody voted)."""
    return predictions.calibration_error()


def _by_neighbours(of: str, sentence: str, formula: str = "", paper: Reference | None = None) -> None:
    """Declare a metric of the logistic probe for the neighbour probe too; only their words differ.

    Args:
        of: The metric's id.
        sentence: What it means of a vote.
        formula: Of the vote; "" where that of the logistic probe holds with the other probe's name.
        paper: Where it comes from; that of the logistic probe if not given.
    """
    twin = METRICS[of]
    METRICS.add(
        replace(
            twin,
            id=twin.id.replace("probe", "knn"),
            version=1,
            label=twin.label.replace("Probe", "Neighbour probe"),
            sentence=sentence,
            formula=formula or twin.formula.replace("logistic probe", "neighbour probe"),
            paper=paper or twin.paper,
            headline=False,
            probe="neighbours",
        )
    )


_by_neighbours(
    "probe-accuracy",
    "How often the chosen rows nearest to a row that was never seen have its label.",
    f"share of held-out rows predicted correctly where {_VOTE}; {_LEFT_OUT}",
    _COVER,
)
_by_neighbours("probe-worst-group", "The same accuracy of the vote in the group where it is lowest.")
_by_neighbours("probe-gap", "How much better the vote is in its best group than in its worst.")
_by_neighbours(
    "probe-balanced",
    "The accuracy of the vote with every label class counting equally, however rare it is.",
)
_by_neighbours(
    "probe-calibration",
    "How far the share of votes is from how often the vote is right.",
    "expected calibration error as for the logistic probe, of smoothed vote shares "
    "(votes + 1/classes) / (voters + 1)",
)
