"""The declaration of an embedder, its decorator and the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Metric
from ..foundation.progress import Progress
from ..model.needs import Need
from ..model.open_registry import OpenRegistry
from ..model.registry import Method, Registry, check_method, register_method

POSITIONAL = 2  # texts, progress


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
    """

    encode: Callable[[Sequence[str], Progress], NDArray[np.float32]]
    metric: Metric
    label: str
    notes: Callable[[], tuple[str, ...]] = lambda: ()
    warnings: Callable[[], tuple[str, ...]] = lambda: ()
    made_by: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()


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
    """

    identity: Callable[[Mapping[str, Any]], dict[str, Any]]
    packages: tuple[str, ...]
    rate: float
    body: EmbedderBody


EMBEDDERS: OpenRegistry[Embedder] = OpenRegistry("embedder", partial(check_method, Embedder))


def declare(*, registry: Registry[Embedder] | None = None, **fields: Any) -> Callable[[Any], Any]:
    """Register a plain function as an embedder; raises TypeError where the declaration is incomplete.

    Args:
        registry: Another registry, for tests.
        fields: Those of `Embedder` but `body`, `params` and `needs`, which is always text.
    """
    chosen = EMBEDDERS if registry is None else registry
    return register_method(chosen, Embedder, POSITIONAL, needs=frozenset({Need.TEXT}), **fields)
