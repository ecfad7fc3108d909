"""The status line: the newest event, what is saved, and the seed."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.engine.status import Event
from gui.desk.desk import Desk
from gui.drawing import icons, theme
from gui.widgets.buttons import LinkButton
from gui.widgets.label import Label

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

ICONS = {"note": ("check-circle", "text_2"), "warn": ("warning", "warn"), "error": ("warning", "error")}


class StatusLine(QWidget):
    """The bottom line of the window, 24 px high. Keeps the events of lanes and window in one list."""

    events_wanted = Signal()
    lesson_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.hz = 4.0
        self.events: list[Event] = []
        self._seen: WeakKeyDictionary[Run, Event] = WeakKeyDictionary()  # the latest event of each lane in the list
        px = theme.px
        self.setFixedHeight(px(24))
        self._icon = Label("")
        self._text = Label("", "caption", "text_2", elided=True)
        self._all = LinkButton("Show all events")
        self._all.clicked.connect(self.events_wanted)
        self._all.hide()
        self._lesson = LinkButton("New here? Start lesson 1")
        self._lesson.setObjectName("first lesson")
        self._lesson.clicked.connect(self.lesson_wanted)
        self._lesson.hide()
        self._saved = Label("", "caption", "text_3")
        line = QHBoxLayout(self)
        line.setContentsMargins(px(12), 0, px(12), 0)
        line.setSpacing(px(8))
        line.addWidget(self._icon)
        line.addWidget(self._text)
        line.addWidget(self._lesson)
        line.addWidget(self._all)
        line.addStretch(1)
        line.addWidget(self._saved)
        desk.told.connect(self.add_event)
        desk.setup_changed.connect(self._show_seed)
        self._kept: WeakKeyDictionary[Run, tuple[int, str]] = WeakKeyDictionary()  # step and folder on disk

    def add_event(self, text: str, tone: str = "note") -> None:
        """Add an event of the window."""
        self._add(Event(time.time(), "", text, tone))  # type: ignore[arg-type]

    def offer_lesson(self, offered: bool) -> None:
        """Show or hide the link to the first lesson."""
        self._lesson.setVisible(offered)

    def keep(self, run: Run, step: int, folder: str) -> None:
        """Note that a run is on disk, at a step, in the folder of that name."""
        self._kept[run] = step, folder
        self._show_seed()

    def _saved_words(self) -> str:
        """Which lanes are on disk with the weights that they have now."""
        kept = [
            folder
            for run in self._desk.runs
            for step, folder in [self._kept.get(run, (-1, ""))]
            if run.view.status.step == step
        ]
        if not kept:
            return "not saved"
        where = f"saved in {kept[0]}" if len(set(kept)) == 1 else "saved"
        return where if len(kept) == len(self._desk.runs) else f"{len(kept)} of {len(self._desk.runs)} lanes {where}"

    def ask(self) -> None:
        """Called by the clock. The status line has no work to request."""

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.events, view.status

    def refresh(self, view: View) -> None:
        """Add new events of the lanes, and show what is saved."""
        self._show_seed()
        for run in self._desk.runs:
            events, last = run.view.events, self._seen.get(run)
            first = next((i + 1 for i in reversed(range(len(events))) if events[i] is last), 0)
            for event in events[first:]:
                self._add(dataclasses.replace(event, lane=self._desk.names.of(run).full))
            if events:
                self._seen[run] = events[-1]
        statuses = [run.view.status for run in self._desk.runs]
        if len(self.events) == 1 and any(status.step for status in statuses):  # training has followed the greeting
            is_training = any(status.state == "training" for status in statuses)
            self._text.setText("Training. Space pauses." if is_training else "Resting. Space goes on.")

    def _add(self, event: Event) -> None:
        self.events.append(event)
        name, token = ICONS[event.tone]
        self._icon.setPixmap(icons.pixmap(name, 14, theme.current().token(token)))
        lane = f"{event.lane}: " if event.lane else ""
        self._text.setText(f"{time.strftime('%H:%M:%S', time.localtime(event.time))}  {lane}{event.text}")
        self._text.set_token(token if event.tone != "note" else "text_2")
        self._all.setText(f"Show all {len(self.events)} events")
        self._all.setVisible(len(self.events) > 1)

    def _show_seed(self) -> None:
        if self._desk.is_open:
            self._saved.setText(f"{self._saved_words()}   ·   seed {self._desk.experiment.setup.seed} · repeatable")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().panel))
        painter.fillRect(0, 0, self.width(), 1, QColor(theme.current().line))
        painter.end()
