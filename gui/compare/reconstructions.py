"""What every lane makes of the same test images, and the way between two of them: cells of the Compare view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from core.foundation.arrays import Floats
from core.probes.pictures import InterpolationLook, Pictures, ReconstructionsLook
from gui.desk.desk import Desk
from gui.desk.lane_panel import LanePanel
from gui.drawing import paint, theme
from gui.drawing.chart import Backdrop
from gui.drawing.point_plot import dots, paint_ring, spots, square
from gui.widgets.mosaic import Mosaic
from gui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


FRAMES = 10
"""Pictures on the way between two; as many as there are test images, so that they lie under each other."""
PATH_POINTS = 60
GAP, EDGE, MOST_ZOOM = 2, 4, 2
MOST_GROUND = 2_000


def tile_side(width: int, columns: int, image: int) -> int:
    """How large tiles are that fill ``width``: a whole zoom of the image's ``image`` pixels, or smaller than it."""
    fit = max(8, (width - 2 * EDGE + GAP) // columns - GAP)
    return image * min(MOST_ZOOM, fit // image) if fit >= image else fit


def height_for(width: int, rows: int, image: int) -> int:
    """How high a cell of so many rows of `FRAMES` pictures is, ``width`` wide."""
    return rows * (tile_side(width, FRAMES, image) + GAP) - GAP + 2 * EDGE


class PointLines(PaintedWidget):
    """Points of a plane over those of the data: a short line from each to what became of it, or one way."""

    def __init__(self) -> None:
        super().__init__()
        self._ground = self._from = self._to = np.zeros((0, 2), np.float32)
        self._way = False
        self._slot = 0
        self._backdrop = Backdrop()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_ground(self, points: Floats) -> None:
        """The data (N, 2)."""
        self._ground, self._backdrop = points[:MOST_GROUND], Backdrop()
        self.update()

    def set_moves(self, before: Floats, after: Floats, slot: int) -> None:
        """From each of (N, 2) to where a model puts it, in the colour of its lane."""
        self._from, self._to, self._slot, self._way = before, after, slot, False
        self.update()

    def set_way(self, points: Floats, slot: int) -> None:
        """One way through points (N, 2)."""
        self._from = self._to = points
        self._slot, self._way = slot, True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter, ratio = theme.current(), QPainter(self), self.devicePixelRatioF()
        area = square(QRectF(self.rect()).adjusted(1, 1, -1, -1))

        def rest(under: QPainter) -> None:
            under.fillRect(self.rect(), QColor(colors.window))
            paint.box(under, self.rect(), 4, colors.plot, colors.line)
            under.drawImage(area.topLeft(), dots(self._ground, area, colors.text_3, ratio))

        painter.drawPixmap(0, 0, self._backdrop.pixmap((), self.size(), ratio, rest))
        painter.setClipRect(area)
        ink = colors.lanes[self._slot]
        ends = [QPointF(float(x), float(y)) for x, y in spots(self._to, area)]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._way:
            painter.setPen(QPen(QColor(ink), 1))
            painter.drawPolyline(QPolygonF(ends))
            for spot in (ends[:1], ends[-1:]):
                if spot:
                    paint_ring(painter, spot[0], ink, colors.plot)
        else:
            starts = [QPointF(float(x), float(y)) for x, y in spots(self._from, area)]
            painter.setPen(QPen(QColor(colors.text_2), 1))
            for a, b in zip(starts, ends, strict=True):
                painter.drawLine(a, b)
            painter.drawImage(area.topLeft(), dots(self._to, area, ink, ratio))
        painter.end()


class _Remade(LanePanel):
    """A mosaic of pictures, or a plane of points (abstract). A click on a picture moves the point to its code."""

    rows = 1
    hz = 2.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self._pictures: Pictures | None = None
        self._mosaic, self._plot = Mosaic(28, GAP), PointLines()
        self._mosaic.setParent(self)
        self._plot.setParent(self)
        self._mosaic.setAccessibleName(f"{self.title} of {run.title}")
        self._mosaic.clicked.connect(self._go)
        self._mosaic.set_grid(FRAMES, self.rows)
        desk.dataset_changed.connect(self._fit)
        theme.changes.changed.connect(self._fit)
        self._fit()

    def why_not(self) -> str:
        """Why there is nothing to see, or ""."""
        return ""

    def _fit(self) -> None:
        data, seen = self.lane.dataset, not self.why_not()
        self._mosaic.setVisible(seen and not data.points)
        self._plot.setVisible(seen and data.points)
        if data.points:
            self._plot.set_ground(data.test.pixels[:, :, 0, 0])
        else:
            self._mosaic.set_tile(tile_side(self.width(), FRAMES, data.shape[2]))
        self._mosaic.setGeometry(1, 1, max(1, self.width() - 2), max(1, self.height() - 2))
        self._plot.setGeometry(self.rect())
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _go(self, index: int) -> None:
        found = self._pictures
        at = index % FRAMES
        if found is not None and at < len(found.z):
            self.desk.point.move(found.z[at])

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = theme.current(), QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.window))
        paint.box(painter, self.rect(), 4, colors.plot, colors.line)
        if words := self.why_not():
            area = QRectF(self.rect()).adjusted(8, 0, -8, 0)
            paint.text(painter, area, words, "caption", colors.text_3, paint.CENTER)
        painter.end()


