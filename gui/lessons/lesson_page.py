"""The page of a lesson: text, question and answers, one button for the next step, and the result."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.lessons.script import Lesson, Measure, Page, Train
from core.text import addresses, formulas, glossary
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate
from gui.drawing import theme
from gui.drawing.painting import painting
from gui.lessons.answer_buttons import TextButton
from gui.lessons.director import DeskDirector
from gui.lessons.prose import Prose
from gui.widgets import focus, later, layouts
from gui.widgets.buttons import Button, LinkButton, PrimaryButton
from gui.widgets.help_text import Help
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.painted import PaintedWidget
from gui.widgets.sections import Card, Divider

if TYPE_CHECKING:
    from core.lessons.walkthrough import Walkthrough

REPLACES = "Set up: replaces the present lanes"
KEEPS = "Set up: your lanes are kept"
RESTORE = "Restore my lanes"


class Dots(PaintedWidget):
    """One dot per page: the present one in the accent colour, visited ones stronger than the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._count, self._at, self._seen = 1, 0, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def put(self, count: int, at: int, seen: int) -> None:
        """Set the number of pages, the present one, and the farthest one visited."""
        if (count, at, seen) != (self._count, self._at, self._seen):
            self._count, self._at, self._seen = count, at, seen
            self.setAccessibleName(f"page {at + 1} of {count}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(12) * self._count, theme.px(12))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, p = theme.current(), theme.px
        with painting(self, smooth=True) as painter:
            for i in range(self._count):
                size = p(8) if i == self._at else p(6)
                shade = colors.accent if i == self._at else colors.text_3 if i <= self._seen else colors.track
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(shade)
                painter.drawEllipse(round(p(12) * (i + 0.5) - size / 2), round(p(6) - size / 2), size, size)


class LessonPage(QWidget):
    """Shows a lesson and holds its walkthrough. ``left`` goes back to the list; ``finished`` carries its name."""

    left = Signal()
    finished = Signal(str)
    term_wanted = Signal(str)
    next_wanted = Signal()  # the lesson after this one

    def __init__(self, desk: Desk, director: DeskDirector) -> None:
        super().__init__()
        self._desk, self._director = desk, director
        self.lesson: Lesson | None = None
        self.following: Lesson | None = None
        self.walk: Walkthrough | None = None
        self._suspended: Walkthrough | None = None  # of the lesson that was open before this one
        self._scroll_target: QWidget | None = None  # what is new on the page, until it is scrolled to
        self._page: Page | None = None
        self._choices: list[TextButton] = []
        self._holds_keyboard = self._held_by_tab = False
        self._is_setting_up = False
        self._make_words()
        self._make_controls()
        self._scroll = layouts.FittedArea(self._make_body(), "Lesson")
        parts = (self._head(), (self._scroll, 1000), self._action(), layouts.STRETCH, Divider(), self._foot())
        layouts.column(*parts, spacing=0, margins=layouts.NO_MARGINS, on=self)

    def _make_words(self) -> None:
        """What the page says: where one is, its text and question, what is wrong, and what the answer was."""
        self._place = Label("", "caption", "text_3")
        self._lecture = Label("", "caption", "text_3", wrap=True)
        self._title = Label("", "figure", "text", wrap=True)
        self._heading = Label("", "title", "text", wrap=True)
        self._text = Prose("reading")
        self._question = Prose("question", "text")
        self._trouble = Label("", "body", "warn", wrap=True)
        self._verdict = Label("", "strong", "ok")
        self._measured = Label("", "caption", "text_3")
        self._explanation = Prose("reading", "text")
        for prose in (self._text, self._question, self._explanation):
            prose.term_wanted.connect(self.term_wanted)
            prose.term_hovered.connect(self.help_with)

    def _make_controls(self) -> None:
        """The button for what happens next with its hint, the ways to the pages beside, and the dots between them."""
        self.button = named(PrimaryButton("Set up", "play"), "lesson step")
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self._press)
        self._hint = Label("", "caption", "text_2", wrap=True)
        self._restore = named(Button(RESTORE, "undo", height=32), "restore lanes")
        self._restore.setToolTip("Ends the lesson's lanes and brings back yours, as they were before it.")
        self._restore.clicked.connect(self._give_back)
        self._back = named(Button("Back", "chevron-left", height=32), "lesson back")
        self._next = named(Button("Next", "chevron-right", height=32), "lesson next")
        self._back.clicked.connect(lambda: self._turn(-1))
        self._next.clicked.connect(lambda: self._turn(1))
        self._dots = Dots()

    def _head(self) -> QHBoxLayout:
        px = theme.px
        back = LinkButton("‹ All lessons")
        back.clicked.connect(self.left)
        return layouts.row(back, layouts.STRETCH, self._place, margins=(px(12), px(4), px(12), 0))

    def _make_body(self) -> QWidget:
        """What scrolls."""
        px = theme.px
        self._card = Card()
        layouts.column(
            self._verdict,
            self._explanation,
            self._measured,
            spacing=px(2),
            margins=(px(10), px(8), px(6), px(4)),
            on=self._card,
        )
        self._answers = layouts.column(spacing=px(6))
        body = named(QWidget(), "lesson body")
        words = (self._lecture, self._title, self._heading, self._text, self._question)
        below = (self._answers, self._trouble, self._card)
        layouts.column(*words, *below, spacing=px(8), margins=(px(12), px(8), px(10), px(12)), on=body)
        return body

    def _action(self) -> QVBoxLayout:
        """What happens next: right below the text, and always in sight."""
        px = theme.px
        return layouts.column(
            self._hint, self.button, self._restore, spacing=px(4), margins=(px(12), px(4), px(12), px(8))
        )

    def _foot(self) -> QHBoxLayout:
        px, stretch = theme.px, layouts.STRETCH
        edges = (px(12), px(8), px(12), px(8))
        return layouts.row(self._back, stretch, self._dots, stretch, self._next, margins=edges)

    # --- input -------------------------------------------------------------------------------------------------------

    def open(self, lesson: Lesson) -> None:
        """Show a lesson, where it was left or at its beginning."""
        if lesson is not self.lesson:
            if self.walk is not None and self.walk.is_alive:
                self._suspended = self.walk  # its lanes still exist, so that it can be resumed
            suspended = self._suspended
            can_resume = suspended is not None and suspended.lesson is lesson and suspended.is_alive
            self.lesson, self.walk = lesson, suspended if can_resume else None
        self.show_all()

    # A disabled button passes the focus to the top of the window. These two keep it on the next step of the lesson.

    def hold_keyboard(self, around: QWidget | None = None) -> None:
        """Call before an action: hold the focus for `offer_keyboard` if it is inside ``around`` (default: the page)."""
        focused = QApplication.focusWidget()
        if focused is not None and (around or self).isAncestorOf(focused):
            self._holds_keyboard, self._held_by_tab = True, focus.reached_by_tab(focused)
            focused.clearFocus()

    def offer_keyboard(self) -> None:
        """Give the held focus to the first answer, the button or *Next*, unless the lesson is busy or it has moved.

        Space presses that only if what had the focus was reached by Tab.
        """
        walk = self.walk
        if not self._holds_keyboard or (walk is not None and walk.doing):
            return
        self._holds_keyboard = False
        if QApplication.focusWidget() is None:
            answers = self._choices[:1] if walk is not None and walk.waits_for_choice else []
            buttons = (*answers, self.button, self._next)
            usable = [button for button in buttons if not button.isHidden() and button.isEnabled()]
            if usable:
                by_tab = Qt.FocusReason.TabFocusReason
                usable[0].setFocus(by_tab if self._held_by_tab else Qt.FocusReason.ShortcutFocusReason)

    def _press(self) -> None:
        self.hold_keyboard()
        if self.walk is not None and self.walk.is_over and self.following is not None:
            self.next_wanted.emit()
            return
        if self.walk is None or not self.walk.is_alive:
            if self.lesson is not None:
                self._is_setting_up = True
                self._show_button()
                later.after_frame(self.button, functools.partial(self._set_up, self.lesson))
            return
        self.walk.press()
        self._after()

    def _set_up(self, lesson: Lesson) -> None:
        self._is_setting_up = False
        if lesson is self.lesson:
            self._desk.make_way()
            self._director.set_up(lesson, functools.partial(self._begin, lesson))
        self._show_button()

    def _give_back(self) -> None:
        self._director.restore()
        self.show_all()

    def _begin(self, lesson: Lesson) -> None:
        from core.lessons.walkthrough import Walkthrough

        if lesson is not self.lesson:  # another one was opened while the data were read
            return
        self.walk, self._suspended = Walkthrough(lesson, self._director), None
        self.walk.turn(0)
        if self.walk.is_done:  # the first page has no step but the set-up
            self.walk.turn(1)
        self.show_all()
        self.offer_keyboard()

    def _choose(self, index: int) -> None:
        if self.walk is not None:
            self.walk.choose(index)
            self._after()

    def _turn(self, by: int) -> None:
        walk = self.walk
        if walk is None:
            return
        if by > 0 and walk.is_over:
            self.left.emit()
            return
        self.hold_keyboard()
        walk.turn(by)
        self._after()

    def _after(self) -> None:
        self.show_all()
        if self.walk is not None and self.walk.is_over:
            self.finished.emit(self.walk.lesson.name)
        self.offer_keyboard()

    def poll(self) -> None:
        """Called by the clock: advance training and measuring, and update the page."""
        if self._scroll_target is not None:  # by now the layout has given it its height
            self._scroll.ensureWidgetVisible(self._scroll_target)
            self._scroll_target = None
        if self._suspended is not None and self._suspended is not self.walk and self._suspended.doing:
            self._suspended.advance()  # it goes on while another lesson is shown
        if self.walk is not None and self.walk.doing:
            if self.walk.advance():
                self._after()
            else:
                self._show_button()
        elif self.walk is not None and not self.walk.is_alive and self.button.text() != self._words_without_lanes():
            self.show_all()

    def help_with(self, key: str) -> None:
        """Show the entry of a term in the help box; "" clears it."""
        term = glossary.find(key) if key else None
        if term is None:
            self._desk.help(None)
        else:
            place = addresses.of_term(term.key)
            self._desk.help(Help(term.title, term.text, formula=term.formula, address=place))

    # --- content -----------------------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """Update the page to the state of the walkthrough."""
        lesson, walk = self.lesson, self.walk
        if lesson is None:
            return
        page = lesson.pages[0] if walk is None else walk.page
        is_new_page = page is not self._page
        self._place.setText(f"Lesson {lesson.number}")
        self._lecture.setText(lesson.heading)
        self._lecture.setVisible(walk is None or walk.at == 0)
        self._title.setText(lesson.title)
        self._title.setVisible(walk is None or walk.at == 0)
        self._heading.setText(page.title)
        linked_terms: set[str] = set()
        run = lane_with_rate(self._desk)
        for prose in (self._text, self._question, self._explanation):
            prose.set_slot(None if run is None else run.slot)
        self._text.set_markdown(glossary.linked(page.text if walk is None else walk.text(), linked_terms))
        self._text.setVisible(bool(page.text))
        self._question.set_markdown("" if walk is None else glossary.linked(walk.question(), linked_terms))
        self._question.setVisible(walk is not None and page.ask is not None)
        if is_new_page:
            self._scroll_target = None
            self._page = page
            self._make_choices(page)
            self._scroll.verticalScrollBar().setValue(0)
        self._show_answers()
        self._show_button()

    def _make_choices(self, page: Page) -> None:
        for old in self._choices:
            self._answers.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._choices = []
        for i, choice in enumerate(page.ask.choices if page.ask is not None else ()):
            button = TextButton("ABCD"[i], formulas.spoken(choice.text))
            button.setObjectName(f"choice {i + 1}")
            button.clicked.connect(functools.partial(self._choose, i))
            self._answers.addWidget(button)
            self._choices.append(button)

    def _show_answers(self) -> None:
        walk = self.walk
        verdict = None if walk is None else walk.verdict()
        for i, button in enumerate(self._choices):
            is_chosen = walk is not None and walk.chosen.get(walk.at) == i
            button.setVisible(walk is not None)
            button.setEnabled(verdict is None and walk is not None and not walk.doing)
            if verdict is None:
                button.set_mark("chosen" if is_chosen else "")
            else:
                choice = None if walk is None or walk.page.ask is None else walk.page.ask.choices[i]
                button.set_mark("right" if choice is verdict.right else "wrong" if is_chosen else "")
        if verdict is not None and not self._card.isVisible():
            self._scroll_target = self._card
        self._card.setVisible(verdict is not None)
        if verdict is not None:
            words, token = ("As you said.", "ok") if verdict.is_right else ("Not so.", "warn")
            if verdict.right is None:
                words, token = "Undecided.", "warn"
            step = None if walk is None else walk.measured_step
            self._verdict.setText(words)
            self._measured.setText("" if step is None else f"Measured at step {step:,}.")
            self._verdict.set_token(token)
            self._explanation.set_markdown(glossary.linked(verdict.words))

    def _show_button(self) -> None:
        walk, button = self.walk, self.button
        lanes_gone = walk is not None and not walk.is_alive
        hint, enabled, visible = "", True, True
        is_over = walk is not None and walk.is_over
        if self._is_setting_up:
            words, icon, enabled = "Setting up …", "play", False
        elif is_over and self.following is not None:
            words, icon = self._words_without_lanes(), "chevron-right"
        elif walk is None or lanes_gone:
            words, icon = self._words_without_lanes(), "play"
            enabled = self._desk.is_open
        elif walk.doing == "training":
            done, total = walk.progress()
            words, icon = f"Training: {done:,} of {total:,} steps", "play"
            enabled = walk.is_interrupted
            words = f"Go on from step {done:,} of {total:,}" if enabled else words
        elif walk.doing == "measuring":
            words, icon, enabled = "Measuring …", "eye", False
        else:
            remaining = walk.left()
            train = next((step for step in remaining if isinstance(step, Train)), None)
            visible = not walk.is_done
            words, icon = (f"Train {train.steps:,} steps", "play") if train is not None else ("Set", "check")
            if not remaining:
                words, icon = "Show the answer", "eye"
            if train is None and any(isinstance(step, Measure) for step in remaining):
                words, icon = "Measure", "eye"
            enabled = not walk.waits_for_choice
            hint = "" if enabled or not visible else "Say first what you expect: choose an answer."
        button.set_content(words, icon)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        button.setEnabled(enabled)
        button.setVisible(visible)
        self._restore.setVisible(self._director.can_restore and (walk is None or lanes_gone or is_over))
        self._show_foot(lanes_gone)

    def _words_without_lanes(self) -> str:
        """What the button says while there are no lanes of the lesson, or it needs none any more."""
        if self.walk is not None and self.walk.is_over and self.following is not None:
            return f"Next: {self.following.title}"
        if self._director.would_lose:
            return REPLACES
        return KEEPS if self._director.would_keep else "Set up"

    def _show_foot(self, lanes_gone: bool) -> None:
        walk = self.walk
        trouble = (
            "" if walk is None or walk.is_over else "The lanes of this lesson are gone." if lanes_gone else walk.trouble
        )
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble))
        count = 0 if self.lesson is None else len(self.lesson.pages)
        self._dots.put(count, 0 if walk is None else walk.at, 0 if walk is None else walk.farthest)
        self._back.setEnabled(walk is not None and walk.at > 0 and not walk.doing)
        self._next.setEnabled(walk is not None and walk.is_done and not walk.doing)
        self._next.setText("Finish" if walk is not None and walk.at == count - 1 else "Next")
