"""Rows, columns and scroll areas in one call each."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

Item: TypeAlias = QWidget | QLayout | int | tuple[QWidget | QLayout, int] | tuple[None, int]
"""A widget or a layout, either with its stretch factor, a gap in px, or `STRETCH`."""

STRETCH: tuple[None, int] = (None, 1)
"""Empty space that stretches."""

Margins: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom, px."""
NO_MARGINS: Margins = (0, 0, 0, 0)

B = TypeVar("B", bound=QBoxLayout)


def row(
    *items: Item, spacing: int | None = None, margins: Margins | None = None, on: QWidget | None = None
) -> QHBoxLayout:
    """Items from left to right; ``spacing`` and ``margins`` in px, None leaves them to Qt.

    ``on`` is the widget to lay out; None makes a layout to put into another one.
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
        content, stretch = item if isinstance(item, tuple) else (item, 0)
        if content is None:
            box.addStretch(stretch)
        elif isinstance(content, QWidget):
            box.addWidget(content, stretch)
        else:
            box.addLayout(content, stretch)
    return box


class ScrollArea(QScrollArea):
    """A scroll area without a frame, named for screen readers."""

    spoken_role = QAccessible.Role.Pane

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)


class FittedArea(ScrollArea):
    """A vertical scroll area no higher than what is in it: what comes below stands next to it."""

    def __init__(self, inside: QWidget, name: str) -> None:
        super().__init__(name)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        inside = self.widget()
        layout = None if inside is None else inside.layout()
        if inside is None or layout is None:
            return
        layout.activate()
        wanted = (
            layout.totalHeightForWidth(inside.width()) if layout.hasHeightForWidth() else layout.sizeHint().height()
        )
        self.setMaximumHeight(max(1, wanted))


def scrolled(inside: QWidget, name: str, *, keep_width: bool = False) -> ScrollArea:
    """A vertical scroll area; the widget in it takes its width.

    With ``keep_width`` the room of the bar stays free while there is nothing to scroll: nothing moves when it comes.
    """
    area = ScrollArea(name)
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    if keep_width:
        bar = area.verticalScrollBar()
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))  # a disabled bar shows no handle
        bar.setEnabled(bar.maximum() > bar.minimum())
    return area


def settle(area: QScrollArea) -> None:
    """Lay out now what is in a scroll area, instead of with the next events, so that it can be scrolled to."""
    content = area.widget()
    layout = content.layout() if content is not None else None
    if layout is not None:
        layout.activate()
    QCoreApplication.sendEvent(area, QEvent(QEvent.Type.LayoutRequest))
    if layout is not None:
        layout.activate()


def reveal(widget: QWidget) -> None:
    """Scroll every scroll area around a widget until the widget is in sight."""
    ancestor = widget.parentWidget()
    while ancestor is not None:
        if isinstance(ancestor, QScrollArea):
            settle(ancestor)
            ancestor.ensureWidgetVisible(widget, 8, 8)
        ancestor = ancestor.parentWidget()


def widgets(owner: QWidget, box: QLayout) -> list[QWidget]:
    """The children of ``owner`` in a layout of its, in their order.

    Never by `itemAt`: Python's object of an item outlives the item, and when a widget that was made at its address
    ends, PySide 6.11 frees that widget's object twice. Nor by `parentWidget`, which keeps the owner alive.
    """
    inside = (each for each in owner.children() if isinstance(each, QWidget))
    placed = {widget: box.indexOf(widget) for widget in inside}
    return sorted((widget for widget, at in placed.items() if at >= 0), key=placed.__getitem__)


def clear(box: QBoxLayout) -> None:
    """Remove all items of a layout; its widgets are hidden at once and deleted later."""
    while (item := box.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
