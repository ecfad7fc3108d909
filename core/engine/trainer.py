"""The training thread of one run: an inbox of commands, the loop, and what it puts on the board."""

from __future__ import annotations

import dataclasses
import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable

import torch

from core.datasets.base import Dataset
from core.engine.board import Board, View
from core.engine.commands import Command, GiveWay, Hold, Lend, Limits, Pause, Restart, RollBack, Set, Start, Step, Stop
from core.engine.status import Failure, Status
from core.foundation.history import History
from core.foundation.mailbox import Mailbox, Refusal, sentence_of
from core.foundation.number_words import significant
from core.foundation.params import KnobError, KnobValue, changed, knob
from core.foundation.user_error import UserError
from core.models.base import TrainConfig
from core.training import devices
from core.training.batches import DeviceDatasets
from core.training.setup import Setup
from core.training.snapshot import Snapshot, is_finite
from core.training.training import BUFFER_ROWS, Diverged, Saved, Training, columns_of

YIELDED_SHARE = 0.4
"""While the user drags, a trainer sleeps this share of each step's time: with few cores, a drag would wait for one."""
LONGEST_PAUSE_S = 0.02
"""Longest such sleep after a step, s."""
PUBLISH_S = 0.05
"""Shortest time between two views, s."""
SNAPSHOT_S = 0.15
"""Shortest time between two copies of the weights, s."""
SNAPSHOT_SHARE = 0.05
"""Largest share of the training time that goes into copying weights."""
UNREAD_SNAPSHOT_S = 1.0
"""Time between two copies while nobody looks, s: a failing run falls back to the last one."""
UNIT_SHARE = 0.01
"""Largest share of the training time for the units of a run's codes, unless that makes it wait `LONGEST_WAIT_S`."""
STALLED_S = 5.0
"""Longest time to the next copy, s: one that was slow because the machine was busy must not stop all pictures."""
LONGEST_WAIT_S = 1.0
"""Longest time between two copies for the sake of their units, s."""
FILM_FRAMES = 12
"""Largest number of snapshots of the film strip."""


