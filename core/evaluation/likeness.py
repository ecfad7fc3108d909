"""How much a picture looks like the data, and the word for a point of the latent space that follows from it.

Pixels cannot tell: on MNIST the noise of a GAN after four steps is 1.2 times as far from its nearest training image as
19 of 20 test images are, the mean of all images 0.86 times, two digits averaged 0.83 times. By features of the
classifier the noise is 1.5 times as far. The mean image is near by features too (0.7), but shows no class: the
classifier gives its best one 65 %, and 99 % or more to nine of ten test images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work
from core.theory import neighbours
from core.theory.neighbours import PointSet

if TYPE_CHECKING:
    from core.evaluation.real_side import RealSide

NEAR = 0.9
"""Distance, as a multiple of that of 19 in 20 test images, up to which something is near: nine in ten of them are."""
FAR = 1.1
"""The multiple beyond which it is far: three in a hundred test images of MNIST are."""
SLACK = 0.03
"""How far past a limit a standing word stays, so that none flickers."""
SURE = 0.8
"""Probability of its best class from which a picture shows that class; less where one in 20 test images has less."""
SHARPNESS_TAIL = 0.01
"""Share of test images at either end whose sharpness is not taken for the data's."""

Band = Literal["near", "edge", "far"]
LIMITS: dict[Band, tuple[float, float]] = {"near": (-math.inf, NEAR), "edge": (NEAR, FAR), "far": (FAR, math.inf)}
"""The ratios of each band: above the first, not above the second."""
Place = Literal["unknown", "manifold", "edge", "hole", "unlike", "unclear"]
"""Where a point is: its picture among the data's; as far out as few test images; far from all codes; a picture like no
image of the data; a picture near the data that shows no class."""


@dataclass(frozen=True)
class Likeness:
    """A picture beside the data.

    ``ratio`` is its distance to the nearest training image, by features, over that within which 95 % of test images
    have theirs. ``is_sharp``: as sharp as test images are. ``is_clear``: the classifier is sure of its class.
    """

    ratio: float
    is_sharp: bool
    is_clear: bool


@dataclass(frozen=True)
class Standard:
    """What pictures are held against: training images by ``features``, and what test images read.

    ``reach`` is the distance within which 95 % of test images have their nearest of these; ``sure`` the least
    probability of a class that is shown; ``sharpness`` the range of test images.
    """

    features: PointSet
    reach: float
    sure: float
    sharpness: tuple[float, float]


def sharpness(images: Floats) -> Floats:
    """The size of differences between neighbouring pixels over that of differences from the mean (N,), of (N, C, H, W).

    0 of a flat image, about 2 of white noise, 0.7 to 1.2 of digits.
    """
    x = images.astype(np.float64)
    axes = (1, 2, 3)
    steps = np.square(np.diff(x, axis=2)).sum(axes) + np.square(np.diff(x, axis=3)).sum(axes)
    contrast = np.square(x - x.mean(axes, keepdims=True)).sum(axes)
    ratio: Floats = np.sqrt(steps / np.maximum(contrast, 1e-12)).astype(np.float32)
    return ratio


def measuring(real_side: RealSide) -> Work[Standard]:
    """Measure the data: some 5,000 images pass through the classifier. Points are their own features."""
    subsets = real_side.subsets
    features, _ = yield from real_side.classify(as_floats(subsets.coded))
    known = PointSet(features)
    tests, log_p = yield from real_side.classify(subsets.measured)
    _, gaps = yield from neighbours.nearest(tests, known)
    low, high, sure = -np.inf, np.inf, 0.0
    if not real_side.dataset.points:
        low, high = np.quantile(sharpness(subsets.measured), (SHARPNESS_TAIL, 1 - SHARPNESS_TAIL))
        sure = min(SURE, float(np.quantile(np.exp(log_p.max(1)), 1 - neighbours.REACH_SHARE)))
    return Standard(known, neighbours.reach(gaps), sure, (float(low), float(high)))


def of_picture(picture: Floats, standard: Standard, real_side: RealSide) -> Work[Likeness]:
    """The likeness of a picture (C, H, W) in [0, 1]."""
    features, log_p = yield from real_side.classify(picture[None])
    _, gap = yield from neighbours.nearest(features, standard.features)
    low, high = standard.sharpness
    is_sharp = real_side.dataset.points or low <= float(sharpness(picture[None])[0]) <= high
    is_clear = log_p.shape[1] == 0 or float(np.exp(log_p.max())) >= standard.sure
    return Likeness(float(gap[0]) / standard.reach, is_sharp, is_clear)


@dataclass(frozen=True)
class Judgement:
    """The word for a point, with the ``ratio`` that it follows from (NaN where it is unknown) and that ratio's band."""

    place: Place
    ratio: float = float("nan")
    band: Band | None = None


def judged(r: float | None, likeness: Likeness | None, has_encoder: bool, before: Judgement | None) -> Judgement:
    """Judge a point by its ``r`` among codes (see `core.evaluation.training_codes`) and by its picture.

    Codes decide that a point is far from all of them. Near them the picture decides, unless it is as sharp as the
    data: an untrained or collapsed decoder draws one blur everywhere, in whose latent space no point is a hole.
    ``before`` is the standing word.
    """
    standing = None if before is None else before.band
    if has_encoder:
        if r is None or not np.isfinite(r):
            return Judgement("unknown")
        band = _band(r, standing)
        if band != "near":
            return Judgement("hole" if band == "far" else "edge", r, band)
        if likeness is None:
            return Judgement("unknown", r, band)
        if likeness.is_sharp:
            return Judgement("manifold", r, band)
    elif likeness is None:
        return Judgement("unknown")
    ratio = likeness.ratio
    if not np.isfinite(ratio):
        return Judgement("unknown")
    band = _band(ratio, standing)
    if band != "near":
        return Judgement("unlike" if band == "far" else "edge", ratio, band)
    if not likeness.is_clear:
        return Judgement("unclear", ratio, band)
    return Judgement("manifold", ratio if not has_encoder or r is None else r, band)


def _band(ratio: float, standing: Band | None) -> Band:
    if ratio <= NEAR + (SLACK if standing == "near" else 0.0):
        return "near"
    return "far" if ratio > FAR - (SLACK if standing == "far" else 0.0) else "edge"
