"""Cells of the Compare tab: reconstructions of the same test images, and the interpolation between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from core.engine.freshness import present
from core.foundation.arrays import Floats
from core.probes.pictures import InterpolationLook, Pictures, ReconstructionsLook, in_plane
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.freshness import origin_if_old
from gui.desk.lane_panel import LanePanel
from gui.desk.picture_acts import use_as_input
from gui.drawing import paint, theme
from gui.drawing.chart import Backdrop
from gui.drawing.painting import painting
from gui.drawing.point_plot import MOST_BACKGROUND_POINTS, dots, paint_ring, spots, square
from gui.widgets.mosaic import Mosaic
from gui.widgets.offer import Act, Offer, csv_of, numbered
from gui.widgets.painted import PaintedWidget
from gui.widgets.stamp import Stamp

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.probes.look import Answer


FRAMES = 10
"""Pictures of an interpolation; as many as reconstructed test images, so that they line up."""
PATH_POINTS = 60
"""Points of an interpolation of 2-D data."""
GAP = 2
"""Space between two tiles, px."""
EDGE = 4
"""Space around the tiles, px."""
MOST_ZOOM = 2
"""Largest zoom of an image."""


def tile_side(width: int, columns: int, image: int) -> int:
    """Side of the tiles that fill ``width``, px: an integer multiple of the image's side ``image``, or less than it."""
    fit = max(8, (width - 2 * EDGE + GAP) // columns - GAP)
    return image * min(MOST_ZOOM, fit // image) if fit >= image else fit


def height_for(width: int, rows: int, image: int) -> int:
    """Height of a cell that is ``width`` wide and has ``rows`` rows of `FRAMES` pictures, px."""
    return rows * (tile_side(width, FRAMES, image) + GAP) - GAP + 2 * EDGE


class PointLines(PaintedWidget):
    """2-D points over those of the data: a line from each point to its reconstruction, or one path."""

    def __init__(self) -> None:
        super().__init__()
        self._background = self._from = self._to = np.zeros((0, 2), np.float32)
        self._is_path = False
        self._slot = 0
        self._backdrop = Backdrop()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_background(self, points: Floats) -> None:
        """Set the data points (N, 2); at most `MOST_BACKGROUND_POINTS` are drawn."""
        self._background, self._backdrop = points[:MOST_BACKGROUND_POINTS], Backdrop()
        self.update()

    def clear(self) -> None:
        """Show the data alone."""
        if len(self._to):
            self._from = self._to = self._to[:0]
            self.update()

    def set_moves(self, before: Floats, after: Floats, slot: int) -> None:
        """Show points (N, 2) and their reconstructions (N, 2), in the colour of the lane."""
        self._from, self._to, self._slot, self._is_path = before, after, slot, False
        self.update()

    def set_path(self, points: Floats, slot: int) -> None:
        """Show one path through points (N, 2)."""
        self._from = self._to = points
        self._slot, self._is_path = slot, True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, ratio = theme.current(), self.devicePixelRatioF()
        with painting(self) as painter:
            area = square(QRectF(self.rect()).adjusted(1, 1, -1, -1))

            def paint_background(under: QPainter) -> None:
                under.fillRect(self.rect(), QColor(colors.window))
                paint.box(under, self.rect(), 4, colors.plot, colors.line)
                under.drawImage(area.topLeft(), dots(self._background, area, colors.text_3, ratio))

            painter.drawPixmap(0, 0, self._backdrop.pixmap((), self.size(), ratio, paint_background))
            painter.setClipRect(area)
            ink = colors.lanes[self._slot]
            ends = [QPointF(float(x), float(y)) for x, y in spots(self._to, area)]
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._is_path:
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


class PictureCell(LanePanel):
    """A mosaic of pictures, or a plane of 2-D points (abstract). A click on a picture moves the point to its code."""

    place = addresses.of_part("Compare")
    rows = 1
    hz = 2.0

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__(desk, run)
        self._pictures: Pictures | None = None
        self._mosaic, self._plot = Mosaic(28, GAP), PointLines()
        self.stamp = Stamp(self)
        self._mosaic.setParent(self)
        self._plot.setParent(self)
        self.rename(desk.names.of(run).long)
        self._mosaic.clicked.connect(self._go)
        self._mosaic.set_grid(FRAMES, self.rows)
        desk.dataset_changed.connect(self._fit)
        theme.changes.changed.connect(self._fit)
        self._fit()

    def rename(self, name: str) -> None:
        self._mosaic.setAccessibleName(f"{self.title} of {name}")

    def why_not(self) -> str:
        """Why nothing is shown, or ""."""
        return ""

    def offer(self) -> Offer:
        """The pictures as shown, or where the points came to lie; and the z of each as a table."""
        shown, title = self._pictures, super().offer().title
        if shown is None or self.why_not():
            return Offer(title)
        array = self._mosaic.images() if shown.points is None else shown.points
        return Offer(title, table=lambda: csv_of(numbered("z", shown.z)), array=array)

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """What is done with a picture: the point to its code, the picture as input."""
        shown, data = self._pictures, self.lane.dataset
        if shown is None or self.why_not() or data.planar:
            return ()
        index = (
            self._mosaic.highlight() if at is None else self._mosaic.index_at(QPointF(self._mosaic.mapFromGlobal(at)))
        )
        if index < 0 or index % FRAMES >= len(shown.z):
            return ()
        move = Act("Point to its code", lambda: self._go(index))
        if self.rows > 1 and index < FRAMES:  # a test image, over what comes back
            return (move,)
        images = self.lane.decode(shown.z[index % FRAMES][None])
        image = None if images is None else images[0]
        return (
            move,
            use_as_input(self.desk, data, image, "reconstruction" if self.rows > 1 else "picture"),
        )

    def _date(self, view: View, answer: Answer[Pictures] | None) -> bool:
        """Say of which step old pictures are, and grey those of another knob; whether there are new ones to draw."""
        now = present(view)
        self.stamp.set_words("" if self.why_not() else origin_if_old(now, answer))
        self._mosaic.set_dim(answer is not None and now.is_other_source(answer.step))
        before, self._pictures = self._pictures, None if answer is None else answer.value
        if self._pictures is None:
            self._mosaic.clear()
            self._plot.clear()
        return self._pictures is not None and self._pictures is not before

    def _fit(self) -> None:
        data, shown = self.lane.dataset, not self.why_not()
        self._mosaic.setVisible(shown and not data.planar)
        self._plot.setVisible(shown and data.planar)
        if data.planar:
            self._plot.set_background(data.test.pixels[:, :, 0, 0])
        else:
            self._mosaic.set_tile(tile_side(self.width(), FRAMES, data.picture_side))
        self._mosaic.setGeometry(1, 1, max(1, self.width() - 2), max(1, self.height() - 2))
        self._plot.setGeometry(self.rect())
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _go(self, index: int) -> None:
        pictures = self._pictures
        column = index % FRAMES
        if pictures is not None and column < len(pictures.z):
            self.desk.point.move(pictures.z[column])

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.window))
            paint.box(painter, self.rect(), 4, colors.plot, colors.line)
            if words := self.why_not():
                area = QRectF(self.rect()).adjusted(8, 0, -8, 0)
                paint.text(painter, area, words, "caption", colors.text_3, paint.CENTER)


