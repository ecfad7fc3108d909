"""The files of a folder or of a ZIP or TAR archive, or one file alone: names, first bytes, contents of bounded size.

Nothing is unpacked to the disk, and a name within an archive is never used as a path. A size that a header claims is
checked before anything of it is read.
"""

from __future__ import annotations

import io
import itertools
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from core.foundation.quoted import brief, printable
from core.foundation.reading import DataError, Report, no_report
from core.readers.gzipped import MAGIC, GzipStream

MOST_BYTES = 1 << 30
"""Largest file that is read, packed or unpacked, bytes. EMNIST, the largest of its kind, has 0.55e9."""
MOST_ENTRIES = 10_000
"""Largest number of files in a folder or an archive."""
HEAD = 512
"""First bytes of a file that tell its format."""

_CHUNK = 1 << 20
_DEFLATE = 1040
"""No deflated byte stands for more than this many."""
_TAR_HEADERS = 1 << 20
"""Bytes of headers between two files of a TAR archive."""
_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth")


@dataclass(frozen=True)
class Entry:
    """A file: ``name`` without its folders, ``place`` as sentences call it, its ``size`` in bytes as stored.

    ``read`` returns its content, writable. Both it and ``head``, the first `HEAD` bytes, raise `DataError`.
    ``path`` is None within an archive.
    """

    name: str
    place: str
    size: int
    head: Callable[[], bytes]
    read: Callable[[Report], bytearray]
    path: Path | None = None


def entries(path: Path, report: Report = no_report) -> list[Entry]:
    """The files of a folder or an archive sorted by name, without hidden ones; of another file that alone.

    Raises `DataError` for what cannot be read. ``report``: a TAR archive is read through here.
    """
    if path.is_dir():
        return _of_folder(path)
    alone = _of_path(path)
    head = alone.head()
    if is_zip(head):
        return _of_zip(path)
    if is_tar(head) or (head.startswith(MAGIC) and is_tar(first_unpacked(head))):
        return _of_tar(path, report)
    return [alone]


def names_within(path: Path, telling: tuple[str, ...]) -> Iterator[str]:
    """The names in an archive, in its order; of another file its own. Raises `DataError`.

    Those of a TAR archive end with the first that has one of the ``telling`` endings: the next may lie behind
    gigabytes that must be unpacked to reach it.
    """
    head = _of_path(path).head()
    if is_zip(head):
        yield from (entry.name for entry in _of_zip(path))
    elif is_tar(head) or (head.startswith(MAGIC) and is_tar(first_unpacked(head))):
        with _opened(path, 1 << 62) as packed:
            try:
                for member, _ in _members(_Metered(packed, called(path), no_report)):
                    yield member.name
                    if member.isreg() and member.name.lower().endswith(telling):
                        return
            except (tarfile.TarError, OSError) as error:
                raise DataError(
                    f"{called(path)} is a damaged TAR archive ({brief(error)}): download it again"
                ) from None
    else:
        yield path.name


def called(path: Path) -> str:
    """A path within a sentence."""
    return printable(str(path))


def is_pickle(name: str, head: bytes) -> bool:
    """Whether a file is a pickle, by its first bytes or its name."""
    return (head[:1] == b"\x80" and head[1:2] in b"\2\3\4\5") or name.lower().endswith(_PICKLES)


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a ZIP archive does."""
    return head.startswith((b"PK\3\4", b"PK\5\6"))


def is_tar(head: bytes) -> bool:
    """Whether a file begins as a TAR archive does."""
    return head[257:262] == b"ustar"


def first_unpacked(head: bytes) -> bytes:
    """What the first bytes of a gzip file unpack to, `HEAD` bytes at most; b"" where they do not."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""


def read_bytes(path: Path, most: int = MOST_BYTES, report: Report = no_report) -> bytearray:
    """The content of a regular file. Raises `DataError` if it is missing, none, too large or unreadable."""
    with _opened(path, most) as file:
        size = os.fstat(file.fileno()).st_size
        return _read(file, size, most, called(path), report)


def _opened(path: Path, most: int) -> IO[bytes]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{called(path)} is not a regular file: choose a file or folder of data")
        if status.st_size > most:
            raise DataError(f"{called(path)} is too large ({status.st_size:,} bytes): at most {most:,} are read")
        return open(path, "rb", opener=_open_without_waiting)
    except FileNotFoundError:
        raise DataError(f"{called(path)} does not exist: choose another file") from None
    except OSError as error:
        raise _unreadable(called(path), error) from None


