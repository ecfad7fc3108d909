"""The rail: every stage of a step in a row, the one we are at marked. A click jumps there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from gui.drawing import paint, theme
from gui.information.card import Plot
from gui.widgets import focus
from gui.widgets.painted import show_tip

if TYPE_CHECKING:
    from core.slow_motion.stages import StepRecord

GAP, PAD, HEIGHT = 4, 9, 30
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True)
class Stop:
    """A box of the rail: a stage of the turn we are in, or another turn as a whole (``whole``)."""

    label: str
    stage: int
    whole: bool
    words: str


class StageRail(Plot):
    """Keys: Right and Left by a stage, Shift+Right by a step, Home and End within the step, Enter plays or rests."""

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
        """Another step, or another stage of it."""
        self._step, self._at, self._slot = step, at, slot
        if step is not None and step.places:
            turn, stage = step.places[at]
            where = f"{turn.title}, " if turn.title else ""
            self.setAccessibleDescription(f"{where}{stage.title}, {at + 1} of {len(step.places)}. {stage.sentence}")
        self.update()

    # --- where -------------------------------------------------------------------------------------------------------

    def stops(self, short: bool = False) -> list[Stop]:
        """The boxes from left to right."""
        found: list[Stop] = []
        count = 0
        for turn in self._step.turns if self._step is not None else ():
            here = count <= self._at < count + len(turn.stages)
            if here:
                found += [Stop(s.title, count + k, False, s.sentence) for k, s in enumerate(turn.stages)]
            elif turn.stages:
                words = f"{turn.title}: {', '.join(stage.title for stage in turn.stages)}"
                label = f"{turn.title} · {len(turn.stages)} stages"
                label = "".join(word[0] for word in turn.title.split()[:2]) if short else label
                found.append(Stop(label, count, True, words))
            count += len(turn.stages)
        return found

    def boxes(self) -> list[tuple[Stop, QRectF]]:
        """Where they are: as wide as their words; if that is too much, other turns by a letter, then all narrower."""
        face = QFontMetricsF(theme.font("caption_strong"))
        gap, room = theme.px(GAP), float(self.width())
        for short in (False, True):
            stops = self.stops(short)
            wide = [face.horizontalAdvance(stop.label) + 2 * theme.px(PAD) for stop in stops]
            total = sum(wide) + gap * max(0, len(wide) - 1)
            if total <= room:
                break
        else:
            share = (room - gap * max(0, len(wide) - 1)) / max(1.0, sum(wide))
            wide = [each * share for each in wide]
        made, x = [], 0.0
        for stop, width in zip(stops, wide, strict=True):
            made.append((stop, QRectF(x, 0, width, theme.px(HEIGHT))))
            x += width + gap
        return made

    # --- paint -------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.begin()
        if self._step is None or not self._step.places:
            painter.end()
            return
        for index, (stop, box) in enumerate(self.boxes()):
            self._paint_stop(painter, stop, box, index == self._hover)
        painter.end()

    def _paint_stop(self, painter: QPainter, stop: Stop, box: QRectF, lit: bool) -> None:
        colors = theme.current()
        lane = colors.lanes[self._slot]
        here, done = not stop.whole and stop.stage == self._at, stop.stage < self._at
        assert self._step is not None
        bad = not stop.whole and bool(self._step.places[stop.stage][1].trouble)
        fill = colors.tint(self._slot) if here else colors.control_hover if lit else colors.control
        border = colors.error if bad else lane if here else colors.line if stop.whole else None
        if stop.whole and not lit:
            fill = colors.panel
        paint.box(painter, box, theme.px(4), fill, border)
        ink = colors.text if here or lit else colors.text_2
        role = "caption_strong" if here else "caption"
        words = box.adjusted(theme.px(4), 0, -theme.px(4), -theme.px(2))
        paint.text(painter, words, stop.label, role, ink, paint.CENTER)
        bar = QRectF(box.left() + theme.px(4), box.bottom() - theme.px(4), box.width() - theme.px(8), theme.px(2))
        if done or here:
            painter.fillRect(bar, QColor(lane if here else theme.mix(lane, colors.control, 0.5)))

    # --- hands -------------------------------------------------------------------------------------------------------

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
        """The tooltip at a place: what a stage says, or the stages of another turn."""
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
