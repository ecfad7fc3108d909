"""Pictures of the user's own, cropped and toned like the data."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.cli import own_pictures
from core.datasets.arrays import ArraysConfig
from core.datasets.base import Dataset, Images, SourceConfig, describe, load
from core.datasets.faces import FacesConfig
from core.datasets.images import ImagesConfig
from core.datasets.own_picture import like_the_data, tone_of
from core.foundation.arrays import Pixels
from core.nets.networks import Shape
from core.readers.picture import PictureError


def png(pixels: Pixels) -> bytes:
    """The content of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_mnist_is_light_ink_on_black_that_takes_20_of_28_pixels(mnist: Dataset) -> None:
    tone = tone_of(mnist)
    assert tone.framing.shape == (1, 28, 28)
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


# --- one way for window and command line ---------------------------------------------------------------------------


def photo(place: Path) -> Path:
    """Dark ink and a coloured corner on light paper, wider than high."""
    pixels = np.full((90, 140, 3), 230, np.uint8)
    pixels[20:70, 60:75] = 20
    pixels[60:90, 100:140] = (200, 60, 30)
    Image.fromarray(pixels).save(place)
    return place


def data_of(kind: str, place: Path) -> tuple[Dataset, SourceConfig]:
    """A dataset and the knobs of its source; "crop" and "fit" are folders of pictures in that framing."""
    random = np.random.default_rng(0)
    config: SourceConfig = FacesConfig(train_images=1000) if kind == "faces" else SourceConfig()
    name = kind
    if kind in ("crop", "fit"):
        for number, pixels in enumerate(random.integers(0, 256, (12, 40, 60, 3)).astype(np.uint8)):
            Image.fromarray(pixels).save(place / f"{number}.png")
        name, config = "images", ImagesConfig(str(place), side="32", framing=kind, ground="white")
    elif kind == "arrays":
        np.save(place / "images.npy", random.integers(0, 256, (30, 28, 40, 3)).astype(np.uint8))
        config = ArraysConfig(str(place / "images.npy"), side=32)
    return load(name, config), config


@pytest.mark.parametrize("kind", ["crop", "fit", "arrays", "mnist", "faces"])
def test_a_model_sees_the_same_at_the_command_line_as_in_the_window(kind: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    dataset, config = data_of(kind, tmp_path / "data")
    place = photo(tmp_path / "photo of mine.png")
    run = SimpleNamespace(data=describe(dataset, config))
    names, x = own_pictures.read(run, SimpleNamespace(shape=Shape(*dataset.shape, 2)), [place])
    assert names == ("photo of mine",)
    own = like_the_data(place.read_bytes(), tone_of(dataset))
    assert np.array_equal(x[0], own.seen)
    assert own.seen.shape == dataset.shape
    top_left = {"fit": 1.0, "arrays": 0.0, "mnist": 0.0}.get(kind, 230 / 255)  # beside what is fitted, or the ground
    assert own.seen[:, 0, 0] == pytest.approx(top_left, abs=0.01)


@pytest.mark.parametrize("framing", ["crop", "fit"])
def test_a_picture_that_was_trained_on_is_seen_as_it_was(framing: str, tmp_path: Path) -> None:
    dataset, _ = data_of(framing, tmp_path)
    trained = [pixels.tobytes() for images in (dataset.train, dataset.test) for pixels in images.pixels]
    seen = like_the_data((tmp_path / "3.png").read_bytes(), tone_of(dataset)).seen
    assert np.rint(255 * seen).astype(np.uint8).tobytes() in trained


def test_without_the_data_pictures_are_cropped_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    dataset, config = data_of("crop", tmp_path / "data")
    run = SimpleNamespace(data=describe(dataset, config))
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    place = photo(tmp_path / "mine.png")
    _, x = own_pictures.read(run, SimpleNamespace(shape=Shape(*dataset.shape, 2)), [place])
    assert np.array_equal(x[0], like_the_data(place.read_bytes(), tone_of(dataset)).seen)
    said = capsys.readouterr().err
    assert said.startswith("Your pictures are cropped, but not toned like the data: ")
    assert said.count("\n") == 1
