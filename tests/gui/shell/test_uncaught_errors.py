"""Uncaught exceptions in slots and threads, and every control before an experiment is open."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget

from core.remote.homes import Coming
from gui.drawing.painting import painting
from gui.shell.app import Opening, UncaughtErrors
from gui.widgets.histogram_slider import HistogramSlider
from gui.widgets.label import Label
from gui.widgets.segmented import Segment
from gui.widgets.slider import Slider

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture
def listen() -> Iterator[Callable[[Stage], list[str]]]:  # noqa: F821
    """Installs the error hooks of the app on a window; returns the list of reported sentences."""
    hooks = sys.excepthook, threading.excepthook
    listeners = []

    def install(stage: Stage) -> list[str]:  # noqa: F821
        reported: list[str] = []
        listener = UncaughtErrors()
        listener.happened.connect(lambda sentence, details: reported.append(sentence))
        listener.happened.connect(lambda *words: stage.window.reports.show_error("Something went wrong", *words))
        listener.install()
        listeners.append(listener)
        return reported

    yield install
    sys.excepthook, threading.excepthook = hooks


def test_an_exception_in_a_slot_is_shown(
    desk_window: Open, listen: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    stage = desk_window(("ae",))
    reported = listen(stage)

    def slot() -> None:
        raise RuntimeError("the slot broke")

    QTimer.singleShot(0, slot)
    stage.until(stage.has_dialog)
    assert reported == ["RuntimeError: the slot broke"]
    dialog = stage.dialog()
    assert stage.find(Label, "error sentence", dialog).text() == "RuntimeError: the slot broke."
    QTest.mouseClick(stage.button("Copy details", dialog), Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    assert "Traceback" in copied
    assert "in slot" in copied
    assert "the slot broke" in capsys.readouterr().err
    QTest.mouseClick(stage.button("Show details", dialog), Qt.MouseButton.LeftButton)
    assert dialog._details.isVisible()
    QTest.mouseClick(stage.button("Close", dialog), Qt.MouseButton.LeftButton)
    stage.until(lambda: not stage.has_dialog())
    stage.key("Space")  # the window goes on working
    stage.until(stage.stepped(3))


def test_an_exception_in_a_thread_is_shown(
    desk_window: Open, listen: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    stage = desk_window(("ae",))
    listen(stage)

    def work() -> None:
        raise ValueError("the thread broke")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not stage.has_dialog()  # it comes through the event loop, not from the other thread
    stage.until(stage.has_dialog)
    sentence = stage.find(Label, "error sentence", stage.dialog()).text()
    assert sentence == "ValueError: the thread broke."
    assert "the thread broke" in capsys.readouterr().err
    stage.dialog().close()


def test_an_error_at_every_beat_is_reported_once(
    desk_window: Open, listen: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae",))
    reported = listen(stage)
    raised: list[int] = []

    def broken() -> None:
        raised.append(1)
        raise RuntimeError("again")

    stage.window.clock.ticked.connect(broken)
    stage.until(stage.has_dialog)
    stage.dialog().close()
    stage.until(lambda: not stage.has_dialog())
    before = len(raised)
    stage.until(lambda: len(raised) >= before + 3)
    assert reported == ["RuntimeError: again"]
    assert not stage.has_dialog()
    monkeypatch.setattr("gui.shell.app.QUIET_S", 0.0)  # it was quiet long enough
    stage.until(stage.has_dialog)
    stage.window.clock.ticked.disconnect(broken)
    stage.dialog().close()
    stage.until(lambda: not stage.has_dialog())


class Broken(QWidget):
    """A widget that cannot be painted."""

    painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            self.painted += 1
            painter.fillRect(0, 0, round(float("nan")), 1, Qt.GlobalColor.black)


def test_an_exception_in_painting_is_shown_once_and_the_window_lives(
    desk_window: Open, listen: Callable[..., list[str]]
) -> None:
    stage = desk_window(("ae",))
    reported = listen(stage)
    broken = Broken(stage.window)
    broken.resize(20, 20)
    broken.show()

    def painted_again() -> bool:
        broken.update()
        return broken.painted >= 4

    stage.until(painted_again)
    broken.hide()
    stage.until(stage.has_dialog)
    assert len(reported) == 1
    assert "cannot convert float NaN to integer" in reported[0]
    QTest.mouseClick(stage.button("Copy details", stage.dialog()), Qt.MouseButton.LeftButton)
    assert "paintEvent" in QApplication.clipboard().text()
    stage.dialog().close()
    stage.until(lambda: not stage.has_dialog())
    stage.key("Space")
    stage.until(stage.stepped(3))


def test_a_background_job_that_breaks_is_kept_and_the_next_works(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    done = threading.Event()

    def broken() -> None:
        raise ValueError("looking broke")

    stage.desk.experiment.engine.background.ask("broken", broken)
    stage.desk.experiment.engine.background.ask("fine", done.set)
    assert done.wait(10)
    assert any("looking broke" in error for error in stage.desk.experiment.engine.errors)
    stage.desk.experiment.engine.errors.clear()


def test_no_experiment_opens_in_a_closed_window(
    bare_window: Callable[..., Stage],  # noqa: F821
    monkeypatch: pytest.MonkeyPatch,
    digits: object,
) -> None:
    stage = bare_window()
    monkeypatch.setattr(Opening, "_load", lambda self, report: (digits, None))
    opening = Opening(stage.window, Coming(), ("ae",))
    opening.start()
    assert opening._loading.wait(10)  # all is read, but the signal is not delivered yet
    stage.window.close()
    for _ in range(3):
        QApplication.processEvents()
    assert not stage.desk.is_open
    late = Opening(stage.window, Coming(), ("ae",))
    late._stop()
    late.start()
    assert not late._loading._thread.is_alive()


def test_ctrl_c_quits(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    quits: list[int] = []
    monkeypatch.setattr("gui.shell.app.QCoreApplication.quit", lambda: quits.append(1))
    listener = UncaughtErrors()
    reported: list[str] = []
    listener.happened.connect(lambda sentence, details: reported.append(sentence))
    listener._report(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert quits == [1]
    assert reported == []


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Native dialogs answer "cancel", and nothing asks the network or the file system."""
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getExistingDirectory", lambda *_: "")
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getOpenFileName", lambda *_: ("", ""))


