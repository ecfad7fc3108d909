"""The lines of a text file of any usual encoding, gzipped or not. Nothing is read that was not asked for."""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.foundation.reading import DataError, Report
from core.readers.container import Beat
from core.readers.gzipped import MAGIC, GzipStream

MOST_BYTES = 1 << 30
"""Largest file that is read, packed or unpacked, bytes."""
LONGEST_LINE = 1 << 20
"""Longest line, characters."""
_BUFFER = 1 << 18
_REPORTED = 4_096
"""Lines between two reports of progress."""


class _Beating(io.FileIO):
    """A file that calls ``beat`` whenever some of it has come."""

    def __init__(self, handle: int, beat: Beat) -> None:
        super().__init__(handle)
        self._beat = beat

    def readinto(self, buffer: Any) -> int | None:
        """The next bytes."""
        count = super().readinto(buffer)
        self._beat()
        return count


def open_text(path: Path, place: str, beat: Beat) -> io.BufferedReader:
    """Open a regular file for `Lines`. Raises `DataError` for what is none, too large or unreadable.

    ``beat`` is called whenever some of it has come.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{place} is a folder: choose a file with a table of numbers")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{place} is not a regular file: choose a file with a table of numbers")
        if status.st_size > MOST_BYTES:
            raise DataError(f"{place} is too large ({status.st_size:,} bytes): at most {MOST_BYTES:,} are read")
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))  # no pipe waits
        return io.BufferedReader(_Beating(handle, beat), _BUFFER)
    except FileNotFoundError:
        raise DataError(f"{place} does not exist: choose another file") from None
    except OSError as error:
        raise _unreadable(place, error) from None


def _unreadable(place: str, error: OSError) -> DataError:
    return DataError(f"{place} cannot be read ({error.strerror or error}): check the disk and the permissions")


class Lines:
    """The lines of a file as text, each of bounded length, `MOST_BYTES` in all."""

    def __init__(self, raw: io.BufferedReader, size: int, place: str, report: Report) -> None:
        self._packed, self._size, self._place, self._report = raw, size, place, report
        self._stream = raw
        if self._peek().startswith(MAGIC):
            self._stream = io.BufferedReader(GzipStream(raw, place), _BUFFER)
        self._encoding = _encoding(self._peek(), place)

    def _peek(self) -> bytes:
        try:
            return self._stream.peek(_BUFFER)
        except OSError as error:
            raise _unreadable(self._place, error) from None

    def _next(self, text: io.TextIOWrapper) -> str:
        try:
            return text.readline(LONGEST_LINE + 1)
        except OSError as error:
            raise _unreadable(self._place, error) from None

    def __iter__(self) -> Iterator[str]:
        number = done = 0
        with io.TextIOWrapper(self._stream, self._encoding, "replace", newline="") as text:
            while line := self._next(text):
                number, done = number + 1, done + len(line)
                if len(line) > LONGEST_LINE:
                    reason = f"has a line of more than {LONGEST_LINE:,} characters"
                    raise DataError(f"{self._place} {reason}: choose a table with one row a line")
                if done > MOST_BYTES:
                    raise DataError(f"{self._place} unpacks to more than {MOST_BYTES:,} bytes: take a part of it")
                if number % _REPORTED == 0:
                    self._report(min(1.0, self._packed.tell() / max(self._size, 1)))
                yield line
        self._report(1.0)


def _encoding(head: bytes, place: str) -> str:
    """The encoding of a file by its first bytes. `DataError` where they are no text."""
    if not head.strip():
        raise DataError(f"{place} is empty: choose a file with a table of numbers")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"  # Excel's "Unicode text"
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        raise DataError(f"{place} is no text: choose a table saved as CSV")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # whose last character may be cut
    except UnicodeDecodeError:
        return "cp1252"  # as Excel saves CSV in Western Europe
    return "utf-8-sig"
