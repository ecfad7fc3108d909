"""Rows, columns and scroll areas, in the words in which constructors think of them."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

Item: TypeAlias = "QWidget | QLayout | int | tuple[QWidget | QLayout, int] | tuple[None, int]"
"""A widget or a layout, one with its share of the spare room, a gap in pixels, or `STRETCH`."""

STRETCH: tuple[None, int] = (None, 1)
"""Room that nothing takes."""

Margins: TypeAlias = tuple[int, int, int, int]
"""Pixels at left, top, right and bottom."""
NO_MARGINS: Margins = (0, 0, 0, 0)

B = TypeVar("B", bound=QBoxLayout)


def row(
    *items: Item, spacing: int | None = None, margins: Margins | None = None, on: QWidget | None = None
) -> QHBoxLayout:
    """Items from left to right; ``spacing`` and ``margins`` in pixels, None leaves them to Qt.

    ``on`` is the widget that it lays out; without one it goes into another layout.
    """
    return _filled(QHBoxLayout() if on is None else QHBoxLayout(on), items, spacing, margins)


def column(
    *items: Item, spacing: int | None = None, margins: Margins | None = None, on: QWidget | None = None
) -> QVBoxLayout:
    """Items from top to bottom, as `row`."""
    return _filled(QVBoxLayout() if on is None else QVBoxLayout(on), items, spacing, margins)


def _filled(box: B, items: tuple[Item, ...], spacing: int | None, margins: Margins | None) -> B:
    if spacing is not None:
        box.setSpacing(spacing)
    if margins is not None:
        box.setContentsMargins(*margins)
    for item in items:
        if isinstance(item, int):
            box.addSpacing(item)
            continue
        what, share = item if isinstance(item, tuple) else (item, 0)
        if what is None:
            box.addStretch(share)
        elif isinstance(what, QWidget):
            box.addWidget(what, share)
        else:
            box.addLayout(what, share)
    return box


def scrolled(inside: QWidget) -> QScrollArea:
    """A widget as wide as its place that scrolls up and down, without a frame."""
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def clear(box: QBoxLayout) -> None:
    """Take everything out of a layout; its widgets vanish at once and are deleted soon."""
    while (item := box.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