def close_popups_and_dialogs() -> None:
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            widget.close()
    QApplication.processEvents()


def press_every_key(stage: Stage) -> None:  # noqa: F821
    for command in stage.window.commands.table:
        if command.keys and command.name != "quit":
            stage.key(command.keys)
            close_popups_and_dialogs()


def test_every_control_can_be_used_before_an_experiment_is_open(
    bare_window: Callable[..., Stage],  # noqa: F821
    listen: Callable[..., list[str]],
    quiet: None,
) -> None:
    stage = bare_window()
    reported = listen(stage)
    for button in stage.window.findChildren(QAbstractButton):
        if button.isVisible() and button.isEnabled():
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            close_popups_and_dialogs()
    for kind in (Slider, HistogramSlider, Segment):
        for control in stage.window.findChildren(kind):
            if control.isVisible() and control.isEnabled():
                QTest.mouseClick(control, Qt.MouseButton.LeftButton)
                QTest.keyClick(control, Qt.Key.Key_Right)
                close_popups_and_dialogs()
    QTest.mouseClick(stage.window.experiment_panel.card, Qt.MouseButton.LeftButton)
    close_popups_and_dialogs()
    press_every_key(stage)
    stage.window.grab()
    assert reported == []
    assert stage.window.isVisible()


def test_every_key_while_three_lanes_train(desk_window: Open, listen: Callable[..., list[str]], quiet: None) -> None:
    stage = desk_window()
    reported = listen(stage)
    stage.key("Space")
    stage.until(stage.stepped(3))
    press_every_key(stage)
    stage.window.grab()
    assert reported == []
    assert len(stage.desk.runs) == 2  # Ctrl+W closed one
