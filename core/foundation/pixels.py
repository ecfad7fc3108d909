"""Conversion between images as floats in [0, 1], (N, C, H, W), or points, (N, D, 1, 1), and bytes for the screen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.foundation.arrays import Floats, Pixels

SMALLEST_SIDE = 28
"""Shortest side of an image that models take, pixels."""
LARGEST_SIDE = 128
"""Longest side of an image that models take, pixels."""
MOST_COLUMNS = 64
"""Most coordinates of a point."""
FRAME = 1.5
"""Charts of points span -FRAME to FRAME on both axes."""
CHART_PX = 28
"""Side of such a chart, pixels."""
_ZERO = 72
"""Brightness of the line at 0 in a chart of bars."""


def is_points(shape: Sequence[int]) -> bool:
    """Whether items of shape (C, H, W) are points, (D, 1, 1), not images."""
    return tuple(shape[1:]) == (1, 1) and 2 <= shape[0] <= MOST_COLUMNS


def is_planar(shape: Sequence[int]) -> bool:
    """Whether items of shape (C, H, W) are points of a plane, (2, 1, 1)."""
    return tuple(shape) == (2, 1, 1)


def at_once(count: int, numbers: int, most: int) -> int:
    """``count`` images of so many ``numbers`` each; of large images as many as have ``most`` numbers together."""
    return min(count, max(1, most // numbers))


def _charts(points: Floats) -> Pixels:
    """Points (N, 2) as pictures (N, S, S) of one round dot each, at the edge where a point is outside."""
    inside = np.fmin(np.fmax(points, -FRAME), FRAME)
    at = (inside / FRAME * 0.5 * [1, -1] + 0.5) * (CHART_PX - 1)  # (N, 2), from the top left
    line = np.arange(CHART_PX)
    x, y = (np.exp(-np.square(line - at[:, i, None]) / 3.0) for i in (0, 1))  # (N, S)
    return np.rint(255.0 * y[:, :, None] * x[:, None, :]).astype(np.uint8)


def display_side(shape: Sequence[int]) -> int:
    """Side of the picture that `display` makes of an item of shape (C, H, W), pixels."""
    if not is_points(shape):
        return max(shape[1:])
    return CHART_PX if is_planar(shape) else max(CHART_PX, shape[0] * _bar_width(shape[0]))


def _bar_width(columns: int) -> int:
    return max(CHART_PX // columns, 2 if 2 * columns <= MOST_COLUMNS else 1)


def _bars(points: Floats) -> Pixels:
    """Points (N, D) as pictures (N, S, S) of one bar per coordinate, up or down from a line at 0, ±`FRAME` high."""
    count, columns = points.shape
    side, width = display_side((columns, 1, 1)), _bar_width(columns)
    values = np.nan_to_num(np.clip(points, -FRAME, FRAME), nan=0.0) * (side / 2 / FRAME)  # (N, D) pixels
    top, bottom = side / 2 - np.maximum(values, 0), side / 2 - np.minimum(values, 0)
    row = np.arange(side)[:, None]
    covered = np.minimum(row + 1, bottom[:, None]) - np.maximum(row, top[:, None])  # (N, S, D)
    bars = np.rint(255.0 * np.clip(covered, 0.0, 1.0)).astype(np.uint8)
    left = (side - columns * width) // 2
    pictures = np.zeros((count, side, side), np.uint8)
    pictures[:, side // 2, left : left + columns * width] = _ZERO
    for at in range(max(1, width - 1) if width > 2 else width):  # a gap between bars, where there is room for it
        place = pictures[:, :, left + at : left + columns * width : width]
        np.maximum(place, bars, out=place)
    return pictures


def histogram_image(points: Floats, side: int = CHART_PX) -> Pixels:
    """The 2-D histogram of points (N, 2) over ±`FRAME` as one picture (S, S), bright on a log scale of the count."""
    edges = np.linspace(-FRAME, FRAME, side + 1)
    counts = np.histogram2d(-points[:, 1], points[:, 0], [edges, edges])[0]
    shown = np.log1p(counts) / np.log1p(max(float(counts.max(initial=0.0)), 1.0))
    picture: Pixels = np.rint(255.0 * shown).astype(np.uint8)
    return picture


def display(images: Floats) -> Pixels:
    """Images (N, C, H, W) in [0, 1] as bytes for the screen: (N, H, W) grey or (N, H, W, 3).

    NaN is black. Points become small charts: those of a plane, (N, 2, 1, 1), a dot in a square of ±`FRAME`, others,
    (N, D, 1, 1), a bar per coordinate.
    """
    if is_points(images.shape[1:]):
        points = images[:, :, 0, 0]
        return _charts(points) if is_planar(images.shape[1:]) else _bars(points)
    return display_bytes(np.rint(np.fmin(np.fmax(images, 0.0), 1.0) * 255.0).astype(np.uint8))


def display_bytes(pixels: Pixels) -> Pixels:
    """Bytes (N, C, H, W) in a screen's layout: (N, H, W) grey or (N, H, W, 3). Points as `display` shows them."""
    if pixels.dtype != np.uint8:
        return display(np.asarray(pixels, np.float32))
    return pixels[:, 0] if pixels.shape[1] == 1 else np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))


def as_floats(pixels: Pixels) -> Floats:
    """Bytes of any shape as floats in [0, 1]; points, which are floats, unchanged."""
    if pixels.dtype != np.uint8:
        return np.asarray(pixels, np.float32)
    return pixels.astype(np.float32) / np.float32(255.0)
