"""The contract of every dataset. Runs over the registry, so that it covers a new file in core/datasets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.datasets import base
from core.datasets.base import SOURCES, Cancelled, Dataset, Images
from core.datasets.mixture import component_means
from core.foundation.params import knobs

NAMES = SOURCES.names()


def idx_folder(folder: Path) -> None:
    """70 random images in one file, with labels."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (70, 28, 28), np.uint8)
    labels = random.integers(0, 10, 70).astype(np.uint8)
    for name, numbers in (("images-idx3-ubyte", pixels), ("labels-idx1-ubyte", labels)):
        header = b"\0\0\x08" + bytes([numbers.ndim]) + b"".join(n.to_bytes(4, "big") for n in numbers.shape)
        (folder / name).write_bytes(header + numbers.tobytes())


def arrays_folder(folder: Path) -> None:
    """60 random images in colour with labels, without a split."""
    random = np.random.default_rng(0)
    pixels, labels = random.random((60, 32, 32, 3), np.float32), random.integers(0, 4, 60)
    np.savez(folder / "mine.npz", images=pixels, labels=labels)


def picture_folder(folder: Path) -> None:
    """70 random pictures in two classes."""
    random = np.random.default_rng(0)
    for at in range(70):
        (folder / f"class {at % 2}").mkdir(exist_ok=True)
        pixels = random.integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"class {at % 2}" / f"{at}.png")


FOLDERS: dict[str, Callable[[Path], None]] = {"idx": idx_folder, "images": picture_folder, "arrays": arrays_folder}
"""How to fill a folder for a source that reads one: the only thing a new source may have to add here."""


def small_config(name: str, folder: Path) -> Any:
    """The default config, with few images if that is a knob, and a folder if one is needed."""
    config = SOURCES.get(name).Config()
    for knob in knobs(type(config)):
        if knob.name == "train_images":
            config = dataclasses.replace(config, train_images=int(knob.param.low or 1))
        if knob.name == "data":
            FOLDERS[name](folder)
            config = dataclasses.replace(config, data=str(folder))
    return config


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Dataset]]:
    """Name -> (config, dataset), each loaded once."""
    datasets = {}
    for name in NAMES:
        config = small_config(name, tmp_path_factory.mktemp(name))
        datasets[name] = config, base.load(name, config)
    return datasets


def rows(images: Images) -> set[bytes]:
    return {pixels.tobytes() for pixels in images.pixels}


