"""What is said where the recipe of an earlier subset meets other data, sentence by sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.load import load
from core.model.read_options import READING_VERSION
from core.notebook import write_bundle
from core.signoff.manifest import parse
from core.signoff.recipe_fit import fit_sentences, manifest_at
from core.study.study import Study

from . import toy

OLD = Path(__file__).parent / "old_bundles"


def things(rows: range, **more: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"r{at:03}" for at in rows],
            "size": [float(at % 40) for at in rows],
            "kind": [toy.NAMES[at % 3] for at in rows],
        }
    ).assign(**more)


def studied(frame: pd.DataFrame, **recipe: Any) -> Study:
    recipe = {"features": "table", "groups": "kmeans:3", **recipe}
    return Study(load(toy.csv_of(frame), name="things.csv", id_column="id")).with_(**recipe)


@pytest.fixture
def then(tmp_path: Path) -> Path:
    """A tenth of forty rows, one of each of four."""
    return of(studied(things(range(40))), "10%", tmp_path / "then")


def of(study: Study, budget: Any, out: Path, strategy: str = "stratified", **params: Any) -> Path:
    chosen = study.select(strategy, budget, params=params)
    return write_bundle(study, chosen, out, csv=False, jsonl=False, report=False)


def said(folder: Path, study: Study, budget: Any = "10%", strategy: str = "stratified") -> list[str]:
    manifest = parse((folder / "manifest.json").read_bytes())
    return fit_sentences(manifest, folder, study, study.select(strategy, budget))


def test_nothing_is_said_of_the_same_data(then: Path) -> None:
    assert said(then, studied(things(range(40)))) == []
    assert said(then, studied(things(range(40)).sample(frac=1, random_state=1))) == []


def test_rows_and_budget_of_other_data(then: Path) -> None:
    lines = said(then, studied(things(range(20, 60))))
    assert "The budget, 10 % of the rows, came to 4 of 40 rows then, and comes to 4 of 40 rows now." in lines
    assert not any("reading version" in line for line in lines)
    old = set(toy.read(then)["selection"]["keys"])
    study = studied(things(range(20, 60)))
    here = {key.tobytes().hex() for key in study.data.keys}
    new = {study.data.keys[at].tobytes().hex() for at in study.select("stratified", "10%").rows}
    assert (
        f"Of the 4 rows chosen then, this data holds {len(old & here)} and the new subset {len(old & new)}."
        in lines
    )
    assert "Rows that the old data did not hold: 20 of 40." in lines
    (then / "rows.parquet").unlink()  # a manifest alone still says what it can
    lines = said(then, study)
    assert not any("did not hold" in line for line in lines)
    assert any(line.startswith("Of the 4 rows") for line in lines)


@pytest.mark.parametrize("first", [5, 15, 30])
def test_chosen_rows_that_are_still_there_are_counted(then: Path, first: int) -> None:
    study = studied(things(range(first, 60)))
    here = {key.tobytes().hex() for key in study.data.keys}
    still = len(here & set(toy.read(then)["selection"]["keys"]))
    assert any(f"this data holds {still} and" in line for line in said(then, study))


def test_a_number_of_rows_needs_no_word_about_the_budget(tmp_path: Path) -> None:
    folder = of(studied(things(range(40))), 4, tmp_path / "b")
    assert not any("budget" in line for line in said(folder, studied(things(range(50))), 4))


def test_columns_that_came_went_and_changed_their_role(then: Path) -> None:
    frame = things(range(41)).drop(columns="size").assign(weight=[at * 1.5 for at in range(41)])
    frame["kind"] = [f"a long sentence, number {at} of many that are all different" for at in range(41)]
    lines = said(then, studied(frame))
    assert "Columns that are gone: 'size'." in lines
    assert "Columns that are new: 'weight'." in lines
    assert "Columns in another role: kind (category, now text)." in lines
    same = said(then, studied(things(range(41))))
    assert not any(line.startswith("Columns") for line in same)


def test_at_most_five_columns_are_named(then: Path) -> None:
    more = {f"extra{at}": np.arange(41) * (at + 1.0) for at in range(5)}
    assert "Columns that are new: 'extra0', 'extra1', 'extra2', 'extra3', 'extra4'." in said(
        then, studied(things(range(41), **more))
    )
    more["extra5"] = np.arange(41) * 9.0
    assert any("'extra4' and 1 more." in line for line in said(then, studied(things(range(41), **more))))


def test_dimensions_are_named_where_they_have_names(then: Path) -> None:
    same = things(range(41))
    assert not any("imension" in line for line in said(then, studied(same)))
    fewer = same.assign(kind=[toy.NAMES[at % 2] for at in range(41)])
    lines = said(then, studied(fewer))
    assert "The features had 4 dimensions and have 3." in lines
    assert any(line.startswith("Dimensions by name, gone: 'kind = gamma'") for line in lines), lines
    grown = same.assign(kind=[[*toy.NAMES, "delta"][at % 4] for at in range(41)])
    assert any(
        line.startswith("Dimensions by name, new: 'kind = delta'") for line in said(then, studied(grown))
    )


def test_what_distances_are_measured_on_is_told_where_it_differs(then: Path) -> None:
    lines = said(then, studied(things(range(41))))
    assert not any(line.startswith("Distances") for line in lines)
    frame = things(range(41))
    frame["size"] = [f"{at} pieces of something that is long enough to be a text" for at in range(41)]
    lines = said(then, studied(frame, features="text:size", embedder="tfidf"))
    assert any(line.startswith("Distances were measured on ") and ", now on " in line for line in lines)


def test_clustered_groups_are_made_again_and_groups_of_a_column_are_compared(
    tmp_path: Path, then: Path
) -> None:
    assert any(
        line.startswith("Groups are made again from these rows: ")
        for line in said(then, studied(things(range(41))))
    )
    folder = of(studied(things(range(40)), groups="kind"), "10%", tmp_path / "column")
    frame = things(range(41)).assign(kind=[["beta", "gamma", "delta"][at % 3] for at in range(41)])
    lines = said(folder, studied(frame, groups="kind"))
    assert [line for line in lines if line.startswith("Groups")] == [
        "Groups that are gone: 'alpha'.",
        "Groups that are new: 'delta'.",
    ]
    lines = said(folder, studied(things(range(41)), groups="kind"))
    assert not any(line.startswith("Groups") for line in lines)


def test_values_beyond_the_old_subset(then: Path) -> None:
    held = pd.read_parquet(then / "subset.parquet")
    frame = things(range(41))
    outside = ((frame["size"] < held["size"].min()) | (frame["size"] > held["size"].max())).mean()
    lines = said(then, studied(frame))
    assert f"{outside:.1%} of the rows lie outside the range of the old subset in some number." in lines
    new = sorted(set(frame["kind"]) - set(held["kind"]))
    told = [line for line in lines if line.startswith("Values of categories")]
    assert bool(told) == bool(new)
    more = ["zeta", "theta", "iota", "kappa", "delta"]
    grown = frame.assign(kind=[*more, *frame["kind"][5:]])
    names = ", ".join(repr(f"kind = {name}") for name in sorted(more))
    assert any(names in line for line in said(then, studied(grown)) if line.startswith("Values"))
    (then / "subset.parquet").write_bytes(b"no parquet")
    assert not any("old subset" in line for line in said(then, studied(frame)))


def test_what_a_rule_found_is_told_then_and_now(tmp_path: Path) -> None:
    folder = of(studied(things(range(40))), 4, tmp_path / "b", "probcover")
    found = toy.read(folder)["selection"]["found"]
    assert found
    other = things(range(60))
    other["size"] *= np.linspace(1, 3, 60)
    lines = said(folder, studied(other), 4, "probcover")
    for name, value in found.items():
        assert any(line.startswith(f"{name}, found by rule: {value:.4g} then, ") for line in lines), lines


@pytest.mark.parametrize("name", ["reading-1-k-center", "reading-1-stratified"])
def test_a_record_of_another_reading_says_so(name: str) -> None:
    study = Study(load((OLD / "data.csv").read_bytes(), name="data.csv"))
    manifest = dict(parse((OLD / name / "manifest.json").read_bytes()))
    manifest["data"] = {**manifest["data"], "digest": "0" * 32}
    lines = fit_sentences(manifest, OLD / name, study, study.select("random", 5))
    assert lines[0] == (
        f"The record was made under reading version 1; files are read by {READING_VERSION} now."
    )


def test_only_a_manifest_of_a_bundle_is_one(then: Path, tmp_path: Path) -> None:
    for place in (then, then / "manifest.json"):
        found = manifest_at(place)
        assert found is not None
        assert found[1] == then
    assert manifest_at(tmp_path / "nothing") is None
    for body in (b"{", b"[1]", b'{"recipe": 1}'):
        (tmp_path / "other.json").write_bytes(body)
        assert manifest_at(tmp_path / "other.json") is None
