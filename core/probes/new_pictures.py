"""Samples of a model and the training image nearest to each, which shows what is new and what is copied."""

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
from core.probes.look import Answer, Context, Look, Making, check_count
from core.probes.samples import sample_z
from core.theory.latent_space import prior

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class NewPictures:
    """Samples of a model: ``images`` (N, H, W[, 3]) at ``z`` (N, D) and the ``nearest`` training images to them.

    ``index`` (N,) are the indices of those training images; ``ratio`` (N,) is the pixel distance divided by its 95th
    percentile among test images: near 0 is a copy, far above 1 resembles none. Blurred and empty pictures lie near many
    images and read low. ``test_ratios`` are the 1st percentile and the median of the ratios of test images. Until the
    search is done, ``nearest`` and ``index`` are empty and the ratios NaN.
    """

    images: Pixels
    z: Floats
    nearest: Pixels
    index: Counts
    ratio: Floats
    test_ratios: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class NewPicturesLook(Look[NewPictures]):
    """``count`` samples drawn with ``seed`` and, once the search is ready, the training image nearest to each."""

    sampler: str
    count: int
    seed: int

    name = "new pictures"
    interval_s = 2.0
    rest = 6.0
    first_rest = 2.0

    def __post_init__(self) -> None:
        check_count(self.count)

    @property
    def which(self) -> Hashable:
        """Pictures of different samplers are kept beside each other."""
        return self.sampler

    def fits(self, context: Context) -> bool:
        """Whether the model has an encoder, or the sampler needs no codes."""
        return context.snapshot.has_encoder or not sampler(self.sampler).needs_codes

    def awaits(self, reference: Reference) -> Work[float] | None:
        """The reach of an image, over which ratios are taken."""
        return reference.image_reach() if reference.known_image_reach is None else None

    def is_current(self, answer: Answer[NewPictures], context: Context) -> bool:
        """Whether they are of the newest weights, and searched where the search is ready."""
        is_searched = len(answer.value.index) > 0 or context.reference.known_image_reach is None
        return super().is_current(answer, context) and is_searched

    def is_first(self, have: Answer[NewPictures] | None) -> bool:
        """Pictures without their nearest images count as no answer yet."""
        return have is None or not len(have.value.index)

    def make(self, context: Context) -> Making[NewPictures]:
        """Yield the pictures before the slow search, unless searched ones of earlier weights are on the board."""
        snapshot, reference, codes = context.snapshot, context.reference, None
        if sampler(self.sampler).needs_codes:
            codes = (yield from context.made(TrainingCodesLook())).codes
        new, images = yield from draw_pictures(snapshot, context.sampling, codes, self.sampler, self.count, self.seed)
        have = context.looks.before(self)
        is_searched = have is not None and have.key == self.key and len(have.value.index) > 0
        if reference.known_image_reach is None:
            return new
        yield None if is_searched else new
        return (yield from find_nearest(new, images, reference))


def draw_pictures(
    snapshot: Snapshot,
    sampling: Sampling,
    codes: Floats | None,
    name: str,
    count: int,
    seed: int,
) -> Work[tuple[NewPictures, Floats]]:
    """Draw ``count`` samples, not searched yet; also returns them as images (N, C, H, W) in [0, 1].

    ``codes`` (M, D) of training images are needed by samplers that are fitted to codes.
    """
    noise = prior(count, snapshot.shape.latent, seed)
    z = yield from sample_z(snapshot, sampling, name, noise, seed, codes)
    images = snapshot.decode(z)
    yield
    pictures = display(images)
    unknown_ratio = np.full(count, np.nan, np.float32)
    no_index = np.zeros(0, np.int64)
    return NewPictures(pictures, z, pictures[:0], no_index, unknown_ratio), images


def find_nearest(new_pictures: NewPictures, images: Floats, reference: Reference) -> Work[NewPictures]:
    """A copy with the training image nearest to each of its pictures ``images`` (N, C, H, W)."""
    search = yield from reference.nearest()
    reach = yield from reference.image_reach()
    index, distance = np.zeros(len(images), np.int64), np.zeros(len(images), np.float32)
    for at, image in enumerate(images):
        match = search.find(image)
        index[at], distance[at] = match.index, match.distance
        yield
    nearest = as_floats(reference.dataset.train.pixels[np.maximum(index, 0)])
    ratio = distance / np.float32(max(reach, 1e-6))
    test_ratios = reference.known_image_ratios
    return dataclasses.replace(
        new_pictures, nearest=display(nearest), index=index, ratio=ratio, test_ratios=test_ratios
    )
