"""``aliquot curves``: files, words, thresholds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from core.analysis.budget_curves.run import budget_grid
from core.cli.main import main


def run(*words: object) -> int:
    return main([str(word) for word in words])


WINE = ("curves", "sample:wine", "--features", "table", "--groups", "kmeans:3", "--band", 9)


def test_curves_are_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    code = run(
        *WINE, "--strategies", "random,k-center,dsir", "--budget", 20, "--budgets", "5%,10%,60", "--out", out,
        "--need", "coverage-radius=4", "--need", "energy=0.000001",
    )  # fmt: skip
    assert code == 0
    said = capsys.readouterr().out
    assert "9, 18, 20, 60 of 178 rows, beside 9 random subsets, a coarse preview" in said
    assert "dsir has no value at 9 rows: it needs a target" in said
    assert "k-center: not reached within 60 rows" in said
    assert "9 of 9 random subsets: not reached" in said
    table = pd.read_csv(out / "curves.csv")
    assert sorted(set(table.budget)) == [9, 18, 20, 60]
    assert set(table.id) == {"random", "k-center", "dsir"}
    assert table[table.id == "dsir"]["mean"].isna().all()
    page = (out / "curves.html").read_text()
    assert "wine" in page
    assert 'src="http' not in page


def test_json_and_the_grid_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(
        *WINE, "--strategies", "k-center", "--budget", "20%", "--out", tmp_path / "out", "--json", "--quiet",
        "--need", "coverage-radius=4.5",
    )  # fmt: skip
    assert code == 0
    found = json.loads(capsys.readouterr().out)
    assert found["budgets"] == list(budget_grid(178, 36))
    assert found["strategies"][0]["nested"] is True
    (answer,) = found["smallest"]
    assert answer["budget"] - answer["misses"] == 1
    assert len(found["band"]["limits"]["energy"][0]) == len(found["budgets"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--budgets", "5%,no"), "not a number"),
        (("--budgets", "9999"), "9,999"),
        (("--need", "energy"), "NAME=VALUE"),
        (("--need", "energy=low"), "not a number"),
        (("--need", "no-such=1"), "no-such"),
        (("--need", "energy=1..2"), "one limit"),
        (("--seeds", "0"), "--seeds cannot be 0"),
    ],
)
def test_bad_words_are_told_in_one_line(
    words: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(*WINE, "--quiet", "--strategies", "random", "--budget", "10", "--out", out, *words) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_list_of_budgets_that_can_be_one_share_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    from core.cli.arguments import budgets
    from core.foundation.errors import BudgetError

    for text in ("2,5%", "10,20%"):
        with pytest.raises(BudgetError, match="two ways"):
            budgets(text)
    assert budgets("2, 5%, 60") == ["2", "5%", "60"]
    assert budgets("100,200") == ["100", "200"]
    assert budgets("5%") == ["5%"]


@pytest.mark.parametrize("limit", ["1_0", "1,2,3", "nan", "ten", "1..1_0"])
def test_a_limit_that_is_no_number_is_refused(limit: str) -> None:
    from core.cli.curves_command import parse_goals
    from core.foundation.errors import ParameterError

    with pytest.raises(ParameterError):
        parse_goals([f"coverage-radius={limit}"])


def test_a_limit_may_have_a_decimal_comma() -> None:
    from core.cli.curves_command import parse_goals

    assert parse_goals(["coverage-radius=0,5"]) == parse_goals(["coverage-radius=0.5"])
