"""State of a run, why it failed, and events: plain numbers and text, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["building", "ready", "training", "paused", "finished", "failed", "closed"]


@dataclass(frozen=True)
class Failure:
    """Why a run failed: one sentence, the remedy, and the traceback or numbers as details.

    ``good_step`` is the step of the last good weights, to which `RollBack` returns; None where there are none.
    """

    sentence: str
    remedy: str
    details: str
    step: int
    good_step: int | None = None


@dataclass(frozen=True)
class Status:
    """State and progress of a run. ``seconds`` of training, pauses not counted."""

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
    """An entry of the status bar."""

    time: float
    lane: str
    text: str
    tone: Literal["note", "warn", "error"] = "note"
