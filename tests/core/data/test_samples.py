"""Samples: what is promised about them is true of them."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data import sample_docstrings, samples
from core.data.samples import SAMPLES, picture_of, sample_frame
from core.foundation.artifact_store import Store
from core.foundation.errors import DataError
from core.foundation.progress import SILENT

FOLDER = samples.HERE


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "support_tickets_truth.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def tickets() -> pd.DataFrame:
    return sample_frame("support_tickets")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_support_tickets", FOLDER / "make_support_tickets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


@pytest.fixture(scope="module")
def small_docstrings() -> pd.DataFrame:
    return sample_docstrings.collect(per_package=5, cap=100)


def frame_of(name: str, small: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, folder: Path) -> pd.DataFrame:
    monkeypatch.setattr(sample_docstrings, "collect", lambda **_: small)
    return sample_frame(name, Store(folder))


@pytest.mark.parametrize("name", SAMPLES)
def test_defaults_fit_the_table(
    name: str, small_docstrings: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from core.data.load import load
    from core.features.spec import FeatureSpec

    sample = SAMPLES[name]
    frame = frame_of(name, small_docstrings, monkeypatch, tmp_path)
    assert frame.attrs["notes"]
    data = load(frame, id_column=sample.id_column, roles=sample.roles)
    assert data.fingerprint.id_column == sample.id_column
    assert {column: role.kind.value for column, role in data.roles.items() if column in sample.roles} == dict(
        sample.roles
    )
    spec = FeatureSpec.parse(sample.features)
    assert spec.column is None or spec.column in data.roles
    for column, kind in ((sample.label_column, "label"), (sample.score_column, "score")):
        held = [name for name, role in data.roles.items() if role.kind.value == kind]
        assert held == ([] if column is None else [column])


def test_unknown_sample() -> None:
    with pytest.raises(DataError, match="support_tickets"):
        sample_frame("tickets")


def test_missing_folder_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(samples, "HERE", tmp_path)
    with pytest.raises(DataError, match="sample_data"):
        sample_frame("support_tickets")


def test_bundled_tables_hold_the_values_of_scikit_learn() -> None:
    from sklearn.datasets import load_breast_cancer, load_digits, load_wine

    for name, made in (
        ("digits", load_digits()),
        ("wine", load_wine()),
        ("breast_cancer", load_breast_cancer()),
    ):
        frame = sample_frame(name)
        label = str(SAMPLES[name].label_column)
        numbers = frame.drop(columns=["id", label]).to_numpy(float)
        assert np.array_equal(numbers, made.data)
        assert frame["id"].is_unique
        # One name per class, and the same rows in each.
        assert pd.Series(made.target).groupby(frame[label]).nunique().eq(1).all()
        assert frame[label].nunique() == len(made.target_names)


def test_the_generator_makes_the_committed_table(
    generator: ModuleType, tickets: pd.DataFrame, truth: dict[str, Any]
) -> None:
    frame, again = generator.make()
    pd.testing.assert_frame_equal(frame, tickets, check_dtype=False)
    assert json.loads(json.dumps(again)) == truth


def test_planted_truth(tickets: pd.DataFrame, truth: dict[str, Any]) -> None:
    by_id = tickets.set_index("ticket_id")
    assert tickets["ticket_id"].is_unique
    assert len(tickets) == truth["rows"] == 5_000
    assert tickets["topic"].nunique() >= 13
    assert tickets["register"].nunique() == 3
    rare = tickets.loc[tickets["topic"] == truth["rare_topic"], "ticket_id"]
    assert sorted(rare) == truth["rare_ids"]
    assert 0 < len(rare) / len(tickets) < 0.01
    # Exact duplicates are the planted ones and no others; near-duplicates differ, but little.
    twice = tickets.loc[tickets["body"].duplicated(keep=False), "ticket_id"]
    assert set(twice) == {row for pair in truth["exact_duplicates"] for row in pair}
    assert 0.02 <= len(truth["near_duplicates"]) / len(tickets) <= 0.03
    for one, other in truth["near_duplicates"]:
        first, second = by_id.loc[one], by_id.loc[other]
        assert first["body"] != second["body"]
        assert abs(len(first["body"]) - len(second["body"])) <= 20
        assert (first["customer"], first["topic"]) == (second["customer"], second["topic"])
        assert first["created"] < second["created"]


def test_columns_teach_what_the_readme_says(tickets: pd.DataFrame) -> None:
    assert tickets["quality"].between(0, 1).all()
    assert (tickets["minutes"] > 0).all()
    assert tickets["minutes"].skew() > 1
    assert (
        tickets.groupby("topic")["minutes"].std().max() > 3 * tickets.groupby("topic")["minutes"].std().min()
    )
    means = tickets.groupby("register")["quality"].mean()
    assert means["terse"] < means["casual"] < means["formal"]
    for column in ("language", "licence"):
        assert (tickets.groupby("customer")[column].nunique() == 1).all()
    sizes = tickets["customer"].value_counts()
    assert sizes.iloc[0] > 100
    assert sizes.median() < 10
    missing = tickets.columns[tickets.isna().any()]
    assert set(missing) == {"subject", "region"}
    assert pd.to_datetime(tickets["created"], utc=True, format="ISO8601").is_monotonic_increasing


def test_file_is_small() -> None:
    assert (FOLDER / "support_tickets.parquet").stat().st_size < 2_000_000


SOURCE = '''
"""Module
over two lines.

