"""The reparameterization lab: μ, σ, the draws ε and f, as hands change them, and what both estimators make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Doubles, Floats
from core.theory import reparameterization as rp
from core.theory.gaussians import Gaussian
from core.theory.reparameterization import ESTIMATORS, FUNCTIONS, Estimator, Function, Parameter
from gui.desk.clock import Clock
from gui.desk.desk import Desk, lane_with_rate
from gui.information.posterior import dimension

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot


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
REST = 12.0


@dataclass(frozen=True)
class Found:
    """What the first N draws say. ``each`` (10,000,) are all single-draw estimates, by way."""

    exact: float
    each: dict[Estimator, Doubles]
    means: dict[Estimator, tuple[float, float]]
    variances: dict[Estimator, float]


class _Answer:
    """The decoder's loss along a dimension: the background writes it, the window's thread reads it."""

    def __init__(self) -> None:
        self.found: tuple[Function, float, float] | None = None


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
        self._asked: tuple[object, ...] = ()
        self._answer = _Answer()
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
            self._asked = ()
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
        """On the clock: take what was found; ask for newer weights, another image or another lane."""
        if self.name != DECODER:
            return
        found = self._answer.found
        if found is not None:
            self._answer.found = None
            function, mu, sigma = found
            self.function = function
            if self.waiting:  # begin at q(z|x) itself; later weights leave the hand where it is
                self.waiting = False
                self.q = Gaussian(min(REACH, max(-REACH, mu)), min(MOST_SIGMA, max(LEAST, sigma)))
            self._change()
        run, image = lane_with_rate(self._desk), self._desk.chosen.image
        snapshot = None if run is None else run.snapshot
        if run is None or snapshot is None or image is None or image.shape != snapshot.shape.image:
            return
        place = (run, snapshot.life, image.tobytes())
        background, key = self._desk.experiment.background, (id(self), "decoder")
        new = self._asked[:3] != place
        if (*place, snapshot.step) == self._asked or (not new and background.is_waiting(key)):
            return
        if new:
            self.waiting, self._answer = True, _Answer()
        self._asked = (*place, snapshot.step)
        background.ask(key, _looking(snapshot, image, run.model.short, self._answer), new, REST)

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


def _looking(snapshot: Snapshot, image: Floats, title: str, answer: _Answer) -> Callable[[], None]:
    """The job: the distortion along the dimension that tells most of this image."""

    def look() -> None:
        from core.probes import elbo_anatomy
        from core.theory.gaussians import kl_to_prior

        codes = snapshot.encode(image[None])
        assert codes is not None
        assert codes.sigma is not None
        index = int(np.argmax(kl_to_prior(codes.mu[0], codes.sigma[0])))
        values = elbo_anatomy.along(snapshot, image, index, GRID)
        name = dimension(index)
        words = f" of this image, {title}, step {snapshot.step:,}; other dimensions at μ"
        latex = rf"f(z_{{{index + 1}}}) = \distortion{{D}}"
        function = rp.through_points(GRID, values, f"D along {name}", latex, words)
        answer.found = (function, float(codes.mu[0, index]), float(codes.sigma[0, index]))

    return look
