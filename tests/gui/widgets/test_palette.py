"""The list of the command palette: what fits, in which order, and what Enter does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.palette import MOST_RECENT, Entry, Palette, found, spoken, with_newest


def entry(words: str, name: str = "", **others: str) -> Entry:
    return Entry(name or words.lower(), words, lambda: None, **others)


def names(entries: list[Entry], wanted: str, recent: tuple[str, ...] = ()) -> list[str]:
    return [each.entry.words for each in found(entries, wanted, recent)]


def test_without_letters_all_are_listed_and_what_was_used_last_comes_first() -> None:
    entries = [entry("Save"), entry("Open"), entry("Undo")]
    assert names(entries, "") == ["Save", "Open", "Undo"]
    assert names(entries, "", ("undo", "open")) == ["Undo", "Open", "Save"]


def test_the_best_fit_comes_first_and_used_lately_decides_between_equals() -> None:
    entries = [entry("Save run A"), entry("Save run B"), entry("Sleep a verse")]
    assert names(entries, "save") == ["Save run A", "Save run B", "Sleep a verse"]
    assert names(entries, "save", ("save run b",)) == ["Save run B", "Save run A", "Sleep a verse"]
    assert names(entries, "save", ("sleep a verse",))[0] == "Save run A"  # it fits so much worse


def test_a_word_of_the_tip_finds_an_entry_after_those_whose_words_fit() -> None:
    entries = [entry("Write a report", tip="As HTML or PDF, with pictures"), entry("PDF …")]
    assert names(entries, "pdf") == ["PDF …", "Write a report"]
    assert names(entries, "zz") == []


def test_names_used_lately_are_kept_once_last_first_and_not_for_ever() -> None:
    recent: list[str] = []
    for number in range(MOST_RECENT + 5):
        recent = with_newest(recent, f"c{number}")
    assert len(recent) == MOST_RECENT
    assert with_newest(recent, recent[3])[:2] == [recent[3], recent[0]]
    assert len(with_newest(recent, recent[3])) == MOST_RECENT


def test_a_screen_reader_hears_words_key_and_why_not() -> None:
    assert spoken(entry("Save", keys="Ctrl+S")) == "Save, Ctrl+S"
    assert spoken(entry("Undo", why_not="nothing was done")) == "Undo, not now: nothing was done"


@pytest.fixture
def palette(qtbot: QtBot, hush: None) -> Callable[..., tuple[Palette, list[str]]]:
    """Opens a palette; also the names of what it said is used and of what was done, in order."""
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()

    def open_with(*entries: Entry) -> tuple[Palette, list[str]]:
        done: list[str] = []

        def doing(each: Entry) -> Entry:
            act = lambda: done.append(each.name)  # noqa: E731
            return Entry(each.name, each.words, act, each.place, each.keys, each.tip, each.why_not)

        made = Palette(window, [doing(each) for each in entries], (), lambda name: done.append(f"used {name}"))
        made.open()
        return made, done

    return open_with


def test_enter_does_what_is_chosen_and_closes_before(palette: Callable[..., tuple[Palette, list[str]]]) -> None:
    card, done = palette(entry("Save"), entry("Open"), entry("Undo"))
    assert card.chosen().name == "save"  # type: ignore[union-attr]
    QTest.keyClick(card.field, Qt.Key.Key_Down)
    assert card.chosen().name == "open"  # type: ignore[union-attr]
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    assert done == ["used open", "open"]
    assert QApplication.activePopupWidget() is None


def test_arrows_go_round_and_pages_stop_at_the_ends(palette: Callable[..., tuple[Palette, list[str]]]) -> None:
    card, _ = palette(*(entry(f"Command {number}") for number in range(30)))
    row = card.list.currentIndex
    for key, at in (
        (Qt.Key.Key_Up, 29),
        (Qt.Key.Key_Down, 0),
        (Qt.Key.Key_PageDown, 12),
        (Qt.Key.Key_PageDown, 24),
        (Qt.Key.Key_PageDown, 29),
        (Qt.Key.Key_PageUp, 17),
    ):
        QTest.keyClick(card.field, key)
        assert row().row() == at, key
    card.close()


def test_typing_chooses_the_best_fit_and_nothing_may_fit(palette: Callable[..., tuple[Palette, list[str]]]) -> None:
    card, done = palette(entry("Save"), entry("Undo"))
    QTest.keyClicks(card.field, "un")
    assert [each.words for each in card.shown()] == ["Undo"]
    QTest.keyClicks(card.field, "x")
    assert card.shown() == []
    assert card.chosen() is None
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    assert done == []
    assert card.isVisible()
    QTest.keyClick(card.field, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_what_cannot_be_done_now_is_not_done(palette: Callable[..., tuple[Palette, list[str]]]) -> None:
    card, done = palette(entry("Undo", why_not="nothing was done"))
    QTest.keyClick(card.field, Qt.Key.Key_Return)
    assert done == []
    assert card.isVisible()
    card.close()


def test_a_click_does_an_entry(palette: Callable[..., tuple[Palette, list[str]]]) -> None:
    card, done = palette(entry("Save"), entry("Undo"))
    middle = card.list.visualRect(card.list.model().index(1, 0)).center()
    QTest.mouseClick(card.list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    assert done == ["used undo", "undo"]
