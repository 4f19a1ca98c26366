"""Rows that are pictures."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.data.pictures import Pictures
from core.data.samples import SAMPLES, sample_frame

TWO = Pictures("p{row}_{column}", 3, 2, 4)
FRAME = pd.DataFrame(
    [[0, 4, 4, 0, 2, 9], [np.nan, 0, 1, 0, 0, 0]], columns=["p0_0", "p0_1", "p1_0", "p1_1", "p2_0", "p2_1"]
)
ROWS = np.array([1, 0])


def opened(address: str) -> np.ndarray:
    head, _, body = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))


def test_pixels_stand_where_their_names_say() -> None:
    assert TWO.pixels(FRAME, ROWS)[1].tolist() == [[0, 1], [1, 0], [0.5, 1]]  # 9 of 4 is all ink


def test_images_are_the_pixels_enlarged() -> None:
    image = opened(TWO.images(FRAME, ROWS, scale=3)[1])
    assert image.shape == (9, 6)
    assert image[::3, ::3].tolist() == [[255, 0], [0, 255], [128, 0]]
    assert (image.reshape(3, 3, 2, 3) == image[::3, ::3][:, None, :, None]).all()


def test_a_strip_is_the_images_with_clear_gaps() -> None:
    strip = opened(TWO.strip(FRAME, ROWS, scale=3, gap=5))
    first, second = (opened(one) for one in TWO.images(FRAME, ROWS, scale=3))
    assert strip.shape == (9, 6 + 5 + 6, 2)
    assert (strip[:, :6, 0] == first).all()
    assert (strip[:, 11:, 0] == second).all()
    assert strip[:, 6:11, 1].max() == 0 < strip[:, :6, 1].min()


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.pictures])
def test_a_sample_of_pictures_has_every_pixel(name: str) -> None:
    known, frame = SAMPLES[name].pictures, sample_frame(name)
    assert known is not None
    assert known.fits(frame.columns)
    ink = frame[list(known.columns)].to_numpy()
    assert (ink.min(), ink.max()) == (0, known.ink)
    assert not known.fits(frame.columns[:-1])
    assert len(known.images(frame, np.arange(5))) == 5


def test_the_digits_are_pictures() -> None:
    assert SAMPLES["digits"].pictures is not None
    assert SAMPLES["wine"].pictures is None
