"""A model, a dataset and a measure as a user writes them, and ways to break them."""

from __future__ import annotations

MODEL = '''"""An autoencoder that keeps its codes small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core.foundation.params import Param
from core.models.autoencoders import Autoencoder
from core.models.base import AutoencoderConfig, Phase, register
from core.nets.objectives import distortion


@dataclass(frozen=True)
class Knobs(AutoencoderConfig):
    pull: Annotated[float, Param("Pull", 0.0, 10.0, live=True, help="How strongly codes are pulled to 0.")] = 0.1


@register("mine")
class Mine(Autoencoder):
    title, short, summary = "My autoencoder", "MINE", "Keeps its codes small."
    Config = Knobs
    columns = ("objective", "distortion")

    def phases(self):
        return (Phase("autoencoder", (self,), self._loss),)

    def _loss(self, batch):
        z = self.code(batch.x)
        error = distortion(self.logits(z), batch.x, batch.config.likelihood, batch.config.pixel_sigma)
        loss = error + batch.config.pull * z.square().sum(1).mean()
        return loss, {"objective": loss, "distortion": error}
'''
"""Registers "mine"."""

DATASET = '''"""Bars: images with one bright column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.datasets.base import Dataset, Images, Source, register
from core.foundation.params import Param


@register("bars")
class Bars(Source):
    """A bright column at a random place; its label is the half in which it lies."""

    title, summary, order = "Bars", "images with one bright column", 200

    @dataclass(frozen=True)
    class Config:
        train_images: Annotated[int, Param("Images", 100, 10_000, help="How many images to train on.")] = 1_000

    def load(self, config, report):
        random = np.random.default_rng(1)

        def images(seed, count):
            at = np.arange(count) % 14 + 14 * seed
            pixels = random.integers(0, 99, (count, 1, 28, 28), dtype=np.uint8)
            pixels[np.arange(count), 0, :, at] = 255
            return Images(pixels, at // 14)

        report(0.5)
        made = Dataset("bars", "Bars", images(0, config.train_images), images(1, 90), ("left", "right"))
        report(1.0)
        return made
'''
"""Registers "bars"."""

MEASURE = '''"""The mean brightness of samples."""

from __future__ import annotations

from core.metrics.base import Measured, Metric, register


@register("ink")
class Ink(Metric):
    """How bright samples are on average."""

    title, unit, formula, order = "Ink", "%", r"\\frac{1}{N} \\sum x", 900
    help = "The mean brightness of generated images; compare it with that of the data."
    of_samples = True

    @classmethod
    def why_not(cls, model, dataset):
        return "These are points, not images." if dataset.points else ""

    def measure(self, model_side):
        samples = yield from model_side.samples()
        return Measured(100 * float(samples.mean()), n=len(samples))
'''
"""Registers "ink"."""


def changed(text: str, before: str, after: str) -> str:
    """The text with one of its lines changed."""
    assert text.count(before) == 1, before
    return text.replace(before, after)
