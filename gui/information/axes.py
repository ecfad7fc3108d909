"""Ticks and axes of plots that `chart`'s own grid does not fit: powers of ten, and ticks with labels of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import pixel

Ticks = Sequence[tuple[float, str]]
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decades(low: float, high: float, max_count: int = 6) -> Ticks:
    """Ticks at powers of ten between two exponents, about ``max_count`` at most; their positions are the exponents."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    step = max(1, math.ceil((last - first + 1) / max_count))
    return [(float(e), power_label(e)) for e in range(first, last + 1) if (e - first) % step == 0]


def power_label(exponent: int) -> str:
    """Label of 10ⁿ: a plain number from 0.01 to 10,000, else a power."""
    if 0 <= exponent <= 4:
        return f"{10**exponent:,}"
    return {-1: "0.1", -2: "0.01"}.get(exponent, "10" + str(exponent).translate(_POWERS))


def linear(low: float, high: float, max_count: int) -> Ticks:
    """Ticks at about ``max_count`` round numbers, all with the same decimals."""
    ticks = chart.ticks(low, high, max_count)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    exponent = math.floor(math.log10(step) + 1e-9)
    decimals = max(0, (abs(step / 10.0**exponent - 2.5) < 0.1) - exponent)  # a step of 2.5 needs one decimal more
    if max((abs(value) for value in ticks), default=0.0) >= 10_000:
        return [(value, numbers.short(value)) for value in ticks]
    return [(value, numbers.number(value, decimals)) for value in ticks]


def left_margin(up: Ticks) -> float:
    """Left edge of a frame, px, at which the tick labels ``up`` are not cut off."""
    return max(0.0, max((paint.wide(label, "tick") for _, label in up), default=0.0) + 6 - chart.LEFT)


def paint_axes(painter: QPainter, frame: chart.Frame, across: Ticks, up: Ticks) -> None:
    """Paint grid lines with the labels ``up`` at the left of the widget, and the baseline with ``across`` below it."""
    colors, inner = theme.current(), frame.inner
    for value, label in up:
        y = pixel(float(frame.down(np.array([value]))[0]))
        painter.fillRect(QRectF(inner.left(), y, inner.width(), 1), QColor(colors.grid))
        place = QRectF(0, y - 7, inner.left() - 6, 14)
        paint.text(painter, place, label, "tick", colors.text_3, paint.RIGHT)
    painter.fillRect(QRectF(inner.left(), round(inner.bottom()), inner.width(), 1), QColor(colors.line))
    for value, label in across:
        x = float(frame.across(np.array([value]))[0])
        place = QRectF(min(x - 30, inner.right() + chart.RIGHT - 60), inner.bottom() + 3, 60, 14)
        align = paint.CENTER if place.left() == x - 30 else paint.RIGHT
        paint.text(painter, place, label, "tick", colors.text_3, align)
