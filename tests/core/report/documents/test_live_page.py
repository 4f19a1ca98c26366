"""What is handed on: a page with live charts, tables, pictures. All of it stands alone and is escaped."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.measurements import StrategyResult
from core.analysis.comparison.unmeasured import unmeasured
from core.data.load import load
from core.foundation.artifact_store import Store
from core.model.recipe import Choice, Recipe
from core.report.charts.theme import DARK, LIGHT
from core.report.documents.live_page import comparison_tables, interactive_report, interactive_size
from core.report.documents.notebook_display import strips_figure
from core.report.documents.svg_pictures import comparison_pictures
from core.study.compare import compare_study
from core.study.study import Study

NASTY = "</script><script>alert(1)</script>"
CHOICES = (Choice("random"), Choice("k-center"), Choice("dsir"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    rng = np.random.Generator(np.random.PCG64(1))
    frame = pd.DataFrame(rng.normal(size=(90, 3)), columns=["a", "b", "c"])
    frame.insert(0, "id", [f"=r{at}" for at in range(90)])
    frame["kind"] = np.where(np.arange(90) % 3 == 0, NASTY, "plain")
    data = load(frame, name=f"named {NASTY}.csv")
    recipe = Recipe(features="table", groups="column:kind", where="a > -9")
    return Study(data, recipe, store=Store(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def found(study: Study) -> Comparison:
    return compare_study(study, CHOICES, "12", seeds=2, band=199)


@pytest.fixture(scope="module")
def whole(study: Study, found: Comparison) -> str:
    return interactive_report(study, found, study.layout("pca"))


def without_library(page: str) -> str:
    from plotly.offline import get_plotlyjs

    assert page.count(get_plotlyjs()) == 1
    return page.replace(get_plotlyjs(), "")


def test_the_page_holds_everything_and_fetches_nothing(study, found, whole):
    text = without_library(whole)
    for name in ("maps", "strips", "groups", "overlap"):
        assert f'<div id="{name}"' in text
        assert f'{{"id":"{name}","light":{{' in text
    for at in range(3):
        assert found.sentence(at) in text
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert LIGHT.hues[0] in text
    assert DARK.hues[0] in text
    assert "did not run" in text


def test_both_bands_are_drawn_and_told(study, found, whole):
    assert found.seeds == (1, 2)
    reach = found.reach("coverage-radius")
    assert reach.means == found.band.limits("coverage-radius", 2)
    assert (reach.low, reach.high) == found.band.limits("coverage-radius", 1)
    figure = strips_figure(found)
    inner = [
        shape for shape in figure.layout.shapes if shape.fillcolor == LIGHT.edge and shape.opacity == 0.55
    ]
    assert len(inner) == len(set(found.headlines) - set(unmeasured(found)))
    assert "<br>means of 2 random subsets: " in figure.data[0].hovertext[0]
    assert "The stronger part is for means of 2 seeds" in whole
    assert "<td>means of 2: " in whole
    (svg,) = [body for name, body in comparison_pictures(found, None).items() if name == "metrics.svg"]
    assert svg.decode().count('class="n"') == len(set(found.headlines) - set(unmeasured(found)))
    assert "stronger: of means of 2, for means of seeds" in svg.decode().replace("</text>", " ")
    alone = replace(found, results=found.results[:1], verdicts=found.verdicts[:1], best={})
    assert alone.reach("coverage-radius").seeds == 2
    assert "<br>means of 2 random subsets: " in strips_figure(alone).data[0].hovertext[0]
    assert "199 means of 2 uniform random subsets" in interactive_report(study, alone)


def test_text_that_people_gave_cannot_end_the_script_or_make_one(whole):
    text = without_library(whole)
    assert NASTY not in text
    assert text.count("<script>") == text.count("</script>") == 2
    assert "&lt;/script&gt;" in text


def test_its_size_is_told_before_it_is_made(study, found, whole):
    assert interactive_size(len(study.data), len(found.results)) == pytest.approx(
        len(whole.encode()), rel=0.1
    )


@pytest.mark.parametrize("case", ["no map", "no groups", "one", "none ran", "preview", "partial"])
def test_parts_that_are_missing_are_left_out(study, found, case):
    layout = None if case == "no map" else study.layout("pca")
    lone = StrategyResult(Choice("dsir"), reason="it needs a target")
    changed = {
        "no groups": {"composition": None},
        "one": {
            "results": found.results[:1],
            "verdicts": found.verdicts[:1],
            "best": {},
            "overlap": found.overlap[:1, :1],
            "composition": (*found.composition[:2], found.composition[2][:, :1]),
        },
        "none ran": {
            "results": (lone,) * 3,
            "verdicts": ({},) * 3,
            "best": {},
            "composition": (*found.composition[:2], 0 * found.composition[2]),
        },
        "preview": {"band": replace(found.band, size=39)},
        "partial": {"partial": True},
    }.get(case, {})
    less = replace(found, **changed)
    text = without_library(interactive_report(study, less, layout))
    assert ('id="maps"' in text) == (case != "no map")
    assert ('id="groups"' in text) == (case not in ("no groups", "none ran"))
    assert ('id="overlap"' in text) == (case not in ("one", "none ran"))
    assert ('id="strips"' in text) == (case != "none ran")
    assert ("values only, no verdicts" in text) == (case == "preview")
    assert ("it was stopped" in text) == (case == "partial")
    for body in comparison_pictures(less, layout).values():
        ET.fromstring(body)
    assert "metrics.csv" in comparison_tables(study, less)


def read(body: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(body))


def test_tables_hold_every_row_that_was_chosen(study, found):
    files = comparison_tables(study, found)
    assert set(files) == {"metrics.csv", "rows.csv", "groups.csv", "overlap.csv"}
    rows = read(files["rows.csv"])
    assert list(rows.columns) == ["subset", "strategy", "label", "seed", "rank", "id", "weight", "drawn"]
    for at, result in enumerate(found.results):
        for chosen in result.selections:
            part = rows[(rows["subset"] == "ABC"[at]) & (rows["seed"] == chosen.seed)]
            ids = ["'" + str(study.data.frame["id"].iloc[row]) for row in chosen.rows]
            assert part["id"].tolist() == ids, "formulas are neutralised"
            assert part["rank"].tolist() == list(range(1, 13))
            if chosen.weight is None:
                assert part["weight"].isna().all()
            else:
                assert part["weight"].to_numpy() == pytest.approx(chosen.weight)
    metrics = read(files["metrics.csv"])
    assert len(metrics) == len(found.metrics_table())
    assert read(files["groups.csv"])["Random"].sum() == 12
    assert read(files["overlap.csv"]).shape == (3, 4)


def test_a_row_drawn_twice_says_so(study, found):
    first = found.results[0].selections[0]
    twice = replace(first, multiplicity=np.arange(1, 13))
    changed = replace(found.results[0], selections=(twice,), metrics=found.results[0].metrics[:1])
    rows = read(comparison_tables(study, replace(found, results=(changed, *found.results[1:])))["rows.csv"])
    assert rows["drawn"][:12].tolist() == list(range(1, 13))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_pictures_stand_alone(study, found, theme, tmp_path: Path):
    files = comparison_pictures(found, study.layout("pca"), theme)
    assert set(files) == {"map-A-random.svg", "map-B-k-center.svg", "metrics.svg", "groups.svg"}
    for body in files.values():
        text = body.decode()
        root = ET.fromstring(body)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert int(root.get("width")) > 300
        assert "var(" not in text
        assert "<script" not in text
        assert theme.hues[0] in text
        assert not re.findall(r'href="(?!data:|#)', text)
    circles = files["map-A-random.svg"].decode().count("<circle")
    assert circles == 12
