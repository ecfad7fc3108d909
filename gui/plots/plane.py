"""A plane: a plot whose units are as long across as up, without axes, filled from edge to edge."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import numbers, paint, theme
from gui.plots.items import Layer, Mark
from gui.plots.link import Link
from gui.plots.plot import Plot
from gui.plots.view import NO_MARGINS
from gui.widgets.painted import PaintedWidget

CORNER_PX = 4
"""Radius of its corners, px."""
CROSS_PX = 8
"""Half the side of the cross where the keyboard reads, px."""
STEP_PX = 4
"""Distance by which a key moves the reading, px."""


class Plane(Plot):
    """Layers and items over a flat ground, in a frame with round corners. ``around``: colour token beyond them."""

    fits_at_left = True  # in the other corner a panel says how old a picture is

    def __init__(self, name: str, *, link: Link | None = None, around: str = "window") -> None:
        super().__init__(name, link=link, margins=NO_MARGINS, is_square=True)
        self._around = around
        self.value_words: Callable[[], str] | None = None  # what a screen reader says is its value; None: what is read
        self.summary: Callable[[], str] | None = None  # and what it shows, in a sentence
        self._crossed: tuple[float, float] | None = None
        self.add_over(Layer(self, self.paint_frame), 100.5)
        self._cross = Mark(self._paint_cross, CROSS_PX)
        self._cross.hide()
        self.add_over(self._cross, 103.0)
        self.ranged.connect(self._place_cross)

    def paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(theme.current().plot))

    def paint_frame(self, painter: QPainter) -> None:
        """Paint the frame, and what lies outside of its corners."""
        colors, area = theme.current(), QRectF(self.rect())
        corners, inside = QPainterPath(), QPainterPath()
        corners.addRect(area)
        inside.addRoundedRect(area, CORNER_PX, CORNER_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(corners - inside, QColor(colors.token(self._around)))
        paint.box(painter, area, CORNER_PX, None, colors.line)

    def restyle(self) -> None:
        self._cross.renew()

    def spoken_value(self) -> str:
        """The value for screen readers: of what is moved on it, else the point that is read."""
        if self.value_words is not None:
            return self.value_words()
        return "" if self._crossed is None else numbers.coordinates(self._crossed, 2, 2)

    def spoken_description(self) -> str:
        """What a screen reader says of it besides name and value."""
        summary = "" if self.summary is None else self.summary()
        return "; ".join(each for each in (summary, self.described()) if each)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, spot: QPointF | None) -> None:
        """Read at a pixel, under the mouse, or no longer."""
        self.show_cross(None)
        super().read(spot)

    def read_on(self, right: int, up: int) -> None:
        """Move the cross at which the keyboard reads by a step; it begins in the middle."""
        area = self.inner
        spot = area.center() if self._crossed is None else self.to_pixel(*self._crossed)
        x, y = spot.x() + right * STEP_PX, spot.y() - up * STEP_PX
        spot = QPointF(min(max(x, area.left()), area.right()), min(max(y, area.top()), area.bottom()))
        self.show_cross(self.to_point(spot))
        self.pointed.emit(spot)

    def show_cross(self, point: tuple[float, float] | None) -> None:
        """Show a cross at the point that is read, or none."""
        if point != self._crossed:
            self._crossed = point
            self._place_cross()

    def _place_cross(self) -> None:
        self._cross.setVisible(self._crossed is not None)
        if self._crossed is not None:
            spot = self.to_pixel(*self._crossed)
            self._cross.setPos(round(spot.x()), round(spot.y()))

    def _paint_cross(self, painter: QPainter) -> None:
        colors, half = theme.current(), theme.px(CROSS_PX)
        for ink, wide in ((colors.plot, 3), (colors.text, 1)):
            start, long = 1 - (wide == 3) - half, 2 * half - 1 if wide == 3 else 2 * half - 3
            painter.fillRect(QRectF(start, -(wide // 2), long, wide), QColor(ink))
            painter.fillRect(QRectF(-(wide // 2), start, wide, long), QColor(ink))


class Square(PaintedWidget):
    """Keeps a plot square, in the middle of the room there is."""

    preferred_px = (300, 300)
    least_px = (120, 80)

    def __init__(self, plot: QWidget) -> None:
        super().__init__()
        self._plot = plot
        plot.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = min(self.width(), self.height())
        self._plot.setGeometry((self.width() - side) // 2, (self.height() - side) // 2, side, side)
