"""Controls that stay together in a row, and a bar of two such groups."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.drawing import theme

LINE_PX = 28
"""Height of a line, px at text size 1."""


class Group(QWidget):
    """Controls in a row."""

    def __init__(self, *controls: QWidget) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(6))
        for each in controls:
            row.addWidget(each, 0, Qt.AlignmentFlag.AlignVCenter)


class WrappingBar(QWidget):
    """Two groups of controls, one at each end of a line; where they do not fit, the second wraps to a line of its own.

    ``gap``: least room between the groups, px at text size 1. The second line starts at the left or, with ``ends``,
    ends at the right. A subclass calls `set_groups` before the bar is shown (abstract).
    """

    _first: Group
    _second: Group

    def __init__(self, gap: int, *, ends: bool = False) -> None:
        super().__init__()
        self._gap, self._ends = gap, ends
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changes.changed.connect(self._restyle)

    def set_groups(self, first: Group, second: Group) -> None:
        """Put both groups into the bar."""
        self._first, self._second = first, second
        for each in (first, second):
            each.setParent(self)

    def lines(self, width: int) -> int:
        """1 where both groups fit side by side in ``width`` px, else 2."""
        needed = self._first.sizeHint().width() + self._second.sizeHint().width() + theme.px(self._gap)
        return 1 if needed <= width else 2

    def heightForWidth(self, width: int) -> int:
        return self.lines(width) * theme.px(LINE_PX) + (self.lines(width) - 1) * theme.px(4)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(600), self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(LINE_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _restyle(self) -> None:
        """Follow another theme or text size."""
        self.updateGeometry()
        self._place()

    def _place(self) -> None:
        width, line = self.width(), theme.px(LINE_PX)
        first, second = self._first.sizeHint().width(), self._second.sizeHint().width()
        wrapped = self.lines(width) == 2
        left = 0 if wrapped and not self._ends else max(0, width - second)
        self._first.setGeometry(0, 0, min(first, width), line)
        self._second.setGeometry(left, line + theme.px(4) if wrapped else 0, min(second, width), line)
