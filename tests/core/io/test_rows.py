"""Filters, pins and bans: rows named by a condition or by a list."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.errors import DataError
from core.io import load, matching, rows_named, subset_frame, write_csv, write_jsonl, write_parquet
from core.types import Selection

N = 60
FRAME = pd.DataFrame(
    {
        "id": [f"r{i}" for i in range(N)],
        "price": [None if i % 10 == 0 else i / 2 for i in range(N)],
        "lang": [["de", "en", "fr"][i % 3] for i in range(N)],
        "flag": [i % 2 == 0 for i in range(N)],
        "when": pd.date_range("2026-01-01", periods=N),
        "my column": range(N),
        "text": [f"it's =row {i}" if i % 4 else f"=SUM({i})" for i in range(N)],
        "tags": [[i, "a"] for i in range(N)],
    }
)
DATA = load(FRAME, name="data")
PLAIN = load(FRAME.drop(columns="id"), name="plain")


def ids(rows, data=DATA):
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    return set(data.frame["my column"][rows].tolist())


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("price > 20", [i for i in range(N) if i % 10 and i / 2 > 20]),
        ("price IS NULL", [i for i in range(N) if i % 10 == 0]),
        ("NOT (price > 20)", [i for i in range(N) if i % 10 and i / 2 <= 20]),
        ("lang IN ('de', 'fr') AND flag", [i for i in range(N) if i % 3 != 1 and i % 2 == 0]),
        ("flag", [i for i in range(N) if i % 2 == 0]),
        ('"my column" BETWEEN 3 AND 5', [3, 4, 5]),
        ("\"when\" >= '2026-02-28'", list(range(58, N))),
        ("text LIKE 'it''s%' AND length(text) < 12", [i for i in range(10) if i % 4]),
        ("tags LIKE '[7,%'", [7]),
        ("lang = 'de' -- a comment", list(range(0, N, 3))),
        ("false", []),
        ("true;", list(range(N))),
        ("id = 'r5' OR id = 'r6'", [5, 6]),
    ],
)
def test_conditions_match_what_python_counts(where, expected):
    assert ids(matching(DATA, where)) == set(expected)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("", "The condition is empty"),
        ("nope > 3", "nope"),
        ("price >", "syntax error"),
        ("1=1) UNION SELECT (1", "syntax error"),
        ("1=1; DROP TABLE data", "cannot be used"),
        ("price > 3, flag", "single expression"),
        ("sum(price) > 3", "aggregates"),
        ("text IN (SELECT column0 FROM read_csv('/etc/passwd'))", "disabled by configuration"),
        ("text IN (SELECT content FROM read_text('/etc/passwd'))", "disabled by configuration"),
        ("EXISTS (SELECT * FROM glob('/etc/*'))", "disabled by configuration"),
        ("EXISTS (SELECT * FROM FRAME)", "FRAME does not exist"),
        ("getenv('HOME') = ''", "getenv"),
        ("lang = 3", "Could not convert"),
    ],
)
def test_what_is_no_condition_is_refused_in_one_line(where, message):
    with pytest.raises(DataError, match=message) as caught:
        matching(DATA, where)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "why", "do"),
    [
        ('segment = "Retail"', "'Retail' is a text in the column 'segment'", "segment = 'Retail'"),
        ("retail", "is a text in the column", "segment = 'Retail'"),
        ("unit price > 3", "as it is written", '"unit price" > 3'),
        ("price > 3", "there is no column 'price'", 'one of id, segment, "unit price"'),
        ("segment =", "as it is written", "text in single quotes (segment = 'web')"),
        ("segment =", "as it is written", "id is not null"),
    ],
)
def test_a_wrong_condition_says_first_in_plain_words_what_to_write(where, why, do):
    rows = b"".join(b"%d,%s,%d\n" % (i, (b"Retail", b"web")[i % 2], i) for i in range(20))
    with pytest.raises(DataError) as caught:
        matching(load(b"id,segment,unit price\n" + rows, name="orders.csv"), where)
    assert why in caught.value.why
    plain, _, reason = caught.value.do.partition("DuckDB, which reads it, says: ")
    assert do in plain
    assert reason


def test_a_condition_that_takes_too_long_is_stopped():
    with pytest.raises(DataError, match=r"took longer than 0\.3 s"):
        matching(DATA, "(SELECT count(*) FROM range(100000000000) t(x) WHERE x % 7 = 3) > 1", seconds=0.3)


def test_vectors_alone_have_nothing_to_filter():
    data = load(pd.DataFrame({"a": [1, 2]}), vectors={"v": np.eye(2)})
    with pytest.raises(DataError, match="cannot be used"):
        matching(data, "v > 3")


def pick(data, rows):
    return Selection(np.array(rows, np.int64), "random", 1, {}, 0, len(rows), "", len(data))


def test_ids_are_named_in_a_list():
    assert ids(rows_named(DATA, ["r5", "r7", "r5"])) == {5, 7}
    assert len(rows_named(DATA, [])) == 0
    numbers = load(pd.DataFrame({"id": [1, 2, 3], "my column": [1, 2, 3]}), name="numbers")
    for given in ([2], ["2"], [2.0], [np.int64(2)]):
        assert ids(rows_named(numbers, given), numbers) == {2}


def test_keys_name_rows_with_and_without_ids():
    for data in (DATA, PLAIN):
        keys = [key.tobytes().hex() for key in data.keys[[3, 9]]]
        assert rows_named(data, keys).tolist() == [3, 9]
        assert rows_named(data, pd.DataFrame({"aliquot_key": keys})).tolist() == [3, 9]


def test_unknown_rows_are_refused_with_count_and_examples():
    with pytest.raises(DataError, match=r"2 of 3 named rows are not in data: 'x', 'y'.*ids of column 'id'"):
        rows_named(DATA, ["r1", "x", "y"])
    with pytest.raises(DataError, match="row keys"):
        rows_named(PLAIN, ["r1"])


@pytest.mark.parametrize(
    "content",
    [
        b"r5\nr7\n",
        b"\xef\xbb\xbfr5\r\n\r\nr7",
        b"id\nr5\nr7\n",
        b"other,id\n1,r5\n2,r7\n",
        b'["r5", "r7"]',
        b'{"id": "r5"}\n{"id": "r7"}\n',
    ],
)
def test_files_of_ids_are_read(content, tmp_path):
    assert ids(rows_named(DATA, content)) == {5, 7}
    (tmp_path / "list.txt").write_bytes(content)
    assert ids(rows_named(DATA, tmp_path / "list.txt")) == {5, 7}


@pytest.mark.parametrize("data", [DATA, PLAIN], ids=["ids", "content"])
def test_an_earlier_subset_names_its_rows(data, tmp_path):
    rows = [8, 3, 41, 20]
    frame, _ = subset_frame(data, pick(data, rows))
    write_parquet(frame, tmp_path / "subset.parquet")
    write_csv(frame, tmp_path / "subset.csv")
    write_jsonl(frame, tmp_path / "subset.jsonl")
    for name in ("subset.parquet", "subset.csv", "subset.jsonl"):
        assert rows_named(data, tmp_path / name).tolist() == sorted(rows), name
    assert rows_named(data, frame).tolist() == sorted(rows)


def test_a_part_whose_text_looks_like_numbers_is_still_found():
    data = load(pd.DataFrame({"code": ["1", "2", "x", "true"], "b": [1, 2, 3, 4]}), id_column="")
    part = pd.DataFrame({"code": ["1"], "b": [1]})
    assert data.frame["code"][rows_named(data, part)].tolist() == ["1"]
    keyed = load(pd.DataFrame({"id": ["007", "8", "x"], "b": [1, 2, 3]}))
    assert keyed.frame["b"][rows_named(keyed, pd.DataFrame({"id": ["8"]}))].tolist() == [2]


def test_identical_rows_are_named_as_often_as_they_are_given():
    data = load(pd.DataFrame({"a": ["x", "x", "x", "y"]}), name="data")
    assert len(rows_named(data, pd.DataFrame({"a": ["x", "x"]}))) == 2
    with pytest.raises(DataError, match="1 of 4 rows of the table are not in data"):
        rows_named(data, pd.DataFrame({"a": ["x"] * 4}))


def test_a_file_that_names_nothing_is_refused():
    with pytest.raises(DataError, match="neither the id column 'id' nor 'aliquot_key'"):
        rows_named(DATA, pd.DataFrame({"other": [1]}))
    with pytest.raises(DataError, match="without the column"):
        rows_named(PLAIN, pd.DataFrame({"lang": ["de"]}))
    with pytest.raises(DataError, match="There is no file"):
        rows_named(DATA, "nothing.txt")
    assert len(rows_named(DATA, pa.table({"id": []}).to_pandas())) == 0


def test_columns_that_differ_in_case_only_cannot_be_mistaken():
    data = load(pd.DataFrame({"a": [1, 2, 3], "A": [3, 2, 1], "b": [1, 2, 3]}))
    assert len(matching(data, "b > 1")) == 2
    for where in ("A > 1", "a > 1", "A_1 > 1"):
        with pytest.raises(DataError, match="differ in case only"):
            matching(data, where)


def test_a_column_named_like_a_word_of_sql_is_quoted_in_advice():
    data = load(b"id,group,v\n1,a,2\n2,b,3\n", name="words.csv")
    with pytest.raises(DataError) as caught:
        matching(data, "v = a")
    assert "\"group\" = 'a'" in str(caught.value)
    assert len(matching(data, "\"group\" = 'a'")) == 1
