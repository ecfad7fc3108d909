"""The Lessons sheet: a column at the right with the list of lessons, the lesson one is in, and the glossary."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from core import glossary
from core.lesson_files import catalogue, check
from core.lessons import Lesson
from gui import formulas, theme
from gui.clock import Clock
from gui.data import DataChooser
from gui.desk import Desk
from gui.lessons.choice import TextButton
from gui.lessons.page import LessonPage
from gui.lessons.prose import Prose
from gui.lessons.stage import DeskStage
from gui.settings import Settings
from gui.widgets import typeset
from gui.widgets.buttons import IconButton
from gui.widgets.label import Label
from gui.widgets.sections import Divider
from gui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from core.board import View
    from core.run import Run

DONE = "lessons done"


class LessonSheet(QWidget):
    """Shown and hidden by the window. It reads the lessons when it is first shown with an engine there."""

    closed = Signal()

    def __init__(self, desk: Desk, clock: Clock, data: DataChooser, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("lessons")
        self._desk, self._settings = desk, settings
        self.run: Run | None = None
        self.parts: tuple[str, ...] = ("status",)
        self.hz = 4.0
        self.stage = DeskStage(desk, data)
        self.lessons: tuple[Lesson, ...] = ()
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

    def start(self, number: int) -> None:
        """Turn to a lesson by its number."""
        self._read()
        lesson = next((each for each in self.lessons if each.number == number and not each.trouble), None)
        if lesson is not None:
            self._open(lesson)

    def show_list(self) -> None:
        """As it was left, with the lessons read."""
        self._read()

    def show_term(self, key: str) -> None:
        """Turn to the entry of a term."""
        term = glossary.find(key)
        if term is not None:
            self._search.setText(term.title)
            self._show("glossary")

    def ask(self) -> None:
        """The clock asks eight times a second: look how far the lesson is."""
        if not self.lessons and self._desk.is_open:
            self._read()
        self.page.poll()

    def refresh(self, view: View) -> None:
        """What a lesson waits for is looked at by `ask`."""

    # --- inside ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        if self.lessons or not self._desk.is_open:
            return
        found = []
        for lesson in catalogue():
            trouble = lesson.trouble or check(lesson)
            found.append(lesson if not trouble else Lesson(**{**vars(lesson), "trouble": trouble}))
        self.lessons = tuple(found)
        texts = [page.text for lesson in found for page in lesson.pages]
        formulas.want(each for text in texts for each in typeset.wanted(text))
        self._fill_list()
        self._fill_glossary("")

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
        _clear(self._entries)
        found = glossary.search(text)
        for term in found:
            entry = Prose()
            entry.setAccessibleName(term.title)
            formula, unit = f"${term.formula}$" if term.formula else "", _plain(f"[{term.unit}]") if term.unit else ""
            last = "   ".join(each for each in (formula, unit) if each)
            linked = glossary.linked(term.text, {term.key})
            entry.set_markdown(f"**{term.title}**\n\n{linked}" + (f"\n\n{last}" if last else ""))
            entry.term_wanted.connect(self.show_term)
            self._entries.addWidget(entry)
        if not found:
            self._entries.addWidget(Label("No entry has these words.", "body", "text_3"))
        self._entries.addStretch(1)

    def _open(self, lesson: Lesson) -> None:
        self.page.open(lesson)
        self._show("page")

    def _finish(self, name: str) -> None:
        if name not in self.done:
            self._settings.write(DONE, [*self.done, name])
        for lesson, row in zip(self.lessons, self._rows, strict=True):
            row.set_mark("right" if lesson.name in self.done else "")

    def _show(self, key: str) -> None:
        self.tabs.set_value("glossary" if key == "glossary" else "lessons")
        if key == "lessons" and self._pages.currentIndex() == 2 and self.page.lesson is not None:
            key = "page"  # back from the glossary to where one was
        self._pages.setCurrentIndex({"lessons": 0, "page": 1, "glossary": 2}[key])

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
