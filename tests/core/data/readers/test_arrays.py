"""NumPy arrays are read over the bytes of their file, and become vectors a part at a time."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from core.data.cells.cell_hashes import CellHashes
from core.data.readers import binary
from core.data.readers.unpack import open_bytes
from core.features import vectors
from core.foundation.errors import DataError

TYPES = ("<f4", ">f4", "<f8", ">f8", "<f2", "<i8", ">i2", "|u1", "|b1")


def saved(array: NDArray[np.generic], version: tuple[int, int] | None = None) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, allow_pickle=False)
    return out.getvalue()


@given(
    st.sampled_from(TYPES).flatmap(
        lambda kind: arrays.arrays(np.dtype(kind), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0))
    ),
    st.sampled_from([(1, 0), (2, 0), (3, 0)]),
    st.booleans(),
)
def test_an_array_is_what_numpy_reads(array, version, columns_first):
    body = saved(np.asfortranarray(array) if columns_first else array, version)
    read = binary.read_npy(open_bytes(body, "v.npy"))
    want = np.load(io.BytesIO(body), allow_pickle=False)
    assert (read.shape, read.dtype) == (want.shape, want.dtype)
    assert read.tobytes() == want.tobytes()


@pytest.mark.parametrize("shape", ["(-1, 2)", "(3, 2)", "(1e9,)", "'x'"])
def test_a_header_that_lies_is_told(shape):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    body = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + bytes(16)
    with pytest.raises(DataError, match="damaged or incomplete"):
        binary.read_npy(open_bytes(body, "v.npy"))


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 5))))
def test_vectors_do_not_depend_on_how_many_are_made_at_once(monkeypatch_module, x):
    whole, hashes = binary.as_vectors(x, "v"), CellHashes.of_vectors(x).rows()
    finite = np.nan_to_num(x)
    scaled, notes = vectors.prepared(finite, "cosine")
    monkeypatch_module.setattr(binary, "_ROWS_AT_ONCE", 2)
    monkeypatch_module.setattr(vectors, "_ROWS_AT_ONCE", 2)
    assert binary.as_vectors(x, "v").tobytes() == whole.tobytes()
    parts, again = vectors.prepared(finite, "cosine")
    assert parts.tobytes() == scaled.tobytes()
    assert again == notes
    assert CellHashes.of_vectors(np.asfortranarray(x)).rows().tobytes() == hashes.tobytes()
    monkeypatch_module.undo()


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_reading_takes_its_result_and_little_more():
    x = np.random.default_rng(0).random((60_000, 64), np.float32)
    content = open_bytes(saved(x), "v.npy")
    tracemalloc.start()
    try:
        made = binary.as_vectors(binary.read_npy(content), "v.npy")
        read = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        vectors.prepared(made, "cosine")
        scaled = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read < 1.5 * x.nbytes
    assert scaled < 3.5 * x.nbytes  # what was read, the result, and a part in double precision
