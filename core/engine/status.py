"""Where a run is, why one stopped, and what happened: plain numbers and words, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["building", "ready", "training", "paused", "finished", "failed", "closed"]


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
