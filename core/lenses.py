"""Two lenses: what a unit of the code likes, and what becomes of a spoilt image. Pure; numpy on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from core.snapshot import Snapshot

Floats = npt.NDArray[np.float32]

KINDS = ("masking", "gaussian", "salt and pepper")
BINS = 41
SILENT_SHARE = 0.05
"""A unit whose spread is below this share of the widest one is silent."""


@dataclass(frozen=True)
class Unit:
    """One dimension of the code over the test images: its histogram, and the images that drive it furthest.

    ``counts`` (BINS,) between ``edges`` (BINS + 1,), the same edges for all units; ``likes`` (K,) are the numbers of
    the images with the largest activation, the largest first. ``kurtosis`` is the excess kurtosis: above 0 a unit is
    mostly quiet and sometimes loud, as sparse codes are; 0 is a Gaussian's.
    """

    index: int
    counts: npt.NDArray[np.int64]
    edges: Floats
    likes: npt.NDArray[np.int64]
    spread: float
    kurtosis: float
    silent: bool


def units(codes: Floats, likes: int) -> tuple[Unit, ...]:
    """Every unit of codes (N, D), with its ``likes`` strongest images. Codes that are no numbers count for nothing."""
    sane = np.isfinite(codes).all(1)
    known = codes[sane]
    if not len(known):
        return ()
    reach = max(1e-6, float(np.abs(known).max()))
    spreads = known.std(0, dtype=np.float64)
    numbers = np.flatnonzero(sane)
    found = []
    for index in range(codes.shape[1]):
        values = known[:, index]
        counts, edges = np.histogram(values, BINS, (-reach, reach))
        spread = float(spreads[index])
        centred = (values - values.mean(dtype=np.float64)) / max(spread, 1e-12)
        kurtosis = float(np.mean(centred**4) - 3) if spread > 1e-12 else 0.0
        strongest = numbers[np.argsort(-values, kind="stable")[:likes]]
        silent = spread < SILENT_SHARE * float(spreads.max())
        edges_32 = edges.astype(np.float32)
        found.append(Unit(index, counts.astype(np.int64), edges_32, strongest, spread, kurtosis, silent))
    return tuple(found)


def spoilt(image: Floats, kind: str, amount: float, seed: int) -> Floats:
    """An image (C, H, W) as a denoising autoencoder would be shown it (see `core.models.denoising_ae`)."""
    import torch

    from core.models.denoising_ae import corrupted

    noise = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(np.array(image[None], np.float32))
    return np.asarray(corrupted(x, kind, amount, noise)[0].numpy(), np.float32)


def restored(snapshot: Snapshot, image: Floats) -> Floats | None:
    """The decoded mean code (C, H, W) of an image (C, H, W); None without an encoder."""
    codes = snapshot.encode(image[None])
    return None if codes is None else snapshot.decode(codes.mu)[0]


def error(made: Floats, clean: Floats) -> float:
    """Root of the mean squared difference per pixel, both in [0, 1]."""
    return float(np.sqrt(np.mean(np.square(made - clean), dtype=np.float64)))
