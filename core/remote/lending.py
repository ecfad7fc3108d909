"""States of runs that the window asked for: to save them, or to take steps of a copy that is built of them here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from core.datasets.base import Dataset
from core.engine.background import Background
from core.engine.commands import Keep, Lend
from core.engine.kept import Kept
from core.foundation.mailbox import Refusal
from core.remote.checks import check_lent, check_saved
from core.remote.messages import Borrow, Lent, NotLent
from core.training.batches import DeviceDatasets
from core.training.state import resume
from core.training.training import Training


@dataclass(frozen=True)
class _Loan:
    """A state that was asked for: of a run, by which command."""

    worker: int
    model: str
    command: Lend | Keep


class Loans:
    """What was asked for and has not come. ``post`` sends a message, ``data`` gives a data set by its number.

    Copies are built by the background, on the CPU.
    """

    def __init__(self, post: Callable[[Borrow], None], data: Callable[[int], Dataset], background: Background) -> None:
        self._post = post
        self._data = data
        self._background = background
        self._device_datasets = DeviceDatasets()
        self._lock = threading.Lock()
        self._open: dict[int, _Loan] = {}
        self._count = 0

    def ask(self, worker: int, model: str, command: Lend | Keep) -> None:
        """Ask for the state of a run of the model of that name; what comes is put into the mailbox of the command."""
        with self._lock:
            self._count += 1
            self._open[self._count] = _Loan(worker, model, command)
            number = self._count
        self._post(Borrow(worker, number))

    def ask_again(self) -> None:
        """Ask once more, over another link, for all that has not come: answers may have been lost with the old one."""
        with self._lock:
            waiting = [(loan.worker, number) for number, loan in self._open.items()]
        for worker, number in waiting:
            self._post(Borrow(worker, number))

    def take(self, message: Lent | NotLent) -> None:
        """Put what has come, or the reason why there is nothing, into its mailbox; a copy is built before."""
        with self._lock:
            loan = self._open.pop(message.number, None)
        if loan is None:
            return
        match message, loan.command:
            case NotLent(reason=reason), (Lend(answer) | Keep(answer)):
                answer.put(Refusal(reason))
            case Lent(), Keep(answer):
                answer.fill(partial(self._kept, loan, message))
            case Lent(), Lend(answer):
                build = partial(answer.fill, partial(self._built, loan, message))
                self._background.ask((id(self), message.number), build, urgent=True)

    def refuse(self, worker: int, reason: str) -> None:
        """Nothing more comes of a run."""
        with self._lock:
            over = [number for number, loan in self._open.items() if loan.worker == worker]
            answers = [self._open.pop(number).command.answer for number in over]
        for answer in answers:
            answer.put(Refusal(reason))

    def _kept(self, loan: _Loan, lent: Lent) -> Kept:
        dataset = self._data(lent.data)
        check_lent(lent, loan.model, dataset)
        check_saved(lent.saved, loan.model)
        return Kept(lent.life, lent.config, lent.setup, dataset, lent.saved)

    def _built(self, loan: _Loan, lent: Lent) -> Training:
        kept = self._kept(loan, lent)
        device_dataset = self._device_datasets.get(kept.dataset, torch.device("cpu"))
        training = Training(loan.model, kept.config, kept.setup, device_dataset)
        resume(training, kept.saved)
        return training
