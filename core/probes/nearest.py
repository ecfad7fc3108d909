"""The training image nearest to the decoded picture of a point."""

from __future__ import annotations

from dataclasses import dataclass

from core.foundation.arrays import Floats, Pixels
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look


@dataclass(frozen=True)
class Nearest:
    """``index`` of the nearest training image, and its Euclidean ``distance`` over pixels.

    ``ratio`` is that distance divided by its 95th percentile among test images (NaN until that is measured).
    ``pixels`` (C, H, W) and the name of its class are included because the data may have been replaced meanwhile.
    """

    index: int
    distance: float
    ratio: float
    pixels: Pixels
    label: str | None


@dataclass(frozen=True, eq=False)
class NearestLook(Look[Nearest]):
    """The training image nearest to the decoded z (D,)."""

    z: Floats

    name = "nearest training image"
    interval_s = 1.0
    new_key_interval_s = 0.2  # while the point is dragged
    rest = 6.0  # of the search among training images: the first answer comes within seconds
    awaits_image_reach = True

    def fits(self, context: Context) -> bool:
        """Whether the latent size matches: it does not while the run is rebuilt for another."""
        return context.snapshot.shape.latent == len(self.z)

    def is_current(self, answer: Answer[Nearest], context: Context) -> bool:
        """Whether it is of the newest weights, and has its ratio where the 95th percentile is known."""
        knows_ratio = answer.value.ratio == answer.value.ratio or context.reference.known_image_reach is None
        return super().is_current(answer, context) and knows_ratio

    def is_urgent(self, have: Answer[Nearest] | None) -> bool:
        """Whether the point has moved."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Work[Nearest]:
        """Search among all training images."""
        reference = context.reference
        search = yield from reference.nearest()
        match = search.find(context.snapshot.decode(self.z[None])[0])
        reach = reference.known_image_reach
        ratio = match.distance / reach if reach else float("nan")
        train = reference.dataset.train
        label = None if train.labels is None else reference.dataset.class_name(int(train.labels[match.index]))
        return Nearest(match.index, match.distance, ratio, train.pixels[match.index], label)
