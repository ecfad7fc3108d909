"""ZIP and TAR archives of pictures, read in place: nothing is unpacked to the disk.

No path in an archive is ever opened, so none can lead out of it. What an archive claims is checked before memory of
that size is taken, and what is unpacked from it is counted.
"""

from __future__ import annotations

import gzip
import os
import stat
import struct
import sys
import tarfile
import threading
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, cast

from core.foundation.quoted import brief
from core.foundation.reading import DataError
from core.readers.container import (
    Beat,
    Container,
    Entry,
    Listing,
    Skipped,
    check_count,
    open_regular,
    read_whole,
    why_folder_passed_over,
    why_passed_over,
    why_unreadable,
)
from core.readers.picture import PictureError

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
"""Archives that are read."""
MOST_DIRECTORY = 64 << 20
"""Largest list of contents of a ZIP archive that is read, bytes: that of half a million files. Python takes tenfold."""
MOST_HEADER = 1 << 20
"""Largest header of a file in a TAR archive, bytes: the name is in it."""
MOST_RATIO = 200
"""How many times its size a .tar.gz may unpack to; pictures are packed already."""
ALWAYS_UNPACKED = 1 << 30
"""Bytes that are unpacked whatever the ratio."""

_PACK_AGAIN = "pack the folder again, as .zip or .tar"


