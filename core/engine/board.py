"""The board: the only object that a trainer, the background worker and the window share.

It holds one immutable `View`. Writers replace parts of it, readers take it whole; nobody ever waits for a reader.
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
    """What was measured, by the name of the measure (see `core.metrics`), and by the name of the sampler in force.

    ``values`` holds the newest answer of each; ``trail`` (see `core.engine.measure_rounds`) one row per finished round.
    ``waiting`` are the measures of the present round that are not done yet, the first being in work.
    """

    values: Mapping[str, Measured]
    trail: Table
    sampler: str = "prior"
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """What a run shows at an instant. Parts are replaced, never changed: compare them with ``is``.

    ``life`` counts restarts: each begins with a new view, of which only the events are older. ``setup`` and ``dataset``
    are those that the ``snapshot`` was built from; ``past`` are the snapshots of the film strip, oldest first.
    """

    status: Status
    history: Table
    config: TrainConfig
    setup: Setup | None = None
    dataset: Dataset | None = None
    life: int = 0
    snapshot: Snapshot | None = None
    past: tuple[Snapshot, ...] = ()
    looks: Looks = field(default_factory=Looks)
    measures: Measures | None = None
    events: tuple[Event, ...] = ()

    @property
    def tests(self) -> Table:
        """Distortion and rate of held-out images so far (`core.probes.held_out`)."""
        return self.looks.value(HeldOutLook) or held_out.NONE


class Board:
    """One `View`, replaced under a lock, read without one."""

    MOST_EVENTS = 200

    def __init__(self, view: View) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._read_step = -1
        self.changed = threading.Condition()

    @property
    def view(self) -> View:
        """The newest view."""
        return self._view

    def look(self) -> View:
        """The newest view, for a reader who shows it: the trainer makes a new snapshot only after a look."""
        view = self._view
        if view.snapshot is not None:
            self._read_step = view.snapshot.step
        return view

    @property
    def snapshot_was_read(self) -> bool:
        """Whether somebody looked at the newest snapshot."""
        snapshot = self._view.snapshot
        return snapshot is None or self._read_step == snapshot.step

    def change(self, edit: Callable[[View], View]) -> None:
        """Put what ``edit`` makes of the newest view in its place. Others wait meanwhile: it must be quick."""
        with self._lock:
            self._view = edit(self._view)
        with self.changed:
            self.changed.notify_all()

    def change_for(self, life: int, edit: Callable[[View], View]) -> bool:
        """`change`, unless the run was restarted since ``life``: late answers are dropped."""
        with self._lock:
            if self._view.life != life:
                return False
            self._view = edit(self._view)
        with self.changed:
            self.changed.notify_all()
        return True

    def wait(self, until: Callable[[View], bool], timeout_s: float | None = None) -> bool:
        """Block until ``until(view)`` holds; False if it does not within the time (None: however long it takes)."""
        with self.changed:
            return self.changed.wait_for(lambda: until(self._view), timeout_s)

    def tell(self, text: str, lane: str = "", tone: Literal["note", "warn", "error"] = "note") -> None:
        """Append an event."""
        event = Event(time.time(), lane, text, tone)
        with self._lock:
            events = (*self._view.events, event)[-self.MOST_EVENTS :]
            self._view = dataclasses.replace(self._view, events=events)
