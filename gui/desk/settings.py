"""What the window remembers between starts, in an INI file of the user's settings folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from core.foundation.checked_json import JsonError, read_json


class Settings:
    """Named values with defaults. A value that cannot be read counts as absent: a damaged file loses settings only."""

    def __init__(self, path: Path | None = None) -> None:
        self.state_folder = platformdirs.user_state_path("latent-playground") if path is None else path.parent / "state"
        """Where work is kept that was not saved."""
        if path is not None:
            self._store = QSettings(str(path), QSettings.Format.IniFormat)
        else:
            self._store = QSettings(
                QSettings.Format.IniFormat, QSettings.Scope.UserScope, "latent-playground", "latent-playground"
            )

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
