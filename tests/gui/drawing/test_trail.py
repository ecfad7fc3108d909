"""The small charts of a measure's history."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from gui.drawing import trail
from gui.drawing.chart import Line


def drawn(*lines: Line) -> QImage:
    image = QImage(60, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.magenta)
    if lines:
        painter = QPainter(image)
        trail.draw(painter, QRectF(5, 5, 50, 20), lines, 10.0)
        painter.end()
    return image


def test_without_a_point_there_is_no_chart() -> None:
    """An empty one is a black box among empty cells, in the dark theme."""
    nothing, ground = Line(np.empty(0), np.empty(0), "#ff0000"), drawn()
    assert drawn(nothing, nothing) == ground
    x = np.array([1.0, 5.0, 9.0])
    assert drawn(nothing, Line(x, x, "#ff0000")) != ground