def _open_without_waiting(path: str, flags: int) -> int:
    """A file opener that does not block on a pipe in the place of the file."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unreadable(place: str, error: OSError) -> DataError:
    return DataError(f"{place} cannot be read ({error.strerror or error}): check the disk and the permissions")


def _read(file: IO[bytes], size: int, most: int, place: str, report: Report) -> bytearray:
    """All of a stream in portions, ``most`` bytes at most: memory is taken for bytes that came."""
    content = bytearray()
    try:
        while portion := file.read(_CHUNK):
            content += portion
            if len(content) > most:
                raise DataError(f"{place} has grown beyond the {most:,} bytes that are read: choose a smaller file")
            report(min(1.0, len(content) / max(size, 1)))
    except OSError as error:
        raise _unreadable(place, error) from None
    return content


# --- a folder ------------------------------------------------------------------------------------------------------


def _of_path(path: Path) -> Entry:
    def head() -> bytes:
        with _opened(path, 1 << 62) as file:
            return file.read(HEAD)

    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # what is wrong with it is told when it is read
    return Entry(path.name, called(path), size, head, lambda report: read_bytes(path, report=report), path)


def _of_folder(folder: Path) -> list[Entry]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"{called(folder)} cannot be read ({error.strerror}): check its permissions") from None
    if len(paths) > MOST_ENTRIES:
        raise DataError(
            f"{called(folder)} holds {len(paths):,} files, more than {MOST_ENTRIES:,}: choose one with files of arrays"
        )
    return [_of_path(path) for path in paths if path.is_file()]


# --- archives ------------------------------------------------------------------------------------------------------


def _is_wanted(name: str) -> bool:
    """Whether a name within an archive is that of a file, neither hidden nor added by macOS."""
    parts = name.replace("\\", "/").split("/")
    return bool(parts[-1]) and not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _short(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _of_zip(path: Path) -> list[Entry]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
        raise DataError(f"{called(path)} is a damaged ZIP file ({brief(error)}): download or write it again") from None
    if len(members) > MOST_ENTRIES:
        raise DataError(
            f"{called(path)} holds {len(members):,} files, more than {MOST_ENTRIES:,}: choose one of arrays"
        )
    found = [_of_member(path, member) for member in members if _is_wanted(member.filename)]
    return sorted(found, key=lambda entry: entry.name)


def _of_member(path: Path, member: zipfile.ZipInfo) -> Entry:
    place = f"{printable(member.filename)} in {called(path)}"

    def read(report: Report, most: int = MOST_BYTES, to_end: bool = True) -> bytearray:
        _check_member(member, place)
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                if not to_end:
                    return bytearray(file.read(most))
                return _read(file, member.file_size, most, place, report)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{place} is damaged ({brief(error)}): download or write the file again") from None

    return Entry(
        _short(member.filename), place, member.file_size, lambda: bytes(read(no_report, HEAD, to_end=False)), read
    )


def _check_member(member: zipfile.ZipInfo, place: str) -> None:
    if member.flag_bits & 1:
        raise DataError(f"{place} is encrypted: unpack it with its password first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{place} is packed in a way that is not read: pack it as a plain ZIP file (deflate)")
    if member.file_size > MOST_BYTES:
        raise DataError(f"{place} is too large ({member.file_size:,} bytes): at most {MOST_BYTES:,} are read")
    if member.file_size > _DEFLATE * member.compress_size + HEAD:
        raise DataError(
            f"{place} claims {member.file_size:,} bytes in {member.compress_size:,}: download the file again"
        )


class _Metered(io.RawIOBase):
    """An unpacked stream that ends in a `DataError` where more than ``left`` bytes are asked of it."""

    def __init__(self, packed: IO[bytes], place: str, report: Report) -> None:
        self._packed, self._place, self._report = packed, place, report
        self._size = max(1, os.fstat(packed.fileno()).st_size)
        is_gzip = packed.read(2) == MAGIC
        packed.seek(0)
        self._content = GzipStream(packed, place) if is_gzip else packed
        self.left = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes, unpacked."""
        content = self._content.read(size) or b""
        self.left -= len(content)
        if self.left < 0:
            raise DataError(f"{self._place} is no TAR archive of data (its headers go on and on): download it again")
        self._report(min(1.0, self._packed.tell() / self._size))
        return content


class _StrictHeader(tarfile.TarInfo):
    """A header that is damaged or missing is an error; tarfile would take it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block of 512 bytes."""
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):  # zeros are the end
                raise
            raise tarfile.ReadError(str(error)) from None


def _of_tar(path: Path, report: Report) -> list[Entry]:
    """The files of a TAR archive, read into memory in one pass: a packed one cannot be read from the middle."""
    found: list[Entry] = []
    total = 0
    with _opened(path, MOST_BYTES) as packed:
        stream = _Metered(packed, called(path), report)
        try:
            for member, read in _members(stream):
                total += member.size
                place = f"{printable(member.name)} in {called(path)}"
                if total > MOST_BYTES:
                    raise DataError(f"{called(path)} unpacks to more than {MOST_BYTES:,} bytes: choose a smaller one")
                if member.isreg() and _is_wanted(member.name):
                    found.append(_of_content(_short(member.name), place, read()))
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{called(path)} is a damaged TAR archive ({brief(error)}): download it again") from None
    return sorted(found, key=lambda entry: entry.name)


def _members(stream: _Metered) -> Iterator[tuple[tarfile.TarInfo, Callable[[], bytearray]]]:
    """The members of a TAR stream with a reader of each, with leave to take only as many bytes as a header names."""
    stream.left = _TAR_HEADERS
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_StrictHeader) as archive:
        for count in itertools.count():
            member = archive.next()
            if member is None:
                return
            if count >= MOST_ENTRIES:
                raise DataError(f"it holds more than {MOST_ENTRIES:,} files: choose one with files of arrays")
            if not 0 <= member.size <= MOST_BYTES:
                raise DataError(f"{printable(member.name)} claims {member.size:,} bytes, too many: choose another file")
            stream.left = member.size + _TAR_HEADERS

            def read(member: tarfile.TarInfo = member) -> bytearray:
                file = archive.extractfile(member)
                content = bytearray() if file is None else bytearray(file.read())
                if len(content) < member.size:
                    raise DataError(f"{printable(member.name)} is truncated: download the archive again")
                return content

            yield member, read


def _of_content(name: str, place: str, content: bytearray) -> Entry:
    return Entry(name, place, len(content), lambda: bytes(content[:HEAD]), lambda report: content)
