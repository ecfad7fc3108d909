"""Samples: the same draws in the same order for every lane, by the chosen sampler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.evaluation.samplers import Sampling, sampler
from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import display
from core.foundation.slices import Work
from core.probes.codes import TrainingCodesLook, known_training_codes
from core.probes.look import Answer, Context, Look, check_count
from core.probes.pictures import points_of
from core.theory.latent_space import prior

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class Samples:
    """Decoded draws (N, H, W[, 3]) uint8 and their ``z`` (N, D) in shared units; for point data also coordinates
    (N, 2).

    ``fitted`` is the step of the codes that the sampler was fitted to; -1 where it needs none.
    """

    images: Pixels
    z: Floats
    points: Floats | None = None
    fitted: int = -1


@dataclass(frozen=True, eq=False)
class SamplesLook(Look[Samples]):
    """``count`` draws with ``seed`` from a sampler of `core.evaluation.samplers`."""

    count: int
    seed: int
    sampler: str = "prior"

    name = "samples"
    interval_s = 0.5
    rest = 6.0  # a mixture is fitted in slices
    first_rest = 2.0  # the choice of another sampler is answered sooner

    def __post_init__(self) -> None:
        check_count(self.count)

    @property
    def _needs_codes(self) -> bool:
        return sampler(self.sampler).needs_codes

    def fits(self, context: Context) -> bool:
        """Whether the model has an encoder, or the sampler needs no codes."""
        return context.snapshot.has_encoder or not self._needs_codes

    def is_current(self, answer: Answer[Samples], context: Context) -> bool:
        """Whether weights and fitted codes are the newest ones; codes may change without a step."""
        if not super().is_current(answer, context):
            return False
        return answer.value.fitted == fitted_step(context, self.sampler)

    def is_urgent(self, have: Answer[Samples] | None) -> bool:
        """Whether the user has just asked for other draws."""
        return have is None or have.key != self.key

    def is_first(self, have: Answer[Samples] | None) -> bool:
        """Whether there are no samples of this sampler yet."""
        return have is None or not isinstance(have.look, SamplesLook) or have.look.sampler != self.sampler

    def make(self, context: Context) -> Work[Samples]:
        """Draw and decode. Slightly old codes are better than waiting for those of this snapshot."""
        snapshot = context.snapshot
        codes, fitted = yield from fitting_codes(context, self.sampler)
        noise = prior(self.count, snapshot.shape.latent, self.seed)
        z = yield from sample_z(snapshot, context.sampling, self.sampler, noise, self.seed, codes)
        images = snapshot.decode(z)
        return Samples(display(images), z, points_of(snapshot, images), fitted)


def fitted_step(context: Context, name: str) -> int:
    """The step of the newest codes that a sampler could be fitted to; -1 where it needs or has none."""
    known = known_training_codes(context.looks, context.steps) if sampler(name).needs_codes else None
    return -1 if known is None else known.step


def fitting_codes(context: Context, name: str) -> Work[tuple[Floats | None, int]]:
    """The codes (M, D) to which a sampler is fitted, and their step; None and -1 for one that needs none."""
    if not sampler(name).needs_codes:
        return None, -1
    known = known_training_codes(context.looks, context.steps)
    if known is not None:
        return known.value.codes, known.step
    return (yield from context.made(TrainingCodesLook())).codes, context.snapshot.step


def sample_z(
    snapshot: Snapshot, sampling: Sampling, name: str, noise: Floats, seed: int, codes: Floats | None
) -> Work[Floats]:
    """The z (N, D) of a sampler in shared units; ``noise`` (N, D) are draws of N(0, I).

    ``codes`` (M, D) are those of training images, for the samplers that are fitted to them.
    """
    if name == "raw":
        return snapshot.shared(noise)
    if sampler(name).needs_codes:
        return (yield from sampling.draw(name, len(noise), noise.shape[1], seed, codes))
    return noise
