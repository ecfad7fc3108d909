"""Every word of the glossary explains itself, wherever the window shows it: rest the mouse on it.

One watcher for the whole window, no code per card: at a beat of the clock it looks what is under a mouse that has come
to rest. Labels and buttons are read as they are; a widget that paints its words by `gui.drawing.paint.text` paints once
more, out of sight, and `paint.words_on` hears what stands where. A tooltip that a widget has of its own comes first,
the glossary's entry under it.
"""

from __future__ import annotations

import html
import time

import shiboken6
from PySide6.QtCore import QObject, QPoint, QPointF
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QToolTip, QWidget

from core.text import glossary
from core.text.glossary import Term
from gui.desk.clock import Clock
from gui.drawing import paint
from gui.widgets.label import Label

REST_S, OWN_S, FORGET_S = 0.5, 1.5, 4.0
"""So long the mouse rests before an entry shows; so long one waits for a tooltip that Qt shows after 0.7 s."""


def term_at(widget: QWidget, spot: QPoint) -> Term | None:
    """The term whose word a widget shows at a place of it, if any."""
    if isinstance(widget, Label):
        return glossary.within(widget.text(), widget.letter_at(spot))
    if isinstance(widget, QAbstractButton):
        return glossary.within(widget.text())
    if isinstance(widget, QComboBox):
        return glossary.within(widget.currentText())
    for area, words in paint.words_on(widget):
        if area.contains(QPointF(spot)):
            share = (spot.x() - area.left()) / max(1.0, area.width())
            return glossary.within(words, round(share * len(words)))
    return None


def entry_at(widget: QWidget | None, at: QPoint) -> str:
    """The entry of the word that a widget shows at a place of the screen, "" where there is none."""
    term = None if widget is None else term_at(widget, widget.mapFromGlobal(at))
    return "" if term is None else glossary.entry_text(term)


def own_tip(widget: QWidget) -> str:
    """The tooltip that Qt shows over a widget: its own, else that of what it lies in."""
    here: QWidget | None = widget
    while here is not None and not here.isWindow():
        if here.toolTip():
            return here.toolTip()
        here = here.parentWidget()
    return ""


class TermWatch(QObject):
    """See the module."""

    def __init__(self, window: QWidget, clock: Clock) -> None:
        super().__init__(window)
        self._at = QPoint()
        self._since = 0.0
        self._over: QWidget | None = None
        self._entry: str | None = None  # of the place where the mouse rests; None before it was looked for
        self._said = False
        self._both = ""  # a widget's own tooltip with the entry under it, as it was shown last
        clock.ticked.connect(self.look)

    def look(self) -> None:
        """Show the entry of the word under a mouse that rests."""
        at, now = QCursor.pos(), time.perf_counter()
        if at != self._at:
            self._at, self._since, self._over, self._entry, self._said = at, now, None, None, False
            return
        if QApplication.mouseButtons():  # who clicks knows the word, and wants to see what comes
            self._entry = ""
            return
        if QApplication.activeWindow() is None:  # somebody works in another program
            return
        if self._entry is None and now - self._since >= REST_S:
            self._over = QApplication.widgetAt(at)
            self._entry = entry_at(self._over, at)
        if self._entry and self._over is not None and now - self._since < FORGET_S:
            self._say(self._over, self._entry, now - self._since)

    def _say(self, widget: QWidget, entry: str, rested: float) -> None:
        """A widget's own tooltip comes a little later than we look: then once more, with both."""
        if not shiboken6.isValid(widget):
            return
        shown = QToolTip.text() if QToolTip.isVisible() else ""
        if (shown and shown in (entry, self._both)) or (self._said and not shown):
            return  # it is there, or was closed by a key or a click
        if not shown and own_tip(widget) and rested < OWN_S:
            return
        self._said = True
        self._both = _under(shown, entry) if shown else ""
        QToolTip.showText(self._at, self._both or entry, widget, widget.rect())


def _under(shown: str, entry: str) -> str:
    """A tooltip with an entry under it. One with formulas is a picture, and so HTML."""
    if shown.startswith("<"):
        return f"{shown}<br>&nbsp;<br>{html.escape(entry, quote=False).replace(chr(10), '<br>')}"
    return f"{shown}\n\n{entry}"
