"""Painters are ended whatever happens, and numbers that are not finite do not reach them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from core.foundation.pixels import display
from gui.drawing import chart, paint, point_plot, theme, trail
from gui.drawing.painting import FAR_PX, painting, pixel, places
from gui.lineup.map_layers import BADGE_PX, PlaneCodes, marks_of, paint_badges, paint_codes, placed_badges

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
    picture = chart.Picture((0.0, 2.0), (0.0, 1.0))
    with painting(canvas) as painter:
        chart.paint_grid(painter, AREA, picture)
        chart.paint(painter, AREA, picture, [chart.Line(x, y, "#ffffff")], (value, "#ffffff"))
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
        paint_codes(painter, codes, lambda spots: spots, AREA.toRect(), 1.0)
        badges = placed_badges(codes, marks_of(codes, ()), lambda spots: spots, AREA.toRect())
        paint_badges(painter, badges)
    assert [badge.label for badge in badges] == [1]
    assert not point_plot.dots(points[[0, 2]], AREA, "#ffffff", 1.0).isNull()


def test_pixels_that_are_not_numbers_are_black() -> None:
    images = np.array([math.nan, math.inf, -math.inf, 0.5], np.float32).reshape(1, 1, 2, 2)
    assert display(images).reshape(-1).tolist() == [0, 255, 0, 128]
    assert display(np.full((1, 2, 1, 1), math.nan, np.float32)).shape == (1, 28, 28)


def test_letters_of_classes_hide_little(qapp: QApplication) -> None:
    """The codes beneath a letter and its halo stay in sight, but for a part of what a filled badge would hide."""
    sheet = QImage(40, 40, QImage.Format.Format_ARGB32_Premultiplied)
    sheet.fill(QColor("#123456"))
    with painting(sheet) as painter:
        paint.class_letters(painter, QRectF(13, 13, BADGE_PX, BADGE_PX), 3, "3")
    changed = sum(sheet.pixelColor(x, y) != QColor("#123456") for x in range(40) for y in range(40))
    assert 40 < changed < 0.75 * (BADGE_PX + 3) ** 2
    colors = {sheet.pixelColor(x, y).name() for x in range(40) for y in range(40)}
    assert QColor(theme.current().class_color(3)).name() in colors


@pytest.mark.parametrize(("side", "widest"), [(200, 3), (520, 5), (1_400, 6)])
def test_dots_grow_with_the_map(side: int, widest: int) -> None:
    sheet = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    sheet.fill(Qt.GlobalColor.black)
    codes = PlaneCodes(np.array([[50.0, 50.0]], np.float32), np.array([0]))
    with painting(sheet) as painter:
        paint_codes(painter, codes, lambda spots: spots, QRectF(0, 0, side, side).toRect(), 1.0)
    lit = [x for x in range(side) if any(sheet.pixelColor(x, y).lightness() > 0 for y in range(40, 60))]
    assert len(lit) == widest


def test_a_badge_that_was_pushed_away_leads_to_its_median(canvas: QImage) -> None:
    """Ten classes whose codes all lie together, as of a collapsed VAE."""
    labels = np.arange(10)
    points = (AREA.center().x() + np.random.default_rng(0).normal(0, 0.3, (10, 2))).astype(np.float32)
    with painting(canvas) as painter:
        codes = PlaneCodes(points, labels)
        badges = placed_badges(codes, marks_of(codes, ()), lambda spots: spots, AREA.toRect())
        canvas.fill(Qt.GlobalColor.black)
        paint_badges(painter, badges)
    assert [(badge.home_x, badge.home_y) for badge in badges] == [pytest.approx(spot) for spot in points.tolist()]
    away = [badge for badge in badges if badge.is_away]
    assert away
    for badge in away:
        share = 0.5 * BADGE_PX * 1.5 / math.hypot(badge.x - badge.home_x, badge.y - badge.home_y)
        x, y = (badge.x + share * (badge.home_x - badge.x), badge.y + share * (badge.home_y - badge.y))
        around = canvas.copy(round(x) - 2, round(y) - 2, 5, 5)
        assert any(around.pixelColor(i, j).lightness() > 30 for i in range(5) for j in range(5))


def test_badges_at_their_medians_have_no_line() -> None:
    points = np.array([[20.0, 20.0], [60.0, 20.0]], np.float32)
    codes = PlaneCodes(points, np.array([0, 1]))
    badges = placed_badges(codes, marks_of(codes, ()), lambda spots: spots, AREA.toRect())
    assert not [badge for badge in badges if badge.is_away]


def test_classes_with_names_are_named_on_the_map_and_do_not_cover_each_other() -> None:
    points = np.array([[150.0, 100.0], [152.0, 101.0], [149.0, 99.0], [10.0, 100.0]], np.float32)
    codes, names = PlaneCodes(points, np.arange(4)), ("ellipse", "square", "heart", "a very long name")
    assert marks_of(codes, names) == ["ellipse", "square", "heart", "a very lo…"]
    area = QRect(0, 0, 300, 200)
    badges = placed_badges(codes, marks_of(codes, names), lambda spots: spots, area)
    for badge in badges:
        assert badge.area.width() > BADGE_PX
        assert QRectF(area).contains(badge.area)
        assert not [each for each in badges if each is not badge and each.area.intersects(badge.area)]


def test_badges_leave_words_free() -> None:
    """On them, at both sides of them, on a note in a corner; and as many as there are classes."""
    words = (QRectF(50, 30, 18, 12), QRectF(4, 60, 70, 16))
    points = np.array([[58.0, 36.0], [59.0, 36.0], [45.0, 36.0], [72.0, 35.0], [20.0, 70.0], [30.0, 66.0]], np.float32)
    codes = PlaneCodes(points, np.arange(6))
    badges = placed_badges(codes, marks_of(codes, ()), lambda spots: spots, AREA.toRect(), words)
    assert len(badges) == 6
    for badge in badges:
        area = QRectF(badge.x - BADGE_PX / 2, badge.y - BADGE_PX / 2, BADGE_PX, BADGE_PX)
        assert not any(area.intersects(each) for each in words), badge
        assert AREA.contains(area)
