"""Images between floats in [0, 1], (N, C, H, W), and bytes for the screen. numpy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


def display(images: Floats) -> Pixels:
    """Images (N, C, H, W) in [0, 1] as bytes for the screen: (N, H, W) grey or (N, H, W, 3)."""
    return arranged(np.rint(np.clip(images, 0.0, 1.0) * 255.0).astype(np.uint8))


def arranged(pixels: Pixels) -> Pixels:
    """Bytes (N, C, H, W) as a screen wants them: (N, H, W) grey or (N, H, W, 3)."""
    return pixels[:, 0] if pixels.shape[1] == 1 else np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))


def as_floats(pixels: Pixels) -> Floats:
    """Bytes to [0, 1], any shape."""
    return pixels.astype(np.float32) / np.float32(255.0)
