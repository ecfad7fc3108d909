"""The status line: the newest event that still holds, what is saved, and the seed."""

from __future__ import annotations

import dataclasses
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.engine.status import Event
from core.foundation.user_error import as_sentence
from core.text import addresses
from gui.desk.desk import Desk
from gui.drawing import icons, paint, theme
from gui.widgets import accessible, key_hints
from gui.widgets.buttons import Button, LinkButton
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.naming import named

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

ICONS = {"note": ("check-circle", "text_2"), "warn": ("warning", "warn"), "error": ("warning", "error")}


MOST_KNOWN = 200
"""Events of a lane that are not told again, at most."""
MOST_STANDING = 20
"""Number of warnings remembered that may hold at once."""
WIDE = 1250
"""Width from which on it says how fast the link to another machine is, px at text size 1."""
_ENDED = ("failed", "finished")


Condition: TypeAlias = "Callable[[StatusLine], bool]"
"""Whether an event still holds. It gets the line as an argument and does not keep it, so that there is no cycle."""


def _while_as_now(run: Run, text: str) -> Condition:
    """The condition of an event that a lane has now, in these words. It does not keep the lane alive."""
    view, lane = run.live_view, weakref.ref(run)
    life, ended = view.life, view.status.state if view.status.state in _ENDED else None

    def holds(line: StatusLine) -> bool:
        present = lane()
        if present is None or not line.shows(present) or present.live_view.life != life:
            return False
        if line.has_withdrawn(present, text):
            return False
        return ended is None or present.live_view.status.state == ended

    return holds


