"""The network as columns of units with pictures at its ends and lines between them; the active part is lit.

Forward in the lane's colour, gradients in the colour of KL, an update as lines (the weights) with their change below.
Brightness of a unit: |activation| or |gradient| for the example, relative to the largest of its column; negative
values are rings.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy

from core.foundation.arrays import Floats
from gui.drawing import numbers, paint, pictures, theme
from gui.drawing.chart import Backdrop
from gui.information.card import Plot
from gui.widgets.painted import show_tip

if TYPE_CHECKING:
    from core.slow_motion.stages import LayerColumn, PhaseRecord, Stage


UNIT_PX = 18
"""Largest diameter of a unit, px at text size 1."""
PITCH_PX = 30
"""Largest distance between units, px at text size 1."""
LEAST_PX = 6
"""Least distance between units; fewer are drawn where they do not fit, px at text size 1."""
PICTURE_PX = 140
"""Largest side of a picture, px at text size 1."""
TITLE_PX = 20
"""Height of a column's title, px at text size 1."""
FOOT_PX = 34
"""Height of the size and the norm below a column, px at text size 1."""
PAD_PX = 12
"""Margin at the left and right, px at text size 1."""
LOSS_PX = 40
"""Diameter of the loss, px at text size 1."""
TERM_PX = 36
"""Diameter of a term of the loss, px at text size 1."""
ROUTE_PX = 14
"""Height at the top in which lines run past other columns, px at text size 1."""
ENDS = 7
"""Number of lines that end at a picture."""
LEGEND_PX = 16
"""Height of the legend, px at text size 1."""
TIGHT_PX = 290
"""Lower drawings leave out the legend and the sizes of stacked columns, px at text size 1."""
LEGEND = {
    "forward": "at most 12 units of a layer · strong colour: this example drives it hard · ring: below zero",
    "backward": "strong colour: the loss leans on it · ring: below zero · ∇: gradient of the weights before a column",
    "update": "lines are weights · Δ: how far the weights before a column went",
}


