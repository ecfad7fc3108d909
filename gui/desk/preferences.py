"""The preferences: what a user may choose for every experiment, with its default, kept in the settings file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.foundation.cores import MOST_THREADS
from core.foundation.quoted import brief
from core.remote.homes import HOMES
from gui.desk.settings import Settings
from gui.drawing import theme

UNSAVED_MB = (100, 250, 500, 1_000, 2_000, 5_000)
"""Space for unsaved work to choose from, MB."""
LAST_TIME = "last"
"""The device of a new experiment is that of the last one."""
DEVICES = (LAST_TIME, "auto", "cpu", "cuda", "mps")
LONGEST_PATH = 4_096


@dataclass(frozen=True)
class Preference:
    """One preference: its name in the settings file, its default, and what it may be."""

    name: str
    default: Any
    is_allowed: Callable[[Any], bool]
    allowed: str
    """What it may be, in words that follow "must be"."""


def _one_of(name: str, default: Any, options: tuple[Any, ...]) -> Preference:
    *some, last = [f"{option}" for option in options]
    return Preference(name, default, lambda value: value in options, f"{', '.join(some)} or {last}")


def _switch(name: str, default: bool) -> Preference:
    return Preference(name, default, lambda value: True, "true or false")


def _folder(name: str) -> Preference:
    return Preference(name, "", _is_path, "the path of a folder, or empty")


def _is_path(value: Any) -> bool:
    return len(value) <= LONGEST_PATH and "\0" not in value and (not value or Path(value).is_absolute())


def _are_keys(value: Any) -> bool:
    return all(isinstance(keys, str) and len(keys) < 100 for keys in value.values())


PREFERENCES = (
    _one_of("theme", "dark", theme.CHOICES),
    _one_of("text scale", theme.TEXT_AUTO, (theme.TEXT_AUTO, *theme.TEXT_SCALES)),
    _switch("reduce motion", False),
    Preference("keys", {}, _are_keys, "names of commands with the key of each"),
    _folder("experiments folder"),
    _folder("pictures folder"),
    _folder("runs folder"),
    _switch("autosave", True),
    _one_of("unsaved MB", 500, UNSAVED_MB),
    # "training_threads" and "engine" are read without Qt, before the window is there
    Preference(
        "training_threads", 0, lambda value: 0 <= value <= MOST_THREADS, f"0 for auto, or 1 to {MOST_THREADS} threads"
    ),
    _one_of("device", LAST_TIME, DEVICES),
    _one_of("engine", "process", HOMES[::-1]),
    _switch("lessons at start", False),
)


class Preferences(QObject):
    """The preferences of one window. A change is in force and in the file at once; ``changed`` carries its name.

    Only what differs from its default is in the file.
    """

    changed = Signal(str)
    told = Signal(str)  # a sentence: what is wrong with the file

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._known = {each.name: each for each in PREFERENCES}
        self._said = ""

    @property
    def path(self) -> Path:
        """The file that they stand in."""
        return self._settings.path

    def value(self, name: str) -> Any:
        """The present value; the default where the file has none that is allowed. `KeyError` for an unknown name."""
        known = self._known[name]
        value = self._settings.read(name, known.default)
        return value if known.is_allowed(value) else known.default

    def default(self, name: str) -> Any:
        """The default. `KeyError` for an unknown name."""
        return self._known[name].default

    def set(self, name: str, value: Any) -> None:
        """Change a preference. `ValueError` for what it may not be."""
        known = self._known[name]
        if type(value) is not type(known.default) or not known.is_allowed(value):
            raise ValueError(f"{name} must be {known.allowed}")
        before, was_usable = self.value(name), not self._settings.has(name) or self._is_usable(known)
        if value == known.default:
            self._settings.remove(name)
        else:
            self._settings.write(name, value)
        self._settings.flush()
        if trouble := self._settings.trouble():
            if trouble != self._said:  # once, not at every step of a slider
                self.told.emit(trouble)
            self._said = trouble
        if value != before or not was_usable:
            self.changed.emit(name)

    def reset(self, name: str | None = None) -> None:
        """Put one preference, or all, back to the default."""
        for each in self._known if name is None else (name,):
            self.set(each, self.default(each))

    def differs(self, name: str) -> bool:
        """Whether the present value is not the default."""
        return bool(self.value(name) != self.default(name))

    def differ(self) -> bool:
        """Whether any preference is not at its default."""
        return any(map(self.differs, self._known))

    def changed_names(self) -> list[str]:
        """Names of those that are not at their default."""
        return list(filter(self.differs, self._known))

    def troubles(self) -> list[str]:
        """A sentence for the file, and for each preference in it that cannot be used."""
        sentences = [trouble] if (trouble := self._settings.trouble()) else []
        for known in PREFERENCES:
            if self._settings.has(known.name) and not self._is_usable(known):
                found = brief(self._settings.text(known.name), 40) or "not readable"
                sentences.append(
                    f"“{known.name}” in {self.path} is {found}; it must be {known.allowed}. The default is used."
                )
        return sentences

    def _is_usable(self, known: Preference) -> bool:
        found = self._settings.read(known.name, None)
        if isinstance(known.default, float) and type(found) is int:
            found = float(found)
        return type(found) is type(known.default) and known.is_allowed(found)