class Reconstructions(PictureCell):
    """Test images over their reconstructions, decoded from the mean of the posterior."""

    title = "Reconstructions"
    rows = 2

    def why_not(self) -> str:
        """A model without an encoder has no reconstructions."""
        return "" if self.lane.model.has_encoder else f"A {self.lane.model.short} has no encoder."

    def ask(self) -> None:
        """Reconstructions of the same test images as in every lane."""
        self.lane.ask(ReconstructionsLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.looks.of(ReconstructionsLook), view.status

    def refresh(self, view: View) -> None:
        """Show the newest pictures."""
        is_new, pictures = self._date(view, view.looks.of(ReconstructionsLook)), self._pictures
        if not is_new or pictures is None or pictures.originals is None:
            return
        starts, ends = in_plane(pictures.original_points), in_plane(pictures.points)
        if starts is not None and ends is not None:
            self._plot.set_moves(starts, ends, self.lane.slot)
        elif not self.lane.dataset.planar:
            rows = [_padded(images, FRAMES) for images in (pictures.originals, pictures.images)]
            self._mosaic.set_images(np.concatenate(rows))


class Interpolation(PictureCell):
    """Decoded path between the codes of two test images; without an encoder from pin A to pin B."""

    title = "Interpolation"

    def ask(self) -> None:
        """The interpolation: `FRAMES` pictures, or `PATH_POINTS` points of a plane."""
        desk = self.desk
        count = PATH_POINTS if self.lane.dataset.planar else FRAMES
        path = None if self.lane.model.has_encoder else desk.point.path(count)
        self.lane.ask(InterpolationLook(desk.experiment.pair, count, desk.point.arc, path))

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.looks.of(InterpolationLook), view.status

    def refresh(self, view: View) -> None:
        """Show the newest pictures."""
        is_new, pictures = self._date(view, view.looks.of(InterpolationLook)), self._pictures
        if not is_new or pictures is None:
            return
        if (path := in_plane(pictures.points)) is not None:
            self._plot.set_path(path, self.lane.slot)
        elif not self.lane.dataset.planar:
            self._mosaic.set_images(pictures.images)


def _padded(images: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.uint8]:
    """Images (N, H, W[, 3]) padded with black ones to ``count``."""
    missing = count - len(images)
    return images if missing <= 0 else np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.uint8)])


class BlockTitle(QWidget):
    """Title and note of a block, in a column beside it or in a line above it, with a button if it has one."""

    def __init__(self, title: str, button: QWidget | None = None) -> None:
        super().__init__()
        self._title, self._note, self._beside = title, "", True
        self._button = button
        if button is not None:
            button.setParent(self)
        theme.changes.changed.connect(self._place)

    def set_note(self, note: str, tip: str = "") -> None:
        """Set the grey note, and a longer text as its tooltip."""
        if note != self._note:
            self._note = note
            self.setToolTip(tip or note)
            self.update()

    def note(self) -> str:
        """The grey note."""
        return self._note

    def set_beside(self, beside: bool) -> None:
        """Whether it is beside the block, in several lines, or one line above it."""
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
        colors, px = theme.current(), theme.px
        with painting(self) as painter:
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
                end = paint.wide(self._title, "strong") + px(9)
                rest = QRectF(end, 0, area.width() - end, line)
                paint.text(painter, rest, self._note, "caption", colors.text_3)
