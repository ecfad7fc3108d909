"""The pages of the Information tab: one folder each, built when first shown, chosen by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from gui.information.page import PAGES, InformationPage
from gui.information.tab import InformationTab

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


class Counting(InformationPage):
    """Counts how often it is built and refreshed."""

    title, order, note = "Counting", 500, "one, two"
    made = 0

    def __init__(self, desk: Any, clock: Any) -> None:
        super().__init__(desk, clock)
        Counting.made += 1
        self.run = None
        self.hz = 20.0
        self.asked = 0
        clock.add(self)

    def ask(self) -> None:
        self.asked += 1

    def parts(self, view: Any) -> tuple[object, ...]:
        return (view.status,)

    def refresh(self, view: Any) -> None:
        pass


@pytest.fixture
def tab(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Counting, "made", 0)
    PAGES.names()
    PAGES.register("counting")(Counting)
    stage = desk_window(("vae",))
    yield stage, stage.window.pages.widget(3)
    PAGES.forget("counting")


def test_no_file_of_a_page_is_broken() -> None:
    assert PAGES.names()[0] == "entropy"
    assert PAGES.broken == {}


def test_a_page_is_made_when_it_is_first_shown_and_rests_when_it_is_not(tab: tuple[Any, InformationTab]) -> None:
    stage, pages = tab
    stage.window.show_tab("information")
    assert pages.shown == "entropy"
    assert Counting.made == 0
    heard: list[str] = []
    pages.page_shown.connect(heard.append)
    QTest.mouseClick(pages.chooser.segment("counting"), Qt.MouseButton.LeftButton)
    assert Counting.made == 0  # the press is answered by a frame without the page
    assert pages.shown == "counting"
    assert pages._note.text() == "one, two"
    stage.until(lambda: heard[-1:] == ["counting"])
    assert Counting.made == 1
    page = pages.page("counting")
    stage.until(lambda: page.isVisible() and page.asked > 0)
    assert pages._note.text() == "one, two"
    pages.show_page("entropy")
    before = page.asked
    ticks: list[int] = []
    stage.window.clock.ticked.connect(lambda: ticks.append(1))
    stage.until(lambda: len(ticks) > 8)
    assert page.asked == before
    pages.show_page("counting")
    assert Counting.made == 1


def test_cards_in_view_are_painted_before_the_page_is_shown(
    tab: tuple[Any, InformationTab], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time takes longest, and takes turns of its own."""
    stage, pages = tab
    stage.window.show_tab("information")
    stage.until(lambda: pages.page("entropy").isVisible())
    grabbed: list[tuple[str, bool]] = []
    grab = QWidget.grab

    def note(card: QWidget) -> QPixmap:
        grabbed.append((card.objectName(), pages.page("elbo").isVisible()))
        return grab(card)

    monkeypatch.setattr(QWidget, "grab", note)
    pages.open_page("elbo")
    stage.until(lambda: pages.page("elbo").isVisible())
    in_view = [card.objectName() for card in pages.page("elbo").in_view()]
    assert in_view
    assert [name for name, _ in grabbed] == in_view
    assert not any(was_shown for _, was_shown in grabbed)
    grabbed.clear()
    pages.open_page("entropy")
    assert pages.page("entropy").isVisible()
    assert not grabbed  # it has been shown before


def test_arrows_turn_the_pages(tab: tuple[Any, InformationTab]) -> None:
    stage, pages = tab
    stage.window.show_tab("information")
    pages.chooser.setFocus()
    stage.key("End")
    assert pages.shown == "counting"
    stage.key("Home")
    assert pages.shown == "entropy"
    stage.key("Right")
    assert pages.shown == PAGES.names()[1]
    stage.until(lambda: pages._stack.currentWidget() is pages._made.get(pages.shown))
