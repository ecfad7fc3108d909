"""When a window is painted that shows several plots."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.drawing.chart import Line
from gui.plots import scene
from gui.plots.chart import Chart
from gui.plots.scene import settle

pytestmark = pytest.mark.usefixtures("hush")
UPDATE = QEvent.Type.UpdateRequest


class Window(QWidget):
    """Three charts; counts how often it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0
        self.charts = [Chart(name) for name in "abc"]
        lay = QHBoxLayout(self)
        for chart in self.charts:
            chart.set_home((0.0, 10.0), (0.0, 10.0))
            lay.addWidget(chart)

    def event(self, event: QEvent) -> bool:
        self.times += event.type() == UPDATE
        return super().event(event)

    def change(self, height: float) -> None:
        for chart in self.charts:
            chart.show_lines([Line(np.arange(10.0), np.full(10, height), "#ff8800")])


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.resize(600, 200)
    with qtbot.waitExposed(made):
        made.show()
    QApplication.processEvents()
    made.times = 0
    return made


def test_it_is_painted_once_however_many_plots_changed(window: Window) -> None:
    window.change(3.0)
    QApplication.processEvents()
    QApplication.processEvents()
    assert window.times == 1


def test_plots_that_change_all_the_time_do_not_put_it_off_for_long(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene, "LONGEST_S", 0.0)
    window.change(3.0)
    QCoreApplication.sendPostedEvents(window.charts[0].scene(), QEvent.Type.MetaCall.value)  # puts it off
    assert window.times == 0
    window.change(4.0)
    QCoreApplication.sendPostedEvents(window.charts[1].scene(), QEvent.Type.MetaCall.value)
    assert window.times == 1


def test_after_settling_the_next_painting_shows_every_change(window: Window) -> None:
    window.change(3.0)
    settle()
    assert window.times == 0
    QCoreApplication.sendPostedEvents(window, UPDATE.value)
    assert window.times == 1
    settle()
    QCoreApplication.sendPostedEvents(window, UPDATE.value)
    assert window.times == 1