class Reconstructions(_Remade):
    """Test images, and under each what comes back from the mean of its code."""

    title = "Reconstructions"
    rows = 2

    def why_not(self) -> str:
        """A model without an encoder has nothing to bring back."""
        return "" if self.lane.model.has_encoder else f"A {self.lane.model.short} has no encoder."

    def ask(self) -> None:
        """The images that every lane reconstructs."""
        self.lane.ask(ReconstructionsLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.looks.of(ReconstructionsLook),)

    def refresh(self, view: View) -> None:
        """Newest pictures."""
        found = self._pictures = view.looks.value(ReconstructionsLook)
        if found is None or found.originals is None:
            return
        if found.points is not None and found.original_points is not None:
            self._plot.set_moves(found.original_points, found.points, self.lane.slot)
        elif not self.lane.dataset.points:
            rows = [_filled(images, FRAMES) for images in (found.originals, found.images)]
            self._mosaic.set_images(np.concatenate(rows))


class Between(_Remade):
    """The way between the codes of the same two test images; without an encoder from pin A to pin B."""

    title = "Interpolation"

    def ask(self) -> None:
        """As many pictures as there is room for."""
        desk = self.desk
        count = PATH_POINTS if self.lane.dataset.points else FRAMES
        path = None if self.lane.model.has_encoder else desk.point.path(count)
        self.lane.ask(InterpolationLook(desk.experiment.pair, count, desk.point.arc, path))

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.looks.of(InterpolationLook),)

    def refresh(self, view: View) -> None:
        """Newest pictures."""
        found = self._pictures = view.looks.value(InterpolationLook)
        if found is None:
            return
        if found.points is not None:
            self._plot.set_way(found.points, self.lane.slot)
        elif not self.lane.dataset.points:
            self._mosaic.set_images(found.images)


def _filled(images: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.uint8]:
    """So many images: the rest of a short row is black."""
    missing = count - len(images)
    return images if missing <= 0 else np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.uint8)])


class BlockTitle(QWidget):
    """The name of a block with a note: in a column of its own, or as a line above. A button may stand with it."""

    def __init__(self, title: str, button: QWidget | None = None) -> None:
        super().__init__()
        self._title, self._note, self._beside = title, "", True
        self._button = button
        if button is not None:
            button.setParent(self)
        theme.changes.changed.connect(self._place)

    def set_note(self, note: str, tip: str = "") -> None:
        """The grey words, and more of them for who asks."""
        if note != self._note:
            self._note = note
            self.setToolTip(tip or note)
            self.update()

    def note(self) -> str:
        """The grey words."""
        return self._note

    def set_beside(self, beside: bool) -> None:
        """Beside the block, with room for lines, or a line above it."""
        self._beside = beside
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        if self._button is not None:
            size = self._button.sizeHint()
            top = 0 if self._beside else (self.height() - size.height()) // 2
            self._button.setGeometry(self.width() - size.width(), top, size.width(), size.height())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px, painter = theme.current(), theme.px, QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.window))
        line = px(18) if self._beside else self.height()
        taken = self._button.width() + px(6) if self._button is not None else 0
        area = QRectF(0, 0, self.width() - taken, line)
        paint.text(painter, area, self._title, "strong", colors.text)
        if self._beside:
            rest = QRectF(0, line, self.width(), self.height() - line)
            painter.setFont(theme.font("tick"))
            painter.setPen(QColor(colors.text_3))
            painter.drawText(rest, int(Qt.TextFlag.TextWordWrap), self._note)
        else:
            end = painter.fontMetrics().horizontalAdvance(self._title) + px(9)
            rest = QRectF(end, 0, area.width() - end, line)
            paint.text(painter, rest, self._note, "caption", colors.text_3)
        painter.end()
