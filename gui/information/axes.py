"""Axes of the plots that chart's own grid does not fit: decades, and whatever else has named places."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from gui.drawing import chart, numbers, paint, theme

Ticks = Sequence[tuple[float, str]]
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decades(low: float, high: float, most: int = 6) -> Ticks:
    """Powers of ten between two exponents, at most about so many, by their exponents."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [(float(e), power(e)) for e in range(first, last + 1) if (e - first) % step == 0]


def power(exponent: int) -> str:
    """As a number where that is short, else 10ⁿ."""
    if 0 <= exponent <= 4:
        return f"{10**exponent:,}"
    return {-1: "0.1", -2: "0.01"}.get(exponent, "10" + str(exponent).translate(_POWERS))


def linear(low: float, high: float, most: int) -> Ticks:
    """Round numbers of a range."""
    found = chart.ticks(low, high, most)
    step = found[1] - found[0] if len(found) > 1 else 1.0
    exponent = math.floor(math.log10(step) + 1e-9)
    decimals = max(0, (abs(step / 10.0**exponent - 2.5) < 0.1) - exponent)  # a step of 2.5 needs one more
    if max((abs(value) for value in found), default=0.0) >= 10_000:
        return [(value, numbers.short(value)) for value in found]
    return [(value, numbers.number(value, decimals)) for value in found]


def room(up: Ticks) -> float:
    """Where a frame must begin so that its labels at the left are whole."""
    return max(0.0, max((paint.wide(label, "tick") for _, label in up), default=0.0) + 6 - chart.LEFT)


def paint_axes(painter: QPainter, frame: chart.Frame, across: Ticks, up: Ticks) -> None:
    """Horizontal lines with labels at the left of the widget, labels below, and the line they stand under."""
    colors, inner = theme.current(), frame.inner
    for value, label in up:
        y = round(float(frame.down(np.array([value]))[0]))
        painter.fillRect(QRectF(inner.left(), y, inner.width(), 1), QColor(colors.grid))
        place = QRectF(0, y - 7, inner.left() - 6, 14)
        paint.text(painter, place, label, "tick", colors.text_3, paint.RIGHT)
    painter.fillRect(QRectF(inner.left(), round(inner.bottom()), inner.width(), 1), QColor(colors.line))
    for value, label in across:
        x = float(frame.across(np.array([value]))[0])
        place = QRectF(min(x - 30, inner.right() + chart.RIGHT - 60), inner.bottom() + 3, 60, 14)
        align = paint.CENTER if place.left() == x - 30 else paint.RIGHT
        paint.text(painter, place, label, "tick", colors.text_3, align)
