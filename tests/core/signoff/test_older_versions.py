"""Bundles of earlier versions: what can still be said of them, and what cannot."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.data.fingerprint import array_digest
from core.foundation.errors import BundleError
from core.model.read_options import READING_VERSION
from core.notebook import write_bundle
from core.signoff.verify import verify
from core.strategies.declaration import STRATEGIES

from . import toy
from .toy import failing, told

OLD = Path(__file__).parent / "old_bundles"
DATA = OLD / "data.csv"
NAMES = ["reading-1-k-center", "reading-1-stratified"]


@pytest.fixture(params=NAMES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A bundle as the first reading version wrote it."""
    return Path(shutil.copytree(OLD / request.param, tmp_path / "old"))


def checked(found: Any) -> dict[str, str]:
    return dict(toy.statuses(found.checks))


def test_a_bundle_of_the_first_reading_holds_and_is_not_replayed(old: Path) -> None:
    found = verify(old, DATA)
    assert found.code == 3
    assert found.summary == (
        "A holds as far as it can be read by this version; replay not checked: made by version 1."
    )
    assert found.in_words == (
        "The data, the record and the subset are unchanged, as far as this version can read them. The rows "
        "were not drawn again, because they were drawn with version 1 of the rules for reading files, which "
        "this program no longer has."
    )
    said = checked(found)
    assert said.pop("replay") == "not checked"
    said.pop("features")
    assert said == dict.fromkeys(["manifest", "files", "data", "chosen rows", "subset"], "holds")


def test_what_does_not_depend_on_reading_is_still_decisive(old: Path) -> None:
    data = bytearray((old / "rows.parquet").read_bytes())
    data[len(data) // 2] ^= 1
    (old / "rows.parquet").write_bytes(bytes(data))
    found = verify(old, DATA)
    assert found.code == 1
    assert "files" in failing(found)


def test_a_changed_manifest_and_a_record_against_itself_are_decisive(old: Path) -> None:
    manifest = toy.read(old)
    manifest["selection"]["notes"].append("nothing to see")
    (old / "manifest.json").write_bytes(toy.dump(manifest))
    assert failing(verify(old, DATA)) == {"manifest"}

    def change(manifest: dict[str, Any]) -> None:
        manifest["data"]["digest"] = manifest["recipe"]["data"]["fingerprint"] = "0" * 32

    toy.reseal(old, change)
    found = verify(old, DATA)
    assert found.code == 1
    assert failing(found) == {"data"}


def test_an_edited_cell_of_an_old_subset_is_told_where_the_data_is_the_recorded_one(old: Path) -> None:
    table = pq.read_table(old / "subset.parquet")
    sizes = table.column("size").to_pylist()
    sizes[2] += 1
    at = table.column_names.index("size")
    pq.write_table(table.set_column(at, "size", [sizes]), old / "subset.parquet")
    toy.reseal(old)
    found = verify(old, DATA)
    assert found.code == 1
    assert failing(found) == {"subset"}


def test_data_that_differs_is_named_and_not_called_a_forgery(old: Path) -> None:
    """Reading may have changed it, or a person: nobody can tell, and that is said."""
    text = DATA.read_text().replace(",c,7,3.398,", ",c,8,3.398,", 1)
    for source in (old, old / "manifest.json"):
        found = verify(source, text.encode())
        assert found.code == 3
        assert found.unread
        assert failing(found) == set()
        assert checked(found)["data"] == "not checked"
        assert "'size'" in told(found)
        assert "could not be confirmed" in found.summary


def test_old_features_that_are_not_those_of_the_data_are_no_contradiction(old: Path) -> None:
    matrix = np.load(old / "features.npy")
    matrix[7] = matrix[20]
    np.save(old / "features.npy", matrix)
    toy.reseal(old)
    assert failing(verify(old, DATA)) == {"features"}, "its own digest still tells"
    toy.reseal(old, lambda manifest: manifest["features"].update(digest=array_digest(matrix)))
    found = verify(old, DATA)
    assert found.code == 3
    assert checked(found)["features"] == "not checked"


def test_a_newer_reading_is_refused_in_words(bundle: Path) -> None:
    def newer(manifest: dict[str, Any]) -> None:
        manifest["data"]["reading"]["version"] = READING_VERSION + 1

    toy.reseal(bundle, newer)
    with pytest.raises(BundleError, match=f"reading version {READING_VERSION + 1}"):
        verify(bundle, toy.csv_of(toy.table()))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a strategy a later version of itself."""

    def raised(name: str) -> None:
        items = dict(STRATEGIES._items)
        items[name] = replace(items[name], version=items[name].version + 1)
        monkeypatch.setattr(STRATEGIES, "_items", items)

    return raised


def test_a_strategy_version_that_is_gone_is_exit_3(bundle: Path, later: Any) -> None:
    was = STRATEGIES["k-center"].version
    later("k-center")
    found = verify(bundle, toy.csv_of(toy.table()))
    assert found.code == 3
    assert f"made by version {was} of k-center." in found.summary
    assert f"drawn with version {was} of the strategy k-center, which" in found.in_words
    assert failing(found) == set()
    frame = toy.table()
    frame.loc[17, "price"] += 1
    found = verify(bundle, toy.csv_of(frame))
    assert found.code == 1, "the reading is today's, so an edit of the data is a contradiction"
    assert failing(found) == {"data"}


def test_a_strategy_inside_another_counts_too(tmp_path: Path, later: Any) -> None:
    one = toy.study()
    chosen = one.select("stratified", 12, params={"within": "k-center"})
    out = write_bundle(one, chosen, tmp_path / "b", csv=False, jsonl=False, report=False)
    assert verify(out, toy.csv_of(toy.table())).code == 0
    assert toy.read(out)["methods"].keys() == {"strategy stratified", "strategy k-center", "groups kmeans"}
    later("k-center")
    found = verify(out, toy.csv_of(toy.table()))
    assert found.code == 3
    assert "of k-center" in found.summary


def test_a_strategy_that_is_not_here_is_exit_3(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = {name: one for name, one in STRATEGIES._items.items() if name != "k-center"}
    monkeypatch.setattr(STRATEGIES, "_items", items)
    found = verify(bundle, toy.csv_of(toy.table()))
    assert found.code == 3
    assert "k-center, a strategy that is not here" in found.summary
