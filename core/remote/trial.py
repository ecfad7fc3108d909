"""An engine behind a command, tried: what it is and where, or why it does not answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core.foundation.quoted import brief
from core.foundation.reading import Report
from core.foundation.user_error import UserError
from core.remote.process import ProcessEngine
from core.remote.spawn import LOCAL, Spawned, command_of

LOOK_S = 0.05
"""Time between two looks at whether it has answered, s."""
ROUND_TRIP_S = 3.0
"""Longest wait for the first measured round trip, s."""
ENDING_S = 0.5
"""Longest wait for the end of an engine that is not used, s."""


class NoEngine(UserError):
    """No engine answers a command: one sentence, and ``details`` to copy."""

    is_misuse = False

    def __init__(self, sentence: str, details: str) -> None:
        super().__init__(sentence)
        self.details = details


@dataclass(frozen=True, eq=False)
class Found:
    """An engine that has answered. Whoever gets it uses it or closes it.

    ``devices`` are the titles of those that it can train on; ``round_trip_s`` is None where it was not measured.
    """

    engine: ProcessEngine
    host: str
    version: str
    devices: tuple[str, ...]
    round_trip_s: float | None

    @property
    def words(self) -> str:
        """All of it on one line."""
        parts = [self.host, f"version {self.version}" if self.version else "", *self.devices[::-1]]
        if self.round_trip_s is not None:
            parts.append(f"round trip {1000 * self.round_trip_s:,.0f} ms")
        return " · ".join(part for part in parts if part)


def find(command: str, report: Report) -> Found:
    """Start a command and wait until its engine answers, however long that takes: ``report`` may cancel it.

    "" is an engine on this computer.
    Raises `UserError` for a command that cannot be started, and `NoEngine` where it ends without an answer.
    """
    words = command_of(command) if command.strip() else LOCAL
    try:
        spawned = Spawned(words)
    except OSError as error:
        raise UserError(f"{brief(words[0])} cannot be started: {error.strerror or error}") from None
    engine = ProcessEngine(spawned)
    try:
        found = _answer(engine, spawned, report)
        report(1.0)
        return found
    except BaseException:
        engine.close(ENDING_S)
        raise


def _answer(engine: ProcessEngine, spawned: Spawned, report: Report) -> Found:
    while (health := engine.health()).state not in ("running", "ended"):
        report(0.0)
        time.sleep(LOOK_S)
    until = time.monotonic() + ROUND_TRIP_S
    while health.state == "running" and health.round_trip_s is None and time.monotonic() < until:
        report(0.0)
        time.sleep(LOOK_S)
        health = engine.health()
    ready = engine.ready
    if health.state != "running" or ready is None:
        said = spawned.last_words()
        raise NoEngine(_why(spawned.process.poll(), engine.details.removesuffix(said).strip(), said), engine.details)
    return Found(engine, ready.host, ready.version, tuple(title for _, title in ready.devices), health.round_trip_s)


def _why(status: int | None, reason: str, said: str) -> str:
    """Why the link ended, where it did not just end; else how the command ended, with what it said last."""
    last = said.strip().rpartition("\n")[2]
    ended = f"The command ended with status {status} and without an answer" if status else "The command does not answer"
    return reason or (f"{ended}: {brief(last, 120)}" if last else f"{ended}.")
