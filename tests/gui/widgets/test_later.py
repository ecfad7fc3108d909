"""Work that follows a frame comes after it, and in pieces between which the window lives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.widgets import later


class Noted(QWidget):
    """Notes its frames."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self._notes = notes

    def paintEvent(self, event: QPaintEvent) -> None:
        self._notes.append("frame")


def test_it_comes_once_and_after_the_frame(qtbot: QtBot) -> None:
    notes: list[str] = []
    widget = Noted(notes)
    qtbot.addWidget(widget)
    later.after_frame(widget, lambda: notes.append("later"))
    assert notes == []
    widget.show()
    qtbot.waitUntil(lambda: "later" in notes)
    assert notes[0] == "frame"
    widget.update()
    count = len(notes)
    qtbot.waitUntil(lambda: len(notes) > count)
    assert notes.count("later") == 1


def test_it_comes_after_what_waits_for_the_frame(qtbot: QtBot) -> None:
    notes: list[str] = []
    waited_for = QEvent.Type(QEvent.registerEventType())

    class Waiting(Noted):
        """Posts itself an event from its frame."""

        def paintEvent(self, event: QPaintEvent) -> None:
            super().paintEvent(event)
            QCoreApplication.postEvent(self, QEvent(waited_for))

        def event(self, event: QEvent) -> bool:
            if event.type() == waited_for:
                notes.append("waited")
            return super().event(event)

    widget = Waiting(notes)
    qtbot.addWidget(widget)
    later.after_frame(widget, lambda: notes.append("later"))
    widget.show()
    qtbot.waitUntil(lambda: "later" in notes)
    assert notes[:3] == ["frame", "waited", "later"]


def test_it_never_comes_for_a_widget_that_is_gone(qtbot: QtBot) -> None:
    notes: list[str] = []
    widget, witness = Noted(notes), Noted([])
    for each in (widget, witness):
        qtbot.addWidget(each)
    later.after_frame(widget, lambda: notes.append("later"))
    widget.deleteLater()
    seen: list[str] = []
    later.after_frame(witness, lambda: seen.append("later"))
    witness.show()
    qtbot.waitUntil(lambda: bool(seen))
    assert notes == []


def test_slices_let_the_window_live(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "SLICE_S", 0.0)  # every piece is a slice
    owner = Noted([])
    qtbot.addWidget(owner)
    done: list[int] = []
    between: list[int] = []

    def work() -> Iterator[None]:
        for i in range(5):
            done.append(i)
            QTimer.singleShot(0, lambda: between.append(len(done)))
            yield

    later.in_slices(owner, work())
    assert done == []
    qtbot.waitUntil(lambda: len(done) == 5 and len(between) == 5)
    assert between[0] < 5  # the event loop ran before the work was done


def test_work_ends_with_its_owner(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "SLICE_S", 0.0)
    owner, other = Noted([]), Noted([])
    qtbot.addWidget(other)
    done: list[int] = []

    def work() -> Iterator[None]:
        for i in range(1000):
            done.append(i)
            if i == 3:
                owner.deleteLater()
            yield

    later.in_slices(owner, work())
    others: list[int] = []
    later.in_slices(other, (others.append(i) for i in range(1000)))
    qtbot.waitUntil(lambda: len(others) == 1000)
    assert 4 <= len(done) < 1000
