"""Space over a plot: held, it makes the left button pan; pressed and let go, it trains as everywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from gui.shell import space_pan
from tests.gui.conftest import Stage

Open = Callable[..., Stage]


@pytest.fixture
def stage(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A window with the mouse over the VAE's map, which is told to Qt where there is no mouse."""
    stage = desk_window(("vae",))
    view = stage.panel("map", "vae").plot.viewport()
    monkeypatch.setattr(QApplication, "widgetAt", lambda spot: view)
    return stage


def press(stage: Stage) -> None:
    QTest.keyPress(stage.window.windowHandle(), Qt.Key.Key_Space)


def release(stage: Stage) -> None:
    QTest.keyRelease(stage.window.windowHandle(), Qt.Key.Key_Space)


def trains(stage: Stage) -> bool:
    return stage.desk.experiment.will_train


def test_a_drag_under_space_pans_and_does_not_train(stage: Stage) -> None:
    panel = stage.panel("map", "vae")
    spot, before = QPointF(panel.rect().center()), stage.desk.point.z.tolist()
    place = panel.to_plane(spot)
    press(stage)
    stage.press(panel, spot)
    stage.move(panel, spot + QPointF(25, 10))
    stage.release(panel, spot + QPointF(25, 10))
    release(stage)
    assert panel.to_plane(spot + QPointF(25, 10)) == pytest.approx(place, abs=1e-4)
    assert stage.desk.point.z.tolist() == before
    assert not trains(stage)
    stage.press(panel, spot)  # without Space the left button moves the point again
    stage.release(panel, spot)
    assert stage.desk.point.z.tolist() != before


def test_space_that_is_not_the_key_to_train_does_not_train(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space_pan.key_hints, "key", lambda command: "Ctrl+T")
    press(stage)
    release(stage)
    assert not trains(stage)


def test_space_alone_trains_when_it_is_let_go(stage: Stage) -> None:
    press(stage)
    assert not trains(stage)
    release(stage)
    assert trains(stage)
    press(stage)
    release(stage)
    assert not trains(stage)


def test_space_beside_a_plot_trains_at_once(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    QCursor.setPos(stage.window.top.mapToGlobal(stage.window.top.rect().center()))
    press(stage)
    assert trains(stage)
    release(stage)
    assert trains(stage)


def test_a_window_that_is_left_lets_go(stage: Stage) -> None:
    press(stage)
    QApplication.sendEvent(stage.window.windowHandle(), QEvent(QEvent.Type.WindowDeactivate))
    release(stage)
    assert not trains(stage)
    assert not stage.panel("map", "vae").plot._is_held


def test_space_is_a_letter_in_a_field(stage: Stage) -> None:
    field = QLineEdit(stage.window)
    field.show()
    field.setFocus()
    assert space_pan._plot_under_mouse() is None
    press(stage)
    release(stage)
    assert field.text() == " "
