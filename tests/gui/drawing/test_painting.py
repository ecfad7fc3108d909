"""Painters are ended whatever happens, and numbers that are not finite do not reach them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from core.foundation.pixels import display
from gui.drawing import chart, point_plot, trail
from gui.drawing.painting import FAR_PX, painting, pixel, places
from gui.lineup.map_layers import PlaneCodes, paint_badges, paint_codes

AREA = QRectF(0, 0, 120, 80)
BAD = [math.nan, math.inf, -math.inf]


@pytest.fixture
def canvas(qapp: QApplication) -> QImage:
    image = QImage(120, 80, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    return image


def test_a_painter_ends_when_its_block_raises(canvas: QImage) -> None:
    opened = []

    def paint() -> None:
        with painting(canvas) as painter:
            opened.append(painter)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        paint()
    assert not opened[0].isActive()
    assert not canvas.paintingActive()


def test_places_are_numbers_within_reach() -> None:
    assert [pixel(value) for value in (2.4, *BAD, 1e300)] == [2, -FAR_PX, FAR_PX, -FAR_PX, FAR_PX]
    there = places(np.array([2.5, *BAD, 1e30], np.float32))
    assert there.dtype == np.float32
    assert there.tolist() == [2.5, -FAR_PX, FAR_PX, -FAR_PX, FAR_PX]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("count", [1, 3])
def test_a_curve_that_is_not_finite_leaves_the_chart_alive(value: float, count: int, canvas: QImage) -> None:
    x, y = np.arange(count, dtype=float), np.full(count, value)
    picture = chart.Picture(
        (0.0, 2.0), (0.0, 1.0), (chart.Line(x, y, "#ffffff"),), chart.Band(x, y, y, "#ffffff"), (value, "#ffffff")
    )
    with painting(canvas) as painter:
        chart.paint_grid(painter, AREA, picture)
        chart.paint(painter, AREA, picture)
        trail.draw(painter, AREA, [trail.Line(x, y, "#ffffff")], 2.0)
    assert 0 < chart.axis_end(value) < math.inf


def test_a_gap_in_a_curve_is_left_out(canvas: QImage) -> None:
    picture = chart.Picture((0.0, 2.0), (0.0, 1.0))
    line = chart.Frame(AREA, picture).polygon(np.arange(3.0), np.array([0.0, math.nan, 1.0]))
    assert line.size() == 2


@pytest.mark.parametrize("value", BAD)
def test_codes_that_are_not_finite_are_left_out(value: float, canvas: QImage) -> None:
    points = np.array([[value, 0.0], [10.0, 10.0], [value, value]], np.float32)
    codes = PlaneCodes(points, np.array([0, 1, 2]))
    assert codes.points.tolist() == [[10.0, 10.0]]
    with painting(canvas) as painter:
        badges = paint_codes(painter, codes, lambda spots: spots, frozenset(), AREA.toRect())
        paint_badges(painter, badges, ())
    assert [label for _, _, label in badges] == [1]
    assert not point_plot.dots(points[[0, 2]], AREA, "#ffffff", 1.0).isNull()


def test_pixels_that_are_not_numbers_are_black() -> None:
    images = np.array([math.nan, math.inf, -math.inf, 0.5], np.float32).reshape(1, 1, 2, 2)
    assert display(images).reshape(-1).tolist() == [0, 255, 0, 128]
    assert display(np.full((1, 2, 1, 1), math.nan, np.float32)).shape == (1, 28, 28)
