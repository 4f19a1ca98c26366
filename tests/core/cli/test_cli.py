from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.cli import commands
from core.cli.main import main
from core.strategies.declaration import STRATEGIES

ROOT = Path(__file__).resolve().parents[3]
WORDS = ["river", "stone", "market", "garden", "engine", "violin", "winter", "copper", "signal", "harbor"]


def texts(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.Generator(np.random.PCG64(seed))
    body = [" ".join(rng.choice(WORDS, 7)) for _ in range(rows)]
    body[10:14] = [body[0]] * 4  # duplicates
    return pd.DataFrame(
        {
            "id": [f"r{at:04d}" for at in range(rows)],
            "body": body,
            "size": np.round(rng.normal(5, 2, rows), 2),
            "topic": rng.choice(["a", "b", "c"], rows),
        }
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    texts(120).to_csv(path, index=False)
    return path


def run(*words: object) -> int:
    return main([str(word) for word in words])


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return found


def test_select_writes_the_bundle_that_verify_accepts(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = run(
        "select", data, "--strategy", "k-center", "--budget", "10%", "--features", "table", "--out", out
    )
    assert code == 0
    assert {item.name for item in out.iterdir()} == {
        "subset.parquet",
        "rows.parquet",
        "manifest.json",
        "features.npy",
    }
    assert len(manifest(out)["selection"]["ids"]) == 12
    said = capsys.readouterr()
    assert "12 of 120 rows by k-center" in said.out
    assert said.err == "", "no progress bar when piped"
    assert run("verify", out, "--data", data) == 0
    assert "verifies" in capsys.readouterr().out


def test_verify_exits_1_and_names_the_cell(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("select", data, "--strategy", "random", "--budget", "9", "--out", tmp_path / "out")
    data.write_text(data.read_text().replace(texts(120)["body"][20], "something else", 1))
    capsys.readouterr()
    assert run("verify", tmp_path / "out", "--data", data, "--json") == 1
    body = json.loads(capsys.readouterr().out)
    assert body["code"] == 1
    assert any("'body' in row r0020" in check["sentence"] for check in body["checks"])


def test_select_json_is_json_alone(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("select", data, "--strategy", "random", "--budget", "7", "--out", tmp_path / "o", "--json") == 0
    )
    body = json.loads(capsys.readouterr().out)
    assert body["ids"] == manifest(tmp_path / "o")["selection"]["ids"]
    assert body["population"] == 120


def test_compare_writes_the_published_shape(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = [
        "compare",
        data,
        "--strategies",
        "random,k-center",
        "--budget",
        "12",
        "--seeds",
        "2",
        "--band",
        "19",
    ]
    assert run(*words, "--features", "table", "--groups", "topic", "--out", out) == 0
    assert {item.name for item in out.iterdir()} == {"comparison.json", "metrics.csv", "report.html"}
    body = json.loads((out / "comparison.json").read_text())
    assert {"band", "strategies", "evaluation", "recipe"} <= set(body)
    first, second = body["strategies"]
    needed = {"id", "version", "params", "seeds", "standing", "marks", "seconds"}
    assert needed <= set(first)
    assert [set(seed) for seed in first["seeds"]] == [{"seed", "ids", "metrics"}] * 2
    assert len(second["seeds"]) == 1, "k-center does not use the seed"
    assert set(first["seeds"][0]["ids"]) <= set(texts(120)["id"])
    assert body["recipe"]["task"] == "compare"
    line = f"distances: {body['distances']['sentence']} ("
    assert f"<td>{body['distances']['sentence']}</td>" in (out / "report.html").read_text()
    table = pd.read_csv(out / "metrics.csv")
    assert {"strategy", "metric", "mean", "band_low", "band_high", "standing"} <= set(table.columns)
    said = capsys.readouterr().out
    assert line in said
    assert "time: " in said
    assert "Coverage" in said or "coverage" in said or "Spread" in said


def test_run_repeats_a_manifest_and_a_comparison(data: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    run(
        "select",
        data,
        "--strategy",
        "random",
        "--budget",
        "9",
        "--seed",
        4,
        "--where",
        "size > 4",
        "--out",
        one,
    )
    assert run("run", one / "manifest.json", "--data", data, "--out", two) == 0
    assert manifest(one)["selection"]["ids"] == manifest(two)["selection"]["ids"]
    a, b = tmp_path / "a", tmp_path / "b"
    words = ("--features", "table", "--groups", "topic", "--band", "9")
    run("compare", data, "--strategies", "random", "--budget", "9", *words, "--out", a)
    assert run("run", a / "comparison.json", "--data", data, "--out", b) == 0
    bodies = [json.loads((each / "comparison.json").read_text()) for each in (a, b)]
    assert bodies[0]["strategies"][0]["seeds"] == bodies[1]["strategies"][0]["seeds"]


def test_pins_bans_and_filter(data: Path, tmp_path: Path) -> None:
    (tmp_path / "pins.txt").write_text("r0003\nr0050\n")
    (tmp_path / "bans.csv").write_text("id\nr0001\nr0002\n")
    out = tmp_path / "out"
    words = ["select", data, "--strategy", "random", "--budget", "118", "--pin", tmp_path / "pins.txt"]
    assert run(*words, "--ban", tmp_path / "bans.csv", "--out", out) == 0
    ids = manifest(out)["selection"]["ids"]
    assert ids[:2] in (["r0003", "r0050"], ["r0050", "r0003"])
    assert not {"r0001", "r0002"} & set(ids)
    assert run("verify", out, "--data", data) == 0


def test_nested_parameters(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [
        "select",
        data,
        "--strategy",
        "stratified",
        "--budget",
        "12",
        "--features",
        "table",
        "--groups",
        "topic",
    ]
    given = [
        "--param",
        "within=k-center",
        "--param",
        "within.metric=euclidean",
        "--param",
        "allocation=equal",
    ]
    assert run(*words, *given, "--out", out) == 0
    params = manifest(out)["selection"]["params"]
    assert params["allocation"] == "equal"
    assert params["within"]["id"] == "k-center"
    assert params["within"]["params"]["metric"] == "euclidean"


def test_compare_gives_parameters_to_their_strategy(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["compare", data, "--strategies", "stratified,random", "--budget", "12", "--features", "table"]
    more = ["--groups", "topic", "--band", "9", "--param", "stratified:allocation=equal", "--out", out]
    assert run(*words, *more) == 0
    body = json.loads((out / "comparison.json").read_text())
    assert body["strategies"][0]["params"]["allocation"] == "equal"


def test_strategies_json_is_the_published_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("strategies", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert [item["id"] for item in body] == STRATEGIES.ids()
    fields = (
        "id version label sentence family needs promises weight variance cost params when when_not answers "
        "paper deviation gain"
    )
    assert all(set(item) == set(fields.split()) for item in body)
    assert run("strategies") == 0
    table = capsys.readouterr().out
    assert all(strategy.sentence in table for strategy in STRATEGIES)


def test_info_says_nothing_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("named.csv", "bare.csv"):
        frame = texts(40) if name == "named.csv" else texts(40).drop(columns="id")
        frame.to_csv(tmp_path / name, index=False, sep=";")
        assert run("info", str(tmp_path / name)) == 0
        told = [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()[1:] if ": " in line]
        assert len(set(told)) == len(told)
        assert sum("no id" in line for line in told) == (name == "bare.csv")


def test_info(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", data, "--json", "--role", "topic=label") == 0
    body = json.loads(capsys.readouterr().out)
    assert body["rows"] == 120
    assert body["id_column"] == "id"
    roles = {item["name"]: item["role"] for item in body["columns"]}
    assert roles["topic"] == "label"
    assert all(item["reason"] for item in body["columns"])
    assert run("info", "sample:wine") == 0
    table = capsys.readouterr().out
    assert "178 rows" in table
    assert "alcohol" in table


S = ["select", "{data}", "--strategy"]
C = ["compare", "{data}", "--strategies"]
TO = ["--out", "{out}"]
BAD = [
    ["select"],
    ["nonsense"],
    [*S, "random", "--budget", "0", *TO],
    [*S, "random", "--budget", "-5", *TO],
    [*S, "random", "--budget", "121", *TO],
    [*S, "random", "--budget", "150%", *TO],
    [*S, "random", "--budget", "many", *TO],
    [*S, "nothing", "--budget", "5", *TO],
    [*S, "random", "--budget", "5", "--seed", "x", *TO],
    [*S, "random", "--budget", "5", "--param", "a=1", *TO],
    [*S, "random", "--budget", "5", "--param", "a", *TO],
    [*S, "random", "--budget", "5", "--where", "size >", *TO],
    [*S, "random", "--budget", "5", "--where", "size > 1e9", *TO],
    [*S, "random", "--budget", "5", "--id", "nowhere", *TO],
    [*S, "random", "--budget", "5", "--id", "topic", *TO],
    [*S, "random", "--budget", "5", "--role", "topic=king", *TO],
    [*S, "random", "--budget", "5", "--pin", "missing.txt", *TO],
    [*S, "k-center", "--budget", "5", "--features", "text:nix", *TO],
    [*S, "k-center", "--budget", "5", "--features", "sound", *TO],
    [*S, "k-center", "--budget", "5", "--features", "no.npy", *TO],
    [*S, "stratified", "--budget", "5", "--groups", "nix", *TO],
    [*S, "stratified", "--budget", "5", "--param", "within.metric=cosine", "--param",
     "within=nix", *TO],
    [*S, "dsir", "--budget", "5", "--features", "text:body", "--embedder", "tfidf",
     *TO],
    ["select", "nowhere.csv", "--strategy", "random", "--budget", "5", *TO],
    ["select", "sample:nix", "--strategy", "random", "--budget", "5", *TO],
    [*S, "random", "--budget", "5", "--out", "{data}"],
    [*S, "random", "--budget", "5", "--out", "{full}"],
    [*C, ",", "--budget", "5", *TO],
    [*C, "random,nix", "--budget", "5", *TO],
    [*C, "random", "--budget", "5", "--band", "0", *TO],
    [*C, "random", "--budget", "5", "--seeds", "0", *TO],
    [*C, "random", "--budget", "5", "--param", "k-center:a=1", *TO],
    ["verify", "{full}", "--data", "{data}"],
    ["verify", "{data}", "--data", "{data}"],
    ["verify", "nowhere", "--data", "{data}"],
    ["run", "{data}", "--data", "{data}", *TO],
    ["run", "{full}", "--data", "{data}", *TO],
    ["info", "{full}"],
]  # fmt: skip


@pytest.mark.parametrize("words", BAD, ids=lambda words: " ".join(words)[:70])
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep")
    filled = [word.format(data=data, out=tmp_path / "out", full=full) for word in words]
    assert main(filled) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("aliquot: ")
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()
    assert (full / "mine.txt").read_text() == "keep"


def test_interrupt_is_one_line_and_130(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.study.study.Study.select", stop)
    assert run("select", data, "--strategy", "random", "--budget", "5", "--out", tmp_path / "out") == 130
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("info", "strategies", "select", "compare", "run", "verify", "app"))
    assert main(["select", "--help"]) == 0
    assert "--embedder" in capsys.readouterr().out
    assert main([]) == 2


def test_version_is_that_of_the_project() -> None:
    import tomllib

    from core import __version__

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__


def test_app_is_started_on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(commands.os, "execv", lambda _, words: started.append(words))
    monkeypatch.chdir(ROOT)
    run("app")
    assert "--server.address=localhost" in " ".join(started[0]).replace(
        "address localhost", "address=localhost"
    )
    assert any("gatherUsageStats" in word for word in started[0])


def test_app_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(commands, "__file__", "/nowhere/core/cli/commands.py")
    assert run("app") == 2
    assert "not installed" in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from core.cli.main import main; main(['--help']);"
        "heavy = {'sklearn', 'scipy', 'torch', 'umap', 'plotly', 'duckdb', 'numba', 'streamlit', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


def started(store: Path, *words: object) -> subprocess.Popen[str]:
    """A process with an empty store of its own, so that nothing is handed from one to another."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "ALIQUOT_STORE": str(store)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("rows", "embedder"), [(300, "tfidf"), (160, "minilm")])
def test_two_processes_agree_on_shuffled_rows_and_another_format(
    tmp_path: Path, rows: int, embedder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = texts(rows)
    frame.to_csv(tmp_path / "a.csv", index=False)
    shuffled = frame.sample(frac=1, random_state=3)[["topic", "body", "size", "id"]]
    shuffled.to_parquet(tmp_path / "b.parquet", index=False)
    running = []
    for name in ("a.csv", "b.parquet"):
        words = ["select", tmp_path / name, "--strategy", "stratified", "--budget", "20%"]
        words += ["--param", "within=k-center", "--features", "text:body", "--embedder", embedder]
        words += ["--groups", "kmeans:4", "--out", tmp_path / f"out-{name}"]
        running.append(started(tmp_path / f"store-{name}", *words))
    for one in running:
        _, complaint = one.communicate(timeout=250)
        assert (one.returncode, complaint) == (0, "")
    first, second = manifest(tmp_path / "out-a.csv"), manifest(tmp_path / "out-b.parquet")
    assert first["selection"]["ids"] == second["selection"]["ids"]
    assert first["data"]["digest"] == second["data"]["digest"]
    assert first["features"]["digest"] == second["features"]["digest"]
    monkeypatch.setenv("ALIQUOT_STORE", str(tmp_path / "store-b.parquet"))
    assert run("verify", tmp_path / "out-a.csv", "--data", tmp_path / "b.parquet") == 0


def test_the_exit_code_survives_libraries_that_abort_when_they_are_wound_down():
    """Threads of pyarrow can abort the interpreter's shutdown; the exit code is a contract."""
    code = (
        "import atexit, os, sys; atexit.register(os.abort); sys.argv = ['aliquot', '--version'];"
        "from core.cli.main import entry; entry()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "aliquot")


def test_several_columns_go_all_the_way(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], made_up: Any
) -> None:
    """From the line to manifest, report, replay and comparison: the same list of columns."""
    out, again, both = tmp_path / "one", tmp_path / "two", tmp_path / "both"
    words = ["select", data, "--strategy", made_up.COLUMNS, "--budget", "9"]
    assert run(*words, "--param", "on=size, topic", "--out", out) == 0
    found = manifest(out)
    assert found["selection"]["params"] == {"on": ["size", "topic"]}
    assert found["recipe"]["strategies"][0]["params"] == {"on": ["size", "topic"]}
    assert run("verify", out, "--data", data) == 0
    assert run("run", out / "manifest.json", "--data", data, "--out", again) == 0
    assert manifest(again)["selection"]["ids"] == found["selection"]["ids"]
    lines = ["compare", data, "--strategies", f"{made_up.COLUMNS},random", "--budget", "9", "--band", "9"]
    assert run(*lines, "--features", "table", "--param", "on=size", "--out", both) == 0
    assert "on = size" in (both / "report.html").read_text()
    assert json.loads((both / "comparison.json").read_text())["strategies"][0]["params"] == {"on": ["size"]}
    assert run("run", both / "comparison.json", "--data", data, "--out", tmp_path / "three") == 0
    capsys.readouterr()
    assert run("strategies") == 0
    assert "--param on=groups " in capsys.readouterr().out
    assert run(*words, "--param", "on=nowhere", "--out", tmp_path / "four") == 2


def test_rows_drawn_twice_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], made_up: Any
) -> None:
    out, both = tmp_path / "one", tmp_path / "both"
    assert run("select", data, "--strategy", made_up.TWICE, "--budget", "50", "--out", out) == 0
    times = manifest(out)["selection"]["multiplicity"]
    assert len(times) < 50 == sum(times)
    assert f"{len(times)} distinct rows of 120, in 50 draws by {made_up.TWICE}" in capsys.readouterr().out
    assert run("verify", out, "--data", data) == 0
    lines = ["compare", data, "--strategies", made_up.TWICE, "--budget", "50", "--band", "9"]
    assert run(*lines, "--features", "table", "--out", both) == 0
    first = json.loads((both / "comparison.json").read_text())["strategies"][0]
    assert sum(first["seeds"][0]["multiplicity"]) == 50
    assert f"{len(first['seeds'][0]['ids'])} distinct rows in 50 draws" in first["sentence"]


def test_time_is_told_beside_its_estimate(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["select", data, "--strategy", "random", "--budget", "9", "--json", "--out", tmp_path / "one"]
    assert run(*words) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["estimated"] > 0
    words = ["compare", data, "--strategies", "random,random", "--budget", "9", "--band", "9"]
    assert run(*words, "--features", "table", "--out", tmp_path / "both") == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("time: "))
    assert line.count("random ") == 2, "a strategy that stands there twice has two times"
    assert "estimated" in line
    assert "estimated" in (tmp_path / "both" / "report.html").read_text()
    one = json.loads((tmp_path / "both" / "comparison.json").read_text())["strategies"][0]
    assert one["estimated"] > 0


def test_help_is_quick_since_nothing_heavy_is_imported_for_it() -> None:
    heavy = "{'numpy', 'pandas', 'pyarrow', 'sklearn', 'pydantic'}"
    code = f"import sys, core.cli.main; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_line_answers_the_question_that_is_asked(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["compare", data, "--strategies", "random,k-center", "--budget", "12", "--features", "table"]
    assert run(*asked, "--question", "spread", "--out", tmp_path / "out") == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("For “spread out”: ")
    assert "For “spread out”: " in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert run(*asked, "--question", "nothing", "--out", tmp_path / "no") == 2
    assert "choose represent, rare" in capsys.readouterr().err
