"""Work in the background with a progress bar and Cancel, one piece at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.desk.loading import Loading
from gui.widgets.dialogs import ProgressDialog

if TYPE_CHECKING:
    from core.foundation.reading import Report

T = TypeVar("T")


class Job(QObject):
    """One piece of work of a window, at most: ``loading``, None while there is none.

    ``was_cancelled``: the newest one was, even if it came to its end.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.loading: Loading | None = None
        self.was_cancelled = False
        self._dialog: ProgressDialog | None = None

    def start(
        self,
        work: Callable[[Report], T],
        title: str,
        done: Callable[[T], object],
        failed: Callable[[str, str], object],
        cancelled: Callable[[], object] = lambda: None,
        *,
        modal: bool = True,
    ) -> tuple[Loading, ProgressDialog]:
        """Run ``work`` and show its progress. At its end the bar is closed, and one of the others is called.

        ``failed`` gets a sentence and details. What was under way is cancelled first, and nothing is called for it.
        """
        self.stop()
        loading, dialog = Loading(work), ProgressDialog(self._window, title, modal=modal)
        self.loading, self._dialog, self.was_cancelled = loading, dialog, False
        loading.progressed.connect(dialog.set_share)
        loading.done.connect(lambda result: done(result) if self._ends(loading) else None)
        loading.failed.connect(lambda words, details: failed(words, details) if self._ends(loading) else None)
        loading.cancelled.connect(lambda: cancelled() if self._ends(loading) else None)
        dialog.rejected.connect(lambda: self._cancel(loading))
        if modal:
            dialog.open()
        else:
            dialog.show()
        loading.start()
        return loading, dialog

    def _cancel(self, loading: Loading) -> None:
        if self.loading is loading:
            self._dialog = None  # it deletes itself
            self.was_cancelled = True
            loading.cancel()

    def _ends(self, loading: Loading) -> bool:
        """Close the bar; False where the work has been replaced, or the window is closing."""
        if self.loading is not loading:
            return False
        self.loading = None
        self._close_dialog()
        return True

    def _close_dialog(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.close()

    def stop(self, patience_s: float = 5.0) -> None:
        """Cancel the work, and wait until it has ended."""
        loading, self.loading = self.loading, None
        if loading is not None:
            loading.cancel()
            loading.wait(patience_s)
        self._close_dialog()
