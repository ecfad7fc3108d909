"""*Entropy of the data*: the entropy of each pixel over the images of the data set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.datasets.base import evenly
from core.engine.freshness import present
from core.foundation.arrays import Doubles
from core.probes.held_out import HeldOutLook
from core.theory import information
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate
from gui.desk.wording import keep_worded
from gui.drawing import numbers, theme
from gui.information.card import Figure, TitledCard
from gui.information.heat_map import HeatMap
from gui.widgets import later
from gui.widgets.label import Label
from gui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

MOST_VALUES = 8_000_000
"""Most pixel values that are counted: those of 10,000 MNIST images, or of fewer larger ones."""
LEVELS = 16
"""Grey levels of the histogram of a pixel."""
WORDS = {
    "ink": "Each pixel as a coin that shows ink as often as the mean image is bright: its Bernoulli entropy.",
    "grey": f"Each pixel by its histogram over the images, in {LEVELS} steps of grey.",
}

PAID = "On test images, β = 1: what the lane pays for an image"
"""Said of −ELBO, which stands beside the entropy of images alone."""


def counted(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The images (N, C, H, W) that are counted: spread evenly over a split, at most `MOST_VALUES` values."""
    most = max(1, MOST_VALUES // int(np.prod(pixels.shape[1:])))
    return pixels if len(pixels) <= most else pixels[evenly(len(pixels), most)]


class DataCard(TitledCard):
    """The entropy map and its sum. On the clock for the lane's −ELBO beside the sum."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("Entropy of the data", "", "entropy of the data")
        self._nats = math.inf
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.0
        self._counted_key: tuple[object, str] | None = None
        self._awaits_frame = False
        self.kinds = Segmented([("ink", "Ink or not"), ("grey", f"{LEVELS} greys")], small=True)
        self.kinds.setObjectName("pixel entropy kind")
        keep_worded(desk, "How the entropy of a pixel is counted", self.kinds.setAccessibleName)
        self.kinds.chosen.connect(lambda _: self.look())
        self.add_action(self.kinds)
        self.heat = HeatMap()
        keep_worded(desk, "Entropy of each pixel", self.heat.setAccessibleName)
        keep_worded(
            desk,
            "H of each pixel over the training images, in bits; bright where images differ most",
            self.heat.setToolTip,
        )
        self.words = Label("", "body", "text_2", wrap=True)
        self.more = Label("", "body", "text_2", wrap=True)
        self.total, self.paid = Figure("", below=True), Figure("−ELBO of the lane", below=True)
        keep_worded(desk, "All pixels", self.total.set_caption)
        keep_worded(
            desk,
            r"$\sum_i H(\p{p_i})$ over the pixels: what images would cost if pixels were independent",
            self.total.set_tip,
        )
        side = QVBoxLayout()
        side.setSpacing(theme.px(10))
        side.addWidget(self.words)
        side.addWidget(self.total)
        side.addWidget(self.paid)
        side.addWidget(self.more)
        side.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.px(16))
        row.addWidget(self.heat, 6)
        row.addLayout(side, 5)
        self.body.addLayout(row, 1)
        desk.opened.connect(self.look)
        desk.dataset_changed.connect(self.look)
        desk.lane_selected.connect(self.compare)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._awaits_frame:
            self._awaits_frame = True
            later.after_frame(self, self._look_first)  # once it is scrolled into view: counting takes its time

    def _look_first(self) -> None:
        self._awaits_frame = False
        self.look()

    def look(self) -> None:
        """Count the pixels, if the card is visible and they are not counted yet."""
        if not self._desk.is_open or not self.isVisible():
            return
        data, kind = self._desk.experiment.dataset, self.kinds.value()
        if self._counted_key != (data, kind):
            self._counted_key = (data, kind)
            self._count(kind)
        self.compare()

    def _count(self, kind: str) -> None:
        data = self._desk.experiment.dataset
        self.note.setText(data.title)
        self.words.setText("" if data.points else WORDS[kind])  # the map says why there is none
        self.kinds.setEnabled(not data.points)
        if data.points:
            self.heat.show_map(None, 1.0)
            self.total.show_value("—")
            return
        pixels = counted(data.train.pixels)
        entropies = (
            information.pixel_entropy_ink(pixels, "bits")
            if kind == "ink"
            else information.pixel_entropy_grey(pixels, "bits", LEVELS)
        )  # (C, H, W)
        top = (1.0 if kind == "ink" else math.log2(LEVELS)) * entropies.shape[0]
        self.heat.show_map(cast(Doubles, entropies.sum(0)), top)
        bits = float(entropies.sum())
        self._nats = bits * math.log(2.0)
        self.total.show_value(
            numbers.number(self._nats, 1), "nats", f"{numbers.number(bits, 0)} bits, {len(pixels):,} images"
        )

    def ask(self) -> None:
        """Request the −ELBO of test images."""
        run = lane_with_rate(self._desk)
        if run is not None:
            run.ask(HeldOutLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.tests, view.status

    def refresh(self, view: View) -> None:
        """Show a newer −ELBO."""
        self.compare()

    def compare(self) -> None:
        """Show what a lane pays beside what a decoder that says the same for every image would pay."""
        run = lane_with_rate(self._desk)
        likelihood = None if run is None else run.view.config.pixel_model.likelihood
        points = self._desk.is_open and self._desk.experiment.dataset.points
        is_comparable = self.kinds.value() == "ink" and likelihood == "bernoulli" and not points
        tests = None if run is None else run.view.tests
        if run is None or not is_comparable or tests is None or not len(tests):
            self.paid.show_value("—", "", "")
            why = "not measured yet"
            if run is None:
                why = "no lane has a rate"
            elif points:
                why = "points have no pixels to count"
            elif self.kinds.value() != "ink":
                why = "compared under Ink or not only: there pixels are coins, as for the lane"
            elif likelihood != "bernoulli":
                why = "no lane has a Bernoulli likelihood"
            self.paid.set_tip(why)
            self.more.setText("")
            return
        value = float(tests.column("negative_elbo")[-1])
        step, bits = int(tests.column("step")[-1]), numbers.number(value / math.log(2.0), 0)
        self.paid.set_token("text_3" if present(run.view).is_old(step) else "text")
        note = f"{self._desk.names.of(run).full}, step {step:,}, {bits} bits"
        self.paid.show_value(numbers.number(value, 1), "nats", note)
        self.paid.set_tip(PAID)
        rest = "the code saves the rest" if value < self._nats else "the code does not pay yet"
        self.more.setText(f"A decoder that said the same for every image would pay the first number; {rest}.")
