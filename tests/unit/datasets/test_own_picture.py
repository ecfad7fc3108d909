"""Pictures of the user's own, cropped and toned like the data."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.datasets.base import Dataset, Images
from core.datasets.own_picture import like_the_data, tone_of
from core.foundation.arrays import Pixels
from core.readers.picture import PictureError


def png(pixels: Pixels) -> bytes:
    """The content of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_mnist_is_light_ink_on_black_that_takes_20_of_28_pixels(mnist: Dataset) -> None:
    tone = tone_of(mnist)
    assert tone.shape == (1, 28, 28)
    assert tone.ground == 0.0
    assert tone.ink > 0.95
    assert tone.extent == pytest.approx(20 / 28, abs=1 / 28)


def test_a_digit_of_mnist_on_white_paper_comes_back_as_it_is(mnist: Dataset) -> None:
    """Enlarged, moved aside and inverted, as a photo of it would be."""
    tone = tone_of(mnist)
    for digit in mnist.train.pixels[:5, 0]:
        paper = np.full((400, 300), 235, np.uint8)
        paper[60:228, 90:258] = 235 - 200 * (digit.repeat(6, 0).repeat(6, 1) / 255.0)
        seen = like_the_data(png(paper), tone)
        assert seen.is_inverted
        shifts = [
            np.corrcoef(np.roll(seen.seen[0], (y, x), (0, 1)).ravel(), digit.ravel())[0, 1]
            for y in range(-3, 4)
            for x in range(-3, 4)
        ]
        assert max(shifts) > 0.85


def test_colour_takes_the_middle(tiny: Callable[..., Any]) -> None:
    tone = tone_of(tiny(channels=3, side=32))
    assert tone.ground is None
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = (250, 10, 20)
    own = like_the_data(png(pixels), tone)
    assert own.seen.shape == (3, 32, 32)
    assert own.seen[0].min() > 0.97
    assert own.original.shape == (48, 96, 3)
    swapped = like_the_data(png(pixels), tone, inverted=True)
    assert np.allclose(swapped.seen, 1 - own.seen)


def test_a_blank_sheet_is_the_ground(mnist: Dataset) -> None:
    seen = like_the_data(png(np.full((50, 50), 200, np.uint8)), tone_of(mnist)).seen
    assert (seen == 0).all()


def test_data_without_a_ground_of_their_own_are_framed_only() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 1, 28, 28), np.uint8)
    tone = tone_of(Dataset("noise", "Noise", Images(noise), Images(noise)))
    assert tone.ground is None
    assert like_the_data(png(noise[0, 0]), tone).seen == pytest.approx(noise[0] / 255.0, abs=1e-6)


def test_what_is_no_picture_is_refused(mnist: Dataset) -> None:
    with pytest.raises(PictureError, match="is no PNG"):
        like_the_data(b"words, words", tone_of(mnist))
