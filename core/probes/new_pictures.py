"""Pictures that nobody has seen, and the training image nearest to each: what is new, and what is copied."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.samplers import Sampling, sampler
from core.foundation.arrays import Counts, Floats, Pixels
from core.foundation.pixels import as_floats, display
from core.foundation.slices import Work
from core.probes.codes import TrainingCodesLook
from core.probes.look import Answer, Context, Look, Making
from core.probes.samples import sample_z
from core.theory.latent_space import prior

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class NewPictures:
    """Samples of a model: ``images`` (N, H, W[, 3]) at ``z`` (N, D) and the ``nearest`` training images to them.

    ``index`` (N,) are the numbers of those among the training images, ``ratio`` (N,) their distance over pixels divided
    by that within which 95 % of test images have theirs: near 0 is a copy, far above 1 is like none. Blurred and empty
    pictures lie near to many and read low. ``usual`` are the 1st percentile and the median of real test images' ratios.
    Before they are found, ``nearest`` and ``index`` are empty and the ratios NaN.
    """

    images: Pixels
    z: Floats
    nearest: Pixels
    index: Counts
    ratio: Floats
    usual: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class NewPicturesLook(Look[NewPictures]):
    """``count`` samples of a sampler by ``seed`` and, once they can be searched, the training image nearest to each."""

    sampler: str
    count: int
    seed: int

    name = "new pictures"
    interval_s = 2.0
    rest = 6.0
    first_rest = 2.0
    awaits_image_reach = True

    @property
    def which(self) -> Hashable:
        """Those of each sampler stand beside the others."""
        return self.sampler

    def fits(self, context: Context) -> bool:
        """Samplers that are fitted to codes need an encoder."""
        return context.snapshot.has_encoder or not sampler(self.sampler).needs_codes

    def is_current(self, answer: Answer[NewPictures], context: Context) -> bool:
        """They are made again once the training images can be searched."""
        is_searched = len(answer.value.index) > 0 or context.reference.known_image_reach is None
        return super().is_current(answer, context) and is_searched

    def is_first(self, have: Answer[NewPictures] | None) -> bool:
        """Without their nearest they are half an answer."""
        return have is None or not len(have.value.index)

    def make(self, context: Context) -> Making[NewPictures]:
        """Pictures come first, as the search takes a while; those of weights before stay until it is done."""
        snapshot, reference, codes = context.snapshot, context.reference, None
        if sampler(self.sampler).needs_codes:
            codes = (yield from context.made(TrainingCodesLook())).codes
        new, images = yield from drawn(snapshot, context.sampling, codes, self.sampler, self.count, self.seed)
        have = context.looks.before(self)
        is_searched = have is not None and have.key == self.key and len(have.value.index) > 0
        if reference.known_image_reach is None:
            return new
        yield None if is_searched else new
        return (yield from matched(new, images, reference))


def drawn(
    snapshot: Snapshot,
    sampling: Sampling,
    codes: Floats | None,
    name: str,
    count: int,
    seed: int,
) -> Work[tuple[NewPictures, Floats]]:
    """``count`` samples by a sampler of `core.evaluation.samplers`, with nothing found yet, and as images (N, C, H, W)
    in [0, 1].

    Samplers that are fitted to codes need those of training images, (M, D).
    """
    noise = prior(count, snapshot.shape.latent, seed)
    z = yield from sample_z(snapshot, sampling, name, noise, seed, codes)
    images = snapshot.decode(z)
    yield
    shown = display(images)
    unknown = np.full(count, np.nan, np.float32)
    none = np.zeros(0, np.int64)
    return NewPictures(shown, z, shown[:0], none, unknown), images


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
