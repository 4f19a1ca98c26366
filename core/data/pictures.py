"""Rows that are pictures: which columns are the pixels, and the pictures as images and as letters."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..foundation.arrays.array_types import Rows


@dataclass(frozen=True)
class Pictures:
    """A table whose rows are pictures in shades of grey.

    Args:
        pixel: Name of the column of one pixel, ``{row}`` and ``{column}`` standing for its place from 0.
        height, width: Pixels.
        ink: The value of a pixel that is all ink; 0 is paper.
    """

    pixel: str
    height: int
    width: int
    ink: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the pixels, row by row.

        Example:
            >>> Pictures("p{row}{column}", 2, 2, 1).columns
            ('p00', 'p01', 'p10', 'p11')
        """
        places = ((row, column) for row in range(self.height) for column in range(self.width))
        return tuple(self.pixel.format(row=row, column=column) for row, column in places)

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a table has all of these columns."""
        return set(self.columns) <= set(columns)

    def pixels(self, frame: pd.DataFrame, rows: Rows) -> NDArray[np.float64]:
        """Ink of each pixel, 0 to 1, (rows, height, width); missing values are paper."""
        values = frame[list(self.columns)].iloc[rows].to_numpy(np.float64, na_value=0.0)
        return np.clip(values / self.ink, 0, 1).reshape(-1, self.height, self.width)

    def images(self, frame: pd.DataFrame, rows: Rows, scale: int = 4) -> list[str]:
        """The pictures as PNG in data URIs, dark ink on white, `scale` times as large. O(pixels)."""
        return [_png(grey) for grey in self._greys(frame, rows, scale)]

    def strip(self, frame: pd.DataFrame, rows: Rows, scale: int = 4, gap: int = 4) -> str:
        """The pictures beside each other as one such image, `gap` clear pixels apart."""
        parts: list[NDArray[np.uint8]] = []
        for grey in self._greys(frame, rows, scale):
            if parts:
                parts.append(np.zeros((len(grey), gap, 2), np.uint8))
            parts.append(np.stack([grey, np.full_like(grey, 255)], axis=2))
        return _png(np.concatenate(parts, axis=1))

    def _greys(self, frame: pd.DataFrame, rows: Rows, scale: int) -> list[NDArray[np.uint8]]:
        shades = np.round(255 * (1 - self.pixels(frame, rows))).astype(np.uint8)
        return list(shades.repeat(scale, 1).repeat(scale, 2))


def _png(shades: NDArray[np.uint8]) -> str:
    """An image in shades of grey, (height, width) or with opacity (height, width, 2), as a data URI."""
    from PIL import Image

    sink = io.BytesIO()
    Image.fromarray(shades).save(sink, "PNG")
    return "data:image/png;base64," + base64.b64encode(sink.getvalue()).decode()
