"""What commands say about the distances they measure by."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .test_cli import manifest, run

WORDS = ["river", "stone", "market", "garden", "engine", "violin", "winter", "copper", "signal", "harbor"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.Generator(np.random.PCG64(0))
    frame = pd.DataFrame(
        {
            "id": [f"r{at:04d}" for at in range(120)],
            "body": [" ".join(rng.choice(WORDS, 7)) for _ in range(120)],
            "size": np.round(rng.normal(5, 2, 120), 2),
        }
    )
    path = tmp_path / "texts.csv"
    frame.to_csv(path, index=False)
    return path


def test_info_says_what_distances_would_rest_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("info", data) == 0
    said = capsys.readouterr().out
    assert "distances where you do not choose: all-MiniLM-L6-v2 of 'body' (--features and --emb" in said
    assert "because 'body' is the longest text (median 4" in said
    films = tmp_path / "films.csv"
    films.write_text(
        "id,title,year,stars\n" + "".join(f"{at},Star Wars,{1977 + at % 9},{at % 5}\n" for at in range(40))
    )
    assert run("info", films, "--role", "title=text", "--json") == 0
    assert json.loads(capsys.readouterr().out)["distances"] == {
        "features": "table",
        "sentence": "2 number columns",
        "reason": "'title' is short (median 9 characters, 2 words), so the table's columns are used",
    }
    same = tmp_path / "same.csv"
    same.write_text("id,x\n" + "".join(f"{at},7\n" for at in range(9)))
    assert run("info", same, "--role", "x=label") == 0
    assert "distances where you do not choose: none" in capsys.readouterr().out


def test_select_and_compare_say_what_distances_rest_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "--budget",
        "12",
        "--features",
        "text:body",
        "--embedder",
        "tfidf",
        "--force",
        "--out",
        tmp_path / "o",
    )
    line = "distances: TF-IDF of 'body' (--features and --embedder choose others)"
    assert run("select", data, "--strategy", "k-center", *words) == 0
    said = capsys.readouterr().out
    assert said.count(line) == 1
    assert "the space depends on the whole data set." in said
    assert run("compare", data, "--strategies", "k-center", "--band", "9", *words[:-1], tmp_path / "c") == 0
    assert capsys.readouterr().out.count(line) == 1
    assert run("select", data, "--strategy", "k-center", *words, "--json") == 0
    body = json.loads(capsys.readouterr().out)["distances"]
    assert (body["features"], body["sentence"]) == ("text:body", "TF-IDF of 'body'")
    assert body["notes"]
    assert run("select", data, "--strategy", "random", *words[:2], *words[-3:]) == 0
    assert "distances" not in capsys.readouterr().out, "nothing was measured"


def test_texts_that_the_model_cannot_read_are_told_with_the_subset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thai = tmp_path / "thai.csv"
    thai.write_text("id,body\n" + "".join(f"{at},พัสดุมาถึงช้ามาก{'ก' * at}\n" for at in range(30)))
    out = tmp_path / "o"
    assert (
        run("select", thai, "--strategy", "semdedup", "--budget", "20", "--role", "body=text", "--out", out)
        == 0
    )
    said = capsys.readouterr().out
    assert said.count("The model does not know the script, or the signs, of 30 texts") == 1
    assert "20 of 30 rows by semdedup" in said
    assert any("of 30 texts" in note for note in manifest(out)["features"]["notes"])
