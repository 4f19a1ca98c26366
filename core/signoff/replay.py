"""Running a recorded selection again, from recorded features or from new ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.fingerprint import array_digest
from ..data.row_ids import keys_of
from ..foundation.artifact_store import Store, digest
from ..foundation.errors import NeedError
from ..foundation.progress import SILENT, Progress
from ..model.dataset import Dataset, Kind
from ..model.derived import Features
from ..model.needs import Need
from ..model.recipe import Recipe
from ..model.selection import Selection
from ..strategies.declaration import STRATEGIES
from ..strategies.running.needs import needs_of

if TYPE_CHECKING:
    from ..study.study import Study

ARRAYS = ("weight", "inclusion", "multiplicity", "represents", "gains")
CLOSE = 1e-6


@dataclass(frozen=True)
class Replay:
    """What came out when a selection was run again.

    Args:
        study: The study it was run in.
        selection: The new selection.
        recomputed: Features were made again rather than read from the bundle, and the strategy used them.
        rows_in: Keys that are in the replay and not in the record.
        rows_out: Keys that are in the record and not in the replay.
        jaccard: Overlap of both.
        moved: The same rows in another order.
        numbers: Names of recorded numbers (weights and the like) that came out differently.
    """

    study: Study
    selection: Selection
    recomputed: bool
    rows_in: tuple[str, ...]
    rows_out: tuple[str, ...]
    jaccard: float
    moved: bool
    numbers: tuple[str, ...]

    @property
    def same(self) -> bool:
        """The same rows in the same order with the same numbers."""
        return not (self.rows_in or self.rows_out or self.moved or self.numbers)


def study_of(
    manifest: Mapping[str, Any], data: Dataset, store: Store | None, target: Dataset | None
) -> Study:
    """The study that a manifest describes, on the data at hand."""
    from ..study.study import Study

    # Whether the methods are the recorded ones is a check of its own, and some need nothing of a package.
    recipe = Recipe.from_json(manifest["recipe"]).with_(packages={})
    if manifest["recipe"].get("features") == "auto":
        recipe = recipe.with_(features=_as_chosen(manifest, data))
    return Study(data, recipe, store=store, target=target)


def _as_chosen(manifest: Mapping[str, Any], data: Dataset) -> str:
    """What "auto" came to when the bundle was written, as its features say: the rule may be another now."""
    label = str((manifest.get("features") or {}).get("label", ""))
    if re.fullmatch(r"\d+ table columns?", label):
        return "table"
    for name in sorted(data.columns(Kind.TEXT), key=len, reverse=True):
        if label.endswith(f" of {name!r}"):
            return f"text:{name}"
    return "auto"


def recorded_features(manifest: Mapping[str, Any], matrix: NDArray[np.float32]) -> Features:
    """Features from a bundle. Their key is their content, so nothing made of other numbers is mistaken for
    theirs."""
    block = manifest["features"]
    content = np.ascontiguousarray(matrix)
    content.flags.writeable = False
    return Features(
        matrix=content,
        metric=block["metric"],
        key=digest({"recorded": array_digest(content), "metric": block["metric"]}),
        label=str(block["label"]),
        names=tuple(block.get("names") or ()),
        notes=tuple(block.get("notes") or ()),
        made_by=dict(block.get("made_by") or {}),
    )


def recorded_sentence(manifest: Mapping[str, Any], features: Features) -> NDArray[np.float32] | None:
    """Where the recipe's sentence lies among recorded features, (d,); None where that was not recorded."""
    vector = np.array((manifest.get("near") or {}).get("vector") or [], np.float32)
    return vector if len(vector) == features.matrix.shape[1] else None


def uses_features(study: Study) -> bool:
    """Whether the recorded subset rests on features: by its strategy, groups made of them, or a sentence."""
    if study.recipe.near is not None:
        return True
    choice = study.recipe.strategies[0]
    needs = needs_of(choice.id, choice.params)
    spec = study.group_spec
    return bool({Need.FEATURES, Need.TARGET} & needs) or bool(
        Need.GROUPS in needs and spec is not None and spec.method != "column"
    )


def replay(
    manifest: Mapping[str, Any],
    study: Study,
    *,
    recomputed: bool,
    progress: Progress = SILENT,
) -> Replay:
    """Run the recipe of a manifest again and compare what comes out with what it records.

    Raises:
        NeedError: The recipe needs a target that was not given.
        ParameterError: The strategy is not known here.
    """
    recipe = study.recipe
    choice = recipe.strategies[0]
    STRATEGIES[choice.id]
    if manifest.get("target") and manifest["target"].get("used") and study.target_data is None:
        raise NeedError(
            "This subset was drawn towards a target",
            f"{manifest['target'].get('name')!r} is not part of the bundle",
            "give it (--target)",
        )
    block = manifest["selection"]
    # What a share came to; the wish is for other data. A sum of costs buys again what it bought.
    budget = recipe.budget if block.get("cost") else block["budget"]
    made = study.select(choice.id, budget, seed=recipe.seed, params=choice.params, progress=progress)
    was: list[str] = list(block["keys"])
    now = keys_of(study.data, made.rows)
    new, old = set(now), set(was)
    both = len(new & old)
    numbers = [name for name in ARRAYS if not _close(getattr(made, name), block.get(name))]
    quota = None if made.quota is None else {str(name): int(count) for name, count in made.quota.items()}
    numbers += [] if _same_cost(made, block.get("cost")) else ["cost"]
    numbers += ["quota"] if quota != block.get("quota") else []
    numbers += [name for name in ("population", "pinned") if getattr(made, name) != block.get(name)]
    return Replay(
        study=study,
        selection=made,
        recomputed=recomputed and uses_features(study),
        rows_in=tuple(key for key in now if key not in old),
        rows_out=tuple(key for key in was if key not in new),
        jaccard=both / max(1, len(new | old)),
        moved=new == old and now != was,
        numbers=() if new != old or now != was else tuple(numbers),
    )


def _same_cost(selection: Selection, recorded: Mapping[str, Any] | None) -> bool:
    if selection.cost is None or recorded is None:
        return (selection.cost is None) == (recorded is None)
    now = selection.cost.to_json()
    return now["asked"] == recorded["asked"] and _close(
        np.array([selection.cost.amount]), [recorded["spent"]]
    )


def _close(made: NDArray[Any] | None, recorded: Sequence[float] | None) -> bool:
    if made is None or recorded is None:
        return (made is None) == (recorded is None)
    if len(made) != len(recorded):
        return False
    try:
        old = np.asarray(recorded, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    new = np.asarray(made, np.float64)
    new = np.where(np.isfinite(new), new, np.nan)  # JSON has no infinity: it was written as null
    return bool(np.allclose(new, old, rtol=CLOSE, atol=CLOSE, equal_nan=True))
