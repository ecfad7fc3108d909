"""The page *New images*: what an AE, a VAE and a GAN decode from random z, and whether it is new or copied."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lane_panel import discard
from gui.drawing import theme
from gui.information.add_lane import add_lane_button
from gui.information.page import InformationPage, register
from gui.information.pages.generate.card import FIGURE_PX, LEAST, MOST, NAME_PX, RECIPES, NewPicturesRow
from gui.information.pages.generate.strip import GAP as TILE_GAP
from gui.widgets.buttons import Button
from gui.widgets.label import Label

FACES = "faces"
SMALL = 44
"""Smallest side of a picture, px at text size 1."""
LARGE = 64
"""Largest side of a picture, px at text size 1."""


@register("generate")
class GeneratePage(InformationPage):
    """A row for each recipe, of the first lane of its model; the seed is the same in all."""

    title, order = "New images", 50
    note = "a model generates if its pictures are good and new: compare each with the nearest training image below it"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.rows: list[NewPicturesRow] = []
        self.missing: dict[str, Button] = {}
        self._held: list[QWidget] = []
        self.column.setSpacing(theme.px(8))
        self.column.addWidget(self._toolbar())
        self.why = Label("", "body", "text_2", wrap=True)
        self.why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.column.addWidget(self.why)
        self.column.addStretch(1)
        for signal in (desk.lanes_changed, desk.opened, desk.dataset_changed):
            signal.connect(self.rebuild)
        desk.names.changed.connect(self._rename)
        self.rebuild()

    def _toolbar(self) -> QWidget:
        bar, px = QWidget(), theme.px
        line = QHBoxLayout(bar)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(px(8))
        self.heading = Label("", "title", "text")
        self.draw = Button("New draw", "dice", key="G")
        self.draw.setObjectName("new draw")
        self.draw.setToolTip("Other z for every row")
        self.draw.clicked.connect(lambda: self.desk.new_samples() if self.desk.is_open else None)
        self.faces = Button("Use faces", "image")
        self.faces.setObjectName("use faces")
        self.faces.setToolTip("20,000 drawn faces as the data: every lane begins again")
        self.faces.clicked.connect(lambda: self.desk.data_wanted.emit(FACES))
        self.warning = Label("every lane begins again", "caption", "text_3")
        line.addWidget(self.heading)
        line.addWidget(self.draw)
        line.addWidget(self.faces)
        line.addWidget(self.warning)
        self._adders = QHBoxLayout()
        self._adders.setSpacing(px(8))
        line.addStretch(1)
        line.addLayout(self._adders)
        return bar

    def rebuild(self) -> None:
        """Build the rows anew, for other lanes or data."""
        discard(self.clock, self._held)
        self.rows, self.missing = [], {}
        if not self.desk.is_open:
            return
        data = self.desk.experiment.dataset
        here = data.name == FACES
        self.heading.setText("Generate a new face" if here else f"Generate a new {data.noun}")
        self.faces.setVisible(not here)
        self.warning.setVisible(not here)
        self.draw.setEnabled(not data.points)
        first = {name: next((r for r in self.desk.runs if r.model_name == name), None) for name in ("ae", "vae", "gan")}
        self.why.setVisible(data.points or not any(first.values()))
        self.why.setText(
            "These data are points of a plane: they have no faces. Take pictures, for instance the faces."
            if data.points
            else "Add an AE, a VAE or a GAN lane."
        )
        for name, run in first.items():
            if run is None:
                self._offer(name)
        for recipe in RECIPES:
            run = first[recipe.model]
            if run is not None and not data.points:
                row = NewPicturesRow(self.desk, recipe, run)
                self.clock.add(row)
                self.column.insertWidget(self.column.count() - 1, row)
                self.rows.append(row)
                self._held.append(row)
        self.refit()

    def _rename(self) -> None:
        for row in self.rows:
            row.show_name()

    def _offer(self, model: str) -> None:
        words = f"Add {'an AE' if model == 'ae' else f'a {model.upper()}'} lane"
        button = add_lane_button(self.desk, model, words)
        self._adders.addWidget(button)
        self.missing[model] = button
        self._held.append(button)

    def fit(self, room: QSize) -> None:
        """Size the pictures so that all rows are visible, within `SMALL` to `LARGE`."""
        if not self.rows:
            return
        height = (room.height() - theme.px(32)) // len(self.rows) - theme.px(8 + 16 + 15) - 2
        tile = min(theme.px(LARGE), max(theme.px(SMALL), height // 2))
        inside = room.width() - theme.px(NAME_PX + FIGURE_PX + 48)
        count = max(LEAST, min(MOST, (inside + TILE_GAP) // (tile + TILE_GAP)))
        for row in self.rows:
            row.set_tile(tile, count)