class NetworkDrawing(Plot):
    """Draws one stage of a phase. The rail, not the drawing, takes the keys."""

    preferred_px = (900, 340)
    least_px = (300, 132)

    def __init__(self) -> None:
        super().__init__("network drawing", "Drawing of the network")
        self._phase: PhaseRecord | None = None
        self._stage: Stage | None = None
        self._slot = 0
        self._words = ""
        self._tight = False
        self._pitch = 78.0  # between columns of units, px
        self._drawn: dict[str, list[int]] = {}  # indices of the recorded units that are drawn, by column key
        self._areas: dict[str, QRectF] = {}
        self._still = Backdrop()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_stage(self, phase: PhaseRecord | None, stage: Stage | None, slot: int, words: str = "") -> None:
        """Show a stage, or ``words`` in place of a drawing."""
        self._phase, self._stage, self._slot, self._words = phase, stage, slot, words
        if phase is not None and stage is not None:
            lit = [column.name for column in phase.columns if column.key in stage.active]
            way = {"forward": "Lit", "backward": "Gradient runs back through", "update": "Weights change before"}
            self.setAccessibleDescription(f"{way[stage.flow]}: {', '.join(lit)}")
        else:
            self.setAccessibleDescription(words)
        self.update()

    # --- where -------------------------------------------------------------------------------------------------------

    def _slots(self) -> list[list[LayerColumn]]:
        slots: list[list[LayerColumn]] = []
        for column in self._phase.columns if self._phase is not None else ():
            if column.slot == len(slots):
                slots.append([])
            slots[column.slot].append(column)
        return slots

    def areas(self) -> dict[str, QRectF]:
        """Rectangle of each column's units or picture, without titles and numbers, by column key."""
        slots, px = self._slots(), theme.px
        if not slots:
            return {}
        top = px(TITLE_PX) + px(4) + (px(ROUTE_PX) if any(column.over for slot in slots for column in slot) else 0)
        self._tight = self.height() < px(TIGHT_PX)
        tall = max(px(40), self.height() - px(FOOT_PX + (0 if self._tight else LEGEND_PX)) - top)
        most = max(len(slot) for slot in slots if slot[0].kind == "picture") if self._pictured(slots) else 1
        between = px(TITLE_PX) if self._tight else px(FOOT_PX + TITLE_PX)
        side = min(px(PICTURE_PX), (tall - (most - 1) * between) / most, self.width() * 0.13)
        grain = int(next(slot[0].size.split(" ")[0] for slot in slots if slot[0].kind == "picture"))
        if grain > 2 and side >= grain and side % grain < 0.2 * side:
            side -= side % grain  # whole zoom
        weights = [side + px(12) if slot[0].kind == "picture" else 0.0 for slot in slots]
        rest = self.width() - 2 * px(PAD_PX) - sum(weights)
        plain = sum(1 for weight in weights if not weight)
        self._pitch = rest / max(1, plain)
        wide = [weight or self._pitch for weight in weights]
        areas: dict[str, QRectF] = {}
        x = float(px(PAD_PX))
        for slot, width in zip(slots, wide, strict=True):
            areas.update(self._stack(slot, x + width / 2, float(top), float(tall), side))
            x += width
        return areas

    @staticmethod
    def _pictured(slots: list[list[LayerColumn]]) -> bool:
        return any(slot[0].kind == "picture" for slot in slots)

    def _stack(self, slot: list[LayerColumn], middle: float, top: float, tall: float, side: float) -> dict[str, QRectF]:
        """Rectangles of columns stacked in one slot, as high as they need, centred vertically."""
        between = theme.px(FOOT_PX + TITLE_PX)
        if self._tight:  # titles stand beside the units, sizes are left out
            between = theme.px(TITLE_PX if slot[0].kind == "picture" else 6)
        room = (tall - between * (len(slot) - 1)) / len(slot)
        sizes = [QSize(round(side), round(side)) if c.kind == "picture" else self._units_size(c, room) for c in slot]
        y = top + (tall - sum(size.height() for size in sizes) - between * (len(slot) - 1)) / 2
        areas = {}
        for column, size in zip(slot, sizes, strict=True):
            areas[column.key] = QRectF(round(middle - size.width() / 2), round(y), size.width(), size.height())
            y += size.height() + between
        return areas

    def _stacked(self, column: LayerColumn) -> bool:
        return len(self._slots()[column.slot]) > 1

    def _units_size(self, column: LayerColumn, room: float) -> QSize:
        if column.kind in ("loss", "term"):
            side = theme.px(LOSS_PX if column.kind == "loss" else TERM_PX)
            return QSize(side, side)
        count = self._count(column)
        if count * theme.px(LEAST_PX) > room:
            count = max(1, int(room / theme.px(LEAST_PX)))
        kept = self._count(column)
        self._drawn[column.key] = [round(k * (kept - 1) / max(1, count - 1)) for k in range(count)]
        pitch = min(float(theme.px(PITCH_PX)), max(float(theme.px(LEAST_PX)), room / count))
        unit = round(min(float(theme.px(UNIT_PX)), pitch * 0.75))
        return QSize(unit, round(pitch * (count - 1)) + unit)

    def _count(self, column: LayerColumn) -> int:
        """Number of recorded units of a column."""
        last = self._phase.stages[-1] if self._phase is not None else None
        values = None if last is None else last.values.get(column.key)
        width = int(column.size.split(" ")[0]) if column.size.split(" ")[0].isdigit() else 1
        return max(1, len(values) if values is not None and len(values) else min(12, width))

    def _spots(self, column: LayerColumn, area: QRectF) -> list[QPointF]:
        """Centres of the units; for a picture, points down its middle."""
        count = ENDS if column.kind == "picture" else len(self._drawn.get(column.key, [0]))
        if count == 1:
            return [area.center()]
        half = area.height() / count / 2 if column.kind == "picture" else area.width() / 2
        first, last = area.top() + half, area.bottom() - half
        return [QPointF(area.center().x(), first + (last - first) * k / (count - 1)) for k in range(count)]

    def _lines(self, before: LayerColumn, after: LayerColumn, areas: dict[str, QRectF]) -> list[QLineF]:
        """Lines from every unit to every unit, or between units of equal index for an elementwise column."""
        a, b = areas[before.key], areas[after.key]
        starts, ends = self._spots(before, a), self._spots(after, b)
        pairs: Iterable[tuple[QPointF, QPointF]] = itertools.product(starts, ends)
        if after.each:
            end_of = dict(zip(self._drawn[after.key], ends, strict=True))
            pairs = [(p, end_of[k]) for k, p in zip(self._drawn[before.key], starts, strict=True) if k in end_of]
        return [QLineF(QPointF(a.right() + 1, p.y()), QPointF(b.left() - 1, q.y())) for p, q in pairs]

    def _route(self, column: LayerColumn, areas: dict[str, QRectF]) -> QPolygonF:
        """The line along the top from the first of the columns that this one is computed ``over``."""
        start, end, head = areas[column.over[0]], areas[column.key], theme.px(TITLE_PX)
        high = theme.px(ROUTE_PX) / 2
        out = start.top() - (2 if self._tight else head)
        corners = [(start.center().x(), out), (start.center().x(), high), (end.center().x(), high)]
        return QPolygonF([QPointF(x, y) for x, y in (*corners, (end.center().x(), end.top() - head))])

    def _groups(self) -> list[tuple[str, list[LayerColumn]]]:
        """Name of each network, and its layers that stand side by side."""
        layers = [slot[0] for slot in self._slots() if len(slot) == 1]
        named = [(each.part if each.kind == "units" and not each.title else "", each) for each in layers]
        groups = [(part, [each for _, each in group]) for part, group in itertools.groupby(named, lambda pair: pair[0])]
        return [(part, columns) for part, columns in groups if part]

    # --- paint -------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, phase, stage = theme.current(), self._phase, self._stage
        with self.painting() as painter:
            if phase is None or stage is None:
                paint.box(painter, QRectF(self.rect()), 4, colors.plot, colors.line)
                area = QRectF(self.rect()).adjusted(theme.px(16), 0, -theme.px(16), 0)
                paint.text(painter, area, self._words, "body", colors.text_2, paint.CENTER)
                return
            areas = self._areas = self.areas()
            key = (phase.columns, *(len(each) for each in _kept(phase)))
            still = self._still.pixmap(
                key, self.size(), self.devicePixelRatioF(), lambda each: self._paint_still(each, phase, areas)
            )
            painter.drawPixmap(0, 0, still)
            self._paint_lines(painter, phase, stage, areas)
            for column in phase.columns:
                area = areas[column.key]
                if column.kind == "picture":
                    self._paint_picture(painter, column, stage, area)
                elif column.kind in ("loss", "term"):
                    self._paint_term(painter, column, stage, area)
                else:
                    self._paint_units(painter, column, stage, area)
                self._paint_words(painter, column, stage, area)
            if not self._tight:
                low = QRectF(self.rect()).adjusted(
                    theme.px(8), self.height() - theme.px(LEGEND_PX + 4), -theme.px(8), 0
                )
                paint.text(painter, low, LEGEND[stage.flow], "tick", colors.text_3)

    def _paint_still(self, painter: QPainter, phase: PhaseRecord, areas: dict[str, QRectF]) -> None:
        """Paint what does not change: the background, every line in grey and the networks' names."""
        colors = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, QRectF(self.rect()), 4, colors.plot, colors.line)
        columns = {column.key: column for column in phase.columns}
        painter.setPen(QPen(QColor(theme.mix(colors.line_strong, colors.plot, 0.30)), paint.hairline(painter)))
        for column in phase.columns:
            for name in column.follows:
                painter.drawLines(self._lines(columns[name], column, areas))
            if column.over:
                painter.drawPolyline(self._route(column, areas))
        for part, group in self._groups():
            span = areas[group[0].key].united(areas[group[-1].key])
            wide = max(span.width(), theme.px(64))
            highest = min(areas[each.key].top() for each in group) - theme.px(TITLE_PX)
            head = QRectF(span.center().x() - wide / 2, highest, wide, theme.px(16))
            paint.text(painter, head, part, "caption", colors.text_2, paint.CENTER)

    def tone(self, stage: Stage) -> str:
        """Colour of what is active in a stage."""
        colors = theme.current()
        return colors.info_kl if stage.flow == "backward" else colors.lanes[self._slot]

    def _paint_lines(self, painter: QPainter, phase: PhaseRecord, stage: Stage, areas: dict[str, QRectF]) -> None:
        columns = {column.key: column for column in phase.columns}
        share = 0.75 if stage.flow == "update" else 0.5
        shade = QColor(theme.mix(self.tone(stage), theme.current().plot, share))
        painter.setPen(QPen(shade, paint.hairline(painter)))
        for column in phase.columns:
            for name in column.follows:
                if self.runs_through(stage, columns[name], column):
                    painter.drawLines(self._lines(columns[name], column, areas))
            if column.over and self.runs_through(stage, columns[column.over[0]], column):
                route = self._route(column, areas)
                painter.setPen(QPen(shade, 2))
                painter.drawPolyline(route)
                if stage.flow == "backward":
                    _arrow(painter, route.first(), self.tone(stage), down=True)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(shade, paint.hairline(painter)))

    @staticmethod
    def runs_through(stage: Stage, before: LayerColumn, after: LayerColumn) -> bool:
        """Whether the lines between two columns are active in a stage."""
        if stage.flow == "update":
            return after.key in stage.marks or (after.key == "sigma" and "mu" in stage.marks)
        if stage.flow == "backward":
            return after.key in stage.active and (
                before.key in stage.active or after.key in stage.marks or after.key == "sigma"
            )
        if after.key not in stage.active or after.kind in ("loss", "term"):
            return after.key in stage.active
        needs = after.kind == "picture" or len(after.follows) > 1  # else it is lit as a source, or by another column
        return before.key in stage.active or not needs

    def _paint_units(self, painter: QPainter, column: LayerColumn, stage: Stage, area: QRectF) -> None:
        colors = theme.current()
        lit = column.key in stage.active and stage.flow != "update"
        values = stage.values.get(column.key)
        if stage.flow == "backward" and lit:
            values = stage.gradients.get(column.key, np.zeros(0, np.float32))
        spots, radius = self._spots(column, area), area.width() / 2
        most = float(np.abs(values).max()) if values is not None and len(values) else 0.0
        for k, spot in zip(self._drawn.get(column.key, []), spots, strict=True):
            value = float(values[k]) if values is not None and k < len(values) else 0.0
            share = min(1.0, abs(value) / most) if most > 0 and np.isfinite(most) else 0.0
            tone = self.tone(stage) if lit else theme.mix(colors.text_3, colors.plot, 0.7)
            ink = theme.mix(tone, colors.plot, share)
            rim = theme.mix(tone, colors.plot, 0.55) if lit else theme.mix(colors.line_strong, colors.plot, 0.6)
            hollow = value < 0
            painter.setBrush(QColor(colors.plot if hollow else ink))
            if hollow and radius >= 4:
                painter.setPen(QPen(QColor(theme.mix(tone, colors.plot, max(0.35, share))), max(1.5, radius * 0.4)))
                painter.drawEllipse(spot, radius - radius * 0.25, radius - radius * 0.25)
            else:
                painter.setPen(QPen(QColor(rim), 1))
                painter.drawEllipse(spot, radius - 0.5, radius - 0.5)

    def _paint_picture(self, painter: QPainter, column: LayerColumn, stage: Stage, area: QRectF) -> None:
        colors = theme.current()
        image = stage.pictures.get(column.key)
        lit = column.key in stage.active and stage.flow != "update"
        paint.box(painter, area, 3, colors.card)
        if image is not None:
            ratio = self.devicePixelRatioF()
            side = max(1, round(area.width() * ratio))
            zoomed = pictures.scaled(image[None], side + bool(column.dot and side % len(image) == 0), side)
            batch = pictures.colored(zoomed, colors.image_table)
            painter.drawImage(area, pictures.qimage(batch[0]))
            if column.dot:  # the axes of the plane
                painter.setPen(QPen(QColor(colors.line), 1))
                painter.drawLine(QLineF(area.left(), area.center().y(), area.right(), area.center().y()))
                painter.drawLine(QLineF(area.center().x(), area.top(), area.center().x(), area.bottom()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(QColor(self.tone(stage) if lit else colors.line_strong), 2 if lit else 1)
        if image is None:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(area.adjusted(-1, -1, 1, 1), 3, 3)

    def _paint_term(self, painter: QPainter, column: LayerColumn, stage: Stage, area: QRectF) -> None:
        """Paint the loss or a term of it as a circle with its value."""
        colors = theme.current()
        lit = column.key in stage.active
        tone = self.tone(stage) if lit else colors.line_strong
        painter.setPen(QPen(QColor(tone), 2 if lit else 1))
        painter.setBrush(QColor(theme.mix(tone, colors.plot, 0.25) if lit else colors.plot))
        painter.drawEllipse(area)
        value = stage.values.get(column.key)
        letter = column.title if column.kind == "term" else "L"
        words = letter if value is None else numbers.short(float(value[0]))
        ink = colors.text if lit else colors.text_2
        paint.text(painter, area.adjusted(-8, 0, 8, 0), words, "caption_strong", ink, paint.CENTER)
        if stage.flow == "backward" and column.follows:
            _arrow(painter, QPointF(area.left() - 5, area.center().y()), colors.info_kl)

    def _paint_words(self, painter: QPainter, column: LayerColumn, stage: Stage, area: QRectF) -> None:
        colors, px = theme.current(), theme.px
        lit = column.key in stage.active
        squeezed = self._tight and self._stacked(column)
        wide = max(area.width() + px(40), px(64)) if column.kind == "picture" else max(px(34), min(px(78), self._pitch))
        left = area.center().x() - wide / 2
        head = QRectF(left, area.top() - px(TITLE_PX), wide, px(16))
        role = "caption_strong" if lit else "caption"
        if squeezed and column.kind != "picture":
            head = QRectF(area.left() - px(20), area.center().y() - px(8), px(16), px(16))
        paint.text(painter, head, column.title, role, colors.text if lit else colors.text_2, paint.CENTER)
        foot = QRectF(left, area.bottom() + px(3), wide, px(14))
        if squeezed:
            lowest = max(self._areas[each.key].bottom() for each in self._slots()[column.slot])
            foot = QRectF(left, lowest + px(3 - 13), wide, px(14))
        else:
            paint.text(painter, foot, column.size, "tick", colors.text_3, paint.CENTER)
        mark = stage.marks.get(column.key)
        if mark is not None:
            sign = "∇" if stage.flow == "backward" else "Δ"
            narrow = column.kind != "picture" and self._pitch < px(56)
            words = tiny(mark) if narrow else f"{sign} {brief(mark)}"
            below = foot.translated(0, px(13))
            paint.text(painter, below, words, "keycap", colors.text, paint.CENTER)

    # --- tooltips ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        return show_tip(self, event, self.words_at) or super().event(event)

    def words_at(self, spot: QPointF) -> str:
        """Tooltip of the column under the mouse."""
        phase = self._phase
        if phase is None:
            return ""
        for column in phase.columns:
            if self.areas()[column.key].adjusted(-8, -theme.px(TITLE_PX), 8, theme.px(FOOT_PX)).contains(spot):
                mark = None if self._stage is None else self._stage.marks.get(column.key)
                what = "gradient" if self._stage is not None and self._stage.flow == "backward" else "move"
                norm_words = "" if mark is None else f"\nLength of its weights’ {what}: {brief(mark)}"
                return (column.tip or column.name) + norm_words
        return ""


def brief(value: float) -> str:
    """A norm in three digits, small ones as powers of ten."""
    if value != 0 and abs(value) < 1e-3:
        return f"{value:.1e}".replace("e-0", "e-").replace("-", numbers.MINUS)
    return numbers.short(value)


def tiny(value: float) -> str:
    """A norm in two digits, or one below a tenth, for columns that stand close."""
    if 0 < value < 0.1:
        return f"{value:.0e}".replace("e-0", "e").replace("e-", "e").replace("e", f"e{numbers.MINUS}")
    return f"{value:.2g}" if value < 100 else numbers.short(float(f"{value:.2g}"))


def _kept(phase: PhaseRecord) -> list[Floats]:
    return list(phase.stages[-1].values.values()) if phase.stages else []


def _arrow(painter: QPainter, middle: QPointF, color: str, down: bool = False) -> None:
    """Paint a small arrow head that points to the left, or down."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    x, y = middle.x(), middle.y()
    head = [(x - 7, y), (x, y - 5), (x, y + 5)] if not down else [(x, y + 2), (x - 5, y - 5), (x + 5, y - 5)]
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in head]))
