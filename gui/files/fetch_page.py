"""A published data set that is not here: what it holds, how much comes from where, and the press that starts it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar, QWidget

from core.foundation.quoted import printable
from core.readers.catalogue import megabytes
from core.readers.downloads import folder_of
from gui.drawing import theme
from gui.files.fetching import Fetch
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.naming import named


class FetchPage(QWidget):
    """Shows one `Fetch` at a time, and starts and stops it."""

    def __init__(self) -> None:
        super().__init__()
        self.fetch: Fetch | None = None
        self._title = named(Label("", "title", "text"), "set title")
        self._summary = Label("", "caption", "text_2", wrap=True)
        self._whence = named(Label("", "body", "text", wrap=True), "set source")
        self._where = Label("", "caption", "text_2", wrap=True)
        self._page = Label("", "caption", "text_3", wrap=True)
        self._page.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(theme.px(4))
        self._progress = named(Label("", "caption", "text_2", wrap=True), "fetch progress")
        self._error = named(Label("", "body", "error", wrap=True), "fetch error")
        self._copy_details = named(Button("Copy details", height=20), "copy fetch details")
        self._copy_details.clicked.connect(self._copy)
        self._get = named(Button("", "download", height=32), "get set")
        self._get.clicked.connect(self._start)
        self._cancel = named(Button("Cancel", height=32), "cancel fetch")
        self._cancel.clicked.connect(self._stop)
        layouts.column(
            self._title,
            self._summary,
            theme.px(6),
            self._whence,
            self._where,
            self._page,
            theme.px(6),
            layouts.row(self._get, self._cancel, layouts.STRETCH, spacing=theme.px(8)),
            self._bar,
            self._progress,
            self._error,
            layouts.row(self._copy_details, layouts.STRETCH),
            layouts.STRETCH,
            spacing=theme.px(6),
            margins=layouts.NO_MARGINS,
            on=self,
        )

    def show_fetch(self, fetch: Fetch) -> None:
        """Show this set from now on."""
        if self.fetch is not None:
            self.fetch.changed.disconnect(self._show)
        self.fetch = fetch
        fetch.changed.connect(self._show)
        remote = fetch.remote
        self._title.setText(remote.title)
        self._summary.setText(remote.summary)
        first, *others = remote.hosts
        instead = f"; where it does not answer, from {' or '.join(others)}" if others else ""
        size = megabytes(remote.size)
        self._whence.setText(f"{size[:1].upper()}{size[1:]} will come from {first}{instead}.")
        kept = " Of the archive only the files of this set are kept." if remote.members else ""
        self._where.setText(
            f"It is kept in {printable(str(folder_of(remote)))}, and only if it is what was published, by its SHA-256."
            f"{kept} Lanes train on meanwhile."
        )
        self._page.setText(f"About it: {remote.page}")
        self._show()

    def focus(self) -> None:
        """Give the focus to the button that can be pressed now."""
        (self._get if self._get.isVisible() else self._cancel).setFocus(Qt.FocusReason.TabFocusReason)

    def _show(self) -> None:
        fetch = self.fetch
        assert fetch is not None
        runs = fetch.is_running()
        had_focus = self._get.hasFocus() or self._cancel.hasFocus()
        size = fetch.remote.size
        rest = f"Get the rest, {megabytes(round(size * (1 - fetch.share)))}" if fetch.is_begun() else ""
        self._get.setText(rest or f"Get it, {megabytes(size)}")
        self._get.updateGeometry()
        self._get.setVisible(not runs)
        self._cancel.setVisible(runs)
        if had_focus:
            self.focus()
        self._bar.setValue(round(1000 * fetch.share))
        self._bar.setVisible(runs or fetch.is_begun())
        here = f"{100 * fetch.share:.0f} % is here; the next press goes on from there." if fetch.is_begun() else ""
        self._progress.setText(fetch.progress_words() if runs else here)
        self._error.setText(fetch.sentence)
        self._error.setVisible(bool(fetch.sentence))
        self._copy_details.setVisible(bool(fetch.sentence))

    def _start(self) -> None:
        if self.fetch is not None:
            self.fetch.start()

    def _stop(self) -> None:
        if self.fetch is not None:
            self.fetch.cancel()

    def _copy(self) -> None:
        if self.fetch is not None:
            QGuiApplication.clipboard().setText(f"{self.fetch.sentence}\n\n{self.fetch.details}")
