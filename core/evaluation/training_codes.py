"""Holes: how far a point of the latent space is from the codes of training images, as a ratio.

r(z) = distance from z to its 10th nearest training code, divided by the distance within which 95 % of the test codes
have theirs. r <= 1: z lies where images are. Training and test codes are those of every measure (`Subsets.coded`,
`Subsets.compared`): with fewer training codes 95 % reaches farther, and less of the prior counts as a hole. In many
dimensions r is crude, but stays comparable between lanes of the same latent size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.foundation.slices import Work, finish
from core.theory import neighbours
from core.theory.latent_space import prior
from core.theory.neighbours import PointSet, kth_distances

if TYPE_CHECKING:
    from core.evaluation.reference import Reference
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class TrainingCodes:
    """Where the training codes are: ``codes`` (M, D) in shared units.

    ``reach`` is the distance within which 95 % of test codes have their 10th nearest training code; ``hole_share``
    the share of prior draws that are farther away than that. ``points`` are the codes ready to be searched: a drag
    asks for r(z) at every event.
    """

    codes: Floats
    reach: float
    hole_share: float
    points: PointSet = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", PointSet(self.codes))


NEIGHBOUR = 10
"""Which nearest training code the distance is to."""
PRIOR_DRAWS = 2_500
"""Draws of the prior that give the hole share: those of the measure, so that it is one number everywhere."""
PRIOR_SEED = 43
CODE_SEED = 21
TEST_SEED = 0
"""Seed of the draws for test images; `TRAIN_SEED` for training images."""
TRAIN_SEED = 1
_SLICE = 128
"""Images in one slice of work."""


def draws(mu: Floats, sigma: Floats | None, seed: int) -> Floats:
    """The codes (N, D) that the decoder was trained on: mu where the encoder has no spread, else draws of q(z|x).

    The means alone would not fill the prior where a dimension is silent: there q(z|x) is the prior itself.
    """
    if sigma is None:
        return mu
    noise = np.random.default_rng([CODE_SEED, seed]).standard_normal(mu.shape, dtype=np.float32)
    return mu + sigma * noise


def encoded(snapshot: Snapshot, images: npt.NDArray[Any], seed: int) -> Work[tuple[Floats, Floats]]:
    """Means (N, D) of the codes of images (N, C, H, W) in [0, 1] or as bytes, and their `draws`.

    ValueError without an encoder.
    """
    means, sigmas = [], []
    for at in range(0, len(images), _SLICE):
        codes = snapshot.encode(as_floats(images[at : at + _SLICE]))
        if codes is None:
            raise ValueError("no encoder")
        means.append(codes.mu)
        if codes.sigma is not None:
            sigmas.append(codes.sigma)
        yield
    mu = np.concatenate(means)
    return mu, draws(mu, np.concatenate(sigmas) if sigmas else None, seed)


def distances(test_codes: Floats, points: PointSet) -> Work[tuple[Floats, Floats]]:
    """The distance to the 10th nearest training code of test codes (N,), and of `PRIOR_DRAWS` draws of the prior."""
    known = yield from kth_distances(test_codes, points, NEIGHBOUR)
    drawn = yield from kth_distances(prior(PRIOR_DRAWS, test_codes.shape[1], PRIOR_SEED), points, NEIGHBOUR)
    return known, drawn


def measuring(test_codes: Floats, train_codes: Floats) -> Work[TrainingCodes]:
    """Where the codes are, and the share of prior draws in holes. Codes (N, D), (M, D) in shared units."""
    known, drawn = yield from distances(test_codes, PointSet(train_codes))
    reach = neighbours.reach(known)
    return TrainingCodes(train_codes, reach, float((drawn > reach).mean()))


def codes_of(snapshot: Snapshot, reference: Reference) -> Work[TrainingCodes]:
    """The training codes of a snapshot, which must have an encoder."""
    _, test = yield from encoded(snapshot, reference.subsets.compared, TEST_SEED)
    _, train = yield from encoded(snapshot, reference.subsets.coded, TRAIN_SEED)
    return (yield from measuring(test, train))


class KnownCodes:
    """`codes_of` the newest snapshot asked for, computed once for all callers.

    For one thread, whose pieces of work take turns: a caller that comes while they are computed continues the same
    work, and callers that began with an older snapshot finish with that one.
    """

    def __init__(self) -> None:
        self._newest: _Making | None = None

    def of(self, snapshot: Snapshot, reference: Reference) -> Work[TrainingCodes]:
        """The training codes of the snapshot, which must have an encoder."""
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


def hole_ratios(z: Floats, training_codes: TrainingCodes) -> Work[Floats]:
    """r(z) (N,) of points (N, D)."""
    away = yield from kth_distances(z, training_codes.points, NEIGHBOUR)
    return (away / training_codes.reach).astype(np.float32)


def hole_ratio(z: Floats, training_codes: TrainingCodes) -> float:
    """r(z) of one point (D,), now."""
    return float(finish(kth_distances(z[None], training_codes.points, NEIGHBOUR))[0]) / training_codes.reach
