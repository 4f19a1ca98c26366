"""Memory before a file is read: the number is told, nothing is read, and reads wait for one another."""

from __future__ import annotations

import gzip
import io
import sys
import threading
import time
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.data import memory_check
from core.data.load import load
from core.data.readers.unpack import kind_of, open_bytes
from core.foundation.errors import Cancelled, DataError, ResourceError
from core.foundation.progress import Progress

ROWS = 4_000


def frame(rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": np.arange(rows), "x": np.arange(rows) * 0.5, "text": ["a text of words"] * rows}
    )


def written(kind: str, table: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    if kind == "csv":
        table.to_csv(sink, index=False)
    elif kind == "jsonl":
        table.to_json(sink, orient="records", lines=True)
    elif kind == "json":
        table.to_json(sink, orient="records")
    elif kind == "parquet":
        table.to_parquet(sink, index=False)
    elif kind == "feather":
        table.to_feather(sink, compression="zstd")
    elif kind == "stream":
        batch = pa.Table.from_pandas(table)
        packed = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, batch.schema, options=packed) as out:
            out.write_table(batch, max_chunksize=500)
    elif kind == "xlsx":
        table.to_excel(sink, index=False)
    elif kind == "npy":
        np.save(sink, table[["id", "x"]].to_numpy())
    elif kind == "npz":
        np.savez_compressed(sink, a=table[["id", "x"]].to_numpy())
    elif kind == "csv.gz":
        sink.write(gzip.compress(written("csv", table)))
    else:
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("table.csv", written("csv", table))
    return sink.getvalue()


KINDS = ("csv", "jsonl", "json", "parquet", "feather", "stream", "xlsx", "npy", "npz", "csv.gz", "csv.zip")


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_refused_before_it_is_read_with_the_number(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = written(kind, frame())
    monkeypatch.setattr(memory_check, "BASE", 0)
    load(body, name="fits")
    monkeypatch.setattr(memory_check, "free_memory", lambda: 1_000)
    reader = sys.modules["core.data.load"]
    monkeypatch.setattr(reader, "most_unpacked", lambda: 2**30)
    monkeypatch.setattr(reader, "read_raw", lambda *given: pytest.fail("it was read"))
    with pytest.raises(ResourceError) as refused:
        load(body, name="large")
    assert "too large for the memory" in refused.value.what
    assert "600 bytes may be used" in refused.value.why
    assert "iB" in refused.value.why
    assert not memory_check._reading


def test_vectors_beside_a_table_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    table, vectors = (
        written("csv", frame(50)),
        written("npy", pd.DataFrame({"id": range(50), "x": range(50)})),
    )
    needed: list[int] = []
    real = memory_check.expected
    monkeypatch.setattr(memory_check, "expected", lambda *given: needed.append(real(*given)) or needed[-1])
    load(table, name="t.csv", vectors={"v": vectors})
    assert len(needed) == 2


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream", "xlsx", "npz"])
def test_a_file_with_its_own_compression_counts_as_what_is_in_it(kind: str) -> None:
    body = written(kind, frame())
    content = open_bytes(body, "file")
    size, rows = memory_check.unpacked(content, kind_of(content))
    assert size > len(body)
    assert size >= ROWS * (16 if kind == "npz" else 30)
    if kind == "stream":  # how many batches follow is not written in it
        assert rows == pytest.approx(ROWS, rel=0.25)
    else:
        assert rows == (0 if kind == "xlsx" else ROWS)


def test_a_dictionary_that_hides_long_texts_does_not_hide_their_size() -> None:
    long = pd.DataFrame({"text": ["x" * 20_000] * 2_000})
    body = written("parquet", long)
    content = open_bytes(body, "file")
    assert len(body) < 100_000
    assert memory_check.unpacked(content, "parquet")[0] > 30_000_000


def test_rows_of_arrays_are_counted() -> None:
    narrow, wide = np.zeros(4_000), np.zeros((10, 400))
    told = []
    for array in (narrow, wide):
        sink = io.BytesIO()
        np.save(sink, array)
        told.append(memory_check.unpacked(open_bytes(sink.getvalue(), "a"), "npy"))
    assert told == [(32_128, 4_000), (32_128, 10)]


def test_rows_of_text_are_counted_and_cost_more_than_their_letters() -> None:
    narrow, wide = open_bytes(b"a\n" * 50_000, "n"), open_bytes(b"a" * 99_999 + b"\n", "w")
    assert memory_check.unpacked(narrow, "text") == (100_000, 50_000)
    assert memory_check.unpacked(wide, "text") == (100_000, 1)
    assert memory_check.expected(narrow, "text") - memory_check.expected(wide, "text") > 49_999 * 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [("parquet", b"PAR1 nothing"), ("excel", b"PK\x03\x04"), ("arrow", b"ARROW1"), ("npz", b"PK")],
)
def test_a_damaged_file_counts_as_it_is_and_its_reader_says_what_is_wrong(kind: str, body: bytes) -> None:
    assert memory_check.unpacked(open_bytes(body, "file"), kind) == (len(body), 0)


def test_a_packed_file_unpacks_to_no_more_than_could_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    body = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    load(body, name="fits.csv.gz")
    monkeypatch.setattr(memory_check, "free_memory", lambda: 400_000)
    with pytest.raises(DataError, match="too large"):
        load(body, name="bomb.csv.gz")


def test_reads_that_fit_alone_but_not_together_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    content = open_bytes(written("csv", frame(200)), "file")
    needed = memory_check.expected(content, "text")
    monkeypatch.setattr(memory_check, "free_memory", lambda: int(1.5 * needed / memory_check.MEMORY_SHARE))
    monkeypatch.setattr(memory_check, "_WAIT", 0.01)
    inside, most, lock = [0], [0], threading.Lock()
    said: list[str] = []

    @memory_check.admitted
    def read() -> None:
        memory_check.admit(content, "text", Progress(lambda share, text: said.append(text), every=0))
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.05)
        with lock:
            inside[0] -= 1

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most[0] == 1
    assert any("waiting" in text for text in said)
    assert not memory_check._reading


def test_two_reads_with_room_for_both_go_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    content = open_bytes(written("csv", frame(200)), "file")
    needed = memory_check.expected(content, "text")
    monkeypatch.setattr(memory_check, "free_memory", lambda: int(2.5 * needed / memory_check.MEMORY_SHARE))
    met = threading.Barrier(2)

    @memory_check.admitted
    def read() -> None:
        memory_check.admit(content, "text")
        met.wait(60)

    other = threading.Thread(target=read)
    other.start()
    read()
    other.join(60)
    assert not met.broken


def test_waiting_can_be_cancelled_and_what_fails_gives_its_memory_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = open_bytes(written("csv", frame(200)), "file")
    monkeypatch.setitem(memory_check._reading, -1, 10**15)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        memory_check.admit(content, "text", Progress(cancel=stop))
    monkeypatch.delitem(memory_check._reading, -1)

    @memory_check.admitted
    def fails() -> Any:
        memory_check.admit(content, "text")
        assert memory_check._reading
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        fails()
    assert not memory_check._reading
