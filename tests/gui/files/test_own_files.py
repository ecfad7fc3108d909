"""Files of a user in the window: in the menus, in lanes, in the table of measures; grey where they cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from core.engine import measure_table
from core.metrics.base import METRICS
from core.models.base import MODELS
from core.remote.homes import Coming
from gui.files.data_cards import DataCard
from gui.files.offers import MINE
from gui.shell.app import Opening
from gui.widgets.help_text import Help
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from tests.fakes import fakes
from tests.gui.files.hands import opened
from tests.own_files import DATASET, MEASURE, MODEL, changed

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
Write = Callable[[str, str], Path]


def opened_menu(stage: Stage, keys: str) -> dict[str, QAction]:  # noqa: F821
    """The actions of the menu that a key opens; the menu closes again."""
    stage.key(keys)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.toolTipsVisible()
    actions = {action.text(): action for action in menu.actions()}
    menu.close()
    return actions


def chosen_card(stage: Stage, title: str) -> DataCard:  # noqa: F821
    """The card of that title, chosen in the window for choosing data."""
    cards = opened(stage).cards
    card = next(each for each in cards.cards if each.offer.title == title)
    cards.choose(card)
    return card


def is_grey(actions: dict[str, QAction], label: str, why: str) -> None:
    assert not actions[label].isEnabled()
    assert why in actions[label].toolTip()
    assert list(actions)[-1] == label  # below what can be used


def test_a_model_in_the_menu_becomes_a_lane(desk_window: Open, user_files: Write) -> None:
    stage = desk_window(("ae",))
    user_files("models/typo.py", "def half(:\n")
    path = user_files("models/mine.py", MODEL)
    path.write_text(changed(MODEL, '"My autoencoder"', '"Changed since"'))  # opening the menu looks
    actions = opened_menu(stage, "Ctrl+T")
    is_grey(actions, "typo.py", "SyntaxError: invalid syntax (line 1)")
    assert [text for text, action in actions.items() if action.isEnabled()] == [
        MODELS.get(name).title for name in MODELS.names()
    ]
    actions["Changed since"].trigger()
    stage.until(stage.all_are("ready"))
    stage.key("Space")
    stage.until(stage.stepped(10))
    run = stage.run("mine")
    stage.desk.select(run)
    assert stage.find(KnobRow, "row pull").isVisible()  # the form has its knob
    stage.desk.set_knob(run, "pull", 2.0)
    stage.until(lambda: run.view.config.pull == 2.0)
    for tab in ("Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+1"):
        stage.key(tab)
        QApplication.processEvents()
        stage.window.grab()
    assert stage.all_are("training")()
    assert not stage.has_dialog()


def test_the_menu_of_a_lane_shows_what_cannot_be_used(desk_window: Open, user_files: Write) -> None:
    stage = desk_window(("ae",))
    user_files("models/broken.py", "import a_module_that_is_not_there\n")
    user_files("models/mine.py", MODEL)
    stage.window.lineup.menu_wanted.emit(stage.run("ae"), stage.window.mapToGlobal(QPoint(200, 200)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    models = next(action.menu() for action in menu.actions() if action.text() == "Model")
    assert isinstance(models, QMenu)
    assert models.toolTipsVisible()
    actions = {action.text(): action for action in models.actions()}
    is_grey(actions, "broken.py", "ModuleNotFoundError: No module named 'a_module_that_is_not_there'")
    assert [text for text, action in actions.items() if action.isChecked()] == ["Autoencoder"]
    assert "Show the error …" not in [action.text() for action in menu.actions()]
    actions["My autoencoder"].trigger()
    menu.close()
    stage.until(stage.all_are("ready"))
    assert stage.run("mine").view.status.failure is None
    first = stage.run("mine")
    user_files("models/mine.py", changed(MODEL, '"My autoencoder"', '"Mine again"'))
    stage.desk.replace_lane(first, "mine")  # the same name, another class
    stage.until(stage.all_are("ready"))
    assert stage.run("mine").title == "Mine again"


@pytest.mark.parametrize("where", ["__init__", "_loss"])
def test_a_model_that_fails_shows_its_error_to_copy(where: str, desk_window: Open, user_files: Write) -> None:
    stage = desk_window(("ae",))
    head = "    def __init__(self, config, shape, network):\n        raise ValueError('no room')\n\n    def phases"
    loss = "        raise ValueError('no room')\n        z = self.code(batch.x)\n"
    before, after = ("    def phases", head) if where == "__init__" else ("        z = self.code(batch.x)\n", loss)
    user_files("models/mine.py", changed(MODEL, before, after))
    opened_menu(stage, "Ctrl+T")["My autoencoder"].trigger()
    stage.until(lambda: stage.run("mine").view.status.state in ("ready", "failed"))
    stage.key("Space")
    stage.until(lambda: stage.run("mine").view.status.state == "failed")
    stage.until(stage.stepped(5, "ae"))
    assert not stage.has_dialog()  # a failed lane says so in its head, and interrupts nobody
    stage.window.lineup.menu_wanted.emit(stage.run("mine"), stage.window.mapToGlobal(QPoint(200, 200)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == "Show the error …").trigger()
    menu.close()
    stage.until(stage.has_dialog)
    dialog = stage.dialog()
    assert stage.find(Label, "error sentence", dialog).text().startswith("No room. ")
    QTest.mouseClick(stage.button("Copy details", dialog), Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    assert "mine.py" in copied
    assert f"in {where}" in copied
    dialog.close()
    stage.until(lambda: not stage.has_dialog())


def test_a_dataset_in_the_menu_is_read(desk_window: Open, user_files: Write) -> None:
    stage = desk_window(("ae",))
    user_files("datasets/typo.py", "def half(:\n")
    user_files("datasets/bars.py", DATASET)
    card = chosen_card(stage, "Bars")
    assert (card.offer.group, card.toolTip()) == (MINE, "images with one bright column")
    sheet = stage.window.data.sheet
    grey = next(each for each in sheet.cards.cards if each.offer.title == "typo.py")
    assert not grey.isEnabled()
    assert "SyntaxError" in grey.toolTip()
    stage.until(lambda: sheet._reading is None)
    sheet.use()
    stage.until(lambda: stage.desk.experiment.dataset.name == "bars")
    stage.until(stage.all_are("ready"))
    assert not stage.has_dialog()
    assert stage.window.top.data.text() == "Bars"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("report(0.5)", "1 / 0", "Bars cannot be read: ZeroDivisionError: division by zero (line"),
        ("report(0.5)", "raise SystemExit", "Bars cannot be read: it calls sys.exit"),
        ("return made", "return 3", "Bars cannot be used: its load returns int, not a Dataset"),
    ],
    ids=["raises", "exits", "returns"],
)
def test_a_dataset_that_fails_says_why_and_the_old_data_stay(
    before: str, after: str, sentence: str, desk_window: Open, user_files: Write
) -> None:
    stage = desk_window(("ae",))
    user_files("datasets/bars.py", changed(DATASET, before, after))
    chosen_card(stage, "Bars")
    sheet = stage.window.data.sheet
    stage.until(lambda: sheet._reading is None)
    assert stage.find(Label, "data error", sheet).text().startswith(sentence)
    QTest.mouseClick(stage.button("Copy details", sheet), Qt.MouseButton.LeftButton)
    assert "Traceback" in QApplication.clipboard().text()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert stage.desk.experiment.dataset.name == "mnist"
    stage.key("Space")
    stage.until(stage.stepped(3))


@pytest.mark.parametrize("text", ["def half(:\n", changed(DATASET, "report(0.5)", "1 / 0")], ids=["broken", "raises"])
def test_a_start_with_data_that_cannot_be_used_any_more(text: str, bare_window: Open, user_files: Write) -> None:
    stage = bare_window()
    stage.window.settings.write("dataset", "bars")
    user_files("datasets/bars.py", text)
    dataset, _, trouble, _ = Opening(stage.window, Coming("threads"))._load(lambda share: None)
    assert dataset.name == "mnist"
    assert trouble.startswith("The data of the last time cannot be used: ")
    assert "SyntaxError" in trouble or "ZeroDivisionError" in trouble


def test_measures_have_their_rows(
    desk_window: Open, user_files: Write, heard: Callable[[object], list[tuple[Help | None]]]
) -> None:
    why = "SyntaxError: invalid syntax (line 1)"
    with fakes():  # before the experiment, whose trails have a column for each
        user_files("metrics/ink.py", MEASURE)
        typo = user_files("metrics/typo.py", "def half(:\n")
        stage = desk_window(("ae",), size=(1800, 900))
        stage.key("Ctrl+3")
        table = stage.tab.table
        stage.measured("ink")
        titles = [row.metric.title for row in table._rows]
        assert "Ink" in titles
        assert "| Ink, % |" in measure_table.markdown(table.lanes())
        spot = table.row_rect(len(titles)).center()
        assert table.tall() > spot.y()
        assert table.words_at(spot) == f"typo.py: {why}"
        helped = heard(stage.desk.helped)
        QTest.mouseMove(table, spot.toPoint())
        stage.until(lambda: any(each[0] is not None and each[0].text == why for each in helped))
        table.setFocus()
        QTest.keyClick(table, Qt.Key.Key_End)
        assert table.accessibleDescription() == f"typo.py: {why}"
        with_it = table.grab().toImage().height()
        typo.unlink()
        METRICS.rescan()
        table.read_all()
        assert table.words_at(spot) == ""
        assert table.grab().toImage().height() < with_it
        assert not stage.has_dialog()
