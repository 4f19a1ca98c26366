"""A thousand small files of every format, damaged or odd: each is read or refused in one sentence.

Every file is loaded in a forked child under limits of time and memory. Printed are tracebacks (anything but
an `AliquotError`), hangs, ends by a signal, and the peak of memory; the exit code is 1 where there was any.

    python -m tests.benchmarks.fuzz [files] [seed] [--keep FOLDER]
"""

from __future__ import annotations

import gzip
import io
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

SECONDS, BYTES = 20, 6 * 2**30
READ, REFUSED, BROKEN, ODD = 0, 10, 11, 12
_WORDS = [
    "window",
    "paper",
    "rivière",
    "Grüße",
    "naïve,",
    '"quoted"',
    "5'0",
    "NA",
    "007",
    "1e5",
    "日本",
    "Привет",
]
_ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp1250", "cp1251", "cp932", "gb18030"]
_ENCODINGS += ["utf-32", "utf-7", "cp500", "koi8_r", "mac_roman"]


def frame(chance: random.Random) -> pd.DataFrame:
    """A small table of several kinds of columns."""
    n = chance.choice([0, 1, 2, 5, 5, 30, 30, 30])
    columns = {
        "id": list(range(n)),
        "text": [" ".join(chance.choices(_WORDS, k=4)) for _ in range(n)],
        "price": [chance.choice([1.5, 2.0, float("nan"), 1e300, -0.0]) for _ in range(n)],
        "flag": [chance.choice([True, False]) for _ in range(n)],
        "when": pd.to_datetime(["2026-01-31T10:00:00"] * n),
        "code": [chance.choice(["a", "b", None]) for _ in range(n)],
    }
    kept = chance.sample(sorted(columns), chance.randint(1, len(columns)))
    return pd.DataFrame({name: columns[name] for name in kept})


def _csv(chance: random.Random) -> bytes:
    table = frame(chance)
    text = table.to_csv(
        index=chance.random() < 0.2, sep=chance.choice(",;\t|~ "), header=chance.random() < 0.8
    )
    if chance.random() < 0.2:
        text = "Report of things\n" + chance.choice(["", "\n"]) + text
    if chance.random() < 0.2:
        text = text.replace("\n", chance.choice(["\r\n", "\r", "\n\n"]))
    return text.encode(chance.choice(_ENCODINGS), "replace")


def _json(chance: random.Random) -> bytes:
    table = frame(chance)
    orient = chance.choice(["records", "split", "index", "columns", "values", "table"])
    text = table.to_json(
        orient=orient, date_format="iso", lines=orient == "records" and chance.random() < 0.5
    )
    if chance.random() < 0.3:
        text = '{"meta": {"n": 1}, "data": {"items": ' + text + "}}"
    if chance.random() < 0.1:
        text = "[" * chance.choice([3, 500, 100_000]) + text
    return text.encode(chance.choice(_ENCODINGS[:5]), "replace")


def _parquet(chance: random.Random) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pandas(frame(chance))
    extra = chance.choice(["none", "bytes", "list", "struct", "decimal", "dictionary"])
    n = table.num_rows
    made = {
        "bytes": pa.array([b"\x89PNG" + bytes(50)] * n, pa.binary()),
        "list": pa.array([[0.5] * 9] * n, pa.list_(pa.float64())),
        "struct": pa.array([{"a": 1, "b": None}] * n),
        "decimal": pa.array([1] * n).cast(pa.decimal128(30, 2)) if n else pa.array([], pa.decimal128(30, 2)),
        "dictionary": pa.array(["x"] * n).dictionary_encode(),
    }
    if extra in made and n:
        table = table.append_column("extra", made[extra])
    pq.write_table(table, sink, compression=chance.choice(["none", "snappy", "zstd", "gzip"]))
    return sink.getvalue()


