"""The shape of a lane beside its name."""

from __future__ import annotations

from gui.drawing import lane_shapes, theme
from gui.widgets.label import Label


class LaneMark(Label):
    """The shape of a lane in its colour, ``size`` pixels across; empty until it has a lane."""

    def __init__(self, slot: int | None = None, size: int = 8) -> None:
        super().__init__("")
        self._slot, self._size = slot, size
        theme.changes.changed.connect(self._draw)
        self._draw()

    def set_slot(self, slot: int) -> None:
        """Set the lane."""
        if slot != self._slot:
            self._slot = slot
            self._draw()

    def _draw(self) -> None:
        if self._slot is not None:
            color = theme.current().lanes[self._slot]
            self.setPixmap(lane_shapes.shape_pixmap(self._slot, self._size, color))
