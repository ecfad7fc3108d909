"""Units of the code: their activations over the test images, and their effect on the decoded picture. Pure."""

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
"""Number of bins of a unit's histogram."""
LOW_QUANTILE = 0.05
"""Quantile of its activations from which a unit is moved."""
HIGH_QUANTILE = 0.95
"""Quantile of its activations to which a unit is moved."""
SILENT = 0.01
"""Effect on the decoded picture, root mean square per pixel, below which a unit is silent."""


@dataclass(frozen=True)
class Unit:
    """One dimension of the code over the test images: its histogram, and the images that activate it most.

    ``counts`` (BINS,) lie between ``edges`` (BINS + 1,), shared by all units: from zero where no activation is below
    it, else symmetric about zero. ``likes`` (K,) are the indices of the images with the largest activation, the largest
    first. ``size`` is the mean of |a|. ``kurtosis`` is the excess kurtosis, 0 for a Gaussian, above 0 for sparse codes,
    mostly near zero and sometimes large. ``move`` is the effect on the decoded picture (`moves`).
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
        """Whether it hardly changes the decoded picture."""
        return self.move < SILENT


@dataclass(frozen=True, eq=False)
class MovesLook(Look[Floats]):
    """Effect of each dimension of the code on the decoded picture, (D,), root mean square per pixel."""

    name = "effects of units"
    interval_s = 1.0
    needs_encoder = True

    def make(self, context: Context) -> Work[Floats]:
        """Decode. Codes of earlier weights will do: they only give the range over which a unit is moved."""
        codes = context.looks.value(LatentCodesLook)
        if codes is None:
            codes = yield from context.made(LatentCodesLook())
        return moves(context.snapshot, codes.codes)


def units(activations: Floats, moves: Floats, likes: int) -> tuple[Unit, ...]:
    """Every unit of activations (N, D), with the ``likes`` images that activate it most; ``moves`` (D,) as by `moves`.

    Rows that are not finite are left out.
    """
    is_finite = np.isfinite(activations).all(1)
    finite = activations[is_finite].astype(np.float64)  # in float32 the bins of huge activations overflow
    if not len(finite):
        return ()
    reach = max(1e-6, float(np.abs(finite).max()))
    low = 0.0 if finite.min() >= 0 else -reach
    numbers = np.flatnonzero(is_finite)
    found = []
    for index in range(activations.shape[1]):
        values = finite[:, index]
        counts, edges = np.histogram(values, BINS, (low, reach))
        spread = float(values.std(dtype=np.float64))
        centred = (values - values.mean(dtype=np.float64)) / max(spread, 1e-12)
        kurtosis = float(np.mean(centred**4) - 3) if spread > 1e-12 else 0.0
        strongest = numbers[np.argsort(-values, kind="stable")[:likes]]
        size = float(np.abs(values).mean(dtype=np.float64))
        move = float(moves[index])
        found.append(Unit(index, counts.astype(np.int64), edges.astype(np.float32), strongest, size, kurtosis, move))
    return tuple(found)


def moves(snapshot: Snapshot, codes: Floats) -> Floats:
    """Effect of each unit on the decoded picture, (D,): root mean square per pixel of the difference of two pictures.

    The unit is at its 5th percentile over codes (N, D), in shared units, in one and at its 95th in the other; the
    other units stay at their medians. Without finite codes all are 0.
    """
    finite = codes[np.isfinite(codes).all(1)]
    dims = codes.shape[1]
    if not len(finite):
        return np.zeros(dims, np.float32)
    low, median, high = np.quantile(finite, (LOW_QUANTILE, 0.5, HIGH_QUANTILE), axis=0).astype(np.float32)  # (D,) each
    is_moved = np.eye(dims, dtype=bool)
    z = np.concatenate([np.where(is_moved, end, median) for end in (low, high)]).astype(np.float32)  # (2 D, D)
    below, above = np.split(snapshot.decode(z).reshape(2 * dims, -1), 2)
    return np.asarray(np.sqrt(np.square(above - below).mean(1)), np.float32)
