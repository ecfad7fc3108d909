"""The window's side of a link: an `Engine` whose runs are computed on the other side."""

from __future__ import annotations

import dataclasses
import platform
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.datasets.base import Dataset, Images
from core.engine.background import Background
from core.engine.board import Board, View
from core.engine.commands import Command, GiveWay, Hold, Keep, Lend, Restart, Stop
from core.engine.engine import Health
from core.engine.inbox import Goal, goal_after, settled
from core.engine.measure_rounds import Pace
from core.engine.status import Failure
from core.engine.threads import MOST_ERRORS
from core.evaluation.reference import Reference
from core.foundation.mailbox import Refusal
from core.models.base import TrainConfig
from core.probes.look import Look
from core.remote.asking import Asking
from core.remote.changes import Receiver, blank
from core.remote.checks import check_change
from core.remote.codec import Codec
from core.remote.keeping import Heritage
from core.remote.lending import Loans
from core.remote.messages import (
    Ask,
    AskMeasures,
    Changed,
    Data,
    Employ,
    Ended,
    ForgetData,
    Forgotten,
    KeptState,
    Lent,
    NotLent,
    Prepared,
    Ready,
    RestartOf,
    Say,
    Seen,
    Split,
    Trouble,
    WantClassifier,
    WantRealSide,
)
from core.remote.server import OutOfStep
from core.remote.weights import Rebuilder
from core.training.saved import Saved
from core.training.setup import Setup

REMEDY = "Save what you need and open the program again."
Post = Callable[[Any], None]
"""Sends a message to the other side, without waiting."""


class MirrorBoard(Board):
    """A board that shows what another shows. Whoever looks at a new snapshot here is told there."""

    def __init__(self, view: View, seen: Callable[[int], None]) -> None:
        super().__init__(view)
        self._seen = seen

    def mark_read(self, step: int) -> None:
        """Note that the snapshot of a step was displayed, on the other side too."""
        if step != self._read_step:
            self._seen(step)
        super().mark_read(step)


class RemoteWorker:
    """A `Worker` (see `core.engine.engine`) on the other side of a link."""

    def __init__(self, employ: Employ, data_sets: _DataSets, loans: Loans, post: Post) -> None:
        self.number = number = employ.worker
        self.data = employ.data
        """The number of the data that it trains on, or will."""
        self.board: Board = MirrorBoard(blank(employ.life, employ.config), lambda step: post(Seen(number, step)))
        self.has_ended = False
        self._data_sets = data_sets
        self._post = post
        self._loans = loans
        self._model = employ.model
        self._heritage = Heritage(employ)
        self._asking = Asking()
        self._receiver = Receiver(data_sets.of, Rebuilder(employ.model).snapshot)
        self._lock = threading.Lock()
        self._goal: Goal = "rest"
        self._said = 0

    @property
    def will_train(self) -> bool:
        """See `Worker`."""
        return self._goal != "rest"

    @property
    def kept(self) -> Saved | None:
        """The newest state that has come, of the life that is shown."""
        return self._heritage.kept

    def say(self, command: Command) -> None:
        """See `Worker`."""
        with self._lock:
            command = settled(command, self._goal)
            message: Any
            match command:
                case Lend(answer):
                    if self.has_ended:
                        answer.put(Refusal("the lane is closed"))
                    else:
                        self._loans.ask(self.number, self._model, answer)
                    return
                case Restart(config, setup, dataset, weights, go):
                    number = None if dataset is None else self._data_sets.number_of(dataset)
                    self.data = self.data if number is None else number
                    message = RestartOf(self.number, config, setup, number, weights, go)
                case Keep():
                    raise TypeError("states come by themselves over a link")
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

    # --- called on the thread that reads ------------------------------------------------------------------------------

    def keep(self, message: KeptState) -> None:
        """Keep a state that has come."""
        with self._lock:
            self._heritage.take(message, self.board.view)

    def take(self, message: Changed) -> None:
        """Show what changed on the other side."""
        if (change := message.change) is not None:
            check_change(change, self._model)
            before = self.board.view
            view = self._receiver.after(before, change)
            self.board.change(lambda now: _with_events(view, before, now))
        with self._lock:
            if message.heard == self._said:
                self._goal = message.goal

    def end(self) -> None:
        """Nothing more comes."""
        with self._lock:
            self.has_ended, self._goal = True, "rest"
        self._loans.refuse(self.number, "the lane is closed")

    def lose(self, how: str, details: str) -> None:
        """Nothing more comes, without a `Stop`."""
        self._loans.refuse(self.number, f"the engine ended ({how})")
        self.end()

        def failed(view: View) -> View:
            step = view.status.step
            failure = Failure(f"The engine ended ({how}); this lane stood at step {step:,}", REMEDY, details, step)
            return dataclasses.replace(view, status=dataclasses.replace(view.status, state="failed", failure=failure))

        self.board.change(failed)


