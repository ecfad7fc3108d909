"""The reparameterization lab: μ, σ, the draws ε and f, as hands change them, and what both estimators make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Doubles
from core.probes.elbo_anatomy import DistortionCurve, DistortionCurveLook
from core.probes.look import Answer
from core.theory import reparameterization as rp
from core.theory.gaussians import Gaussian
from core.theory.reparameterization import ESTIMATORS, FUNCTIONS, Estimator, Function, Parameter
from gui.desk.clock import Clock
from gui.desk.desk import Desk, lane_with_rate
from gui.information.posterior import dimension

if TYPE_CHECKING:
    from core.engine.run import Run


MOST = 10_000
"""Draws in all."""
HELD = 20
"""The first draws are points that a hand can move."""
REACH, EPSILON_REACH = 3.0, 4.0
"""μ and ε stay within."""
LEAST, MOST_SIGMA = 0.05, 1.5
START = Gaussian(0.4, 0.8)
DECODER = "decoder"
GRID = np.linspace(-10.0, 10.0, 401, dtype=np.float32)
"""Where my decoder's loss is computed along one dimension: all that z can be, in steps of 0.05."""
DOUBLE_S = 0.6
"""Drawing one by one doubles their number so often."""


@dataclass(frozen=True)
class Found:
    """What the first N draws say. ``each`` (10,000,) are all single-draw estimates, by way."""

    exact: float
    each: dict[Estimator, Doubles]
    means: dict[Estimator, tuple[float, float]]
    variances: dict[Estimator, float]


