"""A pinwheel: blades around the origin, dense halfway out and twisted.

After Johnson et al. 2016 (Composing graphical models with neural networks), whose blades are twisted Gaussians. Here
the noise around a blade is isotropic, so that the density is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np

from core.datasets.base import Dataset, Report, Source, register
from core.datasets.curves import Arms, PointsConfig, dataset_of, weighted_arms
from core.foundation.params import Param

SPREAD = 0.3
"""Standard deviation of the radius along a blade, in units of its mean."""
CENTRES = 101
"""Centres on each blade."""


def pinwheel(blades: int, twist: float, noise: float) -> Arms:
    """Blades with centres at the quantiles of N(1, SPREAD²) as radii, rotated by ``twist``·exp(radius)."""
    normal = NormalDist(1.0, SPREAD)
    radius = np.array([normal.inv_cdf((i + 0.5) / CENTRES) for i in range(CENTRES)])  # (CENTRES,)
    arms = []
    for blade in range(blades):
        angle = 2 * np.pi * blade / blades + twist * np.exp(radius)
        arms.append(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    centres = np.concatenate(arms) / np.abs(radius).max()
    return weighted_arms(centres, np.repeat(np.arange(blades), CENTRES), np.ones(len(centres)), noise)


@dataclass(frozen=True)
class PinwheelConfig(PointsConfig):
    """The knobs of `Pinwheel`."""

    blades: Annotated[int, Param("Blades", 2, 10, help="How many blades stand around the middle.")] = 5
    twist: Annotated[float, Param("Twist", 0.0, 1.0, help="How much the blades are bent; 0 leaves them straight.")] = (
        0.25
    )


@register("pinwheel")
class Pinwheel(Source[PinwheelConfig]):
    """Points (N, 2, 1, 1) float32; labels are blades."""

    title = "Pinwheel"
    summary = "points of a plane on bent blades, dense halfway out"
    order = 63
    points = True

    Config = PinwheelConfig

    def load(self, config: PinwheelConfig, report: Report) -> Dataset:
        """Draw the points."""
        arms = pinwheel(config.blades, config.twist, config.noise)
        return dataset_of(arms, "pinwheel", "Pinwheel", config, report)
