"""Corrupt one image as a denoising autoencoder would, and reconstruct it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.foundation.arrays import Floats

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot

KINDS = ("masking", "gaussian", "salt and pepper")
"""Kinds of corruption."""


def corrupt(image: Floats, kind: str, amount: float, seed: int) -> Floats:
    """A corrupted copy of an image (C, H, W), as a denoising autoencoder sees it (`core.models.denoising_ae`)."""
    import torch

    from core.models.denoising_ae import corrupted

    noise = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(np.array(image[None], np.float32))
    return np.asarray(corrupted(x, kind, amount, noise)[0].numpy(), np.float32)


def reconstruct(snapshot: Snapshot, image: Floats) -> Floats | None:
    """The decoded mean code (C, H, W) of an image (C, H, W); None without an encoder."""
    codes = snapshot.encode(image[None])
    return None if codes is None else snapshot.decode(codes.mu)[0]


def error(reconstruction: Floats, clean: Floats) -> float:
    """Root mean squared error over the pixels of two images (C, H, W) in [0, 1]."""
    return float(np.sqrt(np.mean(np.square(reconstruction - clean), dtype=np.float64)))
