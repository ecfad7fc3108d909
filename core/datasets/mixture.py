"""A mixture of Gaussians in the plane, on a ring or a grid: a test of how many modes a generator covers.

Layouts of Srivastava et al. 2017 and Lin et al. 2018, scaled so that the centres lie within ±1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.density import equally_weighted
from core.foundation.params import Param

LAYOUTS = ("ring", "grid")


def component_means(layout: str) -> npt.NDArray[np.float32]:
    """The means (K, 2) of the components: 8 on a circle of radius 1, or 25 on a square of side 2."""
    if layout == "ring":
        angle = 2 * np.pi * np.arange(8) / 8
        return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    line = np.linspace(-1, 1, 5, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)


@dataclass(frozen=True)
class MixtureConfig(SourceConfig):
    """The knobs of `Mixture`."""

    layout: Annotated[str, Param("Layout", choices=LAYOUTS, help="8 centres on a ring, or 25 on a square grid.")] = (
        "ring"
    )
    spread: Annotated[
        float, Param("Spread σ", 0.001, 0.5, scale="log", help="The standard deviation of each component.")
    ] = 0.02
    train_images: Annotated[
        int,
        Param("Training points", 1_000, 60_000, scale="log", help="How many are drawn; a tenth more are the test."),
    ] = 20_000
    data_seed: Annotated[int, Param("Data seed", 0, 999_999, help="Another seed draws other points.")] = 0


@register("mixture")
class Mixture(Source[MixtureConfig]):
    """Points (N, 2, 1, 1) float32; labels are components."""

    title = "Mixture of Gaussians"
    summary = "points of a plane around 8 or 25 centres: see a GAN forget some of them"
    order = 60
    points = True

    Config = MixtureConfig

    def load(self, config: MixtureConfig, report: Report) -> Dataset:
        """Draw training and test points, each from a random stream of its own."""
        means = component_means(config.layout)

        def draw(count: int, stream: int) -> Images:
            random = np.random.default_rng((config.data_seed, stream))
            labels = random.integers(0, len(means), count)
            points = means[labels] + config.spread * random.standard_normal((count, 2), dtype=np.float32)
            return Images(points.astype(np.float32)[:, :, None, None], labels.astype(np.int64))

        names = tuple(str(i + 1) for i in range(len(means)))
        train, test = draw(config.train_images, 0), draw(max(200, config.train_images // 10), 1)
        report(1.0)
        density = equally_weighted(means, config.spread, modes=True)
        return Dataset("mixture", f"{len(means)} Gaussians", train, test, names, density=density)
