"""The Lessons sheet: lesson 1 by mouse and by keyboard, resuming and restarting lessons, and the glossary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip
from pytestqt.qtbot import QtBot

from core.lessons import reader, script
from core.lessons.script import Lesson
from core.text import glossary
from gui.drawing import typesetting
from gui.information.card import TitledCard
from gui.information.page import PAGES
from gui.lessons import sheet as sheet_module
from gui.lessons.answer_buttons import TextButton
from gui.lessons.prose import Prose
from gui.lineup.lineup import three_lanes
from gui.widgets import later
from gui.widgets.buttons import Button, LinkButton, PrimaryButton
from tests.gui.shell.test_keyboard import tab_to

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def click(widget: Any) -> None:
    assert widget.isVisible()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def do(stage: Stage) -> None:  # noqa: F821
    """Press the page's button and wait until its step is done."""
    page = stage.window.lessons.page
    click(stage.find(PrimaryButton, "lesson step"))
    stage.until(lambda: page.walk is not None and not page.walk.doing)


def begin(stage: Stage) -> Any:  # noqa: F821
    """Open lesson 1 from the first screen and set it up."""
    click(stage.find(LinkButton, "first lesson"))
    page = stage.window.lessons.page
    assert page.isVisible()
    assert page.lesson.number == 1
    click(stage.find(PrimaryButton, "lesson step"))
    stage.until(lambda: page.walk is not None)
    stage.until(stage.all_are("ready"))
    return page


def paused_in_training(stage: Stage) -> Any:  # noqa: F821
    """Lesson 1, in training started by its button and paused by the user."""
    page = begin(stage)
    click(stage.find(TextButton, "choice 2"))
    do(stage)
    click(stage.find(Button, "lesson next"))
    click(stage.find(TextButton, "choice 1"))
    click(page.button)
    stage.until(stage.stepped(5))
    stage.desk.experiment.pause()
    return page


def test_lesson_1_by_mouse(desk_window: Open) -> None:
    stage = desk_window()
    page = begin(stage)
    assert [run.model_name for run in stage.desk.runs] == ["ae"]
    assert not stage.find(LinkButton, "first lesson").isVisible()
    assert page.walk.at == 1
    assert not page.button.isEnabled()  # first a prediction
    assert page._hint.isVisible()
    assert not stage.find(Button, "lesson next").isEnabled()
    click(stage.find(TextButton, "choice 1"))
    assert page._choices[0].mark() == "chosen"
    click(stage.find(TextButton, "choice 3"))  # another choice
    assert [button.mark() for button in page._choices] == ["", "", "chosen"]
    assert page.button.text() == "Measure"
    assert not page._hint.isVisible()
    do(stage)
    assert [button.mark() for button in page._choices] == ["", "right", "wrong"]
    words = page._explanation.markdown()
    assert words.index("It costs") < words.index("Only something held to be impossible")  # numbers come first
    assert f"It costs **{page.walk.values['start.distortion']:.0f} [nats](term:nat)**" in words
    click(stage.find(Button, "lesson next"))
    click(stage.find(TextButton, "choice 1"))
    assert page.button.text() == "Train 400 steps"
    do(stage)
    assert stage.run("ae").view.status.step == 400
    assert page._verdict.text() in ("As you said.", "Not so.")
    click(stage.find(Button, "lesson next"))
    assert stage.tab is stage.window.pages.widget(3)  # the lesson has shown the Information tab
    assert stage.window.lessons.done == ["01-entropy"]
    click(stage.find(Button, "lesson next"))
    assert stage.find(TextButton, "lesson 1").mark() == "right"
    assert stage.find(TextButton, "lesson 2").mark() == ""
    assert stage.run("ae").view.status.step == 400  # leaving keeps the experiment


