"""Work that was not saved is kept every ten seconds, and offered at the next start after a crash."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMainWindow, QMessageBox

from core.foundation.files import FileError, locked, make_folder
from core.foundation.generations import MANIFEST
from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.files.collecting import collector, picture_of
from gui.files.data_chooser import DataChooser
from gui.files.documents import Documents, Marks, long_time, with_data

if TYPE_CHECKING:
    from core.datasets.base import Report
    from core.engine.document import Document
    from gui.files.documents import Opened

KEEP_S = 10.0
"""Time after which training is kept again, s."""
EDIT_S = 1.5
"""Time from an edit to the next look, s; all edits in it are kept together."""
LOOK_MS = 1_000
"""Time between two looks whether it is time to keep something, ms."""
PICTURE_S = 60.0
"""Least time between two pictures of the window, which take 30 ms, s."""
REMOVAL_S = 1.0
"""Longest wait for a folder to be removed, s."""
EXPERIMENT = "experiment"
PLACE = "place.txt"
"""Where the experiment was saved before, if it was."""
GONE = "gone-"
"""How the name of a folder begins that is being removed."""
REPLACES = "replaces.txt"
"""The name of the folder that this one goes on from: killed at the wrong moment, a window leaves both."""


@dataclass(frozen=True)
class Left:
    """What a window left that did not end in order: its folder, and the experiment in it."""

    folder: Path
    found: Document
    kept_at: float
    place: Path | None


class KeptWork(QObject):
    """Keeps the experiment of one window in a folder of its own, which is locked while the window lives.

    ``root`` holds the folders of all windows. A window that ends in order leaves nothing.
    """

    def __init__(self, window: QMainWindow, desk: Desk, data: DataChooser, documents: Documents, root: Path) -> None:
        super().__init__(window)
        self._window, self._desk, self._data, self._documents = window, desk, data, documents
        self._root = root
        self._folder: Path | None = None
        self._held = contextlib.ExitStack()
        self._marks: Marks | None = None
        self._picture, self._pictured_at = b"", 0.0
        self._keeping: Loading | None = None
        self._looking: Loading | None = None
        self._adopted: Path | None = None  # of another window: it goes once this one has kept the same
        self._has_told = False
        self.has_looked = False
        """Whether it has looked for what another window left, and asks about it if there is any."""
        self.is_on = True
        """Whether work is kept while the window is open; at an end that is not the user's it is kept in any case."""
        self.most_mb = 0
        """Most space of all windows that ended, MB; 0 for `MOST_KEPT_BYTES`."""
        self.keeps_at_end = False
        """Whether the end was not the user's: what is not saved then stays, to be offered at the next start."""
        self._due_at = 0.0  # when it keeps next, a time of ``monotonic``
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        for edited in (desk.undo.changed, desk.point.pins_moved):
            edited.connect(self._keep_soon)
        desk.opened.connect(self._begin)
        documents.saved.connect(self._forget)

    # --- keep --------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._due_at = time.monotonic() + KEEP_S
        self._timer.start(LOOK_MS)

    def _keep_soon(self) -> None:
        """After an edit: training comes again by itself, what somebody decided does not."""
        self._due_at = min(self._due_at, time.monotonic() + EDIT_S)

    def _look(self) -> None:
        if self.is_on and time.monotonic() >= self._due_at:
            self.keep()

    def keep(self) -> None:
        """Keep the experiment, where it is not saved and changed since it was kept last."""
        documents, desk = self._documents, self._desk
        documents.look()
        if self._keeping is not None or desk.pressed:
            return
        self._due_at = time.monotonic() + KEEP_S
        scene = documents.to_keep() or (None if documents.is_saved else desk.experiment.scene)
        if scene is None:
            return
        marks = documents.marks(scene=scene)
        if marks == self._marks:
            return
        now = time.monotonic()
        if not self._picture or now - self._pictured_at > PICTURE_S:
            self._picture, self._pictured_at = picture_of(self._window), now
        try:
            config, shown = self._data.config_of(scene.dataset), documents.shown.facts()
            collect = collector(self._window, desk, scene, config, shown, self._picture, newest=False)
        except UserError:  # a lane is being built
            self._due_at = now
            return
        place, adopted = documents.place, self._adopted

        def work(report: Report) -> tuple[Marks, Path | None]:
            from core.engine.document_file import MOST_KEPT_BYTES

            self._write(collect(), place, adopted)
            if adopted is not None:
                _remove(adopted)
            prune(self._root, self.most_mb << 20 or MOST_KEPT_BYTES)
            return marks, adopted

        self._keeping = Loading(work)
        self._keeping.done.connect(self._end)
        self._keeping.failed.connect(self._fail)
        self._keeping.start()

    def _write(self, found: Document, place: Path | None, adopted: Path | None) -> None:
        from core.engine.document_file import save
        from core.foundation.files import write_file

        if self._folder is None:
            folder = self._root / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{secrets.token_hex(3)}"
            make_folder(folder)
            self._held.enter_context(locked(folder))
            self._folder = folder
        write_file(self._folder / PLACE, b"" if place is None else os.fsencode(place))
        if adopted is not None:
            write_file(self._folder / REPLACES, os.fsencode(adopted.name))
        save(self._folder / EXPERIMENT, found)

    def _end(self, kept: tuple[Marks, Path | None]) -> None:
        self._keeping, self._has_told = None, False
        self._marks, adopted = kept
        if adopted == self._adopted:
            self._adopted = None

    def _forget(self) -> None:
        """What was kept is older than what is saved now: a crash would offer it all the same."""
        if self._folder is not None and self._keeping is None:
            _remove_soon(self._folder / EXPERIMENT)
            self._marks = None

    def _fail(self, sentence: str, details: str) -> None:
        self._keeping = None
        if not self._has_told:  # once, not every ten seconds
            self._has_told = True
            self._desk.told.emit(f"Unsaved work cannot be kept: {sentence}.", "warn")

    @property
    def root(self) -> Path:
        """The folder of what all windows keep."""
        return self._root

    # --- at the start ------------------------------------------------------------------------------------------------

    def offer(self) -> None:
        """Show what the newest window that did not end in order left, and ask what becomes of it."""
        self._looking = Loading(lambda report: newest_left(self._root))
        self._looking.done.connect(self._ask_about)
        self._looking.start()

    def _ask_about(self, left: Left | None) -> None:
        self._looking = None
        if left is not None:
            self._ask(left)
        self.has_looked = True

    def _ask(self, left: Left) -> None:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setObjectName("kept work")
        box.setTextFormat(Qt.TextFormat.PlainText)
        picture = QPixmap()
        if picture.loadFromData(left.found.picture):
            box.setIconPixmap(picture)
        lanes = ", ".join(f"{lane.run.model.upper()} at step {lane.run.step:,}" for lane in left.found.lanes)
        seconds = max(lane.run.seconds for lane in left.found.lanes)
        name = "an experiment" if left.place is None else left.place.name
        box.setText(f"The last window ended before {name} was saved. Open what was kept of it?")
        when = time.strftime("%H:%M:%S on %d %B", time.localtime(left.kept_at))
        box.setInformativeText(f"Kept at {when}, {long_time(seconds)} of training: {lanes}.")
        opened = box.addButton("Open it", QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.setEscapeButton(box.addButton("Not now", QMessageBox.ButtonRole.RejectRole))
        box.setDefaultButton(opened)

        def chosen(button: object) -> None:
            if button is opened:
                self._open(left)
            elif button is discard:
                _remove(left.folder)

        box.buttonClicked.connect(chosen)
        box.open()

    def _open(self, left: Left) -> None:
        config = self._data.config
        present = None if config is None else (self._desk.experiment.dataset, config)

        def done(opened: Opened) -> None:
            with contextlib.suppress(FileError):  # so that no other window offers it
                self._held.enter_context(locked(left.folder))
            self._adopted = left.folder
            self._documents.take_back(left.place, opened)

        self._data.read(lambda report: with_data(left.found, present, report), "Opening what was kept", done)

    # --- at the end --------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End. Nothing stays of what is saved or was discarded."""
        self._timer.stop()
        stays = self.keeps_at_end and self._desk.is_open and self._documents.would_lose()
        if stays:
            self.keep()
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.wait()
        self._held.close()
        for folder in (self._folder, self._adopted):
            if folder is not None and not stays:
                _remove_soon(folder)


def left_folders(root: Path) -> list[Path]:
    """Folders of windows that have ended, newest first."""
    with contextlib.suppress(OSError):
        folders = [each for each in sorted(root.iterdir(), reverse=True) if each.is_dir()]
        return [each for each in folders if not each.name.startswith(GONE) and not _is_held(each)]
    return []


def newest_left(root: Path) -> Left | None:
    """What the newest window left that did not end in order; what cannot be opened is passed over."""
    from core.engine.document_file import load

    for each in root.glob(f"{GONE}*"):
        shutil.rmtree(each, ignore_errors=True)
    folders = left_folders(root)
    for folder in [each for each in folders if _was_never_kept(each)]:
        folders.remove(folder)
        _remove(folder)
    replaced = {folder: _replaced(folder) for folder in folders}
    for folder in sorted(folders, key=lambda each: each.name in replaced.values()):  # a clock that was set back errs
        try:
            found = load(folder / EXPERIMENT)
            place = (folder / PLACE).read_bytes()
            kept_at = (folder / EXPERIMENT).stat().st_mtime
        except (UserError, OSError):
            continue
        for each in folders:
            if each.name == replaced[folder] and each != folder:
                _remove(each)  # else it would be offered once this one is saved
        return Left(folder, found, kept_at, Path(os.fsdecode(place)) if place else None)
    return None


def _was_never_kept(folder: Path) -> bool:
    """Whether its window was killed amid its first save: there is nothing whole in it.

    A window that is about to hold its folder has written nothing yet.
    """
    return (folder / PLACE).is_file() and not (folder / EXPERIMENT / MANIFEST).exists()


def _replaced(folder: Path) -> str:
    """The name of the folder that this one goes on from; "" for none."""
    with contextlib.suppress(OSError):
        return os.fsdecode((folder / REPLACES).read_bytes())
    return ""


def prune(root: Path, most_bytes: int) -> None:
    """Remove the oldest folders of ended windows until all of them take no more than that."""
    total = 0
    for folder in left_folders(root):
        with contextlib.suppress(OSError):
            total += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if total > most_bytes:
            _remove(folder)


def _is_held(folder: Path) -> bool:
    try:
        with locked(folder):
            return False
    except (FileError, OSError):
        return True


def _remove(folder: Path) -> None:
    """Remove a folder. At once it has another name, under which nothing is offered: its files take their time, and a
    kill or the end of the program may come amid them."""
    gone = folder.with_name(f"{GONE}{folder.name}")
    try:
        folder.rename(gone)
    except OSError:  # another system may hold one of its files open
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)


def _remove_soon(folder: Path) -> None:
    """Remove a folder. A disk that does not answer is not waited for."""
    thread = threading.Thread(target=_remove, args=(folder,), name="removing kept work", daemon=True)
    thread.start()
    thread.join(REMOVAL_S)
