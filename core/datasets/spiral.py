"""A spiral of one or more arms: a thin line rolled up, which a map of few neurons cannot unroll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from core.datasets.base import Dataset, Report, Source, register
from core.datasets.curves import PointsConfig, along, points_of
from core.foundation.arrays import Doubles
from core.foundation.params import Param

INNER = 0.12
"""Where the arms begin; they end at 1."""


def spiral(arms: int, turns: float) -> list[Doubles]:
    """Archimedean spirals, r growing with the angle, turned evenly against each other."""
    t = np.linspace(0, 1, 400)
    radius = INNER + (1 - INNER) * t
    found = []
    for each in range(arms):
        angle = 2 * np.pi * (turns * t + each / arms)
        found.append(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    return found


@register("spiral")
class Spiral(Source):
    """Points (N, 2, 1, 1) float32; labels the arm."""

    title = "Spiral"
    summary = "points of a plane along arms that wind around each other"
    order = 62
    points = True

    @dataclass(frozen=True)
    class Config(PointsConfig):
        """Also how many arms and turns."""

        noise: Annotated[
            float, Param("Noise σ", 0.005, 0.5, scale="log", decimals=3, help="How far points stray from the curve.")
        ] = 0.02
        arms: Annotated[int, Param("Arms", 1, 5, help="How many arms wind around each other.")] = 2
        turns: Annotated[float, Param("Turns", 0.25, 3.0, help="How often each arm goes around.")] = 1.25

    def load(self, config: Any, report: Report) -> Dataset:
        """Draw the points."""
        title = "Spiral" if config.arms == 1 else f"{config.arms} spirals"
        return points_of(along(spiral(config.arms, config.turns), config.noise), "spiral", title, config, report)
