"""The training thread of one run: the loop between its inbox and its board. Every error becomes data on the board."""

from __future__ import annotations

import dataclasses
import functools
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import torch

from core.datasets.base import Dataset
from core.engine import commands
from core.engine.board import Board, View
from core.engine.failures import Caught, NotFinite, caught, details_of, is_of_weights, remedy, report_uncaught, sentence
from core.engine.inbox import Goal, Inbox, why_not_set
from core.engine.kept import Kept
from core.engine.later import Later
from core.engine.snapshot_pace import SnapshotPace
from core.engine.status import Failure, Status
from core.engine.turned_knobs import TurnedKnobs
from core.foundation import memory
from core.foundation.history import History
from core.foundation.mailbox import Mailbox, Refusal, sentence_of
from core.foundation.params import KnobValue, changed, knob
from core.foundation.user_error import UserError
from core.models.base import TrainConfig
from core.training import devices
from core.training.batches import DeviceDatasets
from core.training.saved import Saved
from core.training.setup import Setup
from core.training.snapshot import Snapshot, not_finite
from core.training.state import resume, state_of
from core.training.training import BUFFER_ROWS, Diverged, Training, columns_of

YIELDED_SHARE = 0.1
"""While the user drags, a trainer sleeps this share of each step's time: with few cores, a drag would wait for one.

A larger one makes no drag faster where the engine is a process of its own, and costs training: at 0.4 three lanes on
two cores kept 0.76 of their speed under a hand of 1,000 events a second, at 0.1 they keep 0.83.
"""
LONGEST_PAUSE_S = 0.02
"""Longest such sleep after a step, s."""
PUBLISH_S = 0.1
"""Shortest time between two views while it trains, s: charts draw eight times a second, all else less often."""
TELLING_TRIES = 3
"""How often a failure is told without its weights, where telling it in full fails too."""


