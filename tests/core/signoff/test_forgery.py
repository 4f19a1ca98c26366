"""Forgers who change a bundle and update every hash, and what exposes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.fingerprint import array_digest, record_table
from core.data.load import load
from core.foundation.errors import BundleError
from core.model.decision import Decision
from core.notebook import write_bundle
from core.signoff.manifest import body_digest
from core.signoff.manifest_body import data_block
from core.signoff.verify import verify

from . import toy
from .toy import failing, told

DATA = toy.csv_of(toy.table())


# ---- forgers who update every hash ---------------------------------------------------------------


def _outsider(folder: Path) -> tuple[Any, int, int]:
    """The data, the position of a chosen row, and that of one that was not chosen."""
    data = load(DATA, name="tickets.csv", id_column="ticket")
    chosen = set(toy.read(folder)["selection"]["ids"])
    ids = data.frame["ticket"].tolist()
    return (
        data,
        ids.index(toy.read(folder)["selection"]["ids"][4]),
        next(at for at, name in enumerate(ids) if name not in chosen),
    )


def _swap_in_subset(folder: Path, data: Any, old: int, new: int) -> None:
    subset = pq.read_table(folder / "subset.parquet")
    frame = subset.to_pandas()
    at = frame.index[frame["ticket"] == data.frame["ticket"][old]][0]
    for name in data.frame.columns:
        kept = "aliquot_rank_original" if name == "aliquot_rank" else name
        frame.loc[at, kept] = data.frame[name][new]
    pq.write_table(
        pa.Table.from_pandas(frame, schema=subset.schema, preserve_index=False), folder / "subset.parquet"
    )


def test_a_row_swapped_everywhere_is_exposed_by_the_replay(drawn: Path) -> None:
    data, old, new = _outsider(drawn)
    _swap_in_subset(drawn, data, old, new)

    def change(manifest: dict[str, Any]) -> None:
        block = manifest["selection"]
        at = block["ids"].index(int(data.frame["ticket"][old]))
        block["ids"][at] = int(data.frame["ticket"][new])
        block["keys"][at] = data.keys[new].tobytes().hex()

    toy.reseal(drawn, change)
    found = verify(drawn, DATA)
    assert found.code == 1
    assert failing(found) == {"replay"}
    assert found.rows_in == (str(data.frame["ticket"][old]),)
    assert found.rows_out == (str(data.frame["ticket"][new]),)


def test_an_id_and_its_digests_altered_are_exposed_by_the_data(bundle: Path) -> None:
    frame = toy.table()
    forged = frame.copy()
    chosen = toy.read(bundle)["selection"]["ids"][0]
    forged.loc[forged["ticket"] == chosen, "ticket"] = 9999
    other = load(toy.csv_of(forged), name="tickets.csv", id_column="ticket")
    pq.write_table(record_table(other), bundle / "rows.parquet")

    def change(manifest: dict[str, Any]) -> None:
        manifest["data"] = data_block(other, len(other))
        manifest["recipe"]["data"]["fingerprint"] = other.fingerprint.digest
        manifest["selection"]["ids"][0] = 9999
        place = other.frame["ticket"].tolist().index(9999)
        manifest["selection"]["keys"][0] = other.keys[place].tobytes().hex()

    toy.reseal(bundle, change)
    found = verify(bundle, DATA)
    assert found.code == 1
    assert failing(found) == {"data", "chosen rows"}
    assert str(chosen) in told(found)


def test_an_id_altered_in_the_manifest_alone(drawn: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["selection"]["ids"][2] = 1001 if manifest["selection"]["ids"][2] != 1001 else 1002

    toy.reseal(drawn, change)
    found = verify(drawn, DATA)
    assert found.code == 1
    assert failing(found) == {"chosen rows"}


def test_a_row_digest_altered_in_the_record(bundle: Path) -> None:
    table = pq.read_table(bundle / "rows.parquet")
    digests = table.column("digest").to_pylist()
    digests[5] = bytes(16)
    column = pa.array(digests, type=pa.binary(16))
    pq.write_table(table.set_column(1, "digest", column), bundle / "rows.parquet")
    toy.reseal(bundle)
    found = verify(bundle, DATA)
    assert found.code == 1
    assert failing(found) == {"data"}


def test_an_edited_cell_of_the_subset_is_named(bundle: Path) -> None:
    table = pq.read_table(bundle / "subset.parquet")
    prices = table.column("price").to_pylist()
    prices[3] += 1.0
    at = table.column_names.index("price")
    pq.write_table(table.set_column(at, "price", pa.array(prices)), bundle / "subset.parquet")
    toy.reseal(bundle)
    found = verify(bundle, DATA)
    name = toy.read(bundle)["selection"]["ids"][3]
    assert found.code == 1
    assert f"subset.parquet: the cell of column 'price' in row {name} is not the data's." in told(found)


@pytest.mark.parametrize("name", ["subset.csv", "subset.jsonl"])
def test_an_edited_copy_of_the_subset_is_named(bundle: Path, name: str) -> None:
    chosen = toy.read(bundle)["selection"]["ids"][0]
    text = (bundle / name).read_text()
    assert str(chosen) in text
    (bundle / name).write_text(text.replace(" words", " wards", 1))
    toy.reseal(bundle)
    found = verify(bundle, DATA)
    assert found.code == 1
    assert f"{name}: the cell of column 'body'" in told(found)


def test_a_flag_moved_in_the_whole_table(bundle: Path) -> None:
    table = pq.read_table(bundle / "whole.parquet")
    flags = table.column("aliquot_selected").to_pylist()
    flags[flags.index(False)] = True
    at = table.column_names.index("aliquot_selected")
    pq.write_table(table.set_column(at, "aliquot_selected", pa.array(flags)), bundle / "whole.parquet")
    toy.reseal(bundle)
    assert "flags other rows" in told(verify(bundle, DATA))


def test_altered_weights_are_exposed(drawn: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["selection"]["weight"][0] *= 2

    toy.reseal(drawn, change)
    assert failing(verify(drawn, DATA)) == {"subset"}
    table = pq.read_table(drawn / "subset.parquet")
    weights = table.column("aliquot_weight").to_pylist()
    weights[0] *= 2
    at = table.column_names.index("aliquot_weight")
    pq.write_table(table.set_column(at, "aliquot_weight", pa.array(weights)), drawn / "subset.parquet")
    toy.reseal(drawn)
    found = verify(drawn, DATA)
    assert found.code == 1
    assert failing(found) == {"replay"}
    assert "weight" in told(found)


def test_an_altered_seed_is_exposed(drawn: Path) -> None:
    def recipe_only(manifest: dict[str, Any]) -> None:
        manifest["recipe"]["seed"] = 4

    toy.reseal(drawn, recipe_only)
    assert failing(verify(drawn, DATA)) == {"manifest"}

    def both(manifest: dict[str, Any]) -> None:
        manifest["selection"]["seed"] = 4

    toy.reseal(drawn, both)
    found = verify(drawn, DATA)
    assert found.code == 1
    assert failing(found) == {"replay"}


def test_altered_features_are_exposed_by_the_data(bundle: Path) -> None:
    matrix = np.load(bundle / "features.npy")
    matrix[7] = matrix[60] + 3
    np.save(bundle / "features.npy", matrix)

    def change(manifest: dict[str, Any]) -> None:
        manifest["features"]["digest"] = array_digest(matrix)

    toy.reseal(bundle)
    assert failing(verify(bundle, DATA)) == {"features"}
    toy.reseal(bundle, change)
    found = verify(bundle, DATA)
    assert found.code == 1
    assert failing(found) == {"features"}
    unseen = verify(bundle, DATA, features="none")
    assert toy.statuses(unseen.checks)["features"] == "not checked"


def _forge_features(folder: Path, matrix: Any) -> None:
    np.save(folder / "features.npy", matrix)
    toy.reseal(folder, lambda manifest: manifest["features"].update(digest=array_digest(matrix)))


def test_forged_features_that_nobody_compares_fail_the_replay(bundle: Path) -> None:
    """Rows turned round: other rows are far apart, so other rows are chosen."""
    _forge_features(bundle, np.ascontiguousarray(np.load(bundle / "features.npy")[::-1]))
    found = verify(bundle, DATA, features="none")
    assert found.code == 1
    assert "replay" in failing(found)
    assert "features" not in failing(found)


def test_features_that_cannot_be_read_are_exposed_though_resealed(bundle: Path) -> None:
    (bundle / "features.npy").write_bytes(b"\x93NUMPY broken")
    toy.reseal(bundle)
    found = verify(bundle, DATA)
    assert found.code == 1
    assert failing(found) == {"features"}
    assert "cannot be read" in told(found)


@pytest.mark.parametrize("change", ["type", "shape", "rows", "finite"])
def test_features_of_another_kind_are_exposed(bundle: Path, change: str) -> None:
    matrix = np.load(bundle / "features.npy")
    made = {
        "type": matrix.astype(np.float64),
        "shape": matrix.ravel(),
        "rows": matrix[:-1],
        "finite": np.where(np.arange(len(matrix))[:, None] == 3, np.float32("nan"), matrix),
    }[change]
    _forge_features(bundle, np.ascontiguousarray(made))
    assert failing(verify(bundle, DATA)) == {"features"}


def test_an_altered_group_name_is_exposed(bundle: Path) -> None:
    table = pq.read_table(bundle / "subset.parquet")
    groups = table.column("aliquot_group").to_pylist()
    groups[0] = "another"
    at = table.column_names.index("aliquot_group")
    pq.write_table(table.set_column(at, "aliquot_group", pa.array(groups)), bundle / "subset.parquet")
    toy.reseal(bundle)
    found = verify(bundle, DATA)
    assert found.code == 1
    assert failing(found) == {"subset"}, "its copies in other forms hold the right group"


def test_an_altered_group_name_without_copies_is_exposed_by_the_groups(tmp_path: Path) -> None:
    """A bundle of Parquet only: nothing but the groups made again tells."""
    one = toy.study()
    one.groups()
    out = write_bundle(one, one.select("k-center", 12), tmp_path / "b", csv=False, jsonl=False, report=False)
    table = pq.read_table(out / "subset.parquet")
    groups = table.column("aliquot_group").to_pylist()
    groups[0] = "another"
    at = table.column_names.index("aliquot_group")
    pq.write_table(table.set_column(at, "aliquot_group", pa.array(groups)), out / "subset.parquet")
    toy.reseal(out)
    found = verify(out, DATA)
    assert found.code == 1
    assert failing(found) == {"groups"}


# ---- the sign-off --------------------------------------------------------------------------------


def test_a_signature_binds_the_manifest(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(
        one, one.select("k-center", 9), tmp_path / "b", sign=Decision("Ada", "covers all", role="lead")
    )
    found = verify(out, DATA)
    assert found.code == 0
    assert found.signoff is not None
    assert "Ada signed this manifest (approve" in told(found)
    with pytest.raises(BundleError, match="signed by Ada"):
        write_bundle(one, one.select("k-center", 9), out)
    manifest = toy.read(out)
    manifest["signoff"]["signs"] = "0" * 64
    (out / "manifest.json").write_bytes(toy.dump(manifest))
    assert failing(verify(out, DATA)) == {"sign-off"}
    del manifest["signoff"]["reason"]
    (out / "manifest.json").write_bytes(toy.dump(manifest))
    assert failing(verify(out, DATA)) == {"sign-off"}


def test_a_manifest_changed_under_a_signature(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("k-center", 9), tmp_path / "b", sign=Decision("Ada", "covers all"))
    manifest = toy.read(out)
    manifest["selection"]["notes"].append("nothing to see")
    manifest["digest"] = toy.body_digest(manifest)
    (out / "manifest.json").write_bytes(toy.dump(manifest))
    assert failing(verify(out, DATA)) == {"sign-off"}


def test_a_sign_off_in_another_name_is_exposed(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("k-center", 9), tmp_path / "b", sign=Decision("Ada", "covers all"))
    manifest = toy.read(out)
    manifest["signoff"]["who"] = "Bob"
    (out / "manifest.json").write_bytes(toy.dump(manifest))
    found = verify(out, DATA)
    assert found.code == 1
    assert failing(found) == {"sign-off"}


def test_groups_left_out_of_the_manifest_do_not_hide_an_edit(bundle: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["groups"] = None

    toy.reseal(bundle, change)
    assert failing(verify(bundle, DATA)) == {"groups"}


@pytest.mark.parametrize("how", ["whole", "seal", "signs", "shape", "digest", "body"])
def test_a_sign_off_is_a_fact_only_where_it_and_its_manifest_hold(tmp_path: Path, how: str) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("k-center", 9), tmp_path / "b", sign=Decision("Ada", "covers all"))
    manifest = toy.read(out)
    if how == "seal":
        manifest["signoff"]["reason"] = "holds every group"
    elif how == "signs":
        manifest["signoff"] = Decision("Ada", "covers all").block("0" * 64)
    elif how == "shape":
        del manifest["signoff"]["role"]
    elif how == "digest":
        manifest["digest"] = "0" * 64
    elif how == "body":
        manifest["selection"]["notes"].append("nothing to see")
        manifest["signoff"] = Decision("Ada", "covers all").block(body_digest(manifest))
    (out / "manifest.json").write_bytes(toy.dump(manifest))
    found = verify(out, DATA)
    assert found.signed == found.to_json()["signed"] == (how == "whole")
    assert ("Ada signed this manifest" in told(found)) == found.signed
    assert not verify(one.export(one.select("k-center", 9), tmp_path / "c"), DATA).signed
