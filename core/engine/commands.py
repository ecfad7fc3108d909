"""Commands to a trainer: frozen messages, all obeyed before the next step. `core.engine.inbox` has their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.foundation.mailbox import Mailbox
from core.foundation.params import KnobValue

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.kept import Kept
    from core.models.base import TrainConfig
    from core.training.setup import Setup
    from core.training.training import Training


@dataclass(frozen=True)
class Start:
    """Train until another command or a limit."""


@dataclass(frozen=True)
class Pause:
    """Pause after the current step."""


@dataclass(frozen=True)
class Step:
    """Take ``count`` steps, then pause. ``kept``: a start after a pause goes on to the same last step, not beyond."""

    count: int = 1
    kept: bool = False


@dataclass(frozen=True)
class Set:
    """Change a live knob of the model."""

    name: str
    value: KnobValue


@dataclass(frozen=True)
class Limits:
    """Set the stop conditions: training steps, epochs, seconds; 0 is none."""

    steps: int
    epochs: float
    seconds: float


@dataclass(frozen=True)
class Restart:
    """Begin again with fresh weights from the setup's seed. None keeps the present part.

    ``go``: train at once; None trains if the run would be training when this command's turn comes.
    """

    config: TrainConfig | None = None
    setup: Setup | None = None
    dataset: Dataset | None = None
    go: bool | None = False


@dataclass(frozen=True)
class RollBack:
    """After a failure: pause at the last good weights."""


@dataclass(frozen=True)
class Lend:
    """Put a copy of the current training into ``answer``, or why there is none."""

    answer: Mailbox[Training]


@dataclass(frozen=True)
class Keep:
    """Put the state into ``answer``, or why there is none: the present one, or that of the next multiple of ``every``.

    A rest before that step leaves the answer for later; a restart refuses it.
    """

    answer: Mailbox[Kept]
    every: int = 0


@dataclass(frozen=True)
class GiveWay:
    """While ``on``, leave a part of the time to the window, as the user drags."""

    on: bool


@dataclass(frozen=True)
class Hold:
    """Take no step for so many seconds, or until the next command: something large opens in the window."""

    seconds: float


@dataclass(frozen=True)
class Stop:
    """End the thread."""


Command = Start | Pause | Step | Set | Limits | Restart | RollBack | Lend | Keep | GiveWay | Hold | Stop
