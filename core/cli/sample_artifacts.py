"""Features, graphs, groups, layouts and pictures of the samples, made once to come with the program.

``python -m core.cli.sample_artifacts`` writes them into ``sample_data/artifacts``, a picture of each
into ``sample_data/pictures``. To be run again whenever the keys change under which a study asks for them:
when a sample, or a version of ours in one of these keys, changes. A test says so.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data.load import SAMPLE, load
from ..data.samples import HERE, PICTURES, SAMPLES, Sample
from ..features.embedders import minilm, minilm_plain
from ..features.layout.make import KIND as LAYOUT
from ..features.make import KIND, features_artifact, features_key
from ..foundation.arrays.any_size_graph import LADDER
from ..foundation.artifact_store import Artifact, Store
from ..foundation.atomic_write import write_atomically
from ..foundation.shipped_artifacts import FOLDER, Shipped, write_shipped
from ..groups.make import KIND as GROUPS
from ..report.documents.thumbnail import map_thumbnail, page_thumbnail
from ..study.study import Study


class _Collecting(Store):
    """A store that keeps everything under the key that holds on every machine, and remembers it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, shipped=None)
        self.collected: dict[tuple[str, str], Artifact] = {}

    def settled(self, kind: str, own: str, anywhere: str) -> str:
        return anywhere

    def fetch(self, kind: str, key: str, make: Callable[[], Artifact]) -> Artifact:
        self.collected[kind, key] = super().fetch(kind, key, make)
        return self.collected[kind, key]


def _features(study: Study, sample: Sample) -> Artifact:
    """Those of texts in plain single precision, kept in half; those of tables as they are."""
    spec = study.spec
    plain = spec.uses_text and spec.chosen()[0].body is minilm
    made = features_artifact(study.data, spec, encoder=minilm_plain if plain else None)
    arrays, meta = dict(made.arrays), dict(made.meta)
    record: Mapping[str, Any] = {"shipped_with": f"the sample {sample.id}"}
    told = "They come with the sample and are the same on every machine."
    if meta["metric"] == "cosine":
        arrays["matrix"] = arrays["matrix"].astype(np.float16)
        record = {**record, "number_format": "float16", "computed_in": "float32"}
        told = f"{told[:-1]}: computed in single precision, kept in half precision."
    meta |= {"made_by": {**meta["made_by"], **record}, "notes": [*meta["notes"], told]}
    return Artifact(arrays, meta)


def artifacts_of(sample: Sample) -> list[Shipped]:
    """All that a first look at a sample and a first comparison need, made now."""
    data = load(SAMPLE + sample.id)
    with tempfile.TemporaryDirectory() as folder:
        store = _Collecting(Path(folder))
        study = Study(data, sample.recipe, store=store)
        store.put(KIND, features_key(study.data, study.spec, store), _features(study, sample))
        study.features()
        study.graph(LADDER[-1])
        study.groups()
        study.layout("pca")
        study.layout("umap")
        return [
            Shipped(
                kind,
                key,
                "-".join([sample.id, kind, *([artifact.meta["method"]] if kind == "layout" else [])])
                + ".npz",
                {name: np.array(array) for name, array in artifact.arrays.items()},
                artifact.meta,
            )
            for (kind, key), artifact in store.collected.items()
        ]


def picture_of(made: Sequence[Shipped]) -> bytes:
    """The small picture of a sample's map: its UMAP layout, coloured by its groups."""
    groups = next(one for one in made if one.kind == GROUPS)
    layout = next(one for one in made if one.kind == LAYOUT and one.meta["method"] == "umap")
    return map_thumbnail(layout.arrays["xy"], groups.arrays["codes"])


def main(arguments: Sequence[str]) -> int:
    """Make all of them, and write them into the folder that is named, or into that of the program."""
    folder = Path(arguments[0]) if arguments else HERE
    made: list[Shipped] = []
    for sample in SAMPLES.values():
        own = artifacts_of(sample) if sample.same_everywhere else []
        made += own
        picture = picture_of(own) if own else page_thumbnail()
        write_atomically(folder / PICTURES / f"{sample.id}.svg", picture)
    folder = folder / FOLDER.name
    write_shipped(folder, made)
    for one in made:
        sys.stdout.write(f"{(folder / one.file).stat().st_size:>10,} {one.file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
