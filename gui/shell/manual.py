"""Opens the manual in the browser, at the place of what the user points at."""

from __future__ import annotations

import html
from importlib.resources import as_file, files
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QCursor, QDesktopServices
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from core.foundation.cache import cache_folder
from core.foundation.files import explained, make_folder, write_file
from core.foundation.user_error import UserError
from core.text import addresses
from gui.desk.desk import Desk
from gui.lessons.glossary_tips import term_at
from gui.widgets import focus
from gui.widgets.help_text import Help
from gui.widgets.manual_places import place_of

SIGNPOST = "manual.html"
"""A page in the cache folder that leads to a place: desktops drop what follows a # in the name of a file."""
_SIGNPOST = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Latent Playground</title>
<meta http-equiv="refresh" content="0; url={url}"></head>
<body><a href="{url}">To the manual</a></body></html>
"""


class Manual(QObject):
    """The manual of one window."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._desk = desk
        self._helped = ""  # the address of what the help box explains
        desk.helped.connect(self._remember)
        desk.manual_wanted.connect(self.open_at)

    def _remember(self, text: Help | None) -> None:
        self._helped = "" if text is None else text.address

    def open(self) -> None:
        """Open its first page."""
        self.open_at(addresses.HOME)

    def open_more(self) -> None:
        """Open it at what the mouse rests on or has the focus; else at what the help box explains."""
        self.open_at(self.place() or self._helped or addresses.HOME)

    def place(self) -> str:
        """The address of what the user points at: with the mouse while a tooltip shows, else with the keyboard."""
        at = QCursor.pos()
        under, focused = QApplication.widgetAt(at), QApplication.focusWidget()
        by_mouse = place_of(under, at)
        if not by_mouse or addresses.is_part(by_mouse):  # a word in it says more than the panel that it stands in
            by_mouse = _word(under) or by_mouse
        by_keys = place_of(focused, None)
        if focused is not None and focus.has_ring(focused) and not QToolTip.isVisible():
            return by_keys or by_mouse
        return by_mouse or by_keys

    def open_at(self, address: str) -> None:
        """Open it in the browser at an address of `core.text.addresses`; where that fails, say where it is."""
        page, _, anchor = address.partition("#")
        with as_file(files("assets").joinpath("manual", "html")) as folder:
            file = folder / page
        if not file.is_file():
            self._desk.told.emit("The manual is missing; 'latent-playground manual --out DIR' writes it.", "warn")
            return
        try:
            target = _signpost(file, anchor) if anchor else file
        except UserError:  # a cache folder that cannot be written
            target = file
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(target))):
            self._desk.told.emit(f"No browser could be opened; the manual is {file}.", "warn")


def _word(widget: QWidget | None) -> str:
    """The address of the glossary's entry for the word under the mouse."""
    term = None if widget is None else term_at(widget, widget.mapFromGlobal(QCursor.pos()))
    return "" if term is None else addresses.of_term(term.key)


def _signpost(file: Path, anchor: str) -> Path:
    """Write the page that leads to a place. `UserError` where it cannot be written."""
    url = QUrl.fromLocalFile(str(file))
    url.setFragment(anchor)
    encoded = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
    place = cache_folder() / SIGNPOST
    with explained(place):
        make_folder(place.parent)
    write_file(place, _SIGNPOST.format(url=html.escape(encoded)).encode())
    return place
