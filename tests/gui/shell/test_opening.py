"""What happens between the first pixel of the window and its lanes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from core.remote.homes import Coming
from gui.shell import app
from gui.shell.app import Opening
from tests.gui.conftest import Stage


def test_nothing_is_loaded_before_the_window_is_painted(
    bare_window: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = bare_window()
    happened: list[str] = []
    monkeypatch.setattr(Opening, "start", lambda self: happened.append("loads"))
    monkeypatch.setattr(stage.window, "paintEvent", lambda event: happened.append("paints"))
    opening = Opening(stage.window, Coming("threads"), ("ae",))
    opening.start_when_painted()
    stage.window.repaint()
    assert happened == ["paints"]
    stage.until(lambda: "loads" in happened)
    stage.window.repaint()
    for _ in range(3):
        QApplication.processEvents()
    assert happened.count("loads") == 1


def test_a_window_that_is_never_painted_is_filled_too(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "UNPAINTED_MS", 20)
    unseen, happened = QWidget(), []
    app._FirstPaint(unseen).timeout.connect(lambda: happened.append("loads"))
    loop = QApplication.instance()
    assert loop is not None
    while not happened:
        loop.processEvents()
    assert happened == ["loads"]
