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

from .foundation.late_bindings import bind
from .foundation.version import __version__

if TYPE_CHECKING:
    from .data.health import health as health
    from .data.load import load as load
    from .data.load import with_roles as with_roles
    from .foundation.artifact_store import Store as Store
    from .foundation.errors import AliquotError as AliquotError
    from .foundation.progress import Progress as Progress
    from .metrics.declaration import METRICS as METRICS
    from .model.decision import Decision as Decision
    from .model.recipe import Choice as Choice
    from .model.recipe import Recipe as Recipe
    from .notebook import Study as Study
    from .notebook import write_bundle as write_bundle
    from .notebook import zip_bundle as zip_bundle
    from .signoff.verify import verify as verify
    from .strategies.declaration import STRATEGIES as STRATEGIES

_PLACES = {
    "AliquotError": "foundation.errors",
    "Choice": "model.recipe",
    "Decision": "model.decision",
    "METRICS": "metrics.declaration",
    "Progress": "foundation.progress",
    "Recipe": "model.recipe",
    "SAMPLES": "data.samples",
    "STRATEGIES": "strategies.declaration",
    "Store": "foundation.artifact_store",
    "Study": "notebook",
    "health": "data.health",
    "load": "data.load",
    "verify": "signoff.verify",
    "with_roles": "data.load",
    "write_bundle": "notebook",
    "zip_bundle": "notebook",
}
__all__ = ["__version__", *_PLACES]

for _owner, _places in {
    "core.model.dataset.Dataset": {"html": "core.report.documents.notebook_display:dataset_html"},
    "core.model.selection.Selection": {"html": "core.report.documents.notebook_display:selection_html"},
    "core.analysis.comparison.comparison.Comparison": {
        "html": "core.report.documents.notebook_display:comparison_html",
        "figure": "core.report.documents.notebook_display:strips_figure",
    },
    "core.signoff.verification.Verification": {"html": "core.notebook:verification_html"},
    "strategy": {"registry": "core.strategies.declaration:STRATEGIES"},
    "metric": {"registry": "core.metrics.declaration:METRICS"},
    "embedder": {"registry": "core.features.declaration:EMBEDDERS"},
    "clusterer": {"registry": "core.groups.declaration:CLUSTERERS"},
}.items():
    bind(_owner, _places)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PLACES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
