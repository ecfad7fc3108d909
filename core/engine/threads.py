"""The engine of this process: a trainer's thread for each run, and one background thread for all."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from core.datasets.base import Dataset
from core.engine.background import Background
from core.engine.board import Board
from core.engine.commands import Command, GiveWay, Hold, Stop
from core.engine.engine import Health
from core.engine.inbox import Goal
from core.engine.look_requests import LookRequests
from core.engine.measure_rounds import MeasureRequest, MeasureRounds, Pace
from core.engine.trainer import Trainer
from core.evaluation.reference import Reference
from core.foundation.mailbox import MAX_CHARACTERS
from core.foundation.quoted import brief
from core.models.base import TrainConfig
from core.probes.look import Look
from core.training import devices
from core.training.batches import DeviceDatasets
from core.training.saved import Saved
from core.training.setup import Setup

MOST_ERRORS = 50
"""Tracebacks kept."""


class ThreadWorker:
    """A `Worker` (see `core.engine.engine`) on a thread of its own; looks and measures are made by the background."""

    def __init__(self, trainer: Trainer, background: Background) -> None:
        self._trainer = trainer
        self._measures = MeasureRounds(id(self), self.board, background)
        self._requests = LookRequests(id(self), self.board, background)
        trainer.start_thread()

    @property
    def board(self) -> Board:
        """See `Worker`."""
        return self._trainer.board

    @property
    def thread(self) -> threading.Thread:
        """The thread that trains."""
        return self._trainer.thread

    @property
    def goal(self) -> Goal:
        """What it will do once it has obeyed everything said so far; see `core.engine.inbox`."""
        return self._trainer.goal

    @property
    def will_train(self) -> bool:
        """See `Worker`."""
        return self.goal != "rest"

    @property
    def keeps(self) -> bool:
        """See `Worker`: it ends with the window, which has nothing to go on from."""
        return False

    @property
    def kept(self) -> Saved | None:
        """See `Worker`."""
        return None

    @property
    def has_ended(self) -> bool:
        """See `Worker`."""
        return self._trainer.has_ended

    def say(self, command: Command) -> None:
        """See `Worker`."""
        self._trainer.say(command)

    def ask(self, look: Look[Any], reference: Reference) -> None:
        """See `Worker`."""
        self._requests.ask(look, reference)

    def ask_measures(self, names: Sequence[str], sampler: str, pace: Pace, reference: Reference) -> None:
        """See `Worker`."""
        view = self.board.view
        if view.snapshot is not None:
            seconds, real_side = view.status.seconds, reference.real_side
            self._measures.ask(MeasureRequest(view.snapshot, seconds, real_side, sampler, tuple(names), pace))

    def tell_of_failure(self, kind: Hashable, details: str) -> None:
        """Post an event that something asked of this run could not be made."""
        cause = brief(details.strip().splitlines()[-1], MAX_CHARACTERS)
        self.board.tell(f"could not make its {kind}: {cause}", self._trainer.label, "error")


class ThreadEngine:
    """An `Engine` (see `core.engine.engine`) of threads."""

    def __init__(self) -> None:
        self.cores = devices.cores()
        """See `Engine`."""
        self.errors: list[str] = []
        self.listener: Callable[[str], object] | None = None
        """Gets each of `errors` too, on the background thread."""
        self.background = Background(lambda: self._is_training, self._background_failed)
        self._device_datasets = DeviceDatasets()
        self._gives_way = False
        self._workers: tuple[weakref.ref[ThreadWorker], ...] = ()  # weak: they hold snapshots and looks
        self._threads: list[threading.Thread] = []  # of all workers that have not ended
        self._reported: set[tuple[Hashable, ...]] = set()  # worker, kind of look, life

    def _present(self) -> list[ThreadWorker]:
        return [worker for each in self._workers if (worker := each()) is not None and not worker.has_ended]

    @property
    def _is_training(self) -> bool:
        """Whether a run is training now: looks and measures then take less time."""
        return any(worker.board.view.status.state == "training" for worker in self._present())

    def _background_failed(self, key: Hashable, details: str) -> None:
        """Keep the traceback, and tell the run, once per kind of look and life."""
        self.errors[:] = [*self.errors[1 - MOST_ERRORS :], details]
        if self.listener is not None:
            self.listener(details)
        worker = next((each for each in self._present() if isinstance(key, tuple) and key[0] == id(each)), None)
        if worker is None or not isinstance(key, tuple):
            return
        failure = (*key[:2], worker.board.view.life)
        if failure not in self._reported:
            self._reported.add(failure)
            worker.tell_of_failure(key[1], details)

    def check_device(self, name: str) -> None:
        """See `Engine`."""
        devices.choose(name)

    def health(self) -> Health:
        """See `Engine`."""
        return Health("here", "in this process")

    def start_again(self) -> None:
        """See `Engine`. It ends with the window only."""

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
    ) -> ThreadWorker:
        """See `Engine`."""
        trainer = Trainer(label, model, config, setup, dataset, self._device_datasets, threads, saved, life)
        worker = ThreadWorker(trainer, self.background)
        self._workers = (*(weakref.ref(each) for each in self._present()), weakref.ref(worker))
        self._threads = [*(each for each in self._threads if each.is_alive()), worker.thread]
        if self._gives_way:
            worker.say(GiveWay(True))
        return worker

    def give_way(self, on: bool) -> None:
        """See `Engine`."""
        if on != self._gives_way:
            self._gives_way = self.background.gives_way = on
            for worker in self._present():
                worker.say(GiveWay(on))

    def hold(self, seconds: float) -> None:
        """See `Engine`."""
        self.background.hold(seconds)
        for worker in self._present():
            worker.say(Hold(seconds))

    def want_classifier(self, reference: Reference) -> None:
        """See `Engine`. A job of its own: at the pace of a lane's measures its 15 s would take minutes."""
        if reference.known_classifier is None and not self.background.is_waiting("eye"):
            self.background.do("eye", reference.find_classifier(), rest=1.0)

    def want_real_side(self, reference: Reference) -> None:
        """See `Engine`. A job of its own: at a lane's pace it would hold up the first that needs it by a minute."""
        key = (id(reference), "real side")
        if not reference.is_prepared and not self.background.is_waiting(key):
            self.background.do(key, reference.prepare(), rest=1.0)

    def close(self, timeout_s: float) -> bool:
        """See `Engine`."""
        until = time.monotonic() + timeout_s
        for worker in self._present():
            worker.say(Stop())
        self.background.say_stop()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        has_ended = self.background.close(max(0.0, until - time.monotonic()))
        return has_ended and not any(thread.is_alive() for thread in self._threads)
