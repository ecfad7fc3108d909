"""Two moons: interleaved half circles that no straight line separates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.datasets.base import Dataset, Report, Source, register
from core.datasets.curves import PointsConfig, arms_along, dataset_of, scaled_to_frame
from core.foundation.arrays import Doubles


def moons() -> list[Doubles]:
    """The upper and the lower half circle, each (N, 2), of scikit-learn's make_moons, scaled to ±1."""
    angle = np.linspace(0, np.pi, 181)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    return scaled_to_frame([upper, np.array([1.0, 0.5]) - upper])


@dataclass(frozen=True)
class MoonsConfig(PointsConfig):
    """No knobs beyond those of all curves."""


@register("moons")
class Moons(Source[MoonsConfig]):
    """Points (N, 2, 1, 1) float32; labels are moons."""

    title = "Two moons"
    summary = "points of a plane on two half circles that reach into each other"
    order = 61
    points = True

    Config = MoonsConfig

    def load(self, config: MoonsConfig, report: Report) -> Dataset:
        """Draw the points."""
        return dataset_of(arms_along(moons(), config.noise), "moons", "Two moons", config, report)
