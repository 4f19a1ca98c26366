"""What comes with the samples: what studies ask for, and what this machine would make."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from core.cli import sample_artifacts
from core.data.load import load
from core.data.samples import SAMPLES
from core.features.embedders import minilm
from core.features.layout.kept_neighbours import kept_share
from core.foundation.arrays.any_size_graph import LADDER
from core.foundation.arrays.principal_components import pca
from core.foundation.artifact_store import Artifact, Store
from core.foundation.progress import SILENT
from core.foundation.shipped_artifacts import FOLDER, ShippedArtifacts
from core.groups.make import make_groups
from core.study.study import Study

SHIPPED = [name for name, sample in SAMPLES.items() if sample.same_everywhere]
RUN_AGAIN = "run: python -m core.cli.sample_artifacts"
KIB = 2**10


class Asked(Store):
    """A store in which nothing may be made."""

    def fetch(self, kind: str, key: str, make: Callable[[], Artifact]) -> Artifact:
        assert self.shipped is not None
        assert self.shipped.has(kind, key), f"{kind} does not come with the sample any more; {RUN_AGAIN}"
        return super().fetch(kind, key, make)


@lru_cache
def study(name: str) -> Study:
    return Study(load(f"sample:{name}"), SAMPLES[name].recipe)


def test_samples_whose_rows_are_the_same_everywhere_bring_their_artifacts() -> None:
    assert SHIPPED == ["support_tickets", "digits", "wine", "breast_cancer"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_study_finds_all_that_it_asks_for(name: str, tmp_path: Path) -> None:
    one = Study(study(name).data, SAMPLES[name].recipe, store=Asked(tmp_path))
    features, graph, groups = one.features(), one.graph(LADDER[0]), one.groups()
    n = len(one.data)
    assert features.matrix.shape[0] == n
    assert features.matrix.dtype == np.float32
    assert features.made_by["shipped_with"] == f"the sample {name}"
    assert any("come with the sample" in note for note in features.notes)
    assert one.graph(LADDER[-1]).indices.shape == (n, LADDER[-1])
    assert graph.exact
    assert groups is not None
    assert int(groups.sizes.sum()) == n
    assert one.layout("pca").xy.shape == one.layout("umap").xy.shape == (n, 2)
    assert not list(tmp_path.iterdir())


def test_nothing_is_there_that_nobody_asks_for(tmp_path: Path) -> None:
    seen: set[str] = set()

    class Noting(ShippedArtifacts):
        def read(self, kind: str, key: str):  # type: ignore[no-untyped-def]
            seen.add(f"{kind}/{key}")
            return super().read(kind, key)

    for name in SHIPPED:
        one = Study(study(name).data, SAMPLES[name].recipe, store=Store(tmp_path, shipped=Noting()))
        one.graph(LADDER[-1]), one.groups(), one.layout("pca"), one.layout("umap")
    listed = ShippedArtifacts()._index
    assert seen == set(listed)
    assert {path.name for path in FOLDER.glob("*.npz")} == {entry["file"] for entry in listed.values()}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 8_000 * KIB


def test_other_rows_or_choices_do_not_find_them(tmp_path: Path) -> None:
    store = Store(tmp_path)
    data, recipe = study("wine").data, SAMPLES["wine"].recipe
    for other in (
        Study(data.take(np.arange(1, len(data))), recipe, store=store),
        Study(data, recipe.with_(roles={**recipe.roles, "ash": "label"}), store=store),
        Study(data, recipe.with_(features="table", groups="kmeans:4"), store=store),
    ):
        made = other.features()
        if other.recipe.groups == recipe.groups:
            assert "shipped_with" not in made.made_by
        groups = other.groups()
        assert groups is not None
        assert not ShippedArtifacts().has("groups", groups.key)


@pytest.mark.parametrize("name", SHIPPED)
def test_made_here_features_are_the_same_but_for_rounding(name: str, tmp_path: Path) -> None:
    one, shipped = study(name), study(name).features()
    if one.spec.uses_text:
        texts = one.texts() or []
        rows = np.arange(0, len(texts), 20)
        encoder = minilm([texts[row] for row in rows], SILENT)  # as this machine does it best
        made = encoder.encode([texts[row] for row in rows], SILENT)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        assert np.linalg.norm(shipped.matrix.astype(float), axis=1) == pytest.approx(1, abs=1e-6)
        assert ((made * shipped.matrix[rows]).sum(axis=1) >= 0.999).all()
    else:
        again = Study(one.data, one.recipe, store=Store(tmp_path, shipped=None)).features()
        assert again.names == shipped.names
        assert np.allclose(again.matrix, shipped.matrix, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", SHIPPED)
def test_neighbours_are_the_nearest_rows(name: str) -> None:
    one = study(name)
    x = one.features().matrix.astype(float)
    graph = one.graph(LADDER[-1])
    for row in range(0, len(x), max(1, len(x) // 60)):
        gap = 1 - x @ x[row] if graph.metric == "cosine" else np.sqrt(((x - x[row]) ** 2).sum(axis=1))
        gap[row] = np.inf
        nearest = np.sort(gap)[: LADDER[-1]]
        assert graph.distances[row] == pytest.approx(nearest, abs=1e-5)
        assert gap[graph.indices[row]] == pytest.approx(nearest, abs=1e-5)


@pytest.mark.parametrize("name", SHIPPED)
def test_groups_and_layouts_are_of_these_features(name: str, tmp_path: Path) -> None:
    one, store = study(name), Store(tmp_path, shipped=None)
    features, groups, spec = one.features(), one.groups(), one.group_spec
    assert groups is not None
    assert spec is not None
    made = make_groups(one.data, features, spec, store, texts=one.texts(), label=one.label_column())
    same = sum(np.bincount(groups.codes[made.codes == code]).max() for code in np.unique(made.codes))
    assert same >= 0.99 * len(one.data)
    assert set(made.names) & set(groups.names)
    flat = pca(features.matrix, SILENT)
    assert np.abs(np.corrcoef(flat.T, one.layout("pca").xy.T)[[0, 1], [2, 3]]) == pytest.approx(1, abs=1e-3)
    for method in ("pca", "umap"):
        layout = one.layout(method)  # type: ignore[arg-type]
        kept, chance = kept_share(features.matrix, layout.xy, features.metric)
        assert (kept, chance) == pytest.approx((layout.kept, layout.chance), abs=0.01)
    assert one.layout("umap").kept > one.layout("pca").kept


def test_the_command_writes_what_is_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_artifacts, "SAMPLES", {"wine": SAMPLES["wine"]})
        assert sample_artifacts.main([str(tmp_path / "made")]) == 0
    assert (tmp_path / "made" / "pictures" / "wine.svg").read_bytes().startswith(b"<svg")
    assert "wine-features.npz" in capsys.readouterr().out
    shipped = ShippedArtifacts(tmp_path / "made" / "artifacts")
    assert sorted(shipped._index) == sorted(
        name for name, entry in ShippedArtifacts()._index.items() if entry["file"].startswith("wine-")
    )
    one = Study(study("wine").data, SAMPLES["wine"].recipe, store=Asked(tmp_path / "store", shipped=shipped))
    assert one.features().made_by["shipped_with"] == "the sample wine"
