"""The ELBO anatomy of the chosen image under one lane's VAE, shared by the cards of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats
from core.probes.elbo_anatomy import Anatomy, AnatomyLook
from core.probes.look import Answer
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate

if TYPE_CHECKING:
    from core.engine.run import Run


@dataclass(frozen=True)
class Before:
    """A β applied to the lane at step ``since`` of its life, and the anatomy of the image just before."""

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
        desk.knob_changed.connect(self._follow_knob)
        self.follow()

    @property
    def shown(self) -> Anatomy | None:
        """The anatomy that the plots show; None where it is not finite."""
        return None if self.answer is None or not self.answer.value.is_finite else self.answer.value

    @property
    def step(self) -> int:
        """Training step of the weights that `shown` was measured with."""
        return 0 if self.answer is None else self.answer.step

    @property
    def image(self) -> Floats | None:
        """The chosen image (C, H, W), or None while nothing is drawn."""
        return self._desk.chosen.image

    @property
    def hint(self) -> str:
        """Text in the plots while there is no anatomy."""
        if self.answer is not None and self.shown is None:
            return "This lane's numbers are no longer finite"
        return "Measuring" if self.image is not None else "No image yet"

    @property
    def trained_beta(self) -> float:
        """The β that the lane trains with."""
        return self.run.model.rate_weight(self.run.pending).value if self.run is not None else 1.0

    @property
    def before(self) -> Before | None:
        """State before the β in force was applied here; None if it was not, or if the lane restarted since."""
        before, run = self._before, self.run
        return before if before is not None and run is not None and run.view.life == before.life else None

    def _follow_knob(self, run: Run, name: str) -> None:
        """Forget `before` once the lane trains with another β than the one applied here."""
        if run is self.run:
            if self._before is not None and self.trained_beta != self._before.beta:
                self._before = None
            self.changed.emit()

    def follow(self) -> None:
        """Adopt the selected lane and the chosen image."""
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
        """Request the anatomy of the image under the lane's newest weights."""
        if self.run is not None and self._look is not None:
            self.run.ask(self._look)

    def read(self) -> None:
        """Take the lane's newest anatomy; a complete one stays until the next is complete."""
        answer = None if self.run is None else self.run.view.looks.of(AnatomyLook)
        if answer is None or answer is self.answer or self._look is None or answer.key != self._look.key:
            return
        if self.shown is None or not self.shown.complete or answer.value.complete:
            self.answer = answer
            self.changed.emit()

    def tilt(self, beta: float) -> None:
        """Set the β of the slider; nothing is trained."""
        if beta != self.beta:
            self.beta = beta
            self.tilted.emit()

    def apply(self) -> None:
        """Train on with the slider's β; the present anatomy is kept to compare with."""
        if self.run is not None and (knobs := self.run.model.rate_knobs) is not None:
            view, shown = self.run.view, self.shown
            self._before = None if shown is None else Before(self.beta, view.status.step, view.life, shown)
            self._desk.set_knob(self.run, knobs.weight, self.beta)
