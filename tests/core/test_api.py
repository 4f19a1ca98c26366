from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import core
from core.report.documents.notebook_display import maps_figure

ROOT = Path(__file__).resolve().parents[2]
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def study() -> core.Study:
    rng = np.random.Generator(np.random.PCG64(0))
    frame = pd.DataFrame(
        {
            "id": np.arange(80),
            "x": rng.normal(size=80),
            "y": rng.normal(size=80),
            EVIL: rng.choice([EVIL, "plain"], 80),
        }
    )
    data = core.load(frame, name=EVIL, id_column="id", roles={EVIL: "category"})
    return core.Study(data).embed("table").group(f"column:{EVIL}")


@pytest.fixture(scope="module")
def found(study: core.Study) -> object:
    return study.compare(["random", "k-center"], 10, band=19)


def test_five_lines_load_embed_group_compare_export(tmp_path: Path) -> None:
    study = core.Study(core.load("sample:wine")).embed("table").group("kmeans:3")
    found = study.compare(["random", "stratified"], "10%", band=19)
    assert [len(result.selections[0]) for result in found.results] == [18, 18]
    out = study.export(study.select("stratified", "10%"), tmp_path / "bundle")
    assert core.verify(out, "sample:wine").ok


def test_results_show_themselves_escaped(study: core.Study, found: object, tmp_path: Path) -> None:
    chosen = study.select("stratified", 10)
    out = core.write_bundle(study, chosen, tmp_path / "b", sign=core.Decision(EVIL, EVIL))
    shown = [study.data, study, chosen, found, core.verify(out, study.data)]
    for thing in shown:
        page = thing._repr_html_()  # type: ignore[attr-defined]
        assert page.startswith("<div>")
        assert "<script" not in page
    assert "&lt;script&gt;" in study.data._repr_html_()
    assert "k-center" in found._repr_html_()  # type: ignore[attr-defined]


def test_figures_are_plotly(study: core.Study, found: core.analysis.comparison.comparison.Comparison) -> None:  # type: ignore[name-defined]
    import plotly.graph_objects as go

    assert isinstance(found.figure(), go.Figure)
    assert isinstance(study.maps(found), go.Figure)
    assert isinstance(maps_figure(study, found, theme="dark"), go.Figure)


def test_the_same_errors_are_raised() -> None:
    with pytest.raises(core.AliquotError, match="What to do"):
        core.load("sample:nothing")
    with pytest.raises(AttributeError):
        _ = core.nothing


def test_every_public_name_is_there() -> None:
    for name in core.__all__:
        assert getattr(core, name) is not None
        assert name in dir(core)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("load", "core.load([{'a': 1, 'b': 'x'}])"),
        ("with_roles", "core.with_roles(core.load([{'a': 1, 'b': 'x'}]), {'a': 'score'})"),
    ],
)
def test_a_result_shows_itself_and_only_then_opens_the_door_for_notebooks(name: str, made: str) -> None:
    program = (
        f"import sys, core; core.{name}; core.verify; made = {made};"
        "print('core.notebook' in sys.modules, made._repr_html_()[:5], made._repr_html_()[:5])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "<div>", "<div>"]


def test_import_core_is_light() -> None:
    program = (
        "import sys, core; core.Study; core.load; core.Decision;"
        "heavy = {'sklearn', 'scipy', 'torch', 'umap', 'plotly', 'duckdb', 'numba', 'streamlit', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
