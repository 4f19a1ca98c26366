"""``--read COL=FORM``: on every command that loads data, in recipe and bundle, and when they are verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli.main import main
from core.model.recipe import Recipe

FORMS = {
    "cost": "number:.",
    "share": "number:,",
    "day": "date:mdy",
    "zip": "text",
    "n": "number:.;missing:NA|-",
}
READ = [word for column, form in FORMS.items() for word in ("--read", f"{column}={form}")]


def line(at: int) -> str:
    n = "NA" if at % 9 == 4 else "-" if at % 9 == 5 else f"{at / 4}"
    return f'{at},"${1000 + 7 * at:,}","{at % 40},5%",{at % 12 + 1}/{at % 28 + 1}/2020,{10000 + at},{n}'


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "spelled.csv"
    path.write_text("\n".join(["id,cost,share,day,zip,n", *map(line, range(60))]))
    return path


def select(table: Path, out: Path, *more: str) -> int:
    words = [
        "select",
        str(table),
        "--strategy",
        "k-center",
        "--features",
        "table",
        "--budget",
        "10",
        "--quiet",
    ]
    return main([*words, "--out", str(out), *more])


def test_info_says_how_to_read_and_reads_so(table, capsys):
    assert main(["info", str(table), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "--read cost=number:. or --read cost=number:," in told
    assert "--read day=date:mdy" in told
    assert "--read 'n=number:.;missing:-|NA'" in told
    assert main(["info", str(table), "--quiet", "--json", *READ]) == 0
    told = json.loads(capsys.readouterr().out)
    roles = {column["name"]: column["role"] for column in told["columns"]}
    assert roles == {
        "id": "id",
        "cost": "number",
        "share": "number",
        "day": "time",
        "zip": "ignore",
        "n": "number",
    }
    assert next(one["missing"] for one in told["columns"] if one["name"] == "n") == 14
    assert not any("is read as text" in one["sentence"] for one in told["health"])


def test_a_bundle_is_verified_and_run_again_as_it_was_read(table, tmp_path, capsys):
    assert select(table, tmp_path / "out", *READ) == 0
    recipe = Recipe.read(tmp_path / "out" / "manifest.json")
    assert recipe.read_as == FORMS
    assert main(["verify", str(tmp_path / "out"), "--data", str(table), "--quiet"]) == 0
    assert (
        main(["run", str(tmp_path / "out"), "--data", str(table), "--out", str(tmp_path / "two"), "--quiet"])
        == 0
    )
    ids = [
        json.loads((tmp_path / name / "manifest.json").read_bytes())["selection"]["ids"]
        for name in ("out", "two")
    ]
    assert ids[0] == ids[1]
    capsys.readouterr()


def test_the_same_table_written_plainly_verifies_too(table, tmp_path, capsys):
    """Cells that are of the form already are left as they are, whatever file they come in."""
    assert select(table, tmp_path / "out", *READ) == 0
    from core.data.load import load

    frame = load(table, read_as=FORMS).frame
    frame.to_parquet(tmp_path / "plain.parquet", index=False)
    assert main(["verify", str(tmp_path / "out"), "--data", str(tmp_path / "plain.parquet"), "--quiet"]) == 0
    capsys.readouterr()


def test_data_of_another_form_does_not_verify_and_says_why(table, tmp_path, capsys):
    assert select(table, tmp_path / "out", *READ) == 0
    changed = tmp_path / "changed.csv"
    changed.write_text(table.read_text().replace('"$1,007"', "seven"))
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "out"), "--data", str(changed), "--quiet"]) == 1
    told = capsys.readouterr().out
    assert "the check that fails is of the data: The cell of column 'cost' in row 1 differs." in told
    gone = [line(at).replace(",NA", ",lost") for at in range(60)]
    changed.write_text("\n".join(["id,cost,share,day,zip,n", *gone]))
    assert main(["verify", str(tmp_path / "out"), "--data", str(changed), "--quiet"]) == 1
    assert "7 of 53 cells are of another form: 'lost' (7 rows)" in capsys.readouterr().out, (
        "not a missing cell"
    )
    without = tmp_path / "without.csv"
    without.write_text("\n".join(row.rpartition(",")[0] for row in table.read_text().splitlines()))
    assert main(["verify", str(tmp_path / "out"), "--data", str(without), "--quiet"]) == 1
    assert "Column 'n' is gone" in capsys.readouterr().out


def test_a_form_may_be_another_one_for_this_file(table, tmp_path, capsys):
    """The recipe was written for decimal points; this file has commas, and a column is left to its cells."""
    assert select(table, tmp_path / "out", *READ) == 0
    other = tmp_path / "other.csv"
    rows = [
        f"{at};{1000 + 7 * at},00;{at % 40},5%;{at % 28 + 1}.{at % 12 + 1}.2020;{10000 + at};{at}"
        for at in range(60)
    ]
    other.write_text("\n".join(["id;cost;share;day;zip;n", *rows]))
    words = ["run", str(tmp_path / "out"), "--data", str(other), "--quiet", "--out", str(tmp_path / "two")]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "Column 'cost' cannot be read as numbers with a decimal point" in told
    assert told.count("\n") == 1
    assert main([*words, "--read", "cost=number:,", "--read", "day=date:dmy", "--read", "n=auto"]) == 0
    asked = Recipe.read(tmp_path / "two" / "manifest.json").read_as
    assert asked == {"cost": "number:,", "share": "number:,", "day": "date:dmy", "zip": "text"}
    assert main(["verify", str(tmp_path / "two"), "--data", str(other), "--quiet"]) == 0
    capsys.readouterr()


def test_rows_to_resemble_are_read_like_the_data(table, tmp_path, capsys):
    target = tmp_path / "target.csv"
    target.write_text(
        "\n".join(["id,cost,share,day,n", *(line(at).replace(f",{10000 + at},", ",") for at in range(9))])
    )
    words = ["select", str(table), "--strategy", "dsir", "--features", "table", "--budget", "10", "--quiet"]
    words += ["--target", str(target), *READ, "--out", str(tmp_path / "out")]
    assert main(words) == 0
    asked = ["verify", str(tmp_path / "out"), "--data", str(table), "--target", str(target), "--quiet"]
    assert main(asked) == 0
    capsys.readouterr()


def test_every_command_that_loads_data_reads_so(table, tmp_path, capsys):
    common = ["--features", "table", "--budget", "5", "--quiet", *READ]
    words = ["compare", str(table), "--strategies", "random,k-center", "--seeds", "1", "--band", "9", *common]
    assert main([*words, "--out", str(tmp_path / "compared")]) == 0
    recipe = Recipe.read(tmp_path / "compared" / "comparison.json")
    assert recipe.read_as == FORMS
    assert main(["info", "sample:wine", "--quiet", "--read", "alcohol=text"]) == 0
    assert "alcohol" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--read", "cost"], "it is not NAME=VALUE"),
        (["--read", "cost=money"], "there is no form 'money'"),
        (["--read", "price=number:."], "There is no column 'price'"),
        (["--read", "n=number:."], "'NA' (7 rows), '-' (7 rows)"),
        (["--read", "n=text", "--read", "n=auto"], "names the column 'n' twice"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_what_to_do(table, words, told, capsys):
    assert main(["info", str(table), "--quiet", *words]) == 2
    err = capsys.readouterr().err
    assert told in err or told.replace("'NA' (7 rows), '-' (7 rows)", "'-' (7 rows), 'NA' (7 rows)") in err
    assert "What to do: " in err
    assert err.count("\n") == 1