Not this."""
raise SystemExit("this must never run")
class A:
    """A class of things."""
    def shown(self):
        """What it shows."""
        def inner():
            """Not public."""
    def _hidden(self):
        """Not public."""
async def f():
    """A function of something."""
'''


def test_docstrings_are_read_and_never_run() -> None:
    assert list(sample_docstrings.docstrings_of(SOURCE, "m")) == [
        ("m", "module", "Module over two lines."),
        ("m.A", "class", "A class of things."),
        ("m.A.shown", "method", "What it shows."),
        ("m.f", "function", "A function of something."),
    ]


@pytest.mark.parametrize("source", ["def f(:", "\x00", "(" * 500])
def test_source_that_does_not_parse_gives_nothing(source: str) -> None:
    assert list(sample_docstrings.docstrings_of(source, "m")) == []


def test_docstrings_are_what_they_should_be(small_docstrings: pd.DataFrame) -> None:
    frame = small_docstrings
    assert tuple(frame.columns) == sample_docstrings.COLUMNS
    assert len(frame) == 100
    assert frame["id"].is_unique
    assert frame["text"].is_unique
    assert frame["id"].is_monotonic_increasing
    assert frame["package"].value_counts().max() <= 5
    assert set(frame["kind"]) <= {"module", "class", "function", "method"}
    assert (frame["length"] == frame["text"].str.len()).all()
    assert (frame["length"] >= sample_docstrings.SHORTEST).all()
    assert not frame["text"].str.contains(r"\s\s|\n").any()
    assert frame.equals(sample_docstrings.collect(per_package=5, cap=100))


def package(folder: Path, name: str, source: str) -> None:
    """A package as an installer leaves it, whose only module says what it does."""
    (folder / f"{name}-1.dist-info").mkdir(parents=True)
    (folder / f"{name}-1.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
    )
    (folder / f"{name}-1.dist-info" / "RECORD").write_text(f"{name}.py,,\n")
    (folder / f"{name}.py").write_text(source, "utf-8")


def test_reading_source_imports_and_runs_nothing(tmp_path: Path) -> None:
    package(
        tmp_path, "toy", '"""Says what the whole module is there for."""\nraise SystemExit("never run")\n'
    )
    config = {"per_package": 5, "cap": 10, "paths": [str(tmp_path)]}
    before = set(sys.modules)
    _, found = sample_docstrings.gather({}, config, SILENT)
    assert set(sys.modules) == before
    assert [row[:4] for row in found["rows"]] == [
        ("toy", "Says what the whole module is there for.", "toy", "toy")
    ]


def test_other_threads_that_parse_do_not_disturb_the_docstrings(
    small_docstrings: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython counts the depth of all threads together: no syntax tree may be made in this process."""

    def parse(*_: Any, **__: Any) -> Any:
        raise SystemError("AST constructor recursion depth mismatch (before=162, after=65)")

    monkeypatch.setattr(sample_docstrings.ast, "parse", parse)
    assert sample_docstrings.collect(per_package=5, cap=100).equals(small_docstrings)


@pytest.mark.parametrize(
    "source",
    [
        '"""A text with half of a pair \\ud83d that no file can hold."""',
        "x = " + "-" * 200_000 + "1",
        "x = " + "(" * 150 + "1" + ")" * 150,
    ],
    ids=["surrogate", "deep", "brackets"],
)
def test_one_odd_module_does_not_cost_the_others(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, "odd", source)
    package(tmp_path, "plain", '"""Says what the whole module is there for."""')
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    frame = sample_docstrings.collect()
    assert frame["id"].tolist() == ["plain"]
    frame.to_parquet(tmp_path / "kept.parquet")


def test_snapshot_stays_the_same(
    small_docstrings: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = frame_of("docstrings", small_docstrings, monkeypatch, tmp_path)
    # Other packages are installed later: the data set stays.
    later = frame_of("docstrings", small_docstrings.head(3), monkeypatch, tmp_path)
    assert len(first) == len(later) == 100
    assert later["id"].tolist() == first["id"].tolist()
    assert str(tmp_path) in " ".join(later.attrs["notes"])
    assert any("Fewer than 10,000" in note for note in later.attrs["notes"])
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["docstrings.parquet"]


def test_damaged_snapshot_is_made_again(
    small_docstrings: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "docstrings.parquet").write_bytes(b"PAR1 cut off")
    found = frame_of("docstrings", small_docstrings, monkeypatch, tmp_path)
    assert len(found) == 100
    assert len(pd.read_parquet(tmp_path / "samples" / "docstrings.parquet")) == 100


def test_store_that_cannot_be_written_loses_nothing(
    small_docstrings: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "samples").write_text("a file where the folder should be")
    found = frame_of("docstrings", small_docstrings, monkeypatch, tmp_path)
    assert len(found) == 100
    assert any("Not kept on disk" in note for note in found.attrs["notes"])


def test_no_docstrings_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=list(sample_docstrings.COLUMNS))
    with pytest.raises(DataError, match="choose another sample"):
        frame_of("docstrings", empty, monkeypatch, tmp_path)


def test_every_sample_has_a_small_picture():
    for name in SAMPLES:
        found = picture_of(name)
        assert found is not None, name
        assert 500 < found.stat().st_size < 50_000
