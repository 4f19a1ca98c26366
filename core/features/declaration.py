"""The declaration of an embedder, its decorator and the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Metric
from ..foundation.artifact_store import canonical_json
from ..foundation.progress import Progress
from ..foundation.wording import count
from ..model.needs import Need
from ..model.open_registry import OpenRegistry, amount, faults_of
from ..model.registry import Method, Registry, check_method, register_method

POSITIONAL = 2  # texts, progress
MACHINE = "amx"  # what an identity says of the processor rather than of the model


@dataclass(frozen=True)
class Encoder:
    """A fitted or loaded embedder.

    Args:
        encode: Texts to float32 vectors, shape (n, d); one row per text, in the order given.
        metric: Distance that the vectors are made for.
        label: Name of the model, for people.
        notes: Called after `encode`; what a reader must know about what was encoded last.
        warnings: Called after `encode`; what makes distances between some of these texts unsound.
        made_by: What a manifest records: model, hashes, number format, versions.
        names: Names of the dimensions where they mean something.
        fitted: What was learned from the texts, as arrays, where `Embedder.again` makes the encoder of them.
    """

    encode: Callable[[Sequence[str], Progress], NDArray[np.float32]]
    metric: Metric
    label: str
    notes: Callable[[], tuple[str, ...]] = lambda: ()
    warnings: Callable[[], tuple[str, ...]] = lambda: ()
    made_by: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    fitted: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class EmbedderBody(Protocol):
    """The plain function behind an embedder: fit on, or load for, these texts."""

    __name__: str

    def __call__(self, texts: Sequence[str], progress: Progress, /, **params: Any) -> Encoder:
        """What encodes texts like these."""
        ...


@dataclass(frozen=True, kw_only=True)
class Embedder(Method):
    """A declared embedder; everything about it derives from here.

    Args:
        identity: From checked parameters to what makes the model itself unmistakable (file hashes, number
            format); part of the artifact's key, so it must be cheap and load nothing heavy.
        packages: Libraries whose release can change its numbers.
        rate: Texts per second on two ordinary cores, for the estimate before a run.
        again: The encoder of what it learned before (`Encoder.fitted`), so that one sentence more need not
            wait until all texts are read again; None where it learns nothing from them, or keeps nothing.
    """

    identity: Callable[[Mapping[str, Any]], dict[str, Any]]
    packages: tuple[str, ...]
    rate: float
    again: Callable[[Mapping[str, NDArray[Any]]], Encoder] | None = None
    body: EmbedderBody

    def told(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Its `identity` under checked parameters, as plain JSON."""
        with faults_of(self):
            found = self.identity(params)
            canonical_json(found)
        return found

    def encoded(
        self, encoder: Encoder, texts: Sequence[str], progress: Progress
    ) -> tuple[NDArray[np.float32], tuple[str, ...], tuple[str, ...]]:
        """Vectors of texts by an encoder that this embedder made, then warnings and notes on them."""
        with faults_of(self):
            matrix = encoder.encode(texts, progress)
            shape = np.shape(matrix)
            if len(shape) != 2 or shape[0] != len(texts) or not shape[1]:
                raise TypeError(f"it gives an array of {shape} for {count(len(texts), 'text')}")
            if encoder.metric not in get_args(Metric):
                raise TypeError(f"its vectors are compared by {encoder.metric!r:.40}, which is not known")
            warnings, notes = (tuple(map(str, tell())) for tell in (encoder.warnings, encoder.notes))
            canonical_json([str(encoder.label), dict(encoder.made_by), list(encoder.names)])
            return np.ascontiguousarray(matrix, np.float32), warnings, notes


def check_embedder(made: Any, registry: Registry[Any]) -> None:
    """Raise TypeError where a declaration is no embedder, or incomplete."""
    check_method(Embedder, made, registry)
    if not amount(made.rate, f"embedder {made.id}: its rate"):
        raise TypeError(f"embedder {made.id}: its rate is 0")
    if not isinstance(made.packages, tuple) or not all(isinstance(name, str) for name in made.packages):
        raise TypeError(f"embedder {made.id}: packages are a tuple of names")


EMBEDDERS: OpenRegistry[Embedder] = OpenRegistry("embedder", check_embedder)


def declare(*, registry: Registry[Embedder] | None = None, **fields: Any) -> Callable[[Any], Any]:
    """Register a plain function as an embedder; raises TypeError where the declaration is incomplete.

    Args:
        registry: Another registry, for tests.
        fields: Those of `Embedder` but `body`, `params` and `needs`, which is always text.
    """
    chosen = EMBEDDERS if registry is None else registry
    return register_method(chosen, Embedder, POSITIONAL, needs=frozenset({Need.TEXT}), **fields)