def _with_events(view: View, before: View, now: View) -> View:
    """The view, with what was told on this side since the one before it."""
    told = () if now.events is before.events else tuple(event for event in now.events if event not in before.events)
    return dataclasses.replace(view, events=(*view.events, *told)) if told else view


class _DataSets:
    """The data sets that the other side knows, by number. Each is sent once, before the first message that names it.

    What no run uses is forgotten when the next one comes: the other side holds all of it in memory.
    """

    def __init__(self, post: Post, used: Callable[[], set[int]]) -> None:
        self._post = post
        self._used = used
        self._numbers: dict[int, int] = {}  # by identity
        self._held: dict[int, Dataset] = {}
        self._count = 0

    def number_of(self, dataset: Dataset) -> int:
        """The number of a data set, which the other side knows from now on."""
        number = self._numbers.get(id(dataset))
        if number is None:
            self._forget_unused()
            number = self._numbers[id(dataset)] = self._count = self._count + 1
            self._held[number] = dataset
            self._post(_data(number, dataset))
        return number

    def _forget_unused(self) -> None:
        used = self._used()
        for identity, number in tuple(self._numbers.items()):
            if number not in used:
                del self._numbers[identity]
                self._post(ForgetData(number))  # views on their way may still name it

    def of(self, number: int) -> Dataset:
        """The data set of a number. ValueError where there is none."""
        if number not in self._held:
            raise ValueError(f"there are no data {number}")
        return self._held[number]

    def drop(self, number: int) -> None:
        """The other side will not name it again."""
        self._held.pop(number, None)


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
        self._data = _DataSets(post, lambda: {each.data for each in tuple(self._workers.values())})
        self._loans = Loans(post, self._data.of, self.background)
        self._workers: dict[int, RemoteWorker] = {}
        self._lost: tuple[str, str] | None = None
        self._count = 0
        self._gives_way = False
        self._references: dict[int, Reference] = {}
        self.changed = threading.Condition()

    @property
    def _is_training(self) -> bool:
        return any(each.board.view.status.state == "training" for each in tuple(self._workers.values()))

    def _note(self, details: str) -> None:
        self.errors[:] = [*self.errors[1 - MOST_ERRORS :], details]

    def health(self) -> Health:
        """See `Engine`."""
        ready = self.ready
        place = "elsewhere" if ready is None else f"process {ready.process} on {ready.host}"
        host = ready.host if ready is not None and ready.host != platform.node() else ""
        if self._lost is not None:
            return Health("ended", place, f"The engine ended ({self._lost[0]})", host=host)
        return Health("starting" if ready is None else "running", place, host=host)

    @property
    def details(self) -> str:
        """What is known of its end, to copy; "" before that."""
        return "" if self._lost is None else self._lost[1]

    def start_again(self) -> None:
        """See `Engine`."""

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
        self._workers[self._count] = worker
        self._post(employ)
        if self._lost is not None:
            self.lose(*self._lost)
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
        workers = [each for each in self._workers.values() if not each.has_ended]
        for worker in workers:
            worker.say(Stop())
        with self.changed:
            has_ended = self.changed.wait_for(lambda: all(each.has_ended for each in workers), timeout_s)
        return self.background.close(timeout_s) and has_ended

    # --- called on the thread that reads ------------------------------------------------------------------------------

    def take(self, message: Any) -> None:
        """Take in what the other side says. Raises `OutOfStep` or ValueError where it does not follow."""
        match message:
            case Ready():
                self._check(message)
                self.ready = message
            case Changed(worker=number):
                self._worker(number).take(message)
            case KeptState(worker=number):
                self._worker(number).keep(message)
            case Lent() | NotLent():
                self._loans.take(message)
            case Ended(worker=number):
                self._worker(number).end()
                del self._workers[number]
                with self.changed:
                    self.changed.notify_all()
            case Forgotten(data=number):
                self._data.drop(number)
                self._references.pop(number, None)
            case Trouble(details):
                self._note(details)
            case Prepared():
                self._take_prepared(message)
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

    def lose(self, how: str, details: str) -> None:
        """The other side is gone: every run keeps what it shows, and has failed."""
        self._lost = how, details
        for number, worker in tuple(self._workers.items()):
            worker.lose(how, details)
            self._workers.pop(number, None)
        with self.changed:
            self.changed.notify_all()

    def _worker(self, number: int) -> RemoteWorker:
        if number not in self._workers:
            raise OutOfStep(f"There is no run {number}.")
        return self._workers[number]


def _data(number: int, dataset: Dataset) -> Data:
    return Data(
        number,
        dataset.name,
        dataset.title,
        _split(dataset.train),
        _split(dataset.test),
        dataset.class_names,
        dataset.factor_names,
        dataset.density,
        dataset.columns,
    )


def _split(images: Images) -> Split:
    return Split(images.pixels, images.labels, images.factors)
