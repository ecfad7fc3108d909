"""About: the version, every licence with its text, and what a report needs, on the clipboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.cli.info import info, text
from core.cli.licences import licences
from gui.shell.preferences.about import AboutDialog
from tests.gui.conftest import Stage

Open = Callable[..., Stage]


def test_it_copies_what_info_prints_and_shows_every_licence(bare_window: Open) -> None:
    stage = bare_window()
    stage.window.commands.action("show_about").trigger()
    dialog = stage.find(AboutDialog, "about")
    copy = dialog.findChild(QWidget, "copy report")
    stage.until(copy.isEnabled)
    copy.click()
    assert QGuiApplication.clipboard().text() == text(info())
    known = licences()
    assert [dialog.list.item(row).text().split()[0] for row in range(dialog.list.count())] == [
        each.name.split()[0] for each in known
    ]
    dialog.tabs.chosen.emit("licences")
    assert dialog.licence.isVisible()
    for row, each in enumerate(known):
        dialog.list.setCurrentRow(row)
        shown = dialog.licence.toPlainText()
        assert each.licence in shown
        assert shown.endswith(each.read()[-40:])
    dialog.reject()
    stage.until(lambda: not stage.window.findChildren(AboutDialog))
