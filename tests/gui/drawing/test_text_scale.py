"""The size of text where nobody has chosen one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from gui.drawing import theme


@pytest.mark.parametrize(("height", "scale"), [(768, 1.0), (1080, 1.0), (1440, 1.15), (2160, 1.3)])
def test_text_is_larger_on_a_screen_of_many_pixels(height: int, scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = SimpleNamespace(geometry=lambda: QRect(0, 0, 16 * height // 9, height))
    monkeypatch.setattr(QGuiApplication, "primaryScreen", lambda: screen)
    assert theme.text_scale_of(theme.TEXT_AUTO) == scale
    assert theme.text_scale_of(1.0) == 1.0
