"""*What each unit likes*: histograms of every unit's activations over the test images, and the strongest images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.foundation.arrays import Pixels
from core.foundation.pixels import display_bytes
from core.probes.codes import LatentCodesLook
from core.probes.units import MovesLook, Unit, units
from gui.desk.desk import Desk
from gui.desk.wording import follow_noun
from gui.drawing import numbers, paint, pictures, theme
from gui.drawing.chart import Backdrop
from gui.drawing.painting import pixel
from gui.information.add_lane import add_lane_button
from gui.information.card import Plot, TitledCard
from gui.information.pages.lenses.unit_sheet import UnitSheet, unit_words
from gui.widgets import focus
from gui.widgets.buttons import Button
from gui.widgets.naming import named
from gui.widgets.prose_formulas import explain

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


LIKES = 8
"""Images shown for each unit."""
ROW_PX = 62
"""Least height of a row, px at text size 1."""
MOST_ROW_PX = 300
"""Largest height of a row, px at text size 1."""
WORDS_PX = 126
"""Width of the text of a row, px at text size 1."""
GAP = 2
"""Gap between images, px."""
STACKED_PX = 150
"""Rows at least this high have the images below the histogram instead of beside it, px at text size 1."""
TWO_COLUMNS_PX = 960
"""Width from which rows stand in two columns, px at text size 1."""
MOST_UNITS = 16
"""Most units that are shown."""
SPARSE = "sparse_ae"
DRIVEN = "Activations of each unit, and the test images that drive it furthest"


class UnitRows(Plot):
    """One row per unit: name, histogram, images with the largest activations. Few units fill the page's height.

    The row under the mouse or the keys has an outline. ``opened``: the place of the row that was clicked.
    """

    reshaped = Signal()  # more or fewer units
    opened = Signal(int)
    preferred_px = (480, ROW_PX)

    def __init__(self) -> None:
        super().__init__("units", DRIVEN, focus.PRESS_KEYS | focus.MOVE_KEYS)
        self.units: tuple[Unit, ...] = ()
        self._images: list[Pixels] = []
        self.slot = 0
        self.target: float | None = None
        self._columns, self._row, self._room = 1, ROW_PX, 0
        self._at = -1
        self._still = Backdrop()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_units(self, units: tuple[Unit, ...], images: list[Pixels], slot: int, target: float | None = None) -> None:
        """Show units and ``images`` of each, (K, H, W[, 3]); ``target``: mean activity that the penalty asks for."""
        reshapes = len(units[:MOST_UNITS]) != len(self.units)
        self.units, self._images, self.slot, self.target = units[:MOST_UNITS], images, slot, target
        self.setAccessibleDescription(
            "; ".join(f"unit {each.index + 1}: {', '.join(unit_words(each))}" for each in self.units)
        )
        self._fit()
        if reshapes:
            self.reshaped.emit()

    def set_room(self, height: int) -> None:
        """Set the height available to all rows, px; they take no less than they need."""
        self._room = height
        self._fit()

    def lines(self) -> int:
        """Number of rows below each other."""
        columns = 2 if self.width() >= theme.px(TWO_COLUMNS_PX) and len(self.units) > 1 else 1
        return max(1, -(-len(self.units) // columns))

    def _fit(self) -> None:
        rows = self.lines()
        self._columns = 1 if rows >= len(self.units) else 2
        self._row = max(theme.px(ROW_PX), min(theme.px(MOST_ROW_PX), self._room // rows))
        self.setFixedHeight(rows * self._row)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            key = (id(self.units), self.slot)
            painter.drawPixmap(0, 0, self._still.pixmap(key, self.size(), self.devicePixelRatioF(), self._paint_rows))
            if 0 <= self._at < len(self.units):
                plot, _, _ = self._parts(self.row_area(self._at))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.current().accent), 1.5))
                painter.drawRoundedRect(plot.adjusted(1, 1, -1, -1), 2, 2)

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def row_at(self, spot: QPointF) -> int:
        """The place of the row at a pixel, or -1."""
        return next((place for place in range(len(self.units)) if self.row_area(place).contains(spot)), -1)

    def _point_at(self, place: int) -> None:
        if place != self._at:
            self._at = place
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self.row_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 else Qt.CursorShape.ArrowCursor)
        self._point_at(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self._point_at(at)
            self.opened.emit(at)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self.units) - 1
        steps = {
            **{Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns},
            **{Qt.Key.Key_Home: -MOST_UNITS, Qt.Key.Key_End: MOST_UNITS},
        }
        if key in steps and last >= 0:
            self._point_at(0 if self._at < 0 else min(last, max(0, self._at + steps[key])))
        elif key in focus.PRESS_KEYS and 0 <= self._at <= last:
            self.opened.emit(self._at)
        else:
            super().keyPressEvent(event)

    # --- painting ----------------------------------------------------------------------------------------------------

    def row_area(self, place: int) -> QRectF:
        """The area of a row, px."""
        gap = theme.px(24)
        wide = (self.width() - gap * (self._columns - 1)) / self._columns
        left = (place % self._columns) * (wide + gap)
        return QRectF(left, place // self._columns * self._row, wide, self._row - theme.px(8))

    def _paint_rows(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.units:
            text_3 = theme.current().text_3
            paint.text(painter, QRectF(self.rect()), "No codes yet", "caption", text_3, paint.CENTER)
            return
        for place, unit in enumerate(self.units):
            self._paint_row(painter, self.row_area(place), unit, self._images[place])

    @staticmethod
    def _is_stacked(area: QRectF) -> bool:
        """Whether the images of a row stand below its histogram."""
        return area.height() >= theme.px(STACKED_PX) - theme.px(8)

    def _parts(self, area: QRectF) -> tuple[QRectF, QPointF, float]:
        """Of a row: the area of its histogram, the corner of its first image, and the side of the images, px."""
        px = theme.px
        if self._is_stacked(area):
            side = min((area.width() + GAP) / LIKES - GAP, area.height() * 0.5)
            top = area.top() + theme.line_height("caption") + px(4)
            plot = QRectF(area.left(), top, area.width(), area.bottom() - side - px(6) - top)
            return plot, QPointF(area.left(), area.bottom() - side), side
        side = min(area.height(), (area.width() - px(WORDS_PX + 12) - px(120)) / LIKES - GAP)
        strip = LIKES * (side + GAP)
        plot = QRectF(area.left() + px(WORDS_PX), area.top(), area.width() - px(WORDS_PX + 12) - strip, area.height())
        return plot, QPointF(area.right() - strip, area.top()), side

    def _paint_row(self, painter: QPainter, area: QRectF, unit: Unit, images: Pixels) -> None:
        (plot, corner, side), stacked = self._parts(area), self._is_stacked(area)
        self._paint_words(painter, area, unit, stacked)
        self._paint_counts(painter, plot, unit, stacked)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)  # scaled by Qt: many images, often new ones
        spot = QRectF(corner, QSizeF(side, side))
        for image in pictures.colored(images[:LIKES], theme.current().image_table):
            painter.drawImage(spot, pictures.qimage(image))
            spot.translate(side + GAP, 0)

    def _paint_words(self, painter: QPainter, area: QRectF, unit: Unit, stacked: bool) -> None:
        px, colors, line = theme.px, theme.current(), theme.line_height("caption")
        spot = QRectF(area.left(), area.top(), px(WORDS_PX), line)
        paint.text(painter, spot, f"Unit {unit.index + 1}", "caption_strong", colors.text)
        if unit.silent:
            paint.text(painter, spot.translated(px(52), 0), "silent", "caption", colors.text_3)
        for words in unit_words(unit):
            spot.translate(*((px(WORDS_PX), 0.0) if stacked else (0.0, line)))
            paint.text(painter, spot, words, "caption", colors.text_2)

    def _paint_counts(self, painter: QPainter, plot: QRectF, unit: Unit, labelled: bool) -> None:
        """Paint the histogram, lines at zero and at the target, and, where there is room, the ends of the axis."""
        colors, tick = theme.current(), theme.line_height("tick")
        paint.box(painter, plot, 3, colors.plot, colors.line)
        inner = plot.adjusted(3, 4, -3, -3 - (tick if labelled else 0))
        most, pitch = max(1, int(unit.counts.max())), inner.width() / len(unit.counts)
        shade = QColor(colors.lanes[self.slot])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for k, count in enumerate(unit.counts.tolist()):
            if count:
                tall = max(1.0, count / most * inner.height())
                at = inner.left() + k * pitch
                painter.fillRect(QRectF(at, inner.bottom() - tall, max(1.0, pitch - 1), tall), shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = float(unit.edges[0]), float(unit.edges[-1])
        pixels = inner.width() / (high - low)
        for spot, ink in ((0.0, colors.line_strong), (self.target, colors.text)):
            if spot is not None and low <= spot <= high:
                x = pixel(inner.left() + (spot - low) * pixels)
                painter.fillRect(QRectF(x, inner.top(), 1, inner.height()), QColor(ink))
        if labelled:
            below = QRectF(inner.left() + 3, inner.bottom() + 1, inner.width() - 6, tick)
            paint.text(painter, below, numbers.number(low, 1) if low else "0", "tick", colors.text_3, paint.LEFT)
            paint.text(painter, below, numbers.number(high, 1), "tick", colors.text_3, paint.RIGHT)
            if low:
                paint.text(painter, below, "0", "tick", colors.text_3, paint.CENTER)


class UnitsCard(TitledCard):
    """The units of the selected lane if it has an encoder, else of a sparse AE, else of the first that has.

    ``room``: where the histogram of a unit may open.
    """

    def __init__(self, desk: Desk, room: QWidget) -> None:
        super().__init__("What each unit likes", "", "units card")
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.5
        self.rows = UnitRows()
        self.sheet = UnitSheet(desk, self.rows, room)
        follow_noun(desk, self._word)
        self.add = add_lane_button(desk, SPARSE, "Add a sparse AE lane")
        self.other = named(Button("Next lane", "chevron-right"), "next lane", tip="The units of another lane")
        self.other.clicked.connect(self._next)
        self.add_action(self.other, self.add)
        self.body.addWidget(self.rows)
        self.rows.opened.connect(self._open)
        for signal in (desk.lanes_changed, desk.lane_selected, desk.names.changed):
            signal.connect(self.look)

    def _word(self) -> None:
        """Explain the rows in the words of the data."""
        worded = self._desk.worded
        self.rows.setAccessibleName(worded(DRIVEN))
        scale = "" if self._desk.noun == "point" else "1 % of full brightness, "
        explain(
            self.rows,
            worded(
                "Histogram of a unit’s activation $a$ over the test images, in the model’s own numbers; the images with"
                " the largest beside it. The grey line is zero, the bright one the mean activity ρ that a sparse AE"
                f" with the KL penalty asks for. Silent: the decoded picture moves by less than 0.01 ({scale}root mean"
                " square) while the unit goes from its 5th to its 95th percentile. "
                r"Excess kurtosis, $\mathbb{E}[(a - \mu)^4] / \sigma^4 - 3$, above 0: mostly quiet, sometimes loud, as"
                r" sparse codes are."
                "\nA click, or Enter, opens the histogram to zoom and read"
            ),
        )

    def lane(self) -> Run | None:
        """The lane whose units are shown; None without an encoder."""
        encoders = [run for run in self._desk.runs if run.model.has_encoder]
        if self._desk.selected in encoders:
            return self._desk.selected
        return next((run for run in encoders if run.model.sparse), encoders[0] if encoders else None)

    def _next(self) -> None:
        encoders = [run for run in self._desk.runs if run.model.has_encoder]
        run = self.lane()
        if run is not None:
            self._desk.select(encoders[(encoders.index(run) + 1) % len(encoders)])

    def ask(self) -> None:
        """Request the codes of the test images and the effect of each unit."""
        if (run := self.lane()) is not None:
            run.ask(LatentCodesLook())
            run.ask(MovesLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.looks.of(LatentCodesLook), view.looks.of(MovesLook)

    def refresh(self, view: View) -> None:
        """Show newer codes."""
        self.look()

    def look(self) -> None:
        """Show the newest codes of the lane."""
        self.add.setVisible(not any(run.model.sparse for run in self._desk.runs))
        self.other.setVisible(sum(run.model.has_encoder for run in self._desk.runs) > 1)
        run = self.lane()
        answer = None if run is None else run.view.looks.of(LatentCodesLook)
        if run is None or answer is None or not self.isVisible():
            if run is None:
                self.note.setText("add a lane with an encoder")
                self.rows.show_units((), [], 0)
                self.sheet.close_card()
            return
        moved = run.view.looks.of(MovesLook)
        latent_codes, moves = answer.value, None if moved is None else moved.value
        dims = latent_codes.codes.shape[1]
        if len(latent_codes.codes) != len(run.reference.subsets.mapped_index) or moves is None or len(moves) != dims:
            return  # codes of the data before, or not there yet
        shown = units(latent_codes.activations, moves, LIKES)[:MOST_UNITS]
        pixels = run.dataset.test.pixels
        images = [display_bytes(pixels[run.reference.subsets.mapped_index[unit.likes]]) for unit in shown]
        self.rows.show_units(shown, images, run.slot, run.model.target_activity(run.view.config))
        self._follow()
        more = "" if dims <= MOST_UNITS else f", the first {MOST_UNITS}"
        other = "" if moved is None or moved.step == answer.step else f", effects of step {moved.step:,}"
        self.note.setText(f"{self._desk.names.of(run).full}, step {answer.step:,}{other}: {dims} units{more}")

    def _open(self, place: int) -> None:
        """Open the histogram of the unit in a row."""
        self.sheet.open_unit(self.rows.units[place], self.rows.slot, self.rows.target)

    def _follow(self) -> None:
        """Show newer activations of the unit whose histogram is open; it closes where there is no such unit."""
        if self.sheet.isVisible():
            unit = next((each for each in self.rows.units if each.index == self.sheet.index), None)
            if unit is None:
                self.sheet.close_card()
            else:
                self.sheet.show_unit(unit, self.rows.slot, self.rows.target)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()
