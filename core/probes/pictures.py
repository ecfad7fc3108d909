"""Decoded pictures: the map's plane as tiles, reconstructions, interpolations, and one z over training."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import display
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look, check_count, whole
from core.theory import latent_space
from core.theory.latent_space import Plane

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class Tiles:
    """The decoded plane: ``images`` (rows, columns, H, W[, 3]) uint8.

    They cover ``span`` (left, right, bottom, top) of the plane with ``axes`` (2, D).
    """

    images: Pixels
    span: tuple[float, float, float, float]
    axes: Floats


@dataclass(frozen=True)
class Pictures:
    """Decoded images (N, H, W[, 3]) uint8 and their ``z`` (N, D); for point data also their coordinates (N, 2).

    ``originals`` are the encoded images where the pictures are reconstructions.
    """

    images: Pixels
    z: Floats
    points: Floats | None = None
    originals: Pixels | None = None
    original_points: Floats | None = None


@dataclass(frozen=True)
class Film:
    """One z as earlier snapshots decode it: ``images`` (N, H, W[, 3]) uint8 and the ``steps`` of the snapshots."""

    images: Pixels
    steps: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class TilesLook(Look[Tiles]):
    """The plane through ``through`` (D,) decoded at ``points`` (N, 2), row by row from the top left."""

    plane: Plane
    through: Floats
    points: Floats
    columns: int

    name = "tiles"
    interval_s = 0.8

    def __post_init__(self) -> None:
        check_count(len(self.points))

    @functools.cached_property
    def key(self) -> Hashable:
        """Points on the same plane share their tiles."""
        return self.columns, self.points.tobytes(), self.plane.key_through(self.through)

    def fits(self, context: Context) -> bool:
        """Whether the latent size matches: it does not while the run is rebuilt for another."""
        return context.snapshot.shape.latent == len(self.through)

    def make(self, context: Context) -> Work[Tiles]:
        """Decode the points."""
        images = display(context.snapshot.decode(self.plane.at(self.points, self.through)))
        grid = images.reshape(-1, self.columns, *images.shape[1:])
        return whole(Tiles(grid, _span(self.points, self.columns), self.plane.axes))


@dataclass(frozen=True, eq=False)
class ReconstructionsLook(Look[Pictures]):
    """`Subsets.shown` reconstructed from their mean codes."""

    name = "reconstructions"
    interval_s = 0.7
    needs_encoder = True

    def make(self, context: Context) -> Work[Pictures]:
        """Encode and decode the shown test images."""
        snapshot, shown = context.snapshot, context.reference.subsets.shown
        codes = snapshot.encode(shown)
        assert codes is not None
        decoded = snapshot.decode(codes.mu)
        before, after = points_of(snapshot, shown), points_of(snapshot, decoded)
        return whole(Pictures(display(decoded), codes.mu, after, display(shown), before))


@dataclass(frozen=True, eq=False)
class InterpolationLook(Look[Pictures]):
    """``count`` pictures between the mean codes of two of `Subsets.shown`, by slerp if ``arc``, else by lerp.

    With a ``path`` (count, D) its points are decoded instead: a model without an encoder has no codes.
    """

    pair: tuple[int, int]
    count: int
    arc: bool
    path: Floats | None = None

    name = "interpolation"
    interval_s = 0.7

    def __post_init__(self) -> None:
        check_count(self.count if self.path is None else len(self.path))

    @functools.cached_property
    def key(self) -> Hashable:
        """The path where there is one: the pair does not matter then."""
        return (self.count, self.pair, self.arc) if self.path is None else self.path.tobytes()

    def fits(self, context: Context) -> bool:
        """Whether there is an encoder, or a path of the snapshot's latent size."""
        if self.path is None:
            return context.snapshot.has_encoder
        return bool(context.snapshot.shape.latent == self.path.shape[1])

    def make(self, context: Context) -> Work[Pictures]:
        """Decode the interpolation."""
        path, snapshot = self.path, context.snapshot
        if path is None:
            codes = snapshot.encode(context.reference.subsets.shown[list(self.pair)])
            assert codes is not None
            interpolate = latent_space.slerp if self.arc else latent_space.lerp
            path = interpolate(codes.mu[0], codes.mu[1], np.linspace(0.0, 1.0, self.count, dtype=np.float32))
        decoded = snapshot.decode(path)
        return whole(Pictures(display(decoded), path, points_of(snapshot, decoded)))


@dataclass(frozen=True, eq=False)
class FilmLook(Look[Film]):
    """One z (D,) as each kept snapshot decodes it, oldest first."""

    z: Floats

    name = "film"
    of_past = True

    def fits(self, context: Context) -> bool:
        """Whether the latent size matches: it does not while the run is rebuilt for another."""
        return bool(context.past) and context.snapshot.shape.latent == len(self.z)

    def is_current(self, answer: Answer[Film], context: Context) -> bool:
        """Whether the film has a frame of every kept snapshot: new weights alone add none."""
        return answer.key == self.key and answer.value.steps == _steps(context)

    def is_urgent(self, have: Answer[Film] | None) -> bool:
        """Always: the point is being dragged."""
        return True

    def make(self, context: Context) -> Work[Film]:
        """Decode z by each kept snapshot."""
        images = np.concatenate([snapshot.decode(self.z[None]) for snapshot in context.past])
        return whole(Film(display(images), _steps(context)))


def _steps(context: Context) -> tuple[int, ...]:
    return tuple(snapshot.step for snapshot in context.past)


def points_of(snapshot: Snapshot, images: Floats) -> Floats | None:
    """The coordinates (N, D) in images (N, D, 1, 1) where the data are points; None for images."""
    return images[:, :, 0, 0] if snapshot.shape.points else None


def in_plane(points: Floats | None) -> Floats | None:
    """Coordinates (N, D) where they are those of a plane, (N, 2); else None."""
    return points if points is not None and points.shape[1] == 2 else None


def _span(points: Floats, columns: int) -> tuple[float, float, float, float]:
    """Extent (left, right, bottom, top) of a grid of tiles with centres (N, 2), row by row from the top left."""
    (left, top), (right, bottom) = points[0], points[-1]
    rows = len(points) // columns
    half_x = (right - left) / (columns - 1) / 2 if columns > 1 else (top - bottom) / max(1, rows - 1) / 2
    half_y = (top - bottom) / (rows - 1) / 2 if rows > 1 else half_x
    return float(left - half_x), float(right + half_x), float(bottom - half_y), float(top + half_y)
