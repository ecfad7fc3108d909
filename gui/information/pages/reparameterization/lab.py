"""State of the reparameterization lab: μ, σ, the draws ε and f as the user sets them, and the gradient estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.foundation.arrays import Doubles
from core.probes.elbo_anatomy import DistortionCurve, DistortionCurveLook
from core.probes.look import Answer
from core.theory import reparameterization as rp
from core.theory.gaussians import Gaussian
from core.theory.reparameterization import ESTIMATORS, FUNCTIONS, Estimator, Function, Parameter
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate
from gui.information.motion import MovingState
from gui.information.posterior import dimension

if TYPE_CHECKING:
    from core.engine.run import Run


MOST = 10_000
"""Number of draws."""
HELD = 20
"""The first draws are shown as points that can be moved."""
REACH = 3.0
"""Bound of |μ|."""
EPSILON_REACH = 4.0
"""Bound of |ε|."""
LEAST = 0.05
"""Smallest σ."""
MOST_SIGMA = 1.5
"""Largest σ."""
START = Gaussian(0.4, 0.8)
DECODER = "decoder"
GRID = np.linspace(-10.0, 10.0, 401, dtype=np.float32)
"""Values of z at which the decoder's distortion is computed along one dimension, in steps of 0.05."""
DOUBLE_S = 0.6
"""Time in which drawing one by one doubles the number of draws, s."""


@dataclass(frozen=True)
class Estimates:
    """Exact gradient and its estimates.

    ``single_draws``: all estimates by one draw, (MOST,). ``means``: mean and standard error of the first N of them.
    ``variances``: exact variance of one draw.
    """

    exact: float
    single_draws: dict[Estimator, Doubles]
    means: dict[Estimator, tuple[float, float]]
    variances: dict[Estimator, float]


class Lab(MovingState):
    """Shared by the cards of the page; draws come one by one while it runs."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.q = START
        self.name, self.count = "quadratic", 1_000
        self.by: Parameter = "mu"
        self.function = FUNCTIONS[self.name]
        self.active = -1  # the movable draw that the keys move; -1 is μ
        self.touched = False
        self._seed, self._exact_count = 11, 0.0
        self.epsilon: Doubles = np.zeros(MOST)
        self._source: tuple[Run, int] | None = None  # the lane whose decoder is used, and its life
        self._look: DistortionCurveLook | None = None
        self._answer: Answer[DistortionCurve] | None = None
        self.waiting = False
        self._estimates: Estimates | None = None
        for signal in (desk.lane_selected, desk.lanes_changed):
            signal.connect(self._lanes)
        self._draw()

    @property
    def z(self) -> Doubles:
        """z of the movable draws, (HELD,)."""
        return rp.z_of(self.q.mu, self.q.sigma, self.epsilon[:HELD])

    @property
    def estimates(self) -> Estimates:
        """The estimates of the present state, computed when first read after a change."""
        if self._estimates is None:
            f, mu, sigma = self.function, self.q.mu, self.q.sigma
            single_draws = {way: rp.estimates(f, mu, sigma, self.epsilon, self.by, way) for way in ESTIMATORS}
            self._estimates = Estimates(
                rp.exact(f, mu, sigma, self.by),
                single_draws,
                {way: rp.mean_and_error(single_draws[way][: self.count]) for way in ESTIMATORS},
                {way: rp.variance(f, mu, sigma, self.by, way) for way in ESTIMATORS},
            )
        return self._estimates

    def _change(self) -> None:
        self._estimates = None
        self.changed.emit()

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def place(self, mu: float, sigma: float) -> None:
        """Set μ and σ, kept within the plots."""
        gaussian = Gaussian(min(REACH, max(-REACH, mu)), min(MOST_SIGMA, max(LEAST, sigma)))
        if gaussian != self.q:
            self.q = gaussian
            self._change()

    def choose(self, index: int) -> None:
        """Choose what Left and Right move: a movable draw, or -1 for μ."""
        index = min(HELD - 1, max(-1, index))
        if index != self.active:
            self.active = index
            self.changed.emit()

    def move_draw(self, index: int, epsilon: float) -> None:
        """Set ε of a movable draw; the draws are then no fair sample."""
        self.epsilon[index] = min(EPSILON_REACH, max(-EPSILON_REACH, epsilon))
        self.touched, self.active = True, index
        self._change()

    def new_draws(self) -> None:
        """Draw all ε anew."""
        self._seed += 1
        self._draw()

    def _draw(self) -> None:
        self.epsilon = np.random.default_rng(self._seed).standard_normal(MOST)
        self.epsilon[:HELD] = np.clip(self.epsilon[:HELD], -EPSILON_REACH, EPSILON_REACH)
        self.touched = False
        self._change()

    def set_by(self, by: Parameter) -> None:
        """Choose the parameter of the derivative."""
        self.by = by
        self._change()

    def set_count(self, count: int) -> None:
        """Set the number N of draws that are averaged."""
        count = min(MOST, max(1, count))
        if count != self.count:
            self.count = count
            self._change()

    def set_function(self, name: str) -> None:
        """Choose f; the decoder's distortion is computed in the background."""
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
        """Why the decoder's distortion is not available; "" where it is."""
        return "" if lane_with_rate(self._desk) is not None else "Add a VAE lane to use this"

    def _lanes(self) -> None:
        if self.name == DECODER and self.why_no_decoder():
            self.set_function("quadratic")
        else:
            self.changed.emit()

    def ask(self) -> None:
        """On the clock: request the distortion curve of the newest weights, image and lane, and take the answer."""
        run, image = lane_with_rate(self._desk), self._desk.chosen.image
        if self.name != DECODER or run is None or image is None:
            return
        source = run, run.view.life
        if self._look is None or self._look.image is not image or source != self._source:
            self._source, self._look, self.waiting = source, DistortionCurveLook(image, GRID), True
        run.ask(self._look)
        self.read()

    def read(self) -> None:
        """Take the newest distortion curve as f."""
        if self._source is None or self._look is None or self.name != DECODER:
            return
        run, _ = self._source
        answer = run.view.looks.of(DistortionCurveLook)
        if answer is None or answer.key != self._look.key or (answer is self._answer and not self.waiting):
            return
        self._answer, curve = answer, answer.value
        self.function = _function(self._desk.names.of(run).full, answer.step, curve)
        if self.waiting:  # begin at q(z|x) itself; later weights leave μ and σ as they are
            self.waiting = False
            self.q = Gaussian(min(REACH, max(-REACH, curve.mu)), min(MOST_SIGMA, max(LEAST, curve.sigma)))
        self._change()

    # --- drawing one by one ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Increase N from 1 to `MOST`; at once with reduced motion."""
        if self.running:
            return
        if self._desk.point.reduce_motion:
            self.set_count(MOST)
            return
        self._exact_count = 1.0
        self.set_count(1)
        self.run()

    def advance(self, seconds: float) -> None:
        """Double the number of draws every `DOUBLE_S`."""
        self._exact_count = min(float(MOST), self._exact_count * 2.0 ** (seconds / DOUBLE_S))
        self.set_count(int(self._exact_count))
        if self.count >= MOST:
            self.stop()


def _function(title: str, step: int, curve: DistortionCurve) -> Function:
    words = f" of this image, {title}, step {step:,}; other dimensions at μ"
    latex = rf"f(z_{{{curve.dimension + 1}}}) = \distortion{{D}}"
    return rp.through_points(GRID, curve.values, f"D along {dimension(curve.dimension)}", latex, words)
