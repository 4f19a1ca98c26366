"""A column of vectors is the same vectors in every format, with holes and however it is written."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.cells.cell_hashes import CellHashes
from core.data.cells.number_lists import vectors_of_lists, vectors_of_text, written
from core.data.export import flag_frame, subset_frame, write_csv, write_jsonl, write_parquet
from core.data.load import load
from core.features.make import make_features
from core.features.spec import FeatureSpec, resolve
from core.foundation.artifact_store import Store
from core.model.selection import Selection
from core.notebook import write_bundle
from core.signoff.verify import verify
from core.study.study import Study


def as_json(vector):
    return (
        None
        if vector is None
        else [None if value is None or math.isnan(value) else value for value in vector]
    )


def formats(vectors):
    """The same vectors, with None for a missing one, in every format."""
    ids = list(range(len(vectors)))
    wide = pa.array(vectors, pa.list_(pa.float64()))
    for kind in (wide.type, pa.list_(pa.float64(), max(len(v) for v in vectors if v is not None))):
        sink = io.BytesIO()
        pq.write_table(pa.table({"id": ids, "v": pa.array(vectors, kind)}), sink)
        yield f"parquet {kind}", sink.getvalue()
    lines = [orjson.dumps({"id": at, "v": as_json(vector)}) for at, vector in zip(ids, vectors, strict=True)]
    yield "lines", b"\n".join(lines)
    cells = [None if vector is None else orjson.dumps(as_json(vector)).decode() for vector in vectors]
    yield "csv", pd.DataFrame({"id": ids, "v": cells}).to_csv(index=False).encode()
    yield "lists", pd.DataFrame({"id": ids, "v": pd.Series(vectors, dtype=object)})
    arrays = [None if vector is None else np.array(vector, np.float64) for vector in vectors]
    yield "arrays", pd.DataFrame({"id": ids, "v": pd.Series(arrays, dtype=object)})
    printed = [None if array is None else str(array) for array in arrays]
    yield "printed", pd.DataFrame({"id": ids, "v": printed}).to_csv(index=False).encode()
    yield "records", [{"id": at, "v": vector} for at, vector in zip(ids, vectors, strict=True)]


# Eighths below 100: numpy prints them in full.
numbers = st.one_of(st.none(), st.just(math.nan), st.integers(-800, 800).map(lambda value: value / 8))


@settings(max_examples=40)
@given(st.integers(8, 12), st.data())
def test_vectors_with_holes_are_the_same_in_every_format(width, data):
    row = st.one_of(st.none(), st.lists(numbers, min_size=width, max_size=width))
    vectors = [[0.5] * width, *data.draw(st.lists(row, max_size=6))]
    made = {name: load(source, id_column="id") for name, source in formats(vectors)}
    assert {name: loaded.roles["v"].kind.value for name, loaded in made.items()} == dict.fromkeys(
        made, "vector"
    )
    assert len({loaded.fingerprint.digest for loaded in made.values()}) == 1
    first = made["lines"]
    for at, vector in zip(first.frame["id"], first.vectors["v"], strict=True):
        given_ = vectors[at] or [math.nan] * width
        np.testing.assert_array_equal(vector, np.array(given_, np.float64).astype(np.float32))
    # and what is exported is the data set again
    chosen = Selection(np.arange(len(first)), "random", 1, {}, 0, len(first), "", len(first))
    for frame in (flag_frame(first, chosen)[0], subset_frame(first, chosen)[0]):
        for write in (write_parquet, write_csv, write_jsonl):
            sink = io.BytesIO()
            write(frame[["id", "v"]], sink)
            assert load(sink.getvalue(), id_column="id").fingerprint.digest == first.fingerprint.digest


def test_infinity_in_a_vector_is_kept_and_named():
    vectors = [[0.5] * 8, [math.inf, *[0.25] * 6, -math.inf]]
    made = [
        load(source, id_column="id")
        for name, source in formats(vectors)
        if name not in ("lines", "csv")  # JSON has no infinity
    ]
    assert len({loaded.fingerprint.digest for loaded in made}) == 1
    assert np.isinf(made[0].vectors["v"]).sum() == 2
    chosen = Selection(np.arange(2), "random", 1, {}, 0, 2, "", 2)
    for write in (write_parquet, write_csv, write_jsonl):
        sink = io.BytesIO()
        write(subset_frame(made[0], chosen)[0][["id", "v"]], sink)
        assert load(sink.getvalue(), id_column="id").fingerprint.digest == made[0].fingerprint.digest


@pytest.mark.parametrize(
    "form",
    [
        "[{:.8f} {:.8f}  {:.8f}\n {:.8f} {:.8f} {:.8f} {:.8f} {:.8f}]",
        "[ {:.3e} {:.3e}  {:.3e}\n {:.3e} {:.3e} {:.3e} {:.3e} {:.3e} ]",
        "[{}, {}, {}, {}, {}, {}, {}, {}]",
        "[{} {} {} {} {} {} {}, {}]",
        "array([{}, {}, {}, {},\n       {}, {}, {}, {}])",
        "array([{}, {}, {}, {}, {}, {}, {}, {}], dtype=float32)",
        "np.array([{}, {}, {}, {}, {}, {}, {}, {}])",
        "tensor([{}, {}, {}, {}, {}, {}, {}, {}])",
        "[{:.0f}. {:.0f}. {:.0f}. {:.0f}. {:.0f}. {:.0f}. {:.0f}. {:.0f}.]",
        "[{}, {}, {}, {}, {}, {}, nan, {} ]",
    ],
)
def test_vectors_as_numpy_and_torch_print_them(form):
    rows = np.random.default_rng(0).normal(0, 10, (6, 8)).round(3)
    cells = [form.format(*row) for row in rows]
    data = load(pd.DataFrame({"id": range(6), "body": ["a body of some words"] * 3 + ["b"] * 3, "v": cells}))
    assert data.roles["v"].kind.value == "vector"
    if "nan" not in form and ".0f" not in form:
        found = data.vectors["v"][np.argsort(data.order)]
        np.testing.assert_allclose(found, rows, rtol=2e-3, atol=1e-7)
        assert resolve(FeatureSpec(), data).text == "vector:v"


@pytest.mark.parametrize(
    "last",
    [
        "[1. 2. ... 7. 8.]",
        "[1. 2. 3.]",
        "[1 2 3 4 5 6 7 x]",
        "[1 2 3 4 5 6 7 8",
        "1 2 3 4 5 6 7 8",
        "[[1 2] [3 4]]",
    ],
)
def test_what_is_not_wholly_vectors_stays_text_and_is_not_embedded(last):
    cells = [f"[{at} 2. 3. 4. 5. 6. 7. 8.]" for at in range(60)] + [last]
    frame = pd.DataFrame(
        {"id": range(61), "body": [f"a text about case {at}" for at in range(61)], "v": cells}
    )
    data = load(frame, name="t")
    assert data.roles["v"].kind.value == "ignore"
    assert set(data.frame["v"]) == set(cells)
    assert resolve(FeatureSpec(), data).text == "text:body"


def test_arrays_that_differ_in_length_or_type_stay_lists():
    uneven = [np.full(8, 0.5), np.full(9, 0.5), None]
    data = load(pd.DataFrame({"id": [1, 2, 3], "v": pd.Series(uneven, dtype=object)}))
    assert sorted(data.frame["v"].dropna().map(len)) == [len(str([0.5] * n).replace(" ", "")) for n in (8, 9)]
    kinds = [np.full(8, 0.5, np.float32), np.full(8, 1), np.full((8,), 2.5)]
    mixed = load(pd.DataFrame({"id": [1, 2, 3], "v": pd.Series(kinds, dtype=object)}))
    assert sorted(mixed.vectors["v"][:, 0]) == [0.5, 1, 2.5]
    words = load(pd.DataFrame({"id": [1, 2], "v": pd.Series([np.array(["a", "b"])] * 2, dtype=object)}))
    assert set(words.frame["v"]) == {'["a","b"]'}


def test_short_lists_of_short_floats_keep_their_digits():
    table = pa.table({"id": [1, 2], "place": pa.array([[0.1, 0.2], None], pa.list_(pa.float32()))})
    assert load(table).frame["place"].dropna().tolist() == ["[0.1,0.2]"]
    nested = pa.array([[[0.1]], [[0.7], []]], pa.large_list(pa.list_(pa.float32())))
    assert set(load(pa.table({"id": [1, 2], "n": nested.slice(0)})).frame["n"]) == {"[[0.1]]", "[[0.7],[]]"}
    half = pa.array([[np.float16(0.1), None], [np.float16(2)]], pa.list_(pa.float16()))
    assert set(load(pa.table({"id": [1, 2], "h": half})).frame["h"]) == {"[0.1,null]", "[2]"}
    fixed = pa.array([[0.5, 0.1], [0.3, 0.2], [0.1, 0.1]], pa.list_(pa.float32(), 2))
    assert set(load(pa.table({"id": [1, 2], "f": fixed.slice(1)})).frame["f"]) == {"[0.3,0.2]", "[0.1,0.1]"}


def test_every_nan_is_the_same_and_not_the_same_as_a_number():
    x = np.zeros((4, 2), np.float32)
    x[0, 0] = np.nan
    x[1, 0] = np.array([0xFFC00001], np.uint32).view(np.float32)[0]
    x[3] = np.nan
    rows = [row.tobytes() for row in CellHashes.of_vectors(x).rows()]
    assert rows[0] == rows[1]
    assert len(set(rows)) == 3


def holed(n=40):
    x = np.random.default_rng(0).normal(size=(n, 8)).round(4)
    x[3, 2] = np.nan
    vectors = [None if at in (5, 6) else row.tolist() for at, row in enumerate(x)]
    return pd.DataFrame({"id": range(n), "size": np.arange(n) % 7, "v": pd.Series(vectors, dtype=object)})


@pytest.mark.parametrize("features", ["table", "vector:w"])
def test_a_genuine_bundle_with_holes_in_its_vectors_verifies(tmp_path, features):
    frame = holed().assign(w=[[at % 5 + 0.5] * 7 + [at] for at in range(40)])
    data = load(frame, name="holed")
    study = Study(data).with_(features=features, budget="40")
    out = write_bundle(study, study.select("random", 40), tmp_path / "out", whole=True)
    found = verify(out, frame)
    assert found.code == 0, [check for check in found.checks if check.status not in ("holds", "signed")]
    # and a cell that was changed is found, beside NaN too
    other = frame.copy()
    other["v"] = pd.Series([None if v is None else [*v[:7], v[7] + 1] for v in frame["v"]], dtype=object)
    assert verify(out, other).code == 1


def test_features_are_not_made_of_vectors_with_holes_unasked(tmp_path):
    data = load(holed(), name="holed")
    chosen = resolve(FeatureSpec(), data)
    assert chosen.source == "table"
    assert "rows lack vectors in v" in chosen.reason
    assert make_features(data, chosen, Store(tmp_path)).matrix.shape[1] == 1
    both = load(holed().assign(w=[[at % 5 + 0.5] * 8 for at in range(40)]), name="both")
    assert resolve(FeatureSpec(), both).text == "vector:w"
    alone = load(holed()[["v"]], name="alone")
    assert resolve(FeatureSpec(), alone).text == "vector:v"


def test_lists_of_unequal_lengths_are_no_vectors_though_their_mean_is_whole():
    vectors = [[0.5] * 7, [0.5] * 9, [0.5] * 8]
    source = pa.table({"id": [1, 2, 3], "v": pa.array(vectors, pa.list_(pa.float64()))})
    sink = io.BytesIO()
    pq.write_table(source, sink)
    assert vectors_of_lists(source["v"].combine_chunks()) is None
    assert load(sink.getvalue(), id_column="id").roles["v"].kind.value != "vector"


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_lists_without_one_number_are_no_vectors(kind):
    nothing = pa.array([[math.nan] * 8] * 3, pa.list_(kind))
    assert vectors_of_lists(nothing) is None
    one = pa.array([[math.nan] * 8, [math.nan] * 7 + [1.0]], pa.list_(kind))
    assert vectors_of_lists(one).shape == (2, 8)


@pytest.mark.parametrize("of", ["lists", "text"])
@pytest.mark.parametrize(
    ("row", "vector"),
    [
        ([0.5] * 7, False),
        ([0.5] * 8, True),
        ([2**24] * 8, True),  # the last whole number up to which single precision holds all
        ([-(2**24)] * 8, True),
        ([2**24 + 1] * 8, False),
        ([-(2**24) - 1] * 8, False),
        ([2**23 + 1] * 8, True),
        ([2**24 + 1, None, *[1] * 6], False),
        ([2**24 - 1, None, *[1] * 6], True),
        ([None] * 8, False),
        ([0.5] * 7 + [None], True),
    ],
)
def test_eight_numbers_that_single_precision_holds_are_a_vector(of, row, vector):
    made = [row, None, row]
    if of == "lists":
        found = vectors_of_lists(pa.array(made))
    else:
        found = vectors_of_text(pa.array([None if cells is None else json.dumps(cells) for cells in made]))
    assert (found is not None) == vector
    if found is not None:
        want = np.array([row, [None] * len(row), row], float).astype(np.float32)
        np.testing.assert_array_equal(found, want)


def test_large_whole_numbers_in_single_precision_are_vectors_and_in_double_precision_codes():
    rows = [[2.0**30] * 8]
    assert vectors_of_lists(pa.array(rows, pa.list_(pa.float32()))).tolist() == rows
    assert vectors_of_lists(pa.array(rows, pa.list_(pa.float64()))) is None


@pytest.mark.parametrize(
    "cells",
    [[], [None], ["5"], ["[1,2,3,4,5,6,7,8]", "5"], ["5", "[1,2,3,4,5,6,7,8]"], ["null"], ["{}"], ['["a"]']],
)
def test_text_that_is_no_list_is_no_vector(cells):
    assert vectors_of_text(pa.array(cells, pa.string())) is None


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.string()), pa.list_(pa.bool_()), pa.list_(pa.list_(pa.int64()))]
)
def test_lists_of_what_are_no_numbers_and_columns_without_lists_are_no_vectors(kind):
    inner = {pa.string(): "a", pa.bool_(): True}.get(kind.value_type, [1])
    assert vectors_of_lists(pa.array([[inner] * 8], kind)) is None
    assert vectors_of_lists(pa.array([None, None], kind)) is None
    assert vectors_of_lists(pa.array([None, None], pa.list_(pa.int64()))) is None
    assert vectors_of_lists(pa.array([], pa.list_(pa.float64()))) is None


def test_a_vector_of_finite_numbers_is_written_as_it_is():
    vector = np.array([0.1, -2.5], np.float32)
    assert written(vector) is vector
    assert written(np.array([0.1, np.inf, -np.inf, np.nan], np.float32)) == [0.1, "inf", "-inf", None]
