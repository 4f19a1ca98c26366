"""The notebook interface: a study that also exports and draws maps, bundles with a report, and displays.

How other results show themselves is said in ``core/__init__.py``. What draws or writes is imported when it is
asked for, so that a study is there at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .model.selection import Selection
from .study import study

if TYPE_CHECKING:
    from .analysis.comparison.comparison import Comparison
    from .model.decision import Decision
    from .signoff.verification import Verification
    from .signoff.write_bundle import Report


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
        from .report.documents.notebook_display import maps_figure

        return maps_figure(self, comparison, layout, theme)

    def _repr_html_(self) -> str:
        from .report.documents.notebook_display import study_html

        return study_html(self)


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
    """`core.signoff.write_bundle.write_bundle`, with ``report.html`` unless `report` is False."""
    from .signoff.write_bundle import write_bundle as write

    draw = _report() if report else None
    return write(
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
    """`core.signoff.write_bundle.zip_bundle`, with ``report.html`` unless `report` is False."""
    from .signoff.write_bundle import zip_bundle as write

    draw = _report() if report else None
    return write(study, selection, sign=sign, csv=csv, jsonl=jsonl, whole=whole, report=draw)


def _report() -> Report:
    from .report.documents.html_report import subset_report

    return subset_report


def verification_html(verification: Verification) -> str:
    """The outcome, and every check."""
    from .report.documents.rendering import render

    rows = [(check.part, check.name, check.status, check.sentence) for check in verification.checks]
    return render("notebook_verification.html", title=verification.summary, checks=rows)
