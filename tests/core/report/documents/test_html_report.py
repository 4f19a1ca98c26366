from __future__ import annotations

import base64
import html
import re
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.load import load
from core.foundation.number_format import number
from core.model.decision import Decision
from core.report.documents.html_report import comparison_report, metric_rows, provenance, subset_report
from core.report.documents.rendering import environment
from core.report.documents.svg_drawings import Row, backdrop, bars, map_of, png, strip
from core.study.study import Study

EVIL = "<img src=x onerror=alert(1)>"
VOID = {"meta", "img", "br", "image", "use", "circle", "rect", "line"}


class Reader(HTMLParser):
    """Tags that open and close as they must, and everything that could reach the network or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.links.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def study() -> Study:
    rng = np.random.Generator(np.random.PCG64(0))
    frame = pd.DataFrame(
        {
            "id": np.arange(70),
            "x": rng.normal(size=70),
            "y": rng.normal(size=70),
            "kind": rng.choice([EVIL, "plain"], 70),
        }
    )
    data = load(frame, name=EVIL, id_column="id", roles={"kind": "category"})
    study = Study(data).embed("table").group("kind").filter("x > -2")
    study.features()
    return study


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.tags
    assert reader.handlers == []
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in reader.links)
    assert "default-src 'none'" in page
    assert EVIL not in page
    assert "&lt;img" in page
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    return reader


def test_a_comparison_report_stands_alone(study: Study) -> None:
    found = study.compare(["random", "k-center", "stratified"], 12, band=19)
    page = comparison_report(study, found)
    reader = read(page)
    assert {"svg", "circle", "table", "details"} <= reader.tags
    assert all(html.escape(found.sentence(at)) in page for at in range(3))
    assert "prefers-color-scheme:dark" in page
    assert "aliquot run comparison.json" in page
    assert study.data.fingerprint.digest in page
    assert len(page) < 400_000


def test_a_report_draws_the_band_of_means_and_says_so(study: Study) -> None:
    found = study.compare(["random", "k-center"], 12, seeds=3, band=19)
    page = comparison_report(study, found)
    assert found.seeds == (1, 3)
    drawn = len(found.headlines)
    assert page.count('class="b"') >= page.count('class="n"') == drawn
    assert "The stronger part is for means of 3 seeds" in page
    assert f"; means of 3: {number(found.band.limits('coverage-radius', 3)[0])} to" in page
    alone = study.compare(["random"], 12, seeds=3, band=19)
    page = comparison_report(study, alone)
    assert page.count('class="n"') == 0
    assert "19 means of 3 uniform random subsets of the same size" in page
    assert "; means of 3 random subsets reach" in page


def test_what_has_no_better_side_says_so(study: Study) -> None:
    found = study.compare(["random"], 12, band=19)
    (row,) = metric_rows(found, ["local-density"])
    assert row.label == "Density around its rows ↔ (right is higher, not better)"


def test_a_subset_report_says_who_decided_and_how_to_check(study: Study) -> None:
    chosen = study.select("stratified", 12)
    sign = Decision("Ada " + EVIL, "covers " + EVIL, "reject", role="lead")
    page = subset_report(study, chosen, {"created": "2026-01-01", "environment": {}}, study.groups(), sign)
    read(page)
    assert "Rejected by" in page
    assert "covers &lt;img" in page
    assert "aliquot verify" in page
    assert "x &gt; -2" in page


@pytest.mark.parametrize(("slot", "said"), [(2, "C"), (None, "")])
def test_a_subset_has_the_letter_of_its_comparison_or_none(study: Study, slot: int | None, said: str) -> None:
    chosen = study.select("stratified", 12)
    page = subset_report(study, chosen, {"environment": {}}, study.groups(), slot=slot)
    badges = re.findall(r'<b class="k h(\d)">(\w+)</b>', page)
    assert badges == ([("2", "C")] if said else [])
    assert set(re.findall(r'<circle class="f(\d)"', page)) == {str(slot or 0)}
    words = re.findall(r'<td class="muted">(.*?)</td>', page)
    assert words
    assert all(re.fullmatch(rf"{said and said + ' '}\d+\.\d %", text) for text in words)
    title = re.search("<h1>(.*?)</h1>", page)
    assert title is not None
    assert title[1].startswith("C · 12 of" if said else "12 of")


def test_reports_have_a_main_part_named_heads_and_print_in_light_colours(study: Study) -> None:
    found = study.compare(["random", "k-center"], 12, band=19)
    chosen = study.select("stratified", 12)
    for page in (
        comparison_report(study, found),
        subset_report(study, chosen, {"environment": {}}, study.groups()),
    ):
        assert page.count("<main>") == page.count("</main>") == page.count("<h1>") == 1
        assert "<th></th>" not in page
        assert not re.search(r"<th [^>]*></th>", page)
        assert "@media screen and (prefers-color-scheme:dark)" in page  # a dark system prints in light
        assert "print-color-adjust:exact" in page
        assert "break-inside:avoid" in page


def test_marks_say_on_which_side_of_chance_they_lie() -> None:
    row = Row("Error ↓", "", "", 1.0, 2.0, {0: 3.0, 1: 0.5, 2: 1.5}, frozenset({0, 1}), lower=True)
    drawn = strip(row)
    assert drawn is not None
    assert "A 3 (worse than chance), B 0.500 (better than chance), C 1.50" in drawn.words
    either = strip(replace(row, lower=False))
    assert either is not None
    assert "A 3 (higher than chance), B 0.500 (lower than chance)" in either.words
    macros: Any = environment().get_template("drawings.html").module
    shapes = macros.strip_shapes(drawn)
    assert sorted(re.findall(r'<circle class="([fo]\d)"', shapes)) == ["f0", "f1", "o2"]
    assert "opacity" not in shapes


def test_without_features_there_is_no_map() -> None:
    one = Study(load(b"id,a\n1,x\n2,y\n3,z\n", name=EVIL)).group("")
    page = subset_report(one, one.select("random", 2), {"environment": {}})
    assert "circle" not in read(page).tags


def test_png_holds_the_pixels_it_was_given() -> None:
    alpha = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    data = png(alpha, (1, 2, 3))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (4, 3)
    start = data.index(b"IDAT") + 4
    length = struct.unpack(">I", data[start - 8 : start - 4])[0]
    raw = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(3, 17)
    assert (raw[:, 0] == 0).all()
    assert (raw[:, 1:].reshape(3, 4, 4)[..., 3] == alpha).all()


@pytest.mark.parametrize("n", [1, 2, 500, 30_000])
def test_every_row_is_in_the_backdrop(n: int) -> None:
    xy = np.random.Generator(np.random.PCG64(1)).normal(size=(n, 2)).astype(np.float32)
    assert base64.b64decode(backdrop(xy)).startswith(b"\x89PNG")
    dots = np.asarray(map_of(xy, np.arange(min(n, 10)), 0, "A").dots)
    assert dots.shape == (min(n, 10), 2)
    assert ((dots >= 0) & (dots <= (360, 260))).all()


def test_what_is_not_drawn_is_told() -> None:
    xy = np.random.Generator(np.random.PCG64(1)).normal(size=(9_000, 2)).astype(np.float32)
    macros: Any = environment().get_template("drawings.html").module
    drawn = macros.map_figure(map_of(xy, np.arange(8_000), 0, "A"))
    assert drawn.count("<circle") == 3_000
    assert "showing 3,000 of 8,000" in drawn
    shares = np.full(20, 0.05)
    groups, _ = bars([f"g{at}" for at in range(20)], shares, shares[:, None])
    assert "Showing 14 of 20 groups" in macros.groups(groups)


def test_subsets_without_rows_have_no_mark_and_no_number() -> None:
    shares, nothing = np.array([0.75, 0.25]), np.full(2, np.nan)
    (first, _), most = bars(["x", "y"], shares, np.column_stack([nothing, [0.5, 0.5]]))
    assert (first.words, first.marks) == ("B 50.0 %", [(1, 204.0)])
    assert (first.width, most) == (300, 0.75)
    (first, _), _ = bars(["x", "y"], shares, nothing[:, None])
    assert (first.words, first.marks) == ("no subset", [])


def test_means_that_reach_further_than_the_band_stay_in_the_drawing() -> None:
    drawn = strip(Row("m", "s", "rows", 0, 0, {0: 0.0, 1: 0.0}, means=(0, 0.5), lower=True))
    assert drawn is not None
    ((x, width),) = [ends for kind, *ends in drawn.bands if kind == "n"]
    assert x >= 30
    assert x + width <= 550


def test_right_is_better_on_a_strip() -> None:
    up = strip(Row("m", "s", "", 1, 2, {0: 0.5, 1: 3.0}))
    down = strip(Row("m", "s", "", 1, 2, {0: 0.5, 1: 3.0}, lower=True))
    assert up is not None
    assert down is not None
    places = [{slot: x for slot, x, _, _ in drawn.marks} for drawn in (up, down)]
    assert places[0][1] > 500
    assert places[1][1] < 100
    assert strip(Row("m", "s", "", float("nan"), float("nan"), {0: float("nan")})) is None


def test_a_record_reads_alike_in_any_order(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made just now or kept in the store: what made the features stands in one order."""
    features = study.features()
    made_by = {"b": {"y": 1, "x": 2}, "a": "z"}
    pages = []
    for record in (made_by, {"a": "z", "b": {"x": 2, "y": 1}}):
        monkeypatch.setattr(study, "features", lambda record=record: replace(features, made_by=record))
        pages.append(provenance(study, {}))
    assert pages[0] == pages[1]
    assert pages[0]["made"][:2] == [("Features: a", "z"), ("Features: b", "x 2, y 1")]
