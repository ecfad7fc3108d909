"""What can be said to a trainer: frozen messages, drained between two steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.foundation.mailbox import Mailbox
from core.foundation.params import KnobValue

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.models.base import TrainConfig
    from core.training.setup import Setup
    from core.training.training import Saved, Training


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
    value: KnobValue


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

    config: TrainConfig | None = None
    setup: Setup | None = None
    dataset: Dataset | None = None
    weights: Saved | None = None
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
    """Put a copy of the training as it stands into ``answer``, or say why there is none."""

    answer: Mailbox[Training]


@dataclass(frozen=True)
class GiveWay:
    """While ``on``, leave a part of the time to a hand on the window."""

    on: bool


@dataclass(frozen=True)
class Stop:
    """End the thread."""


Command = Start | Pause | Step | Set | Limits | Restart | RollBack | Share | Lend | GiveWay | Stop
