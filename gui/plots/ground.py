"""The ground of a plot: a cached picture of what rests under the data."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter

from gui.drawing.chart import Backdrop
from gui.drawing.painting import picture_ratio, still


class Ground:
    """Paints a cached picture on the screen; into a picture that is saved it paints lines and words."""

    def __init__(self) -> None:
        self._rests = Backdrop()

    def paint(
        self,
        painter: QPainter,
        key: tuple[object, ...],
        size: QSize,
        ratio: float,
        draw: Callable[[QPainter], None],
        is_pixels: bool = False,
    ) -> None:
        """Paint the ground for this key; ``draw`` is called if it is not cached. ``is_pixels``: in pictures too."""
        if picture_ratio() and not is_pixels:
            painter.save()
            draw(painter)
            painter.restore()
        else:
            still(painter, self._rests.pixmap(key, size, ratio, draw))
