"""DSIR: importance resampling towards a target."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.errors import BudgetError, NeedError
from ...foundation.permanent_random import Draws, smallest
from ...foundation.progress import Progress
from ...foundation.wording import clause
from ...foundation.wording import count as counted
from ...foundation.words import tokens as tokens_of
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.weighted_draws import successive
from ..wishes import Wish

BUCKETS = 10_000
_TINY = 1e-8
_TRAIN = 20_000  # rows that the classifier of the table form learns from
_KNOWN = 1_000_000  # words and pairs remembered at once
_PART = 65_536  # texts summed at once


@declare(
    id="dsir",
    version=3,
    label="DSIR (resemble a target)",
    sentence="Draws rows with a chance that grows with how much likelier they are under the target.",
    family="target",
    needs={Need.TARGET},
    promises=Promises(nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {"keyed": n, "scan": 3.0 * n * d + 2e6 * d, "steps": 500.0 * n},
        memory=lambda n, d, k: 3000.0 * n + 12.0 * n * d + 2**27,
        text="O(tokens), or O(n·d) for tables",
    ),
    when="You hold examples of what the subset should look like.",
    when_not="You want all subpopulations: what the target lacks is lost.",
    answers={Wish.TARGET},
    paper=Reference(
        "S. M. Xie, S. Santurkar, T. Ma, P. Liang",
        2023,
        "Data Selection for Language Models via Importance Resampling",
        "NeurIPS",
        "arXiv:2302.03169",
        "No minimum length by default (the paper drops short texts), but texts without words come last. "
        "Scripts without spaces are split by dictionaries. Rows without text use a classifier's density "
        "ratio on the features: DSIR-style.",
    ),
)
def dsir(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    form: Annotated[
        Literal["auto", "text", "features"],
        Par(
            "Hashed words and word pairs, or a classifier on the features; auto takes text if it can.",
            special=("features",),
        ),
    ] = "auto",
    draw: Annotated[Literal["resample", "top"], Par("Weighted draw, or the highest weights.")] = "resample",
    laplace: Annotated[
        float, Par("Added to each count; raise it for small targets.", 0, 100, 0.1, advanced=True)
    ] = 0.0,
    min_tokens: Annotated[
        int, Par("Texts with fewer words are left out.", 0, 1_000_000, 1, advanced=True)
    ] = 0,
) -> Picks:
    """Log density ratio per row, then successive sampling in the log domain."""
    assert inputs.target is not None
    words = inputs.texts is not None and inputs.target.texts is not None
    notes: tuple[str, ...]
    allowed, silent = np.ones(inputs.n, bool), np.zeros(inputs.n, bool)
    if form == "text" and not words:
        raise NeedError(
            "DSIR cannot read words", "the rows or the target hold no text", "choose form features"
        )
    if form == "text" or (form == "auto" and words):
        assert inputs.texts is not None
        assert inputs.target.texts is not None
        weight, tokens = text_weights(inputs.texts, inputs.target.texts, laplace, progress)
        allowed, silent = tokens >= min_tokens, tokens == 0
        notes = ("Hashed words and word pairs were compared with the target's.",)
        if silent.any() and min_tokens < 1:
            notes += (
                f"{clause(int(silent.sum()), 'text', 'holds', 'hold')} no words; all others come first.",
            )
        if not allowed.all():
            notes += (f"Texts under {counted(min_tokens, 'word')} were left out: {int((~allowed).sum()):,}.",)
    else:
        if inputs.features is None or inputs.target.features is None:
            raise NeedError(
                "DSIR-style weights cannot be made",
                "rows and target have no features in common",
                "choose features for both",
            )
        weight = table_weights(inputs.matrix(), inputs.target.features, progress)
        notes = ("DSIR-style: a classifier's density ratio on the features, not the paper's word counts.",)
    allowed[inputs.pins] = False
    free = np.flatnonzero(allowed)
    count = budget - len(inputs.pins)
    if count > len(free):
        raise BudgetError(
            f"A budget of {counted(budget, 'row')} cannot be drawn",
            f"only {clause(len(free) + len(inputs.pins), 'text', 'has', 'have')} "
            f"{counted(min_tokens, 'word')} or more",
            "lower the minimum or the budget",
        )
    u = draws.of(free).uniforms()
    spoken, rest = np.flatnonzero(~silent[free]), np.flatnonzero(silent[free])
    first = min(count, len(spoken))
    if draw == "top":
        chosen = spoken[smallest(-weight[free[spoken]], first)]
    else:
        chosen = spoken[successive(u[spoken], weight[free[spoken]], first)]
    # The weight of no words is that of an even chance: before all that is off the target.
    chosen = np.concatenate([chosen, rest[smallest(u[rest], count - first)]])
    return Picks(np.concatenate([inputs.pins, free[chosen]]), notes=notes)


class _Buckets(dict[str | tuple[str, str], int]):
    """Bucket of each word and each pair of words: sha256 modulo 10,000, made once."""

    def __missing__(self, gram: str | tuple[str, str]) -> int:
        if len(self) >= _KNOWN:
            self.clear()
        text = gram if isinstance(gram, str) else " ".join(gram)
        bucket = int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest(), "big") % BUCKETS
        self[gram] = bucket
        return bucket


def grams(texts: Sequence[str], known: _Buckets, progress: Progress) -> tuple[NDArray[np.int16], Rows, Rows]:
    """Buckets of all words and pairs of neighbouring words, one text after the other.

    Returns:
        The buckets, where each text begins in them (and the end), and words per text.

    Example:
        >>> flat, starts, words = grams(["Alice is eating."], _Buckets(), Progress())
        >>> len(flat), starts.tolist(), words.tolist()
        (7, [0, 7], [4])
    """
    flat = array("h")
    starts = np.zeros(len(texts) + 1, np.int64)
    tokens = np.zeros(len(texts), np.int64)
    bucket = known.__getitem__
    for at, text in enumerate(texts):
        if at % 1024 == 0:
            progress(at, len(texts), "counting words")
        words = tokens_of(text.lower())
        flat.extend(map(bucket, words))
        flat.extend(map(bucket, pairwise(words)))
        tokens[at] = len(words)
        starts[at + 1] = len(flat)
    return np.frombuffer(flat, np.int16) if len(flat) else np.empty(0, np.int16), starts, tokens


def text_weights(
    texts: Sequence[str], target: Sequence[str], laplace: float, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Log importance weight and number of words of each text.

    Example:
        >>> text_weights(["a b", "c d"], ["a b", "c d"], 0.0, Progress())[0].tolist()
        [0.0, 0.0]
    """
    known = _Buckets()
    wanted, _, _ = grams(target, known, progress.part(0, 0.1))
    if not len(wanted):
        raise NeedError("DSIR cannot learn from the target", "its texts hold no words", "give another target")
    flat, starts, tokens = grams(texts, known, progress.part(0.1, 0.95))
    ratio = _log_share(wanted, laplace) - _log_share(flat, laplace)
    weight = np.zeros(len(texts))
    for begin in range(0, len(texts), _PART):
        # Each text is summed on its own: equal texts have equal weights wherever they stand.
        here = np.flatnonzero(np.diff(starts[begin : begin + _PART + 1])) + begin
        if len(here):
            first, last = starts[here[0]], starts[here[-1] + 1]
            weight[here] = np.add.reduceat(ratio[flat[first:last]], starts[here] - first)
    return weight, tokens


