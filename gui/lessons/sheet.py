"""The Lessons sheet: a column at the right with the list of lessons, the open lesson, and the glossary."""

from __future__ import annotations

import dataclasses
import functools
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent, QShowEvent
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from core.lessons.checker import check
from core.lessons.reader import one_by_one
from core.lessons.script import Lesson
from core.text import glossary
from core.text.glossary import Term
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.settings import Settings
from gui.drawing import paint, theme, typesetting
from gui.files.data_chooser import DataChooser
from gui.lessons.answer_buttons import TextButton
from gui.lessons.director import DeskDirector
from gui.lessons.lesson_page import RESTORE, LessonPage
from gui.lessons.prose import Prose
from gui.widgets import focus, later, layouts, prose_formulas
from gui.widgets.buttons import Button, IconButton
from gui.widgets.key_hints import Hint
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

DONE = "lessons done"
"""The key of the finished lessons in the settings."""


class LessonSheet(QWidget):
    """The sheet, shown and hidden by the window. It reads the lessons one by one once an experiment is open."""

    closed = Signal()

    def __init__(self, desk: Desk, clock: Clock, data: DataChooser, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("lessons")
        self._desk, self._clock, self._settings = desk, clock, settings
        self.run: Run | None = None
        self.hz = 4.0
        self.director = DeskDirector(desk, data)
        self.lessons: tuple[Lesson, ...] = ()
        self._reader: Iterator[Lesson] | None = None
        self._lessons_read: list[Lesson] = []
        self._has_all_lessons = False
        self._unbuilt: deque[Term] = deque()  # entries of the glossary that are still to be built
        self._is_building = False
        self._rows: list[TextButton] = []
        self.page = LessonPage(desk, self.director)
        self.page.left.connect(lambda: self._show("lessons"))
        self.page.finished.connect(self._finish)
        self.page.next_wanted.connect(self._open_next)
        self._restore = named(Button(RESTORE, "undo", height=32), "restore lanes from list")
        self._restore.clicked.connect(self.director.restore)
        self.page.term_wanted.connect(self.show_term)
        self._list, self._entries = _column(), _column()
        self._search = QLineEdit()
        self._search.setObjectName("glossary search")
        self._search.setPlaceholderText("Search the glossary")
        self._search.setAccessibleName("Search the glossary")
        self._search.textChanged.connect(self._fill_glossary)
        self.tabs = Segmented((("lessons", "Lessons"), ("glossary", "Glossary")))
        self.tabs.setAccessibleName("Lessons or glossary")
        self.tabs.chosen.connect(self._show)
        self._pages = QStackedWidget()
        self._lay_out()
        clock.add(self)
        clock.ticked.connect(self._read_one)
        self.hide()

    def _lay_out(self) -> None:
        px = theme.px
        close = named(IconButton("close", "", 24), "close lessons")
        Hint(close, "Close the lessons", "toggle_lessons")
        close.clicked.connect(self.closed)
        words, every = named(QWidget(), "glossary"), QWidget()
        inside = (px(12), px(8), px(2), 0)
        search = layouts.row(self._search, margins=(0, 0, px(10), 0))
        self._glossary, self._sheet_of_entries = words, _on_sheet(self._entries)
        area = layouts.scrolled(self._sheet_of_entries, "Glossary")
        layouts.column(search, (area, 1), spacing=px(8), margins=inside, on=words)
        self._restore.hide()
        kept = layouts.row(self._restore, margins=(0, 0, px(10), 0))
        lessons = layouts.scrolled(_on_sheet(self._list), "Lessons")
        layouts.column(kept, (lessons, 1), spacing=px(8), margins=inside, on=every)
        for page in (every, self.page, words):
            self._pages.addWidget(page)
        head = layouts.row((self.tabs, 1), close, margins=(px(12), px(8), px(8), px(8)))
        layouts.column(head, Divider(), (self._pages, 1), spacing=0, margins=(1, 0, 0, 0), on=self)

    # --- for the window ----------------------------------------------------------------------------------------------

    @property
    def done(self) -> list[str]:
        """The names of the finished lessons."""
        return [str(name) for name in self._settings.read(DONE, [])]

    def forget_done(self) -> None:
        """Take every lesson for not finished yet."""
        self._settings.write(DONE, [])
        self._settings.flush()
        self._show_marks()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        walk = self.page.walk
        is_unfinished = walk is not None and walk.is_alive and not walk.is_over
        if not event.spontaneous() and self._pages.currentIndex() == 1 and not is_unfinished:
            self._show("lessons")
        if self._pages.currentWidget() is self._glossary:
            self._build_entries()

    @property
    def open_number(self) -> int:
        """The number of the lesson that is open on the sheet; 0 where none is, or the sheet is closed."""
        lesson = self.page.lesson
        return 0 if self.isHidden() or lesson is None or self._pages.currentIndex() != 1 else lesson.number

    def start(self, number: int) -> None:
        """Show a lesson by its number."""
        self._read()
        lesson = next((lesson for lesson in self.lessons if lesson.number == number and not lesson.trouble), None)
        if lesson is not None:
            self._open(lesson)

    def show_term(self, key: str) -> None:
        """Show the glossary entry of a term."""
        term = glossary.find(key)
        if term is not None:
            self._show("glossary")
            self._search.setText(term.title)

    def ask(self) -> None:
        """Called by the clock: advance the lesson."""
        self.page.poll()
        self._restore.setVisible(self.director.can_restore)

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.status,)

    def refresh(self, view: View) -> None:
        """Called by the clock. `ask` does all the work."""

    # --- inside ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Read all lessons that are not read yet."""
        while self._desk.is_open and not self._has_all_lessons:
            self._read_one()

    def _read_one(self) -> None:
        """Read one more lesson: a beat has time for one, not for twelve."""
        if self._has_all_lessons or not self._desk.is_open:
            return
        self._reader = one_by_one() if self._reader is None else self._reader
        lesson = next(self._reader, None)
        if lesson is not None:
            trouble = lesson.trouble or check(lesson)
            self._lessons_read.append(lesson if not trouble else dataclasses.replace(lesson, trouble=trouble))
            return
        self.lessons, self._has_all_lessons = tuple(self._lessons_read), True
        self._clock.ticked.disconnect(self._read_one)
        self._fill_list()
        glossary.linked("")  # reads the glossary, before a lesson waits for it

    def _fill_list(self) -> None:
        layouts.clear(self._list)
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
        """Show the entries that contain the words, a few at a time."""
        layouts.clear(self._entries)
        self._unbuilt = deque(glossary.search(text))
        if not self._unbuilt:
            self._entries.addWidget(Label("No entry has these words.", "body", "text_3"))
        self._entries.addStretch(1)
        self._build_entries()

    def _build_entries(self) -> None:
        """Build the entries that are missing, unless that goes on already."""
        if self._unbuilt and not self._is_building:
            self._is_building = True
            later.in_slices(self, self._add_entries())

    def _add_entries(self) -> Iterator[None]:
        """Build a glossary entry at a time, while the glossary is on screen."""
        try:
            while self._unbuilt and self._glossary.isVisible():
                entry = self._entry(self._unbuilt.popleft())
                self._entries.insertWidget(self._entries.count() - 1, entry)
                yield
        finally:
            self._is_building = False

    def _entry(self, term: Term) -> Prose:
        entry = Prose()
        entry.setAccessibleName(term.title)
        formula, unit = f"${term.formula}$" if term.formula else "", _escape(f"[{term.unit}]") if term.unit else ""
        last = "   ".join(part for part in (formula, unit) if part)
        linked = glossary.linked(term.text, {term.key})
        entry.set_markdown(f"**{term.title}**\n\n{linked}" + (f"\n\n{last}" if last else ""))
        entry.term_wanted.connect(self.show_term)
        entry.term_hovered.connect(self.page.help_with)
        return entry

    def _open(self, lesson: Lesson) -> None:
        # draw the formulas of all pages before they are shown
        typesetting.want(line for page in lesson.pages for line in prose_formulas.formula_lines(page.text))
        self.page.hold_keyboard(self)
        usable = [each for each in self.lessons if each.number > lesson.number and not each.trouble]
        self.page.following = min(usable, key=lambda each: each.number, default=None)
        self.page.open(lesson)
        self._show("page")
        self.page.offer_keyboard()

    def _open_next(self) -> None:
        if self.page.following is not None:
            self._open(self.page.following)

    def _finish(self, name: str) -> None:
        if name not in self.done:
            self._settings.write(DONE, [*self.done, name])
        self._show_marks()

    def _show_marks(self) -> None:
        for lesson, row in zip(self.lessons, self._rows, strict=False):  # there are no rows yet
            row.set_mark("right" if lesson.name in self.done else "")

    def _show(self, key: str) -> None:
        self._desk.make_way()
        self.tabs.set_value("glossary" if key == "glossary" else "lessons")
        if key == "glossary" and self._pages.currentWidget() is not self._glossary:
            self._sheet_of_entries.hide()  # laying out a hundred entries takes longer than a frame
            later.after_frame(self._glossary, self._show_entries)
        if key == "lessons" and self._pages.currentIndex() == 2 and self.page.lesson is not None:
            key = "page"  # back from the glossary to the open lesson
        self._pages.setCurrentIndex({"lessons": 0, "page": 1, "glossary": 2}[key])
        if key == "glossary" and not focus.has_ring(self.tabs):  # chosen by mouse: typing searches
            self._search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_entries(self) -> None:
        self._sheet_of_entries.show()
        if not self._entries.count():
            self._fill_glossary(self._search.text())
        self._build_entries()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "panel", "left")


def _escape(text: str) -> str:
    """Text with the special characters of Markdown escaped."""
    return "".join(f"\\{letter}" if letter in "*_[]|<>`" else letter for letter in text)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, theme.px(10), theme.px(12))
    column.setSpacing(theme.px(6))
    return column


def _on_sheet(column: QVBoxLayout) -> QWidget:
    inside = named(QWidget(), "lessons list")
    inside.setLayout(column)
    return inside
