"""Buttons: primary, secondary, icon only, link."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.drawing import lane_shapes, paint, theme
from gui.drawing.painting import painting
from gui.widgets import focus


class PressButton(focus.Ringed, QAbstractButton):
    """Base class of buttons: focus by Tab with a ring, Space (if reached by Tab) and Enter, hover, theme.

    A click does not take the focus, so that Space still trains and pauses.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changes.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def lit(self) -> bool:
        """Whether the mouse is over the button and the button is enabled."""
        return self.underMouse() and self.isEnabled()

    def event(self, event: QEvent) -> bool:
        group = self.group()
        moves = group is not None and group.exclusive()  # arrows go from one of its buttons to the next
        keys = focus.PRESS_KEYS | focus.ARROWS if moves else focus.PRESS_KEYS
        if focus.has_ring(self) and focus.claims(event, focus.keys_of(self, keys)):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def _cap_width(key: str) -> float:
    return paint.wide(key, "keycap") + theme.px(9)


def paint_cap(painter: QPainter, area: QRectF, key: str, ink: str, border: str) -> None:
    """Paint a key cap that fills ``area``."""
    paint.box(painter, area, theme.px(3), None, border)
    paint.text(painter, area, key, "keycap", ink, paint.CENTER)


class PrimaryButton(PressButton):
    """The accent button of a window or sheet: icon, word, key cap; 32 px high."""

    def __init__(self, text: str, icon: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._key, self._compact = icon, key, False
        self._words = [text]
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def set_content(self, text: str, icon: str) -> None:
        """Set word and icon. The width never shrinks, so that neighbours stay in place."""
        if (text, icon) != (self.text(), self._icon):
            self._icon = icon
            if text not in self._words:
                self._words.append(text)
            self.setText(text)
            self.updateGeometry()

    def set_key(self, key: str) -> None:
        """Set the key in the cap; "" has no cap."""
        self._key = key
        self._restyle()

    def set_compact(self, compact: bool) -> None:
        """Hide the key cap."""
        self._compact = compact
        self._restyle()

    def sizeHint(self) -> QSize:
        p = theme.px
        width = p(12) + p(16) + p(7) + max(paint.wide(word, "strong") for word in self._words)
        width += p(12) if self._compact or not self._key else p(9) + _cap_width(self._key) + p(12)
        return QSize(round(width), p(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            ink = colors.on_accent
            if not self.isEnabled():
                ink = colors.disabled()
                paint.box(painter, area, p(4), colors.panel, colors.line)
            else:
                share = 0.2 if self.isDown() else 0.1 if self.lit() else 0.0
                paint.box(painter, area, p(4), theme.mix(colors.text, colors.accent, share))
            middle = area.center().y()
            paint.icon(painter, self._icon, p(12) + p(16) / 2, middle, p(16), ink)
            left, right = p(12) + p(16) + p(7), area.width() - p(12)
            if self._key and not self._compact:
                cap = QRectF(right - _cap_width(self._key), middle - p(8), _cap_width(self._key), p(16))
                paint_cap(painter, cap, self._key, ink, ink if self.isEnabled() else colors.line)
                right = cap.left() - 4
            words = QRectF(left, 0, right - left, area.height())
            paint.text(painter, words, self.text(), "strong", ink)


class Button(PressButton):
    """A secondary button: control fill, Medium text, optional icon or lane shape, detail and key cap.

    ``flat`` has no fill at rest (tabs); a checked button is filled with control (flat) or control_on. ``height`` is 20
    to 32 px; up to 24 the text is 11 px. The detail is a caption after the word ("Set A  −1.0, 1.5").
    """

    def __init__(
        self,
        text: str,
        icon: str | None = None,
        *,
        key: str = "",
        height: int = 24,
        flat: bool = False,
        role: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._key, self._height, self._flat = icon, key, height, flat
        self._role = role or ("segment" if height <= 24 else "medium")
        self._lane: int | None = None
        self._detail = ""
        self._fill: tuple[str, str] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def set_icon(self, icon: str | None) -> None:
        """Set the icon, or none."""
        self._icon = icon
        self._restyle()

    def set_lane(self, slot: int | None) -> None:
        """Draw the shape of a lane in place of the icon."""
        self._lane = slot
        self._restyle()

    def set_detail(self, detail: str) -> None:
        """Set the caption after the word."""
        if detail != self._detail:
            self._detail = detail
            self._restyle()

    def set_checked_fill(self, fill_hex: str, ink_hex: str) -> None:
        """Set the colours when checked, for presets in a lane's colour. Set them again when the theme changes."""
        self._fill = (fill_hex, ink_hex)
        self.update()

    def _strong_role(self) -> str:
        return {"segment": "caption_strong", "medium": "strong"}.get(self._role, self._role)

    def _lead(self) -> int:
        """The width of the icon or shape with the gap after it, px."""
        if self._lane is not None:
            return theme.px(10) + theme.px(5)
        return theme.px(14) + theme.px(5) if self._icon else 0

    def _content_width(self) -> float:
        width = self._lead() + max(paint.wide(self.text(), self._role), paint.wide(self.text(), self._strong_role()))
        if self._detail:
            width += theme.px(8) + paint.wide(self._detail, "caption")
        if self._key:
            width += theme.px(8) + _cap_width(self._key)
        return width

    def sizeHint(self) -> QSize:
        pad = theme.px(12 if self._height > 24 else 9)
        return QSize(round(self._content_width() + 2 * pad), theme.px(self._height))

    def minimumSizeHint(self) -> QSize:
        return QSize(math.ceil(self._content_width()) + 2 * theme.px(4), theme.px(self._height))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            checked, enabled = self.isChecked(), self.isEnabled()
            ink = (colors.text if not self._flat or checked or self.lit() else colors.text_2) if enabled else ""
            ink = ink or colors.disabled()
            if not enabled:
                paint.box(
                    painter, area, p(4), None if self._flat else colors.panel, None if self._flat else colors.line
                )
            elif checked and self._fill:
                ink = self._fill[1]
                paint.box(painter, area, p(4), self._fill[0])
            elif self.isDown() or (checked and not self._flat):
                paint.box(painter, area, p(4), colors.control_on)
            elif self.lit() and not checked:
                paint.box(painter, area, p(4), colors.control_hover)
            elif not self._flat or checked:
                paint.box(painter, area, p(4), colors.control)
            self._paint_content(painter, area, ink)

    def _paint_content(self, painter: QPainter, area: QRectF, ink: str) -> None:
        colors, p = theme.current(), theme.px
        middle = area.center().y()
        left = max(p(4), (area.width() - self._content_width()) / 2)
        if self._lane is not None:
            shade = colors.lanes[self._lane] if self.isEnabled() else ink
            lane_shapes.paint(painter, self._lane, left + p(10) / 2, middle, p(8), shade)
        elif self._icon:
            paint.icon(painter, self._icon, left + p(14) / 2, middle, p(14), ink)
        left += self._lead()
        role = self._strong_role() if self.isChecked() else self._role
        words = QRectF(left, 0, area.width() - left - p(4), area.height())
        paint.text(painter, words, self.text(), role, ink)
        left += paint.wide(self.text(), role) + p(8)
        if self._detail:
            rest = QRectF(left, 0, area.width() - left, area.height())
            shade = colors.text_2 if self.lit() else colors.text_3
            paint.text(painter, rest, self._detail, "caption", shade if self.isEnabled() else ink)
            left += paint.wide(self._detail, "caption") + p(8)
        if self._key:
            cap = QRectF(left, middle - p(8), _cap_width(self._key), p(16))
            shade = colors.text_2 if self.isEnabled() else ink
            paint_cap(painter, cap, self._key, shade, colors.line_strong if self.isEnabled() else colors.line)


class IconButton(PressButton):
    """A square button with an icon: flat, with control fill when checked or ``filled``."""

    def __init__(
        self,
        icon_name: str,
        tip: str,
        size: int = 24,
        *,
        filled: bool = False,
        width: int | None = None,
        icon_size: int | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._size, self._filled = icon_name, size, filled
        self._box_width = width or size
        self._icon_size = icon_size or (14 if size <= 24 else 16)
        self._token: str | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_tip(tip)

    def set_icon(self, icon_name: str) -> None:
        """Set the icon."""
        if icon_name != self._icon:
            self._icon = icon_name
            self.update()

    def set_tip(self, tip: str) -> None:
        """Set the tooltip, which is also the accessible name."""
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def set_token(self, token: str | None) -> None:
        """Set the colour token of the icon at rest, or None for text_2."""
        if token != self._token:
            self._token = token
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(self._box_width), theme.px(self._size))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            area = QRectF(self.rect())
            if not self.isEnabled():
                if self._filled:
                    paint.box(painter, area, p(4), colors.panel, colors.line)
            elif self.isDown():
                paint.box(painter, area, p(4), colors.control_on)
            elif self.lit():
                paint.box(painter, area, p(4), colors.control_hover)
            elif self._filled or self.isChecked():
                paint.box(painter, area, p(4), colors.control)
            ink = colors.text_3
            if self.isEnabled():
                ink = colors.text if self.isChecked() or self.lit() else colors.token(self._token or "text_2")
            center = area.center()
            paint.icon(painter, self._icon, center.x(), center.y(), p(self._icon_size), ink)


class LinkButton(PressButton):
    """A button that looks like a link: a word in the accent colour, underlined when hovered."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setText(text)

    def sizeHint(self) -> QSize:
        return QSize(round(paint.wide(self.text(), "caption_strong")) + 1, theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            ink = colors.accent if self.isEnabled() else colors.disabled()
            paint.text(painter, self.rect(), self.text(), "caption_strong", ink)
            if self.lit():
                under = self.rect().center().y() + theme.line_height("caption_strong") / 2 - 1
                painter.fillRect(QRectF(0, round(under), paint.wide(self.text(), "caption_strong"), 1), QColor(ink))
