"""The tour tells the main job, and every cell of it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT / "sample_data" / "tour.ipynb"
# In a process of its own: the kernel's event loop and sockets are not the tests' business.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
place = {"metadata": {"path": sys.argv[3]}}
NotebookClient(book, timeout=240, kernel_name="python3", resources=place).execute()
nbformat.write(book, sys.argv[2])
"""
PLOT = "application/vnd.plotly.v1+json"


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return json.loads(TOUR.read_text("utf-8"))


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The executed code cells. The kernel is this interpreter, on the tests' store."""
    folder = tmp_path_factory.mktemp("tour")
    own = {
        name: str(folder / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    own["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
    env = {**os.environ, **own, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
    done = folder / "done.ipynb"
    words = [sys.executable, "-c", RUN, str(TOUR), str(done), str(folder)]
    ran = subprocess.run(words, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    book = json.loads(done.read_text("utf-8"))
    return [cell for cell in book["cells"] if cell["cell_type"] == "code"]


def printed(cell: dict[str, Any]) -> str:
    """What a cell wrote and showed, as text."""
    found = []
    for one in cell["outputs"]:
        found.append("".join(one.get("text", [])))
        found += ["".join(text) for kind, text in one.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(found)


def of(cells: list[dict[str, Any]], words: str) -> dict[str, Any]:
    """The one cell whose source holds these words."""
    (found,) = [cell for cell in cells if words in source(cell)]
    return found


def test_it_is_kept_without_outputs(written):
    assert all(not cell.get("outputs") for cell in written["cells"])
    assert all(cell.get("execution_count") is None for cell in written["cells"])
    assert 8 <= sum(cell["cell_type"] == "markdown" for cell in written["cells"]) <= 16


def test_every_cell_runs_without_error_or_warning(cells):
    assert all(cell["execution_count"] for cell in cells)
    assert not [one for cell in cells for one in cell["outputs"] if one["output_type"] == "error"]
    assert not [one for cell in cells for one in cell["outputs"] if one.get("name") == "stderr"]


def test_it_shows_the_comparison_and_its_figures(cells):
    shown = printed(of(cells, "found = study.compare"))
    assert "4 strategies at 100 of 5,000 rows" in shown
    for words in ("found.figure()", "study.maps(found)"):
        (output,) = of(cells, words)["outputs"]
        assert len(output["data"][PLOT]["data"]) >= 4


def test_what_it_says_of_the_numbers_is_so(cells):
    """The text draws conclusions; they must follow from what the cells show."""
    beyond = printed(of(cells, "beyond ="))
    assert "facility-location" in beyond or "Facility location" in beyond
    assert "Coverage mean" in beyond
    assert "\nRandom" not in beyond
    told = printed(of(cells, "comb("))
    share = int(told.partition(" in ")[2].partition("%")[0])
    assert 40 <= share <= 60  # "about half of all cases"
    assert "Design weights" in printed(of(cells, "chosen = study.select"))
    assert "none" in printed(of(cells, "chosen = study.select"))


def test_the_bundle_verifies_and_a_changed_one_does_not(cells):
    assert "The bundle verifies" in printed(of(cells, "checked ="))
    assert "does not verify" in printed(of(cells, "manifest["))


def test_the_readme_leads_there():
    assert "sample_data/tour.ipynb" in (ROOT / "README.md").read_text("utf-8")
