"""The image of the input card, which other pages show too."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats

Kind = Literal["test", "draw", "own"]


class ChosenImage(QObject):
    """A test image by its index, a drawing, or a picture of the user's own, as ``kind`` says.

    ``index_wanted`` and ``draw_wanted`` ask the input card for another; ``given`` gives it one of a document.
    """

    changed = Signal()
    index_wanted = Signal(int)  # index of a test image
    draw_wanted = Signal(object)  # the widget that the drawing feeds; the sheet opens beside it
    given = Signal(str, object)  # "draw" or "own", and the image (C, H, W) in [0, 1]

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.index = 0
        self.kind: Kind = "test"
        self.image: Floats | None = None

    @property
    def is_of_test(self) -> bool:
        """Whether it is a test image."""
        return self.kind == "test"

    @property
    def words(self) -> str:
        """What an image that is no test image is called; "" of a test image."""
        return {"test": "", "draw": "Your drawing", "own": "Your picture"}[self.kind]

    def put(self, index: int, kind: Kind, image: Floats | None) -> None:
        """Set the image that the input card shows: (C, H, W) in [0, 1], or None while there is none of that kind."""
        same = (index, kind) == (self.index, self.kind) and _same(image, self.image)
        self.index, self.kind, self.image = index, kind, image
        if not same:
            self.changed.emit()

    def is_still(self, image: Floats) -> bool:
        """Whether the chosen image has the same pixels as this one."""
        return _same(image, self.image)


def _same(one: Floats | None, other: Floats | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool(np.array_equal(one, other))