def test_lesson_1_by_keyboard(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("F3")
    sheet = stage.window.lessons
    stage.until(lambda: bool(sheet.lessons))
    QApplication.processEvents()
    assert tab_to(stage, stage.find(TextButton, "lesson 1")) == 2  # after the tabs and Close
    stage.key("Return")
    assert tab_to(stage, sheet.page.button) == 0  # the focus is on the next step
    stage.key("Space")
    stage.until(lambda: sheet.page.walk is not None)
    stage.until(stage.all_are("ready"))
    stage.until(lambda: QApplication.focusWidget() is stage.find(TextButton, "choice 1"))
    assert tab_to(stage, stage.find(TextButton, "choice 2")) == 1
    stage.key("Return")
    tab_to(stage, sheet.page.button)
    stage.key("Return")
    stage.until(lambda: sheet.page.walk.is_done)
    assert sheet.page._verdict.text() == "As you said."
    assert tab_to(stage, stage.find(Button, "lesson next")) == 0
    stage.key("Return")
    assert sheet.page.walk.at == 2
    stage.key("F3")
    assert not sheet.isVisible()
    stage.key("F3")
    assert sheet.page.isVisible()  # as it was


def test_a_lesson_whose_lanes_are_gone_says_so_and_can_start_again(desk_window: Open) -> None:
    stage = desk_window()
    page = begin(stage)
    stage.desk.add_lane("vae")
    stage.desk.close_lane(stage.run("ae"))
    stage.until(lambda: page._trouble.isVisible())
    assert page._trouble.text() == "The lanes of this lesson are gone."
    assert page.button.text() == "Set up"
    click(page.button)
    stage.until(lambda: page.walk is not None and page.walk.is_alive)
    assert [run.model_name for run in stage.desk.runs] == ["ae"]


def test_a_pause_by_the_user_interrupts_and_the_button_resumes(desk_window: Open) -> None:
    stage = desk_window()
    page = paused_in_training(stage)
    stage.until(lambda: page.walk.is_interrupted and page.button.isEnabled())
    assert page.button.text().startswith("Go on from step ")
    click(page.button)
    stage.until(lambda: page.walk.is_done)
    assert stage.run("ae").view.status.step == 400


def test_a_pause_and_a_start_by_the_user_end_at_the_step_of_the_lesson(desk_window: Open) -> None:
    stage = desk_window()
    page = paused_in_training(stage)
    stage.until(lambda: page.walk.is_interrupted)
    stage.desk.experiment.start()
    stage.until(lambda: page.walk.is_done)
    assert stage.run("ae").view.status.step == 400
    assert stage.run("ae").view.status.state == "paused"


def test_a_lesson_is_resumed_after_another_was_shown(desk_window: Open) -> None:
    stage = desk_window()
    sheet = stage.window.lessons
    page = begin(stage)
    click(stage.find(TextButton, "choice 2"))
    do(stage)
    walk = page.walk
    stage.until(lambda: bool(sheet.lessons))
    for number, expected in ((2, None), (1, walk), (2, None), (1, walk)):
        page.left.emit()
        click(stage.find(TextButton, f"lesson {number}"))
        assert page.walk is expected
    assert page._verdict.isVisible()
    stage.desk.add_lane("vae")
    stage.desk.close_lane(stage.run("ae"))
    page.left.emit()
    click(stage.find(TextButton, "lesson 2"))
    page.left.emit()
    click(stage.find(TextButton, "lesson 1"))
    assert page.walk is None  # its lanes are gone: it starts again


def test_a_page_shows_its_tab_each_time_it_is_opened(desk_window: Open) -> None:
    stage = desk_window()
    page = begin(stage)
    while not page.walk.is_over:
        if page.walk.waits_for_choice:
            click(stage.find(TextButton, "choice 1"))
        if page.button.isVisible():
            do(stage)
        click(stage.find(Button, "lesson next"))
    information = stage.window.pages.widget(3)
    assert stage.tab is information
    stage.window.show_tab("lineup")
    click(stage.find(Button, "lesson back"))
    assert stage.tab is not information
    click(stage.find(Button, "lesson next"))
    assert stage.tab is information


def test_a_question_without_a_step_has_a_button_for_its_answer(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("F3")
    sheet = stage.window.lessons
    stage.until(lambda: bool(sheet.lessons))
    lesson = reader.read(
        """+++
title = "T"
heading = "H"
dataset = "mnist"
lanes = [{ model = "ae" }]
+++
## One
Text.
```ask
question = "Q?"
told = "It is {1 + 1}."
[[choice]]
text = "A"
when = "0 > 1"
why = "No."
[[choice]]
text = "B"
why = "No."
```
## Two
Text.
""",
        "01-t.md",
    )
    sheet._open(lesson)
    page = sheet.page
    click(page.button)
    stage.until(lambda: page.walk is not None)
    assert page.button.text() == "Show the answer"
    assert not page.button.isEnabled()
    for number in (1, 2):  # the choice can change
        click(stage.find(TextButton, f"choice {number}"))
        assert page.walk.verdict() is None
    click(page.button)
    assert page._verdict.text() == "As you said."
    assert not page.button.isVisible()
    click(stage.find(Button, "lesson next"))
    assert page.walk.at == 1


def test_the_button_is_visible_on_every_first_page_in_a_small_window(desk_window: Open) -> None:
    stage = desk_window(size=(1100, 700))
    stage.key("F3")
    sheet = stage.window.lessons
    stage.until(lambda: bool(sheet.lessons))
    for lesson in sheet.lessons:
        sheet._open(lesson)
        QApplication.processEvents()
        button = sheet.page.button
        assert button.isVisible()
        assert button.visibleRegion().boundingRect().height() == button.height(), lesson.title


def test_every_card_that_a_lesson_shows_exists(desk_window: Open) -> None:
    stage = desk_window(("vae",), size=(1100, 700))
    shown = {
        (step.page, step.card)
        for lesson in reader.one_by_one()
        for page in lesson.pages
        for step in page.steps
        if isinstance(step, script.Show) and step.card is not None
    }
    assert shown
    for name, card in shown:
        stage.window.show_tab("information")
        stage.window.information.show_page(name, card)
        page = stage.window.information.page(name)
        widget = page.findChild(TitledCard, card)
        assert widget is not None, card
        stage.until(lambda card=widget: card.visibleRegion().boundingRect().height() == card.height())


def test_a_click_on_a_term_shows_its_entry(desk_window: Open) -> None:
    stage = desk_window()
    click(stage.find(LinkButton, "first lesson"))
    text = stage.window.lessons.page._text
    links = [(text.anchorAt(QPoint(x, y)), x, y) for y in range(2, text.height(), 4) for x in range(2, text.width(), 4)]
    anchor, x, y = next(link for link in links if link[0])
    assert anchor == "term:bit"
    QTest.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    search = stage.find(QLineEdit, "glossary search")
    assert search.isVisible()
    assert search.text() == "Bit"
    search.setText("reparameterization")

    def shown() -> list[str]:
        return [each.accessibleName() for each in stage.window.lessons.findChildren(Prose) if each.isVisible()]

    stage.until(lambda: "Reparameterization" in shown())
    assert "GAN" not in shown()


def test_terms_are_reached_by_tab_and_show_their_entry(desk_window: Open) -> None:
    stage = desk_window()
    click(stage.find(LinkButton, "first lesson"))
    text = stage.window.lessons.page._text
    tab_to(stage, text)
    assert text.term() == "bit"
    assert QToolTip.text() == glossary.tip("bit")
    stage.key("Tab")
    assert text.term() == "nat"
    assert stage.window.help._title.text() == "Nat"
    stage.key("Esc")
    stage.until(lambda: not QToolTip.isVisible())
    assert text.term() == "nat"  # it keeps the focus
    assert stage.window.help._title.text() != "Nat"
    stage.key("Shift+Tab")
    assert text.term() == "bit"
    assert QToolTip.isVisible()
    stage.key("Return")
    assert stage.find(QLineEdit, "glossary search").text() == "Bit"
    assert not text.term()


def test_the_glossary_shows_every_term(desk_window: Open) -> None:
    stage = desk_window()
    sheet = stage.window.lessons
    click(stage.window.top.lessons)
    click(sheet.tabs.segment("glossary"))
    stage.until(lambda: len(sheet._pages.currentWidget().findChildren(Prose)) == len(glossary.terms()))


def test_the_glossary_is_built_only_while_it_is_on_screen(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "SLICE_S", 0.0)  # an entry in a turn
    stage = desk_window()
    sheet = stage.window.lessons
    click(stage.window.top.lessons)
    sheet.tabs.chosen.emit("glossary")
    stage.until(lambda: sheet._entries.count() > 3)
    sheet.tabs.chosen.emit("lessons")
    stage.until(lambda: not sheet._is_building)
    built = sheet._entries.count()
    assert built < len(glossary.terms())
    click(stage.window.top.lessons)
    sheet.tabs.chosen.emit("glossary")
    click(stage.window.top.lessons)
    stage.until(lambda: sheet._entries.count() > len(glossary.terms()))
    titles = [sheet._entries.itemAt(i).widget().accessibleName() for i in range(len(glossary.terms()))]
    assert titles == [term.title for term in glossary.search("")]


def test_a_per_cent_sign_stays_with_its_number(qtbot: QtBot) -> None:
    prose = Prose()
    qtbot.addWidget(prose)
    prose.set_markdown("It would be 5 %, not **98.9 %**.")
    assert prose.document().toRawText() == "It would be 5\u00a0%, not 98.9\u00a0%."


def test_prose_is_laid_out_anew_once_all_its_formulas_are_drawn(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "want", lambda formulas: None)
    typesetting.forget()
    prose = Prose()
    qtbot.addWidget(prose)
    prose.set_markdown(r"Of $\mu$ and $\sigma$.")
    laid_out: list[str] = []
    monkeypatch.setattr(prose, "_restyle", lambda: laid_out.append(prose.markdown()))
    typesetting.notifier.drawn.emit()
    typesetting.put(r"\mu", typesetting.draw(r"\mu"))
    typesetting.notifier.drawn.emit()
    assert not laid_out
    typesetting.put(r"\sigma", typesetting.draw(r"\sigma"))
    typesetting.notifier.drawn.emit()
    assert len(laid_out) == 1


def test_a_broken_lesson_is_disabled_and_says_why(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Lesson("02-x", 2, "X", "", trouble="02-x.md, line 3: 'title' is missing; add it")
    first = next(sheet_module.one_by_one())
    monkeypatch.setattr(sheet_module, "one_by_one", lambda: iter((first, broken)))
    stage = desk_window()
    stage.key("F3")
    stage.until(lambda: bool(stage.window.lessons.lessons))
    row = stage.find(TextButton, "lesson 2")
    assert not row.isEnabled()
    assert row.toolTip() == broken.trouble
    assert stage.find(TextButton, "lesson 1").isEnabled()


@pytest.mark.parametrize("size", [(1100, 700), (1440, 900), (1920, 1080)])
def test_three_lanes_fit_beside_the_sheet(desk_window: Open, size: tuple[int, int]) -> None:
    stage = desk_window(("ae", "vae", "gan"), size=size)
    window = stage.window
    before = window.right.isVisible()
    stage.key("F3")
    QApplication.processEvents()
    assert window.lessons.width() in (300, 340)
    assert window.lessons.geometry().right() <= window.width()
    assert window.pages.width() >= three_lanes()
    bar = window.lineup._scroll.horizontalScrollBar()
    assert bar.maximum() == 0  # nothing to scroll sideways for three lanes
    if window.left_rail.isVisible():  # narrow: the left panel opens over the pages
        wide = window.pages.width()
        click(window.left_rail.opener)
        QApplication.processEvents()
        assert window.left.isVisible()
        assert window.pages.width() == wide
    stage.key("F3")
    QApplication.processEvents()
    assert window.left.isVisible()
    assert not window.left_rail.isVisible()
    assert window.left.geometry().right() < window.pages.geometry().left() + 1
    assert window.right.isVisible() == before


def test_lessons_can_show_every_page_of_the_information_tab() -> None:
    assert tuple(PAGES.names()) == script.PAGES


def test_the_next_step_is_right_below_the_text_and_in_sight_where_that_is_long(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    stage.window.middle.toggle_lessons()
    stage.window.lessons.start(2)
    page, button = stage.window.lessons.page, stage.find(PrimaryButton, "lesson step")

    def gap() -> int:
        return button.mapTo(page, QPoint()).y() - page._scroll.geometry().bottom()

    stage.until(lambda: 0 <= gap() < 16)
    assert button.geometry().bottom() < page.height() * 2 / 3
    page._text.set_markdown("A long text.\n\n" * 60)
    stage.until(lambda: page._scroll.verticalScrollBar().maximum() > 0)
    stage.until(lambda: 0 <= gap() < 16)
    assert page.rect().contains(QRect(button.mapTo(page, QPoint()), button.size()))
