"""What is measured: one snapshot, with what several measures share: its codes, terms and samples.

Everything is made when first asked for, in slices (`core.work`), by one thread. Nothing here can reach a trainer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import manifold, neighbours
from core.ground import Ground
from core.pixels import as_floats
from core.samplers import drawing
from core.snapshot import Snapshot
from core.work import Work, once

if TYPE_CHECKING:
    from core.datasets.base import Dataset

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

DRAWS = 2_500
"""Samples that are compared with as many test images."""
LIVE_IMAGES = 1_000
SLICE = 128
"""Images per slice of work."""
SAMPLE_SEED = 40


class Subject:
    """``images`` test images give distortion and rate; ``sampler`` says where the z of the samples come from."""

    def __init__(self, snapshot: Snapshot, ground: Ground, sampler: str = "prior", images: int = LIVE_IMAGES) -> None:
        self.snapshot = snapshot
        self.ground = ground
        self.sampler = sampler
        self.images = min(images, len(ground.dataset.test))

    @property
    def dataset(self) -> Dataset:
        """The data it was trained on."""
        return self.ground.dataset

    def decode(self, z: Floats) -> Work[Floats]:
        """Images (N, C, H, W) of z (N, D) in shared units."""
        parts = []
        for at in range(0, len(z), SLICE):
            parts.append(self.snapshot.decode(z[at : at + SLICE]))
            yield
        return np.concatenate(parts)

    def encode(self, x: npt.NDArray[Any], seed: int) -> Work[tuple[Floats, Floats]]:
        """Means (N, D) of the codes of images (N, C, H, W), and draws of q(z|x); the same where there is no spread.

        Images in [0, 1], or as bytes.
        """
        means, drawn = [], []
        for at in range(0, len(x), SLICE):
            codes = self.snapshot.encode(as_floats(x[at : at + SLICE]))
            if codes is None:
                raise ValueError("no encoder")
            means.append(codes.mu)
            drawn.append(manifold.draws(codes.mu, codes.sigma, seed + at))
            yield
        return np.concatenate(means), np.concatenate(drawn)

    @once
    def terms(self) -> Work[dict[str, Floats]]:
        """Per-image terms of ``images`` held-out images, as `Model.measure` gives them: "distortion" (N,), ..."""
        parts: dict[str, list[Floats]] = {}
        x = self.ground.test_images(self.images)
        for number, at in enumerate(range(0, len(x), SLICE)):
            for name, values in self.snapshot.measure(x[at : at + SLICE], seed=number).items():
                parts.setdefault(name, []).append(values)
            yield
        return {name: np.concatenate(values) for name, values in parts.items()}

    @once
    def test_codes(self) -> Work[tuple[Floats, Floats]]:
        """Means and draws (N, D) of the codes of `Ground.test`, in shared units. ValueError without an encoder."""
        found = yield from self.encode(self.ground.test, 1_000_000)
        return found

    @once
    def train_codes(self) -> Work[tuple[Floats, Floats]]:
        """Means and draws (M, D) of the codes of `Ground.coded`, training images. ValueError without an encoder."""
        found = yield from self.encode(self.ground.coded, 2_000_000)
        return found

    @once
    def reconstructions(self) -> Work[Floats]:
        """Images (N, C, H, W) of the mean codes of `Ground.test`."""
        means, _ = yield from self.test_codes()
        images = yield from self.decode(means)
        return images

    @once
    def z(self) -> Work[Floats]:
        """The z (DRAWS, D) of the samples, in shared units."""
        codes = None
        if self.snapshot.has_encoder and self.sampler not in ("prior", "raw"):
            _, codes = yield from self.train_codes()
        z = yield from drawing(self.sampler, DRAWS, self.snapshot.shape.latent, SAMPLE_SEED, codes)
        return self.snapshot.shared(z) if self.sampler == "raw" else z

    @once
    def samples(self) -> Work[Floats]:
        """Samples (DRAWS, C, H, W)."""
        z = yield from self.z()
        images = yield from self.decode(z)
        return images

    @once
    def sample_features(self) -> Work[tuple[Floats, Floats]]:
        """Features (DRAWS, F) of the samples, and log p(class) (DRAWS, K) by the classifier of the data."""
        images = yield from self.samples()
        found = yield from self.ground.look(images)
        return found

    @once
    def sample_neighbours(self) -> Work[neighbours.Prdc]:
        """How the samples lie among the test images, in features."""
        real, _ = yield from self.ground.test_features()
        fake, _ = yield from self.sample_features()
        found = yield from neighbours.compare(real, fake)
        return found

    @once
    def sample_gaps(self) -> Work[Floats]:
        """The distance (DRAWS,) in features of every sample to its nearest training image."""
        fake, _ = yield from self.sample_features()
        train = yield from self.ground.train_features()
        found = yield from neighbours.nearest(fake, train)
        return found

    @once
    def sample_counts(self) -> Work[tuple[tuple[int, ...], Counts]]:
        """The classes of the data, and how many of the samples (K,) the classifier puts into each.

        An image that is not a number belongs to none.
        """
        eye = yield from self.ground.eye()
        _, log_p = yield from self.sample_features()
        sane = log_p[np.isfinite(log_p).all(1)]
        return eye.classes, np.bincount(sane.argmax(1), minlength=len(eye.classes))
