"""ZIP and TAR archives, read in place: nothing is unpacked to the disk.

No path in an archive is ever opened, so none can lead out of it. What an archive claims is checked before memory of
that size is taken, and what is unpacked from it is counted.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import sys
import tarfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path
from typing import IO, Any, cast

from core.foundation.quoted import brief
from core.foundation.reading import DataError
from core.readers.container import (
    CHUNK,
    HEAD,
    Beat,
    Container,
    DamagedError,
    Entry,
    EntryError,
    Skipped,
    Wanted,
    called,
    open_regular,
    why_unreadable,
)
from core.readers.gzipped import MAGIC, first_unpacked

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
"""Archives that are read."""
MOST_DIRECTORY = 64 << 20
"""Largest list of contents of a ZIP archive that is read, bytes: that of half a million files. Python takes tenfold."""
MOST_HEADERS = CHUNK
"""Bytes of headers before a file in a TAR archive: its name is in them."""

ENCRYPTED = "is encrypted: pack it without a password"
"""Why a file with a password is passed over."""

_DEFLATE = 1040
"""No deflated byte stands for more than this many."""
_AGAIN = "download it again, or pack it again as .zip or .tar"


def archive_at(place: Path, wanted: Wanted) -> Container | None:
    """The archive that a file is, by its content or else its name; None for another file. Raises `DataError`."""
    name = place.name.lower()
    with _open(place) as file:
        head = file.read(HEAD)
    if is_zip(head) or name.endswith(".zip"):
        return Zip(place, wanted)
    if is_tar(head) or is_tar(first_unpacked(head)) or name.endswith(ENDINGS):
        return Tar(place, wanted)
    return None


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a ZIP archive does."""
    return head.startswith((b"PK\3\4", b"PK\5\6"))


def is_tar(head: bytes) -> bool:
    """Whether a file begins as a TAR archive does."""
    return head[257:262] == b"ustar"


def _open(place: Path) -> IO[bytes]:
    try:
        return open_regular(place)
    except EntryError as error:
        raise DataError(f"{called(place)} {error}: choose a file or folder of data") from None
    except FileNotFoundError:
        raise DataError(f"{called(place)} does not exist: choose another file") from None
    except OSError as error:
        raise DataError(f"{called(place)} {why_unreadable(error)}: check the disk and the permissions") from None


class _Archive(Container):
    """What both kinds share: an open file, closed at the latest when nobody holds the archive any more."""

    def __init__(self, place: Path, wanted: Wanted) -> None:
        super().__init__(place, wanted)
        self._file = _open(place)
        self._release = weakref.finalize(self, self._file.close)

    def close(self) -> None:
        """Close the file."""
        self._release()

    def _why_not(self, name: str) -> Skipped | None:
        """What to say of a file of this path that is passed over, or of the folder it lies in; None where none is."""
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or parts[0][1:2] == ":":
            return Skipped(name, "has a path that leads out of the archive")
        for depth, folder in enumerate(parts[:-1], 1):
            if reason := self.wanted.why_not_folder(folder):
                return Skipped("/".join(parts[:depth]), reason)
        reason = self.wanted.why_not(parts[-1])
        return Skipped(name, reason) if reason else None


