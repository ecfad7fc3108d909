"""Where Tab goes: in reading order. Lanes come and go, so the order is computed at each Tab, never kept."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget


def reading_order(places: Sequence[QRect]) -> list[int]:
    """Indices from top to bottom, in each line from left to right; a line is as high as its topmost member."""
    waiting = sorted(range(len(places)), key=lambda i: (places[i].top(), places[i].left()))
    order: list[int] = []
    while waiting:
        bottom = places[waiting[0]].bottom()
        line = [i for i in waiting if places[i].center().y() <= bottom]
        line = line or waiting[:1]
        order += sorted(line, key=lambda i: places[i].left())
        waiting = [i for i in waiting if i not in line]
    return order


def stops(regions: Sequence[QWidget]) -> list[QWidget]:
    """Everything that Tab reaches, region by region."""
    order: list[QWidget] = []
    for region in regions:
        inside = [each for each in region.findChildren(QWidget) if _stops_at(each, region)]
        places = [QRect(each.mapTo(region, QPoint(0, 0)), each.size()) for each in inside]
        order += [inside[i] for i in reading_order(places)]
    return order


def _stops_at(widget: QWidget, region: QWidget) -> bool:
    takes = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    mine = widget.window() is region.window() and not isinstance(widget, QScrollArea)
    return bool(takes and mine and widget.isVisible() and widget.isEnabled())


def go(regions: Sequence[QWidget], forward: bool) -> bool:
    """Move the focus by one stop, and scroll to it; False where there is none."""
    every = stops(regions)
    if not every:
        return False
    here = QApplication.focusWidget()
    while here is not None and here not in every:
        here = here.parentWidget()  # the line that is typed in belongs to its field
    step = 1 if forward else -1
    to = every[(every.index(here) + step) % len(every)] if here is not None else every[0 if forward else -1]
    to.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    above = to.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(to, 8, 8)
        above = above.parentWidget()
    return True
