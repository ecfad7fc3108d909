"""Ticks and axes of plots that `chart`'s own grid does not fit: ticks with labels of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import pixel

Ticks = Sequence[tuple[float, str]]
LABEL_GAP_PX = 4
"""Least space between two labels of x, px."""
ROUND_DECADES = 0.8
"""Of a logarithmic axis with more decades than this, 1, 2 and 5 are marked; of a shorter one round numbers."""
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def logarithmic(low: float, high: float, max_count: int = 6) -> Ticks:
    """Ticks of a logarithmic axis between two exponents: powers of ten, and where less than two are in sight 1, 2, 5,
    then round numbers."""
    powers = chart.decades(low, high, max_count)
    if len(powers) > 1:
        return powers
    shift = 0 if low >= -3 and high <= 5 else math.floor(high)
    factor = f"·10{str(shift).translate(_POWERS)}" if shift else ""
    first, last = 10.0 ** (low - shift), 10.0 ** (high - shift)
    if high - low > ROUND_DECADES:
        steps = (m * 10.0**e for e in range(math.floor(low - shift), math.ceil(high - shift)) for m in (1, 2, 5))
        values: Ticks = [(value, numbers.short(value)) for value in steps if first <= value <= last]
    else:
        values = [(value, label) for value, label in linear(first, last, max_count) if value > 0]
    return [(math.log10(value) + shift, label + factor) for value, label in values]


def linear(low: float, high: float, max_count: int) -> Ticks:
    """Ticks at about ``max_count`` round numbers, all with the same decimals."""
    ticks = chart.ticks(low, high, max_count)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    exponent = math.floor(math.log10(step) + 1e-9)
    decimals = max(0, (abs(step / 10.0**exponent - 2.5) < 0.1) - exponent)  # a step of 2.5 needs one decimal more
    if max((abs(value) for value in ticks), default=0.0) >= 10_000:
        short = [(value, numbers.short(value)) for value in ticks]
        if len({label for _, label in short}) == len(short):
            return short
    return [(value, numbers.number(value, decimals)) for value in ticks]


def in_steps(low: float, high: float) -> tuple[float, float]:
    """A range rounded outward by 3 % of its length at most, to ends that seldom change while values do."""
    unit = 2.0 ** math.floor(math.log2(high - low)) / 64
    return math.floor(low / unit) * unit, math.ceil(high / unit) * unit


def left_margin(up: Ticks) -> float:
    """Left edge of a frame, px, at which the tick labels ``up`` are not cut off."""
    return max(0.0, max((paint.wide(label, "tick") for _, label in up), default=0.0) + 6 - chart.LEFT)


def paint_axes(painter: QPainter, frame: chart.Frame, across: Ticks, up: Ticks) -> None:
    """Paint grid lines with the labels ``up`` at the left of the widget, and the baseline with ``across`` below it.

    Labels ``across`` go from left to right; one that would touch the label before it is left out.
    """
    colors, inner = theme.current(), frame.inner
    for value, label in up:
        y = pixel(float(frame.down(np.array([value]))[0]))
        painter.fillRect(QRectF(inner.left(), y, inner.width(), 1), QColor(colors.grid))
        place = QRectF(0, y - 7, inner.left() - 6, 14)
        paint.text(painter, place, label, "tick", colors.text_3, paint.RIGHT)
    painter.fillRect(QRectF(inner.left(), round(inner.bottom()), inner.width(), 1), QColor(colors.line))
    free = 0.0
    for value, label in across:
        wide = math.ceil(paint.wide(label, "tick")) + 1
        left = float(frame.across(np.array([value]))[0]) - wide / 2
        left = min(max(0.0, left), inner.right() + chart.RIGHT - wide)
        if left >= free:
            free = left + wide + LABEL_GAP_PX
            paint.text(painter, QRectF(left, inner.bottom() + 3, wide, 14), label, "tick", colors.text_3, paint.CENTER)
