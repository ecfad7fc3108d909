"""States of runs that outlive their engine: when the engine's side takes them, and what the window's makes of them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from core.engine.board import View
from core.engine.commands import Command, Keep, Limits, Restart
from core.engine.kept import Kept
from core.engine.threads import ThreadWorker
from core.foundation.history import Table
from core.foundation.mailbox import Mailbox, Refusal
from core.remote.messages import Employ, KeptState
from core.training.saved import MOST_TURNS, Saved, Turn, turned_at

KEEP_S = 10.0
"""Time between two states of a run that trains, s."""
REST_S = 1.0
"""Shortest time between two states of a run that rests in between, s."""
SENDING_SHARE = 0.05
"""Largest share of the time in which states are on their way: over a slow link they are sent more rarely."""


class Answer(Mailbox[Kept]):
    """A mailbox that tells when something was put into it."""

    def __init__(self, arrived: Callable[[], object]) -> None:
        super().__init__()
        self._arrived = arrived

    def put(self, content: Kept | Refusal) -> None:
        """See `Mailbox`."""
        super().put(content)
        self._arrived()


class Keeper:
    """Asks a run of the engine for its state whenever one is due. ``arrived`` is called once it is there."""

    def __init__(self, worker: ThreadWorker, arrived: Callable[[], object]) -> None:
        self._worker = worker
        self._arrived = arrived
        self._answer: Answer | None = None
        self._have = (-1, 0)  # life and step
        self._due, self._due_at_rest = time.monotonic() + KEEP_S, 0.0

    def next(self) -> Kept | None:
        """A new state, if it has come. Asks for one where it is due."""
        if self._answer is None:
            self._ask_if_due()
            return None
        kept = self._answer.take()
        if kept is None:
            return None
        self._answer = None
        self._wait(0.0)
        if isinstance(kept, Refusal):
            self._due_at_rest = self._due
            return None
        self._have = kept.life, kept.saved.step
        return kept

    def was_sent(self, in_s: float) -> None:
        """Note how long it took to send a state."""
        self._wait(in_s / SENDING_SHARE)

    def _wait(self, least_s: float) -> None:
        now = time.monotonic()
        self._due, self._due_at_rest = now + max(KEEP_S, least_s), now + max(REST_S, least_s)

    def _ask_if_due(self) -> None:
        view, now = self._worker.board.view, time.monotonic()
        due = self._due if view.status.state == "training" else self._due_at_rest
        is_new = view.snapshot is not None and view.status.step > 0 and self._have != (view.life, view.status.step)
        if is_new and now >= due:
            self._answer = Answer(self._arrived)
            self._worker.say(Keep(self._answer))


def as_sent(worker: int, kept: Kept) -> KeptState:
    """A state as it travels: the window has the rows of its history."""
    table = kept.saved.history
    count, stride = (0, 1) if table is None else (len(table), table.stride)
    return KeptState(worker, kept.life, count, stride, dataclasses.replace(kept.saved, history=None))


def _turns(saved: Saved, view: View) -> tuple[Turn, ...]:
    """The changes of knobs of a state, and those since, which count as made at its step: the view's knobs go on."""
    known = turned_at(saved.turns)
    since = sorted((step, name) for name, step in view.turned_at.items() if known.get(name) != step)
    turns = (*saved.turns, *(Turn(min(step, saved.step), name, getattr(view.config, name)) for step, name in since))
    return tuple(sorted(turns, key=lambda turn: turn.step))[-MOST_TURNS:]


class Heritage:
    """What the window knows of a run, so that another engine can go on with it."""

    def __init__(self, employ: Employ) -> None:
        self._employ = employ  # what the newest life began with
        self._begins_after = -1  # the life that was shown when it was told to begin
        self.kept: Saved | None = None
        """The newest state of the life that is shown."""

    def say(self, command: Command, view: View) -> None:
        """Note what is said to the run while the view is shown."""
        match command:
            case Restart(config, setup, _, _):
                config = view.config if config is None else config
                setup = self._employ.setup if setup is None else setup
                self._employ = dataclasses.replace(self._employ, config=config, setup=setup, saved=None)
                self._begins_after, self.kept = view.life, None
            case Limits(steps, epochs, seconds):
                setup = dataclasses.replace(self._employ.setup, steps=steps, epochs=epochs, seconds=seconds)
                self._employ = dataclasses.replace(self._employ, setup=setup)

    def take(self, message: KeptState, view: View) -> None:
        """Keep a state, unless it is not of the life that is shown or its rows were merged since."""
        table = view.history
        if not message.life == view.life > self._begins_after:
            return
        if not 0 <= message.rows <= len(table) or message.stride != table.stride:
            return
        history = Table(table.names, table.rows[: message.rows], table.stride)
        self.kept = dataclasses.replace(message.saved, history=history)
        self._employ = dataclasses.replace(self._employ, saved=None)

    def employment(self, view: View, data: int) -> Employ:
        """What employs the run in another engine: at its newest state and knobs, as its next life."""
        employ, saved = self._employ, self.kept
        if view.life > self._begins_after:
            employ = dataclasses.replace(employ, config=view.config)
            if saved is not None:
                saved = dataclasses.replace(saved, turns=_turns(saved, view))
        return dataclasses.replace(employ, data=data, saved=saved or employ.saved, life=view.life + 1)
