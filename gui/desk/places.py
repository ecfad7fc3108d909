"""Where dialogs for files begin: folders that the user prefers, or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths


@dataclass
class Places:
    """The preferred folder of each kind of file; "" where the system's own dialog decides."""

    experiments: str = ""
    pictures: str = ""
    runs: str = ""


def documents() -> str:
    """The user's folder of documents, or home: where a first save begins, not where the program was started."""
    place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    return str(place if place.is_dir() else Path.home())


def within(folder: str, name: str = "") -> str:
    """What a dialog begins with: ``name`` in ``folder``, or the bare name where the folder is not there."""
    return str(Path(folder, name)) if folder and Path(folder).is_dir() else name
