"""The samples of a run of a sweep: read and decoded in a thread, kept for a while, and shown."""

from __future__ import annotations

import functools
import io
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen

from core.foundation.arrays import Doubles
from core.foundation.user_error import UserError
from gui.desk.loading import Loading
from gui.drawing import paint, pictures, theme
from gui.drawing.painting import painting, places
from gui.drawing.pictures import Pixels
from gui.widgets.offer import Offer, csv_of
from gui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from core.datasets.base import Report
    from core.sweeps.outcome import Outcome
    from gui.plots.link import Range

MOST_KEPT = 128
"""Number of pictures that are kept."""
MOST_PIXELS = 4_096 * 4_096
"""Number of pixels of a picture that is decoded, at most."""
DOT_PX = 2.5
"""Radius of a sample on points of a plane, px."""


def decoded(content: bytes) -> Pixels:
    """The pixels of a picture, (H, W) or (H, W, 3). Raises `UserError`."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UserError(f"a picture of {image.width:,} × {image.height:,} pixels is too large")
            return np.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")).copy()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError("the picture of its samples cannot be read") from None


def in_square(grid: Pixels) -> Pixels:
    """The samples of a picture, two rows of eight, as four rows of four: they are shown larger so. Another stays."""
    from core.exports.contact_sheet import GAP
    from core.sweeps.folder import SAMPLE_COLUMNS, SAMPLES_SHOWN

    rows = SAMPLES_SHOWN // SAMPLE_COLUMNS
    height, width = (side + GAP for side in grid.shape[:2])
    if height % rows or width % SAMPLE_COLUMNS:
        return grid
    padded = np.pad(grid, [(0, GAP), (0, GAP), *[(0, 0)] * (grid.ndim - 2)])
    tile = height // rows, width // SAMPLE_COLUMNS
    tiles = padded.reshape(rows, tile[0], SAMPLE_COLUMNS, tile[1], *grid.shape[2:]).swapaxes(1, 2)
    half = SAMPLE_COLUMNS // 2
    square = tiles.reshape(2 * rows, half, *tile, *grid.shape[2:]).swapaxes(1, 2)
    return square.reshape(2 * rows * tile[0], half * tile[1], *grid.shape[2:])[:-GAP, :-GAP].copy()


class SampleLoader(QObject):
    """Reads pictures of samples, one at a time; what was asked for last comes next.

    ``loaded`` carries the number of a run, its pixels or None, and why there are none.
    """

    loaded = Signal(int, object, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._loading: Loading | None = None
        self._wanted: Outcome | None = None

    def ask(self, outcome: Outcome) -> None:
        """Have the samples of a run that has ended, at once where they are known."""
        number = outcome.run.number
        if number in self._kept:
            self._wanted = None
            self._kept.move_to_end(number)
            self.loaded.emit(number, self._kept[number], "")
            return
        self._wanted = outcome
        if self._loading is None:
            self._next()

    def _next(self) -> None:
        outcome, self._wanted = self._wanted, None
        if outcome is None:
            return
        number = outcome.run.number

        def work(report: Report) -> Pixels:
            from core.sweeps.folder import read_samples

            return in_square(decoded(read_samples(outcome)))

        loading = self._loading = Loading(work)
        loading.done.connect(functools.partial(self._take, loading, number))
        loading.failed.connect(functools.partial(self._fail, loading, number))
        loading.start()

    def _take(self, loading: Loading, number: int, pixels: Pixels) -> None:
        if loading is not self._loading:
            return
        self._loading = None
        self._kept[number] = pixels
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        self.loaded.emit(number, pixels, "")
        self._next()

    def _fail(self, loading: Loading, number: int, sentence: str, _: str) -> None:
        if loading is self._loading:
            self._loading = None
            self.loaded.emit(number, None, sentence)
            self._next()

    def stop(self) -> None:
        """Ask for nothing any more, and wait for what is being read."""
        loading, self._loading, self._wanted = self._loading, None, None
        if loading is not None:
            loading.wait()


class SamplesView(PaintedWidget):
    """A picture of samples, as large as fits, or samples on points of a plane; words where there are none."""

    preferred_px = (288, 246)
    least_px = (160, 96)

    def __init__(self) -> None:
        super().__init__()
        self._pixels: Pixels | None = None
        self._points: Doubles | None = None
        self._ranges: tuple[Range, Range] = ((-1.0, 1.0), (-1.0, 1.0))
        self._words = ""
        self._cache: tuple[tuple[object, ...], QImage] | None = None
        self.setObjectName("sweep samples")
        self.setAccessibleName("Samples")

    def show_pixels(self, pixels: Pixels) -> None:
        """Show a picture, (H, W) or (H, W, 3)."""
        self._set(pixels=pixels)

    def show_points(self, points: Doubles, ranges: tuple[Range, Range]) -> None:
        """Show samples (N, 2) in ranges of x and y that all runs share."""
        self._ranges = ranges
        self._set(points=points)

    def show_words(self, words: str) -> None:
        """Say why there are no samples."""
        self._set(words=words)

    def _set(self, pixels: Pixels | None = None, points: Doubles | None = None, words: str = "") -> None:
        self._pixels, self._points, self._words, self._cache = pixels, points, words, None
        self.setAccessibleDescription(words)
        self.update()

    def picture(self) -> Pixels | None:
        """The picture that is shown."""
        return self._pixels

    def offer(self) -> Offer | None:
        """What is shown."""
        if self._points is not None:
            columns = {"x": self._points[:, 0], "y": self._points[:, 1]}
            return Offer("Samples", table=lambda: csv_of(columns), array=self._points)
        return None if self._pixels is None else Offer("Samples", is_drawn=False, array=self._pixels)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._cache = None
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, area = theme.current(), QRectF(self.rect())
        with painting(self, smooth=True) as painter:
            paint.box(painter, area, theme.px(4), colors.plot)
            if self._pixels is not None:
                self._paint_picture(painter, self._pixels)
            elif self._points is not None:
                self._paint_points(painter, self._points)
            else:
                pen = QPen(QColor(colors.line_strong), paint.hairline(painter))
                pen.setDashPattern([3, 3])
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), theme.px(4), theme.px(4))
                painter.setFont(theme.font("caption"))
                painter.setPen(QColor(colors.text_3))
                painter.drawText(area.adjusted(8, 4, -8, -4), int(paint.CENTER | Qt.TextFlag.TextWordWrap), self._words)
                return
            paint.box(painter, area, theme.px(4), None, colors.line)

    def _paint_picture(self, painter: QPainter, pixels: Pixels) -> None:
        """Paint it at the largest whole zoom that fits, smoothed where it must be made smaller."""
        ratio = self.devicePixelRatioF()
        room = (self.width() - 8) * ratio, (self.height() - 8) * ratio
        zoom = min(room[0] / pixels.shape[1], room[1] / pixels.shape[0])
        zoom = float(int(zoom)) if zoom >= 1 else zoom
        if zoom <= 0:
            return
        height, width = (max(1, round(side * zoom)) for side in pixels.shape[:2])
        key = (theme.current().name, zoom)
        if self._cache is None or self._cache[0] != key:
            batch = pictures.colored(pictures.scaled(pixels[None], height, width), theme.current().image_table)
            self._cache = key, pictures.qimage(batch[0])
        left, top = int((self.width() * ratio - width) / 2), int((self.height() * ratio - height) / 2)
        painter.drawImage(QRectF(left / ratio, top / ratio, width / ratio, height / ratio), self._cache[1])

    def _paint_points(self, painter: QPainter, points: Doubles) -> None:
        colors, (x_range, y_range) = theme.current(), self._ranges
        unit = min((self.width() - 16) / (x_range[1] - x_range[0]), (self.height() - 16) / (y_range[1] - y_range[0]))
        middle = np.array([sum(x_range), sum(y_range)]) / 2
        spots = places((points - middle) * [unit, -unit] + [self.width() / 2, self.height() / 2])
        painter.setClipRect(self.rect().adjusted(1, 1, -1, -1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.text_2))
        for x, y in spots.tolist():
            painter.drawEllipse(QPointF(x, y), DOT_PX, DOT_PX)
        painter.setClipping(False)
