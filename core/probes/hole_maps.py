"""Hole maps of a plane of the latent space, and interpolations that may cross its holes.

Four maps of one grid over the plane through a point, each with its own measure of whether data are near:

* *distance*: pixel distance from the decoded picture to the nearest training image, divided by the 95th percentile of
  that distance among test images. Above 1 the picture is farther from the data than real pictures are. (With two
  latent dimensions on MNIST it hardly ever is, in a hole or not: blurred pictures are near to many.)
* *cycle*: ``|enc(dec(z)) - z|`` in shared units (σ): how far the encoder puts the decoded picture from its z.
* *density*: log₁₀ of training codes per unit of volume, scaled to a thousand codes, by k-nearest neighbours, k = 10
  (Loftsgaarden & Quesenberry 1965).
* *stretch*: the largest singular value of the decoder's Jacobian along the plane, by central differences of the decoded
  grid: pixel values (Euclidean norm over the picture) per σ. A tear between two kinds of picture is a ridge.

Pure functions that work in slices (`core.foundation.slices`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from core.datasets.base import evenly
from core.evaluation.training_codes import NEIGHBOUR, TrainingCodes, hole_ratios
from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import as_floats, display
from core.foundation.slices import Work, finish
from core.probes.codes import TrainingCodesLook
from core.probes.look import Context, Look
from core.theory import latent_space, neighbours
from core.theory.latent_space import Plane

if TYPE_CHECKING:
    from core.evaluation.real_side import RealSide
    from core.training.snapshot import Snapshot

Kind = Literal["distance", "cycle", "density", "stretch"]

KINDS: tuple[Kind, ...] = ("distance", "cycle", "density", "stretch")
REACH = 3.0
"""Half-width of the maps, σ."""
CELLS = 41
"""Number of cells along each side: odd, so that one cell is centred on the origin."""
DOTS = 2_000
"""Largest number of training codes drawn on the map."""
FRAMES = 11
"""Number of pictures of a walk."""
POINTS = 101
"""Number of points of a walk's curve; every tenth has a picture."""
_BAND_FLOATS = 1 << 21
"""Number of pixels decoded in one slice: 8 MB."""


@dataclass(frozen=True)
class HoleMap:
    """One kind of map of one plane: ``values`` (CELLS, CELLS), the first row at the top, NaN where undefined.

    ``ratio`` (CELLS, CELLS) is r(z) (see `core.evaluation.training_codes`), above 1 in a hole; None without an encoder.
    ``number`` summarises the map, weighted by the prior on the plane: for *density* the share in holes (r(z) > 1), else
    the mean. ``codes`` (M, 2) is a subset of the training codes, projected on the plane.
    """

    kind: Kind
    values: Floats
    ratio: Floats | None
    number: float
    codes: Floats

    @property
    def hole(self) -> npt.NDArray[np.bool_] | None:
        """Mask (CELLS, CELLS) of the cells in a hole; None without an encoder."""
        return None if self.ratio is None else self.ratio > 1


