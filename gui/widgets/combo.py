"""A drop-down list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets import focus


class Combo(focus.Ringed, QComboBox):
    """A drop-down list of (key, label), 24 px high. ``chosen`` carries the key when the user chooses another option.

    A click does not take the focus, so that Space still trains and pauses.
    """

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(16)
        self.activated.connect(self._choose)
        self._restyle()
        self.set_options(options)
        theme.changes.changed.connect(self._restyle)

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Set the options, without a signal. The value is kept if its key remains, else it is the first."""
        keys = [key for key, _ in options]
        if len(set(keys)) != len(keys):
            raise ValueError("options need different keys")
        previous = self._value
        self.clear()
        for key, label in options:
            self.addItem(label, key)
        self._value = ""
        if previous in keys:
            self.set_value(previous)
        elif keys:
            self.set_value(keys[0])
        self.updateGeometry()

    def value(self) -> str:
        """The key of the chosen option; "" if there are no options."""
        return self._value

    def set_value(self, key: str) -> None:
        """Choose without a signal. `KeyError` for an unknown key."""
        index = self.findData(key)
        if index < 0:
            raise KeyError(f"there is no option '{key}'")
        self._value = key
        self.setCurrentIndex(index)

    def set_icon(self, key: str, icon: QIcon) -> None:
        """Set the icon of one option. `KeyError` for an unknown key."""
        index = self.findData(key)
        if index < 0:
            raise KeyError(f"there is no option '{key}'")
        self.setItemIcon(index, icon)

    def showPopup(self) -> None:  # noqa: N802
        self.view().setAccessibleName(self.accessibleName())  # else the list that opens is nameless
        super().showPopup()

    def _choose(self, index: int) -> None:
        key = str(self.itemData(index))
        if key != self._value:
            self._value = key
            self.chosen.emit(key)

    def _restyle(self) -> None:
        self.setFont(theme.font("medium"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        widest = max((paint.wide(self.itemText(i), "medium") for i in range(self.count())), default=0.0)
        icon = theme.px(20) if any(not self.itemIcon(i).isNull() for i in range(self.count())) else 0
        return QSize(round(widest) + icon + theme.px(8 + 24), theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(56), theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p, enabled = theme.current(), theme.px, self.isEnabled()
        with painting(self, smooth=True) as painter:
            lit = self.underMouse() and enabled
            if not enabled:
                paint.box(painter, self.rect(), p(4), colors.panel, colors.line)
            else:
                paint.box(painter, self.rect(), p(4), colors.control_hover if lit else colors.control)
            left = float(p(8))
            icon = self.itemIcon(self.currentIndex())
            if not icon.isNull():
                side = p(16)
                mode = QIcon.Mode.Normal if enabled else QIcon.Mode.Disabled
                top = round((self.height() - side) / 2)
                painter.drawPixmap(QPointF(left, top), icon.pixmap(QSize(side, side), self.devicePixelRatioF(), mode))
                left += p(20)
            words = QRectF(left, 0, self.width() - left - p(22), self.height())
            ink = colors.text if enabled else colors.disabled()
            paint.text(painter, words, self.currentText(), "medium", ink)
            ink = colors.disabled() if not enabled else colors.text if lit else colors.text_2
            paint.icon(painter, "chevron-down", self.width() - p(10), self.height() / 2, p(12), ink)

    def event(self, event: QEvent) -> bool:
        keys = (focus.MOVE_KEYS - {Qt.Key.Key_Left, Qt.Key.Key_Right}) | focus.PRESS_KEYS
        if self.hasFocus() and focus.claims(event, focus.keys_of(self, keys)):
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
