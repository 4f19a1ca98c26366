"""Aliquot: choose a subset you can defend.

In a notebook, five lines load, embed, group, compare and export; results show themselves::

    import core
    study = core.Study(core.load("sample:support_tickets")).embed("text:body").group("kmeans")
    found = study.compare(["random", "stratified", "k-center", "facility-location"], "5%")
    found
    study.export(study.select("k-center", "5%"), "bundle")

Everything below is imported when it is first asked for, so that ``import core`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .data.health import health as health
    from .data.load import load as load
    from .data.load import with_roles as with_roles
    from .foundation.artifact_store import Store as Store
    from .foundation.errors import AliquotError as AliquotError
    from .foundation.progress import Progress as Progress
    from .metrics import METRICS as METRICS
    from .model.recipe import Choice as Choice
    from .model.recipe import Recipe as Recipe
    from .signoff import Decision as Decision
    from .signoff import write_bundle as write_bundle
    from .signoff import zip_bundle as zip_bundle
    from .signoff.verify import verify as verify
    from .strategies import STRATEGIES as STRATEGIES
    from .study.study import Study as Study

_PLACES = {
    "AliquotError": "foundation.errors",
    "Choice": "model.recipe",
    "Decision": "signoff",
    "METRICS": "metrics",
    "Progress": "foundation.progress",
    "Recipe": "model.recipe",
    "SAMPLES": "data",
    "STRATEGIES": "strategies",
    "Store": "foundation.artifact_store",
    "Study": "study.study",
    "health": "data",
    "load": "data",
    "verify": "signoff",
    "with_roles": "data",
    "write_bundle": "signoff",
    "zip_bundle": "signoff",
}
__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PLACES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
