"""A published data set on its way here: progress, time left, Cancel, and why it did not come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.readers.catalogue import RemoteSet, megabytes
from core.readers.downloads import come_before, fetch
from gui.desk.loading import Loading
from gui.files.epoch_time import duration

if TYPE_CHECKING:
    from core.foundation.reading import Report

SURE_S = 1.0
"""Time after which the time left is told, s."""


class Fetch(QObject):
    """One set and how far it has come. Nothing is fetched before `start`; what has come stays when it ends early."""

    changed = Signal()
    fetched = Signal()
    started = Signal(object)  # the `Loading`, which whoever ends the program waits for

    def __init__(self, remote: RemoteSet, parent: QObject) -> None:
        super().__init__(parent)
        self.remote = remote
        self.share = self._share_here()
        self.sentence, self.details = "", ""  # why it did not come
        self._loading: Loading | None = None
        self._began: tuple[float, float] | None = None  # time and share of the first progress

    def _share_here(self) -> float:
        """Share of the bytes that came before."""
        return min(1.0, come_before(self.remote) / self.remote.size) if self.remote.size else 0.0

    def is_running(self) -> bool:
        """Whether bytes are on their way."""
        return self._loading is not None

    def start(self) -> None:
        """Fetch what is missing."""
        if self._loading is not None:
            return
        self.sentence, self.details, self._began = "", "", None
        remote = self.remote

        def work(report: Report) -> object:
            return fetch(remote, report)

        loading = Loading(work)
        self._loading = loading
        loading.progressed.connect(lambda share: self._follow(loading, share))
        loading.done.connect(lambda _: self._end(loading))
        loading.failed.connect(lambda sentence, details: self._end(loading, sentence, details))
        loading.cancelled.connect(lambda: self._end(loading))
        self.started.emit(loading)
        loading.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop; what has come is kept."""
        if self._loading is not None:
            self._loading.cancel()

    def leave(self) -> None:
        """Stop, and be told nothing more."""
        self.cancel()
        self._loading = None

    def _follow(self, loading: Loading, share: float) -> None:
        if loading is not self._loading:
            return
        if self._began is None:
            self._began = time.monotonic(), share
        self.share = share
        self.changed.emit()

    def _end(self, loading: Loading, sentence: str = "", details: str = "") -> None:
        if loading is not self._loading:
            return
        self._loading = None
        self.sentence, self.details = sentence, details
        if not sentence and not loading.was_cancelled():
            self.share = 1.0
            self.fetched.emit()
            return
        self.share = self._share_here()
        self.changed.emit()

    def is_begun(self) -> bool:
        """Whether a part is here from an earlier time."""
        return self.share > 0 and not self.is_running()

    def progress_words(self) -> str:
        """How far it is: "12 of 31 MB · about 8 s left"."""
        if self._began is None:
            return f"Asking {self.remote.hosts[0]} …"
        size, (since, first) = self.remote.size, self._began
        come = f"{self.share * size / 1e6:,.0f} of {megabytes(size)}" if size else f"{100 * self.share:.0f} %"
        spent, done = time.monotonic() - since, self.share - first
        if self.share >= 1.0:
            return f"{come} · checking it"
        if spent < SURE_S or done <= 0:
            return come
        return f"{come} · about {duration(spent / done * (1 - self.share))} left"

    def card_words(self) -> str:
        """The same in a few words, for a card."""
        if self.is_running():
            return f"{100 * self.share:.0f} % is here"
        size = megabytes(self.remote.size)
        return f"{size} to fetch, {100 * self.share:.0f} % is here" if self.is_begun() else f"{size} to fetch"
