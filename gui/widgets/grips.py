"""Which handle of a plot a press takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QPointF

Name = TypeVar("Name")

GRAB_PX = 16.0
"""Largest distance of a press from the middle of the handle that it takes, px."""


@dataclass(frozen=True)
class Grip(Generic[Name]):
    """A handle as it is drawn: its middle, and the radius of its shape, px."""

    name: Name
    middle: QPointF
    radius: float

    def distance(self, spot: QPointF) -> float:
        """Distance of a pixel from the middle, px."""
        return math.hypot(self.middle.x() - spot.x(), self.middle.y() - spot.y())


def taken(spot: QPointF, grips: Sequence[Grip[Name]]) -> Grip[Name] | None:
    """The handle that a press at ``spot`` takes: the topmost whose shape is there, else the nearest within `GRAB_PX`.

    ``grips`` are in the order in which they are painted, so that what lies on top comes last.
    """
    upper_first = grips[::-1]
    under = next((grip for grip in upper_first if grip.distance(spot) <= grip.radius), None)
    if under is not None:
        return under
    nearest = min(upper_first, key=lambda grip: grip.distance(spot), default=None)
    return nearest if nearest is not None and nearest.distance(spot) <= GRAB_PX else None
