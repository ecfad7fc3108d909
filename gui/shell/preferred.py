"""What the preferences do to a window: at its start, and at once when one changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSignalBlocker
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from core.foundation.cores import ask_threads
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.places import Places
from gui.desk.preferences import LAST_TIME, Preferences
from gui.drawing import theme
from gui.files.kept_work import KeptWork
from gui.lessons.sheet import LessonSheet
from gui.shell.commands import Commands
from gui.shell.machines import Machines
from gui.widgets.rescale import rescale


@dataclass(frozen=True)
class Parts:
    """What the preferences act on: a window, its parts, and what makes room for another text size."""

    window: QWidget
    preferences: Preferences
    desk: Desk
    clock: Clock
    commands: Commands
    kept_work: KeptWork
    machines: Machines
    lessons: LessonSheet
    fit: Callable[[], None]


class Preferred(QObject):
    """Applies the preferences to the parts of one window."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts, self._preferences = parts, parts.preferences
        preferences = parts.preferences
        preferences.changed.connect(self._apply)
        preferences.told.connect(lambda sentence: parts.desk.told.emit(sentence, "warn"))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_desktop)
        for name in ("reduce motion", "keys", "runs folder", "autosave"):
            self._apply(name)

    def set_theme(self, name: str, scale: float | None = None) -> None:
        """Prefer a theme, and with ``scale`` a text size for which the window has made room."""
        if scale is not None:
            with QSignalBlocker(self._preferences):
                self._preferences.set("text scale", scale)
        self._preferences.set("theme", name)
        self._restyle()

    def troubles(self) -> list[str]:
        """One sentence on what of the settings file cannot be used; none where all can."""
        found = [*self._preferences.troubles(), *filter(None, [self._parts.commands.trouble])]
        more = f" {len(found) - 1} more: see Preferences." if len(found) > 1 else ""
        return [found[0] + more] if found else []

    def _apply(self, name: str) -> None:
        value = self._preferences.value(name)
        if name == "theme":
            self._restyle()
        elif name == "text scale":
            rescale(self._parts.window, theme.text_scale_of(value) / theme.text_scale())
            self._restyle()
            self._parts.fit()
        elif name == "reduce motion":
            self._parts.desk.point.reduce_motion = value
            if value:
                self._parts.desk.point.stop()
        elif name == "keys":
            self._parts.commands.bind(value)
        elif name.endswith(" folder"):
            kinds = [field.name for field in dataclasses.fields(Places)]
            folders = {kind: self._preferences.value(f"{kind} folder") for kind in kinds}
            for kind, folder in folders.items():
                setattr(self._parts.desk.places, kind, folder)
        elif name in ("autosave", "unsaved MB"):
            self._parts.kept_work.is_on = self._preferences.value("autosave")
            self._parts.kept_work.most_mb = self._preferences.value("unsaved MB")
        elif name == "training_threads":
            ask_threads(value)
            self._parts.machines.renew(self._preferences.value("engine"))
        elif name == "engine":
            self._parts.machines.renew(value)
        elif name == "device":
            self._train_on(value)

    def _restyle(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        choice = self._preferences.value("theme")
        theme.apply(app, theme.chosen(choice), theme.text_scale_of(self._preferences.value("text scale")))
        self._parts.clock.redraw()

    def _follow_desktop(self) -> None:
        if self._preferences.value("theme") == theme.SYSTEM:
            self._restyle()

    def _train_on(self, device: str) -> None:
        """Give lanes that have learned nothing yet the device; others would begin again."""
        desk = self._parts.desk
        if device != LAST_TIME and desk.is_open and all(run.live_view.status.step == 0 for run in desk.runs):
            desk.set_setup("device", device)
