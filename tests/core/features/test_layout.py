import warnings
from threading import Event, Timer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core.features.layout.umap as umap
from core.features.layout.kept_neighbours import kept_share, window
from core.features.layout.make import make_layout
from core.foundation.arrays.principal_components import axes_of, pca
from core.foundation.artifact_store import Store
from core.foundation.child_process import find_work
from core.foundation.errors import Cancelled, ParameterError
from core.foundation.progress import SILENT, Progress
from core.model.derived import Features


def blobs(n=300, d=12, groups=5, seed=0):
    rng = np.random.default_rng(seed)
    centre = rng.normal(size=(groups, d)) * 3
    return (centre[np.arange(n) % groups] + rng.normal(size=(n, d))).astype(np.float32)


def features(x):
    return Features(x, "euclidean", f"{abs(hash(x.tobytes())):032x}"[:32], "blobs")


def test_pca_equals_the_textbook():
    x = blobs()
    xy = pca(x, SILENT)
    wide = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    left, strength, _ = np.linalg.svd(wide, full_matrices=False)
    for axis in range(2):
        expected = left[:, axis] * strength[axis]
        assert abs(np.dot(xy[:, axis], expected)) == pytest.approx(np.dot(expected, expected), rel=1e-4)


def test_the_wide_form_of_pca_agrees_with_the_narrow_one(monkeypatch):
    x = blobs(d=40)
    narrow = axes_of(x, 2, SILENT)
    monkeypatch.setattr("core.foundation.arrays.principal_components.WIDE", 10)
    np.testing.assert_allclose(axes_of(x, 2, SILENT), narrow, atol=1e-3)


@settings(max_examples=20)
@given(n=st.integers(1, 8), d=st.integers(1, 5), seed=st.integers(0, 99))
def test_pca_of_very_few_rows_or_columns(n, d, seed):
    x = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    xy = pca(x, SILENT)
    assert xy.shape == (n, 2)
    assert np.isfinite(xy).all()
    assert pca(np.ones_like(x), SILENT).any() == np.False_


def test_signs_do_not_flip():
    x = blobs()
    axes = axes_of(x, 2, SILENT)
    assert (axes[np.arange(2), np.abs(axes).argmax(axis=1)] > 0).all()
    np.testing.assert_allclose(axes_of(-x, 2, SILENT), axes, atol=1e-6)


def test_a_layout_comes_back_from_the_store(tmp_path):
    store, made = Store(tmp_path), features(blobs())
    first = make_layout(made, "pca", store)
    again = make_layout(made, "pca", store)
    assert first.xy.dtype == np.float32
    assert np.array_equal(first.xy, again.xy)
    assert first.key == again.key
    assert 0 < first.kept <= 1
    assert len(store.entries()) == 1


def test_an_unknown_layout(tmp_path):
    with pytest.raises(ParameterError, match="pca, umap"):
        make_layout(features(blobs()), "tsne", Store(tmp_path))


