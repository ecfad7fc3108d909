"""What can be said to a trainer: frozen messages, drained between two steps."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Start:
    """Train until told otherwise."""


@dataclass(frozen=True)
class Pause:
    """Rest after the present step."""


@dataclass(frozen=True)
class Step:
    """Take ``count`` steps, then rest. ``kept``: a start after a pause goes on to that end, and not beyond it."""

    count: int = 1
    kept: bool = False


@dataclass(frozen=True)
class Set:
    """Turn a live knob of the model."""

    name: str
    value: Any


@dataclass(frozen=True)
class Limits:
    """New stop conditions; 0 is none."""

    steps: int
    epochs: float
    seconds: float


@dataclass(frozen=True)
class Restart:
    """Begin again with fresh weights from the setup's seed, or with saved ``weights``. None keeps what is.

    ``go``: train at once; None goes on training if it trained when this is obeyed.
    """

    config: Any = None
    setup: Any = None
    dataset: Any = None
    weights: Any = None
    go: bool | None = False


@dataclass(frozen=True)
class RollBack:
    """After a failure: take up the last good weights again and rest."""


@dataclass(frozen=True)
class Share:
    """CPU threads from the next restart on."""

    threads: int


@dataclass(frozen=True)
class Lend:
    """Put a copy of the training as it stands into ``answer``, or a sentence (str) that says why there is none."""

    answer: queue.SimpleQueue[Any]


@dataclass(frozen=True)
class GiveWay:
    """While ``on``, leave a part of the time to a hand on the window."""

    on: bool


@dataclass(frozen=True)
class Stop:
    """End the thread."""


Command = Start | Pause | Step | Set | Limits | Restart | RollBack | Share | Lend | GiveWay | Stop
