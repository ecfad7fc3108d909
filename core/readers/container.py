"""What holds many files, a folder or an archive: what is in it, what is passed over and why, and what it may take."""

from __future__ import annotations

import hashlib
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from core.foundation.quoted import brief, printable
from core.foundation.reading import DataError
from core.foundation.user_error import UserError

CHUNK = 1 << 20
"""Bytes that are read at a time. A slow network must show that it goes on."""
HEAD = 512
"""First bytes of a file that tell its format."""

Beat = Callable[[], None]
"""Called while work goes on, so that who waits for it knows that it has not stopped. May raise to end the work."""

_SYSTEM = ("__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information")


class EntryError(UserError):
    """A file that cannot be taken. ``str(error)`` is the predicate of a sentence: "is empty"."""


class DamagedError(DataError):
    """An archive that can be read no further."""


@dataclass(frozen=True)
class Wanted:
    """Which files of a container are taken, and how much of it.

    ``endings``: of their names; () for any. ``most_files`` counts those passed over too; ``most_bytes`` is that of one
    file. ``most_ratio``: how many times its size a .tar.gz may unpack to; ``always_unpacked`` bytes it may in any case.
    """

    endings: tuple[str, ...] = ()
    most_files: int = 500_000
    most_bytes: int = 256 << 20
    most_depth: int = 40
    most_ratio: int = 200
    always_unpacked: int = 1 << 30

    def why_not(self, name: str) -> str:
        """Why a file of this name, without its folders, is passed over; "" where it is not."""
        if name.lower() in _SYSTEM:
            return "is a file of the system, not a picture"
        if name.startswith("."):
            return "is hidden"
        ending = os.path.splitext(name)[1].lower()
        if not self.endings or ending in self.endings:
            return ""
        return f"is no picture by its ending, {brief(ending, 20)}" if ending else "has no ending such as .png"

    def why_not_folder(self, name: str) -> str:
        """Why a folder of this name is not looked into; "" where it is."""
        if name.lower() in _SYSTEM:
            return "is a folder of the system, without pictures of yours"
        return "is hidden" if name.startswith(".") else ""

    def check_size(self, size: int) -> None:
        """Raise `EntryError` for a file that is empty or larger than any that is read."""
        if size <= 0:
            raise EntryError("is empty")
        if size > self.most_bytes:
            raise EntryError(f"is too large ({size:,} bytes; at most {self.most_bytes:,} are read)")


class Entry(NamedTuple):
    """A file: its path inside, with "/" between folders, and its size in bytes.

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
    """The files of a container in an order that is always the same, and what is passed over by its name or kind."""

    entries: list[Entry]
    skipped: list[Skipped]


class Container(ABC):
    """A folder or an archive. `read` and `head` may be called from several threads at once, after `contents`."""

    in_order = False
    """Whether entries can only be read one after the other, in the order of the walk."""

    def __init__(self, place: Path, wanted: Wanted) -> None:
        self.place = place
        self.wanted = wanted
        self.share = 0.0  # of the way through, as far as a walk has come

    def walk(self, beat: Beat) -> Iterator[Entry | Skipped]:
        """What is in it, in its own order. An entry can be read at once, before the next is asked for.

        Raises `DataError` where it cannot be opened at all or is hostile, `DamagedError` where it is damaged from here.
        """
        for count, found in enumerate(self._walk(beat)):
            if count >= self.wanted.most_files:
                raise DataError(
                    f"{called(self.place)} holds more than {self.wanted.most_files:,} files: take a part of them"
                )
            yield found

    def contents(self, beat: Beat) -> Listing:
        """All that is in it; of a damaged archive what lies before the damage. `DataError` if that is nothing."""
        entries: list[Entry] = []
        skipped: set[Skipped] = set()
        try:
            for found in self.walk(beat):
                if isinstance(found, Entry):
                    entries.append(found)
                else:
                    skipped.add(found)
        except DamagedError:
            if not entries:
                raise
            skipped.add(Skipped(f"what follows {entries[-1].name}", "cannot be read: the archive is damaged there"))
        if not self.in_order:
            entries.sort(key=lambda entry: entry.name)  # half as long as whole entries, and the GIL is held
        return Listing(entries, sorted(skipped))

    def read(self, entry: Entry, beat: Beat) -> bytearray:
        """The content of a file. Raises `EntryError`, `OSError`."""
        self.wanted.check_size(entry.size)
        with self._opened(entry, beat) as file:
            return read_whole(file, self.wanted, beat)

    def head(self, entry: Entry, beat: Beat) -> bytes:
        """The first `HEAD` bytes of a file. Raises `EntryError`, `OSError`."""
        with self._opened(entry, beat) as file:
            return file.read(HEAD)

    @abstractmethod
    def close(self) -> None:
        """Let go of open files."""

    @abstractmethod
    def _walk(self, beat: Beat) -> Iterator[Entry | Skipped]:
        """As `walk`, however many files there are."""

    @abstractmethod
    def _opened(self, entry: Entry, beat: Beat) -> AbstractContextManager[IO[bytes]]:
        """The content of a file from its beginning. Raises `EntryError`, also within; `OSError`."""


def called(path: Path) -> str:
    """A path within a sentence."""
    return printable(str(path))


def chosen_path(text: str, noun: str, way_out: str) -> Path:
    """The path that somebody typed, of something that is there. Raises `DataError`, which ends with the way out."""
    if not text.strip():
        raise DataError(f"no {noun} is chosen: {way_out}")
    try:
        path = Path(text).expanduser()
        path.stat()
    except (OSError, ValueError, RuntimeError):  # also a name too long, with a null byte, or of an unknown ~user
        raise DataError(f"'{brief(text)}' does not exist or is closed to you: {way_out}") from None
    return path


def stamp(listing: Listing) -> str:
    """SHA-256 that changes whenever a file is added, taken away or written again."""
    digest = hashlib.sha256()
    for entry in listing.entries:
        digest.update(f"{entry.name}\0{entry.size}\0{entry.mark}\0".encode("utf-8", "surrogatepass"))
    for skipped in listing.skipped:
        digest.update(f"{skipped.name}\0{skipped.reason}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def read_whole(file: IO[bytes], wanted: Wanted, beat: Beat) -> bytearray:
    """All of a file in chunks: memory is taken for bytes that came. Raises `EntryError` for too many, or none."""
    content = bytearray()
    while chunk := file.read(CHUNK):
        content += chunk
        wanted.check_size(len(content))
        beat()
    wanted.check_size(len(content))
    return content


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file. `EntryError` for a pipe or a device, which could be waited for without end; `OSError`."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise EntryError("is not a regular file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_file(path: Path, wanted: Wanted) -> bytes:
    """The content of one regular file, as it is now. Raises `EntryError`, `OSError`."""
    with open_regular(path) as file:
        wanted.check_size(os.fstat(file.fileno()).st_size)
        return bytes(read_whole(file, wanted, lambda: None))


def why_unreadable(error: OSError) -> str:
    """The predicate for an error of the system: why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "is gone"
    return f"cannot be read ({error.strerror or type(error).__name__})"