def _arrow(chance: random.Random) -> bytes:
    table = pa.Table.from_pandas(frame(chance))
    sink = io.BytesIO()
    if chance.random() < 0.3:
        pyarrow.feather.write_feather(table, sink, compression="zstd")
        return sink.getvalue()
    with (pa.ipc.new_stream if chance.random() < 0.5 else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _excel(chance: random.Random) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    table = frame(chance)
    if chance.random() < 0.3:
        sheet.append(["A title"])
    if chance.random() < 0.8:
        sheet.append(list(table.columns))
    for row in table.astype(object).where(table.notna(), None).values.tolist():
        sheet.append(row)
    if chance.random() < 0.2:
        sheet["C3"] = "=1/0"
    if chance.random() < 0.1:
        sheet[chance.choice(["XFD1048576", "A1048576", "XFD1", "ZZ9"])] = 1
    if chance.random() < 0.3:
        book.create_sheet("Other").append(["x"])
    sink = io.BytesIO()
    book.save(sink)
    data = sink.getvalue()
    return _inside(data, chance) if chance.random() < 0.5 else data


def _inside(data: bytes, chance: random.Random) -> bytes:
    """An archive with one member damaged and packed again, so that its check sum holds."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        hurt = chance.choice([name for name in names if name.startswith("xl/")] or names)
        for name in names:
            body = old.read(name)
            if name == hurt:
                body = damage(body, chance)
                swaps = [
                    (b'r="A', b'r="XFD'),
                    (b't="n"', b't="e"'),
                    (b't="inlineStr"', b't="s"'),
                    (b"<v>", b"<v>9e9"),
                ]
                body = body.replace(*chance.choice(swaps))
            new.writestr(name, body)
    return sink.getvalue()


def _array(chance: random.Random) -> bytes:
    sink = io.BytesIO()
    shape = chance.choice([(), (0,), (5,), (5, 3), (2, 3, 4), (0, 4)])
    array = np.ones(shape, chance.choice(["f4", "f8", "i8", "?", "U3", "c16", "M8[s]"]))
    if chance.random() < 0.5:
        np.save(sink, array)
    else:
        np.savez(sink, x=array, y=np.ones(5))
    return sink.getvalue()


def _noise(chance: random.Random) -> bytes:
    return chance.choice(
        [b"", b"\n", b"\x00" * 99, b"PAR1" * 9, b"PK\x03\x04", b"[[", b"{", b'"', b",", b"a,b"]
    ) + (chance.randbytes(chance.choice([0, 3, 300])) if chance.random() < 0.7 else b"")


MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
    "arrow": _arrow,
    "xlsx": _excel,
    "npy": _array,
    "noise": _noise,
}


def damage(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, cut, doubled, moved or put in."""
    if not data:
        return data
    body = bytearray(data)
    at, much = chance.randrange(len(body)), chance.choice([1, 4, 40, 400])
    kind = chance.choice(["flip", "flips", "cut", "end", "put", "double", "zero", "quote", "lines", "number"])
    if kind == "flip":
        body[at] ^= 1 << chance.randrange(8)
    elif kind == "flips":
        for _ in range(20):
            body[chance.randrange(len(body))] = chance.randrange(256)
    elif kind == "cut":
        del body[at : at + much]
    elif kind == "end":
        del body[at:]
    elif kind == "put":
        body[at:at] = chance.randbytes(much)
    elif kind == "double":
        body[at:at] = body[at : at + 10 * much]
    elif kind == "zero":
        body[at : at + much] = bytes(much)
    elif kind == "quote":
        body[at:at] = chance.choice([b'"', b"'", b"\xff", b"\x00", b"\r", b'""', "é".encode("cp1252")])
    elif kind == "lines":
        lines = bytes(body).split(b"\n")
        chance.shuffle(lines)
        return b"\n".join(lines)
    else:
        body[at : at + 8] = struct.pack("<q", chance.choice([-1, 2**31, 2**62, 10**9]))
    return bytes(body)


def make(seed: int, n: int) -> tuple[str, bytes]:
    """File number `n` of a seed: its name (the suffix may lie) and its bytes."""
    chance = random.Random(f"{seed}:{n}")
    kind = chance.choices(sorted(MAKERS), [2 if kind in ("npy", "noise") else 5 for kind in sorted(MAKERS)])[
        0
    ]
    data = MAKERS[kind](chance)
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        data = damage(data, chance)
    if chance.random() < 0.1:
        other = MAKERS[chance.choice(sorted(MAKERS))](chance)
        data = data[: len(data) // 2] + other[len(other) // 2 :]
    if chance.random() < 0.1:
        data = gzip.compress(data, mtime=0)
    elif chance.random() < 0.05:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("table", data)
        data = sink.getvalue()
    if chance.random() < 0.1:
        data = damage(data, chance)
    suffix = kind if chance.random() < 0.8 else chance.choice(sorted(MAKERS))
    return f"{n:04}.{suffix}", data


def choices(seed: int, n: int) -> dict[str, str]:
    """Choices of reading that some files are given, fitting or not."""
    chance = random.Random(f"choices:{seed}:{n}")
    if chance.random() < 0.75:
        return {}
    known = {
        "sheet": ["Sheet", "Other", "nope"],
        "encoding": ["utf-8", "cp1252", "cp1251", "utf-16", "nope", "base64", "idna", "punycode"],
        "delimiter": [",", ";", "tab", "blanks", "||", '"', "é", "", " "],
        "header": ["0", "1", "3", "99", "-1", "x", ""],
    }
    name = chance.choice(sorted(known))
    return {name: chance.choice(known[name])}


def load_one(path: Path, reading: dict[str, str]) -> int:
    """In the child: load under limits, and say how it went."""
    from core.data.health import health
    from core.data.load import load
    from core.foundation.errors import AliquotError

    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.alarm(SECONDS)
    try:
        health(load(path, **reading))  # type: ignore[arg-type]
    except AliquotError as error:
        text = str(error)
        if "\n" in text or len(text) > 2000 or not error.what:
            print(f"{path.name} {reading}: an odd sentence: {text[:300]!r}")
            return ODD
        return REFUSED
    except BaseException:
        print(f"{path.name} {reading}:\n{traceback.format_exc()[-1500:]}")
        return BROKEN
    return READ


def main(files: int, seed: int, keep: str | None) -> int:
    """Make and load the files; the number of those that went wrong."""
    import core.data.cells.canonical_cells
    import core.data.readers.excel
    import core.data.suspect_cells  # noqa: F401

    went: Counter[str] = Counter()
    slowest, largest = (0.0, ""), (0, "")
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(keep or spare)
        folder.mkdir(exist_ok=True)
        for n in range(files):
            name, data = make(seed, n)
            path = folder / name
            path.write_bytes(data)
            begun = time.monotonic()
            sys.stdout.flush()
            child = os.fork()
            if not child:
                code = BROKEN
                try:
                    code = load_one(path, choices(seed, n))
                    sys.stdout.flush()
                finally:
                    os._exit(code)
            _, status, used = os.wait4(child, 0)
            slowest = max(slowest, (time.monotonic() - begun, name))
            largest = max(largest, (used.ru_maxrss // 1024, name))
            code = os.waitstatus_to_exitcode(status)
            if code == -signal.SIGALRM:
                print(f"{name}: a hang ({SECONDS} s)")
                went["hangs"] += 1
            elif code < 0:
                print(f"{name}: ended by signal {-code}")
                went["ended by a signal"] += 1
            else:
                went[{READ: "read", REFUSED: "refused", ODD: "odd sentences"}.get(code, "tracebacks")] += 1
    print(
        f"{files:,} files, seed {seed}: " + ", ".join(f"{many:,} {what}" for what, many in went.most_common())
    )
    print(f"peak memory {largest[0]:,} MiB ({largest[1]}), slowest {slowest[0]:.1f} s ({slowest[1]})")
    return files - went["read"] - went["refused"]


if __name__ == "__main__":
    words = sys.argv[1:]
    kept = words[words.index("--keep") + 1] if "--keep" in words else None
    numbers = [int(word) for word in words if word.isdecimal()]
    sys.exit(1 if main([*numbers, 1000][0], [*numbers, 0, 0][1], kept) else 0)