def _passed_over(name: str) -> Skipped | None:
    """What to say of a file of this path that is no picture, or of the folder that it lies in; None where it may be."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or parts[0][1:2] == ":":
        return Skipped(name, "has a path that leads out of the archive")
    for depth, folder in enumerate(parts[:-1], 1):
        if reason := why_folder_passed_over(folder):
            return Skipped("/".join(parts[:depth]), reason)
    reason = why_passed_over(parts[-1])
    return Skipped(name, reason) if reason else None


def _open(place: Path) -> IO[bytes]:
    try:
        return open_regular(place)
    except PictureError as error:
        raise DataError(f"{place} {error}: choose an archive") from None
    except OSError as error:
        raise DataError(f"{place} {why_unreadable(error)}: choose another archive") from None


class Zip(Container):
    """A ZIP archive."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._file = _open(place)
        self._infos: dict[str, zipfile.ZipInfo] = {}

    def contents(self, beat: Beat) -> Listing:
        """Read the list of contents. `DataError` where it is damaged or too long."""
        try:
            _check_directory(self._file, self.place)
            self._archive = zipfile.ZipFile(self._file)
        except DataError:
            raise
        except (zipfile.BadZipFile, struct.error, OSError, ValueError, EOFError, NotImplementedError) as error:
            raise DataError(f"{self.place} is a damaged ZIP archive ({brief(error)}): {_PACK_AGAIN}") from None
        infos = self._archive.infolist()
        check_count(self.place, len(infos))
        skipped = set()
        for info in infos:
            name = info.filename.replace("\\", "/")  # some programs on Windows pack with the other one
            if name.endswith("/"):
                continue
            if passed := self._passed_over(info, name):
                skipped.add(passed)
            else:
                self._infos[name] = info
        beat()
        entries = [Entry(name, info.file_size, info.CRC) for name, info in self._infos.items()]
        return Listing(sorted(entries, key=lambda entry: entry.name), sorted(skipped))

    def _passed_over(self, info: zipfile.ZipInfo, name: str) -> Skipped | None:
        if stat.S_ISLNK(info.external_attr >> 16):
            return Skipped(name, "is a link, not a file")
        if passed := _passed_over(name):
            return passed
        if info.flag_bits & 1:
            return Skipped(name, "is encrypted: pack it without a password")
        return Skipped(name, "is there twice in the archive") if name in self._infos else None

    def read(self, entry: Entry, beat: Beat) -> bytes:
        """Unpack one file into memory. Raises `PictureError`, `OSError`."""
        try:
            with self._archive.open(self._infos[entry.name]) as file:
                return read_whole(file, entry.size, beat)
        except PictureError:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error) as error:
            raise PictureError(f"is damaged in the archive ({brief(error)})") from None
        except (NotImplementedError, RuntimeError):
            raise PictureError("is packed by a method that is not read: pack it by Deflate, the usual one") from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _check_directory(file: IO[bytes], place: Path) -> None:
    """Raise `DataError` where the list of contents is so large that reading it would take the memory of thousands."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 66_000))  # the record at the end, and a comment of at most 65,535 bytes behind it
    tail = file.read(66_000)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        raise DataError(f"{place} is no ZIP archive, or a truncated one: {_PACK_AGAIN}")
    size = struct.unpack_from("<I", tail, at + 12)[0]
    wide = tail.rfind(b"PK\6\6", 0, at)
    if size == 0xFFFFFFFF and wide >= 0:
        size = struct.unpack_from("<Q", tail, wide + 40)[0]
    if size > min(end, MOST_DIRECTORY):
        raise DataError(f"{place} claims a list of contents of {size:,} bytes: {_PACK_AGAIN}")
    file.seek(0)


class Tar(Container):
    """A TAR archive. One packed by gzip has no order but its own, so it is unpacked once for every way through it."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._file = _open(place)
        self._time_ns = os.fstat(self._file.fileno()).st_mtime_ns  # there are no checksums of contents in it
        self._is_packed = self._file.read(2) == b"\x1f\x8b"
        self.in_order = self._is_packed
        self._turn = threading.Lock()
        self._at: dict[str, int] = {}  # where the content of each file begins, bytes
        self._rewind()

    def contents(self, beat: Beat) -> Listing:
        """Read all headers. `DataError` where none can be read, or where it is packed to hide its size."""
        entries: list[Entry] = []
        skipped: set[Skipped] = set()
        try:
            self._look_through(entries, skipped, beat)
        except DataError:
            raise
        except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, RecursionError) as error:
            if not entries:
                raise DataError(f"{self.place} is a damaged TAR archive ({brief(error)}): {_PACK_AGAIN}") from None
            skipped.add(Skipped(f"what follows {entries[-1].name}", "cannot be read: the archive is damaged there"))
        if not self._is_packed:
            entries.sort(key=lambda entry: entry.name)
        return Listing(entries, sorted(skipped))

    def _look_through(self, entries: list[Entry], skipped: set[Skipped], beat: Beat) -> None:
        last = -1
        # cast: tarfile asks of a file what `_Bounded` has
        with tarfile.open(fileobj=cast(IO[bytes], self._content), mode="r:", errorlevel=2) as archive:
            while (member := archive.next()) is not None:
                if member.offset_data <= last:
                    raise DataError(f"{self.place} is a TAR archive that leads back into itself: {_PACK_AGAIN}")
                last = member.offset_data
                check_count(self.place, len(entries) + len(skipped))
                if not member.isdir():
                    name = member.name.removeprefix("./")
                    if passed := self._passed_over(member, name):
                        skipped.add(passed)
                    else:
                        self._at[name] = member.offset_data
                        entries.append(Entry(name, member.size, self._time_ns))
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep every header
                beat()
            self._content.seek(archive.offset)
            if self._content.read(tarfile.BLOCKSIZE) != b"\0" * tarfile.BLOCKSIZE:  # such a block ends an archive
                raise tarfile.ReadError("it ends too early")

    def _passed_over(self, member: tarfile.TarInfo, name: str) -> Skipped | None:
        if member.issym() or member.islnk():
            return Skipped(name, "is a link, not a file")
        if passed := _passed_over(name):
            return passed
        if not member.isreg() or member.issparse():
            return Skipped(name, "is not a regular file")
        return Skipped(name, "is there twice in the archive") if name in self._at else None

    def read(self, entry: Entry, beat: Beat) -> bytes:
        """Read one file. Raises `PictureError`, `OSError`."""
        with self._turn:
            try:
                if self._is_packed and self._content.tell() > self._at[entry.name]:
                    self._rewind()
                self._content.seek(self._at[entry.name])
                return read_whole(cast(IO[bytes], _Part(self._content, entry.size)), entry.size, beat)
            except (EOFError, zlib.error, DataError) as error:
                raise PictureError(f"is damaged in the archive ({brief(error)})") from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rewind(self) -> None:
        self._file.seek(0)
        if self._is_packed:
            size = os.fstat(self._file.fileno()).st_size
            raw = gzip.GzipFile(fileobj=self._file, mode="rb")
            self._content = _Bounded(raw, max(ALWAYS_UNPACKED, size * MOST_RATIO), self.place)
        else:
            self._content = _Bounded(self._file, sys.maxsize, self.place)  # beyond its end there is nothing to read


class _Bounded:
    """A file that is read no further than ``most`` bytes, and not more of a header than `MOST_HEADER` at a time."""

    def __init__(self, file: Any, most: int, place: Path) -> None:
        self._file = file
        self._most = most
        self._place = place

    def read(self, count: int = -1) -> bytes:
        """As of a file. `DataError` where too much is asked for."""
        if not 0 <= count <= MOST_HEADER:
            raise DataError(f"{self._place} has a header of more than {MOST_HEADER:,} bytes: {_PACK_AGAIN}")
        content: bytes = self._file.read(count)
        return content

    def seek(self, at: int) -> int:
        """As of a file. `DataError` where that is further than anything may unpack to."""
        if at > self._most:
            raise DataError(
                f"{self._place} unpacks to more than {self._most:,} bytes, as no pictures do: {_PACK_AGAIN}"
            )
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
        content = self._file.read(min(count, self._left))
        if not content and self._left:
            raise EOFError("it ends too early")
        self._left -= len(content)
        return content
