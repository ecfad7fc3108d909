"""The image of the input card, which other pages show too."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats


class ChosenImage(QObject):
    """A test image by its index, or a drawing. ``index_wanted`` and ``draw_wanted`` ask the input card for another."""

    changed = Signal()
    index_wanted = Signal(int)  # index of a test image
    draw_wanted = Signal(object)  # the widget that the drawing feeds; the sheet opens beside it

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.index = 0
        self.drawn = False
        self.image: Floats | None = None

    def put(self, index: int, drawn: bool, image: Floats | None) -> None:
        """Set the image that the input card shows: (C, H, W) in [0, 1], or None while nothing is drawn."""
        same = (index, drawn) == (self.index, self.drawn) and _same(image, self.image)
        self.index, self.drawn, self.image = index, drawn, image
        if not same:
            self.changed.emit()

    def is_still(self, image: Floats) -> bool:
        """Whether the chosen image has the same pixels as this one."""
        return _same(image, self.image)


def _same(one: Floats | None, other: Floats | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool(np.array_equal(one, other))
