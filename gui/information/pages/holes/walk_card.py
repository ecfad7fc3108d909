"""*Walk*: decoded pictures between two test images, straight and on an arc around 0, and the holes on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.engine.freshness import present
from core.foundation.pixels import display_bytes
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.hole_maps import FRAMES, WalkLook, Way
from gui.desk.desk import Desk
from gui.desk.freshness import origin_if_old
from gui.drawing import numbers, paint, pictures, theme
from gui.information.card import TitledCard
from gui.information.pages.holes.state import RATIO, HoleState, lanes
from gui.information.picture_strip import PictureStrip
from gui.widgets.buttons import Button, IconButton
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.prose_formulas import explain

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


TITLE_PX = 18
"""Height of a strip's title, px at text size 1."""
CURVE_PX = 34
"""Height of the curve of r(z), px at text size 1."""
GAP = 2
"""Gap between pictures, px."""
MOST_RATIO = 6.0
"""Largest upper end of the axis of r."""


class WayStrip(PictureStrip):
    """One way: title, pictures, and below them r(z) with a line at 1. A click on a picture moves the point there."""

    least_px = (160, TITLE_PX + CURVE_PX + 20)

    def __init__(self, name: str, title: str) -> None:
        super().__init__(name, title)
        self.way: Way | None = None
        self._title, self._slot, self._top, self._since = title, 0, 2.0, ""
        explain(self, RATIO)

    def rename(self, title: str) -> None:
        """Change the title."""
        self._title = title
        self.setAccessibleName(title)
        self.update()

    def show_way(self, way: Way | None, slot: int, top: float, since: str = "") -> None:
        """Show newer pictures; ``top``: upper end of the axis of r, the same for all strips.

        ``since`` is the step of old pictures, "" of new ones.
        """
        self.way, self._slot, self._top, self._since = way, slot, top, since
        if way is not None:
            words = f"{numbers.number(100 * way.crossed, 0)} % of the way in a hole"
            self.setAccessibleDescription(f"{words}, r up to {numbers.number(float(way.ratio.max()), 2)}")
        self.update()

    def side(self) -> int:
        """Side of a picture, px."""
        return max(8, min(theme.px(58), (self.width() - theme.px(2)) // FRAMES - GAP))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(360), self.heightForWidth(self.width()))

    def heightForWidth(self, width: int) -> int:
        side = max(8, min(theme.px(58), (width - theme.px(2)) // FRAMES - GAP))
        return theme.px(TITLE_PX) + side + theme.px(4) + theme.px(CURVE_PX)

    def _pitch(self) -> float:
        """Pixels from the middle of a picture to that of the next."""
        return (self.width() - self.side() - 2) / (FRAMES - 1)

    def frame_rect(self, index: int) -> QRectF:
        """Rectangle of a picture."""
        return QRectF(1 + round(index * self._pitch()), theme.px(TITLE_PX), self.side(), self.side())

    def count(self) -> int:
        """Number of pictures."""
        return FRAMES

    def index_at(self, spot: QPointF) -> int:
        """The picture at or under a point, or -1."""
        near = round((spot.x() - 1 - self.side() / 2) / max(1.0, self._pitch()))
        return near if 0 <= near < FRAMES and spot.y() >= theme.px(TITLE_PX) else -1

    def outline(self, index: int) -> QRectF | None:
        """Around a picture."""
        return None if self.way is None else self.frame_rect(index).adjusted(-0.5, -0.5, 0.5, 0.5)

    def _still_key(self) -> tuple[object, ...]:
        return id(self.way), self._top, self._slot, self._since

    def _paint_still(self, painter: QPainter) -> None:
        colors, way = theme.current(), self.way
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head = QRectF(0, 0, self.width(), theme.px(TITLE_PX - 2))
        title = f"{self._title}, {self._since}" if self._since else self._title
        paint.text(painter, head, title, "caption_strong", colors.text_2)
        if way is None:
            frame = QRectF(0, theme.px(TITLE_PX), self.width(), self.height() - theme.px(TITLE_PX))
            paint.box(painter, frame, 4, colors.plot, colors.line)
            paint.text(painter, frame, "On its way …", "caption", colors.text_3, paint.CENTER)
            return
        worst = float(way.ratio.max())
        words = f"{numbers.number(100 * way.crossed, 0)} % in a hole, r up to {numbers.number(worst, 2)}"
        ink = colors.text_3 if self._since else colors.warn if way.crossed > 0 else colors.text_2
        paint.text(painter, head, words, "caption", ink, paint.RIGHT)
        side = self.side()
        ratio = self.devicePixelRatioF()
        batch = pictures.scaled(way.images, round(side * ratio), round(side * ratio))
        for index, image in enumerate(pictures.colored(batch, colors.image_table)):
            painter.drawImage(self.frame_rect(index), pictures.qimage(image))
        self._paint_curve(painter, way)

    def _paint_curve(self, painter: QPainter, way: Way) -> None:
        colors, px = theme.current(), theme.px
        top = px(TITLE_PX) + self.side() + px(4)
        area = QRectF(0, top, self.width(), self.height() - top)
        paint.box(painter, area, 3, colors.plot, colors.line)
        inner = area.adjusted(1 + self.side() / 2, 3, -1 - self.side() / 2, -3)

        def height(value: float) -> float:
            return inner.bottom() - min(1.0, value / self._top) * inner.height()

        x = np.linspace(inner.left(), inner.right(), len(way.ratio))
        curve = [QPointF(float(a), height(float(r))) for a, r in zip(x, way.ratio, strict=True)]
        one = height(1.0)
        over = [QPointF(p.x(), min(p.y(), one)) for p in curve]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.mix(colors.warn, colors.plot, 0.35)))
        painter.drawPolygon(QPolygonF([QPointF(inner.left(), one), *over, QPointF(inner.right(), one)]))
        painter.setPen(QPen(QColor(colors.line_strong), 1))
        painter.drawLine(QPointF(area.left() + px(22), one), QPointF(area.right() - 2, one))
        paint.curve(painter, QPolygonF(curve), colors.lanes[self._slot])
        tick = QRectF(area.left() + px(3), min(one - px(7), area.bottom() - px(14)), px(22), px(14))
        paint.text(painter, tick, "r 1", "tick", colors.text_3)


class _End(QWidget):
    """One end of the walk: the test image, and buttons that choose another."""

    def __init__(self, state: HoleState, end: int) -> None:
        super().__init__()
        self.end = end
        self.picture = ImageView(84, border=True)
        self.picture.setCursor(Qt.CursorShape.PointingHandCursor)
        self.picture.setToolTip("Another of the same class")
        self.picture.clicked.connect(lambda: state.next_of_class(end))
        self.name = Label("", "caption_strong", "text")
        self.name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        where = "start" if end == 0 else "end"
        self.back = IconButton("chevron-left", f"Previous class at the {where}", 20)
        self.on = IconButton("chevron-right", f"Next class at the {where}", 20)
        self.other = IconButton("shuffle", f"Another of the same class at the {where}", 20)
        self.back.clicked.connect(lambda: state.step_class(end, -1))
        self.on.clicked.connect(lambda: state.step_class(end, 1))
        self.other.clicked.connect(lambda: state.next_of_class(end))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.back)
        row.addWidget(self.name, 1)
        row.addWidget(self.on)
        row.addWidget(self.other)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignCenter)
        column.addLayout(row)
        self.setFixedWidth(theme.px(112))


