"""Batches of images to pixels: the theme's grey table, integer zoom, a smooth filter."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from gui.drawing import theme

Pixels = NDArray[np.uint8]


def checked(images: ArrayLike) -> Pixels:
    """The images as an array ``(N, H, W)`` or ``(N, H, W, 3)`` of uint8. `ValueError` for any other."""
    batch = np.asarray(images)
    if batch.dtype != np.uint8:
        raise ValueError(f"images are {batch.dtype}, expected uint8")
    grey, color = batch.ndim == 3, batch.ndim == 4 and batch.shape[-1] == 3
    if not (grey or color) or (batch.shape[0] and 0 in batch.shape):
        raise ValueError(f"images have shape {batch.shape}, expected (N, H, W) or (N, H, W, 3)")
    return batch


def colored(batch: Pixels, table: theme.Table, dim: float = 1.0) -> Pixels:
    """RGB ``(N, H, W, 3)``: grey images through a table; of colour images ``dim`` over the plot colour."""
    if batch.ndim == 3:
        return table[batch]
    if dim >= 1.0:
        return batch
    background = np.array(theme.rgb(theme.current().plot), float) * (1.0 - dim)
    steps = np.rint(np.arange(256)[:, None] * dim + background).astype(np.uint8)  # (256, 3)
    return np.stack([steps[batch[..., channel], channel] for channel in range(3)], -1)


def scaled(batch: Pixels, height: int, width: int) -> Pixels:
    """``(N, H, W)`` or ``(N, H, W, 3)`` at another size: pixels repeated for a whole zoom, else filtered."""
    old_height, old_width = batch.shape[1:3]
    if height % old_height == 0 and width % old_width == 0:
        return batch.repeat(height // old_height, axis=1).repeat(width // old_width, axis=2)
    channels = batch[..., None] if batch.ndim == 3 else batch
    channels = np.moveaxis(channels, -1, 1)  # (N, C, H, W)
    smooth = _filter(old_height, height) @ channels.astype(np.float32) @ _filter(old_width, width).T
    pixels: Pixels = np.moveaxis(np.clip(np.rint(smooth), 0, 255).astype(np.uint8), 1, -1)
    return pixels[..., 0] if batch.ndim == 3 else pixels


@functools.lru_cache(maxsize=64)
def _filter(old: int, new: int) -> NDArray[np.float32]:
    """Triangle filter ``(new, old)``, as wide as a target pixel when shrinking; rows sum to 1."""
    ratio = old / new
    centers = (np.arange(new) + 0.5) * ratio - 0.5
    reach = max(1.0, ratio)
    weights = np.maximum(0.0, 1.0 - np.abs(np.arange(old)[None, :] - centers[:, None]) / reach)
    normalised: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def resized(pixels: Pixels, size: QSize) -> Pixels:
    """``(H, W)`` or ``(H, W, 3)`` at another size, by Qt's smooth filter: fast for millions of pixels."""
    height, width = pixels.shape[:2]
    held = np.ascontiguousarray(pixels)
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    picture = QImage(held.data, width, height, held.strides[0], kind)
    aspect, filtered = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    picture = picture.scaled(size, aspect, filtered).convertToFormat(kind)
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(size.height(), picture.bytesPerLine())
    channels = pixels.shape[2:]
    return rows[:, : math.prod(channels) * size.width()].reshape(size.height(), size.width(), *channels).copy()


def qimage(pixels: Pixels) -> QImage:
    """A `QImage` with its own memory from ``(H, W, 3)``."""
    height, width, _ = pixels.shape
    quads = np.full((height, width, 4), 255, np.uint8)
    quads[..., :3] = pixels[..., ::-1]  # RGB32 is B, G, R, 255 in memory
    return QImage(quads.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