def test_nothing_is_broken() -> None:
    assert SOURCES.broken == {}
    assert NAMES[:5] == ("mnist", "faces", "shapes", "digits", "idx")


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_title_a_summary_and_a_docstring(name: str) -> None:
    source = SOURCES.get(name)
    assert source.name == name
    assert source.title
    assert source.summary
    assert source.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_types(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    data = loaded[name][1]
    channels, height, width = data.shape
    assert SOURCES.get(name).points == data.points
    if not data.points:
        assert channels in (1, 3)
        assert height == width
        assert 28 <= height <= 64
    for images in (data.train, data.test):
        assert images.pixels.dtype == (np.float32 if data.points else np.uint8)
        assert images.pixels.shape == (len(images), channels, height, width)
        assert len(images) > 0
        assert images.pixels.flags.c_contiguous
        assert images.pixels.flags.writeable  # else torch.from_numpy warns
        assert np.isfinite(images.pixels).all()
        assert images.pixels.max() > images.pixels.min()
    assert len(data.train) > len(data.test)
    assert data.name == name
    assert data.title
    json.dumps(data.origin)  # it goes into a run's folder


@pytest.mark.parametrize("name", NAMES)
def test_labels_have_names(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    data = loaded[name][1]
    assert (data.train.labels is None) == (data.test.labels is None)
    for images in (data.train, data.test):
        if images.labels is None:
            assert data.class_names == ()
            continue
        assert images.labels.dtype == np.int64
        assert images.labels.shape == (len(images),)
        assert images.labels.min() >= 0
        assert images.labels.max() < len(data.class_names)
    assert len(set(data.class_names)) == len(data.class_names)


@pytest.mark.parametrize("name", NAMES)
def test_factors_have_names(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    data = loaded[name][1]
    assert (data.train.factors is None) == (data.test.factors is None)
    for images in (data.train, data.test):
        if images.factors is None:
            assert data.factor_names == ()
            continue
        assert images.factors.dtype == np.float32
        assert images.factors.shape == (len(images), len(data.factor_names))
        assert np.isfinite(images.factors).all()
        assert (images.factors.std(axis=0) > 0).all()
    assert len(set(data.factor_names)) == len(data.factor_names)


@pytest.mark.parametrize("name", NAMES)
def test_no_test_image_was_trained_on(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    data = loaded[name][1]
    assert not rows(data.train) & rows(data.test)
    assert not np.shares_memory(data.train.pixels, data.test.pixels)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_config_gives_the_same_bytes(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    config, first = loaded[name]
    again = base.load(name, config)
    for one, two in ((first.train, again.train), (first.test, again.test)):
        np.testing.assert_array_equal(one.pixels, two.pixels)
        np.testing.assert_array_equal(one.labels, two.labels)
        np.testing.assert_array_equal(one.factors, two.factors)
    assert first.origin == again.origin


@pytest.mark.parametrize("name", NAMES)
def test_progress_only_rises_and_cancel_works(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    config = loaded[name][0]
    shares: list[float] = []
    base.load(name, config, shares.append)
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] == pytest.approx(1)

    def stop_half_way(share: float) -> None:
        if share >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        base.load(name, config, stop_half_way)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_other_images(name: str, loaded: dict[str, tuple[Any, Dataset]]) -> None:
    config, first = loaded[name]
    if not hasattr(config, "data_seed"):
        pytest.skip("not random")
    other = base.load(name, dataclasses.replace(config, data_seed=config.data_seed + 1))
    assert not rows(first.train) & rows(other.train)
    assert not rows(first.test) & rows(other.train)


def test_mnist_is_complete(loaded: dict[str, tuple[Any, Dataset]]) -> None:
    data = loaded["mnist"][1]
    assert data.train.pixels.shape == (60_000, 1, 28, 28)
    assert data.test.pixels.shape == (10_000, 1, 28, 28)
    assert data.train.labels is not None
    assert data.test.labels is not None
    assert np.bincount(data.train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert data.train.pixels.mean() / 255 == pytest.approx(0.1307, abs=1e-4)  # the constant of MNIST normalisation


def test_faces_follow_their_factors() -> None:
    """One factor changes, the rest is fixed: the picture changes in the area of that factor."""
    from core.datasets.facepaint import STYLES, paint_faces
    from core.datasets.faces import FACTORS

    middle = {name: np.full(2, (low + high) / 2, np.float32) for name, (low, high) in FACTORS.items()}
    middle["glasses"][:] = 0
    mouth, brows = np.s_[:, 20:30, :], np.s_[:, 8:17, :]
    areas = {"smile": mouth, "mouth open": mouth, "brow height": brows, "brow tilt": brows}
    for name, ends in FACTORS.items():
        if name == "hair style":
            continue
        factors = {**middle, name: np.array(ends, np.float32)}
        one, two = paint_faces("short", factors).astype(int)
        changed = np.abs(one - two)
        assert changed.max() > 40, name
        if name in areas:
            assert changed[areas[name]].sum() == changed.sum(), name
    pictures = {paint_faces(style, middle)[0].tobytes() for style in STYLES}
    assert len(pictures) == len(STYLES)


@pytest.mark.parametrize("size", [32, 64])
def test_shapes_follow_their_factors(size: int) -> None:
    """Area and centre of mass are those of the factors, to a fraction of a pixel."""
    from core.datasets.shapes import SHAPES, render

    factors = np.array([[0, 0.8, 0.7, 0.25, 0.9], [0, 1.0, 2.0, 0.5, 0.0], [0, 1.0, 0.0, 1.0, 1.0]], np.float32)
    for shape, name in enumerate(SHAPES):
        ink = render(shape, factors, size).astype(float) / 255  # (B, S, S)
        radius = 0.25 * factors[:, 1] * size
        area = {"square": 2, "ellipse": np.pi / 2, "heart": 1 + np.pi / 4}[name] * radius**2
        np.testing.assert_allclose(ink.sum(axis=(1, 2)), area, rtol=0.04)
        assert not ink[:, [0, -1]].any()  # never cut by the frame
        assert not ink[:, :, [0, -1]].any()
        if name == "heart":
            continue  # its centre of mass is not its centre
        positions = (np.arange(size) + 0.5) / size
        x, y = (ink.sum(axis=axis) @ positions / ink.sum(axis=(1, 2)) for axis in (1, 2))
        np.testing.assert_allclose(x, 0.5 + 0.42 * (factors[:, 3] - 0.5), atol=0.2 / size)
        np.testing.assert_allclose(y, 0.5 + 0.42 * (factors[:, 4] - 0.5), atol=0.2 / size)


@pytest.mark.parametrize(("layout", "modes"), [("ring", 8), ("grid", 25)])
def test_the_components_of_a_mixture_have_their_means_and_spread(layout: str, modes: int) -> None:
    data = base.load("mixture", SOURCES.get("mixture").Config(layout=layout, train_images=10_000, spread=0.02))
    points, labels = data.train.pixels[:, :, 0, 0], data.train.labels
    assert data.points
    assert len(data.class_names) == modes
    assert np.abs(component_means(layout)).max() == pytest.approx(1)
    for component, mean in enumerate(component_means(layout)):
        members = points[labels == component]
        assert len(members) > 0.7 * 10_000 / modes
        assert members.mean(0) == pytest.approx(mean, abs=0.005)
        assert members.std(0) == pytest.approx([0.02, 0.02], rel=0.15)
