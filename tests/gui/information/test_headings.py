"""Every heading of the lecture and every lesson is two clicks from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.lessons.reader import one_by_one
from gui.information.page import PAGES
from gui.lessons.answer_buttons import TextButton
from gui.widgets.buttons import Button

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

HEADINGS = {
    "entropy": (  # entropy, cross-entropy and KL, "use my VAE"
        "bars",
        "huffman",
        "entropy of the data",
        "costs",
        "two gaussians",
        "use my vae",
        "classifier",
    ),
    "elbo": ("elbo image", "elbo balance", "elbo bounds", "elbo draws"),
    "slow motion": ("slow card", "network drawing", "stage rail"),
    "reparameterization": ("lab draws", "lab estimates", "lab variance"),
    "holes": ("hole map", "walk"),
    "generate": ("novel vae prior", "novel gan prior"),
    "lenses": ("corruption", "units card"),
}
"""What stands on which page, by its object name."""


class Clicks:
    """A mouse that counts."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, widget: QWidget, spot: QPoint | None = None) -> None:
        """A click of the left button, on something that can be seen."""
        assert widget.isVisible()
        self.count += 1
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=spot or widget.rect().center())


def turn_to(stage: Any, mouse: Clicks, name: str) -> Any:
    """By the mouse alone: the Information tab, then the page."""
    mouse.on(stage.button("Information"))
    tab = stage.tab
    if tab.shown != name:
        mouse.on(tab.chooser.segment(name))
    page = tab.page(name)
    stage.until(page.isVisible)
    return page


def test_every_heading_is_two_clicks_away(desk_window: Open) -> None:
    stage = desk_window(size=(1100, 700))
    assert set(HEADINGS) == set(PAGES.names())
    for name in PAGES.names():
        stage.window.show_tab("lineup")
        mouse = Clicks()
        page = turn_to(stage, mouse, name)
        assert mouse.count <= 2
        assert page.isVisible()
        assert page.horizontalScrollBar().maximum() == 0, name
        for each in HEADINGS.get(name, ()):
            found = page.findChildren(QWidget, each)
            assert any(widget.isVisible() for widget in found), (name, each)
    stage.key("F3")  # beside a lesson every page has less room, and nothing to scroll sideways either
    for name in PAGES.names():
        page = turn_to(stage, Clicks(), name)
        QApplication.processEvents()
        assert page.horizontalScrollBar().maximum() == 0, name


def test_every_lesson_is_two_clicks_away(desk_window: Open) -> None:
    stage = desk_window(("ae",), size=(1100, 700))
    for lesson in one_by_one():
        mouse = Clicks()
        mouse.on(stage.window.top.lessons)
        stage.until(lambda: bool(stage.window.lessons.lessons))
        row = stage.find(TextButton, f"lesson {lesson.number}")
        stage.until(row.isVisible)
        stage.window.lessons._list.parentWidget().parentWidget().parentWidget().ensureWidgetVisible(row)
        mouse.on(row)
        assert mouse.count == 2
        assert stage.window.lessons.page.lesson.number == lesson.number
        assert stage.find(QWidget, "lesson step").isVisible()
        assert not stage.find(Button, "lesson next").isEnabled()
        mouse.on(stage.window.top.lessons)
