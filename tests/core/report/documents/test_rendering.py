"""Templates escape what they are given: shown by every document, with hostile names in every place."""

from __future__ import annotations

import ast
import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jinja2 import UndefinedError

import core.notebook
from core.analysis.comparison.comparison import Comparison
from core.analysis.comparison.measurements import StrategyResult
from core.data.load import load
from core.model.decision import Decision
from core.model.recipe import Choice
from core.model.selection import Selection
from core.report.documents import notebook_display
from core.report.documents.curves_page import curves_page
from core.report.documents.html_report import comparison_report, subset_report
from core.report.documents.live_page import interactive_report
from core.report.documents.rendering import environment, render
from core.report.documents.svg_pictures import comparison_pictures
from core.signoff.verification import Check, Verification
from core.study.budget_curves import curves_study
from tests.syntax import parsed

ROOT = Path(__file__).resolve().parents[4]
TEMPLATES = ROOT / "core" / "report" / "documents" / "templates"
# It looks like a colour of our own, and closes what it may stand in: text, a script, an attribute.
# The picture of groups cuts names after 30 characters.
EVIL = "var(--e)<script>alert(1)</script>\"'></text>&{{ 1 }}"
# Written by us or by plotly, never by people.
SAFE = {
    ("page.css", "font"),  # the constant of the theme
    ("drawings.css", "font"),
    ("live_page.html", "library"),  # plotly.js
    ("live_page.html", "charts"),  # JSON in which every "<" is written otherwise
    ("curves_page.html", "chart"),  # plotly's own HTML, whose JSON is written likewise
}


@pytest.fixture(scope="module")
def study() -> core.notebook.Study:
    rng = np.random.Generator(np.random.PCG64(0))
    frame = pd.DataFrame(rng.normal(size=(70, 2)), columns=["x", "y"])
    frame.insert(0, "id", np.arange(70))
    frame[EVIL] = rng.choice([EVIL, "plain"], 70)
    data = load(frame, name=EVIL, id_column="id", roles={EVIL: "category"})
    data = replace(data, notes=(*data.notes, EVIL))
    study = core.notebook.Study(data).embed("table").group(f"column:{EVIL}").filter("x > -9")
    study.features()
    return study


@pytest.fixture(scope="module")
def found(study: core.notebook.Study) -> Comparison:
    made = study.compare(["random", "k-center"], 12, band=19)
    lone = StrategyResult(Choice("dsir"), reason=f"it needs {EVIL}")
    names, shares, counts = made.composition or ((), np.empty(0), np.empty((0, 0), np.int64))
    whole = np.full((3, 3), np.nan)
    whole[:2, :2] = made.overlap
    return replace(
        made,
        results=(*made.results, lone),
        verdicts=(*made.verdicts, {}),
        composition=(names, shares, np.column_stack([counts, 0 * counts[:, :1]])),
        overlap=whole,
    )


@pytest.fixture(scope="module")
def chosen(study: core.notebook.Study) -> Selection:
    selection = study.select("stratified", 12)
    return replace(selection, notes=(EVIL,), params={**selection.params, "by": EVIL})


@pytest.fixture(scope="module")
def documents(study: core.notebook.Study, found: Comparison, chosen: Selection) -> dict[str, str]:
    """Every kind of document there is."""
    sign = Decision(EVIL, EVIL, "reject", role=EVIL)
    manifest: dict[str, Any] = {"created": EVIL, "environment": {"aliquot": EVIL, "libraries": {EVIL: EVIL}}}
    curves = curves_study(study, (Choice("random"),), "12", (6, 12), seeds=1, band=9)
    show = notebook_display
    return {
        "subset": subset_report(study, chosen, manifest, study.groups(), sign),
        "comparison": comparison_report(study, found, manifest["environment"]),
        "live": interactive_report(study, found, study.layout("pca")),
        "curves": curves_page(curves, EVIL),
        "data set": show.dataset_html(study.data),
        "selection": show.selection_html(chosen),
        "results": show.comparison_html(found),
        "study": show.study_html(study),
        "verification": core.notebook.verification_html(
            Verification((Check("A", EVIL, "fails", EVIL),), code=1, gone=EVIL)
        ),
        **{name: body.decode() for name, body in comparison_pictures(found, study.layout("pca")).items()},
    }


def test_no_document_holds_a_name_unescaped(documents: dict[str, str]) -> None:
    for name, page in documents.items():
        assert "<script>alert" not in page, name
        assert "'></text>&" not in page, name
    shown = [name for name, page in documents.items() if "&lt;script&gt;alert" in page]
    assert {*documents} - {*shown} == {
        "map-A-random.svg",
        "map-B-k-center.svg",
        "metrics.svg",
    }  # no names of people
    for name, page in documents.items():
        if name.endswith(".svg"):
            assert ET.fromstring(page).tag == "{http://www.w3.org/2000/svg}svg"


def test_every_template_belongs_to_a_document(documents: dict[str, str]) -> None:
    cache = environment().cache
    assert cache is not None
    assert {name for _, name in cache} == {path.name for path in TEMPLATES.iterdir()}


def test_documents_are_the_same_each_time(
    study: core.notebook.Study, found: Comparison, documents: dict[str, str]
) -> None:
    again: dict[str, Callable[[], str]] = {
        "live": lambda: interactive_report(study, found, study.layout("pca")),
        "curves": lambda: curves_page(
            curves_study(study, (Choice("random"),), "12", (6, 12), seeds=1, band=9), EVIL
        ),
    }
    for name, make in again.items():
        assert make() == documents[name]


def unsafe(text: str) -> set[str]:
    """What a template does not escape."""
    return {
        *re.findall(r"\{\{-?\s*([\w.]+)\s*\|\s*safe\b", text),
        *re.findall(r"autoescape|Markup|\|\s*(?:forceescape|tojson)\b", text),
        *(part for part in re.findall(r"[^{}]*\|\s*safe\b", text) if not re.match(r"\s*[\w.]+\s*\|", part)),
    }


def test_templates_escape_but_for_what_is_listed() -> None:
    assert environment().autoescape is True
    found = {(path.name, what) for path in TEMPLATES.iterdir() for what in unsafe(path.read_text("utf-8"))}
    assert found == SAFE
    for text in ("{{ (a ~ b)|safe }}", "{% autoescape false %}", "{{ f(x) | safe }}", "{{- a|safe }}"):
        assert unsafe(text)


def markup(tree: ast.AST) -> list[str]:
    """HTML and SVG in strings that are no docstrings, and text that is declared to be safe."""
    quoted = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    tag = re.compile(r"</?(?:html|head|body|div|p|ul|li|table|tr|t[dh]|pre|style|script|svg|g|path|rect)\b")
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quoted
    ]
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "Markup"]
    return [text for text in texts if tag.search(text)] + names


def test_no_html_is_built_by_strings() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): what
        for path in (ROOT / "core").rglob("*.py")
        if (what := markup(parsed(path.read_text("utf-8"))))
    }
    assert not found
    assert markup(ast.parse("f'<p>{a}</p>'"))
    assert markup(ast.parse("Markup(a)"))


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="notes"):
        render("notebook_facts.html", title="", facts=[])


def test_templates_are_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["core.report.documents"]
    held = {path for pattern in patterns for path in TEMPLATES.parent.glob(pattern)}
    assert held == {*TEMPLATES.iterdir()}
