"""The samples: data sets that need no upload, each with good defaults.

``support_tickets`` is ours and lies in ``sample_data/``; ``digits``, ``wine`` and ``breast_cancer`` come with
scikit-learn; ``docstrings`` is read off the packages that are installed here, and kept as it was first read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..foundation.artifact_store import Store
from ..foundation.atomic_write import write_atomically
from ..foundation.errors import DataError
from ..foundation.progress import SILENT, Progress
from ..foundation.wording import count
from ..model.recipe import Recipe
from . import sample_docstrings
from .pictures import Pictures

PICTURES = "pictures"
HERE = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True)
class Sample:
    """A sample and what to choose for it when nobody says otherwise.

    Args:
        id: The name in ``sample:ID``.
        label: What people read on the button.
        sentence: What it is and what it teaches, in one sentence.
        rows: How many rows, in words.
        features: A feature choice as on the command line (``text:body``, ``table``).
        groups: A choice of groups as on the command line (``kmeans``, a column).
        label_column: The column that a classifier would learn, if there is one.
        score_column: The column that says how good a row is, if there is one.
        id_column: The column that names rows.
        roles: Roles that the guess would not find, by column.
        same_everywhere: Its rows are the same on every machine; what is made of them comes with the program.
        pictures: How to draw a row, where rows are pictures.
    """

    id: str
    label: str
    sentence: str
    rows: str
    features: str
    groups: str
    label_column: str | None
    score_column: str | None
    id_column: str
    roles: Mapping[str, str] = field(default_factory=dict)
    same_everywhere: bool = True
    pictures: Pictures | None = None

    @property
    def recipe(self) -> Recipe:
        """What to begin with."""
        return Recipe(
            features=self.features,
            groups=self.groups,
            label=self.label_column,
            score=self.score_column,
            roles=dict(self.roles),
        )


SAMPLES: dict[str, Sample] = {
    sample.id: sample
    for sample in (
        Sample(
            id="support_tickets",
            label="Support tickets",
            sentence="Invented customer messages on 15 topics, one rare, with planted near-duplicates.",
            rows="5,000 rows",
            features="text:body",
            groups="kmeans",
            label_column="topic",
            score_column="quality",
            id_column="ticket_id",
            roles={
                "subject": "text",
                "body": "text",
                "topic": "label",
                "register": "category",
                "language": "category",
                "quality": "score",
                "minutes": "number",
                "created": "time",
                "customer": "entity",
                "licence": "licence",
                "region": "category",
            },
        ),
        Sample(
            id="docstrings",
            label="Docstrings",
            sentence="First paragraphs of the documentation of the packages installed here: real text.",
            rows="about 12,000 rows",
            features="text:text",
            groups="kmeans",
            label_column=None,
            score_column=None,
            id_column="id",
            roles={
                "text": "text",
                "package": "entity",
                "module": "category",
                "kind": "category",
                "length": "number",
            },
            same_everywhere=False,
        ),
        Sample(
            id="digits",
            label="Digits",
            sentence="Handwritten digits of 8 × 8 pixels: ten groups that are easy to see.",
            rows="1,797 rows",
            features="table",
            groups="kmeans",
            label_column="digit",
            score_column=None,
            id_column="id",
            roles={"digit": "label"},
            pictures=Pictures("pixel_{row}_{column}", 8, 8, 16),
        ),
        Sample(
            id="wine",
            label="Wine",
            sentence="Chemical analysis of wines of three cultivars: a table small enough to check by eye.",
            rows="178 rows",
            features="table",
            groups="kmeans",
            label_column="cultivar",
            score_column=None,
            id_column="id",
            roles={"cultivar": "label"},
        ),
        Sample(
            id="breast_cancer",
            label="Breast cancer",
            sentence="Cell nuclei with a diagnosis: correlated numbers and two uneven classes.",
            rows="569 rows",
            features="table",
            groups="kmeans",
            label_column="diagnosis",
            score_column=None,
            id_column="id",
            roles={"diagnosis": "label"},
        ),
    )
}


def sample_frame(name: str, store: Store | None = None, progress: Progress = SILENT) -> pd.DataFrame:
    """The table of a sample.

    Args:
        name: A key of `SAMPLES`.
        store: Where ``docstrings`` is kept; the user's store where None.
        progress: Told while ``docstrings`` is read for the first time; may cancel it.

    Returns:
        The table. ``attrs["notes"]`` says in plain words where it comes from.

    Raises:
        DataError: There is no such sample, or its file is not there.

    Complexity:
        Reading a file, but for the first use of ``docstrings``: that reads the source of the installed
        packages once (seconds, see `sample_docstrings.collect`) and keeps what it found.

    Example:
        >>> wine = sample_frame("wine")
        >>> wine.shape, sorted(wine["cultivar"].unique())
        ((178, 15), ['cultivar 1', 'cultivar 2', 'cultivar 3'])
    """
    if name == "support_tickets":
        return _support_tickets()
    if name == "docstrings":
        return _snapshot(store if store is not None else Store.default(), progress)
    if name == "digits":
        return _digits()
    if name == "wine":
        return _wine()
    if name == "breast_cancer":
        return _breast_cancer()
    raise DataError(
        f"There is no sample called {name!r}", f"there are {', '.join(SAMPLES)}", "check the spelling"
    )


def _support_tickets() -> pd.DataFrame:
    path = HERE / "support_tickets.parquet"
    if not path.is_file():
        raise DataError(
            "The sample support_tickets is not there",
            "the folder sample_data is not beside the program",
            "run Aliquot from a clone, or choose another sample",
        )
    return _told(
        pd.read_parquet(path),
        "Made by sample_data/make_support_tickets.py; sample_data/README.md says what is planted in it.",
    )


def _snapshot(store: Store, progress: Progress) -> pd.DataFrame:
    """The docstrings as they were first read; later changes of the packages change nothing."""
    path = store.root / "samples" / "docstrings.parquet"
    kept = f"Kept as first read in {path}; remove that file to read the packages again."
    if path.is_file():
        try:
            found = pd.read_parquet(path)
            return _told(found, *_counted(found), kept)
        except (OSError, ValueError):
            # A damaged snapshot is replaced: there is nothing in it to save.
            path.unlink(missing_ok=True)
    frame = sample_docstrings.collect(progress=progress)
    if frame.empty:
        raise DataError(
            "The sample docstrings is empty here",
            "the source of the installed packages cannot be read",
            "choose another sample",
        )
    try:
        write_atomically(path, frame.to_parquet(index=False, compression="zstd"))
    except OSError as error:
        kept = f"Not kept on disk ({error.strerror or error}): another run may read other rows."
    return _told(frame, *_counted(frame), kept)


def _counted(frame: pd.DataFrame) -> list[str]:
    said = [
        f"{count(len(frame), 'first paragraph')} of docstrings from "
        f"{count(frame['package'].nunique(), 'installed package')}, read as source and never imported."
    ]
    if len(frame) < sample_docstrings.WANTED:
        said.append(f"Fewer than {sample_docstrings.WANTED:,} were found: few packages are installed here.")
    return said


def _told(frame: pd.DataFrame, *notes: str) -> pd.DataFrame:
    frame.attrs["notes"] = tuple(notes)
    return frame


def _numbered(count: int, letter: str) -> list[str]:
    return [f"{letter}{at:04d}" for at in range(1, count + 1)]


def _digits() -> pd.DataFrame:
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    frame = pd.DataFrame(np.asarray(found.data, np.int64), columns=names)
    words = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    frame.insert(0, "id", _numbered(len(frame), "D"))
    frame.insert(1, "digit", [words[at] for at in found.target])
    return _told(
        frame, "Comes with scikit-learn: optical recognition of handwritten digits, test part (UCI, 1998)."
    )


def _wine() -> pd.DataFrame:
    from sklearn.datasets import load_wine

    found: Any = load_wine()
    frame = pd.DataFrame(found.data, columns=[str(name).replace("/", "_") for name in found.feature_names])
    frame.insert(0, "id", _numbered(len(frame), "W"))
    frame.insert(1, "cultivar", [f"cultivar {at + 1}" for at in found.target])
    return _told(frame, "Comes with scikit-learn: wine recognition (UCI, 1991).")


def _breast_cancer() -> pd.DataFrame:
    from sklearn.datasets import load_breast_cancer

    found: Any = load_breast_cancer()
    frame = pd.DataFrame(found.data, columns=[str(name).replace(" ", "_") for name in found.feature_names])
    frame.insert(0, "id", _numbered(len(frame), "P"))
    frame.insert(1, "diagnosis", [str(found.target_names[at]) for at in found.target])
    return _told(frame, "Comes with scikit-learn: breast cancer Wisconsin, diagnostic (UCI, 1995).")


def picture_of(name: str) -> Path | None:
    """The small picture of a sample that comes with the program, None where there is none."""
    found = HERE / PICTURES / f"{name}.svg"
    return found if found.is_file() else None
