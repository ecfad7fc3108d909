"""The one way to a painter, which is ended whatever is raised while it paints, and numbers that it can take."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPaintDevice, QPainter, QPixmap

F = TypeVar("F", bound=np.floating[Any])

_picture_ratios: list[float] = []
_kept_stills: list[QImage] | None = None


@contextmanager
def picture_at(ratio: float) -> Iterator[None]:
    """While a widget is painted into a picture of ``ratio`` pixels per pixel, its caches have as many."""
    _picture_ratios.append(ratio)
    try:
        yield
    finally:
        _picture_ratios.pop()


def picture_ratio() -> float:
    """The ratio of the picture into which widgets are painted now, or 0 while they are painted on the screen."""
    return _picture_ratios[-1] if _picture_ratios else 0.0


@contextmanager
def keeping_stills(kept: list[QImage]) -> Iterator[None]:
    """While a widget is painted into an SVG, what rests as a pixmap is put into ``kept``, and `mark` stands for it.

    Qt encodes each as PNG while it paints: 0.2 to 0.4 s for a map.
    """
    global _kept_stills
    _kept_stills = kept
    try:
        yield
    finally:
        _kept_stills = None


def mark(number: int) -> QImage:
    """A picture of one pixel that stands for a still, numbered from 0."""
    image = QImage(1, 1, QImage.Format.Format_RGB32)
    image.setPixel(0, 0, 0xFF000000 + number)
    return image


def still(painter: QPainter, pixmap: QPixmap) -> None:
    """Paint the pixmap in which a widget rests, from the widget's corner on."""
    if _kept_stills is None:
        painter.drawPixmap(0, 0, pixmap)
    else:
        painter.drawImage(QRectF(QPointF(), pixmap.deviceIndependentSize()), mark(len(_kept_stills)))
        _kept_stills.append(pixmap.toImage())


FAR_PX = 100_000
"""Farther from the corner nothing is painted, px. Qt's rasteriser counts in 32 bits, and NaN can crash it."""


@contextmanager
def painting(device: QPaintDevice, smooth: bool = False) -> Iterator[QPainter]:
    """A painter on a widget or picture, ended with the block; ``smooth`` turns antialiasing on.

    A painter that outlives the paint event of its widget crashes Qt. An exception keeps the frame that raised it alive,
    and with it the painter, so leaving that to garbage collection is too late.
    """
    painter = QPainter(device)
    try:
        if smooth:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        yield painter
    finally:
        painter.end()


def pixel(value: float) -> int:
    """The nearest whole pixel of a place, at most `FAR_PX` away; NaN lies there too, out of sight."""
    return -FAR_PX if math.isnan(value) else round(min(max(value, -FAR_PX), FAR_PX))


def places(pixels: npt.NDArray[F]) -> npt.NDArray[F]:
    """Places in pixels, an array of any shape, as a painter can take them: see `pixel`; not rounded."""
    out: npt.NDArray[F] = np.fmin(np.fmax(pixels, -FAR_PX), FAR_PX)  # of NaN and a number, these return the number
    return out
