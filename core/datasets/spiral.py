"""A spiral of one or more arms: a curve that a small network cannot unroll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.datasets.base import Dataset, Report, Source, register
from core.datasets.curves import PointsConfig, arms_along, dataset_of
from core.foundation.arrays import Doubles
from core.foundation.params import Param

INNER = 0.12
"""Inner radius of the arms; the outer radius is 1."""


def spiral(arms: int, turns: float) -> list[Doubles]:
    """Archimedean spirals, each (N, 2), at equal angles to each other."""
    t = np.linspace(0, 1, 400)
    radius = INNER + (1 - INNER) * t
    lines = []
    for arm in range(arms):
        angle = 2 * np.pi * (turns * t + arm / arms)
        lines.append(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    return lines


@dataclass(frozen=True)
class SpiralConfig(PointsConfig):
    """The knobs of `Spiral`."""

    noise: Annotated[
        float, Param("Noise σ", 0.005, 0.5, scale="log", decimals=3, help="How far points stray from the curve.")
    ] = 0.02
    arms: Annotated[int, Param("Arms", 1, 5, help="How many arms wind around each other.")] = 2
    turns: Annotated[float, Param("Turns", 0.25, 3.0, help="How often each arm goes around.")] = 1.25


@register("spiral")
class Spiral(Source[SpiralConfig]):
    """Points (N, 2, 1, 1) float32; labels are arms."""

    title = "Spiral"
    summary = "points of a plane along arms that wind around each other"
    order = 62
    points = True

    Config = SpiralConfig

    def load(self, config: SpiralConfig, report: Report) -> Dataset:
        """Draw the points."""
        title = "Spiral" if config.arms == 1 else f"{config.arms} spirals"
        arms = arms_along(spiral(config.arms, config.turns), config.noise)
        return dataset_of(arms, "spiral", title, config, report)
