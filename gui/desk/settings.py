"""What the window remembers between starts, in an INI file of the user's settings folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from core.foundation.checked_json import JsonError, read_json
from core.foundation.settings_file import settings_file


class Settings:
    """Named values with defaults. A value that cannot be read counts as absent: a damaged file loses settings only."""

    def __init__(self, path: Path | None = None) -> None:
        self.state_folder = platformdirs.user_state_path("latent-playground") if path is None else path.parent / "state"
        """Where work is kept that was not saved."""
        self.path = settings_file() if path is None else path
        """The file. It need not exist."""
        self._store = QSettings(str(self.path), QSettings.Format.IniFormat)

    def read(self, name: str, default: Any) -> Any:
        """A value of the default's type, or the default."""
        text = self._store.value(name)
        if not isinstance(text, str):
            return default
        try:
            value = read_json(text)
        except JsonError:
            return default
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return value if default is None or type(value) is type(default) else default

    def write(self, name: str, value: Any) -> None:
        """Store a value that JSON can hold."""
        self._store.setValue(name, json.dumps(value))

    def has(self, name: str) -> bool:
        """Whether something is stored under that name."""
        return self._store.contains(name)

    def text(self, name: str) -> str:
        """What is stored, as it stands in the file; "" where that is no text."""
        text = self._store.value(name)
        return text if isinstance(text, str) else ""

    def remove(self, name: str) -> None:
        """Forget what is stored under that name."""
        self._store.remove(name)

    def read_bytes(self, name: str) -> QByteArray:
        """Bytes of Qt, such as a window geometry; empty if absent."""
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def write_bytes(self, name: str, value: QByteArray) -> None:
        """Store bytes of Qt."""
        self._store.setValue(name, value)

    def flush(self) -> None:
        """Write to the disk now."""
        self._store.sync()

    def trouble(self) -> str:
        """Why the file cannot be read or written, as one sentence; "" where it can."""
        status = self._store.status()
        if status == QSettings.Status.AccessError:
            return f"{self.path} cannot be written: what you change holds until you quit. Make it writable."
        if status == QSettings.Status.FormatError:
            return f"{self.path} is damaged: what cannot be read is at its default."
        return ""
