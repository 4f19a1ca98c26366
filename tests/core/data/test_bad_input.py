"""Everything design.md lists under bad input that reaches the readers: a sentence, never a traceback."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.load import load
from core.data.readers.unpack import inside, open_bytes
from core.foundation.errors import Cancelled, ColumnError, DataError
from core.foundation.progress import Progress


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def npy(array, **options):
    sink = io.BytesIO()
    np.save(sink, array, **options)
    return sink.getvalue()


def zipped(*members):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def excel(frame):
    sink = io.BytesIO()
    frame.to_excel(sink, index=False)
    return sink.getvalue()


GOOD = parquet(id=list(range(500)), a=[f"text {i}" for i in range(500)])
TORCH = zipped(("archive/data.pkl", b"\x80\x02."), ("archive/version", b"3"))

CASES = {
    "empty": (b"", "is empty: it has 0 bytes"),
    "blank": (b" \n\n", "is empty: it holds no text"),
    "header only": (b"a,b\n", "has no rows: it holds a header only"),
    "header only, no line end": (b"a,b", "has no rows"),
    "parquet without rows": (parquet(a=pa.array([], pa.int64())), "has no rows"),
    "no records": (b"[]", "has no rows: its list is empty"),
    "workbook without rows": (excel(pd.DataFrame({"a": []})), "has no rows"),
    "empty workbook": (excel(pd.DataFrame()), "is empty: no worksheet has a cell"),
    "twice": (b"a,b,a\n1,2,3\n", "more than one column called 'a': columns 1, 3"),
    "twice in parquet": (parquet(), "has no columns"),
    "short line": (b"a,b\n1,2\n3\n4,5\n", "Line 3 of .* has 1 field: the header has 2"),
    "long line": (b'a,b\n"1\n1",2\n3,4,5\n', "Line 4 of .* has 3 fields: the header has 2"),
    "open quote": (
        b'a,b\n1,"2\n3,4\n',
        "cannot be read as a table: a quotation mark on line 2 is never closed",
    ),
    "mixed encodings": (
        "a\né\n".encode() * 9 + b"caf\xe9\n",
        "mixes encodings: 9 lines are UTF-8, line 19 is not",
    ),
    "utf-16 cut": (b"\xff\xfea\x00,\x00b", "says it is UTF-16 and is not"),
    "broken jsonl": (b'{"a": 1}\n{"a": \n', "Line 2 of .* is not valid JSON"),
    "broken json": (b'[{"a": 1}, {"a"]', "is not valid JSON: line 1"),
    "json of numbers": (b'[{"a": 1}, 5]', "Entry 2 of .* is not a record: it is a int"),
    "json of unequal columns": (b'{"a": [1, 2], "b": [1]}', "columns of unequal length: 'a' 2, 'b' 1"),
    "jsonl of a list": (b'{"a": 1}\n[1]\n', "Line 2 of .* is not a record"),
    "truncated parquet": (GOOD[:-200], "cannot be read as Parquet: the file is damaged or incomplete"),
    "hollow parquet": (b"PAR1" + bytes(200) + b"PAR1", "cannot be read as Parquet"),
    "truncated arrow": (b"ARROW1\x00\x00" + bytes(50), "cannot be read as Arrow"),
    "truncated gzip": (gzip.compress(GOOD)[:-50], "damaged or incomplete"),
    "broken zip": (b"PK\x03\x04" + bytes(50), "cannot be unpacked"),
    "pickle": (pickle.dumps([1, 2]), "is a pickle .* can run any program"),
    "packed pickle": (gzip.compress(pickle.dumps([1, 2])), "is a pickle"),
    "torch": (TORCH, "is a pickle"),
    "object array": (npy(np.array([{}, 1], object), allow_pickle=True), "holds Python objects"),
    "truncated array": (npy(np.zeros((9, 9)))[:-50], "cannot be read as a NumPy array"),
    "array of words": (npy(np.array([["a", "b"]])), "does not hold vectors"),
    "two tables": (
        zipped(("a.csv", b"a\n1\n"), ("b.csv", b"a\n1\n")),
        "must hold one table: it holds 2 files",
    ),
    "empty zip": (b"PK\x05\x06" + bytes(18), "must hold one table: it holds 0 files"),
    "path escape": (zipped(("../../evil.csv", b"a\n1\n")), "points outside the archive"),
    "absolute member": (zipped(("/etc/evil.csv", b"a\n1\n")), "points outside the archive"),
    "windows member": (zipped(("..\\evil.csv", b"a\n1\n")), "points outside the archive"),
    "old excel": (b"\xd0\xcf\x11\xe0" + bytes(99), "old Excel workbook"),
    "image": (b"\x89PNG\r\n" + bytes(99), "is an image"),
    "noise": (bytes(range(256)) * 4, "is not a table"),
    "a long cell": (b"a,b\n1," + b"x" * 1_000_001 + b"\n", "1,000,001 characters"),
    "too many columns": (
        ",".join(map(str, range(10_001))).encode() + b"\n",
        "10,001 columns: at most 10,000",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_files_are_refused_in_one_sentence(case):
    data, message = CASES[case]
    with pytest.raises(DataError, match=message) as caught:
        load(data, name="file")
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_repeated_names_are_refused_in_every_format():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    sink = io.BytesIO()
    pq.write_table(table, sink)
    two = pd.DataFrame([[1, 2]], columns=["a", "a"])
    for source in (sink.getvalue(), two, excel(two)):
        with pytest.raises(DataError, match="more than one column called 'a'"):
            load(source, name="file")


def test_a_missing_name_is_given_and_told():
    data = load(b"a,,c\n1,2,3\n", name="file")
    assert list(data.frame.columns) == ["a", "column_2", "c"]
    assert "Column 2 has no name and is called 'column_2'." in data.notes


def test_a_mixed_file_names_the_line_of_an_umlaut_in_another_encoding():
    with pytest.raises(DataError, match=r"line 3 .*0xfc"):
        load("text\nmüde\n".encode() + b"m\xfcde\n", name="file")


def test_bombs_are_stopped_while_they_unpack():
    bomb = bytes(30_000_000)
    for data in (gzip.compress(bomb), zipped(("a.csv", bomb))):
        with pytest.raises(DataError, match="too large when unpacked"):
            load(data, name="bomb", limit=1_000_000)


def test_a_zip_that_lies_about_its_size_is_stopped_too():
    data = bytearray(zipped(("a.csv", bytes(5_000_000))))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    with pytest.raises(DataError):
        load(bytes(data), name="bomb", limit=1_000_000)


def test_nested_archives_are_not_followed_for_ever():
    data = b"a\n1\n"
    for _ in range(5):
        data = gzip.compress(data)
    with pytest.raises(DataError, match="packed more than"):
        load(data, name="file")


def test_an_upload_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(DataError, match="too large"):
        open_bytes(b"a\n1\n", "file", limit=3)


def test_paths_outside_the_allowed_folder_are_refused(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ok.csv").write_text("a\n1\n")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert inside(folder, "ok.csv") == (folder / "ok.csv").resolve()
    assert inside(folder, folder / "ok.csv") == (folder / "ok.csv").resolve()
    for path in (
        "../secret.csv",
        str(tmp_path / "secret.csv"),
        "link.csv",
        "/etc/passwd",
        "a/../../secret.csv",
    ):
        with pytest.raises(DataError, match="outside the folder"):
            inside(folder, path)
    with pytest.raises(DataError):
        inside(folder, "a\x00b")


def test_paths_that_are_no_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        load(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="is not a file"):
        load(tmp_path)


def test_ids_that_cannot_be_are_refused_with_counts_and_a_way_out():
    data = b"key,a\n1,x\n1,y\n,z\n"
    with pytest.raises(
        ColumnError, match="1 row has none and 1 id is used more than once, in 2 rows"
    ) as caught:
        load(data, name="file", id_column="key")
    assert "identified by their content" in str(caught.value)
    assert load(data, name="file").fingerprint.id_column is None
    assert load(data, name="file", id_column="").fingerprint.id_column is None
    with pytest.raises(ColumnError, match="no column 'nope'"):
        load(data, name="file", id_column="nope")


def test_vectors_that_do_not_fit_are_refused():
    frame = pd.DataFrame({"a": [1, 2, 3]})
    with pytest.raises(DataError, match="they have 2 rows, the table has 3"):
        load(frame, vectors={"v": np.zeros((2, 4))})
    with pytest.raises(DataError, match="already a column 'a'"):
        load(frame, vectors={"a": np.zeros((3, 4))})
    with pytest.raises(DataError, match="does not hold vectors: it is text"):
        load(frame, vectors={"v": b"a\n1\n2\n3\n"})
    with pytest.raises(DataError, match="is a pickle"):
        load(frame, vectors={"v": pickle.dumps([1])})


def test_arrays_of_unequal_length_are_refused():
    sink = io.BytesIO()
    np.savez(sink, x=np.zeros((3, 2)), y=np.zeros(4))
    with pytest.raises(DataError, match="arrays of unequal length: 'x' 3, 'y' 4"):
        load(sink.getvalue(), name="file")


def test_an_unknown_sample_role_or_column_is_refused():
    with pytest.raises(DataError, match="no sample called 'nope'"):
        load("sample:nope")
    with pytest.raises(ColumnError, match="There is no role 'nope': roles are id, text"):
        load(b"a\n1\n", name="file", roles={"a": "nope"})
    with pytest.raises(ColumnError, match="There is no column 'b'"):
        load(b"a\n1\n", name="file", roles={"b": "text"})


def test_a_cancel_stops_loading():
    from threading import Event

    event = Event()
    event.set()
    with pytest.raises(Cancelled):
        load(b"a\n1\n", name="file", progress=Progress(cancel=event))


def test_an_all_missing_column_is_kept_and_ignored():
    data = load(b"id,a\n1,\n2,\n", name="file")
    assert data.roles["a"].kind.value == "ignore"
    assert data.frame["a"].isna().all()


def test_an_id_named_twice_is_refused():
    with pytest.raises(ColumnError, match="Two columns are to be the id"):
        load(b"a,b\n1,2\n", name="file", id_column="a", roles={"b": "id"})


def test_text_that_is_no_utf8_inside_parquet_is_refused():
    raw = pa.array([b"\xff\xfe"], pa.binary())
    broken = pa.StringArray.from_buffers(1, raw.buffers()[1], raw.buffers()[2])
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": broken}), sink)
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        load(sink.getvalue(), name="file")


def test_files_damaged_anywhere_are_refused_or_read_and_nothing_else():
    """Bytes changed, cut out or put in at random places: no parser's own error reaches a person."""
    import random

    sources = [GOOD, excel(pd.DataFrame({"a": range(9), "b": list("abcdefghi")})), npy(np.eye(5))]
    sources += [zipped(("a.csv", b"a,b\n1,2\n" * 9)), gzip.compress(b"a,b\n1,2\n"), b'{"a": [1]}\n{"a": 2}\n']
    chance = random.Random(0)
    refused = 0
    for _ in range(150):
        data = bytearray(chance.choice(sources))
        at = chance.randrange(len(data))
        change = chance.random()
        if change < 0.6:
            data[at] ^= 1 << chance.randrange(8)
        elif change < 0.8:
            del data[at : at + chance.randrange(1, 30)]
        else:
            data[at:at] = chance.randbytes(4)
        try:
            load(bytes(data), name="file", limit=10_000_000)
        except DataError:
            refused += 1
    assert refused > 20


