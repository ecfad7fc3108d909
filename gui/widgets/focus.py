"""The keyboard focus ring, and which keys a focused control keeps from the window's shortcuts.

The ring lies outside its control, so it is a widget of the window: one per window, shown only if the focus came by
keyboard. Controls are `Ringed`, or call `entered` and `left` from their focus events.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFocusEvent, QInputEvent, QKeyEvent, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from gui.drawing import theme
from gui.drawing.painting import painting
from gui.widgets.focus_memory import FocusMemory, FocusPlace

_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_BY_KEYBOARD = (*_BY_TAB, Qt.FocusReason.ShortcutFocusReason)
_FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.EnabledChange)
_MARGIN = 3  # 1 px between control and ring, 2 px of ring
HELD_S = 0.3
"""A key counts as held for this long after its latest press, s. A held key repeats thirty times a second."""
_PLAIN = Qt.KeyboardModifier.NoModifier | Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier

PRESS_KEYS = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})
ARROWS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down})
MOVE_KEYS = frozenset(
    {
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)


class FocusRing(QWidget):
    """A 2-px accent outline around the control with the keyboard focus; the mouse passes through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self._target: QWidget | None = None
        self._last: QWidget | None = None
        self._by_tab = False  # how the latest control was reached
        self._followed: list[QWidget] = []
        self.memory = FocusMemory()

    def target(self) -> QWidget | None:
        """The control inside the ring, or None while the ring is hidden."""
        return self._target

    def attach(self, widget: QWidget, by_tab: bool) -> None:
        """Show the ring around a control of this window, which was reached ``by_tab`` or by a key of the window."""
        self.detach()
        self._target = self._last = widget
        self._by_tab = by_tab
        ancestor: QWidget | None = widget
        while ancestor is not None and ancestor is not self.parent():
            ancestor.installEventFilter(self)
            self._followed.append(ancestor)
            ancestor = ancestor.parentWidget()
        self._place()

    def detach(self) -> None:
        """Hide the ring."""
        for widget in self._followed:
            if shiboken6.isValid(widget):
                widget.removeEventFilter(self)
        self._followed.clear()
        self._target = None
        self.hide()

    def came_by_tab(self) -> bool:
        """Whether the control that has or had the ring was reached by Tab: it then takes Space."""
        return self._by_tab

    def was_around(self, widget: QWidget) -> bool:
        """Whether this control had the ring last: it gets it back when the window is activated."""
        return self._last is widget

    def forget(self) -> None:
        """Call when the focus moves by mouse: no control gets the ring back with the window."""
        self._last = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _FOLLOWED:
            self._place()
        return False

    def _place(self) -> None:
        target, window = self._target, self.parentWidget()
        if target is None or window is None or not shiboken6.isValid(target) or not target.isVisibleTo(window):
            self.hide()
            return
        corner = target.mapTo(window, QPoint(0, 0))
        around = QRect(corner, target.size()).adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        visible = window.rect()
        ancestor = target.parentWidget()
        while ancestor is not None and ancestor is not window:
            if isinstance(ancestor.parentWidget(), QAbstractScrollArea):
                visible &= QRect(ancestor.mapTo(window, QPoint(0, 0)), ancestor.size())
            ancestor = ancestor.parentWidget()
        self.setGeometry(around)
        hole = QRect(QPoint(0, 0), around.size()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        self.setMask((QRegion(self.rect()) - QRegion(hole)) & QRegion(visible.translated(-around.topLeft())))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, smooth=True) as painter:
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)


def ring_of(widget: QWidget) -> FocusRing:
    """The ring of a widget's window, created on first use."""
    window = widget.window()
    ring = window.findChild(FocusRing, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return ring if isinstance(ring, FocusRing) else FocusRing(window)


def entered(widget: QWidget, event: QFocusEvent) -> None:
    """Call from ``focusInEvent``: show the ring if the focus came by keyboard."""
    ring = ring_of(widget)
    came_back = event.reason() == Qt.FocusReason.ActiveWindowFocusReason and ring.was_around(widget)
    if event.reason() in _BY_KEYBOARD or came_back:
        ring.attach(widget, ring.came_by_tab() if came_back else event.reason() in _BY_TAB)
    elif event.reason() != Qt.FocusReason.PopupFocusReason:
        ring.forget()
    ring.memory.note(_place_of(widget))


def left(widget: QWidget) -> None:
    """Call from ``focusOutEvent``: hide the ring if it is around this control."""
    ring = ring_of(widget)
    if ring.target() is widget:
        ring.detach()


if TYPE_CHECKING:
    _Control = QWidget
else:
    _Control = object


class Ringed(_Control):
    """Shows the ring around a control. Name it before the control's class of Qt, whose focus events it extends."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        entered(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        left(self)


def has_ring(widget: QWidget) -> bool:
    """Whether the control got the focus by keyboard and still has it."""
    return widget.hasFocus() and ring_of(widget).target() is widget


def reached_by_tab(widget: QWidget) -> bool:
    """Whether the control got the focus by Tab, not by a key of the window, and still has it."""
    return has_ring(widget) and ring_of(widget).came_by_tab()


def reason_of(widget: QWidget) -> Qt.FocusReason | None:
    """The reason with which a part of a control takes the focus over from another, or None where it has none."""
    if not widget.hasFocus():
        return None
    if not has_ring(widget):
        return Qt.FocusReason.OtherFocusReason
    return Qt.FocusReason.TabFocusReason if reached_by_tab(widget) else Qt.FocusReason.ShortcutFocusReason


def focused_now() -> FocusPlace | None:
    """The control that has the focus, or None."""
    widget = QApplication.focusWidget()
    return None if widget is None else _place_of(widget)


def _place_of(widget: QWidget) -> FocusPlace:
    return FocusPlace(widget, has_ring(widget), reached_by_tab(widget))


def gave_back(window: QWidget) -> bool:
    """Call from ``focusNextPrevChild`` of a window: if Qt asks for another control because the focused one is hidden or
    disabled, focus the one before it. Returns whether it was so."""
    focused = window.focusWidget()
    if focused is None or _place_of(focused).is_usable():
        return False
    ring_of(window).memory.give_back(focused)
    return True


def claims(event: QEvent, keys: Collection[Qt.Key]) -> bool:
    """Call from ``event`` while focused: keep ``keys`` from shortcuts. If it is true, ``event`` must return True."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.key() in keys and not event.modifiers() & ~_PLAIN:
        event.accept()
        note_key()
        return True
    return False


def keys_of(widget: QWidget, keys: Collection[Qt.Key]) -> frozenset[Qt.Key]:
    """Those of its ``keys`` that a focused control takes: without Space, which trains, unless it was reached by Tab."""
    return frozenset(keys) - (frozenset() if reached_by_tab(widget) else {Qt.Key.Key_Space})


def with_shift(event: QInputEvent) -> bool:
    """Whether Shift is held: keys, wheel and drags then move in finer steps."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


_key_pressed_at = -HELD_S


def note_key() -> None:
    """Record that a key has moved something now."""
    global _key_pressed_at
    _key_pressed_at = time.perf_counter()


def key_is_held() -> bool:
    """Whether the user is moving something by keyboard."""
    return time.perf_counter() - _key_pressed_at < HELD_S
