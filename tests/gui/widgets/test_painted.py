"""What painted widgets share: hints at the text size, painting anew with the theme, keys and ring with the focus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.drawing import paint, theme
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
        painter = paint.begin(self)
        painter.fillRect(self.rect(), QColor(theme.current().accent))
        painter.end()
        self.painted += 1


class Pad(KeyboardWidget):
    """Takes L and the space bar."""

    keys = frozenset({Key.Key_L, Key.Key_Space})

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def test_hints_grow_with_the_text(qtbot: QtBot, qapp: QApplication) -> None:
    patch, bare = Patch(), PaintedWidget()
    show(qtbot, patch, bare)
    assert (patch.sizeHint(), patch.minimumSizeHint()) == (QSize(40, 20), QSize(10, 8))
    theme.apply(qapp, theme.DARK, 1.3)
    assert (patch.sizeHint(), patch.minimumSizeHint()) == (QSize(52, 26), QSize(13, 10))
    assert not bare.sizeHint().isValid()
    assert not bare.minimumSizeHint().isValid()


def test_another_theme_paints_anew(qtbot: QtBot, qapp: QApplication) -> None:
    patch = Patch()
    show(qtbot, patch)
    assert color_at(patch, 5, 5) == theme.DARK.accent
    QApplication.processEvents()
    before = patch.painted
    theme.changes.changed.emit()  # alone: a style sheet that is set would make Qt paint everything
    QApplication.processEvents()
    assert patch.painted > before
    theme.apply(qapp, theme.LIGHT)
    assert color_at(patch, 5, 5) == theme.LIGHT.accent


def test_another_text_size_lays_out_anew(qtbot: QtBot, qapp: QApplication) -> None:
    patch = Patch()
    window = show(qtbot, patch)
    window.resize(1, 1)
    low = window.minimumSizeHint().height()
    theme.apply(qapp, theme.DARK, 1.3)
    QApplication.processEvents()
    assert window.minimumSizeHint().height() == low + 2


def test_keys_are_its_own_only_with_the_focus(qtbot: QtBot) -> None:
    pad, other = Pad(), Pad()
    show(qtbot, pad, other)
    assert not claims(pad, Key.Key_L)
    pad.setFocus(Qt.FocusReason.MouseFocusReason)
    assert claims(pad, Key.Key_L)
    assert claims(pad, Key.Key_Space)
    assert not claims(pad, Key.Key_R)
    assert not claims(pad, Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    other.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not claims(pad, Key.Key_L)


def test_the_ring_comes_with_the_keyboard_and_goes_with_it(qtbot: QtBot) -> None:
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
