"""The training images nearest to the decoded picture of a point, and how much that picture looks like the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from core.evaluation import likeness
from core.evaluation.likeness import Likeness
from core.foundation.arrays import Floats
from core.foundation.slices import Work
from core.probes.look import MOST_PICTURES, Answer, Context, Look

if TYPE_CHECKING:
    from core.evaluation.reference import Reference


@dataclass(frozen=True)
class Nearest:
    """``index`` of the nearest training image, and its Euclidean ``distance`` over pixels.

    ``likeness`` is None until the data it is held against are measured. ``pixels`` (C, H, W), as the data hold
    them, and the name of its class are included because the data may have been replaced meanwhile.
    """

    index: int
    distance: float
    likeness: Likeness | None
    pixels: npt.NDArray[Any]
    label: str | None


@dataclass(frozen=True, eq=False)
class NearestLook(Look[Nearest]):
    """The training image nearest to the decoded z (D,)."""

    z: Floats

    name = "nearest training image"
    interval_s = 1.0
    new_key_interval_s = 0.2  # while the point is dragged
    rest = 6.0  # of the search among training images: the first answer comes within seconds

    def fits(self, context: Context) -> bool:
        """Whether the latent size matches: it does not while the run is rebuilt for another."""
        return context.snapshot.shape.latent == len(self.z)

    def awaits(self, reference: Reference) -> Work[Any] | None:
        """The standard that pictures are held against."""
        return reference.standard() if reference.known_standard is None else None

    def is_current(self, answer: Answer[Nearest], context: Context) -> bool:
        """Whether it is of the newest weights, and has its likeness where the standard is known."""
        is_held = answer.value.likeness is not None or context.reference.known_standard is None
        return super().is_current(answer, context) and is_held

    def is_urgent(self, have: Answer[Nearest] | None) -> bool:
        """Whether the point has moved."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Work[Nearest]:
        """Search among all training images."""
        reference = context.reference
        search = yield from reference.nearest()
        picture = context.snapshot.decode(self.z[None])[0]
        match = search.find(picture)
        found, standard = None, reference.known_standard
        if standard is not None:
            found = yield from likeness.of_picture(picture, standard, reference.real_side)
        train = reference.dataset.train
        label = None if train.labels is None else reference.dataset.class_name(int(train.labels[match.index]))
        return Nearest(match.index, match.distance, found, train.pixels[match.index], label)


@dataclass(frozen=True)
class Neighbours:
    """A decoded picture (C, H, W) in [0, 1], and the training images nearest to it, nearest first."""

    picture: Floats
    nearest: tuple[Nearest, ...]


@dataclass(frozen=True, eq=False)
class NeighboursLook(Look[Neighbours]):
    """The ``count`` training images nearest to the decoded z (D,), nearest first; without likeness."""

    z: Floats
    count: int = 10

    name = "nearest training images"
    interval_s = 1.0
    rest = 6.0

    def fits(self, context: Context) -> bool:
        """Whether the latent size matches: it does not while the run is rebuilt for another."""
        return context.snapshot.shape.latent == len(self.z)

    def is_urgent(self, have: Answer[Neighbours] | None) -> bool:
        """Whether another picture was asked about."""
        return have is None or have.key != self.key

    def make(self, context: Context) -> Work[Neighbours]:
        """Search among all training images."""
        search = yield from context.reference.nearest()
        picture = context.snapshot.decode(self.z[None])[0]
        data = context.reference.dataset
        train, labels = data.train, data.train.labels
        found = []
        for match in search.closest(picture, min(max(1, self.count), MOST_PICTURES)):
            label = None if labels is None else data.class_name(int(labels[match.index]))
            found.append(Nearest(match.index, match.distance, None, train.pixels[match.index], label))
        return Neighbours(picture, tuple(found))
