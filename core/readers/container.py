"""What holds many picture files, a folder or an archive: what is in it, what is passed over, and why."""

from __future__ import annotations

import hashlib
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from core.foundation.quoted import brief, printable
from core.foundation.reading import DataError
from core.readers.picture import ENDINGS, PictureError

MOST_FILES = 500_000
"""Files of the largest folder or archive that is read."""
MOST_BYTES = 256 << 20
"""Largest picture file that is read, bytes: `MOST_PIXELS` without compression."""
LARGE_BYTES = 32 << 20
"""Size from which a file takes so much memory that it is read alone, bytes."""
CHUNK = 1 << 20
"""Bytes that are read at a time. A slow network must show that it goes on."""

Beat = Callable[[], None]
"""Called while work goes on, so that who waits for it knows that it has not stopped."""

_SYSTEM = ("__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information")


class Entry(NamedTuple):
    """A picture file: its path inside, with "/" between folders, and its size in bytes.

    ``mark`` changes with its content: the time of the last change, or a checksum where the container has one.
    """

    name: str
    size: int
    mark: int


class Skipped(NamedTuple):
    """A file or folder that is passed over. ``reason`` is the predicate of a sentence: "is empty".

    ``lasts`` is False where another try may find it well: it vanished, or could not be read.
    """

    name: str
    reason: str
    lasts: bool = True

    @property
    def sentence(self) -> str:
        """As it stands in a list that can be copied: one printable line."""
        return f"{printable(self.name)} {self.reason}"


class Listing(NamedTuple):
    """The pictures of a container in an order that is always the same, and what is passed over by its name or kind."""

    entries: list[Entry]
    skipped: list[Skipped]


class Container(ABC):
    """A folder or an archive of pictures. `read` is called from several threads at once, after `contents`."""

    in_order = False
    """Whether entries can only be read one after the other, in the order of the listing."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @abstractmethod
    def contents(self, beat: Beat) -> Listing:
        """What is in it. Raises `DataError` where it cannot be opened at all."""

    @abstractmethod
    def read(self, entry: Entry, beat: Beat) -> bytes:
        """The content of a file. Raises `PictureError`, `OSError`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of open files."""


def stamp(listing: Listing) -> str:
    """SHA-256 that changes whenever a picture is added, taken away or written again."""
    digest = hashlib.sha256()
    for entry in listing.entries:
        digest.update(f"{entry.name}\0{entry.size}\0{entry.mark}\0".encode("utf-8", "surrogatepass"))
    for skipped in listing.skipped:
        digest.update(f"{skipped.name}\0{skipped.reason}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def why_passed_over(name: str) -> str:
    """Why a file of this name, without its folders, is no picture; "" where it may be one."""
    if name.lower() in _SYSTEM:
        return "is a file of the system, not a picture"
    if name.startswith("."):
        return "is hidden"
    ending = os.path.splitext(name)[1].lower()
    if ending in ENDINGS:
        return ""
    return f"is no picture by its ending, {brief(ending, 20)}" if ending else "has no ending such as .png"


def why_folder_passed_over(name: str) -> str:
    """Why a folder of this name is not looked into; "" where it is."""
    if name.lower() in _SYSTEM:
        return "is a folder of the system, without pictures of yours"
    return "is hidden" if name.startswith(".") else ""


def check_count(place: Path, count: int) -> None:
    """Raise `DataError` where a container holds more files than are read."""
    if count > MOST_FILES:
        raise DataError(f"{place} holds more than {MOST_FILES:,} files: take a part of them")


def check_size(size: int) -> None:
    """Raise `PictureError` for a file that is empty or larger than any that is read."""
    if not size:
        raise PictureError("is empty")
    if size > MOST_BYTES:
        raise PictureError(f"is too large ({size:,} bytes; at most {MOST_BYTES:,} are read)")


def read_whole(file: IO[bytes], size: int, beat: Beat) -> bytes:
    """All of a file of ``size`` bytes, in chunks, and no more than `MOST_BYTES`. Raises `PictureError`."""
    check_size(size)
    content = bytearray()
    while chunk := file.read(CHUNK):
        content += chunk
        check_size(len(content))
        beat()
    check_size(len(content))
    return bytes(content)


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file. `PictureError` for a pipe or a device, which could be waited for without end; `OSError`."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise PictureError("is not a regular file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def why_unreadable(error: OSError) -> str:
    """The predicate for an error of the system: why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "is gone"
    return f"cannot be read ({error.strerror or type(error).__name__})"
