"""The notebook interface: a study that also exports and draws maps, bundles with a report, and displays.

Layers below make results; how they show themselves is given to their classes here, from above.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .analysis.comparison.result import Comparison
from .model.dataset import Dataset
from .model.selection import Selection
from .report.documents import notebook_display as display
from .report.documents.html_report import subset_report
from .report.documents.rendering import render
from .signoff import bundle
from .signoff.verification import Verification
from .study import study

if TYPE_CHECKING:
    from .model.decision import Decision


class Study(study.Study):
    """One data set under one recipe, as in `core.study.study`, that exports and shows itself.

    Example:
        >>> from core.data.load import load
        >>> study = Study(load("sample:wine")).embed("table").group("kmeans:3")
        >>> "kmeans:3" in study._repr_html_()
        True
    """

    def export(self, selection: Selection, out: Path | str, *, force: bool = False) -> Path:
        """Write the bundle of a subset; see `write_bundle`."""
        return write_bundle(self, selection, Path(out), force=force)

    def maps(
        self, comparison: Comparison, layout: Literal["pca", "umap"] = "pca", theme: str = "light"
    ) -> Any:
        """The subsets of a comparison side by side on one map, as a Plotly figure."""
        return display.maps_figure(self, comparison, layout, theme)

    def _repr_html_(self) -> str:
        return display.study_html(self)


def write_bundle(
    study: study.Study,
    selection: Selection,
    out: Path | str,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: bool = True,
    force: bool = False,
) -> Path:
    """`core.signoff.bundle.write_bundle`, with ``report.html`` unless `report` is False."""
    draw = subset_report if report else None
    return bundle.write_bundle(
        study, selection, out, sign=sign, csv=csv, jsonl=jsonl, whole=whole, report=draw, force=force
    )


def zip_bundle(
    study: study.Study,
    selection: Selection,
    *,
    sign: Decision | None = None,
    csv: bool = True,
    jsonl: bool = True,
    whole: bool = False,
    report: bool = True,
) -> bytes:
    """`core.signoff.bundle.zip_bundle`, with ``report.html`` unless `report` is False."""
    draw = subset_report if report else None
    return bundle.zip_bundle(study, selection, sign=sign, csv=csv, jsonl=jsonl, whole=whole, report=draw)


def verification_html(verification: Verification) -> str:
    """The outcome, and every check."""
    rows = [(check.part, check.name, check.status, check.sentence) for check in verification.checks]
    return render("notebook_verification.html", title=verification.summary, checks=rows)


for kind, html in (
    (Dataset, display.dataset_html),
    (Selection, display.selection_html),
    (Comparison, display.comparison_html),
    (Verification, verification_html),
):
    setattr(kind, "_repr_html_", html)  # noqa: B010
setattr(Comparison, "figure", display.strips_figure)  # noqa: B010
