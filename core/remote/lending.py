"""Copies of runs that the window takes steps of by itself: each is built here of the state that the engine sends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import torch

from core.datasets.base import Dataset
from core.engine.background import Background
from core.foundation.mailbox import Mailbox, Refusal
from core.remote.checks import check_lent
from core.remote.messages import Borrow, Lent, NotLent
from core.training.batches import DeviceDatasets
from core.training.state import resume
from core.training.training import Training


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
        self._open: dict[int, tuple[int, str, Mailbox[Training]]] = {}
        self._count = 0

    def ask(self, worker: int, model: str, answer: Mailbox[Training]) -> None:
        """Ask for a copy of a run of the model of that name."""
        with self._lock:
            self._count += 1
            self._open[self._count] = worker, model, answer
            number = self._count
        self._post(Borrow(worker, number))

    def ask_again(self) -> None:
        """Ask once more, over another link, for all that has not come: answers may have been lost with the old one."""
        with self._lock:
            waiting = [(worker, number) for number, (worker, _, _) in self._open.items()]
        for worker, number in waiting:
            self._post(Borrow(worker, number))

    def take(self, message: Lent | NotLent) -> None:
        """Build the copy that has come, and put it or the reason why there is none into its mailbox."""
        with self._lock:
            _, model, answer = self._open.pop(message.number, (0, "", None))
        if answer is None:
            return
        if isinstance(message, NotLent):
            answer.put(Refusal(message.reason))
        else:
            build = partial(answer.fill, partial(self._built, model, message))
            self._background.ask((id(self), message.number), build, urgent=True)

    def refuse(self, worker: int, reason: str) -> None:
        """Nothing more comes of a run."""
        with self._lock:
            over = [number for number, (of, _, _) in self._open.items() if of == worker]
            answers = [self._open.pop(number)[2] for number in over]
        for answer in answers:
            answer.put(Refusal(reason))

    def _built(self, model: str, lent: Lent) -> Training:
        dataset = self._data(lent.data)
        check_lent(lent, model, dataset)
        device_dataset = self._device_datasets.get(dataset, torch.device("cpu"))
        training = Training(model, lent.config, lent.setup, device_dataset)
        resume(training, lent.saved)
        return training
