"""The same table from any file is the same data set."""

from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.load import load


def same(one, two):
    assert one.fingerprint.digest == two.fingerprint.digest
    assert dict(one.fingerprint.columns) == dict(two.fingerprint.columns)
    assert one.keys.tobytes() == two.keys.tobytes()
    pd.testing.assert_frame_equal(one.frame[sorted(one.frame)], two.frame[sorted(two.frame)])
    assert {name: role.kind for name, role in one.roles.items()} == {n: r.kind for n, r in two.roles.items()}


def as_csv(table, delimiter=",", encoding="utf-8"):
    for at, column in enumerate(table.columns):
        if pa.types.is_floating(column.type):  # Arrow would write NaN as the word nan
            table = table.set_column(at, table.column_names[at], pc.if_else(pc.is_nan(column), None, column))
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(delimiter=delimiter))
    return sink.getvalue().decode().encode(encoding)


def as_parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def as_arrow(table, stream=False):
    sink = io.BytesIO()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_jsonl(table):
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in table.to_pylist())


def as_excel(table):
    sink = io.BytesIO()
    table.to_pandas().to_excel(sink, index=False)
    return sink.getvalue()


numbers = st.one_of(st.none(), st.integers(-(2**53), 2**53), st.sampled_from([0, 1, 7]))
floats = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=False),
    st.sampled_from([0.1, 1.0, -0.0, 1e300, 1e-7, 2.0**60]),
)
texts = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "a", "NA", "007", "1", "true", "2026-01-31", "x,y", 'say "hi"', "é", "two\nlines", "[1]"]
    ),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\x00"), max_size=6),
)
kinds = {
    "int": (numbers, pa.int64()),
    "float": (floats, pa.float64()),
    "text": (texts, pa.string()),
    "bool": (st.one_of(st.none(), st.booleans()), pa.bool_()),
    "time": (st.one_of(st.none(), st.integers(-(2**40), 2**50)), pa.timestamp("us", "UTC")),
}


@st.composite
def tables(draw):
    n = draw(st.integers(1, 10))
    columns = {}
    for at, kind in enumerate(draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=4))):
        cells, arrow = kinds[kind]
        columns[f"{kind} {at}"] = pa.array(draw(st.lists(cells, min_size=n, max_size=n)), arrow)
    # The last column is never empty, so that no line of the CSV is.
    columns["row"] = pa.array([str(draw(st.integers(0, 2))) for _ in range(n)])
    return pa.table(columns)


@settings(max_examples=40)
@given(tables(), st.randoms(use_true_random=False))
def test_csv_parquet_json_arrow_and_frames_agree(table, random):
    base = load(as_parquet(table), name="data")
    rows, columns = list(range(table.num_rows)), list(table.column_names)
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = table.take(rows).select(columns)
    for data in (
        as_csv(table),
        as_csv(mixed),
        as_parquet(mixed),
        as_arrow(mixed),
        as_arrow(table, stream=True),
    ):
        same(base, load(data, name="data"))
    if not any(pa.types.is_timestamp(kind) for kind in table.schema.types):
        same(base, load(as_jsonl(mixed), name="data"))
    same(base, load(mixed.to_pandas(), name="data"))


TABLE = pa.table(
    {
        "id": ["a1", "b2", "c3", "d4"],
        "text": ["Grüße, Welt", 'say "hi"', None, "two\nlines"],
        "count": pa.array([1, None, 3, 4], pa.int32()),
        "price": pa.array([0.1, 2.5, None, 4], pa.float32()),
        "flag": [True, False, None, True],
        "when": pa.array(["2026-01-31", "2026-02-01T09:30:00", None, "2026-03-01"]).cast(pa.timestamp("us")),
        "code": pa.array(["x", "y", "x", None]).dictionary_encode(),
        "empty": pa.nulls(4),
    }
)


# JSON and Excel know doubles only: what they hold is 0.1, as in the CSV.
DOUBLE = TABLE.set_column(3, "price", pa.array([0.1, 2.5, None, 4.0]))


