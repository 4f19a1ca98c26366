"""What is told about a data set, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.io import health, load


def found(source, **options):
    return {finding.sentence: finding for finding in health(load(source, **options))}


def one(findings, part):
    hits = [finding for sentence, finding in findings.items() if part in sentence]
    assert len(hits) == 1, (part, list(findings))
    return hits[0]


def test_a_clean_table_is_fine():
    findings = found(pd.DataFrame({"id": range(10), "a": [f"word {i}" for i in range(10)]}))
    assert {finding.level for finding in findings.values()} == {"fine"}
    assert one(findings, "its own id in 'id'").columns == ("id",)
    assert one(findings, "of memory").count > 0


def test_missing_cells_are_counted():
    findings = found(
        pd.DataFrame(
            {
                "id": range(100),
                "few": [None] + [1, 2] * 49 + [1],
                "many": [None] * 40 + [1, 2] * 30,
                "all": None,
            }
        )
    )
    assert (one(findings, "'few' is missing").level, one(findings, "'few'").count) == ("note", 1)
    assert (one(findings, "'many' is missing in 40 rows (40.0%)").level) == "warning"
    assert one(findings, "Every cell is missing in 'all'").columns == ("all",)


def test_duplicates_are_counted_with_and_without_ids():
    rows = pd.DataFrame({"a": ["x", "x", "x", "y"], "b": [1, 1, 1, 2]})
    assert one(found(rows), "2 of 4 rows repeat another row.").count == 2
    with_ids = rows.assign(id=range(4))
    assert one(found(with_ids), "2 of 4 rows repeat another row apart from the id.").count == 2
    assert one(found(rows.iloc[2:]), "No row is there twice").level == "fine"


def test_texts_that_repeat_or_nearly_repeat_are_counted():
    texts = [
        "The parcel has not come yet.",
        "the parcel  has not come yet!",
        "The parcel has not come yet.",
        "Another matter entirely, thanks.",
    ]
    findings = found(pd.DataFrame({"id": range(4), "text": texts}), roles={"text": "text"})
    assert one(findings, "1 texts in 'text' repeat").count == 1
    assert one(findings, "1 more texts in 'text' differ").count == 1


def test_constant_crowded_and_endless_columns_are_told():
    frame = pd.DataFrame(
        {
            "id": range(400),
            "same": ["x"] * 400,
            "topic": [f"t{i % 60}" for i in range(400)],
            "x": np.where(np.arange(400) == 3, np.inf, np.arange(400) + 0.5),
        }
    )
    findings = found(frame)
    assert one(findings, "The same value stands in every row of 'same'").count == 1
    assert one(findings, "'topic' has 60 different values").level == "note"
    assert one(findings, "'x' holds infinity in 1 row").level == "problem"


def test_vectors_with_holes_are_a_problem():
    matrix = np.ones((5, 3))
    matrix[1, 1], matrix[2, 0] = np.nan, np.inf
    findings = found(pd.DataFrame({"id": range(5)}), vectors={"v": matrix})
    assert (one(findings, "'v' are missing or not finite").level, one(findings, "'v'").count) == (
        "problem",
        2,
    )
    findings = found(pd.DataFrame({"id": range(5)}), vectors={"v": np.ones((5, 3))})
    assert one(findings, "'v' holds vectors of 3 numbers").level == "fine"


def test_rows_without_ids_and_vectors_alone_are_told():
    findings = found(pd.DataFrame({"a": [1, 2]}))
    assert one(findings, "known by their content").level == "note"
    import io

    sink = io.BytesIO()
    np.save(sink, np.eye(3))
    assert one(found(sink.getvalue(), name="v.npy"), "3 rows and 1 column take").count > 0
