"""Parameters that several strategies share, each declared once."""

from __future__ import annotations

from typing import Annotated, Literal

from ...model.parameters import Par

MetricName = Literal["auto", "cosine", "euclidean"]

Distance = Annotated[MetricName, Par("How distance is measured; auto follows the features.")]

Likeness = Annotated[MetricName, Par("How similarity is measured; auto follows the features.")]

Kernel = Annotated[
    Literal["gaussian", "linear"],
    Par("Likeness: a Gaussian of the distance, or the product of the features."),
]

PairNeighbours = Annotated[
    int,
    Par(
        "Neighbours of each row that count when there are too many rows for all pairs.",
        5,
        100,
        5,
        advanced=True,
    ),
]
