"""What features to make: a small declared choice that is written into recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

import numpy as np

from ..foundation.arrays.array_types import Metric
from ..foundation.errors import FeatureError, ParameterError
from ..foundation.wording import count, some
from ..foundation.words import characters, words
from ..model.dataset import Dataset, Kind
from .declaration import EMBEDDERS, Embedder
from .table import USED, columns_in_words
from .vectors import is_whole, known_vectors

Source = Literal["auto", "text", "table", "vector", "text+table"]
_FORMS = "auto, text:COLUMN, table, vector:COLUMN, FILE.npy or text:COLUMN+table"
CHARACTERS, WORDS = 40, 6  # what a text column has, either, before it is embedded without being asked for
MEASURED = 2_000  # rows whose texts are measured


@dataclass(frozen=True)
class FeatureSpec:
    """A choice of features.

    Args:
        source: What distances are made of.
        column: Text or vector column, or the name of joined vectors.
        embedder: `minilm`, `tfidf`, or the name or folder of a sentence-transformers model.
        params: Parameters of the embedder.
        metric: For vectors: None takes cosine.
        weight: Share of the text in squared distances, for text and table joined.
        reason: Why this was chosen, where it was chosen for the reader. Not part of the identity.

    Example:
        >>> FeatureSpec.parse("text:body+table").to_json()["source"]
        'text+table'
    """

    source: Source = "auto"
    column: str | None = None
    embedder: str = "minilm"
    params: Mapping[str, Any] = field(default_factory=dict)
    metric: Metric | None = None
    weight: float = 0.5
    reason: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.source not in get_args(Source):
            raise ParameterError(f"Features cannot be {self.source!r}", f"they are {_FORMS}", "choose one")
        if self.metric not in (None, *get_args(Metric)):
            raise ParameterError(
                f"The metric cannot be {self.metric!r}", "it is cosine or euclidean", "change it"
            )
        weight = self.weight
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight < 1:
            raise ParameterError(
                f"The weight of the text cannot be {weight!r}", "it lies between 0 and 1", "change it"
            )
        if self.source in ("text", "vector", "text+table") and not self.column:
            raise ParameterError(f"Features {self.source!r} need a column", f"forms: {_FORMS}", "name it")

    @classmethod
    def parse(cls, text: str, embedder: str = "minilm") -> FeatureSpec:
        """Read the command-line form; `ParameterError` names the forms there are."""
        word = text.strip()
        head, colon, rest = word.partition(":")
        if word in ("auto", "table"):
            return cls(cast(Source, word), embedder=embedder)
        if word.lower().endswith(".npy") and head != "vector":
            return cls("vector", word, embedder=embedder)
        if colon and rest and head == "text":
            if rest.endswith("+table") and len(rest) > len("+table"):
                return cls("text+table", rest.removesuffix("+table"), embedder=embedder)
            return cls("text", rest, embedder=embedder)
        if colon and rest and head == "vector":
            return cls("vector", rest, embedder=embedder)
        if head in ("image", "images"):
            raise ParameterError(
                f"Features cannot be {text!r}",
                "pictures are not read yet",
                "make vectors of them elsewhere and give these (FILE.npy), or choose text or table",
            )
        raise ParameterError(f"Features cannot be {text!r}", f"they are {_FORMS}", "check the spelling")

    @property
    def file(self) -> str | None:
        """The ``.npy`` file to join when the data is loaded, if this names one."""
        named = self.source == "vector" and self.column is not None and self.column.lower().endswith(".npy")
        return self.column if named else None

    @property
    def text(self) -> str:
        """The command-line form."""
        forms = {
            "auto": "auto",
            "table": "table",
            "text": f"text:{self.column}",
            "text+table": f"text:{self.column}+table",
            "vector": str(self.column) if self.file else f"vector:{self.column}",
        }
        return forms[self.source]

    @property
    def uses_text(self) -> bool:
        """Whether a text column is embedded."""
        return self.source in ("text", "text+table")

    def chosen(self) -> tuple[Embedder, dict[str, Any]]:
        """The embedder's declaration and its checked parameters."""
        if self.embedder in EMBEDDERS:
            found = EMBEDDERS[self.embedder]
            return found, found.check(self.params)
        found = EMBEDDERS["sentence-transformers"]
        return found, found.check({**self.params, "model": self.embedder})

    def to_json(self) -> dict[str, Any]:
        """A JSON form, of which keys are made."""
        return {
            "source": self.source,
            "column": self.column,
            "embedder": self.embedder,
            "params": dict(self.params),
            "metric": self.metric,
            "weight": self.weight,
            "reason": self.reason,
        }


