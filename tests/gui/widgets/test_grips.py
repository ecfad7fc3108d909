"""Which of several handles a press takes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF

from gui.widgets.grips import GRAB_PX, Grip, taken

LOWER, UPPER = Grip("lower", QPointF(50, 50), 8.0), Grip("upper", QPointF(60, 50), 8.0)


@pytest.mark.parametrize(
    ("x", "name"),
    [
        (60, "upper"),
        (53, "upper"),  # nearer to the middle of the lower one, but covered
        (51, "lower"),
        (42, "lower"),
        (50 - GRAB_PX, "lower"),
        (60 + GRAB_PX, "upper"),
        (50 - GRAB_PX - 0.5, None),
        (60 + GRAB_PX + 0.5, None),
    ],
)
def test_what_is_drawn_on_top_is_taken(x: float, name: str | None) -> None:
    grip = taken(QPointF(x, 50), [LOWER, UPPER])
    assert (None if grip is None else grip.name) == name


def test_of_two_that_coincide_the_upper_one_is_taken() -> None:
    places = [Grip(name, QPointF(10, 10), 4.0) for name in "abc"]
    for spot in (QPointF(10, 10), QPointF(12, 11), QPointF(20, 10)):
        grip = taken(spot, places)
        assert grip is not None
        assert grip.name == "c"
    assert taken(QPointF(10, 10), []) is None
