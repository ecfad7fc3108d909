"""Files of arrays: those of a folder or an archive, or one alone, each with the sentences for what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.foundation.quoted import printable
from core.foundation.reading import DataError, Report, no_report
from core.readers.archive import ENCRYPTED, archive_at
from core.readers.container import CHUNK, HEAD, Beat, Container, Entry, EntryError, Wanted, called, why_unreadable
from core.readers.folder import Folder
from core.readers.patience import answered

MOST_BYTES = 1 << 30
"""Largest file that is read, packed or unpacked, bytes. EMNIST, the largest of its kind, has 0.55e9."""
ARRAYS = Wanted(most_files=10_000, most_bytes=MOST_BYTES, most_depth=0, most_ratio=0, always_unpacked=MOST_BYTES)
"""Any file of a folder, but not of the folders in it. What is packed as a whole is kept in memory while it is read."""

_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth")

R = TypeVar("R")


@dataclass(frozen=True)
class DataFile:
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


def data_files(path: Path, report: Report = no_report) -> list[DataFile]:
    """The files of a folder or an archive sorted by name, without hidden ones; of another file that alone.

    Raises `DataError` for what cannot be read. ``report``: a packed TAR archive is read through here.
    """
    share = 0.0

    def look(beat: Beat) -> list[DataFile]:
        container = Folder(path, ARRAYS) if path.is_dir() else archive_at(path, ARRAYS)
        if container is None:
            alone = Entry(path.name, path.stat().st_size, 0)
            return [_data_file(Folder(path.parent, ARRAYS), alone)]

        def go_on() -> None:
            nonlocal share
            share = container.share
            beat()

        return _all_of(container, go_on)

    found = answered(str(path), look, lambda: report(share))
    return sorted(found, key=lambda file: file.name)


def _all_of(container: Container, beat: Beat) -> list[DataFile]:
    """The files of a container; those that can only be read one after the other are read here."""
    found: list[DataFile] = []
    for entry in container.walk(beat):
        if isinstance(entry, Entry):
            found.append(_kept(container, entry, beat) if container.in_order else _data_file(container, entry))
        elif entry.reason == ENCRYPTED:
            raise DataError(_sentence(container, entry.name, entry.reason))
    return found


def _kept(container: Container, entry: Entry, beat: Beat) -> DataFile:
    """A file whose content is in memory."""
    content = _content(container, entry, beat)
    name = entry.name.rpartition("/")[2]
    return DataFile(name, _place(container, entry.name), entry.size, lambda: bytes(content[:HEAD]), lambda _: content)


def _data_file(container: Container, entry: Entry) -> DataFile:
    """A file that is read when its content is asked for."""
    place = _place(container, entry.name)

    def head() -> bytes:
        return answered(
            place, lambda beat: _checked(container, entry, lambda: container.head(entry, beat)), lambda: None
        )

    def read(report: Report) -> bytearray:
        come = 0

        def work(beat: Beat) -> bytearray:
            def go_on() -> None:
                nonlocal come
                come += CHUNK
                beat()

            return _content(container, entry, go_on)

        return answered(place, work, lambda: report(min(1.0, come / max(entry.size, 1))))

    path = container.place / entry.name if isinstance(container, Folder) else None
    return DataFile(entry.name.rpartition("/")[2], place, entry.size, head, read, path)


def _content(container: Container, entry: Entry, beat: Beat) -> bytearray:
    """All of a file, which may be empty: what that means its format tells."""
    return _checked(container, entry, lambda: container.read(entry, beat)) if entry.size else bytearray()


def _checked(container: Container, entry: Entry, work: Callable[[], R]) -> R:
    """What ``work`` on an entry returns. Raises `DataError` for what is wrong with it."""
    try:
        return work()
    except EntryError as error:
        raise DataError(_sentence(container, entry.name, str(error))) from None
    except OSError as error:
        raise DataError(_sentence(container, entry.name, why_unreadable(error))) from None


def _place(container: Container, name: str) -> str:
    if isinstance(container, Folder):
        return called(container.place / name)
    return f"{printable(name)} in {called(container.place)}"


def _sentence(container: Container, name: str, predicate: str) -> str:
    return f"{_place(container, name)} {predicate}; write it again, or choose another file"


def is_pickle(name: str, head: bytes) -> bool:
    """Whether a file is a pickle, by its first bytes or its name."""
    return (head[:1] == b"\x80" and head[1:2] in b"\2\3\4\5") or name.lower().endswith(_PICKLES)
