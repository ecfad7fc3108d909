"""The board: the only object that a trainer, the background worker and the window share.

It holds one immutable `View`. Writers replace parts of it, readers take it whole; nobody ever waits for a reader.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.engine.status import Event, Status
from core.foundation.history import Table

if TYPE_CHECKING:
    from core.metrics.base import Measured
    from core.probes.data_plane import PlaneLook
    from core.probes.hole_maps import HoleMap, LatentWalk
    from core.probes.new_pictures import NewPictures
    from core.training.snapshot import Snapshot
from core.evaluation.training_codes import TrainingCodes
from core.probes.pictures import LatentCodes, Nearest, Pictures, Tiles
from core.probes.units import Moves


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
    """What a run shows at an instant. Parts are replaced, never changed: compare them with ``is``."""

    status: Status
    history: Table
    tests: Table
    config: Any = None
    setup: Any = None  # what the snapshot was built from, as is the dataset
    dataset: Any = None
    life: int = 0  # counts restarts
    snapshot: Snapshot | None = None
    past: tuple[Snapshot, ...] = ()
    latent_codes: LatentCodes | None = None
    moves: Moves | None = None
    training_codes: TrainingCodes | None = None
    tiles: Tiles | None = None
    samples: Pictures | None = None
    plane: PlaneLook | None = None
    film: Pictures | None = None
    reconstructions: Pictures | None = None
    between: Pictures | None = None
    nearest: Nearest | None = None
    measures: Measures | None = None
    holes: Mapping[str, HoleMap] = field(default_factory=dict)  # by kind, see core.probes.hole_maps
    walk: LatentWalk | None = None
    new_pictures: Mapping[str, NewPictures] = field(default_factory=dict)  # by sampler, see core.probes.new_pictures
    events: tuple[Event, ...] = ()


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

    def put(self, **parts: Any) -> None:
        """Replace parts of the view."""
        with self._lock:
            self._view = dataclasses.replace(self._view, **parts)
        with self.changed:
            self.changed.notify_all()

    def put_for(self, life: int, **parts: Any) -> bool:
        """Replace parts unless the run was restarted since ``life``: late answers are dropped."""
        with self._lock:
            if self._view.life != life:
                return False
            self._view = dataclasses.replace(self._view, **parts)
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