class Lab(QObject):
    """Every change emits ``changed``."""

    changed = Signal()

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk = desk
        self.q = START
        self.name, self.count = "quadratic", 1_000
        self.by: Parameter = "mu"
        self.function = FUNCTIONS[self.name]
        self.active = -1  # the held draw that the keys move; -1 is μ
        self.running, self.touched = False, False
        self._seed, self._at = 11, 0.0
        self.epsilon: Doubles = np.zeros(MOST)
        self._whose: tuple[Run, int] | None = None  # the lane whose decoder is asked, and its life
        self._look: DistortionCurveLook | None = None
        self._answer: Answer[DistortionCurve] | None = None
        self.waiting = False
        self._found: Found | None = None
        clock.moved.connect(self._advance)
        desk.point.animated.connect(self._animated)
        for signal in (desk.lane_selected, desk.lanes_changed):
            signal.connect(self._lanes)
        self._draw()

    @property
    def z(self) -> Doubles:
        """Where the held draws are, (HELD,)."""
        return rp.z_of(self.q.mu, self.q.sigma, self.epsilon[:HELD])

    @property
    def found(self) -> Found:
        """Computed once for each change, when first asked."""
        if self._found is None:
            f, mu, sigma = self.function, self.q.mu, self.q.sigma
            each = {way: rp.estimates(f, mu, sigma, self.epsilon, self.by, way) for way in ESTIMATORS}
            self._found = Found(
                rp.exact(f, mu, sigma, self.by),
                each,
                {way: rp.mean_and_error(each[way][: self.count]) for way in ESTIMATORS},
                {way: rp.variance(f, mu, sigma, self.by, way) for way in ESTIMATORS},
            )
        return self._found

    def _change(self) -> None:
        self._found = None
        self.changed.emit()

    # --- hands -------------------------------------------------------------------------------------------------------

    def place(self, mu: float, sigma: float) -> None:
        """Move q, within what the plots show."""
        put = Gaussian(min(REACH, max(-REACH, mu)), min(MOST_SIGMA, max(LEAST, sigma)))
        if put != self.q:
            self.q = put
            self._change()

    def choose(self, index: int) -> None:
        """What Left and Right move: a held draw, or -1 for μ."""
        index = min(HELD - 1, max(-1, index))
        if index != self.active:
            self.active = index
            self.changed.emit()

    def move_draw(self, index: int, epsilon: float) -> None:
        """Put one of the held draws elsewhere: no longer a fair draw."""
        self.epsilon[index] = min(EPSILON_REACH, max(-EPSILON_REACH, epsilon))
        self.touched, self.active = True, index
        self._change()

    def new_draws(self) -> None:
        """Other ε, all of them."""
        self._seed += 1
        self._draw()

    def _draw(self) -> None:
        self.epsilon = np.random.default_rng(self._seed).standard_normal(MOST)
        self.epsilon[:HELD] = np.clip(self.epsilon[:HELD], -EPSILON_REACH, EPSILON_REACH)
        self.touched = False
        self._change()

    def set_by(self, by: Parameter) -> None:
        """Which derivative."""
        self.by = by
        self._change()

    def set_count(self, count: int) -> None:
        """How many of the draws are counted."""
        count = min(MOST, max(1, count))
        if count != self.count:
            self.count = count
            self._change()

    def set_function(self, name: str) -> None:
        """Another f; that of my decoder comes from the background."""
        self.name = name
        if name == DECODER:
            self._look = None
            self.ask()
            self.changed.emit()
            return
        self.waiting = False
        self.function = FUNCTIONS[name]
        self._change()

    # --- my decoder --------------------------------------------------------------------------------------------------

    def why_no_decoder(self) -> str:
        """Why there is no VAE's loss to take, or nothing."""
        return "" if lane_with_rate(self._desk) is not None else "Add a VAE lane to use this"

    def _lanes(self) -> None:
        if self.name == DECODER and self.why_no_decoder():
            self.set_function("quadratic")
        else:
            self.changed.emit()

    def ask(self) -> None:
        """On the clock: ask for newer weights, another image or another lane, and take what was found."""
        run, image = lane_with_rate(self._desk), self._desk.chosen.image
        if self.name != DECODER or run is None or image is None:
            return
        whose = run, run.view.life
        if self._look is None or self._look.image is not image or whose != self._whose:
            self._whose, self._look, self.waiting = whose, DistortionCurveLook(image, GRID), True
        run.ask(self._look)
        self.read()

    def read(self) -> None:
        """Take the loss that was found as f."""
        if self._whose is None or self._look is None or self.name != DECODER:
            return
        run, _ = self._whose
        found = run.view.looks.of(DistortionCurveLook)
        if found is None or found.key != self._look.key or (found is self._answer and not self.waiting):
            return
        self._answer, curve = found, found.value
        self.function = _function(run.model.short, found.step, curve)
        if self.waiting:  # begin at q(z|x) itself; later weights leave the hand where it is
            self.waiting = False
            self.q = Gaussian(min(REACH, max(-REACH, curve.mu)), min(MOST_SIGMA, max(LEAST, curve.sigma)))
        self._change()

    # --- drawing one by one ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Draw from the first to the last; at once where motion is reduced."""
        if self.running:
            return
        if self._desk.point.reduce_motion:
            self.set_count(MOST)
            return
        self.running, self._at = True, 1.0
        self.set_count(1)
        self._desk.point.animated.emit(True)
        self.changed.emit()

    def stop(self) -> None:
        """Rest."""
        if self.running:
            self.running = False
            self._desk.point.animated.emit(self._desk.point.is_moving)
            self.changed.emit()

    def _animated(self, moving: bool) -> None:
        if self.running and not moving:
            self.running = False
            self.changed.emit()

    def _advance(self, seconds: float) -> None:
        if not self.running:
            return
        self._at = min(float(MOST), self._at * 2.0 ** (seconds / DOUBLE_S))
        self.set_count(int(self._at))
        if self.count >= MOST:
            self.stop()


def _function(title: str, step: int, curve: DistortionCurve) -> Function:
    words = f" of this image, {title}, step {step:,}; other dimensions at μ"
    latex = rf"f(z_{{{curve.dimension + 1}}}) = \distortion{{D}}"
    return rp.through_points(GRID, curve.values, f"D along {dimension(curve.dimension)}", latex, words)
