"""How images lie in an array, and what their numbers mean: guessed from shape and range, and told.

Layouts: (N, H, W), (N, H, W, C), (N, C, H, W), rows (N, D) of square images, and MATLAB's (H, W, C, N), (H, W, N) and
(D, N), whose images are stored by columns. C is 1 or 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Pixels
from core.foundation.reading import DataError, Report
from core.readers.stored import AnyArray

SMALLEST = 8
"""Shortest side of an image that is read, pixels."""
LARGEST = 512
"""Longest side of an image that is read, pixels; longer ones belong into picture files."""

_SLICE = 1 << 22  # numbers that are converted at once
_NEAR = 1e-3  # a range may be off by this much, from rounding


def square_of(pixels: int) -> tuple[int, int] | None:
    """(C, S) of a square image of so many numbers, grey or in three colours; None where it is none that is read."""
    for channels in (1, 3):
        side = math.isqrt(pixels // channels)
        if side >= SMALLEST and side * side * channels == pixels:
            return channels, side
    return None


def find_layout(shape: tuple[int, ...], columns_first: bool = False) -> str:
    """The layout of an array of images, such as "N, H, W, C"; "" where it can hold none."""
    if len(shape) == 2:
        if columns_first and square_of(shape[0]):
            return "D, N"
        return "N, D" if square_of(shape[1]) else ""
    if len(shape) == 3:
        return "H, W, N" if columns_first and not _is_count_first(shape) else "N, H, W"
    if len(shape) == 4 and columns_first and shape[2] in (1, 3):
        return "H, W, C, N"
    if len(shape) == 4 and shape[3] in (1, 3):
        return "N, H, W, C"
    return "N, C, H, W" if len(shape) == 4 and shape[1] in (1, 3) else ""


def _is_count_first(shape: tuple[int, ...]) -> bool:
    """Whether the last two of three axes look like the sides of images, as where Python wrote a MAT file."""
    return shape[0] > LARGEST or shape[1] == shape[2] != shape[0]


def channels_first(images: AnyArray, place: str, columns_first: bool = False) -> tuple[AnyArray, str]:
    """A view of the images as (N, C, H, W), and the layout in which they lie. Raises `DataError`."""
    shape = images.shape
    layout = find_layout(shape, columns_first)
    if not layout:
        sides = " × ".join(map(str, shape))
        raise DataError(
            f"{place} holds {sides} numbers, which are no images: write them as (N, H, W), (N, H, W, 3) or (N, 3, H, W)"
        )
    if layout in ("N, D", "D, N"):
        channels, side = square_of(shape[1] if layout == "N, D" else shape[0]) or (1, 0)
        if not columns_first:
            found = images.reshape(shape[0], channels, side, side)
        elif layout == "N, D":
            found = images.reshape(shape[0], channels, side, side).transpose(0, 1, 3, 2)
        else:
            found = images.reshape(channels, side, side, shape[1]).transpose(3, 0, 2, 1)
    else:
        order = {"N, H, W": (0, 1, 2), "H, W, N": (2, 0, 1), "N, H, W, C": (0, 3, 1, 2), "H, W, C, N": (3, 2, 0, 1)}
        found = images.transpose(order.get(layout, (0, 1, 2, 3)))
        found = found[:, np.newaxis] if found.ndim == 3 else found
    height, width = found.shape[2:]
    if not all(SMALLEST <= side <= LARGEST for side in (height, width)):
        raise DataError(
            f"{place} holds images of {width} × {height} pixels: {SMALLEST} to {LARGEST} a side can be used, scale them"
        )
    return found, layout


@dataclass(frozen=True)
class Range:
    """The values that mean black and white, and how that is told."""

    black: float
    white: float
    told: str


BITS = (8, 10, 12, 16)


def find_range(arrays: Sequence[AnyArray], place: str) -> Range:
    """The range of pixels of all arrays together. `DataError` for nan, inf, or where all values are one.

    Whole numbers up to 16 are those of UCI's digits, up to 255, 1,023, 4,095 and 65,535 those of 8, 10, 12 and 16 bits.
    What fits no common range is stretched from its smallest to its largest value.
    """
    low, high, whole = _extent(arrays, place)
    if low == high:
        raise DataError(f"{place} holds the value {low:g} everywhere: choose an array of images")
    if all(each.dtype == np.uint8 for each in arrays) and high > 16:
        return Range(0, 255, "bytes")
    if low >= 0 and whole and high > 1:
        if high <= 16:
            return Range(0, 16, "0 to 16")
        for bits in BITS:
            if high <= 2**bits - 1:
                return Range(0, 2**bits - 1, f"{bits} bit")
    if whole and all(each.dtype == np.int8 for each in arrays):
        return Range(-128, 127, "-128 to 127")
    for black, white in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        slack = _NEAR * (white - black)
        if low >= black - slack and high <= white + slack:
            return Range(black, white, f"{black:g} to {white:g}")
    return Range(low, high, f"{low:.4g} to {high:.4g}, stretched")


def _extent(arrays: Sequence[AnyArray], place: str) -> tuple[float, float, bool]:
    """Smallest and largest value, and whether all are whole."""
    low, high, whole = math.inf, -math.inf, True
    for array in arrays:
        rows = _rows_at_once(array)
        for start in range(0, len(array), rows):
            part = array[start : start + rows]
            least, most = float(part.min()), float(part.max())
            if not (math.isfinite(least) and math.isfinite(most)):
                raise DataError(f"{place} holds nan or inf among its pixels: replace them")
            low, high = min(low, least), max(high, most)
            whole = whole and (part.dtype.kind != "f" or bool(np.array_equal(part, np.rint(part))))
    return low, high, whole


def _rows_at_once(array: AnyArray) -> int:
    return max(1, _SLICE // max(1, math.prod(array.shape[1:])))


def to_bytes(images: AnyArray, span: Range, report: Report) -> Pixels:
    """Images of any type and layout as bytes, contiguous and writable, converted in slices."""
    if images.dtype == np.uint8 and (span.black, span.white) == (0, 255):
        report(1.0)
        if images.flags.c_contiguous and images.flags.writeable:
            return images
        return np.array(images, order="C")
    found = np.empty(images.shape, np.uint8)
    rows = _rows_at_once(images)
    scale = 255.0 / (span.white - span.black)
    exact = np.float64 if images.dtype.itemsize > 4 else np.float32
    for start in range(0, len(images), rows):
        part: AnyArray = images[start : start + rows].astype(exact)
        part -= span.black
        part *= scale
        found[start : start + rows] = np.rint(np.clip(part, 0, 255))
        report(min(1.0, (start + rows) / len(images)))
    return found


def resized(pixels: Pixels, height: int, width: int, report: Report) -> Pixels:
    """Images (N, C, H, W) at another size, by linear interpolation over the area that a new pixel covers.

    It is Pillow's ``BILINEAR``, to one level, for all images at once.
    """
    down, across = _weights(pixels.shape[2], height), _weights(pixels.shape[3], width)  # (H', H), (W', W)
    found = np.empty((*pixels.shape[:2], height, width), np.uint8)
    rows = _rows_at_once(pixels)
    for start in range(0, len(pixels), rows):
        part = down @ pixels[start : start + rows].astype(np.float32) @ across.T
        found[start : start + rows] = np.rint(np.clip(part, 0, 255))
        report(min(1.0, (start + rows) / len(pixels)))
    return found


def _weights(old: int, new: int) -> AnyArray:
    """The share (new, old) that each old line has in each new one: a triangle, as wide as a new line covers."""
    scale = old / new
    width = max(scale, 1.0)
    centres = (np.arange(new) + 0.5) * scale  # (new,)
    distances = np.abs(np.arange(old) + 0.5 - centres[:, None]) / width  # (new, old)
    weights = np.clip(1.0 - distances, 0.0, None)
    shares: AnyArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def squared(pixels: Pixels, side: int, report: Report) -> Pixels:
    """Images (N, C, H, W) as squares (N, C, S, S) of that side: scaled down where larger, centred on black."""
    longest = max(pixels.shape[2:])
    if longest > side:
        height, width = (max(1, round(each * side / longest)) for each in pixels.shape[2:])
        pixels = resized(pixels, height, width, report)
    report(1.0)
    height, width = pixels.shape[2:]
    if (height, width) == (side, side):
        return pixels
    top, left = (side - height) // 2, (side - width) // 2
    found = np.zeros((*pixels.shape[:2], side, side), np.uint8)
    found[:, :, top : top + height, left : left + width] = pixels
    return found


def filled(pixels: Pixels, side: int, report: Report) -> Pixels:
    """Images (N, C, H, W) scaled so that the longer side is ``side``, centred on a black square."""
    longest = max(pixels.shape[2:])
    if longest < side:
        height, width = (max(1, round(each * side / longest)) for each in pixels.shape[2:])
        pixels = resized(pixels, height, width, report)
    return squared(pixels, side, report)
