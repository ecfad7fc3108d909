"""Two Gaussians as the user moves them, and one that is fitted to two humps, step by step on the window's clock."""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.theory import gaussians
from core.theory.gaussians import Density, Direction, Fit, Gaussian, Mixture
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.information.motion import MovingState

Mode = Literal["compare", "fit"]
Name = Literal["p", "q", "left", "right"]
"""Gaussians that have handles: p and q, or the two humps of p and q."""

REACH: dict[Mode, float] = {"compare": 4.0, "fit": 6.0}
"""Half the width of the plots' x axis."""
LEAST = 0.2
"""Smallest σ that can be set."""
MOST = 3.0
"""Largest σ that can be set."""
DRAWS = 20_000
"""Draws of a Monte Carlo estimate."""
STEPS_PER_S = 30.0
"""Speed of the fit."""
MOST_STEPS = 2_000
"""A fit ends after this many steps at the latest."""

START_P = Gaussian(-0.5, 1.0)
START_Q = Gaussian(0.7, 0.75)
START_HUMPS = Mixture((Gaussian(-2.5, 0.6), Gaussian(2.5, 0.8)))
START_FIT = Gaussian(0.8, 1.0)


@functools.cache
def draws() -> npt.NDArray[np.float64]:
    """Fixed draws of N(0, 1), (DRAWS,): the estimate changes only when a curve does."""
    return np.random.default_rng(11).standard_normal(DRAWS)


class Curves(MovingState):
    """p, q, the mode and the fit, which runs step by step."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.mode: Mode = "compare"
        self.direction: Direction = "forward"
        self.p, self._q = START_P, START_Q
        self.humps = START_HUMPS
        self._fitted = START_FIT
        self.active: Name = "q"
        self.fit: Fit | None = None
        self._steps_due = 0.0

    @property
    def q(self) -> Gaussian:
        """The model: the one that is moved, or the one that is fitted."""
        return self._fitted if self.mode == "fit" else self._q

    @property
    def truth(self) -> Density:
        """The density p, with one hump or two."""
        return self.humps if self.mode == "fit" else self.p

    @property
    def names(self) -> tuple[Name, ...]:
        """The Gaussians that have handles in this mode."""
        return ("left", "right", "q") if self.mode == "fit" else ("p", "q")

    def gaussian(self, name: Name) -> Gaussian:
        """The Gaussian of one of `names`."""
        if name == "q":
            return self.q
        return self.p if name == "p" else self.humps.components[name == "right"]

    def kl(self, direction: Direction) -> float:
        """KL in closed form where there is one, else by quadrature."""
        if self.mode == "fit":
            return gaussians.objective(self.humps, self.q, direction)
        return gaussians.kl(self.p, self.q) if direction == "forward" else gaussians.kl(self.q, self.p)

    def by_draws(self, direction: Direction) -> tuple[float, float] | None:
        """KL by Monte Carlo and its standard error; None where draws of a p with two humps would be needed."""
        if direction == "reverse":
            return gaussians.kl_by_draws(self.q, self.truth, draws())
        return None if self.mode == "fit" else gaussians.kl_by_draws(self.p, self.q, draws())

    def integrand(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Integrand of KL in the chosen direction at x (N,)."""
        if self.direction == "forward":
            return gaussians.integrand(self.truth, self.q, x)
        return gaussians.integrand(self.q, self.truth, x)

    def set_mode(self, mode: Mode) -> None:
        """Change between comparing two Gaussians and fitting one."""
        self.stop()
        self.mode = mode
        self.active, self.fit = "q", None
        self.changed.emit()

    def set_direction(self, direction: Direction) -> None:
        """Choose the KL that is shown and fitted; a running fit goes on with it."""
        self.direction = direction
        self.fit = None
        self.changed.emit()

    def choose(self, name: Name) -> None:
        """Choose the Gaussian that the keys move."""
        if name in self.names and name != self.active:
            self.active = name
            self.changed.emit()

    def place(self, name: Name, mu: float, sigma: float) -> None:
        """Move a Gaussian, kept within the plot and σ within `LEAST` to `MOST`."""
        reach = REACH[self.mode] - 0.25
        gaussian = Gaussian(min(reach, max(-reach, mu)), min(MOST, max(LEAST, sigma)))
        if name == "q" and self.mode == "fit":
            self._fitted = gaussian
        elif name == "q":
            self._q = gaussian
        elif name == "p":
            self.p = gaussian
        else:
            left, right = self.humps.components
            self.humps = Mixture((gaussian, right) if name == "left" else (left, gaussian))
        self.active, self.fit = name, None
        self.changed.emit()

    # --- the fit -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start gradient descent from the present q; with reduced motion it runs to its end at once."""
        if self.mode != "fit" or self.running:
            return
        self.fit = gaussians.begin(self.humps, self.q, self.direction)
        self._steps_due = 0.0
        if not self._desk.point.reduce_motion:
            self.run()
            return
        while not self._step():
            pass
        self.changed.emit()

    def advance(self, seconds: float) -> None:
        """Take the steps that are due."""
        self._steps_due = min(4.0, self._steps_due + seconds * STEPS_PER_S)
        due = int(self._steps_due)
        if due == 0:
            return
        self._steps_due -= due
        if any(self._step() for _ in range(due)):  # no step after the one that converges
            self.stop()
        else:
            self.changed.emit()

    def _step(self) -> bool:
        """Take one step of the descent; True if it was the last."""
        if self.fit is None:  # q was moved, or the direction changed: start from here
            self.fit = gaussians.begin(self.humps, self.q, self.direction)
        self.fit = gaussians.descend(self.humps, self.fit, self.direction)
        self._fitted = self.fit.q
        return self.fit.has_converged or self.fit.steps >= MOST_STEPS
