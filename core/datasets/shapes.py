"""Squares, ellipses and hearts with five known factors, after dSprites (Matthey, Higgins, Hassabis, Lerchner 2017).

Drawn from signed distances, so edges are smooth at every size; drawn at random, so no two images are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, Images, Report, Source, register
from core.foundation.params import Param

SHAPES = ("square", "ellipse", "heart")
FACTORS = ("shape", "scale", "orientation", "x", "y")

_LARGEST = 0.5  # reach of a shape at scale 1, half frames; with _WANDER it stays inside the frame
_WANDER = 0.42  # how far its centre goes from the middle, half frames
_BATCH = 256

_Array = npt.NDArray[np.floating[Any]]


@register("shapes")
class Shapes(Source):
    """Pixels (N, 1, S, S); labels the shape; factors shape, scale 0.5 to 1, orientation in radians, x and y 0 to 1."""

    title = "Shapes"
    summary = "squares, ellipses and hearts with known factors, grey"
    order = 30

    @dataclass(frozen=True)
    class Config:
        image_size: Annotated[int, Param("Size", 32, 64, unit="px", help="Side of an image.", presets=(32, 48, 64))] = (
            32
        )
        train_images: Annotated[
            int,
            Param("Training images", 1_000, 60_000, scale="log", help="How many are drawn; a tenth more are the test."),
        ] = 20_000
        data_seed: Annotated[int, Param("Data seed", 0, 999_999, help="Another seed draws other images.")] = 0

    def load(self, config: Any, report: Report) -> Dataset:
        """Draw the images (half a second for 20,000 of 32 px); the test ones come from their own random stream."""
        total = config.train_images + config.train_images // 10
        train = _draw(config.train_images, config.image_size, (config.data_seed, 0), lambda n: report(n / total))
        done = config.train_images
        test = _draw(total - done, config.image_size, (config.data_seed, 1), lambda n: report((done + n) / total))
        origin = {"source": "drawn by Latent Playground, after dSprites", "seed": config.data_seed}
        return Dataset(self.name, self.title, train, test, SHAPES, FACTORS, origin)


def _draw(count: int, size: int, seed: tuple[int, int], report: Report) -> Images:
    """``count`` random images; ``report`` gets how many are done."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(SHAPES), count)
    factors = np.empty((count, len(FACTORS)), np.float32)
    factors[:, 0] = labels
    factors[:, 1] = random.uniform(0.5, 1.0, count)
    factors[:, 2] = random.uniform(0.0, 2 * np.pi, count)
    factors[:, 3:] = random.uniform(0.0, 1.0, (count, 2))
    pixels = np.empty((count, 1, size, size), np.uint8)
    order = np.argsort(labels, kind="stable")  # one shape at a time, each by its own formula
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
    reach, angle = (_LARGEST * factors[:, 1])[:, None, None], factors[:, 2, None, None]
    middle = (_WANDER * (2 * factors[:, 3:] - 1))[:, :, None, None]
    grid = ((np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1).astype(np.float32)
    x, y = grid[None, None, :] - middle[:, 0], grid[None, :, None] - middle[:, 1]  # (B, 1, S), (B, S, 1)
    u = np.cos(angle) * x + np.sin(angle) * y  # (B, S, S)
    v = np.cos(angle) * y - np.sin(angle) * x
    distance = (_square, _ellipse, _heart)[shape](u, v, reach)
    cover: _Array = np.clip(0.5 - distance * (size / 2), 0, 1)  # a pixel's share inside, to first order
    return np.rint(cover * 255).astype(np.uint8)


def _square(u: _Array, v: _Array, reach: _Array) -> _Array:
    return _box(u, v, reach / np.float32(np.sqrt(2)))


def _ellipse(u: _Array, v: _Array, reach: _Array) -> _Array:
    """First-order distance: value over gradient of the implicit form; axes 2 to 1."""
    u, v = u / reach, v * 2 / reach
    k = np.sqrt(u * u + v * v) + np.float32(1e-6)
    slope = np.sqrt(u * u + 4 * v * v) + np.float32(1e-6)
    return np.asarray(k * (k - 1) / slope * reach, np.float32)


def _heart(u: _Array, v: _Array, reach: _Array) -> _Array:
    """A square standing on a corner, with half a disc on each of its two upper sides."""
    turn = np.float32(np.sqrt(0.5))
    p, q = (u - v) * turn, (-u - v) * turn  # image rows go down: this sets the heart upright
    half = reach / 2
    far = half * half - half * 2 * np.maximum(p, q) + p * p + q * q  # squared, from the nearer disc's centre
    discs = np.sqrt(np.maximum(far, 0)) - half
    return np.minimum(_box(p, q, half), discs)


def _box(u: _Array, v: _Array, half: _Array) -> _Array:
    return np.maximum(np.abs(u), np.abs(v)) - half
