"""The training images nearest to a sample, in a card below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from core.foundation.pixels import display, display_bytes
from gui.drawing import numbers, theme
from gui.widgets import layouts
from gui.widgets.label import Label
from gui.widgets.mosaic import Mosaic
from gui.widgets.popover import Popover

if TYPE_CHECKING:
    from core.probes.nearest import Neighbours

COLUMNS, ROWS = 5, 2
TILE = 56
"""Side of a picture, px at text size 1."""


class NearestCard(Popover):
    """Shows a sample, and the training images nearest to it; the words below say which each is, and how far.

    Esc or a click outside closes it.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("nearest images")
        px = theme.px
        self._title, self._note = Label("", "strong", "text"), Label("", "caption", "text_2")
        self.sample, self.mosaic = Mosaic(px(TILE)), Mosaic(px(TILE))
        self.sample.set_grid(1, 1)
        self.sample.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mosaic.setAccessibleName("Nearest training images, nearest first")
        self.mosaic.set_grid(COLUMNS, ROWS)
        self.mosaic.hovered.connect(self._read)
        self._words = Label("", "body", "text_2")
        self.body.addWidget(self._title)
        self.body.addWidget(self._note)
        beside = layouts.row(layouts.column(self.sample, layouts.STRETCH), self.mosaic, spacing=px(16))
        self.body.addLayout(beside)
        self.body.addWidget(self._words)
        self._found: Neighbours | None = None

    def open_on(self, name: str, below: QWidget) -> None:
        """Open empty below a widget, for the sample of this name."""
        self._found = None
        self.setAccessibleName(f"Training images nearest to {name}")
        self.sample.setAccessibleName(name)
        self._title.setText(name)
        self._note.setText("Searching among the training images …")
        self._words.setText(" ")
        self.sample.clear()
        self.mosaic.clear()
        self.open_below(below)
        self.mosaic.setFocus(Qt.FocusReason.PopupFocusReason)

    def show_found(self, found: Neighbours) -> None:
        """Show what was found."""
        if found is self._found:
            return
        self._found = found
        self.sample.set_images(display(found.picture[None]))
        self.mosaic.set_images(display_bytes(np.stack([each.pixels for each in found.nearest])))
        self._note.setText("The nearest training images, by distance over pixels")
        self._read(self.mosaic.highlight())

    def words(self) -> str:
        """What is said of the image under the mouse."""
        return self._words.text()

    def _read(self, index: int) -> None:
        """Say which image is under the mouse or the cursor of the keyboard; the nearest where none is."""
        if self._found is None:
            return
        each = self._found.nearest[index if 0 <= index < len(self._found.nearest) else 0]
        label = f", “{each.label}”" if each.label else ""
        self._words.setText(f"Training image #{each.index:,}{label}: distance {numbers.number(each.distance, 2)}")
