"""The Lessons sheet: a column at the right with the list of lessons, the lesson one is in, and the glossary."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from core.lessons.checker import check
from core.lessons.reader import one_by_one
from core.lessons.script import Lesson
from core.text import glossary
from core.text.glossary import Term
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.settings import Settings
from gui.drawing import theme, typesetting
from gui.files.dataset_menu import DataChooser
from gui.lessons.answer_buttons import TextButton
from gui.lessons.director import DeskDirector
from gui.lessons.lesson_page import LessonPage
from gui.lessons.prose import Prose
from gui.widgets import focus, prose_formulas
from gui.widgets.buttons import IconButton
from gui.widgets.label import Label
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

DONE = "lessons done"
ENTRIES = 12
"""So many entries of the glossary are made at once."""


class LessonSheet(QWidget):
    """Shown and hidden by the window. It reads the lessons one by one, as soon as there is an engine."""

    closed = Signal()

    def __init__(self, desk: Desk, clock: Clock, data: DataChooser, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("lessons")
        self._desk, self._clock, self._settings = desk, clock, settings
        self.run: Run | None = None
        self.hz = 4.0
        self.stage = DeskDirector(desk, data)
        self.lessons: tuple[Lesson, ...] = ()
        self._files: Iterator[Lesson] | None = None
        self._found: list[Lesson] = []
        self._is_read = False
        self._wanted: list[Term] = []  # entries that are still to be made
        self._rows: list[TextButton] = []
        self.page = LessonPage(desk, self.stage)
        self.page.left.connect(lambda: self._show("lessons"))
        self.page.finished.connect(self._finish)
        self.page.term_wanted.connect(self.show_term)
        self._list, self._entries = _column(), _column()
        self._search = QLineEdit()
        self._search.setObjectName("glossary search")
        self._search.setPlaceholderText("Search the glossary")
        self._search.setClearButtonEnabled(False)
        self._search.textChanged.connect(self._fill_glossary)
        self.tabs = Segmented((("lessons", "Lessons"), ("glossary", "Glossary")))
        self.tabs.chosen.connect(self._show)
        self._pages = QStackedWidget()
        self._lay_out()
        clock.add(self)
        clock.ticked.connect(self._read_one)
        self.hide()

    def _lay_out(self) -> None:
        px = theme.px
        close = IconButton("close", "Close the lessons  (F3)", 24)
        close.setObjectName("close lessons")
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setContentsMargins(px(12), px(8), px(8), px(8))
        head.addWidget(self.tabs, 1)
        head.addWidget(close)
        words = QWidget()
        words.setObjectName("glossary")
        beside = QVBoxLayout(words)
        beside.setContentsMargins(px(12), px(8), px(2), 0)
        beside.setSpacing(px(8))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, px(10), 0)
        line.addWidget(self._search)
        beside.addLayout(line)
        beside.addWidget(_scrolled(self._entries), 1)
        every = QWidget()
        around = QVBoxLayout(every)
        around.setContentsMargins(px(12), px(8), px(2), 0)
        around.addWidget(_scrolled(self._list))
        for page in (every, self.page, words):
            self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(Divider())
        whole.addWidget(self._pages, 1)

    # --- what the window asks for ------------------------------------------------------------------------------------

    @property
    def done(self) -> list[str]:
        """The names of the lessons that were finished."""
        return [str(each) for each in self._settings.read(DONE, [])]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        walk = self.page.walk
        half_done = walk is not None and walk.is_alive and not walk.is_over
        if not event.spontaneous() and self._pages.currentIndex() == 1 and not half_done:
            self._show("lessons")

    def start(self, number: int) -> None:
        """Turn to a lesson by its number."""
        self._read()
        lesson = next((each for each in self.lessons if each.number == number and not each.trouble), None)
        if lesson is not None:
            self._open(lesson)

    def show_term(self, key: str) -> None:
        """Turn to the entry of a term."""
        term = glossary.find(key)
        if term is not None:
            self._show("glossary")
            self._search.setText(term.title)

    def ask(self) -> None:
        """The clock asks four times a second: look how far the lesson is."""
        self.page.poll()
        if self._wanted:
            self._fill_on()

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.status,)

    def refresh(self, view: View) -> None:
        """What a lesson waits for is looked at by `ask`."""

    # --- inside ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """All lessons that are not read yet, now."""
        while self._desk.is_open and not self._is_read:
            self._read_one()

    def _read_one(self) -> None:
        """One more: a beat has room for a lesson, not for twelve."""
        if self._is_read or not self._desk.is_open:
            return
        self._files = one_by_one() if self._files is None else self._files
        lesson = next(self._files, None)
        if lesson is not None:
            trouble = lesson.trouble or check(lesson)
            self._found.append(lesson if not trouble else dataclasses.replace(lesson, trouble=trouble))
            return
        self.lessons, self._is_read = tuple(self._found), True
        self._clock.ticked.disconnect(self._read_one)
        self._fill_list()

    def _fill_list(self) -> None:
        _clear(self._list)
        self._rows = []
        words = "Each takes a few minutes. Say what you expect, then let the numbers answer."
        self._list.addWidget(Label(words, "body", "text_2", wrap=True))
        for lesson in self.lessons:
            note = lesson.heading or "cannot be used"
            row = TextButton(str(lesson.number), lesson.title, f"{lesson.minutes} min · {note}")
            row.setObjectName(f"lesson {lesson.number}")
            row.setEnabled(not lesson.trouble)
            row.setToolTip(lesson.trouble)
            row.set_mark("right" if lesson.name in self.done else "")
            row.clicked.connect(functools.partial(self._open, lesson))
            self._list.addWidget(row)
            self._rows.append(row)
        self._list.addStretch(1)

    def _fill_glossary(self, text: str) -> None:
        """Those entries that have these words, a few at a time."""
        _clear(self._entries)
        self._wanted = list(glossary.search(text))
        if not self._wanted:
            self._entries.addWidget(Label("No entry has these words.", "body", "text_3"))
        self._entries.addStretch(1)
        self._fill_on()

    def _fill_on(self) -> None:
        """The next entries, while the glossary is looked at."""
        for term in self._wanted[:ENTRIES]:
            entry = Prose()
            entry.setAccessibleName(term.title)
            formula, unit = f"${term.formula}$" if term.formula else "", _plain(f"[{term.unit}]") if term.unit else ""
            last = "   ".join(each for each in (formula, unit) if each)
            linked = glossary.linked(term.text, {term.key})
            entry.set_markdown(f"**{term.title}**\n\n{linked}" + (f"\n\n{last}" if last else ""))
            entry.term_wanted.connect(self.show_term)
            entry.term_hovered.connect(self.page.help_with)
            self._entries.insertWidget(self._entries.count() - 1, entry)
        del self._wanted[:ENTRIES]

    def _open(self, lesson: Lesson) -> None:
        typesetting.want(
            each for page in lesson.pages for each in prose_formulas.wanted(page.text)
        )  # before they are turned to
        self.page.hold_keyboard(self)
        self.page.open(lesson)
        self._show("page")
        self.page.offer_keyboard()

    def _finish(self, name: str) -> None:
        if name not in self.done:
            self._settings.write(DONE, [*self.done, name])
        for lesson, row in zip(self.lessons, self._rows, strict=True):
            row.set_mark("right" if lesson.name in self.done else "")

    def _show(self, key: str) -> None:
        self.tabs.set_value("glossary" if key == "glossary" else "lessons")
        if key == "glossary" and not self._entries.count():
            self._fill_glossary(self._search.text())
        if key == "lessons" and self._pages.currentIndex() == 2 and self.page.lesson is not None:
            key = "page"  # back from the glossary to where one was
        self._pages.setCurrentIndex({"lessons": 0, "page": 1, "glossary": 2}[key])
        if key == "glossary" and not focus.has_ring(self.tabs):  # chosen by mouse: now one types
            self._search.setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().panel))
        painter.fillRect(0, 0, 1, self.height(), QColor(theme.current().line))
        painter.end()


def _plain(text: str) -> str:
    """A unit is no Markdown: its brackets are meant."""
    return "".join(f"\\{each}" if each in "*_[]|<>`" else each for each in text)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, theme.px(10), theme.px(12))
    column.setSpacing(theme.px(6))
    return column


def _scrolled(column: QVBoxLayout) -> QScrollArea:
    inside = QWidget()
    inside.setObjectName("lessons list")
    inside.setLayout(column)
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _clear(column: QVBoxLayout) -> None:
    while (item := column.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
