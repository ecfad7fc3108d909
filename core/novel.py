"""Pictures that nobody has seen, and the training image nearest to each: what is new, and what is copied.

Pure: a snapshot and the data go in; slices (`core.work`) come out. `core.asking` puts it on the board.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import looks
from core.board import Manifold
from core.latent import prior
from core.pixels import as_floats, display
from core.reference import Reference
from core.samplers import Sampling
from core.snapshot import Snapshot
from core.work import Work

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Novel:
    """Samples of a model: ``images`` (N, H, W[, 3]) at ``z`` (N, D) and the ``nearest`` training images to them.

    ``index`` (N,) are the numbers of those among the training images, ``ratio`` (N,) their distance over pixels divided
    by that within which 95 % of test images have theirs: about 1 and below is like a real picture, near 0 a copy, far
    above 1 like none.
    """

    step: int
    key: Hashable
    sampler: str
    images: Pixels
    z: Floats
    nearest: Pixels
    index: npt.NDArray[np.int64]
    ratio: Floats


def novel(
    snapshot: Snapshot,
    reference: Reference,
    drawing: Sampling,
    manifold: Manifold | None,
    key: Hashable,
    sampler: str,
    count: int,
    seed: int,
) -> Work[Novel]:
    """``count`` samples by a sampler of `core.samplers`; those that are fitted to codes need the ``manifold``."""
    codes = None if manifold is None else manifold.codes
    drawn = prior(count, snapshot.shape.latent, seed)
    z = yield from looks.sample_z(snapshot, drawing, sampler, drawn, seed, codes)
    images = snapshot.decode(z)
    yield
    search = yield from reference.nearest()
    reach = yield from reference.image_reach()
    index, ratio = np.zeros(count, np.int64), np.zeros(count, np.float32)
    for at, image in enumerate(images):
        match = search.find(image)
        index[at], ratio[at] = match.index, match.distance / max(reach, 1e-6)
        yield
    nearest = as_floats(reference.dataset.train.pixels[np.maximum(index, 0)])
    return Novel(snapshot.step, key, sampler, display(images), z, display(nearest), index, ratio)
