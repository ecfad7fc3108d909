"""A segmented control: a row of options, one of them chosen."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting
from gui.widgets import focus
from gui.widgets.painted import PaintedWidget, Scaled

_KEYS = focus.MOVE_KEYS - {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


class Segment(Scaled, QAbstractButton):
    """One option of a `Segmented`, which has the focus ring around it."""

    def __init__(self, group: Segmented, key: str, label: str) -> None:
        super().__init__(group)
        self.key, self._group = key, group
        self.setText(label)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # but for the chosen one
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self._choose)

    def _choose(self) -> None:
        self._group.choose(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, usable = theme.current(), self.isEnabled()
        with painting(self, smooth=True) as painter:
            role, ink, fill = "segment", colors.text_2, None
            if self.isChecked():
                role, ink = "caption_strong", colors.text
                fill = colors.control_on if self._group.isEnabled() else colors.control
            elif usable and self.underMouse():
                ink, fill = colors.text, colors.control_hover
            if fill is not None:
                paint.box(painter, self.rect(), theme.px(3), fill)
            paint.text(painter, self.rect(), self.text(), role, ink if usable else colors.disabled(), paint.CENTER)

    def event(self, event: QEvent) -> bool:
        return (self.hasFocus() and focus.claims(event, _KEYS)) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.click()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._group.take_key(Qt.Key(event.key())):
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        focus.entered(self._group, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        focus.left(self._group)


class Segmented(PaintedWidget):
    """Options as (key, label), 24 px high, 20 with ``small``. ``chosen`` carries the key when the user chooses.

    Segments are equally wide, or with ``fitted`` as wide as their labels need. Tab stops at the chosen one.
    """

    chosen = Signal(str)
    spoken_role = QAccessible.Role.Grouping

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
        self._small, self._fitted = small, fitted
        self._segments = [Segment(self, key, label) for key, label in options]
        self._chosen = self._segments[0]
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._check(self._chosen)

    def value(self) -> str:
        """The key of the chosen option."""
        return self._chosen.key

    def set_value(self, key: str) -> None:
        """Choose without a signal. `KeyError` for an unknown key."""
        self._check(self.segment(key))

    def rename(self, key: str, label: str) -> None:
        """Set the label of an option. `KeyError` for an unknown key."""
        segment = self.segment(key)
        if segment.text() != label:
            segment.setText(label)
            self._restyle()

    def set_option_enabled(self, key: str, enabled: bool, reason: str = "") -> None:
        """Disable an option, with the reason as its tooltip, or enable it again. `KeyError` for an unknown key."""
        segment = self.segment(key)
        segment.setEnabled(enabled)
        segment.setToolTip("" if enabled else reason)

    def segment(self, key: str) -> Segment:
        """The button of an option. `KeyError` for an unknown key."""
        for segment in self._segments:
            if segment.key == key:
                return segment
        raise KeyError(f"there is no option '{key}'")

    def _check(self, segment: Segment) -> None:
        """Check a segment: it takes Tab, and the focus where the one before had it."""
        reason = focus.reason_of(self)
        self._chosen.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        segment.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        segment.setChecked(True)
        self.setFocusProxy(segment)
        if reason is not None and segment is not self._chosen:
            segment.setFocus(reason)
        self._chosen = segment

    def choose(self, segment: Segment) -> None:
        """Choose for the user."""
        if segment is not self._chosen:
            self._check(segment)
            self.chosen.emit(segment.key)

    def take_key(self, key: Qt.Key) -> bool:
        """Choose by a key, among the enabled options. Returns whether it is one of those that choose."""
        usable = [segment for segment in self._segments if segment.isEnabled() or segment is self._chosen]
        at, last = usable.index(self._chosen), len(usable) - 1
        if key in _STEPS:
            at = min(max(at + _STEPS[key], 0), last)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            at = 0 if key == Qt.Key.Key_Home else last
        else:
            return False
        usable[at].click()
        return True

    # -- geometry and paint

    def _restyle(self) -> None:
        super()._restyle()
        self._place()

    def _widths(self, pad: float) -> list[float]:
        """The width of each segment with ``pad`` px beside its label."""
        widths = [paint.wide(segment.text(), "caption_strong") + pad for segment in self._segments]
        return widths if self._fitted else [max(widths)] * len(widths)

    def sizeHint(self) -> QSize:
        height = theme.px(20 if self._small else 24)
        return QSize(round(sum(self._widths(2 * theme.px(6 if self._small else 10)))) + 4, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(round(sum(self._widths(theme.px(4)))) + 4, self.sizeHint().height())

    def _place(self) -> None:
        ends = list(itertools.accumulate(self._widths(2 * theme.px(6))))
        edges = [2 + round((self.width() - 4) * end / ends[-1]) for end in (0.0, *ends)]
        for segment, left, right in zip(self._segments, edges, edges[1:], strict=False):
            segment.setGeometry(QRect(left, 2, right - left, self.height() - 4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # between segments and on disabled ones it is no click on what lies below

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            fill, edge = (colors.control, None) if self.isEnabled() else (colors.panel, colors.line)
            paint.box(painter, self.rect(), theme.px(4), fill, edge)
