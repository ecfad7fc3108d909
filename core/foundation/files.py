"""Atomic replacement of files: a temporary file beside the target, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.foundation.user_error import UserError


class FileError(UserError):
    """A file or folder that cannot be read or written. ``str(error)`` is one plain sentence."""


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file atomically and keep its mode. A reader sees all of the old content or all of the new."""
    mode = check_target(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def check_target(path: Path) -> int:
    """The mode for a file written to ``path``: that of the present file, else 0o644.

    Raises `FileError` where something other than a regular file is in the way.
    """
    try:
        present = os.lstat(path)
    except FileNotFoundError:
        return 0o644
    if not stat.S_ISREG(present.st_mode):
        raise FileError(f"{path} is not a regular file; choose another place")
    return stat.S_IMODE(present.st_mode)


def write_file(path: Path, content: bytes) -> None:
    """`write_bytes`, but an `OSError` becomes a `FileError`."""
    explain(path, lambda: write_bytes(path, content))


def explain(path: Path, action: Callable[[], None]) -> None:
    """Run ``action``; an `OSError` becomes a `FileError` that names ``path`` and suggests another place."""
    try:
        action()
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}; choose another place") from None