def _length(dataset: Dataset, name: str) -> tuple[int, int]:
    """Median characters and median words of a text column, missing cells as 0; words only of short texts.

    Characters are those that readers count, and words of scripts without spaces are found by dictionaries.
    The first `MEASURED` rows in canonical order are read: a random part, the same in any order of a file.
    """
    cells = [cell if isinstance(cell, str) else "" for cell in dataset.frame[name].head(MEASURED).tolist()]
    texts = [cell.strip() for cell in cells] or [""]
    # Whether a long text has some marks more or less decides nothing.
    signs = int(np.median([characters(text) if len(text) < 10 * CHARACTERS else len(text) for text in texts]))
    said = int(np.median([len(words(text)) for text in texts])) if signs < CHARACTERS else 0
    return signs, said


def _measured(length: tuple[int, int]) -> str:
    signs, said = length
    return f"median {count(signs, 'character')}" + (f", {count(said, 'word')}" if signs < CHARACTERS else "")


def resolve(spec: FeatureSpec, dataset: Dataset) -> FeatureSpec:
    """Turn ``auto`` into a definite choice with its reason; check that columns named by hand exist.

    Order: supplied vectors, the first by name that are there and finite in every row (joined ones before
    columns); else the longest text column whose median cell has `CHARACTERS` characters or `WORDS` words, or
    the longest of all if nothing can be measured otherwise; else the table. Vectors with holes are passed
    over and named in the reason; where there is nothing else, they are taken, and making them says which
    rows lack one.

    Raises:
        ColumnError: A named column does not exist.
        FeatureError: There is nothing to make features of.
    """
    if spec.source != "auto":
        if spec.uses_text:
            dataset.column(str(spec.column))
        return spec
    vectors = known_vectors(dataset)
    whole = [name for name in vectors if is_whole(dataset, name)]
    if whole:
        return replace(spec, source="vector", column=whole[0], reason=f"the data brings vectors ({whole[0]})")
    passed = f"; rows lack vectors in {some(vectors, 3)}" if vectors else ""
    texts = {name: _length(dataset, name) for name in dataset.columns(Kind.TEXT)}
    tabular = {name: dataset.roles[name].kind for name in dataset.columns(*USED)}
    if texts:
        long = [name for name, (signs, said) in texts.items() if signs >= CHARACTERS or said >= WORDS]
        longest = max(long or texts, key=lambda name: (texts[name], name))
        told = f"({_measured(texts[longest])})"
        if long or not tabular:
            why = f"{longest!r} is the longest text {told}{passed}"
            return replace(spec, source="text", column=longest, reason=why)
        most = f"{longest!r}, the longest text," if len(texts) > 1 else repr(longest)
        why = f"{most} is short {told}, so the table's columns are used{passed}"
        return replace(spec, source="table", reason=why)
    if tabular:
        why = f"there is no text, and the table has {columns_in_words(tabular.values())}{passed}"
        return replace(spec, source="table", reason=why)
    if vectors:
        return replace(spec, source="vector", column=vectors[0], reason="the data brings nothing else")
    same = [str(name) for name in dataset.frame.columns if dataset.frame[name].nunique(dropna=False) == 1]
    if len(dataset) > 1 and len(same) == len(dataset.frame.columns):
        raise FeatureError(
            "There is nothing to make features of",
            "every column holds the same value in all rows, so no row differs from another",
            "open data whose rows differ",
        )
    still = f"; the same value stands in every row of {some(same, 6)}" if same else ""
    raise FeatureError(
        "There is nothing to make features of",
        f"no column is a text, a vector, a number, a category or a time{still}",
        "give a column that varies one of these roles",
    )
