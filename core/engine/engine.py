"""What computes runs: the interface between what the user holds, an `Experiment`, and the work that is done for it.

An engine employs a worker for each run. Neither makes its caller wait: what they are told is obeyed later, and what
comes of it appears on the run's `Board`. `core.engine.threads` is the engine of this process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from core.datasets.base import Dataset
from core.engine.background import Background
from core.engine.board import Board
from core.engine.commands import Command
from core.engine.measure_rounds import Pace
from core.evaluation.reference import Reference
from core.models.base import TrainConfig
from core.probes.look import Look
from core.training.saved import Saved
from core.training.setup import Setup


@dataclass(frozen=True)
class Health:
    """How an engine is. ``place`` is where it computes, in words; ``host`` the other machine, "" where it is this one.

    "here" is this process; "cut" is a link that it waits for, "ended" what only `Engine.start_again` brings back; then
    ``trouble`` says what happened, in a sentence. ``round_trip_s`` is the time a message and its answer take, s;
    ``bytes_per_s`` what came lately.
    """

    state: Literal["here", "starting", "running", "cut", "ended"]
    place: str
    trouble: str = ""
    round_trip_s: float | None = None
    bytes_per_s: float = 0.0
    host: str = ""


class Worker(Protocol):
    """What computes one run. Called by the window's thread."""

    @property
    def board(self) -> Board:
        """Where everything appears that it has to say."""

    @property
    def will_train(self) -> bool:
        """Whether it trains or takes steps, or will once it has obeyed everything said so far."""

    @property
    def keeps(self) -> bool:
        """Whether states of it come by themselves, also soon after it has come to rest."""

    @property
    def kept(self) -> Saved | None:
        """The newest of them; None before the first of its life."""

    @property
    def has_ended(self) -> bool:
        """Whether it has obeyed a `Stop`: it computes nothing any more."""

    def say(self, command: Command) -> None:
        """Queue a command; it acts before the next step. A knob that cannot be set is told as an event instead."""

    def ask(self, look: Look[Any], reference: Reference) -> None:
        """Request a look at the newest weights, if it is due; any number of times."""

    def ask_measures(self, names: Sequence[str], sampler: str, pace: Pace, reference: Reference) -> None:
        """Request measures that exist for the model, of its newest weights."""


class Engine(Protocol):
    """What employs workers, and computes what the runs of one dataset share. Called by the window's thread."""

    @property
    def background(self) -> Background:
        """The slow thread of this process, for what the window computes itself."""

    @property
    def errors(self) -> list[str]:
        """Tracebacks of what failed in the background, the newest 50."""

    @property
    def cores(self) -> int:
        """CPU cores that it may use."""

    def check_device(self, name: str) -> None:
        """Whether it can train on the device of that name, as in `Setup`. Raises `DeviceError` where it cannot."""

    def health(self) -> Health:
        """How it is now; asked at every beat of the window."""

    def start_again(self) -> None:
        """After its end: compute all runs again, from the newest weights that were kept. Else nothing."""

    def employ(
        self,
        label: str,
        model: str,
        config: TrainConfig,
        setup: Setup,
        dataset: Dataset,
        threads: int,
        saved: Saved | None = None,
        life: int = 0,
    ) -> Worker:
        """A worker that builds a model at once. ``label`` names it in messages; ``threads`` where the setup fixes none.

        Its number of threads decides the last bits of what it computes, so it keeps it. It begins with ``life``, at a
        ``saved`` state or with fresh weights.
        """

    def give_way(self, on: bool) -> None:
        """Make everything yield while the user drags. Results do not change."""

    def hold(self, seconds: float) -> None:
        """Let nothing train or compute in the background for so long; commands and urgent looks are obeyed."""

    def want_classifier(self, reference: Reference) -> None:
        """Load or train the feature classifier of the data; it becomes `Reference.known_classifier`."""

    def want_real_side(self, reference: Reference) -> None:
        """Compute the data's side of all measures: features, distances, what a perfect model reads."""

    def close(self, timeout_s: float) -> bool:
        """End every worker and the background within ``timeout_s`` in total; False if one did not end."""
