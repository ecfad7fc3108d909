"""A plot in the user's hands: wheel, drags, double clicks, keys."""

from __future__ import annotations

import math
from typing import Literal, Protocol

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.plots.link import Link
from gui.plots.view import Axes, Margins, View
from gui.widgets import focus
from gui.widgets.offer import Act
from gui.widgets.pace import Pace

ZOOM_A_NOTCH = 1.2
"""How much nearer a notch of the wheel, or a key, brings the plot."""
PAN_SHARE = 0.1
"""Share of the plot by which an arrow key pans."""
DRAG_PX = 3.0
"""Distance that makes a press of the left button a pan, px."""
ZOOM_KEYS = (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_0)
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
KEYS = (*ZOOM_KEYS, *_ARROWS)
HANDS = (
    ("Wheel", "Zoom a chart or map, in every lane"),
    ("Space+drag", "Pan it; so does the middle button"),
    ("Tab, + − 0", "Zoom and fit the one in focus"),
    ("Tab, Shift+←→", "Read the values of the one in focus"),
)
"""What can be done with a plot, for the list of keys: keys and words."""


class Hand(Protocol):
    """What the left button drags on a plot, if not the plot itself."""

    def press(self, spot: QPointF) -> bool:
        """Begin a drag at a pixel. False leaves it to the plot, which pans."""

    def drag(self, spot: QPointF) -> None:
        """Drag to a pixel."""

    def release(self) -> None:
        """End the drag."""

    def take_back(self) -> None:
        """Undo the last drag: its press was the first half of a double click that fits the plot."""


class Plot(focus.Ringed, View):
    """A view that people zoom, pan and read.

    The wheel zooms about the pointer (over the labels of an axis only that axis), the middle button pans, and so does
    the left one where there is no `Hand`. A double click fits. While the plot has the keyboard focus, by Tab or where
    a click gives it (`focusPolicy`), 0 fits, +, − and the arrows zoom and pan, and with Shift they move the reading.
    Where ``arrows_pan`` is false, arrows alone are left to what they move on the plot, and pan with Ctrl; where
    ``arrows_read`` is, those with Shift are too.
    """

    arrows_pan = True
    arrows_read = True
    pointed = Signal(object)  # the mouse is over this pixel, or no longer over the plot: None
    opened = Signal()  # a double click while the plot is at home

    def __init__(
        self, name: str, *, link: Link | None = None, margins: Margins | None = None, is_square: bool = False
    ) -> None:
        super().__init__(name, link=link, margins=margins, is_square=is_square)
        self.hand: Hand | None = None
        self._dragged: Literal["", "pan", "press", "hand"] = ""
        self._from = QPointF()
        self._is_held = False  # the left button pans, whatever lies there
        self._was_panned = False
        self._pointer: QPointF | None = None  # where the mouse was moved over the plot
        self._pace = Pace(self._moved, self)
        self.ranged.connect(self._read_again)

    # --- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pace.flush()
        spot, button = event.position(), event.button()
        if button == Qt.MouseButton.MiddleButton or (self._is_held and button == Qt.MouseButton.LeftButton):
            self._dragged, self._from = "pan", spot
        elif button == Qt.MouseButton.LeftButton:
            self._from = spot
            self._take_keys()
            took = self.hand is not None and self.hand.press(spot)
            self._dragged = "hand" if took else "press"
        else:
            event.ignore()

    def _take_keys(self) -> None:
        """Take the keyboard where the plot is the page. Elsewhere a click leaves =, − and 0 to β and the point."""
        held = QApplication.focusWidget()
        if self.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        elif held is not self and isinstance(held, Plot):
            held.clearFocus()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pace.take(event.position())

    def _moved(self, spot: QPointF) -> None:
        self._pointer = spot
        gap = spot - self._from
        if self._dragged == "press" and self.hand is None and math.hypot(gap.x(), gap.y()) >= DRAG_PX:
            self._dragged = "pan"
        if self._dragged == "pan":
            self._from, self._was_panned = spot, True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan(gap.x(), gap.y())
        elif self._dragged == "hand" and self.hand is not None:
            self.hand.drag(spot)
        if self._dragged != "pan":
            self.read(spot)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pace.flush()
        if self._dragged == "hand" and self.hand is not None:
            self.hand.release()
        was_panned, self._dragged = self._dragged == "pan", ""
        if was_panned:
            self._read_again()
        if self._is_held:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()

    def hold(self, held: bool) -> bool:
        """Have the left button pan, or no longer. Returns whether something has been panned since the last call."""
        was_panned, self._was_panned, self._is_held = self._was_panned, False, held
        if held:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self._dragged = ""
            self.viewport().unsetCursor()
        return was_panned

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.is_home:
            if self.hand is not None:
                self.hand.take_back()
            self.fit()
        elif event.button() == Qt.MouseButton.LeftButton and self.hand is not None:
            self.mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self._pace.flush()
        self._pointer = None
        self.read(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer. A page that scrolls brings plots under a pointer at rest: those let it scroll on."""
        self._pace.flush()
        turned = event.angleDelta().y()
        if self._pointer is None or not turned:
            event.ignore()
            return
        self.zoom(ZOOM_A_NOTCH ** (turned / 120), event.position(), self._axes_at(event.position()))
        event.accept()

    def _axes_at(self, spot: QPointF) -> Axes:
        if spot.y() > self._inner.bottom():
            return "x"
        return "y" if spot.x() < self._inner.left() else "xy"

    def _read_again(self) -> None:
        """Something else lies under the mouse. What is panned goes with it."""
        if self._pointer is not None and self._dragged != "pan":
            self.read(self._pointer)

    def read(self, spot: QPointF | None) -> None:
        """Read the values at a pixel, or none."""
        self.pointed.emit(spot)

    def acts(self) -> tuple[Act, ...]:
        """What the menu of the right button does with it."""
        return (
            Act("Fit", self.fit, is_enabled=not self.is_home),
            Act("Zoom in", lambda: self.zoom(ZOOM_A_NOTCH)),
            Act("Zoom out", lambda: self.zoom(1 / ZOOM_A_NOTCH)),
        )

    # --- keyboard ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        return (self.hasFocus() and focus.claims(event, self._keys(event))) or super().event(event)

    def _keys(self, event: QEvent) -> tuple[Qt.Key, ...]:
        """The keys that it keeps from the window's shortcuts."""
        is_shifted = isinstance(event, QKeyEvent) and focus.with_shift(event)
        return KEYS if (self.arrows_read if is_shifted else self.arrows_pan) else ZOOM_KEYS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM_A_NOTCH)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM_A_NOTCH)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in _ARROWS and focus.with_shift(event) and self.arrows_read:
            self.read_on(*_ARROWS[key])
        elif key in _ARROWS and (self.arrows_pan or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            right, up = _ARROWS[key]
            self.pan(-right * PAN_SHARE * self._inner.width(), up * PAN_SHARE * self._inner.height())
        else:
            event.ignore()

    def read_on(self, right: int, up: int) -> None:
        """Move the reading by a step; for subclasses."""

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.read(None)
