"""The order of Tab: reading order. It is computed at each Tab, because lanes come and go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from gui.widgets import layouts


def reading_order(places: Sequence[QRect]) -> list[int]:
    """Indices from top to bottom, in each line from left to right. The topmost place sets the height of a line."""
    remaining = sorted(range(len(places)), key=lambda i: (places[i].top(), places[i].left()))
    order: list[int] = []
    while remaining:
        bottom = places[remaining[0]].bottom()
        line = [i for i in remaining if places[i].center().y() <= bottom]
        line = line or remaining[:1]
        order += sorted(line, key=lambda i: places[i].left())
        remaining = [i for i in remaining if i not in line]
    return order


def stops(regions: Sequence[QWidget]) -> list[QWidget]:
    """The widgets that Tab reaches, region by region."""
    order: list[QWidget] = []
    for region in regions:
        widgets = [widget for widget in region.findChildren(QWidget) if _is_stop(widget, region)]
        places = [QRect(widget.mapTo(region, QPoint(0, 0)), widget.size()) for widget in widgets]
        order += [widgets[i] for i in reading_order(places)]
    return order


def _is_stop(widget: QWidget, region: QWidget) -> bool:
    takes_tab = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    is_inside = widget.window() is region.window() and not isinstance(widget, QScrollArea)
    hands_on = widget.focusProxy() is not None  # as the viewport of a plot, which hands the focus to the plot
    return bool(takes_tab and is_inside and not hands_on and widget.isVisible() and widget.isEnabled())


def go(regions: Sequence[QWidget], forward: bool) -> bool:
    """Move the focus by one stop and scroll to it. Returns False if there is no stop."""
    order = stops(regions)
    if not order:
        return False
    focused = QApplication.focusWidget()
    while focused is not None and focused not in order:
        focused = focused.parentWidget()  # the editor of a number field counts as the field
    step = 1 if forward else -1
    target = order[(order.index(focused) + step) % len(order)] if focused is not None else order[0 if forward else -1]
    target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    layouts.reveal(target)
    return True
