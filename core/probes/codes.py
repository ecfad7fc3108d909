"""Where codes lie: those of test images, which the map shows, and those of training images, which tell holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.datasets.base import evenly
from core.evaluation.training_codes import TrainingCodes
from core.foundation.arrays import Counts, Floats
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look, Looks, whole
from core.theory.gaussians import kl_to_prior

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.training.snapshot import Snapshot

ELLIPSES = 40
"""Number of test images whose posterior ellipse is drawn."""
NARROWEST = 1e-15
"""Smallest σ of q(z|x) in a rate: a narrower one would have no finite rate."""
STALE = 0.2
"""Training codes from before this share of the steps say nothing about the holes of today."""


@dataclass(frozen=True, eq=False)
class LatentCodes:
    """Encoded test images: ``codes`` (N, D) in shared units, ``labels`` (N,).

    ``rate_each`` (D,) is the mean rate per dimension in nats, where the model has a rate, over the ``rated`` images on
    which the lane's curves and the Compare view measure theirs, too. ``spread`` (E, D) is the σ of q(z|x) of the images
    ``spread_of`` (E,), some that lie evenly among them, where the encoder is stochastic. ``mean`` and ``std`` (D,) are
    the shared axes' zero and unit in the model's own numbers.
    """

    codes: Floats
    labels: Counts
    rate_each: Floats | None
    spread_of: Counts | None = None
    spread: Floats | None = None
    rated: int = 0
    mean: Floats | None = None
    std: Floats | None = None

    @property
    def activations(self) -> Floats:
        """The codes (N, D) as the model's own numbers: what its penalties see."""
        return self.codes if self.mean is None or self.std is None else self.codes * self.std + self.mean


@dataclass(frozen=True, eq=False)
class LatentCodesLook(Look[LatentCodes]):
    """The codes of `Subsets.mapped`."""

    name = "latent codes"
    interval_s = 1.0
    needs_encoder = True

    def make(self, context: Context) -> Work[LatentCodes]:
        """Encode them."""
        return whole(latent_codes(context.snapshot, context.reference))


@dataclass(frozen=True, eq=False)
class TrainingCodesLook(Look[TrainingCodes]):
    """Codes of training images, how far they reach, and the share of the prior beyond that."""

    name = "training codes"
    interval_s = 4.0
    rest = 6.0  # the first answer comes within a second while lanes train
    needs_encoder = True

    def make(self, context: Context) -> Work[TrainingCodes]:
        """Encode them, or take those of this snapshot that another look made."""
        return context.codes.of(context.snapshot, context.reference)


def latent_codes(snapshot: Snapshot, reference: Reference) -> LatentCodes:
    """Where the codes of `Subsets.mapped` are; the snapshot must have an encoder."""
    codes = snapshot.encode(reference.subsets.mapped)
    assert codes is not None
    rate, rated, spread_of, spread = None, 0, None, None
    if codes.sigma is not None:
        spread_of = evenly(len(codes.mu), ELLIPSES)
        spread = codes.sigma[spread_of]
        mu, sigma = (each[reference.subsets.is_measured] for each in (codes.mu, codes.sigma))
        rate, rated = kl_to_prior(mu, np.maximum(sigma, NARROWEST)).mean(0).astype(np.float32), len(mu)
    mean, std = snapshot.scale or (None, None)
    return LatentCodes(codes.mu, reference.subsets.mapped_labels, rate, spread_of, spread, rated, mean, std)


def known_training_codes(looks: Looks, steps: int) -> Answer[TrainingCodes] | None:
    """The training codes of a run that has trained so many steps, unless they are `STALE`."""
    found = looks.of(TrainingCodesLook)
    return None if found is None or found.step < STALE * steps else found
