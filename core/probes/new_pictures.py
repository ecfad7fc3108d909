"""Pictures that nobody has seen, and the training image nearest to each: what is new, and what is copied.

Pure: a snapshot and the data go in; slices (`core.foundation.slices`) come out. `core.engine.look_requests` puts it on
the board.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling
from core.evaluation.training_codes import TrainingCodes
from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import as_floats, display
from core.foundation.slices import Work
from core.probes import pictures
from core.theory.latent_space import prior
from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class NewPictures:
    """Samples of a model: ``images`` (N, H, W[, 3]) at ``z`` (N, D) and the ``nearest`` training images to them.

    ``index`` (N,) are the numbers of those among the training images, ``ratio`` (N,) their distance over pixels divided
    by that within which 95 % of test images have theirs: near 0 is a copy, far above 1 is like none. Blurred and empty
    pictures lie near to many and read low. ``usual`` are the 1st percentile and the median of real test images' ratios.
    Before they are found, ``nearest`` and ``index`` are empty and the ratios NaN.
    """

    step: int
    key: Hashable
    sampler: str
    images: Pixels
    z: Floats
    nearest: Pixels
    index: npt.NDArray[np.int64]
    ratio: Floats
    usual: tuple[float, float] = (math.nan, math.nan)


def drawn(
    snapshot: Snapshot,
    drawing: Sampling,
    training_codes: TrainingCodes | None,
    key: Hashable,
    sampler: str,
    count: int,
    seed: int,
) -> Work[tuple[NewPictures, Floats]]:
    """``count`` samples by a sampler of `core.evaluation.samplers`, with nothing found yet, and as images (N, C, H, W)
    in [0, 1].

    Samplers that are fitted to codes need the ``training_codes``.
    """
    codes = None if training_codes is None else training_codes.codes
    noise = prior(count, snapshot.shape.latent, seed)
    z = yield from pictures.sample_z(snapshot, drawing, sampler, noise, seed, codes)
    images = snapshot.decode(z)
    yield
    shown = display(images)
    unknown = np.full(count, np.nan, np.float32)
    none = np.zeros(0, np.int64)
    return NewPictures(snapshot.step, key, sampler, shown, z, shown[:0], none, unknown), images


def matched(new_pictures: NewPictures, images: Floats, reference: Reference) -> Work[NewPictures]:
    """With the nearest training images to its pictures (N, C, H, W)."""
    search = yield from reference.nearest()
    reach = yield from reference.image_reach()
    index, distance = np.zeros(len(images), np.int64), np.zeros(len(images), np.float32)
    for at, image in enumerate(images):
        match = search.find(image)
        index[at], distance[at] = match.index, match.distance
        yield
    nearest = as_floats(reference.dataset.train.pixels[np.maximum(index, 0)])
    ratio = distance / np.float32(max(reach, 1e-6))
    usual = reference.known_image_ratios
    return dataclasses.replace(new_pictures, nearest=display(nearest), index=index, ratio=ratio, usual=usual)
