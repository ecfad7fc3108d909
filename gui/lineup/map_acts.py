"""What the menu of a latent map does with a place on it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from gui.desk.desk import Desk
from gui.widgets.offer import Act

if TYPE_CHECKING:
    from core.foundation.arrays import Floats
    from gui.desk.latent_point import Pin

PINS: tuple[tuple[Pin, str], ...] = (("a", "Set A here"), ("b", "Set B here"))


def place_acts(desk: Desk, place: Floats | None) -> tuple[Act, ...]:
    """Bring the point, or an end of its path, to plane coordinates (2,); None: the ends to where the point is."""
    if not desk.is_open:
        return ()
    point = desk.point
    z = point.z.copy() if place is None else point.plane.at(place[None], point.z)[0]

    def put(act: Callable[[], object]) -> None:
        desk.undo.about_to_change.emit()  # an edit of its own, not one with the drag before it
        point.stop()
        act()

    ends = [Act(words, functools.partial(put, functools.partial(point.put_pin, pin, z))) for pin, words in PINS]
    move = Act("Point here", functools.partial(put, functools.partial(point.move, z)))
    return tuple(ends) if place is None else (move, *ends)
