"""De-duplication of texts: one row of each set of copies, then a uniform draw."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...foundation.arrays.array_types import Rows
from ...foundation.permanent_random import Draws, smallest
from ...foundation.progress import Progress
from ...foundation.wording import clause, count, verb
from ...model.inputs import Inputs
from ...model.needs import Need
from ...model.parameters import Par
from ...model.promises import Size, Weight
from ...model.registry import Reference
from ...model.selection import Picks
from ..declaration import Cost, Promises, declare
from ..parts.near_copies import distinct, near_copies
from ..wishes import Wish

LENGTH = 200  # characters of a text, for the estimate


@declare(
    id="deduplicate",
    version=1,
    label="De-duplicated draw",
    sentence="Keeps one row of each set of texts that are copies or nearly so, and draws among those at "
    "random.",
    family="redundancy",
    needs={Need.TEXT},
    promises=Promises(size=Size.AT_MOST, nested=True),
    weight=Weight.NONE,
    cost=Cost(
        work=lambda n, d, k: {"keyed": 2.0 * n, "steps": 15.0 * LENGTH * n + 4e6, "scan": 130.0 * LENGTH * n},
        memory=lambda n, d, k: 2500.0 * n + 2**27,
        text=f"O(characters · permutations) time, estimated for texts of {LENGTH} characters, longer where "
        "very many texts are almost near copies; O(n · permutations) memory",
    ),
    when="Texts were collected from many places: reposts, boilerplate and small edits would count twice.",
    when_not="How often a text occurs matters: copies are left out on purpose, so there are no weights.",
    answers={Wish.CLEAN},
    paper=Reference(
        "A. Z. Broder",
        1997,
        "On the resemblance and containment of documents",
        "Proceedings of Compression and Complexity of Sequences",
        "doi:10.1109/SEQUEN.1997.666900",
        "Shingles of characters instead of words. Candidates from locality-sensitive hashing are verified by "
        "their exact Jaccard similarity; about one pair in fifty just at the threshold is not found.",
    ),
)
def deduplicate(
    inputs: Inputs,
    budget: int,
    draws: Draws,
    progress: Progress,
    /,
    *,
    method: Annotated[
        Literal["minhash", "exact"],
        Par("Near copies as well, or only texts that are equal but for case and white space."),
    ] = "minhash",
    threshold: Annotated[
        float,
        Par(
            "Share of common shingles (Jaccard) from which on two texts are copies.",
            0.3,
            0.95,
            0.05,
            enabled_if=("method", "minhash"),
        ),
    ] = 0.8,
    shingle: Annotated[
        int,
        Par("Characters in a shingle.", 1, 50, 1, advanced=True, enabled_if=("method", "minhash")),
    ] = 5,
    permutations: Annotated[
        int,
        Par(
            "Length of a text's signature: longer finds more near copies and takes more time.",
            64,
            512,
            64,
            advanced=True,
            enabled_if=("method", "minhash"),
        ),
    ] = 128,
) -> Picks:
    """Components of copies, one row of each, and the rows with the smallest permanent random numbers.

    Whom a set of copies keeps and who is drawn are settled by different random numbers: the smallest of
    many would else be drawn more often, and large sets with it.
    """
    assert inputs.texts is not None
    codes, forms = distinct(inputs.texts, progress.part(0, 0.05 if method == "minhash" else 0.9))
    bare = int((codes == forms.index("")).sum()) if "" in forms else 0
    if method == "minhash":
        codes = near_copies(forms, shingle, threshold, permutations, progress.part(0.05, 0.95))[codes]
    size = np.bincount(codes)
    kept = _kept(inputs, codes, draws.uniforms("keep"))
    free = kept[~np.isin(kept, inputs.pins)]
    progress(0.95, 1, "drawing")
    chosen = free[smallest(draws.of(free, "draw").uniforms(), budget - len(inputs.pins))]
    rows = np.concatenate([inputs.pins, chosen]).astype(np.int64)
    sharing = np.bincount(codes[rows], minlength=len(size))
    stands: NDArray[np.float64] = size[codes[rows]] / sharing[codes[rows]]
    notes = _notes(inputs, int((size > 1).sum()), len(kept), bare)
    if len(rows) < budget:
        notes += (
            f"Only {clause(len(rows), 'row', 'is', 'are')} left without copies, fewer than the "
            f"{budget:,} asked for.",
        )
    return Picks(rows, represents=stands, notes=notes)


def _kept(inputs: Inputs, codes: Rows, u: NDArray[np.float64]) -> Rows:
    """The rows that stay, ascending: all pinned ones, else the best or a random row of each component."""
    scores = np.zeros(inputs.n) if inputs.scores is None else inputs.scores
    order = np.lexsort((u, -np.where(np.isnan(scores), -np.inf, scores), codes))
    first = order[np.unique(codes[order], return_index=True)[1]]
    first = first[~np.isin(codes[first], codes[inputs.pins])]
    return np.sort(np.concatenate([first, inputs.pins])).astype(np.int64)


def _notes(inputs: Inputs, sets: int, kept: int, bare: int) -> tuple[str, ...]:
    """What was left out, and why, for people."""
    if not sets:
        return ("No text is a copy of another.",)
    notes: tuple[str, ...] = (
        f"{count(inputs.n - kept, 'row')} in {count(sets, 'set')} of copies "
        f"{verb(inputs.n - kept, 'was', 'were')} left out.",
    )
    if inputs.scores is not None:
        notes += ("Of each set of copies the row with the highest score was kept.",)
    if bare > 1:
        notes += (
            f"{clause(bare, 'row', 'without text counts', 'without text count')} as copies of each other.",
        )
    return notes
