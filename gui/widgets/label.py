"""A line of text in one of the type roles, following the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui import theme


class Label(QLabel):
    """Plain text in a type role and a colour token; one line is as high as its role says.

    With ``elided`` it may become narrower than its text: the rest is an ellipsis, the tooltip has the whole text
    (unless a tooltip was set).
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
        self._whole_tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        if elided:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._restyle()
        theme.changes.changed.connect(self._restyle)

    def set_token(self, token: str) -> None:
        """Another colour: a token, or ``#rrggbb``."""
        if token != self._token:
            self._token = token
            self._recolor()

    def set_role(self, role: str) -> None:
        """Another type role."""
        if role != self._role:
            self._role = role
            self._restyle()

    def token(self) -> str:
        """The colour token in use."""
        return self._token

    def role(self) -> str:
        """The type role in use."""
        return self._role

    def _restyle(self) -> None:
        self.setFont(theme.font(self._role))
        self._recolor()
        self.updateGeometry()

    def _recolor(self) -> None:
        colors = self.palette()
        colors.setColor(QPalette.ColorRole.WindowText, QColor(theme.current().token(self._token)))
        colors.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText, QColor(theme.current().disabled()))
        self.setPalette(colors)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        if self.wordWrap():
            return hint
        return QSize(hint.width(), max(hint.height(), theme.line_height(self._role)))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint() if not self.wordWrap() else super().minimumSizeHint()
        return QSize(theme.px(16) if self._elided else hint.width(), hint.height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and self._elided:
            self._update_tip()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._elided:
            self._update_tip()

    def _update_tip(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width() + 1
        if self.toolTip() == self._whole_tip:  # ours or none: a tooltip of the panel stays
            self._whole_tip = self.text() if cut else ""
            self.setToolTip(self._whole_tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._elided:
            super().paintEvent(event)
            return
        area = self.contentsRect()
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width() + 1)
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(QRectF(area), int(self.alignment() | Qt.TextFlag.TextSingleLine), words)
        painter.end()
