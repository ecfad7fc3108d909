"""A small chart without axes: the history of one number, a line per lane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.drawing import paint, theme
from gui.drawing.chart import Line, polygon
from gui.drawing.smoothing import thinned

DOT = 2.0
"""Radius of the dot at the newest value, px."""


def spans(lines: Sequence[Line]) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ranges of x and y that the finite values cover. x starts at 0; y is never empty."""
    if not lines:
        return (0.0, 1.0), (0.0, 1.0)
    xs, ys = np.concatenate([line.x for line in lines]), np.concatenate([line.y for line in lines])
    keep = np.isfinite(xs + ys)
    if not keep.any():
        return (0.0, 1.0), (0.0, 1.0)
    low, high = float(ys[keep].min()), float(ys[keep].max())
    room = max((high - low) * 0.08, abs(high) * 0.005, 1e-6)
    return (0.0, max(1e-9, float(xs[keep].max()))), (low - room, high + room)


def draw(painter: QPainter, area: QRectF, lines: Sequence[Line], end: float) -> None:
    """Paint lines over x from 0 to ``end``, each with a dot at its newest value; nothing where no line has a point."""
    if not any(len(line.x) for line in lines):
        return
    colors = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    paint.box(painter, area, 0, colors.plot)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = area.adjusted(3, 3, -5, -3)
    (_, (low, high)), points = spans(lines), max(8, int(inner.width() / 3))
    for line in lines:
        keep = np.isfinite(line.x + line.y)
        if not keep.any():
            continue
        x, y = thinned(line.x[keep], line.y[keep], points)
        across = inner.left() + x / max(end, 1e-9) * inner.width()
        down = inner.bottom() - (y - low) / (high - low) * inner.height()
        points_px = polygon(np.stack([across, down], 1))
        painter.setPen(QPen(QColor(line.color), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points_px)
        painter.setBrush(QColor(line.color))
        painter.drawEllipse(points_px.last(), DOT, DOT)


def x_at(area: QRectF, across: float, end: float) -> float:
    """The x under a pixel."""
    inner = area.adjusted(3, 3, -5, -3)
    return float(np.clip((across - inner.left()) / max(1.0, inner.width()), 0.0, 1.0)) * end
