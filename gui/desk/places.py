"""Where dialogs for files begin: folders that the user prefers, or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Places:
    """The preferred folder of each kind of file; "" where the system's own dialog decides."""

    experiments: str = ""
    pictures: str = ""
    runs: str = ""


def within(folder: str, name: str = "") -> str:
    """What a dialog begins with: ``name`` in ``folder``, or the bare name where the folder is not there."""
    return str(Path(folder, name)) if folder and Path(folder).is_dir() else name
