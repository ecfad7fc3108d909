"""What the Compare view shows of a snapshot: samples, the same test images remade, the way between two of them.

Pure: a snapshot and numbers go in, pictures come out. The background thread calls it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core import latent
from core.board import Pictures
from core.pixels import display
from core.reference import Reference
from core.samplers import Sampling, sampler
from core.snapshot import Snapshot

Floats = npt.NDArray[np.float32]


def samples(snapshot: Snapshot, key: object, name: str, z: Floats, fitted: int = -1) -> Pictures:
    """Pictures of z (N, D) in shared units, which the sampler of that name drew."""
    drawn = snapshot.decode(z)
    return Pictures(snapshot.step, key, display(drawn), _points(snapshot, drawn), z, name, fitted)


def sample_z(
    snapshot: Snapshot, drawing: Sampling, name: str, prior: Floats, seed: int, codes: Floats | None
) -> Floats:
    """The z (N, D) in shared units that a sampler gives in the place of ``prior`` (N, D), draws of N(0, I).

    ``codes`` (M, D) are those of training images; the samplers that need none take ``prior`` itself.
    """
    if name == "raw":
        return snapshot.shared(prior)
    if sampler(name).needs_codes:
        return drawing.draw(name, len(prior), prior.shape[1], seed, codes)
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
