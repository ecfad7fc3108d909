"""Two moons: half circles that reach into each other, so that no straight line parts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.datasets.base import Dataset, Report, Source, register
from core.datasets.curves import PointsConfig, along, fitted, points_of
from core.foundation.arrays import Doubles


def moons() -> list[Doubles]:
    """The upper and the lower half circle, as in scikit-learn's make_moons, within ±1."""
    angle = np.linspace(0, np.pi, 181)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    return fitted([upper, np.array([1.0, 0.5]) - upper])


@register("moons")
class Moons(Source):
    """Points (N, 2, 1, 1) float32; labels the moon."""

    title = "Two moons"
    summary = "points of a plane on two half circles that reach into each other"
    order = 61
    points = True

    @dataclass(frozen=True)
    class Config(PointsConfig):
        """Noise, how many, and the seed."""

    def load(self, config: Any, report: Report) -> Dataset:
        """Draw the points."""
        return points_of(along(moons(), config.noise), "moons", "Two moons", config, report)
