"""The board: the only object shared by a trainer, the background thread and the window.

It holds one immutable `View`. Writers replace parts of it, readers take it as a whole; no writer waits for a reader.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from core.engine.status import Event, Status
from core.foundation.history import Table
from core.probes import held_out
from core.probes.held_out import HeldOutLook
from core.probes.look import Looks

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.metrics.base import Measured
    from core.models.base import TrainConfig
    from core.training.setup import Setup
    from core.training.snapshot import Snapshot


@dataclass(frozen=True)
class Measures:
    """Measured values by the name of the measure (see `core.metrics`), on samples of ``sampler``.

    ``values`` holds the newest value of each; ``trail`` (see `core.engine.measure_rounds`) a row per round, that of
    the present one as far as it is.
    ``waiting`` are the measures of the current round that are not done yet; the first is being computed. ``cut`` are
    those that were measured on fewer images than in full, because something trains.
    """

    values: Mapping[str, Measured]
    trail: Table
    sampler: str = "prior"
    waiting: tuple[str, ...] = ()
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True)
class View:
    """The state of a run at one moment. Parts are replaced, never changed: compare them with ``is``.

    ``life`` counts restarts: each begins with a new view that keeps only the events. ``setup`` and ``dataset`` are
    those of the ``snapshot``. ``turned_at`` is the step after which each live knob took its present value, for the
    knobs that changed since the start.
    """

    status: Status
    history: Table
    config: TrainConfig
    turned_at: Mapping[str, int] = field(default_factory=dict)
    setup: Setup | None = None
    dataset: Dataset | None = None
    life: int = 0
    snapshot: Snapshot | None = None
    looks: Looks = field(default_factory=Looks)
    measures: Measures | None = None
    events: tuple[Event, ...] = ()

    @property
    def tests(self) -> Table:
        """Distortion and rate of held-out images so far (`core.probes.held_out`)."""
        return self.looks.value(HeldOutLook) or held_out.NONE


class Board:
    """One `View`, replaced under a lock, read without one."""

    MAX_EVENTS = 200
    """Number of events kept."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._read_step = -1
        self.changed = threading.Condition()
        self._watchers: tuple[Callable[[], object], ...] = ()

    @property
    def view(self) -> View:
        """The newest view."""
        return self._view

    def look(self) -> View:
        """The newest view, for display: marks its snapshot as read, so that the trainer makes the next one sooner."""
        view = self._view
        if view.snapshot is not None:
            self.mark_read(view.snapshot.step)
        return view

    def mark_read(self, step: int) -> None:
        """Note that the snapshot of a step was displayed."""
        self._read_step = step

    def watch(self, watcher: Callable[[], object]) -> None:
        """Have a function called after each change, on the thread that made it: it must be quick."""
        self._watchers = (*self._watchers, watcher)

    def _notify(self) -> None:
        with self.changed:
            self.changed.notify_all()
        for watcher in self._watchers:
            watcher()

    @property
    def snapshot_was_read(self) -> bool:
        """Whether the newest snapshot was displayed."""
        snapshot = self._view.snapshot
        return snapshot is None or self._read_step == snapshot.step

    def change(self, edit: Callable[[View], View]) -> None:
        """Replace the newest view by ``edit`` of it. Other writers wait meanwhile: it must be quick."""
        with self._lock:
            self._view = edit(self._view)
        self._notify()

    def change_for(self, life: int, edit: Callable[[View], View]) -> bool:
        """`change`, unless the run was restarted since ``life``; False then. Drops late answers."""
        with self._lock:
            if self._view.life != life:
                return False
            self._view = edit(self._view)
        self._notify()
        return True

    def wait(self, until: Callable[[View], bool], timeout_s: float | None = None) -> bool:
        """Block until ``until(view)`` holds; False if it does not within ``timeout_s`` (None: wait for ever)."""
        with self.changed:
            return self.changed.wait_for(lambda: until(self._view), timeout_s)

    def tell(self, text: str, lane: str = "", tone: Literal["note", "warn", "error"] = "note") -> None:
        """Append an event."""
        event = Event(time.time(), lane, text, tone)
        self.change(lambda view: dataclasses.replace(view, events=(*view.events, event)[-self.MAX_EVENTS :]))