def written_as(kind: str, frame: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    if kind == "csv":
        frame.to_csv(sink, index=False)
    elif kind == "json":
        frame.to_json(sink, orient="records")
    elif kind == "jsonl":
        frame.to_json(sink, orient="records", lines=True)
    elif kind == "parquet":
        frame.to_parquet(sink, index=False)
    elif kind == "feather":
        frame.to_feather(sink)
    elif kind == "xlsx":
        frame.to_excel(sink, index=False)
    elif kind == "npy":
        np.save(sink, frame.to_numpy())
    else:
        np.savez(sink, **{str(name): frame[name].to_numpy() for name in frame.columns})
    return sink.getvalue()


@pytest.mark.parametrize(
    "kind", ["csv", "json", "jsonl", "parquet", "feather", "xlsx", "npy", "npz", "frame"]
)
def test_caps_on_rows_and_columns_hold_for_every_format(kind, monkeypatch):
    frame = pd.DataFrame({f"c{at}": np.arange(12) for at in range(6)})
    source = frame if kind == "frame" else written_as(kind, frame)
    load(source, name="fits")
    monkeypatch.setattr("core.data.readers.binary.MAX_ROWS", 11)
    with pytest.raises(DataError, match="at most 11"):
        load(source, name="long")
    monkeypatch.undo()
    if kind == "npy":  # one set of vectors, however long they are
        return
    monkeypatch.setattr("core.data.readers.heading.MAX_COLUMNS", 5)
    with pytest.raises(DataError, match="at most 5"):
        load(source, name="wide")


def locked(data):
    """An archive whose members say that they are encrypted."""
    out = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = out.find(mark)
        while start >= 0:
            out[start + at] |= 1
            start = out.find(mark, start + 4)
    return bytes(out)


def test_what_a_password_protects_is_refused_as_that():
    for data in (locked(zipped(("a.csv", b"a\n1\n"))), gzip.compress(locked(zipped(("a.csv", b"a\n1\n"))))):
        with pytest.raises(DataError, match=r"is protected by a password. What to do: pack it without one"):
            load(data, name="file")
    office = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(99)
    with pytest.raises(DataError, match=r"is protected by a password. What to do: save it without one"):
        load(office, name="file.xlsx")
    with pytest.raises(DataError):
        load(locked(excel(pd.DataFrame({"a": [1]}))), name="file.xlsx")


PNG = b"\x89PNG\r\n\x1a\n"


def test_pictures_in_a_column_are_left_out_and_told():
    images = [PNG + bytes(2_000_000), PNG + bytes(10), None]
    for column in (
        pa.array(images, pa.binary()),
        pa.array(images, pa.large_binary()),
        pa.array(images, pa.binary_view()),
        pa.array([{"bytes": image, "path": "a.png"} for image in images]),
        pa.array([[image] for image in images], pa.list_(pa.binary())),
    ):
        data = load(
            parquet(id=[1, 2, 3], image=column) if "view" not in str(column.type) else arrow(column),
            name="file",
        )
        assert list(data.roles) == ["id"]
        note = next(note for note in data.notes if "left out" in note)
        assert note.startswith("'image': pictures, sounds or other binary data, up to 1.9 MiB in a cell")


def arrow(column):
    table = pa.table({"id": [1, 2, 3], "image": column})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_short_binary_cells_stay_unless_all_are_pictures():
    data = load(parquet(id=[1, 2], digest=pa.array([b"\x01\x02", PNG], pa.binary())), name="file")
    assert list(data.roles) == ["id", "digest"]
    data = load(parquet(id=[1, 2], image=pa.array([PNG, b"\xff\xd8\xff\xe0"], pa.binary())), name="file")
    assert list(data.roles) == ["id"]
    long = load(parquet(id=[1, 2], blob=pa.array([b"x" * 750_001, b""], pa.binary())), name="file")
    assert list(long.roles) == ["id"]
    kept = load(parquet(id=[1, 2], blob=pa.array([b"x" * 749_000, b""], pa.binary())), name="file")
    assert list(kept.roles) == ["id", "blob"]


def test_an_archive_with_a_nameless_member_is_refused():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a", b"a\n1\n")
    data = sink.getvalue()
    at = data.find(b"PK\x01\x02")
    nameless = data[: at + 28] + b"\0\0" + data[at + 30 : at + 46] + data[at + 47 :]
    end = nameless.find(b"PK\x05\x06")
    size = struct.unpack("<I", nameless[end + 12 : end + 16])[0] - 1
    nameless = nameless[: end + 12] + struct.pack("<I", size) + nameless[end + 16 :]
    with pytest.raises(DataError, match="cannot be unpacked: a member has no name"):
        load(nameless, name="file")
