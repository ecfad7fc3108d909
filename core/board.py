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

import numpy as np
import numpy.typing as npt

from core.history import Table

if TYPE_CHECKING:
    from core.holes import HoleMap, Walk
    from core.metrics.base import Measured
    from core.novel import Novel
    from core.plane import PlaneLook
    from core.snapshot import Snapshot

State = Literal["building", "ready", "training", "paused", "finished", "failed", "closed"]
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Failure:
    """Why a run stopped: one sentence, the way out, and the whole traceback or numbers for the curious.

    ``good_step`` is the step whose sound weights are in force again, or None where there are none to go back to.
    """

    sentence: str
    remedy: str
    details: str
    step: int
    good_step: int | None = None


@dataclass(frozen=True)
class Status:
    """Where a run is. ``seconds`` of training, pauses not counted."""

    state: State = "building"
    step: int = 0
    epoch: float = 0.0
    seconds: float = 0.0
    steps_per_s: float = 0.0
    device: str = "cpu"
    threads: int = 1
    failure: Failure | None = None


@dataclass(frozen=True)
class Event:
    """Something worth a line in the status bar."""

    time: float
    lane: str
    text: str
    tone: Literal["note", "warn", "error"] = "note"


@dataclass(frozen=True)
class Cloud:
    """Encoded test images at a step: ``codes`` (N, D) in shared units, ``labels`` (N,).

    ``rate_each`` (D,) is the mean rate per dimension in nats, where the model has a rate, over the ``rated`` images on
    which the lane's curves and the Compare view measure theirs, too. ``spread`` (E, D) is the σ of q(z|x) of the images
    ``spread_of`` (E,), some that lie evenly among them, where the encoder is stochastic. ``mean`` and ``std`` (D,) are
    the shared axes' zero and unit in the model's own numbers.
    """

    step: int
    codes: Floats
    labels: npt.NDArray[np.int64]
    rate_each: Floats | None
    spread_of: npt.NDArray[np.int64] | None = None
    spread: Floats | None = None
    rated: int = 0
    mean: Floats | None = None
    std: Floats | None = None

    @property
    def activations(self) -> Floats:
        """The codes (N, D) as the model's own numbers: what its penalties see."""
        return self.codes if self.mean is None or self.std is None else self.codes * self.std + self.mean


@dataclass(frozen=True)
class Moves:
    """How far the decoded picture goes with each dimension, ``each`` (D,): see `core.lenses.moves`."""

    step: int
    each: Floats


@dataclass(frozen=True)
class Manifold:
    """Where the training codes are: ``codes`` (M, D) in shared units.

    ``reach`` is the distance within which 95 % of test codes have their 10th nearest training code; ``hole_share``
    the share of prior draws that are farther away than that.
    """

    step: int
    codes: Floats
    reach: float
    hole_share: float


@dataclass(frozen=True)
class Tiles:
    """The decoded plane: ``images`` (rows, columns, H, W[, 3]) uint8.

    They cover ``span`` (left, right, bottom, top) of the plane with these ``axes`` (2, D); ``key`` names the request.
    """

    step: int
    key: Any
    images: Pixels
    span: tuple[float, float, float, float]
    axes: Floats


@dataclass(frozen=True)
class Pictures:
    """Decoded images (N, H, W[, 3]) uint8, for what ``key`` names; of points also their coordinates (N, 2).

    Samples also say which ``z`` (N, D) they are of, which ``sampler`` drew them, and at which step the codes were that
    it was ``fitted`` to (-1: to none). ``originals`` are what was encoded, where pictures are reconstructions.
    """

    step: int
    key: Any
    images: Pixels
    points: Floats | None = None
    z: Floats | None = None
    sampler: str = ""
    fitted: int = -1
    originals: Pixels | None = None
    original_points: Floats | None = None


@dataclass(frozen=True)
class Nearest:
    """The training image nearest to the decoded one that ``key`` names.

    ``ratio`` is its distance over the distance within which 95 % of test images have theirs (NaN before that is
    measured); ``pixels`` (C, H, W) and the name of its class come along, as the data may be others by now.
    """

    step: int
    key: Any
    index: int
    distance: float
    ratio: float
    pixels: Pixels
    label: str | None


@dataclass(frozen=True)
class Measures:
    """What was measured, by the name of the measure (see `core.metrics`), and by the name of the sampler in force.

    ``values`` holds the newest answer of each; ``trail`` (see `core.measuring`) one row per finished round.
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
    cloud: Cloud | None = None
    moves: Moves | None = None
    manifold: Manifold | None = None
    tiles: Tiles | None = None
    samples: Pictures | None = None
    plane: PlaneLook | None = None
    film: Pictures | None = None
    reconstructions: Pictures | None = None
    between: Pictures | None = None
    nearest: Nearest | None = None
    measures: Measures | None = None
    holes: Mapping[str, HoleMap] = field(default_factory=dict)  # by kind, see core.holes
    walk: Walk | None = None
    novel: Mapping[str, Novel] = field(default_factory=dict)  # by sampler, see core.novel
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
