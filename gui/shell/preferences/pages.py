"""The pages of preferences but that of keys: appearance, folders, saving, training, lessons."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from core.foundation.cache import CACHE, cache_folder, cached_files, clear_cache, size_mb
from core.foundation.cores import THREADS, asked_threads, machine_cores
from core.foundation.user_error import UserError
from gui.desk.loading import Loading
from gui.desk.preferences import LAST_TIME, UNSAVED_MB, Preferences
from gui.drawing import theme
from gui.shell.preferences.row import ChoiceRow, FolderRow, Page, PathButtons, Row, counted
from gui.shell.preferred import Parts
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.key_hints import key_or
from gui.widgets.naming import named

ENGINES = (("process", "A process of its own"), ("threads", "The window's"))
TITLES = {"cpu": "CPU", "cuda": "CUDA (NVIDIA, AMD)", "mps": "MPS (Apple)"}


def appearance(preferences: Preferences) -> Page:
    """Theme, text size, motion."""
    is_known = QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Unknown
    follows = "System follows the desktop" + ("." if is_known else ", which does not say here: then it is dark.")
    themes = ChoiceRow(preferences, "theme", "Theme", follows, [(name, name.capitalize()) for name in theme.CHOICES])
    sizes = [(theme.TEXT_AUTO, "Auto")]
    sizes += [(scale, f"{round(100 * scale)} %") for scale in theme.TEXT_SCALES]
    grows = "Everything grows with it, not only letters. Auto is larger on a screen of many pixels."
    text = ChoiceRow(preferences, "text scale", "Text size", grows, sizes)
    motion = "Walks, loops and moving pictures stay still; a drag still moves all at once."
    return Page("Appearance", [themes, text, ChoiceRow(preferences, "reduce motion", "Reduce motion", motion)])


def folders(preferences: Preferences) -> Page:
    """Where dialogs for files begin, and the cache."""
    return Page(
        "Folders",
        [
            FolderRow(preferences, "experiments folder", "Experiments", "Where Save and Open begin (.lplay)."),
            FolderRow(
                preferences, "pictures folder", "Pictures, films and numbers", "Where they and reports are saved."
            ),
            FolderRow(preferences, "runs folder", "Runs and sweeps", "Where run folders, models and sweeps are saved."),
            CacheRow(),
        ],
    )


def saving(preferences: Preferences, parts: Parts) -> Page:
    """Unsaved work."""
    note = "Every ten seconds, so that the next start can offer it after a crash."
    space = [(size, f"{size:,} MB") for size in UNSAVED_MB]
    room = ChoiceRow(preferences, "unsaved MB", "Most space for unsaved work", "The oldest goes first.", space)
    root = parts.kept_work.root
    taken = MeasuredRow("Unsaved work now", root, lambda: [path for path in root.rglob("*") if path.is_file()])
    return Page("Saving", [ChoiceRow(preferences, "autosave", "Keep unsaved work", note), room, taken])


def training(preferences: Preferences, parts: Parts) -> Page:
    """Threads, device, engine."""
    return Page(
        "Training",
        [ThreadsRow(preferences, parts), DeviceRow(preferences, parts), EngineRow(preferences, parts)],
    )


def lessons(preferences: Preferences, parts: Parts) -> Page:
    """The sheet of lessons at the start, and which are finished."""
    note = f"Otherwise {key_or('toggle_lessons', 'Lessons and glossary')} shows them."
    start = ChoiceRow(preferences, "lessons at start", "Show the lessons at the start", note)
    return Page("Lessons", [start, ProgressRow(parts)])


class ThreadsRow(ChoiceRow):
    """Threads of all lanes together."""

    def __init__(self, preferences: Preferences, parts: Parts) -> None:
        cores, present = machine_cores(), preferences.value("training_threads")
        counts = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, cores - 1} & set(range(1, cores))
        counts |= {present} - {0}  # of a settings file that was written on another machine
        note = "Of all lanes together; lanes go on where they are. “Lane threads” of an experiment goes before."
        auto = (0, f"Auto: {max(1, cores - 1)} of {counted(cores, 'core')}")
        options = [auto, *((count, f"{count}") for count in sorted(counts))]
        super().__init__(preferences, "training_threads", "Training threads", note, options)

    def refresh(self) -> None:
        super().refresh()
        asked = asked_threads()
        is_other = asked != self._preferences.value(self._name)
        self.warn(f"This start: {asked or 'auto'}, by {THREADS}, which wins." if is_other else "")


class DeviceRow(ChoiceRow):
    """The device of experiments that begin anew."""

    def __init__(self, preferences: Preferences, parts: Parts) -> None:
        note = "Of new experiments, and of lanes that have not trained yet; others keep theirs."
        present = preferences.value("device")
        usable = [name for name in TITLES if name == present or _trains_on(parts, name)]
        options: list[tuple[Any, str]] = [(LAST_TIME, "As last time"), ("auto", "Auto")]
        options += [(name, TITLES[name]) for name in usable]
        self._parts = parts
        super().__init__(preferences, "device", "Device", note, options)

    def refresh(self) -> None:
        super().refresh()
        value = self._preferences.value(self._name)
        is_there = value not in TITLES or _trains_on(self._parts, value)
        self.warn("" if is_there else "It is not here now: experiments begin on what is.")


class EngineRow(ChoiceRow):
    """Whether lanes are computed beside the window or in it."""

    def __init__(self, preferences: Preferences, parts: Parts) -> None:
        note = "In a process of its own training does not slow the window down. Lanes move there and go on."
        self._machines = parts.machines
        super().__init__(preferences, "engine", "Compute lanes in", note, ENGINES)

    def refresh(self) -> None:
        super().refresh()
        if self._machines.asked:
            self.warn(f"This start: --engine {self._machines.asked}, by the command line, which wins.")
        else:
            self.warn("The lanes are on another machine now; this holds for later." if self._machines.present else "")


def _trains_on(parts: Parts, device: str) -> bool:
    """Whether the engine of the lanes has a device."""
    if not parts.desk.is_open:
        return device == "cpu"
    try:
        parts.desk.experiment.engine.check_device(device)
    except UserError:
        return False
    return True


class MeasuredRow(Row):
    """The space that files take below a folder, measured in a thread, with buttons for the path."""

    def __init__(self, title: str, root: Path, list_files: Callable[[], list[Path]]) -> None:
        self._buttons = PathButtons(title.lower(), lambda: root)
        super().__init__(title, f"Measuring, in {root} …", self._control())
        self._root, self._list_files = root, list_files
        self.size_mb = 0.0
        self.measure()

    def _control(self) -> QWidget:
        return self._buttons

    def measure(self) -> None:
        """Measure again."""
        self._loading = Loading(lambda report: size_mb(self._list_files()))
        self._loading.done.connect(self._show)
        self._loading.failed.connect(self._fail)
        self._loading.start()

    def _fail(self, sentence: str, details: str) -> None:
        self.set_note(f"{self._root} cannot be read: {sentence}.")

    def _show(self, size: float) -> None:
        self.size_mb = size
        self.set_note(f"{size:,.1f} MB in {self._root}")


class CacheRow(MeasuredRow):
    """The cache: its place and size, and a button that clears it after a question."""

    def __init__(self) -> None:
        self._clear = named(Button("Clear …", height=20), "clear cache", "Clear the cache")
        self._clear.setEnabled(False)
        self._clear.clicked.connect(self._ask)
        super().__init__("Cache of data and classifiers", cache_folder(), cached_files)
        if os.environ.get(CACHE):
            self.warn(f"Its place is that of {CACHE}.")

    def _control(self) -> QWidget:
        holder = QWidget()
        layouts.row((self._buttons, 1), self._clear, spacing=theme.px(6), margins=layouts.NO_MARGINS, on=holder)
        return holder

    def _show(self, size: float) -> None:
        super()._show(size)
        self._clear.setEnabled(size > 0)

    def _ask(self) -> None:
        text = f"Clear the cache and free {self.size_mb:,.1f} MB?"
        more = "Data that were fetched are downloaded again when you choose them; the rest is computed again."
        ask(self, "clear cache", text, more, "Clear", self._empty)

    def _empty(self) -> None:
        left = clear_cache()
        self.warn(f"{counted(len(left), 'file')} could not be removed, such as {left[0]}." if left else "")
        self.measure()


class ProgressRow(Row):
    """How many lessons are finished, and a button that forgets it after a question."""

    def __init__(self, parts: Parts) -> None:
        self._lessons = parts.lessons
        self._forget = named(Button("Begin again …", height=24), "forget lessons", "Forget which lessons are finished")
        self._forget.clicked.connect(self._ask)
        super().__init__("Finished lessons", "", self._forget)
        self._show()

    def _show(self) -> None:
        done = len(self._lessons.done)
        self.set_note(f"{counted(done, 'lesson')} finished." if done else "None yet.")
        self._forget.setEnabled(done > 0)

    def _ask(self) -> None:
        text = f"Forget that {counted(len(self._lessons.done), 'lesson')} are finished?"
        ask(self, "forget lessons", text, "Their marks go; nothing else does.", "Forget", self._forget_them)

    def _forget_them(self) -> None:
        self._lessons.forget_done()
        self._show()


def ask(owner: QWidget, name: str, text: str, more: str, yes: str, then: Callable[[], object]) -> None:
    """Ask before something goes. ``then`` is called if the answer is yes."""
    box = QMessageBox(owner.window())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setObjectName(name)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(more)
    accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.buttonClicked.connect(lambda button: then() if button is accept else None)
    box.open()