class Zip(_Archive):
    """A ZIP archive. Only plain and deflated files are read: of the other methods Python unpacks gigabytes at once."""

    def __init__(self, place: Path, wanted: Wanted) -> None:
        super().__init__(place, wanted)
        self._infos: dict[str, zipfile.ZipInfo] = {}

    def _walk(self, beat: Beat) -> Iterator[Entry | Skipped]:
        """Read the list of contents."""
        try:
            _check_directory(self._file, self.place)
            self._archive = zipfile.ZipFile(self._file)
        except DataError:
            raise
        except (zipfile.BadZipFile, struct.error, OSError, ValueError, EOFError, NotImplementedError) as error:
            raise DamagedError(f"{called(self.place)} is a damaged ZIP archive ({brief(error)}): {_AGAIN}") from None
        beat()
        self._infos.clear()
        for info in self._archive.infolist():
            name = info.filename.replace("\\", "/")  # some programs on Windows pack with the other one
            if name.endswith("/"):
                continue
            passed = self._passed_over(info, name)
            if passed is None:
                self._infos[name] = info
            yield passed or Entry(name, info.file_size, info.CRC)

    def _passed_over(self, info: zipfile.ZipInfo, name: str) -> Skipped | None:
        if stat.S_ISLNK(info.external_attr >> 16):
            return Skipped(name, "is a link, not a file")
        if passed := self._why_not(name):
            return passed
        if info.flag_bits & 1:
            return Skipped(name, ENCRYPTED)
        return Skipped(name, "is there twice in the archive") if name in self._infos else None

    @contextlib.contextmanager
    def _opened(self, entry: Entry, beat: Beat) -> Iterator[IO[bytes]]:
        info = self._infos[entry.name]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise EntryError("is packed by a method that is not read: pack it by Deflate, the usual one")
        if info.file_size > self.wanted.most_bytes:
            self.wanted.check_size(info.file_size)
        if info.file_size > _DEFLATE * info.compress_size + HEAD:
            raise EntryError(f"claims {info.file_size:,} bytes in {info.compress_size:,}, which cannot be")
        try:
            with self._archive.open(info) as file:
                yield file
        except EntryError:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error) as error:
            raise EntryError(f"is damaged in the archive ({brief(error)})") from None
        except (NotImplementedError, RuntimeError) as error:
            raise EntryError(f"is packed in a way that is not read ({brief(error)})") from None


