"""The window for choosing data: cards, preview, knobs, what is skipped, reading and stopping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from core.datasets.base import SOURCES, load
from core.readers.catalogue import CATALOGUE
from gui.files.offers import MINE, MORE, PLANE, RECENT
from gui.widgets.combo import Combo
from gui.widgets.label import Label
from tests.gui.files.hands import looked, opened, press, write_pictures

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def test_a_card_for_every_source_that_needs_no_file(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    sheet = opened(stage)
    titles = {card.offer.title for card in sheet.cards.cards if card.offer.group != MORE}
    assert [card.offer.title for card in sheet.cards.cards[-5:]] == [each.title for each in CATALOGUE.values()]
    assert titles == {SOURCES.get(n).title for n in SOURCES.names()} - {
        SOURCES.get(n).title for n in ("images", "arrays", "idx", "table")
    }
    assert [card.offer.title for card in sheet.cards.cards if card.isChecked()] == ["MNIST"]
    assert sheet.preview.look is not None
    assert sheet.preview.look.train == 600  # what is trained on now
    first = sheet.cards.cards[0]
    stage.until(lambda: not first.waits_for_images())
    assert first._images is not None
    assert first._images.shape == (8, 28, 28)
    press(sheet, Qt.Key.Key_Escape)
    stage.until(stage.window.isActiveWindow)
    assert stage.window.data.sheet is None


def test_searching_and_walking_through_cards_by_keyboard(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    sheet = opened(stage)
    QTest.keyClicks(sheet.focusWidget(), "plane")
    assert {card.offer.group for card in sheet.cards.shown()} == {PLANE, MINE}
    press(sheet, Qt.Key.Key_Down)
    shown = sheet.cards.shown()
    assert shown[0].isChecked()
    press(sheet, Qt.Key.Key_Right)
    press(sheet, Qt.Key.Key_Down)
    looked(stage, sheet)
    assert shown[3].isChecked()
    press(sheet, Qt.Key.Key_Down)  # the only card of its row
    assert shown[4].hasFocus()
    press(sheet, Qt.Key.Key_Up)
    press(sheet, Qt.Key.Key_Right)
    looked(stage, sheet)
    assert shown[3].hasFocus()
    assert sheet.preview.look is not None
    assert sheet.preview.look.title == shown[3].offer.title
    sheet._search.setFocus()
    reached = []
    while not sheet._use.hasFocus():
        press(sheet, Qt.Key.Key_Tab)
        reached.append(sheet.focusWidget())
        assert len(reached) < 30
    names = [each.objectName() for each in reached]
    knobs = [row.objectName().removeprefix("row ") for row in sheet.preview._rows.values()]
    assert names == [
        *(card.objectName() for card in shown),
        *knobs,
        *("open folder", "open file", "close data", "use data"),
    ]  # as they are read, each with a frame
    press(sheet, Qt.Key.Key_Tab)
    assert sheet._search.hasFocus()
    QTest.keyClicks(sheet._search, "no such thing")
    assert sheet.cards.shown() == []
    assert sheet.cards._none.isVisible()
    assert stage.desk.experiment.dataset.name == "mnist"  # nothing is used before "Use it"


def test_knobs_of_a_source_redraw_what_is_shown(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    stage.key("Space")
    sheet = opened(stage)
    sheet.look_into(str(write_pictures(tmp_path / "set")))
    looked(stage, sheet)
    look = sheet.preview.look
    assert look is not None
    assert look.is_sample
    assert (look.shape, look.train + look.test, look.classes) == ((3, 40, 40), 41, {"(top)": 1, "cats": 20, "dogs": 20})
    assert sheet.preview.skipped.text() == "empty.png is empty"
    combos = {name: sheet.preview._rows[name].findChild(Combo) for name in ("side", "colour", "framing")}
    for name, value in (("side", "96"), ("colour", "grey"), ("framing", "stretch")):
        combos[name].set_value(value)
        combos[name].chosen.emit(value)
    looked(stage, sheet)
    look = sheet.preview.look
    assert look is not None
    assert look.shape == (1, 96, 96)
    exact = load("images", look.config)
    shown = {each.tobytes() for each in look.pixels}
    assert shown <= {each.tobytes() for half in (exact.train, exact.test) for each in half.pixels}
    assert sheet.preview.findChild(Label, "slow").isVisible()
    assert "96 pixels" in sheet.preview.findChild(Label, "slow").text()
    assert "about" in sheet.preview.findChild(Label, "epoch time").text()
    QTest.mouseClick(sheet.findChild(QAbstractButton, "copy skipped"), Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "empty.png is empty"
    assert stage.all_are("training")()
    assert [run.view.life for run in stage.desk.runs] == [0]
    sheet.use()
    stage.until(lambda: stage.desk.experiment.dataset.name == "images")
    assert stage.desk.experiment.dataset.shape == (1, 96, 96)
    assert stage.desk.experiment.dataset.origin["skipped"] == ["empty.png is empty"]


def test_what_was_used_is_among_the_recent_ones_with_its_knobs(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    sheet = opened(stage)
    sheet.look_into(str(write_pictures(tmp_path / "my set")))
    looked(stage, sheet)
    sheet.preview._edit("side", "32")
    looked(stage, sheet)
    sheet.use()
    stage.until(lambda: stage.desk.experiment.dataset.name == "images")
    sheet = opened(stage)
    card = sheet.cards.cards[0]
    assert (card.offer.group, card.offer.title, card.isChecked()) == (RECENT, "my set", True)
    assert sheet.preview.look is not None
    assert sheet.preview.look.skipped == ("empty.png is empty",)
    stage.until(lambda: not card.waits_for_images())
    assert card._images is not None
    assert card._images.shape == (8, 32, 32, 3)


def test_a_file_that_cannot_be_used_says_why_in_its_place(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    (tmp_path / "words.docx").write_bytes(b"PK not really")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.png").write_bytes(b"")
    sheet = opened(stage)
    sheet.look_into(str(tmp_path / "words.docx"))
    looked(stage, sheet)
    assert "words.docx" in sheet.preview.findChild(Label, "data error").text()
    assert not sheet._use.isEnabled()
    sheet.look_into(str(tmp_path / "none"))
    looked(stage, sheet)
    assert sheet.preview.findChild(Label, "data error").isVisible()
    assert sheet.preview.skipped.text() == "a.png is empty"
    assert not stage.has_dialog()


def test_reading_is_counted_and_can_be_stopped(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae",))
    stage.key("Space")
    sheet = opened(stage)
    sheet.look_into(str(write_pictures(tmp_path / "set")))
    looked(stage, sheet)
    reached, go_on = Event(), Event()

    def slow(name: str, config: object, report: Callable[[float], None]) -> object:
        report(0.55)
        reached.set()
        assert go_on.wait(10)
        report(0.6)
        raise AssertionError("the reading was stopped")

    monkeypatch.setattr("core.datasets.base.load", slow)
    sheet.use()
    assert reached.wait(10)
    words = sheet.findChild(Label, "reading")
    stage.until(lambda: "of 41" in words.text())
    assert words.text().startswith("Read 22 of 41")
    stop = sheet.findChild(QAbstractButton, "stop reading")
    assert stop.isVisible()
    assert stage.all_are("training")()
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    go_on.set()
    looked(stage, sheet)
    assert not stop.isVisible()
    assert sheet._use.isEnabled()  # what was looked at is still there
    assert stage.desk.experiment.dataset.name == "mnist"


def test_enter_uses_what_was_opened_and_never_begins_the_present_data_again(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    before = stage.desk.experiment.dataset
    sheet = opened(stage)
    press(sheet, Qt.Key.Key_Return)
    assert not sheet._use.isEnabled()
    assert sheet.isVisible()
    assert stage.desk.experiment.dataset is before
    sheet.look_into(str(write_pictures(tmp_path / "set")))
    looked(stage, sheet)
    press(sheet, Qt.Key.Key_Return)
    stage.until(lambda: stage.desk.experiment.dataset.name == "images")


def test_the_newest_choice_is_what_is_shown(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    sheet = opened(stage)
    for name in ("shapes", "moons", "digits", "spiral"):
        sheet.look(name, SOURCES.get(name).Config())
    looked(stage, sheet)
    assert sheet.preview.look is not None
    assert sheet.preview.look.name == "spiral"


def test_closing_the_window_ends_what_the_sheet_reads(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    sheet = opened(stage)
    sheet.look("faces", SOURCES.get("faces").Config())
    stage.window.close()
    assert stage.window.data.sheet is None
    assert stage.window.data._of_sheet == []
