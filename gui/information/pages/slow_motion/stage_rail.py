"""The rail: the stages of a step in a row, with the shown one marked. A click jumps to a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from gui.drawing import paint, theme
from gui.information.card import Plot
from gui.widgets import focus
from gui.widgets.painted import show_tip

if TYPE_CHECKING:
    from core.slow_motion.stages import StepRecord

GAP = 4
"""Gap between boxes, px at text size 1."""
PAD = 9
"""Padding at both sides of a label, px at text size 1."""
HEIGHT = 30
"""Height of the rail, px at text size 1."""
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True)
class Stop:
    """A box of the rail: a stage of the shown phase, or all of another phase (``is_whole_phase``)."""

    label: str
    stage: int
    is_whole_phase: bool
    words: str


class StageRail(Plot):
    """Keys: Right and Left by a stage, Shift+Right by a step, Home and End within the step, Enter plays or pauses."""

    jumped = Signal(int)
    moved = Signal(int)  # 1 on, -1 back
    stepped = Signal()
    played = Signal()
    preferred_px = (640, HEIGHT)
    least_px = (200, HEIGHT)

    def __init__(self) -> None:
        super().__init__("stage rail", "Stages of the step", _KEYS)
        self._step: StepRecord | None = None
        self._at, self._slot, self._hover = 0, 0, -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_step(self, step: StepRecord | None, at: int, slot: int) -> None:
        """Show the stage with index ``at`` of a step."""
        self._step, self._at, self._slot = step, at, slot
        if step is not None and step.places:
            phase, stage = step.places[at]
            prefix = f"{phase.title}, " if phase.title else ""
            self.setAccessibleDescription(f"{prefix}{stage.title}, {at + 1} of {len(step.places)}. {stage.sentence}")
        self.update()

    # --- where -------------------------------------------------------------------------------------------------------

    def stops(self, short: bool = False) -> list[Stop]:
        """The boxes from left to right; ``short`` labels other phases by their initials."""
        stops: list[Stop] = []
        count = 0
        for phase in self._step.turns if self._step is not None else ():
            here = count <= self._at < count + len(phase.stages)
            if here:
                stops += [Stop(s.title, count + k, False, s.sentence) for k, s in enumerate(phase.stages)]
            elif phase.stages:
                words = f"{phase.title}: {', '.join(stage.title for stage in phase.stages)}"
                label = f"{phase.title} · {len(phase.stages)} stages"
                label = "".join(word[0] for word in phase.title.split()[:2]) if short else label
                stops.append(Stop(label, count, True, words))
            count += len(phase.stages)
        return stops

    def boxes(self) -> list[tuple[Stop, QRectF]]:
        """Boxes and their rectangles: as wide as the labels; if there is no room, short labels, then all narrower."""
        gap, room = theme.px(GAP), float(self.width())
        for short in (False, True):
            stops = self.stops(short)
            widths = [paint.wide(stop.label, "caption_strong") + 2 * theme.px(PAD) for stop in stops]
            total = sum(widths) + gap * max(0, len(widths) - 1)
            if total <= room:
                break
        else:
            share = (room - gap * max(0, len(widths) - 1)) / max(1.0, sum(widths))
            widths = [width * share for width in widths]
        boxes, x = [], 0.0
        for stop, width in zip(stops, widths, strict=True):
            boxes.append((stop, QRectF(x, 0, width, theme.px(HEIGHT))))
            x += width + gap
        return boxes

    # --- paint -------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            if self._step is None or not self._step.places:
                return
            for index, (stop, box) in enumerate(self.boxes()):
                self._paint_stop(painter, stop, box, index == self._hover)

    def _paint_stop(self, painter: QPainter, stop: Stop, box: QRectF, lit: bool) -> None:
        colors = theme.current()
        lane = colors.lanes[self._slot]
        here, done = not stop.is_whole_phase and stop.stage == self._at, stop.stage < self._at
        assert self._step is not None
        bad = not stop.is_whole_phase and bool(self._step.places[stop.stage][1].trouble)
        fill = colors.tint(self._slot) if here else colors.control_hover if lit else colors.control
        border = colors.error if bad else lane if here else colors.line if stop.is_whole_phase else None
        if stop.is_whole_phase and not lit:
            fill = colors.panel
        paint.box(painter, box, theme.px(4), fill, border)
        ink = colors.text if here or lit else colors.text_2
        role = "caption_strong" if here else "caption"
        words = box.adjusted(theme.px(4), 0, -theme.px(4), -theme.px(2))
        paint.text(painter, words, stop.label, role, ink, paint.CENTER)
        bar = QRectF(box.left() + theme.px(4), box.bottom() - theme.px(4), box.width() - theme.px(8), theme.px(2))
        if done or here:
            painter.fillRect(bar, QColor(lane if here else theme.mix(lane, colors.control, 0.5)))

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def _index(self, spot: QPointF) -> int:
        return next((k for k, (_, box) in enumerate(self.boxes()) if box.contains(spot)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._index(event.position())
        if at != self._hover:
            self._hover = at
            self.setCursor(Qt.CursorShape.PointingHandCursor if at >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._index(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at >= 0:
            self.jumped.emit(self.boxes()[at][0].stage)

    def words_at(self, spot: QPointF) -> str:
        """Tooltip at a point: the sentence of a stage, or the stages of another phase."""
        at = self._index(spot)
        return self.boxes()[at][0].words if at >= 0 else ""

    def event(self, event: QEvent) -> bool:
        return show_tip(self, event, self.words_at) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shift = Qt.Key(event.key()), focus.with_shift(event)
        if key == Qt.Key.Key_Right and shift:
            self.stepped.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.moved.emit(1 if key == Qt.Key.Key_Right else -1)
        elif key == Qt.Key.Key_Home:
            self.jumped.emit(0)
        elif key == Qt.Key.Key_End:
            self.jumped.emit(10**6)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.played.emit()
        else:
            super().keyPressEvent(event)
