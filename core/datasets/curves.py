"""Points around curves of the plane: shared by `moons`, `spiral`, `pinwheel` and `drawn`.

A curve becomes many close centres, and each point is one of them plus isotropic Gaussian noise. So the data are draws
from a mixture whose density is known exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, Images, Report, SourceConfig
from core.datasets.density import Density
from core.foundation.arrays import Doubles
from core.foundation.params import Param

MOST_CENTRES = 800
"""Centres on all arms together: p(x) is a sum over all of them at each point."""


@dataclass(frozen=True)
class PointsConfig(SourceConfig):
    """The knobs that all points around curves have."""

    noise: Annotated[
        float, Param("Noise σ", 0.005, 0.5, scale="log", decimals=3, help="How far points stray from the curve.")
    ] = 0.04
    train_images: Annotated[
        int,
        Param("Training points", 1_000, 60_000, scale="log", help="How many are drawn; a tenth more are the test."),
    ] = 20_000
    data_seed: Annotated[int, Param("Data seed", 0, 999_999, help="Another seed draws other points.")] = 0


def scaled_to_frame(arms: Sequence[Doubles]) -> list[Doubles]:
    """The arms, each (N, 2), shifted and scaled together so that they span ±1 on the longer axis."""
    points = np.concatenate(arms)
    low, high = points.min(0), points.max(0)
    half = float((high - low).max()) / 2
    return [(arm - (low + high) / 2) / half for arm in arms]


def evenly_spaced(line: Doubles, spacing: float) -> Doubles:
    """Points (M, 2) at equal distances of about ``spacing`` along a polyline (N, 2); one where its length is 0."""
    lengths = np.hypot(*np.diff(line, axis=0).T) if len(line) > 1 else np.zeros(0)
    distance = np.concatenate([[0.0], np.cumsum(lengths)])  # (N,) from the start
    if distance[-1] <= 0:
        return line[:1].astype(np.float64)
    count = max(2, round(distance[-1] / spacing))
    at = (np.arange(count) + 0.5) / count * distance[-1]  # the middle of each segment: no end counts double
    return np.stack([np.interp(at, distance, line[:, axis]) for axis in (0, 1)], 1)


def length(line: Doubles) -> float:
    """The length of a polyline (N, 2)."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum()) if len(line) > 1 else 0.0


@dataclass(frozen=True, eq=False)
class Arms:
    """A mixture along arms: its ``density``, and the index of the arm of each centre, (K,)."""

    density: Density
    arm: npt.NDArray[np.int64]

    def draw(self, count: int, random: np.random.Generator) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """``count`` points (count, 2) and their arms (count,)."""
        chosen = random.choice(len(self.arm), count, p=self.density.weights)
        noise = self.density.sigma * random.standard_normal((count, 2))
        return (self.density.centres[chosen] + noise).astype(np.float32), self.arm[chosen]


def arms_along(lines: Sequence[Doubles], noise: float) -> Arms:
    """One arm per polyline (N, 2), weighted by its length. A dot weighs as much as a line of length σ."""
    weights = np.array([max(length(line), noise) for line in lines])
    spacing = max(noise / 2, float(weights.sum()) / MOST_CENTRES)
    centres = [evenly_spaced(line, spacing) for line in lines]
    weight = np.concatenate([np.full(len(c), w / len(c)) for c, w in zip(centres, weights, strict=True)])
    arm = np.concatenate([np.full(len(c), i) for i, c in enumerate(centres)])
    return weighted_arms(np.concatenate(centres), arm, weight, noise)


def weighted_arms(centres: Doubles, arm: npt.NDArray[Any], weights: npt.NDArray[Any], noise: float) -> Arms:
    """Arms of centres (K, 2), with the arm (K,) and the weight (K,) of each; weights need not sum to 1."""
    return Arms(Density(centres, noise, weights / weights.sum(), modes=False), arm.astype(np.int64))


def dataset_of(arms: Arms, name: str, title: str, config: PointsConfig, report: Report) -> Dataset:
    """Draw training and test points, each from a random stream of its own. Labels are arms."""

    def draw(count: int, stream: int) -> Images:
        points, labels = arms.draw(count, np.random.default_rng((config.data_seed, stream)))
        return Images(points[:, :, None, None], labels)

    train, test = draw(config.train_images, 0), draw(max(200, config.train_images // 10), 1)
    names = tuple(str(i + 1) for i in range(int(arms.arm.max()) + 1))
    report(1.0)
    return Dataset(name, title, train, test, names, density=arms.density)
