"""Part B of `verify`: the recipe run again, from recorded features and from those that were made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..data.fingerprint import array_digest
from ..data.row_ids import ids_of, keys_of
from ..foundation.errors import AliquotError, NeedError
from ..foundation.progress import Progress
from ..foundation.wording import some
from ..model.budget import came_to
from ..model.derived import Groups
from .feature_recheck import Fit
from .open_bundle import SUBSET
from .replay import Replay, recorded_features, recorded_sentence, replay, study_of, uses_features
from .verification import SHOWN, Check, not_here

if TYPE_CHECKING:
    from ..study.study import Study
    from .checks import VerificationRun

REPLAY, FRESH, SENTENCE = "replay", "replay from new features", "sentence"
_SAME_PLACE = 1e-2  # of unit vectors: number formats differ between machines
_RENAMED = "Made again, the groups have other names."


def replay_all(
    run: VerificationRun,
    intact: bool,
    matrix: NDArray[np.float32] | None,
    fit: Fit | None,
    progress: Progress,
) -> None:
    """Run the recipe again from every set of features at hand, and note what differs.

    Args:
        run: The verification under way.
        intact: Data and record, but for the features, are intact.
        matrix: The recorded features, whole, where there are some.
        fit: How they fit the data; with features made again for all rows where they were.
        progress: Told how far the work is; may cancel it.

    Raises:
        NeedError: The recipe needs a target that was not given.
    """
    if run.gone:
        told = f"Replay not checked: made by {run.gone_in_words}, {not_here(run.install)}"
        run.checks.append(Check("B", REPLAY, "not checked", told))
        return
    fresh = fit.fresh if fit is not None else None
    altered = run.failed  # only features can have failed since
    if not intact or (altered and fresh is None):
        told = "Not replayed, because the record or the data is not intact."
        run.checks.append(Check("B", REPLAY, "not checked", told))
        return
    try:
        study = study_of(run.manifest, run.dataset, run.store, run.target)
    except AliquotError as error:
        run.say(REPLAY, [f"The recipe cannot be run on this data: {error}"], "", "B")
        return
    if not altered:
        given = study
        if matrix is not None:
            features = recorded_features(run.manifest, matrix)
            sentence = recorded_sentence(run.manifest, features)
            given = study.given(features, sentence)
            if sentence is not None and study.recipe.near is not None:
                _sentence(run, study.given(features), study.recipe.near.text, sentence)
        made = _replay(run, REPLAY, given, matrix is None, progress.part(0, 0.6))
        if made is not None:
            _groups(run, made, matrix is None)
    if fit is not None and fresh is not None and not fit.exact and uses_features(study):
        _replay(run, FRESH, study.given(fresh), True, progress.part(0.6, 1))


def _sentence(run: VerificationRun, study: Study, text: str, recorded: NDArray[np.float32]) -> None:
    """The recorded place of the recipe's sentence against where it lies when it is embedded again."""
    try:
        fresh = study.sentence(text)
    except AliquotError as error:
        run.checks.append(
            Check("B", SENTENCE, "not checked", f"The sentence was not embedded again: {error}")
        )
        return
    apart = float(np.abs(fresh - recorded).max())
    wrong = (
        [] if apart <= _SAME_PLACE else ["Embedded again, the sentence lies elsewhere among the features."]
    )
    run.say(SENTENCE, wrong, "The sentence lies where it was recorded.", "B", excused=not run.same)


def _replay(
    run: VerificationRun, name: str, study: Study, recomputed: bool, progress: Progress
) -> Replay | None:
    """Run the recipe again and tell every difference; None where it cannot be run."""
    try:
        made = replay(run.manifest, study, recomputed=recomputed, progress=progress)
    except NeedError:
        raise
    except AliquotError as error:
        run.say(name, [f"The recipe cannot be run on this data: {error}"], "", "B")
        return None
    run.replayed.append(made)

    block = run.manifest["selection"]
    ids = ids_of(made.study.data)
    known = dict(zip(block["keys"], map(str, block["ids"]), strict=True))
    again = "Run again from new features" if name == FRESH else "Run again"
    wrong = []
    if made.rows_in or made.rows_out:
        keys = keys_of(made.study.data, made.selection.rows)
        fresh = {key: str(ids[row]) for key, row in zip(keys, made.selection.rows, strict=True)}
        wrong.append(
            f"{again}, the recipe gives other rows: {len(made.rows_in):,} in "
            f"({some((fresh[key] for key in made.rows_in), SHOWN)}), {len(made.rows_out):,} out "
            f"({some((known[key] for key in made.rows_out), SHOWN)}); Jaccard {made.jaccard:.3f}."
        )
    elif made.moved:
        wrong.append(f"{again}, the recipe gives the same rows in another order.")
    wrong += [f"{again}, the recipe gives another {number} for the same rows." for number in made.numbers]
    right = f"{again}, the recipe gives the same rows in the same order."
    if block.get("asked") and block["asked"] != str(block["budget"]):
        rows = len(block["keys"]) if block.get("cost") else block["budget"]
        right += f" The budget was {came_to(block['asked'], rows)}."
    run.say(name, wrong, right, "B", excused=made.recomputed and not run.same)
    return made


def _groups(run: VerificationRun, replay: Replay, again: bool) -> None:
    """The recorded groups against those made again; `again` where their features had to be made again too."""
    from .contents import compare_groups

    block = run.manifest.get("groups")
    if not block:
        if run.rows is not None and SUBSET in run.bundle.files:
            wrong = compare_groups(run.bundle, None, run.rows)
            if wrong:
                run.say("groups", wrong, "", "B")
        return
    groups: Groups | None = replay.study.groups(typical=False)
    wrong = []
    if groups is None or array_digest(groups.codes.astype(np.int64)) != block.get("digest"):
        wrong.append("Made again, the groups are not the recorded ones.")
    elif list(groups.names) != block.get("names"):
        wrong.append(_RENAMED)
    elif run.rows is not None and SUBSET in run.bundle.files and not run.bundle.alone:
        wrong = compare_groups(run.bundle, groups, run.rows)
    clustered = replay.study.group_spec is not None and replay.study.group_spec.method != "column"
    # Elsewhere dictionaries of other releases may find other words for the same groups.
    renamed = len(wrong) == 1 and wrong[0] == _RENAMED
    excused = clustered and (again or renamed) and not run.same
    run.say("groups", wrong, "The groups are the recorded ones.", "B", excused=excused)
