"""What a file is, by its content, and what is inside a packed one. Names and suffixes decide nothing."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow as pa

from ...foundation.caps import UNPACKED_BYTES
from ...foundation.errors import DataError
from ...foundation.machine import show_bytes
from ...foundation.progress import SILENT, Progress
from ...foundation.wording import count

_CHUNK = 1 << 20
_DEPTH = 2  # a table in a gz in a zip is opened, nothing deeper

_KNOWN = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "feather1"),
    (b"\xff\xff\xff\xff", "stream"),
    (b"\x93NUMPY", "npy"),
    (b"\x1f\x8b", "gz"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_NO_PICTURES = "pictures are not read yet: give a table, with vectors of them beside it (.npy)"
_REFUSED = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "save it as .xlsx or CSV"),
    (b"\x89HDF", "an HDF5 file", "export the table as Parquet or CSV"),
    (b"SQLite format 3", "an SQLite database", "export the table as Parquet or CSV"),
    (b"%PDF", "a PDF", "give a table"),
    (b"\x89PNG", "an image", _NO_PICTURES),
    (b"\xff\xd8\xff", "an image", _NO_PICTURES),
    (b"BZh", "a bzip2 file", "unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "an xz file", "unpack it, or pack it with gzip"),
    (b"(\xb5/\xfd", "a zstd file", "unpack it, or pack it with gzip"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it, or pack it as zip"),
    (b"Rar!", "a RAR archive", "unpack it, or pack it as zip"),
)


_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a stream in which Office keeps what a password protects
_SEARCHED = 1 << 22


@dataclass(frozen=True)
class Content:
    """Bytes of one file with the name people know it by."""

    name: str
    data: pa.Buffer

    def head(self, size: int = 4096) -> bytes:
        """The first bytes."""
        return bytes(self.data.slice(0, min(size, self.data.size)).to_pybytes())

    def bytes(self) -> bytes:
        """All bytes, copied."""
        return bytes(self.data.to_pybytes())


def open_path(path: Path) -> Content:
    """The content of a file, memory-mapped.

    Raises:
        DataError: It is not there, no file, empty or too large.
    """
    if not path.exists():
        raise DataError(f"There is no file {path.name}", f"nothing lies at {path}", "check the path")
    if not path.is_file():
        raise DataError(f"{path.name} is not a file", "a folder cannot be read", "choose a file in it")
    size = path.stat().st_size
    _check_size(path.name, size)
    try:
        return Content(path.name, pa.memory_map(str(path)).read_buffer())
    except OSError as error:
        raise DataError(f"{path.name} cannot be opened", error.strerror or str(error)) from None


def _check_size(name: str, size: int) -> None:
    if size == 0:
        raise DataError(f"{name} is empty", "it has 0 bytes", "choose another file")
    if size > UNPACKED_BYTES:
        raise DataError(
            f"{name} is too large",
            f"{show_bytes(size)} is over the limit of {show_bytes(UNPACKED_BYTES)}",
            "split it or keep the columns that matter",
        )


def open_bytes(data: bytes, name: str, limit: int = UNPACKED_BYTES) -> Content:
    """The content of an upload; `DataError` where it is empty or above `limit` bytes."""
    if len(data) > limit:
        raise DataError(
            f"{name} is too large",
            f"{show_bytes(len(data))} is over the limit of {show_bytes(limit)}",
            "pack it with gzip, keep the columns that matter, or open it from the server's folder",
        )
    _check_size(name, len(data))
    return Content(name, pa.py_buffer(data))


def inside(folder: Path | str, path: Path | str) -> Path:
    """The real path, if it lies inside the folder that may be read; links are followed first.

    Raises:
        DataError: It lies elsewhere.
    """
    root = Path(folder).resolve()
    try:
        found = (root / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError("This path cannot be opened", str(error), "check the path") from None
    if found != root and root not in found.parents:
        raise DataError(
            "This path is outside the folder that may be read", "", f"choose a file inside {root.name}"
        )
    return found


def kind_of(content: Content) -> str:
    """parquet, arrow, stream, npy, npz, excel, zip, gz, json, or text.

    Raises:
        DataError: The content is of a kind that is refused; says which and what to do.
    """
    head = content.head()
    if head.startswith(_OLE) and _ENCRYPTED in content.head(_SEARCHED):
        raise DataError(f"{content.name} is protected by a password", "", "save it without one")
    for mark, what, do in _REFUSED:
        if head.startswith(mark):
            raise DataError(f"{content.name} is {what}", "it is not a format that can be read here", do)
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        _refuse_pickle(content.name)
    if head[:2] in (b"x\x9c", b"x\x01", b"x\xda", b"x^"):  # joblib's compressed pickles
        try:
            if zlib.decompressobj().decompress(head, 64).startswith(b"\x80"):
                _refuse_pickle(content.name)
        except zlib.error:
            pass
    for mark, kind in _KNOWN:
        if head.startswith(mark):
            return _kind_of_zip(content) if kind == "zip" else kind
    plain = _plain_head(head)
    if plain is None:
        raise DataError(
            f"{content.name} is not a table",
            "it holds binary data of an unknown kind",
            "give CSV, JSON, Parquet, Arrow, Excel or NumPy files",
        )
    return "json" if _json_start(plain) else "text"


def _plain_head(head: bytes) -> bytes | None:
    """The head as UTF-8 without its mark, or None where it is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").encode()
    if b"\x00" in head:
        if not _looks_utf16(head):
            return None
        return head.decode("utf-16-le" if head[1:2] == b"\x00" else "utf-16-be", "replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf")


