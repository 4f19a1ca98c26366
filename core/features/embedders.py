"""The embedders: what turns texts into vectors. Each is declared once, here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.artifact_store import digest, versions
from ..foundation.environment import has_amx
from ..foundation.errors import ModelError
from ..foundation.progress import Progress, patiently
from ..foundation.wording import clause, count, part
from ..foundation.words import LIBRARIES as WORD_LIBRARIES
from ..foundation.words import VERSION as WORDS_VERSION
from ..model.parameters import Par
from ..model.registry import Reference
from . import lexical, models
from .declaration import MACHINE, Encoder, declare
from .encode import EncodedVectors, NumberFormat, clean, encode, number_format

MANY = 0.05  # share of the texts from which on what befalls them is a warning
_LIBRARIES = ("torch", "transformers", "tokenizers", "sentence-transformers")


def _model_notes(vectors: EncodedVectors, limit: int) -> tuple[str, ...]:
    notes = [f"{clause(vectors.distinct, 'distinct text', 'was', 'were')} encoded."]
    rows = len(vectors.matrix)
    if vectors.truncated:
        notes.append(
            f"{part(vectors.truncated, rows, 'text', 'is', 'are')} longer than the {limit} tokens that the "
            "model reads: only the beginning counts."
        )
    if vectors.unknown >= 0.0005:
        notes.append(f"The model's vocabulary lacks {vectors.unknown:.1%} of the pieces of these texts.")
    if vectors.alike and not _many(vectors.alike, rows):
        notes.append(_alike_words(vectors, limit))
    if vectors.empty:
        notes.append(f"{clause(vectors.empty, 'row', 'has', 'have')} no text and the empty text's vector.")
    return tuple(notes)


def _many(some: int, rows: int) -> bool:
    return some >= max(2, MANY * rows)


def _alike_words(vectors: EncodedVectors, limit: int) -> str:
    shared = part(vectors.alike, len(vectors.matrix), "text", "shares its", "share their")
    return (
        f"{shared} vector with a text that says something else, in words the model does not know or after "
        f"the {limit} tokens it reads: no distance tells them apart."
    )


def _of(some: int, rows: int) -> str:
    """So many of so many texts."""
    return f"{some:,} of {count(rows, 'text')}" if some < rows else count(rows, "text")


def _model_warnings(vectors: EncodedVectors, limit: int) -> tuple[str, ...]:
    found = []
    rows = len(vectors.matrix)
    if vectors.blind:
        found.append(
            f"The model does not know the script, or the signs, of {_of(vectors.blind, rows)}"
            + (", and" if vectors.blind == 1 else ": it cannot tell them apart, and")
            + f" distances to {'it' if vectors.blind == 1 else 'them'} mean nothing. Choose another model "
            "for this script, or TF-IDF, which needs none (--embedder tfidf)."
        )
    if vectors.partly:
        found.append(
            "The model does not know most words of "
            f"{_of(vectors.partly, rows)}: texts that differ in these words only look alike to it."
        )
    if _many(vectors.alike, rows):
        found.append(_alike_words(vectors, limit))
    return tuple(found)


def _transformer(
    folder: Path,
    label: str,
    hashes: Mapping[str, str],
    progress: Progress,
    plain: bool = False,
) -> Encoder:
    state = digest(dict(hashes))
    model = models.load_model(folder, state, progress)
    form: NumberFormat = "float32"
    if not plain:
        form = patiently(lambda: number_format(folder, state), progress, "checking the model")
    last: list[EncodedVectors] = []
    limit = int(model.max_seq_length or 512)

    def run(texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        last[:] = [encode(model, texts, progress, form)]
        matrix = last[0].matrix
        if not np.isfinite(matrix).all():
            raise ModelError(
                f"The model {label} returned numbers that are not finite",
                "its weights or its number format are unsound",
                "choose minilm or tfidf",
            )
        return matrix

    return Encoder(
        encode=run,
        metric="cosine",
        label=label,
        notes=lambda: _model_notes(last[0], limit) if last else (),
        warnings=lambda: _model_warnings(last[0], limit) if last else (),
        made_by={
            "model": label,
            "files": dict(hashes),
            "number_format": form,
            "threads_per_batch": 1,
            "libraries": versions(*_LIBRARIES),
        },
    )


def _minilm_identity(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"files": dict(models.MINILM_HASHES), MACHINE: has_amx()}


@declare(
    id="minilm",
    version=3,
    label="MiniLM sentence vectors",
    sentence="Texts that mean the same lie close together, also with other words.",
    identity=_minilm_identity,
    packages=_LIBRARIES,
    rate=300.0,
    cost="O(texts) time, 300 to 650 short texts a second on two cores; 400 MB for the model",
    when="Texts up to a few paragraphs, mostly in English. A good first choice.",
    when_not="Texts whose exact wording matters, long documents (only the first 256 tokens count), or "
    "seconds matter: then take tfidf.",
    reference=Reference(
        "Reimers and Gurevych",
        2019,
        "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        "EMNLP",
        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        "own batches, sorted by length; where the processor has AMX the transformer runs in bfloat16 if a "
        "fixed check set keeps cosine at .999 or more, elsewhere in float32 with packed weights",
    ),
)
def minilm(texts: Sequence[str], progress: Progress, /) -> Encoder:
    """all-MiniLM-L6-v2 from the installed package, checked by hash; 384 dimensions, unit length."""
    return _minilm(progress)


def minilm_plain(texts: Sequence[str], progress: Progress, /) -> Encoder:
    """The same in plain single precision, whatever this processor does best: for what is kept for others."""
    return _minilm(progress, plain=True)


def _minilm(progress: Progress, *, plain: bool = False) -> Encoder:
    progress(0, 1, "loading the model")
    folder = models.minilm_folder()
    models.check_minilm(folder)
    return _transformer(folder, models.MINILM, models.MINILM_HASHES, progress, plain)


def _lexical(fitted: lexical.Lexical) -> Encoder:
    last: list[tuple[int, int]] = []

    def run(given: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        matrix = fitted.transform([clean(text) for text in given])
        progress(1, 1, "words weighted")
        last[:] = [(int((~matrix.any(axis=1)).sum()), len(matrix))]
        return matrix

    def notes() -> tuple[str, ...]:
        found = [
            f"{count(len(fitted.vocabulary), 'word')} in {fitted.components.shape[0]} dimensions; the "
            "space depends "
            "on the whole data set."
        ]
        return (*found, *(() if last and _many(*last[0]) else wordless()))

    def wordless() -> tuple[str, ...]:
        if not last or not last[0][0]:
            return ()
        few = f"{part(*last[0], 'row', 'holds', 'hold')} none of the words that are counted"
        return (f"{few}: the vector is zero, equally far from all others.",)

    return Encoder(
        encode=run,
        metric="cosine",
        label="TF-IDF",
        notes=notes,
        warnings=lambda: wordless() if last and _many(*last[0]) else (),
        made_by={
            "model": "tf-idf + truncated SVD",
            "libraries": versions("scikit-learn", "scipy", "numpy", *WORD_LIBRARIES),
        },
        fitted=fitted.arrays(),
    )


@declare(
    id="tfidf",
    version=2,
    label="TF-IDF and SVD",
    sentence="Texts that share rare words lie close together.",
    identity=lambda params: {"words": WORDS_VERSION},
    packages=("scikit-learn", "scipy", "numpy", *WORD_LIBRARIES),
    rate=3_000.0,
    again=lambda arrays: _lexical(lexical.Lexical.of(arrays)),
    cost="O(words · dimensions) time, a few seconds for 10,000 texts; no model",
    when="Any language, exact wording matters, or there is no time for a model.",
    when_not="The same thing is said in different words.",
    reference=Reference(
        "Deerwester, Dumais, Furnas, Landauer and Harshman",
        1990,
        "Indexing by Latent Semantic Analysis",
        "Journal of the American Society for Information Science",
        deviation="sublinear term frequency; randomised SVD with a fixed seed and fixed signs",
    ),
)
def tfidf(
    texts: Sequence[str],
    progress: Progress,
    /,
    *,
    dimensions: Annotated[int, Par("Dimensions kept by the SVD.", 2, 1024, advanced=True)] = 128,
    words: Annotated[
        int, Par("Words kept, by how many texts hold them.", 100, 200_000, advanced=True)
    ] = 50_000,
) -> Encoder:
    """Fitted on the whole data set: another data set gives another space."""
    return _lexical(lexical.fit([clean(text) for text in texts], dimensions, words, progress))


def _folder_identity(params: Mapping[str, Any]) -> dict[str, Any]:
    folder = models.find_model(str(params["model"]))
    models.check_folder(folder)
    return {"files": models.folder_hashes(folder), MACHINE: has_amx()}


@declare(
    id="sentence-transformers",
    version=3,
    label="Another sentence-transformers model",
    sentence="A model of your choice that is on this machine already.",
    identity=_folder_identity,
    packages=_LIBRARIES,
    rate=200.0,
    cost="as the model",
    when="You know a model that fits your texts better: another language, code, a domain.",
    when_not="You have no reason to prefer it.",
    reference=Reference(
        "Reimers and Gurevych",
        2019,
        "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        "EMNLP",
        deviation="safetensors only; own batches; prompts of the model are not added",
    ),
)
def sentence_transformers(
    texts: Sequence[str],
    progress: Progress,
    /,
    *,
    model: Annotated[str, Par("A folder, or a name that is in the local model cache.")] = models.MINILM,
) -> Encoder:
    """Any sentence-transformers model by name or folder; nothing is downloaded."""
    progress(0, 1, "loading the model")
    folder = models.find_model(model)
    models.check_folder(folder)
    hashes = models.folder_hashes(folder)
    return _transformer(folder, Path(model).name, hashes, progress)
