"""The engine's side of a link: it obeys what the window says, and tells what changes on the boards of its runs."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.datasets.base import Dataset, Images
from core.engine.commands import Command, GiveWay, Hold, Keep, Restart
from core.engine.inbox import Goal
from core.engine.kept import Kept
from core.engine.threads import MOST_ERRORS, ThreadEngine, ThreadWorker
from core.evaluation.reference import Reference
from core.foundation.mailbox import Refusal, sentence_of
from core.foundation.user_error import UserError, as_sentence
from core.foundation.version import version
from core.models.base import MODELS
from core.remote import checks
from core.remote.changes import Sender
from core.remote.codec import Codec
from core.remote.forms import own
from core.remote.keeping import Answer, Keeper, as_sent
from core.remote.learning import is_users, learn
from core.remote.messages import (
    Ask,
    AskMeasures,
    Borrow,
    Changed,
    Data,
    Employ,
    Ended,
    ForgetData,
    Forgotten,
    Learn,
    Learned,
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
from core.remote.session import BESIDE, Attach, Goodbye, Ping, Pong
from core.remote.weights import weights_of
from core.remote.wire import LinkEnded
from core.training import devices

BETWEEN_S = 0.03
"""Shortest time between two changes of one run's view, s: a window looks for them 20 times a second."""
LONGEST_DETAILS = 20_000
"""Longest traceback that is told, characters: its end."""
LOST_DEVICE = "CUDA error:"
"""How errors begin after which a process cannot use its GPU again, whatever it tries: only another one can."""
LOOK_AROUND_S = 0.5
"""Longest time between two looks at what tells nobody that it changed, s."""


class OutOfStep(UserError):
    """The other side says something about a run or data that it never named."""

    is_misuse = False


_NOTHING: tuple[int, Goal] = (0, "rest")


@dataclass(eq=False)
class _Seat:
    """A run of this side: its worker, its model, what was sent of it, and how many commands it was given."""

    worker: ThreadWorker
    model: str
    sender: Sender
    keeper: Keeper
    borrowers: list[tuple[int, Answer]] = field(default_factory=list)
    heard: int = 0
    told: tuple[int, Goal] = _NOTHING


