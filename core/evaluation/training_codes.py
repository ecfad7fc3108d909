"""Holes: how far a point of the latent space is from the codes of training images, as a ratio.

r(z) = distance from z to its 10th nearest training code, divided by the distance within which 95 % of the test codes
have theirs. r <= 1: z lies where images are. Training and test codes are those of every measure (`RealSide.coded`,
`RealSide.test`): with fewer training codes 95 % reaches farther, and less of the prior counts as a hole. In many
dimensions r is a crude tool; it stays comparable between lanes of the same size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work
from core.theory.latent_space import prior

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class TrainingCodes:
    """Where the training codes are: ``codes`` (M, D) in shared units.

    ``reach`` is the distance within which 95 % of test codes have their 10th nearest training code; ``hole_share``
    the share of prior draws that are farther away than that.
    """

    codes: Floats
    reach: float
    hole_share: float


NEIGHBOUR = 10
QUANTILE = 0.95
PRIOR_DRAWS = 600
PRIOR_SEED = 20
CODE_SEED = 21
_SLICE = 128


def tenth_nearest(points: Floats, codes: Floats) -> Floats:
    """Distance (N,) from points (N, D) to their 10th nearest of the codes (M, D)."""
    square = np.square(points).sum(1)[:, None] - 2.0 * points @ codes.T + np.square(codes).sum(1)[None]  # (N, M)
    rank = min(NEIGHBOUR, codes.shape[0]) - 1
    return np.sqrt(np.maximum(np.partition(square, rank, axis=1)[:, rank], 0.0)).astype(np.float32)


def draws(mu: Floats, sigma: Floats | None, seed: int) -> Floats:
    """The codes (N, D) that the decoder was trained on: mu where the encoder has no spread, else a draw of q(z|x).

    The means alone would not fill the prior where a dimension is silent: there q(z|x) is the prior itself.
    """
    if sigma is None:
        return mu
    noise = np.random.default_rng([CODE_SEED, seed]).standard_normal(mu.shape, dtype=np.float32)
    return mu + sigma * noise


def distances(points: Floats, codes: Floats) -> Work[Floats]:
    """Distance (N,) from points (N, D) to their 10th nearest of the codes (M, D), in slices."""
    parts = []
    for at in range(0, len(points), _SLICE):
        parts.append(tenth_nearest(points[at : at + _SLICE], codes))
        yield
    return np.concatenate(parts)


def measuring(test_codes: Floats, train_codes: Floats) -> Work[TrainingCodes]:
    """Where the codes are, and the share of prior draws in holes. Codes (N, D), (M, D) in shared units."""
    known = yield from distances(test_codes, train_codes)
    reach = max(1e-6, float(np.quantile(known, QUANTILE)))
    drawn = yield from distances(prior(PRIOR_DRAWS, train_codes.shape[1], PRIOR_SEED), train_codes)
    return TrainingCodes(train_codes, reach, float((drawn > reach).mean()))


def codes_of(snapshot: Snapshot, reference: Reference) -> Work[TrainingCodes]:
    """Where the training codes of this very snapshot are; it must have an encoder."""
    found = []
    for seed, images in enumerate((reference.real_side.test, reference.real_side.coded)):
        means, sigmas = [], []
        for at in range(0, len(images), _SLICE):
            codes = snapshot.encode(as_floats(images[at : at + _SLICE]))
            assert codes is not None
            means.append(codes.mu)
            if codes.sigma is not None:
                sigmas.append(codes.sigma)
            yield
        found.append(draws(np.concatenate(means), np.concatenate(sigmas) if sigmas else None, seed))
    return (yield from measuring(*found))


class KnownCodes:
    """`codes_of` the snapshot that was asked about last, made once for all who ask.

    For one thread, whose pieces of work take turns: whoever asks while they are being made helps, and those who are
    in the midst of an older snapshot's go on with that.
    """

    def __init__(self) -> None:
        self._newest: _Making | None = None

    def of(self, snapshot: Snapshot, reference: Reference) -> Work[TrainingCodes]:
        """See the class; the snapshot must have an encoder."""
        making = self._newest
        if making is None or making.at != (snapshot.life, snapshot.step, id(reference)):
            making = self._newest = _Making(
                (snapshot.life, snapshot.step, id(reference)), codes_of(snapshot, reference)
            )
        while making.found is None:
            try:
                next(making.work)
            except StopIteration as done:
                if done.value is None:
                    raise RuntimeError(
                        "the training codes could not be made; whoever asked first was told why"
                    ) from None
                making.found = done.value
            except Exception:
                self._newest = None
                raise
            yield
        return making.found


@dataclass
class _Making:
    """Codes in work: of (life, step, reference)."""

    at: tuple[int, int, int]
    work: Work[TrainingCodes]
    found: TrainingCodes | None = None


def hole_ratio(z: Floats, training_codes: TrainingCodes) -> float:
    """r(z) of one point (D,)."""
    return float(tenth_nearest(z[None], training_codes.codes)[0]) / training_codes.reach
