"""``latent-playground desktop``: a double click on an experiment opens it, and the program is in the menu of programs.

Small files in the data folder of this user: the manual page and, by the specifications of freedesktop.org, desktop
entry, file type (shared-mime-info), icon, AppStream metadata.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.cli.man import page
from core.cli.options import add_command
from core.foundation.files import explained, make_folder, write_file
from core.foundation.program import IS_BUNDLE, PROGRAM, ROOT
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

ENTRY = "latent-playground.desktop"
MANUAL = "latent-playground.1"
PLACES = {
    MANUAL: "man/man1",
    "latent-playground.svg": "icons/hicolor/scalable/apps",
    "latent-playground.xml": "mime/packages",
    "local.latent_playground.LatentPlayground.metainfo.xml": "metainfo",
    ENTRY: "applications",
}
"""The manual page and files of ``assets/desktop``, and their folders below the data folder. The entry is last: it names
the others."""
TOOLS = {
    "update-mime-database": ("mime", "shared-mime-info"),
    "update-desktop-database": ("applications", "desktop-file-utils"),
}
"""Programs that renew a desktop's indices: the folder each is run on, and its Debian package."""
TOOL_PATIENCE_S = 60.0
CHECKOUT = ROOT
"""Where the script ``playground`` is, in a checkout."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "open experiments by a double click, on Linux desktops: for this user, in $XDG_DATA_HOME"
    desktop = add_command(commands, "desktop", run, text)
    desktop.add_argument("--remove", action="store_true", help="take away what this command has installed")


def run(options: argparse.Namespace) -> int:
    """Install or remove the files, renew the indices, and print what was done."""
    if sys.platform in ("win32", "darwin"):
        raise UserError("'desktop' is for Linux desktops; elsewhere open an experiment in the window, with Ctrl+O")
    data = data_folder(os.environ)
    done, paths = ("Removed", _remove(data)) if options.remove else ("Wrote", _install(data, page(options.reference())))
    if not paths:
        print(f"There is nothing to remove in {data}")
        return 0
    for path in paths:
        print(f"{done} {path}")
    troubles = _renew_indices(data)
    for sentence in troubles:
        print(sentence)
    if not (options.remove or troubles):
        print("A double click on an experiment (.lplay) opens it; 'desktop --remove' takes all of this away")
    return 0


def data_folder(environment: Mapping[str, str]) -> Path:
    """``$XDG_DATA_HOME``, or ``~/.local/share`` where it is not set or, against its specification, relative."""
    named = environment.get("XDG_DATA_HOME", "")
    if os.path.isabs(named):
        return Path(named)
    try:
        return Path.home() / ".local" / "share"
    except RuntimeError:
        raise UserError("this user has no home folder; name a folder in the variable XDG_DATA_HOME") from None


def program() -> tuple[str, ...]:
    """The command that starts this program from any folder: absolute, one word each."""
    if IS_BUNDLE:
        return PROGRAM
    script = CHECKOUT / "playground"
    if (CHECKOUT / ".venv" / ".ready").is_file() and os.access(script, os.X_OK):  # it would set itself up unseen
        return (str(script),)
    beside = os.path.join(sysconfig.get_path("scripts"), "latent-playground")  # that of this very Python first
    installed = beside if os.access(beside, os.X_OK) else shutil.which("latent-playground")
    if installed is not None:
        return (os.path.abspath(installed),)
    return PROGRAM


def entry_for(template: str, words: Sequence[str]) -> str:
    """The desktop entry that starts the program by a command, with the file that was clicked as its last word."""
    through = ("env",) if "%" in words[0] else ()  # GLib looks for a program "a%%b" under that very name
    command = " ".join(_exec_word(each) for each in (*through, *words))
    filled = {"Exec": f"{command} %f", "TryExec": _value(words[0])}
    lines = []
    for line in template.splitlines():
        key, _, value = line.partition("=")
        lines.append(f"{key}={filled.get(key, value)}" if value else line)
    return "\n".join(lines) + "\n"


def _exec_word(word: str) -> str:
    """One argument of ``Exec``: quoted where it must be, a percent sign doubled, then escaped as any value."""
    if re.search(r"[^\w@+,./:=%-]", word, re.ASCII):
        word = '"' + re.sub(r'(["`$\\])', r"\\\1", word) + '"'
    return _value(word.replace("%", "%%"))


def _value(text: str) -> str:
    """A string as the value of a key: backslashes and line ends escaped."""
    for plain, escaped in (("\\", r"\\"), ("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r")):
        text = text.replace(plain, escaped)
    return text


def _paths(data: Path) -> dict[str, Path]:
    return {name: data / folder / name for name, folder in PLACES.items()}


def _install(data: Path, manual: str) -> list[Path]:
    """Write every file, over one that is there; ``manual`` is the text of the manual page. Raises `FileError`."""
    contents = {name: (files("assets") / "desktop" / name).read_bytes() for name in PLACES if name != MANUAL}
    contents[MANUAL] = manual.encode()
    words = program()
    try:
        contents[ENTRY] = entry_for(contents[ENTRY].decode(), words).encode()
    except UnicodeEncodeError:
        place = brief(" ".join(words))
        raise UserError(f"a desktop cannot start {place}, whose path is not UTF-8; move it to another place") from None
    for name, path in _paths(data).items():
        with explained(path):
            make_folder(path.parent)
        write_file(path, contents[name])
    return list(_paths(data).values())


def _remove(data: Path) -> list[Path]:
    """Remove every file that is there, the entry first, and return their paths. Raises `FileError`."""
    removed = []
    for path in reversed(_paths(data).values()):
        with explained(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            removed.append(path)
    return removed


def _renew_indices(data: Path) -> list[str]:
    """Let the desktop know. Returns a sentence for each program that did not, and one for all that are missing."""
    with contextlib.suppress(OSError):
        os.utime(data / "icons" / "hicolor")  # an index of icons that is older is not used
    sentences, missing = [], []
    for tool, (folder, package) in TOOLS.items():
        found = shutil.which(tool)
        if found is None:
            missing.append(f"{tool} (package {package})")
        elif trouble := _trouble_of([found, str(data / folder)]):
            sentences.append(f"{tool} failed: {trouble}")
    if missing:
        sentences.append(f"Desktops see the change after these have run, which are not installed: {', '.join(missing)}")
    return sentences


def _trouble_of(command: list[str]) -> str:
    """Run a command; what went wrong, or ""."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=TOOL_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return brief(error)
    if not done.returncode:
        return ""
    return brief((done.stderr or done.stdout).strip().rpartition("\n")[2] or f"status {done.returncode}")