def _refuse_pickle(name: str) -> None:
    raise DataError(
        f"{name} is a pickle (also written by joblib and torch.save)",
        "opening a pickle can run any program on this machine, so none is opened",
        "save the table as Parquet or CSV, and vectors with numpy.save",
    )


def _json_start(head: bytes) -> bool:
    """Whether text that begins with a bracket goes on as JSON does (and is no CSV with such a first cell)."""
    rest = head.lstrip()
    first, after = rest[:1], rest[1:].lstrip()[:1]
    if first == b"{":
        return after in (b'"', b"}")
    return first == b"[" and after in (b"{", b"]", b"[")


def _looks_utf16(head: bytes) -> bool:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    return max(even, odd) > 0.4 * half and min(even, odd) < 0.05 * half


def _kind_of_zip(content: Content) -> str:
    names = [member.filename for member in _members(content)]
    if any(name.endswith("data.pkl") for name in names):
        _refuse_pickle(content.name)
    if "xl/workbook.xml" in names:
        check_unpacked(content)
        return "excel"
    if "xl/workbook.bin" in names:
        raise DataError(f"{content.name} is a binary Excel workbook", "", "save it as .xlsx or CSV")
    if names and all(name.endswith(".npy") for name in names):
        check_unpacked(content)
        return "npz"
    return "zip"


def _members(content: Content) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, OSError) as error:
        raise DataError(f"{content.name} cannot be unpacked", str(error), "pack it again") from None
    if any(not member.filename.strip("/") for member in members):
        raise DataError(f"{content.name} cannot be unpacked", "a member has no name", "pack it again")
    return [member for member in members if not member.filename.endswith("/")]


def check_unpacked(content: Content, limit: int = UNPACKED_BYTES) -> None:
    """Refuse an archive whose members would unpack to more than `limit` bytes in all."""
    total = sum(member.file_size for member in _members(content))
    if total > limit:
        _refuse_bomb(content.name, limit)


def _refuse_bomb(name: str, limit: int) -> None:
    raise DataError(
        f"{name} is too large when unpacked",
        f"it would take more than {show_bytes(limit)}",
        "split it or keep the columns that matter",
    )


def unpack(
    content: Content, *, limit: int = UNPACKED_BYTES, progress: Progress = SILENT
) -> tuple[Content, str]:
    """The one file inside a gz or zip (or the content itself) and its kind.

    Bytes are counted while they unpack, so what an archive says about its sizes is not believed.

    Raises:
        DataError: Damaged, too large when unpacked, more than one table inside, members outside the archive.
    """
    for _ in range(_DEPTH + 1):
        kind = kind_of(content)
        if kind == "gz":
            name = content.name.removesuffix(".gz")
            with gzip.GzipFile(fileobj=io.BytesIO(content.data)) as stream:
                content = Content(name, _read(stream, content.name, limit, progress))
        elif kind == "zip":
            content = _only_member(content, limit, progress)
        else:
            return content, kind
        _check_size(content.name, content.data.size)
    raise DataError(f"{content.name} is packed more than {_DEPTH} times", "", "unpack it, or pack it once")


def _only_member(content: Content, limit: int, progress: Progress) -> Content:
    members = _members(content)
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
            raise DataError(
                f"{content.name} holds a member that points outside the archive",
                repr(member.filename),
                "pack the table alone",
            )
    useful = [
        member
        for member in members
        if not member.filename.startswith("__MACOSX/")
        and not PurePosixPath(member.filename).name.startswith(".")
    ]
    if len(useful) != 1:
        found = ", ".join(member.filename for member in useful[:5]) or "nothing"
        raise DataError(
            f"{content.name} must hold one table",
            f"it holds {count(len(useful), 'file')} ({found})",
            "pack the table alone",
        )
    member = useful[0]
    if member.flag_bits & 1:
        raise DataError(f"{content.name} is protected by a password", "", "pack it without one")
    if member.file_size > limit:
        _refuse_bomb(content.name, limit)
    with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
        try:
            with archive.open(member) as stream:
                data = _read(stream, content.name, limit, progress)
        except (NotImplementedError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
            raise DataError(f"{content.name} cannot be unpacked", str(error), "pack it again") from None
    return Content(PurePosixPath(member.filename).name, data)


def _read(stream: IO[bytes] | gzip.GzipFile, name: str, limit: int, progress: Progress) -> pa.Buffer:
    parts, total = [], 0
    try:
        while part := stream.read(_CHUNK):
            progress.check()
            parts.append(part)
            total += len(part)
            if total > limit:
                _refuse_bomb(name, limit)
    except (EOFError, zlib.error, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{name} is damaged or incomplete", str(error), "copy or pack it again") from None
    return pa.py_buffer(b"".join(parts))
