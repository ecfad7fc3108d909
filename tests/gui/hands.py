"""Helpers for tests of widgets: show them, send input, read what they paint."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.buttons import Button, IconButton, LinkButton, PressButton, PrimaryButton
from gui.widgets.chips import Chip, ClassChip, SparkChip

LEFT, SHIFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
Key = Qt.Key
OPEN: list[QWidget] = []  # qtbot keeps no window alive


def show(qtbot: QtBot, *widgets: QWidget) -> QWidget:
    """The widgets in a column of an active window."""
    window = QWidget()
    OPEN.append(window)
    column = QVBoxLayout(window)
    for widget in widgets:
        column.addWidget(widget)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    if (focused := window.focusWidget()) is not None:
        focused.clearFocus()  # an opening window focuses its first control
    return window


def heard(signal: object) -> list[object]:
    """A list that collects the argument of every later emission (() without one, a tuple of several)."""
    calls: list[object] = []
    signal.connect(lambda *args: calls.append(args[0] if len(args) == 1 else args))  # type: ignore[attr-defined]
    return calls


def wheel(widget: QWidget, notches: int) -> bool:
    """Turn the wheel over a widget. Returns whether the event was accepted."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def claims(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> bool:
    """Whether the focused widget keeps a key from the window's shortcuts."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def drag(widget: QWidget, start: QPoint, *to: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Press, move through the points, release at the last."""
    QTest.mousePress(widget, LEFT, modifiers, start)
    for point in to:
        QTest.mouseMove(widget, point)
        QApplication.processEvents()
    QTest.mouseRelease(widget, LEFT, modifiers, to[-1])


def pixels(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def color_at(widget: QWidget, x: int, y: int) -> str:
    return pixels(widget).pixelColor(x, y).name().upper()


def colors_of(widget: QWidget) -> set[str]:
    image = pixels(widget)
    return {image.pixelColor(x, y).name().upper() for x in range(0, image.width()) for y in range(0, image.height())}


def has_color(image: QImage, color: str, area: Any = None) -> int:
    """Number of pixels of exactly that colour."""
    image = image.copy(area) if area is not None else image
    rgb = image.convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.width(), 4)[..., 2::-1]
    return int((raw == np.array(QColor(color).getRgb()[:3])).all(-1).sum())


def all_buttons() -> list[PressButton]:
    return [
        PrimaryButton("Train", "play", "Space"),
        Button("Plain", "plus", key="E"),
        IconButton("gear", "Settings"),
        LinkButton("Show all"),
        Chip("cpu", "CPU"),
        SparkChip("60 fps"),
        ClassChip(3, "3"),
    ]
