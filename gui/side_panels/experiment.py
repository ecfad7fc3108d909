"""The dataset and the knobs that all lanes share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.foundation.arrays import Pixels
from core.foundation.params import knob
from core.foundation.pixels import display_bytes, histogram_image
from core.text import addresses
from core.training.setup import Setup
from gui.desk.desk import Desk
from gui.desk.wording import follow_noun, whence
from gui.drawing import paint, theme
from gui.widgets.buttons import IconButton
from gui.widgets.key_hints import Hint
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.mosaic import Mosaic
from gui.widgets.naming import plain_tip
from gui.widgets.offer import Offer
from gui.widgets.sections import Card, Section

if TYPE_CHECKING:
    from core.datasets.base import Dataset

SHOWN = ("network", "latent", "batch", "seed")
"""Knobs that are always shown."""
MORE = ("device", "threads", "precision", "steps", "epochs", "seconds")
"""Knobs behind the button “more”."""
EDGE_PX = 6
"""Space at the left and right of the card."""
TITLE_SHARE = 0.55
"""Share of the width of the card that a long name of the data may take; the sizes of its splits have the rest."""
THUMBNAILS = 8
THUMBNAIL_POINTS = 5_000
"""Number of points whose histogram is a thumbnail."""


class DatasetCard(Card):
    """Eight images, title and size of the dataset. A click asks for another one."""

    pressed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__("plot")
        self._desk = desk
        self._pictures = Mosaic(26, 2)
        self._pictures.set_grid(THUMBNAILS, 1)
        self._pictures.clicked.connect(lambda _: self.pressed.emit())
        self._title = Label("Reading data …", "strong", "text")
        self._count = Label("", "caption", "text_3", elided=True)
        self.choose = IconButton("chevron-down", "", 20)
        Hint(self.choose, "Choose a dataset", "ask_dataset")
        self.choose.setObjectName("dataset")
        self.choose.clicked.connect(self.pressed)
        line = QHBoxLayout()
        line.setSpacing(theme.px(8))
        line.addWidget(self._title)
        line.addWidget(self._count, 1)
        line.addWidget(self.choose)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(EDGE_PX, 6, EDGE_PX, 4)
        inside.setSpacing(4)
        inside.addWidget(self._pictures)
        inside.addLayout(line)

    def refresh(self) -> None:
        """Show the data of the experiment."""
        data = self._desk.experiment.dataset
        self._pictures.setAccessibleName(f"{data.noun.capitalize()}s of the dataset")
        if data.planar:
            self._pictures.set_images(self._histograms(data))
        else:
            self._pictures.set_images(self._first_images(data))
        self._title.setToolTip(plain_tip(whence(data)))
        self._count.setToolTip(f"{len(data.train):,} training and {len(data.test):,} test {data.noun}s")
        self._pictures.setToolTip(_legend(data))
        self._fit_count()

    def _fit_count(self) -> None:
        """Print the title, cut where it is long, and the sizes of both splits as they fit beside it."""
        if not self._desk.is_open:
            return
        data = self._desk.experiment.dataset
        self._title.setText(paint.cut_in_middle(data.title, "strong", TITLE_SHARE * self.width()))
        train, test = f"{len(data.train):,}", f"{len(data.test):,}"
        taken = 2 * EDGE_PX + self._title.sizeHint().width() + self.choose.sizeHint().width() + 2 * theme.px(8)
        forms = (f"{train} train · {test} test", f"{train} + {test} test", f"{train} + {test}")
        self._count.setText(paint.fitting(forms, "caption", self.width() - taken))

    def _histograms(self, data: Dataset) -> Pixels:
        """Histograms of all points, then of those of each of several classes."""
        points, labels = data.train.pixels[:THUMBNAIL_POINTS, :, 0, 0], data.train.labels
        parts = [points]
        if labels is not None and len(classes := np.unique(labels)) > 1:  # the only class is the whole again
            parts += [points[labels[:THUMBNAIL_POINTS] == label] for label in classes[: THUMBNAILS - 1]]
        return np.stack([histogram_image(part) for part in parts])

    def _first_images(self, data: Dataset) -> Pixels:
        """The first image of each class, then the first images; all of fewer."""
        labels = data.train.labels
        index = np.arange(min(THUMBNAILS, len(data.train)))
        if labels is not None:
            firsts = np.unique(labels[:2000], return_index=True)[1]
            index = np.concatenate([np.sort(firsts), index])[:THUMBNAILS]
        return display_bytes(data.train.pixels[index])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pictures.set_grid(max(1, min(THUMBNAILS, (self.width() - 2 * EDGE_PX) // 28)), 1)
        self._fit_count()

    def offer(self) -> Offer:
        """The card, and the pictures on it."""
        return Offer(self._pictures.accessibleName(), array=self._pictures.images())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()


def _legend(data: Dataset) -> str:
    """What the coordinates of points are, in the order in which they are drawn; "" where they have no names."""
    if data.columns is None:
        return ""
    names = ", ".join(data.columns.names)
    return f"Across and up: {names}" if data.planar else f"Bars from left to right: {names}"


class ExperimentPanel(Section):
    """Card of the dataset, and a row for every knob of the setup."""

    dataset_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__("Experiment", "experiment")
        set_place(self, addresses.of_part("Experiment"))
        self._desk = desk
        self.card = DatasetCard(desk)
        self.card.pressed.connect(self.dataset_wanted)
        self.body.addWidget(self.card)
        self.body.addSpacing(theme.px(4))
        self._rows: dict[str, KnobRow] = {}
        self._more = QWidget()
        more = QVBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setSpacing(0)
        rows = QVBoxLayout()
        rows.setSpacing(0)
        for name in (*SHOWN, *MORE):
            row = KnobRow(knob(Setup, name), waits=False)
            row.edited.connect(lambda value, name=name: desk.set_setup(name, value))
            row.help_wanted.connect(desk.help)
            self._rows[name] = row
            (rows if name in SHOWN else more).addWidget(row)
        self.body.addLayout(rows)
        self.body.addWidget(self._more)
        self._more.hide()
        dice = IconButton("dice", "", 24)
        Hint(dice, "New seed, every lane begins again", "new_seed")
        dice.clicked.connect(desk.new_seed)
        self.header.add_action(dice)
        opener = IconButton("more", "Device, threads, precision and when to stop", 24)
        opener.setObjectName("more setup")
        opener.setCheckable(True)
        opener.toggled.connect(self._more.setVisible)
        self.header.add_action(opener)
        desk.setup_changed.connect(self._show)
        desk.dataset_changed.connect(self.card.refresh)
        desk.dataset_changed.connect(self._show)
        desk.opened.connect(self.card.refresh)
        follow_noun(desk, self._word)
        self.setEnabled(False)

    def _show(self) -> None:
        self.setEnabled(True)
        experiment = self._desk.experiment
        for name, row in self._rows.items():
            row.set_value(getattr(experiment.setup, name))
            row.setVisible(row.knob.shown(experiment.setup, experiment.dataset.points))

    def _word(self) -> None:
        for row in self._rows.values():
            row.word(self._desk.worded)
