"""Text in one of the type roles, following the theme."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui.drawing import paint, theme
from gui.drawing.painting import painting


class Label(QLabel):
    """Plain text in a type role and a colour token; one line has the line height of its role.

    With ``elided`` it may be narrower than its text: it ends in an ellipsis, and the tooltip has all of it unless
    another tooltip is set.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        token: str = "text",
        *,
        elided: bool = False,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._token, self._elided = role, token, elided
        self._full_text_tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        if elided:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._restyle()
        theme.changes.changed.connect(self._restyle)

    def set_token(self, token: str) -> None:
        """Set the colour: a token, or ``#rrggbb``."""
        if token != self._token:
            self._token = token
            self.update()

    def set_role(self, role: str) -> None:
        """Set the type role."""
        if role != self._role:
            self._role = role
            self._restyle()

    def token(self) -> str:
        """The colour token."""
        return self._token

    def role(self) -> str:
        """The type role."""
        return self._role

    def _restyle(self) -> None:
        self.setFont(theme.font(self._role))
        self.updateGeometry()
        self.update()

    def _wide(self) -> float:
        return paint.wide(self.text(), self._role)

    def _frame(self) -> QSize:
        """The size that margins add to the text."""
        edges, twice = self.contentsMargins(), 2 * self.margin()
        return QSize(edges.left() + edges.right() + twice, edges.top() + edges.bottom() + twice)

    def _plain(self) -> bool:
        return self.textFormat() == Qt.TextFormat.PlainText and self.pixmap().isNull()

    def _wrapped_height(self, width: float) -> int:
        tall = paint.extent(self.text(), self._role, max(1.0, width))[1]
        return max(math.ceil(tall), theme.line_height(self._role))

    def sizeHint(self) -> QSize:
        if not self._plain():
            return super().sizeHint()
        if self.wordWrap():
            width = min(math.ceil(self._wide()), theme.px(240))
            return QSize(width, self._wrapped_height(width)) + self._frame()
        wide, tall = paint.extent(self.text(), self._role)
        width = max(math.ceil(self._wide()), math.ceil(wide))
        return QSize(width, max(math.ceil(tall), theme.line_height(self._role))) + self._frame()

    def minimumSizeHint(self) -> QSize:
        if not self._plain():
            return super().minimumSizeHint()
        if self.wordWrap():
            return QSize(theme.px(48), theme.line_height(self._role)) + self._frame()
        hint = self.sizeHint()
        return QSize(min(hint.width(), theme.px(16)) if self._elided else hint.width(), hint.height())

    def heightForWidth(self, width: int) -> int:
        if not self._plain() or not self.wordWrap():
            return super().heightForWidth(width)
        frame = self._frame()
        return self._wrapped_height(width - frame.width()) + frame.height()

    def letter_at(self, spot: QPoint) -> int:
        """The index of the letter at a point; −1 where there is none."""
        if not self._plain():
            return -1
        area = QRectF(self.contentsRect())
        layout = QTextLayout(self.text(), theme.font(self._role))
        option = QTextOption(self.alignment())
        option.setWrapMode(QTextOption.WrapMode.WordWrap if self.wordWrap() else QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        lines = []
        while (line := layout.createLine()).isValid():
            line.setLineWidth(area.width())
            lines.append(line)
        layout.endLayout()
        leading = QFontMetricsF(theme.font(self._role)).lineSpacing()
        top = area.top() if self.wordWrap() else area.center().y() - leading * len(lines) / 2
        row = int((spot.y() - top) // leading)
        if not 0 <= row < len(lines):
            return -1
        return lines[row].xToCursor(spot.x() - area.left(), QTextLine.CursorPosition.CursorOnCharacter)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and self._elided:
            self._update_tip()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._elided:
            self._update_tip()

    def _update_tip(self) -> None:
        cut = self._wide() > self.contentsRect().width() + 1
        if self.toolTip() == self._full_text_tip:  # a tooltip that was set by somebody else stays
            self._full_text_tip = self.text() if cut else ""
            self.setToolTip(self._full_text_tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        # Not by palette and font: the application's style sheet restores old ones when it polishes the widget.
        color = QColor(theme.current().token(self._token) if self.isEnabled() else theme.current().disabled())
        if not self._plain():
            colors = self.palette()
            if colors.color(QPalette.ColorRole.WindowText) != color:
                colors.setColor(QPalette.ColorRole.WindowText, color)
                self.setPalette(colors)
            super().paintEvent(event)
            return
        with painting(self) as painter:
            painter.setFont(theme.font(self._role))
            painter.setPen(color)
            area = self.contentsRect().adjusted(self.margin(), self.margin(), -self.margin(), -self.margin())
            words, flags = self.text(), self.alignment()
            if self._elided:
                words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width() + 1)
            wrap = Qt.TextFlag.TextWordWrap if self.wordWrap() else Qt.TextFlag(0)
            painter.drawText(QRectF(area), int(flags | wrap), words)
