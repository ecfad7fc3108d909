"""A window that fits its screen, also where that is another one than the last time."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QWidget

LEAST_SIZE = (1000, 640)
"""Smallest size of the window, px; on a smaller screen it is as small as that."""


def fitted(place: QRect, room: QRect) -> QRect:
    """The rectangle moved, and made smaller where it must be, to lie in ``room``."""
    wide, tall = min(place.width(), room.width()), min(place.height(), room.height())
    left = min(max(place.left(), room.left()), room.right() + 1 - wide)
    top = min(max(place.top(), room.top()), room.bottom() + 1 - tall)
    return QRect(left, top, wide, tall)


def fit_screen(window: QWidget, moves: bool) -> None:
    """Make a window no larger than its screen, and where it ``moves`` put it inside: the screen may be gone."""
    screen = QGuiApplication.screenAt(window.geometry().center()) or window.screen()
    room, bar = screen.availableGeometry(), window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    window.setMinimumSize(*(min(pair) for pair in zip(LEAST_SIZE, (room.width(), room.height() - bar), strict=True)))
    if window.windowState() & (Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen):
        return
    place = fitted(window.geometry(), room.adjusted(0, bar, 0, 0))
    if place.size() != window.size():
        window.resize(place.size())
    if moves:
        window.setGeometry(place)
