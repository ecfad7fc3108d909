"""A pinwheel: blades around a middle, dense halfway out and bent by a twist that eases outward.

After Johnson et al. 2016 (Composing graphical models with neural networks), whose blades are twisted Gaussians. Here
the noise across a blade is round, so that the density is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Any

import numpy as np

from core.datasets.base import Dataset, Report, Source, register
from core.datasets.curves import Arms, PointsConfig, points_of, weighed
from core.foundation.params import Param

ALONG, CENTRES = 0.3, 101
"""The spread along a blade, in units of the distance of its middle, and the centres on each."""


def pinwheel(blades: int, twist: float, noise: float) -> Arms:
    """Each blade is the quantiles of N(1, ALONG²) away from the middle, turned by ``twist``·exp(distance)."""
    normal = NormalDist(1.0, ALONG)
    away = np.array([normal.inv_cdf((i + 0.5) / CENTRES) for i in range(CENTRES)])  # (CENTRES,)
    centres = []
    for each in range(blades):
        angle = 2 * np.pi * each / blades + twist * np.exp(away)
        centres.append(away[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    places = np.concatenate(centres) / np.abs(away).max()
    return weighed(places, np.repeat(np.arange(blades), CENTRES), np.ones(len(places)), noise)


@register("pinwheel")
class Pinwheel(Source):
    """Points (N, 2, 1, 1) float32; labels the blade."""

    title = "Pinwheel"
    summary = "points of a plane on bent blades, dense halfway out"
    order = 63
    points = True

    @dataclass(frozen=True)
    class Config(PointsConfig):
        """Also how many blades, and their twist."""

        blades: Annotated[int, Param("Blades", 2, 10, help="How many blades stand around the middle.")] = 5
        twist: Annotated[
            float, Param("Twist", 0.0, 1.0, help="How much the blades are bent; 0 leaves them straight.")
        ] = 0.25

    def load(self, config: Any, report: Report) -> Dataset:
        """Draw the points."""
        arms = pinwheel(config.blades, config.twist, config.noise)
        return points_of(arms, "pinwheel", "Pinwheel", config, report)
