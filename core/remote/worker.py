"""The window's side of one run that is computed on the other side of a link."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.engine.board import View
from core.engine.commands import Command, Keep, Lend, Limits, Restart, Set, Start, Stop
from core.engine.inbox import Goal, goal_after, settled
from core.engine.measure_rounds import Pace
from core.engine.status import Failure
from core.evaluation.reference import Reference
from core.foundation.mailbox import Refusal, sentence_of
from core.models.base import MODELS
from core.probes.look import Look
from core.remote.asking import Asking
from core.remote.changes import Receiver, ViewChange, blank
from core.remote.checks import check_change, check_saved
from core.remote.data_sets import DataSets
from core.remote.keeping import Heritage
from core.remote.learning import is_users
from core.remote.lending import Loans
from core.remote.messages import (
    Ask,
    AskMeasures,
    Changed,
    Employ,
    KeptState,
    RestartOf,
    Say,
    Seen,
)
from core.remote.mirror_board import MirrorBoard
from core.remote.weights import Rebuilder
from core.training.saved import Saved

REMEDY = "Start the engine again."
Post = Callable[[Any], None]
"""Sends a message to the other side, without waiting."""


class RemoteWorker:
    """A `Worker` (see `core.engine.engine`) on the other side of a link."""

    def __init__(self, employ: Employ, data_sets: DataSets, loans: Loans, post: Post) -> None:
        self.number = number = employ.worker
        self.data = employ.data
        """The number of the data that it trains on, or will."""
        self.board: MirrorBoard = MirrorBoard(blank(employ.life, employ.config), lambda step: post(Seen(number, step)))
        self.has_ended = False
        self.is_stopped = False
        """Whether a `Stop` was said: no other engine goes on with it."""
        self._data_sets = data_sets
        self._post = post
        self._loans = loans
        self._model = employ.model
        self._is_users = is_users(employ.config)
        self._heritage = Heritage(employ)
        self._asking = Asking()
        self._receiver = Receiver(data_sets.of, Rebuilder(employ.model).snapshot)
        self._lock = threading.Lock()
        self._goal: Goal = "rest"
        self._said = 0
        self._trained = False  # when its engine ended
        self._turned: tuple[Set, ...] = ()  # knobs since, each once
        self._is_returning = False
        self._coming: View | None = None  # what another engine makes of it, until there are pictures

    @property
    def will_train(self) -> bool:
        """See `Worker`."""
        return self._goal != "rest"

    @property
    def keeps(self) -> bool:
        """See `Worker`."""
        return not self.has_ended

    @property
    def kept(self) -> Saved | None:
        """See `Worker`: the newest state that has come, of the life that is shown."""
        return self._heritage.kept

    def say(self, command: Command) -> None:
        """See `Worker`."""
        with self._lock:
            self.is_stopped = self.is_stopped or isinstance(command, Stop)
            if self.has_ended:
                self._remember(command)
                return
            command = settled(command, self._goal)
            message: Any
            match command:
                case Keep(every=every) if every:
                    raise TypeError("over a link only the present state can be had")
                case Lend() | Keep():
                    self._loans.ask(self.number, self._model, command)
                    return
                case Restart(config, setup, dataset, go):
                    if self._is_users:
                        MODELS.rescan()  # as the other side does
                    number = None if dataset is None else self._data_sets.number_of(dataset)
                    self.data = self.data if number is None else number
                    message = RestartOf(self.number, config, setup, number, go)
                case _:
                    message = Say(self.number, command)
            self._heritage.say(command, self.board.view)
            self._goal = goal_after(command, self._goal)
            self._said += 1
            self._post(message)

    def ask(self, look: Look[Any], reference: Reference) -> None:
        """See `Worker`."""
        if self._asking.is_due(look, self.board.view, time.perf_counter()):
            self._post(Ask(self.number, look, self._data_sets.number_of(reference.dataset)))

    def ask_measures(self, names: Sequence[str], sampler: str, pace: Pace, reference: Reference) -> None:
        """See `Worker`."""
        number = self._data_sets.number_of(reference.dataset)
        self._post(AskMeasures(self.number, tuple(names), sampler, pace, number))

    def employment(self, data: int) -> Employ:
        """What employs it in another engine, where its data have a number. From now on it is of that one."""
        with self._lock:
            employ = self._heritage.employment(self.board.view, data)
            self.data, self.has_ended, self._said = data, False, 0
            self._receiver = Receiver(self._data_sets.of, Rebuilder(self._model).snapshot)
            self._heritage = Heritage(employ)
        return employ

    def _remember(self, command: Command) -> None:
        """Note what is said without an engine, for the next one. What trains then is what trained before."""
        match command:
            case Lend(answer) | Keep(answer):
                answer.put(Refusal("the lane is closed" if self.is_stopped else "the engine has ended"))
            case Set(name=name):
                rest = (each for each in self._turned if each.name != name)
                self._turned = (*rest, command)
            case Limits():
                self._heritage.say(command, self.board.view)
            case Restart(dataset=dataset):
                self.data = self.data if dataset is None else self._data_sets.number_of(dataset)
                self._heritage.say(command, self.board.view)
                self._turned = ()

    def go_on(self) -> None:
        """Have another engine compute it from what is kept, and train if it did."""
        turned, self._turned = self._turned, ()
        self._post(self.employment(self.data))
        self._is_returning, self._coming = True, None
        building = dataclasses.replace(self.board.view.status, state="building", steps_per_s=0.0, failure=None)
        self.board.change(lambda view: dataclasses.replace(view, status=building))
        for command in (*turned, *((Start(),) if self._trained else ())):
            self.say(command)

    # --- called on the thread that reads ------------------------------------------------------------------------------

    def keep(self, message: KeptState) -> None:
        """Keep a state that has come."""
        check_saved(message.saved, self._model)
        with self._lock:
            self._heritage.take(message, self.board.view)

    def take(self, message: Changed) -> None:
        """Show what changed on the other side."""
        if self.has_ended:
            return  # it was refused
        with self._lock:  # before what it shows: who reads that it rests asks next whether it will train
            if message.heard == self._said:
                self._goal = message.goal
        try:
            if (change := message.change) is not None:
                check_change(change, self._model)
                self._show(change)
        except ValueError as error:
            if not self._is_users:
                raise
            self._post(Say(self.number, Stop()))
            self.refuse(f"The file of this model is another one here than where it trains ({sentence_of(error)})")

    def _show(self, change: ViewChange) -> None:
        """Show a change. After another engine took over, the pictures of before stay until it has some."""
        before = self._coming or self.board.view
        view = self._receiver.after(before, change)
        is_building = view.snapshot is None and view.status.state == "building"
        self._coming = view if is_building and (self._coming or self._is_returning) else None
        if self._coming is None:
            self._is_returning = False
            self.board.show(view, before)

    def end(self) -> None:
        """Nothing more comes."""
        with self._lock:
            self.has_ended, self._goal = True, "rest"
        self._loans.refuse(self.number, "the lane is closed")

    def lose(self, how: str, details: str) -> None:
        """Nothing more comes, without a `Stop`."""
        if not self.has_ended:
            self._trained = self._goal == "train"
        self._loans.refuse(self.number, f"the engine ended ({how})")
        self._fail(
            f"The engine ended ({how}); this lane stood at step {self.board.view.status.step:,}", REMEDY, details
        )

    def refuse(self, sentence: str) -> None:
        """The other side cannot compute it."""
        self._fail(sentence, "Choose the model again in the lane's menu.", "")

    def _fail(self, sentence: str, remedy: str, details: str) -> None:
        self.end()

        def failed(view: View) -> View:
            failure = Failure(sentence, remedy, details, view.status.step)
            return dataclasses.replace(view, status=dataclasses.replace(view.status, state="failed", failure=failure))

        self.board.change(failed)
