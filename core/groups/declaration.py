"""The declaration of a clusterer, its decorator and the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows
from ..foundation.permanent_random import Draws
from ..foundation.progress import Progress
from ..model.needs import Need
from ..model.open_registry import OpenRegistry, amount, faults_of
from ..model.registry import Method, Registry, check_method, register_method

POSITIONAL = 3  # matrix, draws, progress


@dataclass(frozen=True)
class Clustering:
    """What a clusterer returns.

    Args:
        codes: Group of each row, −1 for noise; numbers are arbitrary and are reordered by size later.
        notes: How k was chosen, on which dimensions, in plain words.
        label: Name of the method with what it found, for people.
    """

    codes: Rows
    notes: tuple[str, ...]
    label: str


class ClustererBody(Protocol):
    """The plain function behind a clusterer."""

    __name__: str

    def __call__(
        self, matrix: NDArray[np.float32], draws: Draws, progress: Progress, /, **params: Any
    ) -> Clustering:
        """A group for each row of the matrix."""
        ...


@dataclass(frozen=True, kw_only=True)
class Clusterer(Method):
    """A declared clusterer; everything about it derives from here.

    Args:
        seconds: Expected time for (n, d) on two ordinary cores; above one second it runs in a child process.
    """

    seconds: Callable[[int, int], float]
    body: ClustererBody

    def expected(self, n: int, d: int) -> float:
        """Expected seconds for n rows of d dimensions."""
        with faults_of(self):
            return amount(self.seconds(n, d), "its time")


def probe_clusterer(made: Clusterer) -> None:
    """Ask for the expected time of few and of many rows; raises what that raises."""
    made.expected(1, 1), made.expected(1_000_000, 384)


CLUSTERERS: OpenRegistry[Clusterer] = OpenRegistry(
    "clusterer", partial(check_method, Clusterer), probe_clusterer
)


def declare(*, registry: Registry[Clusterer] | None = None, **fields: Any) -> Callable[[Any], Any]:
    """Register a plain function as a clusterer; raises TypeError where the declaration is incomplete.

    Args:
        registry: Another registry, for tests.
        fields: Those of `Clusterer` but `body`, `params` and `needs`, which is always features.
    """
    chosen = CLUSTERERS if registry is None else registry
    return register_method(chosen, Clusterer, POSITIONAL, needs=frozenset({Need.FEATURES}), **fields)
