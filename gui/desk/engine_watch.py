"""How the engine is: whether it computes, waits for its link or has ended, and what the user is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.desk.lane_names import LaneNames

if TYPE_CHECKING:
    from core.engine.engine import Health
    from core.engine.experiment import Experiment

TRAFFIC_INTERVAL_S = 1.0
"""Shortest time between two emissions of ``measured``, s: faster than that nobody reads numbers."""
SLOW_START_S = 1.0
"""An engine that starts for longer is told of, s: for less, words would only come and go."""
AGAIN = {"cut": "Try now", "ended": "Start the engine again"}
"""What the user can do about each state, as words of a button."""


class EngineWatch(QObject):
    """Reads the engine's `Health` at every beat and tells what changed. One per desk."""

    changed = Signal()  # another state or another trouble
    measured = Signal()  # round trip and bytes a second may be others
    told = Signal(str, str)  # as of the desk
    told_while = Signal(str, str, object)  # as of the desk

    def __init__(self, names: LaneNames, parent: QObject) -> None:
        super().__init__(parent)
        self._names = names
        self._experiment: Experiment | None = None
        self._health: Health | None = None
        self._measured_at = self._since = 0.0  # the last emission of ``measured``, the start of this state, s
        self._is_told = False
        self._was_down = False  # since it computed last, it has ended or its link was cut

    def open(self, experiment: Experiment) -> None:
        """Watch the engine of this experiment, from the next `look` on."""
        self._experiment = experiment

    @property
    def state(self) -> str:
        """The state of a `Health`; "here" before there is an engine."""
        return "here" if self._health is None else self._health.state

    @property
    def host(self) -> str:
        """The other machine that computes; "" where it is this one."""
        return "" if self._health is None else self._health.host

    @property
    def has_ended(self) -> bool:
        """Whether nothing is computed until it is started again."""
        return self.state == "ended"

    @property
    def is_cut(self) -> bool:
        """Whether its link is cut: the lanes go on, and nothing of them is seen."""
        return self.state == "cut"

    @property
    def again_words(self) -> str:
        """What the user can do now, as words of a button; "" where there is nothing to do."""
        return AGAIN.get(self.state, "")

    def place_words(self) -> str:
        """Where lanes are computed, with what the link brings: "process 12 on gpu01 · round trip 24 ms · 1.2 MB/s"."""
        if self._health is None:
            return ""
        return " · ".join((self._health.place, *self.traffic_words()))

    def traffic_words(self) -> tuple[str, ...]:
        """Round trip and bytes a second, as far as they are known; nothing while nothing comes."""
        health = self._health
        if health is None or health.round_trip_s is None or health.state != "running":
            return ()
        return f"round trip {1000 * health.round_trip_s:,.0f} ms", _rate(health.bytes_per_s)

    def start_again(self) -> None:
        """Start an engine that has ended, or try its link at once."""
        if self._experiment is not None and self.again_words:
            self._experiment.engine.start_again()
            if not self.look():  # it could not, for the same reason as before
                self.tell()

    def look(self) -> bool:
        """Read the engine's health; whether its state or trouble is another one."""
        if self._experiment is None:
            return False
        health, before = self._experiment.engine.health(), self._health
        self._health = health
        if (now := time.monotonic()) - self._measured_at >= TRAFFIC_INTERVAL_S:
            self._measured_at = now
            self.measured.emit()
        changed = before is None or (health.state, health.trouble) != (before.state, before.trouble)
        if changed:
            self._since, self._is_told = now, False
            self._was_down |= health.state in AGAIN
            self.changed.emit()
        if not self._is_told and (health.state != "starting" or self._was_down or now - self._since >= SLOW_START_S):
            self._tell_state(health.state)
        return changed

    def _tell_state(self, state: str) -> None:
        self._is_told = True
        if state == "running" and self._was_down:
            self._was_down = False
            self.told.emit("The engine computes again.", "note")
        else:
            self.tell()

    def tell(self) -> None:
        """Tell what the matter is, as long as it is: what happened, and where the lanes stood."""
        health = self._health
        if health is None or health.state in ("here", "running"):
            return
        said = health.state, health.trouble
        tone = "error" if health.state == "ended" else "warn" if health.state == "cut" else "note"
        self.told_while.emit(self._sentence(health), tone, self._holds(said))

    def _holds(self, said: tuple[str, str]) -> Callable[[], bool]:
        return lambda: self._health is not None and (self._health.state, self._health.trouble) == said

    def _sentence(self, health: Health) -> str:
        if health.state == "starting":
            return f"Starting the engine on {health.host} …" if health.host else "Starting the engine …"
        runs = [] if self._experiment is None else self._experiment.runs
        steps = [(self._names.of(run).brief, run.live_view.status.step) for run in runs]
        where = [f"{name} at {step:,}" for name, step in steps if step]
        if not where:
            return f"{health.trouble}."
        verb = "was last seen" if health.state == "cut" else "stood"
        where[0] = where[0].replace(" at ", f" {verb} at step ", 1)
        return f"{health.trouble}; {', '.join(where)}."


def _rate(bytes_per_s: float) -> str:
    """ "1.2 MB/s", "40 kB/s"."""
    return f"{bytes_per_s / 1e6:,.1f} MB/s" if bytes_per_s >= 1e5 else f"{bytes_per_s / 1e3:,.0f} kB/s"
