"""What the window shows of a snapshot: codes, tiles, samples, test images remade, the way between two of them.

Pure: a snapshot and numbers go in, pictures come out. The background thread calls it.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from core import latent
from core.board import Cloud, Pictures, Tiles
from core.datasets.base import evenly
from core.gaussians import kl_to_prior
from core.latent import Plane
from core.pixels import display
from core.reference import Reference
from core.samplers import Sampling, sampler
from core.snapshot import Snapshot
from core.work import Work

Floats = npt.NDArray[np.float32]

ELLIPSES = 40
"""So many test images show how wide their posterior is."""
NARROWEST = 1e-15
"""A narrower q(z|x) is told as one so narrow: its rate is a number."""


def cloud(snapshot: Snapshot, reference: Reference) -> Cloud:
    """Where the codes of `Reference.test` are; the snapshot must have an encoder."""
    codes = snapshot.encode(reference.test)
    assert codes is not None
    rate, rated, spread_of, spread = None, 0, None, None
    if codes.sigma is not None:
        spread_of = evenly(len(codes.mu), ELLIPSES)
        spread = codes.sigma[spread_of]
        mu, sigma = (each[reference.is_measured] for each in (codes.mu, codes.sigma))
        rate, rated = kl_to_prior(mu, np.maximum(sigma, NARROWEST)).mean(0).astype(np.float32), len(mu)
    mean, std = snapshot.scale or (None, None)
    return Cloud(snapshot.step, codes.mu, reference.labels, rate, spread_of, spread, rated, mean, std)


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
    """`Reference.shown` as the decoder makes them from the means of their codes."""
    codes = snapshot.encode(reference.shown)
    assert codes is not None
    made = snapshot.decode(codes.mu)
    originals = display(reference.shown)
    points = _points(snapshot, reference.shown)
    shown = _points(snapshot, made)
    return Pictures(snapshot.step, "shown", display(made), shown, codes.mu, originals=originals, original_points=points)


def between(
    snapshot: Snapshot, reference: Reference, key: object, pair: tuple[int, int], path: Floats, arc: bool
) -> Pictures:
    """The decoded way between the mean codes of two of `Reference.shown`; without an encoder ``path`` (N, D) itself.

    As many pictures as ``path`` has points; ``arc`` goes around the origin.
    """
    codes = snapshot.encode(reference.shown[list(pair)])
    if codes is not None:
        way = latent.arc if arc else latent.straight
        path = way(codes.mu[0], codes.mu[1], np.linspace(0.0, 1.0, len(path), dtype=np.float32))
    made = snapshot.decode(path)
    return Pictures(snapshot.step, key, display(made), _points(snapshot, made), path)


def _points(snapshot: Snapshot, images: Floats) -> Floats | None:
    return images[:, :, 0, 0] if snapshot.shape.points else None
