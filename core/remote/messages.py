"""What a window and an engine say to each other: every message is one of these.

Workers and data sets have numbers, which the window gives. The engine answers with changes of views; each says how many
commands it had obeyed or queued by then, so that the window knows what it said since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from core.datasets.columns import Columns
from core.datasets.density import Density
from core.engine.commands import GiveWay, Hold, Limits, Pause, RollBack, Set, Start, Step, Stop
from core.engine.inbox import Goal
from core.engine.measure_rounds import Pace
from core.models.base import TrainConfig
from core.probes.look import Look
from core.remote.changes import ViewChange
from core.remote.session import Attach, Gone, Goodbye, Ping, Pong
from core.training.saved import Saved
from core.training.setup import Setup

Plain = Start | Pause | Step | Set | Limits | RollBack | GiveWay | Hold | Stop
"""Commands that hold plain values alone."""


# --- from the window -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Split:
    """The images of one split; see `core.datasets.base.Images`."""

    pixels: npt.NDArray[Any]
    labels: npt.NDArray[Any] | None
    factors: npt.NDArray[Any] | None


@dataclass(frozen=True, eq=False)
class Data:
    """A data set, under a number; what only the window needs of it stays there. See `core.datasets.base.Dataset`."""

    number: int
    name: str
    title: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    factor_names: tuple[str, ...]
    density: Density | None
    columns: Columns | None


@dataclass(frozen=True)
class ForgetData:
    """No run will be trained on these data again."""

    number: int


@dataclass(frozen=True)
class Learn:
    """A user's model that was written since: ``name`` stands for its class of knobs, which has these ``fields``."""

    model: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Employ:
    """Build a run; see `core.engine.engine.Engine.employ`."""

    worker: int
    label: str
    model: str
    config: TrainConfig
    setup: Setup
    data: int
    threads: int
    saved: Saved | None = None
    life: int = 0


@dataclass(frozen=True)
class Say:
    """A command to a run."""

    worker: int
    command: Plain


@dataclass(frozen=True, eq=False)
class RestartOf:
    """A restart of a run; see `core.engine.commands.Restart`."""

    worker: int
    config: TrainConfig | None
    setup: Setup | None
    data: int | None
    go: bool | None


@dataclass(frozen=True, eq=False)
class Ask:
    """A request for a look."""

    worker: int
    look: Look[Any]
    data: int


@dataclass(frozen=True)
class AskMeasures:
    """A request for measures."""

    worker: int
    names: tuple[str, ...]
    sampler: str
    pace: Pace
    data: int


@dataclass(frozen=True)
class Seen:
    """The snapshot of a step was displayed: the run makes the next one sooner."""

    worker: int
    step: int


@dataclass(frozen=True)
class Borrow:
    """A request, under a number, for the state of a run: the window saves it, or takes steps of a copy by itself."""

    worker: int
    number: int


@dataclass(frozen=True)
class WantClassifier:
    """Load or train the classifier of the data."""

    data: int


@dataclass(frozen=True)
class WantRealSide:
    """Compute the data's side of the measures."""

    data: int


WINDOW_SAYS = (
    Data, ForgetData, Learn, Employ, Say, RestartOf, Borrow, Ask, AskMeasures, Seen, GiveWay, Hold, WantClassifier,
    WantRealSide,
    Attach, Ping, Goodbye,
)  # fmt: skip
"""`GiveWay` and `Hold` are for all that it computes."""


# --- from the engine -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The first message: which process the engine is, and ``layout``, the name and fields of each class it knows.

    ``version`` is that of its program; "" where it is not installed. ``devices`` are those that it can train on: name
    as in `Setup`, and title; ``cores`` how many CPU cores it may use.
    It has ``heard`` so many messages of this session by now, and goes on for ``linger_s`` without a link.
    """

    host: str
    process: int
    layout: tuple[tuple[str, ...], ...]
    version: str = ""
    devices: tuple[tuple[str, str], ...] = ()
    cores: int = 1
    heard: int = 0
    linger_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Changed:
    """What changed of a run's view since the last message, after ``heard`` commands, and what it will do then."""

    worker: int
    change: ViewChange | None
    heard: int
    goal: Goal


@dataclass(frozen=True)
class Learned:
    """What a `Learn` came to: "", or why the model cannot be trained there, in a sentence."""

    name: str
    trouble: str


@dataclass(frozen=True)
class Ended:
    """The run has obeyed a `Stop`; nothing more comes of it."""

    worker: int


@dataclass(frozen=True)
class Forgotten:
    """The data of a `ForgetData` are gone; no message names them again."""

    data: int


@dataclass(frozen=True, eq=False)
class KeptState:
    """The state of a run in its ``life``. The first ``rows`` of its history, of ``stride`` steps, have come before."""

    worker: int
    life: int
    rows: int
    stride: int
    saved: Saved


@dataclass(frozen=True, eq=False)
class Lent:
    """The answer to a `Borrow`: the state, and what it is the state of."""

    number: int
    life: int
    config: TrainConfig
    setup: Setup
    data: int
    saved: Saved


@dataclass(frozen=True)
class NotLent:
    """The answer to a `Borrow`: why there is no state."""

    number: int
    reason: str


@dataclass(frozen=True)
class Trouble:
    """The traceback of something that failed in the background."""

    details: str


@dataclass(frozen=True)
class Prepared:
    """What is there now of the data: the classifier in the store, the data's side of the measures."""

    data: int
    classifier: bool
    real_side: bool


ENGINE_SAYS = (Ready, Learned, Changed, Ended, Forgotten, KeptState, Lent, NotLent, Trouble, Prepared, Gone, Pong)
