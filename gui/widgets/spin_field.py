"""A field for one number with its unit inside: type, step, or drag up and down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QSizePolicy, QToolTip, QWidget

from core.foundation.number_words import significant, unit_of
from gui.drawing import numbers, paint, theme
from gui.drawing.painting import painting
from gui.drawing.scale import Scale
from gui.widgets import focus
from gui.widgets.painted import Keyboard

_SCRUB_PX = 4  # vertical pixels per step
_SLACK_PX = 3  # movement before a press becomes a drag
_ARROWS_PX = 16  # width of the arrows at the right
_EXACT = 30  # decimals of Qt's field, so many that it never rounds: what is shown is rounded here
_KEYS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TYPING_KEYS = _KEYS | focus.PRESS_KEYS | {Qt.Key.Key_Escape}  # while text is typed
_TYPED = tuple("0123456789-−+.")  # characters that a number can begin with


class SpinField(Keyboard, QDoubleSpinBox):
    """A number in a range, 24 px high (20 with ``small``).

    Qt's field holds value and text; what is typed stands in its line edit, which is hidden until somebody types.
    ``edited`` is emitted by Enter, arrows, wheel (with focus) and scrubbing. Esc reverts; leaving the field applies
    valid text. Invalid text gets a frame in the error colour, and ``invalid`` carries the reason, "" once the text is
    valid again; the value stays. With ``tells_why`` a tooltip under the field says the reason. ``scale`` "log" steps by
    factors. ``words`` are shown in place of single values.
    """

    edited = Signal(float)
    invalid = Signal(str)
    keys = _KEYS | focus.PRESS_KEYS - {Qt.Key.Key_Space}  # Space stays with the window: it trains or pauses

    def __init__(
        self,
        kind: type[float] | type[int],
        low: float,
        high: float,
        *,
        unit: str = "",
        decimals: int = 2,
        step: float | None = None,
        scale: Literal["linear", "log"] = "linear",
        prefix: str = "",
        thousands: bool = True,
        small: bool = False,
        words: Mapping[float, str] | None = None,
        tells_why: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"range {low} to {high} is empty")
        self._is_int = kind is int
        self._decimals = 0 if self._is_int else decimals
        self._unit, self._prefix, self._thousands = unit, prefix, thousands
        self._words = dict(words or {})
        self._height = 20 if small else 24
        self._log = Scale(low, high, "log", self._decimals) if scale == "log" else None
        self._step = step or (1.0 if self._is_int else 10.0**-self._decimals)
        self._error = ""
        self._tells_why = tells_why
        self._initial_text = ""  # of the editor: Enter on it must not round the value
        self._press: QPointF | None = None
        self._scrubbed = 0
        self._scrubbing = False
        self._fine = False  # Shift is held
        self._editor = self.lineEdit()
        self._editor.setFrame(False)
        self._editor.setObjectName("bare")
        self._editor.hide()
        self._editor.textEdited.connect(self._check)
        super().setDecimals(_EXACT)
        super().setRange(low, high)
        self.valueChanged.connect(self._emit)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._restyle()

    # -- value

    def set_value(self, value: float) -> None:
        """Set the value without a signal. It is clamped; a non-finite value is ignored. Text being typed stays."""
        with QSignalBlocker(self):
            self._set(value)

    def _set(self, value: float) -> None:
        if math.isfinite(value):
            typed, at = self._editor.text(), self._editor.cursorPosition()
            super().setValue(float(round(value)) if self._is_int else float(value))
            if self.is_editing():
                self._editor.setText(typed)
                self._editor.setCursorPosition(at)
            self.update()

    def set_range(self, low: float, high: float) -> None:
        """Set the range; the value is clamped to it. `ValueError` for an empty range."""
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"range {low} to {high} is empty")
        if self._log is not None:
            self._log = Scale(low, high, "log", self._decimals)
        with QSignalBlocker(self):
            super().setRange(low, high)
        self.update()

    def _emit(self, value: float) -> None:
        self.edited.emit(value)

    def set_unit(self, unit: str) -> None:
        """Set the unit."""
        self._unit = unit
        self._restyle()

    def shown(self) -> str:
        """The value as shown, without its unit."""
        return self._figures(self.value())

    def _figures(self, value: float) -> str:
        text = numbers.knob(value, self._decimals)
        return text if self._thousands else text.replace(",", "")

    def _painted(self, value: float) -> tuple[str, str]:
        """A value, or the word for it, and the unit."""
        word = self._words.get(value)
        unit = unit_of(value, self._unit) if self._is_int else self._unit
        return (self._prefix + self._figures(value), unit) if word is None else (word, "")

    def _fitting(self, room: float) -> str:
        """The painted value, with fewer figures where all of them do not fit: cut off it would be another number."""
        value = self.value()
        words = self._painted(value)[0]
        if self._words.get(value) is not None:
            return words
        shorter = (significant(value, 4), numbers.short(value))
        return paint.fitting((words, *(self._prefix + each for each in shorter)), "medium", room)

    def is_editing(self) -> bool:
        """Whether the user is typing."""
        return not self._editor.isHidden()

    def error(self) -> str:
        """Why the typed text is invalid; "" if it is valid."""
        return self._error

    def textFromValue(self, value: float) -> str:
        return " ".join(filter(None, self._painted(value)))  # what a screen reader says

    def valueFromText(self, text: str) -> float:
        return self.value()  # typed text is applied by `_end`, never by Qt

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, at  # any text may be typed; `_check` says what is wrong with it

    def _stepped(self, steps: int, fine: bool) -> float:
        if self._log is None:
            grain = self._step * (0.1 if fine and not self._is_int else 1.0)
            return round(self.value() + steps * grain, self._decimals + (1 if fine else 0))
        if self._is_int:
            new = self.value() * 2.0**steps
            return max(1.0, round(new)) if steps > 0 or new >= 1 else self.minimum()
        share = math.copysign(0.005 if fine else 0.05, steps)
        value = self.value()
        for _ in range(abs(steps)):
            value = self._log.stepped(value, share)
        return value

    # -- typing

    def begin_editing(self, text: str | None = None) -> None:
        """Open the editor, with the value selected or with the first typed character."""
        if self.is_editing() or not self.isEnabled():
            return
        self._initial_text = self.shown().replace(",", "")
        self._editor.setText(self._initial_text if text is None else text)
        self._editor.setFont(theme.font("medium"))
        self._place_editor()
        self._editor.show()
        if not self.hasFocus():
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        QApplication.sendEvent(self._editor, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.OtherFocusReason))
        if text is None:
            self._editor.selectAll()
        else:
            self._editor.end(False)
            self._check()
        self.update()

    def _parsed(self) -> float:
        value = numbers.parse(self._editor.text().removesuffix(self._unit), whole=self._is_int)
        if not self.minimum() <= value <= self.maximum():
            bounds = f"{self._bound(self.minimum())} to {self._bound(self.maximum())} {self._unit}".rstrip()
            raise ValueError(f"{numbers.knob(value, self._decimals)} is outside {bounds}")
        return value

    def _bound(self, value: float) -> str:
        return f"{value:,.10g}".replace("-", numbers.MINUS)

    def _check(self) -> None:
        try:
            self._parsed()
        except ValueError as error:
            self._set_error(str(error))
        else:
            self._set_error("")

    def _set_error(self, reason: str) -> None:
        if reason != self._error:
            self._error = reason
            self.invalid.emit(reason)
            self._tell_why()
            self.update()

    def _tell_why(self) -> None:
        if self._tells_why:  # an empty text hides the tooltip
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self._error, self)

    def _end(self, apply: bool) -> None:
        """Close the editor. With ``apply`` and invalid text it stays open."""
        if not self.is_editing():
            return
        value = self.value()
        if apply:
            self._check()
            if self._error:
                self._tell_why()
                self._editor.selectAll()
                return
            value = self.value() if self._editor.text() == self._initial_text else self._parsed()
        self._editor.hide()
        self._set_error("")
        self._set(value)
        self.update()

    def stepBy(self, steps: int) -> None:
        """Step, as keys, the wheel and a screen reader ask for; what is typed is applied before."""
        if self.is_editing():
            self._check()
            if not self._error and self._editor.text() != self._initial_text:
                self._set(self._parsed())
        self._set(self._stepped(steps, self._fine))
        if self.is_editing():
            self._initial_text = self.shown().replace(",", "")
            self._editor.setText(self._initial_text)
            self._editor.selectAll()
            self._set_error("")

    def _leave(self) -> None:
        if self.is_editing():
            self._check()
            self._end(apply=not self._error)

    # -- geometry and paint

    def _restyle(self) -> None:
        colors = self._editor.palette()
        colors.setColor(QPalette.ColorRole.Text, QColor(theme.current().text))
        self._editor.setPalette(colors)
        self._editor.setFont(theme.font("medium"))
        self._place_editor()
        super()._restyle()

    def sizeHint(self) -> QSize:
        widest = max((self._bound(self.minimum()), self._bound(self.maximum()), self.shown()), key=len)
        width = paint.wide(self._prefix + widest, "medium") + theme.px(8 + _ARROWS_PX)
        if self._unit:
            width += paint.wide(self._unit, "body") + theme.px(4)
        return QSize(min(round(width), theme.px(132)), theme.px(self._height))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(52), theme.px(self._height))

    def _arrows(self) -> QRectF:
        wide = theme.px(_ARROWS_PX)
        return QRectF(self.width() - wide, 0, wide, self.height())

    def _place_editor(self) -> None:
        left = theme.px(8)
        self._editor.setGeometry(left - 2, 1, max(1, int(self._arrows().left()) - left + 2), self.height() - 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_editor()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p, enabled = theme.current(), theme.px, self.isEnabled()
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            lit = self.underMouse() and enabled
            edge = colors.error if self._error else colors.accent if self.is_editing() else None
            if not enabled:
                paint.box(painter, area, p(4), colors.panel, colors.line)
            else:
                fill = colors.control_hover if lit and not self.is_editing() else colors.control
                paint.box(painter, area, p(4), fill, edge)
            stop = self._arrows().left()
            if not self.is_editing():
                left = float(p(8))
                words, unit = self._fitting(stop - left), self._painted(self.value())[1]
                ink = colors.text if enabled else colors.disabled()
                paint.text(painter, QRectF(left, 0, stop - left, area.height()), words, "medium", ink)
                left += paint.wide(words, "medium") + p(4)
                if unit and stop - left > p(10):
                    shade = (colors.text_2 if lit else colors.text_3) if enabled else colors.disabled()
                    room = QRectF(left, 0, stop - left, area.height())
                    paint.text(painter, room, unit, "body", shade)
            self._paint_arrows(painter)

    def _paint_arrows(self, painter: QPainter) -> None:
        colors = theme.current()
        center, size, gap = self._arrows().center(), 2.5 * theme.text_scale(), 2.0 * theme.text_scale()
        over = self.mapFromGlobal(self.cursor().pos()) if self.underMouse() else None
        for up in (True, False):
            lit = over is not None and self._arrows().contains(QPointF(over)) and (over.y() < center.y()) == up
            ink = colors.disabled() if not self.isEnabled() else colors.text if lit else colors.text_3
            painter.setPen(QPen(QColor(ink), 1.2 * theme.text_scale(), c=Qt.PenCapStyle.RoundCap))
            foot = center.y() - gap if up else center.y() + gap
            tip = foot - size if up else foot + size
            points = [QPointF(center.x() - size, foot), QPointF(center.x(), tip), QPointF(center.x() + size, foot)]
            painter.drawPolyline(points)

    # -- mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._scrubbed, self._scrubbing = event.position(), 0, False
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            over = self._arrows().contains(event.position())
            self.setCursor(Qt.CursorShape.ArrowCursor if over else Qt.CursorShape.IBeamCursor)
            self.update()
            return
        up = self._press.y() - event.position().y()
        if not self._scrubbing and abs(up) > _SLACK_PX and not self.is_editing():
            self._scrubbing = True
            self.setCursor(Qt.CursorShape.SizeVerCursor)
        if self._scrubbing:
            steps = int(up / _SCRUB_PX)
            if steps != self._scrubbed:
                self._fine = focus.with_shift(event)
                self.stepBy(steps - self._scrubbed)
                self._scrubbed = steps

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._press is None or event.button() != Qt.MouseButton.LeftButton:
            return
        scrubbed, self._press = self._scrubbing, None
        self._scrubbing = False
        self.setCursor(Qt.CursorShape.IBeamCursor)
        if scrubbed or not self.rect().contains(event.position().toPoint()):
            return
        if self._arrows().contains(event.position()):
            self._fine = False
            self.stepBy(1 if event.position().y() < self._arrows().center().y() else -1)
        else:
            self.begin_editing()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()  # the panel scrolls
            return
        self._fine = focus.with_shift(event)
        super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.is_editing():
            super().contextMenuEvent(event)
        else:
            event.ignore()  # the window's

    def event(self, event: QEvent) -> bool:
        if self.is_editing():
            return focus.claims(event, _TYPING_KEYS) or super().event(event)
        if event.type() == QEvent.Type.ShortcutOverride:
            return self._claims(event)  # Qt's field would keep every letter from the window
        if event.type() == QEvent.Type.InputMethod and isinstance(event, QInputMethodEvent) and event.commitString():
            self.begin_editing("")
        return super().event(event)

    def _claims(self, event: QEvent) -> bool:
        if super()._claims(event):
            return True
        if not isinstance(event, QKeyEvent) or event.text()[:1] not in _TYPED:
            return False
        return self.hasFocus() and focus.claims(event, {Qt.Key(event.key())})

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._fine = focus.with_shift(event)
        key, first = Qt.Key(event.key()), event.text()[:1]
        if key in _KEYS:
            super().keyPressEvent(event)  # calls `stepBy`
        elif self.is_editing() and key in (*_ENTER, Qt.Key.Key_Escape):
            self._end(apply=key in _ENTER)
        elif self.is_editing():
            super().keyPressEvent(event)
        elif key in (*_ENTER, Qt.Key.Key_F2):
            self.begin_editing()
        elif first in _TYPED:
            self.begin_editing(first)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.is_editing():  # it comes back from a popup or another window
            super().focusInEvent(event)
        else:
            focus.entered(self, event)  # without Qt's field, which would select its text
            self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._leave()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._leave()
        super().hideEvent(event)
