"""The window's side of a link: an `Engine` whose runs are computed on the other side."""

from __future__ import annotations

import platform
import threading
import time
from typing import Any, Literal

from core.datasets.base import Dataset
from core.engine.background import TRIM_S, Background
from core.engine.commands import GiveWay, Hold, Stop
from core.engine.engine import Health
from core.engine.threads import MOST_ERRORS
from core.evaluation.reference import Reference
from core.foundation import memory
from core.models.base import TrainConfig
from core.remote.codec import Codec
from core.remote.data_sets import DataSets
from core.remote.learning import lesson
from core.remote.lending import Loans
from core.remote.messages import (
    Changed,
    Employ,
    Ended,
    Forgotten,
    KeptState,
    Learned,
    Lent,
    NotLent,
    Prepared,
    Ready,
    Trouble,
    WantClassifier,
    WantRealSide,
)
from core.remote.server import OutOfStep
from core.remote.session import Cut, Ping, Pong
from core.remote.worker import Post, RemoteWorker
from core.training import devices
from core.training.saved import Saved
from core.training.setup import Setup

LEARNING_S = 2.0
"""Longest wait until the other side has read a user's new model, s."""


class RemoteEngine:
    """An `Engine` (see `core.engine.engine`) over a link: ``post`` sends a message without waiting.

    What comes is given to `take`, by one thread.
    """

    def __init__(self, post: Post, codec: Codec) -> None:
        self.errors: list[str] = []
        self.background = Background(lambda: self._is_training, lambda _, details: self._note(details))
        self.ready: Ready | None = None
        """What the other side is; None until it has said so."""
        self._post = post
        self._codec = codec
        self.cut: Cut | None = None
        """Why the link is gone, where the engine behind it goes on without."""
        self.bytes_per_s = 0.0
        self._round_trip_s: float | None = None
        self._ping = 0
        self.pinged_at = 0.0
        self.is_waiting = False
        """Whether a `Ping` was not answered yet."""
        self._data = DataSets(post, lambda: {each.data for each in tuple(self._workers.values())})
        self._loans = Loans(post, self._data.of, self.background)
        self._workers: dict[int, RemoteWorker] = {}
        self._lost: tuple[str, str] | None = None
        self._losing = threading.Lock()
        self._count = 0
        self._gives_way = False
        self._references: dict[int, Reference] = {}
        self._learned: dict[str, str] = {}  # why not, or "", by wire name
        self.changed = threading.Condition()
        self._trimmed = time.perf_counter()

    @property
    def _is_training(self) -> bool:
        return any(each.board.view.status.state == "training" for each in tuple(self._workers.values()))

    def _note(self, details: str) -> None:
        self.errors[:] = [*self.errors[1 - MOST_ERRORS :], details]

    @property
    def cores(self) -> int:
        """See `Engine`; until it has answered, those of this machine."""
        return devices.cores() if self.ready is None else self.ready.cores

    def check_device(self, name: str) -> None:
        """See `Engine`; until it has answered, what holds for this machine."""
        ready = self.ready
        if ready is None:
            devices.choose(name)
        elif name not in ("auto", *dict(ready.devices)):
            raise devices.DeviceError(
                f"Device: {ready.host} has no {name.upper()} device that PyTorch can use; choose cpu or auto"
            )

    def health(self) -> Health:
        """See `Engine`."""
        ready = self.ready
        place = "elsewhere" if ready is None else f"process {ready.process} on {ready.host}"
        host = ready.host if ready is not None and ready.host != platform.node() else ""
        if self._lost is not None:
            return Health("ended", place, f"The engine ended ({self._lost[0]})", host=host)
        if (cut := self.cut) is not None:
            return Health("cut", place, f"The link to the engine is cut ({cut.how})", host=host)
        state: Literal["starting", "running"] = "starting" if ready is None else "running"
        return Health(state, place, "", self._round_trip_s, self.bytes_per_s, host)

    @property
    def details(self) -> str:
        """After its end, or a cut: what else is known of it, to be copied."""
        if self._lost is not None:
            return self._lost[1]
        return "" if self.cut is None else self.cut.details

    def start_again(self) -> None:
        """See `Engine`. Here nothing can bring it back."""

    def go_on(self, codec: Codec) -> None:
        """Have another engine, to which messages go from now on, compute every run from what is kept of it.

        After `lose` only.
        """
        with self._losing:
            self._workers = {number: each for number, each in self._workers.items() if not each.is_stopped}
            self._codec, self.ready, self._lost, self.cut = codec, None, None, None
            self._round_trip_s, self.is_waiting = None, False
            for number in self._data.send_again():
                self._references.pop(number, None)
            if self._gives_way:
                self._post(GiveWay(True))
            for worker in self._workers.values():
                if self._knows(worker.board.view.config):
                    worker.go_on()
                else:
                    worker.refuse("The file of this model was changed while it trained")
            for number, reference in self._references.items():  # what this side has nobody asks for again
                if reference.known_classifier is not None:
                    self._post(WantClassifier(number))
                if reference.is_prepared:
                    self._post(WantRealSide(number))

    def _knows(self, config: TrainConfig) -> bool:
        return type(config) in self._codec.classes.values()

    def _teach(self, model: str, config: TrainConfig) -> str:
        """Have the other side learn the knobs of a user's model; why it cannot, in a sentence. It is waited for."""
        message = lesson(self._codec, model, type(config))
        self._post(message)
        with self.changed:
            self.changed.wait_for(lambda: message.name in self._learned, LEARNING_S)
        return self._learned.pop(message.name, "The engine does not answer; try again")

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
    ) -> RemoteWorker:
        """See `Engine`."""
        self._count += 1
        number = self._data.number_of(dataset)
        employ = Employ(self._count, label, model, config, setup, number, threads, saved, life)
        worker = RemoteWorker(employ, self._data, self._loans, self._post)
        trouble = "" if self._knows(config) or self._lost is not None else self._teach(model, config)
        if trouble:
            worker.refuse(trouble)
            return worker
        with self._losing:
            self._workers[self._count] = worker
            if self._knows(config):
                self._post(employ)
            if self._lost is not None:
                worker.lose(*self._lost)
        return worker

    def give_way(self, on: bool) -> None:
        """See `Engine`."""
        if on != self._gives_way:
            self._gives_way = self.background.gives_way = on
            self._post(GiveWay(on))

    def hold(self, seconds: float) -> None:
        """See `Engine`."""
        self.background.hold(seconds)
        self._post(Hold(seconds))

    def want_classifier(self, reference: Reference) -> None:
        """See `Engine`. Trained on the other side, where the processor is free; read from the store here."""
        if reference.known_classifier is None:
            self._post(WantClassifier(self._known(reference)))

    def want_real_side(self, reference: Reference) -> None:
        """See `Engine`."""
        if not reference.is_prepared:
            self._post(WantRealSide(self._known(reference)))

    def _known(self, reference: Reference) -> int:
        number = self._data.number_of(reference.dataset)
        self._references[number] = reference
        return number

    def close(self, timeout_s: float) -> bool:
        """See `Engine`."""
        workers = [each for each in self._workers.values() if self._lost is None and not each.has_ended]
        for worker in workers:
            worker.say(Stop())
        with self.changed:
            has_ended = self.changed.wait_for(lambda: all(each.has_ended for each in workers), timeout_s)
        return self.background.close(timeout_s) and has_ended

    # --- called on the thread that reads ------------------------------------------------------------------------------

    def take(self, message: Any) -> None:
        """Take in what the other side says. Raises `OutOfStep` or ValueError where it does not follow."""
        if time.perf_counter() - self._trimmed >= TRIM_S:
            self._trimmed = time.perf_counter()
            memory.return_freed()  # of snapshots, which are made in this thread and go in others
        match message:
            case Ready():
                self._check(message)
                if self.ready is not None:
                    self._loans.ask_again()
                self.ready = message
            case Changed(worker=number):
                self._worker(number).take(message)
            case KeptState(worker=number):
                self._worker(number).keep(message)
            case Lent() | NotLent():
                self._loans.take(message)
            case Learned(name, trouble):
                with self.changed:
                    self._learned[name] = trouble
                    self.changed.notify_all()
            case Ended(worker=number):
                if not 0 < number <= self._count:
                    raise OutOfStep(f"There is no run {number}.")
                if worker := self._workers.pop(number, None):  # after a cut it may be said again
                    worker.end()
                with self.changed:
                    self.changed.notify_all()
            case Forgotten(data=number):
                self._data.drop(number)
                self._references.pop(number, None)
            case Trouble(details):
                self._note(details)
            case Prepared():
                self._take_prepared(message)
            case Pong(number, held_s):
                if number == self._ping and self.is_waiting:
                    self.is_waiting = False
                    took_s = time.monotonic() - self.pinged_at
                    self._round_trip_s = took_s - min(took_s, max(0.0, held_s))
            case _:
                raise OutOfStep(f"The engine sent {type(message).__name__}, which a window does not know.")

    def _check(self, ready: Ready) -> None:
        """Whether both sides mean the same by their messages. Raises `OutOfStep`."""
        theirs = {name: tuple(fields) for name, *fields in ready.layout}
        if unlike := self._codec.unlike(theirs):
            raise OutOfStep(f"The engine is of another version than this window: it differs in {', '.join(unlike)}.")

    def _take_prepared(self, message: Prepared) -> None:
        reference = self._references.get(message.data)
        if reference is None:
            return
        reference.is_prepared = message.real_side
        if message.classifier and reference.known_classifier is None:
            self.background.do("eye", reference.find_classifier(), rest=1.0)

    def ping(self) -> None:
        """Ask whether the other side is there, unless the answer to the last such question is still to come."""
        if not self.is_waiting:
            self._ping += 1
            self.is_waiting, self.pinged_at = True, time.monotonic()
            self._post(Ping(self._ping))

    def miss(self, how: str, details: str) -> None:
        """The link is gone, or a try to make another one failed; the engine behind it goes on."""
        self.cut = Cut(how, details, how if self.cut is None else self.cut.first)
        self.is_waiting, self._round_trip_s, self.bytes_per_s = False, None, 0.0

    def lose(self, how: str, details: str) -> None:
        """The other side is gone: every run keeps what it shows, and has failed."""
        with self._losing:
            self._lost = how, details
            for worker in self._workers.values():
                worker.lose(how, details)
        with self.changed:
            self.changed.notify_all()

    def _worker(self, number: int) -> RemoteWorker:
        if number not in self._workers:
            raise OutOfStep(f"There is no run {number}.")
        return self._workers[number]
