"""Slow work off the GUI thread: importing the engine, reading a dataset. Results come back as signals."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from core.datasets.base import Report


class Loading(QObject):
    """A function that runs in its own thread. After `cancel` its next progress report raises.

    It goes by itself after its last signal: slots that refer to it would keep it, and all that its work refers to.
    """

    progressed = Signal(float)  # share that is done, 0 to 1
    done = Signal(object)
    failed = Signal(str, str)  # sentence, traceback
    cancelled = Signal()

    def __init__(self, work: Callable[[Report], object]) -> None:
        super().__init__()
        self._work = work
        self._stop = threading.Event()
        self.error: BaseException | None = None  # what the work raised, once ``failed`` says so
        self._thread = threading.Thread(target=self._run, name="loading", daemon=True)
        for last in (self.done, self.failed, self.cancelled):
            last.connect(self._go)

    def _go(self) -> None:
        self.wait()  # it has only to return
        self.deleteLater()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop the work at its next progress report."""
        self._stop.set()

    def was_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._stop.is_set()

    def is_running(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def wait(self, timeout_s: float = 5.0) -> bool:
        """Block until the thread has ended; whether it has within ``timeout_s``."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _report(self, share: float) -> None:
        if self._stop.is_set():
            from core.datasets.base import Cancelled

            raise Cancelled
        self.progressed.emit(share)

    def _run(self) -> None:
        from core.datasets.base import Cancelled

        try:
            result = self._work(self._report)
        except Cancelled:
            self.cancelled.emit()
        except BaseException as error:  # a thread that ends without a signal would leave its dialog open
            sentence = " ".join(str(error).split()) or type(error).__name__
            details = traceback.format_exc()
            self.error = error.with_traceback(None)  # without the frames, which hold this object
            self.failed.emit(sentence, details)
        else:
            if self._stop.is_set():
                self.cancelled.emit()
            else:
                self.done.emit(result)
