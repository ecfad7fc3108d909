"""The point z that every lane decodes, with its pins, its path and its motion.

The numbers belong to the experiment, so that they are saved and restarted with it. This object changes them for the
window and emits what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.foundation.arrays import Floats
from core.theory import latent_space

if TYPE_CHECKING:
    from core.engine.experiment import Experiment

Pin = Literal["a", "b"]

LOOP_S = 4.0
"""Time from one end of the path to the other, s."""


@dataclass(frozen=True)
class State:
    """What the user can move: the point and the ends of its path, and where on the path it is."""

    z: tuple[float, ...]
    pins: tuple[tuple[float, ...], tuple[float, ...]]
    arc: bool
    path_t: float


class LatentPoint(QObject):
    """The shared latent point of a window. All but the flags of motion needs an open experiment."""

    moved = Signal()  # within the event that moved it: pictures and rings follow
    shown = Signal()  # at the next beat after a move: numbers and sliders, which nobody reads faster
    pins_moved = Signal()
    plane_changed = Signal()
    animated = Signal(bool)  # whether it moves by itself now
    replaced = Signal()  # it is another one, which nobody moved

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment: Experiment | None = None
        self.arc = False
        self.path_t = 0.0
        self.walking = False
        self.looping = False
        self.reduce_motion = False
        self._is_stale = False  # moved since ``shown`` was emitted
        self._heading = np.zeros(1, np.float32)
        self._loop_back = False
        self._random = np.random.default_rng()

    def open(self, experiment: Experiment) -> None:
        """Use the point of this experiment."""
        self._experiment = experiment

    @property
    def _owner(self) -> Experiment:
        assert self._experiment is not None, "no experiment yet"
        return self._experiment

    def announce(self) -> None:
        """Emit that point, pins and plane may all have changed: after new latent dims or another experiment."""
        self.replaced.emit()
        self.plane_changed.emit()
        self.pins_moved.emit()
        self.moved.emit()
        self.shown.emit()

    def state(self) -> State | None:
        """What the user moved so far; None without an experiment."""
        if self._experiment is None:
            return None
        pins = tuple(self.pin("a").tolist()), tuple(self.pin("b").tolist())
        return State(tuple(self.z.tolist()), pins, self.arc, self.path_t)

    def take(self, state: State) -> None:
        """Go back to a state of a space of as many dimensions."""
        self.stop()
        self.arc, self.path_t = state.arc, state.path_t
        self._owner.pin_a, self._owner.pin_b = (np.array(each, np.float32) for each in state.pins)
        self.pins_moved.emit()
        self.move(np.array(state.z, np.float32))

    # --- the point ---------------------------------------------------------------------------------------------------

    @property
    def z(self) -> Floats:
        """The point (D,), in the units that all lanes share."""
        return self._owner.cursor

    def move(self, z: Floats) -> None:
        """Move to z (D,), clipped to ±`LIMIT`. Every lane follows within this event."""
        limit = latent_space.LIMIT
        self._owner.cursor = np.clip(np.asarray(z, np.float32), -limit, limit).round(4)
        self._is_stale = True
        self.moved.emit()

    def show(self) -> None:
        """Emit ``shown`` if the point moved since the last call. The clock calls this."""
        if self._is_stale:
            self._is_stale = False
            self.shown.emit()

    def move_on_map(self, point: Floats) -> None:
        """Move to plane coordinates (2,). The component off the plane stays."""
        self.move(self.plane.at(point[None], self.z)[0])

    def nudge(self, dx: float, dy: float) -> None:
        """Move by (dx, dy) on the map."""
        self.move_on_map(self.plane.of(self.z[None])[0] + np.array([dx, dy], np.float32))

    def set_coordinate(self, index: int, value: float) -> None:
        """Set one dimension of z."""
        z = self.z.copy()
        z[index] = value
        self.move(z)

    def zero(self) -> None:
        """Move to the origin."""
        self.move(np.zeros_like(self.z))

    def _draw(self) -> Floats:
        return self._random.standard_normal(self.z.shape, dtype=np.float32)

    def randomise(self) -> None:
        """Move to a draw of N(0, I)."""
        self.move(self._draw())

    # --- the plane of the map ----------------------------------------------------------------------------------------

    @property
    def plane(self) -> latent_space.Plane:
        """The plane of the latent space that maps show."""
        return self._owner.plane

    def set_plane(self, plane: latent_space.Plane, follows_codes: bool = False) -> None:
        """Show another plane, which counts as chosen; one that ``follows_codes`` until the lanes begin again."""
        self._owner.plane = plane
        self._owner.plane_is_chosen, self._owner.plane_follows_codes = True, follows_codes
        self.plane_changed.emit()

    # --- pins and the path between them ------------------------------------------------------------------------------

    def pin(self, which: Pin) -> Floats:
        """An end of the path, (D,)."""
        return self._owner.pin_a if which == "a" else self._owner.pin_b

    def put_pin(self, which: Pin, z: Floats) -> None:
        """Put an end of the path at z (D,)."""
        if which == "a":
            self._owner.pin_a = z
        else:
            self._owner.pin_b = z
        self.pins_moved.emit()

    def set_pin(self, which: Pin) -> None:
        """Put a pin where the point is."""
        self.put_pin(which, self.z.copy())

    def move_pin(self, which: Pin, point: Floats) -> None:
        """Move a pin to plane coordinates (2,)."""
        self.put_pin(which, self.plane.at(point[None], self.pin(which))[0])

    def path(self, count: int) -> Floats:
        """``count`` evenly spaced points from A to B, (count, D)."""
        return self.path_at(np.linspace(0.0, 1.0, count, dtype=np.float32))

    def path_at(self, t: Floats) -> Floats:
        """Points (N, D) of the path at t (N,) in [0, 1]."""
        interpolate = latent_space.slerp if self.arc else latent_space.lerp
        return interpolate(self.pin("a"), self.pin("b"), t)

    def set_path_t(self, t: float) -> None:
        """Move the point along the path; t is clipped to [0, 1]."""
        self.path_t = min(1.0, max(0.0, t))
        self.move(self.path_at(np.array([self.path_t], np.float32))[0])

    def set_arc(self, arc: bool) -> None:
        """Let the path be an arc around the origin (slerp), or straight (lerp)."""
        self.arc = arc
        self.pins_moved.emit()

    # --- motion ------------------------------------------------------------------------------------------------------

    @property
    def is_moving(self) -> bool:
        """Whether the point moves by itself."""
        return self.walking or self.looping

    def toggle_walk(self) -> None:
        """Start or stop a random walk through the space."""
        if self._experiment is None:
            return
        self.walking = not self.walking and not self.reduce_motion
        self.looping = False
        self._heading = self._draw()
        self.animated.emit(self.walking)

    def toggle_loop(self) -> None:
        """Start or stop running along the path and back."""
        if self._experiment is None:
            return
        self.looping = not self.looping and not self.reduce_motion
        self.walking = False
        self.animated.emit(self.looping)

    def stop(self) -> None:
        """Stop walking and looping."""
        if self.is_moving:
            self.walking = self.looping = False
            self.animated.emit(False)

    def advance(self, seconds: float) -> None:
        """Move on by one frame. The clock calls this."""
        if self.looping:
            t = self.path_t + (-seconds if self._loop_back else seconds) / LOOP_S
            if not 0.0 <= t <= 1.0:
                self._loop_back = not self._loop_back
            self.set_path_t(t)
        elif self.walking and self._heading.shape == self.z.shape:
            z, self._heading = latent_space.walk_on(self.z, self._heading, self._draw(), seconds)
            self.move(z)
