"""The files of a comparison: its numbers as JSON and CSV, and its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...analysis.comparison.comparison import Comparison
    from ...strategies.presets import Preset
    from ...study.study import Study


def comparison_files(
    study: Study, comparison: Comparison, question: Preset | None = None
) -> dict[str, bytes]:
    """``comparison.json``, ``metrics.csv`` and ``report.html`` of a comparison, with its answer."""
    import orjson

    from ...data.row_ids import ids_of
    from ...features.basis import record
    from .html_report import comparison_report

    body = comparison.to_json(ids=ids_of(study.data), recipe=study.recipe.to_json())
    body["distances"] = record(study.spec, study.data, study.features()) if study.has("features") else None
    option = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    return {
        "comparison.json": orjson.dumps(body, option=option),
        "metrics.csv": comparison.metrics_table().to_csv(index=False, lineterminator="\n").encode(),
        "report.html": comparison_report(study, comparison, question=question).encode(),
    }