@pytest.mark.parametrize(
    "data",
    [
        as_csv(TABLE),
        as_csv(TABLE, ";"),
        as_csv(TABLE, "\t"),
        as_csv(TABLE, "|"),
        as_csv(TABLE, encoding="utf-8-sig"),
        as_csv(TABLE, encoding="utf-16"),
        as_csv(TABLE, encoding="utf-16-le"),
        as_csv(TABLE, encoding="cp1252"),
        as_csv(TABLE)
        .replace(b'"two\nlines"', b'"two\x00lines"')
        .replace(b"\n", b"\r\n")
        .replace(b"\x00", b"\r\n"),
        b"sep=;\n" + as_csv(TABLE, ";"),
        as_jsonl(DOUBLE),
        orjson.dumps(DOUBLE.to_pylist()),
        orjson.dumps(DOUBLE.to_pydict()),
        as_arrow(TABLE),
        as_arrow(TABLE, stream=True),
        as_excel(DOUBLE),
        gzip.compress(as_csv(TABLE), mtime=0),
        gzip.compress(as_parquet(TABLE), mtime=0),
    ],
    ids=lambda data: data[:6].hex(),
)
def test_every_format_gives_one_data_set(data):
    same(load(as_parquet(TABLE), name="base"), load(data, name="data"))


def test_compressed_feather_and_a_zip_are_read(tmp_path):
    pyarrow.feather.write_feather(TABLE, str(tmp_path / "data.feather"), compression="zstd")
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("folder/data.csv", as_csv(TABLE))
        archive.writestr("__MACOSX/._data.csv", b"rubbish")
    base = load(as_parquet(TABLE), name="base")
    same(base, load(tmp_path / "data.feather"))
    same(base, load(tmp_path / "data.zip"))


def test_the_suffix_decides_nothing(tmp_path):
    (tmp_path / "data.csv").write_bytes(as_parquet(TABLE))
    same(load(tmp_path / "data.csv"), load(as_csv(TABLE), name="data.parquet"))


def test_a_file_is_read_by_path_in_text_or_path(tmp_path):
    (tmp_path / "data.csv").write_bytes(as_csv(TABLE))
    same(load(str(tmp_path / "data.csv")), load(tmp_path / "data.csv"))
    assert load(tmp_path / "data.csv").name == "data.csv"


def test_order_leads_back_to_the_source():
    data = load(as_csv(TABLE), name="data")
    assert data.frame["id"].tolist() == [TABLE["id"][int(row)].as_py() for row in data.order]
    words = [key.tobytes() for key in data.keys]
    assert words == sorted(words)
    assert not data.keys.flags.writeable


def test_lists_records_and_vectors_agree_between_parquet_json_and_csv():
    rng = np.random.default_rng(0)
    rows = [
        {"id": i, "tags": ["a", "b"][: i % 3], "meta": {"k": i, "j": None}, "v": rng.normal(size=9).tolist()}
        for i in range(5)
    ]
    table = pa.Table.from_pylist(rows)
    text = [{k: v if k == "id" else orjson.dumps(v).decode() for k, v in row.items()} for row in rows]
    base = load(as_parquet(table), name="data")
    assert base.vectors["v"].shape == (5, 9)
    assert base.roles["v"].kind.value == "vector"
    assert "v" not in base.frame
    for data in (as_jsonl(table), as_csv(pa.Table.from_pylist(text)), as_arrow(table)):
        other = load(data, name="data")
        same(base, other)
        np.testing.assert_array_equal(base.vectors["v"], other.vectors["v"])


def test_vectors_beside_a_table_are_bound_before_rows_are_ordered(tmp_path):
    frame = pd.DataFrame({"id": np.arange(50), "a": np.arange(50) % 3})
    matrix = np.random.default_rng(0).normal(size=(50, 4))
    np.save(tmp_path / "v.npy", matrix)
    np.savez(tmp_path / "one.npz", matrix)
    expected = matrix.astype(np.float32)
    for source in (tmp_path / "v.npy", tmp_path / "one.npz", matrix, (tmp_path / "v.npy").read_bytes()):
        data = load(frame, vectors={"v": source})
        np.testing.assert_array_equal(data.vectors["v"], expected[data.frame["id"].to_numpy(np.int64)])
        assert data.vectors["v"].dtype == np.float32
        assert not data.vectors["v"].flags.writeable
    by_content = load(frame[["a"]], vectors={"v": matrix})
    assert len(np.unique(by_content.keys, axis=0)) == 50
    np.testing.assert_array_equal(by_content.vectors["v"], expected[by_content.order])


