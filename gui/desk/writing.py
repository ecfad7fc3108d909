"""Files of pictures and data, written in threads: a large picture takes seconds to encode."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from core.foundation.files import FileError, write_file
from core.foundation.reading import DataError
from core.readers.patience import at_once
from gui.desk.loading import Loading
from gui.desk.places import within
from gui.widgets.dialogs import ErrorDialog

PATIENCE_S = 60.0
"""How long the window waits at its end for files that are being written, s."""

Kind = tuple[str, str]
"""A kind of file: words for it, and its ending with the dot."""
Written = tuple[int, str, str]
"""The number of a file, what is told of it, and in which tone."""


def ask_place(owner: QWidget, title: str, name: str, kinds: Sequence[Kind], folder: str = "") -> Path | None:
    """Ask where a file is to be written, proposing ``name`` in ``folder``; None where the user changes his mind.

    A name with the ending of no kind gets that of the chosen one, and is asked for again where such a file exists: the
    dialog has not asked whether it may be replaced.
    """
    filters = [f"{words} (*{ending})" for words, ending in kinds]
    name = within(folder, name)
    while True:
        path, chosen = QFileDialog.getSaveFileName(owner, title, name, ";;".join(filters))
        if not path or path.lower().endswith(tuple(ending for _, ending in kinds)):
            return Path(path) if path else None
        name = path + kinds[filters.index(chosen) if chosen in filters else 0][1]
        if not _exists(Path(name)):
            return Path(name)


def _exists(path: Path) -> bool:
    """Whether a file exists; one whose disk does not answer counts as none, writing it will say so."""
    try:
        return at_once(path, Path.exists)
    except DataError:
        return False


class Writing(QObject):
    """The files of one window that are being written. What came of each is ``told``; an error opens a dialog too."""

    told = Signal(str, str)  # text, tone

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._under_way: dict[int, tuple[Loading, QWidget, Path]] = {}
        self._numbers = itertools.count()

    def write(self, owner: QWidget, what: str, path: Path, content: Callable[[], bytes]) -> None:
        """Write what ``content`` returns, which is called in the thread; ``what``: "Picture", "Data"."""
        number = next(self._numbers)

        def work(_: object) -> Written:
            try:
                write_file(path, content())
            except FileError as error:
                return number, f"{error}.", "error"
            return number, f"{what} saved as {path}.", "note"

        loading = Loading(work)
        loading.done.connect(self._end)
        loading.failed.connect(lambda sentence, _: self.told.emit(f"{what} not saved: {sentence}.", "error"))
        self._under_way[number] = loading, owner.window(), path
        loading.start()

    def _end(self, written: Written) -> None:
        number, sentence, tone = written
        loading, window, path = self._under_way.pop(number)
        loading.wait()
        self.told.emit(sentence, tone)
        if tone == "error":
            ErrorDialog(window, "Cannot save", sentence, str(path)).open()

    def stop(self) -> None:
        """Block until every file is written."""
        for loading, _, _ in self._under_way.values():
            loading.wait(PATIENCE_S)
