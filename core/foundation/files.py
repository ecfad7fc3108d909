"""Atomic replacement of files: a temporary file beside the target, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

from core.foundation.user_error import UserError

STALE_S = 3600.0
"""Age from which a temporary file counts as left behind by a process that was killed, s."""
YOUNG_S = 5.0
"""The same, where its lock says that nobody writes it, s: it is locked a moment after it is made."""
TEMPORARY = re.compile(r"\.(?P<target>.+)\.[a-z0-9_]{8}")
"""Names of temporary files: that of the target between a dot and eight random characters."""
FULL_OR_BROKEN = {errno.EIO, errno.ENOSPC, errno.EFBIG} | {getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors of a disk, for which a file's place is not to blame."""


class FileError(UserError):
    """A file or folder that cannot be read or written. ``str(error)`` is one plain sentence."""


class DiskError(FileError):
    """A disk that is full or broken."""

    is_misuse = False


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file atomically and keep its mode. A reader sees all of the old content or all of the new.

    Temporary files of earlier writes of this file that were killed are removed.
    """
    put(path, content, check_target(path))
    sync_folder(path.parent)
    _remove_stale(path)


def put(path: Path, content: bytes, mode: int) -> None:
    """Replace a file atomically. Its name is on the disk only after `sync_folder`."""
    with _replacement(path, mode) as handle:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]


@contextlib.contextmanager
def _replacement(path: Path, mode: int) -> Iterator[int]:
    """The handle of a temporary file that replaces ``path`` when the block ends, and is removed where it raises."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        try:
            _hold(handle)
            yield handle
            os.chmod(name, mode)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


@contextlib.contextmanager
def streamed_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write and read that replaces ``path`` when the block ends; where it raises, the old one stays.

    For what is too large to be held as bytes. Raises `FileError`, also for an `OSError` of the block.
    """
    with explained(path):
        with (
            _replacement(path, check_target(path)) as handle,
            os.fdopen(handle, "w+b", closefd=False) as file,
        ):
            yield file
        sync_folder(path.parent)
        _remove_stale(path)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system offers that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_stale(path: Path) -> None:
    with contextlib.suppress(OSError):
        for name in os.listdir(path.parent):
            temporary = TEMPORARY.fullmatch(name)
            if temporary is not None and temporary["target"] == path.name:
                stale = path.parent / name
                age_s = time.time() - stale.stat().st_mtime
                if age_s > STALE_S or (age_s > YOUNG_S and _is_free(stale)):
                    stale.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that they last; nothing where it exists."""
    if not folder.is_dir():
        if not folder.parent.exists():
            make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for writing. Raises `FileError` where another process, or another writer of this one, holds it.

    The system releases the lock when a process ends, however that happens. Some network file systems know no locks:
    there nothing is held.
    """
    handle = _lock_handle(folder)
    try:
        if not _take_lock(handle):
            raise FileError(
                f"{folder} is being written by another process; wait until it has ended, or choose another place"
            )
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":

    def _hold(handle: int) -> None:
        """Nothing: a file that is locked could not be moved to its place."""

    def _is_free(temporary: Path) -> bool:
        return False

    def _lock_handle(folder: Path) -> int:
        return os.open(folder / ".lock", os.O_RDWR | os.O_CREAT)

    def _take_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _hold(handle: int) -> None:
        """Lock a temporary file until its handle is closed, where that can be done."""
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _is_free(temporary: Path) -> bool:
        """Whether nobody holds a temporary file; False where locks are not known."""
        handle = os.open(temporary, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            return True
        finally:
            os.close(handle)

    def _lock_handle(folder: Path) -> int:
        return os.open(folder, os.O_RDONLY)

    def _take_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
        return True


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
    with explained(path):
        write_bytes(path, content)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """An `OSError` inside becomes a `FileError` that names ``path`` and the way out."""
    try:
        yield
    except OSError as error:
        kind = DiskError if error.errno in FULL_OR_BROKEN else FileError
        raise kind(f"cannot write {path}: {error.strerror or error}; choose another place") from None
