"""The model's side of every measure: a snapshot's codes, terms and samples.

Each is computed when first needed, in slices (`core.foundation.slices`), by one thread. Nothing here reaches a trainer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.evaluation import held_out, training_codes
from core.evaluation.real_side import RealSide
from core.evaluation.samplers import drawing
from core.evaluation.subsets import MEASURED, fitting
from core.foundation.arrays import Counts, Floats
from core.foundation.finite import NoneFinite, finite_rows
from core.foundation.slices import Work, once
from core.theory import neighbours, prdc
from core.theory.neighbours import PointSet
from core.training.snapshot import Snapshot

if TYPE_CHECKING:
    from core.datasets.base import Dataset


DRAWS = 2_500
"""Samples, compared with as many test images."""
SLICE = 128
"""Images in one slice of work."""
SAMPLE_SEED = 40
ORDER_SEED = 44
LEAST_IMAGES = 3
"""Fewest images of a measure that takes one at a time, whatever it may cost."""


class ModelSide:
    """A snapshot to measure: distortion and rate on ``images`` test images, samples with z from ``sampler``.

    ``budget_s`` is the processor time after which a measure that takes one image at a time makes do with those it has
    (`affordable`); ``was_cut`` says that one did. ``spent_s`` is what the current measure has taken so far.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        real_side: RealSide,
        sampler: str = "prior",
        images: int = MEASURED,
        budget_s: float = math.inf,
    ) -> None:
        self.snapshot = snapshot
        self.real_side = real_side
        self.sampler = sampler
        self.images = min(images, len(real_side.dataset.test))
        self.budget_s = budget_s
        self.spent_s = 0.0
        self.was_cut = False

    @property
    def dataset(self) -> Dataset:
        """The data that the model was trained on."""
        return self.real_side.dataset

    def affordable(self, count: int) -> Iterator[int]:
        """The indices of ``count`` images, one at a time while ``budget_s`` lasts, `LEAST_IMAGES` at least.

        In a random order, always the same, so that the first few stand for all, even where images are sorted by class.
        """
        for taken, index in enumerate(np.random.default_rng(ORDER_SEED).permutation(count).tolist()):
            if taken >= LEAST_IMAGES and self.spent_s >= self.budget_s:
                self.was_cut = True
                return
            yield index

    def decode(self, z: Floats) -> Work[Floats]:
        """Images (N, C, H, W) of z (N, D) in shared units."""
        parts = []
        for at in range(0, len(z), SLICE):
            parts.append(self.snapshot.decode(z[at : at + SLICE]))
            yield
        return np.concatenate(parts)

    def encode(self, x: npt.NDArray[Any], seed: int) -> Work[tuple[Floats, Floats]]:
        """Means (N, D) of the codes of images (N, C, H, W) in [0, 1] or as bytes, and draws of q(z|x).

        Without a spread the draws are the means. ValueError without an encoder.
        """
        means_and_draws = yield from training_codes.encoded(self.snapshot, x, seed)
        return means_and_draws

    @once
    def terms(self) -> Work[dict[str, Floats]]:
        """The terms of ``images`` held-out images by name: "distortion" (N,), ..., see `core.evaluation.held_out`."""
        found = yield from held_out.terms(self.snapshot, self.real_side.subsets.test_pixels(self.images))
        return found

    @once
    def test_codes(self) -> Work[tuple[Floats, Floats]]:
        """Means and draws (N, D) of the codes of `Subsets.compared`, in shared units. ValueError without an encoder."""
        means_and_draws = yield from self.encode(self.real_side.subsets.compared, training_codes.TEST_SEED)
        return means_and_draws

    @once
    def train_codes(self) -> Work[tuple[Floats, Floats]]:
        """Means and draws (M, D) of the codes of `Subsets.coded`, training images. ValueError without an encoder."""
        means_and_draws = yield from self.encode(self.real_side.subsets.coded, training_codes.TRAIN_SEED)
        return means_and_draws

    @once
    def reconstructions(self) -> Work[Floats]:
        """Images (N, C, H, W) of the mean codes of `Subsets.compared`."""
        means, _ = yield from self.test_codes()
        images = yield from self.decode(means)
        return images

    @once
    def z(self) -> Work[Floats]:
        """The z (draws, D) of the samples, in shared units."""
        codes = None
        if self.snapshot.has_encoder and self.sampler not in ("prior", "raw"):
            _, codes = yield from self.train_codes()
        z = yield from drawing(self.sampler, self.draws, self.snapshot.shape.latent, SAMPLE_SEED, codes)
        return self.snapshot.shared(z) if self.sampler == "raw" else z

    def samples(self) -> Work[Floats]:
        """The finite samples (N, C, H, W), of `draws`; `NoneFinite` where there are none."""
        images = yield from self._finite_samples()
        if not len(images):
            raise NoneFinite(self.draws)
        return images

    @once
    def _finite_samples(self) -> Work[Floats]:
        z = yield from self.z()
        images = yield from self.decode(z)
        return images[finite_rows(images)]

    @once
    def sample_features(self) -> Work[tuple[Floats, Floats]]:
        """Features (N, F) of the `samples`, and log p(class) (N, K) by the classifier of the data."""
        images = yield from self.samples()
        features = yield from self.real_side.classify(images)
        return features

    @property
    def draws(self) -> int:
        """Samples drawn, finite or not."""
        return fitting(DRAWS, self.dataset.shape)

    @once
    def sample_neighbours(self) -> Work[prdc.Prdc]:
        """Precision, recall, density and coverage of the samples among the test images, in features."""
        real, _ = yield from self.real_side.test_features()
        fake, _ = yield from self.sample_features()
        compared = yield from prdc.compare(real, fake)
        return compared

    @once
    def neighbour_deviations(self) -> Work[prdc.Deviations]:
        """The standard deviations of `sample_neighbours` over fresh samples and test images."""
        real, _ = yield from self.real_side.test_features()
        fake, _ = yield from self.sample_features()
        compared = yield from self.sample_neighbours()
        spread = yield from prdc.deviations(compared, real, fake)
        return spread

    @once
    def sample_gaps(self) -> Work[Floats]:
        """The distance (N,) in features of every sample to its nearest training image."""
        fake, _ = yield from self.sample_features()
        train = yield from self.real_side.train_features()
        _, distances = yield from neighbours.nearest(fake, PointSet(train))
        return distances

    @once
    def sample_counts(self) -> Work[tuple[tuple[int, ...], Counts]]:
        """The classes of the data, and how many of the samples the classifier puts into each (K,)."""
        classifier = yield from self.real_side.classifier()
        _, log_p = yield from self.sample_features()
        return classifier.classes, np.bincount(log_p.argmax(1), minlength=len(classifier.classes))