class Trainer:
    """Owns the live weights of one run. Everything public may be called from any thread."""

    def __init__(
        self,
        label: str,
        model: str,
        config: TrainConfig,
        setup: Setup,
        dataset: Dataset,
        device_datasets: DeviceDatasets,
        threads: int = 1,
        saved: Saved | None = None,
        life: int = 0,
    ) -> None:
        self.label = label
        self._model_name = model
        self._config = config
        self._setup = setup
        self._dataset = dataset
        self._device_datasets = device_datasets
        self._inbox = Inbox()
        self._threads = threads
        self._columns = columns_of(model)
        self._history = History(self._columns)
        self.board = Board(View(Status(), self._history.table(), config=config, life=life))
        self._training: Training | None = None
        self._state: str = "building"
        self._steps_left: int | None = None  # steps until the pause, when stepping
        self._end_step: int | None = None  # the step at which a start pauses, too
        self._gives_way = False
        self._held_s = 0.0  # so long the next wait for a command lasts at most, although it trains
        self._life = life
        self._saved = saved  # what it is built from at first
        self._is_stopped = False
        self._last_set = ""
        self._turned = TurnedKnobs()
        self._later = Later()
        self._failure: Failure | None = None
        self._good_snapshot: Snapshot | None = None  # the newest whose loss was finite
        self._fallback: Snapshot | None = None  # what it goes back to when it fails
        self._is_back = True  # whether those weights are in force, after it failed
        self.thread = threading.Thread(target=self._work, name=f"trainer {label}", daemon=True)

    def start_thread(self) -> None:
        """Build the model and wait for commands."""
        self.thread.start()

    def say(self, command: commands.Command) -> None:
        """Queue a command; it acts before the next step. A knob that cannot be set is told as an event instead."""
        if isinstance(command, commands.Set) and (trouble := why_not_set(command, type(self._config))):
            self.board.tell(trouble, self.label, "warn")  # here: it must not supersede a value that can
        else:
            self._inbox.say(command)

    @property
    def goal(self) -> Goal:
        """What it will do once it has obeyed everything said so far."""
        return self._inbox.goal

    @property
    def has_ended(self) -> bool:
        """Whether the thread is gone."""
        return not self.thread.is_alive()

    # --- called on the training thread only -------------------------------------------------------------------------

    def _work(self) -> None:
        self._attempt(self._settle_and_build)
        while not self._is_stopped:
            self._attempt(self._obey_and_train)

    def _settle_and_build(self) -> None:
        devices.settle_in_thread(self._setup.threads or self._threads)
        saved, self._saved = self._saved, None
        self._build(saved)

    def _obey_and_train(self) -> None:
        """Obey commands, and train whenever none waits, until told to stop."""
        while True:
            held_s, self._held_s = self._held_s, 0.0
            command = self._inbox.next(held_s if self._state == "training" else math.inf)
            if isinstance(command, commands.Stop):
                self._close()
                return
            if command is None:
                self._train_a_while()
            else:
                self._obey(command)
            self._settle_goal()

    def _close(self) -> None:
        self._is_stopped = True
        self._later.drop("the lane is closed")
        self._training = self._fallback = None
        self._state = "closed"
        self._inbox.close()
        self._put_status()

    def _settle_goal(self) -> None:
        is_training, is_counted = self._state == "training", self._steps_left is not None
        self._inbox.settle("rest" if not is_training else "step" if is_counted else "train")

    def _take_over(self, command: commands.Restart) -> None:
        """Take over config, setup and dataset of a restart, without building the model."""
        self._config = self._config if command.config is None else command.config
        self._setup = self._setup if command.setup is None else command.setup
        self._dataset = self._dataset if command.dataset is None else command.dataset

    def _attempt(self, work: Callable[[], None]) -> None:
        """Turn any error of the work into a `Failure` of the run, also one in handling an error."""
        trouble = caught(work)
        if trouble is None:
            return
        again = caught(lambda: self._fail(trouble))
        for _ in range(TELLING_TRIES):
            if again is None:
                return
            again = caught(functools.partial(self._fail_without_weights, trouble, again))
        if again is not None:
            report_uncaught(again.error)

    def _build(self, saved: Saved | None = None) -> None:
        self._state = "building"
        self._later.drop("it began again")
        self._training = self._good_snapshot = self._fallback = self._failure = None
        self._is_back = True
        self._clear_board()
        torch.set_num_threads(self._setup.threads or self._threads)  # it decides the last bits
        if columns_of(self._model_name) != self._columns:  # a user's file may change while its lane trains
            raise UserError("the file of this model has other terms now; choose the model again in the lane's menu")
        device = devices.choose(self._setup.device)
        device_dataset = self._device_datasets.get(self._dataset, device)
        training = Training(self._model_name, self._config, self._setup, device_dataset)
        if saved is not None:
            resume(training, saved)
        history = History(self._columns)
        if saved is not None and saved.history is not None:
            history.resume(saved.history, saved.pending)
        self._training, self._history = training, history
        self._turned = TurnedKnobs(() if saved is None else saved.turns)
        self._end_step = None
        self._last_set = ""
        self._rate, self._rate_from = 0.0, (0.0, 0)
        self._published_at = 0.0
        self._good_snapshot = snapshot = self._frozen(training)
        self._pace, training.unit_s = SnapshotPace(), 0.0
        self._state = "ready"
        fresh = View(
            self._status(),
            self._history.table(),
            config=self._config,
            turned_at=self._turned.at,
            setup=self._setup,
            dataset=self._dataset,
            life=self._life,
            snapshot=snapshot,
        )
        self.board.change(lambda view: dataclasses.replace(fresh, events=view.events))
        memory.return_freed()  # of the weights before

    def _obey(self, command: commands.Command) -> None:
        match command:
            case commands.Start():
                self._start()
            case commands.Step(count, kept):
                if self._state in ("ready", "paused", "finished"):
                    self._begin(count)
                elif self._steps_left is not None and self._state == "training":
                    self._steps_left += count
                if kept and self._steps_left is not None and self._training is not None:
                    self._end_step = self._training.step + self._steps_left
            case commands.Pause():
                if self._state == "training":
                    self._rest("paused")
            case commands.Set(name, value):
                self._set(name, value)
            case commands.Limits(steps, epochs, seconds):
                self._set_limits(steps, epochs, seconds)
            case commands.GiveWay(on):
                self._gives_way = on
            case commands.Hold(seconds):
                self._held_s = seconds
            case commands.Lend(answer):
                self._hand_out(lambda training: training.copy(), answer)
            case commands.Keep(answer, every):
                if every and self._training is not None:
                    self._later.put(command, self._training.step)
                else:
                    self._hand_out(self._kept, answer)
            case commands.Restart():
                self._restart(command)
            case commands.RollBack():
                self._roll_back()
            case _:
                raise TypeError(f"no trainer obeys {command!r}")

    def _hand_out(self, make: Callable[[Training], Any], answer: Mailbox[Any]) -> None:
        """Put what is made of the training into ``answer``, or the reason: that must not fail the run."""
        training = self._training
        if training is None or not self._is_back:
            answer.put(Refusal("it has no weights" if self._failure is None else self._failure.sentence))
        else:
            answer.fill(lambda: make(training))  # fails without memory, or for a user's model that cannot be copied

    def _kept(self, training: Training) -> Kept:
        training.check_waiting_rows()  # a broken run must not take the place of what was kept before
        if tensor := not_finite(training.model):
            raise NotFinite(training.step, tensor)
        saved = state_of(training, self._history, self._turned.turns)
        return Kept(self._life, self._config, self._setup, self._dataset, saved)

    def _start(self) -> None:
        if self._state in ("ready", "paused"):
            assert self._training is not None
            left = 0 if self._end_step is None else self._end_step - self._training.step
            self._begin(left if left > 0 else None)
        elif self._state == "finished":
            self.board.tell("reached its limit; change “Stop at” or restart to go on", self.label)
        elif self._state == "failed":
            self.board.tell("failed before; roll it back or restart it", self.label, "warn")

    def _restart(self, command: commands.Restart) -> None:
        self._take_over(command)
        if self._inbox.restart_waits:  # scrubbing the seed asks for many; only the last is built
            return
        self._life += 1
        self._build()
        if command.go:
            self._begin(None)

    def _begin(self, count: int | None) -> None:
        self._steps_left = count
        self._state = "training"
        assert self._training is not None
        self._rate_from = (time.perf_counter(), self._training.step)
        self._put_status()

    def _rest(self, state: str) -> None:
        if state == "finished" and self._training is not None:  # no later step would find that the last one was bad
            self._publish()
            self._training.check_last_step()
        self._state = state
        self._settle_goal()
        self._publish(final=True)

    def _set(self, name: str, value: KnobValue) -> None:
        config, turned = changed(self._config, name, value), knob(type(self._config), name)
        self._last_set = f"{turned.param.label} = {turned.written(value)}"
        if self._training is not None:
            self._training.set_config(config)
            if config != self._config:
                self._turned.note(self._training.step, name, value)
        self._config, turned_at = config, self._turned.at
        self.board.change(lambda view: dataclasses.replace(view, config=config, turned_at=turned_at))

    def _set_limits(self, steps: int, epochs: float, seconds: float) -> None:
        self._setup = dataclasses.replace(self._setup, steps=steps, epochs=epochs, seconds=seconds)
        if self._state == "finished" and not self._reached_limit():
            self._rest("paused")

    def _reached_limit(self) -> bool:
        training = self._training
        assert training is not None
        return self._setup.ends(training.step, training.batches.epoch, training.seconds)

    def _train_a_while(self) -> None:
        """Take steps until a command comes, a limit is reached, or it is time to publish."""
        training = self._training
        assert training is not None
        if self._reached_limit() and self._steps_left is None:
            self._rest("finished")
            return
        until = self._published_at + PUBLISH_S
        while True:
            began = time.perf_counter()
            training.advance()
            if training.step >= self._later.at and (keep := self._later.take()) is not None:
                self._hand_out(self._kept, keep.answer)
            if self._gives_way:
                time.sleep(min(LONGEST_PAUSE_S, YIELDED_SHARE * (time.perf_counter() - began)))
            if self._steps_left is not None:
                self._steps_left -= 1
                if self._steps_left <= 0:
                    self._rest("paused")
                    return
            elif self._reached_limit():
                self._rest("finished")
                return
            if training.rows_waiting >= BUFFER_ROWS or time.perf_counter() >= until:
                self._publish()
                return
            if not self._inbox.is_empty():
                return

    def _publish(self, final: bool = False) -> None:
        training = self._training
        assert training is not None
        now = self._published_at = time.perf_counter()
        self._history.append(training.take_rows())
        since, step = self._rate_from
        if now - since >= 0.5:
            self._rate = (training.step - step) / (now - since)
            self._rate_from = (now, training.step)
        history, status = self._history.table(), self._status()
        previous = snapshot = self.board.view.snapshot
        if previous is not None and previous.step < training.step:
            self._good_snapshot = previous  # the step after it computed a finite loss from its weights
        is_due = final or self._pace.is_due(now, training.unit_s, self.board.snapshot_was_read)
        if previous is None or (previous.step != training.step and is_due):
            began = devices.spent_s(training.noise.device)
            snapshot = self._frozen(training)
            self._pace.note(devices.spent_s(training.noise.device) - began)
        self.board.change(lambda view: dataclasses.replace(view, history=history, status=status, snapshot=snapshot))

    def _frozen(self, training: Training) -> Snapshot:
        snapshot = training.snapshot(self._life)
        if tensor := not_finite(snapshot.model):
            raise NotFinite(training.step, tensor)
        return snapshot

    def _fail(self, trouble: Caught) -> None:
        """Rest as failed, with the newest sound weights in force again."""
        self._state = "failed"
        error, training = trouble.error, self._training
        at = error.step if isinstance(error, Diverged | NotFinite) else training.step if training else 0
        if isinstance(error, Diverged) and len(error.good):
            self._history.append(error.good)
        if training is not None and self._is_back:  # else it failed to go back to what it chose before
            self._fallback = self._good_snapshot if is_of_weights(error) else self.board.view.snapshot
            self._is_back = False
        back_at = None if self._fallback is None else self._fallback.step
        self._restore()
        details = details_of(trouble, training, self._config, self._setup)
        words = remedy(error, back_at, self._last_set)
        self._tell_failure(Failure(sentence(error), words, details, at, back_at))

    def _fail_without_weights(self, trouble: Caught, again: Caught) -> None:
        """As `_fail`, where that failed too: weights may not be restored yet, which `RollBack` can try again."""
        good = self._fallback
        can = "" if good is None else f" The weights of step {good.step:,} can still be rolled back to."
        words = f"Then {sentence_of(again.error)}.{can} Restart the lane; the details can be copied."
        details = f"{trouble.details}\n{again.details}"
        step = self._training.step if self._training else 0
        self._tell_failure(Failure(sentence(trouble.error), words, details, step, None if good is None else good.step))

    def _tell_failure(self, failure: Failure) -> None:
        self._failure = failure
        self._settle_goal()
        history, status = self._history.table(), self._status()
        self.board.tell(
            f"{failure.sentence}. {failure.remedy}", self.label, "error"
        )  # whoever sees it failed reads why
        self.board.change(lambda view: dataclasses.replace(view, history=history, status=status))

    def _restore(self) -> None:
        """Put the weights that the run falls back to in force, unless they are."""
        training, good = self._training, self._fallback
        if training is None or good is None or self._is_back:
            return
        training.restore(good.model.state_dict(), good.step)
        self._turned.go_back(good.step)
        turned_at = self._turned.at
        self.board.change(lambda view: dataclasses.replace(view, snapshot=good, turned_at=turned_at))
        self._is_back = True

    def _roll_back(self) -> None:
        if self._training is None or self._failure is None or self._failure.good_step is None:
            return
        self._restore()
        self._failure = self._fallback = None
        self._history.drop_after(self._training.step)
        self._rest("paused")

    def _clear_board(self) -> None:
        """Leave nothing of the weights before on the board: building for new data can take seconds."""
        nothing = View(self._status(), History(self._columns).table(), config=self._config, life=self._life)
        self.board.change(lambda view: dataclasses.replace(nothing, events=view.events))

    def _put_status(self) -> None:
        status = self._status()
        self.board.change(lambda view: dataclasses.replace(view, status=status))

    def _status(self) -> Status:
        training = self._training
        return Status(
            state=self._state,  # type: ignore[arg-type]
            step=training.step if training else 0,
            epoch=training.batches.epoch if training else 0.0,
            seconds=training.seconds if training else 0.0,
            steps_per_s=self._rate if self._state == "training" else 0.0,
            device=self._setup.device if training is None else training.noise.device.type,
            threads=torch.get_num_threads(),
            failure=self._failure,
        )