class Server:
    """Serves one window. ``tell`` sends a message and may block; `obey` is called by the thread that reads.

    ``codec`` is that of the link, which learns a user's new models. ``ended`` gets a sentence where something cannot be
    told: nothing more is, because what is told later follows on it. ``linger_s`` is told to the window. Where a link
    was cut, `attach` goes on over another one.
    """

    def __init__(
        self,
        engine: ThreadEngine,
        tell: Callable[[Any], None],
        codec: Codec,
        ended: Callable[[str], None],
        linger_s: float = 0.0,
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._ended = ended
        self._linger_s = linger_s
        self._heard = 0
        self._is_left = False
        self._ping: tuple[Ping, float] | None = None  # not answered yet, and when it came
        self._codec = codec
        self._learned: deque[Learned] = deque()  # not told yet
        self._data: dict[int, Reference] = {}
        self._numbers: dict[int, int] = {}  # of data sets, by identity
        self._leaving: set[int] = set()  # of data that go as soon as no view is of them
        self._seats: dict[int, _Seat] = {}
        self._newest = 0
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._is_closed = False
        self._troubles: deque[str] = deque(maxlen=MOST_ERRORS)
        engine.listener = self._troubles.append
        self._told_prepared: dict[int, Prepared] = {}
        self._gone: set[int] = set()  # runs that have ended
        self._forgotten: set[int] = set()  # data
        self._teller = self._new_teller()

    def _new_teller(self) -> threading.Thread:
        return threading.Thread(target=self._tell_changes, name="teller", daemon=True)

    def start(self) -> None:
        """Greet the window, and tell what changes from now on."""
        layout = tuple((name, *fields) for name, fields in self._codec.layout.items())
        host, found = platform.node(), devices.available()
        self._tell(Ready(host, os.getpid(), layout, version(), found, devices.cores(), self._heard, self._linger_s))
        self._teller.start()

    def attach(self, tell: Callable[[Any], None], ended: Callable[[str], None]) -> None:
        """Serve the window over another link. It is told everything anew: what was on its way is lost.

        Nothing more may come over the link before.
        """
        self.close()
        self._tell, self._ended, self._is_closed = tell, ended, False
        self._told_prepared.clear()
        self._ping = None
        for seat in self._seats.values():
            seat.sender, seat.told = Sender(self._number_of, weights_of), _NOTHING
            seat.keeper = Keeper(seat.worker, self._changed.set)
        self._teller = self._new_teller()
        self.start()
        self._changed.set()

    def close(self) -> None:
        """Tell no more."""
        self._is_closed = True
        self._changed.set()
        if self._teller.is_alive():
            self._teller.join(5.0)

    # --- what the window says --------------------------------------------------------------------------------------

    def obey(self, message: Any) -> None:
        """Do what a message says. Raises `OutOfStep` where it names what does not exist."""
        self._heard += not isinstance(message, BESIDE)
        match message:
            case Attach():
                return
            case Ping():
                self._ping = message, time.monotonic()
            case Goodbye():
                self._is_left = True
            case Data():
                self._take_data(message)
            case ForgetData(number):
                self._reference(number)
                self._leaving.add(number)
                self._changed.set()
            case Learn():
                self._learned.append(Learned(message.name, learn(self._codec, message)))
                self._changed.set()
            case Employ():
                self._employ(message)
            case Say(worker, command):
                self._say(worker, command)
            case RestartOf():
                self._restart(message)
            case Borrow(worker, number):
                self._lend(worker, number)
            case Ask(worker, look, data):
                if seat := self._seat(worker):
                    seat.worker.ask(look, self._reference(data))
            case AskMeasures(worker, names, sampler, pace, data):
                checks.check_measures(message)
                if seat := self._seat(worker):
                    seat.worker.ask_measures(names, sampler, pace, self._reference(data))
            case Seen(worker, step):
                if seat := self._seat(worker):
                    seat.worker.board.mark_read(step)
            case GiveWay(on):
                self._engine.give_way(on)
            case Hold(seconds):
                checks.check_hold(seconds)
                self._engine.hold(seconds)
            case WantClassifier(data):
                self._engine.want_classifier(self._reference(data))
            case WantRealSide(data):
                self._engine.want_real_side(self._reference(data))
            case _:
                raise OutOfStep(f"The window sent {type(message).__name__}, which an engine does not obey.")

    def _restart(self, message: RestartOf) -> None:
        dataset = None if message.data is None else self._reference(message.data).dataset
        if not (seat := self._seat(message.worker)):
            return
        if is_users(seat.worker.board.view.config):
            MODELS.rescan()  # a restart takes the file as it is now; where that is no good the lane fails
        else:
            checks.check_config(message.config, seat.model)
        self._say(message.worker, Restart(message.config, message.setup, dataset, message.go))

    def _take_data(self, message: Data) -> None:
        if message.number in self._data:
            raise OutOfStep(f"There are data {message.number} already.")
        train, test = _images(message.train), _images(message.test)
        names = message.class_names, message.factor_names
        dataset = Dataset(
            message.name, message.title, train, test, *names, density=message.density, columns=message.columns
        )
        checks.check_dataset(dataset)
        self._data[message.number] = Reference(dataset)
        self._numbers[id(dataset)] = message.number

    def _employ(self, message: Employ) -> None:
        if message.worker <= self._newest:
            raise OutOfStep(f"Run {message.worker} cannot follow on run {self._newest}.")
        checks.check_employ(message, len(self._seats))
        dataset = self._reference(message.data).dataset
        worker = self._engine.employ(
            message.label,
            message.model,
            message.config,
            message.setup,
            dataset,
            message.threads,
            message.saved,
            message.life,
        )
        self._newest = message.worker
        with self._lock:
            keeper = Keeper(worker, self._changed.set)
            sender = Sender(self._number_of, weights_of)
            self._seats[message.worker] = _Seat(worker, message.model, sender, keeper)
        worker.board.watch(self._changed.set)
        self._changed.set()

    def _say(self, number: int, command: Command) -> None:
        checks.check_command(command)
        if seat := self._seat(number):
            seat.worker.say(command)
            seat.heard += 1
            self._changed.set()

    def _lend(self, worker: int, number: int) -> None:
        answer = Answer(self._changed.set)
        if seat := self._seat(worker):
            seat.borrowers.append((number, answer))
            seat.worker.say(Keep(answer))

    def _seat(self, number: int) -> _Seat | None:
        """A run by its number; None where it has ended, which the window may not know yet."""
        if not 0 < number <= self._newest:
            raise OutOfStep(f"There is no run {number}.")
        return self._seats.get(number)

    def _reference(self, number: int) -> Reference:
        if number not in self._data:
            raise OutOfStep(f"There are no data {number}.")
        return self._data[number]

    def _number_of(self, dataset: Dataset) -> int | None:
        return self._numbers.get(id(dataset))  # None for data that go, which a run may still be building for

    @property
    def is_left(self) -> bool:
        """Whether the window has said goodbye."""
        return self._is_left

    # --- what it tells ---------------------------------------------------------------------------------------------

    def _tell_changes(self) -> None:
        """Tell of changes, as often as the other side takes them: views that it has no time for are left out."""
        try:
            for number in sorted(self._gone):
                self._tell(Ended(number))
            for number in sorted(self._forgotten):
                self._tell(Forgotten(number))
            while not self._is_closed:
                self._changed.wait(LOOK_AROUND_S)
                self._changed.clear()
                with self._lock:
                    seats = dict(self._seats)
                for number, seat in seats.items():
                    self._tell_change(number, seat)
                self._tell_of_background()
                self._forget_data(seats)
                self._answer()
                time.sleep(BETWEEN_S)
        except LinkEnded:
            return  # the thread that reads hears of it too
        except Exception as error:
            self._ended(as_sentence(sentence_of(error)))

    def _tell_change(self, number: int, seat: _Seat) -> None:
        failure = seat.worker.board.view.status.failure
        if failure is not None and failure.sentence.startswith(LOST_DEVICE):
            raise UserError(f"The GPU cannot be used by this process any more: {failure.sentence}.")
        has_ended = seat.worker.has_ended
        kept = seat.keeper.next()  # before the view, which has all rows of its history then
        told = heard, goal = seat.heard, seat.worker.goal  # before the view, which may know more
        change = seat.sender.change_to(seat.worker.board.view)
        if change is not None or told != seat.told:
            seat.told = told
            self._tell(Changed(number, change, heard, goal))
        if kept is not None:
            self._tell_kept(number, seat.keeper, kept)
        self._answer_borrowers(seat)
        if has_ended:
            with self._lock:
                del self._seats[number]
                self._gone.add(number)
            self._tell(Ended(number))

    def _tell_kept(self, number: int, keeper: Keeper, kept: Kept) -> None:
        began = time.monotonic()
        self._tell(as_sent(number, kept))
        keeper.was_sent(time.monotonic() - began)

    def _answer_borrowers(self, seat: _Seat) -> None:
        for each in tuple(seat.borrowers):
            number, answer = each
            if (kept := answer.take()) is None:
                continue
            seat.borrowers.remove(each)
            if isinstance(kept, Refusal):
                self._tell(NotLent(number, kept.reason))
            elif (data := self._number_of(kept.dataset)) is None:
                self._tell(NotLent(number, "its data were replaced"))
            else:
                self._tell(Lent(number, kept.life, kept.config, kept.setup, data, kept.saved))

    def _forget_data(self, seats: Mapping[int, _Seat]) -> None:
        shown = {id(seat.worker.board.view.dataset) for seat in seats.values()}
        for number in tuple(self._leaving):
            dataset = self._data[number].dataset
            if id(dataset) not in shown:
                self._leaving.discard(number)
                del self._data[number], self._numbers[id(dataset)]
                self._told_prepared.pop(number, None)
                self._forgotten.add(number)
                self._tell(Forgotten(number))

    def _answer(self) -> None:
        while self._learned:
            self._tell(self._learned.popleft())
        if self._ping is not None:
            (ping, came_at), self._ping = self._ping, None
            self._tell(Pong(ping.number, time.monotonic() - came_at, self._heard))

    def _tell_of_background(self) -> None:
        while self._troubles:
            self._tell(Trouble(self._troubles[0][-LONGEST_DETAILS:]))
            self._troubles.popleft()
        for number, reference in tuple(self._data.items()):
            now = Prepared(number, reference.known_classifier is not None, reference.is_prepared)
            if now != self._told_prepared.get(number, Prepared(number, False, False)):
                self._told_prepared[number] = now
                self._tell(now)


def _images(split: Split) -> Images:
    """The images of a split, in memory that torch may hold: it wants to write, though nobody does."""
    labels, factors = (None if each is None else own(each) for each in (split.labels, split.factors))
    return Images(own(split.pixels), labels, factors)
