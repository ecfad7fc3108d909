"""Base classes of widgets that paint themselves: theme, size hints, keyboard; on any class of Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui.drawing import theme
from gui.drawing.painting import picture_ratio
from gui.widgets import focus

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object


class Scaled(_Widget):
    """A widget's pictures have the pixels of what it is painted into: of the screen, or of a larger picture."""

    def devicePixelRatioF(self) -> float:
        return picture_ratio() or super().devicePixelRatioF()


class Painted(Scaled):
    """A widget paints itself and repaints with the theme. Name it before the class of Qt.

    ``preferred_px`` and ``least_px`` are its size hint and minimum: width and height at text size 1. None leaves them
    to Qt.
    """

    preferred_px: ClassVar[tuple[int, int] | None] = None
    least_px: ClassVar[tuple[int, int] | None] = None

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        theme.changes.changed.connect(self._restyle)

    def _restyle(self) -> None:
        """Called after a change of theme or text size."""
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return super().sizeHint() if self.preferred_px is None else _scaled(*self.preferred_px)

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint() if self.least_px is None else _scaled(*self.least_px)


class Keyboard(focus.Ringed, Painted):
    """A painted control has the keyboard focus with a ring. Name it before the class of Qt.

    While it has the focus, its ``keys`` do not trigger the window's shortcuts. Space is its own only
    where it was reached by Tab: after a click it still trains and pauses.
    """

    keys: Collection[Qt.Key] = ()

    def _claims(self, event: QEvent) -> bool:
        """Whether an event asks for a key that the widget takes now."""
        if not self.hasFocus():
            return False
        return focus.claims(event, focus.keys_of(self, self.keys))

    def event(self, event: QEvent) -> bool:
        return self._claims(event) or super().event(event)


class ScaledWidget(Scaled, QWidget):
    """A plain widget, see `Scaled`."""


class PaintedWidget(Painted, QWidget):
    """A plain widget, see `Painted` (abstract)."""


class KeyboardWidget(Keyboard, QWidget):
    """A plain widget, see `Keyboard` (abstract)."""


def show_tip(widget: QWidget, event: QEvent, words_at: Callable[[QPointF], str]) -> bool:
    """Call from ``event``: if it requests a tooltip, show the words for that point. Returns whether it did."""
    if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
        return False
    QToolTip.showText(event.globalPos(), words_at(QPointF(event.pos())), widget)
    return True


def _scaled(width: int, height: int) -> QSize:
    return QSize(theme.px(width), theme.px(height))
