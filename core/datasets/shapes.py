"""Squares, ellipses and hearts with five known factors, after dSprites (Matthey, Higgins, Hassabis, Lerchner 2017).

Shapes are signed distances, so their edges are smooth at every size. Factors are random, so no two images are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, Images, Report, Source, SourceConfig, register
from core.foundation.params import Param

SHAPES = ("square", "ellipse", "heart")
FACTORS = ("shape", "scale", "orientation", "x", "y")

_LARGEST = 0.5  # radius of a shape at scale 1, half sides of the image; with _OFFSET it stays inside
_OFFSET = 0.42  # largest offset of its centre from that of the image on each axis, half sides
_BATCH = 256

_Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ShapesConfig(SourceConfig):
    """The knobs of `Shapes`."""

    image_size: Annotated[int, Param("Size", 32, 64, unit="px", help="Side of an image.", presets=(32, 48, 64))] = 32
    train_images: Annotated[
        int,
        Param("Training images", 1_000, 60_000, scale="log", help="How many are drawn; a tenth more are the test."),
    ] = 20_000
    data_seed: Annotated[int, Param("Data seed", 0, 999_999, help="Another seed draws other images.")] = 0


@register("shapes")
class Shapes(Source[ShapesConfig]):
    """Pixels (N, 1, S, S); labels are shapes; factors: shape, scale 0.5 to 1, orientation in rad, x and y 0 to 1."""

    title = "Shapes"
    summary = "squares, ellipses and hearts with known factors, grey"
    order = 30

    Config = ShapesConfig

    def load(self, config: ShapesConfig, report: Report) -> Dataset:
        """Draw training and test images, each from a random stream of its own (half a second for 20,000 of 32 px)."""
        train_count, test_count = config.train_images, config.train_images // 10
        total = train_count + test_count
        train = _draw(train_count, config.image_size, (config.data_seed, 0), lambda done: report(done / total))
        test = _draw(
            test_count, config.image_size, (config.data_seed, 1), lambda done: report((train_count + done) / total)
        )
        origin = {"source": "drawn by Latent Playground, after dSprites", "seed": config.data_seed}
        return Dataset(self.name, self.title, train, test, SHAPES, FACTORS, origin)


def _draw(count: int, size: int, seed: tuple[int, int], report: Report) -> Images:
    """``count`` random images; ``report`` gets the number of those done."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(SHAPES), count)
    factors = np.empty((count, len(FACTORS)), np.float32)
    factors[:, 0] = labels
    factors[:, 1] = random.uniform(0.5, 1.0, count)
    factors[:, 2] = random.uniform(0.0, 2 * np.pi, count)
    factors[:, 3:] = random.uniform(0.0, 1.0, (count, 2))
    pixels = np.empty((count, 1, size, size), np.uint8)
    order = np.argsort(labels, kind="stable")  # one shape at a time
    done = 0
    for shape in range(len(SHAPES)):
        members = order[labels[order] == shape]
        for start in range(0, len(members), _BATCH):
            batch = members[start : start + _BATCH]
            pixels[batch, 0] = render(shape, factors[batch], size)
            done += len(batch)
            report(done)
    return Images(pixels, labels.astype(np.int64), factors)


def render(shape: int, factors: _Array, size: int) -> npt.NDArray[np.uint8]:
    """Images (B, S, S) of one shape for factors (B, 5) in the order of ``FACTORS``."""
    radius, angle = (_LARGEST * factors[:, 1])[:, None, None], factors[:, 2, None, None]
    centre = (_OFFSET * (2 * factors[:, 3:] - 1))[:, :, None, None]
    grid = ((np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1).astype(np.float32)
    x, y = grid[None, None, :] - centre[:, 0], grid[None, :, None] - centre[:, 1]  # (B, 1, S), (B, S, 1)
    u = np.cos(angle) * x + np.sin(angle) * y  # (B, S, S)
    v = np.cos(angle) * y - np.sin(angle) * x
    distance = (_square, _ellipse, _heart)[shape](u, v, radius)
    coverage: _Array = np.clip(0.5 - distance * (size / 2), 0, 1)  # share of a pixel inside the shape, to first order
    return np.rint(coverage * 255).astype(np.uint8)


def _square(u: _Array, v: _Array, radius: _Array) -> _Array:
    return _box(u, v, radius / np.float32(np.sqrt(2)))


def _ellipse(u: _Array, v: _Array, radius: _Array) -> _Array:
    """Distance to first order, value over gradient of the implicit form; axes 2 to 1."""
    u, v = u / radius, v * 2 / radius
    k = np.sqrt(u * u + v * v) + np.float32(1e-6)
    gradient = np.sqrt(u * u + 4 * v * v) + np.float32(1e-6)
    return np.asarray(k * (k - 1) / gradient * radius, np.float32)


def _heart(u: _Array, v: _Array, radius: _Array) -> _Array:
    """A square on one corner, with half a disc on each of its two upper sides."""
    diagonal = np.float32(np.sqrt(0.5))
    p, q = (u - v) * diagonal, (-u - v) * diagonal  # image rows go down: this sets the heart upright
    half = radius / 2
    square = half * half - half * 2 * np.maximum(p, q) + p * p + q * q  # distance² to the nearer disc's centre
    discs = np.sqrt(np.maximum(square, 0)) - half
    return np.minimum(_box(p, q, half), discs)


def _box(u: _Array, v: _Array, half: _Array) -> _Array:
    return np.maximum(np.abs(u), np.abs(v)) - half