def test_vectors_alone_are_a_data_set(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    np.save(tmp_path / "v.npy", matrix)
    data = load(tmp_path / "v.npy")
    assert len(data) == 20
    assert list(data.roles) == ["vectors"]
    assert len(data.frame) == 20
    np.testing.assert_array_equal(data.vectors["vectors"], matrix[data.order])
    assert load(tmp_path / "v.npy").fingerprint.digest == data.fingerprint.digest
    np.savez(tmp_path / "v.npz", x=matrix, y=np.arange(20) % 2, word=np.array(["a", "b"] * 10))
    data = load(tmp_path / "v.npz")
    assert set(data.frame.columns) == {"y", "word"}
    assert list(data.vectors) == ["x"]


def test_missing_words_are_the_users_choice():
    data = load(b"id,a\n1,NA\n2,5\n", name="x")
    assert data.frame["a"].dtype == "string"
    told = load(b"id,a\n1,NA\n2,5\n", name="x", missing=["NA"])
    assert told.frame["a"].dtype == "Int64"
    assert told.frame["a"].isna().sum() == 1


def test_pandas_dtypes_of_all_kinds_are_read():
    n = 3
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["a", None, "b"]),
            "numbers": pd.Categorical([1, 2, 1]),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "objects": pd.Series([1, "x", None], dtype=object),
            "period": pd.period_range("2026-01", periods=n, freq="M"),
            "gap": pd.to_timedelta([1, 2, None], unit="s"),
            "zone": pd.date_range("2026-01-01", periods=n, tz="Europe/Berlin"),
            "complex": np.array([1j, 2, 3]),
        }
    )
    data = load(frame.set_index(pd.Index(["p", "q", "r"], name="key")))
    assert data.fingerprint.id_column == "key"
    kinds = {name: str(dtype) for name, dtype in data.frame.dtypes.items()}
    assert kinds["category"] == kinds["objects"] == kinds["complex"] == kinds["period"] == "string"
    assert kinds["numbers"] == kinds["nullable"] == kinds["gap"] == "Int64"
    assert kinds["zone"] == "datetime64[us, UTC]"


def test_one_row_and_one_column_are_enough():
    assert len(load(b"a\nx\n", name="x")) == 1
    gaps = load(b"a\nx\n\ny\n", name="x")
    assert gaps.frame["a"].isna().sum() == 1


def test_ten_thousand_columns_are_read():
    names = [f"c{i}" for i in range(10_000)]
    line = ",".join(map(str, range(10_000)))
    data = load(f"{','.join(names)}\n{line}\n{line}\n".encode(), name="wide")
    assert data.frame.shape == (2, 10_000)


def test_a_cell_of_a_million_characters_is_read():
    data = load(b'a,b\n1,"' + b"x" * 1_000_000 + b'"\n2,y\n', name="long")
    assert data.frame["b"].str.len().max() == 1_000_000


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Grüße aus Köln, es war schön – „sehr“ schön"),
        ("cp1251", "Привет, это проверка кодировки текста в таблице"),
        ("gbk", "这是一个用来检查编码的句子，它有足够多的汉字"),
        ("shift_jis", "これは文字コードを調べるための文章です。十分に長いです"),
        ("utf-16-be", "Grüße aus Köln"),
    ],
)
def test_encodings_are_told_by_content(encoding, text):
    source = "id,text\n" + "".join(f'{i},"{text} {i}"\n' for i in range(40))
    data = load(source.encode(encoding), name="file")
    assert sorted(data.frame["text"])[0] == f"{text} 0"
    assert any("was read as" in note for note in data.notes)


def test_json_with_a_byte_order_mark_is_json():
    for encoding in ("utf-8-sig", "utf-16"):
        assert load('[{"a": 1}, {"a": 2}]'.encode(encoding), name="file").frame["a"].sum() == 3


def test_json_lines_may_lack_keys_and_nest():
    data = load(b'{"a": 1}\n\n{"b": {"y": 1, "x": [1.0]}}\n', name="file", id_column="")
    assert set(data.frame["b"].dropna()) == {'{"x":[1],"y":1}'}
    assert data.frame["a"].isna().sum() == 1


def test_blank_lines_at_the_end_are_no_rows():
    assert len(load(b"a\nx\ny\n\n\n", name="file")) == 2
    assert len(load(b"a,b\nx,1\ny,2\n\n\n", name="file")) == 2
    assert len(load(b"a\rx\ry\r", name="file")) == 2


def test_a_first_line_of_numbers_is_told():
    assert any("holds numbers only" in note for note in load(b"1,2\n3,4\n", name="file").notes)
    assert not any("numbers only" in note for note in load(b"a,2\n3,4\n", name="file").notes)
