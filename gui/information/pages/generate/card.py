"""New pictures of one lane and sampler beside their nearest training images, with the distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.engine.freshness import present
from core.probes.look import Answer
from core.probes.new_pictures import NewPictures, NewPicturesLook
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.information.card import Figure
from gui.information.pages.generate.strip import GAP, NewPicturesStrip
from gui.widgets import layouts
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark
from gui.widgets.prose_formulas import explain
from gui.widgets.sections import Card

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

NAME_PX = 150
"""Width of the names at the left, px at text size 1."""
FIGURE_PX = 132
"""Width of the figure at the right, px at text size 1."""
LEAST = 6
"""Fewest pictures in a row."""
MOST = 24
"""Most pictures in a row, and the number that is drawn."""
TIP = (
    r"$\min_i \|\hat x - x_i\|$: pixel distance to the nearest training image, divided by that within which 95 %"
    r" of test images have theirs. Near 0 is a copy (red: nearer than 99 % of test images); about as much as test"
    r" images is as new as they are; above 1 is like none. Blurred and empty pictures read low too: look at them."
)


@dataclass(frozen=True)
class Recipe:
    """A model and a sampler of `core.evaluation.samplers`; ``source`` says where z comes from, ``words`` why."""

    model: str
    sampler: str
    source: str
    words: str


RECIPES = (
    Recipe("ae", "raw", "raw N(0, 1)", "as if it had a prior"),
    Recipe("ae", "prior", "N(0, 1) in σ", "scaled to its codes"),
    Recipe("ae", "gmm", "GMM", "10 Gaussians over codes"),
    Recipe("vae", "prior", "prior", "what it was trained for"),
    Recipe("gan", "prior", "prior", "learned only from D"),
)


class NewPicturesRow(Card):
    """A row for one recipe. On the clock, as its lane trains."""

    def __init__(self, desk: Desk, recipe: Recipe, run: Run) -> None:
        super().__init__()
        self.setObjectName(f"novel {recipe.model} {recipe.sampler}")
        self._desk, self.recipe, self.lane = desk, recipe, run
        self.run: Run | None = run
        self.hz = 2.0
        self.step = Label("", "caption", "text_3", elided=True)
        self.name = Label("", "strong", "text", elided=True)
        self.strip = NewPicturesStrip(f"new pictures {recipe.model} {recipe.sampler}", "")
        explain(self.strip, TIP)
        self.middle = Figure("Distance to nearest", TIP, below=True)
        self.one = Label("", "caption", "text_3", elided=True)
        px = theme.px
        layouts.row(
            _fixed(self._names(), NAME_PX),
            (self.strip, 1),
            _fixed(layouts.column(self.middle, self.one, layouts.STRETCH, spacing=px(2)), FIGURE_PX),
            spacing=px(12),
            margins=(px(12), px(8), px(12), px(6)),
            on=self,
        )
        self.strip.chosen.connect(self._go)
        self.strip.pointed.connect(self._show_nearest)
        self.show_name()

    def _names(self) -> QVBoxLayout:
        """Lane, sampler and training step of the pictures."""
        px, recipe = theme.px, self.recipe
        return layouts.column(
            layouts.row(LaneMark(self.lane.slot), (self.name, 1), spacing=px(6)),
            Label(recipe.source, "medium", "text", elided=True),
            Label(recipe.words, "caption", "text_2", wrap=True),
            self.step,
            layouts.STRETCH,
            Label("below: nearest training image", "tick", "text_3", elided=True),
            spacing=px(2),
        )

    def show_name(self) -> None:
        """Show the present name of the lane."""
        name = self._desk.names.of(self.lane).full
        self.name.setText(name)
        self.setAccessibleName(f"{name}, {self.recipe.source}")
        self.strip.setAccessibleName(f"New pictures of {name}, {self.recipe.source}")

    def set_tile(self, tile: int, count: int) -> None:
        """Set side (px) and number of the pictures."""
        self.strip.set_tile(tile, count)
        self.setFixedHeight(self.strip.height() + theme.px(16))

    def ask(self) -> None:
        """Request samples of the present seed and their nearest training images."""
        if not self.lane.dataset.points:
            self.lane.ask(NewPicturesLook(self.recipe.sampler, MOST, self._desk.experiment.sample_seed))

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.looks.of(NewPicturesLook, self.recipe.sampler), view.snapshot

    def refresh(self, view: View) -> None:
        """Show newer pictures."""
        self.look()

    def answer(self) -> Answer[NewPictures] | None:
        """The lane's newest pictures, at first those of the seed before; None where they are of other data."""
        view = self.lane.view
        return view.looks.of(NewPicturesLook, self.recipe.sampler) if view.dataset is self.lane.dataset else None

    def new_pictures(self) -> NewPictures | None:
        """The pictures of the answer."""
        answer = self.answer()
        return None if answer is None else answer.value

    def look(self) -> None:
        """Show the newest pictures and their distances."""
        if not self._desk.is_open:
            return
        answer = self.answer()
        new = None if answer is None else answer.value
        self.strip.show_pictures(new)
        if answer is None or new is None:
            self.middle.show_value("—")
            self.step.setText("")
            return
        self.step.setText(f"step {answer.step:,}")
        self.middle.set_token("text_3" if present(self.lane.view).is_old(answer.step) else "text")
        if np.isnan(new.ratio).any():
            self.middle.show_value("—", "", "measuring")
            return
        usual = numbers.number(new.test_ratios[1], 2)
        self.middle.show_value(f"{numbers.capped(float(np.median(new.ratio)), 2)}×", "median", f"test images {usual}×")

    def _show_nearest(self, index: int) -> None:
        new = self.new_pictures()
        if new is None or not 0 <= index < len(new.index):
            self.one.setText("")
            return
        self.one.setText(f"nearest: #{int(new.index[index]):,}")

    def _go(self, index: int) -> None:
        new = self.new_pictures()
        if new is not None and new.z.shape[1] == len(self._desk.point.z):
            self._desk.point.move(new.z[index])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - theme.px(NAME_PX + FIGURE_PX + 48)
        tile = self.strip._tile
        self.strip.set_tile(tile, max(LEAST, min(MOST, (room + GAP) // (tile + GAP))))


def _fixed(box: QVBoxLayout, width: int) -> QWidget:
    """A column of fixed width, px at text size 1."""
    widget = QWidget()
    widget.setFixedWidth(theme.px(width))
    box.setContentsMargins(*layouts.NO_MARGINS)
    widget.setLayout(box)
    return widget
