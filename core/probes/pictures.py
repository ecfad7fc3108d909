"""What the window shows of a snapshot: codes, tiles, samples, test images remade, the way between two of them.

Pure: a snapshot and numbers go in, pictures come out. The background thread calls it.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import evenly
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling, sampler
from core.foundation.arrays import Floats
from core.foundation.pixels import display
from core.foundation.slices import Work
from core.theory import latent_space
from core.theory.gaussians import kl_to_prior
from core.theory.latent_space import Plane
from core.training.snapshot import Snapshot

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot
from core.foundation.arrays import Pixels


@dataclass(frozen=True)
class LatentCodes:
    """Encoded test images at a step: ``codes`` (N, D) in shared units, ``labels`` (N,).

    ``rate_each`` (D,) is the mean rate per dimension in nats, where the model has a rate, over the ``rated`` images on
    which the lane's curves and the Compare view measure theirs, too. ``spread`` (E, D) is the σ of q(z|x) of the images
    ``spread_of`` (E,), some that lie evenly among them, where the encoder is stochastic. ``mean`` and ``std`` (D,) are
    the shared axes' zero and unit in the model's own numbers.
    """

    step: int
    codes: Floats
    labels: npt.NDArray[np.int64]
    rate_each: Floats | None
    spread_of: npt.NDArray[np.int64] | None = None
    spread: Floats | None = None
    rated: int = 0
    mean: Floats | None = None
    std: Floats | None = None

    @property
    def activations(self) -> Floats:
        """The codes (N, D) as the model's own numbers: what its penalties see."""
        return self.codes if self.mean is None or self.std is None else self.codes * self.std + self.mean


@dataclass(frozen=True)
class Tiles:
    """The decoded plane: ``images`` (rows, columns, H, W[, 3]) uint8.

    They cover ``span`` (left, right, bottom, top) of the plane with these ``axes`` (2, D); ``key`` names the request.
    """

    step: int
    key: Any
    images: Pixels
    span: tuple[float, float, float, float]
    axes: Floats


@dataclass(frozen=True)
class Pictures:
    """Decoded images (N, H, W[, 3]) uint8, for what ``key`` names; of points also their coordinates (N, 2).

    Samples also say which ``z`` (N, D) they are of, which ``sampler`` drew them, and at which step the codes were that
    it was ``fitted`` to (-1: to none). ``originals`` are what was encoded, where pictures are reconstructions.
    """

    step: int
    key: Any
    images: Pixels
    points: Floats | None = None
    z: Floats | None = None
    sampler: str = ""
    fitted: int = -1
    originals: Pixels | None = None
    original_points: Floats | None = None


@dataclass(frozen=True)
class Nearest:
    """The training image nearest to the decoded one that ``key`` names.

    ``ratio`` is its distance over the distance within which 95 % of test images have theirs (NaN before that is
    measured); ``pixels`` (C, H, W) and the name of its class come along, as the data may be others by now.
    """

    step: int
    key: Any
    index: int
    distance: float
    ratio: float
    pixels: Pixels
    label: str | None


ELLIPSES = 40
"""So many test images show how wide their posterior is."""
NARROWEST = 1e-15
"""A narrower q(z|x) is told as one so narrow: its rate is a number."""


def latent_codes(snapshot: Snapshot, reference: Reference) -> LatentCodes:
    """Where the codes of `Subsets.mapped` are; the snapshot must have an encoder."""
    subsets = reference.subsets
    codes = snapshot.encode(subsets.mapped)
    assert codes is not None
    rate, rated, spread_of, spread = None, 0, None, None
    if codes.sigma is not None:
        spread_of = evenly(len(codes.mu), ELLIPSES)
        spread = codes.sigma[spread_of]
        mu, sigma = (each[subsets.is_measured] for each in (codes.mu, codes.sigma))
        rate, rated = kl_to_prior(mu, np.maximum(sigma, NARROWEST)).mean(0).astype(np.float32), len(mu)
    mean, std = snapshot.scale or (None, None)
    return LatentCodes(snapshot.step, codes.mu, subsets.mapped_labels, rate, spread_of, spread, rated, mean, std)


def tiles(snapshot: Snapshot, key: Hashable, plane: Plane, through: Floats, points: Floats, columns: int) -> Tiles:
    """The decoded plane at ``points`` (N, 2), row by row from the top left; what lies off it is that of ``through``."""
    images = display(snapshot.decode(plane.at(points, through)))
    grid = images.reshape(-1, columns, *images.shape[1:])
    return Tiles(snapshot.step, key, grid, _span(points, columns), plane.axes)


def _span(points: Floats, columns: int) -> tuple[float, float, float, float]:
    """What a grid of tiles with these centres (N, 2) covers, row by row from the top left: left, right, bottom, top."""
    (left, top), (right, bottom) = points[0], points[-1]
    rows = len(points) // columns
    half_x = (right - left) / (columns - 1) / 2 if columns > 1 else (top - bottom) / max(1, rows - 1) / 2
    half_y = (top - bottom) / (rows - 1) / 2 if rows > 1 else half_x
    return float(left - half_x), float(right + half_x), float(bottom - half_y), float(top + half_y)


def samples(snapshot: Snapshot, key: object, name: str, z: Floats, fitted: int = -1) -> Pictures:
    """Pictures of z (N, D) in shared units, which the sampler of that name drew."""
    drawn = snapshot.decode(z)
    return Pictures(snapshot.step, key, display(drawn), _points(snapshot, drawn), z, name, fitted)


def sample_z(
    snapshot: Snapshot, drawing: Sampling, name: str, prior: Floats, seed: int, codes: Floats | None
) -> Work[Floats]:
    """The z (N, D) in shared units that a sampler gives in the place of ``prior`` (N, D), draws of N(0, I).

    ``codes`` (M, D) are those of training images; the samplers that need none take ``prior`` itself.
    """
    if name == "raw":
        return snapshot.shared(prior)
    if sampler(name).needs_codes:
        drawn = yield from drawing.draw(name, len(prior), prior.shape[1], seed, codes)
        return drawn
    return prior


def reconstructions(snapshot: Snapshot, reference: Reference) -> Pictures:
    """`Subsets.shown` as the decoder makes them from the means of their codes."""
    images = reference.subsets.shown
    codes = snapshot.encode(images)
    assert codes is not None
    made = snapshot.decode(codes.mu)
    originals = display(images)
    points = _points(snapshot, images)
    shown = _points(snapshot, made)
    return Pictures(snapshot.step, "shown", display(made), shown, codes.mu, originals=originals, original_points=points)


def between(
    snapshot: Snapshot, reference: Reference, key: object, pair: tuple[int, int], path: Floats, arc: bool
) -> Pictures:
    """The decoded way between the mean codes of two of `Subsets.shown`; without an encoder ``path`` (N, D) itself.

    As many pictures as ``path`` has points; ``arc`` goes around the origin.
    """
    codes = snapshot.encode(reference.subsets.shown[list(pair)])
    if codes is not None:
        way = latent_space.slerp if arc else latent_space.lerp
        path = way(codes.mu[0], codes.mu[1], np.linspace(0.0, 1.0, len(path), dtype=np.float32))
    made = snapshot.decode(path)
    return Pictures(snapshot.step, key, display(made), _points(snapshot, made), path)


def _points(snapshot: Snapshot, images: Floats) -> Floats | None:
    return images[:, :, 0, 0] if snapshot.shape.points else None
