"""Commands on their way to a trainer: what is superseded on the way, what goes first, and what the run will do then.

*Goal*: what a run does once it has obeyed everything it was told: "rest", "step" (take counted steps, then rest), or
"train" until another command or a limit. It is known as soon as a command is said; a view follows only when the trainer
gets to it, which may have a network to build first.
"""

from __future__ import annotations

import dataclasses
import math
import queue
import threading
from collections import deque
from typing import Literal

from core.engine.commands import Command, Keep, Lend, Pause, Restart, RollBack, Set, Start, Step, Stop
from core.foundation.mailbox import Refusal
from core.foundation.params import KnobError, knob

Goal = Literal["rest", "step", "train"]
"""See the module."""
SEPARATORS = (Restart, RollBack, Lend, Keep)
"""Commands that see the knobs as they are: a `Set` before one is not superseded by one after it."""


class Inbox:
    """Filled by any thread, emptied by the trainer's thread between two steps.

    Commands are obeyed in order, with three exceptions. Of several `Set` of one knob the newest counts. A `Pause` acts
    at once too, before what has to be obeyed ahead of it, for that may have to build networks. `Stop` drops all others.
    """

    def __init__(self) -> None:
        self._arriving: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._ahead: deque[Command] = deque()  # of the trainer's thread: in the order in which they will be obeyed
        self._sets: dict[str, Set] = {}  # of `_ahead`, by knob, since the last separator
        self._lock = threading.Lock()
        self._goal: Goal = "rest"
        self._is_closed = False

    def say(self, command: Command) -> None:
        """Queue a command. Any thread."""
        with self._lock:
            if self._is_closed:
                _refuse(command)
                return
            command = settled(command, self._goal)
            self._goal = goal_after(command, self._goal)
            self._arriving.put(command)

    @property
    def goal(self) -> Goal:
        """What the run will do once everything said so far is obeyed."""
        return self._goal

    # --- called on the trainer's thread only ------------------------------------------------------------------------

    def is_empty(self) -> bool:
        """Whether nothing waits to be obeyed."""
        return not self._ahead and self._arriving.empty()

    @property
    def restart_waits(self) -> bool:
        """Whether another restart is ahead, so that nobody would see what a present one builds."""
        return any(isinstance(each, Restart) for each in self._ahead)

    def next(self, wait_s: float) -> Command | None:
        """Take out the command to obey now. Where there is none, wait so long for one (infinity: until one comes)."""
        if wait_s > 0 and not self._ahead:
            try:
                self._sort_in(self._arriving.get(timeout=None if math.isinf(wait_s) else wait_s))
            except queue.Empty:
                return None
        while not self._arriving.empty():
            self._sort_in(self._arriving.get())
        if not self._ahead:
            return None
        command = self._ahead.popleft()
        if isinstance(command, Set) and self._sets.get(command.name) is command:
            del self._sets[command.name]
        return command

    def _sort_in(self, command: Command) -> None:
        match command:
            case Stop():
                for dropped in self._ahead:
                    _refuse(dropped)
                self._ahead.clear()
            case Pause():
                if self._ahead and not isinstance(self._ahead[0], Pause):
                    self._ahead.appendleft(command)
            case Set(name=name):
                if (superseded := self._sets.get(name)) is not None:
                    self._ahead = deque(each for each in self._ahead if each is not superseded)
                self._sets[name] = command
            case _ if isinstance(command, SEPARATORS):
                self._sets.clear()
        self._ahead.append(command)

    def settle(self, goal: Goal) -> None:
        """Tell what the run does now. It becomes the goal unless commands wait, which decide it."""
        with self._lock:
            if self.is_empty():
                self._goal = goal

    def close(self) -> None:
        """Refuse what waits and whatever comes later."""
        with self._lock:
            self._is_closed, self._goal = True, "rest"
        while (command := self.next(0.0)) is not None:
            _refuse(command)


def why_not_set(command: Set, config_type: type) -> str:
    """Why a knob cannot be set to a value, in one sentence; "" where it can."""
    try:
        turned = knob(config_type, command.name)
        turned.check(command.value)
    except KnobError as error:
        return str(error)
    return "" if turned.param.live else f"{turned.param.label}: restart to apply"


def settled(command: Command, goal: Goal) -> Command:
    """The command; a restart that leaves open whether it trains does what the run will do when its turn comes."""
    if isinstance(command, Restart) and command.go is None:
        return dataclasses.replace(command, go=goal == "train")
    return command


def goal_after(command: Command, goal: Goal) -> Goal:
    """What a run will do after a command, which would do ``goal`` without it."""
    match command:
        case Start():
            return "train"
        case Step():
            return "train" if goal == "train" else "step"
        case Restart(go=go):
            return "train" if go else "rest"
        case Pause() | Stop():
            return "rest"
        case _:
            return goal


def _refuse(command: Command) -> None:
    """Answer a command that is not obeyed any more, where somebody waits for an answer."""
    if isinstance(command, Lend | Keep):
        command.answer.put(Refusal("the lane is closed"))
