"""The ring of the point and the pins, as they share a place on a latent map."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from gui.drawing import theme
from gui.drawing.painting import painting
from gui.lineup.map_layers import Badge, PlaneCodes, marks_of, placed_badges
from gui.lineup.map_marks import PIN_PX, POINT_PX, RING_PX, handle_areas, is_over, paint_ring, pin_spots
from gui.plots.items import Mark

pytestmark = pytest.mark.usefixtures("qapp")


def test_pins_of_one_place_stand_beside_the_ring() -> None:
    """Neither hides the other or lies under the ring, whose place they share."""
    at = QPointF(100.0, 60.0)
    for gap in (0.0, 1.0):
        a, b = pin_spots(at, at + QPointF(0.0, gap))
        assert at.x() - a.x() >= POINT_PX + PIN_PX
        assert b.x() - at.x() >= POINT_PX + PIN_PX
    apart = at, at + QPointF(20.0, 0.0)
    assert pin_spots(*apart) == apart


def test_over_a_pin_the_ring_leaves_its_letter_free() -> None:
    at, far = QPointF(100.0, 60.0), QPointF(200.0, 60.0)
    assert is_over(at, (at + QPointF(5.0, 5.0), far))
    assert is_over(at, (far, at))
    assert not is_over(at, (at + QPointF(PIN_PX + 1, 0.0), far))
    assert not is_over(at, (at, at))  # they stand beside it
    assert [middle_alpha(over) for over in (False, True)] == [255, 0]


def middle_alpha(over: bool) -> int:
    """Opacity of the ring's middle."""
    image = QImage(2 * RING_PX, 2 * RING_PX, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    with painting(image) as painter:
        painter.translate(RING_PX, RING_PX)
        paint_ring(painter, False, over)
    return image.pixelColor(RING_PX, RING_PX).alpha()


def test_handles_and_badges_grow_with_the_text(qapp: QApplication) -> None:
    """On a large screen, whose text is larger, the hand finds and sees them as well."""
    at, far = QPointF(100.0, 60.0), QPointF(200.0, 60.0)
    before = [area.width() for area in handle_areas(at, far, far)]
    badge = Badge(50.0, 50.0, 1, "1", 50.0, 50.0).area
    theme.apply(qapp, theme.current(), 1.3)
    try:
        after = [area.width() for area in handle_areas(at, far, far)]
        assert after == pytest.approx([1.3 * width for width in before], abs=1.0)
        assert Badge(50.0, 50.0, 1, "1", 50.0, 50.0).area.height() == pytest.approx(1.3 * badge.height(), abs=1.0)
        assert Mark(lambda painter: None, RING_PX).boundingRect().width() == pytest.approx(1.3 * 2 * RING_PX, abs=1.0)
    finally:
        theme.apply(qapp, theme.current(), 1.0)


def test_classes_are_named_beside_the_ring_and_the_pins() -> None:
    point, a, b = QPointF(150.0, 100.0), QPointF(60.0, 40.0), QPointF(240.0, 160.0)
    codes = PlaneCodes(np.array([[151.0, 99.0], [61.0, 41.0], [238.0, 158.0]], np.float32), np.arange(3))
    marks = marks_of(codes, ("square", "4", "heart"))
    badges = placed_badges(codes, marks, lambda spots: spots, QRect(0, 0, 300, 200), handle_areas(point, a, b))
    for badge in badges:
        assert not [area for area in handle_areas(point, a, b) if area.intersects(badge.area)], badge
