"""A disk that does not work as it should, for one folder of this process: full, read-only, over quota, gone, silent."""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

KINDS = ("full", "read-only", "quota", "removed", "silent")
"""What is wrong: writing fails with ENOSPC, EROFS or EDQUOT; the folder is gone; nothing that asks for it returns."""
NUMBERS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "quota": getattr(errno, "EDQUOT", errno.ENOSPC)}
CHANGING = ("open to write", "mkdir", "replace", "rename", "unlink", "chmod", "write")
"""What fails on a disk that cannot be written; a full one still renames and removes."""
ON_FULL = ("open to write", "mkdir", "write")
OPERATIONS = ("mkdir", "replace", "rename", "unlink", "chmod", "stat", "lstat", "scandir", "listdir", "open", "write")
"""Functions of `os` through which files are reached, beside the built-in ``open``."""
LONGEST_SILENCE_S = 120.0


class BadDisk:
    """What lies under ``folder`` for this process, from `installed` on; `begin` and `end` a trouble with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        self._kind = ""
        self._ended = threading.Event()
        self._ended.set()
        self._files: dict[int, str] = {}
        self.refused = 0
        """Operations that failed or had to wait."""

    @contextlib.contextmanager
    def installed(self) -> Iterator[BadDisk]:
        """Stand between this process and the folder."""
        real = {name: getattr(os, name) for name in OPERATIONS}
        opened = io.open
        for name, function in real.items():
            setattr(os, name, self._through(name, function))
        io.open = builtins.open = self._opening(opened)
        try:
            yield self
        finally:
            self.end()
            for name, function in real.items():
                setattr(os, name, function)
            io.open = builtins.open = opened

    def begin(self, kind: str) -> None:
        """Begin with a trouble of `KINDS`."""
        if kind == "removed":
            os.rename(self._folder, f"{self._folder} (away)")
        self._ended.clear()
        self._kind = kind

    def end(self) -> None:
        """The disk works again. What was written in a folder that was removed meanwhile is lost."""
        kind, self._kind = self._kind, ""
        self._ended.set()
        if kind == "removed":
            with contextlib.suppress(FileNotFoundError):
                os.rename(self._folder, f"{self._folder} (made anew)")
            os.rename(f"{self._folder} (away)", self._folder)

    def _is_ours(self, place: Any) -> bool:
        if isinstance(place, int):
            place = self._files.get(place, "")
        try:
            return os.fsdecode(place).startswith(self._folder)
        except TypeError:
            return False

    def _check(self, name: str) -> None:
        """Fail, or wait, as the disk does now."""
        kind = self._kind
        if kind == "silent":
            self.refused += 1
            self._ended.wait(LONGEST_SILENCE_S)
        elif kind in NUMBERS and name in (ON_FULL if kind in ("full", "quota") else CHANGING):
            self.refused += 1
            raise OSError(NUMBERS[kind], os.strerror(NUMBERS[kind]))

    def _through(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(place: Any = ".", *rest: Any, **named: Any) -> Any:
            if not self._is_ours(place):
                return real(place, *rest, **named)
            flags = rest[0] if name == "open" and rest else 0
            is_writing = bool(flags & (os.O_WRONLY | os.O_RDWR))
            self._check("open to write" if is_writing else name)
            found = real(place, *rest, **named)
            if name == "open":
                self._files[found] = os.fsdecode(place)
            return found

        return operation

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if self._is_ours(file):
                self._check("open to write" if set(mode) & set("wax+") else "open")
            return real(file, mode, *rest, **named)

        return opened
