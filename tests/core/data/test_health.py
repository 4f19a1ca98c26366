"""What is told about a data set, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.data.health import health
from core.data.load import load
from core.model.number_spellings import written_column


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
    assert one(findings, "1 text in 'text' repeat").count == 1
    assert one(findings, "1 more text in 'text' differs").count == 1


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
    assert one(findings, "identified by their content").level == "note"
    import io

    sink = io.BytesIO()
    np.save(sink, np.eye(3))
    assert one(found(sink.getvalue(), name="v.npy"), "3 rows and 1 column take").count > 0


def test_cells_that_keep_a_column_from_being_numbers_are_named():
    rows = "".join(f"{at},{'NA' if at % 10 == 3 else at + 0.5},{at}\n" for at in range(30))
    findings = found(f"id,price,{'n' * 3}\n{rows}".encode(), name="x.csv")
    told = one(findings, "'price' holds numbers in 27 of 30 cells")
    assert (told.level, told.columns, told.count) == ("warning", ("price",), 3)
    assert "because of 'NA' (3 rows). To read them: --read 'price=number:.;missing:NA'" in told.sentence
    assert not any(
        "holds numbers" in sentence for sentence in found(f"id,price,n\n{rows}".encode(), missing=["NA"])
    )
    odd = found(b"id,price\n1,2.5\n2,3.5\n3,n/a 2\n4,5x\n5,7\n6,8\n", name="x.csv")
    told = one(odd, "'price'").sentence
    assert "because of '5x' (1 row), 'n/a 2' (1 row). To read them:" in told
    assert "correct the 2 other values in the file, or add else:missing" in told


def test_numbers_as_people_write_them_are_named_with_the_way():
    ways = {
        "a percent sign": ["87%", "6.5%", "100 %"],
        "a currency sign": ["€1,495", "€ 20", "12.50 €"],
        "commas between thousands": ["3,147", "12", "1,234,567"],
        "points between thousands": ["1.234.567", "12.345,5"],
        "a decimal comma": ["68,37", "0,125", "7,5"],
        "a plus sign": ["+5", "-3", "+0.5"],
    }
    for way, cells in ways.items():
        table = pd.DataFrame({"id": range(len(cells)), "x": cells})
        meant = written_column(table["x"].astype("string"))
        assert meant is not None
        assert f"with {way} (" in meant.what
        told = one(found(table, roles={"x": "text"}), "'x' holds numbers in every cell")
        assert told.level == "warning"


def test_codes_texts_and_true_numbers_are_not_called_numbers():
    for cells in (
        ["007", "012", "5"],
        ["a1", "b2", "3"],
        ["1", "2", "3"],
        ["1-2", "3-4", "x"],
        ["", "", "a"],
    ):
        findings = found(pd.DataFrame({"id": range(3), "x": cells}))
        assert not any("holds numbers" in sentence for sentence in findings), cells


def test_dates_are_named_with_what_they_may_be():
    findings = found(pd.DataFrame({"id": range(3), "x": ["31.01.2026", "01.02.2026", "5/6/2026"]}))
    assert "'31.01.2026' would be 2026-01-31" in one(findings, "'x' holds dates in every cell").sentence
    findings = found(pd.DataFrame({"id": range(3), "x": ["03.01.2026", "01.02.2026", "5/6/2026"]}))
    told = one(findings, "'x' holds dates in every cell").sentence
    assert "'01.02.2026' may be 2026-02-01 (day, month, year) or 2026-01-02 (month, day, year)" in told


def test_rows_that_a_quotation_mark_swallowed_are_told():
    lines = [f"{at},word {at} river lamp" for at in range(40)]
    lines[9] = '9,"Great lamp said the river'
    lines[25] = '25,a word"'
    data = load(("id,review\n" + "\n".join(lines)).encode(), name="x.csv")
    told = one({each.sentence: each for each in health(data)}, "look like rows of the file")
    assert (len(data), told.level, told.columns) == (24, "warning", ("review",))
    assert told.sentence.startswith("A cell of 'review' spans 17 lines, 16 of which look like rows")
    assert told.count == 16
    # Text over several lines with as many commas is no table.
    poem = "Hello, you\nthis is, a text\nover some, lines"
    calm = load(f'id,review\n1,"{poem}"\n2,x\n'.encode(), name="x.csv")
    assert not any("look like rows" in each.sentence for each in health(calm))


def test_swallowed_rows_of_words_need_more_lines():
    def told(lines):
        body = "\n".join(["name,town", 'ann,"open', *lines, 'bob,close"', "eve,york"])
        return [
            each for each in health(load(body.encode(), name="x.csv")) if "look like rows" in each.sentence
        ]

    assert told([f"name {at},town {at}" for at in range(9)])
    assert not told([f"name {at},town {at}" for at in range(2)])
    assert not told([f"name {at},town {at}" if at % 2 else f"a line {at}" for at in range(20)])
