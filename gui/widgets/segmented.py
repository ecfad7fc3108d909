"""A segmented control: a row of options, one of them chosen."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets import focus
from gui.widgets.painted import KeyboardWidget


class Segmented(KeyboardWidget):
    """Options as (key, label), 24 px high, 20 with ``small``. ``chosen`` carries the key when the user chooses.

    Segments are equally wide, or with ``fitted`` as wide as their labels need.
    """

    chosen = Signal(str)
    keys = focus.MOVE_KEYS - {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
        *,
        small: bool = False,
        fitted: bool = False,
    ) -> None:
        super().__init__(parent)
        if not options or len({key for key, _ in options}) != len(options):
            raise ValueError("a segmented control needs options with different keys")
        self._options = list(options)
        self._small, self._fitted = small, fitted
        self._disabled: dict[str, str] = {}  # key: reason
        self._at = 0
        self._hover = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._describe()

    def value(self) -> str:
        """The key of the chosen option."""
        return self._options[self._at][0]

    def set_value(self, key: str) -> None:
        """Choose without a signal. `KeyError` for an unknown key."""
        self._at = self._index(key)
        self._describe()
        self.update()

    def rename(self, key: str, label: str) -> None:
        """Set the label of an option. `KeyError` for an unknown key."""
        index = self._index(key)
        if self._options[index][1] != label:
            self._options[index] = (key, label)
            self._describe()
            self._restyle()

    def set_option_enabled(self, key: str, enabled: bool, reason: str = "") -> None:
        """Disable an option, with the reason as its tooltip, or enable it again. `KeyError` for an unknown key."""
        self._index(key)
        self._disabled.pop(key, None)
        if not enabled:
            self._disabled[key] = reason
        self.update()

    def _index(self, key: str) -> int:
        for index, (option, _) in enumerate(self._options):
            if option == key:
                return index
        raise KeyError(f"there is no option '{key}'")

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._options) and index != self._at and self._options[index][0] not in self._disabled:
            self.set_value(self._options[index][0])
            self.chosen.emit(self.value())

    def _describe(self) -> None:
        self.setAccessibleDescription(self._options[self._at][1])

    def _widths(self, pad: float) -> list[float]:
        """The width of each segment with ``pad`` px beside its label."""
        widths = [paint.wide(label, "caption_strong") + pad for _, label in self._options]
        return widths if self._fitted else [max(widths)] * len(widths)

    def sizeHint(self) -> QSize:
        height = theme.px(20 if self._small else 24)
        return QSize(round(sum(self._widths(2 * theme.px(6 if self._small else 10)))) + 4, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(round(sum(self._widths(theme.px(4)))) + 4, self.sizeHint().height())

    def _edges(self) -> list[float]:
        """The edges of the segments as shares of the width, from 0 to 1."""
        widths = self._widths(2 * theme.px(6))
        total = sum(widths)
        return [0.0, *(end / total for end in itertools.accumulate(widths))]

    def _segment(self, index: int) -> QRectF:
        inside, edges = self.width() - 4, self._edges()
        left, right = 2 + round(inside * edges[index]), 2 + round(inside * edges[index + 1])
        return QRectF(left, 2, right - left, self.height() - 4)

    def _at_point(self, point: QPointF) -> int:
        if not self.rect().contains(point.toPoint()):
            return -1
        share = (point.x() - 2) / max(1, self.width() - 4)
        return max(0, min(len(self._options) - 1, bisect.bisect_right(self._edges(), share) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            enabled = self.isEnabled()
            edge = None if enabled else colors.line
            paint.box(painter, self.rect(), theme.px(4), colors.control if enabled else colors.panel, edge)
            for index, (key, label) in enumerate(self._options):
                area = self._segment(index)
                usable = enabled and key not in self._disabled
                role, ink = "segment", colors.text_2 if usable else colors.disabled()
                if index == self._at:
                    role, ink = "caption_strong", colors.text if usable else colors.disabled()
                    on = colors.control_on if enabled else colors.control
                    paint.box(painter, area, theme.px(3), on)
                elif index == self._hover and usable:
                    ink = colors.text
                    paint.box(painter, area, theme.px(3), colors.control_hover)
                paint.text(painter, area, label, role, ink, paint.CENTER)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at_point(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at_point(event.position())
        if at != self._hover:
            self._hover = at
            if self._disabled:
                self.setToolTip(self._disabled.get(self._options[at][0], "") if at >= 0 else "")
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._options) - 1
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in steps:
            at = self._at + steps[key]
            while 0 <= at <= last and self._options[at][0] in self._disabled:
                at += steps[key]
            self._choose(at)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)