def _log_share(flat: NDArray[np.int16], laplace: float) -> NDArray[np.float64]:
    count = np.bincount(flat, minlength=BUCKETS) + laplace
    share: NDArray[np.float64] = np.log(count / max(count.sum(), 1.0) + _TINY)
    return share


def table_weights(
    x: NDArray[np.float32], target: NDArray[np.float32], progress: Progress
) -> NDArray[np.float64]:
    """Log density ratio of the target to the rows by logistic regression on scaled features."""
    from sklearn.linear_model import LogisticRegression

    progress(0, 1, "learning the target")
    # Rows stand in the order of their keys, which are hashes: the first ones are a random part.
    own = x[:_TRAIN].astype(np.float64)
    centre, scale = own.mean(axis=0), own.std(axis=0)
    scale[scale == 0] = 1.0
    both = np.concatenate([own, target[:_TRAIN]]) - centre
    both /= scale
    label = np.repeat([0, 1], [len(own), min(len(target), _TRAIN)])
    model = LogisticRegression(max_iter=500, class_weight="balanced").fit(both, label)
    slope = model.coef_[0] / scale
    shift = float(model.intercept_[0] - centre @ slope)
    out = np.empty(len(x))
    for start in range(0, len(x), 1024):
        progress(start, len(x), "weights")
        out[start : start + 1024] = x[start : start + 1024].astype(np.float64) @ slope + shift
    return out
