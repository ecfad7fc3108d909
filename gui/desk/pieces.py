"""A widget painted piece by piece: the window answers between two of them, where the whole would take half a second."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import shiboken6
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QWidget

PIECE_PX = 40_000
"""Area up to which a widget is painted with all that it holds, square pixels of the widget."""
_FLAG = QWidget.RenderFlag
Piece = tuple[QWidget, Callable[[], None]]
"""A widget, and a function that paints it, or all that can be seen of it and of what it holds."""


def pieces(widget: QWidget, painter: QPainter) -> Iterator[Piece]:
    """A widget in pieces, from the back to the front.

    Each is made when the one before was painted, so that what is closed meanwhile is left out.
    """
    yield from _parts(widget, painter, QPoint(), widget.rect(), _FLAG.DrawWindowBackground)


def _parts(
    widget: QWidget, painter: QPainter, origin: QPoint, shown: QRect, flags: QWidget.RenderFlag
) -> Iterator[Piece]:
    """``origin``: the widget's corner in the picture. ``shown``: what can be seen of it, in its own pixels."""
    children = [each for each in widget.children() if isinstance(each, QWidget) and _is_part(each)]
    whole = not children or shown.width() * shown.height() <= PIECE_PX or widget.graphicsEffect() is not None
    if whole:
        flags |= _FLAG.DrawChildren
    yield widget, functools.partial(QWidget.render, widget, painter, origin + shown.topLeft(), QRegion(shown), flags)
    for child in () if whole else children:
        if shiboken6.isValid(child) and _is_part(child):
            seen = shown.translated(-child.pos()) & child.rect()
            if not seen.isEmpty():
                yield from _parts(child, painter, origin + child.pos(), seen, _FLAG(0))


def _is_part(widget: QWidget) -> bool:
    return not widget.isHidden() and not widget.isWindow()
