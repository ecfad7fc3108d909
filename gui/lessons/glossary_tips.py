"""Tooltips with glossary entries for words under the resting mouse, anywhere in the window.

One watcher serves the window, without code in its widgets. A few times a second it looks at the widget under the mouse:
labels and buttons have a text, and `paint.words_on` renders any other widget off screen to find what it paints with
`paint.text`. A widget's own tooltip comes first, the entry below it.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QObject, QPoint, QPointF
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QToolTip, QWidget

from core.text import glossary
from core.text.glossary import Term
from gui.desk.clock import Clock
from gui.drawing import paint
from gui.widgets.label import Label
from gui.widgets.manual_places import more
from gui.widgets.segmented import Segment

LOOK_S = 0.2
"""How often to look where the mouse is: the answer takes milliseconds where the display server is busy."""
REST_S = 0.5
"""How long the mouse rests before an entry is shown."""
OWN_S = 1.5
"""How long to wait for a widget's own tooltip, which Qt shows after 0.7 s."""
FORGET_S = 4.0
"""How long after the mouse came to rest an entry may still be shown."""


def term_at(widget: QWidget, spot: QPoint) -> Term | None:
    """The term whose word a widget shows at a point in it, or None."""
    if isinstance(widget, Label):
        return glossary.within(widget.text(), widget.letter_at(spot))
    if isinstance(widget, QAbstractButton) and widget.text() and not isinstance(widget, Segment):
        return glossary.within(widget.text())
    if isinstance(widget, QComboBox):
        return glossary.within(widget.currentText())
    for area, words in paint.words_on(widget):
        if area.contains(QPointF(spot)):
            share = (spot.x() - area.left()) / max(1.0, area.width())
            return glossary.within(words, round(share * len(words)))
    return None


def entry_at(widget: QWidget | None, at: QPoint, say: Callable[[str], str]) -> str:
    """The glossary entry of the word that a widget shows at a point on the screen; "" if there is none.

    ``say`` puts it into the words of the data (`Desk.worded`).
    """
    term = None if widget is None else term_at(widget, widget.mapFromGlobal(at))
    return "" if term is None else glossary.entry_text(term.worded(say))


def own_tip(widget: QWidget) -> str:
    """The tooltip that Qt shows over a widget: its own, else that of the nearest ancestor with one."""
    ancestor: QWidget | None = widget
    while ancestor is not None and not ancestor.isWindow():
        if ancestor.toolTip():
            return ancestor.toolTip()
        ancestor = ancestor.parentWidget()
    return ""


class TermWatch(QObject):
    """Shows the glossary entry of the word under the resting mouse of a window."""

    def __init__(self, window: QWidget, clock: Clock, say: Callable[[str], str]) -> None:
        super().__init__(window)
        self._say = say
        self._at = QPoint()
        self._since = 0.0
        self._looked_at = 0.0
        self._over: QWidget | None = None
        self._entry: str | None = None  # at the mouse; None before it was looked up
        self._has_shown = False
        self._combined = ""  # a widget's own tooltip with the entry below, as shown last
        clock.ticked.connect(self.look)

    def look(self) -> None:
        """Show the entry of the word under the mouse, if it rests."""
        now = time.perf_counter()
        if now - self._looked_at < LOOK_S:
            return
        at, self._looked_at = QCursor.pos(), now
        if at != self._at:
            self._at, self._since, self._over, self._entry, self._has_shown = at, now, None, None, False
            return
        if QApplication.mouseButtons():  # a tooltip would hide what the click does
            self._entry = ""
            return
        popup = QApplication.activePopupWidget()
        if popup is not None and not popup.frameGeometry().contains(at):  # a tooltip would hide what has opened
            self._entry = ""
            return
        if QApplication.activeWindow() is None:  # the user works in another program
            return
        if self._entry is None and now - self._since >= REST_S:
            self._over = QApplication.widgetAt(at)
            entry = entry_at(self._over, at, self._say)
            self._entry = f"{entry}\n{more()}" if entry else ""
        if self._entry and self._over is not None and now - self._since < FORGET_S:
            self._show(self._over, self._entry, now - self._since)

    def _show(self, widget: QWidget, entry: str, rested_s: float) -> None:
        """Show an entry. A widget's own tooltip appears a little later; the entry is then added to it."""
        if not shiboken6.isValid(widget):
            return
        shown = QToolTip.text() if QToolTip.isVisible() else ""
        if (shown and shown in (entry, self._combined)) or (self._has_shown and not shown):
            return  # it is shown, or a key or click has closed it
        if not shown and own_tip(widget) and rested_s < OWN_S:
            return
        self._has_shown = True
        self._combined = _combine(shown, entry) if shown else ""
        QToolTip.showText(self._at, self._combined or entry, widget, widget.rect())


def _combine(shown: str, entry: str) -> str:
    """A tooltip with an entry below it. A tooltip with formulas is a picture in HTML."""
    shown = shown.removesuffix(f"\n{more()}")
    if shown.startswith("<"):
        return f"{shown}<br>&nbsp;<br>{html.escape(entry, quote=False).replace(chr(10), '<br>')}"
    return f"{shown}\n\n{entry}"