@dataclass(frozen=True)
class Way:
    """One interpolation: ``images`` (FRAMES, H, W[, 3]) at every tenth of ``z`` (POINTS, D), and r(z) (POINTS,)."""

    images: Pixels
    z: Floats
    ratio: Floats

    @property
    def frames(self) -> Floats:
        """The z (FRAMES, D) of the pictures."""
        return self.z[:: (POINTS - 1) // (FRAMES - 1)]

    @property
    def crossed(self) -> float:
        """Share of the points that lie in a hole."""
        return float((self.ratio > 1).mean())


@dataclass(frozen=True)
class LatentWalk:
    """Linear and spherical interpolation between the codes of the same two images."""

    straight: Way
    arc: Way


@dataclass(frozen=True, eq=False)
class HoleMapLook(Look[HoleMap]):
    """One kind of map of the plane through z (D,); the newest of each kind is kept."""

    kind: Kind
    plane: Plane
    z: Floats

    name = "hole map"
    interval_s = 2.0
    rest = 8.0
    first_rest = 2.0

    @functools.cached_property
    def key(self) -> Hashable:
        """Points on the same plane share a map."""
        return self.kind, self.plane.key_through(self.z)

    @property
    def which(self) -> Hashable:
        """Maps of different kinds are kept beside each other."""
        return self.kind

    @property
    def job(self) -> Hashable:
        """Only the kind requested last is computed."""
        return None

    def fits(self, context: Context) -> bool:
        """Whether the latent size matches; *cycle* and *density* need an encoder too."""
        snapshot = context.snapshot
        return snapshot.shape.latent == len(self.z) and (snapshot.has_encoder or self.kind not in ("cycle", "density"))

    def make(self, context: Context) -> Work[HoleMap]:
        """Decode and measure the grid band by band."""
        snapshot, codes = context.snapshot, None
        if snapshot.has_encoder:
            codes = yield from context.made(TrainingCodesLook())
        return (yield from hole_map(snapshot, context.reference.real_side, codes, self.kind, self.plane, self.z))


@dataclass(frozen=True, eq=False)
class WalkLook(Look[LatentWalk]):
    """The walk between the mean codes of two test images, given by their indices."""

    pair: tuple[int, int]

    name = "walk"
    interval_s = 2.0
    rest = 6.0
    needs_encoder = True

    def make(self, context: Context) -> Work[LatentWalk]:
        """Interpolate linearly, then spherically."""
        codes = yield from context.made(TrainingCodesLook())
        images = as_floats(context.reference.dataset.test.pixels[list(self.pair)])
        return (yield from walk(context.snapshot, codes, images))


def grid(reach: float = REACH, cells: int = CELLS, margin: int = 0) -> Floats:
    """Centres (rows, columns, 2) of the cells, the top row first, with ``margin`` more cells on every side."""
    pitch = 2 * reach / cells
    centres = (np.arange(-margin, cells + margin) + 0.5) * pitch - reach
    x, y = np.meshgrid(centres, centres[::-1])
    return np.stack([x, y], -1).astype(np.float32)


def prior_weights(points: Floats) -> npt.NDArray[np.float64]:
    """Share of N(0, I) on the plane in each cell (rows, columns) of a grid (rows, columns, 2); they sum to 1."""
    weights = np.exp(-0.5 * np.square(points.astype(np.float64)).sum(-1))
    return np.asarray(weights / weights.sum(), np.float64)


def weight_of(weights: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_]) -> float:
    """The share of the weights (rows, columns) that the chosen cells have: of all exactly 1."""
    return math.fsum(weights[chosen]) / math.fsum(weights.flat)


def stretch(images: Floats, pitch: float) -> Floats:
    """The largest singular value (R, C) of the Jacobian inside a grid of images (R + 2, C + 2, P), ``pitch`` σ apart.

    Central differences along the two axes give its two columns; the larger eigenvalue of the 2 × 2 JᵀJ is closed-form.
    """
    across = (images[1:-1, 2:] - images[1:-1, :-2]) / (2 * pitch)  # (R, C, P)
    down = (images[:-2, 1:-1] - images[2:, 1:-1]) / (2 * pitch)
    a, b = np.square(across).sum(-1), np.square(down).sum(-1)
    product = (across * down).sum(-1)
    largest = 0.5 * (a + b) + np.sqrt(np.square(0.5 * (a - b)) + np.square(product))
    return np.asarray(np.sqrt(largest), np.float32)


def density(near: Floats, count: int, dims: int) -> Floats:
    """log₁₀ of codes per unit of volume (N,), scaled to a thousand codes.

    ``near`` (N,) is the distance to the 10th nearest of ``count`` codes (the farthest where there are fewer).
    """
    rank, radius = min(NEIGHBOUR, count), np.maximum(near, 1e-6).astype(np.float64)
    log_ball = 0.5 * dims * math.log(math.pi) - math.lgamma(0.5 * dims + 1)  # ln of the unit ball's volume
    log_density = math.log(1000 * rank / count) - log_ball - dims * np.log(radius)
    return np.asarray(log_density / math.log(10), np.float32)


