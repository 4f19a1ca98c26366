"""The script of the map by itself: both painters, the row under the pointer, views, labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.report.point_map.scripts import script

pytestmark = pytest.mark.browser
SIZE = (240, 180)


@pytest.fixture(scope="module")
def blank(browser: Any) -> Iterator[Any]:
    """A page that knows the functions of the script."""
    page = browser.new_context().new_page()
    page.set_content("<body></body>")
    names = "toCell fromPoint toPoint zoomed moved whole within Raster WebGL Nearest Labels palette UNIT"
    body = script().replace("export default ", "")
    page.evaluate(f"() => {{ {body}\nObject.assign(window, {{ {', '.join(names.split())} }}); }}")
    yield page
    page.context.close()


SCENE = """
([points, keys, zoom]) => {
  const [width, height] = [240, 180];
  const layer = { xy: Uint16Array.from(points), keys: Uint8Array.from(keys) };
  const colours = palette([0, 1], ["#D55E00", "#0072B2"], "#CCCCCC");
  const draws = [{ layer, palette: colours, size: 7, opacity: 0.8 }];
  const scene = { width, height, ratio: 1, paper: "#FFFFFF", limit: Infinity,
    view: { cu: 0.5, cv: 0.5, zoom },
    cells: [0, 1].map((at) => ({ x: (at * width) / 2, y: 0, width: width / 2, height, draws })) };
  const raster = new Raster();
  raster.paint(scene);
  const drawn = raster.context.getImageData(0, 0, width, height).data;
  const card = new WebGL(() => {}, () => {});
  card.paint(scene);
  const upside = new Uint8Array(4 * width * height);
  card.gl.readPixels(0, 0, width, height, card.gl.RGBA, card.gl.UNSIGNED_BYTE, upside);
  card.destroy();
  return [Array.from(drawn), Array.from(upside)];
}
"""


@pytest.mark.parametrize("zoom", [1, 3])
def test_both_painters_draw_the_same(blank: Any, zoom: float) -> None:
    rng = np.random.default_rng(5)
    points = rng.integers(0, 65_536, (60, 2)).ravel().tolist()
    keys = rng.integers(0, 4, 60).tolist()  # 0 is not drawn, 1 is faint
    raster, upside = blank.evaluate(SCENE, [points, keys, zoom])
    width, height = SIZE
    one = np.array(raster, float).reshape(height, width, 4)[..., :3]
    other = np.array(upside, float).reshape(height, width, 4)[::-1, :, :3]
    assert (one != 255).any(axis=2).mean() > 0.01
    far = np.abs(one - other).max(axis=2)
    # Discs are whole pixels on the one, and between pixels on the other: only their edges differ.
    assert far.mean() < 4
    assert np.abs(one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))).max() < 2.5
    assert np.array_equal(one[:, : width // 2], one[:, width // 2 :]), "both cells show the same"


def test_what_is_drawn_last_is_the_highest_key(blank: Any) -> None:
    keys = [2, 3, 2, 3, 3, 2]
    raster, upside = blank.evaluate(SCENE, [[32_768] * 12, keys, 1])
    width, height = SIZE
    middle = 4 * (height // 2 * width + width // 4)
    for pixels in (raster, upside):
        red, _, blue = pixels[middle : middle + 3]
        assert blue > 150 > red, "the blue one, although an orange row comes last"


def test_the_row_under_the_pointer_is_the_nearest_that_counts(blank: Any) -> None:
    rng = np.random.default_rng(3)
    xy = rng.integers(0, 65_536, (500, 2))
    xy[100:140] = xy[60]  # equal places: the lowest number wins
    asked = rng.random((60, 2)).tolist()
    found = blank.evaluate(
        """([points, asked]) => {
          const nearest = new Nearest(Uint16Array.from(points), points.length / 2);
          return asked.map(([u, v]) => nearest.find(u, v, 800, 500, 12, (row) => row % 3 !== 0));
        }""",
        [xy.ravel().tolist(), [*asked, [xy[60][0] / 65_535, xy[60][1] / 65_535]]],
    )
    for (u, v), row in zip(asked, found, strict=False):
        far = np.hypot((xy[:, 0] / 65_535 - u) * 800, (xy[:, 1] / 65_535 - v) * 500)
        far[np.arange(500) % 3 == 0] = np.inf
        assert row == (int(far.argmin()) if far.min() <= 12 else -1)
    assert found[-1] == 100, "60 does not count"
    assert sum(row >= 0 for row in found) > 10


def test_a_view_goes_there_and_back_and_zooms_around_the_pointer(blank: Any) -> None:
    told = blank.evaluate(
        """() => {
          const cell = { x: 10, y: 20, width: 300, height: 200 };
          const view = { cu: 0.3, cv: 0.6, zoom: 2.5 };
          const [x, y] = toPoint(view, cell, 0.35, 0.55);
          const near = zoomed(view, cell, x, y, 3);
          return { back: fromPoint(view, cell, x, y), still: toPoint(near, cell, 0.35, 0.55), at: [x, y],
            dragged: toPoint(moved(view, cell, 15, -7), cell, 0.35, 0.55),
            least: zoomed(view, cell, x, y, 1e-9), most: zoomed(view, cell, x, y, 1e9),
            lost: moved(view, cell, 1e9, 1e9), up: toPoint(view, cell, 0.35, 0.56)[1] };
        }"""
    )
    assert told["back"] == pytest.approx([0.35, 0.55])
    assert told["still"] == pytest.approx(told["at"])
    assert told["dragged"] == pytest.approx([told["at"][0] + 15, told["at"][1] - 7])
    assert (told["least"]["zoom"], told["most"]["zoom"]) == (0.5, 500)
    assert 0 <= told["lost"]["cu"] <= 1
    assert told["up"] < told["at"][1], "the second coordinate grows upwards"


def test_names_never_cover_each_other_and_are_never_cut(blank: Any) -> None:
    rng = np.random.default_rng(1)
    labels = [
        {"name": f"<b>a group of rows {at}", "code": at, "cell": at % 2, "u": u, "v": v}
        for at, (u, v) in enumerate(rng.random((40, 2)).tolist())
    ]
    told = blank.evaluate(
        """([labels]) => {
          document.body.innerHTML = '<style>.label{position:absolute;left:0;top:0;padding:0 4px;border:0;' +
            'white-space:nowrap;font:12px/20px sans-serif}.label[hidden]{display:none}</style>' +
            '<div id="layer" style="position:absolute;inset:0"></div>';
          const cells = [{ x: 0, y: 0, width: 300, height: 250 }, { x: 320, y: 0, width: 300, height: 250 }];
          const made = new Labels(document.getElementById("layer"), () => {});
          made.set(labels, true);
          made.place({ cu: 0.5, cv: 0.5, zoom: 1 }, cells);
          return [...document.querySelectorAll(".label")].filter((one) => !one.hidden).map((one) => {
            const box = one.getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom, one.textContent];
          });
        }""",
        [labels],
    )
    assert 10 < len(told) < 40
    for at, (left, top, right, bottom, text) in enumerate(told):
        assert text.startswith("<b>"), "names are text"
        assert (left >= 0 and right <= 301) or (left >= 319 and right <= 621)
        assert 0 <= top < bottom <= 250.5
        for other in told[at + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, json.dumps([told[at], other])
