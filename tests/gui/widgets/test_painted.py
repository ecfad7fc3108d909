"""Painted widgets: size hints at the text size, repainting with the theme, keys and ring with the focus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.drawing import theme
from gui.drawing.painting import painting
from gui.widgets import focus
from gui.widgets.painted import KeyboardWidget, PaintedWidget
from tests.gui.hands import Key, claims, color_at, show

pytestmark = pytest.mark.usefixtures("dark")


class Patch(PaintedWidget):
    """A square in the accent colour."""

    preferred_px = (40, 20)
    least_px = (10, 8)
    painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, smooth=True) as painter:
            painter.fillRect(self.rect(), QColor(theme.current().accent))
        self.painted += 1


class Pad(KeyboardWidget):
    """Takes L and the space bar."""

    keys = frozenset({Key.Key_L, Key.Key_Space})

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def test_size_hints_grow_with_the_text_size(qtbot: QtBot, qapp: QApplication) -> None:
    patch, bare = Patch(), PaintedWidget()
    show(qtbot, patch, bare)
    assert (patch.sizeHint(), patch.minimumSizeHint()) == (QSize(40, 20), QSize(10, 8))
    theme.apply(qapp, theme.DARK, 1.3)
    assert (patch.sizeHint(), patch.minimumSizeHint()) == (QSize(52, 26), QSize(13, 10))
    assert not bare.sizeHint().isValid()
    assert not bare.minimumSizeHint().isValid()


def test_another_theme_repaints(qtbot: QtBot, qapp: QApplication) -> None:
    patch = Patch()
    show(qtbot, patch)
    assert color_at(patch, 5, 5) == theme.DARK.accent
    QApplication.processEvents()
    before = patch.painted
    theme.changes.changed.emit()  # not `theme.apply`: its style sheet makes Qt repaint everything
    QApplication.processEvents()
    assert patch.painted > before
    theme.apply(qapp, theme.LIGHT)
    assert color_at(patch, 5, 5) == theme.LIGHT.accent


def test_another_text_size_updates_the_layout(qtbot: QtBot, qapp: QApplication) -> None:
    patch = Patch()
    window = show(qtbot, patch)
    window.resize(1, 1)
    small = window.minimumSizeHint().height()
    theme.apply(qapp, theme.DARK, 1.3)
    QApplication.processEvents()
    assert window.minimumSizeHint().height() == small + 2


def test_a_widget_takes_its_keys_only_with_the_focus(qtbot: QtBot) -> None:
    pad, other = Pad(), Pad()
    show(qtbot, pad, other)
    assert not claims(pad, Key.Key_L)
    pad.setFocus(Qt.FocusReason.MouseFocusReason)
    assert claims(pad, Key.Key_L)
    assert not claims(pad, Key.Key_Space)  # it trains, unless the pad was reached by Tab
    assert not claims(pad, Key.Key_R)
    assert not claims(pad, Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    other.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not claims(pad, Key.Key_L)
    pad.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(pad, Key.Key_Space)


def test_the_ring_shows_only_for_focus_by_keyboard(qtbot: QtBot) -> None:
    pad, other = Pad(), Pad()
    show(qtbot, pad, other)
    pad.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not focus.has_ring(pad)
    QTest.keyClick(pad, Key.Key_Tab)
    assert focus.has_ring(other)
    assert focus.ring_of(other).isVisible()
    pad.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not focus.has_ring(other)
    assert not focus.ring_of(other).isVisible()
