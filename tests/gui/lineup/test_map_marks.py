"""The ring of the point and the pins, as they share a place on a latent map."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect

from gui.lineup.map_layers import PlaneCodes, marks_of, placed_badges
from gui.lineup.map_marks import PIN_PX, POINT_PX, RING_PX, handle_areas, is_over, pin_spots, ring

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
    alphas = [ring(False, 1.0, over).toImage().pixelColor(RING_PX, RING_PX).alpha() for over in (False, True)]
    assert alphas == [255, 0]


def test_classes_are_named_beside_the_ring_and_the_pins() -> None:
    point, a, b = QPointF(150.0, 100.0), QPointF(60.0, 40.0), QPointF(240.0, 160.0)
    codes = PlaneCodes(np.array([[151.0, 99.0], [61.0, 41.0], [238.0, 158.0]], np.float32), np.arange(3))
    marks = marks_of(codes, ("square", "4", "heart"))
    badges = placed_badges(codes, marks, lambda spots: spots, QRect(0, 0, 300, 200), handle_areas(point, a, b))
    for badge in badges:
        assert not [area for area in handle_areas(point, a, b) if area.intersects(badge.area)], badge
