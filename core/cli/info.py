"""``latent-playground --info``: what runs here, as text for a report or as JSON.

Versions come from the metadata of installed packages, so it answers where Qt or torch does not load.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from typing import TextIO

from core.cli.doctor import qt_platform
from core.foundation.cache import cache_folder
from core.foundation.extensions import user_folder
from core.foundation.settings_file import settings_file
from core.foundation.version import version

PACKAGES = {
    "Qt": "PySide6-Essentials",
    "PySide6": "PySide6-Essentials",
    "torch": "torch",
    "numpy": "numpy",
    "pyqtgraph": "pyqtgraph",
}
"""What is printed, and the package whose version it is: PySide6 has the number of the Qt that it brings."""

Info = dict[str, dict[str, str]]
"""Facts by section and name."""


def info() -> Info:
    """Versions, platform, device and paths. Imports torch."""
    return {
        "versions": {
            "Latent Playground": version() or "not installed",
            "Python": platform.python_version(),
            **{name: _version(package) for name, package in PACKAGES.items()},
        },
        "platform": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "display": qt_platform(sys.platform, os.environ) or "none",
        },
        "device": _devices(),
        "paths": _paths(),
    }


def text(facts: Info) -> str:
    """The facts line by line. The home folder is written ``~``, which says less of who reports."""
    wide = max(len(name) for section in facts.values() for name in section)
    lines: list[str] = []
    for section, values in facts.items():
        lines += ["", section.capitalize()] if lines else [section.capitalize()]
        lines += [f"  {name:<{wide}}  {_without_home(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def run(stream: TextIO, as_json: bool = False) -> int:
    """Print it."""
    facts = info()
    stream.write(json.dumps(facts, indent=2) + "\n" if as_json else text(facts))
    return 0


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> dict[str, str]:
    """The devices that train here by name, and the one that "auto" takes."""
    try:
        from core.training import devices

        return {"auto": devices.choose("auto").type, **dict(devices.available())}
    except Exception as error:  # loading torch raises OSError, ImportError, or others
        return {"none": f"torch does not load: {error}"}


def _paths() -> dict[str, str]:
    import platformdirs

    unsaved = platformdirs.user_state_path("latent-playground") / "unsaved"
    return {
        "program": str(Path(__file__).parents[2]),
        "Python": sys.executable,
        "preferences": str(settings_file()),
        "unsaved work": str(unsaved),
        "cache": str(cache_folder()),
        "your own files": str(user_folder()),
    }


def _without_home(value: str) -> str:
    home = str(Path.home())
    return f"~{value[len(home) :]}" if home != "/" and value.startswith(home + os.sep) else value
