"""Points around curves of the plane: what `moons`, `spiral`, `pinwheel` and `drawn` share. numpy only.

A curve is cut into many close centres, and each point is one of them plus round Gaussian noise. So the data are draws
of a mixture whose density is known exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, Images, Report
from core.datasets.density import Density
from core.foundation.arrays import Doubles
from core.foundation.params import Param

MOST_CENTRES = 800
"""On all arms together: p is computed from all of them at each point."""


@dataclass(frozen=True)
class PointsConfig:
    """The knobs of every set of points around curves."""

    noise: Annotated[
        float, Param("Noise σ", 0.005, 0.5, scale="log", decimals=3, help="How far points stray from the curve.")
    ] = 0.04
    train_images: Annotated[
        int,
        Param("Training points", 1_000, 60_000, scale="log", help="How many are drawn; a tenth more are the test."),
    ] = 20_000
    data_seed: Annotated[int, Param("Data seed", 0, 999_999, help="Another seed draws other points.")] = 0


def fitted(arms: Sequence[Doubles]) -> list[Doubles]:
    """The arms moved and scaled alike, so that together they reach ±1 on the longer side."""
    every = np.concatenate(arms)
    low, high = every.min(0), every.max(0)
    half = float((high - low).max()) / 2
    return [(arm - (low + high) / 2) / half for arm in arms]


def spaced(line: Doubles, step: float) -> Doubles:
    """Places (M, 2) along the corners of a line, equally far apart, about ``step``; a line without length is one."""
    lengths = np.hypot(*np.diff(line, axis=0).T) if len(line) > 1 else np.zeros(0)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    if along[-1] <= 0:
        return line[:1].astype(np.float64)
    count = max(2, round(along[-1] / step))
    at = (np.arange(count) + 0.5) / count * along[-1]  # the middle of each piece: no end counts double
    return np.stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)], 1)


def length(line: Doubles) -> float:
    """The way along the corners (N, 2) of a line."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum()) if len(line) > 1 else 0.0


@dataclass(frozen=True, eq=False)
class Arms:
    """A mixture along arms: its ``density``, and the arm (K,) that each of its centres belongs to."""

    density: Density
    arm: npt.NDArray[np.int64]

    def draw(self, count: int, random: np.random.Generator) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """``count`` points (count, 2) and the arm of each."""
        chosen = random.choice(len(self.arm), count, p=self.density.weights)
        strayed = self.density.sigma * random.standard_normal((count, 2))
        return (self.density.centres[chosen] + strayed).astype(np.float32), self.arm[chosen]


def along(lines: Sequence[Doubles], noise: float) -> Arms:
    """Points spread evenly along lines: the longer an arm, the more of them it has. A dot weighs as σ of a line."""
    weights = np.array([max(length(line), noise) for line in lines])
    step = max(noise / 2, float(weights.sum()) / MOST_CENTRES)
    places = [spaced(line, step) for line in lines]
    each = np.concatenate([np.full(len(p), w / len(p)) for p, w in zip(places, weights, strict=True)])
    arm = np.concatenate([np.full(len(p), i) for i, p in enumerate(places)])
    return weighed(np.concatenate(places), arm, each, noise)


def weighed(centres: Doubles, arm: npt.NDArray[Any], weights: npt.NDArray[Any], noise: float) -> Arms:
    """Arms of given centres (K, 2), the arm of each (K,), and how much each weighs (K,), in any unit."""
    return Arms(Density(centres, noise, weights / weights.sum(), modes=False), arm.astype(np.int64))


def points_of(arms: Arms, name: str, title: str, config: PointsConfig, report: Report) -> Dataset:
    """Draw the points; the test ones come from their own random stream. Labels are arms."""

    def draw(count: int, stream: int) -> Images:
        points, labels = arms.draw(count, np.random.default_rng((config.data_seed, stream)))
        return Images(points[:, :, None, None], labels)

    train, test = draw(config.train_images, 0), draw(max(200, config.train_images // 10), 1)
    names = tuple(str(i + 1) for i in range(int(arms.arm.max()) + 1))
    report(1.0)
    return Dataset(name, title, train, test, names, density=arms.density)