def hole_map(
    snapshot: Snapshot,
    real_side: RealSide,
    training_codes: TrainingCodes | None,
    kind: Kind,
    plane: Plane,
    z: Floats,
) -> Work[HoleMap]:
    """One map of the plane through a point z (D,). ``training_codes`` is None without an encoder.

    ValueError for *cycle* and *density* without an encoder.
    """
    if training_codes is None and kind in ("cycle", "density"):
        raise ValueError("no encoder")
    points = grid()
    cells = plane.at(points.reshape(-1, 2), z)  # (CELLS², D)
    ratio = None
    if training_codes is not None:
        ratio = (yield from hole_ratios(cells, training_codes)).reshape(CELLS, CELLS)
    if kind == "density":
        assert training_codes is not None
        assert ratio is not None
        values = density(ratio * training_codes.reach, len(training_codes.codes), cells.shape[1]).reshape(CELLS, CELLS)
    else:
        values = yield from _by_band(snapshot, real_side, kind, plane, z)
    weights, finite = prior_weights(points), np.isfinite(values)
    if kind == "density":
        assert ratio is not None
        number = weight_of(weights, ratio > 1)
    else:
        number = float((values[finite] * weights[finite]).sum() / weights[finite].sum()) if finite.any() else math.nan
    shown = np.zeros((0, 2), np.float32)
    if training_codes is not None:
        shown = plane.of(training_codes.codes[evenly(len(training_codes.codes), DOTS)])
    return HoleMap(kind, values, ratio, number, shown)


def _by_band(snapshot: Snapshot, real_side: RealSide, kind: Kind, plane: Plane, z: Floats) -> Work[Floats]:
    """Maps of decoded pictures, a band of rows at a time: a whole grid of large images takes a hundred megabytes."""
    shape = snapshot.shape.image
    margin = 1 if kind == "stretch" else 0
    points = grid(margin=margin)
    columns = points.shape[1]
    rows = max(1, _BAND_FLOATS // (columns * math.prod(shape)))
    scale = 1.0
    if kind == "distance":
        distances = yield from real_side.test_distances()
        scale = neighbours.reach(distances)
    parts = []
    for top in range(0, CELLS, rows):
        band = points[top : min(top + rows, CELLS) + 2 * margin]
        band_z = plane.at(band.reshape(-1, 2), z)
        images = snapshot.decode(band_z)
        yield
        if kind == "stretch":
            values = stretch(images.reshape(len(band), columns, -1), 2 * REACH / CELLS)
        elif kind == "cycle":
            codes = snapshot.encode(images)
            assert codes is not None
            values = np.linalg.norm(codes.mu - band_z, axis=1).astype(np.float32)
        else:
            values = (yield from real_side.distances(images)) / np.float32(scale)
        parts.append(values.reshape(-1, CELLS))
        yield
    return np.concatenate(parts).astype(np.float32)


def walk(snapshot: Snapshot, training_codes: TrainingCodes, images: Floats) -> Work[LatentWalk]:
    """Linear and spherical interpolation between the mean codes of two ``images`` (2, C, H, W)."""
    ends = snapshot.encode(images)
    assert ends is not None
    t = np.linspace(0.0, 1.0, POINTS, dtype=np.float32)
    ways = []
    for interpolate in (latent_space.lerp, latent_space.slerp):
        z = interpolate(ends.mu[0], ends.mu[1], t)
        r = yield from hole_ratios(z, training_codes)
        pictures = display(snapshot.decode(z[:: (POINTS - 1) // (FRAMES - 1)]))
        ways.append(Way(pictures, z, r))
        yield
    return LatentWalk(*ways)


def deepest(codes: Floats, pairs: npt.NDArray[np.int64], training_codes: TrainingCodes, points: int = 15) -> int:
    """Index of the pair among (K, 2) pairs of codes (N, D) whose linear interpolation crosses the deepest hole.

    The depth is the mean of max(0, r(z) - 1).
    """
    t = np.linspace(0.0, 1.0, points, dtype=np.float32)
    ways = np.concatenate([latent_space.lerp(codes[a], codes[b], t) for a, b in pairs.tolist()])
    r = finish(hole_ratios(ways, training_codes)).reshape(len(pairs), points)
    depth = np.where(np.isfinite(r), np.maximum(r - 1, 0), 0).mean(1)
    return int(depth.argmax())
