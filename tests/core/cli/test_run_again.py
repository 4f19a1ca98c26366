"""`aliquot run` on a file of another format than the recipe's: never other letters or columns in silence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.cli.main import main

WORDS = ["fenêtre", "hôtel", "été", "problème", "août", "déjà", "Noël", "naïve"]


def table(rows: int = 40, start: int = 0) -> pd.DataFrame:
    texts = [f"{WORDS[at % 8]} et {WORDS[(at * 3 + 1) % 8]} client {at}" for at in range(start, start + rows)]
    return pd.DataFrame({"id": [f"r{at}" for at in range(start, start + rows)], "text": texts})


def write(frame: pd.DataFrame, path: Path, encoding: str = "utf-8", sep: str = ",") -> str:
    path.write_bytes(frame.to_csv(index=False, sep=sep).encode(encoding))
    return str(path)


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    """Of a file in cp1252 with semicolons, both said by hand."""
    data = write(table(), tmp_path / "then.csv", "cp1252", ";")
    words = ["select", data, "--strategy", "random", "--budget", "10", "--encoding", "cp1252"]
    assert main([*words, "--delimiter", ";", "--out", str(tmp_path / "then"), "--quiet"]) == 0
    return str(tmp_path / "then" / "manifest.json")


def again(recipe: str, data: str, out: Path, *words: str) -> int:
    return main(["run", recipe, "--data", data, "--out", str(out), "--quiet", *words])


def chosen(out: Path) -> list[list[str]]:
    return pd.read_parquet(out / "subset.parquet")[["id", "text"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("encoding", "sep"), [("utf-8", ","), ("utf-8", ";"), ("cp1252", ","), ("cp1252", ";")]
)
def test_the_same_data_in_another_format_gives_the_same_rows(recipe, tmp_path, capsys, encoding, sep):
    data = write(table(), tmp_path / "now.csv", encoding, sep)
    assert again(recipe, data, tmp_path / "now") == 0
    assert chosen(tmp_path / "now") == chosen(tmp_path / "then")
    assert "not the data" not in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "now"), "--data", data, "--quiet"]) == 0


def test_other_data_in_another_encoding_is_told_and_can_be_read_right(recipe, tmp_path, capsys):
    data = write(table(60, 10), tmp_path / "now.csv", "utf-8", ";")
    assert again(recipe, data, tmp_path / "now") == 0
    said = capsys.readouterr().err
    assert "read as the recipe says (encoding 'cp1252')" in said
    assert "give --encoding 'utf-8'" in said
    assert again(recipe, data, tmp_path / "right", "--encoding", "utf-8") == 0
    assert "as the recipe says" not in capsys.readouterr().err
    assert all(text.split()[0] in WORDS for _, text in chosen(tmp_path / "right"))


def test_other_data_with_another_delimiter_is_refused_with_what_can_be_given(recipe, tmp_path, capsys):
    data = write(table(60, 10), tmp_path / "now.csv", "cp1252", ",")
    assert again(recipe, data, tmp_path / "now") == 2
    assert "holds no ';'" in capsys.readouterr().err
    assert again(recipe, data, tmp_path / "now", "--delimiter", ",") == 0


def test_other_data_as_the_recipe_says_needs_no_word(recipe, tmp_path, capsys):
    data = write(table(60, 10), tmp_path / "now.csv", "cp1252", ";")
    assert again(recipe, data, tmp_path / "now") == 0
    assert "as the recipe says" not in capsys.readouterr().err