@pytest.fixture
def here(monkeypatch):
    """UMAP in this process: it is compiled once for all tests, and children have their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it looks for TensorFlow, and does without
        import umap as _library  # noqa: F401
    monkeypatch.setattr(
        umap, "run_child", lambda name, arrays, config, tell: find_work(name)(arrays, config, tell)
    )


def test_umap_keeps_more_neighbours_than_pca_and_repeats_bit_by_bit(tmp_path, here):
    made = features(blobs(groups=20))
    a = make_layout(made, "umap", Store(tmp_path / "a"))
    b = make_layout(made, "umap", Store(tmp_path / "b"))
    assert a.xy.tobytes() == b.xy.tobytes()
    assert a.method == "umap"
    assert a.xy.shape == (300, 2)
    assert np.isfinite(a.xy).all()
    assert a.kept > make_layout(made, "pca", Store(tmp_path / "a")).kept
    assert "300" not in a.notes[0]


def test_few_rows_get_principal_components_and_are_told(tmp_path):
    layout = make_layout(features(blobs(9)), "umap", Store(tmp_path))
    assert layout.method == "pca"
    assert "Too few rows" in layout.notes[0]
    assert np.isnan(layout.kept)


def test_above_the_limit_landmarks_place_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(umap, "ALL_ROWS", 200)
    monkeypatch.setattr(umap, "LANDMARKS", 100)
    monkeypatch.setattr(umap, "LANDMARK_DIMENSIONS", 6)
    calls = []

    def counted(function, arrays, config, progress):
        calls.append((function, len(arrays["start"]), len(arrays["indices"])))
        return {"xy": arrays["start"]}, {}

    monkeypatch.setattr(umap, "run_child", counted)
    x = blobs()
    layout = make_layout(features(x), "umap", Store(tmp_path))
    assert calls == [("core.features.layout.umap:umap_work", 100, 100)]
    assert layout.xy.shape == (300, 2)
    assert "100 landmarks; the other 200 rows" in layout.notes[0]
    assert layout.kept > 0.4


def test_rows_are_placed_between_their_landmarks():
    placed = np.array([[0, 0], [4, 0], [0, 8]], np.float32)
    near = np.array([[0, 1], [1, 2], [2, 0]])
    gap = np.array([[1, 1], [0, 3], [1, 2]], np.float32)
    np.testing.assert_allclose(
        umap.place(placed, near, gap), [[2, 0], [4, 0], [0, 8 * 0.8]], rtol=1e-4, atol=1e-4
    )
    assert np.isfinite(umap.place(placed, near, np.zeros_like(gap))).all()


@pytest.mark.parametrize("n", [60, 178, 501, 900])
def test_the_share_of_neighbours_kept_stands_beside_chance(n):
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(n, 2)).astype(np.float32)
    kept, chance = kept_share(xy, xy, "euclidean")
    assert kept == 1.0
    assert chance == pytest.approx(window(n)[1] / (n - 1), abs=1e-3)
    assert chance <= 0.101  # where all rows are few, fewer are near
    blind = [kept_share(xy, rng.normal(size=(n, 2)).astype(np.float32), "euclidean") for _ in range(20)]
    assert np.mean([share for share, _ in blind]) == pytest.approx(chance, abs=0.03)
    assert np.isnan(kept_share(xy[:30], xy[:30], "euclidean")).all()


def test_rows_on_top_of_each_other_show_no_merit():
    """Where a map puts all rows in one place all are near each other: by chance as well."""
    x = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    assert kept_share(x, np.ones((100, 2), np.float32), "euclidean") == (1.0, 1.0)
    assert kept_share(np.ones((100, 3), np.float32), np.ones((100, 2), np.float32), "euclidean") == (1.0, 1.0)
    two = np.repeat(np.eye(2, dtype=np.float32), 50, axis=0)  # 49 copies of each row
    kept, chance = kept_share(two, two, "euclidean")
    assert kept == 1.0
    assert chance == pytest.approx(49 / 99)


@pytest.mark.parametrize("method", ["pca", "umap"])
@pytest.mark.parametrize("distinct", [1, 2, 16])
@pytest.mark.parametrize("n", [17, 40, 120])
def test_few_rows_that_differ_have_a_layout(tmp_path, method, distinct, n):
    x = np.random.default_rng(1).normal(size=(distinct, 4)).astype(np.float32)
    layout = make_layout(features(x[np.arange(n) % distinct]), method, Store(tmp_path))
    assert np.isfinite(layout.xy).all()
    assert layout.method == "pca"
    if method == "umap":
        assert "Too few rows that differ for UMAP (it needs 17)" in layout.notes[0]
    if distinct == 1:
        assert np.abs(layout.xy).max() < 1e-3


def test_rows_on_a_line_have_a_umap(tmp_path, here):
    """UMAP divides by the extent of its start, and a line has only one."""
    x = np.column_stack([np.arange(40.0), np.zeros(40)]).astype(np.float32)
    layout = make_layout(features(x), "umap", Store(tmp_path))
    assert layout.method == "umap"
    assert np.isfinite(layout.xy).all()
    alike = np.zeros((40, 2), np.float32)
    for begin in (umap.start(x), umap.start(alike)):
        assert (np.ptp(begin, axis=0) > 0).all()


def test_a_cancel_ends_umap_and_stores_no_layout(tmp_path):
    store, cancel = Store(tmp_path), Event()

    def report(share, message):
        if message == "weighing neighbours":
            Timer(0.1, cancel.set).start()

    with pytest.raises(Cancelled):
        make_layout(features(blobs(1_000)), "umap", store, Progress(report, cancel, every=0))
    assert [folder.parent.parent.name for _, _, folder in store.entries()] == ["graph"]
