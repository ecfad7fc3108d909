"""Latent codes of test images, which the map shows, and of training images, which define the holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.datasets.base import evenly
from core.evaluation import held_out
from core.evaluation.training_codes import TrainingCodes
from core.foundation.arrays import Counts, Doubles, Floats
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look, Looks

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.training.snapshot import Snapshot

ELLIPSES = 40
"""Number of test images whose posterior ellipse is drawn."""
SILENT_NATS = 0.01
"""A dimension with less rate is silent: a hundredth of a nat, as Burda et al. 2016 take a hundredth of the prior's
variance for active units."""
STALE_SHARE = 0.2
"""Training codes are stale where they were encoded before this share of the run's steps."""


@dataclass(frozen=True, eq=False)
class LatentCodes:
    """Encoded test images: ``codes`` (N, D) in shared units, ``labels`` (N,).

    ``rate_per_dimension`` (D,) is the mean rate in nats, where the model has a rate, over the ``rated`` images that the
    lane's curves and the Compare view use too; None where none is finite. ``spread`` (E, D) is the σ of q(z|x) of the
    images with the indices ``spread_of`` (E,), evenly spaced among the codes, where the encoder is stochastic. ``mean``
    and ``std`` (D,) are the origin and the unit of the shared axes in the model's own coordinates.
    """

    codes: Floats
    labels: Counts
    rate_per_dimension: Doubles | None
    spread_of: Counts | None = None
    spread: Floats | None = None
    rated: int = 0
    mean: Floats | None = None
    std: Floats | None = None

    @property
    def activations(self) -> Floats:
        """The codes (N, D) in the model's own coordinates, as its penalties see them."""
        return self.codes if self.mean is None or self.std is None else self.codes * self.std + self.mean


@dataclass(frozen=True, eq=False)
class LatentCodesLook(Look[LatentCodes]):
    """The codes of `Subsets.mapped`."""

    name = "latent codes"
    interval_s = 1.0
    needs_encoder = True

    def make(self, context: Context) -> Work[LatentCodes]:
        """Encode the mapped test images."""
        return latent_codes(context.snapshot, context.reference)


@dataclass(frozen=True, eq=False)
class TrainingCodesLook(Look[TrainingCodes]):
    """Codes of training images, the radius around them that counts as covered, and the share of the prior outside."""

    name = "training codes"
    interval_s = 5.0  # 80 ms of a core
    first_rest = 6.0  # it comes within a second while lanes train
    needs_encoder = True

    def make(self, context: Context) -> Work[TrainingCodes]:
        """Encode training images, or reuse the codes that another look made of this snapshot."""
        return context.codes.of(context.snapshot, context.reference)


def latent_codes(snapshot: Snapshot, reference: Reference) -> Work[LatentCodes]:
    """Encode `Subsets.mapped`; the snapshot must have an encoder.

    The measured ones among them in the slices of the measures, so that rates are equal to the last bit.
    """
    subsets = reference.subsets
    mu = np.empty((len(subsets.mapped), snapshot.shape.latent), np.float32)
    sigma, rates = np.empty_like(mu), []
    for chosen in (np.flatnonzero(subsets.is_measured), np.flatnonzero(~subsets.is_measured)):
        for at in range(0, len(chosen), held_out.SLICE):
            part = chosen[at : at + held_out.SLICE]
            codes = snapshot.encode(subsets.mapped[part])
            assert codes is not None
            mu[part] = codes.mu
            if codes.sigma is not None and codes.rates is not None:
                sigma[part] = codes.sigma
                rates.append(codes.rates)
            yield
    rate, rated, spread_of, spread = None, 0, None, None
    if rates:
        rated = int(subsets.is_measured.sum())
        mean_rates = held_out.mean_rates(np.concatenate(rates)[:rated])
        rate = mean_rates if np.isfinite(mean_rates).all() else None
        spread_of = evenly(len(mu), ELLIPSES)
        spread = sigma[spread_of]
    mean, std = snapshot.scale or (None, None)
    return LatentCodes(mu, subsets.mapped_labels, rate, spread_of, spread, rated, mean, std)


def known_training_codes(looks: Looks, steps: int) -> Answer[TrainingCodes] | None:
    """The training codes of a run that has trained ``steps`` steps; None where there are none, or stale ones."""
    answer = looks.of(TrainingCodesLook)
    return None if answer is None or answer.step < STALE_SHARE * steps else answer