def snapshot_wait_s(cost_s: float, unit_s: float, was_read: bool) -> float:
    """Time from one copy of the weights to the next, s.

    The last one took ``cost_s``, with ``unit_s`` for the unit of its codes, and somebody read it or nobody did.
    """
    copy_wait = min(cost_s / SNAPSHOT_SHARE, STALLED_S)
    wait = max(SNAPSHOT_S, copy_wait, min(unit_s / UNIT_SHARE, LONGEST_WAIT_S))
    return wait if was_read else max(wait, UNREAD_SNAPSHOT_S)


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
    ) -> None:
        self._label = label
        self._model_name = model
        self._config = config
        self._setup = setup
        self._dataset = dataset
        self._device_datasets = device_datasets
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._pending: deque[Command] = deque()
        self._threads = threads
        self._columns = columns_of(model)
        self._history = History(self._columns)
        self.board = Board(View(Status(), self._history.table(), config=config))
        self._training: Training | None = None
        self._state: str = "building"
        self._steps_left: int | None = None  # steps until the pause, when stepping
        self._end_step: int | None = None  # the step at which a start pauses, too
        self._gives_way = False
        self._held_s = 0.0  # so long the next wait for a command lasts at most, although it trains
        self._life = 0
        self._last_set = ""
        self._turned_at: dict[str, int] = {}  # see `View.turned_at`
        self._failure: Failure | None = None
        self._good_snapshot: Snapshot | None = None  # the newest whose loss was finite
        self._thread = threading.Thread(target=self._work, name=f"trainer {label}", daemon=True)

    def start_thread(self) -> None:
        """Build the model and wait for commands."""
        self._thread.start()

    def say(self, command: Command) -> None:
        """Queue a command; it acts between two steps."""
        self._inbox.put(command)

    def close(self, timeout_s: float = 5.0) -> bool:
        """End the thread; False if it did not end in time."""
        self.say(Stop())
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def has_ended(self) -> bool:
        """Whether the thread is gone."""
        return not self._thread.is_alive()

    # --- called on the training thread only -------------------------------------------------------------------------

    def _work(self) -> None:
        devices.settle_in_thread(self._setup.threads or self._threads)
        self._guard(self._build)
        while True:
            command = self._next_command()
            if isinstance(command, Stop):
                break
            if command is not None:
                self._guard(lambda command=command: self._obey(command))  # type: ignore[misc]
            if self._state == "training":
                self._guard(self._train_a_while)
        self._training = None
        self._state = "closed"
        self._put_status()

    def _next_command(self) -> Command | None:
        held_s, self._held_s = self._held_s, 0.0
        while True:
            waits = not self._pending and (held_s > 0 or self._state != "training")
            try:
                self._pending.append(self._inbox.get(waits, held_s or None))
            except queue.Empty:
                break
            if self._inbox.empty():
                break
        if not self._pending:
            return None
        command = self._pending.popleft()
        is_restart_ahead = any(isinstance(each, Restart) for each in self._pending)
        if isinstance(command, Restart) and command.weights is None and is_restart_ahead:
            self._take_over(command)  # scrubbing the seed asks for many restarts; only the last is built
            return self._next_command()
        return command

    def _take_over(self, command: Restart) -> None:
        """Take over config, setup and dataset of a restart, without building the model."""
        self._config = self._config if command.config is None else command.config
        self._setup = self._setup if command.setup is None else command.setup
        self._dataset = self._dataset if command.dataset is None else command.dataset

    def _guard(self, work: Callable[[], None]) -> None:
        """Turn an error into a `Failure` of the run; the thread lives on and takes commands."""
        failure = None
        try:
            work()
        except Diverged as error:
            failure = self._describe(error)
        except torch.OutOfMemoryError:
            failure = Failure(
                "the device ran out of memory",
                "Make the batch or the networks smaller, then restart.",
                traceback.format_exc(),
                self._training.step if self._training else 0,
            )
        except (Exception, SystemExit) as error:
            step = self._training.step if self._training else 0
            remedy = "Restart the lane; the details can be copied."
            failure = Failure(sentence_of(error), remedy, traceback.format_exc(), step)
        if failure is not None:  # outside the except block: the traceback's frames hold memory
            self._fail(failure)

    def _build(self, saved: Saved | None = None) -> None:
        self._state = "building"
        self._training = None
        self._clear_board()
        torch.set_num_threads(self._setup.threads or self._threads)  # it decides the last bits
        if columns_of(self._model_name) != self._columns:  # a user's file may change while its lane trains
            raise UserError("the file of this model has other terms now; choose the model again in the lane's menu")
        device = devices.choose(self._setup.device)
        device_dataset = self._device_datasets.get(self._dataset, device)
        training = Training(self._model_name, self._config, self._setup, device_dataset)
        if saved is not None:
            training.resume(saved)
        self._training = training
        self._history = History(self._columns)
        if saved is not None and saved.history is not None:
            self._history.append(saved.history)
        self._turned_at = {} if saved is None else dict(saved.turned_at)
        self._failure = self._end_step = None
        self._last_set = ""
        self._keep_every, self._rate, self._rate_from = 25, 0.0, (0.0, 0)
        self._published_at = self._snapshot_at = 0.0
        self._good_snapshot = snapshot = self._frozen(training)
        self._snapshot_cost = training.unit_s = 0.0  # the first one prepared what later ones use
        self._state = "ready"
        fresh = View(
            self._status(),
            self._history.table(),
            config=self._config,
            turned_at=self._turned_at,
            setup=self._setup,
            dataset=self._dataset,
            life=self._life,
            snapshot=snapshot,
            past=(snapshot,),
        )
        self.board.change(lambda view: dataclasses.replace(fresh, events=view.events))

    def _obey(self, command: Command) -> None:
        match command:
            case Start():
                self._start()
            case Step(count, kept):
                if self._state in ("ready", "paused", "finished"):
                    self._begin(count)
                elif self._steps_left is not None and self._state == "training":
                    self._steps_left += count
                if kept and self._steps_left is not None and self._training is not None:
                    self._end_step = self._training.step + self._steps_left
            case Pause():
                if self._state == "training":
                    self._rest("paused")
            case Set(name, value):
                self._set(name, value)
            case Limits(steps, epochs, seconds):
                self._set_limits(steps, epochs, seconds)
            case GiveWay(on):
                self._gives_way = on
            case Hold(seconds):
                self._held_s = seconds
            case Lend(answer):
                self._lend(answer)
            case Restart():
                self._restart(command)
            case RollBack():
                if self._failure is not None and self._failure.good_step is not None and self._training is not None:
                    self._failure = None
                    self._history.drop_after(self._training.step)
                    self._rest("paused")
            case _:
                raise TypeError(f"no trainer obeys {command!r}")

    def _lend(self, answer: Mailbox[Training]) -> None:
        """Put a copy of the training into ``answer``, or the reason: a copy that fails must not fail the run."""
        training = self._training
        if training is None:
            answer.put(Refusal("it has no weights" if self._failure is None else self._failure.sentence))
        else:
            answer.fill(training.copy)  # fails without memory, or for a user's model that cannot be copied

    def _start(self) -> None:
        if self._state in ("ready", "paused"):
            assert self._training is not None
            left = 0 if self._end_step is None else self._end_step - self._training.step
            self._begin(left if left > 0 else None)
        elif self._state == "finished":
            self.board.tell("reached its limit; change “Stop at” or restart to go on", self._label)
        elif self._state == "failed":
            self.board.tell("failed before; roll it back or restart it", self._label, "warn")

    def _restart(self, command: Restart) -> None:
        self._take_over(command)
        go = self._state == "training" and self._steps_left is None if command.go is None else command.go
        self._life += 1
        self._build(command.weights)
        if go:
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
        self._publish(final=True)

    def _set(self, name: str, value: KnobValue) -> None:
        try:
            if not knob(type(self._config), name).param.live:
                raise KnobError(f"{knob(type(self._config), name).param.label}: restart to apply")
            config = changed(self._config, name, value)
        except KnobError as error:
            self.board.tell(str(error), self._label, "warn")
            return
        turned = knob(type(self._config), name)
        self._last_set = f"{turned.param.label} = {turned.written(value)}"
        if self._training is not None:
            self._training.set_config(config)
            if config != self._config:
                self._turned_at = {**self._turned_at, name: self._training.step}
        self._config, turned_at = config, self._turned_at
        self.board.change(lambda view: dataclasses.replace(view, config=config, turned_at=turned_at))

    def _set_limits(self, steps: int, epochs: float, seconds: float) -> None:
        self._setup = dataclasses.replace(self._setup, steps=steps, epochs=epochs, seconds=seconds)
        if self._state == "finished" and not self._reached_limit():
            self._rest("paused")

    def _reached_limit(self) -> bool:
        training, setup = self._training, self._setup
        assert training is not None
        return bool(
            (setup.steps and training.step >= setup.steps)
            or (setup.epochs and training.batches.epoch >= setup.epochs)
            or (setup.seconds and training.seconds >= setup.seconds)
        )

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
            if self._pending or not self._inbox.empty():
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
        previous, past = self.board.view.snapshot, self.board.view.past
        snapshot = previous
        if previous is not None and previous.step < training.step:
            self._good_snapshot = previous  # the step after it computed a finite loss from its weights
        if previous is None or (previous.step != training.step and (final or self._snapshot_due(now))):
            frozen = self._frozen(training)
            if is_finite(frozen.model):
                snapshot, past = frozen, self._film(frozen)
        self.board.change(
            lambda view: dataclasses.replace(view, history=history, status=status, snapshot=snapshot, past=past)
        )

    def _snapshot_due(self, now: float) -> bool:
        assert self._training is not None
        wait = snapshot_wait_s(self._snapshot_cost, self._training.unit_s, self.board.snapshot_was_read)
        return now - self._snapshot_at >= wait

    def _frozen(self, training: Training) -> Snapshot:
        began = time.perf_counter()
        snapshot = training.snapshot(self._life)
        self._snapshot_at = time.perf_counter()
        self._snapshot_cost = self._snapshot_at - began
        return snapshot

    def _film(self, snapshot: Snapshot) -> tuple[Snapshot, ...]:
        """Snapshots of the film strip, evenly spaced over the run; every second is dropped when there are too many."""
        past = self.board.view.past
        if past and snapshot.step < past[-1].step + self._keep_every:
            return past
        past = (*past, snapshot)
        if len(past) > FILM_FRAMES:
            past = past[::2]
            self._keep_every *= 2
        return past

    def _describe(self, error: Diverged) -> Failure:
        training = self._training
        assert training is not None
        if len(error.good):
            self._history.append(error.good)
        good = self._good_snapshot
        if good is not None:
            training.restore(good.model.state_dict(), good.step)
            past = tuple(snapshot for snapshot in self.board.view.past if snapshot.step <= good.step)
            turned_at = {name: min(step, good.step) for name, step in self._turned_at.items()}
            self._turned_at = turned_at
            self.board.change(lambda view: dataclasses.replace(view, snapshot=good, past=past, turned_at=turned_at))
        what = "is not a number" if error.value != error.value else f"grew to {significant(error.value)}"
        term = error.term.replace("_", " ").replace("negative elbo", "−ELBO")
        knob_text = f" The knob last touched: {self._last_set}." if self._last_set else ""
        lr = ", ".join(f"{p.lr} = {significant(getattr(self._config, p.lr), 6)}" for p, _, _ in training.turns)
        return Failure(
            f"stopped at step {error.step:,}: {term} {what}",
            f"Weights are back at step {training.step:,}; try a smaller learning rate.{knob_text}",
            f"{error}\nweights restored from step {training.step}\n{lr}\nconfig {self._config}\nsetup {self._setup}",
            error.step,
            training.step,
        )

    def _fail(self, failure: Failure) -> None:
        self._failure = failure
        self._state = "failed"
        history, status = self._history.table(), self._status()
        self.board.change(lambda view: dataclasses.replace(view, history=history, status=status))
        self.board.tell(f"{failure.sentence}. {failure.remedy}", self._label, "error")

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