class StatusLine(QWidget):
    """The bottom line of the window, 24 px high. Keeps the events of lanes and window in one list.

    It shows the newest event until its reason is gone, then an older warning that still holds, else what the lanes do.
    An event of a lane holds while the lane is there, was not restarted, and is failed or finished if it was; that of a
    verdict while the verdict stands. One of the window holds until the user changes data, lanes, knobs, sampler or the
    input image.
    """

    events_wanted = Signal()
    lesson_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Status line"))
        self._desk = desk
        self.run: Run | None = None
        self.hz = 4.0
        self.events: list[Event] = []
        self._seen: WeakKeyDictionary[Run, tuple[Event, ...]] = WeakKeyDictionary()  # of each lane in the list
        self._known: WeakKeyDictionary[Run, deque[Event]] = WeakKeyDictionary()  # told before: Undo brings them back
        px = theme.px
        self.setFixedHeight(px(24))
        self._icon = Label("")
        self._text = Label("", "caption", "text_2", elided=True)
        self._all = LinkButton("Show all events")
        self._all.clicked.connect(self.events_wanted)
        self._all.hide()
        self._again = named(Button("Start the engine again", "restart", height=20), "engine again")
        self._again.clicked.connect(desk.engine_watch.start_again)
        self._again.hide()
        self._lesson = LinkButton("New here? Start lesson 1")
        self._lesson.setObjectName("first lesson")
        self._lesson.clicked.connect(self.lesson_wanted)
        self._lesson.hide()
        self._offers_lesson = False
        self._saved = Label("", "caption", "text_3")
        line = QHBoxLayout(self)
        line.setContentsMargins(px(12), 0, px(12), 0)
        line.setSpacing(px(8))
        line.addWidget(self._icon)
        line.addWidget(self._text)
        line.addWidget(self._again)
        line.addWidget(self._lesson)
        line.addWidget(self._all)
        line.addStretch(1)
        line.addWidget(self._saved)
        desk.told.connect(self.add_event)
        desk.setup_changed.connect(self._show_saved)
        desk.told_while.connect(self._tell_while)
        desk.engine_watch.changed.connect(self._show_again)
        desk.engine_watch.measured.connect(self._show_saved)
        self._hint = ""  # stands in place of the event while a menu is open
        self._kept: WeakKeyDictionary[Run, tuple[int, str]] = WeakKeyDictionary()  # step and folder on disk
        self._standing: list[tuple[Event, Condition]] = []  # newest last

    def show_hint(self, text: str) -> None:
        """Say what the menu entry under the mouse does; "" shows the newest event again."""
        if text == self._hint:
            return
        self._hint = text
        if text:
            self._icon.clear()
            self._text.setText(text)
            self._text.set_token("text_2")
        else:
            self._text.setText("")
            self._show_newest()

    def add_event(self, text: str, tone: str = "note") -> None:
        """Add an event of the window."""
        before = self._circumstances()
        had_trained = self._has_trained()
        self._add(
            Event(time.time(), "", as_sentence(text), tone),  # type: ignore[arg-type]
            lambda line: line._circumstances() == before and line._has_trained() <= had_trained,
        )

    def _tell_while(self, text: str, tone: str, holds: Callable[[], bool]) -> None:
        self._add(Event(time.time(), "", text, tone), lambda line: holds())  # type: ignore[arg-type]

    def _show_again(self) -> None:
        """Show the button for an engine that does not compute, or hide it."""
        words = self._desk.engine_watch.again_words
        if words:
            self._again.setText(words)
            self._again.updateGeometry()
        elif self._again.hasFocus():
            self._again.clearFocus()
        self._again.setVisible(bool(words))
        self._lesson.setVisible(self._offers_lesson and not words)

    def shows(self, run: Run) -> bool:
        """Whether a run is a lane of the window."""
        return run in self._desk.runs

    def has_withdrawn(self, run: Run, text: str) -> bool:
        """Whether it was said for a verdict on the lane that no longer stands."""
        return self._desk.verdicts.has_withdrawn(run, text)

    def _circumstances(self) -> tuple[object, ...]:
        """What the user can change about the experiment, to compare with later."""
        if not self._desk.is_open:
            return ()
        experiment, chosen = self._desk.experiment, self._desk.chosen
        lanes = tuple((id(run), run.pending) for run in self._desk.runs)
        image = (chosen.index, chosen.kind, chosen.image is None)
        return experiment.setup, id(experiment.dataset), experiment.sampler, image, lanes

    def _has_trained(self) -> bool:
        return any(run.live_view.status.step for run in self._desk.runs)

    def offer_lesson(self, offered: bool) -> None:
        """Show or hide the link to the first lesson."""
        self._offers_lesson = offered
        self._show_again()

    def keep(self, run: Run, step: int, folder: str) -> None:
        """Note that a run is on disk, at a step, in the folder of that name."""
        self._kept[run] = step, folder
        self._show_saved()

    def _saved_words(self) -> str:
        """Which lanes are on disk with the weights that they have now."""
        kept = [
            folder
            for run in self._desk.runs
            for step, folder in [self._kept.get(run, (-1, ""))]
            if run.live_view.status.step == step
        ]
        if not kept:
            return "not saved"
        where = f"saved in {kept[0]}" if len(set(kept)) == 1 else "saved"
        return where if len(kept) == len(self._desk.runs) else f"{len(kept)} of {len(self._desk.runs)} lanes {where}"

    def ask(self) -> None:
        """Called by the clock: drop what no longer holds."""
        if self._standing and not self._standing[-1][1](self):
            self._show_newest()
        elif not self._standing:
            self._show_state()

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.events, view.status

    def refresh(self, view: View) -> None:
        """Add new events of the lanes, and show what is saved."""
        self._show_saved()
        for run in self._desk.runs:
            events = run.live_view.events
            if events is self._seen.get(run, ()):
                continue
            self._seen[run] = events
            known = self._known.setdefault(run, deque(maxlen=MOST_KNOWN))
            for event in events:
                if event not in known:  # compared by what they say: those of another process come anew each time
                    lane = self._desk.names.of(run).full
                    known.append(event)
                    self._add(dataclasses.replace(event, lane=lane), _while_as_now(run, event.text))

    def _add(self, event: Event, holds: Condition) -> None:
        self.events.append(event)
        warnings = [each for each in self._standing if each[0].tone != "note"]
        self._standing = [*warnings[-MOST_STANDING + 1 :], (event, holds)]
        lane = f"{event.lane}: " if event.lane else ""
        accessible.announce(self, lane + event.text, is_urgent=event.tone == "error")
        self._show(event)
        self._all.setText(f"Show all {len(self.events)} events")
        self._all.setVisible(len(self.events) > 1)

    def _show(self, event: Event) -> None:
        if self._hint:
            return
        name, token = ICONS[event.tone]
        self._icon.setPixmap(icons.pixmap(name, 14, theme.current().token(token)))
        lane = f"{event.lane}: " if event.lane else ""
        self._text.setText(f"{time.strftime('%H:%M:%S', time.localtime(event.time))}  {lane}{event.text}")
        self._text.set_token(token if event.tone != "note" else "text_2")

    def _show_newest(self) -> None:
        """Show the newest event that holds."""
        self._standing = [each for each in self._standing if each[1](self)]
        if self._standing:
            self._show(self._standing[-1][0])
        if self._standing or self._hint:
            return
        name, token = ICONS["note"]
        self._icon.setPixmap(icons.pixmap(name, 14, theme.current().token(token)))
        self._text.set_token("text_2")
        self._show_state()

    def _show_state(self) -> None:
        """Show what the lanes do, where no event holds."""
        if not self._desk.runs or self._hint:
            return
        is_training = any(run.live_view.status.state == "training" for run in self._desk.runs)
        key = key_hints.key("toggle_training")
        if self._has_trained():
            words = f"Paused. {key} resumes." if key else "Paused."
        else:
            words = f"Ready. Press {key} to train." if key else "Ready."
        if is_training:
            words = f"Training. {key} pauses." if key else "Training."
        if words != self._text.text():
            self._text.setText(words)

    def _show_saved(self) -> None:
        if self._desk.is_open:
            watch, seed = self._desk.engine_watch, self._desk.experiment.setup.seed
            traffic = " · ".join(watch.traffic_words()) if watch.host and self.width() > theme.px(WIDE) else ""
            parts = (traffic, self._saved_words(), f"seed {seed} · repeatable")
            self._saved.setText("   ·   ".join(part for part in parts if part))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "panel", "top")
