"""The ELBO of the chosen image under a lane's VAE, as the cards of that page share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats
from core.probes.elbo_anatomy import Anatomy, AnatomyLook
from core.probes.look import Answer
from gui.desk.desk import Desk, lane_with_rate

if TYPE_CHECKING:
    from core.engine.run import Run


@dataclass(frozen=True)
class Before:
    """The β that was applied at step ``since`` of a life of the lane, and what the image cost just before."""

    beta: float
    since: int
    life: int
    shown: Anatomy


class Dissection(QObject):
    """``changed``: another lane, image or anatomy. ``tilted``: another β. The page asks and reads on the clock."""

    changed = Signal()
    tilted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.answer: Answer[Anatomy] | None = None
        self.beta = 1.0
        self._before: Before | None = None
        self._look: AnatomyLook | None = None  # of the chosen image
        for signal in (desk.lane_selected, desk.lanes_changed, desk.chosen.changed, desk.dataset_changed):
            signal.connect(self.follow)
        desk.knob_changed.connect(self._turned)
        self.follow()

    @property
    def shown(self) -> Anatomy | None:
        """What the plots show."""
        return None if self.answer is None else self.answer.value

    @property
    def step(self) -> int:
        """The step of the weights that the plots are of."""
        return 0 if self.answer is None else self.answer.step

    @property
    def image(self) -> Floats | None:
        """The chosen image (C, H, W), or None while nothing is drawn."""
        return self._desk.chosen.image

    @property
    def hint(self) -> str:
        """What stands in the plots while there is nothing to show."""
        return "Measuring" if self.image is not None else "Nothing drawn yet"

    @property
    def trained_beta(self) -> float:
        """The β that is in force for the lane."""
        return self.run.model.rate_weight(self.run.pending).value if self.run is not None else 1.0

    @property
    def before(self) -> Before | None:
        """How it was when the β in force was applied here, unless the lane began again since."""
        before, run = self._before, self.run
        return before if before is not None and run is not None and run.view.life == before.life else None

    def _turned(self, run: Run, name: str) -> None:
        """A knob of a lane was turned, here or elsewhere."""
        if run is self.run:
            if self._before is not None and self.trained_beta != self._before.beta:
                self._before = None
            self.changed.emit()

    def follow(self) -> None:
        """Another lane or image may be chosen."""
        run = lane_with_rate(self._desk)
        if run is not self.run:
            self.run = run
            self.beta = self.trained_beta
            self._forget()
        if self.image is not (None if self._look is None else self._look.image):
            self._forget()
        self.read()
        self.changed.emit()

    def _forget(self) -> None:
        self._look = None if self.image is None else AnatomyLook(self.image)
        self.answer = self._before = None

    def ask(self) -> None:
        """Measure the image under the lane's newest weights."""
        if self.run is not None and self._look is not None:
            self.run.ask(self._look)

    def read(self) -> None:
        """Show what the lane has found; what is whole stays until the next is."""
        found = None if self.run is None else self.run.view.looks.of(AnatomyLook)
        if found is None or found is self.answer or self._look is None or found.key != self._look.key:
            return
        if self.shown is None or not self.shown.complete or found.value.complete:
            self.answer = found
            self.changed.emit()

    def tilt(self, beta: float) -> None:
        """Weigh the rate by another β; nothing is trained."""
        if beta != self.beta:
            self.beta = beta
            self.tilted.emit()

    def apply(self) -> None:
        """Train on with this β; what D and R are now is kept to compare with."""
        if self.run is not None and (known := self.run.model.rate_knobs) is not None:
            view, shown = self.run.view, self.shown
            self._before = None if shown is None else Before(self.beta, view.status.step, view.life, shown)
            self._desk.set_knob(self.run, known.weight, self.beta)
