"""Another text size for widgets that are built already: the sizes that were set on them follow."""

from __future__ import annotations

from PySide6.QtCore import QMargins
from PySide6.QtWidgets import QBoxLayout, QLayout, QScrollBar, QWidget

from gui.widgets.image_view import ImageView
from gui.widgets.mosaic import Mosaic

UNBOUNDED_PX = 16_777_215
"""Qt's largest size of a widget: none was set."""
PICTURES = (ImageView, Mosaic, QScrollBar)
"""Their size follows their content or the style, not the text."""


def rescale(window: QWidget, by: float) -> None:
    """Multiply least and largest sizes, margins and spacings of everything in a window by a factor."""
    for widget in window.findChildren(QWidget):
        if isinstance(widget, PICTURES):
            continue
        least, most = widget.minimumSize(), widget.maximumSize()
        widget.setMaximumSize(_scaled(most.width(), by), _scaled(most.height(), by))
        widget.setMinimumSize(_scaled(least.width(), by), _scaled(least.height(), by))
    for layout in window.findChildren(QLayout):
        edges = layout.contentsMargins()
        sides = (edges.left(), edges.top(), edges.right(), edges.bottom())
        layout.setContentsMargins(QMargins(*(round(side * by) for side in sides)))
        if isinstance(layout, QBoxLayout) and layout.spacing() > 0:
            layout.setSpacing(round(layout.spacing() * by))


def _scaled(size: int, by: float) -> int:
    return size if size >= UNBOUNDED_PX else min(UNBOUNDED_PX, round(size * by))
