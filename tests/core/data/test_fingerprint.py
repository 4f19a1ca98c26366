"""Keys, canonical order, fingerprint, and naming what differs."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.cells.cell_hashes import CellHashes
from core.data.cells.row_keys import key_order, key_rows
from core.data.fingerprint import (
    DatasetRecord,
    array_digest,
    differences,
    record_of,
    record_table,
)
from core.data.load import load
from core.foundation.errors import BundleError, ColumnError


def frame_of(**columns):
    return load(pd.DataFrame(columns), id_column="").frame


def test_keys_are_the_bytes_that_design_says():
    """An oracle in plain Python for one id column and one content key."""

    def hashed(*parts):
        return blake2b(b"".join(parts), digest_size=16).digest()

    frame = pd.DataFrame({"id": pd.array([7], dtype="Int64")})
    head = hashed(b"aliquot/id/1")
    assert key_rows(frame, "id").keys[0].tobytes() == hashed(head, hashed(b"n1:7"))
    frame = pd.DataFrame({"b": pd.array(["x"], dtype="string"), "a": pd.array([pd.NA], dtype="Int64")})
    row = hashed(hashed(b"aliquot/row/1", b"1:a", b"1:b"), hashed(b"-0:"), hashed(b"t1:x"))
    assert key_rows(frame, None).keys[0].tobytes() == hashed(hashed(b"aliquot/content/1"), row, bytes(8))


def fingerprint_of(frame, id_column=None, vectors=None):
    return key_rows(frame, id_column, vectors).fingerprint


def key_set(frame, id_column=None):
    return {key.tobytes() for key in key_rows(frame, id_column).keys}


def test_a_distinct_value_is_hashed_once():
    hashes = CellHashes.of(pd.Series(pd.array(["a", "b", "a", pd.NA], dtype="string")))
    assert len(hashes.table) == 3
    assert hashes.rows()[0].tobytes() == hashes.rows()[2].tobytes()


cells = st.one_of(
    st.none(), st.integers(-3, 3), st.sampled_from(["a", "b", "1", "", "é", "x,y"]), st.booleans()
)
tables = st.integers(1, 12).flatmap(
    lambda n: st.dictionaries(
        st.sampled_from(["a", "b", "c", "d"]), st.lists(cells, min_size=n, max_size=n), min_size=1
    )
)


@settings(max_examples=40)
@given(tables, st.randoms(use_true_random=False))
def test_row_and_column_order_change_nothing(columns, random):
    frame = load(pd.DataFrame(columns, dtype=object), id_column="").frame
    names = list(frame.columns)
    random.shuffle(names)
    rows = list(range(len(frame)))
    random.shuffle(rows)
    one = key_rows(frame)
    two = key_rows(frame[names].iloc[rows].reset_index(drop=True))
    assert one.keys.tobytes() == two.keys.tobytes()
    assert one.fingerprint.digest == two.fingerprint.digest
    assert one.fingerprint.columns == two.fingerprint.columns
    assert len(np.unique(one.keys, axis=0)) == len(frame)
    words = [key.tobytes() for key in one.keys]
    assert words == sorted(words)


@settings(max_examples=30)
@given(tables)
def test_equal_digests_mean_equal_rows(columns):
    frame = load(pd.DataFrame(columns, dtype=object), id_column="").frame
    digests = [row.tobytes() for row in key_rows(frame).fingerprint.rows]
    rows = list(map(repr, frame[sorted(frame.columns)].astype(object).values.tolist()))
    assert sorted(Counter(digests).values()) == sorted(Counter(rows).values())


def test_canonical_order_is_that_of_bytes():
    keys = np.random.default_rng(0).integers(0, 256, (500, 16)).astype(np.uint8)
    keys[:250, :8] = keys[0, :8]
    order = key_order(keys)
    assert [k.tobytes() for k in keys[order]] == sorted(k.tobytes() for k in keys)


def test_identical_rows_are_told_apart_by_number():
    frame = frame_of(a=["x", "x", "y", "x"])
    keys = key_set(frame)
    assert len(keys) == 4
    fewer = key_set(frame_of(a=["x", "x", "y"]))
    assert len(keys & fewer) == 3


def test_an_added_column_changes_content_keys_and_not_ids():
    one, two = frame_of(id=[1, 2], a=["x", "y"]), frame_of(id=[1, 2], a=["x", "y"], b=[1, 2])
    assert key_set(one, "id") == key_set(two, "id")
    assert not key_set(one) & {k.tobytes() for k in key_rows(two, None).keys}


def test_missing_and_repeated_ids_are_refused_with_counts():
    with pytest.raises(ColumnError, match="1 row has none and 1 id is used more than once, in 2 rows"):
        key_rows(frame_of(id=["a", "a", "b", None]), "id")


def test_vectors_are_part_of_the_content():
    frame = frame_of(a=[1, 2])
    x = np.zeros((2, 3), np.float32)
    y = x.copy()
    y[1, 2] = 1
    digests = {fingerprint_of(frame, None, {"v": m}).digest for m in (x, y)}
    assert len(digests | {fingerprint_of(frame).digest}) == 3


def test_column_digests_move_alone():
    """One edit moves one column, with ids and without."""
    for column in ("id", None):
        one = fingerprint_of(frame_of(id=[1, 2, 3], a=["x", "y", "z"], b=[1, 1, 2]), column)
        two = fingerprint_of(frame_of(id=[1, 2, 3], a=["x", "Y", "z"], b=[1, 1, 2]), column)
        assert [name for name in one.columns if one.columns[name] != two.columns[name]] == ["a"]
    # With ids the place of a value counts, without them only the values do.
    one, two = frame_of(id=[1, 2], a=["x", "y"]), frame_of(id=[1, 2], a=["y", "x"])
    assert fingerprint_of(one, "id").columns["a"] != fingerprint_of(two, "id").columns["a"]
    assert fingerprint_of(one).columns["a"] == fingerprint_of(two).columns["a"]


def test_array_digest_knows_type_shape_and_bytes():
    x = np.arange(6, dtype=np.float32)
    others = [x.reshape(2, 3), x.astype(np.float64), x + 1]
    assert len({array_digest(part) for part in [x, *others]}) == 4
    assert array_digest(x.reshape(2, 3)) == array_digest(np.asfortranarray(x.reshape(2, 3)))


# Differences ------------------------------------------------------------------------------------------------

BASE = {"id": [1, 2, 3, 4], "a": ["x", "y", "z", "x"], "b": [1.5, 2.5, None, 4.5]}


def data(changes=(), drop=(), id_column="id", **extra):
    columns = {name: list(values) for name, values in {**BASE, **extra}.items()}
    for row, name, value in changes:
        columns[name][row] = value
    frame = pd.DataFrame(columns).drop(index=list(drop))
    return load(frame, name="data", id_column=id_column)


def recorded(dataset, checks=True):
    table = record_table(dataset)
    if not checks and "cells" in table.column_names:
        table = table.drop_columns(["cells"])
    print_ = dataset.fingerprint
    return record_of(table, digest=print_.digest, columns=print_.columns, id_column=print_.id_column)


@pytest.mark.parametrize("checks", [True, False])
def test_the_same_data_is_the_same(checks):
    found = differences(recorded(data(), checks), data())
    assert found.same
    assert str(found) == "The data is the recorded data."
    shuffled = load(pd.DataFrame(BASE)[["b", "id", "a"]].iloc[::-1], id_column="id")
    assert differences(recorded(data(), checks), shuffled).same


@pytest.mark.parametrize("checks", [True, False])
def test_one_cell_is_named(checks):
    found = differences(recorded(data(), checks), data([(1, "a", "Y")]))
    assert found.cells == (("row 2", "a"),)
    assert str(found) == "The cell of column 'a' in row 2 differs."


@pytest.mark.parametrize("checks", [True, False])
def test_one_row_of_many_cells_is_named(checks):
    found = differences(recorded(data(), checks), data([(1, "a", "Y"), (1, "b", 0)]))
    assert set(found.cells) == {("row 2", "a"), ("row 2", "b")}


def test_several_rows_and_columns_are_named_exactly_with_checks_and_fairly_without():
    changed = data([(1, "a", "Y"), (3, "b", 0)])
    found = differences(recorded(data()), changed)
    assert set(found.cells) == {("row 2", "a"), ("row 4", "b")}
    found = differences(recorded(data(), checks=False), changed)
    assert found.cells == ()
    assert set(found.rows_changed) == {"row 2", "row 4"}
    assert found.columns_changed == ("a", "b")
    assert "2 rows differ" in str(found)
    assert "columns 'a', 'b'" in str(found)


def test_rows_that_come_and_go_are_named_beside_a_changed_cell():
    old, new = data(), data([(1, "a", "Y")], drop=[0])
    ids = dict(zip([key.tobytes().hex() for key in old.keys], old.frame["id"].tolist(), strict=True))
    found = differences(recorded(old), new, {key: f"row {name}" for key, name in ids.items()})
    assert found.rows_gone == ("row 1",)
    assert found.cells == (("row 2", "a"),)
    found = differences(recorded(new), old)
    assert found.rows_new == ("row 1",)
    found = differences(recorded(old, checks=False), new)
    assert found.rows_gone[0].startswith("key ")
    assert found.rows_changed == ("row 2",)


def test_an_altered_id_is_a_row_gone_and_a_row_new():
    found = differences(recorded(data()), data([(0, "id", 9)]))
    assert len(found.rows_gone) == 1
    assert found.rows_new == ("row 9",)
    assert found.cells == ()


def test_columns_that_come_and_go_are_named():
    found = differences(recorded(data()), data(c=[1, 2, 3, 4]))
    assert (found.columns_new, found.columns_gone, found.rows_changed) == (("c",), (), ())
    found = differences(recorded(data(c=[1, 2, 3, 4])), data([(2, "a", "!")]))
    assert found.columns_gone == ("c",)
    assert found.cells == (("row 3", "a"),)


def test_without_ids_a_changed_cell_is_one_row_gone_one_new_and_its_column():
    found = differences(recorded(data(id_column="")), data([(1, "a", "Y")], id_column=""))
    assert len(found.rows_gone) == 1
    assert found.rows_new == ("row 2 of the file",)
    assert found.columns_changed == ("a",)
    assert "The difference lies in column 'a'." in str(found)


def test_data_is_keyed_as_the_record_was():
    assert differences(recorded(data()), data(id_column="")).same
    assert differences(recorded(data(id_column="")), data()).same
    gone = data(id_column="")
    frame = gone.frame.drop(columns="id")
    assert "id" in differences(recorded(data()), load(frame)).id_problem
    twice = differences(recorded(data()), data([(0, "id", 2)], id_column=""))
    assert "used more than once" in twice.id_problem


def test_a_record_altered_with_its_digests_contradicts_itself():
    """Changing a row in the data and in the record is found, because the digest is over all of them."""
    old, new = data(), data([(0, "id", 9), (0, "a", "!")])
    forged = recorded(new)
    forged = DatasetRecord(
        forged.keys,
        type(old.fingerprint)(old.fingerprint.digest, forged.fingerprint.rows, new.fingerprint.columns, "id"),
    )
    found = differences(forged, new)
    assert not found.same
    assert "contradicts itself" in str(found)
    columns = {**old.fingerprint.columns, "a": "00" * 16}
    found = differences(
        DatasetRecord(
            old.keys, type(old.fingerprint)(old.fingerprint.digest, old.fingerprint.rows, columns, "id")
        ),
        old,
    )
    assert not found.same
    assert "contradicts itself" in str(found)


def test_vectors_are_compared_as_a_column():
    x = np.zeros((4, 3), np.float32)
    y = x.copy()
    y[2, 1] = 1
    one, two = (load(pd.DataFrame(BASE), id_column="id", vectors={"v": m}) for m in (x, y))
    assert differences(recorded(one), two).cells == (("row 3", "v"),)


def test_a_damaged_record_is_refused_in_words():
    with pytest.raises(BundleError, match=r"rows\.parquet cannot be used"):
        record_of(pa.table({"key": [b"short"]}), digest="", columns={}, id_column=None)
