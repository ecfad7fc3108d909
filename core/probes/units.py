"""Two lenses: what a unit of the code likes, and what becomes of a spoilt image. Pure; numpy on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Floats
from core.foundation.slices import Work
from core.probes.codes import LatentCodesLook
from core.probes.look import Context, Look

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot

BINS = 41
"""Bins of a unit's histogram."""
LOW, HIGH = 0.05, 0.95
"""Quantiles of its activations between which a unit is moved."""
SILENT = 0.01
"""A unit that moves the decoded picture by less, root mean square per pixel, is silent."""


@dataclass(frozen=True)
class Unit:
    """One dimension of the code over the test images: its histogram, and the images that drive it furthest.

    ``counts`` (BINS,) between ``edges`` (BINS + 1,), the same edges for all units: from zero where no activation is
    below it, else as far to either side. ``likes`` (K,) are the numbers of the images with the largest activation, the
    largest first. ``size`` is the mean of |a|. ``kurtosis`` is the excess kurtosis: above 0 a unit is mostly quiet and
    sometimes loud, as sparse codes are; 0 is a Gaussian's. ``move`` is how far it moves the decoded picture.
    """

    index: int
    counts: npt.NDArray[np.int64]
    edges: Floats
    likes: npt.NDArray[np.int64]
    size: float
    kurtosis: float
    move: float

    @property
    def silent(self) -> bool:
        """Whether it hardly moves the decoded picture."""
        return self.move < SILENT


@dataclass(frozen=True, eq=False)
class MovesLook(Look[Floats]):
    """How far the decoded picture goes with each dimension of the code, (D,): see `moves`."""

    name = "effects of units"
    interval_s = 1.0
    needs_encoder = True

    def make(self, context: Context) -> Work[Floats]:
        """Codes of earlier weights will do: they say from where to where a unit goes."""
        codes = context.looks.value(LatentCodesLook)
        if codes is None:
            codes = yield from context.made(LatentCodesLook())
        return moves(context.snapshot, codes.codes)


def units(activations: Floats, moves: Floats, likes: int) -> tuple[Unit, ...]:
    """Every unit of activations (N, D), with its ``likes`` strongest images; ``moves`` (D,) are those of `moves`.

    Rows that are not finite are left out.
    """
    is_finite = np.isfinite(activations).all(1)
    finite = activations[is_finite]
    if not len(finite):
        return ()
    reach = max(1e-6, float(np.abs(finite).max()))
    low = 0.0 if finite.min() >= 0 else -reach
    numbers = np.flatnonzero(is_finite)
    rows = []
    for index in range(activations.shape[1]):
        values = finite[:, index]
        counts, edges = np.histogram(values, BINS, (low, reach))
        spread = float(values.std(dtype=np.float64))
        centred = (values - values.mean(dtype=np.float64)) / max(spread, 1e-12)
        kurtosis = float(np.mean(centred**4) - 3) if spread > 1e-12 else 0.0
        strongest = numbers[np.argsort(-values, kind="stable")[:likes]]
        size = float(np.abs(values).mean(dtype=np.float64))
        move = float(moves[index])
        rows.append(Unit(index, counts.astype(np.int64), edges.astype(np.float32), strongest, size, kurtosis, move))
    return tuple(rows)


def moves(snapshot: Snapshot, codes: Floats) -> Floats:
    """How far each unit moves the decoded picture, (D,): root mean square per pixel of the difference of two pictures.

    One is decoded with the unit at its 5th percentile over codes (N, D), in shared units, the other at its 95th; the
    other units stay at their medians. Without finite codes all are 0.
    """
    finite = codes[np.isfinite(codes).all(1)]
    dims = codes.shape[1]
    if not len(finite):
        return np.zeros(dims, np.float32)
    low, median, high = np.quantile(finite, (LOW, 0.5, HIGH), axis=0).astype(np.float32)  # (D,) each
    is_moved = np.eye(dims, dtype=bool)
    z = np.concatenate([np.where(is_moved, end, median) for end in (low, high)]).astype(np.float32)  # (2 D, D)
    below, above = np.split(snapshot.decode(z).reshape(2 * dims, -1), 2)
    return np.asarray(np.sqrt(np.square(above - below).mean(1)), np.float32)
