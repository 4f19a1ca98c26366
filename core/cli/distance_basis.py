"""What a command says about the distances it measured by: what they rest on, why, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..foundation.errors import FeatureError
from .console import say

if TYPE_CHECKING:
    from ..model.dataset import Dataset
    from ..study.study import Study

_CHANGE = "--features and --embedder choose others"


def basis_of(study: Study) -> dict[str, Any]:
    """What a study's distances rest on, in JSON; empty where nothing was measured by distance."""
    from ..features.basis import record

    return record(study.spec, study.data, study.features()) if study.has("features") else {}


def basis_unasked(data: Dataset) -> dict[str, Any]:
    """What distances would rest on where nobody chooses, in JSON; or why there is nothing."""
    from ..features.basis import distances
    from ..features.spec import FeatureSpec, resolve

    try:
        spec = resolve(FeatureSpec(), data)
    except FeatureError as error:
        return {"features": "", "sentence": "none", "reason": error.why}
    return {"features": spec.text, "sentence": distances(spec, data), "reason": spec.reason}


def say_basis(basis: dict[str, Any], unless: str = "") -> None:
    """Write it for people; warnings come with the subset, or on standard error.

    Args:
        basis: Of one of the functions above.
        unless: When it holds, where that is not sure yet.
    """
    if not basis:
        return
    say(f"distances{unless}: {basis['sentence']} ({_CHANGE})")
    if basis["reason"]:
        say(f"  because {basis['reason']}")
    for note in basis.get("notes", ()):
        say(f"  {note}")
