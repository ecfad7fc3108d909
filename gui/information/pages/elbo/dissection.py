"""The ELBO of the chosen image under a lane's VAE, as the cards of that page share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats
from core.foundation.slices import Work
from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import Anatomy
from gui.desk.desk import Desk, lane_with_rate

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.training.snapshot import Snapshot


REST = 12.0
"""Slices rest so many times their cost while something trains: somebody looks at what they bring."""


class _Answer:
    """What the background has found so far: it writes, the window's thread reads."""

    def __init__(self) -> None:
        self.found: Anatomy | None = None
        self.over = False

    def put(self, found: Anatomy) -> None:
        """More is known."""
        self.found = found


def _work(snapshot: Snapshot, image: Floats, answer: _Answer) -> Work[None]:
    try:
        yield from elbo_anatomy.dissect(snapshot, image, answer.put)
    finally:
        answer.over = True


@dataclass(frozen=True)
class Before:
    """The β that was applied at step ``since``, and what the image cost just before."""

    beta: float
    since: int
    shown: Anatomy


class Dissection(QObject):
    """``changed``: another lane, image or anatomy. ``tilted``: another β. The page calls `ask` on the clock."""

    changed = Signal()
    tilted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.run: Run | None = None
        self.shown: Anatomy | None = None
        self.beta = 1.0
        self._before: Before | None = None
        self._image: Floats | None = None
        self._asked: Snapshot | None = None
        self._answer = _Answer()
        for signal in (desk.lane_selected, desk.lanes_changed, desk.chosen.changed, desk.dataset_changed):
            signal.connect(self.follow)
        desk.knob_changed.connect(self._turned)
        self.follow()

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
        began_again = self._before is not None and self.shown is not None and self.shown.life != self._before.shown.life
        return None if began_again else self._before

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
        if self._desk.chosen.image is not self._image:
            self._forget()
        self.changed.emit()

    def _forget(self) -> None:
        self._image, self._asked = self._desk.chosen.image, None
        self._answer, self.shown, self._before = _Answer(), None, None

    def ask(self) -> None:
        """Show what has been found, and ask for more where the weights are newer than it."""
        found = self._answer.found
        better = self.shown is None or not self.shown.complete  # else what is whole stays until the next is
        if found is not None and found is not self.shown and (better or found.complete):
            self.shown = found
            self.changed.emit()
        run, image = self.run, self._image
        snapshot = None if run is None else run.snapshot
        if run is None or snapshot is None or image is None or image.shape != snapshot.shape.image:
            return
        began_again = self._asked is not None and self._asked.life != snapshot.life
        if snapshot is self._asked or not (self._asked is None or self._answer.over or began_again):
            return
        first, self._asked, self._answer = self._asked is None, snapshot, _Answer()
        key = (id(self), "elbo")
        self._desk.experiment.background.do(key, _work(snapshot, image, self._answer), first, REST)

    def tilt(self, beta: float) -> None:
        """Weigh the rate by another β; nothing is trained."""
        if beta != self.beta:
            self.beta = beta
            self.tilted.emit()

    def apply(self) -> None:
        """Train on with this β; what D and R are now is kept to compare with."""
        if self.run is not None and (known := self.run.model.rate_knobs) is not None:
            since = self.run.view.status.step
            self._before = None if self.shown is None else Before(self.beta, since, self.shown)
            self._desk.set_knob(self.run, known.weight, self.beta)
