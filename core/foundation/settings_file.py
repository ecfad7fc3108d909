"""The file of the window's settings: where it is, what it says before Qt is there, and how it is put aside."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from core.foundation.checked_json import JsonError, read_json
from core.foundation.files import explained

NAME = "latent-playground.ini"
MOST_BYTES = 4 << 20
"""Size from which a settings file is not ours, bytes: reading it would hold up the start."""


def settings_file(
    system: str = sys.platform, environment: Mapping[str, str] | None = None, home: Path | None = None
) -> Path:
    """The settings file of this user, where ``QSettings`` keeps INI files by itself. It need not exist."""
    environment, home = os.environ if environment is None else environment, Path.home() if home is None else home
    if system == "win32":
        base = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    else:
        base = home / (environment.get("XDG_CONFIG_HOME") or ".config")  # an absolute folder stays as it is
    return base / "latent-playground" / NAME


def stored_value(name: str, path: Path | None = None) -> object:
    """The value of a name without spaces, read without Qt; None where there is none that can be read.

    The window's engine is started before Qt is imported, so what it needs to know is read here.
    """
    path = settings_file() if path is None else path
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line.strip()
        elif section == "[General]" and line.startswith(f"{name}="):
            text = line.partition("=")[2].strip()
            if len(text) > 1 and text[0] == text[-1] == '"':  # as Qt writes what has a comma or a semicolon
                text = text[1:-1]
            try:
                return read_json(text.replace('\\"', '"'))
            except JsonError:
                return None
    return None


def put_aside(path: Path | None = None) -> Path | None:
    """Rename the settings file, so that the next start begins with the defaults. The new path; None without a file.

    An older one that was put aside stays. Raises `FileError`.
    """
    path = settings_file() if path is None else path
    if not os.path.lexists(path):
        return None
    number, aside = 1, path.with_name(f"{path.name}.old")
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.old{number}")
    with explained(path):
        os.replace(path, aside)
    return aside