def _check_directory(file: IO[bytes], place: Path) -> None:
    """Raise `DataError` where the list of contents is so large that reading it would take the memory of thousands."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 66_000))  # the record at the end, and a comment of at most 65,535 bytes behind it
    tail = file.read(66_000)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        raise DataError(f"{called(place)} is no ZIP archive, or a truncated one: {_AGAIN}")
    size = struct.unpack_from("<I", tail, at + 12)[0]
    wide = tail.rfind(b"PK\6\6", 0, at)
    if size == 0xFFFFFFFF and wide >= 0:
        size = struct.unpack_from("<Q", tail, wide + 40)[0]
    if size > min(end, MOST_DIRECTORY):
        raise DataError(f"{called(place)} claims a list of contents of {size:,} bytes: {_AGAIN}")
    file.seek(0)


class Tar(_Archive):
    """A TAR archive. One packed by gzip has no order but its own, so it is unpacked once for every way through it."""

    def __init__(self, place: Path, wanted: Wanted) -> None:
        super().__init__(place, wanted)
        facts = os.fstat(self._file.fileno())
        self._time_ns = facts.st_mtime_ns  # there are no checksums of contents in it
        self._size = max(1, facts.st_size)
        self.in_order = self._file.read(2) == MAGIC
        self._turn = threading.Lock()
        self._at: dict[str, int] = {}  # where the content of each file begins, bytes
        self._rewind()

    def _walk(self, beat: Beat) -> Iterator[Entry | Skipped]:
        """Read all headers."""
        try:
            yield from self._members(beat)
        except DataError:
            raise
        except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, RecursionError) as error:
            raise DamagedError(f"{called(self.place)} is a damaged TAR archive ({brief(error)}): {_AGAIN}") from None

    def _members(self, beat: Beat) -> Iterator[Entry | Skipped]:
        def go_on() -> None:
            self.share = min(1.0, self._file.tell() / self._size)
            beat()

        last = -1
        self._at.clear()
        self._rewind(go_on)
        # cast: tarfile asks of a file what `_Bounded` has
        with tarfile.open(fileobj=cast(IO[bytes], self._content), mode="r:", errorlevel=2) as archive:
            while (member := archive.next()) is not None:
                if member.offset_data <= last or member.size < 0:
                    raise DataError(f"{called(self.place)} is a TAR archive that leads back into itself: {_AGAIN}")
                last = member.offset_data
                self._content.check(last + (member.size if self.in_order else 0))
                if not member.isdir():
                    yield self._found(member, member.name.removeprefix("./"))
                self._content.next_header()
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep every header
                go_on()
            self._content.seek(archive.offset)
            if self._content.read(tarfile.BLOCKSIZE) != b"\0" * tarfile.BLOCKSIZE:  # such a block ends an archive
                raise tarfile.ReadError("it ends too early")

    def _found(self, member: tarfile.TarInfo, name: str) -> Entry | Skipped:
        if member.issym() or member.islnk():
            return Skipped(name, "is a link, not a file")
        if passed := self._why_not(name):
            return passed
        if not member.isreg() or member.issparse():
            return Skipped(name, "is not a regular file")
        if name in self._at:
            return Skipped(name, "is there twice in the archive")
        self._at[name] = member.offset_data
        return Entry(name, member.size, self._time_ns)

    @contextlib.contextmanager
    def _opened(self, entry: Entry, beat: Beat) -> Iterator[IO[bytes]]:
        with self._turn:
            try:
                if self.in_order and self._content.tell() > self._at[entry.name]:
                    self._rewind(beat)
                self._content.beat = beat
                self._content.seek(self._at[entry.name])
                yield cast(IO[bytes], _Part(self._content, entry.size))
            except (EOFError, zlib.error, DataError) as error:
                raise EntryError(f"is damaged in the archive ({brief(error)})") from None

    def _rewind(self, beat: Beat = lambda: None) -> None:
        self._file.seek(0)
        if self.in_order:
            most = max(self.wanted.always_unpacked, self._size * self.wanted.most_ratio)
            self._content = _Bounded(GzipFile(fileobj=self._file, mode="rb"), most, CHUNK, self.place, beat)
        else:
            self._content = _Bounded(self._file, sys.maxsize, sys.maxsize, self.place, beat)


class _Bounded:
    """A file that is read no further than ``most`` bytes, nor more than `MOST_HEADERS` of headers in a row.

    Moving on takes steps of ``step`` bytes, with a ``beat`` each: what is packed must be unpacked to be passed.
    """

    def __init__(self, file: Any, most: int, step: int, place: Path, beat: Beat) -> None:
        self._file = file
        self._most = most
        self._step = step
        self._place = place
        self.beat = beat
        self.next_header()

    def next_header(self) -> None:
        """Leave to read the headers of another file."""
        self._left = MOST_HEADERS

    def read(self, count: int = -1) -> bytes:
        """Read of a header, as of a file. `DataError` where too much is asked for."""
        self._left -= count
        if count < 0 or self._left < 0:
            raise DataError(f"{called(self._place)} has a header of more than {MOST_HEADERS:,} bytes: {_AGAIN}")
        return self.content(count)

    def content(self, count: int) -> bytes:
        """The next bytes of what is no header."""
        content: bytes = self._file.read(count)
        return content

    def check(self, at: int) -> None:
        """Raise `DataError` where a place is further than anything may unpack to."""
        if at > self._most:
            raise DataError(f"{called(self._place)} unpacks to more than {self._most:,} bytes, as no data do: {_AGAIN}")

    def seek(self, at: int) -> int:
        """As of a file. `DataError` where that is further than anything may unpack to."""
        self.check(at)
        while (here := self.tell()) + self._step < at:
            self._file.seek(here + self._step)
            self.beat()
        place: int = self._file.seek(at)
        return place

    def tell(self) -> int:
        """As of a file."""
        place: int = self._file.tell()
        return place


class _Part:
    """So many bytes of a file from where it is. `EOFError` where it ends before them."""

    def __init__(self, file: _Bounded, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, count: int) -> bytes:
        """As of a file."""
        content = self._file.content(min(count, self._left))
        if not content and self._left:
            raise EOFError("it ends too early")
        self._left -= len(content)
        return content
