"""Layers of the data plane, for data that are points of a plane: heat map, warped latent grid, arrows. numpy only.

Pure functions of a snapshot. All coordinates are data coordinates; the frame covers ±`FRAME` on both axes.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from core.evaluation.samplers import sampler
from core.foundation.arrays import Floats
from core.foundation.pixels import FRAME
from core.foundation.slices import Work
from core.probes.look import Answer, Context, Look, check_count
from core.probes.samples import fitted_step, fitting_codes, sample_z
from core.theory.latent_space import Plane, prior

if TYPE_CHECKING:
    from core.datasets.density import Density
    from core.training.snapshot import Snapshot

HeatKind = Literal["", "judge", "share"]

SIDE = 64
"""Number of cells along each side of a heat map, S."""
BLUR = 0.06
"""Bandwidth σ of the Gaussian kernel that blurs p and q alike: q is known from samples only."""
DRAWS = 4_000
"""Number of samples from which q is estimated."""
DRAW_SEED = 41
"""Seed of those samples."""
MIN_EXPONENT = np.float32(-40.0)
"""Smallest exponent: below it numbers are subnormal in float32, where processors are slow."""
MIN_DENSITY = 0.01
"""Smallest p + q, per unit of area, at which p/(p + q) is shown: below it there are neither data nor samples."""
LINES = 21
"""Number of lines of the latent grid in each direction."""
REACH = 2.5
"""Half-width of the latent grid, σ."""
CORNERS = 41
"""Number of points of each line."""
GRADIENTS = 100
"""Number of samples at which the gradient is drawn."""
FIELD = 17
"""Number of displacement arrows along each side of the frame."""


@dataclass(frozen=True)
class Wanted:
    """Which layers to make: the heat map ("judge" is D(x), "share" is p/(p + q)), the warped grid, the arrows."""

    heat: HeatKind = ""
    grid: bool = False
    arrows: bool = False


@dataclass(frozen=True)
class Heat:
    """A heat map: ``values`` (S, S) row by row from the top, NaN where the function is not defined.

    ``kind`` is "D" (a probability), "critic" (a critic's value, unbounded) or "share". ``edge`` (M, 2, 2) holds the
    segments of the contour at ½; a critic has none.
    """

    kind: Literal["D", "critic", "share"]
    values: Floats
    edge: Floats


@dataclass(frozen=True)
class Arrows:
    """Arrows ``steps`` (N, 2) from ``starts`` (N, 2): "pull" is the gradient at samples, "field" r(x) − x on a grid.

    Only the relative lengths of gradients mean anything; the arrows of a field are true to scale.
    """

    kind: Literal["pull", "field"]
    starts: Floats
    steps: Floats

    @property
    def longest(self) -> float:
        """The length of the longest arrow, in units of the plane; 0 where there is none."""
        lengths = np.hypot(*self.steps.T)
        return float(lengths[np.isfinite(lengths)].max(initial=0.0))


@dataclass(frozen=True)
class PlaneLayers:
    """The ``wanted`` layers of a snapshot. ``lines`` (L, P, 2) is the decoded latent grid.

    The second network judges ``copies`` copies of a point at once (a packed GAN's D takes no single points).
    ``fitted`` is the step of the codes that the sampler was fitted to; -1 where it needs none.
    """

    wanted: Wanted
    heat: Heat | None = None
    lines: Floats | None = None
    arrows: Arrows | None = None
    copies: int = 1
    fitted: int = -1


@dataclass(frozen=True, eq=False)
class PlaneLook(Look[PlaneLayers]):
    """The chosen layers of the data plane.

    The latent grid lies on the map's ``plane`` through the point ``through`` (D,). Samples are those of ``sampler``:
    gradients start at ``count`` of them, drawn with ``seed`` as for `SamplesLook`, and q is estimated from others.
    """

    wanted: Wanted
    plane: Plane
    through: Floats
    count: int
    seed: int
    sampler: str = "prior"

    name = "layers of the plane"
    interval_s = 0.5

    def __post_init__(self) -> None:
        check_count(self.count)

    @functools.cached_property
    def key(self) -> Hashable:
        """Point and plane count only where the grid is drawn."""
        where = self.plane.key_through(self.through) if self.wanted.grid else ()
        return self.wanted, self.count, self.seed, self.sampler, where

    def fits(self, context: Context) -> bool:
        """Whether the data lie in a plane, the latent size is not about to change, and the sampler has its codes."""
        shape = context.snapshot.shape
        drawable = context.snapshot.has_encoder or not sampler(self.sampler).needs_codes
        return shape.planar and shape.latent == len(self.through) and drawable

    def is_current(self, answer: Answer[PlaneLayers], context: Context) -> bool:
        """Whether weights and fitted codes are the newest ones; codes may change without a step."""
        return super().is_current(answer, context) and answer.value.fitted == fitted_step(context, self.sampler)

    def is_urgent(self, have: Answer[PlaneLayers] | None) -> bool:
        """Whether the user has just switched layers."""
        return have is None or have.value.wanted != self.wanted

    def make(self, context: Context) -> Work[PlaneLayers]:
        """Draw, then make all layers in one piece."""
        snapshot, density = context.snapshot, context.reference.dataset.density
        codes, fitted = yield from fitting_codes(context, self.sampler)
        drawn = yield from self._drawn(context, codes, self.count, self.seed)
        many = (yield from self._drawn(context, codes, DRAWS, DRAW_SEED)) if self.wanted.heat == "share" else drawn
        made = layers(snapshot, density, self.wanted, self.plane, self.through, drawn, many)
        return dataclasses.replace(made, fitted=fitted)

    def _drawn(self, context: Context, codes: Floats | None, count: int, seed: int) -> Work[Floats]:
        """The z (N, D) of samples."""
        noise = prior(count, context.snapshot.shape.latent, seed)
        return sample_z(context.snapshot, context.sampling, self.sampler, noise, seed, codes)


def cells(side: int = SIDE) -> tuple[Floats, Floats]:
    """Centres of the frame's cells: x (S,) from the left, y (S,) from the top."""
    x = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32) * np.float32(FRAME)
    return x, -x


def cell_points(side: int = SIDE) -> Floats:
    """`cells` as points (S·S, 2), row by row from the top."""
    x, y = cells(side)
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def as_images(points: Floats) -> Floats:
    """Points (N, 2) in the shape of model input, (N, 2, 1, 1)."""
    return np.ascontiguousarray(points, np.float32)[:, :, None, None]


def layers(
    snapshot: Snapshot,
    density: Density | None,
    wanted: Wanted,
    plane: Plane,
    through: Floats,
    drawn: Floats,
    many: Floats,
) -> PlaneLayers:
    """Make the wanted layers that exist for this model.

    ``drawn`` (N, D) is the z of samples at which gradients start, ``many`` (M, D) of those from which q is estimated.
    """
    heat = None
    if wanted.heat == "judge":
        heat = score_heat(snapshot)
    elif wanted.heat == "share" and density is not None:
        heat = share_heat(density, snapshot.decode(many)[:, :, 0, 0])
    lines = warp(snapshot, grid_of(plane, through)) if wanted.grid else None
    arrows = (gradient_arrows(snapshot, drawn[:GRADIENTS]) or displacement_arrows(snapshot)) if wanted.arrows else None
    return PlaneLayers(wanted, heat, lines, arrows, snapshot.model.pack)


def score_heat(snapshot: Snapshot) -> Heat | None:
    """D(x), or the critic's value, over the frame; None without a discriminator or critic."""
    values = snapshot.judge(as_images(cell_points()))
    if values is None:
        return None
    values = values.reshape(SIDE, SIDE)
    if snapshot.model.judges == "value":
        return Heat("critic", values, np.zeros((0, 2, 2), np.float32))
    return Heat("D", values, contour(values, 0.5))


def blur(points: npt.NDArray[np.floating], weights: npt.NDArray[np.floating], sigma: float) -> Floats:
    """Σ w N(x; point, σ²) at the centres of all `cells`, (S, S). Exact, as the kernel is a product over the axes."""
    x, y = cells()
    coordinates = np.ascontiguousarray(points.T, np.float32)
    across, down = (
        np.exp(np.maximum(np.square(axis[:, None] - coordinate) * np.float32(-0.5 / sigma**2), MIN_EXPONENT))
        for axis, coordinate in zip((x, y), coordinates, strict=True)
    )  # (S, N)
    heights = (weights / (2 * np.pi * sigma**2)).astype(np.float32)
    density: Floats = (down * heights) @ across.T
    return density


def share_heat(density: Density, samples: Floats) -> Heat:
    """p/(p + q): the optimal discriminator for these samples (N, 2) (Goodfellow et al. 2014, proposition 1).

    That of single points, without label smoothing.

    p is the density of the data, q that of the samples; both are blurred by `BLUR`, q as a kernel density estimate and
    p exactly, so that equal densities give ½.
    """
    samples = samples[np.isfinite(samples).all(1)]
    p = blur(density.centres, density.weights, float(np.hypot(density.sigma, BLUR)))
    q = blur(samples, np.full(len(samples), 1 / max(1, len(samples))), BLUR)
    values = np.where(p + q > MIN_DENSITY, p / np.maximum(p + q, 1e-30), np.nan).astype(np.float32)
    return Heat("share", values, contour(values, 0.5))


def grid_of(plane: Plane, through: Floats) -> Floats:
    """z (L, P, D) of lines along both axes of the plane through a point; a single line where it has one axis."""
    offsets, along = np.linspace(-REACH, REACH, LINES), np.linspace(-REACH, REACH, CORNERS)
    lines = np.stack(np.meshgrid(along, offsets), -1)  # (LINES, CORNERS, 2), along x
    if not plane.axes[1].any():
        lines = np.stack([along, np.zeros(CORNERS)], -1)[None]
    else:
        lines = np.concatenate([lines, lines[..., ::-1]])
    return plane.at(lines.reshape(-1, 2).astype(np.float32), through).reshape(*lines.shape[:2], -1)


def warp(snapshot: Snapshot, grid: Floats) -> Floats:
    """The decoded points (L, P, 2) of lines of z (L, P, D)."""
    points = snapshot.decode(grid.reshape(-1, grid.shape[-1]))[:, :, 0, 0]
    return points.reshape(*grid.shape[:2], 2)


def gradient_arrows(snapshot: Snapshot, z: Floats) -> Arrows | None:
    """Gradient of the discriminator's score at the decoded z (N, D); None without a discriminator or critic."""
    points = snapshot.decode(z)
    steps = snapshot.pull(points)
    return None if steps is None else Arrows("pull", points[:, :, 0, 0], steps[:, :, 0, 0])


def displacement_arrows(snapshot: Snapshot) -> Arrows | None:
    """r(x) − x over the frame, r the reconstruction from the mean code; None without an encoder."""
    x = cell_points(FIELD)
    codes = snapshot.encode(as_images(x))
    if codes is None:
        return None
    return Arrows("field", x, snapshot.decode(codes.mu)[:, :, 0, 0] - x)


def contour(values: Floats, level: float) -> Floats:
    """Contour of values (S, S) over the frame at a level, as segments (M, 2, 2); none in cells with a NaN."""
    side = len(values)
    x, y = (axis.astype(np.float64) for axis in cells(side))
    v = values.astype(np.float64) - level
    pitch = 2 * FRAME / side
    with np.errstate(divide="ignore", invalid="ignore"):
        right = v[:, :-1] / (v[:, :-1] - v[:, 1:])  # (S, S - 1): crossing, as a share of the way to the right cell
        down = v[:-1] / (v[:-1] - v[1:])  # (S - 1, S)
        crossed_right = (v[:, :-1] >= 0) != (v[:, 1:] >= 0)
        crossed_down = (v[:-1] >= 0) != (v[1:] >= 0)
    over = np.stack(np.broadcast_arrays(x[None, :-1] + right * pitch, y[:, None]), -1)  # (S, S - 1, 2)
    along = np.stack(np.broadcast_arrays(x[None, :], y[:-1, None] - down * pitch), -1)  # (S - 1, S, 2)
    points = np.stack([over[:-1], over[1:], along[:, :-1], along[:, 1:]], 2)  # (S - 1, S - 1, 4, 2)
    hit = np.stack([crossed_right[:-1], crossed_right[1:], crossed_down[:, :-1], crossed_down[:, 1:]], 2)
    corners = np.stack([v[:-1, :-1], v[:-1, 1:], v[1:, :-1], v[1:, 1:]], 2)
    hit &= np.isfinite(corners).all(2, keepdims=True)
    count = hit.sum(2)
    order = np.argsort(~hit, axis=2, kind="stable")
    ordered = np.take_along_axis(points, order[..., None], 2)
    pieces = [ordered[count == 2][:, :2], points[count == 4][:, [0, 2]], points[count == 4][:, [1, 3]]]
    return np.concatenate(pieces).astype(np.float32)