class WalkCard(TitledCard):
    """One column of two strips per lane; the same two images in all."""

    def __init__(self, desk: Desk, state: HoleState) -> None:
        super().__init__("Walk", "", "walk")
        self._desk, self._state = desk, state
        self.run: Run | None = None
        self.hz = 3.0
        self.ends = (_End(state, 0), _End(state, 1))
        self.strips: list[tuple[Run, WayStrip, WayStrip]] = []
        self.hole = Button("Through a hole", "dashed-circle")
        self.hole.setObjectName("through a hole")
        self.hole.clicked.connect(self._walk_across_hole)
        self.add_action(self.hole)
        sides = QVBoxLayout()
        sides.setSpacing(theme.px(6))
        for end in self.ends:
            sides.addWidget(end)
        sides.addStretch(1)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.px(16))
        self._grid.setVerticalSpacing(theme.px(8))
        self._held: list[QWidget] = []
        halves = QHBoxLayout()
        halves.setSpacing(theme.px(16))
        halves.addLayout(sides)
        halves.addLayout(self._grid, 1)
        self.body.addLayout(halves)
        state.pair_changed.connect(self.look)
        desk.dataset_changed.connect(self.look)
        for signal in (desk.names.changed, desk.dataset_changed):
            signal.connect(self._rename)

    def rebuild(self) -> None:
        """Build the strips anew, for other lanes."""
        for strip in self._held:
            self._grid.removeWidget(strip)
            strip.hide()
            strip.deleteLater()
        self._held, self.strips = [], []
        for column, run in enumerate(lanes(self._desk)):
            straight, arc = (WayStrip(f"walk {run.slot} {k}", "") for k in range(2))
            straight.chosen.connect(lambda index, run=run: self._go(run, "straight", index))
            arc.chosen.connect(lambda index, run=run: self._go(run, "arc", index))
            for row, strip in enumerate((straight, arc)):
                self._grid.addWidget(strip, row, column)
                self._held.append(strip)
            self._grid.setColumnStretch(column, 1)
            self.strips.append((run, straight, arc))
        for column in range(len(self.strips), self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        self.setVisible(bool(self.strips))
        self._rename()
        self.fit()
        self.look()

    def _rename(self) -> None:
        """Write the names of the lanes."""
        for run, straight, arc in self.strips:
            if run in self._desk.runs:
                name = self._desk.names.of(run).full
                straight.rename(f"{name}, straight")
                arc.rename(f"{name}, arc")
        if self.strips and (first := self.strips[0][0]) in self._desk.runs:
            name = self._desk.names.of(first).full
            self.hole.setToolTip(f"Two other test {self._desk.noun}s, between whose codes {name} has a deep hole")

    def fit(self) -> None:
        """Strips as high as their pictures need."""
        if not self.strips:
            return
        taken = theme.px(112 + 16 + 26) + theme.px(16) * (len(self.strips) - 1)
        width = max(160, (self.width() - taken) // len(self.strips))
        for _, straight, arc in self.strips:
            for strip in (straight, arc):
                strip.setFixedHeight(strip.heightForWidth(width))
        low = self.strips[0][1].heightForWidth(width) < theme.px(108)
        for end in self.ends:
            end.picture.set_size(56 if low else 84)

    def ask(self) -> None:
        """Request the walks of every lane."""
        if not self._desk.is_open:
            return
        if self.strips:
            self.strips[0][0].ask(LatentCodesLook())
            self.strips[0][0].ask(TrainingCodesLook())
        for run, _, _ in self.strips:
            run.ask(WalkLook(self._state.pair))

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.looks.of(WalkLook), view.snapshot, view.status

    def refresh(self, view: View) -> None:
        """Show newer walks."""
        self.look()

    def look(self) -> None:
        """Show the newest walks and both images."""
        if not self._desk.is_open:
            return
        names = [self._state.name(end) for end in (0, 1)]
        self.note.setText(f"from this {names[0]} to that {names[1]}: decoded on the way; below, the hole ratio r(z)")
        data = self._desk.experiment.dataset
        for end, index, name in zip(self.ends, self._state.pair, names, strict=True):
            end.picture.set_image(display_bytes(data.test.pixels[index : index + 1])[0])
            end.name.setText(name)
            end.picture.setAccessibleName(f"Test {data.noun} #{index:,}, {name}")
        views = [run.view for run, _, _ in self.strips]
        answers = [view.looks.of(WalkLook) for view in views]
        ways = [way for answer in answers if answer is not None for way in (answer.value.straight, answer.value.arc)]
        top = min(MOST_RATIO, max([2.0, *(float(np.nanmax(way.ratio)) for way in ways)]))
        key = WalkLook(self._state.pair).key
        for (run, straight, arc), view, answer in zip(self.strips, views, answers, strict=True):
            is_this = answer is not None and answer.key == key and view.dataset is data
            walk = answer.value if answer is not None and is_this else None
            since = origin_if_old(present(view), answer if is_this else None)
            straight.show_way(None if walk is None else walk.straight, run.slot, top, since)
            arc.show_way(None if walk is None else walk.arc, run.slot, top, since)

    def _walk_across_hole(self) -> None:
        if self.strips and not self._state.choose_pair_across_hole(self.strips[0][0]):
            self._desk.told.emit("The codes are not there yet.", "note")

    def _go(self, run: Run, lead: str, index: int) -> None:
        walk = run.view.looks.value(WalkLook)
        if walk is not None and walk.straight.z.shape[1] == len(self._desk.point.z):
            self._desk.point.move((walk.straight if lead == "straight" else walk.arc).frames[index])
